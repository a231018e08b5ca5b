//! An inventory of keys: a table with a line for each key that is there already, read into counts and dates. It knows text and
//! dates, not files. What keys are called serves to put them in order, and goes no further.

use super::model::Listed;
use crate::units::{Count, Date};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Keys of all classes together; a key is a few dozen bytes of a simulation's memory.
pub(super) const MOST_KEYS: u64 = 10_000_000;
/// Columns, those that are required first.
const COLUMNS: [&str; 5] = ["id", "region", "created", "tenant", "algorithm"];
const REQUIRED: usize = 3;
/// 1900-01-01 and 2200-01-01, Unix seconds: as for the start of a scenario.
const YEARS: std::ops::Range<i64> = -2_208_988_800..7_258_118_400;

/// What a class expects of its inventory.
pub(super) struct Expected<'a> {
    /// Ids of regions, in order.
    pub(super) regions: &'a [&'a str],
    /// The class's algorithm.
    pub(super) algorithm: &'a str,
    /// When the scenario begins, Unix seconds.
    pub(super) start: i64,
}

/// Where an inventory is wrong, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wrong {
    /// Line, the header being 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// The field in question, where it is one.
    pub(super) field: Option<&'static str>,
    /// What is wrong there.
    pub(super) reason: Reason,
}

/// What can be wrong with an inventory. No reason quotes the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reason {
    /// The first line does not name the columns.
    Header,
    /// A line has so many fields, and the header so many.
    Fields(usize, usize),
    /// A field begins with a quotation mark.
    Quote,
    /// No id.
    NoId,
    /// The id of an earlier line.
    DoubleId(usize),
    /// No region of the scenario.
    Region,
    /// Neither a day nor RFC 3339, of the years 1900 to 2199.
    Created,
    /// After the scenario's start.
    Future,
    /// Another algorithm than the class's.
    Algorithm,
    /// No line but the header.
    Empty,
    /// More keys than a run can hold.
    TooMany,
}

/// A line as read.
struct Row<'t> {
    line: usize,
    text: &'t str,
    id: &'t str,
    region: usize,
    created: i64,
    tenant: &'t str,
}

/// The place of each of [`COLUMNS`] in a line, where it is there.
type Places = [Option<usize>; COLUMNS.len()];

/// Reads a table whose first line names its columns. Spaces around fields, `\r\n`, a byte order mark and empty lines at the end
/// are allowed; quotes are not. The order of lines does not matter: keys are numbered by region, then id.
///
/// # Errors
/// All that is wrong with the lines, with line and column, in order.
pub(super) fn parse(text: &str, expected: &Expected<'_>) -> Result<Listed, Vec<Wrong>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
    let mut lines = (1..).zip(text.lines());
    let names: Vec<&str> = lines.next().map_or("", |(_, header)| header).split(',').map(str::trim).collect();
    let at = |line, reason| Wrong { line, column: 1, field: None, reason };
    let Some(places) = places(&names) else { return Err(vec![at(1, Reason::Header)]) };
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for (line, text) in lines {
        if rows.len() as u64 == MOST_KEYS {
            wrong.push(at(line, Reason::TooMany));
            break;
        }
        match Row::parse((line, text), (&places, names.len()), expected) {
            Ok(row) => rows.push(row),
            Err(error) => wrong.push(error),
        }
    }
    rows.sort_unstable_by_key(|row| (row.id, row.line));
    let id = places[0].unwrap_or_default();
    for pair in rows.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        let (line, column, reason) = (pair[1].line, column(pair[1].text, id), Reason::DoubleId(pair[0].line));
        wrong.push(Wrong { line, column, field: Some("id"), reason });
    }
    wrong.sort_by_key(|error| error.line);
    if rows.is_empty() && wrong.is_empty() {
        wrong.push(at(2, Reason::Empty));
    }
    if wrong.is_empty() { Ok(listed(rows, expected.regions.len(), places[3].is_some())) } else { Err(wrong) }
}

/// Where the columns are, when each is there at most once and those that are required are.
fn places(names: &[&str]) -> Option<Places> {
    let places = COLUMNS.map(|column| names.iter().position(|name| *name == column));
    let known = places.iter().flatten().count() == names.len();
    (known && places[..REQUIRED].iter().all(Option::is_some)).then_some(places)
}

