//! Each kind of fault on each kind of thing: there while it lasts, gone afterwards; what nests, what is lost.

use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::kms::Failure;
use keyfleet::results::RunDocument;
use keyfleet::time::Time;

/// Two regions, two sites with two devices each; callers in both use keys with a copy at each site of their region.
pub fn fleet(more: &str) -> String {
    format!(
        r#"run = "4 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
jp = {{ at = "Tokyo", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
[load.pay]
from = {{ eu = "200/s", us = "200/s" }}
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ attempts = 1 }}
[health]
phase = "0 s"
interval = "2 s"
threshold = 2
timeout = "1 s"
propagation = "3 s"
{more}"#
    )
}

fn fault(on: &str, kind: &str) -> String {
    fleet(&format!("[fault]\nbad = {{ on = \"{on}\", kind = {kind}, at = \"60 s\", for = \"60 s\" }}\n"))
}

/// Calls per second served at a site before, while and after a fault from 60 s to 120 s; the first ten seconds after each
/// change are left out.
fn rates(whole: &Whole, site: &str) -> [f64; 3] {
    [(0.0, 60.0), (70.0, 120.0), (130.0, 240.0)]
        .map(|(from, until)| whole.served(site, s(from), s(until)) as f64 / (until - from))
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() <= 0.1 * expected + 1.0
}

#[test]
fn a_crashed_site_or_region_serves_nothing_and_comes_back() {
    for (on, dark) in [("region.eu.site.a", &["eu.a"][..]), ("region.eu", &["eu.a", "eu.b"][..])] {
        let whole = Whole::of(&fault(on, "\"crash\""));
        for site in ["eu.a", "eu.b", "us.a", "us.b"] {
            let [before, during, after] = rates(&whole, site);
            assert!(before > 60.0 && near(after, before), "{on}, {site}: {before}, {after}");
            match (dark.contains(&site), dark.len(), &site[..2]) {
                (true, _, _) => assert_eq!(during, 0.0, "{on}, {site}"),
                (false, 1, "eu") => assert!(near(during, 200.0), "{on}: {site} takes over: {during}"),
                _ => assert!(near(during, before), "{on}, {site}: {during}"),
            }
        }
        assert_eq!(whole.suffered("us", s(0.0), s(240.0)).1, 0);
        assert_eq!(whole.suffered("eu", s(130.0), s(240.0)).1, 0);
        assert_eq!(whole.document.keys.lost.value, Some(0.0), "a crash loses no keys");
    }
}

#[test]
fn unreachable_keys_are_counted_as_long_as_they_are() {
    let whole = Whole::of(&fault("region.eu", "\"crash\""));
    // Half of the keys, for a quarter of the run.
    assert_eq!(whole.document.keys.unavailable.value, Some(0.125));
    let whole = Whole::of(&fault("region.eu.site.a", "\"crash\""));
    assert_eq!(whole.document.keys.unavailable.value, Some(0.0), "each key has a copy at the other site");
}

#[test]
fn a_slow_site_or_device_is_slow_and_not_seen_by_the_checks() {
    for (on, share) in [("region.eu.site.a", 1.0), ("region.eu.site.a.device.1", 0.5), ("region.eu", 1.0)] {
        let whole = Whole::of(&fault(on, "\"slow\", factor = 6"));
        let mean = |from: usize, until: usize| {
            let slots = &whole.site("eu.a").slots[from..until];
            let (calls, busy) = slots.iter().fold((0, 0), |sum, slot| (sum.0 + slot.calls, sum.1 + slot.busy));
            busy as f64 / 1e6 / f64::from(calls)
        };
        // A call that goes on into the next slot is busy there, too.
        let is = |mean: f64, ms: f64| (mean / ms - 1.0).abs() < 0.001;
        assert!(is(mean(0, 59), 1.0) && is(mean(125, 240), 1.0), "{on}: a millisecond before and after");
        let slow = mean(61, 119);
        // The slow device of two is busy longer and so takes fewer than half of the calls.
        assert!(if share == 1.0 { is(slow, 6.0) } else { (1.2..3.5).contains(&slow) }, "{on}: {slow}");
        assert_eq!(whole.sighted("eu.a", false, false), None, "health checks do not see it");
    }
}

