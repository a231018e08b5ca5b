//! What the fleet costs, what the figures rest on, and how to get the same run again.

use super::paragraph;
use crate::report::chart::View;
use crate::report::number;
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::RunDocument;

/// Cost by kind, with what it leaves out.
pub(super) fn cost(run: &RunDocument) -> String {
    let cost = &run.cost;
    let mut table = Table::new("Cost per year", &[]);
    for (name, v) in [
        ("devices", cost.devices_usd_per_year),
        ("keys", cost.keys_usd_per_year),
        ("operations", cost.operations_usd_per_year),
        ("transfer between regions", cost.transfer_usd_per_year),
        ("total", cost.total_usd_per_year),
    ] {
        table.row(vec![Cell::text(name), Cell::number(number::usd(v))]);
    }
    if let Some(v) = cost.usd_per_million_calls {
        table.row(vec![Cell::text("per million calls"), Cell::number(number::usd(v))]);
    }
    let mut out = table.html();
    out += &paragraph(&format!(
        "Devices: what is paid once (usd_once) is spread over {} (assumed), beside what each hour and each year costs.",
        plural(cost.purchase_years as u64, "year")
    ));
    out += &paragraph(
        "Operations, transfer, calls: at the mean demand stated for the year that begins with the run (shape, holidays, growth, \
         each event once; of a history, its own mean), not at that of the hours simulated; served as in the parts of the run \
         without a fault, where it has any.",
    );
    if !cost.unpriced.is_empty() {
        out += &paragraph(&format!("Without a price in the data, so not counted: {}.", cost.unpriced.join(", ")));
    }
    out
}

/// Each figure with its badge and source.
pub(super) fn provenance(run: &RunDocument) -> String {
    if run.provenance.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Measured on the thing itself, published by a cited source, or assumed without one",
        &["figure", "value", "belief", "source or reason"],
    );
    for row in &run.provenance {
        table.row(vec![Cell::text(&row.what), Cell::text(&row.value), Cell::Badge(row.badge), Cell::text(&row.source)]);
    }
    table.html()
}

/// The scenario and the command that repeats the run.
pub(super) fn run(view: &View<'_>) -> String {
    let run = view.run;
    let s = &run.scenario;
    let mut table = Table::new("Scenario and run", &[]);
    let mut row = |name: &str, value: Cell| table.row(vec![Cell::text(name), value]);
    row("scenario", Cell::text(&s.name));
    row("digest of the resolved scenario (SHA-256)", Cell::Code(s.digest.clone()));
    row("digest of all that happened", Cell::Code(run.trace_digest.clone()));
    row("seed", Cell::Code(s.seed.to_string()));
    row("begins", Cell::text(format!("{} UTC", view.clock.date_time(0.0))));
    row("lasts", Cell::text(number::time_s(s.run_s)));
    row("warm-up, not counted", Cell::text(number::time_s(run.warm_up_s)));
    row("counted, each replication", Cell::text(number::time_s(run.simulated_s)));
    row("replications", Cell::text(number::count(u64::from(run.replications))));
    row("fidelity", Cell::text(&run.fidelity));
    let again = "scenario.toml beside this report is the scenario as it ran: every default, what was set on the command \
                 line, and the seed are written out in it, and load histories and inventories of keys that it names lie beside it, too.";
    let command =
        if view.run.surveyed.is_some() { "keyfleet run scenario.toml --survey" } else { "keyfleet run scenario.toml" };
    format!("{}<h3>The same run again</h3>\n{}<pre><code>{command}</code></pre>\n", table.html(), paragraph(again))
}
