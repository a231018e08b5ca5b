//! Events per time as text. Knows no kind of event: `"300/s"`, not `"300 req/s"`.

use super::decimal::Decimal;
use super::duration::{UNITS, meant, unit};
use super::{Quantity, UnitError, as_text};
use std::fmt;
use std::str::FromStr;

/// Events per time: `"300/s"`, `"1.2 k/s"`, `"40/min"`, `"5 M/d"`. A count with an optional k, M or G, a slash, and a unit of time
/// as in [`Duration`](super::Duration). Finite and not negative. Its canonical text gives exactly the same rate back.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate {
    per_second: f64,
}

/// The powers of ten that may follow a number. They are counts: M is 10^6, never 2^20.
pub(super) const PREFIXES: [(i32, &str); 4] = [(0, ""), (3, "k"), (6, "M"), (9, "G")];

impl Rate {
    /// A rate of `per_second` events per second.
    ///
    /// # Panics
    /// When it is negative or not finite.
    #[must_use]
    pub const fn new(per_second: f64) -> Self {
        assert!(per_second >= 0.0 && per_second.is_finite(), "a rate is finite and not negative");
        Self { per_second }
    }

    /// Events per second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        self.per_second
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, rest) = Decimal::split(text, "a rate", "\"300/s\" or \"1.2 k/s\"")?;
        let written = text.trim();
        let digits = written.strip_suffix(rest).unwrap_or(written).trim_end();
        let Some((prefix, per)) = rest.split_once('/') else {
            return Err(UnitError::new(without_slash(digits, rest)));
        };
        let (prefix, per) = (prefix.trim(), per.trim());
        let Some((exponent, _)) = PREFIXES.iter().find(|(_, name)| *name == prefix) else {
            return Err(UnitError::new(unknown_prefix(digits, prefix, per)));
        };
        let Some(nanoseconds) = unit(per) else {
            let per = meant(per).unwrap_or("s");
            let hint = format!(
                "unknown unit of time in \"{written}\": write for example \"{digits}{}/{per}\"",
                spaced(prefix)
            );
            return Err(UnitError::new(hint));
        };
        // Nine more decades before the division, so that a rate per second stays the double nearest to what was written.
        let per_second =
            if per == "s" { number.scaled(*exponent) } else { number.scaled(*exponent + 9) / nanoseconds as f64 };
        Ok(Self { per_second })
    }
}

fn spaced(prefix: &str) -> String {
    if prefix.is_empty() { String::new() } else { format!(" {prefix}") }
}

fn without_slash(digits: &str, rest: &str) -> String {
    let known = PREFIXES.iter().any(|(_, name)| *name == rest);
    if known {
        let amount = format!("{digits}{}", spaced(rest));
        return format!("{amount} needs a unit of time, for example \"{amount}/s\" or \"{amount}/min\"");
    }
    format!("\"{digits} {rest}\" is not a rate: write \"{digits}/s\", with k, M or G before the slash if large")
}

fn unknown_prefix(digits: &str, prefix: &str, per: &str) -> String {
    let per = if unit(per).is_some() { per } else { meant(per).unwrap_or("s") };
    let multiple = prefix.split_whitespace().next().unwrap_or_default();
    let (multiple, what) = match multiple {
        "K" => ("k", "kilo is a small"),
        "m" => ("M", "million is a capital"),
        "k" | "M" | "G" => (multiple, "name no events, only"),
        _ => ("", "only k, M or G may stand before the slash:"),
    };
    let right = format!("\"{digits}{}/{per}\"", spaced(multiple));
    match what {
        "kilo is a small" | "million is a capital" => {
            format!("unknown prefix \"{prefix}\", {what} {multiple}: write {right}")
        }
        _ => format!("\"{prefix}\" is not k, M or G: write {right}, without a name of what is counted"),
    }
}

impl fmt::Display for Rate {
    /// The shortest text that gives exactly this rate back, per second where that is as short as any other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut best = format!("{}/s", self.per_second);
        for (length, per) in UNITS[..6].iter().rev() {
            for (exponent, prefix) in PREFIXES {
                let amount = self.per_second * (*length as f64 / 1e9) / [1.0, 1e3, 1e6, 1e9][(exponent / 3) as usize];
                // A quotient one rounding error off a whole number is meant to be that number; parsing back decides.
                for amount in [amount, amount.round()] {
                    let text = format!("{amount}{}/{per}", spaced(prefix));
                    if text.len() < best.len() && text.parse() == Ok(*self) {
                        best = text;
                    }
                }
            }
        }
        f.write_str(&best)
    }
}

impl Quantity for Rate {
    const EXPECTED: &'static str = "a rate such as \"300/s\" or \"1.2 k/s\"";

    fn from_number(text: &str) -> Result<Self, UnitError> {
        text.parse()
    }
}

as_text!(
    Rate,
    r"^\s*[0-9]+(_[0-9]+)*(\.[0-9]+(_[0-9]+)*)?\s*[kMG]?\s*/\s*(ns|us|µs|μs|ms|s|min|h|d|w|y)\s*$",
    ["300/s", "1.2 k/s", "40/min", "5 M/d"],
    "Events per time: a count, optionally with k, M or G, a slash, and s, min, h, d, w or y (365 d)."
);
