//! From a path and `--set` to one merged tree: follows `extends`, then lays the command line's settings on top. Knows no key
//! but `extends`.

use super::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use super::source::{Folder, MAX_BYTES, Place, Source, read_limited};
use super::tree::{self, Node, Table, Value};
use std::path::{Path, PathBuf};

/// Deeper than this, nobody finds anything again.
const MOST_FILES: usize = 32;

/// A scenario's texts and what they say together.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) table: Table,
    pub(super) folder: Folder,
    pub(super) diagnostics: Diagnostics,
    /// Whether a file could not be used, so that keys and names may be missing through no fault of the others.
    pub(super) partial: bool,
}

struct Reader {
    folder: Folder,
    diagnostics: Diagnostics,
    /// The files being read, outermost first, relative to the folder.
    open: Vec<PathBuf>,
}

/// Reads `path` and all it extends. Errors are collected; what could not be read is left out.
pub(super) fn read(path: &Path, overrides: &[String]) -> Result<Merged, Diagnostics> {
    let shown = path.display().to_string();
    match read_limited(path, MAX_BYTES) {
        Ok(text) => Ok(merge(path, Source::new(shown, text), overrides)),
        Err(unread) => {
            let mut diagnostics = Diagnostics { unreadable: !unread.content, ..Diagnostics::default() };
            diagnostics.sources.push(Source::new(shown, String::new()));
            diagnostics.list.push(error(Code::File, None, format!("cannot read the scenario: {}", unread.reason)));
            Err(diagnostics)
        }
    }
}

/// As [`read`], with the main file's text at hand; `path` says which folder `extends` starts from.
pub(super) fn merge(path: &Path, main: Source, overrides: &[String]) -> Merged {
    let mut reader = Reader { folder: Folder::of(path), diagnostics: Diagnostics::default(), open: Vec::new() };
    reader.diagnostics.sources.push(main);
    let name = path.file_name().map_or_else(|| PathBuf::from("scenario"), PathBuf::from);
    let mut table = reader.document(0, name).unwrap_or_default();
    let broken = reader.diagnostics.has_errors();
    for text in overrides {
        if let Some(over) = reader.setting(text) {
            tree::merge(&mut table, over);
        }
    }
    Merged { table, folder: reader.folder, diagnostics: reader.diagnostics, partial: broken }
}

fn error(code: Code, place: Option<Place>, reason: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code, place, path: String::new(), reason, suggestion: None }
}

impl Reader {
    /// Source number `source`, with everything it extends below it.
    fn document(&mut self, source: usize, relative: PathBuf) -> Option<Table> {
        let text = self.diagnostics.sources[source].text.clone();
        let mut own = match tree::parse(source, &text) {
            Ok(table) => table,
            Err(faults) => {
                let said = faults.into_iter().map(|(place, reason)| error(Code::Syntax, Some(place), reason));
                self.diagnostics.list.extend(said);
                return None;
            }
        };
        let Some(extends) = own.remove("extends") else { return Some(own) };
        self.open.push(relative.clone());
        let mut base = Table::new();
        for (name, place) in self.names(&extends.node) {
            if let Some(table) = self.extended(&relative, &name, place) {
                tree::merge(&mut base, table);
            }
        }
        self.open.pop();
        tree::merge(&mut base, own);
        Some(base)
    }

    fn names(&mut self, node: &Node) -> Vec<(String, Place)> {
        let items = match &node.value {
            Value::Array(items) => items.iter().collect(),
            _ => vec![node],
        };
        let mut names = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(name) => names.push((name.clone(), item.place)),
                other => {
                    let reason = format!("expected the name of a file, found {}", super::de::describe(other));
                    self.refuse(item.place, reason, None);
                }
            }
        }
        names
    }

    fn extended(&mut self, from: &Path, name: &str, place: Place) -> Option<Table> {
        let (relative, text) = match self.folder.read(from, name, "toml") {
            Ok(read) => read,
            Err(reason) => {
                let help = "`extends` names .toml files in the main scenario's folder or below, relative to the file it stands in";
                self.refuse(place, reason, Some(help.into()));
                return None;
            }
        };
        if let Some(first) = self.open.iter().position(|open| *open == relative) {
            let circle: Vec<String> =
                self.open[first..].iter().chain([&relative]).map(|path| path.display().to_string()).collect();
            self.refuse(place, format!("`extends` runs in a circle: {}", circle.join(" -> ")), None);
            return None;
        }
        if self.diagnostics.sources.len() >= MOST_FILES {
            self.refuse(place, format!("more than {MOST_FILES} files are extended"), None);
            return None;
        }
        self.diagnostics.sources.push(Source::new(self.folder.shown(&relative), text));
        self.document(self.diagnostics.sources.len() - 1, relative)
    }

    fn refuse(&mut self, place: Place, reason: String, suggestion: Option<String>) {
        let said = Diagnostic { path: "extends".into(), suggestion, ..error(Code::Extends, Some(place), reason) };
        self.diagnostics.list.push(said);
    }

    /// One `--set`: a TOML path, `=`, and a TOML value; what is no TOML value is a text.
    fn setting(&mut self, text: &str) -> Option<Table> {
        let source = self.diagnostics.sources.len();
        self.diagnostics.sources.push(Source::new("--set".into(), text.to_owned()));
        let fail = |start, end, reason: &str| error(Code::Set, Some(Place { source, start, end }), reason.to_owned());
        let all = (0, text.len());
        let Some((path, value)) = text.split_once('=') else {
            self.diagnostics.list.push(fail(all.0, all.1, "expected PATH=VALUE, such as region.us.hsms=3"));
            return None;
        };
        let keys = tree::parse(source, &format!("{path}=0"));
        let keys = keys.ok().filter(|_| !text.contains(['\n', '\r']));
        let Some(keys) = keys else {
            self.diagnostics.list.push(fail(0, path.len(), "this is not a TOML path such as region.us.hsms"));
            return None;
        };
        if let Some(fixed) = keys.keys().find(|key| ["extends", "format"].contains(&key.as_str())) {
            self.diagnostics.list.push(fail(
                0,
                path.len(),
                &format!("\"{fixed}\" belongs in the file and cannot be set"),
            ));
            return None;
        }
        match tree::parse(source, text) {
            Ok(table) => Some(table),
            Err(faults) if value.trim_start().starts_with(['[', '{', '"', '\'']) => {
                let said = faults.into_iter().map(|(place, reason)| error(Code::Set, Some(place), reason));
                self.diagnostics.list.extend(said);
                None
            }
            Err(_) => {
                let start = path.len() + 1 + (value.len() - value.trim_start().len());
                let place = Place { source, start, end: start + value.trim().len() };
                let mut table = keys;
                replace_leaf(&mut table, Node { value: Value::Text(value.trim().to_owned()), place });
                Some(table)
            }
        }
    }
}

/// Puts `node` at the end of the only path of `table`.
fn replace_leaf(table: &mut Table, node: Node) {
    let Some(entry) = table.values_mut().next() else { return };
    match &mut entry.node.value {
        Value::Table(inner) => replace_leaf(inner, node),
        _ => entry.node = node,
    }
}
