//! Objectives and the settings of the service, the network and the audit as written.

use super::{Nothing, RawJitter, RawPreset, Word};
use crate::units::{Duration, Factor, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A promise that is checked.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawObjective {
    /// METRIC or METRIC(LOAD), of uses METRIC(CLASS), one of < <= > >= ==, and a limit with its unit: "p99(pay) < 60 ms". Required.
    pub expect: String,
    /// Which part of the runs: "run" (the main run, faults included), "normal" (without faults and their aftermath), "fault",
    /// "recovery" (ten minutes after a fault), "survive" (the survive cases) or "any" (main run and survive cases). Only latency,
    /// availability and utilisation know the parts of a run. Default: "run".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<RawPhase>,
    /// Width of the windows of which the worst counts, or "run" for the whole of what `when` says. A window begins in each of some
    /// 300 slots or more. Latency, availability and utilisation are measured in windows. Default: "5 min"; "run" for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Word<Whole, Duration>>,
    /// Whether each caller region counts alone, the worst one ("region"), or the fleet as a whole ("fleet"). For latency and
    /// availability only. Calling services count in their own region, users in the one that serves them. Default: "region".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<RawEach>,
    /// Controls of standards that it gives evidence for, such as ["DORA Art. 12"]. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Vec<String>>,
}

/// The word "run".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    /// The whole of the phase.
    Run,
}

/// Which part of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawPhase {
    /// The main run, faults included.
    Run,
    /// The main run without faults and their aftermath.
    Normal,
    /// The main run during a fault.
    Fault,
    /// The main run within ten minutes after a fault.
    Recovery,
    /// The survive cases.
    Survive,
    /// Main run and survive cases.
    Any,
}

/// What counts alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawEach {
    /// Each caller region.
    Region,
    /// The fleet as a whole.
    Fleet,
}

/// How failed sites are noticed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHealth {
    /// Time between two checks of a site by one observer. Default: "10 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Consecutive failures that make a site down, and successes that make it up again. Default: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// An answer later than this is a failure. Default: "2 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// From the decision until every caller's routing knows, such as a DNS time to live. Default: "60 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Duration>,
    /// When the first check of a run is made, at most the interval after its start; the others follow at the interval. Default:
    /// drawn anew for each replication, because faults do not wait for a check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Duration>,
    /// Other regions that check each site; a majority decides. A region's own calling services go by a check of their own
    /// region. Default: 3, or all regions where there are fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observers: Option<u32>,
}

/// How failed calls are tried again.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRetry {
    /// Retries as somebody has them: "aws-sdk" (three attempts, full jitter below 1 s and 2 s, a budget of 20 %), "azure-kv" (six attempts, 1,
    /// 2, 4, 8 and 16 s apart), "aws-xks" (250 ms for an answer, one retry at once) or "never". Keys that stand beside it win; so
    /// do those of a load over a preset for all. Alone it may stand in the place of the table. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<RawPreset>,
    /// Attempts at each call, the first included, 1 to 20. Default: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// How long one attempt is waited for. Default: half of the load's timeout, all of it where there is one attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Duration>,
    /// Longest first pause between attempts; it doubles each time and is drawn evenly between zero and that. Default: "20 ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Duration>,
    /// Longest pause. Default: "1 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff_max: Option<Duration>,
    /// How a pause is drawn: "full" (evenly between zero and the longest, as said above) or "none" (always the longest).
    /// Default: "full".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<RawJitter>,
    /// Retries per first attempt that the callers of one place may spend, or "none" for no limit. Default: "10 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Word<Nothing, Percent>>,
}

