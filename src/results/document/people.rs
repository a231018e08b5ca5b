//! Custodians in the document of a run: what a month asks of each group, and how long sites waited for them.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Custodians, ceremonies and drills.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PeopleBlock {
    /// Groups, by id.
    pub groups: BTreeMap<String, CustodiansBlock>,
    /// Ceremonies and drills, by `ceremony.ID` and `drill.ID`.
    pub ceremonies: BTreeMap<String, CeremonyBlock>,
}

/// A group of custodians.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustodiansBlock {
    /// How many there are.
    pub of: u8,
    /// How many of them are needed.
    pub quorum: u8,
    /// Sites that need them to be activated or restored.
    pub sites: Vec<String>,
    /// What a month asks of them.
    pub month: CustodiansMonth,
    /// How long sites that were to be activated or restored waited for them; not there where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<CustodiansWait>,
    /// Times that nobody of them could be reached, per replication.
    pub absent: Estimate,
    /// The probability that a call finds fewer than the quorum at hand: that of a binomial number.
    pub short: f64,
    /// As `short`, out of hours, of those who may be called then.
    pub short_out_of_hours: f64,
}

/// What 30 days ask of a group of custodians: as many ceremonies and drills as are planned, each as they were in the run; recoveries as
/// in the run, whatever part of a month or how many it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustodiansMonth {
    /// Ceremonies that are planned.
    pub ceremonies: f64,
    /// Drills that are planned.
    pub drills: f64,
    /// Times that they were called because a site was to be activated or restored.
    pub recoveries: Estimate,
    /// Hours of all of them together, on the way and at sites.
    pub hours: Estimate,
    /// The part of `hours` on the way, there and back.
    pub travel_hours: Estimate,
    /// Times that one of them had to set off out of hours.
    pub out_of_hours: Estimate,
}

/// How long sites waited for a quorum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustodiansWait {
    /// How often they were called, per replication.
    pub calls: Estimate,
    /// From a call until enough were there, in the mean.
    pub mean_s: Estimate,
    /// The longest of all replications.
    pub worst_s: f64,
    /// Calls after which enough were not known to come, per replication.
    pub never: Estimate,
}

/// A ceremony or a drill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CeremonyBlock {
    /// Who is needed.
    pub custodians: String,
    /// Where.
    pub site: String,
    /// It is due each time so long after it was.
    pub every_s: f64,
    /// How long people take when all are there.
    pub takes_s: f64,
    /// How often it was held, per replication.
    pub held: Estimate,
    /// How often it was put off because too few were at hand, per replication.
    pub put_off: Estimate,
    /// From when it was due until it was over, in the mean.
    pub took_s: Estimate,
    /// The last part of it, in which machines restored a backup on spare HSMs, in the mean.
    pub restores_s: Estimate,
}
