//! Copies in escrow: they serve nobody and cost no slot, outlive the hosts of their keys, and come back with a site that joins.

use super::{Story, moved_to};
use crate::fleet::{QUIET, Whole, parse, s, site_id};
use crate::shipped;
use keyfleet::inventory::Inventory;
use keyfleet::kms::{Fact, KeyRef, KeyState, ShardId, SiteId};
use keyfleet::scenario;
use keyfleet::service::Directory;
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::collections::BTreeSet;
use std::path::Path;

/// A hundred keys with a host in one region, a partner copy in the next and one in escrow in the third, which has no room for
/// any more keys in its devices.
fn fleet(rest: &str) -> String {
    format!(
        r#"run = "1 h"
{QUIET}
custody = "wrapped"
op.wrap = {{ mean = "1 ms" }}
op.unwrap = {{ mean = "1 ms" }}
[profile.small]
generate = "100/s"
exchange = "box"
key_slots = 10
op.sign = {{ mean = "1 ms" }}
[region]
de = {{ at = "Frankfurt", device = "box", sites = 2 }}
nl = {{ at = "Amsterdam", device = "box" }}
jp = {{ at = "Tokyo", device = "small", sites = 2 }}
[key.card]
count = {{ de = 100 }}
algorithm = "rsa-2048"
stay = "anywhere"
copies = 1
partner_copies = 1
escrow_copies = 1
rotate = {{ every = "10 h", keep = "10 h" }}
[load.sign]
from = {{ de = "20/s" }}
calls = ["sign"]
key = "card"
[health]
phase = "0 s"
[metadata]
regions = ["jp"]
{rest}"#
    )
}

/// Both regions that serve the keys burn down, and a hall that is built later joins.
const LOST: &str = r#"
[change]
hall = { join = "region.de.site.b", at = "40 min" }
[fault]
first = { on = "region.de.site.a", kind = "destroy", at = "10 min" }
then = { on = "region.nl", kind = "destroy", at = "20 min" }
"#;

fn keys_at(story: &Story, directory: &Directory, site: SiteId) -> (u32, u32) {
    let blueprint = Blueprint::new(story.scenario.clone());
    let shards = blueprint.catalog().shards.shards().iter().enumerate();
    let keys = |part: fn(&Directory, ShardId) -> &[SiteId]| {
        let held = shards.clone().filter(|(i, _)| part(directory, ShardId(*i as u32)).contains(&site));
        held.map(|(_, shard)| shard.keys).sum()
    };
    (keys(|d, shard| d.hosts(shard).serving()), keys(|d, shard| d.hosts(shard).escrow()))
}

#[test]
fn what_is_in_escrow_serves_nobody_and_takes_no_slot() {
    let story = Story::of(&fleet(""));
    let (served, sealed): (Vec<u32>, Vec<u32>) = ["de.a", "de.b", "nl.a", "jp.a", "jp.b"]
        .into_iter()
        .map(|site| keys_at(&story, &story.after, site_id(&story.scenario, site)))
        .unzip();
    assert_eq!((served[0] + served[1], served[2], served[3] + served[4]), (100, 100, 0), "two hosts of each");
    assert_eq!((sealed[..3].iter().sum::<u32>(), sealed[3] + sealed[4]), (0, 100), "ten slots, and all in escrow");
    assert_eq!((story.served("jp.a"), story.served("jp.b"), story.failed()), (0, 0, 0));
    // A successor goes to all three; who seals it away does not open it.
    let made = story.count(|fact| matches!(fact, Fact::Generated { .. }));
    let far = |site: SiteId| story.scenario.sites[site.index()].region.index() == 2;
    let copied = story.count(|fact| matches!(fact, Fact::Copied { site, .. } if far(*site)));
    assert!(made > 0 && copied == made, "{made} {copied}");
}

#[test]
fn copies_in_escrow_are_wrapped_and_not_unwrapped() {
    let quiet = fleet("").replace("\"20/s\"", "\"0.001/s\"").replace("every = \"10 h\"", "every = \"2 h\"");
    let whole = Whole::of(
        &quiet
            .replace("op.wrap = { mean = \"1 ms\" }", "op.wrap = { mean = \"1 s\" }")
            .replace("op.unwrap = { mean = \"1 ms\" }", "op.unwrap = { mean = \"3 s\" }"),
    );
    let busy = |site: &str| whole.site(site).slots.iter().map(|slot| slot.busy as f64 / 1e9).sum::<f64>();
    let made = whole.replica().recorder.keys.generated as f64;
    let each = |site: &str| busy(site) / made;
    assert!(made > 30.0, "{made}");
    let (home, partner) = (each("de.a") + each("de.b"), each("nl.a"));
    assert!((home - 2.0).abs() < 0.1 && (partner - 3.0).abs() < 0.1, "wrapped twice, unwrapped once: {home} {partner}");
    assert!(each("jp.a") + each("jp.b") < 0.01, "what is in escrow stays wrapped");
}

