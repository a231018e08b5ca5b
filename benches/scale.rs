//! What size costs: time per request of 3 regions and of 300, in turn, and the start of 1,000 sites with 10 million keys.
//! Processor time of one thread. `cargo bench --bench scale`.

#[path = "common/regions.rs"]
mod regions;
#[path = "common/time.rs"]
mod time;

use keyfleet::simulate::{Options, run_stretch};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use regions::Size;
use rustix::time::ClockId;
use std::sync::atomic::AtomicBool;
use time::{median, timed};

/// Requests simulated, and nanoseconds for each, without what starting and ending cost.
fn per_request(blueprint: &Blueprint) -> (u64, f64) {
    let stop = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &stop, told: &|_| {} };
    let run = |until: Time| {
        let stretch = Stretch { replication: 0, from: Time::ZERO, counted_from: Time::ZERO, until, faults: Vec::new() };
        let (replica, s) =
            timed(ClockId::ProcessCPUTime, || run_stretch(blueprint, &stretch, options).expect("nothing stops it"));
        (replica.recorder.offered, s)
    };
    let all = blueprint.scenario().run;
    let ((few, short), (many, long)) = (run(Time(all.0 / 10)), run(Time::ZERO + all));
    (many - few, (long - short) * 1e9 / (many - few) as f64)
}

/// The most memory that this process has held, MiB.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()).map_or(f64::NAN, |kb| kb / 1024.0)
}

fn main() {
    // `cargo test --benches` runs this once, shortly, to see that it works.
    let short = !std::env::args().any(|arg| arg == "--bench");
    let (rounds, shrunk) = if short { (1, 100) } else { (5, 1) };
    let few = regions::blueprint(Size { regions: 3, sites: 3, keys: 30_000 / shrunk, seconds: 1_500 / shrunk });
    let many =
        regions::blueprint(Size { regions: 300 / shrunk.min(10), sites: 3, keys: 3_000_000 / shrunk, seconds: 15 });
    println!("round  3 regions ns/request  300 regions ns/request  ratio");
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let ((_, few_ns), (_, many_ns)) = (per_request(&few), per_request(&many));
        ratios.push(many_ns / few_ns);
        println!("{round:>5}  {few_ns:>20.0}  {many_ns:>22.0}  {:>5.2}", many_ns / few_ns);
    }
    println!("median ratio {:.2}", median(&mut ratios));
    drop((few, many));
    let size = Size { regions: 250 / shrunk.min(10), sites: 4, keys: 10_000_000 / shrunk, seconds: 1 };
    let text_mib = regions::text(size).len() as f64 / 1_048_576.0;
    let (world, s) = timed(ClockId::ProcessCPUTime, || {
        let blueprint = regions::blueprint(size);
        let until = Time::ZERO + Span::from_secs(1);
        let stretch = Stretch { replication: 0, from: Time::ZERO, counted_from: Time::ZERO, until, faults: Vec::new() };
        blueprint.world(&stretch)
    });
    println!(
        "{} sites, {} keys, {text_mib:.2} MiB of scenario: {s:.2} s to start, {:.0} MiB at most so far",
        size.regions * size.sites,
        size.keys,
        peak_mib()
    );
    drop(world);
}
