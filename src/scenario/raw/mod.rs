//! The scenario language as serde reads it. The doc comment of each key is its explanation, unit and default: JSON Schema and
//! `keyfleet explain` are made from it. Nothing here is checked against anything else.

mod access;
mod backup;
mod cache;
mod change;
mod demand;
mod emergency;
mod fleet;
mod location;
mod people;
mod quota;
mod retry;
mod service;
mod transport;
mod value;
mod work;

pub use access::{RawPriority, RawProof, RawProtection, RawRule, RawShed, RawTenant, RawTokens};
pub use backup::{RawBackup, RawResponse};
pub use cache::{RawCache, RawCold};
pub use change::RawChange;
pub use demand::{RawEvent, RawFault, RawKind, RawLoad, RawPapers};
pub use emergency::RawEmergency;
pub use fleet::{RawAge, RawDurability, RawKey, RawPoint, RawRegion, RawRotate, RawSite, RawStay};
pub use location::RawLocation;
pub use people::{RawCeremony, RawCustodians, RawDrill, RawTravel};
pub use quota::RawOther;
pub use retry::{RawJitter, RawPreset};
pub use service::{
    RawAccess, RawAudit, RawEach, RawHealth, RawMetadata, RawNetwork, RawObjective, RawPhase, RawPlacement,
    RawReplication, RawRetry, RawRotation, RawRouting, Whole,
};
pub use transport::{RawHandshake, RawTicketKeys, RawTransport};
pub use value::{Arrivals, Either, Popularity, RawWhen, Survival, Word};
pub use work::{RawUnit, RawWork, RawWorkKind};

