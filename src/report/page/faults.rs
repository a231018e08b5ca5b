//! What each fault did: to requests, to keys, and how long until all was well again.

use super::paragraph;
use crate::report::chart::{View, p99_rise};
use crate::report::number;
use crate::report::table::{Cell, Table};
use crate::results::{Estimate, FaultResult};

pub(super) fn section(view: &View<'_>) -> String {
    let run = view.run;
    if run.faults.is_empty() && run.survive.is_empty() {
        return paragraph("No fault struck in this run, and none was asked to be survived.");
    }
    let explanation = "RTO: from the fault until requests were as good again as before it. RPO: age of the oldest key version \
                       lost with what was struck, of keys lost for good the oldest version kept; ∞ where such a key does not \
                       rotate, so that nothing says how old it is. Times and counts are means per replication. Worst: the worst five \
                       minutes of the caller region that is named, replications pooled. p99 risen most: from the five \
                       minutes before the fault to its worst five. What failed, the worst availability and p99 count everything in \
                       the fault's time, whatever its cause: other faults and planned changes, too.";
    let mut out = paragraph(explanation);
    let random = run.faults.iter().any(|f| f.replications < run.replications);
    let caption = match random {
        true => "Faults of the run, per replication; those that strike at random as in the first one",
        false => "Faults of the run, per replication",
    };
    out += &table(view, caption, &run.faults).html();
    out += &table(view, "Survive cases: each single one, at its own peak, per replication", &run.survive).html();
    out
}

fn table(view: &View<'_>, caption: &str, faults: &[FaultResult]) -> Table {
    let mut table = Table::new(
        caption,
        &[
            "fault",
            "from (UTC)",
            "lasts",
            "found",
            "routed",
            "RTO",
            "RPO",
            "keys lost",
            "failed",
            "worst availability",
            "worst p99",
            "p99 risen most",
        ],
    );
    let mut worst: Vec<&FaultResult> = faults.iter().collect();
    worst.sort_by(|a, b| b.rto_s.unwrap_or(f64::MAX).total_cmp(&a.rto_s.unwrap_or(f64::MAX)));
    for f in worst {
        let failed = match f.offered.or_zero() {
            offered if offered == 0.0 || f.failed.or_zero() == 0.0 => number::tally(f.failed),
            offered => format!("{} ({})", number::tally(f.failed), number::share(f.failed.or_zero() / offered)),
        };
        let versions =
            (f.versions_lost.or_zero() > 0.0).then(|| format!("{} versions", number::tally(f.versions_lost)));
        let escrow =
            (f.left_in_escrow.or_zero() > 0.0).then(|| format!("{} left in escrow", number::tally(f.left_in_escrow)));
        let more: Vec<String> = versions.into_iter().chain(escrow).collect();
        let lost = match more.is_empty() {
            true => number::tally(f.keys_lost),
            false => format!("{} ({})", number::tally(f.keys_lost), more.join(", ")),
        };
        let p99 = Estimate { value: f.worst_p99_ms, half_width: None };
        let available = f.worst_availability.map_or_else(|| number::NOTHING.to_owned(), number::share);
        table.row(vec![
            Cell::text(&f.what),
            Cell::text(view.moment_label(f.from_s)),
            Cell::number(number::time_s(f.until_s - f.from_s)),
            Cell::number(number::time_s_or(f.detect_s, "not found")),
            Cell::number(number::time_s_or(f.routed_s, "not routed")),
            Cell::number(number::time_s_or(f.rto_s, "∞ (not in the run)")),
            Cell::number(number::time_s_or(f.rpo_s, number::INFINITE)),
            Cell::number(lost),
            Cell::number(failed),
            Cell::number(in_region(available, &f.worst_region)),
            Cell::number(in_region(number::latency(p99, !f.worst_p99_region.is_empty()), &f.worst_p99_region)),
            Cell::number(p99_rise(f)),
        ]);
    }
    table
}

/// A figure with the caller region it is of.
fn in_region(figure: String, region: &str) -> String {
    if region.is_empty() { figure } else { format!("{figure} ({region})") }
}
