//! One row per replication and figure: what `replications.parquet` holds and comparisons pair.

use super::tables::ReplicationRow;
use crate::metrics::{self, Replica, Runs, View};
use crate::scenario::Scenario;

/// Work done by all replications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Events handled.
    pub events: u64,
    /// Requests offered and counted.
    pub requests: u64,
}

/// How much all replications and cases did together; the pilot is left out.
#[must_use]
pub fn work(runs: &Runs) -> Work {
    let replicas = runs.main.iter().chain(runs.all_cases().flat_map(|case| &case.replicas));
    replicas.fold(Work::default(), |sum, replica| Work {
        events: sum.events + replica.handled,
        requests: sum.requests + replica.recorder.offered,
    })
}

/// The rows of all replications: latency, availability and utilisation of the main run, and each objective's value.
#[must_use]
pub fn replication_rows(scenario: &Scenario, runs: &Runs) -> Vec<ReplicationRow> {
    let mut rows = Vec::new();
    for (number, replica) in runs.main.iter().enumerate() {
        let mut row = |metric: &str, subject: &str, value: f64| {
            rows.push(ReplicationRow {
                replication: number as u32,
                metric: metric.to_owned(),
                subject: subject.to_owned(),
                value: value.is_finite().then_some(value),
            });
        };
        requests(scenario, replica, &mut row);
        for (site, tally) in scenario.sites.iter().zip(&replica.recorder.sites) {
            row("wait_mean_ms", &site.id, tally.wait.mean().map_or(f64::NAN, |ns| ns / 1e6));
            row("wait_p99_ms", &site.id, metrics::seconds(tally.wait.quantile(0.99)) * 1e3);
        }
        for site in 0..scenario.sites.len() {
            row("utilisation_peak", &scenario.sites[site].id, metrics::peak_utilisation(replica, site));
        }
        for objective in &scenario.objectives {
            row("objective", &objective.id, metrics::value_of(objective, scenario, replica));
        }
    }
    rows
}

fn requests(scenario: &Scenario, replica: &Replica, row: &mut impl FnMut(&str, &str, f64)) {
    for each_region in [false, true] {
        let view = View { load: None, width: None, each_region, enough: 1, hits: false };
        metrics::windows(
            replica,
            view,
            |_| true,
            |window| {
                let subject = window.region.map_or("fleet", |region| &scenario.regions[region].id);
                row("latency_mean_ms", subject, window.latency.mean().map_or(f64::NAN, |ns| ns / 1e6));
                for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)] {
                    row(&format!("latency_{name}_ms"), subject, window.quantile(q) * 1e3);
                }
                row("availability", subject, window.availability());
            },
        );
    }
}
