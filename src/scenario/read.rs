//! From the merged tree to a checked scenario: ids, then serde, then meaning. What cannot be read is taken out and the rest is
//! read on, so that one slip does not hide the others.

use super::check::{self, Context};
use super::de::{self, Kind};
use super::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use super::files::Merged;
use super::raw::RawScenario;
use super::source::Place;
use super::tree::{self, Entry, KeyPath, Node, Table, Value};
use super::{Loaded, Scenario, complete, resolve, suggest};
use toml::value::{Date, Datetime};

/// The version of the language.
const FORMAT: i64 = 1;
/// More errors in one scenario say nothing new.
const MOST: usize = 100;
/// The default of `start`. Never "today": holidays, daylight saving, growth and key ages would change from day to day.
const START: Datetime = Datetime { date: Some(Date { year: 2027, month: 3, day: 1 }), time: None, offset: None };
/// Tables whose keys are ids.
const NAMED: [&str; 7] = ["profile", "region", "key", "load", "event", "fault", "objective"];

pub(super) fn read(merged: Merged, stem: &str) -> Result<Loaded, Diagnostics> {
    let Merged { table, folder, mut diagnostics, partial } = merged;
    if table.is_empty() {
        if !partial {
            let reason = "the scenario is empty".to_owned();
            let help = "begin with `format = 1`, or let `keyfleet init FILE` write one to start from".to_owned();
            diagnostics.list.push(Diagnostic { suggestion: Some(help), ..at(Code::Format, None, &[], reason) });
        }
        return Err(diagnostics);
    }
    let mut tree = table.clone();
    if !format(&mut tree, &mut diagnostics) {
        return Err(diagnostics);
    }
    ids(&table, &mut diagnostics.list);
    let (raw, broken) = peel(&mut tree, partial, &mut diagnostics.list);
    let Some(mut raw) = raw.filter(|_| !partial) else {
        diagnostics.sort();
        return Err(diagnostics);
    };
    raw.name.get_or_insert_with(|| stem.to_owned());
    let start = check::unix_seconds(raw.start.get_or_insert(START));
    let mut context = Context {
        raw: &raw,
        table: &table,
        broken: &broken,
        folder: &folder,
        sources: &diagnostics.sources,
        start: *start.as_ref().unwrap_or(&0),
        run: raw.run.span(),
        found: Vec::new(),
        histories: Default::default(),
    };
    if let Err(reason) = start {
        context.error(Code::WrongValue, &["start"], reason);
    }
    let checked = check::check(&mut context);
    let Context { found, histories, .. } = context;
    diagnostics.list.extend(found.into_iter().filter(|d| !about(&broken, &d.path)));
    diagnostics.sort();
    match checked {
        Some((scenario, shelf)) if !diagnostics.has_errors() => {
            let full = complete::complete(&raw, &scenario, shelf.raw);
            let resolved = resolve::text(&full, &histories);
            let annotated = resolve::annotated(&resolved, &table, &diagnostics.sources);
            let digest = resolve::sha256(&resolved);
            Ok(Loaded { scenario: Scenario { resolved, digest, ..scenario }, warnings: diagnostics, annotated })
        }
        _ => Err(diagnostics),
    }
}

/// An error; for the file as a whole without a place.
fn at(code: Code, place: Option<Place>, path: &[String], reason: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code, place, path: tree::dotted(path), reason, suggestion: None }
}

/// Whether something that could not be read lies at, above or below `path`.
fn about(broken: &[KeyPath], path: &str) -> bool {
    let path: Vec<&str> = path.split('.').collect();
    broken.iter().any(|broken| broken.iter().zip(&path).all(|(a, b)| a == b))
}

/// Whether the scenario is written in a format that can be read; puts the right one in place where it is missing.
fn format(tree: &mut Table, diagnostics: &mut Diagnostics) -> bool {
    let path = ["format".to_owned()];
    match tree.get("format").map(|entry| &entry.node) {
        Some(Node { value: Value::Integer(FORMAT), .. }) => true,
        Some(Node { value, place }) => {
            let reason = format!("expected format {FORMAT}, found {}", de::describe(value));
            let help = Some(format!("this keyfleet reads scenarios that begin with `format = {FORMAT}`"));
            diagnostics.list.push(Diagnostic { suggestion: help, ..at(Code::Format, Some(*place), &path, reason) });
            false
        }
        None => {
            let help = Some(format!("begin the file with `format = {FORMAT}`"));
            let reason = "the key \"format\" is missing".to_owned();
            diagnostics.list.push(Diagnostic { suggestion: help, ..at(Code::Format, None, &path, reason) });
            tree.insert("format".into(), placeholder(Value::Integer(FORMAT)));
            true
        }
    }
}

