//! The engine alone: the hold model at rising numbers of pending events beside bare queues, and the geographic HSM service as a
//! plain model beside a bare four-event loop. Processor time on one thread, medians over rounds in which all take their turn.
//! `cargo bench --bench engine`.

#[path = "common/bare.rs"]
mod bare;
#[path = "common/bare_queues.rs"]
mod bare_queues;
#[path = "common/hold.rs"]
mod hold;
#[path = "common/time.rs"]
mod time;
#[path = "common/w1.rs"]
mod w1;

use hold::hold;
use keyfleet::rng::{Purpose, Streams};
use rustix::time::ClockId;
use time::{median, timed};

fn main() {
    // `cargo test --benches` runs this once, shortly, to see that it works.
    let short = !std::env::args().any(|arg| arg == "--bench");
    let (rounds, events, requests) = if short { (1, 50_000, 30_000) } else { (5, 6_000_000, 6_000_000) };
    println!("hold model      engine  bucket ring  radix heap   engine/ring  engine/radix    (ns per event)");
    for entities in [1_000, 100_000, 1_000_000] {
        let until = (events as f64 / entities as f64 * bare_queues::MEAN_NS) as u64;
        let mut ns = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..rounds {
            let stream = || Streams::new(round, 0).stream(Purpose::Arrivals, "hold");
            let (engine, engine_s) = timed(ClockId::ProcessCPUTime, || hold(entities, until, stream()));
            let (ring, ring_s) = timed(ClockId::ProcessCPUTime, || bare_queues::ring(entities, until, &mut stream()));
            let (radix, radix_s) =
                timed(ClockId::ProcessCPUTime, || bare_queues::radix(entities, until, &mut stream()));
            assert_eq!(engine, ring, "the same events");
            assert!(radix.events.abs_diff(engine.events) < 1_000 + engine.events / 100, "about as many");
            for (ns, (done, s)) in ns.iter_mut().zip([(engine, engine_s), (ring, ring_s), (radix, radix_s)]) {
                ns.push(s * 1e9 / done.events.max(1) as f64);
            }
        }
        let [engine, ring, radix] = ns.each_mut().map(|ns| median(ns));
        let (by_ring, by_radix) = (engine / ring, engine / radix);
        println!("{entities:>9}  {engine:>11.1}  {ring:>11.1}  {radix:>10.1}  {by_ring:>12.2}  {by_radix:>12.2}");
    }
    println!("HSM service     every step an event  departures known  bare four-event loop    (ns per request)");
    let mut ns = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        let (events, events_s) = timed(ClockId::ProcessCPUTime, || w1::simulate(requests, round, false));
        let (known, known_s) = timed(ClockId::ProcessCPUTime, || w1::simulate(requests, round, true));
        let (bare, bare_s) = timed(ClockId::ProcessCPUTime, || bare::run(requests, round));
        println!(
            "  wait {:.4} {:.4} {:.4} ms, latency {:.3} {:.3} {:.3} ms",
            events.wait_ms(),
            known.wait_ms(),
            bare.wait_ms,
            events.latency_ms(),
            known.latency_ms(),
            bare.latency_ms
        );
        let counts = [(events.requests, events_s), (known.requests, known_s), (bare.requests, bare_s)];
        for (ns, (requests, s)) in ns.iter_mut().zip(counts) {
            ns.push(s * 1e9 / requests as f64);
        }
    }
    let [events, known, bare] = ns.each_mut().map(|ns| median(ns));
    println!("{events:>35.0}  {known:>16.0}  {bare:>20.0}");
}
