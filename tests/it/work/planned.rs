//! Planned work: how long a roll-out takes, what is left meanwhile, and that nobody notices where enough is left.

use super::same_both_ways;
use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::kms::Failure;

/// A site with four devices that sign ten times a second each, and one like it where `sites` says so.
fn fleet(sites: u32, rate: &str, more: &str) -> String {
    let quiet = QUIET.replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"100 ms\" }\nqueue = 20");
    format!(
        r#"run = "6 h"
start = 2027-03-01T00:00:00Z
{quiet}
[region]
uk = {{ at = "London", device = "box", sites = {sites}, hsms = 4 }}
[key.card]
count = 100
algorithm = "rsa-2048"
[load.pay]
from = {{ uk = "{rate}" }}
calls = ["sign"]
key = "card"
timeout = "2 s"
retry = {{ attempts = 1 }}
{more}"#
    )
}

const ROLL: &str = "[work]\nroll = { on = \"region.uk\", kind = \"firmware\", drain = \"1 min\", takes = \"16 min\", test = \"3 min\", from = \"30 min\" ";

fn roll(sites: u32, rate: &str, more: &str) -> String {
    fleet(sites, rate, &format!("{ROLL}{more} }}\n"))
}

/// n devices, k at once, t each: ceil(n / k) times t.
#[test]
fn a_roll_out_takes_as_many_rounds_as_devices_take_turns() {
    for (at_once, rounds) in [(1, 4.0), (2, 2.0), (3, 2.0)] {
        let whole = Whole::of(&roll(1, "1/s", &format!(", at_once = {at_once}")));
        let work = &whole.document.work.as_ref().unwrap().planned["roll"];
        assert_eq!(work.began_s.value, Some(1_800.0));
        assert_eq!(work.ended_s.value, Some(1_800.0 + rounds * 1_200.0), "{at_once} at once");
        assert_eq!((work.done.value, work.of), (Some(4.0), 4));
        for at in 0..40 {
            let moment = 1_800.0 + 120.0 * f64::from(at) + 0.5;
            let out = work.out.iter().filter(|out| out.from_s <= moment && out.until_s.unwrap() > moment).count();
            assert!(out <= at_once, "{out} at {moment}");
        }
        assert!(work.out.iter().all(|out| out.away_s == Some(out.from_s + 60.0)));
        assert_eq!((whole.document.requests.failed, whole.document.faults.len()), (0, 0), "it is no fault");
    }
}

/// An overloaded site does what its devices can: 40 a second, and with k of them out 40 less 10 k.
#[test]
fn throughput_during_a_roll_out_is_that_of_the_devices_that_are_left() {
    for at_once in [1_u32, 2, 3] {
        let whole = Whole::of(&roll(1, "60/s", &format!(", at_once = {at_once}")));
        let rate = |from: f64, until: f64| whole.served("uk.a", s(from), s(until)) as f64 / (until - from);
        assert!((rate(600.0, 1_800.0) - 40.0).abs() < 0.1, "{}", rate(600.0, 1_800.0));
        let left = f64::from(4 - at_once) * 10.0;
        let during = rate(2_100.0, 2_700.0);
        assert!((during - left).abs() < 0.1, "{at_once} out: {during}, not {left}");
        assert!((rate(7_200.0, 9_000.0) - 40.0).abs() < 0.1, "all are back");
        // Those that are away are not there to be busy.
        assert!(whole.document.sites["uk.a"].utilisation.value.unwrap() <= 1.0 + 1e-3);
    }
}

/// Work that is begun is finished before a device goes, if it is given the time.
#[test]
fn draining_loses_nothing_and_going_at_once_does() {
    let lost = |text: &str| {
        let mut steps = Steps::new(text, true);
        steps.to(s(10_000.0));
        steps.rejected("uk.a", Failure::DeviceLost)
    };
    let text = roll(1, "25/s", "");
    assert_eq!(lost(&text), 0);
    assert!(lost(&text.replace("drain = \"1 min\"", "drain = \"0 s\"")) > 0);
    same_both_ways(&text);
    same_both_ways(&roll(2, "55/s", ", at_once = 3"));
}

