//! Sites that do not come back by themselves: after a loss of power HSMs wait for their activation, and what is erased is restored.
//! From the strike on all steps are known: paged, decided, people there, hardware or power there, machines done.

use super::World;
use super::event::Event;
use super::faults::Planned;
use crate::engine::Queue;
use crate::kms::{Fact, FaultId, RecoveryFact, SiteId};
use crate::rng::mix;
use crate::scenario::{Fault, FaultKind, Response, Scenario, Target};
use crate::service::Input;
use crate::time::{Span, Time};

/// A site on its way back.
#[derive(Clone, Debug)]
struct Recovery {
    site: SiteId,
    /// What is still to come, the next one last.
    steps: Vec<(Time, RecoveryFact)>,
}

/// What sites need, and all that are on their way back.
#[derive(Clone, Debug)]
pub(super) struct Recoveries {
    response: Response,
    /// By site: how long its activation takes, and the longest loss of power that needs none.
    activation: Vec<(Span, Span)>,
    all: Vec<Recovery>,
}

impl Recoveries {
    /// Nothing is down yet.
    pub(super) fn new(s: &Scenario) -> Self {
        let of = |site: &crate::scenario::Site| {
            let profile = &s.profiles[site.profile].profile;
            (profile.activation, profile.activation_survives)
        };
        Self { response: s.response, activation: s.sites.iter().map(of).collect(), all: Vec::new() }
    }

    /// When anything happens next.
    fn soonest(&self) -> Time {
        let next = |recovery: &Recovery| recovery.steps.last().map(|(at, _)| *at);
        self.all.iter().filter_map(next).min().unwrap_or(Time::NEVER)
    }
}

impl World {
    /// Sites lose power or their keys, until `back` brings power or empty hardware; machines and people go on from there. Returns when
    /// the last of them is ready.
    pub(super) fn lose_sites(
        &mut self,
        now: Time,
        (id, fault): (FaultId, &Fault),
        back: Time,
        queue: &mut Queue<Event>,
    ) -> Time {
        self.crash(now, fault.on, true, queue);
        let mut last = back;
        for site in self.struck_sites(fault.on) {
            let steps = match fault.kind {
                FaultKind::Erase => self.erase(now, (id, site), back, queue),
                _ => self.activation(now, (id, site), back),
            };
            let ready = steps.first().filter(|(_, step)| matches!(step, RecoveryFact::Ready { .. }));
            last = last.max(ready.map_or(Time::NEVER, |(at, _)| *at));
            if let Some((at, _)) = steps.last() {
                queue.at(*at, Event::Recovery { number: self.recoveries.all.len() as u32 });
            }
            self.recoveries.all.push(Recovery { site, steps });
        }
        self.faults.plan(Planned::Recovery, self.recoveries.soonest());
        last
    }

    /// The keys of a site are gone. How it gets back those of its last backup.
    fn erase(
        &mut self,
        now: Time,
        (fault, site): (FaultId, SiteId),
        back: Time,
        queue: &mut Queue<Event>,
    ) -> Vec<(Time, RecoveryFact)> {
        let saved = self.backups.as_ref().and_then(|backups| backups.last(site));
        let as_of = saved.map(|(saved, _)| saved.began);
        let since = |began: i64| u64::try_from(i128::from(now.0) - i128::from(began)).map_or(Span::ZERO, Span);
        self.record(now, Fact::Recovery(RecoveryFact::Erased { fault, site, age: as_of.map_or(Span::MAX, since) }));
        self.deliver(now, Input::Erased { site, as_of }, queue);
        let (versions, takes) = saved.map_or((0, Span::ZERO), |(saved, takes)| (saved.versions, takes));
        let told = u32::try_from(versions).unwrap_or(u32::MAX);
        self.respond(now, (fault, site), true, back, (told, takes))
    }

    /// Power is gone until `back`. How the site serves again.
    fn activation(&mut self, now: Time, (fault, site): (FaultId, SiteId), back: Time) -> Vec<(Time, RecoveryFact)> {
        let (takes, survives) = self.recoveries.activation[site.index()];
        if back.since(now) <= survives {
            return vec![(back, RecoveryFact::Ready { fault, site, took: back.since(now) })];
        }
        self.respond(now, (fault, site), false, back, (0, takes))
    }

    /// The steps of a recovery, the last one first. Where nobody is needed, an activation waits for nobody. The sites of a fault call the
    /// same people: who is away and how long each travels is drawn once.
    fn respond(
        &mut self,
        now: Time,
        (fault, site): (FaultId, SiteId),
        restores: bool,
        back: Time,
        (versions, takes): (u32, Span),
    ) -> Vec<(Time, RecoveryFact)> {
        let Response { detect, decide } = self.recoveries.response;
        let mut steps = Vec::new();
        let (mut there, mut called) = (now, None);
        let needs = self.needs_people(site);
        if restores || needs {
            let (paged, decided) = (now + detect, now + detect + decide);
            steps.push((paged, RecoveryFact::Paged { fault, site }));
            steps.push((decided, RecoveryFact::Decided { fault, site }));
            there = decided;
        }
        if needs {
            let gathering = self.gather(there, site, mix(now.0) ^ u64::from(fault.0));
            there = gathering.there;
            steps.push((there, RecoveryFact::Gathered { fault, site }));
            called = Some(gathering);
        }
        let begins = there.max(back);
        let ready = begins + takes;
        if let Some(gathering) = called {
            self.release(ready, site, &gathering);
        }
        steps.push((begins, RecoveryFact::Began { fault, site, restores, versions }));
        steps.push((ready, RecoveryFact::Ready { fault, site, took: ready.since(now) }));
        // Where nobody is known to come, nothing more is.
        steps.retain(|(at, _)| *at != Time::NEVER);
        steps.reverse();
        steps
    }

    /// The next step of a recovery.
    pub(super) fn go_on(&mut self, now: Time, number: u32, queue: &mut Queue<Event>) {
        let recovery = &mut self.recoveries.all[number as usize];
        let site = recovery.site;
        let Some((_, step)) = recovery.steps.pop() else { return };
        if let Some((at, _)) = recovery.steps.last() {
            queue.at(*at, Event::Recovery { number });
        }
        self.faults.plan(Planned::Recovery, self.recoveries.soonest());
        self.record(now, Fact::Recovery(step));
        if matches!(step, RecoveryFact::Ready { .. }) {
            self.crash(now, Target::Site(site), false, queue);
            self.count_unreachable(now);
            self.reach_metadata(now, queue);
            self.tell_contacts(now, queue);
        }
    }
}
