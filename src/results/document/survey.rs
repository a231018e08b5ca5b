//! A survey in the document of a run: what each loss costs, and how much depends on one provider, vendor or jurisdiction.

use super::FaultResult;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Each component and each group that one cause can take down together, lost once, at its own peak.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurveyBlock {
    /// From the worst on: by requests lost, then by keys that nobody else has, serves, or holds.
    pub components: Vec<SurveyRow>,
    /// How much depends on one: by `provider`, `vendor`, `profile`, `jurisdiction`, `region`, and `custodians` where there are any, then
    /// by name.
    pub concentration: BTreeMap<String, BTreeMap<String, Share>>,
}

/// What one loss costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurveyRow {
    /// What the loss did, as a fault.
    pub fault: FaultResult,
    /// It is several things that one cause takes down together.
    pub group: bool,
    /// Share of the requests that were lost while it lasted.
    pub lost_share: f64,
    /// Keys that nobody serves without it.
    pub keys_unusable: u64,
    /// Keys of which no copy lies elsewhere, not even in escrow: they are lost if it is lost for good.
    pub keys_last: u64,
    /// Keys of which a copy lies there: exposed if it is broken into.
    pub keys_exposed: u64,
}

/// What depends on one provider, vendor, profile, jurisdiction, region or group of custodians.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// Sites that are there, or need them.
    pub sites: u32,
    /// Share of the keys that are served there at all.
    pub keys: f64,
    /// Share of the keys that are served nowhere else.
    pub keys_only: f64,
    /// Share of the calls that were served there, in the main run.
    pub calls: f64,
}
