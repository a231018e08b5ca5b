//! The two paths give the same facts: answers that nothing can change any more given ahead of their time, and every step an event
//! of its own, as in a hardware run.

use super::{QUEUE, fleet, load};
use keyfleet::engine::{self, Digest, Pace, Queue};
use keyfleet::kms::SiteId;
use keyfleet::load::Arrivals;
use keyfleet::metrics::Recorder;
use keyfleet::rng::{Purpose, Streams};
use keyfleet::scenario::{Fault, FaultKind, Scenario, Target, When};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use std::sync::Arc;

/// What one path leaves.
struct Left {
    recorder: Recorder,
    digest: Digest,
    area: Vec<u128>,
    in_flight: usize,
    handled: u64,
}

fn left(blueprint: &Blueprint, stretch: &Stretch, ahead: bool) -> Left {
    let mut world = blueprint.world(stretch);
    world.set_ahead(ahead);
    let mut queue = Queue::new(blueprint.scenario().populations.len());
    world.begin(stretch.from, &mut queue);
    let handled = engine::run(&mut world, &mut queue, &mut Pace::Virtual { until: stretch.until }).handled;
    let (area, in_flight) = (world.waiting_area(stretch.until), world.service().in_flight());
    let (recorder, digest) = world.end(&mut queue);
    Left { recorder, digest, area, in_flight, handled }
}

/// Runs both paths in two replications and compares them; returns the record of the last.
fn same(scenario: Scenario) -> Recorder {
    let faults = scenario.faults.clone();
    same_under(&Blueprint::new(Arc::new(scenario)), &faults)
}

fn same_under(blueprint: &Blueprint, faults: &[Fault]) -> Recorder {
    let until = Time(blueprint.scenario().run.0);
    let mut last = None;
    for replication in 0..2 {
        let stretch =
            Stretch { replication, from: Time::ZERO, counted_from: Time::ZERO, until, faults: faults.to_vec() };
        let (ahead, events) = (left(blueprint, &stretch, true), left(blueprint, &stretch, false));
        if let Some(at) = ahead.digest.first_difference(&events.digest) {
            let counts = |left: &Left| {
                let tally = |site: &keyfleet::metrics::SiteTally| (site.served, site.rejected.clone(), site.sealed);
                (left.in_flight, left.recorder.sites.iter().map(tally).collect::<Vec<_>>())
            };
            panic!("the paths part after {at}: {:?} ahead, {:?} by events", counts(&ahead), counts(&events));
        }
        assert_eq!((ahead.in_flight, &ahead.area), (events.in_flight, &events.area));
        let measured = |left: &Left| {
            let slots: Vec<_> = left.recorder.sites.iter().map(|site| site.slots.clone()).collect();
            (slots, format!("{:?}", left.recorder.watch.strikes))
        };
        assert_eq!(measured(&ahead), measured(&events), "the order in which facts become known shows in a measure");
        assert!(ahead.handled < events.handled, "nothing was known ahead of its time");
        last = Some(ahead.recorder);
    }
    last.unwrap()
}

fn queue(settings: &[&str]) -> Scenario {
    let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
    let shorter = "warm_up=1 ms".to_owned();
    load(QUEUE, &[settings, vec![shorter]].concat())
}

fn rejected(recorder: &Recorder) -> u64 {
    recorder.sites.iter().flat_map(|site| &site.rejected).sum()
}

fn failed(recorder: &Recorder) -> u64 {
    recorder.closed.iter().flatten().map(|cell| cell.latency.infinite()).sum()
}

#[test]
fn of_a_busy_queue() {
    same(queue(&["load.calls.from.here=3.8k/s", "run=30s"]));
}

#[test]
fn of_a_finite_queue() {
    let record = same(queue(&["load.calls.from.here=5k/s", "profile.server.queue=8", "run=20s"]));
    assert!(rejected(&record) > 1000);
}

#[test]
fn of_a_device_that_crashes_in_the_middle_of_a_long_queue() {
    // A tenth more than can be served: a thousand wait when the device goes, and it takes those in it along.
    let fault = "fault.x={ on = \"region.here.site.a.device.1\", kind = \"crash\", at = \"5 s\", for = \"2 s\" }";
    let record = same(queue(&["load.calls.from.here=8.8k/s", "region.here.hsms=2", "run=10s", fault]));
    assert_eq!(rejected(&record), 4, "each engine of the device was busy");
    assert!(record.sites[0].wait.max().unwrap() > 400_000_000, "the queue was long");
}

