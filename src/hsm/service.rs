//! A service that somebody else runs: calls take their time side by side, so that nobody waits. What limits it is a quota, which
//! sites share; it only says which quota a job takes a token of, and does not know how full that is.

use super::port::{Done, Finished, Job, Ticket};
use super::timetable::Timetable;
use crate::kms::{ClassId, Failure, Outcome, QuotaId};
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a service does for its callers.
#[derive(Clone, Debug)]
pub struct ServiceModel {
    /// Times of jobs.
    pub times: Timetable,
    /// Quotas of calls: index `class × calls + call`; `None` where none is for them.
    pub calls: Vec<Option<QuotaId>>,
    /// Call names in the scenario.
    pub names: usize,
    /// Quotas of the creation of keys, by class.
    pub creations: Vec<Option<QuotaId>>,
    /// Quotas of wrapping and of unwrapping keys, by class.
    pub exchanges: Vec<[Option<QuotaId>; 2]>,
}

/// A job that reaches over the next possible change.
#[derive(Clone, Copy, Debug)]
struct Open {
    job: Job,
    start: Time,
    end: Time,
}

/// A service at a site.
#[derive(Clone, Debug)]
pub struct ServiceHsm {
    model: Arc<ServiceModel>,
    up: bool,
    factor: f64,
    /// By number.
    open: BTreeMap<u64, Open>,
    numbers: u64,
}

impl ServiceHsm {
    /// A service that works.
    #[must_use]
    pub const fn new(model: Arc<ServiceModel>) -> Self {
        Self { model, up: true, factor: 1.0, open: BTreeMap::new(), numbers: 0 }
    }

    /// The quota that a job takes a token of; none while the service is away.
    #[must_use]
    pub fn quota(&self, job: Job) -> Option<QuotaId> {
        if !self.up {
            return None;
        }
        match job {
            Job::Use(call) => self.model.calls[call.key.class.index() * self.model.names + call.call.index()],
            Job::Generate { key, .. } => self.model.creations[key.class.index()],
            Job::Exchange { version, unwraps, .. } => {
                self.model.exchanges[version.key.class.index()][usize::from(unwraps)]
            }
        }
    }

    /// Takes a job that has its token. `certain_until`: nothing that touches this service changes before.
    pub(super) fn submit(&mut self, now: Time, job: Job, certain_until: Time) -> Ticket {
        if !self.up {
            return Ticket::Refused(Failure::NoDevice);
        }
        let Some(time) = self.model.times.draw(job) else { return Ticket::Refused(Failure::KeyMissing) };
        let service = if self.factor == 1.0 { time } else { time.scale(self.factor) };
        let end = now + service;
        if end <= certain_until {
            return Ticket::Certain(Done { at: end, wait: Span::ZERO, service });
        }
        self.numbers += 1;
        self.open.insert(self.numbers, Open { job, start: now, end });
        Ticket::Expected { at: end, number: self.numbers }
    }

    pub(super) fn finish(&mut self, number: u64) -> Option<Finished> {
        let open = self.open.remove(&number)?;
        let service = open.end.since(open.start);
        Some(Finished { job: open.job, outcome: Outcome::Done, wait: Span::ZERO, service })
    }

    pub(super) const fn works(&self) -> bool {
        self.up
    }

    pub(super) fn exchanges(&self, class: ClassId, unwraps: bool) -> bool {
        self.model.times.exchanges(class, unwraps)
    }

    /// The service goes away or comes back. What it worked on is lost.
    pub(super) fn set_up(&mut self, now: Time, up: bool) -> Vec<Finished> {
        self.up = up;
        if up {
            return Vec::new();
        }
        let outcome = Outcome::Failed(Failure::DeviceLost);
        let lost = std::mem::take(&mut self.open).into_values();
        lost.map(|o| Finished { job: o.job, outcome, wait: Span::ZERO, service: now.since(o.start) }).collect()
    }

    /// Jobs that begin from now on take `factor` times as long.
    pub(super) const fn set_factor(&mut self, factor: f64) {
        self.factor = factor;
    }
}
