//! The life of keys during the run, and whether the audit record is complete.

use super::{pairs, paragraph};
use crate::report::number::{self, count, tally};
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::{Ledger, RunDocument};

pub(super) fn section(run: &RunDocument) -> String {
    let (keys, replication, rotation) = (&run.keys, &run.replication, &run.rotation);
    let mut life = vec![
        ("keys at the start", count(keys.keys)),
        ("key versions at the start, retired ones included, at most", count(keys.versions)),
        ("copies of these in key slots", count(keys.copies)),
        ("keys lost", lost(run)),
    ];
    if keys.left_in_escrow.or_zero() > 0.0 {
        life.push(("keys that lost their last host and were left in escrow", tally(keys.left_in_escrow)));
        life.push(("keys in escrow only, at the end", tally(keys.in_escrow)));
    }
    life.push(("share of key-time without a reachable copy", number::share_estimate(keys.unavailable)));
    let mut out = pairs("Keys, per replication", life);
    out += &ledgers(run);
    let copied = replication.copies.or_zero() > 0.0;
    let late = replication.late.or_zero() > 0.0;
    out += &pairs(
        "Replication, per replication of the run",
        vec![
            ("copies made", tally(replication.copies)),
            ("lag, median", number::latency(replication.lag_ms.p50, copied)),
            ("lag, p99", number::latency(replication.lag_ms.p99, copied)),
            ("lag, p99.9", number::latency(replication.lag_ms.p999, copied)),
            ("copies that came after their version was active", tally(replication.late)),
            ("so long their hosts could not serve the key, p99", number::latency(replication.late_ms.p99, late)),
            ("copies that sites had missed and got later", tally(replication.missed)),
            (
                "from a fault's end until all had theirs",
                number::time_s_or(replication.caught_up_s.value, "none missed"),
            ),
            ("versions in use lost with their last copy", tally(replication.versions_lost)),
            ("versions lost before they were in use", tally(replication.unused_lost)),
        ],
    );
    let rotated = rotation.completed.or_zero() > 0.0;
    out += &pairs(
        "Rotation, per replication of the run",
        vec![
            ("fell due", tally(rotation.due)),
            ("completed", tally(rotation.completed)),
            ("overdue at the end", tally(rotation.overdue)),
            ("duration, median", number::latency(rotation.duration_ms.p50, rotated)),
            ("duration, p99", number::latency(rotation.duration_ms.p99, rotated)),
        ],
    );
    out + &changes(run) + &store(run) + &audit(run)
}

/// How many keys are lost, and where there are any, of which classes.
fn lost(run: &RunDocument) -> String {
    let all = tally(run.keys.lost);
    let classes = run.keys.classes.iter().filter(|(_, ledger)| ledger.lost.or_zero() > 0.0);
    let classes: Vec<String> = classes.map(|(id, ledger)| format!("{id} {}", tally(ledger.lost))).collect();
    if classes.is_empty() || run.keys.classes.len() < 2 { all } else { format!("{all} ({})", classes.join(", ")) }
}

/// Planned changes of the fleet, where there are any.
fn changes(run: &RunDocument) -> String {
    let Some(block) = &run.changes else { return String::new() };
    const HEAD: [&str; 6] =
        ["change", "what", "begins at", "takes", "shards with other hosts", "shards left as they were"];
    let mut table = Table::new("Planned changes of the fleet, per replication", &HEAD).listed();
    for (id, change) in &block.changes {
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::text(format!("{} {}", change.kind, change.what)),
            Cell::number(number::time_s(change.at_s)),
            Cell::number(number::time_s_or(change.took_s.value, "not made by the end")),
            Cell::number(tally(change.shards)),
            Cell::number(tally(change.refused)),
        ]);
    }
    let moved = vec![
        ("copies of key versions that sites got when they joined a shard", tally(block.copies_moved)),
        ("keys provisioned", tally(block.keys_provisioned)),
        ("copies of keys that sites erased because they serve them no more", tally(block.keys_erased)),
        ("calls to sites that served their shard no more", tally(block.outdated_calls)),
    ];
    table.html() + &pairs("What they moved, per replication", moved)
}

/// What the metadata store did, where anything was asked of it.
fn store(run: &RunDocument) -> String {
    let store = &run.metadata;
    if store.operations.or_zero() == 0.0 {
        return String::new();
    }
    let waited = store.rotations_delayed.or_zero() > 0.0;
    pairs(
        &format!("Metadata store in {}, per replication of the run", store.regions.join(", ")),
        vec![
            ("operations", tally(store.operations)),
            ("writes that met another epoch", tally(store.conflicts)),
            ("operations without an answer in time", tally(store.unanswered)),
            ("time without a leader that reaches a majority", number::time_s(store.unavailable_s.or_zero())),
            ("leaders elected", tally(store.leader_changes)),
            ("rotations that waited for it", tally(store.rotations_delayed)),
            ("still waiting at the end", tally(store.rotations_waiting)),
            ("wait, median", number::latency(store.delay_ms.p50, waited)),
            ("wait, p99", number::latency(store.delay_ms.p99, waited)),
        ],
    )
}

