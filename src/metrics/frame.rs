//! The frame that facts are counted in: which population belongs to which region and load, which site to which region, and
//! how time is cut into slots.

use crate::kms::{PopulationId, QuotaId, TenantId};
use crate::time::{Span, Time};
use std::ops::Range;

/// Widths in seconds that a slot has where it can; each divides five minutes, the usual window of an objective.
const SLOTS: [u64; 9] = [1, 5, 10, 15, 30, 60, 100, 150, 300];

/// Dimensions of a run's figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Region of each population's callers: where calling services are; for users, the region that serves them.
    pub home: Vec<u16>,
    /// Load of each population.
    pub load: Vec<u16>,
    /// Tenant of each population, attackers' populations behind the others; `None` where callers are not told apart.
    pub tenant: Vec<Option<TenantId>>,
    /// Region of each site.
    pub site_region: Vec<u16>,
    /// By site: the quotas of its service; `None` where it has devices.
    pub services: Vec<Option<Vec<QuotaId>>>,
    /// By quota: tokens per second.
    pub limits: Vec<f64>,
    /// Regions.
    pub regions: usize,
    /// Loads.
    pub loads: usize,
    /// Tenants.
    pub tenants: usize,
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
    /// By class of keys: so much later than its due time a rotation may end without being overdue.
    pub grace: Vec<Span>,
}

impl Frame {
    /// The width of slots for a run of this length: about 300 of them, at least a second and at most five minutes wide, and
    /// narrower where only then all `windows` consist of whole ones. Where that would give more than `most` slots, the
    /// narrowest window is cut evenly, and others may become wider by less than a slot.
    #[must_use]
    pub fn slot_for(run: Span, windows: &[Span], most: u64) -> Span {
        let second = |seconds: u64| Span::from_secs(seconds).0;
        let wanted = second(run.0 / 300 / 1_000_000_000);
        let usual = SLOTS.into_iter().map(second).find(|slot| *slot >= wanted).unwrap_or(second(300));
        let fits = |slot: &u64| {
            let divides = windows.iter().all(|window| window.0.is_multiple_of(*slot));
            *slot <= usual && divides && run.0 / slot <= most
        };
        let narrowest = windows.iter().map(|window| window.0).min().unwrap_or(usual).max(1);
        let even = || narrowest.div_ceil(narrowest.div_ceil(usual));
        Span(SLOTS.into_iter().rev().map(second).find(fits).unwrap_or_else(even))
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

    /// The counted time from `from` to `until`, slot by slot.
    pub fn between(&self, from: Time, until: Time) -> impl Iterator<Item = (usize, Span)> + '_ {
        let mut from = from.max(self.counted_from);
        std::iter::from_fn(move || {
            let slot = self.slot_of(from).filter(|_| from < until)?;
            let end = self.slot_start(slot + 1).min(until);
            let part = (slot, end.since(from));
            from = end;
            Some(part)
        })
    }

    /// Length of a stretch of slots; the last slot may be shorter than the others.
    #[must_use]
    pub fn length(&self, slots: Range<usize>) -> Span {
        self.slot_start(slots.end).min(self.until).since(self.slot_start(slots.start))
    }

    /// Cells of a slot: one for each home region and load.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.regions * self.loads
    }

    /// The cell of a population: home region × loads + load.
    #[inline]
    #[must_use]
    pub fn cell_of(&self, population: PopulationId) -> usize {
        usize::from(self.home[population.index()]) * self.loads + usize::from(self.load[population.index()])
    }

    /// Counted seconds.
    #[must_use]
    pub fn counted(&self) -> Span {
        self.until.since(self.counted_from)
    }
}
