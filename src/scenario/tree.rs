//! A TOML document in which every key and value knows its place, so that files can be merged and any later error still points
//! at the text that caused it. Knows nothing of what the keys mean.

use super::source::Place;
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// What TOML can say.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Datetime(Datetime),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys in order, each with the place of the key itself.
pub(super) type Table = BTreeMap<String, Entry>;

/// What stands under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Place,
    pub(super) node: Node,
}

/// The keys that lead to a value; an array's elements have their index.
pub(super) type KeyPath = Vec<String>;

/// A syntax error: where, and a sentence.
pub(super) type Fault = (Place, String);

/// `region.us.hsms`, for people.
pub(super) fn dotted(path: &[String]) -> String {
    path.join(".")
}

/// Parses `text`, which is source number `source`. Of syntax errors only the first is given: one brace too few makes every line
/// after it wrong.
pub(super) fn parse(source: usize, text: &str) -> Result<Table, Vec<Fault>> {
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![(Place { source, start: span.start, end: span.end }, error.message().to_string())]
    })?;
    let mut faults = Vec::new();
    let table = table(source, document.get_ref(), &mut faults);
    if faults.is_empty() { Ok(table) } else { Err(faults) }
}

fn table(source: usize, from: &DeTable<'_>, faults: &mut Vec<Fault>) -> Table {
    let entry =
        |key: std::ops::Range<usize>, node| Entry { key: Place { source, start: key.start, end: key.end }, node };
    from.iter()
        .map(|(key, value)| (key.get_ref().to_string(), entry(key.span(), node(source, value, faults))))
        .collect()
}

fn node(source: usize, from: &toml::Spanned<DeValue<'_>>, faults: &mut Vec<Fault>) -> Node {
    let place = Place { source, start: from.span().start, end: from.span().end };
    let value = match from.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                faults.push((place, "this number is too large: the most is 9223372036854775807".into()));
                Value::Integer(0)
            }
        },
        DeValue::Float(digits) => match digits.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() || digits.as_str().contains("inf") => Value::Float(number),
            Ok(_) if digits.as_str().contains("nan") => Value::Float(f64::NAN),
            _ => {
                faults.push((place, "this number is too large: the most is about 1.8e308".into()));
                Value::Float(0.0)
            }
        },
        DeValue::Boolean(yes) => Value::Boolean(*yes),
        DeValue::Datetime(date) => Value::Datetime(*date),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| node(source, item, faults)).collect()),
        DeValue::Table(inner) => Value::Table(table(source, inner, faults)),
    };
    Node { value, place }
}

/// Lays `over` on `base`: tables are joined key by key, anything else is replaced.
pub(super) fn merge(base: &mut Table, over: Table) {
    for (key, entry) in over {
        match (base.get_mut(&key), entry) {
            (
                Some(Entry { key: at, node: Node { value: Value::Table(below), place } }),
                Entry { key, node: Node { value: Value::Table(above), place: above_place } },
            ) => {
                (*at, *place) = (key, above_place);
                merge(below, above);
            }
            (_, entry) => {
                base.insert(key, entry);
            }
        }
    }
}

/// The entry under `path`, or that of the last array it leads through.
pub(super) fn find<'a>(table: &'a Table, path: &[String]) -> Option<&'a Entry> {
    let (first, rest) = path.split_first()?;
    let entry = table.get(first)?;
    match &entry.node.value {
        Value::Table(inner) if !rest.is_empty() => find(inner, rest),
        Value::Table(_) => Some(entry),
        Value::Array(_) => Some(entry),
        _ => rest.is_empty().then_some(entry),
    }
}

/// The place of the value under `path`, of an array's element where the path names one.
pub(super) fn value_place(table: &Table, path: &[String]) -> Option<Place> {
    let entry = find(table, path)?;
    match (&entry.node.value, path.last().and_then(|last| last.parse::<usize>().ok())) {
        (Value::Array(items), Some(index)) => Some(items.get(index).map_or(entry.node.place, |item| item.place)),
        _ => Some(entry.node.place),
    }
}

/// Takes the entry under `path` out; whether something was there.
pub(super) fn remove(table: &mut Table, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    match table.get_mut(first).map(|entry| &mut entry.node.value) {
        None => false,
        Some(Value::Table(inner)) if !rest.is_empty() => remove(inner, rest),
        Some(_) => table.remove(first).is_some(),
    }
}
