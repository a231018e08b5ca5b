//! What is told of a run, by document, report and summary: each figure of the right thing, in the right place, in the
//! same words.

use crate::fleet::{QUIET, TWO_REGIONS, Whole, parse};
use crate::sample;
use keyfleet::report::{Figure, figures, page, summary};
use keyfleet::results::{
    self, ChangeBlock, ChangesBlock, Estimate, EventResult, ObjectiveResult, RunDocument, Saturation, Status,
};
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Two regions, each with its own callers and keys; tests add what happens to them.
fn fleet(run: &str, rate: &str, more: &str) -> String {
    format!(
        r#"run = "{run}"
{QUIET}
{TWO_REGIONS}
[load.pay]
from = {{ eu = "{rate}", us = "{rate}" }}
calls = ["sign"]
key = "card"
timeout = "2 s"
retry = {{ attempts = 1 }}
{more}"#
    )
}

fn text(run: &RunDocument) -> String {
    summary(run, 100, false)
}

/// The text without line breaks, so that it does not matter where words are wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn figure(run: &RunDocument, id: &str) -> Figure {
    figures(run, &[]).into_iter().find(|figure| figure.id == id).unwrap()
}

fn objective<'d>(run: &'d RunDocument, id: &str) -> &'d ObjectiveResult {
    run.objectives.iter().find(|objective| objective.id == id).unwrap()
}

#[test]
fn a_fault_that_only_slows_is_told_with_the_region_it_slows() {
    let slow =
        "[fault]\nslow = { on = \"region.us\", kind = \"slow\", factor = 40, at = \"2 min\", for = \"1 min\" }\n";
    let document = Whole::of(&fleet("5 min", "20/s", slow)).document;
    let [fault] = &document.faults[..] else { panic!("{:?}", document.faults) };
    assert_eq!((fault.failed.value, fault.worst_availability, fault.worst_region.as_str()), (Some(0.0), Some(1.0), ""));
    assert_eq!(fault.worst_p99_region, "us", "the window with the worst p99 is that of us");
    let rise = fault.p99_rise.as_ref().unwrap();
    assert_eq!((rise.region.as_str(), rise.during_ms), ("us", fault.worst_p99_ms));
    assert!(rise.during_ms.unwrap() > 8.0 * rise.before_ms, "{rise:?}");
    for told in [words(&text(&document)), figure(&document, "failover").reading] {
        assert!(told.contains("No request failed; p99 rose with region us: 40 times slower, from "), "{told}");
        assert!(!told.contains("hurt") && !told.contains("suffered"), "{told}");
    }
    assert!(page(&document, &figures(&document, &[])).contains(" (us)</td>"), "the table names the region, too");
}

#[test]
fn a_p99_that_hardly_changes_is_not_told_as_a_rise() {
    let mut run = sample::day();
    for rise in run.survive.iter_mut().filter_map(|case| case.p99_rise.as_mut()) {
        rise.during_ms = Some(20.8);
    }
    let told = words(&text(&run));
    assert!(told.contains("In 6 of 12 no request failed, and p99 rose by less than a tenth."), "{told}");
}

