//! Planned changes of the fleet as written.

use super::RawWhen;
use crate::units::Count;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A planned change of the fleet: one of `join`, `leave`, `provision` and `retire`, at a time.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawChange {
    /// A site that joins, "region.us.site.c": before, it is no part of the fleet. It takes its share of shards: copies of all their
    /// key versions, then their traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join: Option<String>,
    /// A site that leaves, "region.us.site.a": its shards move to the other sites of its region, then it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave: Option<String>,
    /// Keys that are provisioned, "key.wallet" or "key.wallet.us" (those at home there): before, they do not exist. They are
    /// generated, copied, published, and then used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provision: Option<String>,
    /// With `provision`: how many of the keys of the class in each of these regions come with this change. Default: all that no
    /// other change provisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Count>,
    /// Keys that are retired, "key.wallet" or "key.wallet.us": nobody is to use them any more, and all their versions are
    /// destroyed. Callers go over to other keys of the class and region, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retire: Option<String>,
    /// When it begins: a duration since the start, or a date and time. Required.
    pub at: RawWhen,
}
