//! A figure with its interval, and the mean and quantiles of a time, in the document of a run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value with its 95 % confidence half-width, where there is more than one replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The value; `null` where it is infinite or nothing was counted.
    pub value: Option<f64>,
    /// 95 % confidence half-width; `null` with one replication, or where the value is infinite.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// The value; 0 where there is none.
    #[must_use]
    pub fn or_zero(self) -> f64 {
        self.value.unwrap_or(0.0)
    }
}

/// Mean and quantiles of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantities {
    /// Mean of the finite ones.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90 % are at most this.
    pub p90: Estimate,
    /// 95 % are at most this.
    pub p95: Estimate,
    /// 99 % are at most this.
    pub p99: Estimate,
    /// 99.9 % are at most this.
    pub p999: Estimate,
}
