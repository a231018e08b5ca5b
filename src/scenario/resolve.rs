//! The resolved scenario: one canonical text with every default, its digest, and the same text with the origin of each value.

use super::raw::RawScenario;
use super::source::Source;
use super::tree::{self, Table, Value};
use crate::geo;
use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;

/// SHA-256, hexadecimal.
pub(super) fn sha256(text: impl AsRef<[u8]>) -> String {
    digest(&SHA256, text.as_ref()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The canonical text. `histories` are the digests of load histories, and of inventories without their names: they stand in
/// comments, so that the digest of this text also covers what stands in those files.
pub(super) fn text(raw: &RawScenario, histories: &BTreeMap<String, String>) -> String {
    let body = toml::to_string(raw).expect("a raw scenario has only keys and values that TOML has");
    let heads: String = histories.iter().map(|(name, digest)| format!("# {name}: SHA-256 {digest}\n")).collect();
    heads + &body
}

/// `resolved` with a comment on each line that has a value: where it was written, or `default`.
pub(super) fn annotated(resolved: &str, written: &Table, sources: &[Source]) -> String {
    let table = tree::parse(0, resolved).expect("the resolved text is TOML");
    let mut comments: BTreeMap<usize, String> = BTreeMap::new();
    comment(&table, &mut Vec::new(), &mut |path, byte| {
        let line = resolved[..byte].matches('\n').count();
        let origin = origin(written, path).map_or_else(
            || match path {
                [first, id, ..] if first == "profile" => match geo::profile(id) {
                    Some(_) => "shipped".to_owned(),
                    None => "the profile's file".to_owned(),
                },
                _ => "default".to_owned(),
            },
            |place| {
                let source = &sources[place.source];
                match source.name.as_str() {
                    "--set" => format!("--set {}", source.text),
                    name => format!("{name}:{}", source.line_column(place.start).0),
                }
            },
        );
        comments.insert(line, origin);
    });
    let widest = resolved.lines().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    let lines = resolved.lines().enumerate().map(|(number, line)| match comments.get(&number) {
        Some(origin) => format!("{line:widest$}  # {origin}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// Where the value at `path` was written; the short form of a table counts for what stands in it (`sites = 3`, a plain count).
fn origin(written: &Table, path: &[String]) -> Option<super::source::Place> {
    tree::value_place(written, path).or_else(|| {
        let entry = (1..path.len()).rev().find_map(|length| tree::find(written, &path[..length]))?;
        let short = !matches!(entry.node.value, Value::Table(_));
        let meant = matches!(path.last().map(String::as_str), Some("expect" | "min" | "max" | "what"))
            || path.first().is_some_and(|first| first == "key");
        (short && meant).then_some(entry.node.place)
    })
}

/// Calls `say` with the path and first byte of each value that is no table.
fn comment(table: &Table, path: &mut Vec<String>, say: &mut impl FnMut(&[String], usize)) {
    for (key, entry) in table {
        path.push(key.clone());
        match &entry.node.value {
            Value::Table(inner) => comment(inner, path, say),
            _ => say(path, entry.node.place.start),
        }
        path.pop();
    }
}