#[test]
fn counts_are_per_replication_and_agree_with_the_objectives() {
    let more = "[objective]\nkept = \"keys_lost == 0\"\nfresh = \"rotation_overdue == 0\"\n[fault]\n\
                gone = { on = \"region.us\", kind = \"destroy\", at = \"30 min\", for = \"1 s\" }\n\
                off = { on = \"region.eu\", kind = \"crash\", at = \"10 min\", for = \"175 min\" }\n";
    let fleet = fleet("3 h", "0.1/s", more)
        .replace("replications = 1", "replications = 3")
        .replace("algorithm = \"rsa-2048\"", "algorithm = \"rsa-2048\"\nrotate = { every = \"2 h\" }");
    let document = Whole::of(&fleet).document;
    let fault = |id: &str| document.faults.iter().find(|fault| fault.id == id).unwrap();
    assert_eq!(fault("gone").replications, 3);
    assert_eq!((fault("gone").keys_lost.value, document.keys.lost.value), (Some(100.0), Some(100.0)), "not 300");
    assert_eq!(objective(&document, "kept").value, Some(100.0));
    let overdue = document.rotation.overdue;
    assert!(overdue.or_zero() > 1.0, "{:?}", document.rotation);
    assert_eq!(objective(&document, "fresh").value, overdue.value);
    let told = words(&text(&document));
    assert!(told.contains("Requests over 3 replications") && told.contains("Keys per replication"), "{told}");
    assert!(told.contains("100 keys") && told.contains("lost 100;") && !told.contains("100.0"), "{told}");
    assert!(told.contains("200 keys, 400 key versions, 800 copies"), "the retired version is kept: {told}");
    let html = page(&document, &[]);
    assert!(html.contains("Faults of the run, per replication") && html.contains("over 3 replications"));
}

#[test]
fn copies_are_not_versions() {
    let document = Whole::of(&fleet("1 min", "10/s", "")).document;
    let keys = &document.keys;
    assert_eq!((keys.keys, keys.versions, keys.copies), (200, 200, 400), "two sites each, and nothing was rotated");
}

/// Twice as many calls as fit, for a minute; the queue of a device holds what it does in `queue` ms.
fn rush(queue: u32, run: &str) -> RunDocument {
    let more = "[event]\nrush = { at = \"60 s\", for = \"60 s\", factor = 8, region = \"us\" }\n";
    let fleet = fleet(run, "1000/s", more).replace("engines = 1", &format!("engines = 1\nqueue = {queue}"));
    Whole::of(&fleet).document
}

#[test]
fn an_overload_is_told_with_its_time_and_only_a_backlog_that_is_there() {
    let drained = rush(200, "3 min");
    assert_eq!(drained.saturation, Saturation::Overloaded);
    let site = &drained.saturated[0];
    assert!(site.site.starts_with("us.") && !site.left && site.refused > 0.05, "{site:?}");
    let (from, until) = (site.from_s.unwrap(), site.until_s.unwrap());
    assert!((60.0..=62.0).contains(&from) && (120.0..=123.0).contains(&until), "{site:?}");
    let told = words(&text(&drained));
    assert!(told.contains(&format!("{} from 00:01 until 00:02:01 UTC, refusing", site.site)), "{told}");
    assert!(told.contains("By the end all queues had drained") && !told.contains("left"), "{told}");
    assert!(!drained.verdict.contains("length of the run"), "{}", drained.verdict);

    let left = rush(60_000, "2 min");
    let site = &left.saturated[0];
    assert!(site.left && site.until_s.is_none() && site.waiting.or_zero() > 1_000.0, "{site:?}");
    assert!(words(&text(&left)).contains("calls left waiting at the end"));
    assert!(left.verdict.contains("length of the run"), "{}", left.verdict);
}

/// One device in each region with one engine, exponential service of 1 ms and room for so many to wait.
fn short(queue: u32, rate: &str) -> RunDocument {
    let fleet = fleet("2 min", rate, "").replace("engines = 1", &format!("engines = 1\nqueue = {queue}"));
    let fleet = fleet.replace("\"constant\"", "\"exponential\"").replace("sites = 2", "sites = 1, hsms = 1");
    Whole::of(&fleet).document
}

