//! The procedure for one region, in the control plane: asked, approved, fenced, granted, ended, lifted. Each stage can be begun
//! again without harm, since the control plane may stop at any time: numbers of grants are given once, writes to the metadata
//! store are by compare-and-swap, and letters say the same however often they come.

use super::REQUESTER;
use super::port::{EmergencyEffect, EmergencyTimer, Letter, Rules};
use crate::kms::{Cell, EmergencyFact, Ending, Fact, GrantId, Refusal, RegionId, SiteId, StoreAnswer, StoreOp};
use crate::service::io::{Effect, Out, Timer};
use crate::service::policy::store_again;
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Letters without an answer are sent again after this.
const AGAIN: Span = Span::from_secs(10);

/// Where a procedure is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// People are asked.
    Asked,
    /// The fence is being written.
    Fencing { tries: u32 },
    /// It is written; leases that have not met it run out until then.
    Fenced { ready: Time },
    /// Sites may use keys until then.
    Active { until: Time },
    /// Sites are told that it is over; those that cannot be reached stop by themselves then.
    Ending { until: Time },
    /// No site uses keys under it; calls under way come to their end until then.
    Settling { ready: Time },
    /// The fence is being taken away.
    Lifting { tries: u32 },
}

/// A grant from the request to its end.
#[derive(Clone, Debug)]
pub(super) struct Procedure {
    rules: Rules,
    region: RegionId,
    pub(super) grant: GrantId,
    stage: Stage,
    /// It has ended, or will not begin.
    over: bool,
    /// By approver: yes or no.
    answers: BTreeMap<u8, bool>,
    /// How often people were asked.
    asked: u8,
    /// Sites that hold keys of the region in escrow, those of them that have not answered the last letter, and those whose part of
    /// the quota is used up.
    sites: BTreeSet<SiteId>,
    silent: BTreeSet<SiteId>,
    spent: BTreeSet<SiteId>,
    /// When the letters were sent last.
    sent: Time,
}

/// What a procedure knows of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Desk {
    pub(super) now: Time,
    /// From where the control plane acts.
    pub(super) from: SiteId,
    /// The latest epoch known of the region's fence.
    pub(super) epoch: u64,
}

impl Procedure {
    /// A grant is asked for.
    pub(super) fn ask(
        rules: Rules,
        (region, grant): (RegionId, GrantId),
        sites: BTreeSet<SiteId>,
        out: &mut Out,
    ) -> Self {
        out.fact(Fact::Emergency(EmergencyFact::Asked { grant, region }));
        let mut new = Self {
            rules,
            region,
            grant,
            stage: Stage::Asked,
            over: false,
            answers: BTreeMap::new(),
            asked: 0,
            silent: BTreeSet::new(),
            spent: BTreeSet::new(),
            sent: Time::ZERO,
            sites,
        };
        new.call_people(out);
        new
    }

    /// Whether the fence was ever asked for, so that it has to be lifted before the procedure is closed.
    pub(super) fn fences(&self) -> bool {
        self.stage != Stage::Asked
    }

