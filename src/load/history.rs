//! A load history: a table of counts over time that was recorded somewhere, made into demand for a run. It knows text and Unix
//! time, not files; local time and holidays are in the data already.

use super::Curve;
use crate::time::Span;
use std::fmt;

/// A week, in seconds.
const WEEK: i64 = 7 * 86_400;
/// Demand beyond one request per nanosecond cannot be told apart in time: the figure is a mistake.
const MAX_RATE: f64 = 1e9;

/// Counts of consecutive intervals of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Where the first interval begins, Unix seconds UTC.
    first: i64,
    /// Length of an interval, seconds, at least 1.
    step: i64,
    counts: Vec<f64>,
}

/// Where a history is wrong, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryError {
    /// Line, the header being 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// What can be wrong with a history.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The first line is not `ts,y`.
    Header,
    /// A line has not exactly two fields.
    Fields(usize),
    /// Neither RFC 3339 nor whole Unix seconds of the years -9999 to 9999.
    Timestamp,
    /// The count is not a number.
    NotANumber,
    /// The count is infinite or not a number by its own account.
    NotFinite,
    /// The count is negative.
    Negative,
    /// More than one request per nanosecond.
    TooMany,
    /// Earlier than the row before.
    NotSorted,
    /// The same instant as the row before.
    Duplicate,
    /// Rows are missing before this one, or the step changes: seconds since the row before, and the usual step.
    Gap(i64, i64),
    /// Sooner after the row before than the others: seconds since the row before, and the usual step.
    Irregular(i64, i64),
    /// Intervals of more than a week, which show no demand: their length in seconds.
    LongStep(i64),
    /// Fewer than two rows, which have no step.
    TooFewRows,
    /// The history does not cover the run and has no whole week that could be repeated.
    NoWholeWeek,
}

/// A row as read: its line, the column of its count, its instant and count.
struct Row {
    line: usize,
    column: usize,
    at: i64,
    count: f64,
}

impl History {
    /// Reads a table with the header `ts,y`: when an interval begins, in RFC 3339 or Unix seconds, and the requests from then
    /// until the next row; the last interval is as long as the others. Spaces around fields, `\r\n`, a byte order mark and
    /// empty lines at the end are allowed; quotes are not.
    ///
    /// # Errors
    /// All that is wrong with the rows, with line and column, in order; then all that is wrong with the steps between
    /// them.
    pub fn parse(text: &str) -> Result<Self, Vec<HistoryError>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end();
        let mut lines = (1..).zip(text.lines());
        let header = lines.next().map_or("", |(_, header)| header);
        if !header.split(',').map(str::trim).eq(["ts", "y"]) {
            return Err(vec![HistoryError { line: 1, column: 1, reason: Reason::Header }]);
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut wrong = Vec::new();
        for (line, text) in lines {
            match (Row::parse(line, text), rows.last()) {
                (Err(error), _) => wrong.push(error),
                (Ok(row), Some(before)) if row.at <= before.at => {
                    let reason = if row.at == before.at { Reason::Duplicate } else { Reason::NotSorted };
                    wrong.push(HistoryError { line, column: 1, reason });
                }
                (Ok(row), _) => rows.push(row),
            }
        }
        // A row that is missing for another reason would only look like a gap.
        if wrong.is_empty() { Self::regular(&rows) } else { Err(wrong) }
    }

