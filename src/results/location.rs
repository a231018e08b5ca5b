//! From the counts of all replications to what a document says of the locations of users.

use super::document::{LocationBlock, LocationOrigin, OutOfPlace};
use super::estimate::{over, pooled};
use crate::kms::Misled;
use crate::metrics::{self, Located, Replica, Runs};
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// The block; nothing where nobody was located.
pub(super) fn location(scenario: &Scenario, replicas: &[Replica]) -> Option<LocationBlock> {
    scenario.location.as_ref()?;
    let all: Vec<Located> = replicas.iter().map(|replica| replica.recorder.location.all()).collect();
    let count = |of: fn(&Located) -> u64| over(&all, |located| of(located) as f64);
    let wrong = |cause: Misled| over(&all, |located| located.wrong[cause as usize] as f64);
    Some(LocationBlock {
        requests: count(|l| l.asked),
        located: count(|l| l.asked - l.unknown - l.private),
        wrong: Misled::ALL.into_iter().map(|cause| (cause.name().to_owned(), wrong(cause))).collect(),
        wrong_share: over(&all, |l| share(l.wrong() as f64, l.asked)),
        astray: count(|l| l.astray),
        unknown: count(|l| l.unknown),
        private: count(|l| l.private),
        contradictions: count(|l| l.contradictions),
        wrongly_forbidden: count(|l| l.misjudged[0]),
        wrongly_allowed: count(|l| l.misjudged[1]),
        detours: count(|l| l.detours),
        farther: count(|l| l.farther),
        lost_ms: pooled(replicas, &|replica| replica.recorder.location.lost.clone()),
        lost_per_request_ms: over(&all, |l| share(l.lost as f64 / 1e6, l.asked)),
        origins: origins(scenario, replicas),
    })
}

/// Counter-examples to what must always hold, of all replications and survive cases.
pub(super) fn out_of_place(scenario: &Scenario, runs: &Runs) -> Vec<OutOfPlace> {
    let main = runs.main.iter().enumerate().map(|(number, replica)| (format!("replication {}", number + 1), replica));
    let cases = runs.all_cases().flat_map(|case| case.replicas.iter().map(|replica| (case.id.clone(), replica)));
    let found = main.chain(cases).flat_map(|(run, replica)| {
        replica.recorder.location.out_of_place.iter().map(move |found| told(scenario, run.clone(), found))
    });
    found.collect()
}

fn told(scenario: &Scenario, run: String, found: &metrics::OutOfPlace) -> OutOfPlace {
    // Attackers ask as those do whom they imitate.
    let imitated = |beyond: usize| scenario.imitations().get(beyond).map(|imitation| imitation.victim);
    let beyond = found.population.index().checked_sub(scenario.populations.len());
    let known = beyond.and_then(imitated).unwrap_or(found.population);
    let population = &scenario.populations[known.index()];
    let site = &scenario.sites[found.site.index()];
    let home = scenario.origins[population.origin.index()].home;
    let class = &scenario.keys[scenario.loads[population.load.index()].key.index()].id;
    OutOfPlace {
        key: format!("{class}/{}", found.key),
        home: scenario.regions[home.index()].id.clone(),
        population: population.id.clone(),
        asked_s: found.asked.as_secs_f64(),
        attempt: found.attempt,
        reached_s: found.reached.as_secs_f64(),
        site: site.id.clone(),
        region: scenario.regions[site.region.index()].id.clone(),
        run,
    }
}

fn share(part: f64, whole: u64) -> f64 {
    if whole == 0 { f64::NAN } else { part / whole as f64 }
}

fn origins(scenario: &Scenario, replicas: &[Replica]) -> BTreeMap<String, LocationOrigin> {
    let of = |replica: &Replica| {
        let mut sums: BTreeMap<usize, Located> = BTreeMap::new();
        for (population, located) in &replica.recorder.location.populations {
            sums.entry(scenario.populations[population.index()].origin.index()).or_default().add(located);
        }
        sums
    };
    let each: Vec<BTreeMap<usize, Located>> = replicas.iter().map(of).collect();
    let users = scenario.origins.iter().enumerate().filter(|(_, origin)| origin.country().is_some());
    let block = |origin: usize| {
        let figure = |of: fn(&Located) -> f64, none: f64| over(&each, |sums| sums.get(&origin).map_or(none, of));
        LocationOrigin {
            requests: figure(|l| l.asked as f64, 0.0),
            wrong: figure(|l| l.wrong() as f64, 0.0),
            astray: figure(|l| l.astray as f64, 0.0),
            lost_ms: figure(|l| share(l.lost as f64 / 1e6, l.detours + l.farther), f64::NAN),
        }
    };
    users.map(|(index, origin)| (origin.id.clone(), block(index))).collect()
}
