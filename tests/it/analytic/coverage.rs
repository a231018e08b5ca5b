//! Whether an interval called "99 %" covers the truth that often, as the product computes it: Student's t over replications, and the
//! jackknife of the pool.

use super::{QUEUE, load, simulated};
use keyfleet::queueing::mm1;
use keyfleet::stats::{Histogram, jackknife, mean};

const SEEDS: u64 = 200;

/// Of 200 intervals that cover in 99 of 100 cases, 2 miss on average and more than 8 in one suite of 4000 (binomial); of intervals
/// that cover in 93 of 100, 8 or fewer miss in one of 14. So 96 % parts sound intervals from broken ones, and needs no luck.
const LEAST: u64 = 192;

/// M/M/1 at a service time of 1 ms; replications are short, so that the interval is not sound by mere length.
fn covers(rate: f64, run_s: u32, warm_up_ms: u32) {
    let settings = [
        format!("load.calls.from.here={rate}/s"),
        format!("run={run_s}s"),
        format!("warm_up={warm_up_ms}ms"),
        "profile.server.engines=1".to_owned(),
    ];
    let scenario = load(QUEUE, &settings);
    let exact = mm1(rate, 1e-3).unwrap().mean * 1e9;
    let (mut by_t, mut by_jackknife) = (0, 0);
    for seed in 1..=SEEDS {
        let mut scenario = scenario.clone();
        scenario.seed = seed;
        let runs = simulated(scenario);
        let waits: Vec<&Histogram> = runs.main.iter().map(|replica| &replica.recorder.sites[0].wait).collect();
        let means: Vec<f64> = waits.iter().map(|wait| wait.mean().unwrap()).collect();
        let covered = |estimate: Option<keyfleet::stats::Estimate>| {
            let interval = estimate.unwrap().interval().unwrap();
            u64::from((interval.low..=interval.high).contains(&exact))
        };
        by_t += covered(mean(&means, 0.99));
        by_jackknife += covered(jackknife(&waits, 0.99, |histogram| [histogram.mean()])[0]);
    }
    println!("{rate}/s: t covers {by_t}, jackknife {by_jackknife} of {SEEDS}");
    assert!(by_t >= LEAST && by_jackknife >= LEAST, "of {SEEDS} covered {by_t} (t), {by_jackknife} (jackknife)");
}

#[test]
fn intervals_cover_as_often_as_they_say_at_half_load() {
    covers(500.0, 10, 200);
}

#[test]
fn intervals_cover_as_often_as_they_say_at_higher_load() {
    covers(800.0, 11, 1000);
}
