//! When keys of all ages fall due: as many in one hour as in any other, from the first one on, whatever the jitter.

use crate::fleet::{QUIET, Whole, parse, s};
use keyfleet::kms::{ClassId, KeyRef, KeyVersion};
use keyfleet::rng::Key;
use keyfleet::service::Calendar;
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;

const KEYS: u32 = 20_000;
const HOUR: u64 = 3_600_000_000_000;

/// Of keys with this jitter, rotated every ten hours the moment they fall due: how many do in each hour of thirty, from when the
/// run begins; the mean age of what is active then, hours; and the sum of squares of the times of the first dues, hours squared,
/// over their number.
fn dues(jitter: u32, began: Time) -> (Vec<u64>, f64, f64) {
    let text = format!(
        "run = \"1 h\"\n{QUIET}\n[region]\neu = {{ at = \"Frankfurt\", device = \"box\", sites = 1 }}\n\
         [key.card]\ncount = {KEYS}\nalgorithm = \"rsa-2048\"\nrotate = {{ every = \"10 h\", jitter = \"{jitter} %\" }}\n\
         [load.sign]\nfrom = {{ eu = \"1/s\" }}\ncalls = [\"sign\"]\nkey = \"card\"\n"
    );
    let catalog = std::sync::Arc::clone(Blueprint::new(parse(&text)).catalog());
    let rotate = catalog.classes[0].rotate.unwrap();
    let until = began + Span(30 * HOUR);
    let mut calendar = Calendar::new(&catalog, Key(7), began, until);
    let keys = || (0..KEYS).map(|number| KeyRef { class: ClassId(0), number });
    let ages: f64 = keys().map(|key| calendar.age(began, key, &catalog).as_secs_f64() / 3_600.0).sum();
    let firsts = keys().map(|key| calendar.first_due(key, rotate, &catalog).since(began).as_secs_f64() / 3_600.0);
    let squares: f64 = firsts.map(|hours| hours * hours).sum();
    let (mut counts, mut versions) = (vec![0; 30], vec![catalog.classes[0].retired + 1; KEYS as usize]);
    while let Some((at, key)) = calendar.next_due(Time(until.0 - 1)) {
        counts[(at.since(began).0 / HOUR) as usize] += 1;
        let before = &mut versions[key.number as usize];
        let version = KeyVersion { key, version: *before + 1 };
        calendar.activated(at, (*before, version), rotate, &catalog);
        *before += 1;
    }
    (counts, ages / f64::from(KEYS), squares / f64::from(KEYS))
}

#[test]
fn as_many_keys_of_spread_ages_fall_due_in_the_first_hours_as_later() {
    for (jitter, began) in [(0, 0.0), (10, 0.0), (50, 0.0), (50, 61_200.0)] {
        let (counts, age, square) = dues(jitter, s(began));
        let least = 10.0 * (1.0 - f64::from(jitter) / 100.0);
        // Moments of a period that is even between the least and ten hours.
        let mean = (least + 10.0) / 2.0;
        let moment = |n: i32| {
            let power = |x: f64| (0..=n).fold(1.0, |product, _| product * x);
            if jitter == 0 {
                power(10.0) / 10.0
            } else {
                (power(10.0) - power(least)) / (f64::from(n + 1) * (10.0 - least))
            }
        };
        let expected = f64::from(KEYS) / mean;
        for (hour, count) in counts.iter().enumerate() {
            // Four standard deviations of a Poisson number; that of a renewal process is smaller.
            let apart = (*count as f64 - expected).abs() / expected.sqrt();
            assert!(apart < 4.0, "jitter {jitter} %, hour {hour}: {count} instead of {expected}");
        }
        // What has passed of a period, and what is left of it, are alike: E[p^2] / 2 E[p], and of squares E[p^3] / 3 E[p].
        let half = moment(2) / (2.0 * mean);
        assert!((age - half).abs() < 0.08, "jitter {jitter} %: {age} instead of {half}");
        let third = moment(3) / (3.0 * mean);
        assert!((square / third - 1.0).abs() < 0.03, "jitter {jitter} %: {square} instead of {third}");
    }
}

/// A tenth of the cryptoperiod is the grace where that is less than an hour.
#[test]
fn keys_that_rotate_too_slowly_are_overdue_however_short_their_cryptoperiod() {
    let fleet = |at_once: u32| {
        let rest = format!("[rotation]\nat_once = {at_once}\n");
        let text = format!(
            "run = \"30 min\"\n{}\n[region]\neu = {{ at = \"Frankfurt\", device = \"box\", sites = 2 }}\n[key.card]\ncount = 2_000\n\
             algorithm = \"rsa-2048\"\nrotate = {{ every = \"1 min\", keep = \"1 min\" }}\n[load.sign]\nfrom = {{ eu = \"1/s\" }}\n\
             calls = [\"sign\"]\nkey = \"card\"\n{rest}",
            QUIET.replace("generate = \"100/s\"", "generate = \"2/s\"")
        );
        Whole::of(&text).document
    };
    let slow = fleet(1);
    // Two thousand a minute fall due, and two sites that make two a second each replace a tenth of them.
    assert!(slow.rotation.overdue.value.unwrap() > 1_500.0, "{:?}", slow.rotation);
    assert!(slow.keys.classes["card"].overdue_hours.value.unwrap() > 100.0);
}
