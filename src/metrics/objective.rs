//! Objectives judged: in each replication the worst window counts, as an operator would see it; over replications its mean
//! with a Student interval. Quantiles of whole parts of a run are those of all replications together. An objective that its
//! interval straddles is inconclusive, and so is one whose requests were not decided when the run ended.

use super::cost;
use super::part::Part;
use super::pooled::{self, Pooled};
use super::runs::{Case, Replica, Runs};
use super::utilisation;
use super::window::{View, seconds, windows};
use crate::scenario::{Comparison, Metric, Objective, Phase, Scenario};
use crate::stats::{self, Doubt};
use crate::time::Time;

/// Level of all intervals.
pub const CONFIDENCE: f64 = 0.95;
/// Of requests not decided when the run ends, this share is still usual: a fleet that keeps up leaves a mean latency's worth.
const USUALLY_UNDECIDED: f64 = 0.01;

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
    /// The mean over replications of each one's worst, infinite where any replication's was; of a quantile over a whole part of
    /// the run, that of all replications together.
    pub value: f64,
    /// Half-width of its interval. With one replication there is none, except of an availability, which its counts tell.
    pub half_width: Option<f64>,
    /// The verdict.
    pub holds: Holds,
    /// Where it was worst, in words.
    pub at: String,
    /// Whether it would hold if too many of its requests were not undecided at the end: longer runs help, more do not.
    pub unfinished: bool,
}

impl Judgement {
    fn nothing(at: &str) -> Self {
        Self { value: f64::NAN, half_width: None, holds: Holds::Unknown, at: at.to_owned(), unfinished: false }
    }
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
    let judged = judge_each(objective, scenario, runs);
    // Of equally bad ones the first: `max_by` would give the last.
    let worst = judged.into_iter().map(|(_, judgement)| judgement).rev().max_by(|a, b| {
        let badness = |j: &Judgement| if prefers_low(objective.comparison) { j.value } else { -j.value };
        a.holds.cmp(&b.holds).then(badness(a).total_cmp(&badness(b)))
    });
    worst.unwrap_or_else(|| Judgement::nothing("nothing was measured: there is no such part of the run"))
}

/// The main run, and each survive case, judged by itself, as far as the objective looks at it: the case, `None` for the main run, and
/// what it says.
#[must_use]
pub fn judge_each<'r>(
    objective: &Objective,
    scenario: &Scenario,
    runs: &'r Runs,
) -> Vec<(Option<&'r Case>, Judgement)> {
    let mut judged = Vec::new();
    if objective.when != Phase::Survive && !runs.main.is_empty() {
        judged.push((None, judge_replicas(objective, scenario, &runs.main, None)));
    }
    if matches!(objective.when, Phase::Survive | Phase::Any) {
        let of = |case: &'r Case| (Some(case), judge_replicas(objective, scenario, &case.replicas, Some(case)));
        judged.extend(runs.cases.iter().map(of));
    }
    judged
}

/// What a case, of a survey or of the survive list, says of an objective.
#[must_use]
pub fn judge_case(objective: &Objective, scenario: &Scenario, case: &Case) -> Judgement {
    judge_replicas(objective, scenario, &case.replicas, Some(case))
}

/// What the main run alone says of it.
#[must_use]
pub fn judge_main(objective: &Objective, scenario: &Scenario, runs: &Runs) -> Judgement {
    judge_replicas(objective, scenario, &runs.main, None)
}

/// Whether an objective is in doubt, so that more replications may help. What is a little off is told by the limit itself; of
/// a share by the smaller part, for between 99.95 % and 99.94 % lies a fifth of all failures.
#[must_use]
pub fn doubt(objective: &Objective, judgement: &Judgement) -> Option<Doubt> {
    let scale = match objective.metric {
        Metric::Availability | Metric::Answered | Metric::HitRatio | Metric::Utilisation => {
            objective.limit.min(1.0 - objective.limit).max(0.0)
        }
        _ => objective.limit.abs(),
    };
    let half_width = judgement.half_width.unwrap_or(f64::INFINITY);
    (judgement.holds == Holds::Unknown && !judgement.unfinished).then_some(Doubt { half_width, scale })
}

