//! Closed forms against tables, against each other, against the exact chain where a form approximates, and against a small
//! simulation.

use keyfleet::queueing::{Station, Waiting, erlang_b, erlang_c, ggc, md1, mdc, mg1, mgc, mm1, mmc, mmck};
use keyfleet::rng::{Purpose, Streams, exponential};

fn close(actual: f64, expected: f64, relative: f64) {
    assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} is not {expected} within {relative}");
}

/// One erlang of work per server at utilisation 1: service takes a second.
fn station(servers: u32, utilisation: f64) -> Station {
    Station { arrival_rate: utilisation * f64::from(servers), mean_service: 1.0, servers }
}

#[test]
fn erlang_b_agrees_with_the_published_table() {
    // Erlangs carried by n circuits at the given loss, as in every traffic handbook.
    let table = [(1, 0.01, 0.0101), (10, 0.01, 4.461), (20, 0.01, 12.031), (50, 0.01, 37.901), (100, 0.01, 84.064)];
    for (servers, lost, offered) in table {
        close(erlang_b(servers, offered), lost, 2e-3);
    }
    for (servers, lost, offered) in [(10, 0.001, 3.092), (100, 0.001, 75.242), (10, 0.1, 7.511)] {
        close(erlang_b(servers, offered), lost, 2e-3);
    }
    assert_eq!(erlang_b(3, 0.0), 0.0);
    assert_eq!(erlang_b(0, 2.0), 1.0);
    // With many servers under their own number of erlangs the loss tends to sqrt(2 / (pi c)) (Jagerman 1974).
    close(erlang_b(10_000, 10_000.0), (2.0 / (std::f64::consts::PI * 10_000.0)).sqrt(), 0.01);
}

#[test]
fn erlang_c_agrees_with_closed_forms() {
    for rho in [0.1, 0.5, 0.9, 0.999] {
        close(erlang_c(1, rho).unwrap(), rho, 1e-12);
        close(erlang_c(2, 2.0 * rho).unwrap(), 2.0 * rho * rho / (1.0 + rho), 1e-12);
    }
    let large = erlang_c(10_000, 9_900.0).unwrap();
    // Halfin and Whitt 1981: 1 / (1 + beta Phi(beta) / phi(beta)) with beta = (1 - rho) sqrt(c) = 1.
    close(large, 0.223_36, 0.02);
    assert_eq!(erlang_c(4, 4.0).unwrap_err().utilisation, 1.0);
    assert!(erlang_c(4, f64::NAN).is_err());
}

#[test]
fn single_server_forms() {
    let wait = mm1(0.8, 1.0).unwrap();
    close(wait.mean, 4.0, 1e-12);
    close(wait.mean_in_queue(0.8), 3.2, 1e-12);
    // P(W > t) = rho exp(-(1 - rho) t).
    close(wait.quantile(0.99), libm::log(0.8 / 0.01) / 0.2, 1e-12);
    assert_eq!(wait.quantile(0.2), 0.0);
    close(md1(0.8, 1.0).unwrap().mean, 2.0, 1e-12);
    close(mg1(8.0, 0.1, 3.0).unwrap().mean, 0.8, 1e-12);
    assert_eq!(mm1(0.0, 1.0).unwrap(), Waiting { probability: 0.0, mean: 0.0 });
    assert_eq!(mm1(0.0, 1.0).unwrap().quantile(0.99), 0.0);
    let error = mg1(12.0, 0.1, 1.0).unwrap_err();
    assert_eq!(error.to_string(), "offered 120.0 % of what the servers can do, so the queue grows without end");
}

#[test]
fn all_forms_meet_where_they_must() {
    for (servers, rho) in [(1, 0.7), (3, 0.5), (40, 0.95), (2000, 0.99)] {
        let station = station(servers, rho);
        let exact = mmc(&station).unwrap();
        close(mgc(&station, 1.0).unwrap().mean, exact.mean, 1e-12);
        close(ggc(&station, 1.0, 1.0).unwrap().mean, exact.mean, 1e-12);
        close(mgc(&station, 0.0).unwrap().mean, mdc(&station).unwrap().mean, 1e-12);
        close(mgc(&station, 3.0).unwrap().mean, 2.0 * exact.mean, 1e-12);
        // A queue too long to fill is no limit.
        let long = mmck(&station, servers + 20_000);
        close(long.mean_wait, exact.mean, 1e-9);
        assert!(long.blocking < 1e-80);
        // No queue at all is Erlang B.
        close(mmck(&station, servers).blocking, erlang_b(servers, station.offered()), 1e-12);
        assert_eq!(mmck(&station, 0), mmck(&station, servers));
    }
    for scv in [0.0, 0.5, 1.0, 4.0] {
        close(mgc(&station(1, 0.6), scv).unwrap().mean, mg1(0.6, 1.0, scv).unwrap().mean, 1e-12);
    }
    assert!(mdc(&station(2, 1.0)).is_err() && mgc(&station(2, 1.1), 0.5).is_err() && mmc(&station(2, 1.1)).is_err());
    assert_eq!(mdc(&station(4, 0.0)).unwrap().mean, 0.0);
}

