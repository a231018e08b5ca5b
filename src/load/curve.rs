//! Demand over virtual time: a rate that is constant within slots, so that arrivals can be drawn exactly and expected counts
//! are plain sums. It does not know where its rates come from or what is asked for.

use super::{LocalTime, Shape};
use crate::time::{Span, Time};

/// A year of growth: 365 days, in seconds.
const YEAR: f64 = 365.0 * 86_400.0;

/// How time is cut: slots of equal length from the start of the run until at least its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Length of a slot, a whole number of seconds, at least one.
    pub slot: Span,
    /// Length of the run.
    pub horizon: Span,
}

/// Requests per second as a function of time, constant within each slot. The last slot's rate holds for ever after.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Whole seconds, or `Span::MAX` for a constant curve, which has one rate.
    slot: Span,
    rates: Vec<f64>,
}

impl Grid {
    /// The middles of the slots.
    fn middles(self) -> impl Iterator<Item = Time> {
        let half = Span(self.slot.0 / 2);
        self.starts().map(move |start| start + half)
    }

    /// The starts of the slots; always at least one.
    pub(super) fn starts(self) -> impl Iterator<Item = Time> {
        let count = self.horizon.0.div_ceil(self.slot.0).max(1);
        (0..count).map(move |i| Time(i * self.slot.0))
    }
}

impl Curve {
    /// Rates of consecutive slots from time zero on. Equal rates become a constant curve, which takes no memory.
    ///
    /// # Panics
    /// When there is no rate, a rate is negative or not finite, or the slot is not a positive whole number of seconds
    /// (whole seconds keep the common slot of two curves from becoming tiny).
    #[must_use]
    pub fn new(slot: Span, rates: Vec<f64>) -> Self {
        assert!(slot.0 > 0 && slot.0.is_multiple_of(Span::from_secs(1).0), "a slot of {slot} is not whole seconds");
        assert!(rates.iter().all(|rate| rate.is_finite() && *rate >= 0.0), "a rate is negative or not finite");
        let first = *rates.first().expect("a curve has at least one rate");
        if rates.iter().all(|rate| *rate == first) {
            return Self { slot: Span::MAX, rates: vec![first] };
        }
        Self { slot, rates }
    }

    /// The same rate for ever, in requests per second.
    ///
    /// # Panics
    /// When the rate is negative or not finite.
    #[must_use]
    pub fn constant(rate: f64) -> Self {
        Self::new(Span::from_secs(1), vec![rate])
    }

    /// Demand that follows `shape` in local time around `mean` (requests per second over an ordinary week at the start of
    /// the run) and grows by `growth` a year (0.1 for 10 %, above -1, compound, from the start of the run). `local` tells the
    /// callers' local time and is asked in order, once per slot, for the slot's middle; not at all where nothing depends on it.
    ///
    /// # Panics
    /// As [`Curve::new`], for a growth of -1 or less, and when growth passes all bounds.
    #[must_use]
    pub fn seasonal(
        mean: f64,
        shape: &Shape,
        growth: f64,
        grid: Grid,
        mut local: impl FnMut(Time) -> LocalTime,
    ) -> Self {
        assert!(growth > -1.0, "demand cannot shrink by more than all of it");
        if growth == 0.0 && shape.is_flat() {
            return Self::constant(mean);
        }
        let rate = |middle: Time| {
            let grown = if growth == 0.0 { 1.0 } else { libm::pow(1.0 + growth, middle.as_secs_f64() / YEAR) };
            mean * grown * shape.at(local(middle))
        };
        Self::new(grid.slot, grid.middles().map(rate).collect())
    }

