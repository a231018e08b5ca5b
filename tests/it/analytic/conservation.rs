//! Nothing is made or lost: Little's law between what the pools integrate and what the requests say, and conservation of requests
//! and records, with every kind of trouble present.

use super::{QUEUE, fleet, load, simulated};
use keyfleet::metrics::Runs;

/// At every site with a queue worth counting, the mean number waiting equals arrival rate times mean wait. Who waits at either end
/// of the counted time is seen by one side only, so the longer the run, the closer.
fn little(runs: &Runs) {
    let mut seen = 0;
    for site in 0..runs.main[0].queue_length.len() {
        let length = runs.main.iter().map(|replica| replica.queue_length[site]).sum::<f64>();
        let by_requests = |replica: &keyfleet::metrics::Replica| {
            let wait = &replica.recorder.sites[site].wait;
            wait.count() as f64 / replica.recorder.frame.counted().as_secs_f64() * wait.mean().unwrap() / 1e9
        };
        let product = runs.main.iter().map(by_requests).sum::<f64>();
        assert!((length / product - 1.0).abs() < 0.005, "site {site}: L {length}, lambda W {product}");
        seen += usize::from(length > 0.0);
    }
    assert_eq!(seen, runs.main[0].queue_length.len(), "some site never had a queue");
}

fn queue(settings: &[&str]) -> Runs {
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    simulated(load(QUEUE, &settings))
}

#[test]
fn littles_law_holds_for_single_queues() {
    let common = ["run=2min", "warm_up=2s", "replications=3"];
    let systems: [&[&str]; 5] = [
        &["profile.server.engines=1", "load.calls.from.here=950/s"],
        &["region.here.hsms=3", "profile.server.engines=2", "load.calls.from.here=4.8k/s"],
        &["profile.server.distribution=lognormal", "profile.server.cv=2", "load.calls.from.here=3.6k/s"],
        &["profile.server.distribution=constant", "load.calls.arrivals=bursty 5"],
        &["profile.server.queue=8", "load.calls.from.here=5k/s"],
    ];
    for system in systems {
        little(&queue(&[&common, system].concat()));
    }
}

#[test]
fn littles_law_holds_at_every_site_of_a_fleet() {
    // One HSM at each site, more load, and the slow site in the middle: queues everywhere, and a long one.
    let settings = [
        "run=15 min",
        "replications=2",
        "survive=[]",
        "region.eu.hsms=1",
        "region.us.hsms=1",
        "load.pay.from={ eu = \"700/s\", us = \"800/s\" }",
        "fault.dark.kind=slow",
        "fault.dark.factor=8",
        "fault.dark.for=1 min",
    ];
    let runs = simulated(load("scenarios/first.toml", &settings.map(str::to_owned)));
    assert!(runs.main.iter().all(|replica| replica.recorder.watch.strikes.len() == 1));
    little(&runs);
}

/// The check itself stands in [`super::simulated`].
#[test]
fn work_is_conserved_under_every_kind_of_trouble() {
    let faults = r#"
[retry]
attempts = 4
attempt_timeout = "100 ms"
[fault]
crash = { on = "region.west", kind = "crash", at = "15 s", for = "10 s" }
device = { on = "region.east.site.a.device.1", kind = "crash", mtbf = "8 s", mttr = "3 s" }
slow = { on = "region.east.site.b", kind = "slow", factor = 5, mtbf = "15 s", mttr = "5 s" }
cut = { on = "link.east-west", kind = "partition", at = "40 s", for = "10 s" }
loss = { on = "link.east-west", kind = "loss", share = "20 %", at = "50 s", for = "10 s" }
gone = { on = "region.west.site.b", kind = "destroy", at = "70 s", for = "1 s" }
"#;
    let runs = simulated(fleet(faults, &["replications=5".to_owned()]));
    let reasons = |replica: &keyfleet::metrics::Replica| {
        let cells = replica.recorder.closed.iter().flatten();
        cells.flat_map(|cell| cell.reasons.iter().map(|(_, count)| count)).sum::<u64>()
    };
    assert!(runs.main.iter().all(|replica| reasons(replica) > 100), "trouble was had");
}
