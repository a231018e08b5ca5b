//! What the fleet survives, what it does not, and by how much: each loss that was tried, judged by the objectives that look at it.

use super::assemble::unit;
use super::document::{FaultResult, NotSurvived, SurvivalBlock};
use super::loss::{self, Kind};
use super::{number, verdict};
use crate::metrics::{Case, Holds, Judgement, Runs, judge_case, judge_main, prefers_low};
use crate::scenario::{Metric, Objective, Phase, Scenario};
use std::collections::BTreeMap;

/// Where no objective looks at losses, one is survived that leaves so many requests good in its worst five minutes.
pub(super) const GOOD: f64 = 0.99;
/// Names of a kind that are told one by one.
const MOST_NAMES: usize = 6;
/// Losses that are told with what they do.
const MOST_TOLD: usize = 1;

/// What became of a loss.
struct Tried {
    id: String,
    holds: Holds,
    /// The objectives that it breaks, or in doubt, the worst first, with by how much.
    broken: Vec<(String, String)>,
    /// How much of a limit is left, as a share of it, and of which objective, in words; of what holds the least.
    left: Option<(f64, String)>,
    /// Share of requests that failed while it lasted.
    failed: f64,
}

/// The block; nothing where nothing was lost and nothing struck.
pub(super) fn survival(
    scenario: &Scenario,
    runs: &Runs,
    (faults, cases): (&[FaultResult], &[FaultResult]),
) -> Option<SurvivalBlock> {
    let mut tried: Vec<Tried> = runs.cases.iter().map(|case| of_case(scenario, case, Some(cases))).collect();
    tried.extend(runs.survey_cases.iter().map(|case| of_case(scenario, case, None)));
    let struck = of_faults(scenario, runs, faults);
    if tried.is_empty() && struck.is_none() {
        return None;
    }
    let all: Vec<&str> = tried.iter().map(|t| t.id.as_str()).chain(runs.missing.iter().map(String::as_str)).collect();
    // A survey's faults last as long as each kind usually does.
    let peak = match runs.survey_cases.is_empty() {
        true => format!("for {} ", number::time_s(scenario.survive.lasts.as_secs_f64())),
        false => String::new(),
    };
    let mut told: Vec<String> = survived(&tried, &all, &peak).into_iter().collect();
    told.extend(not_survived(&tried, &all, &peak));
    let doubtful: Vec<String> =
        tried.iter().filter(|t| t.holds == Holds::Unknown).map(|t| loss::words(&t.id)).collect();
    if !doubtful.is_empty() {
        told.push(format!("In doubt: the loss of {}.", named(&doubtful)));
    }
    told.extend(struck.iter().map(|struck| struck.told.clone()));
    let of = |holds: Holds| tried.iter().filter(move |t| t.holds == holds);
    let mut block = SurvivalBlock {
        survived: of(Holds::Yes).map(|t| t.id.clone()).collect(),
        unclear: of(Holds::Unknown).map(|t| t.id.clone()).collect(),
        not_survived: of(Holds::No).map(Tried::lost).collect(),
        told,
    };
    if let Some(struck) = struck {
        match struck.holds {
            Holds::Yes => block.survived.extend(struck.ids),
            Holds::Unknown => block.unclear.extend(struck.ids),
            Holds::No => {
                let one = |id: String| NotSurvived { id, objectives: struck.objectives.clone(), by: struck.by.clone() };
                block.not_survived.extend(struck.ids.into_iter().map(one));
            }
        }
    }
    Some(block)
}

impl Tried {
    fn lost(&self) -> NotSurvived {
        NotSurvived {
            id: self.id.clone(),
            objectives: self.broken.iter().map(|(id, _)| id.clone()).collect(),
            by: self.broken.first().map_or_else(|| self.failing(), |(_, by)| by.clone()),
        }
    }

    fn failing(&self) -> String {
        format!("{} of all requests fail", number::share(self.failed))
    }
}

fn of_case(scenario: &Scenario, case: &Case, results: Option<&[FaultResult]>) -> Tried {
    let result = match results {
        Some(results) => results.iter().find(|result| result.id == case.id).cloned(),
        None => super::faults::of_case(scenario, case),
    };
    let failed = result.as_ref().map_or(0.0, |r| r.failed.or_zero() / r.offered.or_zero().max(1.0));
    let looks = scenario.objectives.iter().filter(|o| matches!(o.when, Phase::Survive | Phase::Any));
    let judged: Vec<(&Objective, Judgement)> = looks.map(|o| (o, judge_case(o, scenario, case))).collect();
    let mut new = Tried { id: case.id.clone(), holds: Holds::Yes, broken: Vec::new(), left: None, failed };
    if judged.is_empty() {
        let worst = result.and_then(|result| result.worst_availability);
        new.holds = if worst.is_some_and(|share| share < GOOD) { Holds::No } else { Holds::Yes };
        return new;
    }
    // What nothing was measured of says nothing about a loss: no such requests came then.
    let measured = judged.iter().filter(|(_, j)| !j.value.is_nan());
    new.holds = measured.map(|(_, j)| j.holds).max().unwrap_or(Holds::Unknown);
    for (objective, judgement) in judged.iter().filter(|(_, j)| !j.value.is_nan()) {
        match judgement.holds {
            Holds::Yes => {
                let left = left(objective, judgement.value);
                if let Some(left) = left.filter(|l| new.left.as_ref().is_none_or(|least| l.0 < least.0)) {
                    new.left = Some(left);
                }
            }
            holds if holds == new.holds => new.broken.push((objective.id.clone(), by(objective, judgement.value))),
            _ => {}
        }
    }
    new
}

