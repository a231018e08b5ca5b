//! The run over time, for charts: pooled over replications where faults strike at the same times in all, else the first one.

use super::document::{Flow, MapPlace, RegionSeries, SiteSeries, Timeline};
use crate::metrics::{Busy, Frame, Part, RECOVERY, Replica};
use crate::scenario::{Origin, Scenario, When};
use crate::stats::Histogram;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Points of a line at most; longer runs join slots.
const POINTS: usize = 600;

/// The timeline of a run.
pub(super) fn of(scenario: &Scenario, replicas: &[Replica]) -> Timeline {
    let random = scenario.faults.iter().any(|fault| matches!(fault.when, When::Random(..)));
    let replicas = if random { &replicas[..replicas.len().min(1)] } else { replicas };
    let Some(first) = replicas.first() else { return Timeline::default() };
    let frame = &first.recorder.frame;
    let join = join(frame);
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

/// Slots that are one point.
pub(super) fn join(frame: &Frame) -> usize {
    frame.slots().div_ceil(POINTS).max(1)
}

/// Joined slots and their length in seconds; the last may be shorter.
pub(super) fn joined(replicas: &[Replica], join: usize) -> Vec<(std::ops::Range<usize>, f64)> {
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
    let places: BTreeMap<&str, &Origin> = scenario.origins.iter().map(|origin| (origin.place_id(), origin)).collect();
    let callers = places.into_iter().filter(|(id, _)| !is_region(id)).map(|(id, origin)| MapPlace {
        id: id.to_owned(),
        kind: "callers".to_owned(),
        lat: origin.place.lat,
        lon: origin.place.lon,
    });
    regions.chain(callers).collect()
}

/// Calls per second from the places of callers, of all tenants, to regions, in each part of the run.
fn flows(scenario: &Scenario, replicas: &[Replica]) -> Vec<Flow> {
    let mut seconds = [0.0; 3];
    for replica in replicas {
        seconds.iter_mut().zip(lengths(replica)).for_each(|(sum, length)| *sum += length.as_secs_f64());
    }
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, origin) in scenario.origins.iter().enumerate() {
        places.entry(origin.place_id()).or_default().push(number);
    }
    let mut flows = Vec::new();
    for (place, origins) in places {
        for (r, region) in scenario.regions.iter().enumerate() {
            let of = |flows: &[u64]| origins.iter().map(|o| flows[o * scenario.regions.len() + r]).sum::<u64>();
            let sum =
                |part: Part| replicas.iter().map(|replica| of(&replica.recorder.flows[part as usize])).sum::<u64>();
            let rate = |part: Part| match seconds[part as usize] {
                0.0 => 0.0,
                seconds => sum(part) as f64 / seconds,
            };
            let [normal, fault, recovery] = [Part::Normal, Part::Fault, Part::Recovery].map(rate);
            if normal + fault + recovery > 0.0 {
                flows.push(Flow {
                    from: place.to_owned(),
                    to: region.id.clone(),
                    normal_per_s: normal,
                    fault_per_s: fault,
                    recovery_per_s: recovery,
                });
            }
        }
    }
    flows
}

/// How much of the counted time each [`Part`] of a run is, to the nanosecond. Faults that overlap count once.
fn lengths(replica: &Replica) -> [Span; 3] {
    let frame = &replica.recorder.frame;
    let within = |from: Time, until: Time| {
        let (from, until) = (from.max(frame.counted_from), until.min(frame.until));
        if until > from { until.since(from) } else { Span::ZERO }
    };
    let mut stretches: Vec<(Time, Time)> = Vec::new();
    for strike in &replica.recorder.watch.strikes {
        match stretches.last_mut() {
            Some((_, until)) if strike.from <= *until => *until = strike.until.max(*until),
            _ => stretches.push((strike.from, strike.until)),
        }
    }
    let (mut fault, mut recovery) = (Span::ZERO, Span::ZERO);
    for (i, (from, until)) in stretches.iter().enumerate() {
        let next = stretches.get(i + 1).map_or(frame.until, |next| next.0);
        fault += within(*from, *until);
        recovery += within(*until, (*until + RECOVERY).min(next));
    }
    [Span(frame.counted().0 - fault.0 - recovery.0), fault, recovery]
}
