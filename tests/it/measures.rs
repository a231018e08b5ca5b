//! What a figure says is what happened: engines that work, windows that see an outage whole.

use crate::fleet::{QUIET, Whole, parse, s};
use keyfleet::metrics::{Frame, Part, View, Window, peak_utilisation, windows};
use keyfleet::results::{ObjectiveResult, RunDocument, Status};
use keyfleet::scenario::most_slots;
use keyfleet::stats::Histogram;
use keyfleet::time::Span;

fn objective<'d>(document: &'d RunDocument, id: &str) -> &'d ObjectiveResult {
    document.objectives.iter().find(|objective| objective.id == id).unwrap()
}

/// A site of two devices that are 45 % busy, of which one crashes for six minutes; and a site that goes dark in between.
fn pair(more: &str) -> String {
    format!(
        r#"run = "16 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", site.a.hsms = 2 }}
us = {{ at = "aws:us-east-1", device = "box", site.a.hsms = 1 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
[load.pay]
from = {{ eu = "900/s", us = "100/s" }}
calls = ["sign"]
key = "card"
timeout = "800 ms"
retry = {{ attempts = 1 }}
{more}"#
    )
}

#[test]
fn a_dead_engine_is_not_an_idle_one() {
    let whole = Whole::of(&pair(
        r#"[fault]
one = { on = "region.eu.site.a.device.1", kind = "crash", at = "5 min", for = "6 min" }
dark = { on = "region.us", kind = "crash", at = "300100 ms", for = "6 min" }
[objective]
run = "utilisation < 60 %"
normal = { expect = "utilisation < 60 %", when = "normal" }
"#,
    ));
    let document = &whole.document;
    let run = objective(document, "run");
    assert_eq!(run.status, Status::Fail, "{run:?}");
    assert!((run.value.unwrap() - 90.0).abs() < 1.0, "one of two does the work of both: {run:?}");
    assert!(run.at.starts_with("site eu.a, 2027-03-01 00:0"), "{run:?}");
    let normal = objective(document, "normal");
    assert!(normal.status == Status::Pass && (normal.value.unwrap() - 45.0).abs() < 1.0, "{normal:?}");
    let site = &document.sites["eu.a"];
    let near = |value: Option<f64>, expected: f64| (value.unwrap() - expected).abs() < 0.02 + 0.03 * expected;
    assert!(near(site.utilisation_peak.value, 0.9), "{site:?}");
    // 900 ms of work a second; engines: two for ten minutes, one for six.
    assert!(near(site.utilisation.value, 0.9 * 16.0 / 26.0), "{:?}", site.utilisation);
    let slot =
        |site: &str, at_s: f64| document.timeline.sites[site].utilisation[(at_s / document.timeline.slot_s) as usize];
    assert!(near(slot("eu.a", 200.0), 0.45) && near(slot("eu.a", 500.0), 0.9) && near(slot("eu.a", 700.0), 0.45));
    assert!(near(slot("us.a", 200.0), 0.1) && near(slot("us.a", 900.0), 0.1));
    assert_eq!(slot("us.a", 500.0), None, "nothing is measured where no engine works");
    assert!(near(document.sites["us.a"].utilisation.value, 0.1), "the ten minutes in which it worked");
    let page = keyfleet::report::summary(document, 120, false);
    assert!(
        page.contains("eu.a was the busiest site, 90.") || page.contains("eu.a was the busiest site, 89."),
        "{page}"
    );
}

#[test]
fn what_is_left_of_a_pool_is_judged_when_one_is_lost() {
    let text = pair("[objective]\nn1 = { expect = \"utilisation < 60 %\", when = \"survive\" }\n");
    let survive = "survive = { what = [\"device\"], lasts = \"2 min\" }\nformat = 1";
    let whole = Whole::of(&text.replace("format = 1", survive).replace("run = \"16 min\"", "run = \"4 min\""));
    let n1 = objective(&whole.document, "n1");
    assert_eq!(n1.status, Status::Fail, "{n1:?}");
    assert!((n1.value.unwrap() - 90.0).abs() < 2.0 && n1.at.contains("eu.site.a.device.1 down"), "{n1:?}");
}

#[test]
fn the_moment_before_a_pool_goes_dark_is_no_peak() {
    // A slot of four seconds, of which the pool lives for some milliseconds: enough for a call, too short for a share.
    let fault = "[fault]\ndark = { on = \"region.us\", kind = \"crash\", at = \"300010 ms\", for = \"8 min\" }\n";
    let whole = Whole::of(&pair(fault));
    let peak = peak_utilisation(whole.replica(), 1);
    assert!(peak < 0.15, "100 calls a second of a millisecond each: {peak}");
}

/// One region whose site is dark from 450 s on for 295 s, which the checks are too slow to see, within a fault that lasts the
/// whole run and hurts nobody.
fn outage(more: &str) -> String {
    format!(
        r#"run = "20 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
[load.pay]
from = {{ eu = "50/s", us = "50/s" }}
calls = ["sign"]
key = "card"
timeout = "100 ms"
retry = {{ attempts = 1 }}
[health]
interval = "15 min"
[fault]
dark = {{ on = "region.eu", kind = "crash", at = "450 s", for = "295 s" }}
mild = {{ on = "link.eu-us", kind = "delay", add = "1 ms", at = "0 s", for = "20 min" }}
{more}"#
    )
}

#[test]
fn the_worst_window_holds_the_whole_outage() {
    let whole = Whole::of(&outage(
        "[objective]\nthere = \"availability(pay) >= 10 %\"\nwide = { expect = \"availability >= 10 %\", over = \"10 min\" }\n",
    ));
    let there = objective(&whole.document, "there");
    assert_eq!(there.status, Status::Fail, "{there:?}");
    assert!((there.value.unwrap() - 100.0 * 5.0 / 300.0).abs() < 0.5, "295 s of five minutes: {there:?}");
    assert!(there.at.starts_with("eu, 2027-03-01 00:07"), "{there:?}");
    let wide = objective(&whole.document, "wide").value.unwrap();
    assert!((wide - 100.0 * 305.0 / 600.0).abs() < 1.5, "{wide}");
    let fault = whole.document.faults.iter().find(|fault| fault.id == "dark").unwrap();
    assert_eq!(fault.worst_availability, Some(0.0), "while it lasts nobody is answered: {fault:?}");
}

#[test]
fn a_narrow_window_is_as_narrow_as_it_says() {
    let text = outage("[objective]\nshort = { expect = \"availability >= 10 %\", over = \"2 s\" }\n");
    let whole = Whole::of(&text.replace("for = \"295 s\"", "for = \"2 s\""));
    assert_eq!(whole.replica().recorder.frame.slot, Span::from_secs(1));
    assert_eq!(objective(&whole.document, "short").value, Some(0.0), "two seconds without any answer");
}

#[test]
fn slots_divide_the_windows_that_are_asked_for() {
    let slot = |run_s: u64, windows: &[u64]| {
        let windows: Vec<Span> = windows.iter().map(|s| Span::from_secs(*s)).collect();
        Frame::slot_for(Span::from_secs(run_s), &windows, 20_160).as_secs_f64()
    };
    let (hour, day) = (3_600, 86_400);
    assert_eq!((slot(hour, &[300]), slot(day, &[300]), slot(14 * day, &[300])), (15.0, 300.0, 300.0));
    assert_eq!((slot(hour, &[300, 5]), slot(hour, &[300, 7]), slot(day, &[300, 90])), (5.0, 1.0, 30.0));
    assert_eq!((slot(14 * day, &[300, 420]), slot(14 * day, &[300, 61])), (60.0, 61.0));
    assert_eq!(slot(3_650 * day, &[300]), 300.0);
    assert_eq!((most_slots(2, 1), most_slots(8, 4), most_slots(1_000, 1_000)), (20_160, 6_250, 1));
    assert_eq!(Frame::slot_for(Span::from_secs(hour), &[Span::from_secs(300)], 1), Span::from_secs(15));
    for over in 1..300 {
        for run in [600, hour, 5 * hour, day, 14 * day] {
            let slot = slot(run, &[300, over]);
            assert!(slot <= over as f64 && (over as f64 / slot).fract() == 0.0, "{over} s in {run} s: {slot}");
            assert!(
                run as f64 / slot <= 20_160.0 || run as f64 / over as f64 > 20_160.0,
                "{over} s in {run} s: {slot}"
            );
        }
    }
}

#[test]
fn a_window_that_moves_counts_like_one_made_anew() {
    let whole = Whole::of(&outage("").replace("50/s", "6/s").replace("at = \"0 s\"", "at = \"3 min\""));
    let replica = whole.replica();
    let recorder = &replica.recorder;
    let frame = &recorder.frame;
    let views =
        [(Some(60), true, 1), (Some(60), false, 100), (Some(300), true, 500), (Some(9), true, 40), (None, true, 1)];
    for (width, each_region, enough) in views {
        let view = View { load: None, width: width.map(Span::from_secs), each_region, enough, hits: false };
        for part in [Part::Normal, Part::Fault, Part::Recovery] {
            let mut covered = vec![false; frame.slots()];
            let parts = replica.parts();
            windows(
                replica,
                view,
                |p| p == part,
                |window: &Window| {
                    let inside = |slot: &usize| {
                        frame.slot_start(*slot) >= window.from
                            && frame.slot_start(*slot) < window.until
                            && parts[*slot] == part
                    };
                    let slots: Vec<usize> = (0..frame.slots()).filter(inside).collect();
                    let mut anew = Histogram::default();
                    for cell in slots.iter().flat_map(|slot| recorder.closed[*slot].iter().enumerate()) {
                        if window.region.is_none_or(|region| region == cell.0) {
                            cell.1.latency.merge_into(&mut anew);
                        }
                    }
                    let of =
                        |h: &Histogram| (h.count(), h.infinite(), h.sum(), h.max(), h.quantile(0.5), h.quantile(0.999));
                    assert_eq!(of(&window.latency), of(&anew));
                    let segment = slots[0] == 0 || parts[slots[0] - 1] != part;
                    let wide = width.is_none_or(|width| window.until.since(window.from) >= Span::from_secs(width));
                    assert!(wide && window.decided() >= enough || segment, "narrow only where the part is: {slots:?}");
                    slots.iter().for_each(|slot| covered[*slot] = true);
                },
            );
            let missed = (0..frame.slots()).filter(|slot| parts[*slot] == part && !covered[*slot]).count();
            assert_eq!(missed, 0, "{view:?}, {part:?}");
        }
    }
    assert_eq!(parse(&outage("")).windows(), [Span::from_secs(300)]);
    assert!(replica.recorder.watch.strikes.iter().any(|strike| strike.from == s(450.0)));
}

#[test]
fn calls_during_faults_are_divided_by_the_time_in_which_any_was_present() {
    let fault = |id: &str, site: &str| {
        format!(
            "{id} = {{ on = \"region.us.site.{site}\", kind = \"slow\", factor = 1.1, at = \"5 min\", for = \"6 min\" }}\n"
        )
    };
    let device = |id: &str, n: u32| fault(id, &format!("a.device.{n}"));
    let faults: String = (1..=4).map(|n| device(&format!("f{n}"), n)).collect();
    let text = pair(&format!("[fault]\n{faults}")).replace(
        "us = { at = \"aws:us-east-1\", device = \"box\", site.a.hsms = 1 }",
        "us = { at = \"aws:us-east-1\", device = \"box\", site.a.hsms = 4 }",
    );
    let whole = Whole::of(&text);
    assert_eq!(whole.replica().recorder.watch.faulty(s(0.0)), Span::from_secs(360));
    assert_eq!(whole.replica().recorder.watch.faulty(s(400.0)), Span::from_secs(260));
    let flow = whole.document.timeline.flows.iter().find(|flow| flow.from == "us").unwrap();
    assert!((flow.normal_per_s - 100.0).abs() < 3.0 && (flow.fault_per_s - 100.0).abs() < 3.0, "{flow:?}");
    let map = keyfleet::report::figures(&whole.document, &[]).into_iter().find(|figure| figure.id == "map").unwrap();
    assert!(map.reading.contains("Faults move no traffic: less than 1 % of the calls."), "{}", map.reading);
}

#[test]
fn the_map_says_where_calls_go_when_they_do() {
    let whole = Whole::of(
        &pair("[fault]\ndark = { on = \"region.us\", kind = \"crash\", at = \"5 min\", for = \"6 min\" }\n")
            .replace("algorithm = \"rsa-2048\"", "algorithm = \"rsa-2048\"\nstay = \"anywhere\"\npartner_copies = 1"),
    );
    let map = keyfleet::report::figures(&whole.document, &[]).into_iter().find(|figure| figure.id == "map").unwrap();
    assert!(map.reading.contains("Most of what moves goes from us to eu: "), "{}", map.reading);
}

/// A tenth of messages is lost, so that 81 % of requests are good; 1200 requests in a replication.
fn lossy(replications: &str, objectives: &str) -> Whole {
    let text = pair(&format!("[objective]\n{objectives}"))
        .replace("jitter = 0.0", "jitter = 0.0, loss = \"10 %\"")
        .replace("run = \"16 min\"", "run = \"1 min\"")
        .replace("eu = \"900/s\", us = \"100/s\"", "eu = \"10/s\", us = \"10/s\"")
        .replace("replications = 1\n", replications);
    Whole::of(&text)
}

#[test]
fn replications_go_on_until_nothing_is_in_doubt() {
    let of = |id: &str, limit: &str| {
        format!("{id} = {{ expect = \"availability >= {limit}\", over = \"run\", each = \"fleet\" }}\n")
    };
    let clear = lossy("", &of("clear", "75 %"));
    assert_eq!((clear.runs.main.len(), clear.document.status), (10, Status::Pass), "{:?}", clear.document.objectives);
    // Half a per cent below: ten replications have a half-width of 0.8 %, forty of 0.4 %.
    let near = lossy("replications = { until = \"1 %\" }\n", &of("near", "80.4 %"));
    let replications = near.document.replications;
    assert!(
        replications > 10 && near.document.status == Status::Pass,
        "{replications}: {:?}",
        near.document.objectives
    );
    assert!(near.document.unsettled.is_empty());
    // At the limit nothing is ever settled, unless it is said to be near enough.
    let edge =
        lossy("replications = { max = 15, until = \"0.1 %\" }\n", &[of("edge", "81 %"), of("clear", "75 %")].concat());
    assert_eq!((edge.document.replications, edge.document.unsettled.as_slice()), (15, &["edge".to_owned()][..]));
    let said = "15 replications did not settle: edge.";
    assert!(keyfleet::report::summary(&edge.document, 80, false).contains(said));
    assert!(keyfleet::report::page(&edge.document, &[]).contains(said));
    let enough = lossy("replications = { until = \"10 %\" }\n", &of("edge", "81 %"));
    assert_eq!((enough.document.replications, enough.document.status), (10, Status::Inconclusive));
    assert!(enough.document.unsettled.is_empty(), "within a tenth of the 19 % that the limit allows to fail");
    // A number of replications is that number, whatever is in doubt: here the very value that three of them give.
    let three = |limit: &str| lossy("replications = 3\n", &of("edge", limit));
    let value = three("75 %").document.objectives[0].value.unwrap();
    let three = three(&format!("{value:.3} %"));
    assert_eq!(
        (three.document.replications, three.document.unsettled.len()),
        (3, 1),
        "{:?}",
        three.document.objectives
    );
}

#[test]
fn digests_name_the_place_where_two_runs_part() {
    let text = |fault: &str| pair(&format!("[fault]\n{fault}")).replace("900/s", "9/s").replace("100/s", "9/s");
    let one = Whole::of(&text("a = { on = \"region.us\", kind = \"crash\", at = \"10 min\", for = \"1 min\" }\n"));
    let two = Whole::of(&text("a = { on = \"region.us\", kind = \"crash\", at = \"11 min\", for = \"1 min\" }\n"));
    let parts = one.replica().digest.first_difference(&two.replica().digest);
    assert_eq!(parts, Some(s(600.0)));
    assert_ne!(one.document.trace_digest, two.document.trace_digest);
    assert_eq!(one.replica().digest.first_difference(&one.replica().digest), None);
}