/// How much of a limit is left, as a share of it, and in words: `rto(pay) 87.2 s of 2 min`.
fn left(objective: &Objective, value: f64) -> Option<(f64, String)> {
    let low = prefers_low(objective.comparison);
    let share = matches!(objective.metric, Metric::Availability | Metric::Answered | Metric::HitRatio);
    // Of shares of what is good the rest is what may be used up.
    let (used, limit) = match (low, share) {
        (true, _) => (value, objective.limit),
        (false, true) => (1.0 - value, 1.0 - objective.limit),
        (false, false) => return None,
    };
    if limit <= 0.0 || used <= 0.0 {
        return None;
    }
    let words = match low {
        true => format!("{} {} of {}", metric(objective), shown(objective, value), shown(objective, objective.limit)),
        false => format!("{} {}", metric(objective), shown(objective, value)),
    };
    Some((1.0 - used / limit, words))
}

/// By how much an objective is missed.
fn by(objective: &Objective, value: f64) -> String {
    if !value.is_finite() {
        let meaning = verdict::infinite(&objective.expect);
        return format!("{}{meaning}", objective.expect);
    }
    let allowed = if prefers_low(objective.comparison) { "allowed" } else { "promised" };
    let limit = shown(objective, objective.limit);
    format!("{} is {}, where {limit} are {allowed}", metric(objective), shown(objective, value))
}

fn shown(objective: &Objective, value: f64) -> String {
    let (unit, scale) = unit(objective.metric);
    verdict::in_unit(value * scale, unit)
}

/// What is measured, as written: `rto(pay)`.
fn metric(objective: &Objective) -> &str {
    objective.expect.split(['<', '>', '=']).next().unwrap_or_default().trim()
}

/// What is survived, and what of it is nearest to its limit.
fn survived(tried: &[Tried], all: &[&str], peak: &str) -> Option<String> {
    let parts: Vec<String> = kinds(tried, Holds::Yes).into_iter().map(|(kind, ids)| group(kind, &ids, all)).collect();
    if parts.is_empty() {
        return None;
    }
    let kept = tried.iter().filter(|t| t.holds == Holds::Yes);
    let near = kept.filter_map(|t| Some((t, t.left.as_ref()?))).min_by(|(_, a), (_, b)| a.0.total_cmp(&b.0));
    let near = match near {
        Some((t, (_, words))) => format!(" Nearest to a limit: {}, {words}.", loss::words(&t.id)),
        None => String::new(),
    };
    let one = tried.iter().filter(|t| t.holds == Holds::Yes).count() == 1;
    let each = if one { "" } else { "each " };
    Some(format!("Survives the loss of {}, {each}{peak}at its peak.{near}", losses(&parts)))
}

fn not_survived(tried: &[Tried], all: &[&str], peak: &str) -> Option<String> {
    let parts: Vec<String> = kinds(tried, Holds::No).into_iter().map(|(kind, ids)| group(kind, &ids, all)).collect();
    if parts.is_empty() {
        return None;
    }
    let mut worst: Vec<&Tried> = tried.iter().filter(|t| t.holds == Holds::No).collect();
    worst.sort_by(|a, b| b.failed.total_cmp(&a.failed));
    let alone = worst.len() == 1;
    let how = |t: &Tried| {
        let by = t.broken.first().map_or_else(String::new, |(_, by)| by.clone());
        let failing = if t.failed > 0.0 { t.failing() } else { String::new() };
        let how: Vec<String> = [by, failing].into_iter().filter(|part| !part.is_empty()).collect();
        let how = how.join("; ");
        if alone { format!(": {how}.") } else { format!("{}: {how}.", loss::words(&t.id)) }
    };
    let mut told = format!("Does not survive the loss of {}", losses(&parts));

    for (number, t) in worst.iter().take(MOST_TOLD).enumerate() {
        let lead = match (alone, number) {
            (true, _) => "",
            (_, 0) => ". Worst is ",
            _ => " Then ",
        };
        told += &format!("{lead}{}", how(t));
    }
    if !peak.is_empty() {
        told += &format!(
            " {} lasts {}.",
            if alone { "The loss" } else { "Each" },
            peak.trim_start_matches("for ").trim_end()
        );
    }
    Some(told)
}

