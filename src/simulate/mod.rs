//! Replications of a scenario and its survive cases, on as many threads as allowed. Which replications run, and what each
//! gives, never depends on the number of threads: rounds have fixed sizes and results are joined in order.

mod cases;
mod planned;
mod replica;
mod survey;
mod warm_up;

pub use replica::run_stretch;

use crate::metrics::{Case, Replica, Runs, doubt, judge};
use crate::scenario::{Phase, Scenario, When};
use crate::stats::{Decision, Doubt};
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Replications of each survive case, when the main run has at least as many.
const CASE_REPLICATIONS: u32 = 5;

/// How to run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Threads; results do not depend on it.
    pub jobs: usize,
    /// Set to stop: replications that are not finished are dropped.
    pub stop: &'a AtomicBool,
    /// Told how far the work is.
    pub told: &'a (dyn Fn(Told) + Sync),
}

/// How far the work is, in thousandths of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// There will be so many more.
    More(u64),
    /// So many more are done.
    Done(u64),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

/// Runs a scenario: its main run in replications, then each survive case.
///
/// # Errors
/// When threads cannot be started.
pub fn simulate(blueprint: &Blueprint, options: Options<'_>) -> Result<Runs, rayon::ThreadPoolBuildError> {
    in_pool(options, || all(blueprint, options))
}

/// As [`simulate`], and loses each component and each group that one cause can take down together once, at its own peak.
///
/// # Errors
/// When threads cannot be started.
pub fn survey(blueprint: &Blueprint, options: Options<'_>) -> Result<Runs, rayon::ThreadPoolBuildError> {
    in_pool(options, || {
        let mut runs = all(blueprint, options);
        if !runs.interrupted {
            survey::run(blueprint, options, &mut runs);
        }
        runs
    })
}

fn in_pool(options: Options<'_>, work: impl FnOnce() -> Runs + Send) -> Result<Runs, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs.max(1)).build()?;
    Ok(pool.install(work))
}

fn all(blueprint: &Blueprint, options: Options<'_>) -> Runs {
    let scenario = Arc::clone(blueprint.scenario());
    let cases = cases::of(blueprint);
    let min = scenario.replications.min;
    let case_replications = min.min(CASE_REPLICATIONS);
    let stretches = u64::from(min) + cases.len() as u64 * u64::from(case_replications);
    (options.told)(Told::More(stretches * replica::STEPS));
    let warm_up = warm_up::length(blueprint, options);
    let mut runs = Runs { warm_up, ..Runs::default() };
    run_main(blueprint, options, &mut runs);
    // Survive cases say themselves what is under way.
    run_cases(&blueprint.idle(), &cases, case_replications, options, &mut runs);
    runs
}

/// The main run, in rounds until no objective is in doubt.
fn run_main(blueprint: &Blueprint, options: Options<'_>, runs: &mut Runs) {
    let scenario = blueprint.scenario();
    let (faults, warm_up) = (cases::at_peak(blueprint, &scenario.faults, Time::ZERO + runs.warm_up), runs.warm_up);
    let main = |replication: u32| Stretch {
        replication: u64::from(replication),
        from: Time::ZERO,
        counted_from: Time::ZERO + warm_up,
        until: Time(scenario.run.0),
        faults: faults.clone(),
    };
    while !runs.interrupted {
        let have = runs.main.len() as u32;
        let doubtful = doubtful(scenario, runs);
        let doubts: Vec<Doubt> = doubtful.iter().map(|(_, doubt)| *doubt).collect();
        let more = match scenario.replications.decide(have, &doubts) {
            Decision::Continue(more) => more,
            Decision::Settled => return,
            Decision::Exhausted => {
                let open = doubtful.into_iter().filter(|(_, doubt)| !scenario.replications.leaves(doubt));
                runs.unsettled = open.map(|(id, _)| id.to_owned()).collect();
                return;
            }
        };
        if have > 0 {
            (options.told)(Told::More(u64::from(more) * replica::STEPS));
        }
        let stretches: Vec<Stretch> = (have..have + more).map(main).collect();
        let done: Vec<Option<Replica>> =
            stretches.par_iter().map(|stretch| run_main_stretch(blueprint, stretch, options)).collect();
        runs.interrupted = done.iter().any(Option::is_none);
        runs.main.extend(done.into_iter().flatten());
    }
}

/// The audit log is that of the first replication.
fn run_main_stretch(blueprint: &Blueprint, stretch: &Stretch, options: Options<'_>) -> Option<Replica> {
    let run = if stretch.replication == 0 { replica::run_audited } else { run_stretch };
    run(blueprint, stretch, options)
}

/// Losses, each with its replications; one that was interrupted is left out and named as missing.
fn run_cases(blueprint: &Blueprint, cases: &[cases::Planned], n: u32, options: Options<'_>, runs: &mut Runs) {
    let work: Vec<(usize, Stretch)> = cases
        .iter()
        .enumerate()
        .flat_map(|(i, case)| (0..u64::from(n)).map(move |r| (i, Stretch { replication: r, ..case.stretch.clone() })))
        .collect();
    let done: Vec<(usize, Option<Replica>)> =
        work.par_iter().map(|(i, stretch)| (*i, run_stretch(blueprint, stretch, options))).collect();
    let mut by_case: Vec<Vec<Option<Replica>>> = vec![Vec::new(); cases.len()];
    for (i, replica) in done {
        by_case[i].push(replica);
    }
    for (case, replicas) in cases.iter().zip(by_case) {
        match replicas.into_iter().collect::<Option<Vec<Replica>>>() {
            Some(replicas) => runs.cases.push(Case { id: case.id.clone(), replicas }),
            None => {
                runs.interrupted = true;
                runs.missing.push(case.id.clone());
            }
        }
    }
}

/// The objectives on the main run that cannot be decided yet: more replications are for these. What nothing was measured of is
/// among them only where faults are random, for then another replication may have some.
fn doubtful<'s>(scenario: &'s Scenario, runs: &Runs) -> Vec<(&'s str, Doubt)> {
    let random = scenario.faults.iter().any(|fault| matches!(fault.when, When::Random(..)));
    let objectives = scenario.objectives.iter().filter(|objective| objective.when != Phase::Survive);
    objectives
        .filter_map(|objective| {
            let doubt = doubt(objective, &judge(objective, scenario, runs))?;
            (random || doubt.half_width.is_finite()).then_some((objective.id.as_str(), doubt))
        })
        .collect()
}

/// Whether demand is the same at all times, so that a run has a steady state.
fn is_stationary(blueprint: &Blueprint) -> bool {
    let scenario = blueprint.scenario();
    blueprint.curves().iter().all(|curve| curve.slot() == Span::MAX)
        && scenario.faults.is_empty()
        && scenario.works.is_empty()
}
