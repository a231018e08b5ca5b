//! Whole numbers of things, with k, M and G.

use super::decimal::Decimal;
use super::rate::PREFIXES;
use super::{Quantity, UnitError};
use std::fmt;
use std::str::FromStr;

/// A whole number of things: a TOML integer (`40_000`) or a text (`"40 k"`, `"30 M"`, `"1.5 k"`). Range 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(pub u64);

impl Count {
    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Count {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, prefix) = Decimal::split(text, "a count", "40_000 or \"40 k\"")?;
        let written = text.trim();
        let Some((exponent, _)) = PREFIXES.iter().find(|(_, name)| *name == prefix) else {
            let hint = match prefix {
                "K" => ", kilo is a small k",
                "m" => ", million is a capital M",
                _ => "",
            };
            return Err(UnitError::new(format!(
                "\"{prefix}\" is not k, M or G{hint}: write for example 40_000 or \"40 k\""
            )));
        };
        let unit = 10_u64.pow(exponent.cast_unsigned());
        match (number.times_exactly(unit), number.scaled(*exponent) < 1.8e19) {
            (Some(count), _) => Ok(Self(count)),
            (None, true) => {
                Err(UnitError::new(format!("{written} is not a whole number: write for example 40_000 or \"1.5 k\"")))
            }
            (None, false) => {
                Err(UnitError::new(format!("{written} is too large: the most is 18_446_744_073_709_551_615")))
            }
        }
    }
}

impl fmt::Display for Count {
    /// With a prefix where nothing is lost by it: `40 k`, `1234`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |exponent: i32| self.0 != 0 && self.0.is_multiple_of(10_u64.pow(exponent.cast_unsigned()));
        match PREFIXES[1..].iter().rev().find(|(exponent, _)| whole(*exponent)) {
            Some((exponent, name)) => write!(f, "{} {name}", self.0 / 10_u64.pow(exponent.cast_unsigned())),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Quantity for Count {
    const EXPECTED: &'static str = "a whole number such as 40_000 or \"40 k\"";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl<'de> serde::Deserialize<'de> for Count {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::deserialize(deserializer)
    }
}

impl serde::Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl schemars::JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*[kMG]?\s*$" },
            ],
            "examples": [40_000, "40 k", "30 M"],
            "description": "A whole number, or a text with k, M or G.",
        })
    }
}
