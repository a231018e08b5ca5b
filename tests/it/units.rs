//! Quantities as people write them: what is accepted, what is refused and with which sentence, and the way back to text.

use keyfleet::time::Span;
use keyfleet::units::{Count, Date, Duration, Factor, Growth, Percent, Rate};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn read<T: FromStr<Err = keyfleet::units::UnitError>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal<T: FromStr<Err = keyfleet::units::UnitError> + Debug>(text: &str) -> String {
    text.parse::<T>().expect_err(text).to_string()
}

#[test]
fn durations_are_exact() {
    let cases = [
        ("250 ms", 250_000_000),
        ("250ms", 250_000_000),
        (" 10 us ", 10_000),
        ("10 µs", 10_000),
        ("0.1 us", 100),
        ("1.5 h", 5_400_000_000_000),
        ("1 min", 60_000_000_000),
        ("3 d", 259_200_000_000_000),
        ("2 w", 1_209_600_000_000_000),
        ("1 y", 31_536_000_000_000_000),
        ("1_000 s", 1_000_000_000_000),
        ("0 s", 0),
        ("584 y", 584 * 31_536_000_000_000_000),
        ("1.234567891 s", 1_234_567_891),
    ];
    for (text, nanoseconds) in cases {
        assert_eq!(read::<Duration>(text).span(), Span(nanoseconds), "{text}");
    }
}

#[test]
fn duration_refusals_say_what_to_write() {
    let cases = [
        ("250", "250 needs a unit, for example \"250 ms\", \"250 s\" or \"250 d\""),
        ("", "is empty: write a duration as \"250 ms\" or \"1.5 h\""),
        ("-5 s", "\"-5 s\" is negative: write a duration as \"250 ms\" or \"1.5 h\""),
        ("5 m", "\"5 m\" may mean minutes or months: write \"5 min\", or months as days"),
        ("3 days", "unknown unit \"days\": write \"3 d\""),
        ("3 MS", "unknown unit \"MS\": write \"3 ms\""),
        ("1 month", "a month has no fixed length: write days, for example \"30 d\" for \"1 month\""),
        ("1 h 30 min", "\"1 h 30 min\" is more than one number and one unit: write for example \"90 min\""),
        ("5 parsec", "unknown unit \"parsec\": use ns, us, ms, s, min, h, d, w or y, for example \"5 s\""),
        ("0.4 ns", "\"0.4 ns\" is shorter than a nanosecond: the least is \"1 ns\""),
        ("585 y", "\"585 y\" is too long: the most is \"584 y\""),
        ("inf", "\"inf\" does not begin with a number: write a duration as \"250 ms\" or \"1.5 h\""),
        ("1e3 s", "\"1e3 s\" has an exponent: write a duration as \"250 ms\" or \"1.5 h\""),
        (
            "1,5 s",
            "\"1,5 s\" has a comma (a point marks decimals, \"_\" may group digits): write a duration as \"250 ms\" or \"1.5 h\"",
        ),
    ];
    for (text, sentence) in cases {
        assert_eq!(refusal::<Duration>(text), sentence, "{text}");
    }
    for text in
        [".5 s", "5. s", "1__0 s", "_1 s", "1.2.3 s", "1 000 s", "123456789012345678901234567890 s", "ms", "5 s;"]
    {
        refusal::<Duration>(text);
    }
}

#[test]
fn rates_are_per_second() {
    let cases = [
        ("300/s", 300.0),
        ("1.2 k/s", 1200.0),
        ("1.2k/s", 1200.0),
        ("40/min", 40.0 / 60.0),
        ("5 M/d", 5e6 / 86_400.0),
        ("2 G/h", 2e9 / 3_600.0),
        ("1/y", 1.0 / 31_536_000.0),
        ("3 / ms", 3_000.0),
        ("0.1/s", 0.1),
        ("0/s", 0.0),
    ];
    for (text, per_second) in cases {
        assert_eq!(read::<Rate>(text).per_second(), per_second, "{text}");
    }
}

#[test]
fn rate_refusals_say_what_to_write() {
    let cases = [
        ("300", "300 needs a unit of time, for example \"300/s\" or \"300/min\""),
        ("10 k", "10 k needs a unit of time, for example \"10 k/s\" or \"10 k/min\""),
        ("300 rps", "\"300 rps\" is not a rate: write \"300/s\", with k, M or G before the slash if large"),
        ("5 req/s", "\"req\" is not k, M or G: write \"5/s\", without a name of what is counted"),
        ("5 k ops/min", "\"k ops\" is not k, M or G: write \"5 k/min\", without a name of what is counted"),
        ("5 K/s", "unknown prefix \"K\", kilo is a small k: write \"5 k/s\""),
        ("5 m/s", "unknown prefix \"m\", million is a capital M: write \"5 M/s\""),
        ("5/minute", "unknown unit of time in \"5/minute\": write for example \"5/min\""),
        ("-5/s", "\"-5/s\" is negative: write a rate as \"300/s\" or \"1.2 k/s\""),
    ];
    for (text, sentence) in cases {
        assert_eq!(refusal::<Rate>(text), sentence, "{text}");
    }
}

