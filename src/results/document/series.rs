//! What the charts of a run show: series over time, places and flows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The run over time: pooled over replications where faults strike at the same times in all, else of the first one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// When the first slot begins, seconds from the start of the run: the end of the warm-up.
    pub start_s: f64,
    /// Width of a slot; slot i begins at `start_s` + i × this.
    pub slot_s: f64,
    /// By the callers' home region.
    pub regions: BTreeMap<String, RegionSeries>,
    /// By site.
    pub sites: BTreeMap<String, SiteSeries>,
    /// Where things are.
    pub map: Vec<MapPlace>,
    /// Requests from callers to sites' regions.
    pub flows: Vec<Flow>,
}

/// A caller region over time, one entry a slot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionSeries {
    /// Requests offered per second.
    pub offered_per_s: Vec<f64>,
    /// Requests per second that were not good.
    pub failed_per_s: Vec<f64>,
    /// Median; `null` where infinite or nothing was offered.
    pub p50_ms: Vec<Option<f64>>,
    /// 95 %.
    pub p95_ms: Vec<Option<f64>>,
    /// 99 %.
    pub p99_ms: Vec<Option<f64>>,
    /// 99.9 %.
    pub p999_ms: Vec<Option<f64>>,
}

/// A site over time, one entry a slot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SiteSeries {
    /// The region it stands in.
    pub region: String,
    /// Calls served per second.
    pub calls_per_s: Vec<f64>,
    /// Busy share of its engines.
    pub utilisation: Vec<Option<f64>>,
    /// Mean time queued of the calls that arrived in the slot.
    pub wait_ms: Vec<f64>,
}

/// A region or a place of callers on the map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapPlace {
    /// Its id.
    pub id: String,
    /// `region` or `callers`.
    pub kind: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// Calls per second from an origin to a region, in each part of the run; 0 where the run has no such part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// Where the callers are.
    pub from: String,
    /// The region whose sites answered.
    pub to: String,
    /// While no fault was present, nor in the ten minutes after one.
    pub normal_per_s: f64,
    /// While a fault was present.
    pub fault_per_s: f64,
    /// In the ten minutes after a fault: traffic that has not gone back yet, or comes back.
    pub recovery_per_s: f64,
}
