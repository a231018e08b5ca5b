//! Certificates that expire or are revoked: what goes on, what fails, what hides it, and what finds it.

use super::{one_site, transport};
use crate::fleet::{Whole, s};
use crate::shipped::{keeps_its_promise, run};
use keyfleet::results::RunDocument;

/// Requests offered to a region and failed, in these minutes.
fn suffered(whole: &Whole, minutes: (f64, f64)) -> f64 {
    let (offered, failed) = whole.suffered("eu", s(60.0 * minutes.0), s(60.0 * minutes.1));
    failed as f64 / offered as f64
}

/// Connections of half an hour's life end evenly: by the minute a thirtieth more of the callers fail, until there is a new one.
#[test]
fn an_expired_certificate_is_an_outage_that_creeps_in() {
    let fault =
        "[fault]\nold = { on = \"region.eu\", kind = \"certificate-expired\", at = \"5 min\", for = \"20 min\" }\n";
    let whole = Whole::of(&one_site("200/s", "clients = 400\nidle = \"1 h\"\nlife = \"30 min\"\n", fault));
    assert_eq!(suffered(&whole, (0.0, 5.0)), 0.0);
    for (from, until) in [(8.0, 9.0), (14.0, 15.0), (19.0, 20.0), (24.0, 25.0)] {
        let (share, expected) = (suffered(&whole, (from, until)), ((from + until) / 2.0 - 5.0) / 30.0);
        assert!((share - expected).abs() < 0.05, "{from}: {share}, not {expected}");
    }
    assert!(suffered(&whole, (25.0, 26.0)) < 0.002, "{}", suffered(&whole, (25.0, 26.0)));
    let reasons = &whole.document.requests.by_reason;
    assert_eq!(reasons.keys().collect::<Vec<_>>(), ["handshake"], "{reasons:?}");
    // Requests of one client at the same time wait for one handshake.
    let (handshakes, failed) = (transport(&whole).distrusted.or_zero(), reasons["handshake"] as f64);
    assert!(handshakes <= failed && handshakes > 0.97 * failed, "{handshakes} {failed}");
    assert_eq!(transport(&whole).broken.or_zero(), 0.0);
}

/// Callers learn of a revocation within ten minutes, evenly, and close what is open.
#[test]
fn a_revoked_certificate_ends_connections_within_the_spread() {
    let kind = "\"certificate-revoked\", spread = \"10 min\"";
    let fault = format!("[fault]\nvoid = {{ on = \"fleet\", kind = {kind}, at = \"5 min\", for = \"15 min\" }}\n");
    let whole = Whole::of(&one_site("200/s", "clients = 400\nidle = \"1 h\"\nlife = \"1 d\"\n", &fault));
    for (from, until, expected) in [(7.0, 8.0, 0.25), (12.0, 13.0, 0.75), (16.0, 19.0, 1.0), (21.0, 30.0, 0.0)] {
        let share = suffered(&whole, (from, until));
        assert!((share - expected).abs() < 0.05, "{from}: {share}, not {expected}");
    }
    assert_eq!(suffered(&whole, (16.0, 19.0)), 1.0, "nobody accepts it any more");
}

#[test]
fn health_checks_find_it_only_where_they_look_at_certificates() {
    let fault =
        "[fault]\nold = { on = \"region.eu\", kind = \"certificate-expired\", at = \"5 min\", for = \"20 min\" }\n";
    for (verify, found) in [("false", false), ("true", true)] {
        let settings = format!("clients = 400\nchecks_verify = {verify}\n");
        let whole = Whole::of(&one_site("50/s", &settings, fault));
        let at = whole.sighted("eu.a", false, false);
        assert_eq!(at.is_some(), found, "{at:?}");
        assert!(at.is_none_or(|at| (320.0..333.0).contains(&at.as_secs_f64())), "{at:?}");
    }
}

/// Sites that do not trust each other copy nothing, and the metadata store hears nothing from them; all is made up for.
#[test]
fn copies_and_rotations_wait_for_a_new_certificate() {
    let more = "[fault]\nold = { on = \"fleet\", kind = \"certificate-expired\", at = \"10 min\", for = \"30 min\" }\n\
                [transport]\nlife = \"5 min\"\n";
    let text = format!(
        "run = \"1 h\"\n{}{}\nrotate = {{ every = \"1 h\" }}\n",
        crate::fleet::QUIET,
        crate::fleet::TWO_REGIONS
    );
    let text = format!(
        "{text}[load.pay]\nfrom = {{ eu = \"2/s\", us = \"2/s\" }}\ncalls = [\"sign\"]\nkey = \"card\"\n{more}"
    );
    let (cut, whole) = (
        Whole::of(&text),
        Whole::of(&text.replace("at = \"10 min\", for = \"30 min\"", "at = \"59 min\", for = \"1 s\"")),
    );
    let late = |whole: &Whole| whole.document.replication.missed.or_zero();
    assert_eq!(late(&whole), 0.0);
    assert!(late(&cut) > 20.0, "{}", late(&cut));
    assert!(cut.document.metadata.unanswered.or_zero() > 5.0, "{:?}", cut.document.metadata);
    let done = |whole: &Whole| whole.document.rotation.completed.or_zero();
    assert!(done(&cut) > done(&whole) - 8.0, "{} of {}", done(&cut), done(&whole));
}

/// Failed requests a second in a stretch of minutes.
fn failed(document: &RunDocument, (from, until): (f64, f64)) -> f64 {
    let timeline = &document.timeline;
    let slots = timeline.regions["eu"].failed_per_s.iter().enumerate();
    let at = |slot: usize| (timeline.start_s + slot as f64 * timeline.slot_s) / 60.0;
    let within: Vec<f64> = slots.filter(|(i, _)| (from..until).contains(&at(*i))).map(|(_, v)| *v).collect();
    within.iter().sum::<f64>() / within.len() as f64
}

/// The site's share is half: a call in ten needs a second attempt when a fifth of its connections are gone, after 12 minutes.
#[test]
fn an_outage_by_certificate_hides_behind_retries_until_the_budget_is_spent() {
    let document = run("certificate-expired", &["replications=2"]);
    keeps_its_promise("certificate-expired", &document);
    assert_eq!(failed(&document, (0.0, 40.0)), 0.0, "ten minutes long nothing fails");
    assert!(failed(&document, (48.0, 60.0)) > 1.0);
    assert!(failed(&document, (85.0, 99.0)) > failed(&document, (60.0, 70.0)) * 1.5);
    assert_eq!(document.faults[0].detect_s, None);
    let checked = run("certificate-expired", &["replications=1", "transport.checks_verify=true"]);
    assert_eq!(checked.status, keyfleet::results::Status::Pass, "{}", checked.verdict);
    assert!(checked.faults[0].detect_s.unwrap() < 35.0);
    assert_eq!(checked.requests.failed, 0);
}

#[test]
fn one_certificate_for_all_takes_the_whole_fleet() {
    let document = run("certificate-expired", &["replications=1", "fault.expiry.on=\"fleet\""]);
    let offered = 120.0;
    assert!(failed(&document, (97.0, 99.0)) > 0.999 * offered * 0.97, "{}", failed(&document, (97.0, 99.0)));
    assert!(failed(&document, (30.0, 33.0)) < 0.1 * offered);
}
