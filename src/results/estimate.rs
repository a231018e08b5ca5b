//! Figures with their intervals, from the replications that measured them.

use super::document::Estimate;
use crate::metrics::CONFIDENCE;
use crate::stats;

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
