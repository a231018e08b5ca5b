//! Evidence to be kept and read: what was simulated, what became of each control and each objective, and what none of that proves.

use super::{gaps, interval, measured};
use crate::kms::Badge;
use crate::report::number;
use crate::report::remedy;
use crate::report::table::status_mark;
use crate::report::text::{plain, plural};
use crate::results::verdict::in_unit;
use crate::results::{ObjectiveResult, RunDocument};
use std::fmt::Write;

const HEAD: &str = "| objective | promise | result | value | 95 % interval | limit | when | where it was worst |\n\
                    |---|---|---|---:|---:|---:|---|---|\n";

/// The run as a page of Markdown (CommonMark with tables). `version`: of this program.
#[must_use]
pub fn markdown(run: &RunDocument, version: &str) -> String {
    let s = &run.scenario;
    let mut out = String::new();
    if let Some(classification) = &s.classification {
        let _ = writeln!(out, "**{}**\n", cell(classification));
    }
    let _ = writeln!(out, "# Evidence of a simulated run: {}\n", cell(&s.name));
    if !s.description.is_empty() {
        let _ = writeln!(out, "{}\n", cell(&s.description));
    }
    let _ = writeln!(out, "**{}**: {}\n", status_mark(run.status), cell(&run.verdict));
    out.push_str("| | |\n|---|---|\n");
    let lasts = format!(
        "{} after a warm-up of {}, {}",
        number::time_s(run.simulated_s),
        number::time_s(run.warm_up_s),
        plural(u64::from(run.replications), "replication")
    );
    for (name, value) in [
        ("scenario", s.name.clone()),
        ("digest of the resolved scenario (SHA-256)", s.digest.clone()),
        ("seed", s.seed.to_string()),
        ("keyfleet", version.to_owned()),
        ("begins (simulated)", s.start.clone()),
        ("lasts", lasts),
        ("digest of all that happened", run.trace_digest.clone()),
        ("the same again", "keyfleet run scenario.toml, with the resolved scenario of this digest".to_owned()),
    ] {
        let _ = writeln!(out, "| {name} | {} |", cell(&value));
    }
    survival(&mut out, run);
    controls(&mut out, run);
    limits(&mut out, run);
    out
}

/// What is survived, and what would mend the rest.
fn survival(out: &mut String, run: &RunDocument) {
    let told = remedy::survives(run);
    if !told.is_empty() {
        out.push_str("\n## What it survives\n\n");
        list(out, told);
    }
    let Some(block) = &run.remedies else { return };
    let _ = write!(out, "\n## {}\n\n", remedy::heading(block));
    for found in &block.found {
        let text = format!("{} {}", remedy::words(found), remedy::arguments(found).join(" "));
        let _ = writeln!(out, "- {}", cell(text.trim_end()));
    }
    list(out, &remedy::rest(block));
}

fn list(out: &mut String, texts: &[String]) {
    for text in texts {
        let _ = writeln!(out, "- {}", cell(text));
    }
}

/// Each control with its objectives, then those that name none.
fn controls(out: &mut String, run: &RunDocument) {
    if !run.controls.is_empty() {
        out.push_str("\n## Controls\n");
    }
    for (control, block) in &run.controls {
        let _ = write!(out, "\n### {}: {}\n\n{HEAD}", cell(control), status_mark(block.status));
        run.objectives.iter().filter(|o| o.control.contains(control)).for_each(|o| row(out, o));
    }
    let others: Vec<&ObjectiveResult> = run.objectives.iter().filter(|o| o.control.is_empty()).collect();
    if !others.is_empty() {
        let heading = if run.controls.is_empty() { "Objectives" } else { "Objectives that name no control" };
        let _ = write!(out, "\n## {heading}\n\n{HEAD}");
        others.into_iter().for_each(|o| row(out, o));
    }
    if run.objectives.is_empty() {
        out.push_str("\nNo objectives: nothing was judged.\n");
    }
}

fn row(out: &mut String, o: &ObjectiveResult) {
    let cells = [&o.id, &o.expect, status_mark(o.status), &measured(o), &interval(o)].map(cell);
    let more = [&in_unit(o.limit, &o.unit), &o.when, &o.at].map(|text| cell(text));
    let _ = writeln!(out, "| {} | {} |", cells.join(" | "), more.join(" | "));
}

/// What is claimed, and what is not.
fn limits(out: &mut String, run: &RunDocument) {
    let badges = |wanted: Badge| run.provenance.iter().filter(|row| row.badge == wanted).count();
    let names = |faults: &[crate::results::FaultResult]| {
        let mut ids: Vec<&str> = faults.iter().map(|fault| fault.id.as_str()).collect();
        ids.dedup();
        if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
    };
    let mut lines = gaps(run);
    lines.extend([
        "It is a simulation of the fleet that the scenario describes: it shows what follows from that description. It is evidence for a \
         design, and none about devices, sites or people as they are."
            .to_owned(),
        format!(
            "Of the {} figures that it rests on {} were measured, {} are published by a cited source and {} are assumed or stated without \
             a source; the report lists each.",
            run.provenance.len(),
            badges(Badge::Measured),
            badges(Badge::Published),
            badges(Badge::Assumed)
        ),
        "Intervals hold the chance within the model with 95 % confidence. They do not hold errors of the model or of its figures.".to_owned(),
        format!("Faults of the main run that were tried: {}.", names(&run.faults)),
        format!("Survive cases that were tried, each alone: {}.", names(&run.survive)),
        "What is not among these was not tried, nor were several of them together, unless their times overlap.".to_owned(),
        "Accesses and audit records are simulated ones: they try the procedure and are no record of operation.".to_owned(),
    ]);
    out.push_str("\n## What this does not prove\n\n");
    for line in lines {
        let _ = writeln!(out, "- {}", cell(&line));
    }
}

/// `text` as plain text within a line or a cell: what has a meaning in Markdown or HTML has none here, and nothing becomes a link
/// or calls anybody by name.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}
