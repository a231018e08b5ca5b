//! Locations of users in the document of a run.

use super::{Estimate, Quantities};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often users were taken for those of another country, and what it cost. Counts are per replication, warm-up included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LocationBlock {
    /// Requests of users.
    pub requests: Estimate,
    /// Of these, those whose country was found, rightly or not.
    pub located: Estimate,
    /// Taken for users of another country, by cause: `database`, `vpn`, `roaming`, `stale`, `told`.
    pub wrong: BTreeMap<String, Estimate>,
    /// The same as a share of all requests.
    pub wrong_share: Estimate,
    /// Of these, requests that were sent to a region other than that of their key.
    pub astray: Estimate,
    /// From an address that the database does not know, without a told country: sent where the connection led.
    pub unknown: Estimate,
    /// From a private address, without a told country: sent where the connection led.
    pub private: Estimate,
    /// With a told country that is not that of the address: the told one decided.
    pub contradictions: Estimate,
    /// Forbidden because rules went by a wrong country, or by none: by the right one they allow it.
    pub wrongly_forbidden: Estimate,
    /// Let in because rules went by a wrong country, or by none: by the right one they do not allow it.
    pub wrongly_allowed: Estimate,
    /// Sent on by a site without the key, or after it did not answer.
    pub detours: Estimate,
    /// Calls to a host of their key in the region of a wrong country that is farther than another one.
    pub farther: Estimate,
    /// What these and the detours lost each.
    pub lost_ms: Quantities,
    /// Mean over all requests of what they lost.
    pub lost_per_request_ms: Estimate,
    /// By origin, that is by the users' country.
    pub origins: BTreeMap<String, LocationOrigin>,
}

/// A call that was handed to an HSM in a region where residency does not allow its key: a mistake of the program's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutOfPlace {
    /// The key: class and number within it.
    pub key: String,
    /// The region where it is at home.
    pub home: String,
    /// The load and who asked.
    pub population: String,
    /// Seconds since the start at which the request was asked for.
    pub asked_s: f64,
    /// Which attempt at its call it was.
    pub attempt: u8,
    /// Seconds since the start at which the call reached the site.
    pub reached_s: f64,
    /// The site.
    pub site: String,
    /// Its region.
    pub region: String,
    /// Number of the replication, or the survive case.
    pub run: String,
}

/// The users of one country.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LocationOrigin {
    /// Requests.
    pub requests: Estimate,
    /// Taken for users of another country.
    pub wrong: Estimate,
    /// Of these, requests that were sent to a region other than that of their key.
    pub astray: Estimate,
    /// Mean of what detours and calls to farther hosts lost each; `null` where there was none.
    pub lost_ms: Estimate,
}
