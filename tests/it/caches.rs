//! Data keys that clients keep: how often they have them, against the closed form; what a hit costs the service, which is nothing; what
//! empties caches, and what the two shipped scenarios teach.

use crate::fleet::{QUIET, Steps, Whole, s};
use crate::shipped;
use keyfleet::results::{CacheLoad, CachesBlock};
use keyfleet::scenario;
use keyfleet::time::Time;
use std::path::Path;

/// Calling services of one place under `keys` keys, no network, and a device that needs a millisecond.
fn kept(rate: &str, keys: u32, cache: &str, more: &str) -> String {
    format!(
        r#"run = "1 h"
{quiet}
[region]
eu = {{ at = "Frankfurt", device = "box", hsms = 4 }}
[key.table]
count = {keys}
algorithm = "aes-256"
[load.read]
from = {{ eu = "{rate}" }}
calls = ["decrypt"]
key = "table"
{cache}
{more}"#,
        quiet = QUIET.replace("network = { jitter = 0.0 }", "network = \"none\"")
    )
}

fn block(whole: &Whole) -> &CachesBlock {
    whole.document.caches.as_ref().unwrap()
}

fn read(whole: &Whole) -> &CacheLoad {
    &block(whole).loads["read"]
}

fn near(measured: f64, expected: f64, share: f64) {
    assert!((measured / expected - 1.0).abs() < share, "{measured}, not {expected}");
}

/// Misses of `whole`, the share of all that missed, and the share that the document expects.
fn misses(whole: &Whole) -> (f64, f64, f64) {
    let load = read(whole);
    (load.misses.or_zero(), 1.0 - load.hit_ratio.or_zero(), 1.0 - load.expected_hit_ratio)
}

/// One request a second and a cache of five minutes: 300 of 301 are hits.
#[test]
fn one_request_a_second_and_five_minutes_hide_300_of_301() {
    // Two hundred such clients for an hour, and one for as long as it takes.
    let many = Whole::of(&kept("200/s", 1, "cache = { for = \"5 min\", clients = 200 }", ""));
    let (count, share, expected) = misses(&many);
    near(expected, 1.0 / 301.0, 1e-9);
    // 2,392 misses at regular times: their number scatters by less than a hundredth.
    near(share, 1.0 / 301.0, 0.01);
    assert!(count > 2_000.0);
    let one = Whole::of(&kept("1/s", 1, "cache = \"5 min\"", "").replace("\"1 h\"", "\"50 h\""));
    assert_eq!(read(&one).clients, 1);
    near(misses(&one).1, 1.0 / 301.0, 0.1);
}

/// Without any warm-up the first minutes are as all others: caches are as they would be after a long time.
#[test]
fn a_run_begins_with_the_caches_of_a_steady_state() {
    for uses in ["", ", uses = 40"] {
        let cache = format!("cache = {{ for = \"5 min\", clients = 400{uses} }}");
        let whole = Whole::of(&kept("400/s", 2, &cache, "").replace("\"1 h\"", "\"20 min\""));
        let series = &block(&whole).misses_per_s;
        let rate = |from: usize, until: usize| series[from..until].iter().sum::<f64>() / (until - from) as f64;
        let (first, rest) = (rate(0, series.len() / 5), rate(series.len() / 5, series.len()));
        near(first, rest, 0.12);
    }
}

#[test]
fn several_clients_and_keys_add_up() {
    // 30 clients, 40 keys of which the most popular takes a fifth: each pair is a Poisson process of its own.
    let cache = "cache = { for = \"2 min\", clients = 30 }";
    let text = kept("60/s", 40, cache, "")
        .replace("algorithm = \"aes-256\"", "algorithm = \"aes-256\"\npopularity = \"zipf 0.9\"");
    let whole = Whole::of(&text);
    let weights: Vec<f64> = (1..=40).map(|rank| libm::pow(f64::from(rank), -0.9)).collect();
    let total: f64 = weights.iter().sum();
    let expected: f64 = weights.iter().map(|w| w / total / (1.0 + 60.0 * w / total / 30.0 * 120.0)).sum();
    let (_, share, told) = misses(&whole);
    near(told, expected, 1e-9);
    near(share, expected, 0.02);
}

