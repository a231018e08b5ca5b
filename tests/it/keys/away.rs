//! What befalls keys while the control plane is away happens when it happens, and is acted on later.

use crate::fleet::{QUIET, Whole};
use keyfleet::results::Ledger;

/// Two hundred keys at two sites, a control plane that is away from the tenth to the fortieth minute, and what else happens.
fn fleet(fault: &str) -> Whole {
    Whole::of(&format!(
        r#"run = "1 h"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, hsms = 1 }}
[key.card]
count = 200
algorithm = "rsa-2048"
rotate = {{ every = "10 h", keep = "10 h" }}
[load.sign]
from = {{ eu = "20/s" }}
calls = ["sign"]
key = "card"
[fault]
away = {{ on = "control", kind = "crash", at = "10 min", for = "30 min" }}
{fault}"#
    ))
}

fn card(whole: &Whole) -> &Ledger {
    &whole.document.keys.classes["card"]
}

#[test]
fn keys_are_lost_once_and_with_the_fault_that_took_the_last_copy() {
    let whole = fleet(
        "a = { on = \"region.eu.site.a\", kind = \"destroy\", at = \"20 min\" }\n\
         b = { on = \"region.eu.site.b\", kind = \"destroy\", at = \"25 min\" }\n",
    );
    assert_eq!((whole.document.keys.lost.value, card(&whole).lost.value), (Some(200.0), Some(200.0)));
    let lost = |id: &str| whole.document.faults.iter().find(|fault| fault.id == id).unwrap().keys_lost.value;
    assert_eq!((lost("a"), lost("b"), lost("away")), (Some(0.0), Some(200.0), Some(0.0)));
}

#[test]
fn leaked_keys_wait_for_their_successors_from_the_leak_on() {
    let whole = fleet("leak = { on = \"key.card\", kind = \"compromise\", at = \"20 min\" }\n");
    let ledger = card(&whole);
    assert_eq!((ledger.leaked.value, ledger.replaced.value), (Some(200.0), Some(200.0)));
    let took = ledger.replacement_s.value.unwrap();
    assert!((1_200.0..1_300.0).contains(&took), "twenty minutes until anybody acts: {took}");
    let exposed = ledger.exposed.value.unwrap();
    assert!((20.0 * 1_150.0..20.0 * 1_300.0).contains(&exposed), "{exposed}");
}

#[test]
fn keys_fall_due_whether_or_not_anybody_acts() {
    let whole = fleet("");
    // Ten hours: twenty an hour, ten while nobody acts, which then wait for a quarter of an hour in the mean.
    let duration = whole.document.rotation.duration_ms.p99.value.unwrap() / 1e3;
    assert!((900.0..1_830.0).contains(&duration), "the first one that fell due waited longest: {duration}");
    assert_eq!(whole.document.rotation.overdue.value, Some(0.0), "an hour is allowed");
    assert_eq!(whole.document.rotation.due.value, whole.document.rotation.completed.value);
}
