//! Facts to counts, of emergency access: when each grant reached which stage, what was done and what was refused under it, and
//! what became of the keys afterwards.

use crate::kms::{Cause, EmergencyFact, Ending, Fact, GrantId, KeyRef, Refusal, RegionId};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// One grant, from the request on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrantTally {
    /// For which region.
    pub region: RegionId,
    /// When it was asked for.
    pub asked: Time,
    /// Approvers who said yes, and no.
    pub answers: (u32, u32),
    /// When the last yes came that was needed.
    pub decided: Option<Time>,
    /// When the region was fenced.
    pub fenced: Option<Time>,
    /// When it began.
    pub began: Option<Time>,
    /// When the first key was used under it.
    pub used: Option<Time>,
    /// When it ended, and why.
    pub ended: Option<(Time, Ending)>,
    /// When the fence was lifted.
    pub lifted: Option<Time>,
    /// Operations under it.
    pub accesses: u64,
    /// Keys opened, at each site.
    pub opened: u64,
}

/// Emergency access in a run, warm-up included.
#[derive(Clone, Debug, Default)]
pub struct EmergencyTally {
    /// By number.
    pub grants: BTreeMap<GrantId, GrantTally>,
    /// Calls that named a grant and were refused, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// Requests and approvals of people that did not count, by reason.
    pub denied: BTreeMap<Refusal, u64>,
    /// How often a site that was not dark lost its lease.
    pub leases_lost: u64,
    /// Keys that were opened and have no successor yet.
    pub waiting: BTreeSet<KeyRef>,
    /// Keys that were opened and have one.
    pub rotated: u64,
    /// When the last of these got it.
    pub last_rotated: Option<Time>,
}

impl EmergencyTally {
    /// Whether there was anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.refused.is_empty() && self.denied.is_empty() && self.leases_lost == 0
    }

    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Emergency(fact) => self.step(at, fact),
            Fact::RotationDue { key, cause: Cause::Emergency } => {
                self.waiting.insert(key);
            }
            Fact::Activated { version, .. } if self.waiting.remove(&version.key) => {
                self.rotated += 1;
                self.last_rotated = Some(at);
            }
            _ => {}
        }
    }

    fn step(&mut self, at: Time, fact: EmergencyFact) {
        match fact {
            EmergencyFact::Asked { grant, region } => {
                self.grants.insert(grant, GrantTally { region, asked: at, ..GrantTally::default() });
            }
            EmergencyFact::Answered { grant, yes, .. } => {
                let known = self.grant(grant);
                let (yeses, noes) = &mut known.answers;
                *if yes { yeses } else { noes } += 1;
                if yes && known.fenced.is_none() && known.ended.is_none() {
                    known.decided = Some(at);
                }
            }
            EmergencyFact::Fenced { grant, .. } => self.grant(grant).fenced = Some(at),
            EmergencyFact::Granted { grant, .. } => self.grant(grant).began = Some(at),
            EmergencyFact::Opened { grant, .. } => self.grant(grant).opened += 1,
            EmergencyFact::Access { grant, .. } => {
                let known = self.grant(grant);
                known.accesses += 1;
                known.used.get_or_insert(at);
            }
            EmergencyFact::Refused { why, .. } => *self.refused.entry(why).or_default() += 1,
            EmergencyFact::Denied { why, .. } => *self.denied.entry(why).or_default() += 1,
            EmergencyFact::Ended { grant, why, .. } => self.grant(grant).ended = Some((at, why)),
            EmergencyFact::Lifted { grant, .. } => self.grant(grant).lifted = Some(at),
            EmergencyFact::Lease { held, .. } => self.leases_lost += u64::from(!held),
            EmergencyFact::Heeded { .. } => {}
        }
    }

    fn grant(&mut self, grant: GrantId) -> &mut GrantTally {
        self.grants.entry(grant).or_default()
    }
}
