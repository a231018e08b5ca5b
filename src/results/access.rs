//! Gates: from tallies to the document.

use super::document::{AccessBlock, AttackBlock, SecretsBlock, TenantBlock};
use super::estimate::over;
use crate::kms::{Denial, Failure, PopulationId};
use crate::metrics::{AccessTally, Replica};
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
    let count = |of: &dyn Fn(&AccessTally) -> u64| over(replicas, |r| of(&r.recorder.access) as f64);
    Some(AccessBlock {
        tenants: tenants.map(|(number, tenant)| (tenant.id.clone(), self::tenant(number, replicas))).collect(),
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

fn tenant(number: usize, replicas: &[Replica]) -> TenantBlock {
    let of = |replica: &Replica| replica.recorder.access.tenants[number].clone();
    let mut block = TenantBlock {
        availability: over(replicas, |replica| {
            let tally = of(replica);
            let failed: u64 = tally.failed.values().sum();
            tally.completed as f64 / (tally.completed + failed) as f64
        }),
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
