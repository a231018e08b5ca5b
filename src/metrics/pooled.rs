//! Quantiles over a whole part of a run, from the requests of all replications together: each one's own tail is short, and the
//! mean of such quantiles is off to one side, by a quarter or more at p99.9 of a short run.

use super::CONFIDENCE;
use super::part::Part;
use super::runs::Replica;
use super::window::{View, seconds, windows};
use crate::scenario::{Metric, Objective, Scenario};
use crate::stats::{Estimate, Histogram, jackknife};

/// A pooled quantile in seconds, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pooled {
    /// Infinite where it falls among the requests that were never answered.
    pub estimate: Estimate,
    /// Where it is greatest, in words.
    pub at: String,
}

/// The quantile that an objective speaks of, if it is one over a whole part of the run: which, and what it is taken of.
pub(super) const fn quantile(objective: &Objective) -> Option<f64> {
    match objective.metric {
        Metric::Latency(q) if objective.over.is_none() => Some(q),
        Metric::HsmWait(q) | Metric::ReplicationLag(q) => Some(q),
        _ => None,
    }
}

/// The greatest quantile `q` among the places that the objective looks at; `None` where nothing was measured.
pub(super) fn worst(
    objective: &Objective,
    scenario: &Scenario,
    replicas: &[Replica],
    q: f64,
    wanted: impl Fn(Part) -> bool,
) -> Option<Pooled> {
    let places: Vec<(String, Vec<Histogram>)> = match objective.metric {
        Metric::HsmWait(_) => (0..scenario.sites.len())
            .map(|site| {
                let of = |replica: &Replica| replica.recorder.sites[site].wait.clone();
                (format!("site {}", scenario.sites[site].id), replicas.iter().map(of).collect())
            })
            .collect(),
        Metric::ReplicationLag(_) => {
            vec![("all copies".to_owned(), replicas.iter().map(|replica| replica.recorder.keys.lag.clone()).collect())]
        }
        _ => latencies(objective, scenario, replicas, wanted),
    };
    let least = if matches!(objective.metric, Metric::Latency(_)) { enough(q) } else { 1 };
    let pooled = places.into_iter().filter_map(|(at, histograms)| {
        let (all, lost) = histograms.iter().fold((0, 0), |sum, h| (sum.0 + h.count(), sum.1 + h.infinite()));
        if all < least && lost == 0 {
            return None;
        }
        let histograms: Vec<&Histogram> = histograms.iter().collect();
        let [estimate] = jackknife(&histograms, CONFIDENCE, |pool| [Some(seconds(pool.quantile(q)))]);
        estimate.filter(|estimate| !estimate.value.is_nan()).map(|estimate| Pooled { estimate, at })
    });
    pooled.reduce(|worst, next| if next.estimate.value > worst.estimate.value { next } else { worst })
}

/// So many requests that a quantile of them means something.
pub(super) fn enough(q: f64) -> u64 {
    (1.0 / (1.0 - q)).round() as u64
}

/// Latency in each caller region, or in all together, by replication.
fn latencies(
    objective: &Objective,
    scenario: &Scenario,
    replicas: &[Replica],
    wanted: impl Fn(Part) -> bool,
) -> Vec<(String, Vec<Histogram>)> {
    let regions = if objective.each_region { scenario.regions.len() } else { 1 };
    let view = View {
        load: objective.load.map(crate::kms::LoadId::index),
        width: None,
        each_region: objective.each_region,
        enough: 0,
        hits: false,
    };
    let mut found: Vec<(String, Vec<Histogram>)> = (0..regions)
        .map(|region| {
            let name = if objective.each_region { &scenario.regions[region].id } else { "the fleet" };
            (format!("{name}, all replications together"), vec![Histogram::default(); replicas.len()])
        })
        .collect();
    for (i, replica) in replicas.iter().enumerate() {
        windows(replica, view, &wanted, |window| {
            found[window.region.unwrap_or(0)].1[i] = window.latency.clone();
        });
    }
    found
}
