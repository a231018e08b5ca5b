//! Objectives: the little language `METRIC(LOAD) < LIMIT`, of some metrics `METRIC(CLASS)`, and where and when it is measured.

use super::Context;
use super::metric::{METRICS, Scope, Unit};
use crate::kms::{ClassId, LoadId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Comparison, Metric, Objective, Phase, USUAL_WINDOW, most_slots};
use crate::scenario::raw::{Either, RawEach, RawKind, RawObjective, RawPhase, Word};
use crate::scenario::suggest;
use crate::time::Span;

const COMPARISONS: [(&str, Comparison); 5] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("==", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

/// An expression taken apart.
struct Expression<'t> {
    name: &'static str,
    metric: Metric,
    /// What it is about, in parentheses.
    of: Option<&'t str>,
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
                let of_class = is_of_class(expression.metric);
                let (table, what) = if of_class { ("key", "key class") } else { ("load", "load") };
                if expression.of.is_none_or(|of| context.knows(table, what, of, &path)) {
                    let load = expression.of.and_then(|of| raw.load.keys().position(|known| known == of));
                    let class = expression.of.and_then(|of| raw.key.keys().position(|known| known == of));
                    let found = Objective {
                        id: id.clone(),
                        expect: expect.clone(),
                        metric: expression.metric,
                        load: load.filter(|_| !of_class).map(|index| LoadId(index as u16)),
                        class: class.filter(|_| of_class).map(|index| ClassId(index as u16)),
                        comparison: expression.comparison,
                        limit: expression.limit,
                        place: context.file_line(&path),
                        ..terms(context, id, long, &expression)
                    };
                    limited(context, &found, &path);
                    super::cache::kept(context, &found, &path);
                    struck(context, &found, &path);
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

/// Whether what stands in parentheses is a class of keys.
const fn is_of_class(metric: Metric) -> bool {
    matches!(metric, Metric::UsesExceeded | Metric::Copies)
}

/// Terms that the metric does not know are refused: they would speak of something that is not measured.
fn misplaced(
    context: &mut Context<'_>,
    id: &str,
    long: &RawObjective,
    Expression { name, metric, .. }: &Expression<'_>,
) {
    let path = |key: &'static str| ["objective", id, key];
    let scope = Scope::of(*metric);
    if long.each.is_some() && scope != Scope::Callers {
        context.error(Code::Conflict, &path("each"), format!("{name} is not measured for callers"));
        context.help("take `each` out");
    }
    if scope != Scope::Whole {
        return;
    }
    if matches!(long.over, Some(Word::Else(_))) {
        context.error(Code::Conflict, &path("over"), format!("{name} is measured over the whole run, not in windows"));
        context.help("take `over` out, or write `over = \"run\"`");
    }
    if matches!(long.when, Some(RawPhase::Normal | RawPhase::Fault | RawPhase::Recovery)) {
        let reason = format!("{name} is measured over the whole run, not over a part of it");
        context.error(Code::Conflict, &path("when"), reason);
        context.help("use \"run\", \"survive\" or \"any\"");
    }
}

/// Whether windows of this width can be kept: they are cut from slots, of which there cannot be any number.
fn fits(context: &mut Context<'_>, id: &str, width: Span, written: bool) {
    let (run, path) = (context.run, ["objective", id, "over"]);
    let (regions, loads) = (context.raw.region.len(), context.raw.load.len());
    let most = most_slots(regions, loads);
    if width < Span::from_secs(1) {
        context.error(Code::WrongValue, &path, "a window lasts at least a second");
    } else if width > run && written {
        context.error(Code::Conflict, &path, format!("the window is longer than the run ({run})"));
        context.help("use \"run\" for the whole run");
    } else if width < USUAL_WINDOW && run.0 / width.0 > most {
        let reason = format!("a run of {run} has more than the {most} windows of {width} that can be kept");
        context.error(Code::Conflict, &path, reason);
        let least = Span::from_secs(run.0.div_ceil(most).div_ceil(1_000_000_000)).min(USUAL_WINDOW);
        context.help(format!("use at least \"{least}\", or a shorter `run`"));
    }
}

/// When, over what and for whom; the rest is filled in by the caller.
fn terms(context: &mut Context<'_>, id: &str, long: Option<&RawObjective>, of: &Expression<'_>) -> Objective {
    if let Some(long) = long {
        misplaced(context, id, long, of);
    }
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
    let over = match long.and_then(|long| long.over) {
        _ if Scope::of(of.metric) == Scope::Whole => None,
        None => Some(USUAL_WINDOW),
        Some(Word::Is(_)) => None,
        Some(Word::Else(width)) => Some(width.span()),
    };
    if let Some(width) = over {
        fits(context, id, width, long.is_some_and(|long| long.over.is_some()));
    }
    Objective {
        id: String::new(),
        expect: String::new(),
        metric: Metric::MeanLatency,
        load: None,
        class: None,
        comparison: Comparison::Below,
        limit: 0.0,
        when,
        over,
        each_region: long.and_then(|long| long.each) != Some(RawEach::Fleet),
        control: long.and_then(|long| long.control.clone()).unwrap_or_default(),
        place: String::new(),
    }
}

/// Where no use is limited, no limit is exceeded: such an objective would promise nothing.
fn limited(context: &mut Context<'_>, objective: &Objective, expect: &[&str]) {
    if objective.metric != Metric::UsesExceeded {
        return;
    }
    let mut classes = context.raw.key.iter().enumerate();
    let is_meant = |index: usize| objective.class.is_none_or(|class| class.index() == index);
    if classes.any(|(index, (_, key))| is_meant(index) && key.rotate.is_some_and(|rotate| rotate.uses.is_some())) {
        return;
    }
    let reason = match objective.class.and_then(|class| context.raw.key.keys().nth(class.index())) {
        Some(class) => {
            format!("uses of the keys of \"{class}\" are not limited, so \"{}\" has no value", objective.expect)
        }
        None => format!("no class limits the uses of its keys, so \"{}\" has no value", objective.expect),
    };
    context.error(Code::Objective, expect, reason);
    context.help("add such a limit to the class: `rotate = { every = \"1 y\", uses = 1_000_000 }`");
}

/// What is measured around faults has no value where nothing strikes: such an objective would be inconclusive after a
/// long run.
fn struck(context: &mut Context<'_>, objective: &Objective, expect: &[&str]) {
    if objective.metric == Metric::Replacement {
        let leaks = context.raw.fault.values().any(|fault| fault.kind == RawKind::Compromise);
        if !leaks || objective.when == Phase::Survive {
            let where_not = if leaks { "survive cases" } else { "this scenario" };
            let reason = format!("no keys leak in {where_not}, so \"{}\" has no value", objective.expect);
            context.error(Code::Objective, expect, reason);
            context.help("add a [fault] with `kind = \"compromise\"`: it is measured over the run");
        }
        return;
    }
    let faults = !context.defined("fault").is_empty();
    let cases = !context.defined_scales().is_empty() || context.is_broken(&["survive"]);
    let of_faults = matches!(objective.metric, Metric::Rto | Metric::Rpo);
    let reason = match objective.when {
        Phase::Fault | Phase::Recovery if !faults => "the main run has no fault",
        Phase::Run | Phase::Normal if of_faults && !faults => "nothing strikes in the main run",
        Phase::Any if of_faults && !faults && !cases => "nothing strikes in this scenario",
        _ => return,
    };
    let when = ["objective", &objective.id, "when"];
    let path = if matches!(objective.when, Phase::Fault | Phase::Recovery) { &when[..] } else { expect };
    context.error(Code::Objective, path, format!("{reason}, so \"{}\" has no value", objective.expect));
    context.help(match cases {
        true => "add a [fault], or take `when = \"survive\"`: it is measured when each thing named by `survive` fails",
        false => {
            "add a [fault]; or take `when = \"survive\"`, with `survive = [\"device\", \"site\", \"region\"]` at the top"
        }
    });
}

/// The sign of a comparison: where it begins, as written, and what it means; or what to write instead, if anything is
/// near.
struct Sign<'t> {
    at: usize,
    text: &'t str,
    means: Result<Comparison, Option<&'static str>>,
}

/// The first sign in an expression.
fn sign(text: &str) -> Option<Sign<'_>> {
    let of_sign = |c: char| "<>=!≤≥".contains(c);
    let at = text.find(of_sign)?;
    let text = &text[at..at + text[at..].find(|c| !of_sign(c)).unwrap_or(text.len() - at)];
    let known = COMPARISONS.iter().find(|(known, _)| *known == text).map(|(_, comparison)| *comparison);
    let meant = match text {
        "=<" | "≤" | "<==" => Some("<="),
        "=>" | "≥" | ">==" => Some(">="),
        "=" | "===" => Some("=="),
        "<<" => Some("<"),
        ">>" => Some(">"),
        _ => None,
    };
    Some(Sign { at, text, means: known.ok_or(meant) })
}

