//! Planned changes of the fleet in the document of a run.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Planned changes of the fleet; counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangesBlock {
    /// By id.
    pub changes: BTreeMap<String, ChangeBlock>,
    /// Copies of key versions that sites got when they joined a shard.
    pub copies_moved: Estimate,
    /// Keys that were provisioned.
    pub keys_provisioned: Estimate,
    /// Copies of keys that sites erased because they serve them no more.
    pub keys_erased: Estimate,
    /// Calls to sites that served their shard no more, by which callers of a place learned of newer routing tables.
    pub outdated_calls: Estimate,
}

/// A planned change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeBlock {
    /// `join`, `leave`, `provision` or `retire`.
    pub kind: String,
    /// The site, or the keys.
    pub what: String,
    /// When it began, seconds since the start.
    pub at_s: f64,
    /// Seconds until it was made; `null` where it was not made by the end of a replication.
    pub took_s: Estimate,
    /// Shards that got other hosts for it.
    pub shards: Estimate,
    /// Shards that stayed as they were: there was no room for them, or nothing left of them.
    pub refused: Estimate,
}