use crate::hsm::RawProfile;
use crate::units::{Duration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::value::Datetime;

/// A scenario: a fleet, its load, its faults and its promises.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScenario {
    /// Version of the scenario language: 1. Required.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// Name of the scenario in reports. Default: the file's name without `.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it shows, one paragraph. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Printed on each page of the report, such as `internal`. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Scenario files that this one builds on, relative to this file, inside the folder of the main one. Tables are joined key by
    /// key, everything else is replaced; later files win, this file wins over all. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<Either<String, Vec<String>>>,
    /// When the run begins: a date, or a date and time (UTC unless an offset is written). Default: 2027-03-01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "value::date_schema")]
    pub start: Option<Datetime>,
    /// How long the run lasts, warm-up included, such as "2 w". Required.
    pub run: Duration,
    /// What is cut from the beginning before anything is counted: a duration, or "auto" (found from a pilot run where demand is
    /// constant, else five minutes or 5 % of the run, whichever is less). Default: "auto".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<Word<Auto, Duration>>,
    /// How often the run is repeated with other luck: a number, or { min, max, until }, which goes on until no objective is in
    /// doubt. Default: { min = 10, max = 40 }.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replications: Option<Either<u32, RawReplications>>,
    /// The one root seed, from which all luck comes. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub seed: Option<u64>,
    /// What the fleet is to survive: each single "device", "site", "region" is failed alone, at its own peak; a list, or
    /// { what = [...], lasts = "10 min" }. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survive: Option<Survival>,
    /// HSM profiles of this scenario, by name; `device` refers to them. Default: the shipped ones only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profile: BTreeMap<String, RawProfile>,
    /// Regions, by name: groups of sites near each other, under one jurisdiction. Required, at least one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub region: BTreeMap<String, RawRegion>,
    /// Key classes, by name: keys that share algorithm, residency, copies and rotation. Required, at least one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub key: BTreeMap<String, RawKey>,
    /// Business operations, by name: who asks how often for which calls. Required, at least one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub load: BTreeMap<String, RawLoad>,
    /// Tenants, by name: on whose behalf loads ask. Where there are any, each load says which are its own, and each request shows a token.
    /// Default: none, callers are not told apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tenant: BTreeMap<String, RawTenant>,
    /// Attribute rules, by name: who may do what, with which keys, from where, when. Default: none, tenants may do what their loads ask
    /// for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rule: BTreeMap<String, RawRule>,
    /// How request tokens are made and judged, where there are tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<RawTokens>,
    /// Protection against floods: limits and shedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<RawProtection>,
    /// Other workloads on the quotas of services, by name: a colleague's batch job. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other: BTreeMap<String, RawOther>,
    /// Announced changes of demand, by name: a launch, a sale, a mass re-issue. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub event: BTreeMap<String, RawEvent>,
    /// Planned changes of the fleet, by name: sites that join or leave, keys that come or go. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub change: BTreeMap<String, RawChange>,
    /// Planned work on devices, by name: windows, firmware, replacement. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub work: BTreeMap<String, RawWork>,
    /// Backups of sites, by name: what is saved, how often, and how fast it is restored. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub backup: BTreeMap<String, RawBackup>,
    /// How an outage is met that machines do not mend by themselves: { detect, decide }.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<RawResponse>,
    /// Groups of custodians, by name: people of whom a quorum is needed to activate and restore HSMs; regions and sites say whom they
    /// need. Default: none, what is done by hand takes nobody's time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custodians: BTreeMap<String, RawCustodians>,
    /// Key ceremonies, by name. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ceremony: BTreeMap<String, RawCeremony>,
    /// Recovery drills, by name. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drill: BTreeMap<String, RawDrill>,
    /// Groups of regions and sites, by name: ["eu", "us.a"]. Faults name them as "group.NAME": what has something in common, such as a
    /// shift of custodians or a supplier. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub group: BTreeMap<String, Vec<String>>,
    /// Faults of the main run, by name. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fault: BTreeMap<String, RawFault>,
    /// What must hold, by name: a text such as "p99(pay) < 60 ms", or a table with `expect`. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub objective: BTreeMap<String, Either<String, RawObjective>>,
    /// How failed sites are noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<RawHealth>,
    /// How failed calls are tried again: a table, or a preset such as "aws-sdk"; a load may say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Either<RawPreset, RawRetry>>,
    /// How a site is chosen among those that hold the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RawRouting>,
    /// How many keys get successors at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RawRotation>,
    /// How sites catch up with key versions that they missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication: Option<RawReplication>,
    /// Links between places, or "none" for a network without delay, jitter and loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Either<Nothing, RawNetwork>>,
    /// Connections on these links, all of them TLS 1.3: { clients, idle, life, ... }. There are none where `network` is "none". A
    /// word, such as "plaintext", is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Either<String, RawTransport>>,
    /// How accesses are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<RawAudit>,
    /// How users are located, or "none" for users whose place is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Either<Nothing, RawLocation>>,
    /// The metadata store, in which the active version of each key is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<RawMetadata>,
    /// Emergency access to keys of a region that is dark, or "none". Default: "none", and copies in escrow serve nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Either<Nothing, RawEmergency>>,
}

/// The word "auto".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// Found by keyfleet.
    Auto,
}

/// The word "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Nothing {
    /// None: of what limits something, no limit.
    None,
}

/// How many replications.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawReplications {
    /// At least this many, 1 to 10000; fewer than 10 give intervals that are too narrow. Default: 10, or `max` where
    /// that is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// At most this many, not below `min`, at most 10000. Default: 40, or `min` where that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// An objective whose interval holds its limit asks for more replications, unless the half-width is within this share of the
    /// limit; of a share such as 99.95 %, within this share of what it lacks to 0 or 100 %. Default: "5 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Percent>,
}

/// The size of what is failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawScale {
    /// Each device.
    Device,
    /// Each site.
    Site,
    /// Each region.
    Region,
}

/// What the fleet is to survive.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSurvive {
    /// Any of "device", "site", "region". Required.
    pub what: Vec<RawScale>,
    /// How long each of these faults lasts. Default: "10 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
}