/// As [`join`], after `the loss of`.
fn losses(parts: &[String]) -> String {
    join(parts).trim_start_matches("of ").to_owned()
}

/// Losses with this outcome by kind.
fn kinds(tried: &[Tried], holds: Holds) -> BTreeMap<Kind, Vec<&str>> {
    let mut kinds: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
    tried.iter().filter(|t| t.holds == holds).for_each(|t| kinds.entry(Kind::of(&t.id)).or_default().push(&t.id));
    kinds
}

/// `any site`, `regions eu, jp`, `12 of 15 sites`; of all, those that were to be tried and were not included.
fn group(kind: Kind, ids: &[&str], all: &[&str]) -> String {
    let all = all.iter().filter(|id| Kind::of(id) == kind).count();
    let noun = kind.noun();
    let plural = if noun.ends_with("group") { "other components and groups" } else { noun };
    let s = if noun.ends_with("group") { "" } else { "s" };
    match ids.len() {
        n if n == all && kind == Kind::DuringWork => "anything that was tried during planned work".to_owned(),
        n if n == all && n > 1 => format!("any {noun}"),
        1 => loss::words(ids[0]),
        n if n <= MOST_NAMES && kind < Kind::DuringWork => {
            let names: Vec<String> = ids.iter().map(|id| kind.short(id)).collect();
            let names = join(&names);
            if kind == Kind::Device { format!("a device of {names}") } else { format!("of {plural}{s} {names}") }
        }
        n => format!("{n} of {all} {plural}{s}"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join(parts: &[String]) -> String {
    match parts {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => parts.join(""),
    }
}

/// As `join`, with no more names than are told one by one.
fn named(names: &[String]) -> String {
    match names.len() {
        n if n > MOST_NAMES => format!("{} and {} more", names[..MOST_NAMES - 1].join(", "), n + 1 - MOST_NAMES),
        _ => join(names),
    }
}

/// What became of the faults of the main run.
struct Struck {
    ids: Vec<String>,
    holds: Holds,
    objectives: Vec<String>,
    by: String,
    told: String,
}

/// The faults of the main run together: objectives that fail without them, too, are not theirs.
fn of_faults(scenario: &Scenario, runs: &Runs, faults: &[FaultResult]) -> Option<Struck> {
    let mut ids: Vec<String> = faults.iter().map(|fault| fault.id.clone()).collect();
    ids.dedup();
    let mut whats: Vec<String> = faults.iter().map(|fault| format!("{} ({})", fault.id, fault.what)).collect();
    whats.dedup();
    let noun = if whats.len() == 1 { "the fault" } else { "the faults" };
    if runs.main.is_empty() {
        return None;
    }
    let looks = |o: &&Objective| matches!(o.when, Phase::Run | Phase::Fault | Phase::Recovery | Phase::Any);
    let judged = scenario.objectives.iter().filter(looks).filter_map(|objective| {
        let judgement = judge_main(objective, scenario, runs);
        let windowed = matches!(
            objective.metric,
            Metric::Latency(_) | Metric::MeanLatency | Metric::Availability | Metric::Answered
        );
        let before = Objective { when: Phase::Normal, ..objective.clone() };
        let theirs =
            judgement.holds == Holds::Yes || !windowed || judge_main(&before, scenario, runs).holds != Holds::No;
        (!judgement.value.is_nan() && theirs && objective.metric != Metric::Cost).then_some((objective, judgement))
    });
    let judged: Vec<(&Objective, Judgement)> = judged.collect();
    let holds = judged.iter().map(|(_, judgement)| judgement.holds).max()?;
    if ids.is_empty() {
        return None;
    }
    let broken: Vec<&(&Objective, Judgement)> = judged.iter().filter(|(_, j)| j.holds == holds).collect();
    let by = broken.first().map(|(objective, judgement)| by(objective, judgement.value)).unwrap_or_default();
    let what = format!("{noun} {}", named(&whats));
    let told = match holds {
        Holds::Yes => {
            let near = judged.iter().filter_map(|(o, j)| left(o, j.value)).min_by(|a, b| a.0.total_cmp(&b.0));
            let near = near.map(|(_, words)| format!("; nearest to a limit: {words}")).unwrap_or_default();
            format!("Survives {what}{near}.")
        }
        Holds::Unknown => format!("In doubt: {what}."),
        Holds::No => format!("Does not survive {what}: {by}."),
    };
    let objectives = match holds {
        Holds::Yes => Vec::new(),
        _ => broken.iter().map(|(objective, _)| objective.id.clone()).collect(),
    };
    Some(Struck { ids, holds, objectives, by, told })
}
