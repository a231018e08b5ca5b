//! When requests arrive: a process of unit rate, mapped through a demand curve by time rescaling (Çinlar, Introduction to
//! Stochastic Processes, 1975, §4.7), which is exact for rates that are constant within slots. Arrivals are open: they know
//! nothing of answers.

use super::Curve;
use crate::rng::{Stream, exponential, unit};
use crate::time::{Span, Time};
use std::sync::Arc;

/// Nanoseconds (146 years) beyond which no step within a slot is looked at.
const LONGEST: f64 = 4_611_686_018_427_387_904.0;

/// How requests are spaced around the demand curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pattern {
    /// Many independent callers: a non-homogeneous Poisson process.
    Poisson,
    /// One clock: exactly one over the rate apart, where the rate is constant; the phase is drawn.
    Constant,
    /// Callers that come in bursts: an interrupted Poisson process (a two-state Markov-modulated Poisson process that is
    /// silent in one state; Kuczura, Bell System Technical Journal 52(3), 1973). On and off periods are exponential and last
    /// `burstiness - 1` expected requests each, and while on requests come at twice the rate of the curve: a burst is
    /// about `2 (burstiness - 1)` requests. The mean stays that of the curve.
    Bursty {
        /// Index of dispersion of counts, variance over mean, in the limit of long windows. At 1 or less: Poisson.
        burstiness: f64,
    },
}

/// The arrivals of one population, one after the other, never going back. Two that share a stream and a curve until some
/// instant are the same until then, whatever the curves do later.
#[derive(Clone, Debug)]
pub struct Arrivals {
    stream: Stream,
    curve: Arc<Curve>,
    gaps: Gaps,
    /// Where the process is: whole nanoseconds and the fraction of one. Kept apart, they lose no digits over a long run.
    at: Time,
    fraction: f64,
    /// The slot that `at` is in, its end (or that of the run), and nanoseconds per expected request in it.
    slot: usize,
    slot_end: Time,
    spacing: f64,
    until: Time,
}

/// Gaps between arrivals of the process of unit rate.
#[derive(Clone, Copy, Debug)]
enum Gaps {
    Exponential,
    /// The next gap, then always 1.
    Even(f64),
    /// Periods of `mean` expected requests each, the present one with `left` to go.
    Interrupted {
        on: bool,
        left: f64,
        mean: f64,
    },
}

impl Arrivals {
    /// Arrivals at or after `from` and before `until`.
    #[must_use]
    pub fn new(mut stream: Stream, curve: Arc<Curve>, pattern: Pattern, from: Time, until: Time) -> Self {
        let gaps = match pattern {
            Pattern::Constant => Gaps::Even(unit(&mut stream)),
            Pattern::Bursty { burstiness } if burstiness > 1.0 => {
                // Both states are as likely, and what is left of an exponential period is as long as a new one: the
                // process is in its steady state from the start. Intensity 0 or 2 with correlation exp(-2u/mean): the
                // index of dispersion is 1 + 2 (mean / 2).
                let mean = burstiness - 1.0;
                let on = unit(&mut stream) < 0.5;
                Gaps::Interrupted { on, left: mean * exponential(&mut stream), mean }
            }
            Pattern::Poisson | Pattern::Bursty { .. } => Gaps::Exponential,
        };
        let slot = curve.index(from);
        let mut arrivals =
            Self { stream, curve, gaps, at: from, fraction: 0.0, slot, slot_end: from, spacing: 0.0, until };
        arrivals.enter(slot);
        arrivals
    }

    /// Takes over the rate of a slot.
    fn enter(&mut self, slot: usize) {
        self.slot = slot;
        self.slot_end = self.curve.slot_end(slot).min(self.until);
        self.spacing = 1e9 / self.curve.rates()[slot];
    }

    /// Spends `gap` expected requests across slots. `None` at the end of the run, and ever after.
    #[cold]
    fn cross(&mut self, mut gap: f64) -> Option<Time> {
        loop {
            let rest = self.slot_end.since(self.at).0 as f64 - self.fraction;
            gap = (gap - rest.max(0.0) / self.spacing).max(0.0);
            self.at = self.slot_end;
            self.fraction = 0.0;
            if self.at >= self.until {
                return None;
            }
            self.enter(self.slot + 1);
            if self.step(gap) {
                return Some(self.at);
            }
        }
    }

    /// Goes on by `gap` expected requests, if that leads to an instant in this slot.
    #[inline]
    fn step(&mut self, gap: f64) -> bool {
        let step = gap * self.spacing;
        // Not a number: no gap at all in a slot without demand.
        if step >= LONGEST || step.is_nan() {
            return false;
        }
        // Splitting the step, not the sum, keeps the slow conversions out of the chain from one arrival to the next.
        let whole = step as i64;
        let fraction = self.fraction + (step - whole as f64);
        let (carry, fraction) = if fraction >= 1.0 { (1, fraction - 1.0) } else { (0, fraction) };
        let at = self.at + Span(whole.unsigned_abs() + carry);
        if at >= self.slot_end {
            return false;
        }
        (self.at, self.fraction) = (at, fraction);
        true
    }
}

impl Gaps {
    #[inline]
    fn next(&mut self, stream: &mut Stream) -> f64 {
        match self {
            Self::Exponential => exponential(stream),
            Self::Even(next) => std::mem::replace(next, 1.0),
            Self::Interrupted { on, left, mean } => {
                let mut gap = 0.0;
                loop {
                    // Without memory, the wait for a request may begin anew with each period.
                    let wait = if *on { 0.5 * exponential(stream) } else { f64::INFINITY };
                    if wait < *left {
                        *left -= wait;
                        return gap + wait;
                    }
                    gap += *left;
                    *on = !*on;
                    *left = *mean * exponential(stream);
                }
            }
        }
    }
}

impl Iterator for Arrivals {
    type Item = Time;

    #[inline]
    fn next(&mut self) -> Option<Time> {
        let gap = self.gaps.next(&mut self.stream);
        if self.step(gap) { Some(self.at) } else { self.cross(gap) }
    }
}
