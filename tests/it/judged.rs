//! What an objective's verdict rests on: all replications, all calls, and requests whose end is known.

use crate::fleet::Whole;
use keyfleet::metrics::seconds;
use keyfleet::results::Status;
use keyfleet::stats::Histogram;

/// One engine, exponential service of 1 ms, no network: the latency of `rate` requests a second.
fn queue(rate: &str, more: &str) -> String {
    format!(
        r#"format = 1
{more}
network = "none"
[profile.server]
engines = 1
distribution = "exponential"
queue = 1_000_000
op.sign.mean = "1 ms"
[region]
here = {{ at = "Frankfurt", device = "server", hsms = 1 }}
[key.one]
count = 1
algorithm = "ec-p256"
[load.calls]
from = {{ here = "{rate}" }}
calls = ["sign"]
key = "one"
timeout = "1 h"
retry = {{ attempts = 1 }}
"#
    )
}

#[test]
fn a_quantile_of_the_run_is_that_of_all_replications_together() {
    let settings = "run = \"100 s\"\nwarm_up = \"0 s\"\nreplications = 10";
    let objectives = r#"[objective]
tail = { expect = "p999 < 1 s", over = "run", each = "fleet" }
wait = "wait_p999 < 1 s"
"#;
    // 500 requests each say nothing of one in a thousand; the 5000 together do.
    let whole = Whole::of(&(queue("5/s", settings) + objectives));
    let mut pool = Histogram::default();
    for replica in &whole.runs.main {
        let cells = replica.recorder.closed.iter().flatten();
        cells.for_each(|cell| cell.latency.merge_into(&mut pool));
    }
    assert!((4_500..5_500).contains(&pool.count()));
    let mean_of = |id: &str| whole.document.objectives.iter().find(|o| o.id == id).unwrap().clone();
    let tail = mean_of("tail");
    assert_eq!(tail.value.unwrap(), seconds(pool.quantile(0.999)) * 1e3);
    assert!(tail.half_width.unwrap() > 0.0 && tail.status == Status::Pass, "{tail:?}");
    let mut waits = Histogram::default();
    whole.runs.main.iter().for_each(|replica| waits.merge(&replica.recorder.sites[0].wait));
    assert_eq!(mean_of("wait").value.unwrap(), seconds(waits.quantile(0.999)) * 1e3);
}

#[test]
fn one_replication_without_an_answer_does_not_make_all_infinite() {
    let fault = r#"[fault]
dark = { on = "region.here", kind = "crash", mtbf = "4 min", mttr = "2 s" }
[objective]
half = { expect = "p50 < 10 ms", over = "run", each = "fleet" }
most = { expect = "p95 < 10 ms", over = "run", each = "fleet" }
"#;
    let settings = "run = \"100 s\"\nwarm_up = \"0 s\"\nreplications = 10";
    let whole = Whole::of(&(queue("20/s", settings).replace("1 h", "500 ms") + fault));
    let lost: Vec<f64> = (whole.runs.main.iter())
        .map(|replica| {
            let (decided, failed) = (replica.recorder.closed.iter().flatten())
                .fold((0, 0), |sum, cell| (sum.0 + cell.latency.count(), sum.1 + cell.latency.infinite()));
            failed as f64 / decided as f64
        })
        .collect();
    let all = lost.iter().sum::<f64>() / lost.len() as f64;
    assert!(lost.iter().any(|share| *share > 0.05) && all < 0.05, "{all}: {lost:?}");
    for objective in &whole.document.objectives {
        assert!(objective.value.is_some(), "{objective:?}");
    }
    assert_eq!(whole.document.objectives[0].status, Status::Pass);
}

#[test]
fn what_arrived_in_the_warm_up_keeps_engines_busy_after_it() {
    // Half as much again as the engine can do: in ten seconds of warm-up a backlog of five arises, and the run never sees the
    // end of it.
    let settings = "run = \"14 s\"\nwarm_up = \"10 s\"\nreplications = 1";
    let whole = Whole::of(&queue("1.5 k/s", settings));
    let site = whole.document.sites.values().next().unwrap();
    assert!(site.utilisation.value.unwrap() > 0.99, "{:?}", site.utilisation);
    assert!((site.hsm_wait_ms.mean.value.unwrap() - 4_000.0).abs() < 500.0, "{:?}", site.hsm_wait_ms);
}

#[test]
fn requests_without_an_end_are_no_good_ones() {
    let objective = "[objective]\nanswered = { expect = \"availability >= 99 %\", each = \"fleet\" }\n";
    let settings = "run = \"20 s\"\nwarm_up = \"0 s\"";
    let whole = Whole::of(&(queue("1.5 k/s", settings) + objective));
    let answered = &whole.document.objectives[0];
    assert!(answered.status == Status::Inconclusive && answered.value == Some(100.0), "{answered:?}");
    assert!(answered.at.contains(" % of the requests were still undecided at the end; "), "{answered:?}");
    // More replications would not help, and are not made.
    assert_eq!((whole.document.replications, whole.document.unsettled.len()), (10, 0));
    let calm = Whole::of(&(queue("500/s", settings) + objective));
    assert_eq!(calm.document.status, Status::Pass, "{:?}", calm.document.objectives);
}

#[test]
fn a_single_replication_of_few_requests_proves_no_availability() {
    let objective = "[objective]\nanswered = { expect = \"availability >= 99.9 %\", each = \"fleet\" }\n";
    let settings = |run: &str| format!("run = \"{run}\"\nwarm_up = \"0 s\"\nreplications = 1");
    // Of 200 good ones the exact interval reaches down to 98.2 %; of 10,000 to 99.96 %.
    let few = Whole::of(&(queue("100/s", &settings("2 s")) + objective));
    let answered = &few.document.objectives[0];
    assert!(answered.status == Status::Inconclusive && answered.half_width.unwrap() > 1.0, "{answered:?}");
    let many = Whole::of(&(queue("100/s", &settings("100 s")) + objective));
    assert_eq!(many.document.status, Status::Pass, "{:?}", many.document.objectives);
}