#[test]
fn keys_that_lost_their_hosts_come_back_from_escrow_with_a_site_that_joins() {
    let story = Story::of(&fleet(LOST));
    let left: Vec<_> = story
        .facts
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::LeftInEscrow { site, keys, .. } => Some((*at, *site, *keys)),
            _ => None,
        })
        .collect();
    assert_eq!(left, [(s(1200.0), site_id(&story.scenario, "nl.a"), 100)]);
    assert_eq!((story.record.keys.keys_lost, story.record.keys.left_in_escrow), (0, 100));
    let (end, refused) = story.ended(0);
    assert!(refused == 0 && end > s(2400.0) && end < s(2400.0 + 300.0), "{end}");
    let hall = site_id(&story.scenario, "de.b");
    assert_eq!((keys_at(&story, &story.before, hall), keys_at(&story, &story.after, hall)), ((0, 0), (100, 0)));
    // Every version, retired ones too.
    let moved = moved_to(&story, hall);
    assert_eq!(moved.iter().map(|v| v.key).collect::<BTreeSet<KeyRef>>().len(), 100);
    let destroyed = story.count(|fact| matches!(fact, Fact::Destroyed(_)));
    assert!(moved.len() + destroyed >= 200 && moved.len() < 210, "{} moved, {destroyed} destroyed", moved.len());
    // From the loss until they are back, and until routing tables know.
    let dark = end.since(s(1200.0)).as_secs_f64();
    let failed = story.failed() as f64 / 20.0;
    assert!(failed > dark * 0.97 && failed < dark + 150.0, "{failed} s of {dark}");
    assert!(story.served("de.b") as f64 > 20.0 * (3600.0 - end.as_secs_f64() - 60.0) * 0.9);
}

#[test]
fn what_fell_due_in_escrow_is_replaced_once_a_host_is_there() {
    let story = Story::of(&fleet(LOST).replace("every = \"10 h\", keep = \"10 h\"", "every = \"2 h\", keep = \"2 h\""));
    let at = |wanted: &dyn Fn(&Fact) -> bool| -> Vec<Time> {
        story.facts.iter().filter(|(_, fact)| wanted(fact)).map(|(at, _)| *at).collect()
    };
    let due = at(&|fact| matches!(fact, Fact::RotationDue { .. }));
    let made = at(&|fact| matches!(fact, Fact::Generated { .. }));
    let away = s(1230.0)..s(2400.0);
    assert!(due.iter().filter(|at| away.contains(at)).count() > 10, "keys age in escrow, too");
    assert_eq!(made.iter().filter(|at| away.contains(at)).count(), 0, "nobody is there who could make a successor");
    let waiting = story.record.keys.pending().len();
    let given_up = at(&|fact| matches!(fact, Fact::GivenUp(_))).len();
    assert!(waiting < 5 && given_up == 0, "{waiting} wait at the end, {given_up} were given up");
    assert_eq!(story.record.keys.ledgers[0].states[KeyState::Active as usize], 100);
}

#[test]
fn a_leaked_key_is_compromised_in_escrow_too() {
    let leak = "leak = { on = \"key.card\", kind = \"compromise\", at = \"30 min\" }\n";
    let story = Story::of(&fleet(&format!("{LOST}{leak}")));
    let ledger = &story.record.keys.ledgers[0];
    assert_eq!((ledger.compromised, ledger.replaced), (100, 100));
    assert!(ledger.replacement > Span::from_secs(600), "not before a host is there: {}", ledger.replacement);
}

