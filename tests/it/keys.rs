//! The life of keys: the states that the standard allows, the calendar, rotation by use and after a leak, durability, and what
//! the shipped scenarios about keys teach.

mod away;
mod dues;
mod rotation;
mod slots;
mod suspended;

use crate::shipped::{keeps_its_promise, run, value};
use keyfleet::inventory::Inventory;
use keyfleet::kms::{Change, KeyState};
use keyfleet::results::Ledger;
use keyfleet::world::Blueprint;

/// The arrows of figure 3 in NIST SP 800-57 Part 1 Rev. 5 §7; of those to suspension the one from active.
#[test]
fn a_version_changes_as_the_standard_allows_and_not_otherwise() {
    use KeyState::*;
    let allowed = [
        (PreActive, Change::Activate, Active),
        (PreActive, Change::Compromise, Compromised),
        (PreActive, Change::Destroy, Destroyed),
        (Active, Change::Deactivate, Deactivated),
        (Active, Change::Suspend, Suspended),
        (Suspended, Change::Resume, Active),
        (Suspended, Change::Deactivate, Deactivated),
        (Suspended, Change::Compromise, Compromised),
        (Active, Change::Compromise, Compromised),
        (Deactivated, Change::Compromise, Compromised),
        (Deactivated, Change::Destroy, Destroyed),
        (Compromised, Change::Destroy, DestroyedCompromised),
        (Destroyed, Change::Compromise, DestroyedCompromised),
    ];
    for state in KeyState::ALL {
        use Change::{Activate, Compromise, Deactivate, Destroy, Resume, Suspend};
        for change in [Activate, Suspend, Resume, Deactivate, Compromise, Destroy] {
            let expected = allowed.iter().find(|(from, by, _)| (*from, *by) == (state, change)).map(|(_, _, to)| *to);
            assert_eq!(state.after(change), expected, "{state:?} {change:?}");
        }
    }
}

fn ledger<'d>(document: &'d keyfleet::results::RunDocument, class: &str) -> &'d Ledger {
    &document.keys.classes[class]
}

/// One replication instead of three: what it teaches shows in each. Two years, so it takes some seconds.
#[test]
fn a_year_of_rotation_has_no_storm_with_jitter_and_turns_and_one_without() {
    let calm = run("rotation-year", &["replications=1"]);
    keeps_its_promise("rotation-year", &calm);
    let storm = run("rotation-storm", &["replications=1"]);
    keeps_its_promise("rotation-storm", &storm);
    for (document, name) in [(&calm, "calm"), (&storm, "storm")] {
        assert_eq!(document.rotation.completed.value, Some(4_000.0), "{name}");
        let issuer = ledger(document, "issuer");
        assert_eq!(issuer.states["active"].value, Some(4_000.0), "{name}");
        // Old versions are kept 30 days, and the keys fell due in the first months: all are gone.
        assert_eq!(issuer.states["destroyed"].value, Some(4_000.0), "{name}");
        assert!(!issuer.states.contains_key("deactivated"), "{name}");
    }
    assert_eq!(calm.requests.failed, 0);
    assert!(value(&storm, "served").unwrap() < 95.0);
    // The storm: 2,000 keys a site, 10 s each, on two devices.
    let took = storm.rotation.duration_ms.p99.value.unwrap() / 1e3;
    assert!((8_000.0..14_000.0).contains(&took), "{took} s");
    // The day that the keys of the calm fleet are made lies up to a tenth of a year before the end of their year.
    assert!((ledger(&calm, "issuer").oldest_s.value.unwrap() / 86_400.0 - 311.0).abs() < 2.0);
}

/// The list alone says what falls due when.
#[test]
fn keys_on_file_fall_due_by_the_days_on_which_they_were_made() {
    let document = run("keys-on-file", &[]);
    keeps_its_promise("keys-on-file", &document);
    let due = |days: u32| run("keys-on-file", &["replications=1", &format!("run={days} d")]).rotation.due.value;
    // Four in the first week, two more in March, twelve on the sixth of April, then two.
    assert_eq!([due(1), due(7), due(36), due(37)].map(Option::unwrap), [0.0, 4.0, 6.0, 18.0]);
    let rotation = &document.rotation;
    assert_eq!(
        (rotation.due.value, rotation.completed.value, rotation.overdue.value),
        (Some(20.0), Some(20.0), Some(0.0))
    );
    // In June the next one turns a year old: the oldest is that of the first of June.
    assert_eq!(ledger(&document, "issuer").oldest_s.value, Some((273.0 + 60.0) * 86_400.0));
    let shorter = "key.issuer.rotate.every=270 d".to_owned();
    assert_eq!(run("keys-on-file", &["replications=1", "run=1 d", &shorter]).rotation.completed.value, Some(21.0));
    for (set, findings, overdue) in
        [(vec![], vec![], [0, 0]), (vec![shorter.clone()], vec!["21 of its keys are past their cryptoperiod"], [13, 8])]
    {
        let scenario = keyfleet::scenario::load("scenarios/keys-on-file.toml".as_ref(), &set).unwrap().scenario;
        let inventory = Inventory::new(&Blueprint::new(std::sync::Arc::new(scenario)));
        let [issuer] = &inventory.classes[..] else { panic!("one class") };
        assert_eq!(issuer.findings, findings);
        assert_eq!(issuer.homes.iter().map(|home| home.overdue).collect::<Vec<_>>(), overdue);
    }
}

