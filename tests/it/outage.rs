//! When requests suffer and until when: noise is no outage, what is rare is seen, and each fault answers for its own.

use crate::fleet::{QUIET, Whole, s};
use keyfleet::metrics::Count;
use keyfleet::time::Span;
use statrs::distribution::{Binomial, DiscreteCDF};

/// Two regions with two sites each; the checks see a dark site after some 12 s and every caller after 60 s more.
fn fleet(rate: &str, run: &str, more: &str) -> String {
    format!(
        r#"run = "{run}"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, hsms = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2, hsms = 2 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
[load.pay]
from = {{ eu = "{rate}", us = "{rate}" }}
calls = ["sign"]
key = "card"
timeout = "600 ms"
retry = {{ attempts = 1 }}
{more}"#
    )
}

/// Recovery times of the faults of the main run, in order of their ids, in seconds; infinite where there was no recovery.
fn recovery(text: &str) -> Vec<f64> {
    let whole = Whole::of(text);
    let mut faults = whole.document.faults.clone();
    faults.sort_by(|a, b| a.id.cmp(&b.id));
    faults.iter().map(|fault| fault.rto_s.unwrap_or(f64::INFINITY)).collect()
}

const DEVICE: &str = r#"a = { on = "region.eu.site.a.device.1", kind = "crash", at = "5 min", for = "5 min" }"#;

#[test]
fn a_request_lost_now_and_then_is_no_outage() {
    for loss in ["0.05 %", "1 %"] {
        let text = fleet("20/s", "25 min", &format!("[fault]\n{DEVICE}\n[objective]\nback = \"rto < 10 s\"\n"));
        let whole = Whole::of(&text.replace("jitter = 0.0", &format!("jitter = 0.0, loss = \"{loss}\"")));
        assert!(whole.document.requests.failed > 20, "{:?}", whole.document.requests);
        assert_eq!(whole.document.faults[0].rto_s, Some(0.0), "at a loss of {loss}");
        assert_eq!(whole.document.objectives[0].value, Some(0.0));
    }
}

#[test]
fn a_fault_answers_for_itself_and_not_for_the_next() {
    let later = r#"b = { on = "region.eu", kind = "crash", at = "12 min", for = "8 min" }"#;
    let [device, region] = recovery(&fleet("20/s", "30 min", &format!("[fault]\n{DEVICE}\n{later}\n")))[..] else {
        panic!("two faults")
    };
    assert_eq!(device, 0.0, "the other device served");
    assert!((72.0..95.0).contains(&region), "detection and propagation: {region}");
    // The later one is not over when the run is.
    let late = later.replace("12 min", "14 min").replace("8 min", "1 min");
    let text = fleet("20/s", "15 min", &format!("[fault]\n{DEVICE}\n{late}\n"));
    assert_eq!(recovery(&text), [0.0, f64::INFINITY]);
}

#[test]
fn an_outage_that_goes_on_at_the_next_strike_is_followed_to_its_end() {
    let first = r#"a = { on = "region.eu", kind = "crash", at = "300 s", for = "8 min" }"#;
    let second = r#"b = { on = "region.us.site.a.device.1", kind = "crash", at = "320 s", for = "5 min" }"#;
    let alone = recovery(&fleet("20/s", "25 min", &format!("[fault]\n{first}\n")));
    let both = recovery(&fleet("20/s", "25 min", &format!("[fault]\n{first}\n{second}\n")));
    assert!((72.0..95.0).contains(&alone[0]) && both[0] == alone[0], "{alone:?}, {both:?}");
    // Which of the two hurts eu from then on cannot be told.
    assert!(both[1] == 0.0 || both[1] == alone[0] - 20.0, "{both:?}");
    // Once it is over, it is no longer usual that requests fail: the same fault a little later is as bad again.
    let again = r#"b = { on = "region.us", kind = "crash", at = "400 s", for = "3 min" }"#;
    let twice = recovery(&fleet("20/s", "25 min", &format!("[fault]\n{first}\n{again}\n")));
    assert!(twice[0] == alone[0] && twice[1] > 60.0, "{twice:?}");
}