    /// Finds the step, and the rows that do not keep it.
    fn regular(rows: &[Row]) -> Result<Self, Vec<HistoryError>> {
        let steps = || rows.windows(2).map(|pair| pair[1].at - pair[0].at);
        let mut sorted: Vec<i64> = steps().collect();
        sorted.sort_unstable();
        // The lower median: a gap or a stray row anywhere, also at the beginning, is then what stands out.
        let Some(&step) = sorted.get(sorted.len().saturating_sub(1) / 2) else {
            return Err(vec![HistoryError { line: rows.len() + 1, column: 1, reason: Reason::TooFewRows }]);
        };
        let uneven = rows[1..].iter().zip(steps()).filter(|(_, found)| *found != step).map(|(row, found)| {
            let reason = if found > step { Reason::Gap(found, step) } else { Reason::Irregular(found, step) };
            HistoryError { line: row.line, column: 1, reason }
        });
        let large = rows.iter().filter(|row| row.count / step as f64 > MAX_RATE);
        let large = large.map(|row| HistoryError { line: row.line, column: row.column, reason: Reason::TooMany });
        let long =
            (step > WEEK).then(|| HistoryError { line: rows[1].line, column: 1, reason: Reason::LongStep(step) });
        let wrong: Vec<HistoryError> = uneven.chain(large).chain(long).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self { first: rows[0].at, step, counts: rows.iter().map(|row| row.count).collect() })
    }

    /// Demand of a run that begins at `start` (Unix seconds UTC) and lasts `horizon`, in slots of one step. Where the
    /// history does not reach, its last seven days are repeated, each hour of the week (UTC) at its place. Where the run's slots
    /// and the history's intervals do not meet, each slot has the mean of what it overlaps.
    ///
    /// # Errors
    /// [`Reason::NoWholeWeek`] at the last line, when the history does not cover the run and is shorter than a week.
    pub fn curve(&self, start: i64, horizon: Span) -> Result<Curve, HistoryError> {
        let slot = Span::from_secs(self.step.unsigned_abs());
        let slots = i64::try_from(horizon.0.div_ceil(slot.0).max(1)).unwrap_or(i64::MAX);
        let run_end = start.saturating_add(i64::try_from(horizon.0.div_ceil(1_000_000_000)).unwrap_or(i64::MAX));
        let covers = self.first <= start && run_end <= self.end();
        let repeats = self.end() - self.first >= WEEK;
        if !covers && !repeats {
            return Err(HistoryError { line: self.counts.len() + 1, column: 1, reason: Reason::NoWholeWeek });
        }
        let begin = |i: i64| start.saturating_add(i.saturating_mul(self.step));
        // What a last slot has beyond a run that the history covers is not asked for.
        let limit = if repeats { i64::MAX } else { self.end() };
        let rate = |i: i64| self.mean_rate(begin(i), begin(i + 1).min(limit));
        Ok(Curve::new(slot, (0..slots).map(rate).collect()))
    }

    /// Requests per second, averaged over as many whole weeks as there are, counted back from the end, so that no day of the
    /// week weighs more than another; over all of a history that is shorter than a week.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let weeks = (self.end() - self.first) / WEEK;
        let from = if weeks > 0 { self.end() - weeks * WEEK } else { self.first };
        self.mean_rate(from, self.end())
    }

    /// Where the last interval ends, Unix seconds.
    fn end(&self) -> i64 {
        self.first + self.step * self.counts.len() as i64
    }

    /// Requests per second from one instant until a later one, the history repeated where it does not reach.
    fn mean_rate(&self, from: i64, until: i64) -> f64 {
        let (mut at, mut sum) = (from, 0.0);
        while at < until {
            let covered = (self.first..self.end()).contains(&at);
            let week = self.end() - WEEK;
            let there = if covered { at } else { week + (at - week).rem_euclid(WEEK) };
            let row = (there - self.first) / self.step;
            let rate = self.counts[row as usize] / self.step as f64;
            let mut rest = self.first + (row + 1) * self.step - there;
            if at < self.first {
                // The repeated weeks end where the history begins.
                rest = rest.min(self.first - at);
            }
            let piece = rest.min(until - at);
            if piece == until - from {
                return rate;
            }
            sum += rate * piece as f64;
            at += piece;
        }
        sum / (until - from) as f64
    }
}

