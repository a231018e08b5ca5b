//! The life of keys during the run, and whether the audit record is complete.

use super::{pairs, paragraph};
use crate::report::number::{self, count};
use crate::results::RunDocument;

pub(super) fn section(run: &RunDocument) -> String {
    let (keys, replication, rotation) = (&run.keys, &run.replication, &run.rotation);
    let mut out = pairs(
        "Keys",
        vec![
            ("keys", count(keys.keys)),
            ("versions kept, retired ones included", count(keys.versions)),
            ("keys lost", number::estimate(keys.lost)),
            ("share of key-time without a reachable copy", number::share_estimate(keys.unavailable)),
        ],
    );
    let copied = replication.copies > 0;
    out += &pairs(
        "Replication",
        vec![
            ("copies made", count(replication.copies)),
            ("lag, median", number::latency(replication.lag_ms.p50, copied)),
            ("lag, p99", number::latency(replication.lag_ms.p99, copied)),
            ("lag, p99.9", number::latency(replication.lag_ms.p999, copied)),
            ("versions lost before their second copy", count(replication.versions_lost)),
        ],
    );
    let rotated = rotation.completed > 0;
    out += &pairs(
        "Rotation",
        vec![
            ("fell due", count(rotation.due)),
            ("completed", count(rotation.completed)),
            ("overdue at the end", count(rotation.overdue)),
            ("duration, median", number::latency(rotation.duration_ms.p50, rotated)),
            ("duration, p99", number::latency(rotation.duration_ms.p99, rotated)),
        ],
    );
    out + &audit(run)
}

fn audit(run: &RunDocument) -> String {
    let audit = &run.audit;
    let mut out = pairs(
        "Emergency access and audit",
        vec![
            ("emergency grants", count(run.emergency.grants)),
            ("accesses under them", count(run.emergency.accesses)),
            ("sealed batches", count(audit.batches)),
            ("accesses recorded", count(audit.accesses)),
            ("accesses served", count(audit.served)),
            ("events of key life recorded", count(audit.key_events)),
        ],
    );
    if audit.served > 0 || audit.accesses > 0 {
        out += &paragraph(&if audit.accesses == audit.served {
            "The audit record is complete: every access that an HSM served is in it.".to_owned()
        } else {
            let missing = audit.served.abs_diff(audit.accesses);
            format!("The audit record and what the HSMs served differ by {} accesses.", count(missing))
        });
    }
    out
}
