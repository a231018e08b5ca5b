//! What a quiet run says: the objectives that do not hold, and nothing where all do.

use super::table::status_mark;
use super::text::plain;
use crate::results::verdict::value as objective_value;
use crate::results::{RunDocument, Status};

/// One line for each objective that failed, or, where `strict`, is inconclusive.
#[must_use]
pub fn failures(run: &RunDocument, strict: bool) -> String {
    let wrong = |status: Status| status == Status::Fail || strict && status == Status::Inconclusive;
    let line = |o: &crate::results::ObjectiveResult| {
        let text = format!("{}: {}: {}, {}", o.id, o.expect, objective_value(o), o.at);
        format!("{} {}: {}\n", status_mark(o.status), plain(&run.scenario.name), plain(&text))
    };
    run.objectives.iter().filter(|o| wrong(o.status)).map(line).collect()
}
