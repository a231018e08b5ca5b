//! From the counts of all replications to what a document says of planned work and of pushes.

use super::document::{EventResult, OutSpan, PlannedWork, PushResult, PushWave, SpareSite, WorkBlock};
use super::estimate::over;
use crate::kms::{FaultId, SiteId, WorkFact, WorkId};
use crate::metrics::{PushTally, Replica, TakenOut};
use crate::scenario::{FaultKind, Scenario, Spare, Work, spare, stretches};
use crate::time::Time;

/// Stretches of work that are nearer to each other than this are shown as one, seconds.
const NEAR: f64 = 3_600.0;

/// The block; nothing where nothing is planned and nothing pushed.
pub(super) fn work(scenario: &Scenario, replicas: &[Replica]) -> Option<WorkBlock> {
    if scenario.works.is_empty() && scenario.common.pushes.is_empty() {
        return None;
    }
    let planned = scenario.works.iter().enumerate();
    let planned = planned.map(|(number, work)| (work.id.clone(), one(scenario, replicas, (number, work)))).collect();
    let first = replicas.first();
    let told = |number: usize| first?.recorder.work.pushes.get(&FaultId(number as u16));
    let pushed = |(number, fault): (usize, &crate::scenario::Fault)| match fault.kind {
        FaultKind::Push(push) => {
            let push = &scenario.common.pushes[usize::from(push)];
            told(number).map(|tally| (fault.id.clone(), self::pushed(scenario, push, tally)))
        }
        _ => None,
    };
    let bands = bands(scenario, replicas);
    Some(WorkBlock { planned, bands, pushes: scenario.faults.iter().enumerate().filter_map(pushed).collect() })
}

fn pushed(scenario: &Scenario, push: &crate::scenario::Push, tally: &PushTally) -> PushResult {
    let hsms = |sites: &[SiteId]| sites.iter().map(|site| scenario.sites[site.index()].hsms).sum::<u32>();
    let all: u32 = scenario.sites.iter().map(|site| site.hsms).sum();
    let reached: u32 = push.waves.iter().take(tally.waves.len()).map(|sites| hsms(sites)).sum();
    let wave = |(number, sites): (usize, &Vec<SiteId>)| PushWave {
        sites: sites.iter().map(|site| scenario.sites[site.index()].id.clone()).collect(),
        at_s: tally.waves.get(number).map(|at| at.as_secs_f64()),
    };
    PushResult {
        waves: push.waves.iter().enumerate().map(wave).collect(),
        noticed_s: tally.noticed.map(Time::as_secs_f64),
        reached: f64::from(reached) / f64::from(all.max(1)),
    }
}

fn one(scenario: &Scenario, replicas: &[Replica], (number, work): (usize, &Work)) -> PlannedWork {
    let id = WorkId(number as u16);
    let of = |figure: &dyn Fn(&Replica) -> Option<Time>| {
        over(replicas, |replica| figure(replica).map_or(f64::INFINITY, Time::as_secs_f64))
    };
    let done = |replica: &Replica| outs(replica, id).filter(|out| out.back.is_some()).count() as f64;
    let units: u32 = match work.whole {
        true => work.sites.len() as u32,
        false => work.sites.iter().map(|site| scenario.sites[site.index()].hsms).sum(),
    };
    let spares = work.sites.iter().zip(spare(scenario, work));
    let site = |(site, spare): (&SiteId, Spare)| (scenario.sites[site.index()].id.clone(), self::site(work, &spare));
    PlannedWork {
        kind: work.kind.name().to_owned(),
        unit: if work.whole { "site" } else { "device" }.to_owned(),
        began_s: of(&|replica| replica.recorder.work.works.get(&id).map(|(began, _)| *began)),
        ended_s: of(&|replica| replica.recorder.work.works.get(&id).and_then(|(_, ended)| *ended)),
        done: over(replicas, done),
        of: units,
        sites: spares.map(site).collect(),
        out: replicas.first().map(|first| outs(first, id).map(|out| span(scenario, out)).collect()).unwrap_or_default(),
    }
}

fn outs(replica: &Replica, work: WorkId) -> impl Iterator<Item = &TakenOut> {
    replica.recorder.work.out.iter().filter(move |out| out.work == work)
}

fn site(work: &Work, spare: &Spare) -> SpareSite {
    SpareSite {
        devices: spare.devices,
        at_once: work.out_at(spare.devices),
        most_at_once: spare.most,
        safe: stretches(&spare.safe),
        safe_hours: spare.safe.iter().filter(|safe| **safe).count() as u32,
        known_hours: spare.busy.iter().flatten().count() as u32,
        limit: work.limit,
        busiest_engines: spare.busy.iter().flatten().fold(0.0, |most, busy| f64::max(most, *busy)),
    }
}

fn span(scenario: &Scenario, out: &TakenOut) -> OutSpan {
    OutSpan {
        site: scenario.sites[out.site.index()].id.clone(),
        device: (out.device != WorkFact::WHOLE).then(|| u32::from(out.device) + 1),
        from_s: out.from.as_secs_f64(),
        away_s: out.away.map(Time::as_secs_f64),
        until_s: out.back.map(Time::as_secs_f64),
    }
}

/// The stretches of time in which there was work, as bands of charts: those of the first replication.
fn bands(scenario: &Scenario, replicas: &[Replica]) -> Vec<EventResult> {
    let Some(first) = replicas.first() else { return Vec::new() };
    let end = scenario.run.as_secs_f64();
    let mut bands = Vec::new();
    for (number, work) in scenario.works.iter().enumerate() {
        let spans = outs(first, WorkId(number as u16))
            .map(|out| (out.from.as_secs_f64(), out.back.map_or(end, Time::as_secs_f64)));
        let mut merged: Vec<(f64, f64, u32)> = Vec::new();
        for (from, until) in spans {
            match merged.last_mut() {
                Some((_, last, units)) if from <= *last + NEAR => (*last, *units) = (last.max(until), *units + 1),
                _ => merged.push((from, until, 1)),
            }
        }
        let unit = |units: u32| match (work.whole, units) {
            (true, 1) => "1 site".to_owned(),
            (true, units) => format!("{units} sites"),
            (false, 1) => "1 device".to_owned(),
            (false, units) => format!("{units} devices"),
        };
        bands.extend(merged.into_iter().map(|(from_s, until_s, units)| EventResult {
            id: work.id.clone(),
            what: format!("planned {}: {}, {} at once", work.kind.name(), unit(units), work.at_once),
            from_s,
            until_s,
        }));
    }
    bands
}
