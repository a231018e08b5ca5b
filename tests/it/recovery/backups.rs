//! When backups begin, how long they take, what they cost, and which of them count.

use super::{fleet, recovery, same_both_ways};
use crate::fleet::{Whole, parse, s};
use keyfleet::kms::SiteId;

const KEYS: &str = "count = 3600\npopularity = \"uniform\"";

fn dues(start: &str, place: &str, backup: &str) -> Vec<i64> {
    let text = fleet("4 d", 1, KEYS, &format!("[backup]\nall = {{ sites = [\"fleet\"], {backup} }}\n"));
    let scenario = parse(&text.replace("2027-03-01T00:00:00Z", start).replace("\"London\"", place));
    scenario.backups[0].dues(&scenario, SiteId(0))
}

/// The clock on the wall counts, also where it is put forward; the last one before the run is known.
#[test]
fn backups_begin_at_their_local_hour() {
    const HOUR: i64 = 3_600;
    // One o'clock in the night of the 26th in Frankfurt: 02:00 is an hour later, and the last one was 23 hours before.
    let daily = dues("2027-03-26T00:00:00Z", "\"Frankfurt\"", "at = \"02:00\"");
    // On the 28th the clock goes from 02:00 to 03:00, which is the moment that 02:00 would have been.
    assert_eq!(daily, [-23, 1, 25, 49, 72].map(|hour| hour * HOUR));
    let quarterly = dues("2027-03-01T00:00:00Z", "\"London\"", "at = \"02:00\", every = \"6 h\"");
    assert_eq!(quarterly[..4], [-4, 2, 8, 14].map(|hour| hour * HOUR));
    assert_eq!(quarterly.len(), 17);
    let third = dues("2027-03-01T00:00:00Z", "\"London\"", "at = \"02:00\", every = \"3 d\"");
    assert_eq!(third, [2 - 72, 2, 74].map(|hour| hour * HOUR));
}

/// Versions at the site over the rate; while it runs the site does four fifths of what it can.
#[test]
fn throughput_is_less_while_a_backup_runs() {
    let backup = "[backup]\nall = { sites = [\"region.uk\"], at = \"02:00\", rate = \"1/s\", slows = \"20 %\" }\n";
    let text = fleet("5 h", 1, KEYS, backup)
        .replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"100 ms\" }\nqueue = 10")
        .replace("uk = \"1/s\"", "uk = \"20/s\"");
    let whole = Whole::of(&text);
    let saved = &whole.document.recovery.as_ref().unwrap().backups["uk.a"];
    assert_eq!((saved.complete.value, saved.broken.value, saved.missed.value), (Some(1.0), Some(0.0), Some(0.0)));
    assert_eq!((saved.key_versions.value, saved.took_s.value), (Some(3_600.0), Some(3_600.0)));
    let rate = |from: f64, until: f64| whole.served("uk.a", s(from), s(until)) as f64 / (until - from);
    for (from, until, expected) in [(3_600.0, 7_200.0, 10.0), (7_500.0, 10_500.0, 8.0), (11_100.0, 18_000.0, 10.0)] {
        let served = rate(from, until);
        assert!((served - expected).abs() < 0.05, "{served}, not {expected} from {from} on");
    }
}

/// What breaks off a backup, or is there when one is due, leaves the one of the day before.
#[test]
fn a_backup_that_a_fault_interrupts_does_not_count() {
    let of = |crash: &str| {
        let more = format!(
            "[backup]\nall = {{ sites = [\"region.uk\"], at = \"02:00\", rate = \"10/s\", restore = \"5/s\" }}\n[fault]\n\
             dark = {{ on = \"region.uk.site.a\", kind = \"crash\", at = \"{crash}\", for = \"2 min\" }}\n\
             fire = {{ on = \"region.uk.site.a\", kind = \"erase\", at = \"5 h\", for = \"1 h\" }}\n"
        );
        let whole = Whole::of(&fleet("10 h", 2, KEYS, &more));
        let [a, b] = ["uk.a", "uk.b"].map(|site| whole.document.recovery.as_ref().unwrap().backups[site].clone());
        assert_eq!(b.complete.value, Some(1.0));
        let counts = [a.complete, a.broken, a.missed].map(|count| count.or_zero());
        (counts, recovery(&whole, "fire", "uk.a").backup_age_s.value.unwrap())
    };
    assert_eq!(of("3 h"), ([1.0, 0.0, 0.0], 3.0 * 3_600.0));
    assert_eq!(of("125 min"), ([0.0, 1.0, 0.0], 27.0 * 3_600.0), "it takes six minutes");
    assert_eq!(of("119 min"), ([0.0, 0.0, 1.0], 27.0 * 3_600.0));
}

#[test]
fn a_backup_slows_calls_that_are_told_ahead_alike() {
    let more = "[backup]\nall = { sites = [\"region.uk\"], at = \"01:00\", rate = \"5/s\", slows = \"50 %\" }\n[fault]\n\
                fire = { on = \"region.uk.site.a\", kind = \"erase\", at = \"66 min\", for = \"1 min\" }\n\
                dark = { on = \"region.uk.site.b\", kind = \"crash\", at = \"63 min\", for = \"30 s\" }\n\
                [response]\ndetect = \"10 s\"\ndecide = \"10 s\"\n";
    let text = fleet("2 h", 2, KEYS, more)
        .replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"40 ms\" }\nqueue = 10")
        .replace("uk = \"1/s\"", "uk = \"30/s\"");
    same_both_ways(&text);
}
