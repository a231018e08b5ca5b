//! Planned work and pushes in the document of a run.

use super::{Estimate, EventResult};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What people did to the fleet, on purpose or by mistake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkBlock {
    /// Planned work, by id.
    pub planned: BTreeMap<String, PlannedWork>,
    /// When there was planned work, in the first replication.
    pub bands: Vec<EventResult>,
    /// Wrong configurations that went out in waves, by the fault's id: those of the first replication.
    pub pushes: BTreeMap<String, PushResult>,
}

/// Planned work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedWork {
    /// `firmware`, `replace` or `maintenance`.
    pub kind: String,
    /// `device` or `site`: what is taken out.
    pub unit: String,
    /// When it began, seconds since the start; `null` where it did not.
    pub began_s: Estimate,
    /// When the last was back; `null` where some were not by the end.
    pub ended_s: Estimate,
    /// Devices or sites that are done, per replication.
    pub done: Estimate,
    /// Devices or sites in all.
    pub of: u32,
    /// What each site can spare, by its id.
    pub sites: BTreeMap<String, SpareSite>,
    /// What was out when, in the first replication.
    pub out: Vec<OutSpan>,
}

/// What a site can spare, from demand, service times and a limit of utilisation alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpareSite {
    /// Devices of the pool.
    pub devices: u32,
    /// How many are out at once.
    pub at_once: u32,
    /// So many may be out at once in the whole window while one more is lost; where sites are taken out, 1 or 0.
    pub most_at_once: u32,
    /// Stretches of hours of the week in local time in which one may be out, and one more be lost.
    pub safe: Vec<String>,
    /// Hours in them.
    pub safe_hours: u32,
    /// Hours of the week that the run has; of others nothing is known.
    pub known_hours: u32,
    /// The utilisation up to which an hour is safe.
    pub limit: f64,
    /// Engines that the busiest quarter of an hour keeps busy.
    pub busiest_engines: f64,
}

/// A device or a site that was out; seconds since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutSpan {
    /// The site.
    pub site: String,
    /// Which device, counted from 1; `null` for the whole site.
    pub device: Option<u32>,
    /// Since when it took nothing new.
    pub from_s: f64,
    /// Since when it was away.
    pub away_s: Option<f64>,
    /// When it was back; `null` where it was not by the end.
    pub until_s: Option<f64>,
}

/// How far a wrong configuration got.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushResult {
    /// Its waves, in order.
    pub waves: Vec<PushWave>,
    /// When it was noticed, seconds since the start; `null` where it was not by the end.
    pub noticed_s: Option<f64>,
    /// Share of the fleet's HSMs at the sites that it reached.
    pub reached: f64,
}

/// A wave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushWave {
    /// Its sites.
    pub sites: Vec<String>,
    /// When it went out, seconds since the start; `null` where it was spared.
    pub at_s: Option<f64>,
}
