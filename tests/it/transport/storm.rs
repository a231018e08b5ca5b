//! What happens when many connections are gone at once.

use super::{handshakes, one_site, transport};
use crate::fleet::Whole;
use crate::shipped::{keeps_its_promise, run, value};
use keyfleet::results::RunDocument;
use keyfleet::scenario;
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const CRASH: &str = "[fault]\ndark = { on = \"region.eu\", kind = \"crash\", at = \"10 min\", for = \"10 s\" }\n";

/// All 200 connections break, and each client connects once: with its ticket only where its key survives a restart.
#[test]
fn a_site_that_was_lost_is_connected_to_by_every_client_anew() {
    for (keys, resumed) in [("site", 0.0), ("fleet", 200.0)] {
        let settings =
            format!("clients = 200\nidle = \"1 h\"\nlife = \"1 d\"\nticket = \"7 d\"\nticket_keys = \"{keys}\"\n");
        let whole = Whole::of(&one_site("100/s", &settings, CRASH));
        let block = transport(&whole);
        assert_eq!(block.broken.or_zero(), 200.0);
        // A seventieth of them would have ended by then anyway.
        assert!((handshakes(&whole) - 200.0).abs() <= 12.0, "{}", handshakes(&whole));
        assert!((block.resumed.or_zero() - resumed).abs() <= 12.0, "{keys}: {:?}", block.resumed);
    }
}

/// The crash of a device is none of the site: its front end holds the connections.
#[test]
fn a_device_that_stops_breaks_no_connection() {
    let fault = CRASH.replace("region.eu\"", "region.eu.site.a.device.1\"");
    let whole = Whole::of(&one_site("100/s", "clients = 200\nidle = \"1 h\"\nlife = \"1 d\"\n", &fault));
    assert_eq!(transport(&whole).broken.or_zero(), 0.0);
}

/// One worker, 40 ms each, nobody may wait: of those who come at once one connects, and the others are told so.
#[test]
fn a_front_end_without_room_refuses() {
    let settings =
        "clients = 2000\nidle = \"1 h\"\nlife = \"1 d\"\nworkers = 1\nqueue = 0\nhandshake.full = \"40 ms\"\n";
    let whole = Whole::of(&one_site("400/s", settings, CRASH));
    let refused = whole.document.requests.by_reason["front-end-full"];
    assert!(refused > 1_000, "{refused}");
    assert!((transport(&whole).refused.or_zero() - refused as f64).abs() < 100.0, "{:?}", transport(&whole).refused);
    let busiest = transport(&whole).sites["eu.a"].busiest_per_s.or_zero();
    assert!(busiest > 200.0, "{busiest}");
}

/// When the last second with refused handshakes ends, from the strike, seconds.
fn storm(document: &RunDocument) -> f64 {
    let (block, timeline) = (document.transport.as_ref().unwrap(), &document.timeline);
    let last = block.failed_per_s.iter().rposition(|failed| *failed > 0.0);
    last.map_or(0.0, |slot| timeline.start_s + (slot + 1) as f64 * timeline.slot_s - document.faults[0].from_s)
}

#[test]
fn a_failover_of_many_clients_is_followed_by_a_storm() {
    let document = run("reconnect-storm", &["replications=1"]);
    keeps_its_promise("reconnect-storm", &document);
    let routed = document.faults[0].routed_s.unwrap();
    assert!(storm(&document) > routed + 15.0, "{} {routed}", storm(&document));
    assert!(value(&document, "back").unwrap() > routed + 15.0);
    // Most of those that a front end refuses are tried again, until the budget is spent.
    assert!(document.transport.as_ref().unwrap().refused.or_zero() > 5_000.0);
    assert!(document.requests.by_reason["budget-exhausted"] > 50_000, "{:?}", document.requests.by_reason);
}

#[test]
fn enough_workers_or_tickets_that_outlive_the_site_calm_it() {
    let tickets = ["transport.ticket_keys=\"fleet\"", "transport.ticket=\"1 d\""];
    for set in [&["transport.workers=16"][..], &tickets[..]] {
        let set: Vec<&str> = set.iter().copied().chain(["replications=1"]).collect();
        let document = run("reconnect-storm", &set);
        assert_eq!(document.status, keyfleet::results::Status::Pass, "{set:?}: {}", document.verdict);
        assert_eq!(document.transport.as_ref().unwrap().refused.or_zero(), 0.0, "{set:?}");
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let text = one_site("300/s", "clients = 3000\nidle = \"20 s\"\nworkers = 1\n", CRASH);
    let text = text.replace("replications = 1", "replications = 3").replace("run = \"30 min\"", "run = \"12 min\"");
    let scenario = Arc::new(scenario::load_text(Path::new("made-up.toml"), &text, &[]).unwrap().scenario);
    let digests = |jobs: usize| {
        let options = Options { jobs, stop: &AtomicBool::new(false), told: &|_| {} };
        let runs = simulate(&Blueprint::new(Arc::clone(&scenario)), options).unwrap();
        keyfleet::results::document(&scenario, &runs)
    };
    assert_eq!(digests(1), digests(3));
}
