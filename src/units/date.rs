//! Calendar days. Knows no clock and no time zone.

use super::UnitError;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use std::fmt;
use std::str::FromStr;

/// A day of the calendar: TOML's `2027-03-01`, or the same as a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub jiff::civil::Date);

impl FromStr for Date {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong =
            || UnitError::new(format!("\"{text}\" is not a day of the calendar: write year-month-day as 2027-03-01"));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
        // Exactly this shape: jiff alone would also take times of day and drop them.
        let (Some(year), Some("-"), Some(month), Some("-"), Some(day)) =
            (text.get(..4), text.get(4..5), text.get(5..7), text.get(7..8), text.get(8..))
        else {
            return Err(wrong());
        };
        let parts = digits(year).zip(digits(month)).zip(digits(day).filter(|_| day.len() == 2));
        let ((year, month), day): ((i16, i16), i16) = parts.ok_or_else(wrong)?;
        let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return Err(wrong()) };
        jiff::civil::Date::new(year, month, day).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

struct DateVisitor;

impl<'de> Visitor<'de> for DateVisitor {
    type Value = Date;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as 2027-03-01")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
        text.parse().map_err(E::custom)
    }

    /// TOML's own dates arrive as a map with one private key.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Date, A::Error> {
        let date: toml::value::Datetime = de::Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        if date.time.is_some() {
            return Err(de::Error::custom(format!("{date} has a time of day: write only the date, as 2027-03-01")));
        }
        date.to_string().parse().map_err(de::Error::custom)
    }
}

impl<'de> de::Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DateVisitor)
    }
}

impl serde::Serialize for Date {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "format": "date", "examples": ["2027-03-01"], "description": "A day of the calendar.",
        })
    }
}
