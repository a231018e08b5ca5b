//! What the figures of the devices rest on: each rate that a load uses, limits, lag and price, and what is missing.

use super::List;
use crate::hsm::profile::PURCHASE_YEARS;
use crate::hsm::{Custody, Evidence, Price, Profile, ServiceTime, Timing};
use crate::kms::Badge;
use crate::scenario::check::effort::reached;
use crate::scenario::model::{NamedProfile, Scenario};

pub(super) fn list(scenario: &Scenario, list: &mut List) {
    for (index, named) in scenario.profiles.iter().enumerate() {
        let used = used(scenario, index);
        rates(named, &used, list);
        figures(named, &used, list);
        price(named, list);
    }
}

/// Algorithms and calls of a profile that the scenario uses, each once, in order.
fn used(scenario: &Scenario, profile: usize) -> Vec<(&str, &str)> {
    let mut used: Vec<(&str, &str)> = Vec::new();
    for (index, class) in scenario.keys.iter().enumerate() {
        let regions = reached(scenario, index);
        let here =
            |site: &crate::scenario::model::Site| site.profile == profile && regions.contains(&site.region.index());
        if !scenario.sites.iter().any(here) {
            continue;
        }
        let loads = scenario.loads.iter().filter(|load| load.key.index() == index);
        let calls = loads.flat_map(|load| &load.calls).map(|call| scenario.calls[call.index()].as_str());
        let profile = &scenario.profiles[profile].profile;
        let engines = match profile.custody {
            Custody::Wrapped => class.all_copies() > 1,
            Custody::Cluster => class.all_copies() > class.copies.into() && profile.replication_lag_far.is_none(),
            Custody::Blob => false,
        };
        // What is not timed takes no time, and nothing is claimed of it.
        let timed = |call: &&str| profile.timing(&class.algorithm, call).is_some();
        let exchange = ["wrap", "unwrap"].into_iter().filter(|call| engines && class.rotate.is_some() && timed(call));
        let generate = class.rotate.map(|_| "generate");
        used.extend(calls.chain(generate).chain(exchange).map(|call| (class.algorithm.as_str(), call)));
    }
    used.sort_unstable();
    used.dedup();
    used
}

fn rates(named: &NamedProfile, used: &[(&str, &str)], list: &mut List) {
    let profile = &named.profile;
    for (algorithm, call) in used {
        let what = format!("profile.{}: {call} with {algorithm}", named.id);
        match profile.timing(algorithm, call) {
            Some(Timing { time, evidence }) => {
                let each = time.mean();
                let value = match profile.is_service() {
                    true => format!("{each} each, side by side"),
                    false => format!("{}/s, {each} each", significant(f64::from(profile.engines) / time.mean_s())),
                };
                list.row(what, value, evidence.badge, &evidence.source);
            }
            None => list.row(what, "unknown", Badge::Assumed, "the profile does not say: it takes no time"),
        }
    }
}

fn figures(named: &NamedProfile, used: &[(&str, &str)], list: &mut List) {
    let (profile, beliefs) = (&named.profile, &named.profile.beliefs);
    let slots = profile.key_slots.map_or_else(|| "no limit".to_owned(), |slots| slots.to_string());
    let mut row = |what: &str, value: String, belief: &Evidence| {
        list.row(format!("profile.{}: {what}", named.id), value, belief.badge, &belief.source);
    };
    if !profile.is_service() {
        row("parallel engines", profile.engines.to_string(), &beliefs.engines);
    }
    row("spread of service times", spread(profile, used), &beliefs.cv);
    if !profile.is_service() {
        row("requests that may wait", profile.queue.to_string(), &beliefs.queue);
        row("sessions", profile.sessions.to_string(), &beliefs.sessions);
    }
    row("key slots", slots, &beliefs.key_slots);
    row("replication lag", profile.replication_lag.to_string(), &beliefs.replication_lag);
    if let Some(far) = profile.replication_lag_far {
        row("replication lag to other regions", far.to_string(), &beliefs.replication_lag_far);
    }
    row("exchange domain", named.exchange().to_owned(), &beliefs.exchange);
}

/// Distributions and coefficients of variation of the calls in use.
fn spread(profile: &Profile, used: &[(&str, &str)]) -> String {
    let times = used.iter().filter(|(_, call)| *call != "generate");
    let mut words: Vec<String> = times
        .filter_map(|(algorithm, call)| profile.service_time(algorithm, call))
        .map(|time| {
            let cv = significant(time.scv().sqrt());
            match time {
                ServiceTime::Constant(_) => "cv 0 (constant)".to_owned(),
                ServiceTime::Exponential { .. } => "cv 1 (exponential)".to_owned(),
                ServiceTime::Lognormal { .. } => format!("cv {cv} (lognormal)"),
                ServiceTime::Gamma { .. } => format!("cv {cv} (gamma)"),
                ServiceTime::Empirical(_) => format!("cv {cv} (quantiles)"),
            }
        })
        .collect();
    words.sort();
    words.dedup();
    words.join(", ")
}

fn price(named: &NamedProfile, list: &mut List) {
    let what = format!("profile.{}: price", named.id);
    let Some(price) = named.profile.price else {
        return list.row(what, "missing", Badge::Assumed, "the profile states none: its devices count as free");
    };
    let belief = &named.profile.beliefs.price;
    let source = match named.profile.price_as_of {
        Some(day) => format!("{}, {day}", belief.source),
        None => belief.source.clone(),
    };
    list.row(what, in_words(&price), belief.badge, &source);
    if price.usd_once.is_some() {
        let what = format!("profile.{}: a purchase is spread over", named.id);
        list.row(what, format!("{PURCHASE_YEARS} years"), Badge::Assumed, "usual depreciation of such devices");
    }
}

fn in_words(price: &Price) -> String {
    let parts = [
        (price.usd_once, "once"),
        (price.usd_per_hour, "an hour"),
        (price.usd_per_year, "a year"),
        (price.usd_per_10k_ops, "for 10,000 calls"),
        (price.usd_per_key_month, "a key and month"),
    ];
    let said = parts.iter().filter_map(|(usd, per)| usd.map(|usd| format!("{usd} USD {per}")));
    said.collect::<Vec<_>>().join(", ")
}

/// Four significant digits at most.
fn significant(x: f64) -> String {
    let decimals = (0..4).find(|decimals| x >= [1000.0, 100.0, 10.0, 1.0][*decimals]).unwrap_or(4);
    let text = format!("{x:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
