//! What users see when a region dies at its peak: detection, routing, the partner's latency and capacity, refusals, failback.

use crate::fleet::{QUIET, Steps, Whole, parse, s};
use keyfleet::geo;
use keyfleet::results::Saturation;
use keyfleet::simulate::{Options, run_stretch};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use std::sync::atomic::AtomicBool;

/// Callers of `eu`, whose demand doubles from 2 min to 4 min; `us` holds a copy of each key. The region dies at its peak.
fn regions(key: &str, health: &str, more: &str) -> String {
    format!(
        r#"run = "6 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 200 }}
algorithm = "rsa-2048"
{key}
[load.pay]
from = {{ eu = "100/s" }}
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ attempts = 1 }}
[event.rush]
at = "2 min"
for = "2 min"
factor = 2.0
[health]
phase = "0 s"
{health}
{more}"#
    )
}

const DIES: &str = "[fault]\ndark = { on = \"region.eu\", kind = \"crash\", for = \"60 s\" }\n";
const COPIED: &str = "stay = \"anywhere\"\npartner_copies = 1\n";
const QUICK: &str = "interval = \"5 s\"\nthreshold = 2\ntimeout = \"1 s\"\npropagation = \"7 s\"\n";

#[test]
fn the_region_dies_at_its_peak() {
    let whole = Whole::of(&regions(COPIED, QUICK, DIES));
    let strike = &whole.replica().recorder.watch.strikes[0];
    assert_eq!((strike.from, strike.until), (s(120.0), s(180.0)));
}

#[test]
fn traffic_moves_after_detection_and_propagation_and_no_sooner() {
    for (interval, threshold, timeout, propagation) in
        [(5, 2, 1, 7), (10, 3, 2, 10), (1, 1, 1, 1), (3, 4, 2, 20), (2, 5, 1, 3)]
    {
        let health = format!(
            "interval = \"{interval} s\"\nthreshold = {threshold}\ntimeout = \"{timeout} s\"\npropagation = \"{propagation} s\"\n"
        );
        let at = "[fault]\ndark = { on = \"region.eu\", kind = \"crash\", at = \"125300 ms\", for = \"100 s\" }\n";
        let text = regions(COPIED, &health, at);
        let whole = Whole::of(&text);
        let struck = whole.replica().recorder.watch.strikes[0].from;
        let found = whole.sighted("eu.a", false, false).unwrap();
        let routed = whole.sighted("eu.a", false, true).unwrap();
        let seconds = Span::from_secs;
        let earliest = seconds(interval) * (threshold - 1) + seconds(timeout);
        assert!(found.since(struck) > earliest, "{found} is too early");
        assert!(found.since(struck) <= earliest + seconds(interval), "{found} is too late");
        assert_eq!(routed, found + seconds(propagation));

        let mut steps = Steps::new(&text, false);
        steps.to(Time(struck.0 - 1));
        let before = steps.served("eu.a");
        assert!(before > 10_000, "{before}");
        steps.to(routed);
        assert_eq!(steps.served("us.a"), 0, "the partner answered before the routing tables knew");
        assert_eq!(steps.served("eu.a"), before, "a dark site served");
        steps.to(routed + seconds(1));
        assert!((100..300).contains(&steps.served("us.a")), "{}", steps.served("us.a"));
        let mended = struck + seconds(100);
        let (offered, failed) =
            whole.suffered("eu", struck + seconds(1), Time(routed.0 / 1_000_000_000 * 1_000_000_000));
        assert_eq!(failed, offered, "nothing is good before");
        let (offered, failed) = whole.suffered("eu", routed + seconds(1), mended);
        assert!(offered > 1_000 && failed == 0, "all is good after: {failed} of {offered}");
    }
}

#[test]
fn a_retry_reaches_the_partner_before_the_routing_tables_do() {
    let retries = "attempts = 2, attempt_timeout = \"300 ms\", budget = \"none\"";
    let text = regions(COPIED, QUICK, DIES).replace("attempts = 1", retries);
    let whole = Whole::of(&text);
    let routed = whole.sighted("eu.a", false, true).unwrap();
    assert!(whole.served("us.a", s(121.0), routed) > 1_000);
    let (offered, failed) = whole.suffered("eu", s(121.0), routed);
    assert!(offered > 1_000 && failed == 0, "{failed} of {offered}");
    let slow = &whole.document.phases["fault"].latency_ms;
    assert!(slow.p99.value.unwrap() > 300.0 + 80.0, "a retry costs the first attempt's patience: {slow:?}");
}

