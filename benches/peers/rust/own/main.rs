//! The two models on keyfleet: its engine with every step an event (`events`), or with departures known at arrival (`known`); the
//! whole simulator with the first model as a scenario (`scenario`); and loops written by hand for nothing else (`bare`: four
//! events a request; `ring` and `radix`: queues for the hold model).
//!
//! `own WHICH w1 REQUESTS SEED` prints requests, processor seconds, mean wait and mean latency in ms;
//! `own WHICH hold PENDING EVENTS SEED` prints events and processor seconds, for `events`, `ring` and `radix`.

#[path = "../../../common/bare.rs"]
mod bare;
#[path = "../../../common/bare_queues.rs"]
mod bare_queues;
#[path = "../../../common/hold.rs"]
mod hold;
#[path = "../../../common/time.rs"]
#[expect(dead_code, reason = "medians are taken over rounds, by what calls this")]
mod time;
#[path = "../../../common/w1.rs"]
mod w1;

use keyfleet::rng::{Purpose, Streams};
use keyfleet::simulate::{Options, run_stretch};
use keyfleet::time::Time;
use keyfleet::world::{Blueprint, Stretch};
use keyfleet::{scenario, stats::Histogram};
use rustix::time::ClockId;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use time::timed;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Requests of all three regions in a second of the scenario.
const PER_SECOND: f64 = 9_600.0;

/// Runs the scenario for as long as it takes about so many requests to be sent; reading it is not counted.
fn w1_scenario(requests: u64, seed: u64) -> Outcome<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../scenarios/bench/w1.toml");
    let set = [format!("run=\"{} ms\"", (requests as f64 / PER_SECOND * 1e3) as u64), format!("seed={seed}")];
    let loaded = scenario::load(&path, &set).map_err(|diagnostics| diagnostics.render(false))?;
    let blueprint = Blueprint::new(Arc::new(loaded.scenario));
    // From the first request on, as in the plain models.
    let until = Time::ZERO + blueprint.scenario().run;
    let stretch = Stretch { replication: 0, from: Time::ZERO, counted_from: Time::ZERO, until, faults: Vec::new() };
    let stop = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &stop, told: &|_| {} };
    let (replica, cpu) = timed(ClockId::ProcessCPUTime, || run_stretch(&blueprint, &stretch, options));
    let recorder = replica.ok_or("it was stopped")?.recorder;
    let (mut wait, mut latency) = (Histogram::default(), Histogram::default());
    recorder.sites.iter().for_each(|site| wait.merge(&site.wait));
    recorder.closed.iter().flatten().for_each(|cell| cell.latency.merge_into(&mut latency));
    report(recorder.offered, cpu, in_ms(wait.mean()), in_ms(latency.mean()));
    Ok(())
}

fn in_ms(ns: Option<f64>) -> f64 {
    ns.unwrap_or(f64::NAN) / 1e6
}

fn report(requests: u64, cpu: f64, wait_ms: f64, latency_ms: f64) {
    println!("{requests} {cpu:.6} {wait_ms:.6} {latency_ms:.6}");
}

fn w1(which: &str, requests: u64, seed: u64) -> Outcome<()> {
    match which {
        "scenario" => return w1_scenario(requests, seed),
        "bare" => {
            let (done, cpu) = timed(ClockId::ProcessCPUTime, || bare::run(requests, seed));
            report(done.requests, cpu, done.wait_ms, done.latency_ms);
        }
        "events" | "known" => {
            let (done, cpu) = timed(ClockId::ProcessCPUTime, || w1::simulate(requests, seed, which == "known"));
            report(done.requests, cpu, done.wait_ms(), done.latency_ms());
        }
        _ => return Err(format!("no {which} for w1").into()),
    }
    Ok(())
}

fn hold(which: &str, pending: u64, events: u64, seed: u64) -> Outcome<()> {
    let until = (events as f64 / pending as f64 * bare_queues::MEAN_NS) as u64;
    let mut stream = Streams::new(seed, 0).stream(Purpose::Arrivals, "hold");
    let (done, cpu) = match which {
        "events" => timed(ClockId::ProcessCPUTime, || hold::hold(pending, until, stream)),
        "ring" => timed(ClockId::ProcessCPUTime, || bare_queues::ring(pending, until, &mut stream)),
        "radix" => timed(ClockId::ProcessCPUTime, || bare_queues::radix(pending, until, &mut stream)),
        _ => return Err(format!("no {which} for hold").into()),
    };
    println!("{} {cpu:.6}", done.events);
    Ok(())
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [which, "w1", requests, seed] => w1(which, requests.parse()?, seed.parse()?),
        [which, "hold", pending, events, seed] => hold(which, pending.parse()?, events.parse()?, seed.parse()?),
        _ => Err("usage: WHICH w1 REQUESTS SEED | WHICH hold PENDING EVENTS SEED".into()),
    }
}
