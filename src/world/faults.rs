//! Faults of a run: when each strikes and ends, and what is broken at present. The next transition of any fault is always
//! known, so that everything before it is certain.

use super::gray::Refusing;
use crate::kms::{CustodiansId, FaultId, RegionId, SiteId};
use crate::rng::{Purpose, Stream, Streams, exponential};
use crate::scenario::{Common, Fault, FaultKind, Target, When};
use crate::time::{Span, Time};
use std::sync::Arc;

/// One fault and its next transition.
#[derive(Clone, Debug)]
struct Course {
    fault: Fault,
    stream: Stream,
    next: Time,
    present: bool,
    /// Steps of a push that were made, and when its first wave went out.
    steps: u16,
    since: Time,
}

impl Course {
    /// It strikes or ends now, as any fault does that is no push.
    fn turn(&mut self, now: Time, strikes: bool) {
        self.present = strikes;
        self.next = match (self.fault.when, strikes) {
            (When::At(_, lasts) | When::Peak(lasts), true) => now + lasts,
            (When::At(..) | When::Peak(_), false) => Time::NEVER,
            (When::Random(_, mttr), true) => now + mttr.scale(exponential(&mut self.stream)).max(Span(1)),
            (When::Random(mtbf, _), false) => now + mtbf.scale(exponential(&mut self.stream)).max(Span(1)),
        };
    }

    /// When it ends, if it is present at `at`, which is not before its last transition: its stream knows what it will draw.
    fn lasts_over(&self, at: Time) -> Option<Time> {
        let mut ahead = self.clone();
        while ahead.next <= at && ahead.next != Time::NEVER {
            ahead.turn(ahead.next, !ahead.present);
        }
        ahead.present.then_some(ahead.next).filter(|ends| *ends > at)
    }
}

/// What a transition of a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Of a push, which of its steps; else 0.
    pub step: u16,
    /// When the fault changes next, and whether it strikes then.
    pub next: Option<(Time, bool)>,
}

/// Who else knows when something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Planned {
    /// Planned work.
    Work,
    /// Backups.
    Backup,
    /// Sites on their way back.
    Recovery,
}

/// All faults of a run.
#[derive(Clone, Debug)]
pub struct Faults {
    courses: Vec<Course>,
    certain_until: Time,
    /// The next step of all that [`Planned`] names.
    planned: [Time; 3],
    common: Arc<Common>,
    /// Sites that do not do every call, and why.
    pub(super) refusing: Refusing,
    /// Crashes present on each device of each site.
    crashes: Vec<Vec<u32>>,
    /// Whether each device of each site is gone for good.
    destroyed: Vec<Vec<bool>>,
    /// Crashes present on each whole site.
    dark: Vec<u32>,
    /// Crashes present on the metadata store.
    metadata: u32,
    /// Product of the slow factors present on each device of each site.
    slow: Vec<Vec<f64>>,
}

impl Faults {
    /// Faults with the stream each draws its times from; scripted ones have `When::At` times by now. `devices`: by site.
    #[must_use]
    pub fn new(faults: Vec<(Fault, Stream)>, common: Arc<Common>, devices: &[u32], from: Time) -> Self {
        let courses = faults.into_iter().map(|(fault, mut stream)| {
            let next = match fault.when {
                When::At(at, _) => at,
                When::Random(mtbf, _) => from + mtbf.scale(exponential(&mut stream)),
                When::Peak(_) => Time::NEVER,
            };
            Course { fault, stream, next, present: false, steps: 0, since: Time::ZERO }
        });
        let mut new = Self {
            courses: courses.collect(),
            certain_until: Time::NEVER,
            planned: [Time::NEVER; 3],
            common,
            refusing: Refusing::new(devices.len()),
            crashes: devices.iter().map(|n| vec![0; *n as usize]).collect(),
            destroyed: devices.iter().map(|n| vec![false; *n as usize]).collect(),
            dark: vec![0; devices.len()],
            metadata: 0,
            slow: devices.iter().map(|n| vec![1.0; *n as usize]).collect(),
        };
        new.look_ahead();
        new
    }

