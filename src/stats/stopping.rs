//! How many replications are enough. Decides only after whole rounds whose sizes are fixed beforehand, so that the number of
//! threads, and which replication ends first, can never show in a result.

/// When to stop replicating: when nothing is in doubt any more. Looking at intervals and stopping when they have left the
/// limit behind, or are short, favours samples that happen to look quiet, so that they cover less often than they say (Law
/// 2015, 9.4.1; Singham and Schruben 2012): keep `min` at 10 or more. Growing by half each round keeps the looks few: at most
/// five between 10 and 40.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// Replications before the first decision.
    pub min: u32,
    /// Replications never exceeded.
    pub max: u32,
    /// The half-width at which a doubt is left alone, relative to its scale: 0.05 for 5 %.
    pub relative_half_width: f64,
}

/// An estimate whose interval holds the limit that it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Doubt {
    /// Half-width of its interval; infinite where nothing was measured yet.
    pub half_width: f64,
    /// What is little is told by this, in the same unit; zero where nothing is.
    pub scale: f64,
}

/// What to do after a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Run this many more, then ask again.
    Continue(u32),
    /// Nothing is in doubt that is worth more replications.
    Settled,
    /// `max` is reached and something is in doubt: the report says so.
    Exhausted,
}

impl Default for Stopping {
    /// 10 to 40 replications for 5 %: assumed, a compromise between an hour and a minute.
    fn default() -> Self {
        Self { min: 10, max: 40, relative_half_width: 0.05 }
    }
}

impl Stopping {
    /// What to do when `done` replications left these doubts. The first round has `min`, each further one adds half of what is
    /// done.
    #[must_use]
    pub fn decide(&self, done: u32, doubts: &[Doubt]) -> Decision {
        let first = self.min.min(self.max);
        if done < first {
            Decision::Continue(first - done)
        } else if doubts.iter().all(|doubt| self.leaves(doubt)) {
            Decision::Settled
        } else if done >= self.max {
            Decision::Exhausted
        } else {
            Decision::Continue((done / 2).max(1).min(self.max - done))
        }
    }

    /// Whether an interval is so short that the value is as good as at the limit: more replications would not help anybody.
    #[must_use]
    pub fn leaves(&self, doubt: &Doubt) -> bool {
        doubt.half_width <= self.relative_half_width * doubt.scale
    }
}
