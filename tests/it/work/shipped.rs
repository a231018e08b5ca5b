//! The shipped scenarios about pushes and planned work, and what their twins change.

use crate::shipped::{keeps_its_promise, run, value};

/// One replication of ten: nothing is near a limit.
#[test]
fn a_push_to_all_regions_takes_everything_and_waves_with_time_between_take_one() {
    let all = run("bad-push-all-regions", &["replications=1"]);
    keeps_its_promise("bad-push-all-regions", &all);
    assert!(value(&all, "served").unwrap() < 1.0, "per cent");
    assert_eq!(all.faults[0].detect_s, None, "health checks see nothing");
    let waves = run("bad-push-in-waves", &["replications=1"]);
    keeps_its_promise("bad-push-in-waves", &waves);
    // Three regions of 40, 30 and 30: the one that went first has 30 % of the calls.
    let served = value(&waves, "served").unwrap();
    assert!((68.0..72.0).contains(&served), "{served}");
    let failed = |region: &str| waves.regions[region].requests.failed;
    assert!(failed("us") > 10_000 && failed("eu") == 0 && failed("jp") == 0);
    // What the file's head says to set: the second wave is out before the first is noticed.
    let hasty = run("bad-push-in-waves", &["replications=1", "fault.push.bake=\"6 min\""]);
    let served = value(&hasty, "served").unwrap();
    assert!((28.0..32.0).contains(&served), "{served}");
    let push = &hasty.work.unwrap().pushes["push"];
    assert_eq!(push.waves.iter().filter(|wave| wave.at_s.is_some()).count(), 2);
}

/// One replication of ten: nothing is near a limit.
#[test]
fn a_roll_out_by_day_fails_and_one_at_a_time_by_night_holds() {
    let day = run("firmware-rollout", &["replications=1"]);
    keeps_its_promise("firmware-rollout", &day);
    let work = &day.work.as_ref().unwrap().planned["firmware"];
    // Two rounds of 52 minutes from nine in the morning, three hours after the start.
    assert_eq!(work.ended_s.value, Some(3.0 * 3_600.0 + 2.0 * 52.0 * 60.0));
    assert!(work.sites.values().all(|site| (site.at_once, site.most_at_once) == (3, 1)), "{:?}", work.sites);
    let night = run("firmware-rollout-by-night", &["replications=1"]);
    keeps_its_promise("firmware-rollout-by-night", &night);
    let work = &night.work.as_ref().unwrap().planned["firmware"];
    assert_eq!(work.ended_s.value, Some(16.0 * 3_600.0 + 4.0 * 52.0 * 60.0));
    assert!(work.sites.values().all(|site| (site.at_once, site.most_at_once) == (1, 2)), "{:?}", work.sites);
    assert_eq!(night.requests.failed, 0);
    assert_eq!(night.survive.len(), 4, "each device, and each during the work");
}
