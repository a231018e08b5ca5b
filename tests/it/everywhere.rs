//! A fault at every place: a short run is cloned at more than a thousand of its events, struck there, and must end in a
//! consistent state. That each kind of effect was seen shows that no property holds in vain.

use crate::fleet::{Steps, main_stretch, parse, s, site_id};
use keyfleet::engine::{Digest, Due, Model, Pace, Queue, run};
use keyfleet::kms::RegionId;
use keyfleet::metrics::Recorder;
use keyfleet::scenario::{Fault, FaultKind, Scenario, Target, When};
use keyfleet::service::Shard;
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Event, World};
use std::collections::BTreeMap;

/// Copies at home, with a partner, or none at all; rotation, replication, retries, losses. Nobody calls any more after 40
/// seconds.
const FLEET: &str = r#"
format = 1
run = "150 s"
warm_up = "0 s"
network = { loss = "2 %" }
transport = { clients = 3, idle = "5 s", life = "20 s" }
event.calm = { at = "40 s", for = "110 s", factor = 0 }
[profile.box]
engines = 2
generate = "20/s"
replication_lag = "500 ms"
activation = "3 s"
op.sign = { mean = "20 ms" }
[region]
eu = { at = "Frankfurt", device = "box", sites = 2, partner = "us" }
us = { at = "aws:us-east-1", device = "box", sites = 2, partner = "eu" }
uk = { at = "London", device = "box" }     # a third vote in the metadata store, without keys
[key.pair]
count = { eu = 30, us = 30 }
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
rotate = { every = "4 min" }
[key.home]
count = { eu = 20, us = 20 }
algorithm = "rsa-2048"
copies = 2
rotate = { every = "4 min" }
[key.lone]
count = { eu = 8, us = 8 }
algorithm = "rsa-2048"
copies = 1
rotate = { every = "4 min" }
[backup]
all = { sites = ["fleet"], every = "15 min", at = "00:00", rate = "100/s", restore = "50/s" }
[response]
detect = "1 s"
decide = "2 s"
[load.pay]
from = { eu = "4/s", us = "2/s" }
calls = ["sign", "sign"]
key = "pair"
timeout = "2 s"
[load.own]
from = { eu = "2/s", us = "2/s" }
calls = ["sign"]
key = "home"
[load.one]
from = { eu = "1/s", us = "1/s" }
calls = ["sign"]
key = "lone"
[health]
phase = "0 s"
interval = "4 s"
threshold = 1
timeout = "1 s"
propagation = "2 s"
"#;

/// Faults strike until then.
const STRIKES: f64 = 45.0;
/// So many events lie from one to the next: what two leave is as good as what each leaves.
const EVERY: usize = 2;
/// How long each lasts that ends.
const LASTS: Span = Span::from_secs(10);
/// What falls due by then has had time for any number of attempts, of which a failed one costs 40 seconds.
const SETTLED: f64 = 60.0;

/// Every device, site, region, link and certificate, in turn.
fn faults(scenario: &Scenario) -> Vec<(FaultKind, Target)> {
    let region = |name: &str| RegionId(scenario.regions.iter().position(|r| r.id == name).unwrap() as u16);
    let (eu, us) = (region("eu"), region("us"));
    let mut faults = vec![
        (FaultKind::Partition, Target::Link(eu, us)),
        (FaultKind::Expired, Target::Fleet),
        (FaultKind::Revoked(Span::from_secs(3)), Target::Region(us)),
    ];
    for site in ["eu.a", "eu.b", "us.a", "us.b"].map(|name| site_id(scenario, name)) {
        faults.push((FaultKind::Crash, Target::Device(site, 0)));
        faults.push((FaultKind::Crash, Target::Site(site)));
        faults.push((FaultKind::Destroy, Target::Site(site)));
        faults.push((FaultKind::Erase, Target::Site(site)));
        faults.push((FaultKind::PowerLoss, Target::Site(site)));
    }
    for region in [eu, us] {
        faults.push((FaultKind::Crash, Target::Region(region)));
        faults.push((FaultKind::Destroy, Target::Region(region)));
        faults.push((FaultKind::Erase, Target::Region(region)));
    }
    faults
}

/// The next event, if one comes by `until`. Gives its time.
fn step(world: &mut World, queue: &mut Queue<Event>, until: Time) -> Option<Time> {
    let (at, due) = queue.pop(until)?;
    match due {
        Due::Event(event) => world.handle(at, event, queue),
        Due::Source(source) => world.arrive(at, source, queue),
    }
    Some(at)
}

/// What a run comes to, in figures that are compared between runs.
struct End {
    record: Recorder,
    digest: Digest,
    retries: u64,
    failed: u64,
    /// Calls of one region's callers that another served.
    across: u64,
}

