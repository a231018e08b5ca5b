//! What `run` prints and which files it writes besides: forms of the same document.

use crate::report;
use crate::results::{self, RunDocument};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// A form of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A summary for people.
    Text,
    /// The document `keyfleet.run/1`.
    Json,
    /// JUnit XML for build servers.
    Junit,
    /// Evidence to be kept.
    Markdown,
}

const FORMATS: [(&str, Format); 4] =
    [("text", Format::Text), ("json", Format::Json), ("junit", Format::Junit), ("markdown", Format::Markdown)];

/// A form, printed or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) file: Option<PathBuf>,
}

/// Reads `junit` or `junit=FILE`.
pub(super) fn parse(text: &str) -> Result<Output, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let known = || FORMATS.map(|(name, _)| name).join(", ");
    let found = FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format);
    let format = found.ok_or_else(|| format!("there is no format \"{name}\"; there are {}", known()))?;
    match file {
        Some("") => Err(format!("the file of \"{text}\" has no name")),
        file => Ok(Output { format, file: file.map(PathBuf::from) }),
    }
}

/// All that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Outputs {
    /// What is printed.
    pub(super) printed: Format,
    files: Vec<(Format, PathBuf)>,
}

impl Outputs {
    /// One form is printed at most, text where none is; the others have files.
    pub(super) fn new(asked: &[Output]) -> Result<Self, String> {
        let mut printed = asked.iter().filter(|output| output.file.is_none()).map(|output| output.format);
        let first = printed.next();
        if printed.any(|format| Some(format) != first) {
            return Err("only one format can be printed: give the others a file, such as junit=FILE".to_owned());
        }
        let files = asked.iter().filter_map(|output| Some((output.format, output.file.clone()?)));
        let new = Self { printed: first.unwrap_or(Format::Text), files: files.collect() };
        let paths = new.files.iter().map(|(_, path)| path.as_path());
        results::can_write(paths).map_err(|error| error.to_string())?;
        Ok(new)
    }

    /// Writes the files. They hold nothing of the machine, as results do not.
    pub(super) fn write(&self, stored: &RunDocument, strict: bool) -> Result<(), String> {
        let made = self
            .files
            .iter()
            .map(|(format, path)| Ok((path.clone(), form(*format, stored, (strict, false))?.into_bytes())));
        let made = made.collect::<Result<Vec<_>, String>>()?;
        let names = || self.files.iter().map(|(_, path)| path.display().to_string()).collect::<Vec<_>>().join(", ");
        results::write_files(&made).map_err(|error| format!("cannot write {}: {error}", names()))
    }

    /// The names of files, for messages.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(_, path)| path.as_path())
    }
}

/// What is printed of a document. `colored`: whether it may be in colours, on a terminal.
/// `report`: where it is.
pub(super) fn printed(
    format: Format,
    document: &RunDocument,
    (strict, colored): (bool, bool),
    report: Option<&str>,
) -> Result<String, String> {
    let colour = colored && std::io::stdout().is_terminal();
    match format {
        Format::Text => Ok(report::summary_beside(document, (80, colour), report)),
        format => form(format, document, (strict, colour)),
    }
}

fn form(format: Format, document: &RunDocument, (strict, colour): (bool, bool)) -> Result<String, String> {
    let version = env!("CARGO_PKG_VERSION");
    Ok(match format {
        Format::Text => report::summary(document, 80, colour),
        Format::Json => {
            let json = results::json::write(document).map_err(|error| error.to_string())?;
            String::from_utf8_lossy(&json).into_owned()
        }
        Format::Junit => report::junit(document, version, strict),
        Format::Markdown => report::markdown(document, version),
    })
}