/// M/M/c/K by brute force: every state's probability.
fn enumerated(station: &Station, capacity: u32) -> (f64, f64) {
    let rate = |n: u32| station.offered() / f64::from(n.min(station.servers));
    let mut weights = vec![1.0];
    for n in 1..=capacity {
        weights.push(weights[n as usize - 1] * rate(n));
    }
    let total: f64 = weights.iter().sum();
    let queue: f64 = weights.iter().zip(0_u32..).map(|(w, n)| w * f64::from(n.saturating_sub(station.servers))).sum();
    (weights[capacity as usize] / total, queue / total)
}

#[test]
fn limited_queues_agree_with_enumeration() {
    for (servers, rho, capacity) in [(1, 0.5, 1), (1, 1.0, 9), (3, 0.8, 10), (4, 1.3, 12), (4, 5.0, 30), (8, 0.01, 9)] {
        let station = station(servers, rho);
        let (blocking, queue) = enumerated(&station, capacity);
        let found = mmck(&station, capacity);
        close(found.blocking, blocking, 1e-12);
        close(found.mean_in_queue, queue, 1e-12);
        // Little's law over those let in, and work conservation.
        close(found.mean_wait * station.arrival_rate * (1.0 - blocking), queue, 1e-12);
        close(found.utilisation, rho * (1.0 - blocking), 1e-12);
    }
    // M/M/1/K at utilisation 1: all K + 1 states are equally likely.
    close(mmck(&station(1, 1.0), 9).blocking, 0.1, 1e-12);
    // Heavy load far beyond what naive powers survive: almost all but 1 / rho is lost.
    let swamped = mmck(&station(4, 1000.0), 100_000);
    close(swamped.blocking, 0.999, 1e-9);
    close(swamped.utilisation, 1.0, 1e-9);
    assert_eq!(mmck(&station(4, 0.0), 10).mean_wait, 0.0);
}

#[test]
fn constant_service_agrees_with_the_exact_chain() {
    // Mean waits in service times from the chain N(t + D) = max(N - c, 0) + Poisson(offered) (Crommelin 1932), solved by iteration.
    let exact = [
        (1, 0.5, 0.5, 1e-9),
        (2, 0.3, 0.055_259_444_7, 0.03),
        (2, 0.5, 0.176_741_057_1, 0.02),
        (2, 0.8, 0.903_283_879_4, 0.02),
        (4, 0.5, 0.049_651_738_8, 0.02),
        (4, 0.8, 0.386_094_930_8, 0.02),
        (10, 0.5, 0.004_741_796_55, 0.02),
        (16, 0.9, 0.192_467_031, 0.02),
        (50, 0.7, 0.000_523_988_869, 0.07),
        (50, 0.9, 0.039_525_887_2, 0.02),
    ];
    for (servers, rho, wait, within) in exact {
        close(mdc(&station(servers, rho)).unwrap().mean, wait, within);
    }
    // What the plain factor of one half would give, as its documentation says.
    close(ggc(&station(50, 0.7), 1.0, 0.0).unwrap().mean, 0.7014 * 0.000_523_988_869, 1e-3);
}

#[test]
fn forms_agree_with_a_small_simulation() {
    // Erlang-2 service (scv 1/2) and exponential, by the recursion of Kiefer and Wolfowitz over the servers' free times.
    let mut stream = Streams::new(5, 0).stream(Purpose::Arrivals, "queueing");
    for (stages, scv) in [(1, 1.0), (2, 0.5)] {
        let station = station(4, 0.8);
        let (mut now, mut free, mut waits) = (0.0, [0.0_f64; 4], Vec::new());
        for _ in 0..1_000_000 {
            now += exponential(&mut stream) / station.arrival_rate;
            let first = free.iter_mut().min_by(|a, b| a.total_cmp(b)).unwrap();
            let start = first.max(now);
            waits.push(start - now);
            let service: f64 = (0..stages).map(|_| exponential(&mut stream)).sum();
            *first = start + service / f64::from(stages);
        }
        let form = mgc(&station, scv).unwrap();
        close(waits.iter().sum::<f64>() / waits.len() as f64, form.mean, 0.04);
        let waited = waits.iter().filter(|wait| **wait > 0.0).count() as f64 / waits.len() as f64;
        close(waited, form.probability, 0.02);
        waits.sort_by(f64::total_cmp);
        close(waits[waits.len() * 99 / 100], form.quantile(0.99), 0.06);
    }
}
