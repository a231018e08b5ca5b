//! Custodians in a run: who is called where and when, and ceremonies and drills as they come round, against hours worked out by hand.

use crate::fleet::{QUIET, Steps, TWO_REGIONS, Whole, s, site_id};
use keyfleet::audit::Kind;
use keyfleet::kms::{CeremonyId, CustodiansId, Errand, Fact, PeopleFact, SiteId};
use keyfleet::results;
use keyfleet::time::{Span, Time};

const HOUR: f64 = 3_600.0;

/// Thirty days from a Monday on, three of five in Frankfurt for its sites, and nobody for those in Virginia.
fn text(group: &str, more: &str) -> String {
    let regions = TWO_REGIONS.replace("sites = 2 }\nus", "sites = 2, custodians = \"ops\" }\nus");
    format!(
        "run = \"30 d\"\nstart = 2027-03-01\n{QUIET}\n{regions}\n[custodians]\n\
         ops = {{ of = 5, quorum = 3, hours = \"Mon-Fri 08:00-18:00\", at = \"Frankfurt\"{group} }}\n[load.pay]\n\
         from = {{ eu = \"0.002/s\" }}\ncalls = [\"sign\"]\nkey = \"card\"\narrivals = \"constant\"\n{more}"
    )
}

const PLANNED: &str = "[ceremony]\nroot = { custodians = \"ops\", site = \"region.eu.site.a\", every = \"10 d\" }\n[drill]\n\
                       dr = { site = \"region.eu.site.b\", every = \"30 d\", at = \"26 h\", takes = \"6 h\" }\n";

fn at(hours: f64) -> Time {
    s(hours * HOUR)
}

#[test]
fn a_site_that_needs_nobody_waits_for_nobody() {
    let mut steps = Steps::new(&text("", ""), true);
    let (eu, us) = (site_id(&steps.scenario, "eu.a"), site_id(&steps.scenario, "us.a"));
    assert_eq!(steps.world.gather(at(1.0), us, 0).there, at(1.0));
    // Friday, 19:00 in Frankfurt: half an hour until they set off, three quarters on the way.
    let met = steps.world.gather(at(4.0 * 24.0 + 18.0), eu, 0);
    assert_eq!((met.there, met.came, met.out_of_hours), (at(4.0 * 24.0 + 19.25), 3, 3));
    steps.world.release(at(4.0 * 24.0 + 21.25), eu, &met);
    let of = steps.world.recorder().people.groups[&CustodiansId(0)].by[Errand::Recovery as usize];
    assert_eq!((of.calls, of.out_of_hours, of.came, of.left), (1, 3, 1, 1));
    assert_eq!((of.travel, of.work), (Span::from_secs(3 * 5_400), Span::from_secs(3 * 7_200)));
    assert_eq!(of.waited, (Span::from_secs(4_500), Span::from_secs(4_500)));
}

/// The same occasion draws the same people, whatever happened before; in another replication it draws others.
#[test]
fn who_comes_depends_on_the_occasion_and_nothing_else() {
    let group = ", away = \"40 %\", travel = { median = \"45 min\", sigma = 0.6 }";
    let there = |before: u64, more: &str| {
        let mut steps = Steps::new(&text(group, more), true);
        let eu = site_id(&steps.scenario, "eu.b");
        for occasion in 0..before {
            steps.world.gather(at(5.0), eu, 1_000 + occasion);
        }
        (0..20).map(|occasion| steps.world.gather(at(9.0), eu, occasion).there).collect::<Vec<_>>()
    };
    let first = there(0, "");
    assert_eq!(first, there(7, PLANNED));
    assert!(first.iter().any(|time| *time < at(11.0)) && first.iter().any(|time| *time > at(33.0)), "{first:?}");
}

#[test]
fn who_is_absent_is_called_when_that_is_over() {
    let fault = "[fault]\nstrike = { on = \"custodians.ops\", kind = \"absent\", at = \"10 h\", for = \"4 h\" }\n\
                 leave = { on = \"custodians.ops\", kind = \"absent\", at = \"14 h\", for = \"2 h\" }\n";
    let mut steps = Steps::new(&text("", fault), true);
    let eu = site_id(&steps.scenario, "eu.a");
    let mut there = |hours: f64| steps.world.gather(at(hours), eu, 0).there;
    assert_eq!(there(9.5), at(10.25), "called before");
    assert_eq!(there(10.0), at(16.75), "the second follows at once, and then it is 17:00 in Frankfurt");
    assert_eq!(there(15.5), at(16.75));
    assert_eq!(there(16.0), at(16.75), "called after");
    steps.to(at(20.0));
    assert_eq!(steps.world.recorder().people.groups[&CustodiansId(0)].absent, 2);
    // No part of the run is a fault's for it.
    assert!(steps.world.recorder().watch.strikes.is_empty());
}

