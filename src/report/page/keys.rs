//! The life of keys during the run, and whether the audit record is complete.

use super::{pairs, paragraph};
use crate::report::number::{self, count, tally};
use crate::report::text::plural;
use crate::results::RunDocument;

pub(super) fn section(run: &RunDocument) -> String {
    let (keys, replication, rotation) = (&run.keys, &run.replication, &run.rotation);
    let mut out = pairs(
        "Keys, per replication",
        vec![
            ("keys", count(keys.keys)),
            ("key versions, retired ones included", count(keys.versions)),
            ("copies of these at all sites", count(keys.copies)),
            ("keys lost", tally(keys.lost)),
            ("share of key-time without a reachable copy", number::share_estimate(keys.unavailable)),
        ],
    );
    let copied = replication.copies.or_zero() > 0.0;
    out += &pairs(
        "Replication, per replication of the run",
        vec![
            ("copies made", tally(replication.copies)),
            ("lag, median", number::latency(replication.lag_ms.p50, copied)),
            ("lag, p99", number::latency(replication.lag_ms.p99, copied)),
            ("lag, p99.9", number::latency(replication.lag_ms.p999, copied)),
            ("versions lost before their second copy", tally(replication.versions_lost)),
        ],
    );
    let rotated = rotation.completed.or_zero() > 0.0;
    out += &pairs(
        "Rotation, per replication of the run",
        vec![
            ("fell due", tally(rotation.due)),
            ("completed", tally(rotation.completed)),
            ("overdue at the end", tally(rotation.overdue)),
            ("duration, median", number::latency(rotation.duration_ms.p50, rotated)),
            ("duration, p99", number::latency(rotation.duration_ms.p99, rotated)),
        ],
    );
    out + &audit(run)
}

fn audit(run: &RunDocument) -> String {
    let audit = &run.audit;
    let mut out = pairs(
        &format!("Emergency access and audit, over {}", plural(u64::from(run.replications), "replication")),
        vec![
            ("emergency grants", count(run.emergency.grants)),
            ("accesses under them", count(run.emergency.accesses)),
            ("sealed batches", count(audit.batches)),
            ("accesses recorded", count(audit.accesses)),
            ("accesses served", count(audit.served)),
            ("events of key life recorded", count(audit.key_events)),
            ("records in the log of the first", count(audit.records)),
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
