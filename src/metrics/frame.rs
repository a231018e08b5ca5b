//! The frame that facts are counted in: which population belongs to which region and load, which site to which region, and
//! how time is cut into slots.

use crate::time::{Span, Time};

/// Widths that a slot may have; each divides five minutes, the window of an objective.
const SLOTS: [u64; 9] = [1, 5, 10, 15, 30, 60, 100, 150, 300];

/// Dimensions of a run's figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Region of each population's callers: where calling services are; for users, the region that serves them.
    pub home: Vec<u16>,
    /// Load of each population.
    pub load: Vec<u16>,
    /// Region of each site.
    pub site_region: Vec<u16>,
    /// Regions.
    pub regions: usize,
    /// Loads.
    pub loads: usize,
    /// Origins.
    pub origins: usize,
    /// Start of the simulation.
    pub from: Time,
    /// What arrives before this is not counted: the end of the warm-up.
    pub counted_from: Time,
    /// End of the simulation.
    pub until: Time,
    /// Width of a slot.
    pub slot: Span,
    /// The longest timeout of any load: later, a slot does not change.
    pub patience: Span,
}

impl Frame {
    /// The width of slots for a run of this length: about 300 of them, at least a second, at most five minutes wide.
    #[must_use]
    pub fn slot_for(run: Span) -> Span {
        let wanted = run.0 / 300 / 1_000_000_000;
        Span::from_secs(SLOTS.into_iter().find(|s| *s >= wanted).unwrap_or(300))
    }

    /// The slot that `at` lies in, counted from the end of the warm-up; `None` before it.
    #[inline]
    #[must_use]
    pub fn slot_of(&self, at: Time) -> Option<usize> {
        (at >= self.counted_from).then(|| (at.since(self.counted_from).0 / self.slot.0) as usize)
    }

    /// How many slots there are; the last may be shorter.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.until.since(self.counted_from).0.div_ceil(self.slot.0).max(1) as usize
    }

    /// When a slot begins.
    #[must_use]
    pub fn slot_start(&self, slot: usize) -> Time {
        self.counted_from + self.slot * slot as u64
    }

    /// Cells of a slot: one for each home region and load.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.regions * self.loads
    }

    /// Counted seconds.
    #[must_use]
    pub fn counted(&self) -> Span {
        self.until.since(self.counted_from)
    }
}