fn read(text: &str) -> Result<Expression<'_>, Trouble> {
    let example = || Some("write for example \"p99(pay) < 60 ms\" or \"availability >= 99.95 %\"".to_owned());
    let Some(Sign { at, text: sign, means }) = sign(text) else {
        return Err((Code::Objective, format!("\"{text}\" compares nothing"), example()));
    };
    let (left, limit) = (text[..at].trim(), text[at + sign.len()..].trim());
    let comparison = means.map_err(|meant| {
        let help = meant.map(|meant| format!("write {meant}: \"{left} {meant} {limit}\""));
        let all = || Some(format!("comparisons: {}", COMPARISONS.map(|(known, _)| known).join(", ")));
        (Code::Objective, format!("\"{sign}\" is no comparison"), help.or_else(all))
    })?;
    let (name, of) = match left.split_once('(') {
        None => (left, None),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(of) => (name.trim(), Some(of.trim())),
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
    let of_loads = matches!(metric, Metric::Latency(_) | Metric::MeanLatency | Metric::Availability | Metric::Rto)
        || matches!(metric, Metric::Answered | Metric::HitRatio);
    if of.is_some() && !of_loads && !is_of_class(*metric) {
        return Err((Code::Objective, format!("{name} is not measured per load"), Some(format!("write {name} alone"))));
    }
    let unit = Unit::of(*metric);
    let (what, such) = unit.in_words();
    match unit.read(limit) {
        Ok(limit) => Ok(Expression { name, metric: *metric, of, comparison, limit }),
        Err(reason) => {
            let help = format!("{name} is {what}: write for example \"{left} {sign} {such}\"");
            Err((Code::Objective, format!("the limit of {name} cannot be read: {reason}"), Some(help)))
        }
    }
}
