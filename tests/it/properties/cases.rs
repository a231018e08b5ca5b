//! Single sequences of inputs, each with what must come of it.

use super::{FLEET, catalog, service};
use crate::fleet::{parse, s};
use keyfleet::kms::*;
use keyfleet::rng::Key;
use keyfleet::service::{Calendar, Effect, Input, Out, Service, Timer};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A request that is served at once, call by call. Gives the facts.
fn served(service: &mut Service, now: Time, input: Input) {
    let mut out = Out::default();
    service.on(now, input, &mut out);
    let mut next = 0;
    while let Some(effect) = out.0.get(next).copied() {
        next += 1;
        let (outcome, wait) = (Outcome::Done, Span::ZERO);
        match effect {
            Effect::Call { to, call, .. } => service.on(now, Input::Call { site: to, call }, &mut out),
            Effect::Submit { site, call, .. } => {
                service.on(now, Input::HsmDone { site, call, outcome, wait, service: wait }, &mut out);
            }
            Effect::Answer { site, call, outcome } => {
                service.on(now, Input::Answer { flight: call.flight, serial: call.serial, site, outcome }, &mut out);
            }
            Effect::Fact(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Accesses by interval, class, home and outcome, over all sites: single requests may go to another host each.
fn audited(service: &mut Service, now: Time) -> BTreeMap<(u32, ClassId, RegionId, Outcome), u64> {
    let mut out = Out::default();
    service.end(now, &mut out);
    let mut sums = BTreeMap::new();
    for effect in out.0 {
        if let Effect::Fact(Fact::Sealed { interval, class, home, outcome, accesses, .. }) = effect {
            *sums.entry((interval, class, home, outcome)).or_default() += accesses;
        }
    }
    sums
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn demand_told_in_one_leaves_what_single_requests_leave(
        batches in prop::collection::vec((0_u16..4, 0_u32..6, 0_u32..40, 0_u64..90), 1..8)
    ) {
        // Uses of single keys are not counted where requests are not told one by one.
        let catalog = Arc::clone(Blueprint::new(parse(&FLEET.replace(", uses = 10", ""))).catalog());
        let (mut single, mut joint) = (service(&catalog), service(&catalog));
        let mut now = Time::ZERO;
        for (population, number, count, pause) in batches {
            now += Span::from_secs(pause);
            let class = catalog.loads[catalog.populations[usize::from(population)].load.index()].class;
            let (population, key) = (PopulationId(population), KeyRef { class, number });
            let shard: ShardId = catalog.shards.of(key);
            for sequence in 0..u64::from(count) {
                served(&mut single, now, Input::Request { population, sequence, key, secret: 0 });
            }
            let mut out = Out::default();
            joint.on(now, Input::Demand { population, shard, count }, &mut out);
            let told: u64 = out.0.iter().map(|effect| match effect {
                Effect::Fact(Fact::ServedMany { calls, .. }) => *calls,
                other => panic!("no single request is told of: {other:?}"),
            }).sum();
            let load = catalog.populations[population.index()].load;
            prop_assert_eq!(told, u64::from(count) * catalog.loads[load.index()].calls.len() as u64);
        }
        prop_assert_eq!(audited(&mut single, now), audited(&mut joint, now));
        prop_assert_eq!(single.in_flight(), 0);
    }
}

#[test]
fn a_successor_that_overtakes_its_predecessor_ends_the_rotation() {
    // A host misses version 3 because it was down, comes back, and gets version 4 before version 3.
    let catalog = catalog();
    let key = KeyRef { class: keyfleet::kms::ClassId(0), number: 0 };
    let due = vec![VecDeque::from([(s(1.0), 0)]), VecDeque::new(), VecDeque::new()];
    let calendar = Calendar::with_due(due, Key(0), Time::ZERO);
    let mut service = Service::new(Arc::clone(&catalog), vec![Key(0); 4], calendar, Time::ZERO);
    let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
    let observers = catalog.observers[hosts[1].index()].regions.len() as u8;
    let tell = |service: &mut Service, at: f64, input: Input| {
        let mut out = Out::default();
        service.on(s(at), input, &mut out);
        out.0
    };
    let seen = |service: &mut Service, at: f64, answered: bool| {
        (0..observers)
            .flat_map(|observer| tell(service, at, Input::Probed { site: hosts[1], observer, answered }))
            .collect()
    };
    let publish = |service: &mut Service, at: f64, effects: &[Effect]| {
        let op = effects.iter().find_map(|effect| match effect {
            Effect::Store { op, .. } => Some(*op),
            _ => None,
        });
        let Some(op @ StoreOp::Cas { expect, .. }) = op else { panic!("{effects:?}") };
        tell(service, at, Input::Stored { op, answer: StoreAnswer::Written { epoch: expect + 1 } });
    };
    let copies = |effects: &[Effect]| -> Vec<keyfleet::kms::KeyVersion> {
        let copy = |effect: &Effect| match effect {
            Effect::Copy { to, version, .. } if *to == hosts[1] => Some(*version),
            _ => None,
        };
        effects.iter().filter_map(copy).collect()
    };
    let mut out = Out::default();
    service.begin(Time::ZERO, Span::from_secs(1), &mut out);
    let _: Vec<Effect> = seen(&mut service, 0.5, false);
    tell(&mut service, 1.0, Input::Timer(Timer::Rotate));
    let made = tell(&mut service, 2.0, Input::Generated { site: hosts[0], key, done: Some(Span::from_secs(1)) });
    publish(&mut service, 2.0, &made);
    assert_eq!(service.rotations_under_way(), 0, "nobody waits for a host that is down");
    let ended = Input::Copied { site: hosts[1], version: copies(&made)[0], done: false };
    assert!(copies(&tell(&mut service, 12.0, ended)).is_empty(), "nothing is sent while it is down");
    let older = copies(&seen(&mut service, 49.0, true));
    tell(&mut service, 50.0, Input::Compromised { class: key.class, region: None, share: 1.0 });
    let newer =
        copies(&tell(&mut service, 51.0, Input::Generated { site: hosts[0], key, done: Some(Span::from_secs(1)) }));
    assert_eq!((older.len(), newer.len(), newer[0].version), (1, 1, older[0].version + 1));
    let others = service.rotations_under_way() - 1;
    let ready = tell(&mut service, 52.0, Input::Copied { site: hosts[1], version: newer[0], done: true });
    publish(&mut service, 52.0, &ready);
    assert_eq!(service.rotations_under_way(), others, "all hosts have it");
    tell(&mut service, 53.0, Input::Copied { site: hosts[1], version: older[0], done: false });
    // The host has the active version: it serves.
    let call = keyfleet::kms::Call {
        flight: Flight { slot: 0, generation: 0 },
        serial: 0,
        origin: keyfleet::kms::OriginId(0),
        call: keyfleet::kms::CallName(0),
        key,
        version: 0,
        luck: 0,
    };
    let effects = tell(&mut service, 54.0, Input::Call { site: hosts[1], call });
    assert!(matches!(effects[..], [Effect::Submit { .. }]), "{effects:?}");
}

/// One key of which the first host makes a successor and is destroyed while the copies are on their way; then the next host
/// makes another.
#[test]
fn a_copy_of_a_successor_that_is_lost_is_not_taken_for_one_of_the_next() {
    let text = FLEET.replace("sites = 2", "sites = 3").replace("uses = 10 }", "uses = 10 }\ncopies = 3");
    let catalog = Arc::clone(Blueprint::new(parse(&text)).catalog());
    let key = KeyRef { class: ClassId(0), number: 0 };
    let due = vec![VecDeque::from([(s(1.0), 0)]), VecDeque::new(), VecDeque::new()];
    let mut service =
        Service::new(Arc::clone(&catalog), vec![Key(0); 4], Calendar::with_due(due, Key(0), Time::ZERO), Time::ZERO);
    let mut tell = |at: f64, input: Input| {
        let mut out = Out::default();
        service.on(s(at), input, &mut out);
        out.0
    };
    let facts = |effects: &[Effect]| -> Vec<Fact> {
        let fact = |effect: &Effect| if let Effect::Fact(fact) = effect { Some(*fact) } else { None };
        effects.iter().filter_map(fact).collect()
    };
    let write = |effects: &[Effect]| -> Vec<StoreOp> {
        let op = |effect: &Effect| if let Effect::Store { op, .. } = effect { Some(*op) } else { None };
        effects.iter().filter_map(op).collect()
    };
    let [first, second, third] = *catalog.shards.shard(catalog.shards.of(key)).hosts() else { panic!("three hosts") };
    let done = Some(Span::from_secs(1));
    let old = catalog.classes[0].retired + 1;
    let version = |number: u32| KeyVersion { key, version: number };
    let made = |version: KeyVersion, site: SiteId| Fact::Generated { version, site, service: Span::from_secs(1) };

    tell(1.0, Input::Timer(Timer::Rotate));
    assert!(facts(&tell(2.0, Input::Generated { site: first, key, done })).contains(&made(version(old + 1), first)));
    for observer in 0..catalog.observers[first.index()].regions.len() as u8 {
        tell(2.2, Input::Probed { site: first, observer, answered: false });
    }
    let lost = tell(2.5, Input::Destroyed(first));
    assert!(
        facts(&lost).iter().any(|fact| matches!(fact, Fact::VersionLost { version: v, .. } if *v == version(old + 1)))
    );
    assert!(lost.iter().any(|e| matches!(e, Effect::Generate { site, .. } if *site == second)), "{lost:?}");
    assert!(facts(&tell(3.5, Input::Generated { site: second, key, done })).contains(&made(version(old + 2), second)));
    let late = tell(4.0, Input::Copied { site: third, version: version(old + 1), done: true });
    assert_eq!((facts(&late), write(&late)), (vec![], vec![]), "the copy of what was lost is none of the new version");

    let ready = tell(5.0, Input::Copied { site: third, version: version(old + 2), done: true });
    let [op @ StoreOp::Cas { expect: 0, .. }] = write(&ready)[..] else { panic!("{ready:?}") };
    // A try for the version that was lost had been written.
    let stale = StoreOp::Cas { cell: Cell::Key(key), expect: 0, value: (old + 1).into() };
    assert!(tell(5.1, Input::Stored { op: stale, answer: StoreAnswer::Written { epoch: 1 } }).is_empty());
    let met = StoreAnswer::Conflict { epoch: 1, value: (old + 1).into() };
    let again = tell(5.2, Input::Stored { op, answer: met });
    let [op @ StoreOp::Cas { expect: 1, .. }] = write(&again)[..] else { panic!("{again:?}") };
    let active = facts(&tell(5.3, Input::Stored { op, answer: StoreAnswer::Written { epoch: 2 } }));
    assert!(matches!(active[..], [Fact::Published { tries: 2, .. }, Fact::Activated { .. }]), "{active:?}");
    // Two hours later the version that was active before is destroyed, not the one that has the number before.
    let over = facts(&tell(5.3 + 2.0 * 3_600.0, Input::Timer(Timer::Rotate)));
    assert!(over.contains(&Fact::Destroyed(version(old))), "{over:?}");
}
