//! The JSON Schema of the scenario language: from the doc comments and types of the raw structs, then made such that a
//! validator names the key and the reason where it can. Knows no key but `extends`.

use crate::scenario::raw::RawScenario;
use serde_json::{Map, Value, json};

/// As derived: unions of their forms, from which explanations are made.
pub(super) fn derived() -> Value {
    let mut schema = schemars::schema_for!(RawScenario).to_value();
    unwrap_lines(&mut schema);
    schema["title"] = "keyfleet scenario".into();
    let names = schema.get_mut("properties").and_then(Value::as_object_mut);
    for table in names.into_iter().flat_map(|properties| properties.values_mut()) {
        if table.get("additionalProperties").is_some_and(Value::is_object) {
            table["propertyNames"] = json!({ "pattern": "^[a-z0-9-]{1,40}$" });
        }
    }
    schema
}

/// JSON Schema (draft 2020-12) of the scenario language, for editors.
#[must_use]
pub fn schema() -> Value {
    let derived = derived();
    let mut schema = simple(&derived, &derived);
    // What a file that extends others lacks may stand in those: only a file that stands alone must have every key.
    let needed = required(&schema, &schema).unwrap_or_default();
    drop_required(&mut schema);
    schema["required"] = json!(["format"]);
    schema["if"] = json!({ "not": { "required": ["extends"] } });
    schema["then"] = needed;
    while drop_unused(&mut schema) {}
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

/// The schema that `node` refers to.
pub(super) fn follow<'s>(schema: &'s Value, node: &'s Value) -> &'s Value {
    let target = node.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| schema.pointer(pointer)).unwrap_or(node)
}

/// `node` without null, which TOML does not have, and without unions: of a value that fits no form of a union,
/// validators can only say that. Where the forms are of different types, the keywords of each apply to its own type
/// only and can stand together.
fn simple(schema: &Value, node: &Value) -> Value {
    match node {
        Value::Array(items) => items.iter().map(|item| simple(schema, item)).collect(),
        Value::Object(object) => {
            let mut plain: Map<String, Value> = object
                .iter()
                .filter(|(key, _)| !["anyOf", "oneOf", "examples"].contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), simple(schema, value)))
                .collect();
            plain.extend(object.get("examples").map(|examples| ("examples".to_owned(), examples.clone())));
            if let Some(Value::Array(types)) = plain.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = &types[..] {
                    plain["type"] = only.clone();
                }
            }
            let forms =
                ["anyOf", "oneOf"].iter().filter_map(|key| object.get(*key)).filter_map(Value::as_array).flatten();
            let forms: Vec<&Value> = forms.filter(|form| form.get("type").is_none_or(|kind| kind != "null")).collect();
            let joined = match forms[..] {
                [] => Map::new(),
                [only] => simple(schema, only).as_object().cloned().unwrap_or_default(),
                _ => join(forms.iter().map(|form| simple(schema, follow(schema, form))).collect()),
            };
            for (key, value) in joined {
                plain.entry(key).or_insert(value);
            }
            Value::Object(plain)
        }
        other => other.clone(),
    }
}

/// Forms of one value joined; words and patterns of texts become one choice. The description is that of the last form,
/// which is the long one.
fn join(forms: Vec<Value>) -> Map<String, Value> {
    let words: Option<Vec<&Value>> = forms.iter().map(|form| form.get("const")).collect();
    if let Some(words) = words {
        let docs: Vec<&Value> = forms.iter().filter_map(|form| form.get("description")).collect();
        let docs = json!({ "docs": { "enumValues": docs } });
        let object = json!({ "type": "string", "enum": words, "x-taplo": docs });
        return object.as_object().cloned().unwrap_or_default();
    }
    let mut joined = Map::new();
    let (mut types, mut patterns, mut free) = (Vec::new(), Vec::new(), false);
    for form in forms {
        let Value::Object(mut form) = form else { continue };
        let kind = form.remove("type").unwrap_or_else(|| "string".into());
        let kinds = kind.as_array().cloned().unwrap_or_else(|| vec![kind]);
        let text = kinds.contains(&"string".into());
        types.extend(kinds.into_iter().filter(|kind| !types.contains(kind)).collect::<Vec<_>>());
        if text {
            let pattern = text_pattern(&mut form);
            free |= pattern.is_none();
            patterns.extend(pattern);
        }
        joined.extend(form);
    }
    joined.insert("type".into(), if types.len() == 1 { types.remove(0) } else { Value::Array(types) });
    if !free {
        let pattern = if patterns.len() == 1 { patterns.remove(0) } else { format!("({})", patterns.join(")|(")) };
        joined.insert("pattern".into(), pattern.into());
    }
    joined
}

/// Takes out of a form what it says of texts, as one pattern; nothing where it takes any text.
fn text_pattern(form: &mut Map<String, Value>) -> Option<String> {
    form.remove("x-taplo");
    let words = form.remove("enum").or_else(|| form.remove("const").map(|word| Value::Array(vec![word])));
    let pattern = form.remove("pattern").and_then(|pattern| pattern.as_str().map(str::to_owned));
    pattern.or_else(|| {
        let words: Vec<&str> = words.as_ref()?.as_array()?.iter().filter_map(Value::as_str).collect();
        Some(format!("^({})$", words.join("|")))
    })
}

/// What tables must have, and nothing else.
fn required(schema: &Value, node: &Value) -> Option<Value> {
    let node = follow(schema, node);
    let mut needed = Map::new();
    needed.extend(node.get("required").map(|keys| ("required".to_owned(), keys.clone())));
    let properties = node.get("properties").and_then(Value::as_object).into_iter().flatten();
    let inner: Map<String, Value> =
        properties.filter_map(|(key, inner)| Some((key.clone(), required(schema, inner)?))).collect();
    if !inner.is_empty() {
        needed.insert("properties".into(), Value::Object(inner));
    }
    let named = node.get("additionalProperties").filter(|inner| inner.is_object());
    needed.extend(named.and_then(|inner| Some(("additionalProperties".to_owned(), required(schema, inner)?))));
    (!needed.is_empty()).then_some(Value::Object(needed))
}

fn drop_required(node: &mut Value) {
    match node {
        Value::Object(object) => {
            object.remove("required");
            object.values_mut().for_each(drop_required);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_required),
        _ => {}
    }
}

/// Drops definitions that nothing refers to; whether there were any.
fn drop_unused(schema: &mut Value) -> bool {
    let text = schema.to_string();
    let Some(Value::Object(definitions)) = schema.get_mut("$defs") else { return false };
    let before = definitions.len();
    definitions.retain(|name, _| text.contains(&format!("\"#/$defs/{name}\"")));
    definitions.len() < before
}
