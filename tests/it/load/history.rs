use keyfleet::load::{Curve, History, HistoryError, Reason};
use keyfleet::time::{Span, Time};
use std::fmt::Write;

/// Monday, 1 March 2027, 00:00 UTC.
const START: i64 = 1_803_859_200;
const HOUR: Span = Span::from_secs(3600);

/// Rows of one hour from `START` on.
fn hourly(rows: i64, count: impl Fn(i64) -> i64) -> String {
    (0..rows).fold(String::from("ts,y\n"), |mut text, i| {
        writeln!(text, "{},{}", START + i * 3600, count(i)).expect("a string takes all");
        text
    })
}

#[test]
fn a_history_comes_back_as_it_was() {
    let curve = History::parse(&hourly(48, |i| 3600 * (i + 1))).unwrap().curve(START, HOUR * 48).unwrap();
    assert_eq!(curve.slot(), HOUR);
    assert!(curve.rates().iter().copied().eq((1..=48).map(f64::from)));
    // RFC 3339, other line ends, spaces, a byte order mark and another zone say the same.
    let text = "\u{feff}ts, y\r\n2027-03-01T00:00:00Z, 60\r\n2027-03-01T01:01:00+01:00,1.2e2\r\n1803859320,0\r\n\r\n";
    let curve = History::parse(text).unwrap().curve(START, Span::from_secs(180)).unwrap();
    assert_eq!(curve, Curve::new(Span::from_secs(60), vec![1.0, 2.0, 0.0]));
}

#[test]
fn a_run_between_the_rows_keeps_the_counts() {
    let history = History::parse(&hourly(24, |i| 3600 * (i + 1))).unwrap();
    let curve = history.curve(START + 900, HOUR * 20).unwrap();
    assert_eq!(curve.rate_at(Time::ZERO), 0.75 * 1.0 + 0.25 * 2.0);
    assert_eq!(curve.rate_at(Time(HOUR.0 * 19)), 0.75 * 20.0 + 0.25 * 21.0);
    // Covered to its last second, though not by whole slots.
    let end = history.curve(START + 900, Span::from_secs(24 * 3600 - 900)).unwrap();
    assert_eq!(*end.rates().last().unwrap(), 24.0);
}

#[test]
fn the_last_whole_week_is_repeated() {
    // Nine days; the hours of the last seven have to come again, each at its place in the week.
    let history = History::parse(&hourly(216, |i| 3600 * i)).unwrap();
    let curve = history.curve(START, HOUR * (216 + 400)).unwrap();
    for (i, rate) in (0_i64..).zip(curve.rates()) {
        let row = if i < 216 { i } else { 48 + (i - 48) % 168 };
        assert_eq!(*rate, row as f64, "hour {i}");
    }
    // A run long after, and one that begins before and runs into the history.
    let later = history.curve(START + 168 * 3600 * 50, HOUR * 168).unwrap();
    assert!((0_i64..).zip(later.rates()).all(|(i, rate)| *rate == (if i < 48 { 168 + i } else { i }) as f64));
    let before = history.curve(START - 24 * 3600, HOUR * 48).unwrap();
    assert!((0_i64..).zip(before.rates()).all(|(i, rate)| *rate == (if i < 24 { 144 + i } else { i - 24 }) as f64));
    // Not a week, not covered.
    let short = History::parse(&hourly(100, |i| i)).unwrap();
    let wrong = HistoryError { line: 101, column: 1, reason: Reason::NoWholeWeek };
    assert_eq!(short.curve(START, HOUR * 101), Err(wrong));
    assert!(short.curve(START - 1, HOUR).is_err());
    assert!(short.curve(START, HOUR * 100).is_ok());
}

