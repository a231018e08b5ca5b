//! A run as evidence: for people who keep it (Markdown) and for programs that read test results (JUnit). Both are made from the document
//! and name nothing of the machine, so that the same run gives the same bytes. Know nothing of how objectives are judged.

mod junit;
mod markdown;

pub use junit::junit;
pub use markdown::markdown;

use super::number::{INFINITE, NOTHING};
use crate::results::verdict::in_unit;
use crate::results::{ObjectiveResult, RunDocument, Status};

/// The measured value without its interval.
fn measured(o: &ObjectiveResult) -> String {
    match o.value {
        Some(value) => in_unit(value, &o.unit),
        None if o.status == Status::Fail => INFINITE.to_owned(),
        None => NOTHING.to_owned(),
    }
}

/// The ends of its 95 % interval; shares end at nothing and all.
fn interval(o: &ObjectiveResult) -> String {
    let (Some(value), Some(half)) = (o.value, o.half_width) else { return NOTHING.to_owned() };
    let most = if o.unit == "%" { 100.0 } else { f64::INFINITY };
    let [low, high] = [value - half, value + half].map(|end| in_unit(end.clamp(0.0, most), &o.unit));
    format!("{low} to {high}")
}

/// What keeps a run from saying all that it was to say, in sentences.
fn gaps(run: &RunDocument) -> Vec<String> {
    let mut gaps = Vec::new();
    if run.interrupted {
        gaps.push(format!("The run was interrupted: it has {} replications of the main run.", run.replications));
    }
    if !run.survive_missing.is_empty() {
        gaps.push(format!("Survive cases that were not tried: {}.", run.survive_missing.join(", ")));
    }
    if !run.unsettled.is_empty() {
        gaps.push(format!(
            "Objectives that as many replications as allowed left in doubt: {}.",
            run.unsettled.join(", ")
        ));
    }
    gaps
}
