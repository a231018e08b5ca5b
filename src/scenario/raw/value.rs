//! Values that may be written in more than one way: a short form or a table, a word or a quantity. serde's untagged enums would
//! do this too, but their errors name neither the key nor the place.

use crate::units::Duration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use toml::value::Datetime;

/// A short form (text or number), or a long one (list or table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<S, L> {
    /// The short form.
    Short(S),
    /// The long form.
    Long(L),
}

impl<S: Serialize, L: Serialize> Serialize for Either<S, L> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::Short(short) => short.serialize(serializer),
            Self::Long(long) => long.serialize(serializer),
        }
    }
}

impl<S: JsonSchema, L: JsonSchema> JsonSchema for Either<S, L> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}_or_{}", S::schema_name(), L::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (short, long) = (generator.subschema_for::<S>(), generator.subschema_for::<L>());
        json_schema!({ "anyOf": [short, long] })
    }
}

impl<'de, S: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for Either<S, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherVisitor(PhantomData))
    }
}

struct EitherVisitor<S, L>(PhantomData<(S, L)>);

impl<'de, S: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for EitherVisitor<S, L> {
    type Value = Either<S, L>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, number, list or table")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        S::deserialize(value.into_deserializer()).map(Either::Short)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        S::deserialize(value.into_deserializer()).map(Either::Short)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        S::deserialize(value.into_deserializer()).map(Either::Short)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        S::deserialize(value.into_deserializer()).map(Either::Short)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        L::deserialize(SeqAccessDeserializer::new(items)).map(Either::Long)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        L::deserialize(MapAccessDeserializer::new(map)).map(Either::Long)
    }
}

/// A word of the enum `W`, or another quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word<W, T> {
    /// The word.
    Is(W),
    /// The quantity.
    Else(T),
}

impl<W: Serialize, T: Serialize> Serialize for Word<W, T> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::Is(word) => word.serialize(serializer),
            Self::Else(other) => other.serialize(serializer),
        }
    }
}

impl<W: JsonSchema, T: JsonSchema> JsonSchema for Word<W, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}_or_{}", W::schema_name(), T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (word, other) = (generator.subschema_for::<W>(), generator.subschema_for::<T>());
        json_schema!({ "anyOf": [word, other] })
    }
}

impl<'de, W: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for Word<W, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor(PhantomData))
    }
}

struct WordVisitor<W, T>(PhantomData<(W, T)>);

impl<'de, W: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for WordVisitor<W, T> {
    type Value = Word<W, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Word::Else)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        T::deserialize(value.into_deserializer()).map(Word::Else)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        let word: Result<W, de::value::Error> = W::deserialize(StrDeserializer::new(value));
        match word {
            Ok(word) => Ok(Word::Is(word)),
            Err(_) => T::deserialize(value.into_deserializer()).map(Word::Else),
        }
    }
}

/// What the fleet is to survive: a list, or a table that also says how long.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Survival {
    /// The scales alone.
    List(Vec<super::RawScale>),
    /// With the duration.
    Table(super::RawSurvive),
}

impl<'de> Deserialize<'de> for Survival {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SurvivalVisitor;
        impl<'de> Visitor<'de> for SurvivalVisitor {
            type Value = Survival;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list such as [\"device\", \"site\"]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Survival, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(Survival::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Survival, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Survival::Table)
            }
        }
        deserializer.deserialize_any(SurvivalVisitor)
    }
}

/// When something happens, as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawWhen {
    /// At the busiest stretch.
    Peak,
    /// This long after the start.
    After(Duration),
    /// On this date.
    On(Datetime),
}

impl Serialize for RawWhen {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Self::Peak => serializer.serialize_str("peak"),
            Self::After(duration) => duration.serialize(serializer),
            Self::On(date) => date.serialize(serializer),
        }
    }
}

impl JsonSchema for RawWhen {
    fn schema_name() -> Cow<'static, str> {
        "When".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (duration, date) = (generator.subschema_for::<Duration>(), date_schema(generator));
        json_schema!({ "anyOf": [{ "const": "peak" }, duration, date] })
    }
}

impl<'de> Deserialize<'de> for RawWhen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WhenVisitor;
        impl<'de> Visitor<'de> for WhenVisitor {
            type Value = RawWhen;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"26 h\" or a date such as 2027-03-05T09:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawWhen, E> {
                match text.trim() {
                    "peak" => Ok(RawWhen::Peak),
                    _ => text.parse().map(RawWhen::After).map_err(E::custom),
                }
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RawWhen, E> {
                Duration::deserialize(number.into_deserializer()).map(RawWhen::After)
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<RawWhen, E> {
                Duration::deserialize(number.into_deserializer()).map(RawWhen::After)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawWhen, A::Error> {
                Datetime::deserialize(MapAccessDeserializer::new(map)).map(RawWhen::On)
            }
        }
        deserializer.deserialize_any(WhenVisitor)
    }
}

/// Editors see a TOML date as a text.
pub(super) fn date_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
    })
}

/// Which keys of a class are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Popularity {
    /// All alike.
    Uniform,
    /// Zipf's law with this exponent.
    Zipf(f64),
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independent of each other.
    Poisson,
    /// Evenly.
    Constant,
    /// In bursts, with this index of dispersion.
    Bursty(f64),
}

impl FromStr for Popularity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("\"{text}\" is no popularity: write \"uniform\" or \"zipf 0.99\" (exponent above 0, at most 5)");
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["uniform"] => Ok(Self::Uniform),
            ["zipf", s] => {
                s.parse().ok().filter(|s| (0.0..=5.0).contains(s) && *s > 0.0).map(Self::Zipf).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

impl FromStr for Arrivals {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no way to arrive: write \"poisson\", \"constant\" or \"bursty 5\" (above 1, at most 1000)"
            )
        };
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["poisson"] => Ok(Self::Poisson),
            ["constant"] => Ok(Self::Constant),
            ["bursty", b] => b.parse().ok().filter(|b| *b > 1.0 && *b <= 1000.0).map(Self::Bursty).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Popularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::Zipf(s) => write!(f, "zipf {s}"),
        }
    }
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poisson => f.write_str("poisson"),
            Self::Constant => f.write_str("constant"),
            Self::Bursty(b) => write!(f, "bursty {b}"),
        }
    }
}

/// serde and JSON Schema of a text with `FromStr` and `Display`.
macro_rules! as_text {
    ($name:ident, $pattern:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl Serialize for $name {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

as_text!(Popularity, r"^(uniform|zipf\s+[0-9.]+)$");
as_text!(Arrivals, r"^(poisson|constant|bursty\s+[0-9.]+)$");
