//! `[location]`: how users are found by their addresses, and how often that goes wrong.

use crate::units::Percent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How users are located. Their addresses are drawn from another source of country ranges than the database is made from, so that
/// it is wrong as often as such databases are; the shares here come on top. What users told with their consent decides where a
/// request is sent, else the country of the address, else the connection. Residency goes by keys and sites alone.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLocation {
    /// A database of countries by address in MMDB format, at most 256 MiB, in the scenario's folder, such as "my.mmdb"; its records say
    /// `country_code`, `country` or `country.iso_code`. Default: the shipped one, DB-IP Lite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Share of requests that come from the exit of a VPN in another country, which is drawn by the addresses that countries have: exits
    /// stand where servers do. Default: "3 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn: Option<Percent>,
    /// Share of requests of users who came from another country of the same continent, drawn by Internet users, and whose address is
    /// one of their home network. It costs what a wrong location costs; the longer way through the home network is not in it.
    /// Default: "1 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roaming: Option<Percent>,
    /// Share of requests from addresses that moved between countries since the database was made: it has another country for them, drawn
    /// by the addresses that countries have. Default: "1 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<Percent>,
    /// Share of requests whose address is private, as behind a proxy that does not say who asks: they go where the connection leads,
    /// unless the user told a country. Default: "1 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Percent>,
    /// Share of requests whose user told a country, and consented to its use. Default: "20 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Percent>,
    /// Share of those who told a wrong country, which is drawn by Internet users. Default: "1 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_wrong: Option<Percent>,
}