#[test]
fn a_device_crash_loses_the_calls_in_it_and_moves_those_that_wait() {
    // One site, two devices, 200 ms a call, 8 calls a second: both devices are busy and some calls wait.
    let text = |devices: &str| {
        format!(
            r#"run = "60 s"
{}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1, hsms = 2 }}
[key.card]
count = 10
algorithm = "rsa-2048"
[load.pay]
from = {{ eu = "9/s" }}
calls = ["sign"]
key = "card"
timeout = "30 s"
retry = {{ attempts = 1 }}
[fault]
{devices}
"#,
            QUIET.replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"200 ms\" }")
        )
    };
    let one = text("bad = { on = \"region.eu.site.a.device.1\", kind = \"crash\", at = \"30 s\", for = \"10 s\" }");
    for ahead in [true, false] {
        let mut steps = Steps::new(&one, ahead);
        steps.to(Time(s(30.0).0 - 1));
        let waiting = steps.world.waiting(Time(s(30.0).0 - 1))[0];
        steps.to(s(30.0));
        assert!(waiting > 0, "the seed gives a moment with a queue");
        assert_eq!(steps.rejected("eu.a", Failure::DeviceLost), 1, "one engine, one call");
        assert_eq!(steps.world.waiting(s(30.0))[0], waiting, "those that wait go on waiting");
        // Until the device is back, the other one serves five a second and nothing else is lost.
        let before = steps.served("eu.a");
        steps.to(s(39.99));
        assert!((48..=50).contains(&(steps.served("eu.a") - before)), "{}", steps.served("eu.a") - before);
        steps.to(s(60.0));
        assert_eq!(steps.rejected("eu.a", Failure::DeviceLost), 1);
    }
    // Both at once: all that were there are lost, and new ones are refused at once.
    let both = text(
        "one = { on = \"region.eu.site.a.device.1\", kind = \"crash\", at = \"30 s\", for = \"10 s\" }\n\
         two = { on = \"region.eu.site.a.device.2\", kind = \"crash\", at = \"30 s\", for = \"10 s\" }",
    );
    let mut steps = Steps::new(&both, true);
    steps.to(Time(s(30.0).0 - 1));
    let waiting = steps.world.waiting(Time(s(30.0).0 - 1))[0] as u64;
    steps.to(s(30.0));
    assert_eq!(steps.rejected("eu.a", Failure::DeviceLost), waiting + 2);
    steps.to(s(31.0));
    assert!(steps.rejected("eu.a", Failure::NoDevice) > 0);
}

#[test]
fn a_device_that_breaks_in_a_dark_region_is_still_broken_when_the_region_is_back() {
    let text = fleet(
        "[fault]\n\
         region = { on = \"region.eu\", kind = \"crash\", at = \"60 s\", for = \"30 s\" }\n\
         site = { on = \"region.eu.site.b\", kind = \"crash\", at = \"70 s\", for = \"10 s\" }\n\
         one = { on = \"region.eu.site.a.device.1\", kind = \"crash\", at = \"80 s\", for = \"70 s\" }\n\
         two = { on = \"region.eu.site.a.device.2\", kind = \"crash\", at = \"85 s\", for = \"35 s\" }\n",
    );
    let whole = Whole::of(&text);
    let served = |site: &str, from: f64, until: f64| whole.served(site, s(from), s(until));
    assert!(served("eu.a", 50.0, 60.0) > 500 && served("eu.b", 50.0, 60.0) > 500);
    for site in ["eu.a", "eu.b"] {
        assert_eq!(served(site, 61.0, 90.0), 0, "{site}: the end of a fault inside does not end the dark");
    }
    assert_eq!(served("eu.a", 90.0, 120.0), 0, "both devices are still broken");
    assert!(near(served("eu.b", 102.0, 120.0) as f64 / 18.0, 200.0), "the other site is whole");
    assert!(served("eu.a", 130.0, 150.0) > 500, "one device is enough for these callers");
    assert!(served("eu.a", 160.0, 240.0) > 2_000);
    assert_eq!(whole.suffered("eu", s(160.0), s(240.0)).1, 0);
}

