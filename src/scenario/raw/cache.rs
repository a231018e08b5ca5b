//! Caches of data keys as written.

use crate::units::{Count, Duration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Envelope encryption: calling processes keep the data key that they got for a key, and ask the service again only when it has
/// expired or was used up. What they answer themselves is no request of the service's.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCache {
    /// How long a data key is used, from when it came. Above zero. Required.
    #[serde(rename = "for")]
    pub life: Duration,
    /// Calling processes of each place (and tenant), 1 to 100000; each has a cache of its own, and which of them makes a request is
    /// drawn. Default: one for each 10 requests a second of the place, at least 1, at most 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<u32>,
    /// Requests for which a data key is used at most, the one that got it included: 2 to 2^32 (more messages under one AES-GCM key
    /// are not safe, NIST SP 800-38D, 8.3). Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<Count>,
    /// What empties caches besides restarts: "failover", where data keys belong to the region that gave them, so that they are of no
    /// use once a place's calls go to another region, or back; or "restart", nothing else. Default: "restart".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold: Option<RawCold>,
}

/// What empties caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawCold {
    /// Restarts only.
    Restart,
    /// Restarts, and calls that go to another region.
    Failover,
}
