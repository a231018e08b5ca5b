//! Objectives: the little language `METRIC(LOAD) < LIMIT`, and where and when it is measured.

use super::Context;
use crate::kms::LoadId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Comparison, MOST_SLOTS, Metric, Objective, Phase, USUAL_WINDOW};
use crate::scenario::raw::{Either, RawEach, RawObjective, RawPhase, Word};
use crate::scenario::suggest;
use crate::time::Span;
use crate::units::{Count, Duration, Percent};

/// What a limit is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Time,
    Share,
    Count,
    Cost,
}

/// Every metric with its name and explanation; `keyfleet explain METRIC` prints it.
pub(in crate::scenario) const METRICS: [(&str, Metric, &str); 22] = [
    (
        "p50",
        Metric::Latency(0.5),
        "Median latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p90",
        Metric::Latency(0.9),
        "90 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p95",
        Metric::Latency(0.95),
        "95 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p99",
        Metric::Latency(0.99),
        "99 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    (
        "p999",
        Metric::Latency(0.999),
        "99.9 % quantile of latency over all offered operations, an unanswered one counting as infinite.",
    ),
    ("mean", Metric::MeanLatency, "Mean latency of answered operations."),
    (
        "availability",
        Metric::Availability,
        "Share of offered operations whose right answer arrived within the timeout, retries included.",
    ),
    ("wait_p50", Metric::HsmWait(0.5), "Median of the time queued at an HSM."),
    ("wait_p90", Metric::HsmWait(0.9), "90 % quantile of the time queued at an HSM."),
    ("wait_p95", Metric::HsmWait(0.95), "95 % quantile of the time queued at an HSM."),
    ("wait_p99", Metric::HsmWait(0.99), "99 % quantile of the time queued at an HSM."),
    ("wait_p999", Metric::HsmWait(0.999), "99.9 % quantile of the time queued at an HSM."),
    ("utilisation", Metric::Utilisation, "Highest utilisation of any site's pool of HSMs."),
    ("keys_lost", Metric::KeysLost, "Keys without any copy left."),
    ("rto", Metric::Rto, "Time from a fault until requests, of one load or of all, are good again, the worst fault."),
    ("rpo", Metric::Rpo, "Age of the oldest key version lost with a site, the worst fault."),
    (
        "replication_p50",
        Metric::ReplicationLag(0.5),
        "Median of the time from a key version's creation to its last copy.",
    ),
    (
        "replication_p90",
        Metric::ReplicationLag(0.9),
        "90 % quantile of the time from a key version's creation to its last copy.",
    ),
    (
        "replication_p99",
        Metric::ReplicationLag(0.99),
        "99 % quantile of the time from a key version's creation to its last copy.",
    ),
    (
        "replication_p999",
        Metric::ReplicationLag(0.999),
        "99.9 % quantile of the time from a key version's creation to its last copy.",
    ),
    (
        "rotation_overdue",
        Metric::RotationOverdue,
        "Keys past their cryptoperiod by more than an hour at the end of the run.",
    ),
    ("cost", Metric::Cost, "Cost of the fleet, USD per year."),
];

const COMPARISONS: [(&str, Comparison); 5] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("==", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

impl Unit {
    fn of(metric: Metric) -> Self {
        match metric {
            Metric::Latency(_) | Metric::MeanLatency | Metric::HsmWait(_) => Self::Time,
            Metric::Rto | Metric::Rpo | Metric::ReplicationLag(_) => Self::Time,
            Metric::Availability | Metric::Utilisation => Self::Share,
            Metric::KeysLost | Metric::RotationOverdue => Self::Count,
            Metric::Cost => Self::Cost,
        }
    }

    /// With an example of a limit.
    const fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Time => ("a time", "60 ms"),
            Self::Share => ("a share", "99.95 %"),
            Self::Count => ("a number", "0"),
            Self::Cost => ("a cost", "2 M USD/y"),
        }
    }

    /// The limit in seconds, as a fraction, a count, or USD per year.
    fn read(self, text: &str) -> Result<f64, String> {
        match self {
            Self::Time => text.parse::<Duration>().map(|d| d.span().as_secs_f64()).map_err(|e| e.to_string()),
            Self::Share => text.parse::<Percent>().map(Percent::fraction).map_err(|e| e.to_string()),
            Self::Count => text.parse::<Count>().map(|c| c.get() as f64).map_err(|e| e.to_string()),
            Self::Cost => match text.strip_suffix("USD/y") {
                Some(amount) => amount.trim().parse::<Count>().map(|c| c.get() as f64).map_err(|e| e.to_string()),
                None => Err(format!("\"{text}\" needs the unit \"USD/y\"")),
            },
        }
    }
}

/// An expression taken apart.
struct Expression<'t> {
    metric: Metric,
    load: Option<&'t str>,
    comparison: Comparison,
    limit: f64,
}

/// Reason and help.
type Trouble = (Code, String, Option<String>);

