//! What each fault did: to requests, to keys, and how long until all was well again.

use super::paragraph;
use crate::report::chart::View;
use crate::report::number;
use crate::report::table::{Cell, Table};
use crate::results::FaultResult;

pub(super) fn section(view: &View<'_>) -> String {
    let run = view.run;
    if run.faults.is_empty() && run.survive.is_empty() {
        return paragraph("No fault struck in this run, and none was asked to be survived.");
    }
    let explanation = "RTO: from the fault until requests were as good again as before it. RPO: age of the oldest key version lost with what \
                       was struck. Worst windows: the worst five minutes of the caller region that suffered most.";
    let mut out = paragraph(explanation);
    out += &table(view, "Faults of the run (first replication)", &run.faults).html();
    out += &table(view, "Survive cases: each single one, at its own peak", &run.survive).html();
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
            "worst for",
        ],
    );
    let mut worst: Vec<&FaultResult> = faults.iter().collect();
    worst.sort_by(|a, b| b.rto_s.unwrap_or(f64::MAX).total_cmp(&a.rto_s.unwrap_or(f64::MAX)));
    for f in worst {
        let from = if view.until_s() <= 86_400.0 { view.clock.time(f.from_s) } else { view.clock.day_time(f.from_s) };
        let failed = match f.offered {
            0 => number::count(f.failed),
            offered => format!("{} ({})", number::count(f.failed), number::share(f.failed as f64 / offered as f64)),
        };
        let lost = match (f.keys_lost, f.versions_lost) {
            (keys, 0) => number::count(keys),
            (keys, versions) => format!("{} ({} versions)", number::count(keys), number::count(versions)),
        };
        table.row(vec![
            Cell::text(&f.what),
            Cell::text(from),
            Cell::number(number::time_s(f.until_s - f.from_s)),
            Cell::number(number::time_s_or(f.detect_s, "not found")),
            Cell::number(number::time_s_or(f.routed_s, "not routed")),
            Cell::number(number::time_s_or(f.rto_s, "∞ (not in the run)")),
            Cell::number(number::time_s(f.rpo_s)),
            Cell::number(lost),
            Cell::number(failed),
            Cell::number(f.worst_availability.map_or_else(|| number::NOTHING.to_owned(), number::share)),
            Cell::number(f.worst_p99_ms.map_or_else(
                || (if f.offered > 0 { number::INFINITE } else { number::NOTHING }).to_owned(),
                number::time_ms,
            )),
            Cell::text(&f.worst_region),
        ]);
    }
    table
}
