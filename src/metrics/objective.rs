//! Objectives judged: in each replication the worst window counts, as an operator would see it; over replications its mean
//! with a Student interval. An objective that its interval straddles is inconclusive.

use super::cost;
use super::runs::{Case, Part, Replica, Runs};
use super::utilisation;
use super::window::{View, seconds, windows};
use crate::scenario::{Comparison, Metric, Objective, Phase, Scenario};
use crate::stats::{self, Doubt};
use crate::time::Time;

/// Level of all intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Whether an objective holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It does, and its interval too.
    Yes,
    /// Its interval straddles the limit, or nothing was measured.
    Unknown,
    /// It does not.
    No,
}

/// An objective, judged. Values in the metric's base unit: seconds, share, count, USD per year.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The mean over replications of each one's worst; infinite where any replication's was.
    pub value: f64,
    /// Half-width of its interval; `None` with one replication.
    pub half_width: Option<f64>,
    /// The verdict.
    pub holds: Holds,
    /// Where it was worst, in words.
    pub at: String,
}

/// The worst of one replication.
#[derive(Clone, Debug, PartialEq)]
struct Worst {
    value: f64,
    at: String,
    /// Decided and failed requests of the window, where the metric is about requests.
    requests: (u64, u64),
}

/// Judges an objective.
#[must_use]
pub fn judge(objective: &Objective, scenario: &Scenario, runs: &Runs) -> Judgement {
    let mut judged = Vec::new();
    if objective.when != Phase::Survive && !runs.main.is_empty() {
        judged.push(judge_replicas(objective, scenario, &runs.main, None));
    }
    if matches!(objective.when, Phase::Survive | Phase::Any) {
        judged.extend(runs.cases.iter().map(|case| judge_replicas(objective, scenario, &case.replicas, Some(case))));
    }
    // Of equally bad ones the first: `max_by` would give the last.
    let worst = judged.into_iter().rev().max_by(|a, b| {
        let badness = |j: &Judgement| if prefers_low(objective.comparison) { j.value } else { -j.value };
        a.holds.cmp(&b.holds).then(badness(a).total_cmp(&badness(b)))
    });
    worst.unwrap_or_else(|| Judgement {
        value: f64::NAN,
        half_width: None,
        holds: Holds::Unknown,
        at: "nothing was measured: there is no such part of the run".to_owned(),
    })
}

/// Whether an objective is in doubt, so that more replications may help. What is a little off is told by the limit itself; of
/// a share by the smaller part, for between 99.95 % and 99.94 % lies a fifth of all failures.
#[must_use]
pub fn doubt(objective: &Objective, judgement: &Judgement) -> Option<Doubt> {
    let scale = match objective.metric {
        Metric::Availability | Metric::Utilisation => objective.limit.min(1.0 - objective.limit).max(0.0),
        _ => objective.limit.abs(),
    };
    let half_width = judgement.half_width.unwrap_or(f64::INFINITY);
    (judgement.holds == Holds::Unknown).then_some(Doubt { half_width, scale })
}

/// The value of an objective in one replication of the main run; not a number where nothing was measured.
#[must_use]
pub fn value_of(objective: &Objective, scenario: &Scenario, replica: &Replica) -> f64 {
    worst(objective, scenario, replica, None).map_or(f64::NAN, |worst| worst.value)
}

fn judge_replicas(objective: &Objective, scenario: &Scenario, replicas: &[Replica], case: Option<&Case>) -> Judgement {
    let low = prefers_low(objective.comparison);
    let worsts: Vec<Worst> = replicas.iter().filter_map(|replica| worst(objective, scenario, replica, case)).collect();
    let values: Vec<f64> = worsts.iter().map(|worst| worst.value).collect();
    let place =
        worsts.iter().max_by(|a, b| if low { a.value.total_cmp(&b.value) } else { b.value.total_cmp(&a.value) });
    let Some(place) = place else {
        let at = "nothing was measured: no such requests, or too few for this quantile".to_owned();
        return Judgement { value: f64::NAN, half_width: None, holds: Holds::Unknown, at };
    };
    let at = match case {
        Some(case) => format!("{} down; {}", case.id, place.at),
        None => place.at.clone(),
    };
    if values.iter().any(|value| value.is_infinite()) {
        return Judgement { value: f64::INFINITY, half_width: None, holds: Holds::No, at };
    }
    let estimate = stats::mean(&values, CONFIDENCE).expect("there is a value");
    let mut half_width = estimate.half_width;
    if objective.metric == Metric::Availability && half_width.is_some() {
        // Few or no failures give a zero or meaningless Student interval: the exact binomial one counts too.
        let (decided, failed) = worsts.iter().fold((0, 0), |sum, w| (sum.0 + w.requests.0, sum.1 + w.requests.1));
        let exact = stats::clopper_pearson(failed, decided, CONFIDENCE);
        let reach = exact.map_or(0.0, |interval| interval.high - (1.0 - estimate.value));
        half_width = half_width.map(|width| width.max(reach));
    }
    let holds = compare(objective.comparison, objective.limit, estimate.value, half_width.unwrap_or(0.0));
    Judgement { value: estimate.value, half_width, holds, at }
}

