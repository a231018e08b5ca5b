//! Loads, demand events and faults as written.

use super::{Arrivals, Either, RawCache, RawPreset, RawRetry, RawWhen};
use crate::units::{Count, Duration, Factor, Growth, Percent, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A kind of business operation and those who ask for it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLoad {
    /// Operations asked for by calling services in each region, averaged over an ordinary week: { us = "900/s" }. They
    /// use the keys of their own region, or where `count` gives it none, of the nearest one that has keys. One of
    /// `from`, `users`, `history` is required; they may be joined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub from: BTreeMap<String, Rate>,
    /// Users per country (ISO 3166-1 alpha-2): { DE = "30 M" }; with `per_user`. They are served by the nearest region where the
    /// class has keys. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, Count>,
    /// Operations per user, such as "4/d". Required with `users`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Rate>,
    /// Load histories per region: { us = "us.csv" }, a .csv file in the scenario's folder with the header `ts,y`: time (RFC 3339 or
    /// Unix seconds) and operations until the next row. `shape` and `growth` do not apply to it. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub history: BTreeMap<String, String>,
    /// Calls of one operation, one after the other, such as ["decrypt", "sign"]: names that the HSM profile times. Required.
    pub calls: Vec<String>,
    /// The key class whose keys it uses. Required.
    pub key: String,
    /// The tenant on whose behalf it asks, or the shares of several: { acme = "70 %", shop = "30 %" }, which add up to 100 %. Objectives are
    /// about loads: what is promised to one tenant needs a load of its own. Required where there are tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Either<String, BTreeMap<String, Percent>>>,
    /// Demand by hour, weekday and holiday, in local time: a shipped shape. Default: "flat".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// Compound growth per year from the start of the run, such as "8 %/y", or { low, mid, high }, of which a run uses `mid`.
    /// Default: "0 %/y".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub growth: Option<Either<Growth, RawGrowth>>,
    /// From the first attempt until the last answer; later is no good. Above zero. Default: "1 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// How arrivals are spaced: "poisson", "constant", or "bursty B" with index of dispersion B above 1. Default: "poisson".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// Retries of this load's calls: a table, or a preset such as "aws-sdk". Default: those of `[retry]`, key by key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Either<RawPreset, RawRetry>>,
    /// How long its clients keep the data keys that they got, such as "5 min", or { for, clients, uses, cold }. A request whose client
    /// has the data key of its key is answered at once and does not reach the service. For calling services only. Default: none, every
    /// request is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Either<Duration, RawCache>>,
}

/// Growth with its uncertainty.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawGrowth {
    /// Low guess. Required.
    pub low: Growth,
    /// Best guess. Required.
    pub mid: Growth,
    /// High guess. Required.
    pub high: Growth,
}

