//! What each replica holds of each cell. What all replicas hold alike is kept once; a replica's own list has only what they do
//! not agree on yet, so that memory and elections follow what is unsettled and not the number of cells.

use crate::kms::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// What a replica has accepted: of two, that of the later term counts, and within one term that of the later epoch. One term
/// has one leader, which gives each epoch to one value only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) term: u32,
    pub(super) epoch: u64,
    pub(super) value: u64,
}

/// A cell as one replica sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// What it has accepted.
    pub(super) held: Held,
    /// Epoch and value of the latest that it knows to be committed.
    pub(super) known: (u64, u64),
}

impl View {
    /// Whether all that is held is known to be committed.
    pub(super) fn is_settled(self) -> bool {
        self.known == (self.held.epoch, self.held.value)
    }
}

/// The cells of all replicas.
#[derive(Clone, Debug)]
pub(super) struct Registers {
    settled: BTreeMap<Cell, Held>,
    own: Vec<BTreeMap<Cell, View>>,
}

impl Registers {
    /// Cells that were never written, at so many replicas.
    pub(super) fn new(replicas: usize) -> Self {
        Self { settled: BTreeMap::new(), own: vec![BTreeMap::new(); replicas] }
    }

    /// A cell as a replica sees it.
    pub(super) fn view(&self, replica: u8, cell: Cell) -> View {
        self.own[usize::from(replica)].get(&cell).copied().unwrap_or_else(|| {
            let held = self.settled.get(&cell).copied().unwrap_or_default();
            View { held, known: (held.epoch, held.value) }
        })
    }

    /// The latest value that any of some replicas holds of a cell, committed or not: what a majority holds, it holds.
    pub(super) fn latest(&self, replicas: impl Iterator<Item = u8>, cell: Cell) -> u64 {
        replicas.map(|replica| self.view(replica, cell).held).max().unwrap_or_default().value
    }

    /// A replica holds this from now on, unless it holds something later.
    pub(super) fn accept(&mut self, replica: u8, cell: Cell, held: Held) {
        let view = self.view(replica, cell);
        if held > view.held {
            self.own[usize::from(replica)].insert(cell, View { held, ..view });
        }
    }

    /// A replica learns that this epoch of a cell is committed with this value.
    pub(super) fn learn(&mut self, replica: u8, cell: Cell, (epoch, value): (u64, u64)) {
        let view = self.view(replica, cell);
        if epoch > view.known.0 {
            self.own[usize::from(replica)].insert(cell, View { known: (epoch, value), ..view });
        }
        self.settle(cell);
    }

    /// Replicas that make up a majority join what they hold, under the term of a new leader. What any majority held before is
    /// in it, since two majorities share a replica.
    pub(super) fn join(&mut self, quorum: &[u8], term: u32) {
        let cells: BTreeSet<Cell> =
            quorum.iter().flat_map(|replica| self.own[usize::from(*replica)].keys().copied()).collect();
        for cell in cells {
            let best = quorum.iter().map(|replica| self.view(*replica, cell).held).max().unwrap_or_default();
            let view = View { held: Held { term, ..best }, known: (best.epoch, best.value) };
            for replica in quorum {
                self.own[usize::from(*replica)].insert(cell, view);
            }
            self.settle(cell);
        }
    }

    /// The cells of which some of these replicas may miss something.
    pub(super) fn unsettled(&self, replicas: impl Iterator<Item = u8>) -> BTreeSet<Cell> {
        replicas.flat_map(|replica| self.own[usize::from(replica)].keys().copied()).collect()
    }

    /// Keeps a cell only once, if all replicas hold it alike and know it.
    fn settle(&mut self, cell: Cell) {
        let mut views = (0..self.own.len()).map(|replica| self.view(replica as u8, cell));
        let Some(first) = views.next() else { return };
        if first.is_settled() && views.all(|view| view == first) {
            self.settled.insert(cell, first.held);
            self.own.iter_mut().for_each(|own| {
                own.remove(&cell);
            });
        }
    }
}