/// Rows in order of id, as keys by number.
fn listed(mut rows: Vec<Row<'_>>, regions: usize, owned: bool) -> Listed {
    // Stable: by id within a region.
    rows.sort_by_key(|row| row.region);
    let mut counts = vec![0; regions];
    for row in &rows {
        counts[row.region] += 1;
    }
    let names: BTreeSet<&str> = rows.iter().map(|row| row.tenant).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let tenant = |row: &Row<'_>| names.binary_search(&row.tenant).unwrap_or_default() as u32;
    Listed {
        created: rows.iter().map(|row| row.created).collect(),
        tenants: if owned { rows.iter().map(tenant).collect() } else { Vec::new() },
        counts,
        file: String::new(),
    }
}

impl<'t> Row<'t> {
    fn parse(
        (line, text): (usize, &'t str),
        (places, columns): (&Places, usize),
        expected: &Expected<'_>,
    ) -> Result<Self, Wrong> {
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        if fields.len() != columns {
            return Err(Wrong { line, column: 1, field: None, reason: Reason::Fields(fields.len(), columns) });
        }
        let wrong = |which: usize, reason| {
            let place = places[which].unwrap_or_default();
            Wrong { line, column: column(text, place), field: Some(COLUMNS[which]), reason }
        };
        let field = |which: usize| places[which].map_or("", |place| fields[place]);
        if let Some(which) = (0..COLUMNS.len()).find(|which| field(*which).starts_with('"')) {
            return Err(wrong(which, Reason::Quote));
        }
        if field(0).is_empty() {
            return Err(wrong(0, Reason::NoId));
        }
        let Ok(region) = expected.regions.binary_search(&field(1)) else {
            return Err(wrong(1, Reason::Region));
        };
        let created = instant(field(2)).ok_or_else(|| wrong(2, Reason::Created))?;
        if created > expected.start {
            return Err(wrong(2, Reason::Future));
        }
        if places[4].is_some() && field(4) != expected.algorithm {
            return Err(wrong(4, Reason::Algorithm));
        }
        Ok(Self { line, text, id: field(0), region, created, tenant: field(3) })
    }
}

/// The column at which a field of a line begins, in characters from 1.
fn column(text: &str, place: usize) -> usize {
    text.split(',').take(place).map(|field| field.chars().count() + 1).sum::<usize>() + 1
}

/// Unix seconds of an instant; a day begins at midnight UTC.
fn instant(text: &str) -> Option<i64> {
    let seconds = match Date::from_str(text) {
        Ok(Date(day)) => jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_second(),
        Err(_) => text.parse::<jiff::Timestamp>().ok()?.as_second(),
    };
    YEARS.contains(&seconds).then_some(seconds)
}

impl Reason {
    /// What to write instead.
    pub(super) fn remedy(self, expected: &Expected<'_>) -> String {
        match self {
            Self::Header => "begin the file with the line id,region,created and one line for each key, such as \
                             a17,eu,2026-05-01; columns tenant and algorithm may follow"
                .to_owned(),
            Self::Fields(..) => "write one field for each column; no commas in them, no empty lines".to_owned(),
            Self::Quote => "write fields without quotation marks, and without commas in them".to_owned(),
            Self::NoId => "give each key a name of its own".to_owned(),
            Self::DoubleId(_) => "keep one of the lines".to_owned(),
            Self::Region => format!("use one of {}", expected.regions.join(", ")),
            Self::Created => "write for example 2026-05-01 or 2026-05-01T09:30:00Z".to_owned(),
            Self::Future => {
                "list the keys that are there when the scenario begins; `start` says when that is".to_owned()
            }
            Self::Algorithm => format!("list keys that are not {} as another class", expected.algorithm),
            Self::Empty => "list at least one key".to_owned(),
            Self::TooMany => "list fewer keys, or give a `count`".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the first line must name the columns `id,region,created`"),
            Self::Fields(found, columns) => {
                write!(f, "the header names {columns} columns; this line has {found} fields")
            }
            Self::Quote => f.write_str("a quotation mark"),
            Self::NoId => f.write_str("the key has no id"),
            Self::DoubleId(line) => write!(f, "the key of line {line} once more"),
            Self::Region => f.write_str("the scenario has no such region"),
            Self::Created => {
                f.write_str("not a day, such as 2026-05-01, or a time in RFC 3339, of the years 1900 to 2199")
            }
            Self::Future => f.write_str("the key is made after the scenario begins"),
            Self::Algorithm => f.write_str("not the algorithm of the class"),
            Self::Empty => f.write_str("the inventory lists no key"),
            Self::TooMany => write!(f, "more keys than a run can hold: {}", Count(MOST_KEYS)),
        }
    }
}
