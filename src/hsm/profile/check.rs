//! From what was written to a [`Profile`]: defaults filled in, every figure checked, all errors collected.

use super::super::service_time::{Distribution, Quantiles, ServiceTime};
use super::evidence::{self, Timing};
use super::{Custody, Kind, Profile, ProfileError, RawProfile, RawTiming, quota, service};
use crate::kms::Badge;
use crate::time::Span;
use crate::units::{Count, Duration, Rate};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// Requests that may wait: assumed, no vendor publishes it.
const QUEUE: u64 = 1_000;
/// Assumed: between the constant time of a symmetric operation and the spread measured on shared services.
const CV: f64 = 0.3;
/// Beyond this, a mean says nothing about a service time.
const GREATEST_CV: f64 = 10.0;
/// Assumed: vendors' clusters synchronise within seconds.
const REPLICATION_LAG: Span = Span::from_secs(5);
/// The middle of the 12 to 16 weeks quoted for hardware (qcecuring.com, "HSM as a service: cloud vs on-premises").
const LEAD_TIME: Span = Span::from_secs(14 * 7 * 86_400);
/// Assumed: a restart, self-tests and a log-in at each device.
const ACTIVATION: Span = Span::from_secs(600);

/// What service times inherit from their profile.
struct Inherited<'r> {
    engines: u32,
    distribution: Distribution,
    cv: Option<f64>,
    profile: &'r RawProfile,
}

#[derive(Default)]
pub(super) struct Errors(Vec<ProfileError>);

impl Errors {
    pub(super) fn add(&mut self, key: impl Into<String>, reason: impl Into<String>, suggestion: &str) {
        let suggestion = (!suggestion.is_empty()).then(|| suggestion.to_owned());
        self.0.push(ProfileError { key: key.into(), reason: reason.into(), suggestion, span: None });
    }

