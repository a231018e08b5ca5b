//! How emergency access acts within the service: what it is told goes to the part that it concerns, and what follows from it to
//! sites, routing tables and rotations. What sites do, they do whether or not the control plane stands.

use super::procedure::{Desk, Procedure};
use super::warrant::{self, Ruling};
use super::{Contact, Emergency, EmergencyEffect, EmergencyInput, EmergencyTimer, Letter, REQUESTER, serving};
use crate::kms::{
    Call, CallName, EmergencyFact, Ending, Fact, Failure, Flight, GrantId, KeyRef, KeyVersion, Refusal, RegionId,
    SiteId, StoreAnswer, StoreOp,
};
use crate::service::view::view;
use crate::service::{Effect, Out, Service, Timer};
use crate::time::Time;

impl Service {
    /// Procedures of emergency access that are not closed.
    #[must_use]
    pub fn emergencies(&self) -> usize {
        self.emergency.as_ref().map_or(0, |emergency| emergency.open())
    }

    /// Something happens to emergency access, where there is any.
    fn with_emergency(&mut self, act: impl FnOnce(&mut Self, &mut Emergency)) {
        if let Some(mut emergency) = self.emergency.take() {
            act(self, &mut emergency);
            self.emergency = Some(emergency);
        }
    }

    pub(in crate::service) fn on_emergency(&mut self, now: Time, input: EmergencyInput, out: &mut Out) {
        self.with_emergency(|service, emergency| service.conduct(now, emergency, input, out));
    }

    fn conduct(&mut self, now: Time, emergency: &mut Emergency, input: EmergencyInput, out: &mut Out) {
        match input {
            EmergencyInput::Contact { site, contact } => {
                emergency.leases.contact(now, (site, contact), out);
                if contact == Contact::Dark {
                    emergency.warrants.forget(site);
                }
            }
            EmergencyInput::Renewed { site, asked, value } => emergency.leases.renewed(now, (site, asked, value), out),
            EmergencyInput::Letter { from, to, letter } => self.letter(now, emergency, (from, to, letter), out),
            EmergencyInput::Plea { site, call, grant } => warrant::write(site, (call, grant), out),
            EmergencyInput::Recorded { site, call, grant } => self.judge(now, emergency, site, (call, grant), out),
            EmergencyInput::Opened { site, version, done } => {
                self.opened(now, emergency, (site, version.key, done), out);
            }
            EmergencyInput::Answered { grant, approver, yes } if !self.down => {
                self.answered(now, emergency, (grant, approver, yes), out);
            }
            EmergencyInput::Answered { .. } => {}
            EmergencyInput::Misuse(region) => self.misuse(now, emergency, region, out),
        }
    }

    pub(in crate::service) fn emergency_timer(&mut self, now: Time, timer: EmergencyTimer, out: &mut Out) {
        self.with_emergency(|service, emergency| match timer {
            EmergencyTimer::Lapse(site) => emergency.leases.lapse(now, site, out),
            EmergencyTimer::Renew(site) => emergency.leases.renew(now, site, out),
            EmergencyTimer::Routes { grant, region, open } => {
                service.edges.iter_mut().for_each(|edge| edge.learn_grant(region, grant, open));
            }
            EmergencyTimer::Step(_) if service.down => {}
            EmergencyTimer::Step(region) => {
                service.with(now, emergency, region, out, |procedure, desk, out| {
                    procedure.step(desk, out);
                });
            }
        });
    }

    /// Has the procedure for a region do something, and tells routing tables where a grant begins or ends by it.
    fn with(
        &mut self,
        now: Time,
        emergency: &mut Emergency,
        region: RegionId,
        out: &mut Out,
        act: impl FnOnce(&mut Procedure, Desk, &mut Out),
    ) {
        let desk = emergency.desk(now, region, view!(self));
        let Some(procedure) = emergency.procedures.get_mut(&region) else { return };
        let (before, fenced) = (procedure.is_active(), procedure.fences());
        act(procedure, desk, out);
        let (open, grant) = (procedure.is_active(), procedure.grant);
        if procedure.fences() && !fenced {
            emergency.leases.watch(now, region, out);
        }
        if open != before {
            self.publish_grant((grant, region), open, out);
        }
    }

    fn publish_grant(&self, (grant, region): (GrantId, RegionId), open: bool, out: &mut Out) {
        let timer = EmergencyTimer::Routes { grant, region, open };
        out.after(self.catalog.health.propagation, Timer::Emergency(timer));
    }