/// An absence at random ends when it would have ended anyhow: what is asked beforehand is what happens.
#[test]
fn an_absence_at_random_is_known_ahead() {
    let fault = "[fault]\nill = { on = \"custodians.ops\", kind = \"absent\", mtbf = \"2 d\", mttr = \"1 d\" }\n";
    let text = text("", fault).replace("hours = \"Mon-Fri 08:00-18:00\", at = \"Frankfurt\"", "travel = \"0 s\"");
    let ask = |until: f64, called: f64| {
        let mut steps = Steps::new(&text, true);
        steps.to(at(until));
        let eu = site_id(&steps.scenario, "eu.a");
        steps.world.gather(at(called), eu, 0).there
    };
    let early: Vec<Time> = (1..30).map(|day| ask(0.0, f64::from(day) * 24.0)).collect();
    let late: Vec<Time> = (1..30).map(|day| ask(f64::from(day) * 24.0 - 1.0, f64::from(day) * 24.0)).collect();
    assert_eq!(early, late);
    let waits = early.iter().zip(1..).filter(|(there, day)| **there > at(f64::from(*day) * 24.0)).count();
    assert!((3..20).contains(&waits), "about a third of the time: {waits} of 29");
}

/// Due at 00:00 UTC on a Monday, a Thursday and a Sunday; held from 08:00 in Frankfurt, 07:00 UTC, on Monday, Thursday, and the Monday
/// after. The drill is due on Tuesday at 03:00 there.
#[test]
fn a_month_of_ceremonies_and_drills_takes_the_hours_that_add_up() {
    let whole = Whole::of(&text("", PLANNED));
    let people = whole.document.people.as_ref().unwrap();
    let month = &people.groups["ops"].month;
    assert_eq!((month.ceremonies, month.drills), (3.0, 1.0));
    let near = |value: Option<f64>, exact: f64| (value.unwrap() - exact).abs() < 1e-9;
    assert!(near(month.travel_hours.value, 4.0 * 3.0 * 1.5), "{month:?}");
    assert!(near(month.hours.value, 3.0 * 3.0 * (4.0 + 1.5) + 3.0 * (6.0 + 1.5)), "{month:?}");
    assert_eq!((month.recoveries.value, month.out_of_hours.value), (Some(0.0), Some(0.0)));
    assert_eq!(people.ceremonies["ceremony.root"].held.value, Some(3.0));
    let drill = &people.ceremonies["drill.dr"];
    // Due at 03:00 in Frankfurt: five hours to the office, three quarters on the way, and no backup to restore.
    assert_eq!(
        (drill.held.value, drill.took_s.value, drill.restores_s.value),
        (Some(1.0), Some(11.75 * HOUR), Some(0.0))
    );
    assert!(people.groups["ops"].waited.is_none());
    assert_eq!(people.groups["ops"].sites, ["eu.a", "eu.b"]);
}

/// What is planned and does not come round within the run counts as stated.
#[test]
fn a_run_without_a_ceremony_still_says_what_a_month_takes() {
    let whole = Whole::of(&text("", PLANNED).replace("run = \"30 d\"", "run = \"1 h\"").replace("at = \"26 h\", ", ""));
    let month = &whole.document.people.as_ref().unwrap().groups["ops"].month;
    assert!((month.hours.value.unwrap() - 72.0).abs() < 1e-9, "{month:?}");
    assert!((month.travel_hours.value.unwrap() - 18.0).abs() < 1e-9, "{month:?}");
}

/// Two recoveries in 30 days, told by hand: 45 and 75 minutes of waiting, the second out of hours.
#[test]
fn recoveries_are_told_for_a_month() {
    let mut whole = Whole::of(&text(", away = \"10 %\"", ""));
    let (custodians, site, errand) = (CustodiansId(0), SiteId(0), Errand::Recovery);
    let minutes = |minutes: u64| Span::from_secs(minutes * 60);
    for (waits, out_of_hours) in [(minutes(45), 0), (minutes(75), 3)] {
        let called = PeopleFact::Called { custodians, site, errand, out_of_hours, waits };
        let came = PeopleFact::Gathered { custodians, site, errand, people: 3, travel: minutes(3 * 90) };
        let left = PeopleFact::Released { custodians, site, errand, work: minutes(3 * 60) };
        let recorder = &mut whole.runs.main[0].recorder;
        [called, came, left].into_iter().for_each(|fact| recorder.record(at(1.0), Fact::People(fact)));
    }
    let document = results::document(&whole.scenario, &whole.runs);
    let ops = &document.people.as_ref().unwrap().groups["ops"];
    assert_eq!((ops.month.recoveries.value, ops.month.out_of_hours.value), (Some(2.0), Some(3.0)));
    assert_eq!((ops.month.hours.value, ops.month.travel_hours.value), (Some(15.0), Some(9.0)));
    let waited = ops.waited.as_ref().unwrap();
    assert_eq!((waited.mean_s.value, waited.worst_s), (Some(3_600.0), 4_500.0));
    // Of five, three or more are away with 10 % each: 0.856 %.
    assert!((ops.short - 0.00856).abs() < 1e-12);
    let page = keyfleet::report::page(&document, &[]);
    assert!(page.contains("<h2 id=\"people\">") && page.contains("What a month asks of custodians"));
    assert!(page.contains("How long sites waited for a quorum"));
    let text = keyfleet::report::summary(&document, 200, false);
    assert!(
        text.contains("Custodians")
            && text.contains("2 call-outs")
            && text.contains("waited 60 min for them in the mean"),
        "{text}"
    );
}

