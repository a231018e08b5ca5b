//! Tenants, rules, tokens and protection as written.

use super::{Nothing, Word};
use crate::units::{Duration, Rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tenant: on whose behalf loads ask.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTenant {
    /// Its roles, which rules name, such as ["payments"]. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Whose calls a site sheds last: "low", "normal" or "high"; see `protection.shed`. Default: "normal".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<RawPriority>,
    /// Operations that it may ask for in all: each place has the part of them that the tenant's stated demand there is. More is
    /// refused at the gate, `throttled`. Default: "none", no limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Word<Nothing, Rate>>,
}

/// Which calls are shed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawPriority {
    /// Shed first.
    Low,
    /// In between.
    Normal,
    /// Shed last.
    High,
}

/// An attribute rule. What no rule allows is refused as `forbidden`, and a rule that denies wins. Without any rule, tenants may do
/// what their loads ask for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Tenants with one of these roles. Default: every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// These calls, such as ["sign"]. Default: every call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<String>>,
    /// Keys of these classes. Default: every class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Callers in these countries or groups of countries, such as ["DE", "EU"]; whom nobody can locate is in none of them, but for
    /// rules that deny. Default: anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<String>>,
    /// Days and hours in the callers' local time: "Mon-Fri 08:00-18:00", "Sat,Sun 00:00-24:00" or "22:00-06:00". Hours that end
    /// before they begin go on into the next day. Default: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// It denies instead of allowing. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<bool>,
}

/// How request tokens are made and judged: each request of a tenant shows one, an HMAC-SHA-256 under a secret of the tenant's.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTokens {
    /// How long a token is accepted. Default: "5 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Duration>,
    /// How often a tenant has a new secret, or "none". Default: "30 d".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate: Option<Word<Nothing, Duration>>,
    /// How long the secret before is accepted beside the new one; at least `spread` and `life`, less than `rotate`. Default: "1 d".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Duration>,
    /// How often a gate asks for news of secrets: so long it may accept one that is revoked. Default: "10 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Duration>,
    /// Whether proofs are really computed on both sides, "computed", or taken as right where the secret was known, "modelled", which is
    /// faster and gives the same results. Default: "modelled".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<RawProof>,
}

/// How proofs are had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawProof {
    /// As if computed.
    Modelled,
    /// Computed.
    Computed,
}

/// Protection against floods.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawProtection {
    /// Operations that the callers of one tenant may ask for at one place, whatever their tenant's `rate`; the smaller of the two
    /// counts. Default: "none", no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Word<Nothing, Rate>>,
    /// So much of a second's worth a limit lets through at once, after a calm. Default: "1 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<Duration>,
    /// A call that would wait longer at the HSM than its tenant's priority allows is refused at once, `shed`, so that others are served
    /// in time: { low = "20 ms", normal = "100 ms" }. Default: nothing is shed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shed: Option<RawShed>,
}

/// How long calls may wait at an HSM.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawShed {
    /// Those of tenants of low priority. Default: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Duration>,
    /// Those of normal priority, and all where there are no tenants. Default: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal: Option<Duration>,
    /// Those of high priority. Default: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Duration>,
}
