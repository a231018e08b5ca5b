//! What a run leaves in its log: each event of key life, fault, detection and routing change once, batches that add up to what
//! was served, in an order that does not depend on when facts became known.

use crate::fleet::{QUIET, TWO_REGIONS, Whole, main_stretch, parse};
use keyfleet::audit::{Gathered, Kind, Ledger, Record, hex, leaf_hash};
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::results::{Status, signer};
use keyfleet::scenario::Scenario;
use keyfleet::time::Time;
use keyfleet::world::Blueprint;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys that rotate every ten minutes or so, a region that dies, another that is destroyed.
fn eventful() -> String {
    format!(
        "run = \"30 min\"\naudit.interval = \"45 s\"\n{QUIET}\n{TWO_REGIONS}\nstay = \"anywhere\"\npartner_copies = 1\n\
         rotate = {{ every = \"40 min\", keep = \"20 min\" }}\n\
         [load.pay]\nfrom = {{ eu = \"20/s\", us = \"10/s\" }}\ncalls = [\"sign\"]\nkey = \"card\"\ntimeout = \"600 ms\"\n\
         [fault]\ndark = {{ on = \"region.eu\", kind = \"crash\", at = \"5 min\", for = \"4 min\" }}\n\
         gone = {{ on = \"region.us.site.a\", kind = \"destroy\", at = \"20 min\", for = \"2 min\" }}\n\
         [objective]\nwhole = {{ expect = \"audit_missing == 0\", when = \"any\" }}\n"
    )
}

