//! Emergency access in the document of a run.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Emergency access across shards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Emergency {
    /// Grants that began, summed over replications.
    pub grants: u64,
    /// Accesses under them, summed over replications.
    pub accesses: u64,
    /// More of it; absent where the scenario has no emergency access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<EmergencyFigures>,
}

/// What came of emergency access; counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmergencyFigures {
    /// Grants asked for.
    pub asked: Estimate,
    /// Grants that began: enough approved, and the region was fenced.
    pub began: Estimate,
    /// Why grants and requests ended, and how many for each reason.
    pub ended: BTreeMap<String, Estimate>,
    /// Operations under grants.
    pub accesses: Estimate,
    /// Keys opened, counted at each site.
    pub keys_opened: Estimate,
    /// Calls that named a grant and were refused, by reason.
    pub refused: BTreeMap<String, Estimate>,
    /// Requests and approvals of people that did not count, by reason.
    pub denied: BTreeMap<String, Estimate>,
    /// Times that a site that was not dark lost its lease, and stopped serving keys that a grant might open.
    pub leases_lost: Estimate,
    /// Keys that were opened and got successors afterwards.
    pub keys_rotated: Estimate,
    /// Keys that were opened and had none by the end.
    pub keys_waiting: Estimate,
    /// Seconds from the end of the last fence until the last of these had its successor; `null` where there were none.
    pub rotated_after_s: Estimate,
    /// From the fault to the first use of a key, in its parts; each where there was one.
    pub first_answer: FirstAnswer,
    /// The grants of the first replication.
    pub spans: Vec<GrantSpan>,
}

/// What the time from a fault to the first use of a key elsewhere is made of, seconds: of the first grant of each replication under
/// which one was used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirstAnswer {
    /// From the fault until the grant was asked for.
    pub detect_s: Estimate,
    /// Until enough people had approved it.
    pub decide_s: Estimate,
    /// Until the region was fenced and its leases had run out.
    pub fence_s: Estimate,
    /// Until a caller knew, and a key was used.
    pub machine_s: Estimate,
    /// All of it.
    pub all_s: Estimate,
}

/// A grant; times are seconds since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GrantSpan {
    /// Its number.
    pub grant: u16,
    /// Its region.
    pub region: String,
    /// When it was asked for.
    pub asked_s: f64,
    /// Approvers who said yes.
    pub yes: u32,
    /// Approvers who said no.
    pub no: u32,
    /// When the region was fenced; `null` where it was not.
    pub fenced_s: Option<f64>,
    /// When it began.
    pub began_s: Option<f64>,
    /// When the first key was used.
    pub used_s: Option<f64>,
    /// When it ended.
    pub ended_s: Option<f64>,
    /// Why.
    pub why: Option<String>,
    /// When the fence was lifted.
    pub lifted_s: Option<f64>,
    /// Operations under it.
    pub accesses: u64,
    /// Keys opened, counted at each site.
    pub keys_opened: u64,
}
