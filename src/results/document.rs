//! The document of a run, `keyfleet.run/1`: what `results.json` holds, what `--format json` prints, and all that the
//! report is drawn from. Times in the unit their name ends with; shares from 0 to 1; an infinite latency is `null`.

mod caches;
mod changes;
mod controls;
mod emergency;
mod estimate;
mod life;
mod access;
mod location;
mod machine;
mod metadata;
mod people;
mod quota;
mod recovery;
mod remedy;
mod series;
mod site;
mod survey;
mod transport;
mod work;

pub use access::{AccessBlock, AttackBlock, SecretsBlock, TenantBlock};
pub use caches::{CacheLoad, CachesBlock};
pub use changes::{ChangeBlock, ChangesBlock};
pub use controls::ControlBlock;
pub use emergency::{Emergency, EmergencyFigures, FirstAnswer, GrantSpan};
pub use estimate::{Estimate, Quantities};
pub use life::{Keys, Ledger, Replication, Rotation};
pub use location::{LocationBlock, LocationOrigin, OutOfPlace};
pub use machine::{Engine, Speed};
pub use metadata::MetadataBlock;
pub use people::{CeremonyBlock, CustodiansBlock, CustodiansMonth, CustodiansWait, PeopleBlock};
pub use quota::QuotaBlock;
pub use recovery::{BackupResult, RecoveryBlock, RecoveryResult};
pub use remedy::{NotSurvived, Remedy, RemedyBlock, SurvivalBlock};
pub use series::{Flow, MapPlace, RegionSeries, SiteSeries, Timeline};
pub use site::SiteBlock;
pub use survey::{Share, SurveyBlock, SurveyRow};
pub use transport::{TransportBlock, TransportSite};
pub use work::{OutSpan, PlannedWork, PushResult, PushWave, SpareSite, WorkBlock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of the offered requests, summed over replications. offered = completed + failed + in flight.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// Arrived after the warm-up.
    pub offered: u64,
    /// Answered rightly within their timeout, retries included.
    pub completed: u64,
    /// Not so, refusals included.
    pub failed: u64,
    /// Not yet decided when the run ended.
    pub in_flight: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Attempts that found every near host of their key above its bound (`routing.bound`): the least loaded of them was asked.
    pub over_bound: u64,
    /// Failed ones by reason.
    pub by_reason: BTreeMap<String, u64>,
    /// completed / (completed + failed).
    pub availability: Estimate,
}

/// The same figures for a part of the run or the fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// What became of the requests.
    pub requests: Requests,
    /// Latency over all offered requests, an unanswered one counting as infinite.
    pub latency_ms: Quantities,
}

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There was nothing to judge: a run without objectives.
    None,
    /// It does, and its interval too.
    Pass,
    /// Its interval straddles the limit, or there is too little data.
    Inconclusive,
    /// It does not.
    Fail,
}

/// An objective, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectiveResult {
    /// Its id.
    pub id: String,
    /// As written.
    pub expect: String,
    /// The measured value in `unit`; `null` where it is infinite or nothing was measured.
    pub value: Option<f64>,
    /// 95 % half-width in `unit`.
    pub half_width: Option<f64>,
    /// The limit in `unit`.
    pub limit: f64,
    /// `ms`, `%`, `keys`, `s`, `USD/y`.
    pub unit: String,
    /// The verdict.
    pub status: Status,
    /// Where it was worst: region, window, survive case; or why it is inconclusive.
    pub at: String,
    /// Which part of the runs.
    pub when: String,
    /// Controls that it gives evidence for.
    pub control: Vec<String>,
}

/// Whether the fleet kept up with its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Saturation {
    /// Queues stayed short.
    Stable,
    /// A backlog built up and drained: calls waited more than ten mean service times for a while.
    Backlogged,
    /// Some site refused 1 % of its calls or more for want of room, though its engines could do all the work that was offered:
    /// its queue (or its number of sessions) is short, not its engines.
    Refusing,
    /// Some service answered 1 % of its calls or more with `quota-exceeded`, or a tenth of those in a stretch: its quota is too low.
    Throttled,
    /// Some site was left with a backlog at the end, or refused 1 % of its calls or more for want of room and was offered more
    /// work than its engines can do, in all of the run or a stretch of it.
    Overloaded,
}

/// A site that did not keep up with its load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Saturated {
    /// Its id.
    pub site: String,
    /// `backlogged`, `refusing`, `throttled` or `overloaded`.
    pub state: Saturation,
    /// When calls first waited long or found no room, in any replication, in seconds from the start of the run; `null`
    /// where no slot of the timeline stands out.
    pub from_s: Option<f64>,
    /// When they no longer did, in all replications; `null` where a backlog was left at the end, or no slot stands out.
    pub until_s: Option<f64>,
    /// Seconds between these in which they did, mean over replications.
    pub behind_s: f64,
    /// Share of its calls that it refused for want of room.
    pub refused: f64,
    /// Whether a backlog was left at the end, in any replication: quantiles then depend on the length of the run.
    pub left: bool,
    /// Calls waiting at the end, per replication.
    pub waiting: Estimate,
}

