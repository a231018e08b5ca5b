//! Faults of a run: when each strikes and ends, and what is broken at present. The next transition of any fault is always
//! known, so that everything before it is certain.

use crate::kms::{FaultId, SiteId};
use crate::rng::{Purpose, Stream, Streams, exponential};
use crate::scenario::{Fault, FaultKind, Target, When};
use crate::time::{Span, Time};

/// One fault and its next transition.
#[derive(Clone, Debug)]
struct Course {
    fault: Fault,
    stream: Stream,
    next: Time,
    present: bool,
}

/// All faults of a run.
#[derive(Clone, Debug)]
pub struct Faults {
    courses: Vec<Course>,
    certain_until: Time,
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
    pub fn new(faults: Vec<(Fault, Stream)>, devices: &[u32], from: Time) -> Self {
        let courses = faults.into_iter().map(|(fault, mut stream)| {
            let next = match fault.when {
                When::At(at, _) => at,
                When::Random(mtbf, _) => from + mtbf.scale(exponential(&mut stream)),
                When::Peak(_) => Time::NEVER,
            };
            Course { fault, stream, next, present: false }
        });
        let mut new = Self {
            courses: courses.collect(),
            certain_until: Time::NEVER,
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
        self.courses.push(Course { fault, stream, next: Time::NEVER, present: false });
        FaultId((self.courses.len() - 1) as u16)
    }

    /// A fault strikes or ends now. Returns it and when it changes next, if it does.
    pub fn turn(&mut self, now: Time, fault: FaultId, strikes: bool) -> (Fault, Option<Time>) {
        let course = &mut self.courses[fault.index()];
        course.present = strikes;
        course.next = match (course.fault.when, strikes) {
            (When::At(_, lasts) | When::Peak(lasts), true) => now + lasts,
            (When::At(..) | When::Peak(_), false) => Time::NEVER,
            (When::Random(_, mttr), true) => now + mttr.scale(exponential(&mut course.stream)).max(Span(1)),
            (When::Random(mtbf, _), false) => now + mtbf.scale(exponential(&mut course.stream)).max(Span(1)),
        };
        // What is destroyed stays destroyed, and what has leaked is known for ever.
        let lasts = matches!(course.fault.kind, FaultKind::Destroy | FaultKind::Compromise(_));
        if lasts && !matches!(course.fault.on, Target::Secret(_)) && strikes {
            course.next = Time::NEVER;
        }
        let (fault, next) = (course.fault.clone(), course.next);
        self.look_ahead();
        (fault, (next != Time::NEVER).then_some(next))
    }

    fn look_ahead(&mut self) {
        self.certain_until = self.courses.iter().map(|course| course.next).min().unwrap_or(Time::NEVER);
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
