//! Planned work: who is taken out when, until all are done. Each step is known ahead, as a fault's end is, so that what is told ahead of
//! its time stays right; that the control plane is down shows only when a step is due.

use super::World;
use super::event::Event;
use super::faults::Planned;
use crate::engine::Queue;
use crate::kms::{Fact, SiteId, WorkFact, WorkId};
use crate::scenario::{Scenario, Target};
use crate::service::Input;
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A device of a site, or the site.
type Unit = (SiteId, u16);

/// What a lane is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Waits for a window.
    Waits,
    /// Waits for the control plane.
    Held,
    /// Something takes nothing new.
    Drains(Unit),
    /// It is away.
    Away(Unit),
}

/// One after the other.
#[derive(Clone, Copy, Debug)]
struct Lane {
    stage: Stage,
    /// When its stage ends; [`Time::NEVER`] where nothing is known to end it.
    at: Time,
}

/// Those that take turns: the devices of a site, or the sites of some work.
#[derive(Clone, Debug)]
struct Crew {
    work: usize,
    todo: Vec<Unit>,
    lanes: Vec<Lane>,
}

/// What is common to the crews of some work.
#[derive(Clone, Debug)]
struct Plan {
    openings: BTreeMap<SiteId, Arc<[(Time, Time)]>>,
    drain: Span,
    away: Span,
    lasts: Span,
    began: bool,
    /// Units that are not back.
    left: usize,
}

/// All planned work of a run.
#[derive(Clone, Debug)]
pub(super) struct Works {
    plans: Vec<Plan>,
    crews: Vec<Crew>,
}

impl Works {
    /// Nothing where nothing is planned.
    pub(super) fn new(s: &Scenario, from: Time) -> Option<Box<Self>> {
        if s.works.is_empty() {
            return None;
        }
        let mut works = Self { plans: Vec::new(), crews: Vec::new() };
        for (number, work) in s.works.iter().enumerate() {
            let open = |site: &SiteId| (*site, work.openings(s, *site).into());
            let crews: Vec<Vec<Unit>> = match work.whole {
                true => vec![work.sites.iter().map(|site| (*site, WorkFact::WHOLE)).collect()],
                false => {
                    let devices = |site: &SiteId| (0..s.sites[site.index()].hsms as u16).map(|d| (*site, d)).collect();
                    work.sites.iter().map(devices).collect()
                }
            };
            works.plans.push(Plan {
                openings: work.sites.iter().map(open).collect(),
                drain: work.drain,
                away: work.takes + work.test,
                lasts: work.lasts(),
                began: false,
                left: crews.iter().map(Vec::len).sum(),
            });
            for todo in crews {
                let lane = Lane { stage: Stage::Waits, at: Time::NEVER };
                let lanes = vec![lane; todo.len().min(work.at_once as usize)];
                works.crews.push(Crew { work: number, todo, lanes });
            }
        }
        for crew in 0..works.crews.len() {
            let at = works.next(crew, from);
            works.crews[crew].lanes.iter_mut().for_each(|lane| lane.at = at);
        }
        Some(Box::new(works))
    }

    /// When the next of a crew may begin.
    fn next(&self, crew: usize, now: Time) -> Time {
        let crew = &self.crews[crew];
        let plan = &self.plans[crew.work];
        crew.todo.iter().map(|(site, _)| plan.begins(*site, now)).min().unwrap_or(Time::NEVER)
    }

    /// Takes one of a crew that may begin now.
    fn take(&mut self, crew: usize, now: Time) -> Option<Unit> {
        let crew = &mut self.crews[crew];
        let plan = &self.plans[crew.work];
        let first = crew.todo.iter().position(|(site, _)| plan.begins(*site, now) == now)?;
        Some(crew.todo.remove(first))
    }

    /// When anything changes next.
    fn soonest(&self) -> Time {
        self.crews.iter().flat_map(|crew| &crew.lanes).map(|lane| lane.at).min().unwrap_or(Time::NEVER)
    }

    fn lanes(&self) -> impl Iterator<Item = (usize, usize, Lane)> + '_ {
        let of = |(crew, lanes): (usize, &Crew)| -> Vec<_> {
            lanes.lanes.iter().enumerate().map(move |(lane, state)| (crew, lane, *state)).collect()
        };
        self.crews.iter().enumerate().flat_map(of)
    }
}

impl Plan {
    /// The first instant, not before `now`, from which a window at a site is open for long enough.
    fn begins(&self, site: SiteId, now: Time) -> Time {
        let open = self.openings.get(&site).map_or(&[][..], |open| open);
        let fits = open.iter().map(|(from, until)| ((*from).max(now), *until));
        fits.into_iter().find(|(at, until)| *at + self.lasts <= *until).map_or(Time::NEVER, |(at, _)| at)
    }
}

impl World {
    /// Schedules the first of everything that is planned.
    pub(super) fn begin_work(&mut self, queue: &mut Queue<Event>) {
        let Some(works) = &self.works else { return };
        for (crew, lane, state) in works.lanes().filter(|(.., state)| state.at != Time::NEVER) {
            queue.at(state.at, Event::Work { crew: crew as u32, lane: lane as u16 });
        }
        let soonest = works.soonest();
        self.faults.plan(Planned::Work, soonest);
    }