/// With half of them away on each occasion, every second ceremony or so waits for the next day.
#[test]
fn ceremonies_are_put_off_as_often_as_too_few_are_at_hand() {
    let daily =
        "[ceremony]\nroot = { custodians = \"ops\", site = \"region.eu.site.a\", every = \"2 d\", takes = \"1 h\" }\n";
    let mut sum = (0, 0);
    for seed in 1..=12 {
        let text = format!("seed = {seed}\n{}", text(", away = \"50 %\"", daily));
        let whole = Whole::of(&text);
        let of = whole.replica().recorder.people.held[&0];
        sum = (sum.0 + of.held, sum.1 + of.put_off);
    }
    let share = sum.1 as f64 / sum.0 as f64;
    assert!((share - 0.5).abs() < 0.15, "{sum:?}");
}

#[test]
fn facts_are_the_same_whether_or_not_answers_are_given_ahead() {
    let fault = "[fault]\nill = { on = \"custodians.ops\", kind = \"absent\", mtbf = \"3 d\", mttr = \"1 d\" }\n\
                 crash = { on = \"region.eu.site.a\", kind = \"crash\", mtbf = \"5 d\", mttr = \"2 h\" }\n";
    let text = text(", away = \"30 %\", travel = { median = \"45 min\", sigma = 0.5 }", &format!("{PLANNED}{fault}"));
    let [ahead, step_by_step] = [true, false].map(|ahead| {
        let mut steps = Steps::new(&text, ahead);
        steps.to(s(steps.scenario.run.as_secs_f64()));
        let Steps { world, mut queue, .. } = steps;
        let (recorder, digest) = world.end(&mut queue);
        (recorder.offered, recorder.people.held.clone(), digest.value())
    });
    assert_eq!(ahead, step_by_step);
    assert!(ahead.1.len() == 2, "{:?}", ahead.1);
}

/// What custodians do shifts nobody's luck: requests are those of the fleet without any.
#[test]
fn they_touch_no_request() {
    let with = Whole::of(&text(", away = \"30 %\"", PLANNED));
    let without = text("", "").replace(", custodians = \"ops\"", "");
    let without = without.lines().filter(|line| !line.starts_with("ops =") && *line != "[custodians]");
    let without = Whole::of(&without.collect::<Vec<_>>().join("\n"));
    assert_eq!(with.document.requests, without.document.requests);
    assert_eq!(with.document.latency_ms, without.document.latency_ms);
    assert!(without.document.people.is_none());
    let json = serde_json::to_string(&without.document).unwrap();
    assert!(!json.contains("\"people\""));
}

#[test]
fn each_step_has_words_and_a_kind_of_record_of_its_own() {
    let (custodians, site) = (CustodiansId(1), SiteId(2));
    let waits = Span::from_secs(60);
    let mut facts = vec![
        PeopleFact::Began(CeremonyId(3)),
        PeopleFact::Ended { ceremony: CeremonyId(3), took: waits, restoring: 0 },
        PeopleFact::Ended { ceremony: CeremonyId(3), took: waits, restoring: 9 },
        PeopleFact::PutOff { ceremony: CeremonyId(3), by: waits },
        PeopleFact::Absent { custodians, begins: true },
        PeopleFact::Absent { custodians, begins: false },
    ];
    for errand in Errand::ALL {
        facts.push(PeopleFact::Called { custodians, site, errand, out_of_hours: 0, waits });
        facts.push(PeopleFact::Called { custodians, site, errand, out_of_hours: 2, waits });
        facts.push(PeopleFact::Gathered { custodians, site, errand, people: 3, travel: waits });
        facts.push(PeopleFact::Released { custodians, site, errand, work: waits });
    }
    let mut words: Vec<[u64; 3]> = facts.iter().map(|fact| Fact::People(*fact).words()).collect();
    assert!(words.iter().all(|words| (160..170).contains(&(words[0] & 0xff))), "the kinds that are theirs");
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), facts.len());
    let mut kinds: Vec<&str> = facts.iter().filter_map(|fact| Kind::of(&Fact::People(*fact))).map(Kind::name).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 8);
}