/// What a fault did: one of the main run, or a survive case. Times and counts are per replication: means over those in
/// which it struck at this time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultResult {
    /// Its id, or `region.eu` for a survive case.
    pub id: String,
    /// What it struck and how, in words: `region us: crash`.
    pub what: String,
    /// Seconds from the start of the run.
    pub from_s: f64,
    /// Seconds from the start of the run.
    pub until_s: f64,
    /// Replications in which it struck at this time: all, but for a fault that strikes at random, of which the first
    /// one is told.
    pub replications: u32,
    /// Seconds after the fault until the health checks found it, where they did; `null` if they did in no replication.
    pub detect_s: Option<f64>,
    /// Seconds after the fault until every routing table knew, where they did; `null` if they did in no replication.
    pub routed_s: Option<f64>,
    /// Seconds from the fault until requests were as good again as before; 0 where none suffered; `null` if not within the run
    /// in any replication.
    pub rto_s: Option<f64>,
    /// Age in seconds of the oldest key version lost with what was struck: of one that had no copy yet, or of the oldest kept
    /// of a key whose last copy is gone; 0 if none; `null` where a key is lost that does not rotate, in any replication:
    /// nothing says how old it is.
    pub rpo_s: Option<f64>,
    /// Key versions lost.
    pub versions_lost: Estimate,
    /// Keys without any copy left.
    pub keys_lost: Estimate,
    /// Keys of which only copies in escrow were left: they serve nobody until a site joins that gets them back.
    pub left_in_escrow: Estimate,
    /// Requests offered while it lasted.
    pub offered: Estimate,
    /// Of these, not good.
    pub failed: Estimate,
    /// Share of good requests in its worst window of five minutes, of the worst caller region, replications pooled;
    /// `null` where nothing was offered.
    pub worst_availability: Option<f64>,
    /// The caller region of that window; empty where every request was good.
    pub worst_region: String,
    /// Highest p99 of any window of five minutes while it lasted, of any caller region, replications pooled; `null`
    /// where it is infinite or nothing was offered.
    pub worst_p99_ms: Option<f64>,
    /// The caller region of that window; empty where nothing was offered.
    pub worst_p99_region: String,
    /// What it did to the p99 of the callers of whom it rose most; `null` where nothing is counted before it.
    pub p99_rise: Option<Rise>,
}

/// A p99 before and during a fault, replications pooled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rise {
    /// The caller region.
    pub region: String,
    /// In the five minutes before the fault (fewer where less of the run is counted before it).
    pub before_ms: f64,
    /// In its worst window of five minutes; `null` where infinite.
    pub during_ms: Option<f64>,
}

/// An announced change of demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventResult {
    /// Its id.
    pub id: String,
    /// What it does, in words: `demand of pay in eu times 3`.
    pub what: String,
    /// Seconds from the start of the run.
    pub from_s: f64,
    /// Seconds from the start of the run; its end at the latest.
    pub until_s: f64,
}

/// Cost of the fleet per year, in USD.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Devices: hours, purchase spread over `purchase_years`, and support.
    pub devices_usd_per_year: f64,
    /// Years over which what is paid once is spread (assumed).
    pub purchase_years: f64,
    /// Keys kept.
    pub keys_usd_per_year: f64,
    /// Operations, at the mean demand that the scenario states for a year: not at that of the run, which may cover the
    /// busiest hour only.
    pub operations_usd_per_year: f64,
    /// Bytes between regions at the same demand, routed as in the parts of the run without a fault, where it has any.
    pub transfer_usd_per_year: f64,
    /// Their sum.
    pub total_usd_per_year: f64,
    /// Total divided by the operations of such a year.
    pub usd_per_million_calls: Option<f64>,
    /// The same by region.
    pub regions: BTreeMap<String, f64>,
    /// What has no price in the data.
    pub unpriced: Vec<String>,
}

/// The audit record, summed over replications, and the log of the first of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Audit {
    /// Sealed batches of accesses.
    pub batches: u64,
    /// Accesses recorded in them.
    pub accesses: u64,
    /// Accesses served by HSMs; equals `accesses` when the record is complete.
    pub served: u64,
    /// Accesses refused, as the batches count them.
    pub refused: u64,
    /// Accesses with a record of their own, refused ones included; `null` where batches alone stand for them.
    pub singly: Option<u64>,
    /// Accesses that are not in all of these, site by site: 0 when the record is complete.
    pub missing: u64,
    /// Events of key life recorded (provisioned, generated, copied, activated, destroyed, lost).
    pub key_events: u64,
    /// Records in the first replication's log.
    pub records: u64,
    /// The hash of the log's tree, hexadecimal.
    pub root: Option<String>,
    /// The origin of its checkpoint, which says that it is simulated.
    pub origin: Option<String>,
}

