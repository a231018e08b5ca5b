//! The HSM profile as it is written in TOML. The words on each key are what `explain` and the JSON Schema say of it.

use super::super::service_time::Distribution;
use super::RawQuota;
use crate::kms::Badge;
use crate::units::{Count, Date, Duration, Factor, Rate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How fast one device is, what it holds, what it costs, and how far each figure is to be believed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProfile {
    /// Version of this format: 1. Needed in a file of its own, not in a scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<u32>,
    /// What people call the device. Default: the profile's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// "device": it has engines, a queue and sessions; or "service", such as a cloud provider's KMS: each call takes its latency, side by
    /// side with all others, and what is beyond the account's `quota` is answered with `quota-exceeded`. A site with a service
    /// has no HSMs that could be counted, lost or paid by the hour. Default: "device".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Who makes or runs it. It has no effect on a run yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// How far the service times that carry no badge of their own are to be believed: measured, published (both need a
    /// `source`) or assumed. Default: assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    /// Where the service times stand that carry no badge or source of their own, or why they were assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When they were read there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// Operations that one device works on at the same time, 1 to 65535. Default: 1. The mean service time of a rate is engines / rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engines: Option<Count>,
    /// How far `engines` is to be believed; short for `evidence.engines`. Default: assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engines_badge: Option<Badge>,
    /// Distribution of the service times that do not name their own. Default: lognormal (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// Coefficient of variation (standard deviation / mean) of lognormal and gamma service times, 0 to 10. Default: 0.3 (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<Factor>,
    /// How far `distribution` and `cv` are to be believed; short for `evidence.cv`. Default: assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv_badge: Option<Badge>,
    /// Requests that may wait at one device; more are refused. Default: 1000 (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Count>,
    /// Requests in queue and service together at one device, at least 1. Default: queue + engines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Count>,
    /// Key versions that fit into one device. Default: no limit, as for wrapped keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_slots: Option<Count>,
    /// Keys of any algorithm that one device can generate; short for the call `generate` in `[op]`, with exponential times, because
    /// the search for primes has no memory. Default: this profile does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate: Option<Rate>,
    /// Until a new key has reached the other devices of its cluster or peer, links apart. Default: 5 s (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag: Option<Duration>,
    /// The same to devices in other regions. Default: `replication_lag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag_far: Option<Duration>,
    /// How key material moves between devices: "wrapped" (device to device: an engine wraps each copy and another one unwraps
    /// it, where the profile times `wrap` and `unwrap`), "cluster" (the vendor copies it, within a region or as far as
    /// `replication_lag_far` says) or "blob" (a file under a master key). Default: wrapped; of a service blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custody: Option<Custody>,
    /// The exchange domain: devices of one domain share what opens each other's keys (a cloning domain, a Security World, a
    /// master key), devices of two never do, so that no key has copies in both. a to z, 0 to 9 and -. Default: the profile's
    /// id, a domain of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// From ordering one more device to its first operation. It has no effect on a run yet. Default: 14 w (hardware: 12
    /// to 16 weeks, published).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time: Option<Duration>,
    /// From power being back, or from the people who have to be there, until the HSMs of a site serve again after a loss of power that
    /// lasted longer than `activation_survives`. Default: "10 min" (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Duration>,
    /// The longest loss of power after which HSMs serve again by themselves. Default: "0 s", each one asks for an activation (assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_survives: Option<Duration>,
    /// Mean time between failures of one device. It has no effect on a run yet: devices fail only where the scenario
    /// says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtbf: Option<Duration>,
    /// What one device costs. Default: nothing is known, and the report says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// How far the price is to be believed. Default: assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_badge: Option<Badge>,
    /// Where the price stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_source: Option<String>,
    /// When it was read there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_as_of: Option<Date>,
    /// The last day on which the vendor supports the device. It has no effect on a run yet. Default: none announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_of_support: Option<Date>,
    /// How far figures other than service times and prices are to be believed, and why. Default: what is not listed is
    /// assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<RawEvidences>,
    /// Service times of calls for keys of any algorithm, by the call's name. A profile that names asymmetric algorithms
    /// (rsa, ec, ed, ml) under `algorithm` serves no others of them: `[op]` then is for symmetric keys, and for calls
    /// that an algorithm leaves out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub op: BTreeMap<String, RawTiming>,
    /// Service times of calls for keys of one algorithm, by algorithm and call; they win over `[op]`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub algorithm: BTreeMap<String, BTreeMap<String, RawTiming>>,
    /// Of a service: its quotas, by a name of their own, each of one account in one region. A call takes a token of the one that is for
    /// it. Default: none, no call is throttled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quota: BTreeMap<String, RawQuota>,
}

/// What a profile is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Devices in a pool.
    #[default]
    Device,
    /// A service that somebody runs for many.
    Service,
}

/// How long one call takes: exactly one of `rate`, `mean` and `quantiles`, of a service of `latency` and `quantiles`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTiming {
    /// Calls that one device answers with all its engines busy; the mean is engines / rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Mean time that one engine needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Duration>,
    /// Of a service: the mean time from a call's arrival there until its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Duration>,
    /// Known quantiles of the time that one engine needs, as [level, time] with rising levels, straight lines between them; what lies
    /// beyond the last takes its time, so give level 1 where the tail matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Vec<(f64, Duration)>>,
    /// Distribution around the mean. Default: the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// Coefficient of variation, 0 to 10. Default: the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<Factor>,
    /// How far this time is to be believed: measured, published (both need a source) or assumed. Default: the
    /// profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    /// Where it stands, or why it was assumed. Default: the profile's, unless the badge is a lower one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How far figures of a profile are to be believed, by the figure's key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEvidences {
    /// Of `engines`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engines: Option<RawEvidence>,
    /// Of `distribution` and `cv`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cv: Option<RawEvidence>,
    /// Of `queue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<RawEvidence>,
    /// Of `sessions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<RawEvidence>,
    /// Of `key_slots`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_slots: Option<RawEvidence>,
    /// Of `generate`. Default: the profile's badge and source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generate: Option<RawEvidence>,
    /// Of `replication_lag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag: Option<RawEvidence>,
    /// Of `replication_lag_far`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_lag_far: Option<RawEvidence>,
    /// Of `exchange`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<RawEvidence>,
    /// Of `activation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<RawEvidence>,
    /// Of `activation_survives`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation_survives: Option<RawEvidence>,
}

/// How far one figure is to be believed, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEvidence {
    /// Measured, published (both need a source) or assumed. Required.
    pub badge: Badge,
    /// Where it stands, or why it was assumed. Default: the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How key material moves between devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// Wrapped under a key that both devices hold, one key at a time.
    #[default]
    Wrapped,
    /// The vendor's cluster synchronises its members by itself.
    Cluster,
    /// Keys rest outside as blobs that a master key in the devices opens.
    Blob,
}

/// What one device costs, in US dollars; all parts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Once, when it is bought; the report spreads it over five years (assumed: the usual depreciation of such
    /// devices).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_once: Option<f64>,
    /// For each hour that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<f64>,
    /// For each year of 365 days: support, space, power.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_year: Option<f64>,
    /// For ten thousand operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_10k_ops: Option<f64>,
    /// For each key version, each month of 365/12 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_key_month: Option<f64>,
}