impl End {
    /// Runs on to the end, where all must be in order.
    fn of(mut world: World, mut queue: Queue<Event>) -> Self {
        run(&mut world, &mut queue, &mut Pace::Virtual { until: s(150.0) });
        assert_eq!(world.service().in_flight(), 0, "nobody waits any more");
        let under_way = world.service().rotations_under_way();
        let (record, digest) = world.end(&mut queue);
        let cells = || record.closed.iter().flatten();
        let decided: u64 = cells().map(|cell| cell.latency.count()).sum();
        assert_eq!((record.offered, cells().map(|cell| cell.offered).sum()), (decided, decided));
        for site in &record.sites {
            assert_eq!(site.served, site.sealed.0, "each access is recorded");
        }
        let keys = &record.keys;
        assert_eq!(
            keys.due,
            keys.activated + keys.given_up + keys.pending().len() as u64,
            "each rotation is done or not"
        );
        assert!(under_way <= keys.pending().len());
        assert!(keys.generated + keys.versions_lost >= keys.activated);
        let (retries, failed) = (cells().map(|cell| cell.retries).sum(), cells().map(|c| c.latency.infinite()).sum());
        let flows = record.flows.iter().flat_map(|flows| flows.iter().enumerate());
        let regions = record.frame.regions;
        let across = flows.filter(|(i, _)| i / regions != i % regions).map(|(_, calls)| calls).sum();
        Self { record, digest, retries, failed, across }
    }
}

/// Whether a fault leaves a shard without any host that it has not destroyed.
fn destroyed(scenario: &Scenario, (kind, on): (FaultKind, Target), shard: &Shard) -> bool {
    let struck = |site: &keyfleet::kms::SiteId| on.strikes(*site, scenario.sites[site.index()].region);
    kind == FaultKind::Destroy && shard.hosts().iter().all(struck)
}

/// Where a fault struck.
#[derive(Debug)]
struct Place {
    fault: (FaultKind, Target),
    now: Time,
    #[allow(dead_code, reason = "told when something does not hold")]
    event: usize,
}

/// Strikes a copy of the world at every place, each fault in its turn, and looks at how it ends. How many places there were.
fn strike_everywhere(base: &mut Steps, faults: &[(FaultKind, Target)], mut look: impl FnMut(&End, &Place)) -> usize {
    let (mut event, mut places) = (0, 0);
    while let Some(now) = step(&mut base.world, &mut base.queue, s(STRIKES)) {
        event += 1;
        if event % EVERY == 0 {
            let fault = faults[places % faults.len()];
            places += 1;
            let (mut world, mut queue) = (base.world.clone(), base.queue.clone());
            world.strike(now, fault, LASTS, &mut queue);
            look(&End::of(world, queue), &Place { fault, now, event });
        }
    }
    places
}

#[test]
fn a_fault_at_any_event_ends_in_a_consistent_state() {
    let mut base = Steps::new(FLEET, false);
    let faults = faults(&base.scenario);
    let (shards, scenario) = (base.world.service().catalog().shards.clone(), base.scenario.clone());
    let calm = End::of(base.world.clone(), base.queue.clone());
    assert_eq!((calm.record.keys.keys_lost, calm.record.keys.versions_lost), (0, 0));
    let slowest = calm.record.keys.took.max();
    let mut seen = BTreeMap::<&str, u32>::new();
    let places = strike_everywhere(&mut base, &faults, |end, at| {
        let tell = |what: &str| format!("{what}: {at:?}");

        let parted = end.digest.first_difference(&calm.digest).expect("the fault itself is a fact");
        assert!(parted + Span::from_secs(1) > at.now, "{}", tell("the past changed"));
        let gone: u32 = shards.shards().iter().filter(|s| destroyed(&scenario, at.fault, s)).map(|s| s.keys).sum();
        let keys = &end.record.keys;
        // Until the first backup is complete, the last one is older than every version.
        let saved = at.fault.0 != FaultKind::Erase || at.now > s(5.0);
        if saved {
            assert_eq!(
                keys.keys_lost,
                u64::from(gone),
                "{}",
                tell("keys are lost with their last host, and only then")
            );
        }
        assert!(keys.keys_lost >= u64::from(gone), "{}", tell("keys without a host are lost"));
        for (key, due) in keys.pending() {
            assert!(due > s(SETTLED), "{}", tell(&format!("{key:?}, due at {due}, never rotated")));
        }
        for (effect, happened) in [
            ("a retry", end.retries > calm.retries),
            ("a failure", end.failed > calm.failed),
            ("a failover", end.across > calm.across),
            ("keys lost", keys.keys_lost > 0),
            ("a version lost", keys.versions_lost + keys.unused_lost > 0),
            ("a rotation delayed", keys.took.max() > slowest),
            ("a rotation given up", keys.given_up > 0),
            ("keys out of reach", keys.unreachable > 0),
            ("nobody hurt", end.failed <= calm.failed),
        ] {
            *seen.entry(effect).or_default() += u32::from(happened);
        }
    });
    println!("{places} places: {seen:?}");
    assert!(places >= 1_000, "{places}");
    assert!(seen.values().all(|times| *times > 0), "{seen:?}");
}