#[test]
fn a_link_fault_hurts_only_what_crosses_the_link() {
    // The keys of eu are in jp only: what eu's callers ask crosses the link eu-jp; us stays at home.
    let text = |kind: &str| {
        format!(
            r#"run = "4 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
jp = {{ at = "Tokyo", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ jp = 100 }}
algorithm = "rsa-2048"
[key.own]
count = {{ us = 100, jp = 100 }}
algorithm = "rsa-2048"
[load.far]
users = {{ DE = 360_000 }}
per_user = "24/d"
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ attempts = 1 }}
[load.near]
from = {{ us = "100/s", jp = "100/s" }}
calls = ["sign"]
key = "own"
timeout = "800 ms"
retry = {{ attempts = 1 }}
[fault]
bad = {{ on = "link.eu-jp", kind = {kind}, at = "60 s", for = "60 s" }}
"#
        )
    };
    // Users of a country belong to the region that serves them, so their calls do not cross a link between regions: a cut
    // link hurts nobody here.
    let whole = Whole::of(&text("\"partition\""));
    assert_eq!(whole.document.requests.failed, 0);
    for site in ["eu.a", "jp.a", "us.a"] {
        assert_eq!(whole.sighted(site, false, false), None, "{site}: two of three observers still see it");
    }
}

/// Callers of `eu` whose own site is dark from the beginning, so that they all ask in `us`; and a link fault from 120 s to 180 s.
fn across(kind: &str, retry: &str) -> Whole {
    Whole::of(&format!(
        r#"run = "4 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1, partner = "us" }}
jp = {{ at = "Tokyo", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 100, us = 100, jp = 100 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
[load.pay]
from = {{ eu = "100/s", us = "100/s", jp = "100/s" }}
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ {retry} }}
[health]
phase = "0 s"
interval = "2 s"
threshold = 2
timeout = "1 s"
propagation = "3 s"
[fault]
dark = {{ on = "region.eu", kind = "crash", at = "1 s", for = "230 s" }}
bad = {{ on = "link.eu-us", kind = {kind}, at = "120 s", for = "60 s" }}
"#
    ))
}

fn failed_share(whole: &Whole, region: &str, from: f64, until: f64) -> f64 {
    let (offered, failed) = whole.suffered(region, s(from), s(until));
    assert!(offered > 1_000);
    failed as f64 / offered as f64
}

#[test]
fn a_partition_cuts_the_calls_across_and_nothing_else() {
    let whole = across("\"partition\"", "attempts = 1");
    assert_eq!(failed_share(&whole, "eu", 20.0, 119.0), 0.0);
    assert_eq!(failed_share(&whole, "eu", 120.0, 179.0), 1.0);
    assert_eq!(failed_share(&whole, "eu", 181.0, 229.0), 0.0);
    for region in ["us", "jp"] {
        assert_eq!(failed_share(&whole, region, 0.0, 240.0), 0.0, "{region}");
    }
    assert_eq!(whole.sighted("us.a", false, false), None, "others still see it");
    assert!(whole.document.faults.iter().any(|fault| fault.what == "link eu - us: cut"));
}

#[test]
fn with_two_regions_a_cut_link_is_not_the_loss_of_both() {
    let text = fleet("[fault]\nbad = { on = \"link.eu-us\", kind = \"partition\", at = \"60 s\", for = \"60 s\" }\n");
    let two: String = text.lines().filter(|line| !line.starts_with("jp =")).map(|line| format!("{line}\n")).collect();
    let whole = Whole::of(&two);
    assert_eq!(whole.document.requests.failed, 0, "callers and keys are on the same side");
    assert!(whole.replica().recorder.watch.sightings.is_empty());
}