/// The value of an objective in one replication of the main run; not a number where nothing was measured.
#[must_use]
pub fn value_of(objective: &Objective, scenario: &Scenario, replica: &Replica) -> f64 {
    worst(objective, scenario, replica, None).map_or(f64::NAN, |worst| worst.value)
}

fn judge_replicas(objective: &Objective, scenario: &Scenario, replicas: &[Replica], case: Option<&Case>) -> Judgement {
    let judged = match pooled::quantile(objective) {
        Some(q) => {
            let wanted = |part: Part| counts(objective.when, case, part);
            pooled::worst(objective, scenario, replicas, q, wanted)
                .map(|pooled| judge_pooled(objective, pooled, replicas.len()))
        }
        None => judge_worsts(objective, scenario, replicas, case),
    };
    let Some(mut judged) = judged else {
        return Judgement::nothing("nothing was measured: no such requests, or too few for this quantile");
    };
    if let Some(case) = case {
        judged.at = format!("{} down; {}", case.id, judged.at);
    }
    let undecided = replicas.iter().map(|replica| undecided(objective, replica)).fold(0.0, f64::max);
    if judged.holds == Holds::Yes && undecided > USUALLY_UNDECIDED {
        (judged.holds, judged.unfinished) = (Holds::Unknown, true);
        judged.at =
            format!("{:.0} % of the requests were still undecided at the end; {}", undecided * 100.0, judged.at);
    }
    judged
}

fn judge_pooled(objective: &Objective, pooled: Pooled, replications: usize) -> Judgement {
    let Pooled { estimate, at } = pooled;
    let half_width = estimate.half_width;
    // Without an interval from several replications, some left out would make it infinite, or finite.
    let holds = match half_width {
        None if replications > 1 && estimate.value.is_finite() => Holds::Unknown,
        _ => compare(objective.comparison, objective.limit, estimate.value, half_width.unwrap_or(0.0)),
    };
    Judgement { value: estimate.value, half_width, holds, at, unfinished: false }
}

/// The mean over replications of each one's worst; `None` where none measured anything.
fn judge_worsts(
    objective: &Objective,
    scenario: &Scenario,
    replicas: &[Replica],
    case: Option<&Case>,
) -> Option<Judgement> {
    let low = prefers_low(objective.comparison);
    let worsts: Vec<Worst> = replicas.iter().filter_map(|replica| worst(objective, scenario, replica, case)).collect();
    let values: Vec<f64> = worsts.iter().map(|worst| worst.value).collect();
    let place =
        worsts.iter().max_by(|a, b| if low { a.value.total_cmp(&b.value) } else { b.value.total_cmp(&a.value) })?;
    let at = place.at.clone();
    if values.iter().any(|value| value.is_infinite()) {
        return Some(Judgement { value: f64::INFINITY, half_width: None, holds: Holds::No, at, unfinished: false });
    }
    let estimate = stats::mean(&values, CONFIDENCE)?;
    let mut half_width = estimate.half_width;
    if matches!(objective.metric, Metric::Availability | Metric::Answered) {
        // Few or no failures give a zero or meaningless Student interval, and one replication none: the exact binomial one
        // counts too.
        let (decided, failed) = worsts.iter().fold((0, 0), |sum, w| (sum.0 + w.requests.0, sum.1 + w.requests.1));
        let exact = stats::clopper_pearson(failed, decided, CONFIDENCE);
        let reach = exact.map(|interval| interval.high - (1.0 - estimate.value));
        half_width = reach.map(|reach| reach.max(half_width.unwrap_or(0.0))).or(half_width);
    }
    let holds = compare(objective.comparison, objective.limit, estimate.value, half_width.unwrap_or(0.0));
    Some(Judgement { value: estimate.value, half_width, holds, at, unfinished: false })
}

