//! Custodians, ceremonies and drills as written.

use super::{Either, RawPoint, RawWhen};
use crate::units::{Duration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group of custodians: people of whom a quorum is needed to activate and to restore HSMs, and for ceremonies.
/// They are there for each site that calls them: that the same person cannot stand in two halls at once is not modelled.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCustodians {
    /// How many there are, 1 to 64. Required.
    pub of: u32,
    /// How many of them are needed at once, at least 1, at most `of`. Required.
    pub quorum: u32,
    /// How long each travels to a site that names them, one way: a duration, or { median, sigma }, of which each draws anew on each
    /// occasion. Default: "45 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub travel: Option<Either<Duration, RawTravel>>,
    /// Days and hours in which all at hand set off at once when they are called, and in which ceremonies are held: "Mon-Fri 08:00-18:00".
    /// Public holidays are days as others. Default: around the clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// The place whose local time these are: a city ("London"), a cloud region, or a point { lat, lon, country, zone }. Default: that of
    /// the site which they are called to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Either<String, RawPoint>>,
    /// How many of them may be called out of hours, at most `of`, those who are not away first; the others set off when hours begin.
    /// Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_call: Option<u32>,
    /// What it takes one who is called out of hours to set off. Default: "30 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_out: Option<Duration>,
    /// Each of them is away, on holiday or ill, with this probability, drawn anew on each occasion. Default: "0 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<Percent>,
    /// Who is away is back so long after the call, and then sets off as the others do. Default: "24 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_in: Option<Duration>,
}

/// A time of travel that varies: lognormal.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTravel {
    /// Half of all ways take at most this. Required.
    pub median: Duration,
    /// Standard deviation of its logarithm, 0 to 3: with 0.5 one of six takes more than 1.65 times the median. Required.
    pub sigma: f64,
}

/// A key ceremony: something that a quorum of custodians does at a site, again and again. It touches no traffic.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCeremony {
    /// Who is needed: a group of `[custodians]`. Required.
    pub custodians: String,
    /// Where: "region.eu.site.a". Required.
    pub site: String,
    /// From when it is due until it is due again, at least an hour. Required.
    pub every: Duration,
    /// When it is due first: a duration since the start, or a date and time. It begins at the next office hour from which hours hold
    /// for as long as travel and it take, and is put off where too few are at hand. Default: when the run starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<RawWhen>,
    /// How long it takes when all who are needed are there. Default: "4 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes: Option<Duration>,
}

/// A recovery drill: people come, and a backup is restored on spare HSMs at a site, to see that it can be. It touches no traffic.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDrill {
    /// Where: "region.eu.site.a". Required.
    pub site: String,
    /// Who is needed: a group of `[custodians]`. Default: whom the site needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodians: Option<String>,
    /// From when it is due until it is due again, at least an hour. Required.
    pub every: Duration,
    /// When it is due first, and begins, as of a ceremony. Default: when the run starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<RawWhen>,
    /// How long it takes people when all who are needed are there; machines then restore the last backup of the site (`[backup]`).
    /// Default: "4 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takes: Option<Duration>,
}
