//! Who may generate now: at each site so many keys at once, the most urgent first, the others wait their turn.

use super::policy::Generating;
use crate::kms::{Cause, KeyRef, SiteId};
use crate::time::Time;
use std::collections::BTreeSet;

/// A key that waits: the most urgent, then the longest due, first.
pub type Turn = (Cause, Time, KeyRef);

/// Generation at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lane {
    running: u32,
    waiting: BTreeSet<Turn>,
}

/// Generation at all sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    lanes: Vec<Lane>,
    limits: Generating,
}

impl Lanes {
    /// Lanes in which nothing runs.
    #[must_use]
    pub fn new(sites: usize, limits: Generating) -> Self {
        Self { lanes: vec![Lane::default(); sites], limits }
    }

    /// A key is to be generated at a site. True: it may now. False: it waits.
    pub fn enter(&mut self, site: SiteId, turn: Turn) -> bool {
        let limit = self.limit(turn.0);
        let lane = &mut self.lanes[site.index()];
        let free = lane.running < limit;
        if free {
            lane.running += 1;
        } else {
            lane.waiting.insert(turn);
        }
        free
    }

    /// A generation at a site has ended, well or not.
    pub fn leave(&mut self, site: SiteId) {
        let lane = &mut self.lanes[site.index()];
        lane.running = lane.running.saturating_sub(1);
    }

    /// Takes out the key whose turn it is at a site, if there is room for it.
    pub fn next(&mut self, site: SiteId) -> Option<KeyRef> {
        let first = *self.lanes[site.index()].waiting.first()?;
        let lane = &self.lanes[site.index()];
        (lane.running < self.limit(first.0))
            .then(|| self.lanes[site.index()].waiting.pop_first())
            .flatten()
            .map(|t| t.2)
    }

    /// A key does not wait any more at a site.
    pub fn withdraw(&mut self, site: SiteId, turn: Turn) {
        self.lanes[site.index()].waiting.remove(&turn);
    }

    /// All that wait at a site have to go elsewhere.
    pub fn clear(&mut self, site: SiteId) -> impl Iterator<Item = KeyRef> + use<> {
        std::mem::take(&mut self.lanes[site.index()].waiting).into_iter().map(|turn| turn.2)
    }

    const fn limit(&self, cause: Cause) -> u32 {
        if cause.urgent() { self.limits.at_once_urgent } else { self.limits.at_once }
    }
}
