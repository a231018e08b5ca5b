//! The metadata store in the document of a run.

use super::{Estimate, Quantities};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The metadata store, in which the active version of each key is published; counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetadataBlock {
    /// The regions of its replicas.
    pub regions: Vec<String>,
    /// Operations that ended.
    pub operations: Estimate,
    /// Of these, writes that met another epoch than they expected.
    pub conflicts: Estimate,
    /// Of these, those that had no answer in time; each was tried again.
    pub unanswered: Estimate,
    /// Seconds in which no leader reached a majority of the replicas.
    pub unavailable_s: Estimate,
    /// Leaders elected.
    pub leader_changes: Estimate,
    /// Rotations that had to wait for it: every host had the new version, and it could not be published.
    pub rotations_delayed: Estimate,
    /// Of these, those that still waited at the end.
    pub rotations_waiting: Estimate,
    /// How long the others waited, from being ready until they were published.
    pub delay_ms: Quantities,
}
