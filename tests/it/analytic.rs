//! The engine and the simulated HSMs, through scenario files and the product's own path, against what must hold exactly: closed
//! forms, Little's law, conservation of work, one digest on both paths, common random numbers.

mod closed_forms;
mod common_numbers;
mod conservation;
mod coverage;
mod paths;

use keyfleet::metrics::{Replica, Runs};
use keyfleet::scenario::{self, Scenario};
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const QUEUE: &str = "scenarios/analytic/queue.toml";

/// Two regions of one country that hold each other's copies: 1333 and 667 operations a second are the most they can do.
const FLEET: &str = r#"
format = 1
run = "90 s"
warm_up = "5 s"
replications = 1
[profile.server]
engines = 2
queue = 100
generate = "2/s"
op = { decrypt.mean = "2 ms", sign.mean = "4 ms" }
[region]
east = { at = "aws:us-east-1", device = "server", sites = 2, hsms = 2 }
west = { at = "aws:us-west-2", device = "server", site = { a.hsms = 1, b.hsms = 1 } }
[key.k]
count = { east = 60, west = 40 }
algorithm = "ec-p256"
stay = "country"
partner_copies = 1
[load.pay]
from = { east = "700/s", west = "300/s" }
calls = ["decrypt", "sign"]
key = "k"
timeout = "600 ms"
[health]
phase = "0 s"
interval = "2 s"
timeout = "1 s"
propagation = "3 s"
"#;

/// A scenario file with `settings` as given to `--set`.
fn load(path: &str, settings: &[String]) -> Scenario {
    match scenario::load(Path::new(path), settings) {
        Ok(loaded) => loaded.scenario,
        Err(wrong) => panic!("{settings:?}\n{}", wrong.render(false)),
    }
}

/// [`FLEET`] with more TOML at its end and `settings` on top.
fn fleet(more: &str, settings: &[String]) -> Scenario {
    match scenario::load_text(Path::new("fleet.toml"), &format!("{FLEET}{more}"), settings) {
        Ok(loaded) => loaded.scenario,
        Err(wrong) => panic!("{settings:?}\n{}", wrong.render(false)),
    }
}

/// As `keyfleet run` does it, on one thread: the tests themselves run side by side. Work is conserved in all of it.
fn simulated(scenario: Scenario) -> Runs {
    let stop = AtomicBool::new(false);
    let runs = simulate(&Blueprint::new(Arc::new(scenario)), Options { jobs: 1, stop: &stop, told: &|_| {} }).unwrap();
    for replica in runs.main.iter().chain(runs.cases.iter().flat_map(|case| &case.replicas)) {
        conserved(replica);
    }
    runs
}

/// What was offered was completed, failed, or is in flight; what was served was recorded.
fn conserved(replica: &Replica) {
    let recorder = &replica.recorder;
    let mut in_flight = vec![0; recorder.frame.regions];
    let mut offered = 0;
    for cells in &recorder.closed {
        for (index, cell) in cells.iter().enumerate() {
            let failed = cell.latency.infinite();
            assert_eq!(failed, cell.reasons.iter().map(|(_, count)| count).sum::<u64>(), "each failure has a reason");
            let open = cell.offered.checked_sub(cell.latency.count());
            in_flight[index / recorder.frame.loads] += open.expect("no more is decided than was offered");
            offered += cell.offered;
        }
    }
    // Nobody waits as long as the warm-up is ago, so who is in flight was counted.
    assert_eq!(in_flight.iter().sum::<u64>(), replica.in_flight, "by region {in_flight:?}");
    assert!(offered > 0 && offered <= recorder.offered);
    for site in &recorder.sites {
        assert_eq!(site.sealed.0, site.served, "accesses recorded and served");
        assert_eq!(site.wait.count(), site.service.count());
        assert!(site.sealed.1 >= site.rejected.iter().sum::<u64>(), "refusals recorded");
    }
}