    /// Whether sites may use keys.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.stage, Stage::Active { .. })
    }

    fn fact(&self, fact: fn(GrantId, RegionId) -> EmergencyFact, out: &mut Out) {
        out.fact(Fact::Emergency(fact(self.grant, self.region)));
    }

    fn remind(&self, span: Span, out: &mut Out) {
        out.after(span, Timer::Emergency(EmergencyTimer::Step(self.region)));
    }

    /// Asks those who have not answered.
    fn call_people(&mut self, out: &mut Out) {
        let (grant, again) = (self.grant, self.asked);
        for approver in (0..self.rules.approvers).filter(|approver| !self.answers.contains_key(approver)) {
            out.push(Effect::Emergency(EmergencyEffect::Ask { grant, approver, again }));
        }
        self.asked = self.asked.saturating_add(1);
    }

    /// Somebody answers. Whether the procedure is closed by it.
    pub(super) fn answered(&mut self, desk: Desk, (approver, yes): (u8, bool), out: &mut Out) -> bool {
        let (grant, region) = (self.grant, self.region);
        let why = match approver {
            REQUESTER => Some(Refusal::OwnRequest),
            _ if approver >= self.rules.approvers => Some(Refusal::Nobody),
            _ if self.answers.contains_key(&approver) => Some(Refusal::Twice),
            _ => None,
        };
        if let Some(why) = why {
            out.fact(Fact::Emergency(EmergencyFact::Denied { grant, region, why }));
            return false;
        }
        self.answers.insert(approver, yes);
        out.fact(Fact::Emergency(EmergencyFact::Answered { grant, approver, yes }));
        if self.stage != Stage::Asked {
            return false;
        }
        let said = |wanted: bool| self.answers.values().filter(|yes| **yes == wanted).count();
        if said(true) >= usize::from(self.rules.needed) {
            self.stage = Stage::Fencing { tries: 0 };
            self.swap(desk, out);
            return false;
        }
        let hopeless = said(false) + usize::from(self.rules.needed) > usize::from(self.rules.approvers);
        if hopeless {
            self.end(desk, Ending::Declined, out);
        }
        hopeless
    }

    /// The value that the fence is to have now.
    fn value(&self) -> u64 {
        let lifted = 2 * u64::from(self.grant.0);
        if matches!(self.stage, Stage::Lifting { .. }) { lifted } else { lifted - 1 }
    }

    /// Asks the metadata store for the fence, or for its end.
    fn swap(&mut self, desk: Desk, out: &mut Out) {
        if let Stage::Fencing { tries } | Stage::Lifting { tries } = &mut self.stage {
            *tries += 1;
            let op = StoreOp::Cas { cell: Cell::Fence(self.region), expect: desk.epoch, value: self.value() };
            out.push(Effect::Store { from: desk.from, op });
        }
    }

    /// The metadata store answered, or did not. Whether the fence is lifted and the procedure closed.
    pub(super) fn stored(&mut self, desk: Desk, (op, answer): (StoreOp, StoreAnswer), out: &mut Out) -> bool {
        let (Stage::Fencing { tries } | Stage::Lifting { tries }) = self.stage else { return false };
        let StoreOp::Cas { value: asked, .. } = op else { return false };
        let wanted = self.value();
        let there = match answer {
            StoreAnswer::Written { .. } => Some(asked),
            StoreAnswer::Conflict { value, .. } => Some(value),
            StoreAnswer::Unavailable | StoreAnswer::Value { .. } => None,
        };
        match there {
            Some(there) if there == wanted => self.written(desk, out),
            // Another epoch than was expected; what was asked for another stage changes nothing but that.
            Some(_) if asked == wanted => {
                self.swap(desk, out);
                false
            }
            None if asked == wanted => {
                self.remind(store_again(tries), out);
                false
            }
            _ => false,
        }
    }

    fn written(&mut self, desk: Desk, out: &mut Out) -> bool {
        if matches!(self.stage, Stage::Lifting { .. }) {
            self.fact(|grant, region| EmergencyFact::Lifted { grant, region }, out);
            return true;
        }
        self.fact(|grant, region| EmergencyFact::Fenced { grant, region }, out);
        if self.over {
            self.lift(desk, out);
        } else {
            self.wait(desk, out);
        }
        false
    }

    /// Leases that have not met the fence run out, and calls that were handed over before come to their end.
    fn wait(&mut self, desk: Desk, out: &mut Out) {
        let span = self.rules.lease + self.rules.patience;
        self.stage = Stage::Fenced { ready: desk.now + span };
        self.remind(span, out);
    }

    fn lift(&mut self, desk: Desk, out: &mut Out) {
        self.stage = Stage::Lifting { tries: 0 };
        self.swap(desk, out);
    }

    /// A reminder came, early or late: what is due is done, and the next reminder set. Whether sites may use keys from now on.
    pub(super) fn step(&mut self, desk: Desk, out: &mut Out) -> bool {
        let now = desk.now;
        match self.stage {
            Stage::Asked => {}
            // Reminders come after an answer that stayed away only: twice asked is as good as once.
            Stage::Fencing { .. } | Stage::Lifting { .. } => self.swap(desk, out),
            Stage::Fenced { ready } if now < ready => self.remind(ready.since(now), out),
            Stage::Fenced { .. } => {
                self.fact(|grant, region| EmergencyFact::Granted { grant, region }, out);
                self.stage = Stage::Active { until: now + self.rules.limit };
                self.silent = self.sites.clone();
                self.post(desk, out);
                return true;
            }
            Stage::Active { until } if now >= until => self.end(desk, Ending::Expired, out),
            Stage::Ending { until } if now >= until => self.settle(desk, out),
            Stage::Active { until } | Stage::Ending { until } if self.silent.is_empty() => {
                self.remind(until.since(now), out);
            }
            Stage::Active { .. } | Stage::Ending { .. } => self.post(desk, out),
            Stage::Settling { ready } if now < ready => self.remind(ready.since(now), out),
            Stage::Settling { .. } => self.lift(desk, out),
        }
        false
    }

    /// Writes to the sites that have not answered; no more often than it takes to answer.
    fn post(&mut self, desk: Desk, out: &mut Out) {
        let (Stage::Active { until } | Stage::Ending { until }) = self.stage else { return };
        let next = self.sent + AGAIN;
        if next > desk.now && self.sent != Time::ZERO {
            return self.remind(next.since(desk.now).min(until.since(desk.now)), out);
        }
        self.sent = desk.now;
        let (grant, region, begins) = (self.grant, self.region, self.is_active());
        let (sites, quota) = (self.sites.len() as u64, self.rules.quota);
        for (number, to) in self.sites.iter().enumerate().filter(|(_, site)| self.silent.contains(*site)) {
            // Parts that add up to the whole, so that no site has to ask another.
            let share = quota / sites + u64::from((number as u64) < quota % sites);
            let letter = match begins {
                true => Letter::Begin { grant, region, until, share },
                false => Letter::End { grant, region },
            };
            out.push(Effect::Emergency(EmergencyEffect::Send { from: desk.from, to: *to, letter }));
        }
        self.remind(AGAIN.min(until.since(desk.now)), out);
    }

    /// A letter from a site.
    pub(super) fn read(&mut self, desk: Desk, site: SiteId, letter: Letter, out: &mut Out) {
        match (letter, &self.stage) {
            (Letter::Began { grant, .. }, Stage::Active { .. }) if grant == self.grant => {
                self.silent.remove(&site);
            }
            (Letter::Spent { grant, .. }, Stage::Active { .. }) if grant == self.grant => {
                self.spent.insert(site);
                if self.spent.is_superset(&self.sites) {
                    self.end(desk, Ending::Quota, out);
                }
            }
            (Letter::Ended { grant, .. }, Stage::Ending { .. }) if grant == self.grant => {
                self.silent.remove(&site);
                if self.silent.is_empty() {
                    self.settle(desk, out);
                }
            }
            _ => {}
        }
    }

    /// The grant ends, or will not begin.
    pub(super) fn end(&mut self, desk: Desk, why: Ending, out: &mut Out) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let (grant, region) = (self.grant, self.region);
        out.fact(Fact::Emergency(EmergencyFact::Ended { grant, region, why }));
        match self.stage {
            // Nothing was done, or whether it was is not known yet.
            Stage::Asked | Stage::Fencing { .. } => {}
            Stage::Fenced { .. } => self.lift(desk, out),
            Stage::Active { until } if desk.now >= until => self.settle(desk, out),
            Stage::Active { until } => {
                self.stage = Stage::Ending { until };
                self.silent = self.sites.clone();
                self.sent = Time::ZERO;
                self.post(desk, out);
            }
            Stage::Ending { .. } | Stage::Settling { .. } | Stage::Lifting { .. } => {}
        }
    }

    fn settle(&mut self, desk: Desk, out: &mut Out) {
        self.stage = Stage::Settling { ready: desk.now + self.rules.patience };
        self.remind(self.rules.patience, out);
    }

    /// The control plane starts again: the present stage is begun once more.
    pub(super) fn restart(&mut self, desk: Desk, out: &mut Out) {
        match self.stage {
            Stage::Asked => self.call_people(out),
            Stage::Fenced { .. } => self.wait(desk, out),
            Stage::Settling { .. } => self.settle(desk, out),
            _ => {
                self.sent = Time::ZERO;
                self.step(desk, out);
            }
        }
    }
}
