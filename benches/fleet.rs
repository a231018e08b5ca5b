//! Time per request of `scenarios/bench/fleet.toml`, the whole service in it, beside a bare four-event loop. The two run in
//! turn, several rounds, one thread each, in processor time; what counts is the ratio within a round, because machines are
//! noisy. `cargo bench --bench fleet`.

#[path = "common/bare.rs"]
mod bare;
#[path = "common/time.rs"]
mod time;

use keyfleet::scenario;
use keyfleet::simulate::{Options, run_stretch};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use rustix::time::ClockId;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use time::{median, timed};

const ROUNDS: usize = 5;
const BARE_REQUESTS: u64 = 3_000_000;

fn main() {
    // `cargo test --benches` runs this once, shortly, to see that it works.
    let short = !std::env::args().any(|arg| arg == "--bench");
    let (rounds, bare_requests) = if short { (1, 30_000) } else { (ROUNDS, BARE_REQUESTS) };
    let run = if short { "run=\"2 s\"" } else { "run=\"40 s\"" };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bench/fleet.toml");
    let loaded = match scenario::load(&path, &[run.to_owned(), "warm_up=\"1 s\"".to_owned()]) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    };
    let blueprint = Blueprint::new(Arc::new(loaded.scenario));
    let stretch = Stretch {
        replication: 0,
        from: Time::ZERO,
        counted_from: Time(Span::from_secs(1).0),
        until: Time(blueprint.scenario().run.0),
        faults: Vec::new(),
    };
    let stop = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &stop, told: &|_| {} };
    println!("round  bare ns/request  fleet ns/request  ratio  fleet requests/CPU-s");
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let (bare, bare_s) = timed(ClockId::ProcessCPUTime, || bare::run(bare_requests, round as u64));
        let (replica, fleet_s) =
            timed(ClockId::ProcessCPUTime, || run_stretch(&blueprint, &stretch, options).expect("nothing stops it"));
        let requests = replica.recorder.offered;
        let (bare_ns, fleet_ns) = (bare_s * 1e9 / bare.requests as f64, fleet_s * 1e9 / requests as f64);
        ratios.push(fleet_ns / bare_ns);
        println!(
            "{round:>5}  {bare_ns:>15.0}  {fleet_ns:>16.0}  {:>5.2}  {:>20.0}   (wait {:.4} ms, latency {:.3} ms)",
            fleet_ns / bare_ns,
            requests as f64 / fleet_s,
            bare.wait_ms,
            bare.latency_ms,
        );
    }
    println!("median ratio {:.2}", median(&mut ratios));
}
