//! `keyfleet show`: the effective scenario with the origin of each value, the fleet as text, or the inventory of its keys.

use super::{Common, Exit, message, result};
use crate::inventory::Inventory;
use crate::report;
use crate::scenario::{self, Scenario};
use crate::world::Blueprint;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet show first.toml\n  keyfleet show first.toml --topology --set region.eu.hsms=4\n  keyfleet show first.toml --inventory\n"
)]
pub(super) struct Show {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The effective scenario, every default written out, with the origin of each value (the default)
    #[arg(long, conflicts_with_all = ["topology", "inventory"])]
    resolved: bool,
    /// The fleet: sites, round trips, shards, capacity against mean demand
    #[arg(long, conflicts_with = "inventory")]
    topology: bool,
    /// The keys as auditors ask for them: strength, cryptoperiod, next expiry, use, devices, places, and what is questionable
    #[arg(long)]
    inventory: bool,
    /// What the inventory is printed as
    #[arg(long, value_name = "FORMAT", default_value = "text", requires = "inventory")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// The document `keyfleet.inventory/1`
    Json,
}

impl Show {
    pub(super) fn run(&self, common: &Common) -> Exit {
        match scenario::load(&self.file, &common.overrides()) {
            Ok(loaded) => {
                common.complain(&loaded.warnings);
                match (self.topology, self.inventory) {
                    (true, _) => result(&scenario::topology(&loaded.scenario)),
                    (_, true) => self.inventory(loaded.scenario),
                    _ => result(&loaded.annotated),
                }
            }
            Err(diagnostics) => {
                common.complain(&diagnostics);
                Exit::from(&diagnostics)
            }
        }
    }

    fn inventory(&self, scenario: Scenario) -> Exit {
        let inventory = Inventory::new(&Blueprint::new(Arc::new(scenario)));
        match self.format {
            Format::Text => result(&report::inventory(&inventory)),
            Format::Json => match inventory.json() {
                Ok(text) => result(&text),
                Err(error) => {
                    message(&format!("keyfleet: the inventory cannot be written: {error}\n"));
                    Exit::Internal
                }
            },
        }
    }
}