/// Stands in for a missing key, so that the rest can be read.
fn placeholder(value: Value) -> Entry {
    let place = Place { source: 0, start: 0, end: 0 };
    Entry { key: place, node: Node { value, place } }
}

/// Reports ids with characters that do not belong in one.
fn ids(table: &Table, found: &mut Vec<Diagnostic>) {
    let mut check = |path: &[&str], inner: &Table| {
        for (id, entry) in inner {
            let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !id.is_empty() && id.len() <= 40 && id.chars().all(right) {
                continue;
            }
            let reason = format!("\"{id}\" is no id: use a-z, 0-9 and -, at most 40 characters");
            let full: KeyPath = path.iter().copied().chain([id.as_str()]).map(str::to_owned).collect();
            let better: String = id.to_lowercase().chars().map(|c| if right(c) { c } else { '-' }).take(40).collect();
            let help = (!better.is_empty()).then(|| format!("for example \"{better}\""));
            found.push(Diagnostic { suggestion: help, ..at(Code::BadId, Some(entry.key), &full, reason) });
        }
    };
    for name in NAMED {
        let Some(Value::Table(inner)) = table.get(name).map(|entry| &entry.node.value) else { continue };
        check(&[name], inner);
        for (region, entry) in inner.iter().filter(|_| name == "region") {
            let Value::Table(keys) = &entry.node.value else { continue };
            if let Some(Value::Table(sites)) = keys.get("site").map(|entry| &entry.node.value) {
                check(&[name, region, "site"], sites);
            }
        }
    }
}

/// Reads the tree; as long as something cannot be read, reports it, takes it out, and reads again. Nothing when even the rest
/// cannot be read.
fn peel(tree: &mut Table, partial: bool, found: &mut Vec<Diagnostic>) -> (Option<RawScenario>, Vec<KeyPath>) {
    let mut broken: Vec<KeyPath> = Vec::new();
    for _ in 0..MOST {
        let error = match de::from_table::<RawScenario>(tree) {
            Ok(raw) => return (Some(raw), broken),
            Err(error) => error,
        };
        let mut culprit = error.path.clone();
        let mut silent = false;
        if let Kind::Missing(key) = error.kind {
            let missing: KeyPath = error.path.iter().cloned().chain([key.to_owned()]).collect();
            silent = broken.contains(&missing) || partial;
            if error.path.is_empty() {
                // The only key without a default at the top is `run`; any will do to read the rest.
                tree.insert(key.to_owned(), placeholder(Value::Text("1 d".into())));
                culprit = missing;
            }
        } else if tree.contains_key(culprit.first().map_or("", String::as_str)) && culprit.len() > 1 {
            culprit = up_to_table(tree, culprit);
        }
        if !silent {
            found.push(report(&error));
        }
        let replaced = matches!(error.kind, Kind::Missing(_)) && error.path.is_empty();
        if !replaced && !tree::remove(tree, &culprit) {
            return (None, broken);
        }
        broken.push(culprit);
    }
    (None, broken)
}

/// `path` without the index of a list's element: a list is taken out as a whole.
fn up_to_table(tree: &Table, path: KeyPath) -> KeyPath {
    let length = (1..path.len()).find(
        |length| matches!(tree::find(tree, &path[..*length]), Some(e) if !matches!(e.node.value, Value::Table(_))),
    );
    path[..length.unwrap_or(path.len())].to_vec()
}

fn report(error: &de::Error) -> Diagnostic {
    let path = &error.path;
    match &error.kind {
        Kind::Wrong(sentence) => at(Code::WrongValue, error.place, path, sentence.clone()),
        Kind::Type(_) => at(Code::WrongValue, error.place, path, error.to_string()),
        Kind::UnknownWord(word, known) => {
            let reason = format!("\"{word}\" is not possible here");
            let help = suggest::help(word, known.iter().copied());
            Diagnostic { suggestion: help, ..at(Code::WrongValue, error.place, path, reason) }
        }
        Kind::UnknownKey(key, known) => {
            let reason = match path.len() {
                0 | 1 => format!("there is no key \"{key}\" at the top of a scenario"),
                n => format!("there is no key \"{key}\" in \"{}\"", tree::dotted(&path[..n - 1])),
            };
            let help = suggest::help(key, known.iter().copied());
            Diagnostic { suggestion: help, ..at(Code::UnknownKey, error.place, path, reason) }
        }
        Kind::Missing(key) => {
            let reason = match path.is_empty() {
                true => format!("the key \"{key}\" is missing"),
                false => format!("\"{}\" needs the key \"{key}\"", tree::dotted(path)),
            };
            let full: KeyPath = path.iter().cloned().chain([(*key).to_owned()]).collect();
            let help = super::explain::first_sentence(&full);
            Diagnostic { suggestion: help, ..at(Code::MissingKey, error.place, &full, reason) }
        }
    }
}
