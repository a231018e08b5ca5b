//! What batches count: each access once, in its interval, under the class and home of its key, by how it ended.

use super::content::lines;
use crate::fleet::{QUIET, TWO_REGIONS, Whole, parse};
use keyfleet::audit::{Gathered, Kind, Ledger, Lot, Record};
use keyfleet::kms::{ClassId, Fact, Failure, Outcome, RegionId, SiteId};
use keyfleet::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

const INTERVAL: u64 = 20_000_000_000;

/// Two classes, keys of both regions at each site, and users who are served far from home while `eu` is dark. A third class is
/// not used.
fn mixed() -> String {
    let slow = QUIET.replace("mean = \"1 ms\"", "mean = \"12 ms\"").replace("engines = 1", "engines = 1\nqueue = 1");
    let spread = "stay = \"anywhere\"\npartner_copies = 1\n";
    format!(
        "run = \"4 min\"\naudit = {{ interval = \"20 s\", access = \"each\" }}\n{slow}{TWO_REGIONS}\n{spread}\
         [key.seal]\ncount = {{ us = 30 }}\nalgorithm = \"rsa-2048\"\n{spread}\
         [key.idle]\ncount = {{ eu = 30, us = 5 }}\nalgorithm = \"rsa-2048\"\n\
         [load.pay]\nfrom = {{ eu = \"50/s\", us = \"50/s\" }}\ncalls = [\"sign\"]\nkey = \"card\"\ntimeout = \"600 ms\"\n\
         [load.stamp]\nfrom = {{ us = \"30/s\" }}\ncalls = [\"sign\", \"decrypt\"]\nkey = \"seal\"\ntimeout = \"600 ms\"\n\
         [fault]\ndark = {{ on = \"region.eu\", kind = \"crash\", at = \"1 min\", for = \"90 s\" }}\n\
         broken = {{ on = \"region.us.site.a.device.1\", kind = \"crash\", at = \"2 min\", for = \"20 s\" }}\n\
         other = {{ on = \"region.us.site.a.device.2\", kind = \"crash\", at = \"2 min\", for = \"20 s\" }}\n"
    )
}

/// Accesses by site, interval, class, home and outcome.
type Counts = BTreeMap<(String, u64, String, String, String), u64>;