#[test]
fn keys_without_another_host_are_refused_and_residency_is_named() {
    for (key, reason) in [("stay = \"anywhere\"\n", "no-host"), ("stay = \"region\"\n", "residency")] {
        let whole = Whole::of(&regions(key, QUICK, DIES));
        let routed = whole.sighted("eu.a", false, true).unwrap();
        let by_reason = &whole.document.requests.by_reason;
        assert!(by_reason[reason] > 1_000 && by_reason["timeout"] > 1_000, "{by_reason:?}");
        assert_eq!(by_reason.len(), 2, "{by_reason:?}");
        assert_eq!(whole.site("us.a").served, 0, "no call is served outside");
        let (offered, failed) = whole.suffered("eu", routed + Span::from_secs(1), s(180.0));
        assert_eq!(failed, offered);
        let (_, after) =
            whole.suffered("eu", whole.sighted("eu.a", true, true).unwrap() + Span::from_secs(1), s(360.0));
        assert_eq!(after, 0);
    }
}

/// What is lost with its sites is not refused for where it may stay, and neither is what no other region could have served.
#[test]
fn residency_is_not_named_where_it_makes_no_difference() {
    let gone = DIES.replace("crash", "destroy");
    let all = format!("{DIES}also = {{ on = \"region.us\", kind = \"crash\", at = \"2 min\", for = \"1 min\" }}\n");
    for fault in [&gone, &all] {
        let whole = Whole::of(&regions("stay = \"region\"\n", QUICK, fault));
        let by_reason = &whole.document.requests.by_reason;
        assert!(by_reason["no-host"] > 1_000, "{by_reason:?}");
        let named = by_reason.get("residency").copied().unwrap_or(0);
        // The two regions are not found dead at the same instant.
        assert!(if *fault == gone { named == 0 } else { named * 10 < by_reason["no-host"] }, "{by_reason:?}");
    }
}

#[test]
fn a_bound_class_stays_while_a_free_one_moves() {
    let more = "[key.free]\ncount = { eu = 50 }\nalgorithm = \"rsa-2048\"\nstay = \"anywhere\"\npartner_copies = 1\n\
                [load.open]\nfrom = { eu = \"20/s\" }\ncalls = [\"decrypt\"]\nkey = \"free\"\nretry = { attempts = 1 }\n";
    let whole = Whole::of(&regions("stay = \"region\"\n", QUICK, &format!("{more}{DIES}")));
    let loads = &whole.document.loads;
    assert!(loads["pay"].requests.by_reason.contains_key("residency"));
    assert!(!loads["open"].requests.by_reason.contains_key("residency"));
    let routed = whole.sighted("eu.a", false, true).unwrap();
    let mended = whole.sighted("eu.a", true, true).unwrap();
    let moved = whole.served("us.a", routed, mended + Span::from_secs(1)) as f64 / mended.since(routed).as_secs_f64();
    assert!((15.0..50.0).contains(&moved), "only the free class's 20 to 40 a second moved: {moved}");
}

#[test]
fn moved_requests_take_the_round_trip_longer() {
    let place = |id| geo::place(id).unwrap();
    let rtt = geo::rtt(place("Frankfurt"), place("aws:us-east-1")).span.as_millis_f64();
    for jitter in [0.0, 0.05] {
        let text = regions(COPIED, QUICK, DIES).replace("jitter = 0.0", &format!("jitter = {jitter}"));
        let whole = Whole::of(&text);
        let frame = &whole.replica().recorder.frame;
        let median = |from: Time, until: Time| {
            let slots = whole.replica().recorder.closed.iter().enumerate();
            let within = |slot: usize| frame.slot_start(slot) >= from && frame.slot_start(slot + 1) <= until;
            let mut all = keyfleet::stats::Histogram::default();
            slots.filter(|(slot, _)| within(*slot)).for_each(|(_, cells)| cells[0].latency.merge_into(&mut all));
            (all.quantile(0.5).unwrap().nanoseconds() / 1e6, all.quantile(0.99).unwrap().nanoseconds() / 1e6)
        };
        let routed = whole.sighted("eu.a", false, true).unwrap();
        let (near, _) = median(s(60.0), s(110.0));
        let (far, tail) = median(routed + Span::from_secs(1), s(180.0));
        assert!((near - 1.8).abs() < 0.3, "0.8 ms there and back, 1 ms in the device: {near}");
        // A little queueing beside; the median of two lognormal delays of sigma 0.05 is that of the round trip.
        assert!((far - (rtt + 1.0)).abs() < 0.3 + rtt * jitter * 0.1, "{far}, round trip {rtt}");
        let widest = rtt * libm::exp(jitter * 3.0) + 4.0;
        assert!(tail < widest, "{tail} is beyond jitter: {widest}");
    }
}