/// One replication instead of ten.
#[test]
fn a_leaked_wrapping_key_takes_all_that_it_carried_and_they_are_replaced_within_a_shift() {
    let document = run("wrapping-key-compromise", &["replications=1"]);
    keeps_its_promise("wrapping-key-compromise", &document);
    let (wrapping, carried) = (ledger(&document, "transport"), ledger(&document, "issuer"));
    assert_eq!((wrapping.leaked.value, wrapping.replaced.value), (Some(20.0), Some(20.0)));
    assert_eq!((carried.leaked.value, carried.replaced.value), (Some(8_000.0), Some(8_000.0)));
    assert_eq!(carried.states["compromised"].value, Some(8_000.0), "the leaked versions are still there");
    assert!(wrapping.replacement_s.value.unwrap() < 120.0);
    // 4,000 keys a site, four at once, 4 s each: what the ledger says, and the simulation does.
    let (least, took) = (carried.generation_at_once_s.unwrap(), carried.replacement_s.value.unwrap());
    assert_eq!(least, 4_000.0);
    assert!((took / least - 1.0).abs() < 0.05, "{took}");
    // Half of the European requests until the keys were replaced: 20/s with demand as it is.
    let exposed = carried.exposed.value.unwrap();
    assert!((33_000.0..47_000.0).contains(&exposed), "{exposed}");
}

#[test]
fn too_few_at_once_is_told_as_the_reason_why_leaked_keys_are_not_replaced_in_time() {
    let document = run("wrapping-key-compromise", &["replications=1", "rotation.at_once_urgent=1"]);
    assert!(value(&document, "replaced").unwrap() > 4.0 * 3_600.0);
    let carried = ledger(&document, "issuer");
    assert_eq!((carried.generation_at_once_s, carried.generation_s), (Some(16_000.0), Some(2_000.0)));
    let text = keyfleet::report::summary(&document, 100, false);
    assert!(text.contains("issuer: 8,000 leaks of keys, 8,000 replaced, the last after 4."), "{text}");
}

/// Two slots for each key that leaked, and one for each other: the HSMs have fewer than that.
#[test]
fn full_slots_are_told_as_the_reason_why_leaked_keys_are_not_replaced_at_all() {
    let document = run("wrapping-key-compromise", &["replications=1", "key.issuer.count={ eu = 12_000, us = 12_000 }"]);
    let carried = ledger(&document, "issuer");
    // Of 16,666 slots 12,020 were taken; the twenty wrapping keys had their successors first.
    assert_eq!(carried.replaced.value, Some(16_666.0 - 12_020.0 - 20.0));
    assert_eq!(carried.waited_for_slots.value, Some(12_000.0 - carried.replaced.value.unwrap()));
    assert_eq!(value(&document, "replaced"), None, "infinite");
    let text = keyfleet::report::summary(&document, 100, false);
    assert!(text.contains("issuer: 7,374 rotations had to wait for a free key slot"), "{text}");
}

#[test]
fn a_verdict_says_that_not_all_leaked_keys_were_replaced() {
    let document = run("wrapping-key-compromise", &["replications=1", "run=2 h", "rotation.at_once_urgent=1"]);
    let verdict = &document.verdict;
    assert!(
        verdict.contains("replacement < 4 h, but not all leaked keys were replaced by the end (all leaked keys)"),
        "{verdict}"
    );
}

#[test]
fn a_site_lost_for_good_takes_the_keys_that_only_it_had_and_versions_not_copied_yet() {
    let document = run("site-lost-for-good", &[]);
    keeps_its_promise("site-lost-for-good", &document);
    // A third of 3,000 keys; which shard a key is in is a matter of chance: three standard deviations.
    let lost = document.keys.lost.value.unwrap();
    assert!((lost - 1_000.0).abs() < 3.0 * (3_000.0 * (1.0 / 3.0) * (2.0 / 3.0_f64)).sqrt(), "{lost}");
    // Versions made at the lost site within the last minute: 60,000 a day, a third of them there; twenty replications.
    let expected = 60_000.0 / 86_400.0 / 3.0 * 60.0;
    let versions = document.replication.versions_lost.value.unwrap();
    assert!((versions - expected).abs() < 3.0 * (expected / 20.0_f64).sqrt(), "{versions} instead of {expected}");
    // The rest came a minute after they were in use.
    let late = document.replication.late_ms.p50.value.unwrap();
    assert!((late - 60_000.0).abs() < 300.0, "to the resolution of the histogram: {late}");
    let safe = run("site-lost-for-good", &["key.session.durability=2", "key.archive.copies=2", "replications=5"]);
    assert_eq!((safe.keys.lost.value, safe.replication.versions_lost.value), (Some(0.0), Some(0.0)));
    assert!(safe.replication.unused_lost.or_zero() > 1.0, "what was lost had not been used");
    assert_eq!(safe.status, keyfleet::results::Status::Pass, "{}", safe.verdict);
}