#[test]
fn shares_growth_factors_counts() {
    assert_eq!(read::<Percent>("99.95 %").fraction(), 0.9995);
    assert_eq!(read::<Percent>("0.1%").fraction(), 0.001);
    assert_eq!(read::<Percent>("100 %").fraction(), 1.0);
    assert_eq!(
        refusal::<Percent>("0.9995"),
        "0.9995 needs a unit: write \"99.95 %\", or \"0.9995 %\" if that is meant"
    );
    assert_eq!(refusal::<Percent>("99.95"), "\"99.95\" needs the unit \"%\", for example \"99.95 %\"");
    assert_eq!(refusal::<Percent>("100.1 %"), "\"100.1 %\" is more than the whole: the most is \"100 %\"");
    assert_eq!(read::<Growth>("18 %/y").per_year(), 0.18);
    assert_eq!(read::<Growth>("-5 % / y").per_year(), -0.05);
    assert_eq!(refusal::<Growth>("18 %"), "\"18 %\" is not growth per year: write for example \"18 %/y\"");
    assert_eq!(refusal::<Growth>("-100 %/y"), "\"-100 %/y\" leaves nothing: growth is above \"-100 %/y\"");
    assert_eq!(read::<Factor>("8x").get(), 8.0);
    assert_eq!(read::<Factor>("1.5").get(), 1.5);
    assert_eq!(refusal::<Factor>("150 %"), "\"150 %\" is not a factor: write 1.5");
    assert_eq!(read::<Count>("40 k"), Count(40_000));
    assert_eq!(read::<Count>("1.5M"), Count(1_500_000));
    assert_eq!(read::<Count>("40_000"), Count(40_000));
    assert_eq!(refusal::<Count>("1.5"), "1.5 is not a whole number: write for example 40_000 or \"1.5 k\"");
    assert_eq!(
        refusal::<Count>("99_000_000_000 G"),
        "99_000_000_000 G is too large: the most is 18_446_744_073_709_551_615"
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sheet {
    timeout: Duration,
    rate: Rate,
    share: Percent,
    count: Count,
    factor: Factor,
    growth: Growth,
}

const SHEET: &str =
    "timeout = \"600 ms\"\nrate = \"40/min\"\nshare = \"99.95 %\"\ncount = 40_000\nfactor = 8\ngrowth = \"-5 %/y\"\n";

#[test]
fn toml_errors_keep_their_place_and_sentence() {
    let cases = [
        ("timeout = \"600 ms\"", "timeout = 600", "600", "600 needs a unit"),
        ("timeout = \"600 ms\"", "timeout = -3", "-3", "is negative"),
        ("timeout = \"600 ms\"", "timeout = inf", "inf", "must be finite, not inf: expected a duration"),
        ("timeout = \"600 ms\"", "timeout = nan", "nan", "must be finite, not NaN"),
        ("timeout = \"600 ms\"", "timeout = [1]", "[1]", "expected a duration such as \"250 ms\""),
        ("rate = \"40/min\"", "rate = 1.5", "1.5", "1.5 needs a unit of time"),
        ("share = \"99.95 %\"", "share = 0.5", "0.5", "write \"50 %\""),
        ("count = 40_000", "count = -1", "-1", "is negative"),
        ("count = 40_000", "count = 1.5", "1.5", "not a whole number"),
        ("factor = 8", "factor = -0.5", "-0.5", "is negative"),
        ("factor = 8", "factor = true", "true", "expected a factor such as 8"),
    ];
    for (right, wrong, value, sentence) in cases {
        let text = SHEET.replace(right, wrong);
        let error = toml::from_str::<Sheet>(&text).expect_err(wrong);
        assert!(error.message().contains(sentence), "{wrong}: {}", error.message());
        assert_eq!(&text[error.span().expect("a place")], value, "{wrong}");
    }
}

#[test]
fn toml_there_and_back() {
    let sheet: Sheet = toml::from_str(SHEET).unwrap();
    let text = toml::to_string(&sheet).unwrap();
    assert_eq!(text, SHEET.replace("40_000", "40000").replace("factor = 8", "factor = 8.0"));
    assert_eq!(toml::from_str::<Sheet>(&text).unwrap(), sheet);
}

#[test]
fn schema_accepts_what_the_parser_accepts() {
    let schema = serde_json::to_value(schemars::schema_for!(Sheet)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = serde_json::to_value(toml::from_str::<Sheet>(SHEET).unwrap()).unwrap();
    assert!(validator.is_valid(&good));
    let tries = [
        ("timeout", ["250 ms", "1_0.5_0h", "5 m", "-5 s", "5", ".5 s", "1 h 30 min", "10 µs"]),
        ("rate", ["300/s", "1.2 k/s", "5 req/s", "5 K/s", "5", "5M/d", "5/month", "3 / ms"]),
        ("share", ["99.95 %", "5%", "5", "-5 %", "x %", "5 %%", "1_0 %", "5.5.5 %"]),
        ("count", ["40 k", "40_000", "40 K", "x", "-4", "4 M", "4..5", ""]),
        ("factor", ["8x", "8 ×", "8", "8 %", "-8", "1.5x", "y", ""]),
        ("growth", ["18 %/y", "-5 % / y", "18 %", "+3 %/y", "x", "3/y", "1.5 %/y", "−2 %/y"]),
    ];
    for (key, texts) in tries {
        for text in texts {
            let mut value = good.clone();
            value[key] = text.into();
            let parsed = serde_json::from_value::<Sheet>(value.clone()).is_ok();
            assert_eq!(validator.is_valid(&value), parsed, "{key} = {text:?}");
        }
    }
}

fn round_trips<T: FromStr<Err = keyfleet::units::UnitError> + Display + PartialEq + Debug>(value: &T) {
    let text = value.to_string();
    assert_eq!(&read::<T>(&text), value, "{text}");
}

#[test]
fn canonical_texts() {
    let durations =
        ["90 min", "2 w", "1 y", "30 d", "250 ms", "1.234567891 s", "12345.678 ms", "0 s", "9999 s", "1 ns"];
    for text in durations {
        let canonical = read::<Duration>(text).to_string();
        assert_eq!(read::<Duration>(&canonical), read::<Duration>(text));
        let expected = if text == "12345.678 ms" { "12.345678 s" } else { text };
        assert_eq!(canonical, expected);
    }
    for text in ["300/s", "12 k/s", "40/min", "5 M/d", "1/y", "0.75/s", "1200/s", "0/s", "7/h"] {
        assert_eq!(read::<Rate>(text).to_string(), text);
    }
    for text in ["99.95 %", "0.1 %", "100 %", "33.3 %", "0 %"] {
        assert_eq!(read::<Percent>(text).to_string(), text);
    }
    for text in ["40 k", "30 M", "1234", "0", "2 G"] {
        assert_eq!(read::<Count>(text).to_string(), text);
    }
    assert_eq!(read::<Growth>("-5 %/y").to_string(), "-5 %/y");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Start {
    start: Date,
}

#[test]
fn dates_are_days() {
    let start: Start = toml::from_str("start = 2028-02-29").unwrap();
    assert_eq!(start.start.to_string(), "2028-02-29");
    assert_eq!(toml::from_str::<Start>("start = \"2028-02-29\"").unwrap(), start);
    assert_eq!(toml::from_str::<Start>(&toml::to_string(&start).unwrap()).unwrap(), start);
    assert_eq!(serde_json::to_string(&start).unwrap(), "{\"start\":\"2028-02-29\"}");
    let cases = [
        ("\"2027-02-29\"", "\"2027-02-29\" is not a day of the calendar: write year-month-day as 2027-03-01"),
        ("\"01.03.2027\"", "\"01.03.2027\" is not a day of the calendar: write year-month-day as 2027-03-01"),
        ("\"2027-03-01T08:00\"", "\"2027-03-01T08:00\" is not a day of the calendar"),
        ("\"+027-03-01\"", "is not a day of the calendar"),
        ("2027-03-01T08:00:00Z", "2027-03-01T08:00:00Z has a time of day: write only the date, as 2027-03-01"),
        ("08:00:00", "08:00:00 has a time of day"),
        ("20270301", "expected a date such as 2027-03-01"),
    ];
    for (value, sentence) in cases {
        let error = toml::from_str::<Start>(&format!("start = {value}")).expect_err(value);
        assert!(error.message().contains(sentence), "{value}: {}", error.message());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_duration_round_trips(nanoseconds in prop_oneof![any::<u64>(), 0_u64..100_000, (0_u64..1000).prop_map(|n| n * 1_000_000)]) {
        round_trips(&Duration(Span(nanoseconds)));
    }

    #[test]
    fn every_rate_round_trips(mantissa in 0.0_f64..10.0, exponent in -9_i32..12) {
        round_trips(&Rate::new(mantissa * libm::exp10(f64::from(exponent))));
    }

    #[test]
    fn every_count_round_trips(count in any::<u64>()) {
        round_trips(&Count(count));
    }

    #[test]
    fn every_share_round_trips(parts in 0_u32..=1_000_000) {
        let text = format!("{} %", f64::from(parts) / 10_000.0);
        round_trips(&read::<Percent>(&text));
    }

    #[test]
    fn no_text_panics(text in "[ -~µ]{0,12}", number in "[0-9._]{1,12}", unit in "[a-zA-Z%/ ×]{0,4}") {
        for text in [text, format!("{number}{unit}")] {
            let _ = (text.parse::<Duration>(), text.parse::<Rate>(), text.parse::<Percent>());
            let _ = (text.parse::<Count>(), text.parse::<Factor>(), text.parse::<Growth>());
        }
    }
}
