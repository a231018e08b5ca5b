//! The survey of losses: what is lost is ranked, counted and confirmed by runs of the same losses alone.

use crate::fleet::{QUIET, Whole, parse};
use keyfleet::results::{self, RunDocument, SurveyBlock, SurveyRow};
use keyfleet::scenario::Scenario;
use keyfleet::simulate::{self, Options};
use keyfleet::world::Blueprint;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Frankfurt's cards have two copies there and one in escrow in Dublin; Dublin's have two, and New York's a single site.
const FLEET: &str = r#"
exchange = "box"
op.wrap = { mean = "1 ms" }
op.unwrap = { mean = "1 ms" }
[region]
de = { at = "Frankfurt", device = "box", sites = 2 }
ie = { at = "aws:eu-west-1", device = "box", sites = 2 }
us = { at = "aws:us-east-1", device = "box", hsms = 2 }
[key.card]
count = { de = 100, ie = 40 }
algorithm = "rsa-2048"
stay = ["EU"]
copies = 2
escrow_copies = 1
[key.own]
count = { us = 10 }
algorithm = "rsa-2048"
copies = 1
[load.pay]
from = { de = "20/s", ie = "8/s" }
calls = ["sign"]
key = "card"
timeout = "1 s"
[load.own]
from = { us = "2/s" }
calls = ["sign"]
key = "own"
timeout = "1 s"
"#;

fn scenario(more: &str) -> Arc<Scenario> {
    parse(&format!("run = \"30 min\"\n{QUIET}{FLEET}{more}"))
}

fn surveyed(scenario: &Arc<Scenario>, jobs: usize) -> RunDocument {
    let options = Options { jobs, stop: &AtomicBool::new(false), told: &|_| {} };
    let runs = simulate::survey(&Blueprint::new(Arc::clone(scenario)), options).unwrap();
    results::document(scenario, &runs)
}

fn block(document: &RunDocument) -> &SurveyBlock {
    document.surveyed.as_ref().unwrap()
}

fn row<'a>(block: &'a SurveyBlock, id: &str) -> &'a SurveyRow {
    block.components.iter().find(|row| row.fault.id == id).unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn each_component_is_lost_once_and_the_worst_comes_first() {
    let document = surveyed(&scenario(""), 1);
    let survey = block(&document);
    // Three regions, five sites and a device of each; no calls leave their region, so no link matters; metadata, control, certificates; the
    // three sites at Amazon, and all five of one profile.
    assert_eq!(survey.components.len(), 3 + 5 + 5 + 3 + 2);
    assert!(row(survey, "provider.aws").group && row(survey, "profile.box").group);
    let lost: Vec<f64> = survey.components.iter().map(|row| row.lost_share).collect();
    assert!(lost.is_sorted_by(|a, b| a >= b), "{lost:?}");
    assert_eq!(survey.components[0].fault.id, "profile.box", "all of them");
    assert_eq!(survey.components[1].fault.id, "region.de", "two thirds of the requests");
    assert!((row(survey, "region.de").lost_share - 20.0 / 30.0).abs() < 0.03, "{lost:?}");
    assert_eq!(row(survey, "control").fault.failed.value, Some(0.0));
    assert!(row(survey, "certificates").group && !row(survey, "region.de").group);
}

#[test]
fn what_is_at_stake_is_counted_by_hand() {
    let document = surveyed(&scenario(""), 1);
    let survey = block(&document);
    let stake = |id: &str| {
        let row = row(survey, id);
        (row.keys_unusable, row.keys_last, row.keys_exposed)
    };
    let (de, ie, us) = (stake("region.de"), stake("region.ie"), stake("region.us"));
    assert_eq!((de.0, de.1), (100, 0), "a copy of each lies in escrow in Dublin");
    assert_eq!((ie.0, ie.1), (40, 0));
    assert_eq!(us, (10, 10, 10), "the only copies");
    assert_eq!((de.2, ie.2), (140, 140), "its own, and those that it holds in escrow");
    let site = stake("region.de.site.a");
    assert_eq!((site.0, site.1), (0, 0), "the other site serves them, too");
    // One device of two takes nothing with it; whoever breaks into it has everything.
    assert_eq!(stake("region.us.site.a.device.1"), (0, 0, 10));
    assert_eq!(stake("metadata"), (0, 0, 0));
}

