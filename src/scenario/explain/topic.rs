//! What exists: the names that a scenario may use, and the words that messages and reports use, each with one line, and
//! each explained by itself.

use super::super::check::{METRICS, Scope};
use super::super::diagnostic::Code;
use super::glossary::{RECORDS, TERMS};
use crate::geo::{self, Place};
use crate::hsm::{ALGORITHMS, CALLS, Evidence, Profile, Timing};
use crate::kms::Failure;
use crate::load::{Shape, parse_shapes};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The topics that can be listed, and what they list.
pub const TOPICS: [(&str, &str); 12] = [
    ("keys", "every key of a scenario, with the first sentence of its explanation"),
    ("devices", "the shipped HSM profiles that `device` may name"),
    ("places", "the cloud regions and cities that `at` may name"),
    ("shapes", "the shapes of demand that `shape` may name"),
    ("metrics", "what objectives measure"),
    ("algorithms", "the kinds of key that `algorithm` may name"),
    ("calls", "the calls that the shipped HSM profiles time"),
    ("groups", "the groups of countries that `stay` may name"),
    ("reasons", "why requests fail, as reports name it"),
    ("codes", "the codes of errors and warnings, such as error[not-timed]"),
    ("records", "the kinds of records in an audit log"),
    ("terms", "other words of messages and reports"),
];

/// What becomes of a request that is no failure, and is none of the service's.
const UNDECIDED: (&str, &str) = (
    "undecided",
    "No failure: the request was neither answered nor given up when the run, or the stretch that was simulated, ended.",
);

/// A name and a line about it.
type Lines = Vec<(String, String)>;

/// The list of a topic.
pub(super) fn list(topic: &str) -> Option<String> {
    let lines = lines(topic)?;
    let width = lines.iter().map(|(name, _)| name.chars().count()).filter(|width| *width <= 40).max().unwrap_or(0);
    Some(lines.into_iter().map(|(name, line)| format!("{name:<width$}  {line}\n")).collect())
}

/// All names of all topics but keys.
pub(super) fn words() -> Vec<String> {
    let topics = TOPICS.iter().map(|(topic, _)| *topic);
    let names = topics.clone().filter(|topic| *topic != "keys").filter_map(lines).flatten().map(|(name, _)| name);
    topics.map(str::to_owned).chain(names).collect()
}

fn lines(topic: &str) -> Option<Lines> {
    let plain = |name: &str, line: &str| (name.to_owned(), line.to_owned());
    Some(match topic {
        "keys" => super::all_keys(),
        "devices" => geo::profile_ids().filter_map(|id| Some((id.to_owned(), profile(id)?.name))).collect(),
        "places" => geo::places()
            .iter()
            .map(|place| (place.id.to_string(), format!("{}, {}", place.name, place.country)))
            .collect(),
        "shapes" => shapes().into_iter().map(|(name, shape)| (name, shape.source().to_owned())).collect(),
        "metrics" => METRICS.iter().map(|(name, _, meaning)| plain(name, meaning)).collect(),
        "algorithms" => ALGORITHMS.iter().map(|known| plain(known.name, known.meaning)).collect(),
        "calls" => CALLS.iter().map(|(name, meaning)| plain(name, meaning)).collect(),
        "groups" => geo::groups().into_iter().map(|group| (group.to_owned(), members(group))).collect(),
        "reasons" => {
            let failures = Failure::ALL.iter().map(|failure| plain(failure.name(), failure.meaning()));
            failures.chain([plain(UNDECIDED.0, UNDECIDED.1)]).collect()
        }
        "codes" => Code::ALL.iter().map(|code| plain(code.id(), code.meaning())).collect(),
        "records" => RECORDS.iter().map(|(kind, meaning)| plain(kind, meaning)).collect(),
        "terms" => TERMS.iter().map(|(term, meaning)| plain(term, meaning)).collect(),
        _ => return None,
    })
}

