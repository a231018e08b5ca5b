//! Rotation in small fleets: by use, after a leak, with and without waiting for copies; what is kept how long; and that an HSM
//! that makes a key serves nobody with that engine.

use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::kms::Failure;
use keyfleet::results::{Ledger, Status};

/// One region of two sites, a class with these settings, and ten calls a second.
fn fleet(run: &str, class: &str, rest: &str) -> String {
    format!(
        r#"run = "{run}"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2, hsms = 1 }}
[key.card]
algorithm = "rsa-2048"
{class}
[load.sign]
from = {{ eu = "10/s" }}
calls = ["sign"]
key = "card"
{rest}"#
    )
}

fn card(whole: &Whole) -> &Ledger {
    &whole.document.keys.classes["card"]
}

#[test]
fn a_key_is_replaced_before_it_has_been_used_as_often_as_it_may() {
    let whole = Whole::of(&fleet("1 h", "count = 3\nrotate = { every = \"1 y\", uses = 1_000 }", ""));
    let used = whole.document.sites.values().map(|site| site.calls).sum::<u64>();
    let rotations = whole.document.rotation.completed.value.unwrap();
    // Each version serves nine hundred calls, and the few that come until its successor is copied.
    let most = used as f64 / 900.0;
    assert!(rotations > most - 4.0 && rotations <= most, "{rotations} of {most}");
    let uses = card(&whole).most_uses.value.unwrap();
    assert!(uses > 0.0 && uses < 1_000.0, "{uses}");
}

/// A successor that takes a minute comes some hundred and sixty calls too late for each version.
#[test]
fn versions_that_are_used_more_often_than_they_may_are_counted_and_held() {
    let class = "count = 3\nrotate = { every = \"1 y\", uses = 400 }";
    let promise = "[objective]\nall = \"uses_exceeded == 0\"\ncard = \"uses_exceeded(card) == 0\"\n";
    let other = "other = \"uses_exceeded(spare) == 0\"\n[key.spare]\ncount = 2\nalgorithm = \"rsa-2048\"\n\
                 rotate = { every = \"1 y\", uses = 100 }\n";
    let text = fleet("1 h", class, &format!("{promise}{other}"));
    let slow = Whole::of(&text.replace("replication_lag = \"1 s\"", "replication_lag = \"1 min\""));
    let (exceeded, rotations) =
        (card(&slow).uses_exceeded.value.unwrap(), slow.document.rotation.completed.value.unwrap());
    assert!(rotations > 50.0 && (rotations..=rotations + 3.0).contains(&exceeded), "{exceeded} of {rotations}");
    assert!(card(&slow).most_uses.value.unwrap() > 500.0);
    let held = |whole: &Whole| whole.document.objectives.iter().map(|o| (o.value, o.status)).collect::<Vec<_>>();
    let (fail, pass) = ((Some(exceeded), Status::Fail), (Some(0.0), Status::Pass));
    assert_eq!(held(&slow), [fail, fail, pass]);
    assert_eq!(slow.document.objectives[0].unit, "versions");
    assert_eq!(held(&Whole::of(&text)), [pass, pass, pass]);
}

#[test]
fn what_is_replaced_is_kept_as_long_as_the_class_says() {
    let whole = Whole::of(&fleet("5 h", "count = 400\nrotate = { every = \"1 h\", keep = \"90 min\" }", ""));
    let states = &card(&whole).states;
    assert_eq!(states["active"].value, Some(400.0));
    // Replaced in the last ninety minutes: 1.5 a key.
    let kept = states["deactivated"].value.unwrap();
    assert!((kept - 600.0).abs() < 40.0, "{kept}");
    let rotated = whole.document.rotation.completed.value.unwrap();
    assert!((rotated - 2_000.0).abs() < 60.0, "{rotated}");
    // As many are destroyed as are replaced, but for those on the way.
    let destroyed = states["destroyed"].value.unwrap();
    assert!((destroyed - rotated).abs() < 40.0, "{destroyed} of {rotated}");
    assert!((card(&whole).oldest_s.value.unwrap() - 3_600.0).abs() < 60.0);
}

