//! From the counts of all replications to what a document says of data keys that clients keep.

use super::document::{CacheLoad, CachesBlock, Estimate};
use super::estimate::over;
use super::timeline::{join, joined};
use crate::metrics::{Replica, View, windows};
use crate::scenario::{Scenario, USUAL_WINDOW};

/// Requests of a replication: answered by clients, offered to the service, of these good and not.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    hits: u64,
    offered: u64,
    good: u64,
    failed: u64,
}

impl Counts {
    /// Of the loads that are wanted.
    fn of(replica: &Replica, wanted: impl Fn(usize) -> bool) -> Self {
        let (recorder, frame) = (&replica.recorder, &replica.recorder.frame);
        let hits = recorder.caches.sum(0..frame.slots(), frame, |cell| wanted(cell % frame.loads));
        let mut counts = Self { hits, ..Self::default() };
        let cells = recorder.closed.iter().flat_map(|cells| cells.iter().enumerate());
        for (_, cell) in cells.filter(|(i, _)| wanted(i % frame.loads)) {
            counts.offered += cell.offered;
            counts.failed += cell.latency.infinite();
            counts.good += cell.latency.count() - cell.latency.infinite();
        }
        counts
    }

    /// Not a number where nothing was asked.
    fn hit_ratio(self) -> f64 {
        self.hits as f64 / (self.hits + self.offered) as f64
    }

    fn answered(self) -> f64 {
        (self.hits + self.good) as f64 / (self.hits + self.good + self.failed) as f64
    }
}

/// The block; nothing where no client keeps data keys.
pub(super) fn caches(scenario: &Scenario, replicas: &[Replica]) -> Option<CachesBlock> {
    let cached = |load: usize| scenario.loads.get(load).is_some_and(|load| load.cache.is_some());
    if !(0..scenario.loads.len()).any(cached) {
        return None;
    }
    let counts: Vec<Counts> = replicas.iter().map(|replica| Counts::of(replica, cached)).collect();
    let (hits_per_s, misses_per_s) = over_time(replicas, cached);
    let loads = scenario.loads.iter().enumerate().filter(|(i, _)| cached(*i));
    Some(CachesBlock {
        hits: over(&counts, |counts| counts.hits as f64),
        misses: over(&counts, |counts| counts.offered as f64),
        hit_ratio: over(&counts, |counts| counts.hit_ratio()),
        answered: over(&counts, |counts| counts.answered()),
        emptied: emptied(scenario, replicas, cached),
        loads: loads.map(|(i, load)| (load.id.clone(), of_load(scenario, replicas, i))).collect(),
        hits_per_s,
        misses_per_s,
    })
}

fn emptied(scenario: &Scenario, replicas: &[Replica], wanted: impl Fn(usize) -> bool) -> Estimate {
    over(replicas, |replica| {
        let emptied = replica.recorder.caches.emptied.iter();
        let theirs = emptied.filter(|(p, _)| wanted(scenario.populations[p.index()].load.index()));
        theirs.map(|(_, clients)| *clients).sum::<u64>() as f64
    })
}

fn of_load(scenario: &Scenario, replicas: &[Replica], load: usize) -> CacheLoad {
    let counts: Vec<Counts> = replicas.iter().map(|replica| Counts::of(replica, |of| of == load)).collect();
    let populations = || scenario.populations.iter().filter(|population| population.load.index() == load);
    let clients = populations().filter_map(|population| scenario.keeping(population));
    let (asked, reaching) = populations()
        .fold((0.0, 0.0), |sum, population| (sum.0 + population.demand.mean(), sum.1 + scenario.reaching(population)));
    let view = View { load: Some(load), width: Some(USUAL_WINDOW), each_region: false, enough: 1, hits: true };
    let lowest = |replica: &Replica| {
        let mut lowest = f64::NAN;
        windows(replica, view, |_| true, |window| lowest = window.hit_ratio().min(lowest));
        lowest
    };
    let cache = scenario.loads[load].cache;
    CacheLoad {
        for_s: cache.map_or(0.0, |cache| cache.life.as_secs_f64()),
        uses: cache.and_then(|cache| cache.uses),
        clients: clients.map(|keeping| u64::from(keeping.clients)).sum(),
        hits: over(&counts, |counts| counts.hits as f64),
        misses: over(&counts, |counts| counts.offered as f64),
        hit_ratio: over(&counts, |counts| counts.hit_ratio()),
        expected_hit_ratio: if asked > 0.0 { 1.0 - reaching / asked } else { 0.0 },
        lowest_hit_ratio: over(replicas, lowest),
        answered: over(&counts, |counts| counts.answered()),
        emptied: emptied(scenario, replicas, |of| of == load),
    }
}

/// Requests that clients answered and those that reached the service, per second, by slot of the timeline.
fn over_time(replicas: &[Replica], cached: impl Fn(usize) -> bool) -> (Vec<f64>, Vec<f64>) {
    let Some(first) = replicas.first() else { return Default::default() };
    let frame = &first.recorder.frame;
    let slots = joined(replicas, join(frame)).into_iter().map(|(slots, seconds)| {
        let (mut hits, mut misses) = (0, 0);
        for recorder in replicas.iter().map(|replica| &replica.recorder) {
            hits += recorder.caches.sum(slots.clone(), frame, |cell| cached(cell % frame.loads));
            let cells = recorder.closed[slots.clone()].iter().flat_map(|cells| cells.iter().enumerate());
            misses += cells.filter(|(i, _)| cached(i % frame.loads)).map(|(_, cell)| cell.offered).sum::<u64>();
        }
        let per_second = |count: u64| count as f64 / seconds / replicas.len() as f64;
        (per_second(hits), per_second(misses))
    });
    slots.unzip()
}
