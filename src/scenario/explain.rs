//! Explanations of keys, metrics, codes, failure reasons, devices, places and the other words of the language and of reports. Those of
//! keys come from the doc comments of the raw structs by way of the JSON Schema, so that schema, help and language
//! cannot drift apart.

mod glossary;
mod schema;
mod topic;

pub use schema::schema;
pub use topic::TOPICS;

use super::suggest;
use schema::follow;
use serde_json::Value;
use std::fmt::Write;

/// What a word means, in whatever case: a scenario key (`region.us.hsms`, `region.hsms`, `rotate.uses`, `hsms`), a word that
/// one may be set to (`destroy`), a metric (`p99`), an error code (`not-timed`), a failure reason (`no-host`), a kind of audit
/// record (`no-slot`), a device, place, shape, algorithm or call; or, for the name of a topic, all that it has.
///
/// # Errors
/// A sentence with the nearest known word.
pub fn explain(query: &str) -> Result<String, String> {
    let (query, schema) = (query.trim(), schema::derived());
    // As written first: an id that a scenario gives is told as it is.
    let found = known(&schema, query).or_else(|| known(&schema, &query.to_lowercase()));
    found.ok_or_else(|| nothing(&schema, query))
}

/// All that a word means.
fn known(schema: &Value, query: &str) -> Option<String> {
    if let Some(list) = topic::list(query) {
        return Some(list);
    }
    let mut parts = topic::word(query);
    let mut named = Vec::new();
    keys(schema, schema, String::new(), &mut named);
    let path: Vec<&str> = query.split('.').collect();
    match at(schema, schema, &path) {
        Some((full, node)) => parts.push(describe(schema, &full.join("."), node)),
        None => {
            let inner = format!(".{query}");
            let same = named.iter().filter(|(path, _)| path.ends_with(&inner));
            parts.extend(same.map(|(path, node)| describe(schema, path, node)));
        }
    }
    parts.extend(named.iter().filter_map(|(path, node)| value(schema, (path, node), query)));
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// What it means that a key is set to a word.
fn value(schema: &Value, (path, node): (&str, &Value), word: &str) -> Option<String> {
    let words = forms(schema, node).into_iter().filter_map(|form| form.get("oneOf")?.as_array()).flatten();
    let meant = words.filter(|known| known.get("const").and_then(Value::as_str) == Some(word));
    meant.map(|known| format!("{path} = \"{word}\"\n  {}\n", text(schema, known))).next()
}

/// Every key of the language with the first sentence of its explanation.
fn all_keys() -> Vec<(String, String)> {
    let schema = schema::derived();
    let mut named = Vec::new();
    keys(&schema, &schema, String::new(), &mut named);
    named.into_iter().map(|(path, node)| (path, sentence(&text(&schema, node)).to_owned())).collect()
}

/// The first sentence of the explanation of the key at `path`.
pub(super) fn first_sentence(path: &[String]) -> Option<String> {
    let schema = schema::derived();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (_, node) = at(&schema, &schema, &path)?;
    Some(format!("{}: {}", path.last()?, sentence(node.get("description")?.as_str()?)))
}

/// Up to the first stop that ends a sentence: one outside of quotes and brackets, before a capital letter or at the
/// end.
fn sentence(text: &str) -> &str {
    let (mut open, mut quoted) = (0_i32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' | '`' => quoted = !quoted,
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open -= 1,
            '.' if !quoted && open <= 0 => {
                let rest = &text[at + 1..];
                let next = rest.trim_start().chars().next();
                if rest.starts_with(' ') && next.is_some_and(char::is_uppercase) || next.is_none() {
                    return &text[..at];
                }
            }
            _ => {}
        }
    }
    text.trim_end_matches('.')
}

/// The first sentence, and what holds where nothing is said.
fn in_short(text: &str) -> String {
    let usual = ["Default: ", "Required"].into_iter().filter_map(|word| text.find(&format!(". {word}"))).min();
    let usual = usual.map_or_else(String::new, |at| format!(". {}", text[at + 2..].trim_end_matches('.')));
    format!("{}{usual}", sentence(text))
}

fn nothing(schema: &Value, query: &str) -> String {
    let mut named = Vec::new();
    keys(schema, schema, String::new(), &mut named);
    let mut words: Vec<String> = named
        .iter()
        .flat_map(|(path, _)| [path.as_str(), path.rsplit('.').next().unwrap_or(path)].map(str::to_owned))
        .collect();
    words.extend(topic::words());
    let near = suggest::nearest(query, words.iter().map(String::as_str));
    let near = near.map_or_else(String::new, |near| format!(": did you mean \"{near}\"?"));
    format!("nothing is called \"{query}\"{near}; `keyfleet explain` lists what there is")
}

/// `node` and, where it may be one of several things, those.
fn forms<'s>(schema: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let node = follow(schema, node);
    let variants = node.get("anyOf").and_then(Value::as_array);
    let inner = variants.into_iter().flatten().flat_map(|variant| forms(schema, variant));
    std::iter::once(node).chain(inner).collect()
}

/// The property at `path`, with the path in full: names of named tables are free and may be left out.
fn at<'s>(schema: &'s Value, node: &'s Value, path: &[&str]) -> Option<(Vec<String>, &'s Value)> {
    let Some((first, rest)) = path.split_first() else { return Some((Vec::new(), node)) };
    let under = |key: &str, (mut path, node): (Vec<String>, &'s Value)| {
        path.insert(0, key.to_owned());
        (path, node)
    };
    forms(schema, node).into_iter().find_map(|form| {
        if let Some(inner) = property(form, first) {
            return at(schema, inner, rest).map(|found| under(first, found));
        }
        let named = form.get("additionalProperties").filter(|inner| inner.is_object())?;
        // `load.timeout` is about the key of any load, not about a load that is called so.
        let known = forms(schema, named).iter().any(|form| property(form, first).is_some());
        let left_out = known.then(|| at(schema, named, path)).flatten().map(|found| under("NAME", found));
        let id = first.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        left_out.or_else(|| at(schema, named, rest).filter(|_| id).map(|found| under(first, found)))
    })
}

fn property<'s>(form: &'s Value, key: &str) -> Option<&'s Value> {
    form.get("properties")?.get(key)
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

/// What is said of a node itself, else of what it refers to.
fn text(schema: &Value, node: &Value) -> String {
    let said = |node: &Value| node.get("description").and_then(Value::as_str).map(str::to_owned);
    said(node).or_else(|| forms(schema, node).into_iter().find_map(said)).unwrap_or_default()
}

fn describe(schema: &Value, path: &str, node: &Value) -> String {
    let own = text(schema, node);
    let mut said = format!("{path}\n  {own}\n");
    for form in forms(schema, node) {
        let about = form.get("description").and_then(Value::as_str).filter(|about| *about != own).unwrap_or_default();
        if let Some(examples) = form.get("examples").and_then(Value::as_array) {
            let examples: Vec<String> = examples.iter().map(Value::to_string).collect();
            let _ = writeln!(said, "  {}", format!("{about} For example {}.", examples.join(", ")).trim_start());
        }
        for word in form.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            if let (Some(word), about) = (word.get("const"), text(schema, word)) {
                let _ = writeln!(said, "  {word}: {about}");
            }
        }
    }
    let mut inner = Vec::new();
    keys(schema, node, String::new(), &mut inner);
    let depth = if node.get("additionalProperties").is_some_and(Value::is_object) { 1 } else { 0 };
    for (key, node) in
        inner.iter().filter(|(key, _)| key.matches('.').count() == depth && (depth == 0 || key.starts_with("NAME.")))
    {
        let _ = writeln!(said, "  {path}.{key}: {}", in_short(&text(schema, node)));
    }
    said
}
