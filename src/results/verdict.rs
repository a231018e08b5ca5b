//! The verdict in one sentence, made from the document, and an objective's value in words.

use super::document::{Estimate, FaultResult, ObjectiveResult, RunDocument, Saturated, Saturation, Status};
use super::number;

/// Says what holds, what does not, and what the fleet does not survive.
pub(super) fn sentence(document: &RunDocument) -> String {
    let count = |status: Status| document.objectives.iter().filter(|o| o.status == status).count();
    let (all, failed, unknown) = (document.objectives.len(), count(Status::Fail), count(Status::Inconclusive));
    let mut sentence = if document.interrupted { "Interrupted: ".to_owned() } else { String::new() };
    sentence += &objectives(all, failed, unknown);
    if let Some(worst) = document.objectives.iter().find(|o| o.status == Status::Fail) {
        sentence += &format!(": {}", missed(worst));
    }
    sentence += &losses(&document.survive);
    if !document.survive_missing.is_empty() {
        let (missing, all) = (document.survive_missing.len(), document.survive.len() + document.survive_missing.len());
        sentence += &format!("; {missing} of {all} single losses were not tried");
    }
    sentence += &document.saturated.first().map_or_else(String::new, backlog);
    sentence + "."
}

/// As [`sentence`], without what stands beside it: what the fleet survives, and how sites kept up.
pub(crate) fn headline(document: &RunDocument) -> String {
    let count = |status: Status| document.objectives.iter().filter(|o| o.status == status).count();
    let (all, failed, unknown) = (document.objectives.len(), count(Status::Fail), count(Status::Inconclusive));
    let mut sentence = if document.interrupted { "Interrupted: ".to_owned() } else { String::new() };
    sentence += &objectives(all, failed, unknown);
    let told = |id: &String| {
        let lost = document.survival.iter().flat_map(|survival| &survival.not_survived);
        lost.into_iter().any(|lost| lost.objectives.contains(id))
    };
    let untold = document.objectives.iter().find(|o| o.status == Status::Fail && !told(&o.id));
    if let Some(worst) = untold {
        sentence += &format!(": {}", missed(worst));
    }
    if !document.survive_missing.is_empty() {
        let (missing, all) = (document.survive_missing.len(), document.survive.len() + document.survive_missing.len());
        sentence += &format!("; {missing} of {all} single losses were not tried");
    }
    sentence + "."
}

/// An objective that fails, with its value and where it was worst.
fn missed(worst: &ObjectiveResult) -> String {
    let value = worst.value.map_or_else(|| infinite(&worst.expect), |v| format!(" is {}", in_unit(v, &worst.unit)));
    format!("{}{value} ({})", worst.expect, worst.at)
}

/// What it means that an objective's value is infinite; it follows what is expected.
pub(super) fn infinite(expect: &str) -> String {
    // What is judged keeps its metric in words only.
    let metric = expect.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    let meaning = match metric {
        "rto" => ", but requests were not as good as before within the run",
        "rpo" => ", but what was lost is of unknown age",
        "replacement" => ", but not all leaked keys were replaced by the end",
        // Only requests can remain unanswered, and without an answer their latency is infinite.
        _ => ", but too many requests had no right answer",
    };
    meaning.to_owned()
}

/// What the site that kept up worst did not do.
fn backlog(worst: &Saturated) -> String {
    match worst.state {
        Saturation::Stable => String::new(),
        Saturation::Backlogged => "; queues built up and drained".to_owned(),
        Saturation::Refusing => {
            format!(
                "; {} refuses {} of its calls for want of room: its queue is short, not its engines",
                worst.site,
                number::share(worst.refused)
            )
        }
        Saturation::Throttled => {
            format!("; the service at {} throttles {} of its calls", worst.site, number::share(worst.refused))
        }
        Saturation::Overloaded if worst.left => {
            format!(
                "; {} is overloaded and ends with a backlog, so quantiles depend on the length of the run",
                worst.site
            )
        }
        Saturation::Overloaded => {
            format!(
                "; {} is overloaded for a while and refuses {} of its calls",
                worst.site,
                number::share(worst.refused)
            )
        }
    }
}