/// Twenty minutes each: three fit into an hour, and the fourth waits for the next day's; of forty minutes one.
#[test]
fn what_does_not_fit_into_a_window_waits_for_the_next() {
    let days = |window: &str| {
        let text = roll(1, "0.1/s", &format!(", window = \"{window}\"")).replace("run = \"6 h\"", "run = \"4 d\"");
        let whole = Whole::of(&text);
        let work = whole.document.work.unwrap().planned["roll"].clone();
        (work.out.iter().map(|out| out.from_s).collect::<Vec<_>>(), work.ended_s.value)
    };
    let (begins, ended) = days("01:00-02:00");
    assert_eq!(begins, [3_600.0, 4_800.0, 6_000.0, 86_400.0 + 3_600.0]);
    assert_eq!(ended, Some(86_400.0 + 4_800.0));
    let (begins, ended) = days("Tue,Wed 23:40-00:20");
    let day = 86_400.0;
    assert_eq!(begins[..2], [day + 85_200.0, day + 86_400.0]);
    assert_eq!(ended, Some(3.0 * day + 1_200.0));
}

#[test]
fn nothing_new_begins_while_the_control_plane_is_down() {
    let down = "[fault]\nout = { on = \"control\", kind = \"crash\", at = \"40 min\", for = \"50 min\" }\n";
    let text = roll(1, "1/s", "") + down;
    let whole = Whole::of(&text);
    let work = &whole.document.work.as_ref().unwrap().planned["roll"];
    let begins: Vec<f64> = work.out.iter().map(|out| out.from_s).collect();
    // The first is back at 50 min, by itself; the second waits until 90 min.
    assert_eq!(work.out[0].until_s, Some(3_000.0));
    assert_eq!(begins, [1_800.0, 5_400.0, 6_600.0, 7_800.0]);
    same_both_ways(&text);
}

/// A site that is taken out as a whole: routing tables learn before it goes, and nobody fails.
#[test]
fn a_site_that_is_taken_out_is_left_out_by_callers() {
    let text = roll(2, "20/s", ", unit = \"site\"").replace("drain = \"1 min\"", "drain = \"2 min\"");
    let whole = Whole::of(&text);
    let work = &whole.document.work.as_ref().unwrap().planned["roll"];
    assert_eq!((work.of, work.done.value, work.out.len()), (2, Some(2.0), 2));
    assert_eq!(work.out[0].device, None);
    assert_eq!(whole.document.requests.failed, 0);
    let rate = |site: &str, from: f64, until: f64| whole.served(site, s(from), s(until)) as f64 / (until - from);
    assert!(rate("uk.a", 2_100.0, 2_700.0) == 0.0 && rate("uk.b", 2_100.0, 2_700.0) > 19.0);
    assert!(rate("uk.b", 3_300.0, 3_900.0) == 0.0 && rate("uk.a", 3_300.0, 3_900.0) > 19.0);
    assert!(rate("uk.a", 6_000.0, 9_000.0) > 8.0 && rate("uk.b", 6_000.0, 9_000.0) > 8.0, "both are asked again");
    let hasty = Whole::of(&text.replace("drain = \"2 min\"", "drain = \"10 s\""));
    assert!(hasty.document.requests.failed > 100, "callers did not know yet: {}", hasty.document.requests.failed);
    same_both_ways(&text);
}

/// A device fails while others are away: that is part of what is to be survived.
#[test]
fn survive_cases_are_run_during_the_work_too() {
    let survive = |text: String| {
        Whole::of(&text.replace("start =", "survive = [\"device\", \"site\"]\nstart =")).document.survive
    };
    let ids = |text: String| -> Vec<String> { survive(text).into_iter().map(|case| case.id).collect() };
    let alone = ["region.uk.site.a", "region.uk.site.b", "region.uk.site.a.device.1", "region.uk.site.b.device.1"];
    assert_eq!(ids(fleet(2, "20/s", "")), alone);
    let cases = survive(roll(2, "20/s", ", at_once = 3"));
    assert_eq!(cases.len(), 8);
    let case = |id: &str| cases.iter().find(|case| case.id == id).unwrap();
    let device = case("region.uk.site.a.device.1 during work.roll");
    assert!(device.what.ends_with("while roll has 3 devices out"), "{}", device.what);
    // The last device of the site goes, and the other site serves once callers know.
    assert!(device.failed.or_zero() > 0.0 && case("region.uk.site.a.device.1").failed.or_zero() < 5.0);
    // A site goes, and of the other one a device is left, which does ten of twenty a second.
    assert!(case("region.uk.site.a during work.roll").worst_availability.unwrap() < 0.6);
    assert!(case("region.uk.site.a").worst_availability.unwrap() > 0.6);
}
