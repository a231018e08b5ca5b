//! The HSM port: jobs in, tickets out. `submit` never blocks.

use crate::kms::{Call, Failure, KeyRef, KeyVersion, Outcome, SiteId};
use crate::time::{Span, Time};

/// What an HSM is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Use a key.
    Use(Call),
    /// Generate a version of a key.
    Generate {
        /// Of this key.
        key: KeyRef,
        /// State of the draws of this attempt.
        luck: u64,
    },
    /// Wrap a version for its way to another site, or unwrap it there.
    Exchange {
        /// Which.
        version: KeyVersion,
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
        /// Unwrap it.
        unwraps: bool,
        /// State of the draws of this attempt.
        luck: u64,
    },
}

/// What is known of a job when it is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// It ends like this, and nothing can change it any more.
    Certain(Done),
    /// It ends like this unless the device changes before; ask [`super::SimHsm::finish`] at that time with this number.
    Expected {
        /// When.
        at: Time,
        /// Which.
        number: u64,
    },
    /// It was not taken.
    Refused(Failure),
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Time,
    /// Time queued.
    pub wait: Span,
    /// Time in service.
    pub service: Span,
}

/// A job that has ended, with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The job.
    pub job: Job,
    /// What became of it.
    pub outcome: Outcome,
    /// Time queued.
    pub wait: Span,
    /// Time in service.
    pub service: Span,
}
