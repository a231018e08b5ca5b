//! What a document says of data keys that clients keep.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Data keys kept by clients. Counts are per replication, of loads that have a cache. What clients answered themselves stands here only:
/// all other figures are of requests that reached the service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CachesBlock {
    /// Requests that clients answered themselves.
    pub hits: Estimate,
    /// Requests that reached the service.
    pub misses: Estimate,
    /// hits / (hits + misses).
    pub hit_ratio: Estimate,
    /// Share of good requests as users see it: (hits + completed) / (hits + completed + failed).
    pub answered: Estimate,
    /// Clients whose caches were emptied, by restarts and where callers turned to another region.
    pub emptied: Estimate,
    /// By load.
    pub loads: BTreeMap<String, CacheLoad>,
    /// Requests that clients answered themselves over time, mean over replications; slots are those of `timeline`.
    pub hits_per_s: Vec<f64>,
    /// Those that reached the service.
    pub misses_per_s: Vec<f64>,
}

/// The caches of a load's clients. Counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheLoad {
    /// So long after it came a data key is used.
    pub for_s: f64,
    /// Uses of a data key at most; `null` for no limit.
    pub uses: Option<u64>,
    /// Clients, of all places.
    pub clients: u64,
    /// Requests that they answered themselves.
    pub hits: Estimate,
    /// Requests that reached the service.
    pub misses: Estimate,
    /// hits / (hits + misses).
    pub hit_ratio: Estimate,
    /// What the hit ratio is in the steady state, at the mean demand: λT/(1 + λT) for λ requests a second of a client for a key; a little
    /// less where about as many uses are allowed as a data key gets.
    pub expected_hit_ratio: f64,
    /// The lowest hit ratio of any five minutes, mean over replications.
    pub lowest_hit_ratio: Estimate,
    /// Share of good requests as users see it.
    pub answered: Estimate,
    /// Clients whose caches were emptied.
    pub emptied: Estimate,
}