/// Greatest share, of the regions that an objective looks at, of the counted requests that were not decided when the run ended.
fn undecided(objective: &Objective, replica: &Replica) -> f64 {
    let of_requests = matches!(objective.metric, Metric::Latency(_) | Metric::MeanLatency | Metric::Availability);
    let answered = objective.metric == Metric::Answered;
    if !of_requests && !answered {
        return 0.0;
    }
    let frame = &replica.recorder.frame;
    let mut regions = vec![(0_u64, 0_u64); if objective.each_region { frame.regions } else { 1 }];
    for (i, cell) in replica.recorder.closed.iter().flat_map(|cells| cells.iter().enumerate()) {
        if objective.load.is_none_or(|load| load.index() == i % frame.loads) {
            let region = &mut regions[if objective.each_region { i / frame.loads } else { 0 }];
            *region = (region.0 + cell.offered, region.1 + cell.offered - cell.latency.count());
        }
    }
    if answered {
        let frame = &replica.recorder.frame;
        for (region, counts) in regions.iter_mut().enumerate() {
            counts.0 += replica.recorder.caches.sum(0..frame.slots(), frame, |cell| {
                (!objective.each_region || cell / frame.loads == region)
                    && objective.load.is_none_or(|load| load.index() == cell % frame.loads)
            });
        }
    }
    regions.iter().map(|(offered, left)| *left as f64 / (*offered).max(1) as f64).fold(0.0, f64::max)
}

/// Whether less is better.
#[must_use]
pub const fn prefers_low(comparison: Comparison) -> bool {
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
#[must_use]
pub fn counts(when: Phase, case: Option<&Case>, part: Part) -> bool {
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
        Metric::Answered | Metric::HitRatio => worst_window(objective, scenario, replica, case),
        Metric::Copies => most_copies(objective, scenario, replica),
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
        Metric::RotationOverdue => plain(recorder.keys.overdue() as f64, "end of run"),
        Metric::UsesExceeded => plain(recorder.keys.overused(objective.class) as f64, "the whole run"),
        Metric::Replacement => recorder.keys.replacement().and_then(|seconds| plain(seconds, "all leaked keys")),
        Metric::AuditMissing => plain(recorder.unaudited() as f64, "the whole run"),
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
        enough: pooled::enough(q),
        hits: matches!(objective.metric, Metric::Answered | Metric::HitRatio),
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
                Metric::Answered => window.answered(),
                Metric::HitRatio => window.hit_ratio(),
                _ => window.availability(),
            };
            if worst.as_ref().is_none_or(|worst| if low { value > worst.value } else { value < worst.value }) {
                let region = window.region.map_or("the fleet", |region| &scenario.regions[region].id);
                let frame = &replica.recorder.frame;
                let whole = window.from <= frame.counted_from && window.until >= frame.until;
                let when = if whole { "the whole run".to_owned() } else { moment(scenario, window.from) };
                let at = format!("{region}, {when}");
                worst =
                    Some(Worst { value, at, requests: (window.decided() + window.hits, window.latency.infinite()) });
            }
        },
    );
    worst
}

/// The most copies of a key that existed at once, and of which class.
fn most_copies(objective: &Objective, scenario: &Scenario, replica: &Replica) -> Option<Worst> {
    let wanted = |class: &usize| objective.class.is_none_or(|only| only.index() == *class);
    let copies = (0..replica.copies.len()).filter(wanted).map(|class| (replica.copies[class], class));
    let (copies, class) = copies.max_by_key(|(copies, class)| (*copies, std::cmp::Reverse(*class)))?;
    let at = format!("keys {}", scenario.keys[class].id);
    Some(Worst { value: f64::from(copies), at, requests: (0, 0) })
}

/// A moment of the run in words, UTC.
#[must_use]
pub fn moment(scenario: &Scenario, at: Time) -> String {
    crate::geo::utc_label(scenario.start, at)
}
