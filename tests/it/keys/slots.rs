//! Key slots that fill up while keys are replaced: who has no room waits until a version is destroyed.

use crate::fleet::{QUIET, Whole, parse};
use keyfleet::report::summary;
use keyfleet::results::Ledger;
use keyfleet::scenario;
use std::path::Path;

/// A hundred keys with a retired version each at two sites, on devices with so many slots; all leak after an hour.
fn leaked(slots: &str) -> String {
    format!(
        r#"run = "6 h"
{QUIET}
{slots}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, hsms = 1 }}
[key.card]
count = 100
algorithm = "rsa-2048"
rotate = {{ every = "2 h", keep = "2 h" }}
[rotation]
at_once_urgent = 100
[load.sign]
from = {{ eu = "1/s" }}
calls = ["sign"]
key = "card"
[fault]
leak = {{ on = "key.card", kind = "compromise", at = "1 h" }}
"#
    )
}

fn card(whole: &Whole) -> &Ledger {
    &whole.document.keys.classes["card"]
}

#[test]
fn without_free_slots_a_leaked_key_waits_for_the_end_of_a_version_that_is_kept() {
    let wide = Whole::of(&leaked(""));
    let replacement = |whole: &Whole| card(whole).replacement_s.value.unwrap();
    assert_eq!((card(&wide).waited_for_slots.value, card(&wide).replaced.value), (Some(0.0), Some(100.0)));
    assert!(replacement(&wide) < 10.0, "{}", replacement(&wide));
    // The retired version of a key has been kept for anything up to two hours: its end is what the key waits for.
    let full = Whole::of(&leaked("key_slots = 200"));
    let waited = card(&full).waited_for_slots.value.unwrap();
    assert_eq!(card(&full).replaced.value, Some(100.0));
    assert!((100.0..=300.0).contains(&waited), "all that leaked, and those that were due anyway: {waited}");
    assert!((6_500.0..7_230.0).contains(&replacement(&full)), "{}", replacement(&full));
    // With half as many slots free as keys leak, the last one waits half as long.
    let half = Whole::of(&leaked("key_slots = 250"));
    let last = replacement(&half);
    assert!((0.35..0.65).contains(&(last / 7_200.0)), "{last}");
    let text = summary(&full.document, 100, false);
    assert!(text.contains("rotations had to wait for a free key slot"), "{text}");
}

#[test]
fn slots_are_counted_by_versions_when_a_scenario_is_checked() {
    parse(&leaked("key_slots = 200"));
    let Err(refused) = scenario::load_text(Path::new("made-up.toml"), &leaked("key_slots = 199"), &[]) else {
        panic!("two hundred versions are more than 199");
    };
    assert!(refused.render(false).contains("200 key versions"), "{}", refused.render(false));
}
