//! Connections: what a cold one costs, how often one is cold, the station at the front end, what breaks them, and what
//! certificates that fail do. Figures that follow by arithmetic are held against it.

mod certificates;
mod station;
mod storm;

use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::results::TransportBlock;
use keyfleet::scenario;
use std::path::Path;

/// Callers of one site, ten milliseconds away, whose device needs a millisecond.
fn one_site(rate: &str, transport: &str, more: &str) -> String {
    format!(
        r#"run = "30 min"
{quiet}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
[key.card]
count = 100
algorithm = "rsa-2048"
[load.pay]
from = {{ eu = "{rate}" }}
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ attempts = 1 }}
[transport]
{transport}
{more}"#,
        quiet = QUIET.replace("jitter = 0.0", "jitter = 0.0, local_rtt = \"10 ms\"")
    )
}

fn transport(whole: &Whole) -> &TransportBlock {
    whole.document.transport.as_ref().unwrap()
}

fn handshakes(whole: &Whole) -> f64 {
    transport(whole).full.or_zero() + transport(whole).resumed.or_zero()
}

/// One client that asks every ten seconds and forgets its connection after one: TCP, TLS and the call are a round trip each.
#[test]
fn a_cold_connection_costs_two_round_trips_and_the_work_of_its_handshake() {
    let ticket = [("ticket = \"0 s\"", 3.0), ("handshake = { full = \"3 ms\", resumed = \"2 ms\" }", 2.0)];
    for (written, work) in ticket {
        let settings = format!("clients = 1\nidle = \"1 s\"\nhandshake.full = \"3 ms\"\n{written}\n");
        let settings = if work < 3.0 { settings.replace("handshake.full = \"3 ms\"\n", "") } else { settings };
        let text = one_site("0.1/s", &settings, "").replace("retry =", "arrivals = \"constant\"\nretry =");
        let whole = Whole::of(&text);
        let expected = 3.0 * 10.0 + work + 1.0;
        let median = whole.document.latency_ms.p50.value.unwrap();
        assert!((median / expected - 1.0).abs() < 0.005, "{written}: {median} ms, not {expected}");
        assert_eq!(handshakes(&whole), whole.document.requests.offered as f64, "each request connects anew");
        let took = transport(&whole).took_ms.p50.value.unwrap();
        assert!((took / (expected - 11.0) - 1.0).abs() < 0.005, "{took}");
    }
}

#[test]
fn a_warm_connection_costs_nothing_and_no_network_has_none() {
    let whole = Whole::of(&one_site("20/s", "clients = 2\nlife = \"1 d\"\n", ""));
    let slowest = whole.document.latency_ms.p50.value.unwrap();
    assert!((slowest / 11.0 - 1.0).abs() < 0.005, "{slowest}");
    assert!(handshakes(&whole) <= 4.0, "{}", handshakes(&whole));
    let text = one_site("20/s", "", "").replace("[transport]\n", "");
    let network = "network = { jitter = 0.0, local_rtt = \"10 ms\" }";
    let none = Whole::of(&text.replace(network, "network = \"none\""));
    assert!(none.document.transport.is_none());
}

/// A client is a Poisson process of 0.2 calls a second: the gap before a call is above 5 s with probability 1/e.
#[test]
fn the_share_of_cold_calls_follows_from_idle_time() {
    let whole = Whole::of(&one_site("20/s", "clients = 100\nidle = \"5 s\"\nlife = \"1 d\"\n", ""));
    let share = transport(&whole).per_request.value.unwrap();
    let expected = libm::exp(-1.0);
    assert!((share - expected).abs() < 0.012, "{share}, not {expected}");
}

/// 100 clients that ask twice a second each connect anew every 100 s and the half second until they ask again.
#[test]
fn connections_age_out_each_at_its_own_time() {
    let whole =
        Whole::of(&one_site("200/s", "clients = 100\nidle = \"1 h\"\nlife = \"100 s\"\nticket = \"0 s\"\n", ""));
    let expected = 1_800.0 * 100.0 / 100.5;
    let full = transport(&whole).full.or_zero();
    assert!((full / expected - 1.0).abs() < 0.03, "{full}, not {expected}");
    assert_eq!(transport(&whole).resumed.or_zero(), 0.0);
    let busiest = transport(&whole).sites["eu.a"].busiest_per_s.or_zero();
    assert!(busiest <= 8.0, "they do not all connect at once: {busiest}");
}

/// Crashes, cuts, expired and revoked certificates, a front end that is too small: every step an event or not, the same facts.
#[test]
fn answers_ahead_of_their_time_change_nothing() {
    let faults = r#"
[fault]
dark = { on = "region.eu.site.a", kind = "crash", at = "20 s", for = "15 s" }
cut = { on = "link.eu-us", kind = "partition", at = "30 s", for = "20 s" }
old = { on = "region.us", kind = "certificate-expired", at = "60 s", for = "30 s" }
void = { on = "fleet", kind = "certificate-revoked", spread = "10 s", at = "100 s", for = "20 s" }
"#;
    let transport = "[transport]\nclients = 300\nidle = \"4 s\"\nlife = \"40 s\"\nqueue = 3\nworkers = 1\n\
                     handshake = { full = \"9 ms\", resumed = \"4 ms\" }\n";
    let text =
        crate::faults::fleet(&format!("{transport}{faults}")).replace("jitter = 0.0", "jitter = 0.05, loss = \"1 %\"");
    let text = text.replace("attempts = 1", "attempts = 3");
    let run = |ahead: bool| {
        let mut steps = Steps::new(&text, ahead);
        steps.to(s(240.0));
        let under_way = steps.world.service().in_flight() as u64;
        let (recorder, digest) = steps.world.end(&mut steps.queue);
        let decided: u64 = recorder.closed.iter().flatten().map(|cell| cell.latency.count()).sum();
        assert_eq!(recorder.offered, decided + under_way, "each call has one end");
        assert!(under_way < 50, "{under_way}");
        (digest, recorder.transport)
    };
    let ((digest, tally), (other, _)) = (run(true), run(false));
    assert_eq!(digest, other);
    let sum = |of: fn(&keyfleet::metrics::Shakes) -> u64| tally.sites.iter().map(of).sum::<u64>();
    let all = [sum(|s| s.full), sum(|s| s.resumed), sum(|s| s.refused), sum(|s| s.distrusted), sum(|s| s.broken)];
    assert!(all.iter().all(|count| *count > 20), "all of it happened: {all:?}");
}

#[test]
fn links_without_tls_are_refused() {
    for plain in ["transport = \"none\"", "transport = \"plaintext\"", "[transport]\ntls = false"] {
        let text = one_site("20/s", "", "").replace("[transport]\n", "");
        let text = if plain.starts_with('[') { format!("{text}\n{plain}\n") } else { format!("{plain}\n{text}") };
        let errors = scenario::load_text(Path::new("made-up.toml"), &text, &[]).unwrap_err().render(false);
        assert!(errors.contains("links without TLS are refused"), "{errors}");
    }
    scenario::load_text(Path::new("made-up.toml"), &one_site("20/s", "tls = true", ""), &[]).unwrap();
}

#[test]
fn there_is_a_client_for_ten_requests_a_second_unless_it_is_stated() {
    let clients = |rate: &str, written: &str| {
        crate::fleet::parse(&one_site(rate, written, "")).tls.as_ref().unwrap().clients.clone()
    };
    assert_eq!(clients("0.1/s", ""), [1]);
    assert_eq!(clients("95/s", ""), [10]);
    assert_eq!(clients("500 k/s", ""), [10_000]);
    assert_eq!(clients("95/s", "clients = 70"), [70]);
}
