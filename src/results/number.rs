//! Numbers as people read them: three significant digits, commas between thousands, units that fit, ∞ for what never
//! came and – for what was not measured. Knows nothing of what is measured.

use crate::results::Estimate;

/// What stands for a time that never came.
pub(crate) const INFINITE: &str = "∞";
/// What stands for something that was not measured.
pub(crate) const NOTHING: &str = "–";
/// In milliseconds: times are counted in nanoseconds, so a mean of less than half of one is rounding.
const LEAST_MS: f64 = 5e-7;
/// Plain numbers below this are shown as 0: means over a run are not known better.
const LEAST: f64 = 5e-4;

/// A whole number with commas between thousands.
#[must_use]
pub(crate) fn count(n: u64) -> String {
    group(&n.to_string())
}

/// Three significant digits, at most six decimals.
#[must_use]
pub(crate) fn significant(v: f64) -> String {
    if v.abs() >= 1000.0 {
        let mut unit = 1.0;
        while v.abs() / unit >= 999.5 {
            unit *= 10.0;
        }
        return fixed((v / unit).round() * unit, 0);
    }
    fixed(v, decimals(v))
}

/// `v` with so many decimals and commas between thousands.
#[must_use]
pub(crate) fn fixed(v: f64, decimals: usize) -> String {
    if !v.is_finite() {
        return INFINITE.to_owned();
    }
    let digits = format!("{:.decimals$}", v.abs());
    let sign = if v < 0.0 && any_digit(&digits) { "−" } else { "" };
    match digits.split_once('.') {
        Some((whole, rest)) => format!("{sign}{}.{rest}", group(whole)),
        None => format!("{sign}{}", group(&digits)),
    }
}

/// A time in milliseconds, in the unit that fits it: µs, ms, s, min, h.
#[must_use]
pub(crate) fn time_ms(ms: f64) -> String {
    let (factor, unit) = time_unit(ms);
    format!("{} {unit}", significant(if ms.abs() < LEAST_MS { 0.0 } else { ms / factor }))
}

/// A round time in milliseconds for an axis: without the zeros that only tell how well a value is known, and in seconds
/// where it is no whole number of minutes.
#[must_use]
pub(crate) fn tick_ms(ms: f64) -> String {
    let (factor, unit) = time_unit(ms);
    let ragged = factor > 1_000.0 && (ms / factor).fract() != 0.0 && ms < 1e6;
    let (factor, unit) = if ragged { (1_000.0, "s") } else { (factor, unit) };
    format!("{} {unit}", trimmed(ms / factor))
}

