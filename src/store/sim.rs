//! A simulated quorum store. A leader numbers the epochs of each cell; what it proposes is committed once a majority holds it,
//! and only then answered, reads and conflicts too, so that no leader that was deposed without knowing it answers anything.
//! How leaders come and go is in `sim/leadership.rs`; the rules are those of Raft (Ongaro and Ousterhout, In Search of an
//! Understandable Consensus Algorithm, USENIX ATC 2014), with a register for each cell in the place of one log for all.

mod leadership;

use super::port::{Layout, Message, Node, Packet, Reminder, Step};
use super::reach::Reach;
use super::registers::{Held, Registers};
use crate::kms::{Cell, Fact, Freshness, SiteId, StoreAnswer, StoreOp};
use crate::time::Time;
use leadership::Standing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a leader waits for a majority to hold.
#[derive(Clone, Copy, Debug)]
struct Proposal {
    cell: Cell,
    held: Held,
    /// Those who hold it, as a set.
    holders: u8,
    /// Who gets the answer, and which; a proposal that only mends has none.
    answer: Option<(SiteId, StoreAnswer)>,
}

/// A replica: what it promised, and what it does if it leads. What it holds stands in [`Registers`] and survives a crash, as
/// the promise does; the rest does not.
#[derive(Clone, Debug, Default)]
struct Replica {
    /// The latest term that it has heard of; it obeys no leader of an earlier one.
    term: u32,
    /// Whether it believes that it is the leader of this term.
    leads: bool,
    /// By number, what it has proposed in this term and no majority is known to hold yet.
    proposals: BTreeMap<u32, Proposal>,
}

/// An operation that has not ended for who asked.
#[derive(Clone, Copy, Debug)]
struct Asked {
    site: SiteId,
    op: StoreOp,
    at: Time,
}

/// Replicas, their leader, and those who wait for an answer.
#[derive(Clone, Debug)]
pub struct SimStore {
    layout: Arc<Layout>,
    reach: Reach,
    replicas: Vec<Replica>,
    registers: Registers,
    standing: Standing,
    asked: BTreeMap<u32, Asked>,
    /// Numbers operations and proposals.
    next: u32,
    /// Cells proposed lately, of which some replica may miss something; a reminder is set while there are any.
    doubtful: BTreeSet<Cell>,
    mending: bool,
}

impl SimStore {
    /// A store in which all is well, led by the first replica in term 1.
    #[must_use]
    pub fn new(layout: Arc<Layout>) -> Self {
        let count = layout.regions.len();
        let replica = |i: usize| Replica { term: 1, leads: i == 0, proposals: BTreeMap::new() };
        Self {
            layout,
            reach: Reach::whole(count),
            replicas: (0..count).map(replica).collect(),
            registers: Registers::new(count),
            standing: Standing::first(),
            asked: BTreeMap::new(),
            next: 0,
            doubtful: BTreeSet::new(),
            mending: false,
        }
    }

    /// Where the replicas are.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What a majority of replicas holds of a cell, as one hears who reaches these, without any leader: no older than what was
    /// written before, perhaps newer than what is committed. Nothing where they are no majority.
    #[must_use]
    pub fn witness(&self, cell: Cell, reached: impl Fn(u8) -> bool) -> Option<u64> {
        let heard = || self.reach.all().filter(|replica| self.reach.alive(*replica) && reached(*replica));
        let set = heard().fold(0, |set, replica| set | 1 << replica);
        self.reach.is_majority(set).then(|| self.registers.latest(heard(), cell))
    }

    /// Whether a replica works.
    #[must_use]
    pub fn alive(&self, replica: u8) -> bool {
        self.reach.alive(replica)
    }

