//! Connections: handshakes by site, and what they cost.

use super::paragraph;
use crate::report::chart::View;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{RunDocument, TransportBlock};

/// Nothing where there is no network.
pub(super) fn section(view: &View<'_>) -> String {
    let Some(block) = &view.run.transport else { return String::new() };
    let explanation = "Every link is TLS 1.3. A request on a connection that is not open waits for two round trips, and for the \
                       front end of the site. Refused: the front end had no room. Not accepted: the certificate had expired or was \
                       revoked. Counts are means per replication.";
    paragraph(explanation) + &paragraph(&costs(block)) + &table(view, block).html()
}

fn costs(block: &TransportBlock) -> String {
    let share = block.per_request.or_zero();
    let requests = match share > 0.0 {
        true => format!("one for {} requests", number::significant(1.0 / share)),
        false => "none".to_owned(),
    };
    let connected = block.took_ms.p50.value.is_some();
    format!(
        "Handshakes: {} full, {} resumed: {requests}. Until a client was connected it took a median of {}, p99 {}; of it at the \
         front end's queue p99 {}.",
        tally(block.full),
        tally(block.resumed),
        number::latency(block.took_ms.p50, connected),
        number::latency(block.took_ms.p99, connected),
        number::latency(block.wait_ms.p99, connected),
    )
}

fn table(view: &View<'_>, block: &TransportBlock) -> Table {
    const HEAD: [&str; 10] = [
        "site",
        "full",
        "resumed",
        "refused",
        "not accepted",
        "connections broken",
        "mean wait",
        "busiest second",
        "at (UTC), first replication",
        "front end busy",
    ];
    let mut table = Table::new("Handshakes by site, per replication", &HEAD).listed();
    for (id, site) in &block.sites {
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(tally(site.full)),
            Cell::number(tally(site.resumed)),
            Cell::number(tally(site.refused)),
            Cell::number(tally(site.distrusted)),
            Cell::number(tally(site.broken)),
            Cell::number(number::latency(site.wait_mean_ms, site.wait_mean_ms.value.is_some())),
            Cell::number(tally(site.busiest_per_s)),
            Cell::number(site.busiest_at_s.map_or_else(|| number::NOTHING.to_owned(), |s| view.moment_label(s))),
            Cell::number(number::share_estimate(site.utilisation)),
        ]);
    }
    table
}

/// What went wrong with connections, in a sentence, if anything did.
pub(crate) fn transport(run: &RunDocument) -> Option<String> {
    let block = run.transport.as_ref()?;
    let [broken, refused, distrusted] = [block.broken, block.refused, block.distrusted].map(|count| count.or_zero());
    if broken + refused + distrusted == 0.0 {
        return None;
    }
    let busiest = block.sites.iter().max_by(|a, b| {
        let of = |site: &crate::results::TransportSite| site.busiest_per_s.or_zero();
        of(a.1).total_cmp(&of(b.1)).then(b.0.cmp(a.0))
    });
    let busiest = busiest.map_or_else(String::new, |(id, site)| {
        format!("; the most in a second: {} at {id}", tally(site.busiest_per_s))
    });
    Some(format!(
        "connections: {} broke; handshakes: {} full, {} resumed, {} refused by front ends, {} for the certificate{busiest}",
        tally(block.broken),
        tally(block.full),
        tally(block.resumed),
        tally(block.refused),
        tally(block.distrusted),
    ))
}
