//! What can be promised: every metric with its name, the unit of its limit, and what it is measured in.

use crate::scenario::model::Metric;
use crate::units::{Count, Duration, Percent};

/// What a limit is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Time,
    Share,
    Count,
    Cost,
}

/// Every metric with its name and explanation; `keyfleet explain METRIC` prints it.
pub(in crate::scenario) const METRICS: [(&str, Metric, &str); 28] = [
    (
        "p50",
        Metric::Latency(0.5),
        "Median latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p90",
        Metric::Latency(0.9),
        "90 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p95",
        Metric::Latency(0.95),
        "95 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p99",
        Metric::Latency(0.99),
        "99 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p999",
        Metric::Latency(0.999),
        "99.9 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    ("mean", Metric::MeanLatency, "Mean latency of answered operations."),
    (
        "availability",
        Metric::Availability,
        "Share of offered operations whose right answer arrived within the timeout, retries included.",
    ),
    (
        "answered",
        Metric::Answered,
        "Share of operations that were good as users see it: as availability, with those that clients answered themselves, from a data \
         key that they kept (`load.NAME.cache`), counted as good.",
    ),
    (
        "hit_ratio",
        Metric::HitRatio,
        "Share of operations that clients answered themselves, from a data key that they kept (`load.NAME.cache`).",
    ),
    ("wait_p50", Metric::HsmWait(0.5), "Median of the time queued at an HSM, the worst site."),
    ("wait_p90", Metric::HsmWait(0.9), "90 % quantile of the time queued at an HSM, the worst site."),
    ("wait_p95", Metric::HsmWait(0.95), "95 % quantile of the time queued at an HSM, the worst site."),
    ("wait_p99", Metric::HsmWait(0.99), "99 % quantile of the time queued at an HSM, the worst site."),
    ("wait_p999", Metric::HsmWait(0.999), "99.9 % quantile of the time queued at an HSM, the worst site."),
    ("utilisation", Metric::Utilisation, "Highest utilisation of any site's pool of HSMs, of the engines that worked."),
    ("keys_lost", Metric::KeysLost, "Keys without any copy left."),
    (
        "rto",
        Metric::Rto,
        "Time from a fault until requests, of one load or of each, are as good again as in the ten minutes before it, the worst fault; 0 where \
         none suffered more than before, infinite where they still do when the run ends. What begins later than ten minutes after a \
         fault is not counted as its.",
    ),
    (
        "rpo",
        Metric::Rpo,
        "Age of the oldest key version lost with a site, the worst fault; infinite where a key is lost that does not rotate.",
    ),
    (
        "replication_p50",
        Metric::ReplicationLag(0.5),
        "Median of the time from a key version's creation to each of its copies.",
    ),
    (
        "replication_p90",
        Metric::ReplicationLag(0.9),
        "90 % quantile of the time from a key version's creation to each of its copies.",
    ),
    (
        "replication_p99",
        Metric::ReplicationLag(0.99),
        "99 % quantile of the time from a key version's creation to each of its copies.",
    ),
    (
        "replication_p999",
        Metric::ReplicationLag(0.999),
        "99.9 % quantile of the time from a key version's creation to each of its copies.",
    ),
    (
        "rotation_overdue",
        Metric::RotationOverdue,
        "Keys past their cryptoperiod by more than an hour, or a tenth of it where that is less, at the end of the run.",
    ),
    (
        "uses_exceeded",
        Metric::UsesExceeded,
        "Key versions, of one class or of each that has a limit, that were used more often than `rotate.uses` allows; counted from \
         the start of the run, and an operation when it is handed to an HSM.",
    ),
    (
        "copies",
        Metric::Copies,
        "The most copies of a key, of one class or of any, that existed at once: sites that serve it, sites that have it in escrow, and \
         sites that join its shard or have not erased it yet.",
    ),
    (
        "replacement",
        Metric::Replacement,
        "Time from a compromise of keys until the last of them has its successor; infinite where one has none at the end.",
    ),
    (
        "audit_missing",
        Metric::AuditMissing,
        "Accesses that an HSM served and the audit record does not hold, or holds and none served; with audit.access = \"each\" also those that the records and the batches do not both hold: 0 where it is complete.",
    ),
    (
        "cost",
        Metric::Cost,
        "Cost of the fleet, USD per year; use at the mean demand of the year that begins with the run, not at the run's.",
    ),
];

impl Unit {
    pub(super) fn of(metric: Metric) -> Self {
        match metric {
            Metric::Latency(_) | Metric::MeanLatency | Metric::HsmWait(_) => Self::Time,
            Metric::Rto | Metric::Rpo | Metric::ReplicationLag(_) | Metric::Replacement => Self::Time,
            Metric::Availability | Metric::Answered | Metric::HitRatio | Metric::Utilisation => Self::Share,
            Metric::Copies => Self::Count,
            Metric::KeysLost | Metric::RotationOverdue | Metric::UsesExceeded | Metric::AuditMissing => Self::Count,
            Metric::Cost => Self::Cost,
        }
    }

    /// With an example of a limit.
    pub(super) const fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Time => ("a time", "60 ms"),
            Self::Share => ("a share", "99.95 %"),
            Self::Count => ("a number", "0"),
            Self::Cost => ("a cost", "2 M USD/y"),
        }
    }

    /// The limit in seconds, as a fraction, a count, or USD per year.
    pub(super) fn read(self, text: &str) -> Result<f64, String> {
        match self {
            Self::Time => text.parse::<Duration>().map(|d| d.span().as_secs_f64()).map_err(|e| e.to_string()),
            Self::Share => text.parse::<Percent>().map(Percent::fraction).map_err(|e| e.to_string()),
            Self::Count => text.parse::<Count>().map(|c| c.get() as f64).map_err(|e| e.to_string()),
            Self::Cost => match text.strip_suffix("USD/y") {
                Some(amount) => amount.trim().parse::<Count>().map(|c| c.get() as f64).map_err(|e| e.to_string()),
                None => Err(format!("\"{text}\" needs the unit \"USD/y\"")),
            },
        }
    }
}

/// What a metric is measured in, and so which terms an objective about it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::scenario) enum Scope {
    /// Windows of the requests of caller regions, or of all callers.
    Callers,
    /// Windows of each site's pool.
    Pools,
    /// The whole run, or the whole of each survive case.
    Whole,
}

impl Scope {
    pub(in crate::scenario) fn of(metric: Metric) -> Self {
        match metric {
            Metric::Latency(_) | Metric::MeanLatency | Metric::Availability => Self::Callers,
            Metric::Answered | Metric::HitRatio => Self::Callers,
            Metric::Utilisation => Self::Pools,
            Metric::HsmWait(_) | Metric::ReplicationLag(_) | Metric::Rto | Metric::Rpo => Self::Whole,
            Metric::KeysLost | Metric::RotationOverdue | Metric::UsesExceeded | Metric::Replacement => Self::Whole,
            Metric::AuditMissing | Metric::Cost | Metric::Copies => Self::Whole,
        }
    }

    /// For explanations.
    pub(in crate::scenario) const fn in_words(self) -> &'static str {
        match self {
            Self::Callers => "The worst window of the worst caller region counts: `when`, `over` and `each` say which.",
            Self::Pools => "The worst window of the worst site counts: `when` and `over` say which.",
            Self::Whole => {
                "Measured over the whole run and each whole survive case: `when` may be \"run\", \"survive\" or \"any\"."
            }
        }
    }
}
