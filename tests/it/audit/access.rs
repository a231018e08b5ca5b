//! Each access as a record of its own: as many as were served and refused, under the version that was active, the same on both
//! paths; and what is dropped is found.

use super::command::keyfleet;
use super::{folder, lay};
use crate::fleet::{QUIET, TWO_REGIONS, Whole, main_stretch, parse};
use keyfleet::audit::{Gathered, Kind, Ledger, Log, Record, verify};
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::{CallName, ClassId, Fact, Failure, KeyRef, KeyVersion, OriginId, Outcome, SiteId};
use keyfleet::metrics::Recorder;
use keyfleet::results::{Status, signer};
use keyfleet::time::Time;
use keyfleet::world::Blueprint;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

/// Queues and session tables that fill, devices that break while they work, and sites that wait for the copy of a key in use, so
/// that calls are refused for every reason for which a site refuses.
fn busy(access: &str) -> String {
    let slow = QUIET.replace("mean = \"1 ms\"", "mean = \"12 ms\"");
    let table = slow[slow.find("[profile.box]").unwrap()..].replace("profile.box", "profile.table");
    let (slow, table) = (
        slow.replace("engines = 1", "engines = 1\nqueue = 1"),
        table.replace("engines = 1", "engines = 1\nsessions = 2"),
    );
    let regions = TWO_REGIONS.replace("us-east-1\", device = \"box\"", "us-east-1\", device = \"table\"");
    format!(
        "run = \"3 min\"\naudit = {{ interval = \"45 s\", access = \"{access}\" }}\n{slow}{table}{regions}\n\
         durability = 1\nrotate = {{ every = \"10 min\", keep = \"10 min\" }}\n\
         [load.pay]\nfrom = {{ eu = \"60/s\", us = \"60/s\" }}\ncalls = [\"sign\", \"decrypt\"]\nkey = \"card\"\n\
         timeout = \"600 ms\"\n[fault]\n\
         broken = {{ on = \"region.eu.site.a.device.1\", kind = \"crash\", at = \"1 min\", for = \"20 s\" }}\n\
         other = {{ on = \"region.eu.site.a.device.2\", kind = \"crash\", at = \"1 min\", for = \"20 s\" }}\n\
         third = {{ on = \"region.us.site.a.device.1\", kind = \"crash\", at = \"90 s\", for = \"5 s\" }}\n\
         fourth = {{ on = \"region.us.site.b.device.2\", kind = \"crash\", at = \"110 s\", for = \"5 s\" }}\n\
         fifth = {{ on = \"region.eu.site.b.device.1\", kind = \"crash\", at = \"130 s\", for = \"5 s\" }}\n\
         [objective]\nwhole = {{ expect = \"audit_missing == 0\", when = \"any\" }}\n"
    )
}

/// The run with an audit log, its facts one by one or ahead of their time.
fn ran(access: &str, ahead: bool) -> (Recorder, Gathered, u64) {
    let scenario = parse(&busy(access));
    let mut world = Blueprint::new(Arc::clone(&scenario)).audited(&main_stretch(&scenario));
    world.set_ahead(ahead);
    let mut queue = Queue::new(scenario.populations.len());
    world.begin(Time::ZERO, &mut queue);
    run(&mut world, &mut queue, &mut Pace::Virtual { until: Time(scenario.run.0) });
    let (mut recorder, digest) = world.end(&mut queue);
    let log = recorder.log.take().unwrap();
    (recorder, log, digest.value())
}