pub(super) fn lines(ledger: &Ledger, scenario: &Scenario, whole: &Whole) -> Vec<Vec<u8>> {
    let files = ledger.clone().files(&signer(scenario, &whole.runs), None);
    let segments = files.into_iter().filter(|(name, _)| name.starts_with("segment/"));
    let text: Vec<u8> = segments.flat_map(|(_, bytes)| bytes).collect();
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

#[test]
fn each_rare_fact_is_a_record_and_batches_add_up() {
    let whole = Whole::of(&eventful());
    let replica = whole.replica();
    let ledger = replica.ledger.as_ref().unwrap();
    let lines = lines(ledger, &whole.scenario, &whole);
    let records: Vec<Record<'_>> = lines.iter().map(|line| Record::read(line).unwrap()).collect();
    assert_eq!(records[0].kind, Kind::Opened);
    assert_eq!(records[0].digest.as_deref(), Some(whole.scenario.digest.as_str()));
    for (n, (record, line)) in records.iter().zip(&lines).enumerate() {
        let mut written = Vec::new();
        record.write(&mut written);
        assert_eq!(&written, line, "equal records have equal bytes");
        assert_eq!(record.n, n as u64);
    }
    assert!(records.windows(2).all(|two| (two[0].ns, two[0].kind) <= (two[1].ns, two[1].kind)));
    let count = |kind| records.iter().filter(|record| record.kind == kind).count() as u64;
    let keys = &replica.recorder.keys;
    let expected = [
        (Kind::Opened, 1),
        (Kind::Provisioned, 4),
        (Kind::Struck, 2),
        // What is destroyed does not come back.
        (Kind::Mended, 1),
        (Kind::RotationDue, keys.due),
        (Kind::Generated, keys.generated),
        (Kind::Copied, keys.copied),
        (Kind::Activated, keys.activated),
        (Kind::Destroyed, keys.destroyed),
        (Kind::VersionLost, keys.versions_lost),
    ];
    for (kind, expected) in expected {
        assert_eq!(count(kind), expected, "{}", kind.name());
    }
    assert!(keys.due > 50 && keys.activated > 50 && count(Kind::Detected) >= 5 && count(Kind::Routed) >= 10);
    let served: u64 = records.iter().filter_map(|record| record.served).sum();
    assert_eq!(served, replica.recorder.sites.iter().map(|site| site.served).sum::<u64>());
    assert!(served > 10_000);
    // At most one batch for a site and interval, and none without an access.
    assert!(
        count(Kind::Sealed) <= 4 * 40 && records.iter().all(|r| r.served.is_none_or(|s| s + r.refused.unwrap() > 0))
    );
    let sealed = records.iter().filter(|record| record.kind == Kind::Sealed);
    let batches: BTreeSet<_> = sealed.map(|record| (record.site.clone(), record.interval)).collect();
    assert_eq!(batches.len() as u64, count(Kind::Sealed));
    assert_eq!(replica.recorder.sites.iter().map(|site| site.batches).sum::<u64>(), count(Kind::Sealed));
}

#[test]
fn the_document_tells_of_the_log_that_is_written() {
    let whole = Whole::of(&eventful());
    let ledger = whole.replica().ledger.as_ref().unwrap();
    let audit = &whole.document.audit;
    assert_eq!((audit.records, audit.root.clone()), (ledger.size(), Some(hex(&ledger.root()))));
    let origin = format!("keyfleet/simulated/{}/{}", whole.scenario.name, whole.document.trace_digest);
    assert_eq!(audit.origin.as_deref(), Some(origin.as_str()));
    assert!(whole.runs.main[1..].iter().all(|replica| replica.ledger.is_none()));
    assert_eq!(whole.document.objectives[0].status, Status::Pass);
    let again = Whole::of(&eventful());
    let files = |whole: &Whole| {
        whole.replica().ledger.as_deref().cloned().unwrap().files(&signer(&whole.scenario, &whole.runs), None)
    };
    assert_eq!(files(&whole), files(&again), "the same scenario and seed give the same bytes");
}

#[test]
fn the_log_does_not_depend_on_when_facts_become_known() {
    let scenario = parse(&eventful());
    let root = |ahead| {
        let blueprint = Blueprint::new(Arc::clone(&scenario));
        let mut world = blueprint.audited(&main_stretch(&scenario));
        world.set_ahead(ahead);
        let mut queue = Queue::new(scenario.populations.len());
        world.begin(Time::ZERO, &mut queue);
        run(&mut world, &mut queue, &mut Pace::Virtual { until: Time(scenario.run.0) });
        let (mut recorder, _) = world.end(&mut queue);
        Ledger::of(&scenario, recorder.log.take().unwrap()).root()
    };
    assert_eq!(root(true), root(false));
}

#[test]
fn a_record_is_one_line_of_json_by_the_scenarios_ids() {
    use keyfleet::kms::{ClassId, Fact, KeyRef, KeyVersion, SiteId};
    let scenario = parse(&eventful());
    let version = KeyVersion { key: KeyRef { class: ClassId(0), number: 17 }, version: 3 };
    let fact = Fact::Copied { version, site: SiteId(3), lag: keyfleet::time::Span(1_500_000_000) };
    let record = Record::of(7, &[(Time(60_000_000_000), fact)], &scenario).unwrap();
    let mut line = Vec::new();
    record.write(&mut line);
    let expected = r#"{"v":1,"n":7,"ns":60000000000,"kind":"copied","site":"us.b","key":"card/17","version":3,"lag_ns":1500000000}"#;
    assert_eq!(String::from_utf8(line.clone()).unwrap(), expected);
    assert_eq!(record.subject(), "key card/17, version 3, site us.b, lag 1.5 s");
    assert_eq!(hex(&leaf_hash(&line)).len(), 64);
    assert!(Record::of(7, &[(Time::ZERO, Fact::Unreachable { keys: 1 })], &scenario).is_none());
    assert!(Record::read(expected.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
    assert!(Record::read(expected.replace("lag_ns", "lag").as_bytes()).is_err());
    // Facts of the same instant: first by kind, whatever the order in which they came.
    let (a, b) = (Fact::Destroyed(version), Fact::RotationDue { key: version.key, cause: keyfleet::kms::Cause::Age });
    let mut gathered = Gathered::default();
    gathered.take(Time(5), a);
    gathered.take(Time(5), b);
    gathered.take(Time(4), a);
    assert_eq!(gathered.in_order(), [(Time(4), a), (Time(5), b), (Time(5), a)]);
}

#[test]
fn what_no_batch_records_is_counted_as_missing() {
    let whole = Whole::of(&eventful());
    let mut recorder = whole.replica().recorder.clone();
    assert_eq!(recorder.unaudited(), 0);
    // One access too few at one site and one too many at another do not make up for each other.
    recorder.sites[0].sealed.0 -= 1;
    recorder.sites[3].sealed.0 += 1;
    assert_eq!(recorder.unaudited(), 2);
    let mut runs = whole.runs.clone();
    runs.main[0].recorder = recorder;
    let document = keyfleet::results::document(&whole.scenario, &runs);
    assert_eq!((document.objectives[0].status, document.objectives[0].unit.as_str()), (Status::Fail, "accesses"));
}

#[test]
fn a_log_that_would_fill_the_disk_is_doubted() {
    let warned = |run: &str| {
        let text = eventful().replace("30 min", run);
        let loaded = keyfleet::scenario::load_text(std::path::Path::new("made-up.toml"), &text, &[]).unwrap();
        loaded.warnings.list.iter().any(|warning| warning.reason.contains("batches of access records"))
    };
    // Four sites and 45 s: 2 million batches are 260 days.
    assert!(!warned("260 d") && warned("261 d"));
}