/// How a site is chosen among those that hold the key.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRouting {
    /// Sites whose round trip exceeds the nearest healthy one's by at most this count as equally near. Default: "2 ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near: Option<Duration>,
    /// A site takes at most this many times its fair share of what the callers of one place lately sent to its region before
    /// the next one that holds the key is preferred, at least 1. Where all are above, the least loaded one serves, and that is
    /// counted. Default: 1.25.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Factor>,
    /// Shards that the keys of a class in a region are cut into, 1 to 65536, but not more than there are keys: the grain in
    /// which keys are spread over sites and move. As it does not depend on the number of sites, one that joins or leaves moves
    /// no key to another shard. A site's share of keys is right to about a shard. Default: 4096.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
    /// How shards find their sites: by "rendezvous" hashing, in which weights (HSMs of a site) are exact, or on a "ring" of
    /// virtual nodes, as many stores have it. A site that joins or leaves moves its own share of keys and, but for
    /// `placement_bound`, no others. Default: "rendezvous".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<RawPlacement>,
    /// Places on the ring for each HSM of a site, 1 to 10000, with placement = "ring" only: shares of the ring scatter by one
    /// over their root. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_nodes: Option<u32>,
    /// A site is preferred for, and hosts, at most this many times its fair share of shards, in whole shards, before the next one
    /// in their order is taken; at least 1, or "none" for as hashing has it. With 12 sites 1 is even to a hundredth, and moves
    /// two keys in a hundred besides the share of a site that leaves; "none" moves none, and has a site with a tenth more than
    /// its share. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement_bound: Option<Word<Nothing, Factor>>,
    /// How often callers of a place ask for the newest routing table, each place at its own moment: when a shard gets other hosts,
    /// they go by the old ones until then, or until one of these sends them on. Default: "1 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Duration>,
    /// From the publication of a shard's new hosts until those that it leaves erase it. Shorter than `refresh`, some callers find
    /// nothing there and ask anew. Default: `refresh` and the longest timeout of a load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<Duration>,
    /// Shards that are moved, provisioned or retired at once, at least 1. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moves: Option<u32>,
}

/// How shards find their sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawPlacement {
    /// The sites with the highest weighted scores.
    Rendezvous,
    /// The next sites clockwise on a ring.
    Ring,
}

/// How many keys get successors at once. Generating a key keeps one engine of an HSM busy, which callers then lack.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRotation {
    /// Keys generated at once at each site for their age or uses, at least 1, or "none" for no limit. The others wait their turn.
    /// Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<Word<Nothing, u32>>,
    /// Keys generated at once at each site because their predecessor leaked or was lost; these are made beside the
    /// others and do not wait for them. At least 1, or "none" for no limit. Default: 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once_urgent: Option<Word<Nothing, u32>>,
}

/// How sites catch up with key versions that they missed while they, or the links to them, were down.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawReplication {
    /// Missed copies on their way from one site to another at once, at least 1, or "none" for no limit. The others wait, versions
    /// in use first, the newest first: a site that was away long does not take all engines and links when it is back. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<Word<Nothing, u32>>,
}

/// Links between places.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawNetwork {
    /// Round trip between two sites of a region, and between its calling services and its sites. Default: "0.8 ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_rtt: Option<Duration>,
    /// Sigma of the lognormal factor (median 1) on each one-way delay, 0 to 2. Default: 0.05.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Factor>,
    /// Share of messages lost. Default: "0 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Percent>,
    /// Round trips between regions, instead of the published matrix or the distance: { us-eu = "80 ms" }. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rtt: BTreeMap<String, Duration>,
}

/// How accesses are recorded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// How often a site seals its batch of access records. Default: "1 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// What of accesses is in the audit log: "batches" that count those of each site and interval, by class and home of their
    /// keys and by outcome; or "each", besides the batches, served or not, as a record of its own: site, key, version, call,
    /// origin and outcome. Each of these takes some 250 bytes of memory and disk in the log of the first replication: above ten
    /// million expected ones `check` warns, above two hundred million it refuses. Default: "batches".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<RawAccess>,
}

/// What of accesses is in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawAccess {
    /// Batches that count them.
    Batches,
    /// Batches, and each of them.
    Each,
}

/// The metadata store: a quorum of replicas that knows the active version of each key.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMetadata {
    /// Regions of its replicas, at most 7, the first leading at the beginning. A region named more than once has replicas at one
    /// of its sites after the other, then apart from them; a single region has three. An even number survives no more than one
    /// less. Default: the most central regions, by the sum of their round trips to all: five of five or more, three of three or
    /// four; of two the more central one has two replicas, so that its loss stops the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Vec<String>>,
    /// From the loss of the leader until another one serves, "10 ms" to "50 s". Default: ten times the longest round trip
    /// between replicas, at least "1 s", at most "50 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub election: Option<Duration>,
    /// An operation without an answer for so long is given up, and tried again later. Above zero. Default: "5 s" and twice
    /// `election`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}