    /// The first transition of each fault, to be scheduled.
    pub fn first(&self) -> impl Iterator<Item = (Time, FaultId)> + '_ {
        self.courses.iter().enumerate().map(|(i, course)| (course.next, FaultId(i as u16)))
    }

    /// Nothing breaks or mends before this.
    #[inline]
    #[must_use]
    pub fn certain_until(&self) -> Time {
        self.certain_until
    }

    /// One fault more, which strikes at a scripted time and turns as the others do. Gives its number.
    pub fn add(&mut self, fault: Fault) -> FaultId {
        // Only faults at random draw from their stream.
        let stream = Streams::new(0, 0).stream(Purpose::Faults, &fault.id);
        self.courses.push(Course { fault, stream, next: Time::NEVER, present: false, steps: 0, since: Time::ZERO });
        FaultId((self.courses.len() - 1) as u16)
    }

    /// A fault strikes or ends now. Returns it, and when it changes next.
    pub fn turn(&mut self, now: Time, fault: FaultId, strikes: bool) -> (Fault, Turn) {
        if let FaultKind::Push(push) = self.courses[fault.index()].fault.kind {
            return self.step(now, (fault, push), strikes);
        }
        let course = &mut self.courses[fault.index()];
        course.turn(now, strikes);
        // What is destroyed stays destroyed, and what has leaked is known for ever.
        let lasts = matches!(course.fault.kind, FaultKind::Destroy | FaultKind::Compromise(_));
        if lasts && !matches!(course.fault.on, Target::Secret(_)) && strikes {
            course.next = Time::NEVER;
        }
        let (fault, next) = (course.fault.clone(), course.next);
        self.look_ahead();
        (fault, Turn { step: 0, next: (next != Time::NEVER).then_some((next, !strikes)) })
    }

    /// A fault that struck ends at another time.
    pub fn put_off(&mut self, fault: FaultId, end: Time) {
        self.courses[fault.index()].next = end;
        self.look_ahead();
    }

    /// A push goes on: after the waves that go out comes the step in which it is noticed, then its end.
    fn step(&mut self, now: Time, (fault, push): (FaultId, u16), strikes: bool) -> (Fault, Turn) {
        let push = &self.common.pushes[usize::from(push)];
        let course = &mut self.courses[fault.index()];
        course.present = strikes;
        let step = if strikes { course.steps } else { 0 };
        let mut next = None;
        if strikes {
            if step == 0 {
                course.since = now;
            }
            course.steps += 1;
            let (steps, gone) = (usize::from(course.steps), push.gone());
            next = Some(match steps.cmp(&gone) {
                std::cmp::Ordering::Less => (course.since + push.begins(steps), true),
                std::cmp::Ordering::Equal => (course.since + push.notice, true),
                std::cmp::Ordering::Greater => (course.since + push.lasts(), false),
            });
        } else {
            course.steps = 0;
        }
        course.next = next.map_or(Time::NEVER, |(at, _)| at);
        let fault = course.fault.clone();
        self.look_ahead();
        (fault, Turn { step, next })
    }

    /// What sites have in common.
    #[must_use]
    pub fn common(&self) -> &Arc<Common> {
        &self.common
    }

    /// Whether a fault on this strikes a site or a device there.
    #[must_use]
    pub fn strikes(&self, on: Target, site: SiteId, region: RegionId) -> bool {
        self.common.strikes(on, site, region)
    }

    /// Says when somebody changes anything next.
    pub(super) fn plan(&mut self, who: Planned, next: Time) {
        self.planned[who as usize] = next;
        self.look_ahead();
    }

    fn look_ahead(&mut self) {
        let faults = self.courses.iter().map(|course| course.next).min().unwrap_or(Time::NEVER);
        self.certain_until = self.planned.into_iter().fold(faults, Time::min);
    }

    /// When custodians can be reached who are called at `at`: then, or at the end of their absence.
    #[must_use]
    pub fn reached(&self, custodians: CustodiansId, at: Time) -> Time {
        let theirs = |course: &&Course| course.fault.on == Target::Custodians(custodians);
        let mut at = at;
        while let Some(ends) = self.courses.iter().filter(theirs).find_map(|course| course.lasts_over(at)) {
            at = ends;
        }
        at
    }

    /// Devices of a site.
    #[must_use]
    pub fn devices(&self, site: SiteId) -> u32 {
        self.crashes[site.index()].len() as u32
    }

    /// Counts a crash on a device, or takes one away. Returns whether the device changed between working and not.
    pub fn crash(&mut self, site: SiteId, device: u32, on: bool) -> bool {
        let count = &mut self.crashes[site.index()][device as usize];
        let before = *count > 0;
        *count = if on { *count + 1 } else { count.saturating_sub(1) };
        before != (*count > 0)
    }

    /// A device is gone for good. Returns whether it was the last of its site: one that only crashed keeps its keys.
    pub fn destroy(&mut self, site: SiteId, device: u32) -> bool {
        let devices = &mut self.destroyed[site.index()];
        devices[device as usize] = true;
        devices.iter().all(|gone| *gone)
    }

    /// Counts the loss of a whole site, or takes one away.
    pub fn darken(&mut self, site: SiteId, on: bool) {
        let count = &mut self.dark[site.index()];
        *count = if on { *count + 1 } else { count.saturating_sub(1) };
        self.refusing.darken(site, *count > 0);
    }

    /// Whether a site answers nothing at all.
    #[inline]
    #[must_use]
    pub fn is_dark(&self, site: SiteId) -> bool {
        self.dark[site.index()] > 0
    }

    /// Counts a crash of the metadata store, or takes one away.
    pub fn crash_metadata(&mut self, on: bool) {
        self.metadata = if on { self.metadata + 1 } else { self.metadata.saturating_sub(1) };
    }

    /// Whether all replicas of the metadata store are down.
    #[must_use]
    pub fn is_metadata_down(&self) -> bool {
        self.metadata > 0
    }

    /// Multiplies or divides a device's service times. Returns the product present now.
    pub fn slow(&mut self, site: SiteId, device: u32, factor: f64, on: bool) -> f64 {
        let product = &mut self.slow[site.index()][device as usize];
        *product = if on { *product * factor } else { *product / factor };
        if (*product - 1.0).abs() < 1e-9 {
            *product = 1.0;
        }
        *product
    }
}
