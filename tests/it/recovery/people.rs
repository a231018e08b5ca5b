//! Recoveries that wait for people: the third part, by the clock on the wall, beside those of machines.

use super::{fleet, parts, recovery, same_both_ways};
use crate::fleet::Whole;

/// Three of five, who take 45 minutes; a restore takes twelve, and empty hardware is there after ten.
fn text(custodians: &str, fault: &str) -> String {
    let more = format!(
        "[custodians.security]\nof = 5\nquorum = 3\ntravel = \"45 min\"\n{custodians}\n[backup]\nall = {{ sites = [\"region.uk\"], \
         at = \"02:00\", rate = \"10/s\", restore = \"5/s\" }}\n[fault]\n{fault}\n"
    );
    let text = fleet("16 h", 2, "count = 3600\npopularity = \"uniform\"", &more);
    text.replace("hsms = 1 }", "hsms = 1, custodians = \"security\" }")
}

const OFFICE: &str = "hours = \"Mon-Fri 08:00-18:00\"\non_call = 2\ncall_out = \"30 min\"";

fn erased(at: &str) -> String {
    format!("fire = {{ on = \"region.uk.site.a\", kind = \"erase\", at = \"{at}\", for = \"10 min\" }}")
}

/// It is a Monday. At ten all set off when they are called; at three in the night two could, and the third does at eight.
#[test]
fn people_are_the_third_part_of_a_recovery() {
    for (at, people) in [("10 h", 2_700.0), ("3 h", 5.0 * 3_600.0 + 25.0 * 60.0)] {
        let whole = Whole::of(&text(OFFICE, &erased(at)));
        let fire = recovery(&whole, "fire", "uk.a");
        assert_eq!(parts(&fire), [300.0, 900.0, people, 720.0], "at {at}");
        assert_eq!(fire.ready_s.value, Some(300.0 + 900.0 + people + 720.0));
    }
    // All of them on call: half an hour to set off.
    let whole = Whole::of(&text(&OFFICE.replace("on_call = 2", "on_call = 5"), &erased("3 h")));
    assert_eq!(parts(&recovery(&whole, "fire", "uk.a")), [300.0, 900.0, 4_500.0, 720.0]);
    same_both_ways(&text(&format!("{OFFICE}\naway = \"30 %\""), &erased("3 h")));
}

/// Power is back after three hours; people are there before.
#[test]
fn an_activation_waits_for_the_later_of_people_and_power() {
    let dark = "dark = { on = \"region.uk\", kind = \"power-loss\", at = \"10 h\", for = \"3 h\" }";
    let whole = Whole::of(&text(OFFICE, dark));
    let dark = recovery(&whole, "dark", "uk.b");
    assert_eq!(parts(&dark), [300.0, 900.0, 2_700.0, 10_800.0 - 3_900.0 + 600.0]);
    assert_eq!((dark.ready_s.value, dark.kind.as_str()), (Some(11_400.0), "activation"));
}

/// Nobody can be reached until six.
#[test]
fn who_cannot_be_reached_comes_later() {
    let absent = "none = { on = \"custodians.security\", kind = \"absent\", at = \"2 h\", for = \"4 h\" }";
    let whole = Whole::of(&text("", &format!("{absent}\n{}", erased("3 h"))));
    let fire = recovery(&whole, "fire", "uk.a");
    assert_eq!(parts(&fire), [300.0, 900.0, 6.75 * 3_600.0 - (3.0 * 3_600.0 + 1_200.0), 720.0]);
    assert_eq!(whole.document.people.unwrap().groups["security"].waited.as_ref().unwrap().calls.value, Some(1.0));
}

/// A drill restores what a recovery would: four hours of people, twelve minutes of machines.
#[test]
fn a_drill_restores_the_last_backup_and_touches_no_call() {
    let drill =
        "[drill.quarterly]\nsite = \"region.uk.site.a\"\nevery = \"90 d\"\nat = \"8 h\"\ntakes = \"4 h\"\n[fault]";
    let with = text("", "").replace("[fault]", drill);
    let (with, without) = (Whole::of(&with), Whole::of(&text("", "")));
    assert_eq!(with.document.requests, without.document.requests);
    let drill = &with.document.people.as_ref().unwrap().ceremonies["drill.quarterly"];
    assert_eq!((drill.held.value, drill.restores_s.value), (Some(1.0), Some(720.0)));
}
