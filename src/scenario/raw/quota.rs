//! Quotas of services as a scenario has them: raised and lowered limits, and what else uses them.

use super::RawWhen;
use crate::units::{Duration, Percent, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Another workload of an account, which takes tokens of a quota and is not simulated beyond that. Its calls come one by one, as Poisson
/// arrivals; who comes first gets the token. It does not try again.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOther {
    /// The region whose quota it uses. Required.
    pub region: String,
    /// The account that it runs under: as in `region.NAME.account`, else the name of the service's profile. Default: the only one in
    /// the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which quota of the service it uses, such as "symmetric". Default: the only one that is not for creating keys alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<String>,
    /// Calls per time, averaged over an ordinary week: "3000/s". One of `rate` and `share` is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The same as a share of the quota's limit: "40 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Percent>,
    /// Its demand by hour, weekday and holiday, in the region's local time: a shipped shape. Default: "flat".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// When it begins: a duration since the start, or a date and time. Default: it is there all the time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<RawWhen>,
    /// How long it goes on. Default: until the end of the run.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
}
