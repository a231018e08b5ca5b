//! Virtual time in integer nanoseconds since the scenario began. Calendar time exists only at the edges
//! (`geo`, `load`, `scenario`, `report`); here time is a number, so that sums and comparisons are exact.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// 2^63 nanoseconds, 292 years.
const CENTURIES: f64 = 9_223_372_036_854_775_808.0;

/// An instant: nanoseconds since the run began. Range 0 to about 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

impl Time {
    /// The beginning of the run.
    pub const ZERO: Self = Self(0);
    /// Later than everything that happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The span from `earlier` to `self`; zero when `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// Seconds since the run began, for output only.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than everything that happens.
    pub const MAX: Self = Self(u64::MAX);

    /// `n` microseconds.
    #[must_use]
    pub const fn from_micros(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// `n` milliseconds.
    #[must_use]
    pub const fn from_millis(n: u64) -> Self {
        Self(n * 1_000_000)
    }

    /// `n` seconds.
    #[must_use]
    pub const fn from_secs(n: u64) -> Self {
        Self(n * 1_000_000_000)
    }

    /// `s` seconds, rounded to the nanosecond; negative and NaN give zero, too large gives [`Span::MAX`].
    #[must_use]
    pub const fn from_secs_f64(s: f64) -> Self {
        Self((s * 1e9 + 0.5) as u64)
    }

    /// Seconds, for output and closed forms only.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Milliseconds, for output only.
    #[must_use]
    pub const fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This span times a non-negative factor, rounded to the nanosecond.
    #[inline]
    #[must_use]
    pub const fn scale(self, factor: f64) -> Self {
        // Every message is delayed by one: signed numbers are converted in one step, and all but centuries fit.
        let signed = if self.0 <= i64::MAX as u64 { self.0.cast_signed() as f64 } else { self.0 as f64 };
        Self::rounded(signed * factor)
    }

    /// So many nanoseconds, rounded; none where they are below zero or no number.
    #[inline]
    #[must_use]
    pub const fn rounded(nanoseconds: f64) -> Self {
        let rounded = nanoseconds + 0.5;
        // As above.
        let fits = rounded >= 0.0 && rounded < CENTURIES;
        Self(if fits { (rounded as i64).cast_unsigned() } else { rounded as u64 })
    }

    /// Since the last turn, and until the next one, of something that comes round each so long, at a phase that a name says; the
    /// first is zero and the other a whole round at the turn itself.
    #[must_use]
    pub const fn turn(self, now: Time, name: u64) -> (Self, Self) {
        let every = if self.0 > 0 { self.0 } else { 1 };
        let since = (now.0 + every - name % every) % every;
        (Self(since), Self(every - since))
    }
}

/// Consecutive windows of equal width, and which of them was asked for last: most instants lie in the same one as the instant
/// before, and need no division.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    origin: Time,
    width: Span,
    start: Time,
    number: u64,
}

impl Windows {
    /// Windows of `width` from `origin` on.
    ///
    /// # Panics
    /// When the width is zero.
    #[must_use]
    pub const fn new(origin: Time, width: Span) -> Self {
        assert!(width.0 > 0, "a window has a width");
        Self { origin, width, start: origin, number: 0 }
    }

    /// The number of the window that holds `at`, which is not before the origin.
    #[inline]
    pub fn number(&mut self, at: Time) -> u64 {
        if at.0.wrapping_sub(self.start.0) >= self.width.0 {
            self.number = at.since(self.origin).0 / self.width.0;
            self.start = self.origin + self.width * self.number;
        }
        self.number
    }

    /// The width of a window.
    #[must_use]
    pub const fn width(&self) -> Span {
        self.width
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Span {
    /// The largest unit that keeps at most three decimals: `800 µs`, `250 ms`, `1.5 s`, `2 d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "min"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "µs"),
            (1, "ns"),
        ];
        let exact = UNITS.iter().find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit));
        match exact {
            Some((unit, name)) if self.0 / unit < 10_000 => write!(f, "{} {name}", self.0 / unit),
            _ => match UNITS.iter().find(|(unit, _)| self.0 >= *unit) {
                None => f.write_str("0 s"),
                Some((unit, name)) => {
                    let rounded = format!("{:.3}", self.0 as f64 / *unit as f64);
                    write!(f, "{} {name}", rounded.trim_end_matches('0').trim_end_matches('.'))
                }
            },
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}