    fn letter(
        &mut self,
        now: Time,
        emergency: &mut Emergency,
        (from, to, letter): (SiteId, SiteId, Letter),
        out: &mut Out,
    ) {
        let (Letter::Begin { region, .. }
        | Letter::Began { region, .. }
        | Letter::Spent { region, .. }
        | Letter::End { region, .. }
        | Letter::Ended { region, .. }) = letter;
        let (answer, waited) = emergency.warrants.read(to, letter);
        for waiting in waited {
            self.refuse((now, to), waiting, Refusal::Ended, out);
        }
        match answer {
            Some(letter) => out.push(Effect::Emergency(EmergencyEffect::Send { from: to, to: from, letter })),
            None if self.down => {}
            None => self.with(now, emergency, region, out, |procedure, desk, out| {
                procedure.read(desk, from, letter, out);
            }),
        }
    }

    /// A call does not get what it asked for.
    fn refuse(&mut self, (now, site): (Time, SiteId), (call, grant): (Call, GrantId), why: Refusal, out: &mut Out) {
        warrant::refuse(site, (grant, call.key), why, out);
        let call = self.current(call);
        self.sites[site.index()].answer_failure(now, call, Failure::NoGrant, out);
    }

    /// The record of a call is written: it is ruled on.
    fn judge(
        &mut self,
        now: Time,
        emergency: &mut Emergency,
        site: SiteId,
        (call, grant): (Call, GrantId),
        out: &mut Out,
    ) {
        let (key, catalog) = (call.key, &self.catalog);
        let shard = catalog.shards.of(key);
        let home = catalog.shards.shard(shard).home;
        let holds = emergency.covers[key.class.index()] && self.directory.hosts(shard).escrow().contains(&site);
        let may = |entry: &super::EmergencyEntry| {
            entry.may[key.class.index()].contains(&(home, catalog.sites[site.index()].region))
        };
        let ruling = match catalog.emergency.as_ref() {
            _ if !holds => Ruling::Refused(Refusal::NotInEscrow),
            Some(entry) if may(entry) => emergency.warrants.rule(now, site, (call, grant), home),
            _ => Ruling::Refused(Refusal::Residency),
        };
        if let Ruling::Refused(why) = ruling {
            self.refuse((now, site), (call, grant), why, out);
        } else {
            let Call { origin, call, .. } = call;
            out.fact(Fact::Emergency(EmergencyFact::Access { grant, site, origin, call, key }));
        }
        match ruling {
            Ruling::Use => self.use_key(now, site, self.current(call), out),
            Ruling::Wait { open: true } => {
                emergency.touched.entry(grant).or_default().insert(key);
                let version = KeyVersion { key, version: self.rotator.versions().active(key, &self.catalog) };
                out.push(Effect::Emergency(EmergencyEffect::Open { site, version }));
            }
            Ruling::Wait { open: false } | Ruling::Refused(_) => {}
        }
        if emergency.warrants.is_spent(site, grant) {
            let (to, letter) = (emergency.desk(now, home, view!(self)).from, Letter::Spent { grant, region: home });
            out.push(Effect::Emergency(EmergencyEffect::Send { from: site, to, letter }));
        }
    }

    /// A site's HSM opened a key, or could not: the calls that waited for it go on.
    fn opened(
        &mut self,
        now: Time,
        emergency: &mut Emergency,
        (site, key, done): (SiteId, KeyRef, bool),
        out: &mut Out,
    ) {
        let home = self.catalog.shards.shard(self.catalog.shards.of(key)).home;
        let Some((grant, calls, refusal)) = emergency.warrants.opened(now, (site, key, done), home) else { return };
        if done {
            out.fact(Fact::Emergency(EmergencyFact::Opened { grant, site, key }));
        }
        for call in calls.into_iter().map(|call| self.current(call)).collect::<Vec<_>>() {
            match refusal {
                Some(why) => self.refuse((now, site), (call, grant), why, out),
                None if done => self.use_key(now, site, call, out),
                None => self.sites[site.index()].answer_failure(now, call, Failure::DeviceLost, out),
            }
        }
    }

    fn answered(
        &mut self,
        now: Time,
        emergency: &mut Emergency,
        (grant, approver, yes): (GrantId, u8, bool),
        out: &mut Out,
    ) {
        // People may answer when all is over.
        let region = emergency.procedures.iter().find(|(_, known)| known.grant == grant).map(|(region, _)| *region);
        let Some(region) = region else { return };
        let mut declined = false;
        self.with(now, emergency, region, out, |procedure, desk, out| {
            declined = procedure.answered(desk, (approver, yes), out);
        });
        if declined {
            emergency.procedures.remove(&region);
            emergency.declined.insert(region);
        }
    }

