//! What would mend the objectives that fail or are in doubt: for each case in which one does, the bottleneck is looked for in what was
//! counted, and the remedy follows from it by arithmetic that it states. Knows nothing of how it is shown, and tries nothing.

mod breach;
mod demand;
mod doubt;
mod far;
mod front;
mod gate;
mod people;
mod place;
mod pool;
mod quota;
mod route;
mod setting;

use super::document::{Remedy, RemedyBlock};
use crate::metrics::{Holds, Runs, judge_each};
use crate::scenario::{Demand, Scenario, load_text};
use breach::Breach;
use setting::Setting;
use std::path::Path;

/// So much more than what was needed in the run is provided: a tenth.
const ROOM: f64 = 1.1;
/// Remedies that are told.
const MOST: usize = 5;

/// A remedy for one breach.
#[derive(Clone, Debug)]
struct Found {
    /// What is short: remedies with the same one are one remedy, that with the greater `need`.
    short: String,
    need: f64,
    cause: String,
    remedy: String,
    set: Vec<Setting>,
}

/// Remedies of the same thing, joined.
#[derive(Clone, Debug)]
struct Joined {
    found: Found,
    objectives: Vec<String>,
    cases: Vec<String>,
    /// How much of all requests failed in these breaches, or 1 for what is no matter of requests.
    weight: f64,
    /// Whether any of its objectives fails, rather than being in doubt.
    fails: bool,
}

type Finder = fn(&Breach<'_>) -> Vec<Found>;

/// In this order; what is found first is the nearer cause.
const FINDERS: [Finder; 8] =
    [quota::find, pool::find, front::find, people::find, place::find, route::find, gate::find, far::find];

/// The remedies; nothing where everything holds.
pub(super) fn remedies(scenario: &Scenario, runs: &Runs) -> Option<RemedyBlock> {
    let mut joined: Vec<Joined> = Vec::new();
    let mut unexplained: Vec<String> = Vec::new();
    for objective in &scenario.objectives {
        let judged = judge_each(objective, scenario, runs);
        let worst = judged.iter().map(|(_, judgement)| judgement.holds).max().unwrap_or(Holds::Unknown);
        if worst == Holds::Yes {
            continue;
        }
        let mut explained = false;
        // What is in doubt matters only where nothing fails.
        for (case, judgement) in judged.into_iter().filter(|(_, judgement)| judgement.holds == worst) {
            let replicas = case.map_or(&runs.main, |case| &case.replicas);
            let breach = Breach::new(scenario, objective, (case, replicas), judgement);
            let mut found: Vec<Found> = FINDERS.iter().flat_map(|find| find(&breach)).collect();
            found.retain(|found| allowed(scenario, &found.set));
            // Work that takes fewer devices away leaves a site that need not be routed around.
            if found.iter().any(|found| found.short.starts_with("work.")) {
                found.retain(|found| found.short != route::SHORT);
            }
            // What is brought back sooner need not be served elsewhere meanwhile, where keys might not be allowed to be.
            if found.iter().any(|found| found.short.starts_with("custodians.") || found.short.starts_with("backup.")) {
                found.retain(|found| !found.short.starts_with("key.") && found.short != route::SHORT);
            }
            if found.is_empty() {
                found = doubt::find(&breach);
            }
            explained |= !found.is_empty();
            found.into_iter().for_each(|found| join(&mut joined, &breach, found));
        }
        if !explained {
            unexplained.push(objective.id.clone());
        }
    }
    joined.sort_by(|a, b| {
        let rank = |j: &Joined| (j.fails, !j.found.set.is_empty(), j.weight);
        rank(b).partial_cmp(&rank(a)).expect("weights are numbers")
    });
    let more = joined.len().saturating_sub(MOST) as u32;
    let found: Vec<Remedy> = joined.into_iter().take(MOST).map(Joined::told).collect();
    (!found.is_empty() || !unexplained.is_empty()).then_some(RemedyBlock { found, more, unexplained })
}

fn join(joined: &mut Vec<Joined>, breach: &Breach<'_>, found: Found) {
    let (objective, case) = (breach.objective.id.clone(), breach.case_id().to_owned());
    let weight = breach.failed_share();
    let Some(known) = joined.iter_mut().find(|known| known.found.short == found.short) else {
        let fails = breach.judgement.holds == Holds::No;
        joined.push(Joined { found, objectives: vec![objective], cases: vec![case], weight, fails });
        return;
    };
    if found.need > known.found.need {
        known.found = found;
    }
    known.weight += weight;
    known.fails |= breach.judgement.holds == Holds::No;
    for (list, new) in [(&mut known.objectives, objective), (&mut known.cases, case)] {
        if !list.contains(&new) {
            list.push(new);
        }
    }
}

impl Joined {
    fn told(self) -> Remedy {
        let Found { cause, remedy, set, .. } = self.found;
        Remedy {
            objectives: self.objectives,
            cases: self.cases,
            cause,
            remedy,
            set: set.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Whether the scenario with these settings is one that can be run: a remedy that `check` would refuse is none. Where the scenario
/// needs files beside it, which are not at hand here, it is taken to be.
fn allowed(scenario: &Scenario, set: &[Setting]) -> bool {
    let lists = scenario.keys.iter().any(|class| class.listed.is_some());
    let histories = scenario.populations.iter().any(|p| matches!(p.demand, Demand::History(..)));
    let database = scenario.location.as_ref().is_some_and(|location| location.database.is_some());
    if set.is_empty() || lists || histories || database {
        return true;
    }
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    load_text(Path::new("scenario.toml"), &scenario.resolved, &set).is_ok()
}
