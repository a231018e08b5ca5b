//! What would mend a run that fails: what is claimed is set, and the run again, and then holds. And what is said to be survived.

use crate::fleet::{QUIET, Whole};
use crate::shipped;
use keyfleet::report::{junit, markdown, page, summary, summary_beside};
use keyfleet::results::{RunDocument, Status};

/// The settings of all remedies of a run, taken together.
fn settings(run: &RunDocument) -> Vec<String> {
    run.remedies.iter().flat_map(|block| &block.found).flat_map(|found| found.set.clone()).collect()
}

fn failing(run: &RunDocument) -> Vec<&str> {
    run.objectives.iter().filter(|o| o.status != Status::Pass).map(|o| o.id.as_str()).collect()
}

/// The first 24 lines hold the verdict, where the report is, what is survived or not, and the first remedy; nothing in them is cut.
fn first_screen_holds(run: &RunDocument) {
    let text = summary_beside(run, (80, false), Some("out/name/report.html"));
    let screen: Vec<&str> = text.lines().take(24).collect();
    assert!(screen.iter().any(|line| line.ends_with("  report: out/name/report.html")), "{text}");
    assert!(screen.iter().all(|line| !line.contains('…')), "{text}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let screen = words(&screen.join(" "));
    let survival = run.survival.iter().flat_map(|survival| &survival.told);
    let found = run.remedies.iter().flat_map(|block| block.found.first());
    for part in survival.chain(found.clone().map(|f| &f.cause)).chain(found.clone().map(|f| &f.remedy)) {
        assert!(screen.contains(&words(part)), "{part} is not in\n{text}");
    }
    for set in found.flat_map(|f| &f.set) {
        assert!(
            screen.contains(&format!("--set {set}")) || screen.contains(&format!("--set '{set}'")),
            "{set}\n{text}"
        );
    }
}

/// Runs a shipped scenario with settings that shorten it, and again with what would mend it; gives both, and these settings.
fn mended(name: &str, set: &[&str]) -> (RunDocument, RunDocument, Vec<String>) {
    let before = shipped::run(name, set);
    assert!(!failing(&before).is_empty(), "{name} has nothing to mend");
    let mend = settings(&before);
    let all: Vec<&str> = set.iter().copied().chain(mend.iter().map(String::as_str)).collect();
    let after = shipped::run(name, &all);
    [&before, &after].into_iter().for_each(first_screen_holds);
    (before, after, mend)
}

/// All that failed holds with what is claimed to mend it.
fn holds_with_what_is_claimed(name: &str, set: &[&str], claimed: &[&str]) -> RunDocument {
    let (before, after, mend) = mended(name, set);
    assert_eq!(mend, claimed, "{:#?}", before.remedies);
    assert_eq!(failing(&after), [""; 0], "{name} with {mend:?}: {}\n{:#?}", after.verdict, before.remedies);
    assert_eq!(after.remedies, None);
    assert!(before.remedies.as_ref().unwrap().unexplained.is_empty());
    before
}

/// Eight replications of 30 hours instead of 20 of 44.
#[test]
fn custodians_on_call_and_backups_each_half_hour() {
    let set = ["replications=8", "run=\"30 h\""];
    let claimed = [
        "backup.nightly.every=\"30 min\"",
        "custodians.security.of=7",
        "custodians.security.on_call=7",
        "backup.nightly.restore=\"11/s\"",
    ];
    holds_with_what_is_claimed("dr-restore-with-custodians", &set, &claimed);
}

/// A quarter of an hour with the loss of each region instead of an hour and each single loss.
#[test]
fn the_quota_that_catches_mumbai() {
    let set = [
        "replications=1",
        "run=\"15 min\"",
        "survive.what=[\"region\"]",
        "fault.gray.at=\"4 min\"",
        "fault.gray.for=\"2 min\"",
    ];
    let run = holds_with_what_is_claimed("payments-global", &set, &["region.jp.quota.symmetric=\"1500/s\""]);
    let survival = run.survival.as_ref().unwrap();
    assert_eq!(survival.survived, ["region.eu", "region.jp", "region.uk", "region.us", "region.west", "gray"]);
    let [lost] = &survival.not_survived[..] else { panic!("{survival:?}") };
    assert_eq!((lost.id.as_str(), &lost.objectives[..]), ("region.in", &["outage".to_owned()][..]));
    let text = summary(&run, 80, false).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Survives the loss of regions eu, jp, uk, us and west, each for 3 min at its peak.",
        "Does not survive the loss of region in: rto(authorise) is 4.",
        "where 2 min are allowed; 4",
        "The symmetric quota of jp is 500/s; requests need 1,3",
        "--set 'region.jp.quota.symmetric=\"1500/s\"'",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn a_quota_that_others_use_up() {
    let run = holds_with_what_is_claimed("cloud-kms-quota", &["replications=2"], &["region.eu.account=\"eu-own\""]);
    // The other way that its text names.
    let told = &run.remedies.as_ref().unwrap().found[0];
    assert!(told.remedy.contains("So has one quota of 11,000/s for all"), "{told:?}");
    let set = ["replications=2", "region.eu.quota.symmetric=\"11000/s\""];
    assert_eq!(failing(&shipped::run("cloud-kms-quota", &set)), [""; 0]);
}

#[test]
fn a_rack_that_is_too_small() {
    holds_with_what_is_claimed("hybrid-onprem-only", &["replications=2"], &["region.eu.site.rack.hsms=3"]);
}

#[test]
fn keys_that_may_not_leave() {
    let claimed = ["key.national.partner_copies=1", "key.national.stay=[\"DE\", \"IE\"]"];
    holds_with_what_is_claimed("region-loss-at-peak", &["replications=1"], &claimed);
    // Another scenario with the same cause, of which the text says what is left: nothing.
    let claimed = ["key.identity.partner_copies=1", "key.identity.stay=[\"DE\", \"GB\"]"];
    holds_with_what_is_claimed("region-dark-emergency", &["replications=1"], &claimed);
}

#[test]
fn keys_and_versions_that_die_with_a_site() {
    let claimed = ["key.archive.copies=2", "key.session.durability=2"];
    holds_with_what_is_claimed("site-lost-for-good", &["replications=2"], &claimed);
}

/// Copies that serve bring 50 % of the requests back; what is left is that failing over takes longer than the objective allows, which
/// the text says.
#[test]
fn keys_in_escrow_that_serve_nobody_and_what_is_left_then() {
    let (before, after, mend) = mended("region-rebuilt", &["replications=1"]);
    assert_eq!(mend, ["key.card.partner_copies=1", "key.card.escrow_copies=0"]);
    let left = |run: &RunDocument| {
        let found = &run.remedies.as_ref().unwrap().found;
        let told = found.iter().find(|found| found.remedy.contains("which no failover by health checks reaches"));
        told.is_some_and(|found| found.set.is_empty() && found.objectives == ["served"])
    };
    assert!(left(&before), "{:#?}", before.remedies);
    assert_eq!(failing(&after), ["served"]);
    assert!(left(&after) && settings(&after).is_empty(), "{:#?}", after.remedies);
    let served = |run: &RunDocument| shipped::value(run, "served").unwrap();
    assert!(served(&before) < 50.0 && served(&after) > 99.7, "{} {}", served(&before), served(&after));
}

#[test]
fn a_storm_of_rotations() {
    holds_with_what_is_claimed("rotation-storm", &["replications=1"], &["rotation.at_once=1"]);
}

#[test]
fn front_ends_that_are_too_small() {
    holds_with_what_is_claimed("reconnect-storm", &["replications=1"], &["transport.workers=9"]);
}

#[test]
fn clients_that_all_restart_at_once() {
    let claimed = ["fault.deploy.over=\"43 s\""];
    holds_with_what_is_claimed("kms-envelope-cold-cache", &["replications=1"], &claimed);
}

#[test]
fn a_wrong_configuration_that_goes_everywhere() {
    let claimed = ["fault.push.waves=[[\"jp\"], [\"us\"], [\"eu\"]]", "fault.push.bake=\"660 s\""];
    let (_, after, mend) = mended("bad-push-all-regions", &["replications=1"]);
    assert_eq!((mend[1].as_str(), failing(&after)), (claimed[1], Vec::new()), "{mend:?}");
    assert!(mend[0].ends_with("[\"eu\"]]"), "the region that asks for most comes last: {mend:?}");
}

#[test]
fn a_certificate_that_checks_do_not_look_at() {
    holds_with_what_is_claimed("certificate-expired", &["replications=1"], &["transport.checks_verify=true"]);
}

#[test]
fn users_who_are_taken_for_others() {
    holds_with_what_is_claimed("users-misplaced", &["replications=2"], &["location.told=\"75 %\""]);
}

#[test]
fn work_that_takes_too_many_devices_away() {
    let run = holds_with_what_is_claimed("firmware-rollout", &["replications=1"], &["work.firmware.at_once=1"]);
    let told = &run.survival.as_ref().unwrap().told;
    assert!(
        told[1].starts_with("Does not survive the loss of anything that was tried during planned work."),
        "{told:?}"
    );
}

/// Emergency access needs the copies in escrow that keep Frankfurt from serving.
#[test]
fn what_nothing_mends_is_said_to_be_so() {
    let run = shipped::run("cut-off-region", &["replications=1"]);
    let block = run.remedies.as_ref().unwrap();
    assert_eq!((block.found.len(), &block.unexplained[..]), (0, &["cards".to_owned()][..]));
    assert!(summary(&run, 80, false).contains("Nothing in this run says what would mend cards."));
    assert!(page(&run, &[]).contains("Nothing in this run says what would mend cards."));
}

#[test]
fn what_holds_needs_no_remedy() {
    let run = shipped::run("first", &["replications=2"]);
    assert_eq!(run.remedies, None);
    let told = &run.survival.as_ref().unwrap().told;
    assert!(
        told[0].starts_with("Survives the loss of any device, any site and any region, each for 10 min at its peak.")
    );
    assert!(told[0].contains("Nearest to a limit: region ") && told[0].contains("rto 8"), "{told:?}");
}

/// Two regions, of which one takes the other's keys; losing `big` asks `small` for all of 300 calls a second, 10 ms each.
fn pair(hsms: u32, objective: &str) -> String {
    format!(
        r#"run = "6 min"
survive = {{ what = ["region"], lasts = "2 min" }}
{QUIET}
[profile.slow]
engines = 1
queue = 100
op.sign = {{ mean = "10 ms" }}
[region]
big = {{ at = "Frankfurt", device = "slow", hsms = 4 }}
small = {{ at = "Dublin", device = "slow", hsms = {hsms} }}
[key.card]
count = {{ big = 50 }}
algorithm = "rsa-2048"
stay = ["EU"]
partner_copies = 1
[load.pay]
from = {{ big = "300/s" }}
calls = ["sign"]
key = "card"
timeout = "1 s"
[health]
interval = "2 s"
timeout = "500 ms"
propagation = "5 s"
[objective]
back = {{ expect = "{objective}", when = "survive" }}
"#
    )
}

/// 300 calls a second of 10 ms are the work of 3 HSMs, with chance in ten seconds a few more; a tenth of room makes 4.
#[test]
fn devices_follow_from_work_and_not_from_retries() {
    let short = Whole::of(&pair(1, "rto < 30 s")).document;
    assert_eq!(short.status, Status::Fail, "{}", short.verdict);
    let [found] = &short.remedies.as_ref().unwrap().found[..] else { panic!("{:#?}", short.remedies) };
    assert_eq!(
        (&found.set[..], &found.cases[..]),
        (&["region.small.hsms=4".to_owned()][..], &["region.big".to_owned()][..])
    );
    assert!(
        found.cause.starts_with("small.a is asked for the work of 3.") && found.cause.contains("with region big down"),
        "{found:?}"
    );
    let enough = Whole::of(&pair(4, "rto < 30 s")).document;
    assert_eq!(enough.status, Status::Pass, "{}", enough.verdict);
}

/// Half of 300 calls a second reach each of two sites; at a third of its speed one of them has the work of 4.5 HSMs, and 5 leave it
/// room, with chance in ten seconds 6.
#[test]
fn a_slow_site_has_the_more_work() {
    let fleet = |hsms: u32| {
        let site = format!("big = {{ at = \"Frankfurt\", device = \"slow\", sites = 2, hsms = {hsms} }}");
        let gray = "[fault]\ngray = { on = \"region.big.site.b\", kind = \"slow\", factor = 3, at = \"2 min\", for = \"2 min\" }\n";
        let text = pair(4, "p99(pay) < 200 ms").replace("when = \"survive\"", "when = \"fault\"");
        let text = text.replace("big = { at = \"Frankfurt\", device = \"slow\", hsms = 4 }", &site);
        Whole::of(&text.replace("[region]", &format!("{gray}\n[region]")).replace("survive = {", "# ")).document
    };
    let slow = fleet(2);
    let [found] = &slow.remedies.as_ref().unwrap().found[..] else { panic!("{:#?}", slow.remedies) };
    assert!(found.cause.contains("does each call 3 times slower while gray lasts"), "{found:?}");
    let [set] = &found.set[..] else { panic!("{found:?}") };
    let hsms: u32 = set.strip_prefix("region.big.hsms=").unwrap().parse().unwrap();
    assert!((5..=6).contains(&hsms), "{found:?}");
    assert_eq!(fleet(hsms).status, Status::Pass);
}

/// Checks every 2 s, three of them, half a second for the last and 5 s until callers know: 11.5 s at most, where 8 are allowed.
#[test]
fn failing_over_in_time_follows_from_the_settings_of_health_checks() {
    let late = Whole::of(&pair(4, "rto < 8 s")).document;
    let [found] = &late.remedies.as_ref().unwrap().found[..] else { panic!("{:#?}", late.remedies) };
    // 8 s less a tenth are 7.2 s; checks take 6.5 of them, which leaves less than a second: a fifth is for propagation.
    assert_eq!(found.set, ["health.propagation=\"1400 ms\"", "health.interval=\"1700 ms\""]);
    let set = "propagation = \"1400 ms\"";
    let text = pair(4, "rto < 8 s")
        .replace("propagation = \"5 s\"", set)
        .replace("interval = \"2 s\"", "interval = \"1700 ms\"");
    let soon = Whole::of(&text).document;
    assert_eq!(soon.status, Status::Pass, "{}", soon.verdict);
    // Nothing reaches a second.
    let never = Whole::of(&pair(4, "rto < 1 s")).document;
    let [found] = &never.remedies.as_ref().unwrap().found[..] else { panic!("{:#?}", never.remedies) };
    assert!(found.set.is_empty() && found.remedy.contains("which no failover by health checks reaches"), "{found:?}");
}

/// With `big` down its callers are served in Dublin, some 20 ms away: no number of HSMs makes that less than 15.
#[test]
fn no_capacity_mends_a_distance() {
    let far = Whole::of(&pair(40, "p50 < 15 ms").replace("when = \"survive\"", "when = \"survive\", over = \"run\""))
        .document;
    let found = &far.remedies.as_ref().unwrap().found;
    let told = found.iter().find(|found| found.remedy.starts_with("No capacity mends it: 15 ms are allowed."));
    assert!(told.is_some_and(|found| found.set.is_empty() && found.cause.contains("small.a")), "{found:#?}");
    assert!(!settings(&far).iter().any(|set| set.contains("hsms")), "{found:#?}");
}

/// What is said stands in each form, with nothing that a shell would read otherwise.
#[test]
fn each_form_says_what_would_mend_it() {
    let run = Whole::of(&pair(1, "rto < 30 s")).document;
    let html = page(&run, &[]);
    assert!(html.contains("<pre><code>--set region.small.hsms=4</code></pre>"));
    assert!(html.contains("Does not survive the loss of region big: rto "));
    let text = junit(&run, "1.2.3", false);
    assert!(
        text.contains("What would mend it: small.a is asked for") && text.contains("--set region.small.hsms=4"),
        "{text}"
    );
    let text = markdown(&run, "1.2.3");
    assert!(text.contains("## What would mend it\n") && text.contains("region.small.hsms=4"), "{text}");
    assert!(text.contains("## What it survives\n\n- Survives the loss of region small, for 2 min at its peak.\n- Does not survive the loss of region big: rto is"), "{text}");
}