fn counted(records: &[Record<'_>]) -> Counts {
    let mut counts = Counts::new();
    for record in records.iter().filter(|record| record.kind == Kind::Sealed) {
        let interval = u64::from(record.interval.unwrap());
        let mut count = |lot: &Lot<'_>, outcome: &str, accesses: u64| {
            let key =
                (record.site.clone().unwrap().into_owned(), interval, lot.class.to_string(), lot.home.to_string());
            let (site, interval, class, home) = key;
            let before = counts.insert((site, interval, class, home, outcome.to_owned()), accesses);
            assert_eq!(before, None, "a lot is counted once");
        };
        for lot in &record.lots {
            assert!(lot.served > 0 || !lot.refused.is_empty(), "no lot without an access");
            assert!(lot.refused.values().all(|refused| *refused > 0));
            if lot.served > 0 {
                count(lot, "served", lot.served);
            }
            lot.refused.iter().for_each(|(reason, refused)| count(lot, reason.name(), *refused));
        }
        let sum = |of: fn(&Lot<'_>) -> u64| record.lots.iter().map(of).sum::<u64>();
        let refused = sum(|lot| lot.refused.values().sum());
        assert_eq!((record.served, record.refused), (Some(sum(|lot| lot.served)), Some(refused)));
    }
    counts
}

#[test]
fn a_batch_counts_what_the_single_records_tell() {
    let whole = Whole::of(&mixed());
    let lines = lines(whole.replica().ledger.as_ref().unwrap(), &whole.scenario, &whole);
    let records: Vec<Record<'_>> = lines.iter().map(|line| Record::read(line).unwrap()).collect();
    let mut told = Counts::new();
    for record in records.iter().filter(|record| record.kind == Kind::Accessed) {
        let (class, number) = record.key.as_deref().unwrap().split_once('/').unwrap();
        // The keys of `eu` come first, where it has any.
        let home = if class == "card" && number.parse::<u32>().unwrap() < 100 { "eu" } else { "us" };
        let name = |text: &str| text.to_owned();
        let (site, outcome) = (record.site.as_deref().unwrap(), record.outcome.as_deref().unwrap());
        let count = told.entry((name(site), record.ns / INTERVAL, name(class), name(home), name(outcome)));
        *count.or_default() += 1;
    }
    assert_eq!(counted(&records), told);
    // It says something: every lot that can be used is, at home and away, and refusals have several reasons.
    let lots: BTreeSet<_> = told.keys().map(|(site, _, class, home, _)| (&site[..2], &class[..], &home[..])).collect();
    let expected = [("eu", "card", "eu"), ("us", "card", "eu"), ("us", "card", "us"), ("us", "seal", "us")];
    assert_eq!(lots, BTreeSet::from(expected));
    let outcomes: BTreeSet<&str> = told.keys().map(|(.., outcome)| &outcome[..]).collect();
    assert!(outcomes.is_superset(&BTreeSet::from(["served", "queue-full", "no-device"])), "{outcomes:?}");
    // In virtual time a batch is sealed at the end of its interval.
    for record in records.iter().filter(|record| record.kind == Kind::Sealed) {
        assert_eq!(record.ns, (u64::from(record.interval.unwrap()) + 1) * INTERVAL, "record {}", record.n);
    }
    let batches = records.iter().filter(|record| record.kind == Kind::Sealed).count() as u64;
    assert_eq!(whole.document.audit.batches, batches);
    assert!(batches > 30 && whole.document.audit.missing == 0);
}

#[test]
fn the_facts_of_a_batch_are_one_record_and_those_of_two_are_two() {
    let scenario = parse(&mixed());
    let fact = |site: u16, interval: u32, class: u16, home: u16, outcome: Outcome, accesses: u64| Fact::Sealed {
        site: SiteId(site),
        interval,
        class: ClassId(class),
        home: RegionId(home),
        tenant: None,
        outcome,
        accesses,
    };
    let full = Outcome::Failed(Failure::QueueFull);
    let gone = Outcome::Failed(Failure::NoDevice);
    let facts = [
        fact(3, 8, 2, 1, Outcome::Done, 40),
        fact(3, 8, 0, 1, gone, 3),
        fact(3, 8, 0, 1, full, 2),
        fact(3, 8, 0, 0, Outcome::Done, 7),
        // Another site; another interval, sealed at the same instant, as at the end of a run.
        fact(2, 8, 0, 0, Outcome::Done, 1),
        fact(3, 9, 0, 0, full, 1),
    ];
    let mut log = Gathered::default();
    facts.iter().for_each(|fact| log.take(Time::ZERO + Span(INTERVAL * 9), *fact));
    let files = Ledger::of(&scenario, log).files(&super::signer(), None);
    let (_, bytes) = files.iter().find(|(name, _)| name.starts_with("segment/")).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let start = "\"ns\":180000000000,\"kind\":\"sealed\",\"site\":";
    let expected = [
        format!(
            "{{\"v\":1,\"n\":1,{start}\"us.a\",\"served\":1,\"refused\":0,\"interval\":8,\
             \"lots\":[{{\"class\":\"card\",\"home\":\"eu\",\"served\":1}}]}}"
        ),
        format!(
            "{{\"v\":1,\"n\":2,{start}\"us.b\",\"served\":47,\"refused\":5,\"interval\":8,\
             \"lots\":[{{\"class\":\"card\",\"home\":\"eu\",\"served\":7}},\
             {{\"class\":\"card\",\"home\":\"us\",\"served\":0,\"refused\":{{\"queue-full\":2,\"no-device\":3}}}},\
             {{\"class\":\"seal\",\"home\":\"us\",\"served\":40}}]}}"
        ),
        format!(
            "{{\"v\":1,\"n\":3,{start}\"us.b\",\"served\":0,\"refused\":1,\"interval\":9,\
             \"lots\":[{{\"class\":\"card\",\"home\":\"eu\",\"served\":0,\"refused\":{{\"queue-full\":1}}}}]}}"
        ),
    ];
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
    let record = Record::read(expected[1].as_bytes()).unwrap();
    assert_eq!(
        record.subject(),
        "site us.b, served 47, refused 5, card/eu 7 served, card/us 0 served + 2 queue-full + 3 no-device, seal/us 40 served"
    );
    let words: BTreeSet<_> = facts.iter().map(|fact| fact.words()).collect();
    assert_eq!(words.len(), facts.len());
}
