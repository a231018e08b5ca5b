//! Controls of standards, and the objectives that are evidence for them.

use super::paragraph;
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::{RunDocument, Status};

/// Nothing where no objective names a control.
pub(super) fn section(run: &RunDocument) -> String {
    if run.controls.is_empty() {
        return String::new();
    }
    let mut table = Table::new("Controls, each as its worst objective", &["control", "status", "objectives"]).listed();
    for (control, block) in &run.controls {
        let objectives = block.objectives.join(", ");
        table.row(vec![Cell::text(control.as_str()), Cell::Status(block.status), Cell::Text(objectives)]);
    }
    let words = "What a simulation shows is evidence for the design of a fleet, not for its operation: `run --format markdown=FILE` \
                 writes it with its limits, `junit=FILE` for other programs.";
    table.html() + &paragraph(words)
}

/// Controls in a sentence: how many hold, and which do not.
pub(crate) fn controls(run: &RunDocument) -> Option<String> {
    let not = |status: Status| -> Vec<&str> {
        run.controls.iter().filter(|(_, block)| block.status == status).map(|(name, _)| name.as_str()).collect()
    };
    let (failed, open, held) = (not(Status::Fail), not(Status::Inconclusive), not(Status::Pass).len());
    let mut parts = Vec::new();
    if !failed.is_empty() {
        parts.push(format!("not met: {}", failed.join(", ")));
    }
    if !open.is_empty() {
        parts.push(format!("open: {}", open.join(", ")));
    }
    if held > 0 {
        parts.push(format!("{} met", plural(held as u64, "control")));
    }
    (!parts.is_empty()).then(|| format!("evidence for controls: {}", parts.join("; ")))
}
