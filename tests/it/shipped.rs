//! The shipped scenarios do what they say: each ends with its verdict, which is checked here beside what it teaches. Where
//! the default run is long, a test shortens it or repeats it less often, and says why the statement stays the same.

use keyfleet::results::{self, FaultResult, RunDocument, Saturation, Status};
use keyfleet::scenario;
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"))
}

/// Runs a shipped scenario and checks what every document must keep.
pub fn run(name: &str, set: &[&str]) -> RunDocument {
    let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
    let loaded = match scenario::load(&path(name), &set) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    };
    let scenario = Arc::new(loaded.scenario);
    let stop = AtomicBool::new(false);
    let runs =
        simulate(&Blueprint::new(Arc::clone(&scenario)), Options { jobs: 2, stop: &stop, told: &|_| {} }).unwrap();
    let document = results::document(&scenario, &runs);
    conserves(&document);
    document
}

/// Every request is completed, failed or under way, in all and in each region and load; every access is in the audit record.
fn conserves(document: &RunDocument) {
    let blocks = document.regions.values().chain(document.loads.values()).map(|block| &block.requests);
    for requests in blocks.chain([&document.requests]) {
        assert_eq!(requests.offered, requests.completed + requests.failed + requests.in_flight, "{requests:?}");
        assert_eq!(requests.failed, requests.by_reason.values().sum::<u64>(), "{requests:?}");
    }
    let regions: u64 = document.regions.values().map(|block| block.requests.offered).sum();
    let loads: u64 = document.loads.values().map(|block| block.requests.offered).sum();
    assert_eq!((regions, loads), (document.requests.offered, document.requests.offered));
    assert!(document.audit.served > 0);
    assert_eq!(document.audit.accesses, document.audit.served, "an access is missing from the audit record");
}

/// The verdict as the file's last line has it: `pass`, or `fail: id, id`, or `inconclusive: id`.
fn verdict(document: &RunDocument) -> String {
    let ids = |status: Status| -> Vec<&str> {
        document.objectives.iter().filter(|o| o.status == status).map(|o| o.id.as_str()).collect()
    };
    let word = |status: Status, word: &str| format!("{word}: {}", ids(status).join(", "));
    match document.status {
        Status::None => "none".to_owned(),
        Status::Pass => "pass".to_owned(),
        Status::Fail => word(Status::Fail, "fail"),
        Status::Inconclusive => word(Status::Inconclusive, "inconclusive"),
    }
}

fn promised(name: &str) -> String {
    let text = fs::read_to_string(path(name)).unwrap();
    let last = text.lines().last().unwrap();
    last.strip_prefix("# verdict: ").unwrap_or_else(|| panic!("{name} ends with \"{last}\"")).to_owned()
}

pub fn keeps_its_promise(name: &str, document: &RunDocument) {
    assert_eq!(verdict(document), promised(name), "{name}: {}", document.verdict);
}

pub fn value(document: &RunDocument, id: &str) -> Option<f64> {
    document.objectives.iter().find(|objective| objective.id == id).unwrap().value
}

fn case<'d>(document: &'d RunDocument, id: &str) -> &'d FaultResult {
    document.survive.iter().find(|case| case.id == id).unwrap()
}

/// Detection: the first check to fail, two more at the default interval of 10 s, the last one's time limit of 2 s;
/// at most one interval passes before the first. Propagation: 60 s.
fn fails_over(fault: &FaultResult, propagation: f64) {
    let (detect, routed, rto) = (fault.detect_s.unwrap(), fault.routed_s.unwrap(), fault.rto_s.unwrap());
    assert!((22.0..32.0).contains(&detect), "{fault:?}");
    assert!((routed - detect - propagation).abs() < 1e-6, "{fault:?}");
    assert!((rto - routed).abs() <= 1.0, "{fault:?}");
}

