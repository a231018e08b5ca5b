//! The survey on the page: what each loss costs, from the worst on, and how much depends on one provider, vendor or country.

use super::paragraph;
use crate::report::number;
use crate::report::table::{Cell, Table};
use crate::results::{RunDocument, Share, SurveyBlock, SurveyRow};
use std::collections::BTreeMap;

/// The section; empty without a survey.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(block) = &run.surveyed else { return String::new() };
    let explanation = "Each component, and each group that one cause takes down together, lost once, alone, at its own peak. Lost: \
                       of all requests of the fleet while it lasted, those that were not good. Unusable: keys that nobody else serves. \
                       Last: keys of which no copy lies elsewhere, not even in escrow, which are gone if it is lost for good. \
                       Exposed: keys of which a copy lies there, for whoever breaks in.";
    paragraph(explanation) + &paragraph(&reading(block)) + &components(block).html() + &concentration(block)
}

/// What to see in it.
fn reading(block: &SurveyBlock) -> String {
    let harmless = block.components.iter().filter(|row| row.fault.failed.or_zero() == 0.0).count();
    let rest = match harmless {
        0 => "no loss leaves every request good".to_owned(),
        n => format!("with {n} of {} no request is lost", block.components.len()),
    };
    match block.components.first().filter(|row| row.fault.failed.or_zero() > 0.0) {
        Some(worst) => {
            format!(
                "The worst is {}: {} of the requests are lost; {rest}.",
                worst.fault.what,
                number::share(worst.lost_share)
            )
        }
        None => "No single loss costs a request.".to_owned(),
    }
}

fn components(block: &SurveyBlock) -> Table {
    let head =
        ["", "what is lost", "requests lost", "share", "RTO", "keys unusable", "last", "exposed", "p99 risen most"];
    let mut table = Table::new("What each loss costs, per replication, the worst first", &head).listed();
    for (number, row) in block.components.iter().enumerate() {
        let fault = &row.fault;
        let rise = fault.p99_rise.as_ref().map_or_else(
            || number::NOTHING.to_owned(),
            |rise| {
                let during = rise.during_ms.map_or_else(|| number::INFINITE.to_owned(), |ms| number::time_s(ms / 1e3));
                format!("{} → {during} ({})", number::time_s(rise.before_ms / 1e3), rise.region)
            },
        );
        table.row(vec![
            Cell::number((number + 1).to_string()),
            Cell::text(&fault.what),
            Cell::number(number::tally(fault.failed)),
            Cell::number(number::share(row.lost_share)),
            Cell::number(number::time_s_or(fault.rto_s, number::INFINITE)),
            Cell::number(number::count(row.keys_unusable)),
            Cell::number(number::count(row.keys_last)),
            Cell::number(number::count(row.keys_exposed)),
            Cell::number(rise),
        ]);
    }
    table
}

fn concentration(block: &SurveyBlock) -> String {
    let head = ["by", "", "sites", "keys served there", "nowhere else", "calls"];
    let mut table = Table::new("How much depends on one", &head);
    for (by, shares) in &block.concentration {
        for (name, of) in ordered(shares) {
            table.row(vec![
                Cell::text(by),
                Cell::text(name),
                Cell::number(of.sites.to_string()),
                Cell::number(number::share(of.keys)),
                Cell::number(number::share(of.keys_only)),
                Cell::number(number::share(of.calls)),
            ]);
        }
    }
    table.html()
}

/// The largest first.
fn ordered(shares: &BTreeMap<String, Share>) -> Vec<(&String, &Share)> {
    let mut all: Vec<(&String, &Share)> = shares.iter().collect();
    all.sort_by(|a, b| b.1.keys.total_cmp(&a.1.keys).then(b.1.calls.total_cmp(&a.1.calls)));
    all
}

/// Rows of the worst losses for a terminal, the head first; nothing without a survey.
pub(crate) fn worst(run: &RunDocument, most: usize) -> Vec<Vec<String>> {
    let Some(block) = &run.surveyed else { return Vec::new() };
    let head = ["", "lost", "RTO", "unusable", "last", "exposed"];
    let row = |row: &SurveyRow| {
        vec![
            row.fault.what.clone(),
            number::share(row.lost_share),
            number::time_s_or(row.fault.rto_s, number::INFINITE),
            number::count(row.keys_unusable),
            number::count(row.keys_last),
            number::count(row.keys_exposed),
        ]
    };
    let head = head.map(str::to_owned).to_vec();
    std::iter::once(head).chain(block.components.iter().take(most).map(row)).collect()
}

/// What depends most on one provider, vendor and country, in a sentence.
pub(crate) fn depends(run: &RunDocument) -> Option<String> {
    let block = run.surveyed.as_ref()?;
    let most = |by: &str| {
        // Sites that need nobody depend on nobody.
        let named = |(name, _): &(&String, &Share)| by != "custodians" || *name != "nobody";
        let (name, of) = ordered(block.concentration.get(by)?).into_iter().find(named)?;
        Some(format!(
            "{by} {name} {} of the keys, {} of them nowhere else, and {} of the calls",
            number::share(of.keys),
            number::share(of.keys_only),
            number::share(of.calls)
        ))
    };
    let told: Vec<String> = ["provider", "vendor", "jurisdiction", "custodians"].into_iter().filter_map(most).collect();
    (!told.is_empty()).then(|| format!("most depends on: {}", told.join("; ")))
}