    /// The metadata store answered about a fence, or did not.
    pub(in crate::service) fn fence_stored(
        &mut self,
        now: Time,
        region: RegionId,
        (op, answer): (StoreOp, StoreAnswer),
        out: &mut Out,
    ) {
        self.with_emergency(|service, emergency| {
            if let StoreAnswer::Written { epoch } | StoreAnswer::Conflict { epoch, .. } = answer {
                let known = emergency.epochs.entry(region).or_default();
                *known = epoch.max(*known);
            }
            let mut lifted = None;
            service.with(now, emergency, region, out, |procedure, desk, out| {
                lifted = procedure.stored(desk, (op, answer), out).then_some(procedure.grant);
            });
            let Some(grant) = lifted else { return };
            emergency.procedures.remove(&region);
            emergency.leases.unwatch(region);
            let touched = emergency.touched.remove(&grant).unwrap_or_default();
            service.rotator.opened_elsewhere(now, touched, view!(service), out);
        });
    }

    /// An observer has seen a site of a region, or has not: the region may be dark, or may be no more.
    #[inline]
    pub(in crate::service) fn observe(&mut self, now: Time, site: SiteId, out: &mut Out) {
        if self.emergency.is_some() {
            self.observe_region(now, self.catalog.sites[site.index()].region, out);
        }
    }

    #[cold]
    fn observe_region(&mut self, now: Time, region: RegionId, out: &mut Out) {
        self.with_emergency(|service, emergency| {
            let view = view!(service);
            if serving(region, view).any(|site| view.up(site)) {
                emergency.declined.remove(&region);
                service.with(now, emergency, region, out, |procedure, desk, out| {
                    procedure.end(desk, Ending::Recovered, out);
                });
                if emergency.procedures.get(&region).is_some_and(|procedure| !procedure.fences()) {
                    emergency.procedures.remove(&region);
                }
            } else if !emergency.procedures.contains_key(&region)
                && !emergency.declined.contains(&region)
                && emergency.is_dark(region, view)
            {
                let sites = emergency.escrow_of(region, view);
                if !sites.is_empty() && emergency.asked < u16::MAX {
                    emergency.asked += 1;
                    let grant = GrantId(emergency.asked);
                    let new = Procedure::ask(emergency.rules, (region, grant), sites, out);
                    emergency.procedures.insert(region, new);
                }
            }
        });
    }

    /// The control plane starts again.
    pub(in crate::service) fn restart_emergency(&mut self, now: Time, out: &mut Out) {
        self.with_emergency(|service, emergency| {
            let regions: Vec<RegionId> = emergency.procedures.keys().copied().collect();
            for region in regions {
                service.with(now, emergency, region, out, |procedure, desk, out| procedure.restart(desk, out));
                let active = emergency.procedures.get(&region).filter(|procedure| procedure.is_active());
                if let Some(grant) = active.map(|procedure| procedure.grant) {
                    service.publish_grant((grant, region), true, out);
                }
            }
        });
    }

    /// An insider tries each way in that the rules close. All of it goes through the same code as what is honest.
    fn misuse(&mut self, now: Time, emergency: &mut Emergency, region: RegionId, out: &mut Out) {
        let active = emergency.procedures.get(&region).map(|procedure| procedure.grant);
        match active {
            _ if self.down => {}
            Some(grant) => self.answered(now, emergency, (grant, REQUESTER, true), out),
            None if emergency.is_dark(region, view!(self)) => {}
            None => {
                let why = Refusal::NotDark;
                out.fact(Fact::Emergency(EmergencyFact::Denied { grant: GrantId(0), region, why }));
            }
        }
        // A grant that was, else one that never was.
        let grant = GrantId(if active.is_none() { emergency.asked } else { emergency.asked.saturating_add(1) });
        let origin = (0..).zip(&self.catalog.origins).find(|(_, origin)| origin.home == region);
        let shards = (0..).map(crate::kms::ShardId).zip(self.catalog.shards.shards());
        let covered = |class: crate::kms::ClassId| emergency.covers[class.index()];
        let mut wanted = shards.filter(|(_, shard)| shard.home == region && covered(shard.class));
        let (Some((origin, _)), Some((number, shard))) = (origin, wanted.next()) else { return };
        let key = self.catalog.keys_at(shard.class, now).find(|key| self.catalog.shards.of(*key) == number);
        let (Some(key), Some(site)) = (key, self.directory.hosts(number).escrow().first().copied()) else { return };
        let flight = Flight { slot: u32::MAX, generation: u32::MAX };
        let origin = crate::kms::OriginId(origin);
        let call = Call { flight, serial: 0, origin, call: CallName(0), key, version: 0, luck: 0 };
        warrant::write(site, (call, grant), out);
    }
}
