//! What gates go by, made from a scenario: tenants with secrets, rules with their hours, limits and patience; and the tokens that
//! callers show.

use super::World;
use crate::kms::{KeyRef, LoadId, PopulationId, Proof, TenantId, Token};
use crate::rng::{mix, stable_hash};
use crate::scenario::{Hours, Origin, RuleModel, Scenario};
use crate::service::{Access, Guarded, Limit, Rule, Rulebook, TenantEntry, proof};
use crate::time::Time;
use std::sync::Arc;

/// The time zones of origins, each once; an origin's zone is its place among them.
pub(super) fn zones(s: &Scenario) -> Vec<&str> {
    let mut zones: Vec<&str> = s.origins.iter().map(|origin| &*origin.place.zone).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

/// What all gates go by.
pub(super) fn access(s: &Scenario) -> Access {
    let model = &s.access;
    let tenant = |tenant: &crate::scenario::Tenant| {
        let name = stable_hash(&tenant.id);
        let mut seed = [0; 32];
        for (word, place) in seed.chunks_exact_mut(8).zip(1_u64..) {
            word.copy_from_slice(&mix(mix(s.seed ^ name) ^ place).to_le_bytes());
        }
        TenantEntry { name, seed }
    };
    let zones = zones(s);
    let rule = |rule: &RuleModel| Rule {
        denies: rule.denies,
        tenants: rule.tenants.clone(),
        calls: rule.calls.clone(),
        classes: rule.classes.clone(),
        from: rule.from,
        hours: rule.hours.map_or_else(Vec::new, |hours| hours_of(s, &zones, hours)),
    };
    let sizes = (model.tenants.len(), s.calls.len(), s.keys.len());
    let rules = (!model.rules.is_empty()).then(|| Rulebook::new(model.rules.iter().map(rule).collect(), sizes));
    Access { tenants: model.tenants.iter().map(tenant).collect(), tokens: model.tokens, rules }
}

/// When hours hold, by time zone; nothing where that is the whole run everywhere.
fn hours_of(s: &Scenario, zones: &[&str], hours: Hours) -> Vec<Arc<[(Time, Time)]>> {
    let open: Vec<Arc<[(Time, Time)]>> = zones.iter().map(|zone| openings(s, zone, hours)).collect();
    let end = Time::ZERO + s.run;
    let whole = |open: &Arc<[(Time, Time)]>| matches!(open[..], [(Time::ZERO, ends)] if ends >= end);
    if open.iter().all(whole) { Vec::new() } else { open }
}

/// When hours hold in a time zone, in the time of the run.
fn openings(s: &Scenario, zone: &str, hours: Hours) -> Arc<[(Time, Time)]> {
    hours.openings(zone, s.start, s.run).into()
}

/// What the gate of each origin goes by.
pub(super) fn guarded(s: &Scenario) -> Vec<Guarded> {
    let mut at = vec![0.0; s.origins.len()];
    let mut of = vec![0.0; s.access.tenants.len()];
    for population in &s.populations {
        let demand = population.demand.mean();
        at[population.origin.index()] += demand;
        if let Some(tenant) = s.origins[population.origin.index()].tenant {
            of[tenant.index()] += demand;
        }
    }
    let guarded = |(i, origin): (usize, &Origin)| {
        let tenant = origin.tenant.map(|tenant| &s.access.tenants[tenant.index()]);
        let share = |tenant: TenantId| at[i] / of[tenant.index()];
        let own = tenant.and_then(|tenant| tenant.rate).zip(origin.tenant).map(|(rate, tenant)| rate * share(tenant));
        let rate = [own, s.access.origin].into_iter().flatten().min_by(f64::total_cmp);
        let priority = tenant.map_or_else(Default::default, |tenant| tenant.priority);
        Guarded {
            tenant: origin.tenant,
            limit: rate.map(|rate| Limit { rate, burst: s.access.burst }),
            patience: s.access.patience[priority as usize],
        }
    };
    s.origins.iter().enumerate().map(guarded).collect()
}

impl World {
    /// The token that a tenant's own callers show.
    pub(super) fn token(&self, now: Time, client: PopulationId, (number, key): (u64, KeyRef)) -> Option<Token> {
        let entry = &self.service.catalog().populations[client.index()];
        let token = self.service.fresh(now, entry.origin, (client, number))?;
        Some(self.proven(token, (entry.load, key)))
    }

    /// A token with the proof of who knows the secret.
    pub(super) fn proven(&self, token: Token, asked: (LoadId, KeyRef)) -> Token {
        let access = &self.service.catalog().access;
        if !access.tokens.computed {
            return token;
        }
        Token { proof: Proof::Computed(proof(&access.tenants[token.tenant.index()].seed, &token, asked)), ..token }
    }
}
