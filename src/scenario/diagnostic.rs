//! What is wrong with a scenario, for the person who must repair it: file, line, column, key, reason, and what to write instead.
//! Rendering gives text; nothing here prints.

use super::source::{Place, Source, floor_char};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::fmt;

/// Kinds of trouble; `keyfleet explain CODE` prints [`Code::meaning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The file cannot be read.
    File,
    /// The text is not TOML.
    Syntax,
    /// `format` is absent or another.
    Format,
    /// `extends` cannot be followed.
    Extends,
    /// `--set` cannot be applied.
    Set,
    /// A key that the language does not have.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong type, unit or range.
    WrongValue,
    /// An id with other characters than `[a-z0-9-]`, or too long.
    BadId,
    /// A name that nothing in the scenario, and no data set, has.
    UnknownName,
    /// Two settings that exclude each other.
    Conflict,
    /// What is asked for cannot be built.
    Impossible,
    /// The device's profile does not time the call.
    NotTimed,
    /// An objective that cannot be understood.
    Objective,
    /// Possible, but probably not meant.
    Unlikely,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::File,
        Self::Syntax,
        Self::Format,
        Self::Extends,
        Self::Set,
        Self::UnknownKey,
        Self::MissingKey,
        Self::WrongValue,
        Self::BadId,
        Self::UnknownName,
        Self::Conflict,
        Self::Impossible,
        Self::NotTimed,
        Self::Objective,
        Self::Unlikely,
    ];

    /// As it stands in brackets after `error`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Syntax => "syntax",
            Self::Format => "format",
            Self::Extends => "extends",
            Self::Set => "set",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongValue => "wrong-value",
            Self::BadId => "bad-id",
            Self::UnknownName => "unknown-name",
            Self::Conflict => "conflict",
            Self::Impossible => "impossible",
            Self::NotTimed => "not-timed",
            Self::Objective => "objective",
            Self::Unlikely => "unlikely",
        }
    }

    /// What it means and what to do.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::File => {
                "A file cannot be read: it is absent, a folder, not UTF-8 text, or longer than 4 MiB (an inventory of keys: 512 MiB). The exit code is 1 \
                 where the scenario's own file is absent or unreadable, else 3."
            }
            Self::Syntax => {
                "The text is not TOML 1.1. The place is where reading became impossible; the cause may stand just before it."
            }
            Self::Format => {
                "Every scenario begins with `format = 1`, the version of the scenario language it is written in."
            }
            Self::Extends => {
                "`extends` names files below the folder of the main scenario, ending in .toml, and never in a circle."
            }
            Self::Set => {
                "`--set` takes a TOML path and a value, such as `--set region.eu.hsms=3` or `--set run=\"2 d\"`."
            }
            Self::UnknownKey => "The language has no such key there. `keyfleet explain KEY` lists the keys of a table.",
            Self::MissingKey => "The table needs this key; it has no default because no value would suit most fleets.",
            Self::WrongValue => {
                "The value has the wrong type, unit or range. Quantities are texts with a unit, such as \"250 ms\"."
            }
            Self::BadId => {
                "Ids consist of a-z, 0-9 and -, and have at most 40 characters: they appear in file names and paths."
            }
            Self::UnknownName => "Nothing has this name: no region, key class, load, profile, place, country or shape.",
            Self::Conflict => {
                "Two settings exclude each other, such as two ways to give the same demand, or two faults at once on one thing."
            }
            Self::Impossible => {
                "The fleet cannot be built as written, such as more copies than sites, or copies that residency forbids."
            }
            Self::NotTimed => {
                "A load makes a call that the profile of a device it may reach does not time for the key's algorithm."
            }
            Self::Objective => {
                "An objective is METRIC or METRIC(LOAD), of uses METRIC(CLASS), a comparison and a limit with its unit, such as \"p99(pay) < 60 ms\"."
            }
            Self::Unlikely => "A warning: the scenario is possible, but something in it is probably not meant.",
        }
    }
}

/// Whether it stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can be run.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Its kind.
    pub code: Code,
    /// Where; `None` for the main file as a whole.
    pub place: Option<Place>,
    /// The key path, such as `region.us.hsms`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, without a final stop.
    pub reason: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

/// Everything that is wrong with one scenario, with the texts to quote from.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    /// The texts.
    pub sources: Vec<Source>,
    /// In order of file and place.
    pub list: Vec<Diagnostic>,
    /// Whether the scenario's own file could not be read at all, which says nothing about the scenario.
    pub unreadable: bool,
}

impl Diagnostics {
    /// Whether the scenario cannot be run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// All messages as text, with terminal colours when `color`.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        self.list.iter().map(|d| self.render_one(d, &renderer) + "\n").collect::<Vec<_>>().join("\n")
    }

    /// `file:line:column` of a message.
    #[must_use]
    pub fn location(&self, diagnostic: &Diagnostic) -> String {
        match diagnostic.place {
            Some(place) => {
                let (line, column) = self.sources[place.source].line_column(place.start);
                format!("{}:{line}:{column}", self.sources[place.source].name)
            }
            None if diagnostic.code == Code::File => self.main().to_owned(),
            None => format!("{}:1:1", self.main()),
        }
    }

    fn main(&self) -> &str {
        self.sources.first().map_or("", |source| source.name.as_str())
    }

    /// The main file first, in reading order; the same thing is said once.
    pub(super) fn sort(&mut self) {
        self.list
            .sort_by(|a, b| (a.place, &a.path, a.severity, &a.reason).cmp(&(b.place, &b.path, b.severity, &b.reason)));
        self.list.dedup();
    }

    fn render_one(&self, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let path = clean(&diagnostic.path);
        let quoted = diagnostic.place.filter(|place| self.sources[place.source].quoted);
        // The key stands beside the quotation; where there is none, before the reason.
        let elsewhere = diagnostic.place.is_some() && quoted.is_none() && !path.is_empty();
        let reason = clean(&diagnostic.reason);
        let title = if elsewhere { format!("{path}: {reason}") } else { reason };
        let title = level.primary_title(title).id(diagnostic.code.id());
        let mut group = match quoted {
            None => Group::with_title(title).element(Origin::path(self.location(diagnostic))),
            Some(place) => self.quote(Group::with_title(title), place, &path),
        };
        if let Some(suggestion) = &diagnostic.suggestion {
            group = group.element(Level::HELP.message(clean(suggestion)));
        }
        renderer.render(&[group])
    }

    /// Adds the line that `place` begins in, with the stretch underlined; a very long line is only named.
    fn quote<'a>(&'a self, group: Group<'a>, place: Place, path: &str) -> Group<'a> {
        /// A longer line helps nobody.
        const LONGEST: usize = 240;
        let source = &self.sources[place.source];
        let text = source.text.as_str();
        let (line, column) = source.line_column(place.start);
        let start = floor_char(text, place.start);
        let first = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let last = text[start..].find('\n').map_or(text.len(), |i| start + i);
        if last - first > LONGEST {
            return group.element(Origin::path(source.name.as_str()).line(line).char_column(column));
        }
        let end = floor_char(text, place.end).clamp(start, last);
        let annotation = AnnotationKind::Primary.span(start - first..end - first);
        let annotation = if path.is_empty() { annotation } else { annotation.label(path.to_owned()) };
        let snippet = Snippet::source(&text[first..last]).line_start(line).path(source.name.as_str());
        group.element(snippet.annotation(annotation))
    }
}

/// Control characters in a scenario must not reach the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