/// Which scenario ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioBlock {
    /// Its name.
    pub name: String,
    /// SHA-256 of the resolved scenario.
    pub digest: String,
    /// The root seed.
    pub seed: u64,
    /// Its first paragraph.
    pub description: String,
    /// Printed on each page.
    pub classification: Option<String>,
    /// Start of the run, RFC 3339 UTC.
    pub start: String,
    /// Length of the run, warm-up included.
    pub run_s: f64,
}

/// What a figure rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProvenanceRow {
    /// What the figure is about.
    pub what: String,
    /// The figure.
    pub value: String,
    /// How much it deserves to be believed.
    pub badge: crate::kms::Badge,
    /// Where it was read, or why it was assumed.
    pub source: String,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDocument {
    /// `keyfleet.run/1`.
    pub schema: String,
    /// Which scenario.
    pub scenario: ScenarioBlock,
    /// Digest of all facts of all replications.
    pub trace_digest: String,
    /// Simulated seconds that are counted, per replication.
    pub simulated_s: f64,
    /// Seconds cut from the beginning.
    pub warm_up_s: f64,
    /// Replications of the main run.
    pub replications: u32,
    /// Whether the run was interrupted: what was done by then is told.
    pub interrupted: bool,
    /// Survive cases that did not run before the interruption, by id; objectives over them are inconclusive unless one
    /// that did run fails them.
    pub survive_missing: Vec<String>,
    /// Objectives on the main run that so many replications did not settle, though no more were allowed.
    pub unsettled: Vec<String>,
    /// `exact`.
    pub fidelity: String,
    /// The worst status of all objectives; `none` without objectives.
    pub status: Status,
    /// The verdict in one sentence.
    pub verdict: String,
    /// The objectives, judged.
    pub objectives: Vec<ObjectiveResult>,
    /// Controls of standards that objectives name, each with these; not there where none does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<String, ControlBlock>,
    /// Whether the fleet kept up: the worst of its sites.
    pub saturation: Saturation,
    /// The sites that did not, the worst first.
    pub saturated: Vec<Saturated>,
    /// What became of all requests.
    pub requests: Requests,
    /// Latency over all offered requests.
    pub latency_ms: Quantities,
    /// Time queued at an HSM, per call.
    pub hsm_wait_ms: Quantities,
    /// Share of calls that waited at all.
    pub hsm_waited: Estimate,
    /// Time in service at an HSM, per call.
    pub hsm_service_ms: Quantities,
    /// Busy share of all engines, of the time in which they worked.
    pub utilisation: Estimate,
    /// `normal`, `fault`, `recovery`: the run's parts.
    pub phases: BTreeMap<String, Block>,
    /// By the callers' home region.
    pub regions: BTreeMap<String, Block>,
    /// By load.
    pub loads: BTreeMap<String, Block>,
    /// By site.
    pub sites: BTreeMap<String, SiteBlock>,
    /// Faults of the main run, per replication.
    pub faults: Vec<FaultResult>,
    /// Announced changes of demand within the run.
    pub events: Vec<EventResult>,
    /// Survive cases, per replication.
    pub survive: Vec<FaultResult>,
    /// Keys.
    pub keys: Keys,
    /// Replication.
    pub replication: Replication,
    /// Rotation.
    pub rotation: Rotation,
    /// Planned changes of the fleet; `null` where none was planned.
    pub changes: Option<ChangesBlock>,
    /// The metadata store.
    pub metadata: MetadataBlock,
    /// Tenants, attacks and secrets; `null` where gates let everything in and nobody attacks.
    pub access: Option<AccessBlock>,
    /// Connections of callers; `null` where there is no network.
    pub transport: Option<TransportBlock>,
    /// Locations of users; not there where there are none, or their place is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationBlock>,
    /// Calls served where their keys may not be: none, unless the program is wrong. A hundred of a replication are told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_place: Vec<OutOfPlace>,
    /// Planned work, and wrong configurations that went out in waves; not there where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkBlock>,
    /// Backups, and what it took to bring sites back; not there where nothing is saved and nothing had to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryBlock>,
    /// Custodians, ceremonies and drills; not there where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleBlock>,
    /// Quotas of services; not there where the fleet has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quotas: BTreeMap<String, QuotaBlock>,
    /// Emergency access.
    pub emergency: Emergency,
    /// What each loss costs; absent without `--survey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surveyed: Option<SurveyBlock>,
    /// Data keys kept by clients; not there where no client keeps any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caches: Option<CachesBlock>,
    /// What losses the fleet survives; not there where none was tried and no fault struck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survival: Option<SurvivalBlock>,
    /// What would mend the objectives that do not hold; not there where all hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedies: Option<RemedyBlock>,
    /// Audit.
    pub audit: Audit,
    /// Cost.
    pub cost: Cost,
    /// What the figures rest on.
    pub provenance: Vec<ProvenanceRow>,
    /// What the charts show.
    pub timeline: Timeline,
    /// Printed only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Printed only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<Engine>,
}
