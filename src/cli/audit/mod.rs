//! `keyfleet audit`: verifies, shows and proves what stands in an audit log. Reads only; what is sealed is unsealed only where
//! the command line says so, with a key from a file or descriptor.

mod prove;
mod show;
mod verify;

use super::{Exit, message};
use crate::audit::{Log, LogError, PublicKey, SealKey};
use clap::{Args, Subcommand, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  keyfleet audit verify out/first --checkpoint kept/checkpoint
  keyfleet audit show out/first --kind detected --kind routed
  keyfleet audit prove out/first --record 17
";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Find any record that was removed, changed or moved, and name the first
    Verify(verify::Verify),
    /// Print records
    Show(show::Show),
    /// Print and check a proof that a record is in the log, or that an earlier log is its beginning
    Prove(prove::Prove),
}

/// Which log, and how to read it.
#[derive(Debug, Args)]
struct Place {
    /// The log: a results folder, or the folder `audit` in it
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// Unseal sealed segments with the 64 hexadecimal digits in this file, which only its owner may read, or in
    /// descriptor N with fd:N
    #[arg(long, value_name = "KEYFILE")]
    unseal: Option<String>,
    /// The log's public key as known from elsewhere, instead of the one in its folder
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Audit {
    pub(super) fn run(&self) -> Exit {
        let done = match &self.verb {
            Verb::Verify(verb) => verb.run(),
            Verb::Show(verb) => verb.run(),
            Verb::Prove(verb) => verb.run(),
        };
        done.unwrap_or_else(|trouble| {
            message(&format!("keyfleet: {}\n", plain(&trouble.why)));
            trouble.exit
        })
    }
}

/// Why a verb could not do its work, and how it ends then.
struct Trouble {
    why: String,
    exit: Exit,
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Self {
        let exit = if matches!(error, LogError::Sealed | LogError::Beyond(_)) { Exit::Usage } else { Exit::Internal };
        Self { why: error.to_string(), exit }
    }
}

impl Trouble {
    /// The log is not what it should be.
    fn broken(why: String) -> Self {
        Self { why, exit: Exit::Broken }
    }

    fn usage(why: String) -> Self {
        Self { why, exit: Exit::Usage }
    }
}

impl Place {
    fn open(&self) -> Result<Log, Trouble> {
        Ok(Log::open(&self.log, self.unseal.as_deref().map(seal_key).transpose()?)?)
    }

    fn trusted(&self) -> Result<Option<PublicKey>, Trouble> {
        let read = |path: &PathBuf| {
            let text = read(path)?;
            text.parse().map_err(|error| Trouble::usage(format!("{}: no public key: {error}", path.display())))
        };
        self.public_key.as_ref().map(read).transpose()
    }
}

/// The owner's secret from a file or descriptor.
fn seal_key(from: &str) -> Result<SealKey, Trouble> {
    SealKey::read(from).map_err(|error| Trouble { why: format!("the key in {from}: {error}"), exit: Exit::Internal })
}

/// Text of a log on a terminal, which must not obey what somebody wrote into the log.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A small file that the command line names.
fn read(path: &Path) -> Result<String, Trouble> {
    let trouble = |error| Trouble { why: format!("cannot read {}: {error}", path.display()), exit: Exit::Internal };
    fs::read_to_string(path).map_err(trouble)
}