impl Row {
    fn parse(line: usize, text: &str) -> Result<Self, HistoryError> {
        let wrong = |column, reason| HistoryError { line, column, reason };
        let fields = text.split(',').count();
        let Some((ts, y)) = text.split_once(',').filter(|_| fields == 2) else {
            return Err(wrong(1, Reason::Fields(fields)));
        };
        let column = ts.chars().count() + 2;
        let at = timestamp(ts.trim()).ok_or_else(|| wrong(1, Reason::Timestamp))?;
        let count: f64 = y.trim().parse().map_err(|_| wrong(column, Reason::NotANumber))?;
        match count {
            _ if !count.is_finite() => Err(wrong(column, Reason::NotFinite)),
            _ if count < 0.0 => Err(wrong(column, Reason::Negative)),
            _ => Ok(Self { line, column, at, count }),
        }
    }
}

/// Unix seconds of an instant, when it is one and lies on a whole second.
fn timestamp(text: &str) -> Option<i64> {
    let instant = match text.parse::<i64>() {
        Ok(seconds) => jiff::Timestamp::from_second(seconds).ok()?,
        Err(_) => text.parse::<jiff::Timestamp>().ok()?,
    };
    (instant.subsec_nanosecond() == 0).then_some(instant.as_second())
}

impl HistoryError {
    /// The field in question, where it is one.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self.reason {
            Reason::Timestamp | Reason::NotSorted | Reason::Duplicate | Reason::Gap(..) | Reason::Irregular(..) => {
                Some("ts")
            }
            Reason::NotANumber | Reason::NotFinite | Reason::Negative | Reason::TooMany => Some("y"),
            Reason::Header | Reason::Fields(_) | Reason::LongStep(_) | Reason::TooFewRows | Reason::NoWholeWeek => None,
        }
    }
}

impl Reason {
    /// What to write instead.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Header => "begin the file with the line ts,y and one row for each interval, such as 1803859200,600",
            Self::Fields(_) => {
                "write a time, a comma and a count; no thousands separators, no empty lines between rows"
            }
            Self::Timestamp => "write for example 2027-03-01T00:00:00Z or 1803859200",
            Self::NotANumber | Self::NotFinite => "write plain digits, such as 1200 or 1200.5",
            Self::Negative => "write how many operations were asked for until the next row: 0 or more",
            Self::TooMany => "counts are of one interval: are these of a longer time?",
            Self::NotSorted => "sort the rows by time",
            Self::Duplicate => "keep one of the rows, or add their counts",
            Self::Gap(..) => "add the rows that are missing; where nothing was asked for, with the count 0",
            Self::Irregular(..) => "all intervals are equally long: take this row out, or add the others",
            Self::LongStep(_) => "give a row for each day, hour or minute",
            Self::TooFewRows => "give at least two rows: they say how long an interval is",
            Self::NoWholeWeek => "give rows for the whole of the run, or for at least seven days",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the first line must be the header `ts,y`"),
            Self::Fields(found) => write!(f, "a row has two fields, `ts,y`; this one has {found}"),
            Self::Timestamp => {
                f.write_str("not a time in RFC 3339, such as 2027-03-01T00:00:00Z, or whole Unix seconds")
            }
            Self::NotANumber => f.write_str("the count is not a number"),
            Self::NotFinite => f.write_str("the count is not a finite number"),
            Self::Negative => f.write_str("the count is negative"),
            Self::TooMany => f.write_str("the count is more than one request per nanosecond"),
            Self::NotSorted => f.write_str("this row is earlier than the one before"),
            Self::Duplicate => f.write_str("this row has the same time as the one before"),
            Self::Gap(found, step) => write!(f, "a gap: {found} s since the row before, the step is {step} s"),
            Self::Irregular(found, step) => {
                write!(f, "too early: {found} s since the row before, the step is {step} s")
            }
            Self::LongStep(step) => write!(f, "the step is {step} s, more than a week"),
            Self::TooFewRows => f.write_str("a history needs at least two rows"),
            Self::NoWholeWeek => {
                f.write_str("the history does not cover the run and has no whole week that could be repeated")
            }
        }
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

impl std::error::Error for HistoryError {}