/// An announced change of demand.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEvent {
    /// When it begins: a duration since the start ("26 h") or a date and time. Required.
    pub at: RawWhen,
    /// How long it lasts, ramps included. Required.
    #[serde(rename = "for")]
    pub lasts: Duration,
    /// Demand is multiplied by this, 0 to 1000. Required.
    pub factor: Factor,
    /// How long demand takes to rise, and again to fall; at most half of `for`. Default: "0 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Duration>,
    /// Only this load. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load: Option<String>,
    /// Only callers of this region: its calling services, and the users that it serves. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A fault of the main run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFault {
    /// What it strikes: "region.us", "region.us.site.b", "region.us.site.b.device.1" (counted from 1), "fleet" (all sites), "link.us-eu",
    /// "key.issuer" (a class), "key.issuer.us" (its keys at home there), "load.pay" (the places that it comes from), "load.pay.acme" (those
    /// of a tenant), "tenant.acme" (its secret), "metadata" (all replicas of the metadata store) or "control" (the control plane: sites
    /// serve on, and nothing is checked, rotated, copied or changed until it is back); or all sites that have something in common:
    /// "provider.aws" (regions at its places), "vendor.Thales" and "profile.luna-a790" (with such devices), "group.NAME" (a `[group]`); or
    /// "custodians.NAME" (a group of people). Required.
    pub on: String,
    /// What it does: on devices, sites, regions and groups "crash", "destroy" or "slow"; on these but devices, and on the fleet, "push" or
    /// "refuse"; on a provider or group also "suspend" (its account); on links "partition", "delay" or "loss"; on keys
    /// "compromise" or "suspend"; on loads "flood" or "restart"; on a tenant's secret "compromise"; on sites, regions and the fleet
    /// "certificate-expired" or "certificate-revoked"; on the metadata store and the control plane "crash"; on a whole region also
    /// "restart" of its calling services, and with `[emergency]` "misuse"; on custodians "absent". Required.
    pub kind: RawKind,
    /// For "slow": service takes this many times longer, above 1. For "flood": attackers ask this many times as often as the load's own
    /// callers do in the mean, 0.001 to 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<Factor>,
    /// For "flood": what the attackers have to show at the gate: "nothing", "forged" tokens, "replayed" ones that they overheard, or those
    /// that they make with a "stolen" secret, the one that is newest when the flood begins. Default: "nothing".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<RawPapers>,
    /// For "delay": messages take this much longer, one way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<Duration>,
    /// For "loss": share of messages lost. For "compromise": share of the keys that leak; default there: "100 %". For "refuse": share of
    /// calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Percent>,
    /// For "certificate-revoked": callers learn of it within this time, evenly spread, and close what is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Duration>,
    /// For "refuse": they get no answer, instead of a refusal: a site that hangs. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
    /// For "refuse" and "push": whether health checks see it, and fail as often as calls do. Default: false, only callers do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// For "push": the regions, sites and groups of each wave, such as [["us"], ["eu", "jp.a"]], or how many waves, by region in order of id, or
    /// by site where there are fewer regions. Default: 1, all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waves: Option<Either<u32, Vec<Vec<String>>>>,
    /// For "push": from one wave to the next. Default: "30 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake: Option<Duration>,
    /// For "push": from the first wave, where calls are refused at once, until that is noticed: no further wave goes out. Default: "10 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Duration>,
    /// For "push": from then until the sites that have it have the one before again. Default: "20 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Duration>,
    /// For "restart": clients restart one after the other within this time. Default: "0 s", all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Duration>,
    /// When: "peak" (centred on the busiest stretch of what it strikes), a duration since the start, or a date and time. With `for`.
    /// Default: "peak".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<RawWhen>,
    /// How long. Required, unless `mtbf` and `mttr` make it a random fault, and but for "push", which lasts `notice` and `rollback`, and "destroy" and "compromise", which are for
    /// good, and "misuse" and "restart", which take no time (but `over`): of these it only says how wide the stretch is of which at = "peak" takes the busiest, by
    /// default "10 min". Of a tenant's secret that leaks it says how long until that is noticed and the secret revoked.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
    /// Mean time between failures, exponential; with `mttr`, instead of `at` and `for`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtbf: Option<Duration>,
    /// Mean time to repair, exponential; with `mtbf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mttr: Option<Duration>,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    /// Devices stop and lose the work in them; keys are there again afterwards.
    Crash,
    /// Devices stop, and the keys in them are gone for good. Copies that are lost so are made again elsewhere only when a planned
    /// change says that the site leaves (`[change] x = { leave = "region.R.site.S", at = ... }`): nothing else restores the number
    /// of copies.
    Destroy,
    /// A loss of power: as "crash", but when power is back after longer than the profile's `activation_survives`, HSMs wait for their
    /// `activation`, which takes people where the site names `custodians`. Of sites, regions and groups.
    #[serde(rename = "power-loss")]
    PowerLoss,
    /// Tamper, zeroise, or a fire: devices stop, and all keys in them are gone. `for` is the time until empty hardware is there; then the
    /// site's last complete backup is restored (`[backup]`, `[response]`), and the site catches up with what others have. Of
    /// sites, regions and groups, each site in a backup.
    Erase,
    /// Service takes longer; health checks do not see it.
    Slow,
    /// Messages are not delivered.
    Partition,
    /// Messages take longer.
    Delay,
    /// Some messages are lost.
    Loss,
    /// Keys leak: all their versions are compromised, and they get successors at once. It happens at `at`, and needs no `for`. What
    /// leaked is kept as long as `rotate.keep` says, for ever where keys do not rotate.
    Compromise,
    /// Keys are under suspicion: while it lasts, the version in use protects nothing new, and calls such as "sign" and "encrypt"
    /// are refused everywhere at once; "decrypt", "unwrap", "verify", "verify-cvv" and "verify-pin" are served. A successor that rotation makes meanwhile
    /// is free of it. Of a provider or a group of sites: the account. Its sites refuse every call and all that the control plane wants
    /// there (`account-suspended`), health checks see it, keys are safe.
    Suspend,
    /// An insider tries what emergency access forbids: asks for a grant while the region is well, or approves the own request
    /// where one is open; and names a grant that has ended, else one that never was. All of it is refused and in the audit log. It happens at `at`, and needs no `for`.
    Misuse,
    /// The TLS certificate of sites has expired: new connections fail, open ones go on until they are idle or too old. It ends when
    /// there is a new one.
    #[serde(rename = "certificate-expired")]
    CertificateExpired,
    /// The TLS certificate of sites is revoked: as "certificate-expired" for callers who have learned it, who close open
    /// connections, too.
    #[serde(rename = "certificate-revoked")]
    CertificateRevoked,
    /// Clients that keep data keys (`load.NAME.cache`) restart, and have none: those of a load, or the calling services of a region. It
    /// happens at `at`, and needs no `for`.
    Restart,
    /// Attackers ask for what the load's callers ask for, at the same places. Their requests are no part of anybody's availability.
    Flood,
    /// A wrong configuration or authorisation goes out in waves: its sites refuse every call at once (`misconfigured`) while devices and
    /// health checks are well. It stops when it is noticed, and is rolled back.
    Push,
    /// Nobody of a group of custodians can be reached: who is called meanwhile is called when it ends. By itself it costs no request, so
    /// no part of the run counts as a fault's for it.
    Absent,
    /// A gray failure: sites refuse a share of calls (`misconfigured`), or leave them without an answer; only callers see it, and try
    /// elsewhere.
    Refuse,
}

/// What attackers have to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawPapers {
    /// No token.
    #[default]
    Nothing,
    /// Tokens made without the secret.
    Forged,
    /// Tokens of the load's own callers, once more.
    Replayed,
    /// Tokens made with the tenant's secret.
    Stolen,
}
