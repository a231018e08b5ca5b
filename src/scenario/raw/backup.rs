//! Backups of sites, and how people respond to an outage, as written.

use crate::units::{Duration, Percent, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Backups: the key versions that a site holds are saved in turns, at their hour, and slow its HSMs while they run. What is in one are
/// the versions that the site held when it began. All that were due before the run are taken to have succeeded.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBackup {
    /// What is saved: regions and sites such as ["region.eu", "region.us.site.a"], "fleet" or "group.NAME"; services left out, whom their
    /// providers save. No site is in two backups. Required.
    pub sites: Vec<String>,
    /// From one to the next: whole days, or a part of a day that divides it, such as "6 h", at least "15 min". Default: "1 d".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// When one begins, in each site's local time: "02:00". Default: "02:00".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Key versions saved per second: a backup takes (versions at the site) / rate. Default: "100/s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Throughput that a site's HSMs lose while it runs, at most "95 %". Default: "20 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slows: Option<Percent>,
    /// Key versions restored per second: after `kind = "erase"` a site is back (versions in its backup) / restore after its people and
    /// its empty hardware are there. Default: "50/s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<Rate>,
    /// How long a backup is kept, at least `every`. It has no effect on a run. Default: "90 d".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Duration>,
}

/// How an outage is met that machines do not mend by themselves: it is detected, what to do is decided, people come, and then machines
/// take their time.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawResponse {
    /// From the strike until somebody is paged. Default: "5 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detect: Option<Duration>,
    /// From then until it is decided to activate or to restore. Default: "15 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decide: Option<Duration>,
}
