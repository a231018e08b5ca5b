//! What goes in and out of the store: packets between clients and replicas, reminders, answers and facts. A packet is small and
//! `Copy`; how long it takes and whether it arrives is the world's business.

use crate::kms::{Cell, Fact, RegionId, SiteId, StoreAnswer, StoreOp};
use crate::time::Span;

/// Where the replicas are, and how patient everybody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The region of each replica; the first is the leader at the beginning.
    pub regions: Vec<RegionId>,
    /// The site where each stands; `None` for one that stands apart from the sites of its region.
    pub sites: Vec<Option<SiteId>>,
    /// The replicas as seen from each site, the nearest first.
    pub nearest: Vec<Vec<u8>>,
    /// From the loss of the leader until another one serves.
    pub election: Span,
    /// An operation without an answer for so long is given up.
    pub timeout: Span,
}

/// Who sends or gets a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// The control plane at a site.
    Client(SiteId),
    /// A replica, by number.
    Replica(u8),
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A client asks for an operation.
    Ask {
        /// Its number.
        number: u32,
        /// Who asks; the packet may come from a replica that passed it on.
        client: SiteId,
        /// The operation.
        op: StoreOp,
    },
    /// The answer to an operation.
    Answer {
        /// Its number.
        number: u32,
        /// The answer.
        answer: StoreAnswer,
    },
    /// A leader asks a replica to hold this.
    Propose {
        /// Of this term.
        term: u32,
        /// Number of the proposal.
        number: u32,
        /// Where.
        cell: Cell,
        /// Which epoch.
        epoch: u64,
        /// Which value.
        value: u64,
    },
    /// The replica holds it, or what came after it.
    Accepted {
        /// The leader's term.
        term: u32,
        /// Number of the proposal.
        number: u32,
    },
    /// A majority holds it: it is so for good.
    Commit {
        /// The leader's term.
        term: u32,
        /// Where.
        cell: Cell,
        /// Which epoch.
        epoch: u64,
        /// Which value.
        value: u64,
    },
    /// There is a leader of this term.
    Hail {
        /// Its term.
        term: u32,
    },
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// From.
    pub from: Node,
    /// To.
    pub to: Node,
    /// What.
    pub message: Message,
}

/// What the store may be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// The operation of this number is given up, if it has not ended.
    Expired(u32),
    /// The election that was called under this number ends.
    Elect(u32),
    /// Replicas that lag are told again what they miss.
    Mend,
}

/// What the store does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends a packet.
    Send(Packet),
    /// Wants to be reminded.
    After(Span, Reminder),
    /// An operation has ended for who had asked.
    Answered {
        /// What was asked.
        op: StoreOp,
        /// The answer.
        answer: StoreAnswer,
    },
    /// Records a fact, now.
    Fact(Fact),
}
