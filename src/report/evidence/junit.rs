//! JUnit XML, as build servers read it: a suite for the run, a case for each objective. A failed objective is a failure, an
//! inconclusive one is skipped, or a failure where that is asked for; both with their numbers.

use super::{gaps, interval, measured};
use crate::report::table::status_word;
use crate::report::text::{escape, plain};
use crate::results::verdict::in_unit;
use crate::results::{ObjectiveResult, RunDocument, Status};
use std::fmt::Write;

/// The run as a document with one suite. `strict`: an inconclusive objective is a failure. `version`: of this program.
#[must_use]
pub fn junit(run: &RunDocument, version: &str, strict: bool) -> String {
    let count = |wanted: &dyn Fn(Status) -> bool| run.objectives.iter().filter(|o| wanted(o.status)).count();
    let failures = count(&|status| fails(status, strict));
    let skipped = count(&|status| status == Status::Inconclusive && !strict);
    let numbers =
        format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"", run.objectives.len());
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"keyfleet\" {numbers}>\n\
         <testsuite name=\"{}\" {numbers} timestamp=\"{}\">\n<properties>\n",
        attribute(&run.scenario.name),
        attribute(run.scenario.start.trim_end_matches('Z'))
    );
    for (name, value) in properties(run, version) {
        property(&mut out, &name, &value);
    }
    out.push_str("</properties>\n");
    run.objectives.iter().for_each(|objective| case(&mut out, run, objective, strict));
    out.push_str("</testsuite>\n</testsuites>\n");
    out
}

const fn fails(status: Status, strict: bool) -> bool {
    matches!(status, Status::Fail) || strict && matches!(status, Status::Inconclusive)
}

fn properties(run: &RunDocument, version: &str) -> Vec<(String, String)> {
    let mut properties: Vec<(String, String)> = [
        ("digest", run.scenario.digest.clone()),
        ("trace_digest", run.trace_digest.clone()),
        ("seed", run.scenario.seed.to_string()),
        ("version", version.to_owned()),
        ("simulated_start", run.scenario.start.clone()),
        ("replications", run.replications.to_string()),
        ("verdict", run.verdict.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    properties.extend(run.scenario.classification.iter().map(|text| ("classification".to_owned(), text.clone())));
    properties.extend(gaps(run).into_iter().map(|gap| ("gap".to_owned(), gap)));
    let control = |(name, block): (&String, &crate::results::ControlBlock)| {
        (format!("control: {name}"), status_word(block.status).to_owned())
    };
    properties.extend(run.controls.iter().map(control));
    properties
}

fn property(out: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "<property name=\"{}\" value=\"{}\"/>", attribute(name), attribute(value));
}

fn case(out: &mut String, run: &RunDocument, o: &ObjectiveResult, strict: bool) {
    let name = format!("{}: {}", o.id, o.expect);
    let _ = writeln!(out, "<testcase classname=\"{}\" name=\"{}\">", attribute(&run.scenario.name), attribute(&name));
    out.push_str("<properties>\n");
    let limit = in_unit(o.limit, &o.unit);
    for (name, value) in [("value", measured(o)), ("interval", interval(o)), ("limit", limit), ("when", o.when.clone())]
    {
        property(out, name, &value);
    }
    o.control.iter().for_each(|control| property(out, "control", control));
    out.push_str("</properties>\n");
    let told = format!(
        "{} is {} (95 % interval {}, limit {}): {}",
        o.expect,
        measured(o),
        interval(o),
        in_unit(o.limit, &o.unit),
        o.at
    );
    let told = match crate::report::remedy::of_objective(run, &o.id) {
        Some(mends) if o.status > Status::Pass => format!("{told}. What would mend it: {mends}"),
        _ => told,
    };
    match o.status {
        status if fails(status, strict) => {
            let kind = status_word(status);
            let (message, text) = (attribute(&told), escape(&plain(&told)));
            let _ = writeln!(out, "<failure type=\"{kind}\" message=\"{message}\">{text}</failure>");
        }
        Status::Inconclusive => {
            let _ = writeln!(out, "<skipped message=\"{}\"/>", attribute(&format!("inconclusive: {told}")));
        }
        _ => {}
    }
    out.push_str("</testcase>\n");
}

/// Attributes hold no line breaks: a reader makes spaces of them.
fn attribute(text: &str) -> String {
    escape(&plain(text))
}