/// All requests of Frankfurt fail for 40 min, few a second; what strikes Dublin meanwhile is nothing to them.
#[test]
fn a_fault_elsewhere_ends_no_outage_of_rare_requests() {
    for rate in ["1/s", "3/s"] {
        let text = format!(
            r#"run = "90 min"
{QUIET}
[region]
de = {{ at = "Frankfurt", device = "box", sites = 1 }}
ie = {{ at = "Dublin", device = "box", sites = 1 }}
[key.k]
count = {{ de = 100, ie = 100 }}
algorithm = "rsa-2048"
stay = "region"
[load.p]
from = {{ de = "{rate}", ie = "{rate}" }}
calls = ["sign"]
key = "k"
[fault]
a = {{ on = "region.de", kind = "crash", at = "20 min", for = "40 min" }}
b = {{ on = "region.ie", kind = "slow", factor = 1.5, at = "31 min", for = "5 min" }}
"#
        );
        let [crash, slow] = recovery(&text)[..] else { panic!("two faults") };
        assert!((2_400.0..2_500.0).contains(&crash), "{crash} at {rate}");
        assert_eq!(slow, 0.0, "at {rate}");
    }
}

#[test]
fn rare_requests_are_looked_at_together() {
    // Every two seconds a request, and from all of them in each region for 72 to 95 s none is good.
    let dark = r#"a = { on = "region.eu", kind = "crash", at = "10 min", for = "10 min" }"#;
    let [rto] = recovery(&fleet("0.5/s", "40 min", &format!("[fault]\n{dark}\n")))[..] else { panic!("one fault") };
    assert!((60.0..100.0).contains(&rto), "{rto}");
    // A tenth fails, as long as the fault lasts: no second by itself says so.
    let lossy = r#"a = { on = "link.eu-us", kind = "loss", share = "5 %", at = "12 min", for = "100 s" }"#;
    let gone = r#"b = { on = "region.us", kind = "crash", at = "1 s", for = "30 min" }"#;
    let rto = recovery(&fleet("10/s", "35 min", &format!("[fault]\n{gone}\n{lossy}\n")))[0];
    assert!((85.0..=101.0).contains(&rto), "{rto}");
}

#[test]
fn a_fault_that_is_never_mended_takes_no_more_memory_than_others() {
    // A month in which all requests of a region fail. What is kept does not grow with it: the run would take gigabytes.
    let gone = r#"a = { on = "region.eu", kind = "destroy", at = "1 h", for = "1 s" }"#;
    let text =
        fleet("0.05/s", "30 d", &format!("[fault]\n{gone}\n")).replace("stay = \"anywhere\"\npartner_copies = 1\n", "");
    let whole = Whole::of(&text.replace("[load.pay]", "[health]\ninterval = \"10 min\"\n[load.pay]"));
    let fault = &whole.document.faults[0];
    assert_eq!(fault.rto_s, None);
    let offered = 0.05 * 2.0 * (30.0 * 86_400.0 - 3_600.0);
    let (asked, failed) = (fault.offered.or_zero(), fault.failed.or_zero());
    assert!((asked / offered - 1.0).abs() < 0.02 && failed * 2.0 > asked * 0.98, "{fault:?}");
}

#[test]
fn requests_are_charged_to_a_fault_while_it_lasts() {
    let dark = r#"a = { on = "region.eu", kind = "crash", at = "300500 ms", for = "50 s" }"#;
    let whole = Whole::of(&fleet("20/s", "10 min", &format!("[fault]\n{dark}\n")));
    let strike = &whole.replica().recorder.watch.strikes[0];
    assert_eq!((strike.from, strike.until), (s(300.5), s(350.5)));
    let [(eu, eu_failed), (us, us_failed)] = strike.suffered[..] else { panic!("two regions") };
    assert!((850..1150).contains(&eu) && (850..1150).contains(&us), "{:?}", strike.suffered);
    assert_eq!((eu_failed, us_failed), (eu, 0), "nothing is routed elsewhere in 50 s");
    assert_eq!(whole.replica().recorder.watch.faulty(s(0.0)), Span::from_secs(50));
}

