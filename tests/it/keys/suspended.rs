//! Keys under suspicion protect nothing new, and process what they protected.

use crate::fleet::{QUIET, Whole, s};
use keyfleet::kms::Failure;
use keyfleet::results::Ledger;
use keyfleet::scenario;
use std::path::Path;

/// A hundred keys of two regions each that sign, and decrypt, ten times a second; those of Europe are suspended for a while.
fn fleet(class: &str, faults: &str) -> String {
    format!(
        r#"run = "1 h"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
{class}
[load.sign]
from = {{ eu = "10/s", us = "10/s" }}
calls = ["sign"]
key = "card"
[load.read]
from = {{ eu = "10/s", us = "10/s" }}
calls = ["decrypt"]
key = "card"
[fault]
inquiry = {{ on = "key.card.eu", kind = "suspend", at = "10 min", for = "20 min" }}
{faults}"#
    )
}

fn card(whole: &Whole) -> &Ledger {
    &whole.document.keys.classes["card"]
}

#[test]
fn suspended_keys_sign_nothing_and_decrypt_all() {
    let whole = Whole::of(&fleet("", ""));
    let failed = |load: &str| whole.document.loads[load].requests.failed as f64;
    // Twenty minutes at ten a second, and what was on its way.
    let expected = 20.0 * 60.0 * 10.0;
    assert!((failed("sign") - expected).abs() < 5.0 * f64::sqrt(expected), "{}", failed("sign"));
    assert_eq!(failed("read"), 0.0);
    let us = &whole.document.regions["us"].requests;
    let reasons: Vec<&str> = whole.document.requests.by_reason.keys().map(String::as_str).collect();
    assert_eq!((us.failed, &reasons[..]), (0, &["suspended"][..]));
    assert_eq!(whole.suffered("eu", s(1_801.0), s(3_600.0)).1, 0, "in use again at once");
    let rejected = |site: &str| whole.site(site).rejected[Failure::Suspended as usize];
    assert_eq!(
        (rejected("eu.a") + rejected("eu.b")) as f64,
        failed("sign"),
        "each is refused once, and not tried again"
    );
    assert_eq!((card(&whole).states["active"].value, card(&whole).states.len()), (Some(200.0), 1));
    let rto = whole.document.faults[0].rto_s.unwrap();
    assert!((1_199.0..1_202.0).contains(&rto), "{rto}");
    let away = Whole::of(&fleet("", "").replace("for = \"20 min\"", "for = \"2 h\""));
    assert_eq!(card(&away).states["suspended"].value, Some(100.0), "an inquiry that goes on");
}

#[test]
fn a_successor_is_free_of_suspicion() {
    let whole = Whole::of(&fleet("rotate = { every = \"1 h\", keep = \"2 h\" }", ""));
    let failed = whole.document.loads["sign"].requests.failed as f64;
    // Of a hundred keys five in three minutes have a successor, a third at the end: a sixth of the requests is saved.
    let expected = 20.0 * 60.0 * 10.0 * (1.0 - 1.0 / 6.0);
    assert!((failed / expected - 1.0).abs() < 0.1, "{failed} of {expected}");
    assert_eq!(card(&whole).states.get("suspended"), None);
}

#[test]
fn what_is_suspended_may_turn_out_to_have_leaked() {
    let leak = "leak = { on = \"key.card.eu\", kind = \"compromise\", at = \"15 min\" }\n";
    let whole = Whole::of(&fleet("", leak));
    assert_eq!((card(&whole).leaked.value, card(&whole).replaced.value), (Some(100.0), Some(100.0)));
    assert_eq!(card(&whole).states["compromised"].value, Some(100.0));
    let failed = whole.document.loads["sign"].requests.failed as f64;
    assert!((failed / (5.0 * 60.0 * 10.0) - 1.0).abs() < 0.1, "until the successors are there: {failed}");
}

#[test]
fn only_keys_are_suspended_and_for_a_time() {
    let refused = |from: &str, to: &str| match scenario::load_text(
        Path::new("made-up.toml"),
        &fleet("", "").replace(from, to),
        &[],
    ) {
        Ok(_) => panic!("{to}"),
        Err(diagnostics) => diagnostics.render(false),
    };
    assert!(refused("\"key.card.eu\"", "\"region.eu\"").contains("does not strike devices, sites and regions"));
    assert!(refused(", for = \"20 min\"", "").contains("how long the fault \"inquiry\" lasts is not said"));
}
