//! What is promised: an objective, what it measures, and which part of the runs it speaks of. Knows neither runs nor how a value is found.

use crate::kms::{ClassId, LoadId};
use crate::time::Span;

/// A promise that is checked.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its id.
    pub id: String,
    /// As written, such as `p99(authorise) < 60 ms`.
    pub expect: String,
    /// What is measured.
    pub metric: Metric,
    /// The load it is about; all when `None`.
    pub load: Option<LoadId>,
    /// The key class it is about; all when `None`.
    pub class: Option<ClassId>,
    /// How the value is compared with the limit.
    pub comparison: Comparison,
    /// The limit: seconds, a share, a count or USD per year, as the metric has it.
    pub limit: f64,
    /// Which part of the runs.
    pub when: Phase,
    /// Width of the windows of which the worst counts; `None` for the whole of the phase, which is all that most metrics know.
    pub over: Option<Span>,
    /// Whether each caller region counts alone (the worst one), or the fleet as a whole.
    pub each_region: bool,
    /// Controls of standards that it gives evidence for.
    pub control: Vec<String>,
    /// File and line, for annotations.
    pub place: String,
}

/// What an objective measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Latency quantile (0.5, 0.9, 0.95, 0.99, 0.999) over all offered requests, seconds.
    Latency(f64),
    /// Mean latency of answered requests, seconds.
    MeanLatency,
    /// Share of offered requests that were good.
    Availability,
    /// Share of good requests among all, those that clients answered themselves included.
    Answered,
    /// Share of requests that clients answered themselves.
    HitRatio,
    /// Quantile of the time queued at an HSM, seconds.
    HsmWait(f64),
    /// Highest utilisation of any site's pool, a share of the engines that worked.
    Utilisation,
    /// Keys without any copy left.
    KeysLost,
    /// Seconds from a fault until requests are as good again as before it, the worst fault.
    Rto,
    /// Age in seconds of the oldest key version lost with a site, the worst fault.
    Rpo,
    /// Quantile of the time from a version's creation to each of its copies, seconds.
    ReplicationLag(f64),
    /// Keys past their cryptoperiod by more than an hour, or a tenth of it where that is less, at the end of the run.
    RotationOverdue,
    /// Key versions that were used more often than their class allows.
    UsesExceeded,
    /// The most copies of a key that existed at once.
    Copies,
    /// Seconds from a leak until the last leaked key has its successor.
    Replacement,
    /// Accesses that an HSM served and the audit record does not hold, or the other way round; where each has a record of its
    /// own, also those that these and the batches do not both hold.
    AuditMissing,
    /// USD per year.
    Cost,
}

/// How a value is compared with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// Which part of the runs an objective speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The main run, faults included: the default.
    Run,
    /// Windows of the main run without a fault or its aftermath.
    Normal,
    /// Windows of the main run during a fault.
    Fault,
    /// Windows of the main run within ten minutes after a fault.
    Recovery,
    /// The survive cases.
    Survive,
    /// Main run and survive cases.
    Any,
}