/// A data key that lasts for ever and is used 25 times: one request in 25 asks.
#[test]
fn uses_limit_what_a_data_key_is_good_for() {
    let whole = Whole::of(&kept("100/s", 3, "cache = { for = \"10 d\", clients = 4, uses = 25 }", ""));
    let (_, share, expected) = misses(&whole);
    near(expected, 1.0 / 25.0, 1e-9);
    near(share, 1.0 / 25.0, 0.01);
}

/// Whom caches answer, sites do not see: nothing else changes, and the same requests come.
#[test]
fn a_hit_does_not_reach_the_service() {
    let cached = Whole::of(&kept("50/s", 5, "cache = { for = \"1 min\", clients = 3 }", ""));
    let plain = Whole::of(&kept("50/s", 5, "", ""));
    let load = read(&cached);
    let (hits, misses) = (load.hits.or_zero(), load.misses.or_zero());
    assert_eq!(hits + misses, plain.document.requests.offered as f64, "the same arrivals");
    assert_eq!(misses, cached.document.requests.offered as f64);
    assert!(cached.site("eu.a").served as f64 <= misses && misses < 0.05 * hits, "{load:?}");
    assert_eq!(cached.document.audit.accesses, cached.document.audit.served);
    assert_eq!(load.answered.value, Some(1.0));
    assert!(plain.document.caches.is_none());
    // A hit is answered at once, and in no latency.
    assert_eq!(cached.document.latency_ms.p50.value.map(f64::round), Some(1.0));
}

/// All at once every pair asks anew; within a time each client does, evenly spread.
#[test]
fn a_restart_empties_caches_at_once_or_one_after_the_other() {
    let fault =
        |more: &str| format!("[fault]\nx = {{ on = \"load.read\", kind = \"restart\", at = \"20 min\"{more} }}\n");
    // 50 clients, 4 keys, each pair twice a second; data keys last longer than the run.
    let text = |more: &str| kept("400/s", 4, "cache = { for = \"10 d\", clients = 50 }", &fault(more));
    let offered = |whole: &Whole, from: f64, until: f64| whole.suffered("eu", s(from), s(until)).0;
    let at_once = Whole::of(&text(""));
    // Now and then a second request comes while the first one's answer is on its way.
    let asked = offered(&at_once, 1_200.0, 1_260.0);
    assert!((200..=230).contains(&asked), "{asked}");
    assert!(offered(&at_once, 1_260.0, 3_600.0) == 0 && block(&at_once).emptied.value == Some(50.0));
    let rolling = Whole::of(&text(", over = \"20 min\""));
    let quarters: Vec<u64> =
        (0..4).map(|i| 1_200.0 + 300.0 * f64::from(i)).map(|t| offered(&rolling, t, t + 300.0)).collect();
    assert!(quarters.iter().all(|asked| (40..=62).contains(asked)), "{quarters:?}");
    assert_eq!(rolling.document.faults[0].until_s, 2_400.0);
}

#[test]
fn a_restart_is_of_a_tenants_clients_or_of_a_regions() {
    let text = |on: &str| {
        format!(
            r#"run = "10 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box" }}
us = {{ at = "aws:us-east-1", device = "box" }}
[tenant]
bank = {{}}
shop = {{}}
[key.table]
count = {{ eu = 5, us = 5 }}
algorithm = "aes-256"
[load]
read = {{ from = {{ eu = "20/s", us = "20/s" }}, tenant = {{ bank = "50 %", shop = "50 %" }}, calls = ["decrypt"], key = "table", cache = {{ for = "1 h", clients = 7 }} }}
write = {{ from = {{ eu = "20/s" }}, tenant = "shop", calls = ["decrypt"], key = "table", cache = {{ for = "1 h", clients = 3 }} }}
[fault]
x = {{ on = "{on}", kind = "restart", at = "5 min" }}
"#
        )
    };
    for (on, emptied, read) in [
        ("load.read", 28.0, 28.0),
        ("load.read.bank", 14.0, 14.0),
        ("region.eu", 17.0, 14.0),
        ("region.us", 14.0, 14.0),
    ] {
        let whole = Whole::of(&text(on));
        assert_eq!(block(&whole).emptied.value, Some(emptied), "{on}");
        assert_eq!(block(&whole).loads["read"].emptied.value, Some(read), "{on}");
        assert!(
            whole.document.faults[0].what.ends_with("clients restart at once"),
            "{}",
            whole.document.faults[0].what
        );
        assert_eq!(whole.document.faults[0].detect_s, None, "no site is down");
    }
}