    /// The sum of curves; zero when there are none.
    #[must_use]
    pub fn sum<'a>(curves: impl IntoIterator<Item = &'a Self>) -> Self {
        curves.into_iter().fold(Self::constant(0.0), |sum, curve| sum.combine(curve, |a, b| a + b))
    }

    /// Length of a slot; [`Span::MAX`] when the rate never changes.
    #[must_use]
    pub const fn slot(&self) -> Span {
        self.slot
    }

    /// Requests per second, slot by slot.
    #[must_use]
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Requests per second at `at`.
    #[must_use]
    pub fn rate_at(&self, at: Time) -> f64 {
        self.rates[self.index(at)]
    }

    /// Requests per second, averaged over all slots.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.rates.iter().sum::<f64>() / self.rates.len() as f64
    }

    /// Demand times a factor of zero or more.
    ///
    /// # Panics
    /// When the factor is negative or not finite.
    #[must_use]
    pub fn scale(&self, factor: f64) -> Self {
        self.map(|rate| rate * factor)
    }

    /// Expected number of requests from `from` until `until`; zero when there is no time between them.
    #[must_use]
    pub fn expected(&self, from: Time, until: Time) -> f64 {
        let (mut at, mut sum) = (from, 0.0);
        while at < until {
            let end = self.slot_end(self.index(at)).min(until);
            sum += self.rate_at(at) * end.since(at).as_secs_f64();
            at = end;
        }
        sum
    }

    /// Start, not before `from`, of the window of this width within the slots that expects the most requests; of windows that
    /// are equal to nine digits the earliest. `from` when no later one is as wide.
    #[must_use]
    pub fn busiest(&self, width: Span, from: Time) -> Time {
        let whole = self.slot * self.rates.len() as u64;
        if width.0.saturating_add(from.0) >= whole.0 {
            return from;
        }
        if width <= self.slot {
            // Lies in one slot. Sums would lose a narrow window among the digits of a long run.
            let first = (from.0 / self.slot.0) as usize;
            let slots = self.rates.iter().enumerate().skip(first);
            return first_maximum(slots.map(|(i, rate)| (Time(i as u64 * self.slot.0).max(from), *rate)));
        }
        let before: Vec<f64> = std::iter::once(0.0)
            .chain(self.rates.iter().scan(0.0, |sum, rate| {
                *sum += rate;
                Some(*sum)
            }))
            .collect();
        // Rates summed until `at`, in requests per second times slots.
        let cumulated = |at: u64| {
            let slot = (at / self.slot.0) as usize;
            let rest = (at % self.slot.0) as f64 / self.slot.0 as f64;
            before[slot] + self.rates.get(slot).map_or(0.0, |rate| rate * rest)
        };
        // The count is piecewise linear in the window's place: its maximum has a slot's edge at one end of the window.
        let last = whole.0 - width.0;
        let offset = last % self.slot.0;
        let edges = (0..=last / self.slot.0).flat_map(|i| [i * self.slot.0, i * self.slot.0 + offset]);
        let starts = std::iter::once(from.0).chain(edges.filter(|start| *start > from.0 && *start <= last));
        first_maximum(starts.map(|start| (Time(start), cumulated(start + width.0) - cumulated(start))))
    }

    /// The slot that holds `at`.
    pub(super) fn index(&self, at: Time) -> usize {
        usize::try_from(at.0 / self.slot.0).map_or(self.rates.len() - 1, |slot| slot.min(self.rates.len() - 1))
    }

    /// Where a slot ends: the last one never does.
    pub(super) fn slot_end(&self, slot: usize) -> Time {
        if slot + 1 < self.rates.len() { Time((slot as u64 + 1) * self.slot.0) } else { Time::NEVER }
    }

    /// Both curves slot by slot, on slots that divide those of both, as long as the longer one.
    pub(super) fn combine(&self, other: &Self, both: impl Fn(f64, f64) -> f64) -> Self {
        if other.rates.len() == 1 {
            return self.map(|rate| both(rate, other.rates[0]));
        }
        if self.rates.len() == 1 {
            return other.map(|rate| both(self.rates[0], rate));
        }
        let slot = Span(gcd(self.slot.0, other.slot.0));
        let horizon = (self.slot * self.rates.len() as u64).max(other.slot * other.rates.len() as u64);
        let rates = Grid { slot, horizon }.starts().map(|at| both(self.rate_at(at), other.rate_at(at)));
        Self::new(slot, rates.collect())
    }

    fn map(&self, each: impl Fn(f64) -> f64) -> Self {
        let rates: Vec<f64> = self.rates.iter().map(|rate| each(*rate)).collect();
        if self.rates.len() == 1 { Self::constant(rates[0]) } else { Self::new(self.slot, rates) }
    }
}

/// The first place whose value no other exceeds by more than rounding.
fn first_maximum(places: impl Iterator<Item = (Time, f64)>) -> Time {
    let mut best = (Time::ZERO, 0.0);
    for (place, value) in places {
        if value > best.1 * (1.0 + 1e-9) {
            best = (place, value);
        }
    }
    best.0
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
