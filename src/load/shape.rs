//! The shape of demand over an ordinary week and on holidays, as factors of its mean. It is followed in local time, because
//! people are (follow the sun), and knows neither rates nor time zones.

use crate::kms::Badge;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What the clock and the calendar show where the callers are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalTime {
    /// Hours since local midnight, 0 inclusive to 24 exclusive.
    pub hour: f64,
    /// Day of the week, Monday 0 to Sunday 6.
    pub weekday: u8,
    /// Whether the day is a public holiday.
    pub holiday: bool,
}

/// Demand relative to its mean over an ordinary week: hour of the day times day of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    hours: [f64; 24],
    weekdays: [f64; 7],
    holiday: f64,
    badge: Badge,
    source: String,
}

/// What is wrong with a file of shapes.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeError {
    /// It is not TOML, or has missing, unknown or mistyped keys.
    Syntax(toml::de::Error),
    /// A value is out of range.
    Value {
        /// The shape.
        shape: String,
        /// Its key.
        key: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    shape: BTreeMap<String, RawShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShape {
    hours: [f64; 24],
    weekdays: [f64; 7],
    holiday: f64,
    badge: Badge,
    source: String,
}

/// Reads a file of tables `[shape.NAME]` with `hours` (24 factors, the first for 00:00 to 01:00), `weekdays` (7, Monday
/// first), `holiday` (the factor of a public holiday against its weekday), `badge` and `source`.
///
/// # Errors
/// When the text is not such a file, or a factor is negative or not finite, or all hours or all weekdays are zero.
pub fn parse_shapes(text: &str) -> Result<BTreeMap<String, Shape>, ShapeError> {
    let file: RawFile = toml::from_str(text).map_err(ShapeError::Syntax)?;
    file.shape
        .into_iter()
        .map(|(name, raw)| {
            let value = |(key, reason)| ShapeError::Value { shape: name.clone(), key, reason };
            raw.check().map_err(value).map(|shape| (name.clone(), shape))
        })
        .collect()
}

impl RawShape {
    fn check(self) -> Result<Shape, (&'static str, &'static str)> {
        let factor = |f: &f64| f.is_finite() && *f >= 0.0;
        for (key, factors) in [("hours", &self.hours[..]), ("weekdays", &self.weekdays[..])] {
            if !factors.iter().all(factor) {
                return Err((key, "a factor is negative or not a finite number"));
            }
            let sum: f64 = factors.iter().sum();
            if sum <= 0.0 || !sum.is_finite() {
                return Err((key, "the factors have no positive, finite mean"));
            }
        }
        if !factor(&self.holiday) {
            return Err(("holiday", "the factor is negative or not a finite number"));
        }
        let hour_mean = self.hours.iter().sum::<f64>() / 24.0;
        let day_mean = self.weekdays.iter().sum::<f64>() / 7.0;
        Ok(Shape {
            hours: self.hours.map(|f| f / hour_mean),
            weekdays: self.weekdays.map(|f| f / day_mean),
            holiday: self.holiday,
            badge: self.badge,
            source: self.source,
        })
    }
}

impl Shape {
    /// Demand that is the same at all times: machines that call by themselves, or no better knowledge.
    #[must_use]
    pub fn flat() -> Self {
        let source = String::from("the same at all hours");
        Self { hours: [1.0; 24], weekdays: [1.0; 7], holiday: 1.0, badge: Badge::Assumed, source }
    }

    /// Whether demand is the same at all times.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        let alike = |factors: &[f64]| factors.iter().all(|factor| *factor == 1.0);
        alike(&self.hours) && alike(&self.weekdays) && self.holiday == 1.0
    }

    /// How much the shape deserves to be believed.
    #[must_use]
    pub const fn badge(&self) -> Badge {
        self.badge
    }

    /// Where the shape comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Demand at this local time as a factor of the mean over an ordinary week. An hour's factor holds at its middle, and
    /// between two middles demand changes linearly, over midnight too. The days beside a holiday do not know of it:
    /// at its two midnights demand steps by half of the difference.
    #[must_use]
    pub fn at(&self, local: LocalTime) -> f64 {
        let day = usize::from(local.weekday % 7);
        let today = self.weekdays[day] * if local.holiday { self.holiday } else { 1.0 };
        // Hours since half past eleven of the evening before, the middle of yesterday's last hour.
        let since = local.hour.clamp(0.0, 24.0) + 0.5;
        let node = since as usize;
        let factor = |node: usize| match node {
            0 => self.hours[23] * self.weekdays[(day + 6) % 7],
            1..=24 => self.hours[node - 1] * today,
            _ => self.hours[0] * self.weekdays[(day + 1) % 7],
        };
        let (before, after) = (factor(node), factor(node + 1));
        before + (after - before) * (since - node as f64)
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Value { shape, key, reason } => write!(f, "shape.{shape}.{key}: {reason}"),
        }
    }
}

impl std::error::Error for ShapeError {}