#[test]
fn a_lossy_link_loses_both_ways_and_a_delayed_one_delays() {
    let whole = across("\"loss\", share = \"20 %\"", "attempts = 1");
    let lost = failed_share(&whole, "eu", 120.0, 179.0);
    // There and back: 1 - 0.8 x 0.8; about 5900 requests, three sigma are 0.019.
    assert!((lost - 0.36).abs() < 0.02, "{lost}");
    assert_eq!(failed_share(&whole, "eu", 181.0, 229.0), 0.0);
    let all = across("\"loss\", share = \"100 %\"", "attempts = 1");
    assert_eq!(failed_share(&all, "eu", 120.0, 179.0), 1.0);
    assert_eq!(failed_share(&all, "eu", 181.0, 229.0), 0.0, "a link that lost everything is whole again");

    let whole = across("\"delay\", add = \"50 ms\"", "attempts = 1");
    let median = |slot: usize| {
        let cell = &whole.replica().recorder.closed[slot][0];
        cell.latency.quantile(0.5).unwrap().nanoseconds() / 1e6
    };
    let (before, during, after) = (median(100), median(150), median(200));
    assert!((during - before - 100.0).abs() < 1.0, "50 ms there and 50 ms back: {before}, {during}");
    assert!((after - before).abs() < 1.0);
    assert_eq!(whole.document.requests.by_reason.get("no-host"), None);
}

#[test]
fn random_faults_strike_and_mend_at_the_stated_means() {
    let bad = "[fault]\nbad = { on = \"region.eu.site.a\", kind = \"crash\", mtbf = \"40 min\", mttr = \"10 min\" }\n";
    let text = fleet(bad).replace("run = \"4 min\"", "run = \"90 d\"").replace("200/s", "0.001/s");
    let whole = Whole::of(&text.replace("interval = \"2 s\"", "interval = \"10 min\""));
    let strikes = &whole.replica().recorder.watch.strikes;
    assert_eq!(whole.document.faults.len(), strikes.len());
    let n = strikes.len() as f64;
    // A cycle of 50 min over 90 days: 2592 expected, standard deviation 2592 x sqrt(0.68 / 2592) = 42.
    assert!((n - 2_592.0).abs() < 130.0, "{n} strikes");
    let down: Vec<f64> = strikes.iter().map(|k| k.until.since(k.from).as_secs_f64()).collect();
    let mean = down.iter().sum::<f64>() / n;
    assert!((mean - 600.0).abs() < 3.5 * 600.0 / n.sqrt(), "mean time to repair {mean} s");
    let up: Vec<f64> = strikes.windows(2).map(|k| k[1].from.since(k[0].until).as_secs_f64()).collect();
    let mean = up.iter().sum::<f64>() / (n - 1.0);
    assert!((mean - 2_400.0).abs() < 3.5 * 2_400.0 / n.sqrt(), "mean time between failures {mean} s");
    // Exponential: a share of exp(-1) is longer than the mean.
    for (times, mean) in [(&down, 600.0), (&up, 2_400.0)] {
        let longer = times.iter().filter(|t| **t > mean).count() as f64 / times.len() as f64;
        assert!((longer - 0.3679).abs() < 0.035, "{longer}");
    }
}

/// Rotation every few minutes in one region of two sites, with copies at both.
fn rotating(more: &str) -> String {
    fleet(more).replace(
        "algorithm = \"rsa-2048\"",
        "algorithm = \"rsa-2048\"\nrotate = { every = \"6 min\", keep = \"6 min\" }",
    )
}

fn document(text: &str) -> RunDocument {
    Whole::of(text).document
}

