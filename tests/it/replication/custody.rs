//! What a copy costs under each custody: how long it takes, and whether engines at its ends work on it.

use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::kms::Badge;

/// One region of two sites and one of one; each version of 300 keys is copied to the other site and to the other region. Of the
/// device: `box`, with a second of lag, which wraps for 100 ms and unwraps for 200.
fn fleet(device: &str, rest: &str) -> String {
    format!(
        r#"run = "30 min"
{QUIET}
op.wrap = {{ mean = "100 ms" }}
op.unwrap = {{ mean = "200 ms" }}
{device}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, hsms = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1, hsms = 1 }}
[key.card]
count = {{ eu = 300 }}
algorithm = "rsa-2048"
stay = "anywhere"
copies = 2
partner_copies = 1
rotate = {{ every = "1 h" }}
[load.sign]
from = {{ eu = "1/min" }}
calls = ["sign"]
key = "card"
timeout = "1 s"
{rest}"#
    )
}

/// Engine-seconds of European and American sites for each version made, beside a hundredth for making it.
fn work(whole: &Whole) -> (f64, f64) {
    let busy = |site: &str| whole.site(site).slots.iter().map(|slot| slot.busy as f64 / 1e9).sum::<f64>();
    let made = whole.replica().recorder.keys.generated as f64;
    assert!(made > 100.0);
    ((busy("eu.a") + busy("eu.b")) / made - 0.01, busy("us.a") / made)
}

/// Lags of the middle copy and the slowest, seconds.
fn lags(whole: &Whole) -> (f64, f64) {
    let lag = &whole.document.replication.lag_ms;
    (lag.p50.value.unwrap() / 1e3, lag.p999.value.unwrap() / 1e3)
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 0.02 * expected + 0.02
}

#[test]
fn a_wrapped_copy_takes_an_engine_at_each_end() {
    let whole = Whole::of(&fleet("", ""));
    let (eu, us) = work(&whole);
    // Two copies wrapped, one unwrapped at home and one abroad.
    assert!(near(eu, 0.4) && near(us, 0.2), "{eu} {us}");
    // The second is wrapped after the first, and has the longer way.
    let mean = whole.document.replication.lag_ms.mean.value.unwrap() / 1e3;
    assert!((mean - (1.3 + 1.443) / 2.0).abs() < 0.02, "{mean}");
    assert!(lags(&whole).1 < 2.2, "{:?}", lags(&whole));
}

#[test]
fn a_cluster_copies_by_itself_within_its_region_and_beyond_where_the_profile_says_so() {
    let whole = Whole::of(&fleet("custody = \"cluster\"", ""));
    let (eu, us) = work(&whole);
    assert!(near(eu, 0.1) && near(us, 0.2), "one wrapped copy, to the other region: {eu} {us}");
    assert!(near(lags(&whole).0, 1.0), "{:?}", lags(&whole));
    let whole = Whole::of(&fleet("custody = \"cluster\"\nreplication_lag_far = \"1 min\"", ""));
    let (eu, us) = work(&whole);
    assert!(near(eu, 0.0) && near(us, 0.0), "{eu} {us}");
    assert!(near(lags(&whole).0, 1.0) && near(lags(&whole).1, 60.04), "{:?}", lags(&whole));
}

#[test]
fn a_blob_is_a_file_that_is_copied() {
    let whole = Whole::of(&fleet("custody = \"blob\"", ""));
    let (eu, us) = work(&whole);
    assert!(near(eu, 0.0) && near(us, 0.0), "{eu} {us}");
    assert!(near(lags(&whole).1, 1.045), "{:?}", lags(&whole));
}

#[test]
fn what_is_not_timed_takes_no_time() {
    let whole = Whole::of(&fleet("", "").replace("op.wrap = ", "op.verify = ").replace("op.unwrap = ", "op.mac = "));
    let (eu, us) = work(&whole);
    assert!(near(eu, 0.0) && near(us, 0.0) && near(lags(&whole).1, 1.045), "{eu} {us} {:?}", lags(&whole));
}

/// Wrapping is refused where the queue is full, unwrapping lost where the device crashes: both are tried again.
#[test]
fn an_exchange_that_fails_is_made_up_for() {
    let crash = "[fault]\nflaky = { on = \"region.us\", kind = \"crash\", mtbf = \"20 s\", mttr = \"2 s\" }\n";
    for (device, fault) in [("queue = 0", "[replication]\nat_once = 1\n"), ("", crash)] {
        let mut text = fleet(device, fault).replace("every = \"1 h\"", "every = \"1 h\", jitter = \"0 %\"");
        text = text.replace("rotate = {", "durability = 1\nrotate = {");
        let facts = |ahead: bool| {
            let mut steps = Steps::new(&text, ahead);
            steps.to(s(1_800.0));
            let (recorder, digest) = steps.world.end(&mut steps.queue);
            (digest, recorder.keys)
        };
        let ((digest, keys), (other, _)) = (facts(true), facts(false));
        assert_eq!(digest, other, "the same facts whether answers are given ahead or not");
        assert!(keys.missed > 5, "{device}: {}", keys.missed);
        let owed = keys.generated * 2 - keys.copied;
        assert!(owed < 30, "{device}: {owed} of {} are still owed", keys.generated * 2);
    }
}

#[test]
fn the_report_says_what_wrapping_rests_on_where_engines_do_it() {
    let rows = |device: &str| {
        let scenario = crate::fleet::parse(&fleet(device, ""));
        let rows = scenario.provenance.iter().filter(|row| row.what.contains("wrap with"));
        rows.map(|row| (row.what.clone(), row.badge)).collect::<Vec<_>>()
    };
    let row = |call: &str| (format!("profile.box: {call} with rsa-2048"), Badge::Assumed);
    assert_eq!(rows(""), [row("unwrap"), row("wrap")]);
    assert_eq!(rows("custody = \"blob\""), []);
}
