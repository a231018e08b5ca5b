//! A non-negative decimal number in front of a unit, kept exact until it is scaled. Refuses signs, exponents and commas with
//! a sentence; knows no units.

use super::UnitError;

/// `mantissa / 10^decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: u128,
    decimals: u32,
}

/// More digits than any unit needs; keeps `mantissa * unit` below 2^128.
const MOST_DIGITS: usize = 20;
/// The longest power of ten that fits the divisor.
const MOST_DECIMALS: usize = 38;

impl Decimal {
    /// Splits `text` into its number and what follows, trimmed. `what` names the quantity and `example` shows one, for errors.
    pub(super) fn split<'a>(text: &'a str, what: &str, example: &str) -> Result<(Self, &'a str), UnitError> {
        let trimmed = text.trim();
        let fail = |reason: &str| Err(UnitError::new(format!("{reason}: write {what} as {example}")));
        if trimmed.is_empty() {
            return fail("is empty");
        }
        if trimmed.starts_with(['-', '−']) {
            return fail(&format!("\"{trimmed}\" is negative"));
        }
        let end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.')).unwrap_or(trimmed.len());
        let (number, rest) = trimmed.split_at(end);
        if number.is_empty() {
            return fail(&format!("\"{trimmed}\" does not begin with a number"));
        }
        if rest.starts_with(',') {
            return fail(&format!("\"{trimmed}\" has a comma (a point marks decimals, \"_\" may group digits)"));
        }
        let rest = rest.trim_start();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return fail(&format!("\"{trimmed}\" has a space within the number"));
        }
        if rest.starts_with(['e', 'E']) && rest[1..].starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
            return fail(&format!("\"{trimmed}\" has an exponent"));
        }
        match Self::of(number) {
            Some(decimal) => Ok((decimal, rest)),
            None => fail(&format!("\"{number}\" is not a plain number of at most {MOST_DIGITS} digits")),
        }
    }

    /// TOML's rule: digits, single underscores between digits, at most one point with digits on both sides.
    fn of(number: &str) -> Option<Self> {
        let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
        let grouped = |part: &str| part.split('_').all(|group| !group.is_empty() && !group.contains('.'));
        if !grouped(whole) || !fraction.is_none_or(grouped) {
            return None;
        }
        let plain = |part: &str| part.replace('_', "");
        let (whole, fraction) = (plain(whole), plain(fraction.unwrap_or_default()));
        // Zeros at either end carry nothing; dropping them lets "0.100000000000000000000" pass.
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let significant = if whole.is_empty() { fraction.trim_start_matches('0') } else { fraction };
        if whole.len() + significant.len() > MOST_DIGITS || fraction.len() > MOST_DECIMALS {
            return None;
        }
        let digits = format!("0{whole}{fraction}");
        Some(Self { mantissa: digits.parse().ok()?, decimals: u32::try_from(fraction.len()).ok()? })
    }

    /// This number times `unit`, rounded to the nearest integer; `None` when it does not fit, or is positive but rounds to 0.
    pub(super) fn times(self, unit: u64) -> Option<u64> {
        let divisor = 10_u128.pow(self.decimals);
        let product = self.mantissa * u128::from(unit);
        let rounded = (product + divisor / 2) / divisor;
        if rounded == 0 && product > 0 { None } else { u64::try_from(rounded).ok() }
    }

    /// This number times `unit` when that is an integer.
    pub(super) fn times_exactly(self, unit: u64) -> Option<u64> {
        let product = self.mantissa * u128::from(unit);
        if product.is_multiple_of(10_u128.pow(self.decimals)) { self.times(unit) } else { None }
    }

    /// This number times ten to the `exponent`: the double nearest to the decimal number, as if it had been written out.
    pub(super) fn scaled(self, exponent: i32) -> f64 {
        let exponent = exponent - self.decimals.cast_signed();
        format!("{}e{exponent}", self.mantissa).parse().expect("digits, e and an integer are a float")
    }
}
