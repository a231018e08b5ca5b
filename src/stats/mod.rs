//! Statistics of simulation output: histograms, quantiles, intervals, warm-up, sequential stopping. Counts stay integers, so that
//! merging in any order gives the same bits; every transcendental function is `libm`'s. Knows no metric and no unit but the
//! nanoseconds of a histogram.

mod batch_means;
mod distributions;
mod histogram;
mod interval;
mod stopping;
mod warm_up;

pub use batch_means::{autocorrelation, batch_means};
pub use distributions::{beta_quantile, incomplete_beta, normal_quantile, student_t_quantile};
pub use histogram::{Histogram, Quantile, Sparse};
pub use interval::{Estimate, Interval, bonferroni, clopper_pearson, jackknife, mean, paired_difference, proportion};
pub use stopping::{Decision, Doubt, Stopping};
pub use warm_up::{mser, mser5};
