//! Planned work on devices as written.

use super::RawWhen;
use crate::units::{Duration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Planned work: devices are drained, away, tested, and return, one after the other, within a window.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWork {
    /// Where: "region.eu", "region.eu.site.a", "fleet", "provider.aws", "vendor.Thales", "profile.luna-a790" or "group.NAME". Required.
    pub on: String,
    /// What is done: "firmware", "replace" (the device that returns is a new one, and gets its keys from the others of its pool) or
    /// "maintenance". Required.
    pub kind: RawWorkKind,
    /// Days and hours in each site's local time: "Sat 22:00-04:00", "Mon-Fri 01:00-05:00"; hours that end before they begin go on into
    /// the next day. What does not fit into what is left of it waits for the next one. Default: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// How many are out at once: devices of each site, or sites. At least 1. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
    /// What is taken out: a "device" of a pool, or a "site" with all its devices, which routing tables leave out meanwhile. Default:
    /// "device".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<RawUnit>,
    /// For how long it takes no new calls, and finishes what it has, before it goes; of a site for how long it still serves, while routing
    /// tables learn. What is not done then is lost. Default: "2 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Duration>,
    /// How long it is away. Default: "45 min", of "replace" "4 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes: Option<Duration>,
    /// How long it tests itself before it returns. Default: "5 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Duration>,
    /// When it may begin: a duration since the start, or a date and time. Default: when the run starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<RawWhen>,
    /// How busy the engines that are left may be in an hour that counts as safe. It is a measure only. Default: "80 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Percent>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawWorkKind {
    /// New firmware.
    Firmware,
    /// A new device.
    Replace,
    /// Anything else.
    Maintenance,
}

/// What is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawUnit {
    /// A device of a pool.
    #[default]
    Device,
    /// A site.
    Site,
}
