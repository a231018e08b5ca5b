//! Quantities as people write them in a scenario: `"250 ms"`, `"1.2 k/s"`, `"99.95 %"`, `"30 M"`. A bare number where a unit
//! is needed is refused, and every refusal is a sentence that shows what to write instead. Knows no key names and no defaults.

mod count;
mod date;
mod decimal;
mod duration;
mod rate;
mod ratio;

pub use count::Count;
pub use date::Date;
pub use duration::Duration;
pub use rate::Rate;
pub use ratio::{Factor, Growth, Percent};

use serde::de::{self, Deserializer, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// Why a text or number is not the quantity wanted: one sentence without a final stop, with an example of what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError(String);

impl UnitError {
    fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

/// A quantity that is read from text or from a bare number.
trait Quantity: FromStr<Err = UnitError> {
    /// What it is, with an example: completes "expected ...".
    const EXPECTED: &'static str;

    /// From a bare number, as TOML's integers and floats are; `text` is how it was written.
    fn from_number(text: &str) -> Result<Self, UnitError>;
}

/// Reads any [`Quantity`], so that a negative, infinite or unitless number gets the quantity's own sentence (and, from the
/// deserializer, its place in the file).
struct QuantityVisitor<Q>(PhantomData<Q>);

impl<Q: Quantity> Visitor<'_> for QuantityVisitor<Q> {
    type Value = Q;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Q::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Q, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Q, E> {
        Q::from_number(&number.to_string()).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Q, E> {
        Q::from_number(&number.to_string()).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Q, E> {
        if !number.is_finite() {
            return Err(E::custom(format!("must be finite, not {number}: expected {}", Q::EXPECTED)));
        }
        Q::from_number(&number.to_string()).map_err(E::custom)
    }
}

fn deserialize<'de, Q: Quantity, D: Deserializer<'de>>(deserializer: D) -> Result<Q, D::Error> {
    deserializer.deserialize_any(QuantityVisitor(PhantomData))
}

/// serde and JSON Schema of a quantity whose canonical form is a text.
macro_rules! as_text {
    ($name:ident, $pattern:expr, $examples:expr, $description:expr) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::units::deserialize(deserializer)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "pattern": $pattern, "examples": $examples, "description": $description,
                })
            }
        }
    };
}
use as_text;
