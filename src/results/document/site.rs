//! A site in the document of a run.

use super::{Estimate, Quantities};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A site's figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SiteBlock {
    /// The region it stands in.
    pub region: String,
    /// Its HSM profile.
    pub profile: String,
    /// Devices in its pool.
    pub hsms: u32,
    /// Calls its HSMs served, summed over replications.
    pub calls: u64,
    /// Calls it refused for a full queue or session table, summed over replications.
    pub refused: u64,
    /// Time queued at its HSMs.
    pub hsm_wait_ms: Quantities,
    /// Time in service.
    pub hsm_service_ms: Quantities,
    /// Busy share of its engines, of the time in which they worked.
    pub utilisation: Estimate,
    /// Mean number of calls waiting, integrated over time.
    pub queue_length: Estimate,
    /// Highest utilisation in any five minutes, mean over replications.
    pub utilisation_peak: Estimate,
    /// Key versions it holds a copy of at the start.
    pub key_versions: u64,
    /// Key slots of its devices (each device of a pool holds all of the pool's keys).
    pub key_slots: Option<u64>,
}