/// Callers of a region that is lost turn to its partner, and back.
fn failover(cold: &str) -> String {
    format!(
        r#"run = "10 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, partner = "ie" }}
ie = {{ at = "Dublin", device = "box", sites = 1 }}
[key.table]
count = {{ eu = 5, ie = 5 }}
algorithm = "aes-256"
stay = "anywhere"
partner_copies = 1
[load.read]
from = {{ eu = "100/s", ie = "100/s" }}
calls = ["decrypt"]
key = "table"
cache = {{ for = "10 d", clients = 10{cold} }}
[health]
phase = "0 s"
interval = "2 s"
threshold = 2
timeout = "1 s"
propagation = "3 s"
[fault]
half = {{ on = "region.eu.site.a", kind = "crash", at = "1 min", for = "1 min" }}
dark = {{ on = "region.eu", kind = "crash", at = "4 min", for = "3 min" }}
"#
    )
}

#[test]
fn data_keys_of_a_region_are_of_no_use_in_another() {
    let kept = Whole::of(&failover(""));
    assert_eq!(block(&kept).emptied.value, Some(0.0));
    let cold = Whole::of(&failover(", cold = \"failover\""));
    // Ten clients of eu, away and back; those of ie stay where they are, and one site of two is no region.
    assert_eq!(block(&cold).emptied.value, Some(20.0));
    let asked = |from: f64, until: f64| cold.suffered("eu", s(from), s(until)).0;
    assert_eq!(asked(60.0, 240.0), 0);
    // Each of the fifty pairs asks anew, once callers have turned away and once they are back.
    assert!((50..90).contains(&asked(240.0, 420.0)), "{}", asked(240.0, 420.0));
    assert!((50..90).contains(&asked(420.0, 600.0)), "{}", asked(420.0, 600.0));
    assert_eq!(cold.suffered("ie", s(0.0), s(600.0)).0, kept.suffered("ie", s(0.0), s(600.0)).0);
}

/// Crashes, lost messages, restarts at once and in turn, used-up and short-lived data keys, slow answers that overtake each other: every
/// step an event or not, the same facts.
#[test]
fn answers_ahead_of_their_time_change_nothing() {
    let text = failover(", uses = 30, cold = \"failover\"")
        .replace("for = \"10 d\"", "for = \"3 s\"")
        .replace("jitter = 0.0", "jitter = 0.8, loss = \"2 %\"")
        .replace("clients = 10", "clients = 2")
        .replace("from = { eu = \"100/s\", ie = \"100/s\" }", "from = { eu = \"400/s\", ie = \"300/s\" }")
        + "turn = { on = \"load.read\", kind = \"restart\", at = \"30 s\", over = \"20 s\" }\n\
           once = { on = \"region.ie\", kind = \"restart\", at = \"3 min\" }\n\
           often = { on = \"region.eu\", kind = \"restart\", mtbf = \"20 s\", mttr = \"1 s\", over = \"4 s\" }\n";
    let run = |ahead: bool| {
        let mut steps = Steps::new(&text, ahead);
        steps.to(Time(steps.scenario.run.0));
        let (recorder, digest) = steps.world.end(&mut steps.queue);
        let frame = recorder.frame.clone();
        (digest, recorder.caches.sum(0..frame.slots(), &frame, |_| true), recorder.offered)
    };
    let ((digest, hits, offered), other) = (run(true), run(false));
    assert_eq!((&digest, hits, offered), (&other.0, other.1, other.2));
    assert!(hits > 100_000 && offered > 10_000, "{hits} hits, {offered} requests");
}

/// Objectives of what users see: hits count as good, and in windows.
#[test]
fn objectives_may_count_what_clients_answered() {
    let more = r#"[fault]
dark = { on = "region.eu", kind = "crash", at = "10 min", for = "5 min" }
[objective]
all = { expect = "answered >= 95 %", over = "run" }
few = { expect = "availability >= 95 %", over = "run" }
share = "hit_ratio(read) >= 90 %"
"#;
    let whole = Whole::of(&kept("100/s", 2, "cache = { for = \"1 min\", clients = 10 }", more));
    let value = |id: &str| whole.document.objectives.iter().find(|o| o.id == id).unwrap().value.unwrap();
    // Dark for five minutes, and a minute and a half until routing tables know that it is back; caches bridge the first one.
    assert!((88.0..93.0).contains(&value("all")), "{}", value("all"));
    assert!(value("few") < 40.0 && value("share") < 40.0, "{} {}", value("few"), value("share"));
    near(value("all"), 100.0 * block(&whole).answered.or_zero(), 1e-9);
}