    /// A step of a lane is due, unless it was put off.
    pub(super) fn work_on(&mut self, now: Time, (crew, lane): (u32, u16), queue: &mut Queue<Event>) {
        let (crew, lane) = (crew as usize, usize::from(lane));
        let Some(works) = &self.works else { return };
        let state = works.crews[crew].lanes[lane];
        if state.at != now {
            return;
        }
        let number = works.crews[crew].work;
        let (work, plan) = (WorkId(number as u16), &works.plans[number]);
        let (drain, away) = (plan.drain, plan.away);
        let next = match state.stage {
            Stage::Waits | Stage::Held if self.service.is_stopped() => Lane { stage: Stage::Held, at: Time::NEVER },
            Stage::Waits | Stage::Held => match self.take_out(now, (crew, work), queue) {
                Some(unit) => Lane { stage: Stage::Drains(unit), at: now + drain },
                None => self.wait(now, crew),
            },
            Stage::Drains(unit) => {
                self.leave(now, work, unit, queue);
                Lane { stage: Stage::Away(unit), at: now + away }
            }
            Stage::Away(unit) => {
                self.come_back(now, work, unit, queue);
                self.wait(now, crew)
            }
        };
        self.set_lane((crew, lane), next, queue);
        self.count_unreachable(now);
    }

    fn set_lane(&mut self, (crew, lane): (usize, usize), state: Lane, queue: &mut Queue<Event>) {
        let Some(works) = &mut self.works else { return };
        works.crews[crew].lanes[lane] = state;
        let soonest = works.soonest();
        self.faults.plan(Planned::Work, soonest);
        if state.at != Time::NEVER {
            queue.at(state.at, Event::Work { crew: crew as u32, lane: lane as u16 });
        }
    }

    fn wait(&self, now: Time, crew: usize) -> Lane {
        Lane { stage: Stage::Waits, at: self.works.as_ref().map_or(Time::NEVER, |works| works.next(crew, now)) }
    }

    /// The control plane starts again: what waited for it begins when a window is open.
    pub(super) fn resume_work(&mut self, now: Time, queue: &mut Queue<Event>) {
        let Some(works) = &self.works else { return };
        let held: Vec<_> = works.lanes().filter(|(.., state)| state.stage == Stage::Held).collect();
        for (crew, lane, _) in held {
            let state = self.wait(now, crew);
            self.set_lane((crew, lane), state, queue);
        }
    }

    /// The next of a crew takes nothing new from now on.
    fn take_out(&mut self, now: Time, (crew, work): (usize, WorkId), queue: &mut Queue<Event>) -> Option<Unit> {
        let works = self.works.as_mut()?;
        let unit = works.take(crew, now)?;
        let began = std::mem::replace(&mut works.plans[work.index()].began, true);
        if !began {
            self.record(now, Fact::Work(WorkFact::Began { work }));
        }
        let (site, device) = unit;
        self.record(now, Fact::Work(WorkFact::Draining { work, site, device }));
        if device == WorkFact::WHOLE {
            self.deliver(now, Input::Withdrawn { site, away: true }, queue);
        } else {
            self.set_open(now, (site, device), false, queue);
        }
        Some(unit)
    }

    /// What a survive case finds away from its beginning.
    pub(super) fn keep_away(&mut self, now: Time, work: WorkId, on: Target, away: bool, queue: &mut Queue<Event>) {
        let unit = match on {
            Target::Device(site, device) => (site, device as u16),
            Target::Site(site) => (site, WorkFact::WHOLE),
            _ => return,
        };
        if !away {
            return self.come_back(now, work, unit, queue);
        }
        if unit.1 == WorkFact::WHOLE {
            self.deliver(now, Input::Withdrawn { site: unit.0, away }, queue);
        }
        self.leave(now, work, unit, queue);
    }

    fn set_open(&mut self, now: Time, (site, device): Unit, open: bool, queue: &mut Queue<Event>) {
        let (lost, moved) = self.hsms[site.index()].set_open(now, device.into(), open);
        self.count_engines(now, site);
        self.planned_again(now, site, lost, moved, queue);
    }

    /// It is away from now on; what it had not finished is lost.
    fn leave(&mut self, now: Time, work: WorkId, (site, device): Unit, queue: &mut Queue<Event>) {
        self.record(now, Fact::Work(WorkFact::Drained { work, site, device }));
        self.away(now, (site, device), true, queue);
    }

    fn come_back(&mut self, now: Time, work: WorkId, (site, device): Unit, queue: &mut Queue<Event>) {
        self.record(now, Fact::Work(WorkFact::Returned { work, site, device }));
        self.away(now, (site, device), false, queue);
        if device == WorkFact::WHOLE {
            // Where a fault keeps it, its tests fail, and nobody is told.
            if self.alive(site) {
                self.deliver(now, Input::Withdrawn { site, away: false }, queue);
            }
        } else {
            self.set_open(now, (site, device), true, queue);
        }
        let Some(plan) = self.works.as_mut().map(|works| &mut works.plans[work.index()]) else { return };
        plan.left = plan.left.saturating_sub(1);
        if plan.left == 0 {
            self.record(now, Fact::Work(WorkFact::Ended { work }));
        }
    }

    /// Devices go, or are back, unless a fault keeps them: no site is dark for it.
    fn away(&mut self, now: Time, (site, device): Unit, away: bool, queue: &mut Queue<Event>) {
        let devices =
            if device == WorkFact::WHOLE { 0..self.faults.devices(site) } else { device.into()..u32::from(device) + 1 };
        for device in devices {
            if self.faults.crash(site, device, away) {
                let (lost, moved) = self.hsms[site.index()].set_up(now, device, !away);
                self.count_engines(now, site);
                self.planned_again(now, site, lost, moved, queue);
            }
        }
        self.break_backup(now, site, queue);
    }
}
