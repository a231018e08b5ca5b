//! Planned work and pushes in the report: what was out when, what each site can spare, and how far a wrong configuration got.

use super::paragraph;
use crate::report::chart::View;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{PlannedWork, RunDocument, SpareSite, WorkBlock};

/// Stretches of hours that are shown of a site.
const MOST_STRETCHES: usize = 8;

/// Nothing where nothing is planned and nothing pushed.
pub(super) fn section(view: &View<'_>) -> String {
    let Some(block) = &view.run.work else { return String::new() };
    let mut out = String::new();
    if !block.planned.is_empty() {
        out += &paragraph(
            "What each site can spare follows from demand, service times and the stated limit of utilisation alone. Safe hours, in the \
             site's local time: one device may be out for work and one more be lost, and what is left is not busier than the limit, in \
             any week of the run. At most at once: so many may be out in the whole window while one more is lost.",
        );
        out += &planned(view, block).html();
        out += &spare(block).html();
    }
    if !block.pushes.is_empty() {
        out += &pushes(view, block).html();
    }
    out
}

fn planned(view: &View<'_>, block: &WorkBlock) -> Table {
    const HEAD: [&str; 7] = ["work", "what", "out at once", "done", "of", "began (UTC)", "all back (UTC)"];
    let mut table = Table::new("Planned work, per replication", &HEAD);
    let moment = |at: Option<f64>, none: &str| at.map_or_else(|| none.to_owned(), |at| view.moment_label(at));
    for (id, work) in &block.planned {
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::text(format!("{}, {} by {}", work.kind, work.unit, work.unit)),
            Cell::number(at_once(work)),
            Cell::number(tally(work.done)),
            Cell::number(number::count(u64::from(work.of))),
            Cell::number(moment(work.began_s.value, "not in the run")),
            Cell::number(moment(work.ended_s.value, "not in the run")),
        ]);
    }
    table
}

fn at_once(work: &PlannedWork) -> String {
    let all = work.sites.values().map(|site| site.at_once);
    let (least, most) = (all.clone().min().unwrap_or(0), all.max().unwrap_or(0));
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

fn spare(block: &WorkBlock) -> Table {
    const HEAD: [&str; 8] = [
        "work",
        "site",
        "devices",
        "out at once",
        "at most at once",
        "safe hours a week",
        "which",
        "engines busy at most",
    ];
    let mut table = Table::new("What each site can spare", &HEAD).listed();
    for (id, work) in &block.planned {
        for (site, spare) in &work.sites {
            table.row(vec![
                Cell::text(id.as_str()),
                Cell::text(site.as_str()),
                Cell::number(spare.devices.to_string()),
                Cell::number(spare.at_once.to_string()),
                Cell::number(spare.most_at_once.to_string()),
                Cell::number(format!("{} of {}", spare.safe_hours, spare.known_hours)),
                Cell::text(hours(spare)),
                Cell::number(number::significant(spare.busiest_engines)),
            ]);
        }
    }
    table
}

/// The safe hours in words.
fn hours(spare: &SpareSite) -> String {
    match spare.safe.len() {
        0 => "none".to_owned(),
        n if n <= MOST_STRETCHES => spare.safe.join(", "),
        n => format!("{}, and {} more", spare.safe[..MOST_STRETCHES].join(", "), n - MOST_STRETCHES),
    }
}

fn pushes(view: &View<'_>, block: &WorkBlock) -> Table {
    const HEAD: [&str; 5] = ["push", "wave", "sites", "went out (UTC)", "noticed (UTC)"];
    let mut table = Table::new("Wrong configurations that went out, first replication", &HEAD);
    for (id, push) in &block.pushes {
        for (number, wave) in push.waves.iter().enumerate() {
            let noticed = push.noticed_s.filter(|_| number == 0);
            table.row(vec![
                Cell::text(id.as_str()),
                Cell::number((number + 1).to_string()),
                Cell::text(wave.sites.join(", ")),
                Cell::number(wave.at_s.map_or_else(|| "spared".to_owned(), |at| view.moment_label(at))),
                Cell::number(noticed.map_or_else(String::new, |at| view.moment_label(at))),
            ]);
        }
    }
    table
}

/// What the terminal says of it, line by line; nothing where nothing is planned and nothing pushed.
pub(crate) fn work(run: &RunDocument) -> Vec<String> {
    let Some(block) = &run.work else { return Vec::new() };
    let mut lines = Vec::new();
    for (id, work) in &block.planned {
        let ended = work.ended_s.value.map_or_else(
            || "not all are back by the end".to_owned(),
            |at| format!("all back {} after the start", number::time_s(at)),
        );
        let beyond = work.sites.iter().filter(|(_, site)| work.unit == "device" && site.at_once > site.most_at_once);
        let beyond: Vec<&str> = beyond.map(|(id, _)| id.as_str()).collect();
        let least = work.sites.values().min_by_key(|site| site.safe_hours);
        let (safe, known) = least.map_or((0, 0), |site| (site.safe_hours, site.known_hours));
        let mut line = format!(
            "{id} ({}): {} of {} {}s done, {} at once, {ended}; of {known} hours of the week at least \
             {safe} are safe at each site",
            work.kind,
            tally(work.done),
            work.of,
            work.unit,
            at_once(work)
        );
        if !beyond.is_empty() {
            line += &format!("; more at once than can be spared with one more lost at {}", beyond.join(", "));
        }
        lines.push(line + ".");
    }
    for (id, push) in &block.pushes {
        let gone = push.waves.iter().filter(|wave| wave.at_s.is_some()).count();
        lines.push(format!(
            "{id}: {gone} of {} waves went out before it was noticed, to {} of the HSMs.",
            push.waves.len(),
            number::share(push.reached)
        ));
    }
    lines
}
