//! `keyfleet check`: reads scenarios and says all that is wrong with them; simulates nothing and writes nothing.

use super::{Common, Exit, result};
use crate::scenario;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  keyfleet check first.toml\n  keyfleet check *.toml --set run=\"1 h\"\n")]
pub(super) struct Check {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(&self, common: &Common) -> Exit {
        let (mut exit, mut lines) = (Exit::Ok, String::new());
        for file in &self.files {
            match scenario::load(file, &common.overrides()) {
                Ok(loaded) => {
                    common.complain(&loaded.warnings);
                    let s = &loaded.scenario;
                    if !common.quiet {
                        lines += &format!(
                            "{}: ok ({} regions, {} sites, {} key classes, {} loads, {} objectives)\n",
                            file.display(),
                            s.regions.len(),
                            s.sites.len(),
                            s.keys.len(),
                            s.loads.len(),
                            s.objectives.len()
                        );
                    }
                    if common.verbose {
                        lines += &format!("  digest {}\n", s.digest);
                    }
                }
                Err(diagnostics) => {
                    common.complain(&diagnostics);
                    // A file that could not be read is not known to be valid or not: that weighs more.
                    exit = if exit == Exit::Internal { exit } else { Exit::from(&diagnostics) };
                }
            }
        }
        match result(&lines) {
            Exit::Ok => exit,
            failed => failed,
        }
    }
}