#[test]
fn shares_of_keys_and_calls_are_those_of_the_fleet() {
    let document = surveyed(&scenario(""), 1);
    let by = &block(&document).concentration;
    let (own, aws) = (by["provider"]["own premises"], by["provider"]["aws"]);
    assert!((own.keys - 100.0 / 150.0).abs() < 1e-9 && own.keys_only == own.keys, "{own:?}");
    assert!((own.calls + aws.calls - 1.0).abs() < 1e-9 && (own.calls - 20.0 / 30.0).abs() < 0.02, "{own:?}");
    let countries: Vec<&str> = by["jurisdiction"].keys().map(String::as_str).collect();
    assert_eq!(countries, ["DE", "IE", "US"]);
    assert!((by["profile"]["box"].keys - 1.0).abs() < 1e-9);
}

#[test]
fn the_first_are_confirmed_by_runs_of_their_own() {
    let document = surveyed(&scenario(""), 1);
    for known in block(&document).components.iter().take(3) {
        let (from, lasts) = (known.fault.from_s, known.fault.until_s - known.fault.from_s);
        let fault = format!(
            "[fault]\nalone = {{ on = \"{}\", kind = \"crash\", at = \"{from} s\", for = \"{lasts} s\" }}\n",
            known.fault.id
        );
        let alone = Whole::of(&format!("run = \"30 min\"\n{QUIET}{FLEET}{fault}"));
        let fault = &alone.document.faults[0];
        let share = fault.failed.value.unwrap() / fault.offered.value.unwrap();
        assert!((share - known.lost_share).abs() < 0.03, "{}: {share} and {}", known.fault.id, known.lost_share);
        assert_eq!(fault.rto_s.is_none(), known.fault.rto_s.is_none(), "{}", known.fault.id);
    }
}

#[test]
fn threads_and_what_survive_cases_have_run_already_change_nothing() {
    let mut one = surveyed(&scenario(""), 1);
    let two = surveyed(&scenario(""), 2);
    assert_eq!(one, two);
    let known = surveyed(&scenario("[survive]\nwhat = [\"region\"]\n"), 2);
    assert_eq!(known.survive.len(), 3);
    let ids = |document: &RunDocument| {
        let mut ids: Vec<String> = block(document).components.iter().map(|row| row.fault.id.clone()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(&one), ids(&known));
    // Without a survey nothing is said of one.
    one.surveyed = None;
    let text = results::json::write(&one).unwrap();
    assert!(!String::from_utf8(text).unwrap().contains("surveyed"));
}

/// Frankfurt needs one group, a site of Dublin too, and New York nobody.
#[test]
fn groups_of_custodians_have_their_shares() {
    let people = "[custodians]\nops = { of = 5, quorum = 3 }\nfar = { of = 3, quorum = 2 }\n";
    let fleet = FLEET
        .replace("device = \"box\", sites = 2 }\nie", "device = \"box\", sites = 2, custodians = \"ops\" }\nie")
        .replace("at = \"aws:eu-west-1\", device = \"box\", sites = 2 }", "at = \"aws:eu-west-1\", device = \"box\", custodians = \"far\", site = { a = {}, b = { custodians = \"ops\" } } }");
    let document = surveyed(&parse(&format!("run = \"30 min\"\n{QUIET}{fleet}{people}")), 1);
    let by = &block(&document).concentration["custodians"];
    assert_eq!(by.keys().map(String::as_str).collect::<Vec<_>>(), ["far", "nobody", "ops"]);
    assert_eq!((by["ops"].sites, by["far"].sites, by["nobody"].sites), (3, 1, 1));
    // All of Frankfurt's keys are opened by them alone, those of Dublin by either, for both sites serve each.
    assert!((by["ops"].keys - 140.0 / 150.0).abs() < 1e-9 && (by["ops"].keys_only - 100.0 / 150.0).abs() < 1e-9);
    assert!((by["nobody"].keys_only - 10.0 / 150.0).abs() < 1e-9);
    assert!((by.values().map(|share| share.calls).sum::<f64>() - 1.0).abs() < 1e-9);
    let none = surveyed(&scenario(""), 1);
    assert!(!block(&none).concentration.contains_key("custodians"));
}
