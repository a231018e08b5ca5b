//! A region cut off or dark at any instant, and the control plane gone at another: a short run is cloned at many of its instants and
//! struck there. At the end nothing is open, and no key was ever used at home and elsewhere at overlapping times.

use super::grants::fleet;
use crate::fleet::{parse, s};
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::{ClassId, EmergencyFact, Fact, Outcome, RegionId};
use keyfleet::scenario::{FaultKind, Target};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Event, Stretch, World};
use std::sync::Arc;

const HEALTH: &str = "phase = \"0 s\"\ninterval = \"2 s\"\nthreshold = 1\ntimeout = \"1 s\"\npropagation = \"4 s\"\n";
const RULES: &str = "[emergency]\ndark = \"12 s\"\nlease = \"9 s\"\nanswer = \"4 s\"\nlimit = \"90 s\"\n";
const CARD: ClassId = ClassId(0);
const DE: RegionId = RegionId(0);

/// Strikes a world now.
fn strike(world: &mut World, queue: &mut Queue<Event>, (now, lasts): (Time, Span), cut: bool) {
    let others = [RegionId(1), RegionId(2)].map(|other| (FaultKind::Partition, Target::Link(DE, other)));
    let dark = [(FaultKind::Crash, Target::Region(DE))];
    for fault in if cut { others.to_vec() } else { dark.to_vec() } {
        world.strike(now, fault, lasts, queue);
    }
}

#[test]
fn whenever_a_region_is_struck_its_keys_are_used_at_one_place_at_a_time() {
    let text = fleet(RULES).replace("run = \"1 h\"", "run = \"280 s\"").replace("phase = \"0 s\"\n", HEALTH);
    let scenario = parse(&text);
    let until = Time(scenario.run.0);
    let stretch =
        Stretch { replication: 0, from: Time::ZERO, counted_from: Time::ZERO, until, faults: scenario.faults.clone() };
    let mut base = Blueprint::new(Arc::clone(&scenario)).audited(&stretch);
    base.set_ahead(false);
    let mut queue = Queue::new(scenario.populations.len());
    base.begin(Time::ZERO, &mut queue);
    let (mut granted, mut lapsed, mut expired) = (0, 0, 0);
    for number in 0..60_u32 {
        let at = s(5.0 + f64::from(number) * 1.3);
        run(&mut base, &mut queue, &mut Pace::Virtual { until: at });
        let (mut world, mut queue) = (base.clone(), queue.clone());
        let lasts = Span::from_millis(6_000 + 2_300 * u64::from(number % 48));
        strike(&mut world, &mut queue, (at, lasts), number % 3 > 0);
        // The control plane stops somewhere in the procedure, for a while.
        let away = at + Span::from_millis(2_000 + 1_900 * u64::from(number % 17));
        run(&mut world, &mut queue, &mut Pace::Virtual { until: away });
        if number % 2 == 0 {
            world.strike(away, (FaultKind::Crash, Target::Control), Span::from_secs(15), &mut queue);
        }
        run(&mut world, &mut queue, &mut Pace::Virtual { until });
        assert_eq!(world.service().emergencies(), 0, "struck at {at}");
        let (record, _) = world.end(&mut queue);
        assert!(record.emergency.waiting.is_empty(), "struck at {at}: {:?}", record.emergency);
        let facts = record.log.clone().unwrap().in_order();
        let steps = |wanted: fn(&EmergencyFact) -> bool| -> Vec<Time> {
            let fits = |(at, fact): &(Time, Fact)| matches!(fact, Fact::Emergency(fact) if wanted(fact)).then_some(*at);
            facts.iter().filter_map(fits).collect()
        };
        let begins = steps(|fact| matches!(fact, EmergencyFact::Granted { .. }));
        let ends = steps(|fact| matches!(fact, EmergencyFact::Lifted { .. }));
        let stands = |at: Time| {
            begins.iter().filter(|begin| **begin <= at).count() > ends.iter().filter(|end| **end <= at).count()
        };
        for (at, fact) in &facts {
            let Fact::Accessed { site, outcome: Outcome::Done, version, .. } = fact else { continue };
            let home = scenario.sites[site.index()].region == DE;
            assert!(home || version.key.class == CARD, "residency holds");
            assert!(version.key.class != CARD || home != stands(*at), "{site:?} at {at}: {begins:?} {ends:?}");
        }
        assert_eq!(record.unaudited(), 0);
        granted += begins.len();
        lapsed += steps(|fact| matches!(fact, EmergencyFact::Lease { held: false, .. })).len();
        expired += record.emergency.grants.values().filter(|grant| grant.began.is_none()).count();
    }
    assert!(granted > 20 && lapsed > 20 && expired > 5, "{granted} {lapsed} {expired}");
}