const fn prefers_low(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Below | Comparison::AtMost | Comparison::Equal)
}

/// Whether a value holds, given its half-width.
fn compare(comparison: Comparison, limit: f64, value: f64, half: f64) -> Holds {
    let holds = |v: f64| match comparison {
        Comparison::Below => v < limit,
        Comparison::AtMost => v <= limit,
        Comparison::Above => v > limit,
        Comparison::AtLeast => v >= limit,
        Comparison::Equal => v == limit,
    };
    match (holds(value - half), holds(value), holds(value + half)) {
        (true, true, true) => Holds::Yes,
        (false, false, false) => Holds::No,
        _ => Holds::Unknown,
    }
}

/// Whether a part of the main run or of a survive case is what an objective speaks of. A case is judged from its fault on:
/// what came before is the main run's business.
fn counts(when: Phase, case: Option<&Case>, part: Part) -> bool {
    match when {
        _ if case.is_some() => part != Part::Normal,
        Phase::Run | Phase::Survive | Phase::Any => true,
        Phase::Normal => part == Part::Normal,
        Phase::Fault => part == Part::Fault,
        Phase::Recovery => part == Part::Recovery,
    }
}

fn worst(objective: &Objective, scenario: &Scenario, replica: &Replica, case: Option<&Case>) -> Option<Worst> {
    let recorder = &replica.recorder;
    let plain = |value: f64, at: &str| Some(Worst { value, at: at.to_owned(), requests: (0, 0) });
    let site = |(value, site): (f64, usize)| (value, format!("site {}", scenario.sites[site].id));
    match objective.metric {
        Metric::Latency(_) | Metric::MeanLatency | Metric::Availability => {
            worst_window(objective, scenario, replica, case)
        }
        Metric::HsmWait(q) => {
            let waits = (0..recorder.sites.len()).map(|site| (seconds(recorder.sites[site].wait.quantile(q)), site));
            let longest = waits.filter(|(wait, _)| !wait.is_nan()).max_by(|a, b| a.0.total_cmp(&b.0));
            longest.map(site).and_then(|(wait, at)| plain(wait, &at))
        }
        Metric::Utilisation => {
            let parts = |part: Part| counts(objective.when, case, part);
            let of = |site: usize| utilisation::highest(replica, site, objective.over, parts).map(|most| (most, site));
            let busiest = (0..recorder.sites.len()).filter_map(of).max_by(|a, b| a.0.0.total_cmp(&b.0.0));
            busiest.and_then(|((share, from), at)| {
                let (share, at) = site((share, at));
                plain(share, &format!("{at}, {}", moment(scenario, from)))
            })
        }
        Metric::KeysLost => plain(recorder.keys.keys_lost as f64, "the whole run"),
        Metric::RotationOverdue => plain(recorder.keys.overdue as f64, "end of run"),
        Metric::ReplicationLag(_) if recorder.keys.lag.count() == 0 => None,
        Metric::ReplicationLag(q) => plain(seconds(recorder.keys.lag.quantile(q)), "all copies"),
        Metric::Cost => plain(cost::yearly(scenario, std::slice::from_ref(replica)).total(), "the fleet"),
        Metric::Rto | Metric::Rpo => {
            let value = |strike: &super::Strike| match objective.metric {
                Metric::Rto => {
                    let load = objective.load.map(crate::kms::LoadId::index);
                    recorder.watch.rto(strike, load).map_or(f64::INFINITY, |span| span.as_secs_f64())
                }
                _ => strike.rpo(),
            };
            let strikes = recorder.watch.strikes.iter().map(|s| (value(s), s.fault));
            let (value, fault) = strikes.max_by(|a, b| a.0.total_cmp(&b.0))?;
            plain(value, &format!("fault {}", replica.faults[fault.index()].id))
        }
    }
}

fn worst_window(objective: &Objective, scenario: &Scenario, replica: &Replica, case: Option<&Case>) -> Option<Worst> {
    let q = if let Metric::Latency(q) = objective.metric { q } else { 0.0 };
    let view = View {
        load: objective.load.map(crate::kms::LoadId::index),
        width: objective.over,
        each_region: objective.each_region,
        enough: (1.0 / (1.0 - q)).round() as u64,
    };
    let low = prefers_low(objective.comparison);
    let mut worst: Option<Worst> = None;
    windows(
        replica,
        view,
        |part| counts(objective.when, case, part),
        |window| {
            let value = match objective.metric {
                Metric::Latency(q) => window.quantile(q),
                // Where nobody was answered there is no mean: that is the worst, not the best.
                Metric::MeanLatency => window.latency.mean().map_or(f64::INFINITY, |ns| ns / 1e9),
                _ => window.availability(),
            };
            if worst.as_ref().is_none_or(|worst| if low { value > worst.value } else { value < worst.value }) {
                let region = window.region.map_or("the fleet", |region| &scenario.regions[region].id);
                let at = format!("{region}, {}", moment(scenario, window.from));
                worst = Some(Worst { value, at, requests: (window.decided(), window.latency.infinite()) });
            }
        },
    );
    worst
}

/// A moment of the run in words, UTC.
#[must_use]
pub fn moment(scenario: &Scenario, at: Time) -> String {
    crate::geo::utc_label(scenario.start, at)
}