    /// A number within `range`; the lower end where it is not, so that checking can go on.
    fn within(&mut self, key: &str, count: Count, range: std::ops::RangeInclusive<u32>) -> u32 {
        match u32::try_from(count.get()).ok().filter(|count| range.contains(count)) {
            Some(count) => count,
            None => {
                self.add(key, format!("{} is not within {} to {}", count.get(), range.start(), range.end()), "");
                *range.start()
            }
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Profile, Vec<ProfileError>> {
    let syntax = |error: toml::de::Error, key: String| {
        let reason = error.message().trim_end().to_owned();
        vec![ProfileError { key, reason, suggestion: None, span: error.span() }]
    };
    let document = toml::Deserializer::parse(text).map_err(|error| syntax(error, String::new()))?;
    let raw: RawProfile = serde_path_to_error::deserialize(document).map_err(|error| {
        let key = error.path().to_string();
        syntax(error.into_inner(), if key == "." { String::new() } else { key })
    })?;
    let mut errors = Errors::default();
    if raw.format.is_none() {
        errors.add("format", "is missing", "write format = 1");
    }
    let checked = check(raw);
    errors.0.extend(checked.as_ref().err().cloned().unwrap_or_default());
    match checked {
        Ok(profile) if errors.0.is_empty() => Ok(profile),
        _ => Err(placed(errors.0, text)),
    }
}

/// Finds the place of each key, or of the nearest table around a key that is not there.
fn placed(mut errors: Vec<ProfileError>, text: &str) -> Vec<ProfileError> {
    let Ok(document) = DeTable::parse(text) else { return errors };
    for error in &mut errors {
        let mut table = Some(document.get_ref());
        for part in error.key.split('.') {
            let Some((key, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
            // A table's own span is its header alone or, inline, all of it; a value is the clearest place.
            error.span = Some(if value.get_ref().is_table() { key.span() } else { value.span() });
            table = value.get_ref().as_table();
        }
    }
    errors
}

pub(super) fn check(raw: RawProfile) -> Result<Profile, Vec<ProfileError>> {
    let mut errors = Errors::default();
    check_evidence(&raw, &mut errors);
    let engines = errors.within("engines", raw.engines.unwrap_or(Count(1)), 1..=65_535);
    let queue = errors.within("queue", raw.queue.unwrap_or(Count(QUEUE)), 0..=u32::MAX - 65_535);
    let sessions = raw.sessions.map_or(queue + engines, |sessions| errors.within("sessions", sessions, 1..=u32::MAX));
    let distribution = raw.distribution.unwrap_or(Distribution::Lognormal);
    check_cv("cv", raw.cv.map(|cv| cv.get()), distribution, &mut errors);
    if let Some(exchange) = &raw.exchange {
        check_name("exchange", exchange, &mut errors);
    }
    let beliefs = evidence::of_figures(&raw, &mut errors);
    let quotas = quota::check(&raw, &mut errors);
    let kind = raw.kind.unwrap_or_default();
    let inherited = Inherited { engines, distribution, cv: raw.cv.map(|cv| cv.get()), profile: &raw };
    let mut any = check_calls("op", &raw.op, &inherited, &mut errors);
    let mut by_algorithm = BTreeMap::new();
    for (algorithm, calls) in &raw.algorithm {
        let key = format!("algorithm.{algorithm}");
        check_name(&key, algorithm, &mut errors);
        by_algorithm.insert(algorithm.clone(), check_calls(&key, calls, &inherited, &mut errors));
    }
    service::check(&raw, &mut errors);
    if let Some(rate) = raw.generate {
        if raw.op.contains_key("generate") {
            errors.add("generate", "says the same as op.generate", "keep one of them");
        }
        let stated = raw.evidence.as_ref().and_then(|list| list.generate.clone());
        let timing = RawTiming {
            rate: Some(rate),
            distribution: Some(Distribution::Exponential),
            badge: stated.as_ref().map(|stated| stated.badge),
            source: stated.and_then(|stated| stated.source),
            ..RawTiming::default()
        };
        any.extend(timed("generate", &timing, &inherited, &mut errors).map(|timing| ("generate".to_owned(), timing)));
    }
    if !errors.0.is_empty() {
        return Err(errors.0);
    }
    Ok(Profile {
        name: raw.name.unwrap_or_default(),
        kind,
        quotas,
        vendor: raw.vendor,
        badge: raw.badge.unwrap_or(Badge::Assumed),
        source: raw.source,
        as_of: raw.as_of,
        engines,
        queue,
        sessions,
        key_slots: raw.key_slots.map(Count::get),
        replication_lag: raw.replication_lag.map_or(REPLICATION_LAG, Duration::span),
        replication_lag_far: raw.replication_lag_far.map(Duration::span),
        custody: raw.custody.unwrap_or(if kind == Kind::Service { Custody::Blob } else { Custody::Wrapped }),
        exchange: raw.exchange,
        lead_time: raw.lead_time.map_or(LEAD_TIME, Duration::span),
        activation: raw.activation.map_or(ACTIVATION, Duration::span),
        activation_survives: raw.activation_survives.map_or(Span::ZERO, Duration::span),
        mtbf: raw.mtbf.map(Duration::span),
        price: raw.price,
        price_as_of: raw.price_as_of,
        end_of_support: raw.end_of_support,
        beliefs,
        any,
        by_algorithm,
    })
}

/// What is claimed must be backed, and what is counted must be positive.
fn check_evidence(raw: &RawProfile, errors: &mut Errors) {
    if let Some(format) = raw.format.filter(|format| *format != 1) {
        errors.add("format", format!("version {format} is unknown"), "this program reads format = 1");
    }
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if matches!(raw.badge, Some(Badge::Measured | Badge::Published)) && blank(&raw.source) {
        let fix = "write source = \"...\", or badge = \"assumed\"";
        errors.add("badge", "figures that are measured or published need a source", fix);
    }
    if raw.mtbf.is_some_and(|mtbf| mtbf.span() == Span::ZERO) {
        errors.add("mtbf", "must be longer than zero", "leave it out for devices that do not fail");
    }
    let Some(price) = raw.price else { return };
    let parts = [
        ("price.usd_once", price.usd_once),
        ("price.usd_per_hour", price.usd_per_hour),
        ("price.usd_per_year", price.usd_per_year),
        ("price.usd_per_10k_ops", price.usd_per_10k_ops),
        ("price.usd_per_key_month", price.usd_per_key_month),
    ];
    for (key, amount) in parts.into_iter().filter_map(|(key, amount)| amount.map(|amount| (key, amount))) {
        if !(amount >= 0.0 && amount.is_finite()) {
            errors.add(key, format!("{amount} is not an amount of money"), "write dollars, 0 or more");
        }
    }
}

pub(super) fn check_name(key: &str, name: &str, errors: &mut Errors) {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        errors.add(key, format!("\"{name}\" is not a name"), "use a to z, 0 to 9 and -");
    }
}

fn check_cv(key: &str, cv: Option<f64>, distribution: Distribution, errors: &mut Errors) {
    let Some(cv) = cv else { return };
    match distribution {
        Distribution::Constant => errors.add(key, "a constant time has no variation", "leave cv out"),
        Distribution::Exponential => errors.add(key, "an exponential time has the cv 1", "leave cv out, or take gamma"),
        _ if cv > GREATEST_CV => errors.add(key, format!("{cv} is above {GREATEST_CV}"), "give quantiles instead"),
        _ => {}
    }
}

fn check_calls(
    key: &str,
    calls: &BTreeMap<String, RawTiming>,
    inherited: &Inherited<'_>,
    errors: &mut Errors,
) -> BTreeMap<String, Timing> {
    let mut checked = BTreeMap::new();
    for (call, timing) in calls {
        let key = format!("{key}.{call}");
        check_name(&key, call, errors);
        checked.extend(timed(&key, timing, inherited, errors).map(|timing| (call.clone(), timing)));
    }
    checked
}

fn timed(key: &str, timing: &RawTiming, inherited: &Inherited<'_>, errors: &mut Errors) -> Option<Timing> {
    let evidence = evidence::of_timing(key, timing, inherited.profile, errors);
    check_timing(key, timing, inherited, errors).map(|time| Timing { time, evidence })
}

fn check_timing(key: &str, timing: &RawTiming, inherited: &Inherited<'_>, errors: &mut Errors) -> Option<ServiceTime> {
    // Both are the mean of what is drawn; which of them may be said is for the kind of profile.
    let mean = timing.mean.or(timing.latency);
    if timing.mean.is_some() && timing.latency.is_some() {
        errors.add(key, "has more than one of mean and latency", "keep one of them");
    }
    match (timing.rate, mean, &timing.quantiles) {
        (Some(rate), None, None) => {
            let mean = mean_of_rate(key, rate, inherited.engines, errors)?;
            Some(by_mean(key, mean, timing, inherited, errors))
        }
        (None, Some(mean), None) if mean.span() > Span::ZERO => {
            Some(by_mean(key, mean.span(), timing, inherited, errors))
        }
        (None, Some(_), None) => {
            let name = if timing.latency.is_some() { "latency" } else { "mean" };
            errors.add(format!("{key}.{name}"), "must be longer than zero", "");
            None
        }
        (None, None, Some(quantiles)) => by_quantiles(key, quantiles, timing, errors),
        (None, None, None) => {
            let fix = match inherited.profile.kind.unwrap_or_default() {
                Kind::Device => "give rate, mean or quantiles, for example { rate = \"1 k/s\" }",
                Kind::Service => "give latency or quantiles, for example { latency = \"10 ms\" }",
            };
            errors.add(key, "has no time", fix);
            None
        }
        _ => {
            errors.add(key, "has more than one of rate, mean and quantiles", "keep one of them");
            None
        }
    }
}

/// With all engines busy, one device answers engines / mean calls per second.
fn mean_of_rate(key: &str, rate: Rate, engines: u32, errors: &mut Errors) -> Option<Span> {
    let key = format!("{key}.rate");
    if rate.per_second() <= 0.0 {
        errors.add(key, "must be above zero", "leave the call out if the device cannot do it");
        return None;
    }
    let mean = Span::from_secs_f64(f64::from(engines) / rate.per_second());
    if mean == Span::ZERO || mean == Span::MAX {
        errors.add(key, format!("{rate} with {engines} engines leaves no time that can be told in nanoseconds"), "");
        return None;
    }
    Some(mean)
}

fn by_mean(key: &str, mean: Span, timing: &RawTiming, inherited: &Inherited<'_>, errors: &mut Errors) -> ServiceTime {
    let distribution = timing.distribution.unwrap_or(inherited.distribution);
    let cv = timing.cv.map(|cv| cv.get());
    check_cv(&format!("{key}.cv"), cv, distribution, errors);
    ServiceTime::new(distribution, mean, cv.or(inherited.cv).unwrap_or(CV))
}

fn by_quantiles(
    key: &str,
    quantiles: &[(f64, Duration)],
    timing: &RawTiming,
    errors: &mut Errors,
) -> Option<ServiceTime> {
    let given = [("distribution", timing.distribution.is_some()), ("cv", timing.cv.is_some())];
    for (name, _) in given.iter().filter(|(_, given)| *given) {
        errors.add(format!("{key}.{name}"), "quantiles already say how the time is distributed", "leave it out");
    }
    let points: Vec<(f64, Span)> = quantiles.iter().map(|(level, time)| (*level, time.span())).collect();
    match Quantiles::new(&points) {
        Ok(quantiles) => Some(ServiceTime::Empirical(quantiles)),
        Err(reason) => {
            errors.add(
                format!("{key}.quantiles"),
                reason,
                "write for example [[0.5, \"1 ms\"], [0.99, \"3 ms\"], [1, \"9 ms\"]]",
            );
            None
        }
    }
}