#[test]
fn one_hsm_more_decides_whether_the_survivors_hold() {
    // 10 ms a call: 100 calls a second for each HSM; the survivors have 150 of their own and take over 130.
    let text = |hsms: u32, lasts: u32| {
        format!(
            r#"
format = 1
run = "4 min"
warm_up = "0 s"
replications = 1
[profile.box]
engines = 1
distribution = "exponential"
queue = 1000000
op.sign = {{ mean = "10 ms" }}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1, hsms = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1, hsms = {hsms} }}
[key.card]
count = {{ eu = 200, us = 200 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
[load.pay]
from = {{ eu = "130/s", us = "150/s" }}
calls = ["sign"]
key = "card"
timeout = "2 s"
retry = {{ attempts = 1 }}
[health]
phase = "0 s"
interval = "2 s"
threshold = 2
timeout = "1 s"
propagation = "5 s"
[fault]
dark = {{ on = "region.eu", kind = "crash", at = "60 s", for = "{lasts} s" }}
"#
        )
    };
    let holds = Whole::of(&text(4, 180));
    assert_eq!(holds.document.saturation, Saturation::Stable);
    assert!(holds.replica().waiting[1] < 20, "{:?}", holds.replica().waiting);
    assert!(holds.suffered("us", s(0.0), s(240.0)).1 == 0);

    let one_less = Whole::of(&text(2, 180));
    assert_eq!(one_less.document.saturation, Saturation::Overloaded, "280/s do not fit into 200/s");
    let waiting = one_less.replica().waiting[1];
    let excess = 80.0 * (180.0 - 10.0);
    assert!((waiting as f64 - excess).abs() < 0.15 * excess, "80/s pile up: {waiting}, {excess} expected");
    assert!(one_less.document.sites["us.a"].queue_length.value.unwrap() > 1_000.0);
    assert!(one_less.suffered("us", s(200.0), s(230.0)).1 > 1_000, "the survivors' own callers suffer, too");

    let drains = Whole::of(&text(3, 40));
    assert_ne!(drains.document.saturation, Saturation::Overloaded, "a backlog that drains is none at the end");
}

#[test]
fn traffic_comes_back_after_recovery_is_seen_and_published() {
    let whole = Whole::of(&regions(COPIED, QUICK, DIES));
    let mended = s(180.0);
    let seen = whole.sighted("eu.a", true, false).unwrap();
    let back = whole.sighted("eu.a", true, true).unwrap();
    // Threshold 2, every 5 s; an answered check takes a round trip.
    let round_trip = Span::from_millis(120);
    assert!(seen.since(mended) >= Span::from_secs(5), "{seen}");
    assert!(seen.since(mended) <= Span::from_secs(10) + round_trip, "{seen}");
    // Calling services go by their own region's check, whose answer is back at once.
    assert!(back <= seen + Span::from_secs(7) && back >= seen + Span::from_secs(7) - round_trip, "{seen}, {back}");
    assert!(whole.served("us.a", mended, back) > 500, "until then the partner goes on");
    assert_eq!(whole.served("us.a", back + Span::from_secs(2), s(360.0)), 0, "then it is left alone");
    assert!(whole.served("eu.a", back + Span::from_secs(1), s(360.0)) > 5_000);
    assert_eq!(whole.suffered("eu", mended, s(360.0)).1, 0, "failing back hurts nobody");
}

#[test]
fn the_document_tells_the_story() {
    let whole = Whole::of(&regions(COPIED, QUICK, DIES));
    let document = &whole.document;
    let [fault] = &document.faults[..] else { panic!("one fault: {:?}", document.faults) };
    assert_eq!((fault.id.as_str(), fault.what.as_str()), ("dark", "region eu: crash"));
    assert_eq!((fault.from_s, fault.until_s), (120.0, 180.0));
    let (detect, routed) = (fault.detect_s.unwrap(), fault.routed_s.unwrap());
    assert_eq!(routed, detect + 7.0);
    let rto = fault.rto_s.unwrap();
    assert!((routed - 0.001..=routed + 1.0).contains(&rto), "good again once routed: {rto}, {routed}");
    assert_eq!((fault.rpo_s, fault.keys_lost.value, fault.versions_lost.value), (Some(0.0), Some(0.0), Some(0.0)));
    assert_eq!(fault.worst_region, "eu");
    assert!(fault.worst_p99_ms.is_none(), "p99 falls among the unanswered");
    let share = 1.0 - fault.failed.or_zero() / fault.offered.or_zero();
    assert!((fault.worst_availability.unwrap() - share).abs() < 0.02, "{fault:?}");

    let phase = |name: &str| &document.phases[name].requests;
    assert_eq!(phase("normal").failed, 0);
    assert_eq!(phase("recovery").failed, 0);
    assert_eq!(phase("fault").failed, document.requests.failed);
    assert_eq!(document.requests.by_reason.keys().collect::<Vec<_>>(), ["timeout"]);
    assert_eq!(document.requests.by_reason["timeout"], document.requests.failed);
    let sum: u64 = ["normal", "fault", "recovery"].iter().map(|name| phase(name).offered).sum();
    assert_eq!(sum, document.requests.offered);
    let flow = document.timeline.flows.iter().find(|flow| flow.from == "eu" && flow.to == "us").unwrap();
    assert!(flow.normal_per_s == 0.0 && flow.fault_per_s > 100.0, "{flow:?}");
    assert!(flow.recovery_per_s > 1.0 && flow.recovery_per_s < 20.0, "what comes until it is routed back: {flow:?}");
    assert!(document.keys.unavailable.value == Some(0.0), "the partner's copies could be reached all the time");
}

