//! Common random numbers: what one part of a fleet draws, no change elsewhere shifts.

use super::fleet;
use keyfleet::engine::{self, Model, Pace, Queue};
use keyfleet::metrics::Recorder;
use keyfleet::scenario::Scenario;
use keyfleet::time::Time;
use keyfleet::world::{Blueprint, Event, Stretch, World};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A world whose arrivals are written down.
struct Watched {
    world: World,
    arrivals: Vec<Vec<Time>>,
}

impl Model for Watched {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue<Event>) {
        self.world.handle(now, event, queue);
    }

    fn arrive(&mut self, now: Time, source: u32, queue: &mut Queue<Event>) {
        self.arrivals[source as usize].push(now);
        self.world.arrive(now, source, queue);
    }
}

/// Arrivals of each population, and the record.
fn run(scenario: Scenario) -> (BTreeMap<String, Vec<Time>>, Recorder) {
    let scenario = Arc::new(scenario);
    let until = Time(scenario.run.0);
    let faults = scenario.faults.clone();
    let stretch = Stretch { replication: 3, from: Time::ZERO, counted_from: Time::ZERO, until, faults };
    let mut queue = Queue::new(scenario.populations.len());
    let world = Blueprint::new(Arc::clone(&scenario)).world(&stretch);
    let mut watched = Watched { world, arrivals: vec![Vec::new(); scenario.populations.len()] };
    watched.world.begin(Time::ZERO, &mut queue);
    engine::run(&mut watched, &mut queue, &mut Pace::Virtual { until });
    let names = scenario.populations.iter().map(|population| population.id.clone());
    let arrivals = names.zip(watched.arrivals).collect();
    (arrivals, watched.world.end(&mut queue).0)
}

/// Offered, by slot and region.
fn offered(recorder: &Recorder) -> Vec<Vec<u64>> {
    recorder.closed.iter().map(|cells| cells.iter().map(|cell| cell.offered).collect()).collect()
}

#[test]
fn one_more_hsm_meets_the_same_requests() {
    let (arrivals, base) = run(fleet("", &[]));
    let (other, more) = run(fleet("", &["region.west.site.a.hsms=3", "region.west.site.b.hsms=1"].map(str::to_owned)));
    assert!(arrivals.values().all(|times| times.len() > 10_000), "there are arrivals to compare");
    assert_eq!(arrivals, other);
    assert_eq!(offered(&base), offered(&more));
    let waits = |recorder: &Recorder| recorder.sites.iter().map(|site| site.wait.sum()).sum::<u128>();
    assert_ne!(waits(&base), waits(&more), "the HSM made a difference");
}

#[test]
fn a_fault_meets_the_same_requests() {
    let (arrivals, base) = run(fleet("", &[]));
    let crash = "[fault]\nx = { on = \"region.west\", kind = \"crash\", at = \"15 s\", for = \"10 s\" }";
    let (other, struck) = run(fleet(crash, &[]));
    assert_eq!(arrivals, other);
    assert_eq!(offered(&base), offered(&struck));
}

#[test]
fn one_more_region_shifts_nobodys_arrivals() {
    let (arrivals, _) = run(fleet("", &[]));
    // First and last by name, so that every index moves.
    let more = [
        "region.central={ at = \"aws:us-east-2\", device = \"server\", hsms = 3 }",
        "key.k.count.central=20",
        "load.pay.from.central=50/s",
        "key.k.copies=1",
    ];
    let (other, _) = run(fleet("", &more.map(str::to_owned)));
    assert_eq!((arrivals.len(), other.len()), (2, 3));
    for (population, times) in arrivals {
        assert_eq!(other[&population], times, "{population}");
    }
}
