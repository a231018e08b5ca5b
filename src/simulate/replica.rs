//! One stretch of one replication, from its first event to its last.

use super::{Options, Told};
use crate::audit::{Gathered, Ledger};
use crate::engine::{Pace, Queue, run};
use crate::kms::SiteId;
use crate::metrics::{Replica, versions_at};
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch, World};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A stretch is run in this many steps; between them it can be stopped and tells how far it is.
pub(super) const STEPS: u64 = 1000;

/// Runs a stretch; `None` when stopped.
#[must_use]
pub fn run_stretch(blueprint: &Blueprint, stretch: &Stretch, options: Options<'_>) -> Option<Replica> {
    run_world(blueprint, blueprint.world(stretch), stretch, options)
}

/// As [`run_stretch`], with an audit log of it. Its memory grows with what the log holds, so one replication has one.
pub(super) fn run_audited(blueprint: &Blueprint, stretch: &Stretch, options: Options<'_>) -> Option<Replica> {
    run_world(blueprint, blueprint.audited(stretch), stretch, options)
}

fn run_world(blueprint: &Blueprint, mut world: World, stretch: &Stretch, options: Options<'_>) -> Option<Replica> {
    let mut queue = Queue::new(blueprint.catalog().populations.len());
    let mut handled = 0;
    world.begin(stretch.from, &mut queue);
    let mut to = |until: Time, world: &mut World, queue: &mut Queue<crate::world::Event>| {
        handled += run(world, queue, &mut Pace::Virtual { until }).handled;
    };
    to(stretch.counted_from - Span(1), &mut world, &mut queue);
    let before = world.waiting_area(stretch.counted_from);
    let counted = stretch.until.since(stretch.counted_from);
    for step in 1..=STEPS {
        if options.stop.load(Ordering::Relaxed) {
            return None;
        }
        let until = stretch.counted_from + Span((u128::from(counted.0) * u128::from(step) / u128::from(STEPS)) as u64);
        to(until, &mut world, &mut queue);
        (options.told)(Told::Done(1));
    }
    let area = world.waiting_area(stretch.until);
    let queue_length = area.iter().zip(&before).map(|(a, b)| (a - b) as f64 / counted.0.max(1) as f64).collect();
    let waiting = world.waiting(stretch.until);
    let in_flight = world.service().in_flight() as u64;
    let scenario = blueprint.scenario();
    let shards = blueprint.catalog().shards.shards();
    let versions = (0..scenario.sites.len()).map(|i| versions_at(scenario, shards, SiteId(i as u16))).collect();
    let copies = world.service().most_copies();
    let (mut recorder, digest) = world.end(&mut queue);
    let log: Option<Gathered> = recorder.log.take();
    let ledger = log.map(|log| Arc::new(Ledger::of(scenario, log)));
    let stated = blueprint.stated(&recorder);
    let faults = stretch.faults.clone();
    Some(Replica {
        recorder,
        digest,
        queue_length,
        waiting,
        versions,
        copies,
        stated,
        in_flight,
        handled,
        faults,
        ledger,
    })
}
