//! The command line: parses arguments, calls one verb, gives an exit code. One file per verb; results go to stdout, messages to
//! stderr. The only place that prints and reads the environment.

mod audit;
mod check;
mod exit;
mod explain;
mod init;
mod run;
mod schema;
mod show;

pub use exit::Exit;

use crate::scenario::Diagnostics;
use clap::{Args, ColorChoice, Parser, Subcommand};
use std::io::{IsTerminal, Write};

const EXAMPLES: &str = "Examples:
  keyfleet run first.toml                   simulate; report in out/first/report.html
  keyfleet init first.toml                  a commented scenario to start from
  keyfleet check first.toml                 every error, with its place and what to write instead
  keyfleet show first.toml --topology       the fleet, its round trips, capacity against demand
  keyfleet show first.toml --inventory      the keys as auditors ask for them
  keyfleet audit verify out/first           whether anything was removed, changed or moved in the audit log
  keyfleet explain load.timeout             what a word means; without one, what can be explained
";

/// Simulates and plans geographically sharded HSM and KMS fleets.
#[derive(Debug, Parser)]
#[command(name = "keyfleet", version, before_help = EXAMPLES, disable_help_subcommand = true)]
#[command(arg_required_else_help = true)]
struct Line {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Set a scenario value, such as region.eu.hsms=3; a table adds to the one that is there (repeatable)
    #[arg(long, global = true, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// The root seed, instead of the scenario's
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// When to colour messages; NO_COLOR is respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
    /// Say only what is wrong: errors, and objectives that fail
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a commented scenario to start from
    Init(init::Init),
    /// Parse and check scenarios; every error with file, line, column, key, reason and suggestion
    Check(check::Check),
    /// Simulate a scenario, judge its objectives, write a report
    Run(run::Run),
    /// Print the effective scenario, the fleet as text, or the inventory of its keys
    Show(show::Show),
    /// Verify an audit log, print its records, prove what is in it
    Audit(audit::Audit),
    /// Say what a word of a scenario, a message or a report means, and list which there are
    Explain(explain::Explain),
    /// Print the JSON Schema of the scenario language
    Schema,
}

impl Common {
    /// `--set` with `--seed` as the last word on the seed.
    pub(crate) fn overrides(&self) -> Vec<String> {
        self.set.iter().cloned().chain(self.seed.map(|seed| format!("seed={seed}"))).collect()
    }

    /// Whether messages are coloured.
    pub(crate) fn colored(&self) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && std::io::stderr().is_terminal()
            }
        }
    }

    /// Prints what is wrong with a scenario.
    pub(crate) fn complain(&self, diagnostics: &Diagnostics) {
        if !diagnostics.list.is_empty() && (!self.quiet || diagnostics.has_errors()) {
            message(&diagnostics.render(self.colored()));
        }
    }
}

/// Parses the command line and does what it says.
#[must_use]
pub fn main() -> Exit {
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // A reader that went away is no reason to fail.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok };
        }
    };
    let common = &line.common;
    match line.verb {
        Verb::Init(verb) => verb.run(common),
        Verb::Check(verb) => verb.run(common),
        Verb::Run(verb) => verb.run(common),
        Verb::Show(verb) => verb.run(common),
        Verb::Audit(verb) => verb.run(),
        Verb::Explain(verb) => verb.run(),
        Verb::Schema => schema::run(),
    }
}

/// Prints a result to stdout. A closed pipe ends the output, not with an error.
pub(crate) fn result(text: &str) -> Exit {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Ok,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            message(&format!("keyfleet: cannot write the result: {error}\n"));
            Exit::Internal
        }
    }
}

/// Prints a message to stderr; there is nobody to tell when that fails.
pub(crate) fn message(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