#[test]
fn files_say_what_they_show_and_keep_their_length() {
    let lines = |name: &str| fs::read_to_string(path(name)).unwrap().lines().count();
    assert!(lines("first") <= 15, "{}", lines("first"));
    assert!(lines("payments-global") <= 60, "{}", lines("payments-global"));
    let folders = [path("first").parent().unwrap().to_owned(), path("bench/fleet").parent().unwrap().to_owned()];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut seen = Vec::new();
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("#:schema "), "{}", file.display());
        let sentence = lines.next().unwrap();
        assert!(sentence.starts_with("# ") && sentence.ends_with('.'), "{}: {sentence}", file.display());
        assert!(text.lines().all(|line| line.chars().count() <= 130), "{}", file.display());
        assert!(text.ends_with('\n'), "{}", file.display());
        seen.push(file.file_stem().unwrap().to_string_lossy().into_owned());
    }
    seen.sort();
    // Each of them is run below, in keys.rs, in changes.rs, in changes/escrow.rs, in caches.rs, in quota.rs, in transport, in
    // access/floods.rs, in emergency/shipped.rs, in recovery/shipped.rs or in work/shipped.rs;
    // bench/fleet.toml is `fleet`, bench/guarded.toml, the same with gates, is `guarded`, bench/w1.toml is `w1`.
    let tested = [
        "bad-push-all-regions",
        "bad-push-in-waves",
        "ca-mass-reissue",
        "certificate-expired",
        "cloud-kms-quota",
        "cloud-kms-quota-mended",
        "cut-off-region",
        "dr-restore-on-call",
        "dr-restore-with-custodians",
        "firmware-rollout",
        "firmware-rollout-by-night",
        "first",
        "fleet",
        "flood-50x",
        "gray-failure-retries",
        "guarded",
        "hybrid-onprem-cloud-burst",
        "hybrid-onprem-only",
        "keys-on-file",
        "kms-envelope-cold-cache",
        "kms-envelope-warm-restart",
        "metadata-outage",
        "payments-global",
        "reconnect-storm",
        "region-dark-emergency",
        "region-loss-at-peak",
        "region-rebuilt",
        "rotation-storm",
        "rotation-year",
        "site-lost-for-good",
        "site-replaced",
        "users-misplaced",
        "w1",
        "wrapping-key-compromise",
    ];
    assert_eq!(seen, tested);
}

#[test]
fn first_survives_everything_within_detection_and_propagation() {
    let document = run("first", &[]);
    keeps_its_promise("first", &document);
    assert_eq!(document.survive.len(), 2 + 4 + 4);
    fails_over(&document.faults[0], 60.0);
    for region in ["region.eu", "region.us"] {
        fails_over(case(&document, region), 60.0);
    }
    for case in document.survive.iter().filter(|case| case.id.contains(".device.")) {
        assert_eq!(
            (case.rto_s, case.failed.value),
            (Some(0.0), Some(0.0)),
            "{case:?}: the other device of the pool serves"
        );
    }
}

/// Another seed than the file's says the same.
#[test]
fn region_loss_costs_detection_and_propagation_and_refuses_what_may_not_leave() {
    let document = run("region-loss-at-peak", &["seed=7"]);
    keeps_its_promise("region-loss-at-peak", &document);
    let loss = &document.faults[0];
    let (detect, routed) = (loss.detect_s.unwrap(), loss.routed_s.unwrap());
    assert!((routed - detect - 60.0).abs() < 1e-6);
    let back = value(&document, "back").unwrap();
    assert!((82.0..93.0).contains(&back) && (back - routed).abs() <= 1.0, "{routed}, {:?}", document.objectives);
    // The keys that may not leave are away as long as the region is: 20 minutes, and until its return is noticed.
    assert!((20.0 * 60.0..22.0 * 60.0).contains(&value(&document, "national").unwrap()));
    let refused = |load: &str| *document.loads[load].requests.by_reason.get("residency").unwrap_or(&0);
    assert_eq!(refused("pay"), 0);
    assert!(refused("identify") > 10_000, "{}", refused("identify"));
    assert_eq!(document.regions["us"].requests.failed, 0, "others do not notice");
    // The fault is in Germany's busiest twenty minutes of the three hours: in the early evening, 17 to 18 h UTC.
    assert!(loss.from_s >= 2.0 * 3600.0 && loss.until_s <= 3.0 * 3600.0, "{loss:?}");
    assert!((loss.until_s - loss.from_s - 1200.0).abs() < 1e-6, "{loss:?}");
}

/// What the file's head says to set. One replication: of luck there is only the wait for the next check.
#[test]
fn region_loss_is_shorter_with_fast_propagation_and_spares_keys_that_may_leave() {
    let fast = run("region-loss-at-peak", &["replications=1", "health.propagation=\"5 s\""]);
    assert!((22.0..38.0).contains(&value(&fast, "back").unwrap()));
    let law = ["replications=1", "key.national.stay=[\"EU\"]", "key.national.partner_copies=1"];
    let free = run("region-loss-at-peak", &law);
    assert_eq!(verdict(&free), "pass");
    fails_over(&free.faults[0], 60.0);
    assert!(!free.requests.by_reason.contains_key("residency"));
}

