//! Data keys that clients keep: what they answered themselves, and what users saw of the whole.

use super::paragraph;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::RunDocument;

/// Nothing where no client keeps any.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(block) = &run.caches else { return String::new() };
    let explanation = "A request whose client still has the data key of its key is answered there and then. It reaches no gate, site or \
                       HSM, and is counted here only: all other tables and objectives, but for “answered” and “hit_ratio”, are of \
                       requests that reached the service. Expected: λT/(1 + λT) for a client that asks λ times a second for a key \
                       whose data key lasts T, at the mean demand. Counts are means per replication.";
    let mut table = Table::new("Data keys kept by clients, by load", &HEAD).listed();
    for (id, load) in &block.loads {
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(number::time_s(load.for_s)),
            Cell::number(load.uses.map_or_else(|| "no limit".to_owned(), number::count)),
            Cell::number(number::count(load.clients)),
            Cell::number(tally(load.hits)),
            Cell::number(tally(load.misses)),
            Cell::number(number::share_estimate(load.hit_ratio)),
            Cell::number(number::share(load.expected_hit_ratio)),
            Cell::number(number::share_estimate(load.lowest_hit_ratio)),
            Cell::number(number::share_estimate(load.answered)),
            Cell::number(tally(load.emptied)),
        ]);
    }
    paragraph(explanation) + &table.html()
}

const HEAD: [&str; 11] = [
    "load",
    "kept for",
    "uses at most",
    "clients",
    "answered by clients",
    "reached the service",
    "hit ratio",
    "expected",
    "lowest of five minutes",
    "good, as users see it",
    "caches emptied",
];

/// What clients answered themselves, in a sentence, where they keep data keys.
pub(crate) fn caches(run: &RunDocument) -> Option<String> {
    let block = run.caches.as_ref()?;
    let emptied = match block.emptied.or_zero() > 0.0 {
        true => format!("; the caches of {} clients were emptied", tally(block.emptied)),
        false => String::new(),
    };
    Some(format!(
        "data keys kept by clients answered {} of {} requests, {} reached the service; good as users see it {}{emptied}",
        number::share_estimate(block.hit_ratio),
        number::significant(block.hits.or_zero() + block.misses.or_zero()),
        tally(block.misses),
        number::share_estimate(block.answered),
    ))
}