#[test]
fn clients_follow_from_demand_unless_they_are_stated() {
    let clients = |rate: &str, cache: &str| {
        let scenario = crate::fleet::parse(&kept(rate, 1, cache, ""));
        scenario.keeping(&scenario.populations[0]).unwrap().clients
    };
    assert_eq!(clients("0.1/s", "cache = \"5 min\""), 1);
    assert_eq!(clients("95/s", "cache = \"5 min\""), 10);
    assert_eq!(clients("95/s", "cache = { for = \"5 min\", clients = 3 }"), 3);
    // The topology shows what reaches the devices.
    let topology = |cache: &str| scenario::topology(&crate::fleet::parse(&kept("1000/s", 1, cache, "")));
    assert!(
        topology("").contains(" 1000.0 ") && topology("cache = { for = \"99 s\", clients = 1000 }").contains(" 10.0 ")
    );
    let users = kept("1/s", 1, "cache = \"5 min\"", "")
        .replace("from = { eu = \"1/s\" }", "users = { DE = 100 }\nper_user = \"1/d\"");
    let users = users.replace("network = \"none\"", "");
    let errors = scenario::load_text(Path::new("made-up.toml"), &users, &[]).unwrap_err().render(false);
    assert!(errors.contains("users are none"), "{errors}");
}

/// One replication instead of three: nothing is near a limit.
#[test]
fn all_caches_cold_at_once_are_too_much_for_a_service_with_fifteen_times_the_room() {
    let document = shipped::run("kms-envelope-cold-cache", &["replications=1"]);
    shipped::keeps_its_promise("kms-envelope-cold-cache", &document);
    let caches = document.caches.as_ref().unwrap();
    near(1.0 - caches.loads["read"].expected_hit_ratio, 1.0 / 121.0, 1e-9);
    // Nobody is served in time any more, so no cache fills.
    assert_eq!(document.faults[0].rto_s, None);
    assert!(caches.loads["read"].lowest_hit_ratio.or_zero() < 0.25, "{caches:?}");
    assert!(shipped::value(&document, "seen").unwrap() < 50.0);
}

/// What the file's head says to set, for a shorter run: callers who wait until the queue is worked off fill their caches.
#[test]
fn callers_who_wait_longer_than_the_queue_fill_their_caches() {
    let set = ["replications=1", "run=\"9 min\"", "load.read.timeout=\"10 s\"", "load.read.retry.attempts=1"];
    let document = shipped::run("kms-envelope-cold-cache", &set);
    let rto = document.faults[0].rto_s.unwrap();
    assert!((10.0..60.0).contains(&rto), "5,000 data keys at 250 a second take 20 s: {rto}");
}

#[test]
fn the_same_restart_within_ten_minutes_is_not_noticed() {
    let document = shipped::run("kms-envelope-warm-restart", &["replications=1"]);
    shipped::keeps_its_promise("kms-envelope-warm-restart", &document);
    let caches = document.caches.as_ref().unwrap();
    assert_eq!((document.faults[0].rto_s, caches.emptied.value), (Some(0.0), Some(200.0)));
    // 8 a second more than the 17 of every day.
    assert!(caches.loads["read"].lowest_hit_ratio.or_zero() > 0.985, "{caches:?}");
}

/// What the file's head says to set: 5,000 data keys take the KMS 20 seconds.
#[test]
fn a_restart_within_half_a_minute_is_slow_enough_and_one_within_twenty_seconds_is_not() {
    for (over, failed) in [("30 s", 0), ("20 s", 2)] {
        let over = format!("fault.deploy.over=\"{over}\"");
        let document = shipped::run("kms-envelope-warm-restart", &["replications=1", "run=\"8 min\"", &over]);
        let fails = document.objectives.iter().filter(|o| o.status == keyfleet::results::Status::Fail).count();
        assert_eq!(fails, failed, "{over}: {}", document.verdict);
    }
}
