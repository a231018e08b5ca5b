//! `keyfleet show`: the effective scenario with the origin of each value, or the fleet as text.

use super::{Common, Exit, result};
use crate::scenario;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet show first.toml\n  keyfleet show first.toml --topology --set region.eu.hsms=4\n"
)]
pub(super) struct Show {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The effective scenario, every default written out, with the origin of each value (the default)
    #[arg(long, conflicts_with = "topology")]
    resolved: bool,
    /// The fleet: sites, round trips, shards, capacity against mean demand
    #[arg(long)]
    topology: bool,
}

impl Show {
    pub(super) fn run(&self, common: &Common) -> Exit {
        match scenario::load(&self.file, &common.overrides()) {
            Ok(loaded) => {
                common.complain(&loaded.warnings);
                match self.topology && !self.resolved {
                    true => result(&scenario::topology(&loaded.scenario)),
                    false => result(&loaded.annotated),
                }
            }
            Err(diagnostics) => {
                common.complain(&diagnostics);
                Exit::from(&diagnostics)
            }
        }
    }
}
