//! What every check needs: the raw scenario with its defaults, the tree that knows places, and the list of what was found.

use super::inventory::Stocks;
use crate::scenario::diagnostic::{Code, Diagnostic, Severity};
use crate::scenario::peel;
use crate::scenario::raw::{RawScale, RawScenario, Survival};
use crate::scenario::source::{Folder, Place, Source};
use crate::scenario::suggest;
use crate::scenario::tree::{self, KeyPath, Table, Value};
use crate::time::Span;
use std::collections::BTreeMap;
use std::path::Path;

/// State of one check.
pub(in crate::scenario) struct Context<'a> {
    pub(in crate::scenario) raw: &'a RawScenario,
    /// As merged from the files, before broken parts were taken out.
    pub(in crate::scenario) table: &'a Table,
    /// What was taken out because it could not be read; nothing more is said about it.
    pub(in crate::scenario) broken: &'a [KeyPath],
    pub(in crate::scenario) folder: &'a Folder,
    pub(in crate::scenario) sources: &'a [Source],
    /// Unix seconds.
    pub(in crate::scenario) start: i64,
    pub(in crate::scenario) run: Span,
    pub(in crate::scenario) found: Vec<Diagnostic>,
    /// Other files that have errors; their numbers follow those of `sources`.
    pub(in crate::scenario) files: Vec<Source>,
    /// SHA-256 of every other file whose contents the scenario depends on, by name.
    pub(in crate::scenario) histories: BTreeMap<String, String>,
    /// The keys of classes that list them.
    pub(in crate::scenario) stocks: Stocks,
}

/// More errors in one file say nothing new.
const MOST_ERRORS: usize = 20;

/// What is wrong with a file: line and column, the field if it is one, why, and what to write instead.
pub(super) type Said = ((usize, usize), Option<&'static str>, String, String);

impl<'a> Context<'a> {
    pub(in crate::scenario) fn has_errors(&self) -> bool {
        self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// Reports an error about the value under `path`.
    pub(in crate::scenario) fn error(&mut self, code: Code, path: &[&str], reason: impl Into<String>) -> &mut Self {
        self.report(Severity::Error, code, path, reason.into());
        self
    }

    /// Reports a warning about the value under `path`.
    pub(in crate::scenario) fn warn(&mut self, path: &[&str], reason: impl Into<String>) -> &mut Self {
        self.report(Severity::Warning, Code::Unlikely, path, reason.into());
        self
    }

    /// Adds to the last report what to write instead.
    pub(in crate::scenario) fn help(&mut self, suggestion: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.suggestion = Some(suggestion.into());
        }
    }

    /// As [`Context::help`], where there may be nothing to say.
    pub(super) fn suggest(&mut self, suggestion: Option<String>) {
        if let Some(last) = self.found.last_mut() {
            last.suggestion = suggestion;
        }
    }

    /// Reports `name`, which is none of `known`.
    pub(super) fn unknown<'k>(
        &mut self,
        what: &str,
        name: &str,
        path: &[&str],
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) {
        let suggestion = suggest::help(name, known);
        self.error(Code::UnknownName, path, format!("there is no {what} \"{name}\"")).suggest(suggestion);
    }

    /// The names defined in a top-level table, also of entries that are broken themselves.
    pub(super) fn defined(&self, table: &str) -> Vec<&'a str> {
        match self.table.get(table).map(|entry| &entry.node.value) {
            Some(Value::Table(inner)) => inner.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The names of a region's `site` table, also of broken ones.
    pub(super) fn defined_sites(&self, region: &str) -> Vec<String> {
        let path = ["region", region, "site"].map(str::to_owned);
        match tree::find(self.table, &path).map(|entry| &entry.node.value) {
            Some(Value::Table(inner)) => inner.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// What the fleet is to survive.
    pub(super) fn defined_scales(&self) -> &'a [RawScale] {
        match &self.raw.survive {
            None => &[],
            Some(Survival::List(what)) => what,
            Some(Survival::Table(table)) => &table.what,
        }
    }

    /// Whether something at or below `path` could not be read, which was reported.
    pub(super) fn is_broken(&self, path: &[&str]) -> bool {
        self.broken.iter().any(|broken| broken.len() >= path.len() && broken.iter().zip(path).all(|(a, b)| a == b))
    }

    /// Whether `name` is defined in a top-level table; reports it as `what` when not.
    pub(super) fn knows(&mut self, table: &str, what: &str, name: &str, path: &[&str]) -> bool {
        let known = self.defined(table);
        let found = known.contains(&name);
        if !found {
            self.unknown(what, name, path, known);
        }
        found
    }

    /// The number of a file that the scenario names and that has errors, to place them in. Messages do not quote it.
    pub(super) fn file(&mut self, name: &str, text: &str) -> usize {
        let shown = self.folder.shown(Path::new(name));
        let known = self.files.iter().position(|file| file.name == shown);
        let index = known.unwrap_or_else(|| {
            self.files.push(Source { name: shown, text: text.to_owned(), quoted: false });
            self.files.len() - 1
        });
        self.sources.len() + index
    }

    /// Reports what is wrong with such a file at its place in it.
    pub(super) fn refuse<E>(&mut self, (name, text): (&str, &str), errors: &[E], say: impl Fn(&E) -> Said) {
        let source = self.file(name, text);
        for ((line, column), field, reason, remedy) in errors.iter().take(MOST_ERRORS).map(&say) {
            let place = Some(self.point(source, line, column));
            let field: Vec<String> = field.iter().map(|field| (*field).to_owned()).collect();
            let said = peel::at(Code::WrongValue, place, &field, reason);
            self.found.push(Diagnostic { suggestion: Some(remedy), ..said });
        }
        if let Some(((line, column), ..)) = errors.get(MOST_ERRORS).map(say) {
            let place = Some(self.point(source, line, column));
            let reason = format!("{} more errors from here on", errors.len() - MOST_ERRORS);
            self.found.push(peel::at(Code::WrongValue, place, &[], reason));
        }
    }

    /// A line and column of such a file.
    pub(super) fn point(&self, file: usize, line: usize, column: usize) -> Place {
        let start = self.files[file - self.sources.len()].byte(line, column);
        Place { source: file, start, end: start }
    }

    /// `file:line` of the value under `path`.
    pub(super) fn file_line(&self, path: &[&str]) -> String {
        self.place(path).map_or_else(String::new, |place| {
            let source = &self.sources[place.source];
            format!("{}:{}", source.name, source.line_column(place.start).0)
        })
    }

    fn report(&mut self, severity: Severity, code: Code, path: &[&str], reason: String) {
        let place = self.place(path);
        self.found.push(Diagnostic { severity, code, place, path: path.join("."), reason, suggestion: None });
    }

    fn place(&self, path: &[&str]) -> Option<Place> {
        place_in(self.table, path)
    }
}

/// The value's place; a table's name; for a default, which has no place of its own, the name of the table around it.
pub(super) fn place_in(table: &Table, path: &[&str]) -> Option<Place> {
    let owned: KeyPath = path.iter().map(|key| (*key).to_owned()).collect();
    if let Some(entry) = tree::find(table, &owned) {
        return match entry.node.value {
            Value::Table(_) => Some(entry.key),
            _ => tree::value_place(table, &owned),
        };
    }
    (1..owned.len()).rev().find_map(|length| tree::find(table, &owned[..length])).map(|entry| entry.key)
}
