//! Quantities without dimension: shares in per cent, growth per year, and plain factors.

use super::decimal::Decimal;
use super::{Quantity, UnitError, as_text};
use std::fmt;
use std::str::FromStr;

/// A share of a whole: `"99.95 %"` is 0.9995. Range 0 % to 100 %; bare numbers are refused, because 0.5 may mean a half or 0.5 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Percent {
    fraction: f64,
}

/// Relative growth per year of 365 days: `"18 %/y"` is 0.18, `"-5 %/y"` a decline. Above -100 %/y.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Growth {
    per_year: f64,
}

/// How many times: a bare number such as `8` or `1.5`, or a text `"8x"`. Finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Factor(f64);

impl Percent {
    /// From a fraction in 0..=1.
    ///
    /// # Panics
    /// Outside of that range.
    #[must_use]
    pub const fn new(fraction: f64) -> Self {
        assert!(fraction >= 0.0 && fraction <= 1.0, "a share is between 0 and 1");
        Self { fraction }
    }

    /// The share as a fraction, 0 to 1.
    #[must_use]
    pub const fn fraction(self) -> f64 {
        self.fraction
    }
}

impl Growth {
    /// Relative growth per year: 0.18 for 18 %/y.
    #[must_use]
    pub const fn per_year(self) -> f64 {
        self.per_year
    }
}

impl Factor {
    /// A factor.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[must_use]
    pub const fn new(factor: f64) -> Self {
        assert!(factor >= 0.0 && factor.is_finite(), "a factor is finite and not negative");
        Self(factor)
    }

    /// The factor itself.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = Decimal::split(text, "a share", "\"99.95 %\"")?;
        let written = text.trim();
        let digits = written.strip_suffix(unit).unwrap_or(written).trim_end();
        let value = number.scaled(0);
        match unit {
            "%" if value <= 100.0 => Ok(Self { fraction: number.scaled(-2) }),
            "%" => Err(UnitError::new(format!("\"{written}\" is more than the whole: the most is \"100 %\""))),
            "" if value > 0.0 && value <= 1.0 => {
                let hundredfold = shortest_percent(value);
                Err(UnitError::new(format!(
                    "{digits} needs a unit: write \"{hundredfold} %\", or \"{digits} %\" if that is meant"
                )))
            }
            _ => Err(UnitError::new(format!("\"{written}\" needs the unit \"%\", for example \"{digits} %\""))),
        }
    }
}

impl FromStr for Growth {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let written = text.trim();
        let (sign, size) = match written.strip_prefix(['-', '−']) {
            Some(size) => (-1.0, size),
            None => (1.0, written.strip_prefix('+').unwrap_or(written)),
        };
        let (number, unit) = Decimal::split(size, "growth per year", "\"18 %/y\"")?;
        let plain: String = unit.split_whitespace().collect();
        let per_year = sign * number.scaled(-2);
        match plain.as_str() {
            "%/y" if per_year > -1.0 => Ok(Self { per_year }),
            "%/y" => Err(UnitError::new(format!("\"{written}\" leaves nothing: growth is above \"-100 %/y\""))),
            _ => Err(UnitError::new(format!("\"{written}\" is not growth per year: write for example \"18 %/y\""))),
        }
    }
}

impl FromStr for Factor {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = Decimal::split(text, "a factor", "8 or 1.5")?;
        match unit {
            "" | "x" | "×" => Ok(Self(number.scaled(0))),
            "%" => Err(UnitError::new(format!("\"{}\" is not a factor: write {}", text.trim(), number.scaled(-2)))),
            _ => Err(UnitError::new(format!(
                "\"{}\" is not a factor: write a number without a unit, for example 1.5",
                text.trim()
            ))),
        }
    }
}

/// `fraction` in per cent with no more digits than it needs; the last bit of 100 times a double is no digit of the user's.
fn shortest_percent(fraction: f64) -> String {
    let exact = fraction * 100.0;
    let back = |text: &str| format!("{text}e-2").parse() == Ok(fraction);
    (0..=15).map(|decimals| format!("{exact:.decimals$}")).find(|text| back(text)).unwrap_or_else(|| exact.to_string())
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", shortest_percent(self.fraction))
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %/y", shortest_percent(self.per_year))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Quantity for Percent {
    const EXPECTED: &'static str = "a share such as \"99.95 %\"";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl Quantity for Growth {
    const EXPECTED: &'static str = "growth per year such as \"18 %/y\"";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl Quantity for Factor {
    const EXPECTED: &'static str = "a factor such as 8 or 1.5";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

as_text!(
    Percent,
    r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*%\s*$",
    ["99.95 %", "5 %"],
    "A share of a whole, 0 % to 100 %."
);

as_text!(
    Growth,
    r"^\s*[-−+]?\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*%\s*/\s*y\s*$",
    ["18 %/y", "-5 %/y"],
    "Relative growth per year of 365 days, above -100 %/y."
);

impl<'de> serde::Deserialize<'de> for Factor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::deserialize(deserializer)
    }
}

impl serde::Serialize for Factor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl schemars::JsonSchema for Factor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Factor".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "number", "minimum": 0 },
                { "type": "string", "pattern": r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*[x×]?\s*$" },
            ],
            "examples": [8, 1.5],
            "description": "How many times, not negative.",
        })
    }
}
