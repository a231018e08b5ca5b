//! Fixed pieces of work whose machine instructions are counted by `benches/instructions.sh`: no clock is read, each does the
//! same each time. `work NAME AMOUNT`; an amount of nothing gives what starting costs. `work NAME AMOUNT MORE` does so many
//! percent more, for who wants to see that it is noticed.

#[path = "common/regions.rs"]
mod regions;
#[path = "common/w1.rs"]
mod w1;

use keyfleet::scenario;
use keyfleet::simulate::{Options, run_stretch};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Many regions; starting takes time for each pair of them, so not so many that a run under valgrind takes long to start.
const SIZE: regions::Size = regions::Size { regions: 100, sites: 3, keys: 1_000_000, seconds: 1 };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    // `cargo test --benches` runs this without arguments, to see that it works.
    let number = |text: &str| text.parse::<u64>().expect("an amount is a whole number");
    let (name, amount) = match &arguments[..] {
        [name, amount] => (name.as_str(), number(amount)),
        [name, amount, more] => (name.as_str(), number(amount) * (100 + number(more)) / 100),
        _ => ("guarded", 1_000),
    };
    let done = match name {
        "events" => plain(amount, false),
        "departures-known" => plain(amount, true),
        "fleet" | "guarded" => fleet(name, amount),
        "regions" => stretch(&regions::blueprint(SIZE), amount),
        _ => panic!("no such work: {name}"),
    };
    println!("{done} requests");
}

/// So many requests of the plain model; its means show that it still is that model.
fn plain(requests: u64, known: bool) -> u64 {
    let done = w1::simulate(requests, 1, known);
    println!("mean wait {:.4} ms, mean latency {:.4} ms", done.wait_ms(), done.latency_ms());
    done.requests
}

/// So many milliseconds of a scenario in `scenarios/bench`, the speed benchmark or the same with gates: 44.8 requests in each.
fn fleet(name: &str, milliseconds: u64) -> u64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bench").join(name).with_extension("toml");
    let loaded = match scenario::load(&path, &[]) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    };
    stretch(&Blueprint::new(Arc::new(loaded.scenario)), milliseconds)
}

fn stretch(blueprint: &Blueprint, milliseconds: u64) -> u64 {
    let until = Time::ZERO + Span::from_millis(milliseconds.max(1));
    let stretch = Stretch { replication: 0, from: Time::ZERO, counted_from: Time::ZERO, until, faults: Vec::new() };
    let stop = AtomicBool::new(false);
    let options = Options { jobs: 1, stop: &stop, told: &|_| {} };
    run_stretch(blueprint, &stretch, options).map_or(0, |replica| replica.recorder.offered)
}