#[test]
fn keys_made_together_fall_due_together_unless_jitter_spreads_them() {
    let due = |jitter: &str| {
        let class = format!("count = 500\nrotate = {{ every = \"10 h\", age = \"9 h\", jitter = \"{jitter}\" }}");
        let mut steps = Steps::new(&fleet("2 h", &class, "[rotation]\nat_once = \"none\""), true);
        let mut at = |seconds: f64| {
            steps.to(s(seconds));
            steps.world.recorder().keys.due
        };
        [1_800.0, 3_599.0, 3_601.0].map(&mut at)
    };
    assert_eq!(due("0 %"), [0, 0, 500]);
    let [half, almost, all] = due("10 %");
    assert!((half as i64 - 250).abs() < 45, "three standard deviations of a coin: {half}");
    assert!(almost > 490 && all == 500, "{almost} {all}");
}

#[test]
fn a_version_in_use_before_it_is_copied_is_missing_at_the_other_host_until_the_copy_comes() {
    let class = |durability: &str| format!("count = 50\nrotate = {{ every = \"10 min\" }}\ndurability = {durability}");
    let now = Whole::of(&fleet("1 h", &class("\"none\""), ""));
    let later = Whole::of(&fleet("1 h", &class("\"all\""), ""));
    let missing = |whole: &Whole| {
        ["eu.a", "eu.b"].iter().map(|site| whole.site(site).rejected[Failure::KeyMissing as usize]).sum::<u64>()
    };
    assert_eq!((missing(&later), later.document.replication.late.value), (0, Some(0.0)));
    assert!(missing(&now) > 0, "somebody asked in that second");
    assert_eq!(
        (now.document.requests.failed, now.document.requests.retries),
        (0, 0),
        "the other host was asked at once"
    );
    let replication = &now.document.replication;
    assert_eq!(replication.late, replication.copies, "every copy came after its version was in use");
    // The lag of the device and the way, less the time that the metadata store takes to write.
    let late = replication.late_ms.p50.value.unwrap();
    assert!((995.0..1_000.5).contains(&late), "{late}");
}

#[test]
fn an_engine_that_makes_a_key_serves_nobody() {
    let class = "count = 3_600\nrotate = { every = \"1 h\" }";
    let rotating = Whole::of(&fleet("30 min", class, ""));
    let idle = Whole::of(&fleet("30 min", "count = 3_600", ""));
    let busy = |whole: &Whole| whole.document.utilisation.value.unwrap();
    // One key a second over both sites, a hundredth of a second each.
    let share = busy(&rotating) - busy(&idle);
    assert!((share - 0.005).abs() < 0.0003, "{share}");
    assert!(rotating.document.hsm_wait_ms.mean.value > idle.document.hsm_wait_ms.mean.value);
}

/// Rotation by use, a leak with what was wrapped, and a crash: the same facts whether answers are given ahead or not.
#[test]
fn leaks_and_uses_give_the_same_facts_on_both_paths() {
    let text = fleet(
        "20 min",
        "count = 40\nrotate = { every = \"1 h\", uses = 50, jitter = \"5 %\" }\ndurability = 1\nwrapped_by = \"kek\"",
        r#"
[key.kek]
count = 4
algorithm = "aes-256"
[fault]
leak = { on = "key.kek", kind = "compromise", at = "5 min", share = "50 %" }
crash = { on = "region.eu.site.a", kind = "crash", at = "10 min", for = "2 min" }
"#,
    );
    let text = text.replace("generate = \"100/s\"", "generate = \"1/s\"");
    let run = |ahead: bool| {
        let mut steps = Steps::new(&text, ahead);
        steps.to(s(1_200.0));
        let (recorder, digest) = steps.world.end(&mut steps.queue);
        (digest, recorder.keys)
    };
    let (ahead, behind) = (run(true), run(false));
    assert_eq!(ahead.0, behind.0);
    assert!(ahead.1.activated > 100 && ahead.1.late.count() > 100);
    let leaked: Vec<u64> = ahead.1.ledgers.iter().map(|ledger| ledger.compromised).collect();
    let replaced: Vec<u64> = ahead.1.ledgers.iter().map(|ledger| ledger.replaced).collect();
    assert!(
        leaked.iter().all(|keys| *keys > 0) && leaked.iter().sum::<u64>() < 44,
        "half of the wrapping keys: {leaked:?}"
    );
    assert_eq!(leaked, replaced);
    let exposed: u64 = ahead.1.ledgers.iter().map(|ledger| ledger.exposed).sum();
    assert!(exposed > 0);
}

