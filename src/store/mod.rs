//! The metadata store's port and its simulated side: a quorum of replicas that agrees on cells by compare-and-swap. Who asks
//! need not know which side it is; what goes between the replicas is carried by the world, as all messages are.

mod port;
mod reach;
mod registers;
mod sim;

pub use port::{Layout, Message, Node, Packet, Reminder, Step};
pub use reach::{MOST_REPLICAS, Reach};
pub use sim::SimStore;

use crate::kms::{Cell, RegionId, SiteId, StoreOp};
use crate::time::{Span, Time};

/// What a scenario says of the metadata store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The regions of its replicas; one may have several.
    pub replicas: Vec<RegionId>,
    /// From the loss of the leader until another one serves.
    pub election: Span,
    /// An operation without an answer for so long is given up.
    pub timeout: Span,
}

/// The metadata store's back-end. Variants, not trait objects: a world can be cloned.
#[derive(Clone, Debug)]
pub enum Store {
    /// Simulated replicas.
    Sim(SimStore),
}

impl Store {
    /// A site asks for an operation. It ends with exactly one [`Step::Answered`], here or later.
    pub fn ask(&mut self, now: Time, site: SiteId, op: StoreOp, out: &mut Vec<Step>) {
        let Self::Sim(store) = self;
        store.ask(now, site, op, out);
    }

    /// A packet arrives. It may come late, twice, in any order, or never.
    pub fn deliver(&mut self, now: Time, packet: Packet, out: &mut Vec<Step>) {
        let Self::Sim(store) = self;
        store.deliver(now, packet, out);
    }

    /// What it wanted to be reminded of is due.
    pub fn remind(&mut self, now: Time, reminder: Reminder, out: &mut Vec<Step>) {
        let Self::Sim(store) = self;
        store.remind(now, reminder, out);
    }

    /// From now on, these replicas live and reach each other.
    pub fn set_reach(&mut self, reach: Reach, out: &mut Vec<Step>) {
        let Self::Sim(store) = self;
        store.set_reach(reach, out);
    }

    /// As [`SimStore::witness`].
    #[must_use]
    pub fn witness(&self, cell: Cell, reached: impl Fn(u8) -> bool) -> Option<u64> {
        let Self::Sim(store) = self;
        store.witness(cell, reached)
    }

    /// Whether a replica works.
    #[must_use]
    pub fn alive(&self, replica: u8) -> bool {
        let Self::Sim(store) = self;
        store.alive(replica)
    }

    /// Where its replicas are.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        let Self::Sim(store) = self;
        store.layout()
    }
}