/// The same fleet while it changes: a site joins, one leaves, keys come and go.
const CHANGES: &str = r#"
[routing]
shards = 8
refresh = "3 s"
drain = "2 s"
[change]
a-join = { join = "region.eu.site.c", at = "8 s" }
b-launch = { provision = "key.home.us", at = "12 s" }
c-leave = { leave = "region.eu.site.a", at = "20 s" }
d-sunset = { retire = "key.lone.us", at = "28 s" }
"#;

#[test]
fn a_fault_at_any_event_while_the_fleet_changes_ends_in_a_consistent_state() {
    let text = format!("{}{CHANGES}", FLEET.replace("sites = 2, partner = \"us\"", "sites = 3, partner = \"us\""));
    let mut base = Steps::new(&text, false);
    let mut faults = faults(&base.scenario);
    let joins = site_id(&base.scenario, "eu.c");
    faults.extend([(FaultKind::Crash, Target::Site(joins)), (FaultKind::Destroy, Target::Site(joins))]);
    faults.push((FaultKind::Erase, Target::Site(joins)));
    faults.extend([(FaultKind::Crash, Target::Control), (FaultKind::Crash, Target::Metadata)]);
    let calm = End::of(base.world.clone(), base.queue.clone());
    let made = |end: &End| end.record.changes.made.values().filter(|made| made.took.is_some()).count();
    assert_eq!((made(&calm), calm.record.keys.keys_lost, calm.record.changes.provisioned), (4, 0, 20));
    let mut seen = BTreeMap::<&str, u32>::new();
    let places = strike_everywhere(&mut base, &faults, |end, at| {
        let tell = |what: &str| format!("{what}: {at:?}");
        assert_eq!(made(end), 4, "{}", tell("a change never ends"));
        for (key, due) in end.record.keys.pending() {
            assert!(due > s(SETTLED), "{}", tell(&format!("{key:?}, due at {due}, never rotated")));
        }
        let tally = &end.record.changes;
        let took = |end: &End| end.record.changes.made.values().filter_map(|made| made.took).max();
        for (effect, happened) in [
            ("a change delayed", took(end) > took(&calm)),
            ("a change not made of all shards", tally.made.values().any(|made| made.refused > 0)),
            ("more moved", tally.moved > calm.record.changes.moved),
            ("an old table met", tally.outdated > calm.record.changes.outdated),
            ("keys lost", end.record.keys.keys_lost > 0),
            ("nobody hurt", end.failed <= calm.failed),
        ] {
            *seen.entry(effect).or_default() += u32::from(happened);
        }
    });
    println!("{places} places: {seen:?}");
    assert!(places >= 1_000, "{places}");
    assert!(seen.iter().filter(|(_, times)| **times == 0).count() == 0, "{seen:?}");
}

#[test]
fn a_fault_struck_is_a_fault_foreseen() {
    let mut base = Steps::new(FLEET, false);
    let blueprint = Blueprint::new(parse(FLEET));
    let faults = faults(&base.scenario);
    let mut before = Time::ZERO;
    for fault in faults {
        // Some events on, between two of them: at the same instant a fault that is known comes first.
        let mut events = 0;
        while events < 50 || base.queue.due().unwrap() <= before + Span(1) {
            before = step(&mut base.world, &mut base.queue, s(STRIKES)).unwrap_or(before);
            events += 1;
        }
        let now = Time(before.0.midpoint(base.queue.due().unwrap().0));
        let (mut world, mut queue) = (base.world.clone(), base.queue.clone());
        world.strike(now, fault, LASTS, &mut queue);
        let struck = End::of(world, queue);

        let (kind, on) = fault;
        let mut stretch = main_stretch(&base.scenario);
        stretch.faults = vec![Fault { id: "foreseen".into(), on, kind, when: When::At(now, LASTS) }];
        let mut world = blueprint.world(&stretch);
        let mut queue = Queue::new(base.scenario.populations.len());
        world.begin(Time::ZERO, &mut queue);
        let foreseen = End::of(world, queue);
        assert_eq!(struck.digest.first_difference(&foreseen.digest), None, "{fault:?} at {now}");
    }
}

#[test]
#[should_panic(expected = "must know its faults")]
fn a_world_that_answers_ahead_of_its_time_cannot_be_surprised() {
    let mut base = Steps::new(FLEET, true);
    let site = site_id(&base.scenario, "eu.a");
    base.world.strike(Time::ZERO, (FaultKind::Crash, Target::Site(site)), LASTS, &mut base.queue);
}