fn lines(ledger: &Ledger, whole: &Whole) -> Vec<Vec<u8>> {
    let files = ledger.clone().files(&signer(&whole.scenario, &whole.runs), None);
    let text: Vec<u8> =
        files.into_iter().filter(|(name, _)| name.starts_with("segment/")).flat_map(|(_, b)| b).collect();
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

/// By site: accesses served and refused by records of their own, then by batches.
fn by_site(records: &[Record<'_>]) -> BTreeMap<String, [u64; 4]> {
    let mut sums: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for record in records {
        let sums = sums.entry(record.site.as_deref().unwrap_or_default().to_owned()).or_default();
        match record.kind {
            Kind::Accessed => sums[usize::from(record.outcome.as_deref() != Some("served"))] += 1,
            Kind::Sealed => {
                sums[2] += record.served.unwrap();
                sums[3] += record.refused.unwrap();
            }
            _ => {}
        }
    }
    sums.retain(|_, sums| *sums != [0; 4]);
    sums
}

fn read(lines: &[Vec<u8>]) -> Vec<Record<'static>> {
    lines.iter().map(|line| Record::read(line).unwrap()).collect()
}

#[test]
fn each_access_has_a_record_served_or_not() {
    let whole = Whole::of(&busy("each"));
    let replica = whole.replica();
    let lines = lines(replica.ledger.as_ref().unwrap(), &whole);
    let records = read(&lines);
    assert!(records.windows(2).all(|two| (two[0].ns, two[0].kind) <= (two[1].ns, two[1].kind)));
    let sums = by_site(&records);
    assert_eq!(sums.len(), 4);
    for (name, [served, refused, in_batches, refused_in_batches]) in &sums {
        let tally = whole.site(name);
        assert_eq!((*served, *served, *refused), (tally.served, *in_batches, *refused_in_batches), "{name}");
        assert!(*served > 1_000, "{name}: {served}");
    }
    let accesses: Vec<&Record<'_>> = records.iter().filter(|record| record.kind == Kind::Accessed).collect();
    let outcomes: BTreeSet<&str> = accesses.iter().filter_map(|record| record.outcome.as_deref()).collect();
    let expected = ["device-lost", "key-missing", "no-device", "queue-full", "served", "sessions-full"];
    assert_eq!(outcomes, BTreeSet::from(expected));
    let refused: u64 =
        Failure::ALL.iter().map(|f| replica.recorder.sites.iter().map(|s| s.rejected[*f as usize]).sum::<u64>()).sum();
    assert_eq!(accesses.iter().filter(|record| record.outcome.as_deref() != Some("served")).count() as u64, refused);
    let seen = |of: fn(&Record<'_>) -> Option<String>| accesses.iter().map(|r| of(r).unwrap()).collect::<BTreeSet<_>>();
    assert_eq!(seen(|r| r.call.as_deref().map(str::to_owned)), BTreeSet::from(["decrypt", "sign"].map(str::to_owned)));
    assert_eq!(seen(|r| r.origin.as_deref().map(str::to_owned)), BTreeSet::from(["eu", "us"].map(str::to_owned)));
    assert!(seen(|r| r.key.as_deref().map(str::to_owned)).iter().all(|key| key.starts_with("card/")));
    let audit = &whole.document.audit;
    assert_eq!((audit.singly, audit.missing), (Some(audit.accesses + audit.refused), 0));
    assert_eq!((audit.accesses, audit.refused), (audit.served, refused));
    assert_eq!(whole.document.objectives[0].status, Status::Pass);
}

#[test]
fn an_access_names_the_version_that_was_active_when_its_call_came() {
    let whole = Whole::of(&busy("each"));
    let records = read(&lines(whole.replica().ledger.as_ref().unwrap(), &whole));
    let mut active: BTreeMap<&str, (u64, u32)> = BTreeMap::new();
    for record in records.iter().filter(|record| record.kind == Kind::Activated) {
        active.entry(record.key.as_deref().unwrap()).or_insert((record.ns, record.version.unwrap()));
    }
    let (mut before, mut after) = (0, 0);
    for record in records.iter().filter(|record| record.kind == Kind::Accessed) {
        let Some((at, version)) = active.get(record.key.as_deref().unwrap()) else { continue };
        if record.ns < *at {
            before += 1;
            assert_eq!(record.version.unwrap() + 1, *version, "record {}", record.n);
        } else if record.ns > at + 100_000_000 {
            // No call takes a tenth of a second at a site.
            after += 1;
            assert!(record.version.unwrap() >= *version, "record {}", record.n);
        }
    }
    assert!(before > 1_000 && after > 1_000, "{before}, {after}");
}

#[test]
fn both_paths_leave_the_same_log_and_batches_know_nothing_of_it() {
    let [(_, ahead, digest), (_, stepped, same)] = [true, false].map(|ahead| ran("each", ahead));
    assert_eq!(digest, same);
    let scenario = parse(&busy("each"));
    let ahead = ahead.in_order();
    assert_eq!(Ledger::of(&scenario, stepped.clone()).root(), Ledger::of(&scenario, gathered(&ahead)).root());
    assert_eq!(ahead, stepped.in_order());
    let (recorder, batches, other) = ran("batches", true);
    assert_ne!(other, digest, "facts are in the digest");
    assert!(recorder.sites.iter().all(|site| site.singly == (0, 0)) && recorder.unaudited() == 0);
    let rest: Vec<_> = ahead.into_iter().filter(|(_, fact)| !matches!(fact, Fact::Accessed { .. })).collect();
    assert_eq!(batches.in_order(), rest, "records are added, and nothing else is different");
}

fn gathered(facts: &[(Time, Fact)]) -> Gathered {
    let mut log = Gathered::default();
    facts.iter().for_each(|(at, fact)| log.take(*at, *fact));
    log
}

#[test]
fn a_dropped_access_is_found_in_the_log_and_in_the_counts() {
    let whole = Whole::of(&busy("each"));
    let folder = folder("dropped-access");
    let ledger = whole.replica().ledger.as_deref().unwrap();
    lay(&folder, ledger, None);
    let lines = lines(ledger, &whole);
    assert!(lines.len() < 65_536, "one segment holds them");
    let found = || verify(&Log::open(&folder, None).unwrap(), None, None).unwrap();
    assert!(found().holds());
    for outcome in ["served", "queue-full"] {
        let of = |line: &Vec<u8>| String::from_utf8_lossy(line).contains(&format!("\"outcome\":\"{outcome}\""));
        let dropped = lines.iter().rposition(of).unwrap();
        let mut left = lines.clone();
        let line = left.remove(dropped);
        fs::write(folder.join("segment/000000.jsonl"), [left.join(&b'\n'), vec![b'\n']].concat()).unwrap();
        assert_eq!(found().first_bad(), Some(dropped as u64));
        // Whoever makes the whole log anew still has the batches against him.
        let site = Record::read(&line).unwrap().site.unwrap();
        let sums = by_site(&read(&left));
        let wrong = |[served, refused, sealed, not]: &[u64; 4]| served != sealed || refused != not;
        assert_eq!(sums.iter().filter(|(_, sums)| wrong(sums)).map(|(name, _)| name).collect::<Vec<_>>(), [&*site]);
    }
    let recorder = &whole.replica().recorder;
    assert_eq!(recorder.unaudited(), 0);
    let missing = |change: fn(&mut Recorder)| {
        let mut changed = recorder.clone();
        change(&mut changed);
        changed.unaudited()
    };
    assert_eq!(missing(|recorder| recorder.sites[0].singly.0 -= 1), 1);
    assert_eq!(missing(|recorder| recorder.sites[0].singly.1 -= 1), 1);
    assert_eq!(missing(|recorder| recorder.sites[1].sealed.0 -= 1), 1, "it is missing once, whoever misses it");
    assert_eq!(missing(|recorder| recorder.sites.iter_mut().for_each(|site| site.singly = (0, 0))), {
        recorder.sites.iter().map(|site| site.sealed.0 + site.sealed.1).sum::<u64>()
    });
}

#[test]
fn accesses_that_differ_have_different_words() {
    let fact = |site, origin, call, outcome, class, number, version| Fact::Accessed {
        site: SiteId(site),
        origin: OriginId(origin),
        call: CallName(call),
        outcome,
        version: KeyVersion { key: KeyRef { class: ClassId(class), number }, version },
    };
    let mut words = BTreeSet::new();
    let outcomes = [Outcome::Done, Outcome::Failed(Failure::Timeout), Outcome::Failed(Failure::KeyMissing)];
    for [a, b, c] in
        [0, 1, u16::MAX].map(|a| [0, 1, u16::MAX].map(|b| [0, 1, u16::MAX].map(|c| [a, b, c]))).concat().concat()
    {
        for [d, e, f] in [0, 1, u8::MAX].map(|d| [0, 1, 2].map(|e| [0, 1, 7].map(|f| [d, e, f]))).concat().concat() {
            let number = [0, 1, u32::MAX][usize::from(f) % 3];
            words.insert(fact(a, b, d, outcomes[usize::from(e)], c, number, u32::from(f)).words());
        }
    }
    assert_eq!(words.len(), 27 * 27);
}

#[test]
fn accesses_are_shown_by_kind_site_and_key() {
    let folder = folder("show-access");
    let (file, out) = (folder.join("busy.toml"), folder.join("out"));
    fs::write(&file, busy("each")).unwrap();
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let (code, _, err) = keyfleet(&["run", file, "--out", out, "--quiet"]);
    assert_eq!(code, 0, "{err}");
    let shown = |more: &[&str]| keyfleet(&[&["audit", "show", out, "--kind", "accessed"], more].concat()).1;
    let all = shown(&["--format", "json"]);
    let count = |part: &str| all.lines().filter(|line| line.contains(part)).count();
    for (filter, part) in [("--site", "\"site\":\"us.b\""), ("--key", "\"key\":\"card/17\"")] {
        let name = part.split('"').nth(3).unwrap();
        let found = shown(&[filter, name]);
        assert!(count(part) > 10 && found.lines().count() == count(part), "{filter}: {found}");
    }
    let line = shown(&["--key", "card/17", "--site", "eu.b"]);
    let line = line.lines().next().unwrap();
    assert!(
        line.contains("accessed      key card/17, version ") && line.contains("origin eu, site eu.b, call "),
        "{line}"
    );
    assert!(line.contains(", outcome "), "{line}");
}

#[test]
fn a_log_of_very_many_accesses_is_doubted_or_refused() {
    let told = |run: &str, access: &str| {
        let text = busy(access).replace("3 min", run);
        match keyfleet::scenario::load_text(std::path::Path::new("made-up.toml"), &text, &[]) {
            Ok(loaded) => loaded.warnings.list.iter().map(|w| w.reason.clone()).collect::<Vec<_>>().join("\n"),
            Err(diagnostics) => format!("refused: {diagnostics:?}"),
        }
    };
    // 240 calls a second: ten million in 11.6 hours, two hundred million in 231.5.
    assert!(!told("11 h", "each").contains("million accesses"));
    assert!(
        told("12 h", "each").contains("would hold about 10 million accesses, some 3 GB in memory"),
        "{}",
        told("12 h", "each")
    );
    assert!(!told("231 h", "each").contains("refused"));
    let refused = told("232 h", "each");
    assert!(refused.contains("refused") && refused.contains("about 200 million accesses, some 50 GB"), "{refused}");
    assert!(!told("232 h", "batches").contains("million accesses"));
}
