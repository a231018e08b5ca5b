//! One long run instead of replications: means of consecutive batches, and how far they remember each other.

use super::interval::{Estimate, mean};

/// The mean of a stationary series with the interval of its `batches` batch means (Schmeiser 1982, Operations Research 30: 10 to 30
/// batches; Law 2015, 9.5.3). Values after the last full batch are dropped. `None` with fewer values than batches or fewer than two
/// batches. Too short where neighbouring batches are still correlated: check [`autocorrelation`] of the means.
#[must_use]
pub fn batch_means(values: &[f64], batches: usize, confidence: f64) -> Option<Estimate> {
    if batches < 2 || values.len() < batches {
        return None;
    }
    let size = values.len() / batches;
    let means: Vec<f64> =
        values.chunks_exact(size).take(batches).map(|batch| batch.iter().sum::<f64>() / size as f64).collect();
    mean(&means, confidence)
}

/// The sample autocorrelation at `lag`, -1 to 1 (Box and Jenkins' estimator, divided by n at every lag); `None` when the series is
/// not longer than the lag or does not vary.
#[must_use]
pub fn autocorrelation(values: &[f64], lag: usize) -> Option<f64> {
    if values.len() <= lag {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let covariance: f64 = values.iter().zip(&values[lag..]).map(|(value, later)| (value - mean) * (later - mean)).sum();
    (variance > 0.0).then(|| covariance / variance)
}
