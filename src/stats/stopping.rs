//! How many replications are enough. Decides only after whole rounds whose sizes are fixed beforehand, so that the number of
//! threads, and which replication ends first, can never show in a result.

use super::interval::Estimate;

/// When to stop replicating. Looking at the interval and stopping when it is short favours samples that happen to look
/// quiet, so the interval covers less often than it says (Law 2015, 9.4.1; Singham and Schruben 2012): keep `min` at 10 or more. Growing
/// by half each round keeps the looks few.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// Replications before the first decision.
    pub min: u32,
    /// Replications never exceeded.
    pub max: u32,
    /// The half-width wanted, relative to the value: 0.05 for 5 %.
    pub relative_half_width: f64,
}

/// What to do after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Run this many more, then ask again.
    Continue(u32),
    /// Every estimate is as sharp as wanted.
    Precise,
    /// `max` is reached and some estimate is not as sharp as wanted: the report says so.
    Exhausted,
}

impl Default for Stopping {
    /// 10 to 60 replications for 5 %: assumed, a compromise between an hour and a minute.
    fn default() -> Self {
        Self { min: 10, max: 60, relative_half_width: 0.05 }
    }
}

impl Stopping {
    /// What to do when `done` replications gave these estimates. The first round has `min`, each further one adds half of what is done.
    /// An infinite value asks for no more: replications would not make it finite.
    #[must_use]
    pub fn decide(&self, done: u32, estimates: &[Estimate]) -> Decision {
        let first = self.min.min(self.max);
        if done < first {
            return Decision::Continue(first - done);
        }
        let sharp = |estimate: &Estimate| {
            estimate.value.is_infinite()
                || estimate.relative_half_width().is_some_and(|width| width <= self.relative_half_width)
        };
        if estimates.iter().all(sharp) {
            Decision::Precise
        } else if done >= self.max {
            Decision::Exhausted
        } else {
            Decision::Continue((done / 2).max(1).min(self.max - done))
        }
    }
}
