//! The parts of a recovery: what each takes, that they add up to what callers see, and when a loss of power costs nothing.

use super::{fleet, parts, recovery, same_both_ways};
use crate::fleet::Whole;

const KEYS: &str = "count = 3600\npopularity = \"uniform\"";
const BACKUP: &str =
    "[backup]\nall = { sites = [\"region.uk\"], at = \"02:00\", rate = \"10/s\", restore = \"5/s\" }\n";

/// 3,600 versions at 5 a second take 720 s; what is slower, people or hardware, says when that begins.
#[test]
fn a_restore_takes_its_keys_over_its_rate_after_the_slower_of_people_and_hardware() {
    for (hardware, machine, ready) in [("1 h", 3_600.0 - 1_200.0 + 720.0, 4_320.0), ("10 min", 720.0, 1_920.0)] {
        let more = format!(
            "{BACKUP}[fault]\nfire = {{ on = \"region.uk.site.a\", kind = \"erase\", at = \"3 h\", for = \"{hardware}\" }}\n"
        );
        let whole = Whole::of(&fleet("6 h", 2, KEYS, &more));
        let fire = recovery(&whole, "fire", "uk.a");
        assert_eq!(parts(&fire), [300.0, 900.0, 0.0, machine]);
        assert_eq!((fire.ready_s.value, fire.kind.as_str()), (Some(ready), "restore"));
        assert_eq!((fire.backup_age_s.value, fire.key_versions.value), (Some(3_600.0), Some(3_600.0)));
        let fault = &whole.document.faults[0];
        assert_eq!((fault.from_s, fault.until_s), (10_800.0, 10_800.0 + ready), "it lasts until the site is ready");
        // Nothing was made since the backup, and the other site served.
        assert_eq!((fault.versions_lost.or_zero(), fault.keys_lost.or_zero()), (0.0, 0.0));
    }
}

/// Callers of a region of one site wait for all of it, and then for checks and tables to learn that it is back.
#[test]
fn the_parts_add_up_to_what_callers_see() {
    let more = format!(
        "{BACKUP}[response]\ndetect = \"2 min\"\ndecide = \"7 min\"\n[fault]\n\
         fire = {{ on = \"region.uk\", kind = \"erase\", at = \"3 h\", for = \"1 min\" }}\n"
    );
    let whole = Whole::of(&fleet("5 h", 1, KEYS, &more));
    let fire = recovery(&whole, "fire", "uk.a");
    assert_eq!(parts(&fire), [120.0, 420.0, 0.0, 720.0]);
    let ready = fire.ready_s.value.unwrap();
    assert_eq!(parts(&fire).iter().sum::<f64>(), ready);
    let health = &whole.scenario.health;
    let learned = health.interval.as_secs_f64() * f64::from(health.threshold + 1) + health.propagation.as_secs_f64();
    let rto = whole.document.faults[0].rto_s.unwrap();
    assert!(rto >= ready - 1.0 && rto <= ready + learned + 2.0, "{rto}, not {ready} and at most {learned} more");
    same_both_ways(&fleet("5 h", 1, KEYS, &more));
}

/// Shorter than `activation_survives` it is a crash; longer, and the activation comes after it. Nobody has to come.
#[test]
fn a_loss_of_power_asks_for_an_activation_only_where_it_is_long() {
    let of = |lasts: &str, survives: &str| {
        let more = format!(
            "[fault]\ndark = {{ on = \"region.uk\", kind = \"power-loss\", at = \"1 h\", for = \"{lasts}\" }}\n"
        );
        let text = fleet("6 h", 1, KEYS, &more).replace("[region]", &format!("{survives}\n[region]"));
        let whole = Whole::of(&text);
        let dark = recovery(&whole, "dark", "uk.a");
        assert_eq!(parts(&dark)[..3], [0.0; 3]);
        assert_eq!(dark.ready_s.value, Some(parts(&dark)[3]));
        assert_eq!(whole.document.faults[0].until_s - 3_600.0, dark.ready_s.value.unwrap());
        assert_eq!(whole.document.faults[0].keys_lost.or_zero(), 0.0);
        (dark.kind, dark.ready_s.value.unwrap())
    };
    const LUNA: &str = "activation = \"12 min\"\nactivation_survives = \"2 h\"";
    assert_eq!(of("1 h", LUNA), ("none".to_owned(), 3_600.0));
    assert_eq!(of("2 h", LUNA), ("none".to_owned(), 7_200.0));
    assert_eq!(of("3 h", LUNA), ("activation".to_owned(), 10_800.0 + 720.0));
    assert_eq!(of("1 min", ""), ("activation".to_owned(), 60.0 + 600.0), "by default each loss asks for one");
    let more = "[fault]\ndark = { on = \"region.uk\", kind = \"power-loss\", mtbf = \"40 min\", mttr = \"5 min\" }\n";
    same_both_ways(&fleet("6 h", 2, KEYS, more));
}

/// Of two faults that overlap the later one says when the site is back.
#[test]
fn a_site_that_is_erased_twice_is_back_after_the_second_time() {
    let more = format!(
        "{BACKUP}[fault]\nfire = {{ on = \"region.uk.site.a\", kind = \"erase\", at = \"3 h\", for = \"1 h\" }}\n\
         again = {{ on = \"region.uk\", kind = \"erase\", at = \"210 min\", for = \"1 h\" }}\n"
    );
    let whole = Whole::of(&fleet("8 h", 2, KEYS, &more));
    assert_eq!(recovery(&whole, "fire", "uk.a").ready_s.value, Some(4_320.0));
    assert_eq!(recovery(&whole, "again", "uk.a").ready_s.value, Some(4_320.0));
    let served = |from: f64, until: f64| whole.served("uk.a", crate::fleet::s(from), crate::fleet::s(until));
    assert_eq!(served(10_900.0, 12_600.0 + 4_320.0), 0);
    assert!(served(12_600.0 + 4_500.0, 28_800.0) > 1_000);
    same_both_ways(&fleet("8 h", 2, KEYS, &more));
}
