//! Explanations of keys, metrics and error codes. They come from the doc comments of the raw structs by way of the JSON Schema,
//! so that schema, help and language cannot drift apart.

use super::check::{METRICS, Scope};
use super::diagnostic::Code;
use super::raw::RawScenario;
use super::suggest;
use serde_json::Value;
use std::fmt::Write;

/// JSON Schema (draft 2020-12) of the scenario language.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RawScenario).to_value();
    unwrap_lines(&mut schema);
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".into(), "keyfleet scenario".into());
        let names = object.get_mut("properties").and_then(Value::as_object_mut);
        for table in names.into_iter().flat_map(|properties| properties.values_mut()) {
            if table.get("additionalProperties").is_some_and(Value::is_object) {
                table["propertyNames"] = serde_json::json!({ "pattern": "^[a-z0-9-]{1,40}$" });
            }
        }
    }
    schema
}

/// Doc comments are wrapped for the source; readers wrap them again.
fn unwrap_lines(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            object.values_mut().for_each(unwrap_lines);
        }
        Value::Array(items) => items.iter_mut().for_each(unwrap_lines),
        _ => {}
    }
}

/// What a scenario key (`region.us.hsms`, `region.*.hsms`, `hsms`), a metric (`p99`) or an error code (`not-timed`) means.
///
/// # Errors
/// A sentence with the nearest known word.
pub fn explain(query: &str) -> Result<String, String> {
    let query = query.trim();
    let mut parts = Vec::new();
    if let Some((name, metric, meaning)) = METRICS.iter().find(|(name, ..)| *name == query) {
        parts.push(format!("{name} (metric of an objective)\n  {meaning} {}\n", Scope::of(*metric).in_words()));
    }
    if let Some(code) = Code::ALL.iter().find(|code| code.id() == query) {
        parts.push(format!("{} (error code)\n  {}\n", code.id(), code.meaning()));
    }
    let schema = schema();
    let path: Vec<&str> = query.split('.').collect();
    match at(&schema, &schema, &path) {
        Some(node) => parts.push(describe(&schema, query, node)),
        None if path.len() == 1 => {
            let mut named = Vec::new();
            keys(&schema, &schema, String::new(), &mut named);
            let same = named.into_iter().filter(|(path, _)| path.rsplit('.').next() == Some(query));
            parts.extend(same.map(|(path, node)| describe(&schema, &path, node)));
        }
        None => {}
    }
    if parts.is_empty() { Err(nothing(&schema, query)) } else { Ok(parts.join("\n")) }
}

/// The first sentence of the explanation of the key at `path`.
pub(super) fn first_sentence(path: &[String]) -> Option<String> {
    let schema = schema();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let text = at(&schema, &schema, &path)?.get("description")?.as_str()?;
    Some(format!("{}: {}", path.last()?, sentence(text)))
}

fn sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn nothing(schema: &Value, query: &str) -> String {
    let mut named = Vec::new();
    keys(schema, schema, String::new(), &mut named);
    let words = named.iter().flat_map(|(path, _)| [path.as_str(), path.rsplit('.').next().unwrap_or(path)]);
    let words = words.chain(METRICS.iter().map(|(name, ..)| *name)).chain(Code::ALL.iter().map(|code| code.id()));
    let near = suggest::nearest(query, words).map_or_else(String::new, |near| format!(": did you mean \"{near}\"?"));
    format!("there is no key, metric or code \"{query}\"{near}")
}

/// The schema that `node` refers to.
fn follow<'s>(schema: &'s Value, node: &'s Value) -> &'s Value {
    let target = node.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| schema.pointer(pointer)).unwrap_or(node)
}

/// `node` and, where it may be one of several things, those.
fn forms<'s>(schema: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let node = follow(schema, node);
    let variants = node.get("anyOf").and_then(Value::as_array);
    let inner = variants.into_iter().flatten().flat_map(|variant| forms(schema, variant));
    std::iter::once(node).chain(inner).collect()
}

/// The property at `path`; the names in named tables are free.
fn at<'s>(schema: &'s Value, node: &'s Value, path: &[&str]) -> Option<&'s Value> {
    let Some((first, rest)) = path.split_first() else { return Some(node) };
    forms(schema, node).into_iter().find_map(|form| {
        let inner = form.pointer(&format!("/properties/{first}"));
        let inner = inner.or_else(|| form.get("additionalProperties").filter(|inner| inner.is_object()));
        inner.and_then(|inner| at(schema, inner, rest))
    })
}

/// Every key with its path, names standing as NAME.
fn keys<'s>(schema: &'s Value, node: &'s Value, prefix: String, found: &mut Vec<(String, &'s Value)>) {
    let under = |key: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
    for form in forms(schema, node) {
        for (key, inner) in form.get("properties").and_then(Value::as_object).into_iter().flatten() {
            found.push((under(key), inner));
            keys(schema, inner, under(key), found);
        }
        if let Some(inner) = form.get("additionalProperties").filter(|inner| inner.is_object()) {
            keys(schema, inner, under("NAME"), found);
        }
    }
}

fn describe(schema: &Value, path: &str, node: &Value) -> String {
    let text = |node: &Value| node.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut said = format!("{path}\n  {}\n", text(node));
    for form in forms(schema, node) {
        if let Some(examples) = form.get("examples").and_then(Value::as_array) {
            let examples: Vec<String> = examples.iter().map(Value::to_string).collect();
            let _ = writeln!(said, "  {} For example {}.", text(form), examples.join(", "));
        }
    }
    let mut inner = Vec::new();
    keys(schema, node, String::new(), &mut inner);
    let depth = if node.get("additionalProperties").is_some_and(Value::is_object) { 1 } else { 0 };
    for (key, node) in
        inner.iter().filter(|(key, _)| key.matches('.').count() == depth && (depth == 0 || key.starts_with("NAME.")))
    {
        let _ = writeln!(said, "  {path}.{key}: {}", sentence(&text(node)));
    }
    said
}