#[test]
fn keys_are_lost_only_when_their_last_host_is_destroyed() {
    let destroy = |id: &str, on: &str, at: u32| {
        format!("{id} = {{ on = \"{on}\", kind = \"destroy\", at = \"{at} s\", for = \"1 s\" }}\n")
    };
    let lost = |faults: &str| {
        let document = document(&fleet(&format!("[fault]\n{faults}")));
        let by_fault: f64 = document.faults.iter().map(|fault| fault.keys_lost.or_zero()).sum();
        assert_eq!(document.keys.lost.value, Some(by_fault));
        by_fault as u64
    };
    assert_eq!(lost(&destroy("a", "region.eu.site.a", 60)), 0, "the other site has them");
    assert_eq!(lost(&destroy("r", "region.eu", 60)), 100, "all keys of the region");
    let one_after_the_other = [destroy("a", "region.eu.site.a", 60), destroy("b", "region.eu.site.b", 90)].concat();
    assert_eq!(lost(&one_after_the_other), 100);
    let device = |n: u32, at: u32| destroy(&format!("d{n}"), &format!("region.eu.site.a.device.{n}"), at);
    let rest = destroy("b", "region.eu.site.b", 50);
    assert_eq!(lost(&[rest.clone(), device(1, 60)].concat()), 0, "the other device of the pool holds the same keys");
    assert_eq!(lost(&[rest.clone(), device(1, 60), device(2, 70)].concat()), 100);
    // A device that only crashed has its keys when it is back.
    let crash = "c = { on = \"region.eu.site.a.device.2\", kind = \"crash\", at = \"55 s\", for = \"30 s\" }\n";
    assert_eq!(lost(&[rest.as_str(), crash, &device(1, 60)].concat()), 0);
}

#[test]
fn what_is_destroyed_stays_away_and_its_keys_are_served_elsewhere() {
    let whole = Whole::of(&fleet(
        "[fault]\nbad = { on = \"region.eu.site.a\", kind = \"destroy\", at = \"60 s\", for = \"5 s\" }\n",
    ));
    assert_eq!(whole.served("eu.a", s(61.0), s(240.0)), 0);
    assert!(near(whole.served("eu.b", s(80.0), s(240.0)) as f64 / 160.0, 200.0));
    assert_eq!(whole.sighted("eu.a", true, false), None);
    assert_eq!(whole.suffered("eu", s(80.0), s(240.0)).1, 0);
    assert_eq!(whole.document.faults[0].until_s, 240.0);
}

#[test]
fn a_version_is_lost_when_its_only_copy_was_where_the_site_was() {
    // Copies take a minute: many successors are in use and exist at one site only when it is destroyed.
    let slow = |kind: &str| {
        rotating(&format!(
            "[fault]\nbad = {{ on = \"region.eu.site.a\", kind = \"{kind}\", at = \"150 s\", for = \"20 s\" }}\n"
        ))
        .replace("replication_lag = \"1 s\"", "replication_lag = \"1 min\"")
        .replace("run = \"4 min\"", "run = \"8 min\"")
        .replace("algorithm = \"rsa-2048\"", "algorithm = \"rsa-2048\"\ndurability = \"none\"")
    };
    let lost = document(&slow("destroy"));
    // 100 keys of eu in 360 s, half of them generated at site a, 60 s exposed: 8 expected.
    let versions = lost.replication.versions_lost.or_zero();
    assert!((2.0..=18.0).contains(&versions), "{versions}");
    assert_eq!(lost.faults[0].versions_lost, lost.replication.versions_lost);
    let rpo = lost.faults[0].rpo_s.unwrap();
    assert!(rpo > 5.0 && rpo <= 61.0, "{rpo}");
    assert_eq!(lost.keys.lost.value, Some(0.0), "the version before is still at the other site");
    let kept = document(&slow("crash"));
    assert_eq!((kept.replication.versions_lost.value, kept.faults[0].rpo_s), (Some(0.0), Some(0.0)));
    let (overdue, completed) = (lost.rotation.overdue.or_zero(), lost.rotation.completed.or_zero());
    assert!(overdue <= 40.0 && completed > 150.0, "lost versions are made again");
    // Where a version is used only once it is copied, what is lost had protected nothing.
    let careful = document(&slow("destroy").replace("durability = \"none\"", "durability = 2"));
    assert_eq!((careful.replication.versions_lost.value, careful.faults[0].rpo_s), (Some(0.0), Some(0.0)));
    assert!((2.0..=18.0).contains(&careful.replication.unused_lost.or_zero()));
}