#[test]
fn garbage_is_named() {
    use Reason::*;
    for (text, line, column, reason) in [
        ("", 1, 1, Header),
        ("\n\n", 1, 1, Header),
        ("time,count\n0,1\n1,1", 1, 1, Header),
        ("0,1\n60,2\n", 1, 1, Header),
        ("ts,y,z\n0,1,2\n", 1, 1, Header),
        ("\"ts\",\"y\"\n0,1\n", 1, 1, Header),
        ("ts,y", 1, 1, TooFewRows),
        ("ts,y\n0,1\n", 2, 1, TooFewRows),
        ("ts,y\n0,1\n60\n", 3, 1, Fields(1)),
        ("ts,y\n0,1\n60,2,3\n", 3, 1, Fields(3)),
        ("ts,y\n0,1\n\n60,2\n", 3, 1, Fields(1)),
        ("ts,y\nnoon,1\n60,2\n", 2, 1, Timestamp),
        ("ts,y\n2027-02-30T00:00:00Z,1\n", 2, 1, Timestamp),
        ("ts,y\n2027-03-01T00:00:00.5Z,1\n", 2, 1, Timestamp),
        ("ts,y\n2027-03-01T00:00:00,1\n", 2, 1, Timestamp),
        ("ts,y\n99999999999999,1\n60,2\n", 2, 1, Timestamp),
        ("ts,y\n9223372036854775808,1\n", 2, 1, Timestamp),
        ("ts,y\n0,many\n", 2, 3, NotANumber),
        ("ts,y\n0,\n", 2, 3, NotANumber),
        ("ts,y\n2027-03-01T00:00:00Z,1k\n", 2, 22, NotANumber),
        ("ts,y\n0,1\n60,NaN\n", 3, 4, NotFinite),
        ("ts,y\n0,1\n60,-inf\n", 3, 4, NotFinite),
        ("ts,y\n0,1e999\n", 2, 3, NotFinite),
        ("ts,y\n0,-1\n", 2, 3, Negative),
        ("ts,y\n0,1\n60,1e300\n", 3, 4, TooMany),
        ("ts,y\n0,1\n60,1\n30,1\n", 4, 1, NotSorted),
        ("ts,y\n0,1\n60,1\n60,1\n", 4, 1, Duplicate),
        ("ts,y\n0,1\n120,1\n180,1\n", 3, 1, Gap(120, 60)),
        ("ts,y\n0,1\n60,1\n120,1\n121,1\n180,1\n240,1\n300,1\n", 5, 1, Irregular(1, 60)),
        ("ts,y\n😀,1\n", 2, 1, Timestamp),
        ("ts,y\n\0\0\0", 2, 1, Fields(1)),
        (",", 1, 1, Header),
    ] {
        let wrong = HistoryError { line, column, reason };
        assert_eq!(History::parse(text).unwrap_err()[0], wrong, "{text:?}");
        assert!(wrong.to_string().starts_with(&format!("line {line}, column {column}: ")));
    }
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    use Reason::*;
    let places = |text: &str| -> Vec<(usize, usize, Reason)> {
        let errors = History::parse(text).unwrap_err();
        errors.into_iter().map(|error| (error.line, error.column, error.reason)).collect()
    };
    let text = "ts,y\n0,1\nnoon,1\n60,-1\n60,x\n60,1\n60,2\n30,3\n7\n";
    let rows = [
        (3, 1, Timestamp),
        (4, 4, Negative),
        (5, 4, NotANumber),
        (7, 1, Duplicate),
        (8, 1, NotSorted),
        (9, 1, Fields(1)),
    ];
    assert_eq!(places(text), rows);
    // Steps are looked at only when each row could be read.
    let steps = "ts,y\n0,1\n60,1\n180,1\n240,1\n250,1e300\n310,1\n";
    assert_eq!(places(steps), [(4, 1, Gap(120, 60)), (6, 1, Irregular(10, 60)), (6, 5, TooMany)]);
    assert!(History::parse(text).unwrap_err().iter().all(|error| error.field().is_some() || error.line == 9));
}

#[test]
fn no_cut_or_change_of_a_history_panics() {
    let text = hourly(3, |i| i);
    for at in 0..text.len() {
        for with in ["", "\0", ",", "\n", "-", "9e", "é", "T"] {
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            for text in [&changed, &text[..at]] {
                let _ = History::parse(text).map(|history| history.curve(START, HOUR * 3));
            }
        }
    }
}
