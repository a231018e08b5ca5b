//! What a second thread gives: replications on two threads of one process, beside the same number in two processes of one thread
//! each, which share nothing but the machine. Wall-clock time. `cargo bench --bench parallel`.

#[path = "common/time.rs"]
mod time;

use keyfleet::scenario;
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use rustix::time::ClockId;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use time::{median, timed};

/// Given to a copy of this program that is to be one of the two processes.
const ALONE: &str = "--alone";

/// Simulates so many replications of the speed benchmark.
fn replications(count: u32, jobs: usize, run: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/bench/fleet.toml");
    let more = [format!("run=\"{run}\""), "warm_up=\"1 s\"".to_owned(), format!("replications={count}")];
    let loaded = match scenario::load(&path, &more) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    };
    let blueprint = Blueprint::new(Arc::new(loaded.scenario));
    let stop = AtomicBool::new(false);
    let runs = simulate(&blueprint, Options { jobs, stop: &stop, told: &|_| {} }).expect("threads start");
    assert_eq!(runs.main.len(), count as usize);
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` runs this once, shortly, to see that it works.
    let short = !arguments.iter().any(|argument| argument == "--bench");
    let (rounds, each, run) = if short { (1, 1, "2 s") } else { (5, 4, "20 s") };
    if let Some(at) = arguments.iter().position(|argument| argument == ALONE) {
        return replications(each, 1, &arguments[at + 1]);
    }
    println!("round  two processes s  two threads s  threads / processes");
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let ((), apart) = timed(ClockId::Monotonic, || {
            let mut start = Command::new(&arguments[0]);
            start.args(arguments.iter().skip(1)).args([ALONE, run]);
            let children: Vec<_> = (0..2).map(|_| start.spawn().expect("this program starts")).collect();
            for mut child in children {
                assert!(child.wait().expect("it ends").success());
            }
        });
        let ((), together) = timed(ClockId::Monotonic, || replications(2 * each, 2, run));
        ratios.push(apart / together);
        println!("{round:>5}  {apart:>15.2}  {together:>13.2}  {:>19.3}", apart / together);
    }
    println!("two threads do {:.1} % of what two processes do (median)", median(&mut ratios) * 100.0);
}
