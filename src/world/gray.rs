//! Sites that do not do every call though their devices work: a wrong configuration, a suspended account, a gray failure. Callers
//! meet it call by call; health checks and the control plane only where it says so.

use super::World;
use super::event::Event;
use crate::engine::Queue;
use crate::kms::{Call, Fact, Failure, FaultId, RegionId, SiteId, WorkFact};
use crate::net::Delivery;
use crate::rng::{Draws, Purpose, mix, unit};
use crate::scenario::{Gray, Target};
use crate::service::Input;
use crate::time::{Span, Time};

/// One cause for which a site does not do a share of its calls.
#[derive(Clone, Copy, Debug)]
struct Cause {
    fault: FaultId,
    gray: Gray,
    reason: Failure,
    /// Nothing is generated or copied there, either.
    closed: bool,
}

/// What is odd about each site.
#[derive(Clone, Debug)]
pub struct Refusing {
    causes: Vec<Vec<Cause>>,
    dark: Vec<bool>,
    /// It is dark, or has a cause: all that a call looks at while all is well.
    odd: Vec<bool>,
}

impl Refusing {
    pub(super) fn new(sites: usize) -> Self {
        Self { causes: vec![Vec::new(); sites], dark: vec![false; sites], odd: vec![false; sites] }
    }

    pub(super) fn darken(&mut self, site: SiteId, dark: bool) {
        self.dark[site.index()] = dark;
        self.sum_up(site);
    }

    fn sum_up(&mut self, site: SiteId) {
        self.odd[site.index()] = self.dark[site.index()] || !self.causes[site.index()].is_empty();
    }

    fn begin(&mut self, site: SiteId, cause: Cause) {
        self.causes[site.index()].push(cause);
        self.sum_up(site);
    }

    fn end(&mut self, fault: FaultId) {
        for site in 0..self.causes.len() {
            self.causes[site].retain(|cause| cause.fault != fault);
            self.sum_up(SiteId(site as u16));
        }
    }

    /// Whether a call that arrives there has to be looked at.
    #[inline]
    #[must_use]
    pub fn is_odd(&self, site: SiteId) -> bool {
        self.odd[site.index()]
    }

    /// Whether nothing is generated or copied there.
    #[must_use]
    pub fn is_closed(&self, site: SiteId) -> bool {
        self.causes[site.index()].iter().any(|cause| cause.closed)
    }

    /// Whether it does no call at all.
    #[must_use]
    pub fn all(&self, site: SiteId) -> bool {
        self.causes[site.index()].iter().any(|cause| cause.gray.share >= 1.0)
    }

    /// Whether a health check fails there for such a cause, by what it drew.
    #[must_use]
    pub fn fails_check(&self, site: SiteId, draws: &Draws) -> bool {
        let hit = |cause: &Cause| cause.gray.checked && unit(&mut draws.branch(Purpose::Faults)) < cause.gray.share;
        self.causes[site.index()].iter().any(hit)
    }

    /// What becomes of a call with this luck; `None` where it is done.
    fn meets(&self, site: SiteId, luck: u64) -> Option<(Failure, bool)> {
        let drawn = unit(&mut Draws::from_state(luck).branch(Purpose::Faults));
        let cause = self.causes[site.index()].iter().find(|cause| drawn < cause.gray.share)?;
        Some((cause.reason, cause.gray.silent))
    }
}

/// No call at all, and it is told.
const fn every(checked: bool) -> Gray {
    Gray { share: 1.0, silent: false, checked }
}

impl World {
    /// How long a health check takes there and back; `None` when there is no answer.
    pub(super) fn probe(&self, now: Time, site: SiteId, observer: u8, from: RegionId) -> Option<Span> {
        let place = self.region_place(from);
        let site_name = self.service.catalog().sites[site.index()].name;
        let mut draws = self.probe_luck.draws(site_name ^ mix(now.0), observer.into());
        let there = self.links.send(place, site.index(), &mut draws);
        let back = self.links.send(site.index(), place, &mut draws);
        match (there, back) {
            (Delivery::In(there), Delivery::In(back))
                if self.alive(site)
                    && self.check_accepts(now, site, observer)
                    && !self.faults.refusing.fails_check(site, &draws) =>
            {
                Some(there + back)
            }
            _ => None,
        }
    }

    /// A call arrives at a site that is dark or does not do every call.
    #[cold]
    #[inline(never)]
    pub(super) fn met_by_odd(&mut self, now: Time, site: SiteId, call: Call, queue: &mut Queue<Event>) {
        if self.faults.is_dark(site) {
            self.arm(now, call.flight, call.serial, queue);
        } else if !self.met_refusal(now, (site, call), queue) {
            self.deliver(now, Input::Call { site, call }, queue);
        }
    }

    /// Whether a call is refused there, or left without an answer.
    pub(super) fn met_refusal(&mut self, now: Time, (site, call): (SiteId, Call), queue: &mut Queue<Event>) -> bool {
        let Some((reason, silent)) = self.faults.refusing.meets(site, call.luck) else { return false };
        if silent {
            self.arm(now, call.flight, call.serial, queue);
        } else {
            self.deliver(now, Input::Refused { site, call, reason }, queue);
        }
        true
    }

    /// Sites begin to refuse a share of calls, or are well again.
    pub(super) fn refuse_calls(&mut self, fault: FaultId, on: Target, gray: Gray, strikes: bool) {
        self.turn_back(fault, on, (gray, Failure::Misconfigured, false), strikes);
    }

    /// An account is suspended, or is open again.
    pub(super) fn close_account(&mut self, fault: FaultId, on: Target, strikes: bool) {
        self.turn_back(fault, on, (every(true), Failure::AccountSuspended, true), strikes);
    }

    fn turn_back(&mut self, fault: FaultId, on: Target, (gray, reason, closed): (Gray, Failure, bool), strikes: bool) {
        if !strikes {
            return self.faults.refusing.end(fault);
        }
        for site in self.struck_sites(on) {
            self.faults.refusing.begin(site, Cause { fault, gray, reason, closed });
        }
    }

    /// A step of a push: a wave goes out, it is noticed, or all is rolled back.
    pub(super) fn push(&mut self, now: Time, (fault, push): (FaultId, u16), step: u16, strikes: bool) {
        if !strikes {
            return self.faults.refusing.end(fault);
        }
        let common = self.faults.common().clone();
        let push = &common.pushes[usize::from(push)];
        let Some(wave) = push.waves.get(usize::from(step)).filter(|_| usize::from(step) < push.gone()) else {
            let spared = (push.waves.len() - push.gone()) as u16;
            return self.record(now, Fact::Work(WorkFact::Noticed { fault, spared }));
        };
        self.record(now, Fact::Work(WorkFact::Wave { fault, wave: step, sites: wave.len() as u16 }));
        for site in wave {
            let (gray, reason, closed) = (every(push.checked), Failure::Misconfigured, false);
            self.faults.refusing.begin(*site, Cause { fault, gray, reason, closed });
        }
    }
}
