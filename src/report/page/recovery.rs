//! Backups and recoveries in the report: what the time went into until a site was back.

use super::paragraph;
use crate::report::number::{self, NOTHING, tally};
use crate::report::table::{Cell, Table};
use crate::results::{Estimate, RecoveryBlock, RecoveryResult, RunDocument};

/// Recoveries that the terminal tells.
const MOST: usize = 6;

/// Nothing where nothing is saved, and nothing had to be brought back.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(block) = &run.recovery else { return String::new() };
    let mut out = String::new();
    if !block.recoveries.is_empty() {
        out += &paragraph(
            "The way back of a site has four parts, one after the other, which add up to the time from the strike until it serves again: \
             until somebody is paged, until it is decided what to do, until the custodians who are needed are there, and what \
             machines take, waiting for power or hardware included. Means over all replications.",
        );
        out += &recoveries(block).html();
    }
    if !block.backups.is_empty() {
        out += &backups(block).html();
    }
    out
}

fn recoveries(block: &RecoveryBlock) -> Table {
    const HEAD: [&str; 10] = [
        "fault",
        "site",
        "recovery",
        "detect",
        "decide",
        "people",
        "machine",
        "ready after",
        "backup's age",
        "versions restored",
    ];
    let mut table = Table::new("What the time to recover went into, per site", &HEAD);
    for r in &block.recoveries {
        let part = |part: Estimate| Cell::number(number::time_s_or(part.value, NOTHING));
        table.row(vec![
            Cell::text(r.what.as_str()),
            Cell::text(r.site.as_str()),
            Cell::text(r.kind.as_str()),
            part(r.detect_s),
            part(r.decide_s),
            part(r.people_s),
            part(r.machine_s),
            Cell::number(number::time_s_or(r.ready_s.value, "not in the run")),
            part(r.backup_age_s),
            Cell::number(tally(r.key_versions)),
        ]);
    }
    table
}

fn backups(block: &RecoveryBlock) -> Table {
    const HEAD: [&str; 7] = [
        "site",
        "complete",
        "broken off",
        "missed",
        "key versions",
        "each took",
        "versions sent by others after a loss",
    ];
    let mut table = Table::new("Backups, per replication", &HEAD);
    for (site, backup) in &block.backups {
        table.row(vec![
            Cell::text(site.as_str()),
            Cell::number(tally(backup.complete)),
            Cell::number(tally(backup.broken)),
            Cell::number(tally(backup.missed)),
            Cell::number(tally(backup.key_versions)),
            Cell::number(number::time_s_or(backup.took_s.value, NOTHING)),
            Cell::number(tally(backup.refilled)),
        ]);
    }
    table
}

/// What the terminal says of it, line by line: of each fault the site that took longest.
pub(crate) fn recovery(run: &RunDocument) -> Vec<String> {
    let Some(block) = &run.recovery else { return Vec::new() };
    let longest = |r: &&RecoveryResult| r.ready_s.value.unwrap_or(f64::INFINITY);
    let mut faults: Vec<&str> = block.recoveries.iter().map(|r| r.fault.as_str()).collect();
    faults.dedup();
    let slowest = |fault: &str| {
        let theirs = block.recoveries.iter().filter(|r| r.fault == fault);
        theirs.reduce(|a, b| if longest(&b) > longest(&a) { b } else { a })
    };
    let mut lines: Vec<String> = faults.iter().take(MOST).filter_map(|fault| slowest(fault)).map(line).collect();
    if faults.len() > MOST {
        lines.push(format!("and {} faults more", faults.len() - MOST));
    }
    let sum = |figure: fn(&crate::results::BackupResult) -> Estimate| -> f64 {
        block.backups.values().map(|backup| figure(backup).or_zero()).sum()
    };
    let plain = |count: f64| tally(Estimate { value: Some(count), half_width: None });
    let (broken, missed) = (sum(|b| b.broken), sum(|b| b.missed));
    if broken + missed > 0.0 {
        lines.push(format!(
            "of {} backups {} were broken off and {} did not begin, for the site was down or the one before still ran",
            plain(sum(|b| b.complete) + broken + missed),
            plain(broken),
            plain(missed)
        ));
    }
    lines
}

fn line(r: &RecoveryResult) -> String {
    let Some(ready) = r.ready_s.value else {
        return format!("{}: site {} is not back by the end of the run", r.what, r.site);
    };
    let part = |part: Estimate| number::time_s(part.or_zero());
    let age = match r.backup_age_s.value {
        Some(age) => format!("; its backup was {} old", number::time_s(age)),
        None => String::new(),
    };
    let late = match r.unfinished.or_zero() {
        0.0 => String::new(),
        times => {
            format!("; not back by the end of the run in {} of its outages", number::share(times / r.times.or_zero()))
        }
    };
    format!(
        "{}: site {} back after {}: detect {}, decide {}, people {}, machine {}{age}{late}",
        r.what,
        r.site,
        number::time_s(ready),
        part(r.detect_s),
        part(r.decide_s),
        part(r.people_s),
        part(r.machine_s)
    )
}