/// The bound is never on the wrong side of the exact test, and not far from it.
#[test]
fn bad_luck_is_told_from_an_outage_by_the_exact_test() {
    let mut bad = 0;
    for before in [0, 50, 1_000, 12_000, 600_000] {
        for usual in [0.0, 0.0005, 0.01, 0.2] {
            let failed_before = (f64::from(before) * usual) as u32;
            for offered in [1, 2, 5, 20, 100, 1_000] {
                for failed in (0..=offered).step_by((offered as usize / 20).max(1)) {
                    let (usual, seen) = (Count { offered: before, failed: failed_before }, Count { offered, failed });
                    let share = f64::from(failed_before) / f64::from(before.max(1));
                    let pool = before.max(1_000);
                    let all = (share * f64::from(pool)).round() as u64 + u64::from(failed);
                    let here = f64::from(offered) / f64::from(pool + offered);
                    let tail = match failed {
                        0 => 1.0,
                        _ => Binomial::new(here, all).unwrap().sf(u64::from(failed) - 1),
                    };
                    let more = failed > 0 && f64::from(failed) / f64::from(offered) >= share + 0.01;
                    assert!(!seen.suffers(usual) || more && tail < 1.1e-9, "{seen:?} against {usual:?}: {tail:e}");
                    assert!(seen.suffers(usual) || !more || tail > 1e-11, "{seen:?} against {usual:?}: {tail:e}");
                    bad += u32::from(seen.suffers(usual));
                }
            }
        }
    }
    assert!(bad > 500, "{bad}");
}

/// Half of a region's keys are lost, so half of its requests fail for ever; a device elsewhere that is down for two minutes later
/// changes nothing about that, nor does a second without a failure, of which there are many at ten requests a second.
#[test]
fn an_outage_that_goes_on_does_not_end_with_the_next_fault() {
    for seed in 1..=6 {
        let text = format!(
            r#"seed = {seed}
run = "1 h"
{QUIET}
[region]
va = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
ore = {{ at = "aws:us-west-2", device = "box", sites = 2 }}
[key.national]
count = {{ va = 200, ore = 200 }}
algorithm = "ec-p256"
copies = 1
[load.nat]
from = {{ va = "10/s", ore = "10/s" }}
calls = ["sign"]
key = "national"
[fault]
fire = {{ on = "region.va.site.a", kind = "destroy", at = "15 min" }}
flood = {{ on = "region.ore.site.a.device.1", kind = "crash", at = "40 min", for = "2 min" }}
"#
        );
        let document = Whole::of(&text).document;
        let rto = |id: &str| document.faults.iter().find(|fault| fault.id == id).unwrap().rto_s;
        assert_eq!((rto("fire"), rto("flood")), (None, Some(0.0)), "seed {seed}");
    }
}

#[test]
fn a_backlog_that_drains_for_long_is_followed_to_its_end() {
    let slow = "[fault]\na = { on = \"region.eu\", kind = \"slow\", factor = 10, at = \"5 min\", for = \"5 min\" }\n";
    let text = |run: &str| {
        let text = fleet("300/s", run, slow).replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"10 ms\" }");
        text.replace("engines = 1\n", "engines = 1\nqueue = 1_000_000\n")
    };
    // Two engines of a site do 200 a second, and 20 while they are slow: of 150 a second 39,000 wait then, and 50 more are done
    // than come, which takes 780 s; a site that has a twentieth more takes 960 s.
    let rto = recovery(&text("40 min"));
    assert!((1_080.0..1_300.0).contains(&rto[0]), "{rto:?}");
    assert_eq!(recovery(&text("20 min")), [f64::INFINITY], "it is not over when the run is");
}
