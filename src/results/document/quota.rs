//! Quotas of services in the document of a run.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A quota: that of an account in a region for a class of calls. Counts are per replication, from the end of the warm-up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaBlock {
    /// Its region.
    pub region: String,
    /// The profile of the service.
    pub profile: String,
    /// Whose it is: the account, else the profile.
    pub account: String,
    /// The sites that share it.
    pub sites: Vec<String>,
    /// Calls per second that it lets through for ever.
    pub limit_per_s: f64,
    /// Calls that it lets through at once after a pause.
    pub burst: f64,
    /// Calls and creations of keys of the fleet that asked for a token, attempts that were tried again included.
    pub asked: Estimate,
    /// Of these, answered with `quota-exceeded`.
    pub throttled: Estimate,
    /// The same as a share.
    pub throttled_share: Estimate,
    /// Calls of other workloads.
    pub others_asked: Estimate,
    /// Of these, throttled.
    pub others_throttled: Estimate,
    /// Tokens taken by all together as a share of what the limit gives: its use, of which the site's utilisation is made.
    pub used: Estimate,
    /// Calls that all together asked in the busiest second of each replication.
    pub busiest_second: Estimate,
    /// When that was in the first replication, in seconds from the start of the run.
    pub busiest_s: f64,
}