/// How many objectives hold, fail, or cannot be decided.
fn objectives(all: usize, failed: usize, unknown: usize) -> String {
    let held = all - failed - unknown;
    let undecided = match (unknown, held) {
        (0, _) => String::new(),
        (_, 0) => format!(", {unknown} cannot be decided"),
        (_, 1) => format!(", {unknown} cannot be decided, 1 holds"),
        _ => format!(", {unknown} cannot be decided, {held} hold"),
    };
    match (all, failed, unknown) {
        (0, ..) => "No objectives: nothing was judged".to_owned(),
        (1, 0, 0) => "The objective holds".to_owned(),
        (1, 0, _) => "The objective cannot be decided".to_owned(),
        (1, ..) => "The objective fails".to_owned(),
        (_, 0, 0) => format!("All {all} objectives hold"),
        (_, 0, _) if unknown == all => format!("None of the {all} objectives can be decided"),
        (_, 0, _) if held == 1 => format!("{unknown} of {all} objectives cannot be decided; the other one holds"),
        (_, 0, _) => format!("{unknown} of {all} objectives cannot be decided; the others hold"),
        _ if failed == all => format!("All {all} objectives fail"),
        (_, 1, _) => format!("1 of {all} objectives fails{undecided}"),
        _ => format!("{failed} of {all} objectives fail{undecided}"),
    }
}

/// What the fleet does not survive, or that it survives all.
fn losses(survive: &[FaultResult]) -> String {
    let hurts = |case: &&FaultResult| case.worst_availability.is_some_and(|share| share < super::survival::GOOD);
    let worst = survive.iter().filter(hurts).min_by(|a, b| {
        let share = |case: &FaultResult| case.worst_availability.unwrap_or(1.0);
        share(a).total_cmp(&share(b))
    });
    match worst {
        Some(worst) => format!(
            "; losing {} fails {} of the requests of {} {}",
            worst.id,
            number::share(1.0 - worst.worst_availability.unwrap_or(1.0)),
            worst.worst_region,
            if worst.until_s - worst.from_s < 300.0 { "while it lasts" } else { "in the worst five minutes" }
        ),
        None if survive.is_empty() => String::new(),
        None if survive.len() == 1 => {
            "; the single loss tried, at its peak, leaves at least 99 % of requests good".to_owned()
        }
        None => format!("; each of {} single losses at its peak leaves at least 99 % of requests good", survive.len()),
    }
}

/// The measured value with its half-width and unit; `∞` where it failed by never ending.
pub(crate) fn value(o: &ObjectiveResult) -> String {
    let estimate =
        |scale: f64| Estimate { value: o.value.map(|v| v * scale), half_width: o.half_width.map(|h| h * scale) };
    match (o.value, o.half_width.filter(|h| *h > 0.0), o.unit.as_str()) {
        (None, ..) if o.status == Status::Fail => number::INFINITE.to_owned(),
        (None, ..) => number::NOTHING.to_owned(),
        (Some(_), Some(_), "%") => number::share_estimate(estimate(0.01)),
        (Some(_), Some(_), "ms") => number::latency(estimate(1.0), true),
        (Some(_), Some(_), "s") => number::latency(estimate(1e3), true),
        (Some(v), Some(h), "USD/y") => {
            format!("{} ± {}", number::usd(v).trim_end_matches(" USD"), in_unit(h, "USD/y"))
        }
        (Some(_), Some(_), unit) => format!("{} {unit}", number::tally(estimate(1.0))),
        (Some(v), None, unit) => in_unit(v, unit),
    }
}

/// A value in an objective's unit, in the size that reads best.
pub(crate) fn in_unit(v: f64, unit: &str) -> String {
    match unit {
        "ms" => number::time_ms(v),
        "s" => number::time_s(v),
        "%" => number::share(v / 100.0),
        "USD/y" => format!("{}/y", number::usd(v)),
        _ => format!("{} {unit}", number::tally(Estimate { value: Some(v), half_width: None })),
    }
}
