//! Common causes: groups of sites, wrong configurations in waves, suspended accounts, failures that checks do not see.

use super::same_both_ways;
use crate::fleet::{Steps, Whole, parse, s};
use keyfleet::kms::{Failure, SiteId};
use keyfleet::scenario::{Push, Target};
use keyfleet::time::Span;

/// Two sites in Frankfurt, one in Virginia and one in Tokyo; two kinds of devices.
fn fleet(more: &str) -> String {
    crate::faults::fleet(more).replace(
        "jp = { at = \"Tokyo\", device = \"box\", sites = 1 }",
        "jp = { at = \"gcp:asia-northeast1\", device = \"luna-a790\", sites = 1 }",
    )
}

fn fault(text: &str) -> String {
    fleet(&format!("[group]\nnight = [\"jp\", \"eu.b\"]\n[fault]\nbad = {{ {text} }}\n"))
}

/// Served per second at a site from one second until another.
fn rate(whole: &Whole, site: &str, from: f64, until: f64) -> f64 {
    whole.served(site, s(from), s(until)) as f64 / (until - from)
}

#[test]
fn a_group_is_the_sites_that_have_something_in_common() {
    let all = ["eu.a", "eu.b", "jp.a", "us.a", "us.b"];
    let groups = [
        ("provider.aws", &["us.a", "us.b"][..]),
        ("provider.gcp", &["jp.a"]),
        ("profile.box", &["eu.a", "eu.b", "us.a", "us.b"]),
        ("vendor.Thales", &["jp.a"]),
        ("group.night", &["eu.b", "jp.a"]),
    ];
    for (on, struck) in groups {
        let scenario = parse(&fault(&format!("on = \"{on}\", kind = \"crash\", at = \"60 s\", for = \"60 s\"")));
        let fault = &scenario.faults[0];
        assert!(matches!(fault.on, Target::Group(_)), "{on}");
        let hit = |i: &usize| {
            let site = SiteId(*i as u16);
            scenario.common.strikes(fault.on, site, scenario.sites[*i].region)
        };
        let names: Vec<&str> = (0..all.len()).filter(hit).map(|i| scenario.sites[i].id.as_str()).collect();
        assert_eq!(names, struck, "{on}");
    }
}

#[test]
fn a_group_crashes_as_one_and_comes_back() {
    let whole = Whole::of(&fault("on = \"group.night\", kind = \"crash\", at = \"60 s\", for = \"60 s\""));
    assert!(rate(&whole, "eu.b", 0.0, 60.0) > 60.0);
    assert_eq!(rate(&whole, "eu.b", 70.0, 120.0), 0.0);
    assert!(rate(&whole, "eu.a", 70.0, 120.0) > 180.0, "the other site takes over");
    assert!(rate(&whole, "eu.b", 130.0, 240.0) > 60.0);
    assert_eq!(whole.document.faults[0].what, "group night: crash");
}

/// Everything is refused where it is, nobody sees it but callers, and it is gone when it is rolled back.
#[test]
fn a_push_refuses_every_call_and_health_checks_see_nothing() {
    let text = fault("on = \"region.eu\", kind = \"push\", at = \"60 s\", notice = \"40 s\", rollback = \"20 s\"");
    let whole = Whole::of(&text);
    let (offered, failed) = whole.suffered("eu", s(60.0), s(120.0));
    assert!(offered > 10_000 && failed == offered, "{failed} of {offered}");
    assert_eq!(whole.suffered("eu", s(130.0), s(240.0)).1, 0);
    assert_eq!(whole.suffered("us", s(0.0), s(240.0)).1, 0, "others have nothing to do with it");
    assert_eq!(whole.document.requests.by_reason["misconfigured"], failed);
    assert!(whole.sighted("eu.a", false, false).is_none());
    // Half of the keys, for a quarter of the run.
    assert_eq!(whole.document.keys.unavailable.value, Some(0.25 / 2.0));
    assert_eq!(whole.document.keys.lost.value, Some(0.0));
    let push = &whole.document.work.as_ref().unwrap().pushes["bad"];
    assert_eq!((push.noticed_s, push.waves[0].at_s), (Some(100.0), Some(60.0)));
    let checked = Whole::of(&text.replace("kind = \"push\"", "kind = \"push\", checked = true"));
    assert!(checked.sighted("eu.a", false, false).is_some(), "a check that asks for something sees it");
}

