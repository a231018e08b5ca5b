//! Lengths of time as text. No months: they have no fixed length; a year is 365 days.

use super::decimal::Decimal;
use super::{Quantity, UnitError, as_text};
use crate::time::Span;
use std::fmt;
use std::str::FromStr;

/// A length of time: `"250 ms"`, `"1.5 h"`, `"2 w"`. Units: ns, us (or µs), ms, s, min, h, d, w, y (= 365 d). Range 0 to 584 years,
/// resolution one nanosecond. Its canonical text gives exactly the same span back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub Span);

/// Nanoseconds of each unit, longest first.
pub(super) const UNITS: [(u64, &str); 9] = [
    (365 * 86_400_000_000_000, "y"),
    (7 * 86_400_000_000_000, "w"),
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (60_000_000_000, "min"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

/// What people write, and what we call it.
const ALIASES: [(&str, &[&str]); 9] = [
    ("ns", &["nsec", "nano", "nanos", "nanosecond", "nanoseconds"]),
    ("us", &["usec", "micro", "micros", "microsecond", "microseconds"]),
    ("ms", &["msec", "msecs", "milli", "millis", "millisecond", "milliseconds"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    ("min", &["mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("d", &["day", "days"]),
    ("w", &["wk", "week", "weeks"]),
    ("y", &["yr", "yrs", "a", "year", "years"]),
];

/// Nanoseconds of the unit named, in the one spelling that is accepted (and µ as either of its two characters).
pub(super) fn unit(name: &str) -> Option<u64> {
    let name = if matches!(name, "µs" | "μs") { "us" } else { name };
    UNITS.iter().find(|(_, unit)| *unit == name).map(|(length, _)| *length)
}

/// The accepted spelling of a unit written otherwise.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let known = |(unit, others): &&(&str, &[&str])| *unit == lower || others.contains(&lower.as_str());
    ALIASES.iter().find(known).map(|(unit, _)| *unit)
}

impl Duration {
    /// The span of virtual time.
    #[must_use]
    pub const fn span(self) -> Span {
        self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self(span)
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        duration.0
    }
}

impl FromStr for Duration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, name) = Decimal::split(text, "a duration", "\"250 ms\" or \"1.5 h\"")?;
        let written = text.trim();
        let Some(unit) = unit(name) else {
            let digits = written.strip_suffix(name).unwrap_or(written).trim_end();
            return Err(UnitError::new(unknown_unit(digits, name)));
        };
        match number.times(unit) {
            Some(nanoseconds) => Ok(Self(Span(nanoseconds))),
            None if number.scaled(0) < 1.0 => {
                Err(UnitError::new(format!("\"{written}\" is shorter than a nanosecond: the least is \"1 ns\"")))
            }
            None => Err(UnitError::new(format!("\"{written}\" is too long: the most is \"584 y\""))),
        }
    }
}

fn unknown_unit(digits: &str, name: &str) -> String {
    match (name, meant(name)) {
        ("", _) => format!("{digits} needs a unit, for example \"{digits} ms\", \"{digits} s\" or \"{digits} d\""),
        ("m", _) => format!("\"{digits} m\" may mean minutes or months: write \"{digits} min\", or months as days"),
        (_, Some(unit)) => format!("unknown unit \"{name}\": write \"{digits} {unit}\""),
        _ if name.to_lowercase().starts_with("mo") => {
            format!("a month has no fixed length: write days, for example \"30 d\" for \"{digits} {name}\"")
        }
        _ if name.contains(|c: char| c.is_ascii_digit()) => {
            format!("\"{digits} {name}\" is more than one number and one unit: write for example \"90 min\"")
        }
        _ => format!("unknown unit \"{name}\": use ns, us, ms, s, min, h, d, w or y, for example \"{digits} s\""),
    }
}

impl fmt::Display for Duration {
    /// A whole number of the longest unit that allows one below 10 000, else exact decimals: `90 min`, `1.234567891 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.0;
        if nanoseconds == 0 {
            return f.write_str("0 s");
        }
        let whole = UNITS.iter().find(|(unit, _)| nanoseconds.is_multiple_of(*unit));
        if let Some((unit, name)) = whole.filter(|(unit, name)| nanoseconds / unit < 10_000 || *name == "y") {
            return write!(f, "{} {name}", nanoseconds / unit);
        }
        // Only the decimal units below have exact decimals; one of them is no longer than the span, as "ns" was not filtered in.
        let (unit, name) = UNITS[5..].iter().find(|(unit, _)| nanoseconds >= *unit).expect("a span is at least 1 ns");
        let width = unit.ilog10() as usize;
        let text = format!("{}.{:0width$}", nanoseconds / unit, nanoseconds % unit);
        write!(f, "{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Quantity for Duration {
    const EXPECTED: &'static str = "a duration such as \"250 ms\" or \"1.5 h\"";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

as_text!(
    Duration,
    r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*(ns|us|µs|μs|ms|s|min|h|d|w|y)\s*$",
    ["250 ms", "1.5 h", "2 w"],
    "A length of time with its unit: ns, us, ms, s, min, h, d, w or y (365 d); no months."
);
