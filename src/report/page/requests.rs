//! Requests, their latency and the sites that served them, in tables.

use super::pairs;
use crate::report::chart::View;
use crate::report::number;
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::{Block, Quantities, RunDocument};
use std::collections::BTreeMap;

const QUANTILES: [&str; 6] = ["mean", "p50", "p90", "p95", "p99", "p99.9"];

fn quantiles(q: &Quantities, counted: bool) -> impl Iterator<Item = Cell> {
    [q.mean, q.p50, q.p90, q.p95, q.p99, q.p999].into_iter().map(move |e| Cell::number(number::latency(e, counted)))
}

/// Latency of the whole run and of its parts.
pub(super) fn latency(run: &RunDocument) -> String {
    let head = |first: &'static str| [&[first, "availability"][..], &QUANTILES].concat();
    let mut whole = Table::new(
        "Latency over all offered requests, one never answered counting as infinite (∞); the mean is of the finite ones",
        &head("part of the run"),
    );
    let mut row = vec![Cell::text("whole run"), Cell::number(number::share_estimate(run.requests.availability))];
    row.extend(quantiles(&run.latency_ms, run.requests.offered > 0));
    whole.row(row);
    for phase in ["normal", "fault", "recovery"] {
        if let Some(block) = run.phases.get(phase).filter(|b| b.requests.offered > 0) {
            whole.row(block_row(phase, block));
        }
    }
    let mut out = whole.html();
    for (caption, first, blocks) in [("By caller region", "region", &run.regions), ("By load", "load", &run.loads)] {
        out += &blocks_table(caption, &head(first), blocks);
    }
    let mut hsm = Table::new("At the HSMs, per call", &[&["time"][..], &QUANTILES].concat());
    let served = run.sites.values().any(|s| s.calls > 0);
    for (name, q) in [("waiting", &run.hsm_wait_ms), ("in service", &run.hsm_service_ms)] {
        let mut row = vec![Cell::text(name)];
        row.extend(quantiles(q, served));
        hsm.row(row);
    }
    out + &hsm.html()
}

fn blocks_table(caption: &str, head: &[&str], blocks: &BTreeMap<String, Block>) -> String {
    let mut table = Table::new(caption, head);
    for (name, block) in blocks {
        table.row(block_row(name, block));
    }
    table.html()
}

fn block_row(name: &str, block: &Block) -> Vec<Cell> {
    let mut row = vec![Cell::text(name), Cell::number(number::share_estimate(block.requests.availability))];
    row.extend(quantiles(&block.latency_ms, block.requests.offered > 0));
    row
}

/// How many replications a total is over.
fn over(run: &RunDocument) -> String {
    format!("over {}", plural(u64::from(run.replications), "replication"))
}

/// What became of the requests, and why some failed.
pub(super) fn requests(view: &View<'_>) -> String {
    let run = view.run;
    let over = over(run);
    let columns = ["region", "offered", "completed", "failed", "undecided", "retries", "to a host above its bound"];
    let columns = &columns[..columns.len() - usize::from(run.requests.over_bound == 0)];
    let mut table = Table::new(format!("Requests by caller region, {over}"), columns);
    let row = |name: &str, r: &crate::results::Requests| {
        let numbers = [r.offered, r.completed, r.failed, r.in_flight, r.retries, r.over_bound];
        let mut row = vec![Cell::text(name)];
        row.extend(numbers.iter().take(columns.len() - 1).map(|n| Cell::number(number::count(*n))));
        row
    };
    table.row(row("all", &run.requests));
    for (name, block) in &run.regions {
        table.row(row(name, &block.requests));
    }
    let mut reasons: Vec<(&String, &u64)> = run.requests.by_reason.iter().filter(|(_, n)| **n > 0).collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1));
    let mut why = Table::new(format!("Why requests failed, {over}"), &["reason", "requests", "of all offered"]);
    for (reason, n) in reasons {
        let share = *n as f64 / run.requests.offered.max(1) as f64;
        why.row(vec![Cell::text(reason), Cell::number(number::count(*n)), Cell::number(number::share(share))]);
    }
    table.html() + &why.html() + &events(view)
}

/// Announced changes of demand.
fn events(view: &View<'_>) -> String {
    let mut table = Table::new("Announced changes of demand", &["event", "what", "from (UTC)", "lasts"]);
    for event in &view.run.events {
        table.row(vec![
            Cell::text(&event.id),
            Cell::text(&event.what),
            Cell::text(view.moment_label(event.from_s)),
            Cell::number(number::time_s(event.until_s - event.from_s)),
        ]);
    }
    table.html()
}

/// The sites with their pools.
pub(super) fn sites(run: &RunDocument) -> String {
    let mut out = pairs(
        "All HSMs",
        vec![
            ("utilisation", number::share_estimate(run.utilisation)),
            ("calls that waited", number::share_estimate(run.hsm_waited)),
        ],
    );
    let mut table = Table::new(
        format!("Sites; calls and refusals {}", over(run)),
        &[
            "site",
            "region",
            "HSMs",
            "utilisation",
            "busiest 5 min",
            "queue",
            "wait p99",
            "service p99",
            "calls",
            "refused",
            "copies of key versions",
        ],
    );
    for (id, s) in &run.sites {
        let slots = s.key_slots.map_or_else(String::new, |slots| format!(" of {}", number::count(slots)));
        table.row(vec![
            Cell::text(id),
            Cell::text(&s.region),
            Cell::text(format!("{} × {}", s.hsms, s.profile)),
            Cell::number(number::share_estimate(s.utilisation)),
            Cell::number(number::share_estimate(s.utilisation_peak)),
            Cell::number(number::estimate(s.queue_length)),
            Cell::number(number::latency(s.hsm_wait_ms.p99, s.calls > 0)),
            Cell::number(number::latency(s.hsm_service_ms.p99, s.calls > 0)),
            Cell::number(number::count(s.calls)),
            Cell::number(number::count(s.refused)),
            Cell::number(format!("{}{slots}", number::count(s.key_versions))),
        ]);
    }
    out += &table.html();
    out
}
