//! Gates: from tallies to the document.

use super::document::{AccessBlock, AttackBlock, SecretsBlock, TenantBlock};
use super::estimate::over;
use crate::kms::{Denial, Failure, PopulationId};
use crate::metrics::{self, AccessTally, Replica, Work};
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// In place of the rule that denies a request, where none allows it. No id has spaces.
const UNMATCHED: &str = "no rule allows it";

/// What happened at gates; `None` where they let everything in and nobody attacks.
pub(super) fn access(scenario: &Scenario, replicas: &[Replica]) -> Option<AccessBlock> {
    let attacks = attacks(scenario, replicas);
    if scenario.access.tenants.is_empty() && scenario.access.origin.is_none() && attacks.is_empty() {
        return None;
    }
    let (mut turned_away, mut forbidden_by) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    for ((_, denial), requests) in replicas.iter().flat_map(|replica| &replica.recorder.access.turned) {
        *turned_away.entry(denial.name().to_owned()).or_default() += requests;
        if let Denial::Forbidden(rule) = denial {
            let rule = rule.map_or(UNMATCHED, |rule| &scenario.access.rules[rule.index()].id);
            *forbidden_by.entry(rule.to_owned()).or_default() += requests;
        }
    }
    let tenants = scenario.access.tenants.iter().enumerate();
    let fleet = |replica: &Replica| metrics::yearly(scenario, std::slice::from_ref(replica)).total();
    let costs: Vec<f64> = replicas.iter().map(fleet).collect();
    let count = |of: &dyn Fn(&AccessTally) -> u64| over(replicas, |r| of(&r.recorder.access) as f64);
    Some(AccessBlock {
        tenants: tenants
            .map(|(number, tenant)| (tenant.id.clone(), self::tenant(scenario, number, (replicas, &costs))))
            .collect(),
        attacks,
        turned_away,
        forbidden_by,
        secrets: SecretsBlock {
            issued: count(&|access| access.issued),
            leaked: count(&|access| access.leaked),
            revoked: count(&|access| access.revoked),
            spread_s: replicas.iter().map(|r| r.recorder.access.spread.as_secs_f64()).fold(0.0, f64::max),
        },
    })
}

/// The HSMs' work at each site: for a tenant's callers, and for all.
fn work(scenario: &Scenario, tenant: usize, replica: &Replica) -> Vec<(Work, Work)> {
    let sites = scenario.sites.len();
    let mut sums = vec![(Work::default(), Work::default()); sites];
    for (place, work) in replica.recorder.access.work.iter().enumerate() {
        let (own, all) = &mut sums[place % sites];
        let theirs = scenario.origins[place / sites].tenant.is_some_and(|of| of.index() == tenant);
        for sum in [theirs.then_some(own), Some(all)].into_iter().flatten() {
            (sum.calls, sum.busy) = (sum.calls + work.calls, sum.busy + work.busy);
        }
    }
    sums
}

/// The share of the work at the sites that serve a tenant which is others'.
fn neighbours(sites: &[(Work, Work)]) -> f64 {
    let calls: u64 = sites.iter().map(|(own, _)| own.calls).sum();
    let others = |(own, all): &(Work, Work)| own.calls as f64 * (1.0 - own.busy as f64 / all.busy.max(1) as f64);
    sites.iter().map(others).sum::<f64>() / calls as f64
}

/// A tenant's part of the HSMs' work.
fn part(sites: &[(Work, Work)]) -> f64 {
    let sum = |of: fn(&(Work, Work)) -> u64| sites.iter().map(of).sum::<u64>() as f64;
    sum(|(own, _)| own.busy) / sum(|(_, all)| all.busy).max(1.0)
}

/// `costs`: of the fleet a year, by replication.
fn tenant(scenario: &Scenario, number: usize, (replicas, costs): (&[Replica], &[f64])) -> TenantBlock {
    let works: Vec<Vec<(Work, Work)>> = replicas.iter().map(|replica| work(scenario, number, replica)).collect();
    let bills: Vec<f64> = works.iter().zip(costs).map(|(work, cost)| part(work) * cost).collect();
    let of = |replica: &Replica| replica.recorder.access.tenants[number].clone();
    let mut block = TenantBlock {
        availability: over(replicas, |replica| {
            let tally = of(replica);
            let failed: u64 = tally.failed.values().sum();
            tally.completed as f64 / (tally.completed + failed) as f64
        }),
        neighbours: over(&works, |work| neighbours(work)),
        bill_usd_per_year: over(&bills, |bill| *bill),
        ..TenantBlock::default()
    };
    for tally in replicas.iter().map(of) {
        block.offered += tally.offered;
        block.completed += tally.completed;
        add(&mut block.by_reason, &tally.failed);
    }
    block.failed = block.by_reason.values().sum();
    block
}

fn attacks(scenario: &Scenario, replicas: &[Replica]) -> BTreeMap<String, AttackBlock> {
    let mut attacks: BTreeMap<String, AttackBlock> = BTreeMap::new();
    for (number, imitation) in scenario.imitations().iter().enumerate() {
        let population = PopulationId((scenario.populations.len() + number) as u16);
        let block = attacks.entry(scenario.faults[imitation.fault.index()].id.clone()).or_default();
        for tally in replicas.iter().filter_map(|replica| replica.recorder.access.attacks.get(&population)) {
            block.served += tally.served;
            add(&mut block.refused, &tally.refused);
            block.after_revocation += tally.late;
            block.after_revocation_s = block.after_revocation_s.max(tally.latest.as_secs_f64());
        }
        block.requests = block.served + block.refused.values().sum::<u64>();
    }
    attacks
}

fn add(sum: &mut BTreeMap<String, u64>, failed: &BTreeMap<Failure, u64>) {
    for (reason, requests) in failed {
        *sum.entry(reason.name().to_owned()).or_default() += requests;
    }
}
