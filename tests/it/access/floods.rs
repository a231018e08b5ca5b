//! Floods: what attackers get with what they have to show, and what it costs the others.

use crate::fleet::{QUIET, Whole};
use crate::shipped::{keeps_its_promise, run};
use keyfleet::audit::Record;
use keyfleet::results::{RunDocument, Status, signer};

/// Two regions of one device each, which is a thousand calls a second; a shop that asks a hundred times a second in each, and attackers
/// who do so five hundred times from the tenth minute to the twentieth.
fn fleet(with: &str, more: &str) -> String {
    format!(
        r#"run = "30 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box" }}
us = {{ at = "aws:us-east-1", device = "box" }}
[tenant]
shop = {{ rate = "200/s" }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
copies = 1
[load.sign]
from = {{ eu = "10/s", us = "30/s" }}
calls = ["sign"]
key = "card"
tenant = "shop"
[fault]
flood = {{ on = "load.sign.shop", kind = "flood", factor = 5, with = "{with}", at = "10 min", for = "10 min" }}
{more}"#
    )
}

#[test]
fn what_attackers_have_to_show_decides_what_they_get() {
    for (with, reason) in [("nothing", "missing"), ("forged", "forged"), ("replayed", "replayed")] {
        for proof in ["modelled", "computed"] {
            let whole = Whole::of(&fleet(with, &format!("[tokens]\nproof = \"{proof}\"")));
            let access = whole.document.access.as_ref().unwrap();
            let attack = &access.attacks["flood"];
            // Five times 40 a second, for ten minutes.
            let sent = attack.requests as f64;
            assert!((sent - 120_000.0).abs() < 5.0 * f64::sqrt(120_000.0), "{with}: {sent}");
            assert_eq!((attack.served, &access.turned_away[reason]), (0, &attack.requests), "{with}, {proof}");
            assert_eq!(whole.document.requests.failed, 0, "nobody else is touched: {with}, {proof}");
        }
    }
    let stolen = Whole::of(&fleet("stolen", ""));
    let access = stolen.document.access.as_ref().unwrap();
    assert!(access.attacks["flood"].served > 50_000, "{access:?}");
    // The shop's limit is on both together, and each place has the part of it that the demand there is.
    let served = |region: &str| {
        let requests = &stolen.document.regions[region].requests;
        (requests.completed, requests.by_reason.get("throttled").copied().unwrap_or(0))
    };
    let during = access.attacks["flood"].served + served("eu").0 + served("us").0;
    // 200 a second in the flood, 40 a second before and after it.
    let expected = 200.0 * 600.0 + 40.0 * 1_200.0;
    assert!((during as f64 - expected).abs() < 0.01 * expected, "{during} instead of {expected}");
    let ratio = served("us").1 as f64 / served("eu").1 as f64;
    assert!((ratio - 3.0).abs() < 0.3, "{ratio}");
}

#[test]
fn a_tenant_pays_for_its_part_of_the_work_and_sees_its_neighbours() {
    let text = format!(
        r#"run = "20 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "cloudhsm-hsm2m", hsms = 2 }}
[tenant]
bank = {{}}
shop = {{}}
[key.card]
count = 100
algorithm = "rsa-2048"
copies = 1
[load.sign]
from = {{ eu = "100/s" }}
calls = ["sign"]
key = "card"
tenant = {{ bank = "75 %", shop = "25 %" }}
"#
    );
    let whole = Whole::of(&text);
    let (access, fleet) = (whole.document.access.as_ref().unwrap(), whole.document.cost.total_usd_per_year);
    let of = |tenant: &str| {
        let tenant = &access.tenants[tenant];
        (tenant.bill_usd_per_year.value.unwrap() / fleet, tenant.neighbours.value.unwrap())
    };
    let (bank, shop) = (of("bank"), of("shop"));
    assert!(fleet > 20_000.0 && (bank.0 + shop.0 - 1.0).abs() < 1e-9, "{bank:?} {shop:?} of {fleet}");
    assert!((bank.0 - 0.75).abs() < 0.01 && (bank.1 - 0.25).abs() < 0.01, "{bank:?}");
    assert!((shop.1 - bank.0).abs() < 1e-9, "what is not the shop's is the bank's: {shop:?} {bank:?}");
}

#[test]
fn proofs_that_are_computed_change_nothing() {
    let digest = |proof: &str| {
        let leak = "leak = { on = \"tenant.shop\", kind = \"compromise\", at = \"5 min\", for = \"8 min\" }";
        let whole = Whole::of(&fleet("stolen", &format!("{leak}\n[tokens]\nproof = \"{proof}\"\nrotate = \"25 h\"")));
        whole.document.trace_digest
    };
    assert_eq!(digest("modelled"), digest("computed"));
}

#[test]
fn a_stolen_secret_is_worth_something_until_the_last_gate_knows() {
    let leak = "leak = { on = \"tenant.shop\", kind = \"compromise\", at = \"5 min\", for = \"10 min\" }";
    let whole = Whole::of(&fleet("stolen", &format!("{leak}\n[tokens]\nspread = \"20 s\"")));
    let access = whole.document.access.as_ref().unwrap();
    let (attack, secrets) = (&access.attacks["flood"], &access.secrets);
    assert!(attack.after_revocation > 0 && attack.after_revocation_s <= secrets.spread_s, "{attack:?}");
    assert!(secrets.spread_s > 0.0 && secrets.spread_s <= 20.0, "{secrets:?}");
    assert_eq!((secrets.leaked.value, secrets.revoked.value), (Some(1.0), Some(1.0)));
    // From then on every request of theirs is refused, and none of the shop's is.
    let late = 300.0 - 20.0;
    let refused = access.turned_away["revoked"] as f64;
    assert!(refused > 200.0 * late * 0.9, "{refused}");
    assert!(!whole.document.requests.by_reason.contains_key("unauthenticated"), "{:?}", whole.document.requests);
    // Who steals the next secret shows one that nobody has revoked.
    let again = "again = { on = \"load.sign.shop\", kind = \"flood\", factor = 5, with = \"stolen\", at = \"22 min\", for = \"2 min\" }";
    let next = Whole::of(&fleet("stolen", &format!("{leak}\n{again}\n[tokens]\nspread = \"20 s\"")));
    let again = &next.document.access.as_ref().unwrap().attacks["again"];
    assert!(again.served > 5_000 && again.after_revocation == 0, "{again:?}");
    // While the control plane is away nobody revokes anything.
    let away = "away = { on = \"control\", kind = \"crash\", at = \"14 min\", for = \"3 min\" }";
    let later = Whole::of(&fleet("stolen", &format!("{leak}\n{away}\n[tokens]\nspread = \"20 s\"")));
    let later = later.document.access.as_ref().unwrap();
    assert!(later.turned_away["revoked"] < access.turned_away["revoked"] - 20_000, "{later:?}");
}

#[test]
fn the_audit_log_has_accesses_by_tenant_and_what_was_turned_away() {
    let leak = "leak = { on = \"tenant.shop\", kind = \"compromise\", at = \"5 min\", for = \"10 min\" }";
    let whole = Whole::of(&fleet("stolen", leak));
    let ledger = whole.replica().ledger.as_deref().unwrap().clone();
    let files = ledger.files(&signer(&whole.scenario, &whole.runs), None);
    let segments = files.into_iter().filter(|(name, _)| name.starts_with("segment/"));
    let lines: Vec<u8> = segments.flat_map(|(_, bytes)| bytes).collect();
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records: Vec<Record<'_>> = lines.map(|line| Record::read(line).unwrap()).collect();
    let about = |tenant: &str| records.iter().filter(|record| record.is_about_tenant(tenant)).count();
    assert!(about("shop") > 50 && about("shop") < records.len() && about("sho") == 0, "{}", about("shop"));
    let text: String = records.iter().map(|record| record.subject() + "\n").collect();
    assert!(text.contains("card/eu for shop"), "{}", &text[..2_000]);
    assert!(text.contains("origin eu@shop, outcome throttled"), "{}", &text[..2_000]);
    for secret in ["tenant shop, secret 1", "tenant shop, secret 2"] {
        assert!(text.contains(secret), "{secret}");
    }
    assert_eq!(whole.document.audit.missing, 0);
}

/// The figures that the scenario is about: the bank's availability, and how many of the attackers' requests were served.
fn bank(document: &RunDocument) -> (f64, u64) {
    let bank = &document.access.as_ref().unwrap().tenants["bank"];
    (bank.availability.value.unwrap(), document.access.as_ref().unwrap().attacks["flood"].served)
}

/// Two replications of the ten, half as long: what is shown is far from any doubt.
const SHORT: [&str; 5] =
    ["replications=2", "run=16 min", "fault.flood.at=4 min", "fault.flood.for=6 min", "fault.leak.at=3 min"];

#[test]
fn flood_50x_passes_by_the_bank_while_it_is_protected() {
    let document = run("flood-50x", &[&SHORT[..], &["fault.leak.for=5 min"]].concat());
    keeps_its_promise("flood-50x", &document);
    let (availability, served) = bank(&document);
    assert!(availability > 0.999, "{availability}");
    let attack = &document.access.as_ref().unwrap().attacks["flood"];
    assert!(served * 20 < attack.requests, "the limit lets through little: {served} of {}", attack.requests);
    assert!(attack.after_revocation_s <= 10.0, "{attack:?}");
    // Shedding alone protects the bank as well, and lets the attackers have the rest.
    let shed = run("flood-50x", &[&SHORT[..], &["fault.leak.for=5 min", "tenant.shop.rate=\"none\""]].concat());
    assert_eq!(shed.status, Status::Pass, "{}", shed.verdict);
    assert!(bank(&shed).1 > 5 * served, "{:?}", bank(&shed));
    assert!(document.requests.by_reason["throttled"] > 0);
}

#[test]
fn flood_50x_drowns_the_bank_without_protection() {
    let off = ["fault.leak.for=5 min", "tenant.shop.rate=\"none\"", "protection.shed.low=\"1 h\""];
    let document = run("flood-50x", &[&SHORT[..], &off].concat());
    assert_eq!(document.status, Status::Fail);
    assert!(bank(&document).0 < 0.85, "{:?}", bank(&document));
}

#[test]
fn gates_turn_nothing_away_that_the_benchmark_asks_for() {
    let document = run("bench/guarded", &["run=12 s", "warm_up=2 s"]);
    keeps_its_promise("bench/guarded", &document);
    let access = document.access.as_ref().unwrap();
    assert!(access.turned_away.is_empty(), "{access:?}");
    let offered: u64 = access.tenants.values().map(|tenant| tenant.offered).sum();
    assert_eq!(offered, document.requests.offered);
    let share = access.tenants["bank"].offered as f64 / offered as f64;
    assert!((share - 0.5).abs() < 0.01, "{share}");
}