#[test]
fn keys_are_lost_with_their_last_copy_in_escrow() {
    let more = "last = { on = \"region.jp\", kind = \"destroy\", at = \"30 min\" }\n";
    let story = Story::of(&fleet(&format!("{LOST}{more}")));
    assert_eq!((story.record.keys.keys_lost, story.record.keys.left_in_escrow), (100, 100));
    // The other way round there is nothing left to be in escrow.
    let other = fleet(&format!("{LOST}{more}").replace("\"30 min\"", "\"15 min\""));
    let story = Story::of(&other);
    assert_eq!((story.record.keys.keys_lost, story.record.keys.left_in_escrow), (100, 0));
    let fault = |run: &Whole, what: &str| {
        let fault = run.document.faults.iter().find(|fault| fault.id == what).unwrap();
        (fault.keys_lost.value, fault.left_in_escrow.value)
    };
    let run = Whole::of(&fleet(&format!("{LOST}{more}")));
    assert_eq!((fault(&run, "then"), fault(&run, "last")), ((Some(0.0), Some(100.0)), (Some(100.0), Some(0.0))));
}

/// Nothing restores the number of copies by itself; that the lost site leaves the fleet does.
#[test]
fn a_lost_site_that_leaves_has_its_copies_made_again() {
    let fires = "[fault]\nfirst = { on = \"region.de.site.a\", kind = \"destroy\", at = \"10 min\" }\n\
                 then = { on = \"region.nl\", kind = \"destroy\", at = \"40 min\" }\n";
    let still = Story::of(&fleet(fires));
    assert!((30..70).contains(&still.record.keys.left_in_escrow), "{}", still.record.keys.left_in_escrow);
    let out = "[change]\nout = { leave = \"region.de.site.a\", at = \"20 min\" }\n";
    let left = Story::of(&fleet(&format!("{fires}{out}")));
    assert_eq!((left.ended(0).1, left.record.keys.left_in_escrow, left.record.keys.keys_lost), (0, 0, 0));
}

#[test]
fn escrow_is_in_regions_that_residency_allows_and_nobody_serves_from() {
    let europe = fleet("").replace("stay = \"anywhere\"", "stay = [\"EU\"]");
    let refused = |text: &str| match scenario::load_text(Path::new("made-up.toml"), text, &[]) {
        Ok(_) => panic!("{text}"),
        Err(diagnostics) => diagnostics.render(false),
    };
    let told = refused(&europe);
    assert!(
        told.contains("that `stay` allows, but for nl with partner copies: 1 is wanted, and there is none"),
        "{told}"
    );
    let told = refused(&fleet("").replace("exchange = \"box\"", "exchange = \"other\""));
    assert!(told.contains("of exchange domain \"box\" in other regions"), "{told}");
    let told = refused(&fleet("").replace("escrow_copies = 1", "escrow_copies = 7"));
    assert!(told.contains("9 copies of a key are more than 8"), "{told}");
    // With no partner copies the nearest region has it.
    let near = parse(&fleet("").replace("partner_copies = 1", "partner_copies = 0"));
    let inventory = Inventory::new(&Blueprint::new(near));
    let class = &inventory.classes[0];
    assert_eq!((class.copies, class.partner_copies, class.escrow_copies), (1, 0, 1));
    let sealed: Vec<(&str, u64)> =
        class.homes[0].sites.iter().filter(|held| held.escrow).map(|held| (held.site.as_str(), held.keys)).collect();
    assert_eq!(sealed, [("nl.a", 100)]);
}

/// What the scenario says of itself, with two replications: what comes back does not depend on luck.
#[test]
fn a_region_comes_back_from_escrow() {
    let document = shipped::run("region-rebuilt", &["replications=2"]);
    shipped::keeps_its_promise("region-rebuilt", &document);
    assert_eq!((document.keys.lost.value, document.keys.left_in_escrow.value), (Some(0.0), Some(3_000.0)));
    let back = shipped::value(&document, "back").unwrap();
    assert!((6.0 * 3600.0..6.1 * 3600.0).contains(&back), "six hours, and minutes for the copies: {back}");
    let without = shipped::run("region-rebuilt", &["replications=2", "key.card.escrow_copies=0"]);
    assert_eq!((without.keys.lost.value, without.keys.left_in_escrow.value), (Some(3_000.0), Some(0.0)));
    let years = shipped::value(&without, "recoverable").unwrap() / 86_400.0 / 365.0;
    assert!((1.9..2.01).contains(&years), "{years}");
    let served =
        shipped::run("region-rebuilt", &["replications=2", "key.card.escrow_copies=0", "key.card.partner_copies=1"]);
    assert!(shipped::value(&served, "back").unwrap() < 120.0);
}
