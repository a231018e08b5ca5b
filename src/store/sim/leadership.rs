//! How leaders come and go. A leader that dies, or no longer reaches a majority, is missed; after the election time a replica
//! that reaches a majority joins what these hold and leads under a new term. That is one step here: its messages, and the
//! heartbeats whose absence starts it, are part of the election time, so that a store at rest costs no events.

use super::super::port::{Message, Node, Reminder, Step};
use super::super::reach::Reach;
use super::super::registers::Held;
use super::SimStore;
use crate::kms::{Cell, Fact};
use std::mem;

/// Who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The replica elected last, and its term. Whether it still knows itself to lead is its own state.
    pub(super) leader: u8,
    term: u32,
    /// Whether it lives and reaches a majority.
    able: bool,
    /// Number of the latest election that was called, and whether it is still awaited.
    call: u32,
    called: bool,
}

impl Standing {
    /// The first replica, in term 1.
    pub(super) const fn first() -> Self {
        Self { leader: 0, term: 1, able: true, call: 0, called: false }
    }
}

impl SimStore {
    /// From now on, these replicas live and reach each other.
    pub fn set_reach(&mut self, reach: Reach, out: &mut Vec<Step>) {
        self.reach = reach;
        for (number, replica) in (0..).zip(&mut self.replicas) {
            if !reach.alive(number) {
                // What it promised and holds is on disk; that it leads, and what it waits for, is not.
                replica.leads = false;
                replica.proposals.clear();
            }
        }
        let Standing { leader, term, able, called, .. } = self.standing;
        let now_able = self.replicas[usize::from(leader)].leads && reach.majority(leader);
        self.standing.able = now_able;
        match (able, now_able) {
            (true, false) => {
                out.push(Step::Fact(Fact::MetadataDown { term }));
                self.call(out);
            }
            // It was only cut off, for less than an election takes.
            (false, true) => {
                self.standing.called = false;
                let leader = self.layout.regions[usize::from(leader)];
                out.push(Step::Fact(Fact::MetadataUp { term, leader }));
            }
            (false, false) if !called && self.candidate().is_some() => self.call(out),
            _ => {}
        }
        self.catch_up(out);
    }

    /// The first replica that reaches a majority.
    fn candidate(&self) -> Option<u8> {
        self.reach.all().find(|replica| self.reach.majority(*replica))
    }

    fn call(&mut self, out: &mut Vec<Step>) {
        self.standing.call = self.standing.call.wrapping_add(1);
        self.standing.called = true;
        out.push(Step::After(self.layout.election, Reminder::Elect(self.standing.call)));
    }

    /// An election ends: without a candidate, it is called again once there is one.
    pub(super) fn elect(&mut self, call: u32, out: &mut Vec<Step>) {
        if !self.standing.called || self.standing.call != call {
            return;
        }
        self.standing.called = false;
        let Some(leader) = self.candidate() else { return };
        let quorum: Vec<u8> = self.reach.peers(leader).collect();
        let promised = quorum.iter().map(|replica| self.replicas[usize::from(*replica)].term).max().unwrap_or(0);
        // Any leader before had the promise of a majority, which shares a replica with this one.
        let term = promised + 1;
        for replica in &quorum {
            self.obeys(*replica, term);
        }
        self.registers.join(&quorum, term);
        self.replicas[usize::from(leader)].leads = true;
        self.standing = Standing { leader, term, able: true, ..self.standing };
        let region = self.layout.regions[usize::from(leader)];
        out.push(Step::Fact(Fact::MetadataUp { term, leader: region }));
        self.catch_up(out);
    }

    /// All that the leader reaches learn of it, and what they missed.
    fn catch_up(&mut self, out: &mut Vec<Step>) {
        let Standing { leader, term, able, .. } = self.standing;
        if !able {
            return;
        }
        for to in self.reach.peers(leader).filter(|to| *to != leader) {
            if self.replicas[usize::from(to)].term != term {
                self.send(leader, Node::Replica(to), Message::Hail { term }, out);
            }
        }
        self.doubtful = self.registers.unsettled(self.reach.peers(leader));
        self.mend(out);
    }

    /// Some replica may miss something of a cell: that is looked at after a while.
    pub(super) fn doubt(&mut self, cell: Cell, out: &mut Vec<Step>) {
        self.doubtful.insert(cell);
        if !mem::replace(&mut self.mending, true) {
            out.push(Step::After(self.layout.election, Reminder::Mend));
        }
    }

    /// Tells replicas that lag what they miss: packets were lost, or they were away. A cell that no replica in reach lags
    /// behind is no longer in doubt.
    pub(super) fn mend(&mut self, out: &mut Vec<Step>) {
        let Standing { leader, term, able, .. } = self.standing;
        if !able {
            return;
        }
        let proposals = &mut self.replicas[usize::from(leader)].proposals;
        proposals.retain(|_, proposal| proposal.answer.is_some());
        for cell in mem::take(&mut self.doubtful) {
            let top = self.registers.view(leader, cell);
            let lags = |replica: u8| self.registers.view(replica, cell) != top;
            let behind: Vec<u8> = self.reach.peers(leader).filter(|replica| lags(*replica)).collect();
            if top.is_settled() && behind.is_empty() {
                continue;
            }
            if top.is_settled() && top.held.term == term {
                let Held { term, epoch, value } = top.held;
                for to in behind {
                    self.send(leader, Node::Replica(to), Message::Commit { term, cell, epoch, value }, out);
                }
                self.doubt(cell, out);
            } else {
                let number = self.number();
                self.propose(leader, number, (cell, Held { term, ..top.held }, None), out);
            }
        }
    }
}
