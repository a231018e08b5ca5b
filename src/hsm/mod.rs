//! HSMs: the port, the profiles that say what a device or a service can do, and the simulated side. Devices know calls and keys only
//! by number.

mod port;
pub mod profile;
mod service;
mod service_time;
mod sim;
mod timetable;
mod words;

pub use port::{Done, Finished, Job, Ticket};
pub use profile::{Custody, Evidence, Kind, Price, Profile, ProfileError, Quota, RawProfile, RawTiming, Timing};
pub use service::{ServiceHsm, ServiceModel};
pub use service_time::{Distribution, Quantiles, ServiceTime};
pub use sim::{PoolModel, SimHsm};
pub use timetable::Timetable;
pub use words::{ALGORITHMS, Algorithm, CALLS, algorithm, protects};

use crate::kms::{ClassId, QuotaId};
use crate::time::{Span, Time};

/// A site's back-end. Variants, not trait objects: a world can be cloned.
#[derive(Clone, Debug)]
pub enum Hsm {
    /// Simulated devices.
    Sim(SimHsm),
    /// A service.
    Service(ServiceHsm),
}

impl Hsm {
    /// The quota of which a job has to have a token before it is submitted: only services have any.
    #[inline]
    #[must_use]
    pub fn quota(&self, job: Job) -> Option<QuotaId> {
        match self {
            Self::Sim(_) => None,
            Self::Service(service) => service.quota(job),
        }
    }

    /// Takes a job, unless it would wait longer than `patience`. `certain_until`: nothing that touches this back-end changes before.
    #[inline]
    pub fn submit(&mut self, now: Time, job: Job, (patience, certain_until): (Span, Time)) -> Ticket {
        match self {
            Self::Sim(pool) => pool.submit(now, job, (patience, certain_until)),
            Self::Service(service) => service.submit(now, job, certain_until),
        }
    }

    /// An expected end has come: the job, unless it was planned again or lost meanwhile.
    #[inline]
    pub fn finish(&mut self, number: u64) -> Option<Finished> {
        match self {
            Self::Sim(pool) => pool.finish(number),
            Self::Service(service) => service.finish(number),
        }
    }

    /// Whether any device works.
    #[must_use]
    pub fn works(&self) -> bool {
        match self {
            Self::Sim(pool) => pool.works(),
            Self::Service(service) => service.works(),
        }
    }

    /// Engines of working devices; a service that works counts as one.
    #[must_use]
    pub fn engines(&self) -> u32 {
        match self {
            Self::Sim(pool) => pool.engines(),
            Self::Service(service) => service.works().into(),
        }
    }

    /// A device stops or works again: jobs lost by it, and jobs that now end at another time. A service is one device.
    pub fn set_up(&mut self, now: Time, device: u32, up: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        match self {
            Self::Sim(pool) => pool.set_up(now, device, up),
            Self::Service(service) => (service.set_up(now, up), Vec::new()),
        }
    }

    /// A device takes no new jobs and finishes what it has, or takes them again, as [`SimHsm::set_open`] says. Nobody plans work on a
    /// service but who runs it.
    pub fn set_open(&mut self, now: Time, device: u32, open: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        match self {
            Self::Sim(pool) => pool.set_open(now, device, open),
            Self::Service(_) => (Vec::new(), Vec::new()),
        }
    }

    /// A device's service takes `factor` times as long from now on, as [`SimHsm::set_factor`] says.
    pub fn set_factor(&mut self, now: Time, device: u32, factor: f64) -> (Vec<Finished>, Vec<(u64, Time)>) {
        match self {
            Self::Sim(pool) => pool.set_factor(now, device, factor),
            Self::Service(service) => {
                service.set_factor(factor);
                (Vec::new(), Vec::new())
            }
        }
    }

    /// Whether it is known how long wrapping or unwrapping keys of a class takes.
    #[must_use]
    pub fn exchanges(&self, class: ClassId, unwraps: bool) -> bool {
        match self {
            Self::Sim(pool) => pool.exchanges(class, unwraps),
            Self::Service(service) => service.exchanges(class, unwraps),
        }
    }

    /// Jobs waiting now.
    pub fn waiting(&mut self, now: Time) -> usize {
        match self {
            Self::Sim(pool) => pool.waiting(now),
            Self::Service(_) => 0,
        }
    }

    /// Integral of the number waiting since the beginning, job-nanoseconds.
    pub fn waiting_area(&mut self, now: Time) -> u128 {
        match self {
            Self::Sim(pool) => pool.waiting_area(now),
            Self::Service(_) => 0,
        }
    }
}