/// What was wrong with the metadata store, in a sentence, if anything was and anybody could notice.
pub(crate) fn metadata(run: &RunDocument) -> Option<String> {
    let store = &run.metadata;
    let (away, delayed) = (store.unavailable_s.or_zero(), store.rotations_delayed.or_zero());
    if store.operations.or_zero() == 0.0 || away == 0.0 && delayed == 0.0 {
        return None;
    }
    let mut text = format!(
        "metadata store: unavailable for {}; leaders elected: {}; rotations that waited for it: {}",
        number::time_s(away),
        tally(store.leader_changes),
        tally(store.rotations_delayed)
    );
    if store.delay_ms.p50.value.is_some() {
        text += &format!(", those that went on for a median of {}", number::latency(store.delay_ms.p50, true));
    }
    if store.rotations_waiting.or_zero() > 0.0 {
        text += &format!("; that still wait: {}", tally(store.rotations_waiting));
    }
    Some(text)
}

/// What auditors ask of each class: how old, how often used, in which states; and of leaked keys how soon they were replaced.
fn ledgers(run: &RunDocument) -> String {
    const HEAD: [&str; 9] = [
        "class",
        "keys",
        "cryptoperiod",
        "oldest active version",
        "most used version",
        "deactivated versions",
        "compromised versions",
        "overdue at the end",
        "late, key-hours",
    ];
    let mut table = Table::new("Cryptoperiod ledger, at the end of the run, per replication", &HEAD).listed();
    for (id, ledger) in &run.keys.classes {
        let state = |name: &str| ledger.states.get(name).map_or_else(|| "0".to_owned(), |count| tally(*count));
        let uses = match ledger.uses_allowed {
            Some(allowed) => {
                let beyond = match ledger.uses_exceeded {
                    over if over.or_zero() > 0.0 => format!("; beyond it {} versions", tally(over)),
                    _ => String::new(),
                };
                format!("{} of {}{beyond}", tally(ledger.most_uses), count(allowed))
            }
            None => "not limited".to_owned(),
        };
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(count(ledger.keys)),
            Cell::number(number::time_s_or(ledger.cryptoperiod_s, "does not rotate")),
            Cell::number(number::time_s_or(ledger.oldest_s.value, "unknown")),
            Cell::number(uses),
            Cell::number(state("deactivated")),
            Cell::number(state("compromised")),
            Cell::number(tally(ledger.overdue)),
            Cell::number(tally(ledger.overdue_hours)),
        ]);
    }
    table.html() + &slots(run) + &leaks(run)
}

/// Rotations that waited for key slots, where there are any.
fn slots(run: &RunDocument) -> String {
    let waited = run.keys.classes.iter().filter(|(_, ledger)| ledger.waited_for_slots.or_zero() > 0.0);
    let waited: Vec<String> =
        waited.map(|(id, ledger)| format!("{} of {id}", tally(ledger.waited_for_slots))).collect();
    if waited.is_empty() {
        return String::new();
    }
    paragraph(&format!(
        "Rotations that had to wait until a device had a key slot free for the successor, per replication: {}. A version keeps its \
         slot until it is destroyed: a shorter `keep`, fewer copies or devices with more slots would help.",
        waited.join(", ")
    ))
}

fn leaks(run: &RunDocument) -> String {
    const HEAD: [&str; 7] = [
        "class",
        "leaks of keys",
        "replaced",
        "last one after",
        "generation alone takes, so many at once",
        "on all engines",
        "operations under leaked versions",
    ];
    let mut table = Table::new("Leaked keys, per replication", &HEAD).listed();
    let leaked = |ledger: &&Ledger| ledger.leaked.or_zero() > 0.0;
    for (id, ledger) in run.keys.classes.iter().filter(|(_, ledger)| leaked(ledger)) {
        table.row(vec![
            Cell::text(id.as_str()),
            Cell::number(tally(ledger.leaked)),
            Cell::number(tally(ledger.replaced)),
            Cell::number(number::time_s_or(ledger.replacement_s.value, "not all at the end")),
            Cell::number(number::time_s_or(ledger.generation_at_once_s, "impossible")),
            Cell::number(number::time_s_or(ledger.generation_s, "impossible")),
            Cell::number(tally(ledger.exposed)),
        ]);
    }
    table.html()
}

fn audit(run: &RunDocument) -> String {
    let audit = &run.audit;
    let mut figures = vec![
        ("emergency grants", count(run.emergency.grants)),
        ("accesses under them", count(run.emergency.accesses)),
        ("sealed batches", count(audit.batches)),
        ("accesses recorded in them", count(audit.accesses)),
        ("accesses served", count(audit.served)),
        ("accesses refused, recorded in batches", count(audit.refused)),
    ];
    figures.extend(audit.singly.map(|singly| ("accesses with a record of their own", count(singly))));
    figures.push(("events of key life recorded", count(audit.key_events)));
    figures.push(("records in the log of the first", count(audit.records)));
    let over = plural(u64::from(run.replications), "replication");
    let mut out = pairs(&format!("Emergency access and audit, over {over}"), figures);
    if audit.served > 0 || audit.accesses > 0 {
        out += &paragraph(&if audit.missing > 0 {
            format!("The audit record and what the HSMs served differ by {} accesses.", count(audit.missing))
        } else if audit.singly.is_some() {
            "The audit record is complete: every access, served or not, is in a batch and has a record of its own."
                .to_owned()
        } else {
            "The audit record is complete: every access that an HSM served is in it.".to_owned()
        });
    }
    out
}
