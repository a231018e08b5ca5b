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
pub use words::{ALGORITHMS, Algorithm, CALLS, algorithm};

/// A site's back-end. Variants, not trait objects: a world can be cloned.
#[derive(Clone, Debug)]
pub enum Hsm {
    /// Simulated devices.
    Sim(SimHsm),
}
