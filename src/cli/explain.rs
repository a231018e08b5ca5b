//! `keyfleet explain`: what a word of a scenario, a message or a report means, and which words there are.

use super::{Exit, exit, message, result};
use crate::scenario;
use clap::Args;

const EXAMPLES: &str = "Examples:
  keyfleet explain                    what can be explained
  keyfleet explain load.timeout       a key of a scenario
  keyfleet explain devices            the HSM profiles there are
  keyfleet explain no-host            why requests failed
";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Explain {
    /// A scenario key (load.timeout) or what it is set to (destroy), metric (p99), error code (not-timed), failure reason
    /// (no-host), audit record (no-slot), device, place, shape, algorithm, call, exit code (99), or a topic to list, such as
    /// devices; without it, what can be explained
    #[arg(value_name = "WORD")]
    word: Option<String>,
}

impl Explain {
    pub(super) fn run(&self) -> Exit {
        let Some(word) = &self.word else { return result(&overview()) };
        if word.eq_ignore_ascii_case("exit-codes") {
            return result(&exit::table());
        }
        match exit::line(word).map_or_else(|| scenario::explain(word), Ok) {
            Ok(text) => result(&text),
            Err(reason) => {
                message(&format!("keyfleet: {reason}\n"));
                Exit::Usage
            }
        }
    }
}

/// What can be explained.
fn overview() -> String {
    let mut text = "`keyfleet explain WORD` says what a word means:\n".to_owned();
    for (what, such) in [
        ("a key of a scenario", "load.timeout, region.us.hsms, hsms"),
        ("a metric of an objective", "p99, rto"),
        ("a code of an error or warning", "not-timed, unlikely"),
        ("why requests failed", "no-host, budget-exhausted, undecided"),
        ("what a key is set to", "destroy, compromise, slow"),
        ("a record of an audit log", "no-slot, left-in-escrow, zeroised"),
        ("a device, place, shape", "luna-a790, aws:us-east-1, payments"),
        ("an algorithm, a call", "rsa-2048, translate-pin"),
        ("an exit code", "3, 99"),
    ] {
        text += &format!("  {what:<31}{such}\n");
    }
    text += "`keyfleet explain TOPIC` lists what there is:\n";
    let own = ("exit-codes", "how the program ends");
    for (topic, what) in scenario::TOPICS.iter().chain([&own]) {
        text += &format!("  {topic:<12}{what}\n");
    }
    text
}
