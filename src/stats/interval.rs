//! Confidence intervals from independent replications. Values within one replication are not independent, so an interval never
//! comes from them directly: only from one number, or one histogram, per replication.

use super::distributions::{beta_quantile, student_t_quantile};
use super::histogram::Histogram;
use serde::Serialize;

/// A value and, where there is enough to tell, how far off it may be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// In the unit of what was estimated; may be infinite.
    pub value: f64,
    /// Half the width of the confidence interval, same unit; `None` from fewer than two replications or when not all are finite.
    pub half_width: Option<f64>,
}

/// From `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Estimate {
    /// A value known without error, or about whose error nothing is known.
    #[must_use]
    pub const fn bare(value: f64) -> Self {
        Self { value, half_width: None }
    }

    /// The interval around the value, where its width is known.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        self.half_width.map(|half| Interval { low: self.value - half, high: self.value + half })
    }
}

/// The mean of independent values with Student's t interval (Law 2015, Simulation Modeling and Analysis, 4.5) of the given
/// confidence (0.95 for 95 %). `None` without values; exact for normal values, close for means of many.
#[must_use]
pub fn mean(values: &[f64], confidence: f64) -> Option<Estimate> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return Some(Estimate::bare(mean));
    }
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    let t = student_t_quantile(0.5 + 0.5 * confidence, n - 1.0);
    Some(Estimate { value: mean, half_width: Some(t * (variance / n).sqrt()) })
}

/// The mean of `candidate - base`, pair by pair: two runs with common random numbers share most of their luck, which cancels.
/// `None` when the lengths differ or there are no pairs.
#[must_use]
pub fn paired_difference(base: &[f64], candidate: &[f64], confidence: f64) -> Option<Estimate> {
    if base.len() != candidate.len() {
        return None;
    }
    let differences: Vec<f64> = base.iter().zip(candidate).map(|(base, candidate)| candidate - base).collect();
    mean(&differences, confidence)
}

/// The exact interval for the probability of an event seen `events` times in `trials` independent trials (Clopper and Pearson
/// 1934, Biometrika 26; as beta quantiles, Brown, Cai and DasGupta 2001). It covers at least `confidence`; no events give an upper end
/// above zero. `None` without trials or with more events than trials. Trials that fail together make the true width larger.
#[must_use]
pub fn clopper_pearson(events: u64, trials: u64, confidence: f64) -> Option<Interval> {
    if trials == 0 || events > trials {
        return None;
    }
    let tail = 0.5 * (1.0 - confidence);
    let (k, n) = (events as f64, trials as f64);
    let low = if events == 0 { 0.0 } else { beta_quantile(tail, k, n - k + 1.0) };
    // 1 - quantile of the mirrored distribution, so that the same tail is solved for and small tails keep their digits.
    let high = if events == trials { 1.0 } else { 1.0 - beta_quantile(tail, n - k, k + 1.0) };
    Some(Interval { low, high })
}

/// The share `events / trials` with the longer arm of its Clopper-Pearson interval as half-width: never zero.
#[must_use]
pub fn proportion(events: u64, trials: u64, confidence: f64) -> Option<Estimate> {
    let Interval { low, high } = clopper_pearson(events, trials, confidence)?;
    let value = events as f64 / trials as f64;
    Some(Estimate { value, half_width: Some((high - value).max(value - low)) })
}

/// Statistics of histograms pooled over replications (such as p99 and p99.9, whose mean over replications would be biased), with
/// the interval of the jackknife that leaves out one replication at a time (Tukey 1958; Miller 1974, Biometrika 61; Shao and Wu 1989
/// for why whole blocks must be left out when the statistic is a quantile). `statistics` gives `None` for what an empty histogram
/// has not; infinite values are kept, without half-width. An estimate is `None` only if the pool itself has none.
#[must_use]
pub fn jackknife<const N: usize>(
    replications: &[&Histogram],
    confidence: f64,
    statistics: impl Fn(&Histogram) -> [Option<f64>; N],
) -> [Option<Estimate>; N] {
    let mut pool = Histogram::default();
    for replication in replications {
        pool.merge(replication);
    }
    let without = |left_out: usize| {
        let others = replications.iter().enumerate().filter(|(index, _)| *index != left_out);
        let max = others.filter_map(|(_, histogram)| histogram.max()).max().unwrap_or(0);
        statistics(&pool.without(replications[left_out], max))
    };
    let whole = statistics(&pool);
    let parts: Vec<[Option<f64>; N]> =
        if replications.len() < 2 { Vec::new() } else { (0..replications.len()).map(without).collect() };
    std::array::from_fn(|index| {
        let value = whole[index]?;
        let left: Option<Vec<f64>> = parts.iter().map(|part| part[index]).collect();
        let half_width = left.and_then(|left| jackknife_half_width(&left, confidence)).filter(|_| value.is_finite());
        Some(Estimate { value, half_width })
    })
}

fn jackknife_half_width(left_out: &[f64], confidence: f64) -> Option<f64> {
    if left_out.len() < 2 || left_out.iter().any(|value| !value.is_finite()) {
        return None;
    }
    // The pseudo-values n * whole - (n - 1) * left spread (n - 1) times as wide as the values themselves.
    let spread = mean(left_out, confidence)?.half_width?;
    Some(spread * (left_out.len() - 1) as f64)
}

/// The confidence that each of `intervals` must have so that all hold together with `confidence` (Bonferroni).
#[must_use]
pub fn bonferroni(confidence: f64, intervals: usize) -> f64 {
    1.0 - (1.0 - confidence) / intervals.max(1) as f64
}
