//! Gates in the document of a run: tenants, attacks, secrets.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened at the gates before routing; requests are summed over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccessBlock {
    /// By tenant.
    pub tenants: BTreeMap<String, TenantBlock>,
    /// By the fault that is a flood.
    pub attacks: BTreeMap<String, AttackBlock>,
    /// Requests turned away at gates, attackers' among them, by reason; warm-up included.
    pub turned_away: BTreeMap<String, u64>,
    /// Those of them that were forbidden, by the rule that denies them, or `no rule allows it`.
    pub forbidden_by: BTreeMap<String, u64>,
    /// Secrets, per replication.
    pub secrets: SecretsBlock,
}

/// A tenant's requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TenantBlock {
    /// Offered after the warm-up.
    pub offered: u64,
    /// Answered rightly within the timeout.
    pub completed: u64,
    /// Not.
    pub failed: u64,
    /// These by reason.
    pub by_reason: BTreeMap<String, u64>,
    /// completed / (completed + failed).
    pub availability: Estimate,
    /// Of the HSMs' work at the sites that serve it, the share that is others', weighted by its calls there; `null` where none was
    /// served.
    pub neighbours: Estimate,
    /// Its part of the fleet's cost, by the time that HSMs worked for it, USD per year; attackers that came in by its gates count as
    /// its callers.
    pub bill_usd_per_year: Estimate,
}

/// Requests of attackers; they count as nobody's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttackBlock {
    /// Sent and decided.
    pub requests: u64,
    /// Served: a key was used for them.
    pub served: u64,
    /// Refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Let in by a gate after the secret that they show had been revoked.
    pub after_revocation: u64,
    /// How long after that the last of these was sent, seconds.
    pub after_revocation_s: f64,
}

/// Secrets of tenants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecretsBlock {
    /// Issued during the run.
    pub issued: Estimate,
    /// Leaked.
    pub leaked: Estimate,
    /// Revocations.
    pub revoked: Estimate,
    /// The longest time that a gate took to learn of one, seconds.
    pub spread_s: f64,
}