pub(super) fn check(context: &mut Context<'_>) -> Vec<Objective> {
    let raw = context.raw;
    let mut objectives = Vec::new();
    for (id, objective) in &raw.objective {
        let (expect, long) = match objective {
            Either::Short(expect) => (expect, None),
            Either::Long(long) => (&long.expect, Some(long)),
        };
        let path = if long.is_some() { vec!["objective", id, "expect"] } else { vec!["objective", id] };
        match read(expect) {
            Ok(expression) => {
                let known = expression.load.is_none_or(|load| context.knows("load", "load", load, &path));
                let load = expression.load.and_then(|load| raw.load.keys().position(|known| known == load));
                if known {
                    let found = Objective {
                        id: id.clone(),
                        expect: expect.clone(),
                        metric: expression.metric,
                        load: load.map(|index| LoadId(index as u16)),
                        comparison: expression.comparison,
                        limit: expression.limit,
                        place: context.file_line(&path),
                        ..terms(context, id, long)
                    };
                    objectives.push(found);
                }
            }
            Err((code, reason, help)) => {
                context.error(code, &path, reason);
                if let Some(help) = help {
                    context.help(help);
                }
            }
        }
    }
    objectives
}

/// When, over what and for whom; the rest is filled in by the caller.
fn terms(context: &mut Context<'_>, id: &str, long: Option<&RawObjective>) -> Objective {
    let when = match long.and_then(|long| long.when).unwrap_or(RawPhase::Run) {
        RawPhase::Run => Phase::Run,
        RawPhase::Normal => Phase::Normal,
        RawPhase::Fault => Phase::Fault,
        RawPhase::Recovery => Phase::Recovery,
        RawPhase::Survive => Phase::Survive,
        RawPhase::Any => Phase::Any,
    };
    if when == Phase::Survive && context.defined_scales().is_empty() && !context.is_broken(&["survive"]) {
        context.error(Code::Objective, &["objective", id, "when"], "there are no survive cases to measure");
        context.help("add `survive = [\"device\", \"site\", \"region\"]` at the top");
    }
    if when == Phase::Fault && context.defined("fault").is_empty() {
        context.error(Code::Objective, &["objective", id, "when"], "there is no fault to measure");
    }
    let over = match long.and_then(|long| long.over) {
        None => Some(USUAL_WINDOW),
        Some(Word::Is(_)) => None,
        Some(Word::Else(width)) => Some(width.span()),
    };
    if let Some(width) = over {
        if width < Span::from_secs(1) {
            context.error(Code::WrongValue, &["objective", id, "over"], "a window lasts at least a second");
        } else if width > context.run && long.is_some_and(|long| long.over.is_some()) {
            let reason = format!("the window is longer than the run ({})", context.run);
            context.error(Code::Conflict, &["objective", id, "over"], reason);
            context.help("use \"run\" for the whole run");
        } else if width < USUAL_WINDOW && context.run.0 / width.0 > MOST_SLOTS {
            let reason = format!("a run of {} has more than {MOST_SLOTS} windows of {width}", context.run);
            context.error(Code::Conflict, &["objective", id, "over"], reason);
            let least = Span::from_secs(context.run.0.div_ceil(MOST_SLOTS).div_ceil(1_000_000_000));
            context.help(format!("use at least \"{}\", or a shorter `run`", least.min(USUAL_WINDOW)));
        }
    }
    Objective {
        id: String::new(),
        expect: String::new(),
        metric: Metric::MeanLatency,
        load: None,
        comparison: Comparison::Below,
        limit: 0.0,
        when,
        over,
        each_region: long.and_then(|long| long.each) != Some(RawEach::Fleet),
        control: long.and_then(|long| long.control.clone()).unwrap_or_default(),
        place: String::new(),
    }
}

fn read(text: &str) -> Result<Expression<'_>, Trouble> {
    let example = || Some("write for example \"p99(pay) < 60 ms\" or \"availability >= 99.95 %\"".to_owned());
    let Some((at, (sign, comparison))) = text
        .char_indices()
        .find_map(|(i, _)| COMPARISONS.iter().find(|(sign, _)| text[i..].starts_with(sign)).map(|found| (i, found)))
    else {
        return Err((Code::Objective, format!("\"{text}\" compares nothing"), example()));
    };
    let (left, limit) = (text[..at].trim(), text[at + sign.len()..].trim());
    let (name, load) = match left.split_once('(') {
        None => (left, None),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(load) => (name.trim(), Some(load.trim())),
            None => return Err((Code::Objective, format!("in \"{left}\" the parenthesis is not closed"), example())),
        },
    };
    let Some((name, metric, _)) = METRICS.iter().find(|(known, ..)| *known == name) else {
        let near = suggest::nearest(name, METRICS.iter().map(|(known, ..)| *known));
        let help = match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("metrics: {}", METRICS.map(|(known, ..)| known).join(", ")),
        };
        return Err((Code::UnknownName, format!("there is no metric \"{name}\""), Some(help)));
    };
    let of_loads = matches!(metric, Metric::Latency(_) | Metric::MeanLatency | Metric::Availability | Metric::Rto);
    if load.is_some() && !of_loads {
        return Err((Code::Objective, format!("{name} is not measured per load"), Some(format!("write {name} alone"))));
    }
    let unit = Unit::of(*metric);
    let (what, such) = unit.in_words();
    match unit.read(limit) {
        Ok(limit) => Ok(Expression { metric: *metric, load, comparison: *comparison, limit }),
        Err(reason) => {
            let help = format!("{name} is {what}: write for example \"{left} {sign} {such}\"");
            Err((Code::Objective, format!("the limit of {name} cannot be read: {reason}"), Some(help)))
        }
    }
}