    /// Operations that have not ended.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.asked.len()
    }

    /// A site asks for an operation. It ends with exactly one [`Step::Answered`], after the timeout at the latest.
    pub fn ask(&mut self, now: Time, site: SiteId, op: StoreOp, out: &mut Vec<Step>) {
        let number = self.number();
        self.asked.insert(number, Asked { site, op, at: now });
        let to = match op {
            StoreOp::Read { how: Freshness::Stale, .. } => self.nearest(site),
            _ => self.standing.leader,
        };
        let message = Message::Ask { number, client: site, op };
        out.push(Step::Send(Packet { from: Node::Client(site), to: Node::Replica(to), message }));
        out.push(Step::After(self.layout.timeout, Reminder::Expired(number)));
    }

    /// A packet arrives; a replica that is down does not see it.
    pub fn deliver(&mut self, now: Time, packet: Packet, out: &mut Vec<Step>) {
        match (packet.to, packet.message) {
            (Node::Client(_), Message::Answer { number, answer }) => self.end(now, number, answer, out),
            (Node::Replica(to), message) if self.reach.alive(to) => self.receive(to, packet.from, message, out),
            _ => {}
        }
    }

    /// What it wanted to be reminded of is due.
    pub fn remind(&mut self, now: Time, reminder: Reminder, out: &mut Vec<Step>) {
        match reminder {
            Reminder::Expired(number) => {
                self.end(now, number, StoreAnswer::Unavailable, out);
                for replica in &mut self.replicas {
                    replica.proposals.remove(&number);
                }
            }
            Reminder::Elect(call) => self.elect(call, out),
            Reminder::Mend => {
                self.mending = false;
                self.mend(out);
            }
        }
    }

    fn number(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    /// The nearest replica that lives; the nearest of all where none does.
    fn nearest(&self, site: SiteId) -> u8 {
        let order = self.layout.nearest.get(site.index()).map_or(&[][..], Vec::as_slice);
        order.iter().copied().find(|replica| self.reach.alive(*replica)).or(order.first().copied()).unwrap_or(0)
    }

    fn end(&mut self, now: Time, number: u32, answer: StoreAnswer, out: &mut Vec<Step>) {
        // An answer may come twice, or after its operation was given up.
        let Some(Asked { site, op, at }) = self.asked.remove(&number) else { return };
        out.push(Step::Fact(Fact::Stored { site, outcome: answer.outcome(), took: now.since(at) }));
        out.push(Step::Answered { op, answer });
    }

    fn send(&self, from: u8, to: Node, message: Message, out: &mut Vec<Step>) {
        out.push(Step::Send(Packet { from: Node::Replica(from), to, message }));
    }

    fn receive(&mut self, to: u8, from: Node, message: Message, out: &mut Vec<Step>) {
        match message {
            Message::Ask { number, client, op } => self.asked_of(to, (number, client, op), out),
            Message::Propose { term, number, cell, epoch, value } if self.obeys(to, term) => {
                self.registers.accept(to, cell, Held { term, epoch, value });
                self.send(to, from, Message::Accepted { term, number }, out);
            }
            Message::Accepted { term, number } => {
                let Node::Replica(from) = from else { return };
                let leader = &mut self.replicas[usize::from(to)];
                if leader.leads && leader.term == term {
                    if let Some(proposal) = leader.proposals.get_mut(&number) {
                        proposal.holders |= 1 << from;
                    }
                    self.commit(to, number, out);
                }
            }
            Message::Commit { term, cell, epoch, value } => {
                if self.obeys(to, term) {
                    self.registers.accept(to, cell, Held { term, epoch, value });
                }
                // What is committed is so under every later leader.
                self.registers.learn(to, cell, (epoch, value));
            }
            Message::Hail { term } => {
                self.obeys(to, term);
            }
            Message::Propose { .. } | Message::Answer { .. } => {}
        }
    }

    /// Whether a replica obeys the leader of this term; it steps down for that of a later one.
    fn obeys(&mut self, replica: u8, term: u32) -> bool {
        let replica = &mut self.replicas[usize::from(replica)];
        if term > replica.term {
            *replica = Replica { term, leads: false, proposals: BTreeMap::new() };
        }
        term == replica.term
    }

    /// A replica is asked for an operation: a stale read it answers by itself, all else is the leader's.
    fn asked_of(&mut self, replica: u8, (number, client, op): (u32, SiteId, StoreOp), out: &mut Vec<Step>) {
        let cell = op.cell();
        if let StoreOp::Read { how: Freshness::Stale, .. } = op {
            let (epoch, value) = self.registers.view(replica, cell).known;
            let answer = StoreAnswer::Value { epoch, value };
            return self.send(replica, Node::Client(client), Message::Answer { number, answer }, out);
        }
        let Replica { term, leads, proposals } = &self.replicas[usize::from(replica)];
        if !leads {
            if self.standing.leader != replica {
                self.send(replica, Node::Replica(self.standing.leader), Message::Ask { number, client, op }, out);
            }
            return;
        }
        // The same packet may come twice.
        if proposals.contains_key(&number) {
            return;
        }
        let held = Held { term: *term, ..self.registers.view(replica, cell).held };
        let (held, answer) = match op {
            StoreOp::Cas { expect, value, .. } if expect == held.epoch => {
                let epoch = expect + 1;
                (Held { epoch, value, ..held }, StoreAnswer::Written { epoch })
            }
            StoreOp::Cas { .. } => (held, StoreAnswer::Conflict { epoch: held.epoch, value: held.value }),
            StoreOp::Read { .. } => (held, StoreAnswer::Value { epoch: held.epoch, value: held.value }),
        };
        self.propose(replica, number, (cell, held, Some((client, answer))), out);
    }

    /// A leader has all replicas hold something. A read or a conflict proposes what is there, which shows whether a majority
    /// still obeys, and commits a value before it is told to anyone.
    fn propose(
        &mut self,
        leader: u8,
        number: u32,
        (cell, held, answer): (Cell, Held, Option<(SiteId, StoreAnswer)>),
        out: &mut Vec<Step>,
    ) {
        self.registers.accept(leader, cell, held);
        let proposal = Proposal { cell, held, holders: 1 << leader, answer };
        self.replicas[usize::from(leader)].proposals.insert(number, proposal);
        let Held { term, epoch, value } = held;
        for to in self.reach.all().filter(|to| *to != leader) {
            self.send(leader, Node::Replica(to), Message::Propose { term, number, cell, epoch, value }, out);
        }
        self.doubt(cell, out);
        self.commit(leader, number, out);
    }

    /// Ends a proposal that a majority holds: it is answered, and all are told.
    fn commit(&mut self, leader: u8, number: u32, out: &mut Vec<Step>) {
        let proposals = &mut self.replicas[usize::from(leader)].proposals;
        let held_by_most = |proposal: &&Proposal| self.reach.is_majority(proposal.holders);
        let Some(&Proposal { cell, held, answer, .. }) = proposals.get(&number).filter(held_by_most) else { return };
        proposals.remove(&number);
        let Held { term, epoch, value } = held;
        self.registers.learn(leader, cell, (epoch, value));
        if let Some((client, answer)) = answer {
            self.send(leader, Node::Client(client), Message::Answer { number, answer }, out);
        }
        for to in self.reach.all().filter(|to| *to != leader) {
            self.send(leader, Node::Replica(to), Message::Commit { term, cell, epoch, value }, out);
        }
    }
}