/// Three replications instead of ten.
#[test]
fn a_retry_budget_contains_a_gray_failure() {
    let document = run("gray-failure-retries", &["replications=3"]);
    keeps_its_promise("gray-failure-retries", &document);
    let requests = &document.requests;
    let amplification = 1.0 + requests.retries as f64 / requests.offered as f64;
    assert!(amplification > 1.01 && amplification < 1.1 + 0.001, "{amplification}");
    // Only callers of the slow site suffer: half of them all, less the tenth that the budget lets try again.
    let during = &document.phases["fault"].requests;
    assert!((0.35..0.45).contains(&(during.failed as f64 / during.offered as f64)), "{during:?}");
    let gray = &document.faults[0];
    assert_eq!((gray.detect_s, gray.routed_s), (None, None), "health checks do not see it");
    assert!(gray.rto_s.unwrap() < 8.0 * 60.0 + 10.0, "all is well when the fault is mended: {gray:?}");
}

/// One replication instead of ten: nothing is near a limit.
#[test]
fn without_a_budget_the_storm_outlives_the_gray_failure() {
    let set = ["replications=1", "retry.budget=\"none\"", "retry.attempts=5"];
    let document = run("gray-failure-retries", &set);
    assert_eq!(verdict(&document), "fail: contained, fast, recovered");
    let requests = &document.requests;
    let amplification = 1.0 + requests.retries as f64 / requests.offered as f64;
    assert!((3.0..=5.0).contains(&amplification), "{amplification}");
    assert_eq!(document.saturation, Saturation::Overloaded);
    assert_eq!(document.faults[0].rto_s, None, "it never recovers");
    assert!(value(&document, "recovered").unwrap() < 1.0, "per cent");
}

/// Three replications instead of ten, of which no objective is near its limit.
#[test]
fn requests_do_not_notice_that_the_metadata_store_is_away_and_rotations_wait_for_it() {
    let document = run("metadata-outage", &["replications=3"]);
    keeps_its_promise("metadata-outage", &document);
    assert_eq!((document.requests.failed, document.faults[0].rto_s), (0, Some(0.0)), "nobody is told to wait");
    let (store, rotation) = (&document.metadata, &document.rotation);
    // As long as the fault, and an election.
    assert_eq!((store.unavailable_s.value, store.leader_changes.value), (Some(2401.0), Some(1.0)));
    // Of 1,500 keys that rotate once a day some 42 fall due in 40 minutes; of three hours' all are done, but for those that
    // fall due in the last seconds.
    let waited = store.rotations_delayed.or_zero();
    assert!((30.0..60.0).contains(&waited), "{store:?}");
    assert_eq!(store.rotations_waiting.value, Some(0.0), "caught up");
    assert!(rotation.due.or_zero() - rotation.completed.or_zero() < 2.0, "none is lost: {rotation:?}");
    // Even the first to wait was published within two minutes of the return: an election, and the longest pause of 64 s with
    // the time limit of the try before it, of 7 s.
    let longest = store.delay_ms.p999.value.unwrap() / 1e3;
    assert!(longest < 2400.0 + 1.0 + 64.0 + 7.0, "{longest} s");
    let median = store.delay_ms.p50.value.unwrap() / 1e3;
    assert!((600.0..1800.0).contains(&median), "{median} s: keys fall due evenly over the outage");
    assert!(store.unanswered.or_zero() > waited, "each asked again");
}

/// What the file's head says to set.
#[test]
fn a_metadata_store_that_is_away_for_long_makes_keys_overdue() {
    let document = run("metadata-outage", &["replications=3", "fault.away.for=\"150 min\""]);
    assert_eq!(verdict(&document), "fail: rotated");
    assert_eq!(document.requests.failed, 0);
    let store = &document.metadata;
    assert_eq!((store.rotations_waiting, store.leader_changes.value), (store.rotations_delayed, Some(0.0)));
}

/// What the file's head says to set. Keys whose hosts are all in the lost region wait for it in any case.
#[test]
fn a_metadata_store_in_three_regions_outlives_one_and_in_one_it_goes_with_it() {
    let three = run("metadata-outage", &["replications=2", "fault.away.on=\"region.ie\""]);
    assert_eq!((three.metadata.unavailable_s.value, three.metadata.leader_changes.value), (Some(1.0), Some(1.0)));
    assert!(three.metadata.rotations_delayed.or_zero() < 3.0, "{:?}", three.metadata);
    let set = ["replications=2", "fault.away.on=\"region.ie\"", "metadata.regions=[\"ie\"]"];
    let one = run("metadata-outage", &set);
    assert_eq!(one.metadata.unavailable_s.value, Some(2401.0));
    assert!(one.metadata.rotations_delayed.or_zero() > 20.0, "{:?}", one.metadata);
}

