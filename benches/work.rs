//! Fixed pieces of work whose machine instructions are counted by `benches/instructions.sh`: no clock is read, each does the
//! same each time. `work NAME AMOUNT`; an amount of nothing gives what starting costs.

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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    // `cargo test --benches` runs this without arguments, to see that it works.
    let (name, amount) = match &arguments[..] {
        [name, amount] => (name.as_str(), amount.parse().expect("an amount is a whole number")),
        _ => ("fleet", 1_000),
    };
    let done = match name {
        "events" => w1::simulate(amount, 1, false).requests,
        "departures-known" => w1::simulate(amount, 1, true).requests,
        "fleet" => fleet(amount),
        "regions" => {
            stretch(&regions::blueprint(regions::Size { regions: 300, sites: 3, keys: 3_000_000, seconds: 1 }), amount)
        }
        _ => panic!("no such work: {name}"),
    };
    println!("{done}");
}

/// So many milliseconds of `scenarios/bench/fleet.toml`: 44.8 requests in each.
fn fleet(milliseconds: u64) -> u64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bench/fleet.toml");
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