/// Ten thousand calls are done under the leaked version while its successor is on its way for half an hour.
#[test]
fn operations_under_a_leaked_version_count_until_its_successor_is_in_use() {
    let text =
        fleet("1 h", "count = 20", "[fault]\nleak = { on = \"key.card\", kind = \"compromise\", at = \"10 min\" }")
            .replace("replication_lag = \"1 s\"", "replication_lag = \"30 min\"");
    let exposed = card(&Whole::of(&text)).exposed.value.unwrap();
    assert!((exposed - 18_000.0).abs() < 3.0 * 18_000.0_f64.sqrt(), "{exposed}");
}

/// Six keys are always being made at each site for their age; ten leaked ones a site, two at once, twenty seconds each.
#[test]
fn what_leaked_does_not_wait_for_what_is_merely_due() {
    let text = fleet(
        "1 h",
        "count = 2_160\nrotate = { every = \"1 h\" }",
        "[key.hot]\ncount = 20\nalgorithm = \"rsa-2048\"\n[rotation]\nat_once = \"none\"\nat_once_urgent = 2\n\
         [fault]\nleak = { on = \"key.hot\", kind = \"compromise\", at = \"10 min\" }",
    )
    .replace("engines = 1", "engines = 16")
    .replace("generate = \"100/s\"", "generate = \"0.8/s\"");
    let hot = &Whole::of(&text).document.keys.classes["hot"];
    let took = hot.replacement_s.value.expect("all are replaced");
    assert!((40.0..200.0).contains(&took), "a hundred seconds in the mean: {took}");
}

/// A host that is down is destroyed while the others wait for its copy: they do not wait for ever.
#[test]
fn a_successor_does_not_wait_for_a_host_that_is_gone() {
    let text = fleet(
        "3 h",
        "count = 200\ncopies = 2\nrotate = { every = \"2 h\" }\ndurability = 2",
        "[fault]\ndown = { on = \"region.eu.site.b\", kind = \"crash\", at = \"30 min\", for = \"30 min\" }\n\
         gone = { on = \"region.eu.site.b\", kind = \"destroy\", at = \"3610 s\" }",
    );
    let whole = Whole::of(&text);
    let rotation = &whole.document.rotation;
    assert_eq!(rotation.overdue.value, Some(0.0), "{rotation:?}");
    let open = rotation.due.value.unwrap() - rotation.completed.value.unwrap();
    assert!(rotation.due.value.unwrap() > 250.0 && open <= 2.0, "{rotation:?}");
}

#[test]
fn keys_that_are_lost_leave_the_ledger() {
    let text = fleet(
        "1 h",
        "count = 300\ncopies = 1\nrotate = { every = \"4 h\" }",
        "[fault]\ngone = { on = \"region.eu.site.b\", kind = \"destroy\", at = \"30 min\" }",
    );
    let whole = Whole::of(&text);
    let (lost, states) = (whole.document.keys.lost.value.unwrap(), &card(&whole).states);
    assert!((100.0..200.0).contains(&lost), "{lost}");
    assert_eq!(states["active"].value, Some(300.0 - lost));
    assert!(card(&whole).oldest_s.value.unwrap() <= 4.0 * 3_600.0 + 60.0);
}

#[test]
fn a_stated_age_is_that_of_every_key_whatever_the_jitter() {
    let class = "count = 100\nrotate = { every = \"10 h\", age = \"2 h\", jitter = \"50 %\" }";
    let whole = Whole::of(&fleet("1 h", class, ""));
    assert_eq!(card(&whole).oldest_s.value, Some(3.0 * 3_600.0));
}
