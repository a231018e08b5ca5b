//! Emergency access in the report: what took how long, what was done under grants, what was refused, and what became of the keys.

use super::pairs;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{EmergencyFigures, Estimate, GrantSpan, RunDocument};
use std::collections::BTreeMap;

/// The section; nothing where there is no emergency access.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(figures) = &run.emergency.figures else { return String::new() };
    let mut out = grants(figures);
    let first = &figures.first_answer;
    let time = |estimate: Estimate| estimate.value.map_or_else(|| "–".to_owned(), number::time_s);
    out += &pairs(
        "From the fault to the first use of a key elsewhere, mean over replications",
        vec![
            ("until a grant was asked for", time(first.detect_s)),
            ("until enough people had approved it", time(first.decide_s)),
            ("until the region was fenced and its leases had run out", time(first.fence_s)),
            ("until a caller knew, and a key was used", time(first.machine_s)),
            ("all", time(first.all_s)),
        ],
    );
    let mut rows = vec![
        ("grants asked for", tally(figures.asked)),
        ("grants that began", tally(figures.began)),
        ("operations under them", tally(figures.accesses)),
        ("keys opened", tally(figures.keys_opened)),
        ("keys rotated afterwards", tally(figures.keys_rotated)),
        ("keys that waited for it at the end", tally(figures.keys_waiting)),
        ("the last of them after the fence was lifted", time(figures.rotated_after_s)),
        ("leases lost by sites that were not dark", tally(figures.leases_lost)),
    ];
    let (refused, denied) = (by_reason(&figures.refused), by_reason(&figures.denied));
    rows.push(("calls refused that named a grant", refused));
    rows.push(("people refused", denied));
    out + &pairs("What came of it, per replication", rows)
}

/// Counts by reason, in words.
pub(crate) fn by_reason(counts: &BTreeMap<String, Estimate>) -> String {
    if counts.is_empty() {
        return "0".to_owned();
    }
    counts.iter().map(|(why, count)| format!("{why} {}", tally(*count))).collect::<Vec<_>>().join(", ")
}

/// The grants of the first replication, one a row.
fn grants(figures: &EmergencyFigures) -> String {
    if figures.spans.is_empty() {
        return String::new();
    }
    const HEAD: [&str; 9] =
        ["grant", "region", "asked", "answers", "fenced", "began", "ended", "fence lifted", "operations"];
    let mut table = Table::new("Grants of the first replication", &HEAD);
    let after = |span: &GrantSpan, at: Option<f64>| {
        at.map_or_else(|| "–".to_owned(), |at| format!("+{}", number::time_s(at - span.asked_s)))
    };
    for span in &figures.spans {
        let ended = match &span.why {
            Some(why) => format!("{}: {why}", after(span, span.ended_s)),
            None => "–".to_owned(),
        };
        table.row(vec![
            Cell::text(span.grant.to_string()),
            Cell::text(&span.region),
            Cell::number(number::time_s(span.asked_s)),
            Cell::text(format!("{} yes, {} no", span.yes, span.no)),
            Cell::number(after(span, span.fenced_s)),
            Cell::number(after(span, span.began_s)),
            Cell::text(&ended),
            Cell::number(after(span, span.lifted_s)),
            Cell::number(number::count(span.accesses)),
        ]);
    }
    table.html()
}

/// What the terminal says of it, line by line; nothing where nothing happened.
pub(crate) fn emergency(run: &RunDocument) -> Vec<String> {
    let Some(figures) = &run.emergency.figures else { return Vec::new() };
    let mut lines = Vec::new();
    if figures.asked.or_zero() > 0.0 {
        let text = format!(
            "grants asked for: {}; began: {}; operations under them: {}; keys opened: {}; of these rotated afterwards: {}, \
             waiting at the end: {}",
            tally(figures.asked),
            tally(figures.began),
            tally(figures.accesses),
            tally(figures.keys_opened),
            tally(figures.keys_rotated),
            tally(figures.keys_waiting)
        );
        lines.push(text);
    }
    let first = &figures.first_answer;
    if let Some(all) = first.all_s.value {
        let part = |estimate: Estimate| number::time_s(estimate.or_zero());
        lines.push(format!(
            "first use of a key {} after the fault: found {}, people {}, fence and leases {}, machines {}",
            number::time_s(all),
            part(first.detect_s),
            part(first.decide_s),
            part(first.fence_s),
            part(first.machine_s)
        ));
    }
    if !figures.refused.is_empty() || !figures.denied.is_empty() {
        let (calls, people) = (by_reason(&figures.refused), by_reason(&figures.denied));
        lines.push(format!("refused: calls {calls}; people {people}"));
    }
    if figures.leases_lost.or_zero() > 0.0 {
        lines.push(format!("leases lost by sites that were not dark: {}", tally(figures.leases_lost)));
    }
    lines
}
