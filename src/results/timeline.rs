//! The run over time, for charts: pooled over replications where faults strike at the same times in all, else the first one.

use super::document::{Flow, MapPlace, RegionSeries, SiteSeries, Timeline};
use crate::metrics::{Busy, Replica};
use crate::scenario::{Scenario, When};
use crate::stats::Histogram;

/// Points of a line at most; longer runs join slots.
const POINTS: usize = 600;

/// The timeline of a run.
pub(super) fn of(scenario: &Scenario, replicas: &[Replica]) -> Timeline {
    let random = scenario.faults.iter().any(|fault| matches!(fault.when, When::Random(..)));
    let replicas = if random { &replicas[..replicas.len().min(1)] } else { replicas };
    let Some(first) = replicas.first() else { return Timeline::default() };
    let frame = &first.recorder.frame;
    let join = frame.slots().div_ceil(POINTS).max(1);
    let regions = (0..scenario.regions.len())
        .map(|region| (scenario.regions[region].id.clone(), region_series(replicas, region, join)))
        .collect();
    let sites = (0..scenario.sites.len())
        .map(|site| (scenario.sites[site].id.clone(), site_series(scenario, replicas, site, join)))
        .collect();
    Timeline {
        start_s: frame.counted_from.as_secs_f64(),
        slot_s: frame.slot.as_secs_f64() * join as f64,
        regions,
        sites,
        map: map(scenario),
        flows: flows(scenario, replicas),
    }
}

/// Joined slots and their length in seconds; the last may be shorter.
fn joined(replicas: &[Replica], join: usize) -> Vec<(std::ops::Range<usize>, f64)> {
    let frame = &replicas[0].recorder.frame;
    let slots = frame.slots();
    let length = |from: usize, until: usize| {
        frame.slot_start(until).min(frame.until).since(frame.slot_start(from)).as_secs_f64().max(1e-9)
    };
    (0..slots)
        .step_by(join)
        .map(|from| (from..(from + join).min(slots), length(from, (from + join).min(slots))))
        .collect()
}

fn region_series(replicas: &[Replica], region: usize, join: usize) -> RegionSeries {
    let mut series = RegionSeries::default();
    let loads = replicas[0].recorder.frame.loads;
    for (slots, seconds) in joined(replicas, join) {
        let mut latency = Histogram::default();
        let mut offered = 0;
        for replica in replicas {
            for slot in slots.clone() {
                for cell in &replica.recorder.closed[slot][region * loads..(region + 1) * loads] {
                    offered += cell.offered;
                    cell.latency.merge_into(&mut latency);
                }
            }
        }
        let per_second = |count: u64| count as f64 / seconds / replicas.len() as f64;
        let quantile = |q: f64| latency.quantile(q).and_then(|quantile| quantile.finite()).map(|ns| ns / 1e6);
        series.offered_per_s.push(per_second(offered));
        series.failed_per_s.push(per_second(latency.infinite()));
        series.p50_ms.push(quantile(0.5));
        series.p95_ms.push(quantile(0.95));
        series.p99_ms.push(quantile(0.99));
        series.p999_ms.push(quantile(0.999));
    }
    series
}

fn site_series(scenario: &Scenario, replicas: &[Replica], site: usize, join: usize) -> SiteSeries {
    let mut series = SiteSeries {
        region: scenario.regions[scenario.sites[site].region.index()].id.clone(),
        ..SiteSeries::default()
    };
    for (slots, seconds) in joined(replicas, join) {
        let (mut calls, mut wait, mut busy) = (0_u64, 0_u64, Busy::default());
        for replica in replicas {
            for slot in &replica.recorder.sites[site].slots[slots.clone()] {
                calls += u64::from(slot.calls);
                wait += slot.wait;
            }
            busy.add(&Busy::of(replica, site, slots.clone()));
        }
        series.calls_per_s.push(calls as f64 / seconds / replicas.len() as f64);
        series.utilisation.push(busy.measured());
        series.wait_ms.push(wait as f64 / 1e6 / calls.max(1) as f64);
    }
    series
}

fn map(scenario: &Scenario) -> Vec<MapPlace> {
    let regions = scenario.regions.iter().map(|region| MapPlace {
        id: region.id.clone(),
        kind: "region".to_owned(),
        lat: region.place.lat,
        lon: region.place.lon,
    });
    let is_region = |id: &str| scenario.regions.iter().any(|region| region.id == id);
    let callers = scenario.origins.iter().filter(|origin| !is_region(&origin.id)).map(|origin| MapPlace {
        id: origin.id.clone(),
        kind: "callers".to_owned(),
        lat: origin.place.lat,
        lon: origin.place.lon,
    });
    regions.chain(callers).collect()
}

/// Calls per second from origins to regions, without and with a fault present.
fn flows(scenario: &Scenario, replicas: &[Replica]) -> Vec<Flow> {
    let [mut calm, mut struck] = [0.0, 0.0];
    for replica in replicas {
        let frame = &replica.recorder.frame;
        let faulty = replica.recorder.watch.faulty(frame.counted_from).as_secs_f64();
        struck += faulty;
        calm += frame.counted().as_secs_f64() - faulty;
    }
    let mut flows = Vec::new();
    for (o, origin) in scenario.origins.iter().enumerate() {
        for (r, region) in scenario.regions.iter().enumerate() {
            let at = o * scenario.regions.len() + r;
            let sum = |which: usize| replicas.iter().map(|replica| replica.recorder.flows[which][at]).sum::<u64>();
            let rate = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
            if sum(0) + sum(1) > 0 {
                flows.push(Flow {
                    from: origin.id.clone(),
                    to: region.id.clone(),
                    normal_per_s: rate(sum(0), calm),
                    fault_per_s: rate(sum(1), struck),
                });
            }
        }
    }
    flows
}
