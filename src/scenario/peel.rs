//! Reads as much of a tree as can be read: what serde refuses is reported and taken out, and the rest is read on, so
//! that one slip does not hide the others.

use super::de::{self, Kind};
use super::diagnostic::{Code, Diagnostic, Severity};
use super::source::Place;
use super::tree::{self, Entry, KeyPath, Node, Table, Value};
use super::{explain, suggest};
use crate::geo;
use serde::de::DeserializeOwned;
use toml::value::Datetime;

/// More errors in one file say nothing new.
const MOST: usize = 100;

/// Reads the tree; as long as something cannot be read, reports it, takes it out, and reads again. Nothing when even
/// the rest cannot be read. Of a `partial` tree, of which a file is missing, nobody can say what it lacks.
pub(super) fn peel<T: DeserializeOwned>(
    tree: &mut Table,
    partial: bool,
    found: &mut Vec<Diagnostic>,
) -> (Option<T>, Vec<KeyPath>) {
    let mut broken: Vec<KeyPath> = Vec::new();
    for _ in 0..MOST {
        let error = match de::from_table::<T>(tree) {
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
            found.push(report(&error, tree));
        }
        let replaced = matches!(error.kind, Kind::Missing(_)) && error.path.is_empty();
        if !replaced && !tree::remove(tree, &culprit) {
            return (None, broken);
        }
        broken.push(culprit);
    }
    (None, broken)
}

/// Whether something that could not be read lies at, above or below `path`.
pub(super) fn about(broken: &[KeyPath], path: &str) -> bool {
    let path: Vec<&str> = path.split('.').collect();
    broken.iter().any(|broken| broken.iter().zip(&path).all(|(a, b)| a == b))
}

/// An error; for the file as a whole without a place.
pub(super) fn at(code: Code, place: Option<Place>, path: &[String], reason: String) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code, place, path: tree::dotted(path), reason, suggestion: None }
}

/// Stands in for a missing key, so that the rest can be read.
pub(super) fn placeholder(value: Value) -> Entry {
    let place = Place { source: 0, start: 0, end: 0 };
    Entry { key: place, node: Node { value, place } }
}

/// `path` without the index of a list's element: a list is taken out as a whole.
fn up_to_table(tree: &Table, path: KeyPath) -> KeyPath {
    let length = (1..path.len()).find(
        |length| matches!(tree::find(tree, &path[..*length]), Some(e) if !matches!(e.node.value, Value::Table(_))),
    );
    path[..length.unwrap_or(path.len())].to_vec()
}

fn report(error: &de::Error, tree: &Table) -> Diagnostic {
    let path = &error.path;
    match &error.kind {
        Kind::Wrong(_) | Kind::Type(_) => {
            let reason = error.to_string();
            Diagnostic { suggestion: unquoted(tree, path), ..at(Code::WrongValue, error.place, path, reason) }
        }
        Kind::UnknownWord(word, known) => {
            let reason = format!("\"{word}\" is not possible here");
            let help = places(path, word).or_else(|| suggest::help(word, known.iter().copied()));
            Diagnostic { suggestion: help, ..at(Code::WrongValue, error.place, path, reason) }
        }
        Kind::UnknownKey(key, known) => {
            let reason = match path.len() {
                0 | 1 => format!("there is no key \"{key}\" at the top of this file"),
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
            let help = explain::first_sentence(&full);
            Diagnostic { suggestion: help, ..at(Code::MissingKey, error.place, &full, reason) }
        }
    }
}

/// What to write where the text at `path` is a date in quotes.
fn unquoted(tree: &Table, path: &[String]) -> Option<String> {
    let entry = tree::find(tree, path)?;
    let Value::Text(text) = &entry.node.value else { return None };
    let date: Datetime = text.trim().parse().ok()?;
    date.date.map(|_| format!("a date is written without quotes: {} = {date}", path.last().map_or("", String::as_str)))
}

/// What to write where one country or group stands for a list of them.
fn places(path: &[String], word: &str) -> Option<String> {
    let ["key", _, "stay"] = path.iter().map(String::as_str).collect::<Vec<_>>()[..] else { return None };
    let group = geo::groups().into_iter().find(|group| group.eq_ignore_ascii_case(word));
    let name = group.or_else(|| geo::country(word).map(|country| country.iso2))?;
    Some(format!("countries and groups stand in a list: stay = [\"{name}\"]"))
}
