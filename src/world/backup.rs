//! Backups as they run: which site's is due when, and what the last complete one has. All of it is known ahead, as planned work is.
//! A backup slows its site's devices, and a fault that stops them all ends it.

use super::World;
use super::event::Event;
use super::faults::Planned;
use crate::engine::Queue;
use crate::kms::{Fact, RecoveryFact, SiteId};
use crate::scenario::Scenario;
use crate::service::Input;
use crate::time::{Span, Time};

/// A backup that was, or is being made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Saved {
    /// When it began, nanoseconds since time zero.
    pub(super) began: i64,
    /// So many key versions are in it.
    pub(super) versions: u64,
}

/// The backups of a site.
#[derive(Clone, Debug)]
struct Course {
    site: SiteId,
    /// When they are due from now on, the next one last.
    dues: Vec<Time>,
    /// The one that runs, and when it ends.
    running: Option<(Saved, Time)>,
    /// The last complete one.
    last: Saved,
    /// Key versions per second, saved and restored.
    rate: f64,
    restore: f64,
    /// Service takes so many times longer while one runs.
    factor: f64,
}

/// All backups of a run.
#[derive(Clone, Debug)]
pub(super) struct Backups(Vec<Course>);

/// How long so many versions take.
fn lasts(versions: u64, rate: f64) -> Span {
    Span::from_secs_f64(versions as f64 / rate)
}

impl Backups {
    /// Nothing where nothing is saved. Those before `from` have succeeded.
    pub(super) fn new(s: &Scenario, from: Time) -> Option<Box<Self>> {
        let course = |site: SiteId| {
            let backup = s.backup_of(site)?;
            let nanos = |seconds: &i64| seconds.saturating_mul(1_000_000_000);
            let dues: Vec<i64> = backup.dues(s, site).iter().map(nanos).collect();
            let start = i64::try_from(from.0).unwrap_or(i64::MAX);
            let before = dues.partition_point(|due| *due < start);
            let later = dues[before..].iter().rev().filter_map(|due| u64::try_from(*due).ok());
            Some(Course {
                site,
                last: Saved { began: before.checked_sub(1).map_or(start, |last| dues[last]), versions: 0 },
                dues: later.map(Time).collect(),
                running: None,
                rate: backup.rate,
                restore: backup.restore,
                factor: 1.0 / (1.0 - backup.slows),
            })
        };
        let courses: Vec<Course> = (0..s.sites.len()).filter_map(|i| course(SiteId(i as u16))).collect();
        (!courses.is_empty()).then(|| Box::new(Self(courses)))
    }

    /// When anything changes next.
    fn soonest(&self) -> Time {
        let next = |course: &Course| {
            let due = course.dues.last().copied().unwrap_or(Time::NEVER);
            course.running.map_or(due, |(_, ends)| ends.min(due))
        };
        self.0.iter().map(next).min().unwrap_or(Time::NEVER)
    }

    /// The last complete backup of a site, and how long it takes to restore it.
    pub(super) fn last(&self, site: SiteId) -> Option<(Saved, Span)> {
        let course = self.0.iter().find(|course| course.site == site)?;
        Some((course.last, lasts(course.last.versions, course.restore)))
    }
}

impl World {
    /// Schedules the first backup of each site; those before the run have what the site holds now.
    pub(super) fn begin_backups(&mut self, queue: &mut Queue<Event>) {
        let Some(backups) = &mut self.backups else { return };
        for (number, course) in backups.0.iter_mut().enumerate() {
            course.last.versions = self.service.versions_at(course.site);
            if let Some(due) = course.dues.last() {
                queue.at(*due, Event::Backup { course: number as u16 });
            }
        }
        self.faults.plan(Planned::Backup, backups.soonest());
    }

    /// A backup of a site ends, or the next one is due, or neither, where a fault put an end to it before.
    pub(super) fn turn_backup(&mut self, now: Time, number: u16, queue: &mut Queue<Event>) {
        let Some(course) = self.backups.as_mut().map(|backups| &mut backups.0[usize::from(number)]) else { return };
        let (site, running) = (course.site, course.running);
        let is_due = course.dues.pop_if(|due| *due == now).is_some();
        if let Some(next) = course.dues.last().filter(|_| is_due) {
            queue.at(*next, Event::Backup { course: number });
        }
        if running.is_some_and(|(_, ends)| ends == now) {
            self.end_backup(now, site, true, queue);
        }
        if is_due {
            self.begin_backup(now, number, queue);
        }
        self.plan_backups();
    }

    fn begin_backup(&mut self, now: Time, number: u16, queue: &mut Queue<Event>) {
        let Some(backups) = &mut self.backups else { return };
        let course = &backups.0[usize::from(number)];
        let (site, last, factor) = (course.site, course.last.began, course.factor);
        if course.running.is_some() || !self.alive(site) {
            return self.record(now, Fact::Recovery(RecoveryFact::SavingMissed { site }));
        }
        let versions = self.service.versions_at(site);
        let Some(backups) = &mut self.backups else { return };
        let course = &mut backups.0[usize::from(number)];
        let ends = now + lasts(versions, course.rate).max(Span(1));
        course.running = Some((Saved { began: i64::try_from(now.0).unwrap_or(i64::MAX), versions }, ends));
        queue.at(ends, Event::Backup { course: number });
        let told = u32::try_from(versions).unwrap_or(u32::MAX);
        self.record(now, Fact::Recovery(RecoveryFact::SavingBegan { site, versions: told }));
        self.deliver(now, Input::Saving { site, last: Some(last) }, queue);
        self.load_devices(now, site, (factor, true), queue);
    }

    /// The backup of a site ends, where one runs.
    fn end_backup(&mut self, now: Time, site: SiteId, complete: bool, queue: &mut Queue<Event>) {
        let Some(backups) = &mut self.backups else { return };
        let Some(course) = backups.0.iter_mut().find(|course| course.site == site) else { return };
        let Some((saved, _)) = course.running.take() else { return };
        if complete {
            course.last = saved;
        }
        let factor = course.factor;
        let took = now.since(Time(u64::try_from(saved.began).unwrap_or(0)));
        self.record(now, Fact::Recovery(RecoveryFact::SavingEnded { site, complete, took }));
        self.load_devices(now, site, (factor, false), queue);
    }

    /// A fault or planned work may have stopped all devices of a site: its backup is broken off.
    pub(super) fn break_backup(&mut self, now: Time, site: SiteId, queue: &mut Queue<Event>) {
        if self.backups.is_some() && !self.alive(site) {
            self.end_backup(now, site, false, queue);
            self.plan_backups();
        }
    }

    fn plan_backups(&mut self) {
        if let Some(backups) = &self.backups {
            self.faults.plan(Planned::Backup, backups.soonest());
        }
    }

    /// Service of all devices of a site takes so many times longer, or no more.
    fn load_devices(&mut self, now: Time, site: SiteId, (factor, on): (f64, bool), queue: &mut Queue<Event>) {
        for device in 0..self.faults.devices(site) {
            let product = self.faults.slow(site, device, factor, on);
            let (lost, moved) = self.hsms[site.index()].set_factor(now, device, product);
            self.planned_again(now, site, lost, moved, queue);
        }
    }
}