/// A wave goes out when those before it have baked, unless it is noticed before: 10 minutes, with waves every 4, 5, 10 and 30.
#[test]
fn waves_go_out_until_somebody_notices() {
    let minutes = |n: u64| Span::from_secs(60 * n);
    let push = |bake: u64, waves: usize| Push {
        waves: vec![vec![SiteId(0)]; waves],
        bake: minutes(bake),
        notice: minutes(10),
        rollback: minutes(20),
        checked: false,
    };
    for (bake, waves, gone) in [(4, 5, 3), (5, 5, 2), (10, 5, 1), (30, 3, 1), (1, 3, 3), (4, 1, 1)] {
        assert_eq!(push(bake, waves).gone(), gone, "{waves} waves every {bake} min");
    }
    let waves =
        "waves = [[\"eu.a\"], [\"eu.b\", \"jp\"], [\"us\"]], bake = \"15 s\", notice = \"20 s\", rollback = \"30 s\"";
    let text = fault(&format!("on = \"fleet\", kind = \"push\", at = \"60 s\", {waves}"));
    let whole = Whole::of(&text);
    let push = &whole.document.work.as_ref().unwrap().pushes["bad"];
    let at: Vec<Option<f64>> = push.waves.iter().map(|wave| wave.at_s).collect();
    assert_eq!((at, push.noticed_s), (vec![Some(60.0), Some(75.0), None], Some(80.0)));
    assert_eq!(push.waves[1].sites, ["eu.b", "jp.a"]);
    // Six of ten devices.
    assert!((push.reached - 0.6).abs() < 1e-9, "{}", push.reached);
    assert_eq!(whole.suffered("us", s(0.0), s(240.0)).1, 0, "it never got there");
    let strike = &whole.document.faults[0];
    assert_eq!((strike.from_s, strike.until_s), (60.0, 110.0));
    assert_eq!(whole.suffered("eu", s(111.0), s(240.0)).1, 0);
    same_both_ways(&text);
}

/// Waves by number: regions in order, or sites where there are fewer regions.
#[test]
fn waves_are_counted_by_region_or_by_site() {
    let waves = |on: &str, waves: u32| -> Vec<Vec<u16>> {
        let scenario = parse(&fault(&format!("on = \"{on}\", kind = \"push\", at = \"60 s\", waves = {waves}")));
        scenario.common.pushes[0].waves.iter().map(|wave| wave.iter().map(|site| site.0).collect()).collect()
    };
    assert_eq!(waves("fleet", 3), [vec![0, 1], vec![2], vec![3, 4]]);
    assert_eq!(waves("fleet", 2), [vec![0, 1], vec![2, 3, 4]]);
    assert_eq!(waves("region.us", 2), [vec![3], vec![4]]);
    assert_eq!(waves("fleet", 1), [vec![0, 1, 2, 3, 4]]);
}

/// A site refuses three calls in ten. Half of the calls of the region go there: 15 % fail; with a second attempt, which goes elsewhere, none.
#[test]
fn a_gray_failure_is_met_call_by_call_and_tries_elsewhere_help() {
    let text = fault("on = \"region.eu.site.a\", kind = \"refuse\", share = \"30 %\", at = \"60 s\", for = \"120 s\"");
    let whole = Whole::of(&text);
    let (offered, failed) = whole.suffered("eu", s(60.0), s(180.0));
    let share = failed as f64 / offered as f64;
    assert!((share - 0.15).abs() < 0.01, "{share}");
    assert!(whole.sighted("eu.a", false, false).is_none(), "checks do not see it");
    assert_eq!(whole.suffered("eu", s(181.0), s(240.0)).1, 0);
    let again = Whole::of(&text.replace("attempts = 1", "attempts = 2, budget = \"none\""));
    assert_eq!(again.suffered("eu", s(0.0), s(240.0)).1, 0);
    assert!(again.document.requests.retries > 3_000, "{}", again.document.requests.retries);
    let silent = Whole::of(&text.replace("share =", "silent = true, share ="));
    let (offered, failed) = silent.suffered("eu", s(60.0), s(180.0));
    assert!((failed as f64 / offered as f64 - 0.15).abs() < 0.01);
    assert_eq!(silent.document.requests.by_reason.keys().collect::<Vec<_>>(), ["timeout"]);
    same_both_ways(&text);
    same_both_ways(&text.replace("share =", "silent = true, share ="));
}

/// An account is suspended: calls are refused, nothing is made there, checks see it, and keys are safe.
#[test]
fn a_suspended_account_refuses_all_and_loses_nothing() {
    let text = fault("on = \"provider.aws\", kind = \"suspend\", at = \"60 s\", for = \"60 s\"")
        .replace("algorithm = \"rsa-2048\"", "algorithm = \"rsa-2048\"\nrotate = { every = \"4 min\" }");
    let mut steps = Steps::new(&text, true);
    steps.to(s(61.0));
    let before = steps.world.recorder().keys.generated;
    assert!(before > 0);
    steps.to(s(119.0));
    assert!(steps.rejected("us.a", Failure::AccountSuspended) > 0);
    assert_eq!(steps.rejected("eu.a", Failure::AccountSuspended), 0);
    let whole = Whole::of(&text);
    assert!(whole.sighted("us.a", false, false).is_some());
    assert_eq!(whole.document.keys.lost.value, Some(0.0));
    assert_eq!(whole.suffered("us", s(135.0), s(240.0)).1, 0, "it is open again");
    assert_eq!(whole.document.faults[0].what, "provider aws: account suspended");
    same_both_ways(&text);
}