/// Three significant digits without zeros at the end of the decimals.
#[must_use]
pub(crate) fn trimmed(v: f64) -> String {
    let text = significant(v);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time in seconds, in the unit that fits it, for lengths and limits.
#[must_use]
pub(crate) fn time_s(s: f64) -> String {
    let (factor, unit) = if s * 1000.0 < LEAST_MS { (1_000.0, "s") } else { time_unit(s * 1000.0) };
    format!("{} {unit}", trimmed(s * 1000.0 / factor))
}

/// A time in seconds where `None` means that it did not come.
#[must_use]
pub(crate) fn time_s_or(s: Option<f64>, none: &str) -> String {
    s.map_or_else(|| none.to_owned(), time_s)
}

/// A latency with its half-width; `counted` tells an infinite one from one that was not measured.
#[must_use]
pub(crate) fn latency(e: Estimate, counted: bool) -> String {
    let Some(value) = e.value else {
        return (if counted { INFINITE } else { NOTHING }).to_owned();
    };
    let (factor, unit) = time_unit(value);
    let value = if value.abs() < LEAST_MS { 0.0 } else { value / factor };
    let half_width = e.half_width.filter(|h| *h >= LEAST_MS).map(|h| h / factor);
    format!("{} {unit}", with_half_width(value, half_width))
}

/// A plain number with its half-width.
#[must_use]
pub(crate) fn estimate(e: Estimate) -> String {
    let half_width = e.half_width.filter(|h| *h >= LEAST);
    e.value.map_or_else(|| NOTHING.to_owned(), |v| with_half_width(if v.abs() < LEAST { 0.0 } else { v }, half_width))
}

/// A count that is a mean over replications: whole where they all agree, else with a decimal and its half-width.
#[must_use]
pub(crate) fn tally(e: Estimate) -> String {
    let Some(v) = e.value else { return NOTHING.to_owned() };
    let decimals = match v.abs() {
        a if a >= 1000.0 || e.half_width >= Some(10.0) => 0,
        a if e.half_width.unwrap_or(0.0) == 0.0 && a.fract() == 0.0 => 0,
        a if a >= 0.1 || a == 0.0 => 1,
        _ => 2,
    };
    let half_width = e.half_width.map(|h| fixed(h, decimals)).filter(|text| any_digit(text));
    half_width.map_or_else(|| fixed(v, decimals), |h| format!("{} ± {h}", fixed(v, decimals)))
}

/// A share from 0 to 1 in per cent, with its half-width. Close to 1 it gets as many digits as its distance from 1
/// needs.
#[must_use]
pub(crate) fn share_estimate(e: Estimate) -> String {
    match (e.value, e.half_width) {
        (None, _) => NOTHING.to_owned(),
        // What is only known to lie beyond the last digit shown has no interval worth showing.
        (Some(v), Some(h)) if h >= 5e-8 && !share(v).starts_with(['<', '>']) => {
            format!("{} ± {} %", share(v).trim_end_matches(" %"), two_digits(h * 100.0))
        }
        (Some(v), _) => share(v),
    }
}

/// A share from 0 to 1 in per cent.
#[must_use]
pub(crate) fn share(v: f64) -> String {
    if v == 1.0 {
        return "100 %".to_owned();
    }
    let percent = v * 100.0;
    let shortfall = 100.0 - percent;
    let digits = if (0.0..10.0).contains(&shortfall) {
        (decimals(shortfall).max(1) - 1).min(5)
    } else {
        decimals(percent).min(3)
    };
    // A share that rounds to 100 or to 0 without being it would hide what failed.
    let text = fixed(percent, digits);
    match v {
        v if v < 1.0 && text.starts_with("100") => "> 99.99999 %".to_owned(),
        v if v > 0.0 && !any_digit(&text) => "< 0.001 %".to_owned(),
        _ => format!("{text} %"),
    }
}

/// A sum in US dollars, shortened to thousands and millions.
#[must_use]
pub(crate) fn usd(v: f64) -> String {
    let (value, suffix) = match v.abs() {
        a if a >= 999_500_000.0 => (v / 1e9, " bn"),
        a if a >= 999_500.0 => (v / 1e6, " M"),
        a if a >= 9_995.0 => (v / 1e3, " k"),
        _ => (v, ""),
    };
    if v.abs() >= 0.005 && v.abs() < 100.0 {
        format!("{} USD", fixed(v, 2))
    } else {
        format!("{}{suffix} USD", significant(value))
    }
}

/// A rate per second.
#[must_use]
pub(crate) fn rate(v: f64) -> String {
    format!("{}/s", significant(v))
}

/// `12.3 ± 0.4`; a half-width below the last digit shown is left out: those digits are certain.
#[must_use]
pub(crate) fn with_half_width(v: f64, half_width: Option<f64>) -> String {
    match half_width.filter(|h| *h > 0.0) {
        None => significant(v),
        Some(h) if h >= 100.0 => format!("{} ± {}", significant(v), significant(h)),
        Some(h) if v.abs() >= 100.0 => format!("{} ± {}", significant(v), two_digits(h)),
        Some(h) => {
            let text = fixed(h, decimals(v));
            if any_digit(&text) { format!("{} ± {text}", significant(v)) } else { significant(v) }
        }
    }
}

/// Two significant digits: half-widths are known no better.
#[must_use]
pub(crate) fn two_digits(v: f64) -> String {
    fixed(v, decimals(v).saturating_sub(1))
}

/// Whether a digit other than 0 stands in it.
fn any_digit(text: &str) -> bool {
    text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

fn decimals(v: f64) -> usize {
    let v = v.abs();
    if v == 0.0 {
        return 0;
    }
    let mut limit = 99.95;
    let mut digits = 0;
    while v < limit && digits < 6 {
        limit /= 10.0;
        digits += 1;
    }
    digits
}

fn time_unit(ms: f64) -> (f64, &'static str) {
    match ms.abs() {
        m if m < LEAST_MS => (1.0, "ms"),
        m if m < 0.9995 => (0.001, "µs"),
        m if m < 999.5 => (1.0, "ms"),
        m if m < 120_000.0 => (1_000.0, "s"),
        m if m < 7_200_000.0 => (60_000.0, "min"),
        m if m < 172_800_000.0 => (3_600_000.0, "h"),
        _ => (86_400_000.0, "d"),
    }
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
