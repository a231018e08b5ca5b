//! Figures with their intervals, from the replications that measured them.

use super::document::{Estimate, Quantities};
use crate::metrics::{CONFIDENCE, Replica};
use crate::stats::{self, Histogram};

/// Quantiles of every time in the document.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// As documents have it: what is not finite is not there.
pub(super) fn estimate(estimate: Option<stats::Estimate>) -> Estimate {
    let finite = |value: f64| value.is_finite().then_some(value);
    Estimate {
        value: estimate.and_then(|e| finite(e.value)),
        half_width: estimate.and_then(|e| e.half_width).and_then(finite),
    }
}

/// Mean of a figure over the replications in which it was measured, with its interval.
pub(super) fn over<T>(replicas: &[T], figure: impl Fn(&T) -> f64) -> Estimate {
    let values: Vec<f64> = replicas.iter().map(figure).filter(|value| !value.is_nan()).collect();
    estimate(stats::mean(&values, CONFIDENCE))
}

/// Mean and quantiles, in milliseconds, of a time pooled over replications, with jackknife intervals.
pub(super) fn pooled(replicas: &[Replica], histogram: &dyn Fn(&Replica) -> Histogram) -> Quantities {
    let histograms: Vec<Histogram> = replicas.iter().map(histogram).collect();
    quantities(&histograms)
}

pub(super) fn quantities(histograms: &[Histogram]) -> Quantities {
    let references: Vec<&Histogram> = histograms.iter().collect();
    let statistics = |h: &Histogram| {
        let quantile = |q: f64| h.quantile(q).map(|quantile| quantile.nanoseconds() / 1e6);
        let [p50, p90, p95, p99, p999] = QUANTILES.map(quantile);
        [h.mean().map(|ns| ns / 1e6), p50, p90, p95, p99, p999]
    };
    let [mean, p50, p90, p95, p99, p999] = stats::jackknife(&references, CONFIDENCE, statistics).map(estimate);
    Quantities { mean, p50, p90, p95, p99, p999 }
}