#[test]
fn a_pool_with_a_short_queue_is_not_overloaded_by_what_it_refuses() {
    // Erlang B at half an erlang; M/M/1/11 at 0.9.
    let powers: Vec<f64> = std::iter::successors(Some(1.0), |power| Some(power * 0.9)).take(12).collect();
    let full = powers[11] / powers.iter().sum::<f64>();
    for (queue, rate, refused) in [(0, "500/s", 1.0 / 3.0), (10, "900/s", full)] {
        let document = short(queue, rate);
        assert_eq!(document.saturation, Saturation::Refusing, "{:?}", document.saturated);
        assert_eq!(document.saturated.len(), 2);
        for site in &document.saturated {
            assert!((site.refused / refused - 1.0).abs() < 0.1 && !site.left, "{refused}: {site:?}");
        }
        let told = words(&text(&document));
        assert!(told.contains("Refusing: ") && told.contains(" all the time, "), "{told}");
        assert!(told.contains("of its calls for want of room") && told.contains("Their queues are short"), "{told}");
        assert!(!told.contains("verloaded") && !told.contains("drained"), "{told}");
        let verdict = &document.verdict;
        assert!(verdict.contains("of its calls for want of room: its queue is short, not its engines"), "{verdict}");
        assert!(page(&document, &[]).contains("Their queues are short, not their engines."));
        let json = String::from_utf8(results::json::write(&document).unwrap()).unwrap();
        assert!(json.contains("\"saturation\": \"refusing\""));
    }
}

#[test]
fn a_pool_with_too_few_engines_is_overloaded_however_short_its_queue() {
    for (queue, rate) in [(0, "1500/s"), (10, "1200/s"), (10, "1050/s")] {
        let document = short(queue, rate);
        assert_eq!(document.saturation, Saturation::Overloaded, "{rate}: {:?}", document.saturated);
        assert!(text(&document).contains("Overloaded: "));
    }
}

#[test]
fn demand_events_are_told_like_faults() {
    let document = rush(200, "3 min");
    let [event] = &document.events[..] else { panic!("{:?}", document.events) };
    assert_eq!((event.what.as_str(), event.from_s, event.until_s), ("demand in us times 8", 60.0, 120.0));
    let load = figure(&document, "load");
    assert!(load.reading.contains("during rush, demand in us times 8"), "{}", load.reading);
    let html = page(&document, &figures(&document, &[]));
    assert!(html.contains("1: rush, demand in us times 8, 00:01–00:02 UTC."), "the key");
    assert!(html.contains("Announced changes of demand"));
    assert!(String::from_utf8(load.svg()).unwrap().contains("\n1\n"), "the mark above the chart");
}

#[test]
fn captions_name_all_that_is_there_and_keys_only_what_is_drawn() {
    let mut run = sample::day();
    let at_nine = |what: &str| keyfleet::results::FaultResult { what: what.to_owned(), ..run.faults[0].clone() };
    let more: Vec<_> = ["link eu - uk: cut", "site uk.a: crash"].map(at_nine).to_vec();
    run.faults.extend(more);
    run.events.push(EventResult {
        id: "sale".to_owned(),
        what: "demand times 3".to_owned(),
        from_s: run.faults[0].from_s,
        until_s: run.faults[0].until_s,
    });
    let latency = figure(&run, "latency");
    assert!(
        latency.reading.contains("during region eu: crash, link eu - uk: cut and 2 more"),
        "all four are there: {}",
        latency.reading
    );
    let svg = String::from_utf8(latency.svg()).unwrap();
    assert!(svg.contains("\n1,A,B,C\n"), "letters that would overlap stand together");
    // More than can be told apart: no letter is listed that is not drawn.
    let many = (0..30).map(|i| keyfleet::results::FaultResult {
        from_s: 3_000.0 * f64::from(i),
        until_s: 3_000.0 * f64::from(i) + 600.0,
        ..run.faults[0].clone()
    });
    run.faults = many.collect();
    let html = page(&run, &figures(&run, &[]));
    assert!(html.contains("22 more are shaded without a letter") && !html.contains("J: region eu"));
}

