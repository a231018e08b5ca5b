//! Who may generate now: at each site so many urgent keys and so many others at once, each kind in a lane of its own; the rest
//! waits its turn, of the urgent ones the most urgent first, of the others the longest due.

use super::policy::Generating;
use crate::kms::{Cause, KeyRef, SiteId};
use crate::time::Time;
use std::collections::BTreeSet;

/// A key that waits: by urgency, then by when it fell due.
pub type Turn = (Cause, Time, KeyRef);

/// One lane at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lane {
    running: BTreeSet<KeyRef>,
    waiting: BTreeSet<Turn>,
}

/// Generation at all sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// By site: the urgent ones, and the others.
    lanes: Vec<[Lane; 2]>,
    limits: [u32; 2],
}

impl Lanes {
    /// Lanes in which nothing runs.
    #[must_use]
    pub fn new(sites: usize, limits: Generating) -> Self {
        Self { lanes: vec![Default::default(); sites], limits: [limits.at_once_urgent, limits.at_once] }
    }

    /// A key is to be generated at a site. True: it may now. False: it waits.
    pub fn enter(&mut self, site: SiteId, turn: Turn) -> bool {
        let kind = kind(turn.0);
        let lane = &mut self.lanes[site.index()][kind];
        let free = (lane.running.len() as u64) < u64::from(self.limits[kind]);
        if free {
            lane.running.insert(turn.2);
        } else {
            lane.waiting.insert(place(turn));
        }
        free
    }

    /// The generation of a key at a site has ended, well or not.
    pub fn leave(&mut self, site: SiteId, key: KeyRef) {
        for lane in &mut self.lanes[site.index()] {
            lane.running.remove(&key);
        }
    }

    /// Takes out a key whose turn it is at a site, if there is room for one that waits.
    pub fn next(&mut self, site: SiteId) -> Option<KeyRef> {
        let room = |(lane, limit): &(&mut Lane, u32)| (lane.running.len() as u64) < u64::from(*limit);
        let lanes = self.lanes[site.index()].iter_mut().zip(self.limits);
        let (_, _, key) = lanes.filter(room).find_map(|(lane, _)| lane.waiting.pop_first())?;
        Some(key)
    }

    /// A key does not wait any more at a site.
    pub fn withdraw(&mut self, site: SiteId, turn: Turn) {
        self.lanes[site.index()][kind(turn.0)].waiting.remove(&place(turn));
    }

    /// All that wait at a site have to go elsewhere.
    pub fn clear(&mut self, site: SiteId) -> impl Iterator<Item = KeyRef> + use<> {
        let waiting = self.lanes[site.index()].each_mut().map(|lane| std::mem::take(&mut lane.waiting));
        waiting.into_iter().flatten().map(|turn| turn.2)
    }
}

/// Which lane.
const fn kind(cause: Cause) -> usize {
    if cause.urgent() { 0 } else { 1 }
}

/// Where a turn stands among those of its lane: what is not urgent goes by when it fell due, whatever for.
const fn place(turn: Turn) -> Turn {
    if turn.0.urgent() { turn } else { (Cause::Age, turn.1, turn.2) }
}
