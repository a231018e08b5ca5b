//! The side of the sites that hold keys in escrow: which grants each knows, what it has used of its part of the quota, which keys
//! it has opened, and the calls that wait until it has. It believes no caller: whatever a call names, the site's own knowledge
//! counts, and its own clock.

use super::port::{EmergencyEffect, Letter};
use crate::kms::{Call, EmergencyFact, Fact, GrantId, KeyRef, Refusal, RegionId, SiteId};
use crate::service::io::{Effect, Out};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// A grant as a site knows it.
#[derive(Clone, Debug)]
struct Warrant {
    grant: GrantId,
    until: Time,
    share: u64,
    used: u64,
    /// Keys that are open here, and by key that is being opened the calls that wait for it.
    open: BTreeSet<KeyRef>,
    opening: BTreeMap<KeyRef, Vec<Call>>,
}

/// What one site knows.
#[derive(Clone, Debug, Default)]
struct Desk {
    warrants: BTreeMap<RegionId, Warrant>,
    /// By region the latest grant that is known to be over.
    over: BTreeMap<RegionId, GrantId>,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is refused.
    Refused(Refusal),
    /// The key is open: it may be used at once.
    Use,
    /// The key is to be opened first, or is being opened; the call waits.
    Wait { open: bool },
}

/// All sites.
#[derive(Clone, Debug)]
pub(super) struct Warrants {
    desks: Vec<Desk>,
}

impl Warrants {
    pub(super) fn new(sites: usize) -> Self {
        Self { desks: vec![Desk::default(); sites] }
    }

    /// A letter of the control plane: what to answer, and the calls that waited under a grant that is over now.
    pub(super) fn read(&mut self, site: SiteId, letter: Letter) -> (Option<Letter>, Vec<(Call, GrantId)>) {
        let desk = &mut self.desks[site.index()];
        match letter {
            Letter::Begin { grant, region, until, share } => {
                // An end may have overtaken the beginning.
                if desk.over.get(&region).is_some_and(|over| *over >= grant) {
                    return (Some(Letter::Ended { grant, region }), Vec::new());
                }
                let known = desk.warrants.get(&region).is_some_and(|warrant| warrant.grant >= grant);
                let waited = if known { Vec::new() } else { desk.drop(region) };
                if !known {
                    let (open, opening) = (BTreeSet::new(), BTreeMap::new());
                    desk.warrants.insert(region, Warrant { grant, until, share, used: 0, open, opening });
                }
                (Some(Letter::Began { grant, region }), waited)
            }
            Letter::End { grant, region } => {
                let over = desk.over.entry(region).or_default();
                *over = grant.max(*over);
                let ends = desk.warrants.get(&region).is_some_and(|warrant| warrant.grant <= grant);
                let waited = if ends { desk.drop(region) } else { Vec::new() };
                (Some(Letter::Ended { grant, region }), waited)
            }
            Letter::Began { .. } | Letter::Ended { .. } | Letter::Spent { .. } => (None, Vec::new()),
        }
    }

    /// Whether a call may use a key under the grant that it names; counts it if so. Its record is written.
    pub(super) fn rule(&mut self, now: Time, site: SiteId, (call, grant): (Call, GrantId), home: RegionId) -> Ruling {
        let desk = &mut self.desks[site.index()];
        let of = desk.warrants.iter().find(|(_, warrant)| warrant.grant == grant).map(|(region, _)| *region);
        let Some(region) = of else {
            let over = grant != GrantId(0) && desk.over.get(&home).is_some_and(|over| grant <= *over);
            return Ruling::Refused(if over { Refusal::Ended } else { Refusal::NoGrant });
        };
        let Some(warrant) = desk.warrants.get_mut(&region).filter(|_| region == home) else {
            return Ruling::Refused(Refusal::WrongRegion);
        };
        if now >= warrant.until {
            return Ruling::Refused(Refusal::Expired);
        }
        if warrant.used >= warrant.share {
            return Ruling::Refused(Refusal::Quota);
        }
        warrant.used += 1;
        if warrant.open.contains(&call.key) {
            return Ruling::Use;
        }
        let waiting = warrant.opening.entry(call.key).or_default();
        waiting.push(call);
        Ruling::Wait { open: waiting.len() == 1 }
    }

    /// Whether a site has used up its part of a grant's quota.
    pub(super) fn is_spent(&self, site: SiteId, grant: GrantId) -> bool {
        let spent = |warrant: &Warrant| warrant.grant == grant && warrant.used >= warrant.share;
        self.desks[site.index()].warrants.values().any(spent)
    }

    /// A site is dark: what its HSMs had opened has to be opened again.
    pub(super) fn forget(&mut self, site: SiteId) {
        self.desks[site.index()].warrants.values_mut().for_each(|warrant| warrant.open.clear());
    }

    /// A key is open at a site, or could not be opened: the grant, and the calls that waited for it. Nothing where the grant ended
    /// meanwhile; those calls were answered then, or are by the clock.
    pub(super) fn opened(
        &mut self,
        now: Time,
        (site, key, done): (SiteId, KeyRef, bool),
        home: RegionId,
    ) -> Option<(GrantId, Vec<Call>, Option<Refusal>)> {
        let warrant = self.desks[site.index()].warrants.get_mut(&home)?;
        let calls = warrant.opening.remove(&key)?;
        let refusal = (now >= warrant.until).then_some(Refusal::Expired);
        if done && refusal.is_none() {
            warrant.open.insert(key);
        }
        Some((warrant.grant, calls, refusal))
    }
}

impl Desk {
    /// A grant is over here. The calls that waited under it, each with it.
    fn drop(&mut self, region: RegionId) -> Vec<(Call, GrantId)> {
        let Some(Warrant { grant, opening, .. }) = self.warrants.remove(&region) else { return Vec::new() };
        opening.into_values().flatten().map(|call| (call, grant)).collect()
    }
}

/// Tells that a site did not use a key.
pub(super) fn refuse(site: SiteId, (grant, key): (GrantId, KeyRef), why: Refusal, out: &mut Out) {
    out.fact(Fact::Emergency(EmergencyFact::Refused { grant, site, why, key }));
}

/// Asks for the audit record of a call, before anything else is done with it.
pub(super) fn write(site: SiteId, (call, grant): (Call, GrantId), out: &mut Out) {
    out.push(Effect::Emergency(EmergencyEffect::Write { site, call, grant }));
}
