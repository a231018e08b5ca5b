//! `keyfleet explain`: what a scenario key, a metric, an error code or an exit code means.

use super::{Exit, exit, message, result};
use crate::scenario;
use clap::Args;

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet explain region.us.hsms\n  keyfleet explain p99\n  keyfleet explain exit-codes\n"
)]
pub(super) struct Explain {
    /// A scenario key (load.timeout), a metric (p99), an error code (not-timed), an exit code (99), or exit-codes
    #[arg(value_name = "WORD")]
    word: String,
}

impl Explain {
    pub(super) fn run(&self) -> Exit {
        if self.word == "exit-codes" {
            return result(&exit::table());
        }
        match exit::line(&self.word).map_or_else(|| scenario::explain(&self.word), Ok) {
            Ok(text) => result(&text),
            Err(reason) => {
                message(&format!("keyfleet: {reason}\n"));
                Exit::Usage
            }
        }
    }
}
