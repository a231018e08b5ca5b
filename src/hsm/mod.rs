//! HSMs: the port, the profiles that say what a device can do, and the simulated side. Devices know calls and keys only by
//! number.

mod port;
pub mod profile;
mod service_time;
mod sim;
mod words;

pub use port::{Done, Finished, Job, Ticket};
pub use profile::{Custody, Evidence, Price, Profile, ProfileError, RawProfile, RawTiming, Timing};
pub use service_time::{Distribution, Quantiles, ServiceTime};
pub use sim::{PoolModel, SimHsm};
pub use words::{ALGORITHMS, Algorithm, CALLS, algorithm, protects};

use crate::kms::ClassId;
use crate::time::{Span, Time};

/// A site's back-end. Variants, not trait objects: a world can be cloned.
#[derive(Clone, Debug)]
pub enum Hsm {
    /// Simulated devices.
    Sim(SimHsm),
}

impl Hsm {
    /// Takes a job, unless it would wait longer than `patience`. `certain_until`: nothing that touches this back-end changes before.
    #[inline]
    pub fn submit(&mut self, now: Time, job: Job, (patience, certain_until): (Span, Time)) -> Ticket {
        let Self::Sim(pool) = self;
        pool.submit(now, job, (patience, certain_until))
    }

    /// An expected end has come: the job, unless it was planned again or lost meanwhile.
    #[inline]
    pub fn finish(&mut self, number: u64) -> Option<Finished> {
        let Self::Sim(pool) = self;
        pool.finish(number)
    }

    /// Whether any device works.
    #[must_use]
    pub fn works(&self) -> bool {
        let Self::Sim(pool) = self;
        pool.works()
    }

    /// Engines of working devices.
    #[must_use]
    pub fn engines(&self) -> u32 {
        let Self::Sim(pool) = self;
        pool.engines()
    }

    /// A device stops or works again: jobs lost by it, and jobs that now end at another time.
    pub fn set_up(&mut self, now: Time, device: u32, up: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        let Self::Sim(pool) = self;
        pool.set_up(now, device, up)
    }

    /// A device takes no new jobs and finishes what it has, or takes them again, as [`SimHsm::set_open`] says.
    pub fn set_open(&mut self, now: Time, device: u32, open: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        let Self::Sim(pool) = self;
        pool.set_open(now, device, open)
    }

    /// A device's service takes `factor` times as long from now on, as [`SimHsm::set_factor`] says.
    pub fn set_factor(&mut self, now: Time, device: u32, factor: f64) -> (Vec<Finished>, Vec<(u64, Time)>) {
        let Self::Sim(pool) = self;
        pool.set_factor(now, device, factor)
    }

    /// Whether it is known how long wrapping or unwrapping keys of a class takes.
    #[must_use]
    pub fn exchanges(&self, class: ClassId, unwraps: bool) -> bool {
        let Self::Sim(pool) = self;
        pool.exchanges(class, unwraps)
    }

    /// Jobs waiting now.
    pub fn waiting(&mut self, now: Time) -> usize {
        let Self::Sim(pool) = self;
        pool.waiting(now)
    }

    /// Integral of the number waiting since the beginning, job-nanoseconds.
    pub fn waiting_area(&mut self, now: Time) -> u128 {
        let Self::Sim(pool) = self;
        pool.waiting_area(now)
    }
}
