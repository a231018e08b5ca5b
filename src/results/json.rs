//! The document of a run as JSON and back. The bytes are canonical: fields in the order of the types, maps in order of their
//! keys, numbers in the shortest form that reads back as the same number.

use super::RunDocument;
use std::fmt;

/// What `schema` says in documents that this program reads and writes.
pub const SCHEMA: &str = "keyfleet.run/1";

/// Why a document cannot be written or read.
#[derive(Debug)]
pub enum JsonError {
    /// Not JSON, or not of this shape: where and why.
    Shape(serde_path_to_error::Error<serde_json::Error>),
    /// Another kind of document, or another version.
    Schema(String),
    /// `scenario.start` is not a moment in RFC 3339.
    Start(String),
    /// A number is infinite or not a number where the document holds only finite ones.
    NotFinite,
    /// Cannot be written at all.
    Write(serde_json::Error),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(error) => write!(f, "not a document of a run: at {}: {}", error.path(), error.inner()),
            Self::Schema(found) => write!(f, "the document is `{found}`; this program reads `{SCHEMA}`"),
            Self::Start(found) => {
                write!(f, "the document's scenario.start `{found}` is not a moment like 2027-03-01T00:00:00Z")
            }
            Self::NotFinite => write!(f, "a number in the document is infinite or not a number"),
            Self::Write(error) => write!(f, "the document cannot be written: {error}"),
        }
    }
}

impl std::error::Error for JsonError {}

/// The document as indented JSON with a final line break.
///
/// # Errors
/// [`JsonError::NotFinite`] where a number is not finite: JSON has no such numbers, and reading them back would silently
/// give something else.
pub fn write(document: &RunDocument) -> Result<Vec<u8>, JsonError> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(JsonError::Write)?;
    bytes.push(b'\n');
    // serde_json writes what is not finite as null; a document that does not read back as itself had such a number.
    match parse(&bytes) {
        Ok(back) if back == *document => Ok(bytes),
        _ => Err(JsonError::NotFinite),
    }
}

/// The document in these bytes.
///
/// # Errors
/// Where they hold something else, the path to it and the reason.
pub fn read(bytes: &[u8]) -> Result<RunDocument, JsonError> {
    let document = parse(bytes)?;
    if document.schema != SCHEMA {
        return Err(JsonError::Schema(document.schema));
    }
    if document.scenario.start.parse::<jiff::Timestamp>().is_err() {
        return Err(JsonError::Start(document.scenario.start));
    }
    Ok(document)
}

fn parse(bytes: &[u8]) -> Result<RunDocument, JsonError> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).map_err(JsonError::Shape)
}

/// The JSON Schema (2020-12) of the document, indented, with a final line break.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(RunDocument);
    let text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text + "\n"
}
