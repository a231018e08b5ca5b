//! serde over the merged tree. Written here because its errors must name the key and point at the file it came from, across
//! `extends` and `--set`, which a deserializer of one text cannot do.

use super::source::Place;
use super::tree::{Entry, KeyPath, Node, Table, Value};
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;

/// How the toml crate's `Datetime` asks for its own kind of value.
const DATETIME: &str = "$__toml_private_datetime";

/// Why a tree is no scenario.
#[derive(Clone, Debug)]
pub(super) struct Error {
    /// From the root to the culprit.
    pub(super) path: KeyPath,
    /// Where it stands; the key for an unknown key, the table's name for a missing one.
    pub(super) place: Option<Place>,
    /// What is wrong.
    pub(super) kind: Kind,
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A sentence.
    Wrong(String),
    /// Of the wrong type: what was expected.
    Type(String),
    /// No such key; those there are.
    UnknownKey(String, &'static [&'static str]),
    /// No such word; those there are.
    UnknownWord(String, &'static [&'static str]),
    /// The key that is missing.
    Missing(&'static str),
}

impl Error {
    fn of(kind: Kind) -> Self {
        Self { path: Vec::new(), place: None, kind }
    }

    /// Called once per level on the way out of the value under `key`.
    fn under(mut self, key: &str, entry_key: Place, node: &Node) -> Self {
        if self.place.is_none() {
            self.place = Some(if matches!(self.kind, Kind::Missing(_)) { entry_key } else { node.place });
            if let Kind::Type(expected) = &self.kind {
                self.kind = Kind::Wrong(format!("expected {expected}, found {}", describe(&node.value)));
            }
        }
        self.path.insert(0, key.to_owned());
        self
    }
}

/// A value in words.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Text(text) if text.chars().count() <= 40 => format!("the text \"{text}\""),
        Value::Text(_) => "a long text".into(),
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Boolean(yes) => format!("{yes}"),
        Value::Datetime(date) => format!("the date {date}"),
        Value::Array(_) => "a list".into(),
        Value::Table(_) => "a table".into(),
    }
}

/// What serde calls a thing, in the words of the language.
fn in_words(expected: &dyn de::Expected) -> String {
    let said = expected.to_string();
    match said.as_str() {
        "u8" => "a whole number from 0 to 255".into(),
        "u16" => "a whole number from 0 to 65535".into(),
        "u32" => "a whole number from 0 to 4294967295".into(),
        "u64" | "usize" => "a whole number, not negative".into(),
        "i32" | "i64" => "a whole number".into(),
        "f64" => "a number".into(),
        "a string" | "string" => "a text".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table".into(),
        "a TOML datetime" => "a date such as 2027-03-01".into(),
        _ if said.starts_with("struct ") => "a table".into(),
        _ if said.starts_with("enum ") || said.starts_with("variant ") => "a text".into(),
        _ => said,
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(Kind::Wrong(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::of(Kind::Type(in_words(expected)))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::of(Kind::Type(in_words(expected)))
    }

    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        Self::of(Kind::Type(in_words(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::UnknownKey(field.to_owned(), expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::of(Kind::UnknownWord(variant.to_owned(), expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(Kind::Missing(field))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Wrong(sentence) => f.write_str(sentence),
            Kind::Type(expected) => write!(f, "expected {expected}"),
            Kind::UnknownKey(key, _) => write!(f, "unknown key \"{key}\""),
            Kind::UnknownWord(word, _) => write!(f, "unknown word \"{word}\""),
            Kind::Missing(key) => write!(f, "the key \"{key}\" is missing"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads a `T` from the whole of a document.
pub(super) fn from_table<'de, T: de::Deserialize<'de>>(table: &'de Table) -> Result<T, Error> {
    T::deserialize(InTable(table))
}

/// The document itself, which has no place.
struct InTable<'de>(&'de Table);

impl<'de> Deserializer<'de> for InTable<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Pairs { rest: self.0.iter(), value: None })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(yes) => visitor.visit_bool(*yes),
            Value::Datetime(date) => visitor.visit_map(OneDate(Some(date.to_string()))),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter().enumerate() }),
            Value::Table(table) => visitor.visit_map(Pairs { rest: table.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            // A list would be taken for the fields in order, a date for a table with an odd key: neither is meant.
            Value::Array(_) => Err(Error::of(Kind::Type("a table".into()))),
            Value::Datetime(_) if fields != [DATETIME] => Err(Error::of(Kind::Type("a table".into()))),
            Value::Table(_) if fields == [DATETIME] => Err(Error::of(Kind::Type("a date such as 2027-03-01".into()))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Datetime(_) => Err(Error::of(Kind::Type("a table".into()))),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Value::Text(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            _ => Err(Error::of(Kind::Type(format!("one of {}", variants.join(", "))))),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct identifier ignored_any
    }
}

struct Pairs<'de> {
    rest: std::collections::btree_map::Iter<'de, String, Entry>,
    value: Option<(&'de str, &'de Entry)>,
}

impl<'de> MapAccess<'de> for Pairs<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, entry)) = self.rest.next() else { return Ok(None) };
        self.value = Some((key, entry));
        let read = seed.deserialize(de::value::BorrowedStrDeserializer::<Error>::new(key));
        read.map(Some).map_err(|error| Error { path: vec![key.clone()], place: Some(entry.key), ..error })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let (key, entry) = self.value.take().expect("serde asks for a value only after its key");
        seed.deserialize(&entry.node).map_err(|error| error.under(key, entry.key, &entry.node))
    }
}

struct Items<'de> {
    rest: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((index, node)) = self.rest.next() else { return Ok(None) };
        let read = seed.deserialize(node).map(Some);
        read.map_err(|error| error.under(&index.to_string(), node.place, node))
    }
}

/// A date as the toml crate's own `Datetime` wants to be handed it.
struct OneDate(Option<String>);

impl<'de> MapAccess<'de> for OneDate {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        match self.0 {
            Some(_) => seed
                .deserialize(de::value::BorrowedStrDeserializer::<Error>::new(DATETIME))
                .map(Some)
                .map_err(|_| Error::of(Kind::Type("another kind of value".into()))),
            None => Ok(None),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.0.take().expect("serde asks for a value only after its key").into_deserializer())
    }
}
