//! The scenario language: raw TOML to a checked [`Scenario`], with every error named by file, line, column, key and reason.
//! Reads files of the scenario's own folder only; knows nothing of simulation.

mod check;
mod complete;
mod de;
mod demand;
mod diagnostic;
mod explain;
mod files;
mod inventory;
mod model;
mod peel;
pub mod raw;
mod read;
mod resolve;
mod source;
mod suggest;
mod topology;
mod tree;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use explain::{TOPICS, explain, schema};
pub use model::*;
pub use source::{MAX_BYTES, Place as TextPlace, Source};
pub use topology::topology;

use std::path::Path;

/// A scenario that can be run, and what is doubtful about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Warnings only.
    pub warnings: Diagnostics,
    /// [`Scenario::resolved`] with the origin of each value as a comment on its line.
    pub annotated: String,
}

/// Reads and checks the scenario in the file `path`, with `overrides` (`region.us.hsms=3`, as given to `--set`) laid on top.
///
/// # Errors
/// All that is wrong with it, errors and warnings.
pub fn load(path: &Path, overrides: &[String]) -> Result<Loaded, Diagnostics> {
    let merged = files::read(path, overrides)?;
    let stem = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy().into_owned());
    read::read(merged, &stem)
}

/// As [`load`], with the main file's text at hand: a shipped template, a resolved scenario. `path` names it in messages, and its
/// folder is where `extends` and other files are looked for.
///
/// # Errors
/// All that is wrong with it, errors and warnings.
pub fn load_text(path: &Path, text: &str, overrides: &[String]) -> Result<Loaded, Diagnostics> {
    let source = Source::new(path.display().to_string(), text.to_owned());
    let stem = path.file_stem().map_or_else(|| "scenario".into(), |stem| stem.to_string_lossy().into_owned());
    read::read(files::merge(path, source, overrides), &stem)
}
