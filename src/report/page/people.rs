//! Custodians in the report: what a month asks of each group, how long sites waited for them, and the ceremonies and drills.

use super::paragraph;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{CustodiansBlock, CustodiansWait, PeopleBlock, RunDocument};

/// Nothing where there are no custodians.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(block) = &run.people else { return String::new() };
    let explanation = "A month is 30 days: as many ceremonies and drills as are planned, each as they were in the run, or as stated where \
                       none was held; call-outs as in the run, extrapolated from it. Hours are those of all who came, on the way there \
                       and back and at the site. Out of hours: times that one had to set off then. Too few at hand: the probability \
                       that a call finds fewer than the quorum, each being away by himself; out of hours of those who may be called.";
    let mut out = paragraph(explanation) + &groups(block).html();
    if block.groups.values().any(|group| group.waited.is_some()) {
        out += &waits(block).html();
    }
    if !block.ceremonies.is_empty() {
        out += &ceremonies(block).html();
    }
    out
}

fn groups(block: &PeopleBlock) -> Table {
    const HEAD: [&str; 11] = [
        "custodians",
        "quorum",
        "sites",
        "ceremonies",
        "drills",
        "call-outs",
        "hours",
        "on the way",
        "out of hours",
        "too few at hand",
        "out of hours",
    ];
    let mut table = Table::new("What a month asks of custodians", &HEAD).listed();
    for (id, group) in &block.groups {
        let month = &group.month;
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(format!("{} of {}", group.quorum, group.of)),
            Cell::text(if group.sites.is_empty() { "none".to_owned() } else { group.sites.join(", ") }),
            Cell::number(number::trimmed(month.ceremonies)),
            Cell::number(number::trimmed(month.drills)),
            Cell::number(number::trimmed(month.recoveries.or_zero())),
            Cell::number(number::trimmed(month.hours.or_zero())),
            Cell::number(number::trimmed(month.travel_hours.or_zero())),
            Cell::number(number::trimmed(month.out_of_hours.or_zero())),
            Cell::number(number::share(group.short)),
            Cell::number(number::share(group.short_out_of_hours)),
        ]);
    }
    table
}

fn waits(block: &PeopleBlock) -> Table {
    const HEAD: [&str; 6] = ["custodians", "called", "waited in the mean", "at worst", "nobody came", "times absent"];
    let mut table = Table::new("How long sites waited for a quorum, per replication", &HEAD);
    for (id, group) in &block.groups {
        let Some(waited) = &group.waited else { continue };
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(tally(waited.calls)),
            Cell::number(number::time_s_or(waited.mean_s.value, number::NOTHING)),
            Cell::number(number::time_s(waited.worst_s)),
            Cell::number(tally(waited.never)),
            Cell::number(tally(group.absent)),
        ]);
    }
    table
}

fn ceremonies(block: &PeopleBlock) -> Table {
    const HEAD: [&str; 9] =
        ["what", "custodians", "site", "every", "people take", "held", "put off", "since it was due", "restoring"];
    let mut table = Table::new("Ceremonies and drills, per replication", &HEAD).listed();
    for (id, one) in &block.ceremonies {
        table.row(vec![
            Cell::text(id.replacen('.', " ", 1)),
            Cell::text(one.custodians.as_str()),
            Cell::text(one.site.as_str()),
            Cell::number(number::time_s(one.every_s)),
            Cell::number(number::time_s(one.takes_s)),
            Cell::number(tally(one.held)),
            Cell::number(tally(one.put_off)),
            Cell::number(number::time_s_or(one.took_s.value, number::NOTHING)),
            Cell::number(number::time_s_or(one.restores_s.value, number::NOTHING)),
        ]);
    }
    table
}

/// What the terminal says of them, a line for each group; nothing where there are none.
pub(crate) fn people(run: &RunDocument) -> Vec<String> {
    let Some(block) = &run.people else { return Vec::new() };
    block.groups.iter().map(|(id, group)| line(id, group)).collect()
}

fn line(id: &str, group: &CustodiansBlock) -> String {
    let month = &group.month;
    let sites = match group.sites.len() {
        1 => "1 site".to_owned(),
        sites => format!("{sites} sites"),
    };
    let times = [
        (month.ceremonies, "ceremony", "ceremonies"),
        (month.drills, "drill", "drills"),
        (month.recoveries.or_zero(), "call-out", "call-outs"),
    ];
    let told = times.into_iter().filter(|(times, ..)| *times > 0.0);
    let told =
        told.map(|(times, one, more)| format!("{} {}", number::trimmed(times), if times == 1.0 { one } else { more }));
    let told: Vec<String> = told.collect();
    let mut line = format!("{id} ({} of {}, {sites}): ", group.quorum, group.of);
    line += &match told.is_empty() {
        true => "nothing asks for them in a month".to_owned(),
        false => format!(
            "a month with {}{} takes {} hours of them, {} on the way; {} set off out of hours",
            told.join(", "),
            if month.recoveries.or_zero() > 0.0 { ", as often as in this run," } else { "" },
            number::trimmed(month.hours.or_zero()),
            number::trimmed(month.travel_hours.or_zero()),
            number::trimmed(month.out_of_hours.or_zero()),
        ),
    };
    if let Some(CustodiansWait { mean_s, worst_s, never, .. }) = &group.waited {
        if let Some(mean) = mean_s.value {
            line += &format!(
                "; sites waited {} for them in the mean, {} at worst",
                number::time_s(mean),
                number::time_s(*worst_s)
            );
        }
        if never.or_zero() > 0.0 {
            line += &format!("; after {} calls too few are known to come", tally(*never));
        }
    }
    if group.short > 0.0 {
        line += &format!("; {} of the calls find fewer than {} at hand", number::share(group.short), group.quorum);
    }
    if group.short < 1.0 && group.short_out_of_hours >= 1.0 {
        line += "; out of hours too few may be called";
    }
    line + "."
}
