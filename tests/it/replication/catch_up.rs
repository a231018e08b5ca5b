//! After a fault, a site gets what it missed: all of it, at a bounded rate, what is in use first.

use crate::fleet::{QUIET, Whole, main_stretch, parse, s};
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::{Fact, KeyVersion, SiteId};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::collections::BTreeMap;

/// Two regions, each with copies of the other's keys, which rotate once within the hour; cut off from each other for half of it.
fn fleet(class: &str, rest: &str) -> String {
    format!(
        r#"run = "1 h"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 2_000 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
rotate = {{ every = "1 h" }}
{class}
[load.sign]
from = {{ eu = "1/s" }}
calls = ["sign"]
key = "card"
[health]
phase = "0 s"
interval = "10 s"
threshold = 3
{rest}"#
    )
}

const CUT: &str = "[fault]\ncut = { on = \"link.eu-us\", kind = \"partition\", at = \"10 min\", for = \"20 min\" }\n";
const DOWN: &str = "[fault]\ndown = { on = \"region.us\", kind = \"crash\", at = \"10 min\", for = \"20 min\" }\n";

/// When each copy came to the American site.
fn copies(text: &str) -> Vec<(Time, KeyVersion, Span)> {
    let scenario = parse(text);
    let mut world = Blueprint::new(scenario.clone()).audited(&main_stretch(&scenario));
    let mut queue = Queue::new(scenario.populations.len());
    world.begin(Time::ZERO, &mut queue);
    run(&mut world, &mut queue, &mut Pace::Virtual { until: s(3_600.0) });
    let facts = world.recorder().log.clone().unwrap().in_order().into_iter();
    let copy = |(at, fact)| match fact {
        Fact::Copied { version, site: SiteId(1), lag } => Some((at, version, lag)),
        _ => None,
    };
    facts.filter_map(copy).collect()
}

/// The most copies within any second from here on.
fn fastest(copies: &[(Time, KeyVersion, Span)], from: Time) -> usize {
    let mut by_second: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, ..) in copies.iter().filter(|(at, ..)| *at >= from) {
        *by_second.entry(at.0 / 1_000_000_000).or_default() += 1;
    }
    by_second.into_values().max().unwrap_or(0)
}

#[test]
fn what_a_site_missed_comes_at_a_bounded_rate_and_all_of_it() {
    for fault in [CUT, DOWN] {
        let bounded = copies(&fleet("durability = 1", &format!("{fault}[replication]\nat_once = 8\n")));
        let free = copies(&fleet("durability = 1", &format!("{fault}[replication]\nat_once = \"none\"\n")));
        // Two thirds of a thousand versions were made meanwhile; eight a second are on the way, beside the new ones.
        let late =
            |copies: &[(Time, KeyVersion, Span)]| copies.iter().filter(|(.., lag)| *lag > Span::from_secs(60)).count();
        assert!(
            late(&bounded) > 500 && late(&bounded).abs_diff(late(&free)) < 20,
            "{} {}",
            late(&bounded),
            late(&free)
        );
        let mended = s(1_800.0);
        assert!(fastest(&bounded, mended) <= 8 + 4, "{}", fastest(&bounded, mended));
        assert!(fastest(&free, mended) > 500, "{}", fastest(&free, mended));
        let whole = |copies: &[(Time, KeyVersion, Span)]| copies.iter().filter(|(at, ..)| *at < s(3_500.0)).count();
        assert!(whole(&bounded).abs_diff(whole(&free)) < 10, "both have all in the end");
    }
}

#[test]
fn how_long_catching_up_takes_is_told() {
    let told = |at_once: &str| {
        let whole = Whole::of(&fleet("durability = 1", &format!("{CUT}[replication]\nat_once = {at_once}\n")));
        let replication = whole.document.replication;
        (replication.missed.value.unwrap(), replication.caught_up_s.value)
    };
    let (missed, took) = told("8");
    let took = took.unwrap();
    // Found within half a minute, then eight a second.
    assert!(missed > 500.0 && took > missed / 8.0 && took < missed / 8.0 + 40.0, "{missed} copies in {took} s");
    let (missed, took) = told("\"none\"");
    assert!(missed > 500.0 && took.unwrap() < 40.0, "{missed} copies in {took:?}");
    let quiet = Whole::of(&fleet("", "")).document.replication;
    assert_eq!((quiet.missed.value, quiet.caught_up_s.value), (Some(0.0), None));
}

#[test]
fn versions_in_use_go_first_and_the_newest_of_them() {
    let text = fleet("durability = 1", &format!("{CUT}[replication]\nat_once = 1\n"));
    let copies = copies(&text);
    // From two minutes after the end of the cut on, one at a time: of what was made while it lasted, the newest first.
    let missed = |(at, _, lag): &&(Time, KeyVersion, Span)| {
        *at > s(1_920.0) && at.since(Time::ZERO) > *lag && *lag > Span::from_secs(130)
    };
    let born: Vec<Time> = copies.iter().filter(missed).map(|(at, _, lag)| *at - *lag).collect();
    assert!(born.len() > 300);
    let rising = born.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(rising * 20 < born.len(), "{rising} of {} were older than the one before", born.len());
}

/// What waits on the wire from a site that is destroyed goes over the wire from another one that has it.
#[test]
fn what_the_lost_site_was_to_send_another_one_sends() {
    let text = fleet("durability = 1\ncopies = 2", CUT)
        .replace(
            "eu = { at = \"Frankfurt\", device = \"box\", sites = 1 }",
            "eu = { at = \"Frankfurt\", device = \"box\", sites = 2 }",
        )
        .replace("[fault]\n", "[fault]\ngone = { on = \"region.eu.site.a\", kind = \"destroy\", at = \"25 min\" }\n");
    let whole = Whole::of(&text);
    let replication = &whole.document.replication;
    assert!(
        replication.missed.value.unwrap() > 500.0 && replication.caught_up_s.value.unwrap() < 200.0,
        "{replication:?}"
    );
    assert_eq!(whole.document.keys.lost.value, Some(0.0));
}
