//! What an erased site misses, what others give it back, and what is lost where nobody has it.

use super::{fleet, same_both_ways};
use crate::fleet::{QUIET, Steps, Whole, parse, s};
use keyfleet::kms::{ClassId, Failure};
use keyfleet::metrics::KeyTally;

/// A hundred keys that all fall due at 03:00, and keep the version before for a while.
fn due_at_three(keep: &str) -> String {
    format!(
        "count = 100\npopularity = \"uniform\"\nrotate = {{ every = \"10 d\", keep = \"{keep}\", age = \"237 h\", jitter = \"0 %\" }}"
    )
}

fn erased(on: &str, at: &str, backup: &str) -> String {
    format!(
        "[backup]\nall = {{ sites = [\"region.uk\"], at = \"{backup}\", rate = \"10/s\", restore = \"10/s\" }}\n[fault]\n\
         fire = {{ on = \"{on}\", kind = \"erase\", at = \"{at}\", for = \"10 min\" }}\n"
    )
}

fn tally(whole: &Whole) -> &KeyTally {
    &whole.replica().recorder.keys
}

fn refilled(whole: &Whole, site: &str) -> f64 {
    whole.document.recovery.as_ref().unwrap().backups[site].refilled.or_zero()
}

#[test]
fn versions_made_since_the_last_backup_are_lost_when_all_copies_are_erased() {
    let whole = Whole::of(&fleet("8 h", 2, &due_at_three("30 d"), &erased("region.uk", "5 h", "02:00")));
    assert_eq!((tally(&whole).versions_lost, tally(&whole).keys_lost), (100, 0), "the backup has the versions before");
    let fire = &whole.document.faults[0];
    let rpo = fire.rpo_s.unwrap();
    assert!(rpo > 7_100.0 && rpo <= 7_200.0, "{rpo}: they were made soon after three");
    assert_eq!(tally(&whole).activated, 200, "all get successors");
    assert_eq!(tally(&whole).overdue(), 0);
    // A backup between the two, and none is lost.
    let whole = Whole::of(&fleet("8 h", 2, &due_at_three("30 d"), &erased("region.uk", "5 h", "04:00")));
    assert_eq!((tally(&whole).versions_lost, tally(&whole).activated), (0, 100));
    assert_eq!(whole.document.faults[0].rpo_s, Some(0.0));
}

/// The version before is destroyed an hour after: then the keys have nothing left.
#[test]
fn keys_whose_only_versions_are_younger_than_the_backup_are_lost() {
    let whole = Whole::of(&fleet("8 h", 2, &due_at_three("1 h"), &erased("region.uk", "5 h", "02:00")));
    assert_eq!((tally(&whole).destroyed, tally(&whole).versions_lost, tally(&whole).keys_lost), (100, 100, 100));
    assert!(whole.document.faults[0].rpo_s.unwrap() <= 7_200.0);
    // A key of the same name begins anew.
    assert_eq!(tally(&whole).activated, 200);
    let whole = Whole::of(&fleet("8 h", 2, &due_at_three("1 h"), &erased("region.uk.site.b", "5 h", "02:00")));
    assert_eq!((tally(&whole).versions_lost, tally(&whole).keys_lost), (0, 0));
    assert_eq!(refilled(&whole, "uk.b"), 100.0, "the other site has them");
}

/// Made at two, four and six o'clock, saved at one and, of one site only, at five.
#[test]
fn retired_versions_that_nobody_has_are_lost_too() {
    let key = "count = 20\nrotate = { every = \"2 h\", keep = \"20 h\", age = \"0 s\", jitter = \"0 %\" }";
    let whole = Whole::of(&fleet("9 h", 2, key, &erased("region.uk", "5 h", "01:00")));
    assert_eq!((tally(&whole).versions_lost, tally(&whole).keys_lost), (40, 0), "two of each key");
    let one = erased("region.uk.site.a", "5 h", "01:00");
    let whole = Whole::of(&fleet("9 h", 2, key, &one));
    assert_eq!((tally(&whole).versions_lost, refilled(&whole, "uk.a")), (0, 40.0));
    // The site that had them burns after the first one was given them back, or before.
    for (at, lost) in [("410 min", 0), ("320 min", 40)] {
        let more = format!("{one}late = {{ on = \"region.uk.site.b\", kind = \"destroy\", at = \"{at}\" }}\n");
        let whole = Whole::of(&fleet("9 h", 2, key, &more));
        assert_eq!(tally(&whole).versions_lost, lost, "{at}");
        same_both_ways(&fleet("9 h", 2, key, &more));
    }
}