/// Ten minutes instead of 24 hours: demand is even, so a 144th is like the whole.
#[test]
fn the_new_pair_re_issues_everything_in_a_day_and_the_old_one_does_not() {
    let new = run("ca-mass-reissue", &["run=\"10 min\""]);
    keeps_its_promise("ca-mass-reissue", &new);
    let offered = new.requests.offered * 144;
    assert!(offered.abs_diff(600_000_000) < 600_000, "{offered} signatures a day");
    let old = run("ca-mass-reissue", &["run=\"10 min\"", "region.ca.device=\"old-luna\""]);
    assert_eq!(verdict(&old), "fail: done, room");
    assert_eq!(old.saturation, Saturation::Overloaded);
    let day = old.audit.served * 144;
    assert!(day.abs_diff(190_000_000) < 2_000_000, "{day} signatures a day");
    assert_eq!(old.requests.by_reason.get("sessions-full"), Some(&old.requests.failed));
}

/// One replication of the main run, 36 minutes of it (the fault is over by then), and of each survive case: no objective is
/// near its limit.
#[test]
fn payments_hold_but_for_the_quota_that_catches_mumbai() {
    let document = run("payments-global", &["replications=1", "run=\"36 min\""]);
    keeps_its_promise("payments-global", &document);
    assert_eq!(document.survive.len(), 6 + 15 + 11, "services have no devices to lose");
    let failing = document.objectives.iter().find(|objective| objective.id == "outage").unwrap();
    assert!(failing.at.starts_with("region.in down"), "{}", failing.at);
    // Mumbai's callers are not served by Tokyo as it is.
    assert!(case(&document, "region.in").worst_availability.unwrap() < 0.5);
    for case in document.survive.iter().filter(|case| case.id.contains(".site.") && !case.id.contains(".device.")) {
        fails_over(case, 60.0);
    }
    // Payment tokens stay in their country: refused when it has no second region, served where it has one.
    let west = case(&document, "region.west");
    fails_over(west, 60.0);
    assert!(case(&document, "region.jp").rto_s.unwrap() > 180.0);
}

/// What the file's head says to set; regions only, since only a region's loss failed, beside 20 minutes of the main run.
#[test]
fn more_quota_in_tokyo_catches_mumbai() {
    let set = [
        "replications=1",
        "run=\"20 min\"",
        "survive.what=[\"region\"]",
        "fault.gray.at=\"5 min\"",
        "region.jp.quota.symmetric=\"1500/s\"",
    ];
    let document = run("payments-global", &set);
    assert_eq!(verdict(&document), "pass", "{}", document.verdict);
    assert!(value(&document, "outage").unwrap() < 90.0);
}

/// Forty seconds of the benchmark's five minutes: it has no shape and no fault.
#[test]
fn the_benchmark_is_the_fleet_it_says() {
    let document = run("bench/fleet", &["run=\"40 s\"", "warm_up=\"2 s\""]);
    keeps_its_promise("bench/fleet", &document);
    let utilisation = document.utilisation.value.unwrap();
    assert!((0.55..0.65).contains(&utilisation), "{utilisation}");
    assert_eq!((document.regions.len(), document.sites.len(), document.keys.keys), (8, 24, 100_000));
    assert!(document.rotation.due.or_zero() > 0.0 && document.replication.copies.or_zero() > 0.0);
    assert!(document.requests.retries > 0);
    for (id, site) in &document.sites {
        assert!(site.key_versions <= site.key_slots.unwrap(), "{id} has {} key versions", site.key_versions);
    }
}

/// Five minutes instead of two, so that its means can be told from others.
#[test]
fn the_plain_model_as_a_scenario_waits_as_long_as_the_bare_loop() {
    let document = run("bench/w1", &["run=\"5 min\""]);
    keeps_its_promise("bench/w1", &document);
    let wait = document.hsm_wait_ms.mean.value.unwrap();
    assert!((wait / 0.4898 - 1.0).abs() < 0.03, "{wait} ms");
    let latency = document.latency_ms.mean.value.unwrap();
    assert!((latency / 59.9555 - 1.0).abs() < 0.005, "{latency} ms");
    assert_eq!((document.requests.failed, document.requests.retries), (0, 0));
}