#[test]
fn of_a_slow_device() {
    let fault =
        "fault.x={ on = \"region.here.site.a.device.2\", kind = \"slow\", factor = 6, at = \"5 s\", for = \"3 s\" }";
    same(queue(&["load.calls.from.here=6k/s", "region.here.hsms=2", "run=12s", fault]));
}

#[test]
fn of_devices_that_fail_at_random() {
    let faults = r#"
[fault]
a = { on = "region.east.site.a.device.1", kind = "crash", mtbf = "4 s", mttr = "2 s" }
b = { on = "region.east.site.a.device.2", kind = "crash", mtbf = "3 s", mttr = "1 s" }
c = { on = "region.west.site.b", kind = "slow", factor = 9, mtbf = "6 s", mttr = "3 s" }
d = { on = "region.west.site.b", kind = "crash", mtbf = "20 s", mttr = "4 s" }
"#;
    let record = same(fleet(faults, &[]));
    assert!(record.watch.strikes.len() > 20 && rejected(&record) > 20);
}

#[test]
fn of_a_region_that_crashes() {
    let fault = "[fault]\nx = { on = \"region.west\", kind = \"crash\", at = \"20 s\", for = \"30 s\" }";
    let record = same(fleet(fault, &[]));
    assert!(failed(&record) > 100 && record.watch.sightings.len() > 4);
}

#[test]
fn of_links_that_fail() {
    // Callers of the west go east while their own sites are down, over the link that then fails in three ways.
    let faults = r#"
[fault]
west = { on = "region.west", kind = "crash", at = "5 s", for = "70 s" }
loss = { on = "link.east-west", kind = "loss", share = "10 %", at = "22 s", for = "10 s" }
delay = { on = "link.east-west", kind = "delay", add = "150 ms", at = "35 s", for = "10 s" }
cut = { on = "link.east-west", kind = "partition", at = "50 s", for = "10 s" }
"#;
    let base = same(fleet(&faults[..faults.find("loss").unwrap()], &[]));
    let record = same(fleet(faults, &[]));
    assert!(failed(&record) > failed(&base) + 100, "the link was needed");
}

#[test]
fn of_messages_lost_everywhere() {
    let network = "[network]\nloss = \"2 %\"\njitter = 0.4\n[retry]\nattempts = 5\nattempt_timeout = \"60 ms\"\nbudget = \"none\"";
    let record = same(fleet(network, &["load.pay.timeout=200 ms".to_owned()]));
    assert!(record.closed.iter().flatten().map(|cell| cell.retries).sum::<u64>() > 1000);
}

#[test]
fn of_callers_who_give_up_on_an_overloaded_fleet() {
    let settings = [
        "load.pay.from={ east = \"1.6k/s\", west = \"900/s\" }",
        "load.pay.timeout=150 ms",
        "profile.server.queue=20",
        "run=30 s",
    ];
    let record = same(fleet("", &settings.map(str::to_owned)));
    assert!(failed(&record) > 1000 && rejected(&record) > 1000);
}

#[test]
fn of_keys_that_rotate_while_sites_fail() {
    let keys = r#"
[key.k.rotate]
every = "60 s"
keep = "120 s"
[fault]
a = { on = "region.east.site.a", kind = "crash", mtbf = "15 s", mttr = "8 s" }
gone = { on = "region.west.site.b", kind = "destroy", at = "50 s", for = "1 s" }
"#;
    let record = same(fleet(keys, &["run=2 min".to_owned()]));
    assert!(record.keys.activated > 50 && record.keys.copied > 50);
}

/// The fault strikes, to the nanosecond, when the first call ends: on either path the fault comes first and the call is lost. A
/// nanosecond later it is not.
#[test]
fn of_a_fault_at_the_very_instant_a_call_ends() {
    let slow = ["profile.server.distribution=constant", "load.calls.from.here=20/s", "run=2 s"];
    let blueprint = Blueprint::new(Arc::new(queue(&slow)));
    let scenario = blueprint.scenario();
    let stream = Streams::new(scenario.seed, 1).stream(Purpose::Arrivals, &scenario.populations[0].id);
    let (curve, pattern) = (Arc::clone(&blueprint.curves()[0]), scenario.loads[0].pattern);
    let first = Arrivals::new(stream, curve, pattern, Time::ZERO, Time(scenario.run.0)).next().unwrap();
    for (late, lost) in [(0, 1), (1, 0)] {
        let when = When::At(first + Span::from_millis(1) + Span(late), Span::from_millis(1));
        let (on, kind) = (Target::Device(SiteId(0), 0), FaultKind::Crash);
        let record = same_under(&blueprint, &[Fault { id: "x".to_owned(), on, kind, when }]);
        assert_eq!(rejected(&record), lost);
    }
}