/// What a word means in each topic that has it.
pub(super) fn word(word: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut say = |what: &str, text: Option<&str>| {
        parts.extend(text.map(|text| format!("{word} ({what})\n  {text}\n")));
    };
    let metric = METRICS.iter().find(|(name, ..)| *name == word);
    let metric = metric.map(|(_, metric, meaning)| format!("{meaning} {}", Scope::of(*metric).in_words()));
    say("metric of an objective", metric.as_deref());
    say("error code", Code::ALL.iter().find(|code| code.id() == word).map(|code| code.meaning()));
    let reason = Failure::ALL.iter().find(|failure| failure.name() == word).map(|failure| failure.meaning());
    say("reason of a failure", reason.or_else(|| (word == UNDECIDED.0).then_some(UNDECIDED.1)));
    let algorithm = ALGORITHMS.iter().find(|known| known.name == word);
    let text = algorithm.map(|known| {
        let own = timing(|profile| profile.algorithms().any(|name| name == word));
        let strength = known.strength.map_or_else(
            || "NIST rates no security strength".to_owned(),
            |bits| format!("Security strength {bits} bits (NIST)"),
        );
        match known.symmetric {
            true => format!("{}. {strength}. Every profile times it by its `op`.", known.meaning),
            false => format!("{}. {strength}. Shipped profiles that time it: {own}.", known.meaning),
        }
    });
    say("algorithm", text.as_deref());
    let text = CALLS.iter().find(|(name, _)| *name == word).map(|(_, meaning)| {
        format!(
            "{meaning}. Shipped profiles that time it: {}.",
            timing(|p| p.timings().any(|(_, call, _)| call == word))
        )
    });
    say("call", text.as_deref());
    say("shape of demand", shapes().get(word).map(about_shape).as_deref());
    let group = geo::groups().into_iter().find(|group| group.eq_ignore_ascii_case(word));
    say("group of countries", group.map(members).as_deref());
    say("place", geo::place(word).map(about_place).as_deref());
    say("HSM profile", profile(word).map(|profile| about_profile(&profile)).as_deref());
    let meaning = |list: &[(&str, &'static str)]| list.iter().find(|(name, _)| *name == word).map(|(_, text)| *text);
    say("record of an audit log", meaning(&RECORDS));
    say("word of messages and reports", meaning(&TERMS));
    parts
}

fn profile(id: &str) -> Option<Profile> {
    geo::profile(id).map(|text| Profile::parse(text).expect("a test reads the shipped profiles"))
}

fn shapes() -> BTreeMap<String, Shape> {
    parse_shapes(geo::shapes()).expect("a test reads the shipped shapes")
}

fn members(group: &str) -> String {
    let members = geo::countries().iter().filter(|country| geo::in_group(country.iso2, group));
    members.map(|country| country.iso2).collect::<Vec<_>>().join(" ")
}

/// The shipped profiles that do something.
fn timing(does: impl Fn(&Profile) -> bool) -> String {
    let ids: Vec<&str> = geo::profile_ids().filter(|id| profile(id).is_some_and(|profile| does(&profile))).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

fn about_shape(shape: &Shape) -> String {
    format!("Demand by hour, weekday and holiday, in local time. {:?}: {}.", shape.badge(), shape.source())
}

fn about_place(place: &Place) -> String {
    format!(
        "{}, {}: {:.2} degrees north, {:.2} east, time zone {}. {:?}: {}.",
        place.name, place.country, place.lat, place.lon, place.zone, place.badge, place.source
    )
}

fn about_profile(profile: &Profile) -> String {
    if profile.is_service() {
        return about_service(profile);
    }
    let mut said = format!("{}: {} engines, one device answers", profile.name, profile.engines);
    for (algorithm, call, Timing { time, evidence }) in profile.timings() {
        let rate = f64::from(profile.engines) / time.mean_s();
        let whose = algorithm.map_or_else(String::new, |algorithm| format!("{algorithm} "));
        let badge = format!("{:?}", evidence.badge).to_lowercase();
        let _ = write!(
            said,
            "\n    {:<26} {rate:>8.*}/s  {badge}: {}",
            format!("{whose}{call}"),
            usize::from(rate < 10.0),
            evidence.source
        );
    }
    said
}

/// Quotas and latencies of a service.
fn about_service(profile: &Profile) -> String {
    let mut said = format!("{}: a service; an account in a region may ask for", profile.name);
    let mut row = |what: &str, value: String, evidence: &Evidence| {
        let badge = format!("{:?}", evidence.badge).to_lowercase();
        let _ = write!(said, "\n    {what:<26} {value:>10}  {badge}: {}", evidence.source);
    };
    for quota in &profile.quotas {
        row(&quota.name, format!("{}/s", quota.limit.rate), &quota.evidence);
    }
    for (algorithm, call, Timing { time, evidence }) in profile.timings() {
        let whose = algorithm.map_or_else(String::new, |algorithm| format!("{algorithm} "));
        row(&format!("{whose}{call}"), time.mean().to_string(), evidence);
    }
    said
}