#[test]
fn an_interrupted_run_says_so_and_judges_no_case_that_did_not_run() {
    let more = "[objective]\nfast = \"p99(pay) < 1 s\"\nany = { expect = \"keys_lost == 0\", when = \"any\" }\n\
                safe = { expect = \"keys_lost == 0\", when = \"survive\" }\n";
    let text = fleet("60 s", "50/s", more).replacen(
        "format = 1",
        "format = 1\nsurvive = { what = [\"site\"], lasts = \"10 s\" }",
        1,
    );
    let scenario = parse(&text);
    let stop = AtomicBool::new(false);
    // The main run is one stretch of a thousand steps; then comes the first case.
    let done = std::sync::atomic::AtomicU64::new(0);
    let told = |told| {
        if let keyfleet::simulate::Told::Done(n) = told
            && done.fetch_add(n, Ordering::Relaxed) + n > 2_500
        {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let runs = simulate(&Blueprint::new(Arc::clone(&scenario)), Options { jobs: 1, stop: &stop, told: &told }).unwrap();
    let document = results::document(&scenario, &runs);
    assert!(document.interrupted);
    assert_eq!((document.survive.len(), document.survive_missing.len()), (1, 3), "{:?}", document.survive_missing);
    let status = |id: &str| objective(&document, id).status;
    assert_eq!(
        (status("fast"), status("any"), status("safe")),
        (Status::Pass, Status::Inconclusive, Status::Inconclusive)
    );
    assert!(document.verdict.starts_with("Interrupted: 2 of 3 objectives cannot be decided"), "{}", document.verdict);
    let banner = "Interrupted: this is what was done by then, 1 replication of the main run and 1 of 4 survive cases.";
    assert!(words(&summary(&document, 100, false)).starts_with(banner));
    assert!(page(&document, &[]).contains(banner));
    let json = String::from_utf8(results::json::write(&document).unwrap()).unwrap();
    assert!(json.contains("\"interrupted\": true") && json.contains("region.us.site.b"));
}

#[test]
fn without_objectives_nothing_is_judged() {
    let document = Whole::of(&fleet("30 s", "10/s", "")).document;
    assert_eq!((document.status, document.verdict.as_str()), (Status::None, "No objectives: nothing was judged."));
    assert!(text(&document).starts_with("– not judged\nNo objectives: nothing was judged."));
    assert!(page(&document, &[]).contains("class=\"verdict none\""));
}

#[test]
fn one_undecided_objective_leaves_no_others() {
    // A quantile that a handful of requests cannot have.
    let document = Whole::of(&fleet("30 s", "1/s", "[objective]\nfast = \"p999(pay) < 1 s\"\n")).document;
    assert_eq!(
        (document.status, document.verdict.as_str()),
        (Status::Inconclusive, "The objective cannot be decided.")
    );
    let document = Whole::of(&fleet("30 s", "10/s", "[objective]\nfast = \"p50(pay) < 1 us\"\n")).document;
    assert!(document.verdict.starts_with("The objective fails: p50(pay) < 1 us is "), "{}", document.verdict);
    assert!(text(&document).contains("times the limit"), "more than ten times as long");
}

#[test]
fn what_is_beyond_ten_limits_is_told_in_limits_and_nothing_as_nothing() {
    let mut run = sample::day();
    run.objectives[0].value = Some(8_436.0);
    run.objectives[0].status = Status::Fail;
    run.objectives[2].value = Some(93.0);
    run.objectives[3].value = Some(13.0);
    run.objectives[3].half_width = None;
    run.objectives[3].status = Status::Fail;
    run.hsm_wait_ms.p99 = results::Estimate { value: Some(2.9e-8), half_width: Some(9.2e-8) };
    run.sites.values_mut().next().unwrap().queue_length =
        results::Estimate { value: Some(4e-6), half_width: Some(9e-6) };
    let html = page(&run, &figures(&run, &[]));
    for part in ["141 times the limit", "140 times the limit", "none is allowed", ">13 keys<", ">0 ms<", ">0<"] {
        assert!(html.contains(part), "{part}");
    }
    for part in ["−13,", "0.00000", "13.0 keys"] {
        assert!(!html.contains(part), "{part} is there");
    }
    let svg = String::from_utf8(figure(&run, "failover").svg()).unwrap();
    for tick in ["0 min", "1 min", "2 min"] {
        assert!(svg.contains(&format!("\n{tick}\n")), "{tick}");
    }
}

#[test]
fn no_request_and_no_answer_are_no_latency_of_nothing() {
    let mut run = sample::day();
    for (region, offered) in [("au", 0.0), ("br", 5.0)] {
        let series = run.timeline.regions.get_mut(region).unwrap();
        series.p99_ms.fill(None);
        series.offered_per_s.fill(offered);
    }
    let told = text(&run);
    let line =
        |region: &str| told.lines().find(|line| line.starts_with(&format!("  {region} ")) && line.contains("/s"));
    let (au, br, eu, us) = (line("au").unwrap(), line("br").unwrap(), line("eu").unwrap(), line("us").unwrap());
    assert!(au.ends_with('–') && !au.contains('∞') && !au.contains('█'), "{au}");
    assert!(br.ends_with('∞') && !br.contains("ms"), "{br}");
    assert!(eu.ends_with("ms, ∞") && us.ends_with("ms"), "{eu}\n{us}");
}

#[test]
fn objectives_read_as_lists_on_narrow_screens() {
    let html = page(&sample::day(), &[]);
    assert!(html.contains("<table class=\"list\"") && html.contains("data-name=\"value\" class=\"n\""));
}

#[test]
fn planned_changes_are_told_the_worst_first() {
    let launch = "[change]\nlaunch = { provision = \"key.card.us\", keys = 60, at = \"2 min\" }\n";
    let mut document = Whole::of(&fleet("4 min", "1/s", launch)).document;
    let told = words(&text(&document));
    assert!(told.contains("Planned changes, per replication launch (provision card.us): made in "), "{told}");
    assert!(told.contains("at the start 140 keys, 140 key versions, 280 copies;"), "60 come later: {told}");
    assert!(page(&document, &[]).contains("keys at the start"));
    let estimate = |value: Option<f64>| Estimate { value, half_width: None };
    let block = |took: Option<f64>, refused: f64| ChangeBlock {
        kind: "join".to_owned(),
        what: "eu.c".to_owned(),
        took_s: estimate(took),
        refused: estimate(Some(refused)),
        ..ChangeBlock::default()
    };
    let changes = [
        ("a", block(Some(10.0), 0.0)),
        ("b", block(Some(20.0), 0.0)),
        ("c", block(Some(5.0), 3.0)),
        ("d", block(None, 0.0)),
        ("e", block(Some(138.0), 1.0)),
        ("f", block(Some(1.0), 0.0)),
        ("g", block(Some(2.0), 0.0)),
    ];
    let changes = changes.map(|(id, block)| (id.to_owned(), block)).into();
    document.changes = Some(ChangesBlock { changes, ..ChangesBlock::default() });
    let told = text(&document);
    let lines = "  d (join eu.c): not made by the end\n  c (join eu.c): made in 5 s; 3 shards left as they were\n  \
                 e (join eu.c): made in 2.3 min; 1 shard left as it was\n  b (join eu.c): made in 20 s\n  \
                 a (join eu.c): made in 10 s\n  g (join eu.c): made in 2 s\n  and 1 more\n";
    assert!(told.contains(lines), "{told}");
}

#[test]
fn what_fails_in_the_time_of_a_fault_is_not_said_to_be_its_doing() {
    let dark = "[fault]\nx = { on = \"region.eu\", kind = \"crash\", at = \"2 min\", for = \"1 min\" }\n";
    let (with, without) = (Whole::of(&fleet("5 min", "1/s", dark)), Whole::of(&fleet("5 min", "1/s", "")));
    for (run, said) in [(with.document, true), (without.document, false)] {
        for told in [words(&text(&run)), page(&run, &[])] {
            assert_eq!(told.contains("whatever its cause: other faults and planned changes, too"), said, "{told}");
        }
    }
}