#[test]
fn a_survive_case_is_told_like_a_fault() {
    let text = regions(COPIED, QUICK, "").replacen(
        "format = 1",
        "format = 1\nsurvive = { what = [\"region\", \"site\", \"device\"], lasts = \"40 s\" }",
        1,
    );
    let whole = Whole::of(&text);
    let ids: Vec<&str> = whole.document.survive.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "region.eu",
            "region.us",
            "region.eu.site.a",
            "region.us.site.a",
            "region.eu.site.a.device.1",
            "region.us.site.a.device.1"
        ]
    );
    let case = |id: &str| whole.document.survive.iter().find(|case| case.id == id).unwrap();
    let failed = |id: &str| case(id).failed.value.unwrap();
    assert!(failed("region.eu") > 1_000.0 && failed("region.us") == 0.0);
    assert_eq!(failed("region.eu"), failed("region.eu.site.a"), "its only site");
    assert!(failed("region.eu.site.a.device.1") < 10.0, "the other device takes over at once");
    assert!(whole.document.faults.is_empty());
    assert_eq!(whole.document.requests.failed, 0, "the main run is without fault");
}

#[test]
fn a_check_answered_too_late_is_not_answered() {
    // Observers are 900 ms away and wait 50 ms: nobody is seen, everybody is held for down.
    let whole = Whole::of(&format!(
        r#"run = "1 min"
region.a = {{ at = "Frankfurt", device = "box" }}
region.b = {{ at = "Tokyo", device = "box" }}
region.c = {{ at = "London", device = "box" }}
key.k = {{ count = 30, algorithm = "rsa-2048" }}
load.pay = {{ from = {{ a = "1/s", b = "1/s", c = "1/s" }}, calls = ["sign"], key = "k", timeout = "2 s" }}
health = {{ phase = "0 s", interval = "1 s", timeout = "50 ms", threshold = 1, observers = 2, propagation = "1 s" }}
{}"#,
        QUIET.replace(
            "network = { jitter = 0.0 }",
            "network = { jitter = 0.0, rtt = { a-b = \"900 ms\", a-c = \"900 ms\", b-c = \"900 ms\" } }"
        )
    ));
    assert_eq!(whole.sighted("a.a", false, false), Some(s(0.05)));
}

#[test]
fn points_of_the_scenario_are_as_far_apart_as_they_are() {
    let blueprint = Blueprint::new(parse(&format!(
        r#"run = "1 min"
region.a = {{ at = {{ lat = 52.5, lon = 13.4, country = "DE" }}, device = "box" }}
region.b = {{ at = {{ lat = 48.1, lon = 11.6, country = "DE" }}, device = "box" }}
region.c = {{ at = {{ lat = -33.9, lon = 151.2, country = "AU" }}, device = "box", partner = "a" }}
key.k = {{ count = {{ a = 10, b = 10, c = 10 }}, algorithm = "rsa-2048", stay = "anywhere", partner_copies = 1 }}
load.pay = {{ from = {{ c = "50/s" }}, calls = ["sign"], key = "k", timeout = "2 s" }}
{QUIET}"#
    )));
    let rtt = |site: usize| blueprint.catalog().origins[0].rtt[site].as_millis_f64();
    assert!(rtt(0) > 200.0 && rtt(1) > 200.0, "Sydney to Berlin {} ms, to Munich {} ms", rtt(0), rtt(1));
}

#[test]
fn rotations_go_on_in_stretches_beyond_the_first_cryptoperiod() {
    let text = format!(
        r#"run = "3 h"
region.a = {{ at = "Frankfurt", device = "box", sites = 2 }}
key.k = {{ count = 600, algorithm = "rsa-2048", rotate = {{ every = "10 min" }} }}
load.pay = {{ from = {{ a = "1/s" }}, calls = ["sign"], key = "k" }}
{QUIET}"#
    );
    let blueprint = Blueprint::new(parse(&text));
    let (from, until) = (s(7200.0), s(7500.0));
    let stretch = Stretch { replication: 0, from, counted_from: from, until, faults: Vec::new() };
    let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
    let due = run_stretch(&blueprint, &stretch, options).unwrap().recorder.keys.due;
    assert!((250..350).contains(&due), "one a second in five minutes: {due}");
}