/// A hundred an hour, for twelve hours.
#[test]
fn what_is_lost_is_the_rate_of_new_versions_times_the_age_of_the_backup() {
    let key = "count = 4000\nrotate = { every = \"40 h\", keep = \"40 h\", jitter = \"0 %\" }";
    let text = fleet("16 h", 2, key, &erased("region.uk", "14 h", "02:00"));
    let whole = Whole::of(&text);
    let blueprint = keyfleet::world::Blueprint::new(parse(&text));
    let (catalog, calendar) = (blueprint.catalog(), blueprint.calendar(0, s(0.0), s(16.0 * 3_600.0)));
    let rotate = catalog.classes[0].rotate.unwrap();
    // Those that fall due from two to fourteen o'clock, but for a minute in which the last ones are made.
    let due = |from: f64, until: f64| {
        let dues = catalog.keys_at(ClassId(0), s(0.0)).map(|key| calendar.first_due(key, rotate, catalog));
        dues.filter(|due| *due > s(from * 3_600.0) && *due < s(until * 3_600.0)).count() as u64
    };
    let lost = tally(&whole).versions_lost;
    assert!(lost >= due(2.01, 13.98) && lost <= due(1.99, 14.0), "{lost}, not {}", due(2.0, 14.0));
    assert!((1_080..1_320).contains(&lost), "{lost}: 100 an hour for 12 hours");
    assert!(whole.document.faults[0].rpo_s.unwrap() <= 12.0 * 3_600.0);
}

/// Until it has been sent them, a site refuses calls under keys that it lost; the other one serves them.
#[test]
fn a_site_serves_no_key_that_it_lacks() {
    let more = format!(
        "[replication]\nat_once = 1\n[health]\npropagation = \"5 s\"\n{}",
        erased("region.uk.site.a", "5 h", "02:00")
    );
    let text = fleet("7 h", 2, &due_at_three("30 d"), &more).replace("uk = \"1/s\"", "uk = \"20/s\"");
    let mut steps = Steps::new(&text, true);
    steps.to(s(5.0 * 3_600.0 + 1_100.0));
    let before = steps.rejected("uk.a", Failure::KeyMissing);
    steps.to(s(7.0 * 3_600.0));
    let refused = steps.rejected("uk.a", Failure::KeyMissing) - before;
    assert!(refused > 50, "{refused}");
    let whole = Whole::of(&text);
    assert_eq!(refilled(&whole, "uk.a"), 100.0);
    let (offered, failed) = whole.suffered("uk", s(5.2 * 3_600.0), s(7.0 * 3_600.0));
    assert!(offered > 100_000 && failed == 0, "{failed} of {offered}");
    same_both_ways(&text);
}

/// A site that joined after its last backup has nothing of its shards in it.
#[test]
fn what_a_site_did_not_hold_when_its_backup_began_is_not_in_it() {
    let key = "count = 200\npopularity = \"uniform\"";
    let joins = "[change]\ngrow = { join = \"region.uk.site.c\", at = \"3 h\" }\n[routing]\nshards = 20\n";
    let text = fleet("9 h", 3, key, &format!("{joins}{}", erased("region.uk.site.c", "5 h", "02:00")));
    let text = text.replace("copies = 3", "copies = 2");
    let whole = Whole::of(&text);
    let moved = whole.replica().recorder.changes.moved as f64;
    assert!(moved > 50.0);
    assert_eq!((refilled(&whole, "uk.c"), tally(&whole).versions_lost), (moved, 0));
    let saved = Whole::of(&text.replace("at = \"02:00\"", "at = \"04:30\""));
    assert_eq!(refilled(&saved, "uk.c"), 0.0, "now they are");
    same_both_ways(&text);
}

/// Empty for less than it takes to notice: others send it what it lost all the same.
#[test]
fn a_site_that_nobody_missed_is_sent_what_it_lost() {
    let fire = erased("region.uk.site.a", "5 h", "02:00");
    let fire = fire.replace("restore = \"10/s\"", "restore = \"1000/s\"").replace("for = \"10 min\"", "for = \"1 s\"");
    let more = format!("[response]\ndetect = \"1 s\"\ndecide = \"1 s\"\n{fire}");
    let whole = Whole::of(&fleet("7 h", 2, &due_at_three("30 d"), &more));
    let ready = whole.document.recovery.as_ref().unwrap().recoveries[0].ready_s.value.unwrap();
    assert!((ready - 2.4).abs() < 1e-6, "{ready}: 400 versions at 1,000 a second, after two");
    assert_eq!(whole.sighted("uk.a", false, false), None);
    assert_eq!((refilled(&whole, "uk.a"), tally(&whole).versions_lost), (100.0, 0));
}

/// Each of so many keys waits for its turn at a site that is dark: none of them is asked for from within the other.
#[test]
fn a_hundred_thousand_keys_that_wait_at_a_dark_site() {
    let text = format!(
        r#"run = "10 min"
{QUIET}
[region]
de = {{ at = "Frankfurt", device = "box", sites = 2 }}
[key.card]
count = {{ de = 100_000 }}
algorithm = "rsa-2048"
[load.pay]
from = {{ de = "1/s" }}
calls = ["sign"]
key = "card"
[fault]
leak = {{ on = "key.card", kind = "compromise", share = "100 %", at = "5 min" }}
dark = {{ on = "region.de", kind = "crash", at = "5 min", for = "2 min" }}
"#
    );
    let run = Whole::of(&text).document;
    assert!(run.rotation.due.value.is_some_and(|due| due >= 100_000.0), "{:?}", run.rotation);
}
