//! Regions, sites and key classes as written.

use super::{Either, Popularity, Word};
use crate::units::{Count, Duration, Percent, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A region.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRegion {
    /// Where it is: a cloud region ("aws:us-east-1"), a city ("London"), or a point { lat, lon, country, zone }. It brings
    /// coordinates, jurisdiction, time zone and round trips. Required.
    pub at: Either<String, RawPoint>,
    /// HSM profile of its sites: a shipped one, one of `[profile]`, or a .toml file in the scenario's folder. Required unless every
    /// site names its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Number of sites, 1 to 26, named a, b, c and so on. Not together with `site`. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<u32>,
    /// Sites by name, instead of a number of like ones. Default: none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub site: BTreeMap<String, RawSite>,
    /// HSMs at each site that does not say otherwise, 1 to 10000; a site with a service has none to count. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsms: Option<u32>,
    /// The account under which its sites call their services; sites of one account share its quotas. Default: one for each
    /// service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Limits of its services' quotas that are raised or lowered: { symmetric = "20_000/s" }, or a rate where there is one quota
    /// that is not for creating keys alone. Each account has its own. Default: the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Either<Rate, BTreeMap<String, Rate>>>,
    /// How many HSMs each of its services counts as, where keys and calls are shared out between sites, 1 to 10000. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Who is needed to activate and restore HSMs at its sites: a group of `[custodians]`. Default: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodians: Option<String>,
    /// The region that takes partner copies first. Default: the nearest one that residency allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

/// A point on the map.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPoint {
    /// Latitude in degrees, north positive, -90 to 90. Required.
    pub lat: f64,
    /// Longitude in degrees, east positive, -180 to 180. Required.
    pub lon: f64,
    /// Jurisdiction: ISO 3166-1 alpha-2, such as "DE". Required.
    pub country: String,
    /// IANA time zone, such as "Europe/Berlin". Default: that of the country's main city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// A site: one data centre with one pool of HSMs.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSite {
    /// HSMs in its pool, 1 to 10000. Default: the region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hsms: Option<u32>,
    /// HSM profile. Default: the region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The account under which it calls its service. Default: the region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How many HSMs its service counts as, where keys and calls are shared out, 1 to 10000. Default: the region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Who is needed to activate and restore its HSMs: a group of `[custodians]`. Default: the region's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodians: Option<String>,
}

/// A class of keys.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawKey {
    /// How many keys: a count ("40 k"), split over the regions in proportion to the demand that uses the class (at least one each), or a table with a
    /// count per region. At least 1, at most 10 M in all. Required, unless `inventory` lists the keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Either<Count, BTreeMap<String, Count>>>,
    /// The keys that are there already, instead of `count`: a .csv file in the scenario's folder with the header
    /// `id,region,created` and a line for each key, at most 10 M. `created` is the day (or the time, RFC 3339) since which its
    /// active version is in use, from which its age at the start follows; a key older than `rotate.every` falls due when the run
    /// begins. Two more columns may follow: `tenant`, its owner, and `algorithm`, which must be that of the class. Ids only put the
    /// keys in order: neither they nor names of owners get into results. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inventory: Option<String>,
    /// Such as "rsa-2048" or "ec-p256"; chooses the service times of the device's profile. One of those that `keyfleet
    /// explain algorithms` lists, or one that a profile of the scenario's own names. Every device that the keys may be
    /// in must time it: name it under `algorithm`, or time nothing but its `op`; symmetric keys are served by `op`
    /// everywhere. Required.
    pub algorithm: String,
    /// Where the keys may be kept and used: "region" (the home region only), "country" (regions of its country), a list of
    /// countries and groups such as ["EU", "GB"], or "anywhere". An emergency never widens it. Default: "region".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stay: Option<Either<RawStay, Vec<String>>>,
    /// Copies of each key in its home region, each at another site; at most the sites there are. Default: 2, or 1 where a region
    /// that has keys of the class has one site only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<u32>,
    /// Copies of each key in other regions that `stay` allows. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_copies: Option<u32>,
    /// Copies of each key in escrow, at sites of further regions that `stay` allows: wrapped, they take no key slot there and serve
    /// nobody. They are given back to hosts that missed a version, and to sites that join. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escrow_copies: Option<u32>,
    /// Rotation by age and by use: { every, keep, uses, jitter, age }. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate: Option<RawRotate>,
    /// When a new version takes over from the one before: "all" (once every host believed healthy has it), a number of hosts that
    /// have it, or "none" (as soon as it is generated; until its copy arrives, a host cannot serve the key). Default: "all".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub durability: Option<Word<RawDurability, u32>>,
    /// The class of the keys that these are wrapped under on their way between sites, each under one of the same home region. Who
    /// learns a wrapping key learns all that it carried. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrapped_by: Option<String>,
    /// Which keys are asked for: "uniform", or "zipf S" with exponent S above 0, at most 5. Default: "uniform".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub popularity: Option<Popularity>,
    /// Owners that the keys are spread over, at least 1. It has no effect on a run yet. Default: 1, or as many as `inventory` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenants: Option<u32>,
}

/// Places that residency knows by a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawStay {
    /// The home region only.
    Region,
    /// Regions of the home region's country.
    Country,
    /// Every region.
    Anywhere,
}

/// Durabilities that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawDurability {
    /// Every host believed healthy.
    All,
    /// No other host.
    None,
}

/// Ages that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawAge {
    /// Spread evenly over the cryptoperiod.
    Spread,
}

/// Rotation by age and by use.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRotate {
    /// The cryptoperiod: a key is replaced at this age. Required.
    pub every: Duration,
    /// How long a replaced version is kept for decryption, then destroyed. Default: as long as `every`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Duration>,
    /// Operations under one version that must not be exceeded, such as 4_294_967_296 for AES-GCM with random nonces (NIST SP 800-38D
    /// §8.3): a successor is made when nine tenths are used up. Counted from the start of the run, and only for requests that are
    /// simulated one by one. At least 10. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<Count>,
    /// The end of each cryptoperiod is drawn early, evenly by up to this share of `every`, so that keys made together do not fall due
    /// together; "0 %" to "50 %". Default: "0 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Percent>,
    /// How old all keys are at the start, at most `every`; or "spread": evenly over the cryptoperiod of each, jitter included, so that
    /// as many fall due in one week as in another. Not with `inventory`, which knows the age of each. Default: "spread".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<Word<RawAge, Duration>>,
}