#[test]
fn rotation_goes_on_with_a_host_down_and_the_host_catches_up() {
    let text =
        rotating("[fault]\nbad = { on = \"region.eu.site.a\", kind = \"crash\", at = \"60 s\", for = \"60 s\" }\n");
    let whole = Whole::of(&text);
    let rotation = &whole.document.rotation;
    assert!(rotation.due.or_zero() > 100.0 && rotation.overdue.or_zero() <= 3.0, "{rotation:?}");
    assert!(rotation.duration_ms.p99.value.unwrap() < 40_000.0, "{rotation:?}");
    // Rotations that fell due while the host was down were active before it was back.
    let mut steps = Steps::new(&text, true);
    let activated = |steps: &Steps| (steps.world.recorder().keys.activated, steps.world.recorder().keys.copied);
    steps.to(s(70.0));
    let (before, _) = activated(&steps);
    steps.to(s(119.0));
    let (during, _) = activated(&steps);
    assert!(during - before > 15, "200 keys in 360 s: {} in 49 s", during - before);
    steps.to(s(239.0));
    let keys = &steps.world.recorder().keys;
    assert_eq!(steps.world.service().rotations_under_way() as u64, keys.due - keys.activated);
    let open = steps.world.service().rotations_under_way() as u64;
    assert!(
        keys.copied + open >= keys.generated,
        "every version has its second copy: {} of {}",
        keys.copied,
        keys.generated
    );
    // Nothing is missing any more: callers of eu are served by both sites without failure.
    assert_eq!(whole.suffered("eu", s(200.0), s(240.0)).1, 0);
    assert!(rates(&whole, "eu.a")[2] > 60.0);
}

#[test]
fn copies_lost_on_the_way_are_sent_again() {
    let text = rotating("").replace("jitter = 0.0", "jitter = 0.0, loss = \"20 %\"");
    let rotation = document(&text).rotation;
    assert!(
        rotation.due.or_zero() > 100.0 && rotation.overdue.or_zero() * 4.0 < rotation.due.or_zero(),
        "a lost copy is not lost for ever: {rotation:?}"
    );
}

#[test]
fn a_version_lost_with_its_last_copy_is_told_and_replaced() {
    // eu.b is down while keys rotate at eu.a, comes back believed down, and eu.a is gone before eu.b has caught up.
    let whole = Whole::of(&format!(
        r#"run = "30 min"
region.eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
key.k = {{ count = 400, algorithm = "rsa-2048", copies = 2, rotate = {{ every = "1 h", keep = "1 h" }} }}
load.pay = {{ from = {{ eu = "50/s" }}, calls = ["sign"], key = "k", timeout = "2 s" }}
health = {{ phase = "0 s", interval = "1 s", threshold = 2, timeout = "500 ms", propagation = "1 s" }}
fault.b = {{ on = "region.eu.site.b", kind = "crash", at = "2 min", for = "10 min" }}
fault.gone = {{ on = "region.eu.site.a", kind = "destroy", at = "719 s" }}
objective.rpo = "rpo < 1 s"
{QUIET}"#
    ));
    let keys = &whole.replica().recorder.keys;
    assert_eq!(keys.keys_lost, 0, "eu.b still has the versions before");
    assert!(keys.versions_lost > 30, "{} of the about 67 that rotated meanwhile", keys.versions_lost);
    assert!(whole.document.objectives[0].value.unwrap() > 60.0, "the oldest was minutes old");
    let (offered, failed) = whole.suffered("eu", s(900.0), s(1800.0));
    assert!(offered > 40_000 && failed == 0, "their successors serve: {failed} of {offered} failed");
}

#[test]
fn a_fault_is_never_hidden_in_the_warm_up() {
    let text = |at: &str, warm_up: &str| {
        fleet(&format!("[fault]\nbad = {{ on = \"region.eu\", kind = \"crash\", at = {at}, for = \"30 s\" }}\n"))
            .replace("warm_up = \"0 s\"\n", warm_up)
    };
    for at in ["\"6 s\"", "\"peak\""] {
        let whole = Whole::of(&text(at, ""));
        let (_, failed) = whole.suffered("eu", s(0.0), s(240.0));
        assert!(failed > 1000, "{at}: {failed} failed");
    }
    let refused = keyfleet::scenario::load_text(
        std::path::Path::new("made-up.toml"),
        &text("\"6 s\"", "warm_up = \"10 s\"\n"),
        &[],
    );
    assert!(refused.is_err_and(|wrong| wrong.render(false).contains("strikes within the warm-up")));
}
