//! From the counts of all replications to the document of a run.

use super::document::*;
use super::estimate::{estimate, over, pooled, quantities};
use super::{access, changes, emergency, faults, life, location, saturation, timeline};
use crate::audit::{self, Signer};
use crate::geo;
use crate::metrics::{self, Busy, CONFIDENCE, Holds, Part, Replica, Runs};
use crate::scenario::{Metric, Objective, Phase, Scenario};
use crate::stats::{self, Histogram};
use crate::time::Time;
use std::collections::BTreeMap;

/// The document of a run; speed and engine are left out.
#[must_use]
pub fn document(scenario: &Scenario, runs: &Runs) -> RunDocument {
    let objectives: Vec<ObjectiveResult> =
        scenario.objectives.iter().map(|objective| judged(objective, scenario, runs)).collect();
    let status = objectives.iter().map(|objective| objective.status).max().unwrap_or(Status::None);
    let replicas = &runs.main;
    let all = block(replicas, &|_, _, _| true);
    let frame = replicas.first().map(|replica| &replica.recorder.frame);
    let saturated = saturation::of(scenario, replicas);
    let mut document = RunDocument {
        schema: "keyfleet.run/1".to_owned(),
        scenario: described(scenario),
        trace_digest: format!("{:016x}", trace_digest(runs)),
        simulated_s: frame.map_or(0.0, |frame| frame.counted().as_secs_f64()),
        warm_up_s: runs.warm_up.as_secs_f64(),
        replications: replicas.len() as u32,
        interrupted: runs.interrupted,
        survive_missing: runs.missing.clone(),
        unsettled: runs.unsettled.clone(),
        fidelity: "exact".to_owned(),
        status,
        verdict: String::new(),
        controls: super::controls::controls(&objectives),
        objectives,
        saturation: saturated.iter().map(|site| site.state).max().unwrap_or(Saturation::Stable),
        saturated,
        requests: all.requests,
        latency_ms: all.latency_ms,
        hsm_wait_ms: pooled(replicas, &|r| sum_sites(r, |site| &site.wait)),
        hsm_waited: waited(replicas),
        hsm_service_ms: pooled(replicas, &|r| sum_sites(r, |site| &site.service)),
        utilisation: over(replicas, |replica| fleet_utilisation(scenario, replica)),
        phases: phases(replicas),
        regions: by_name(scenario.regions.iter().map(|r| r.id.as_str()), |region| {
            block(replicas, &|r, _, cell| cell / r.recorder.frame.loads == region)
        }),
        loads: by_name(scenario.loads.iter().map(|l| l.id.as_str()), |load| {
            block(replicas, &|r, _, cell| cell % r.recorder.frame.loads == load)
        }),
        sites: by_name(scenario.sites.iter().map(|s| s.id.as_str()), |site| site_block(scenario, replicas, site)),
        faults: faults::of_main_run(scenario, runs),
        events: events(scenario),
        survive: faults::of_cases(scenario, runs),
        keys: life::keys(scenario, replicas),
        replication: life::replication(replicas),
        rotation: life::rotation(replicas),
        changes: changes::changes(scenario, replicas),
        metadata: metadata(scenario, replicas),
        access: access::access(scenario, replicas),
        transport: super::transport::transport(scenario, replicas),
        location: location::location(scenario, replicas),
        out_of_place: location::out_of_place(scenario, runs),
        work: super::work::work(scenario, replicas),
        recovery: super::recovery::recovery(scenario, replicas),
        people: super::people::people(scenario, replicas),
        quotas: super::quota::quotas(scenario, replicas),
        emergency: emergency::emergency(scenario, replicas),
        surveyed: super::survey::survey(scenario, runs),
        caches: super::caches::caches(scenario, replicas),
        audit: audited(scenario, runs),
        cost: cost(scenario, replicas),
        provenance: scenario.provenance.iter().map(provenance).collect(),
        timeline: timeline::of(scenario, replicas),
        survival: None,
        remedies: super::remedy::remedies(scenario, runs),
        speed: None,
        engine: None,
    };
    document.survival = super::survival::survival(scenario, runs, (&document.faults, &document.survive));
    document.verdict = super::verdict::sentence(&document);
    document
}

fn described(scenario: &Scenario) -> ScenarioBlock {
    ScenarioBlock {
        name: scenario.name.clone(),
        digest: scenario.digest.clone(),
        seed: scenario.seed,
        description: scenario.description.clone(),
        classification: scenario.classification.clone(),
        start: geo::rfc3339(scenario.start, Time::ZERO),
        run_s: scenario.run.as_secs_f64(),
    }
}

fn events(scenario: &Scenario) -> Vec<EventResult> {
    let within = scenario.events.iter().filter(|event| event.at.0 < scenario.run.0);
    let told = within.map(|event| {
        let load = event.load.map_or_else(String::new, |load| format!(" of {}", scenario.loads[load.index()].id));
        let region = event.region.map_or_else(String::new, |r| format!(" in {}", scenario.regions[r.index()].id));
        EventResult {
            id: event.id.clone(),
            what: format!("demand{load}{region} times {}", event.factor),
            from_s: event.at.as_secs_f64(),
            until_s: (event.at + event.lasts).as_secs_f64().min(scenario.run.as_secs_f64()),
        }
    });
    told.collect()
}

fn provenance(p: &crate::scenario::Provenance) -> ProvenanceRow {
    let (what, value, badge, source) = (p.what.clone(), p.value.clone(), p.badge, p.source.clone());
    ProvenanceRow { what, value, badge, source }
}

/// The digests of all replications and cases, in order.
fn trace_digest(runs: &Runs) -> u64 {
    let cases = runs.all_cases().flat_map(|case| &case.replicas);
    let mut digests = runs.main.iter().chain(cases).map(|replica| &replica.digest);
    let Some(first) = digests.next() else { return 0 };
    let mut all = first.clone();
    digests.for_each(|digest| all.join(digest));
    all.value()
}

fn by_name<'a, T>(names: impl Iterator<Item = &'a str>, make: impl Fn(usize) -> T) -> BTreeMap<String, T> {
    names.enumerate().map(|(i, name)| (name.to_owned(), make(i))).collect()
}

fn sum_sites(replica: &Replica, which: impl Fn(&metrics::SiteTally) -> &Histogram) -> Histogram {
    let mut sum = Histogram::default();
    for site in &replica.recorder.sites {
        sum.merge(which(site));
    }
    sum
}

fn waited(replicas: &[Replica]) -> Estimate {
    over(replicas, |replica| {
        let wait = sum_sites(replica, |site| &site.wait);
        1.0 - wait.zeros() as f64 / wait.count().max(1) as f64
    })
}

/// Which cells count: replica, slot, cell.
type Wanted<'a> = &'a dyn Fn(&Replica, usize, usize) -> bool;

/// Requests and latency of the cells that `wanted` accepts.
fn block(replicas: &[Replica], wanted: Wanted<'_>) -> Block {
    let mut requests = Requests::default();
    let mut histograms = Vec::new();
    let mut availability = Vec::new();
    for replica in replicas {
        let mut latency = Histogram::default();
        let mut offered = 0;
        let recorder = &replica.recorder;
        for (slot, cells) in recorder.closed.iter().enumerate() {
            for cell in cells.iter().enumerate().filter(|(i, _)| wanted(replica, slot, *i)).map(|(_, cell)| cell) {
                offered += cell.offered;
                requests.retries += cell.retries;
                requests.over_bound += cell.over_bound;
                cell.latency.merge_into(&mut latency);
                for (reason, count) in &cell.reasons {
                    *requests.by_reason.entry(reason.name().to_owned()).or_default() += count;
                }
            }
        }
        requests.offered += offered;
        requests.failed += latency.infinite();
        requests.completed += latency.count() - latency.infinite();
        requests.in_flight += offered - latency.count();
        if latency.count() > 0 {
            availability.push(1.0 - latency.infinite() as f64 / latency.count() as f64);
        }
        histograms.push(latency);
    }
    requests.availability = estimate(stats::mean(&availability, CONFIDENCE));
    Block { requests, latency_ms: quantities(&histograms) }
}

fn phases(replicas: &[Replica]) -> BTreeMap<String, Block> {
    let parts: Vec<Vec<Part>> = replicas.iter().map(Replica::parts).collect();
    let present = |part: Part| parts.iter().any(|slots| slots.contains(&part));
    let of = |part: Part| {
        let wanted = |replica: &Replica, slot: usize, _: usize| {
            let index = replicas.iter().position(|r| std::ptr::eq(r, replica)).expect("it is one of them");
            parts[index][slot] == part
        };
        (part.name().to_owned(), block(replicas, &wanted))
    };
    [Part::Normal, Part::Fault, Part::Recovery].into_iter().filter(|part| present(*part)).map(of).collect()
}

fn fleet_utilisation(scenario: &Scenario, replica: &Replica) -> f64 {
    let mut sum = Busy::default();
    (0..scenario.sites.len()).for_each(|site| sum.add(&busy(replica, site)));
    sum.share()
}

fn busy(replica: &Replica, site: usize) -> Busy {
    Busy::of(replica, site, 0..replica.recorder.frame.slots())
}

fn site_block(scenario: &Scenario, replicas: &[Replica], site: usize) -> SiteBlock {
    let of = &scenario.sites[site];
    let named = &scenario.profiles[of.profile];
    SiteBlock {
        region: scenario.regions[of.region.index()].id.clone(),
        profile: named.id.clone(),
        hsms: of.hsms,
        calls: replicas.iter().map(|r| r.recorder.sites[site].service.count()).sum(),
        refused: replicas.iter().map(|r| r.recorder.sites[site].rejected.iter().sum::<u64>()).sum(),
        hsm_wait_ms: pooled(replicas, &|r| r.recorder.sites[site].wait.clone()),
        hsm_service_ms: pooled(replicas, &|r| r.recorder.sites[site].service.clone()),
        utilisation: over(replicas, |r| busy(r, site).share()),
        queue_length: over(replicas, |r| r.queue_length[site]),
        utilisation_peak: over(replicas, |r| metrics::peak_utilisation(r, site)),
        key_versions: replicas.first().map_or(0, |r| r.versions[site]),
        key_slots: named.profile.key_slots,
    }
}

fn metadata(scenario: &Scenario, replicas: &[Replica]) -> MetadataBlock {
    let count = |of: &dyn Fn(&metrics::MetadataTally) -> u64| over(replicas, |r| of(&r.recorder.metadata) as f64);
    let regions = scenario.metadata.replicas.iter().map(|region| scenario.regions[region.index()].id.clone());
    MetadataBlock {
        regions: regions.collect(),
        operations: count(&|store| store.operations),
        conflicts: count(&|store| store.conflicts),
        unanswered: count(&|store| store.unanswered),
        unavailable_s: over(replicas, |r| r.recorder.metadata.unavailable.as_secs_f64()),
        leader_changes: count(&|store| store.elections),
        rotations_delayed: count(&|store| store.delayed),
        rotations_waiting: count(&metrics::MetadataTally::waiting),
        delay_ms: pooled(replicas, &|r| r.recorder.metadata.delay.clone()),
    }
}

/// The signer of a run's audit log.
#[must_use]
pub fn signer(scenario: &Scenario, runs: &Runs) -> Signer {
    let run = format!("{:016x}", trace_digest(runs));
    Signer::simulated(&scenario.name, &scenario.digest, scenario.seed, &run)
}

fn audited(scenario: &Scenario, runs: &Runs) -> Audit {
    let replicas = &runs.main;
    let ledger = replicas.first().and_then(|replica| replica.ledger.as_ref());
    let sum = |of: &dyn Fn(&metrics::SiteTally) -> u64| replicas.iter().flat_map(|r| &r.recorder.sites).map(of).sum();
    let key_events = |r: &Replica| {
        let keys = &r.recorder.keys;
        keys.provisioned
            + keys.generated
            + keys.copied
            + keys.activated
            + keys.destroyed
            + keys.versions_lost
            + keys.unused_lost
    };
    Audit {
        batches: sum(&|site| site.batches),
        accesses: sum(&|site| site.sealed.0),
        served: sum(&|site| site.served),
        refused: sum(&|site| site.sealed.1),
        singly: scenario.audit_each.then(|| sum(&|site| site.singly.0 + site.singly.1)),
        missing: replicas.iter().map(|replica| replica.recorder.unaudited()).sum(),
        key_events: replicas.iter().map(key_events).sum(),
        records: ledger.map_or(0, |ledger| ledger.size()),
        root: ledger.map(|ledger| audit::hex(&ledger.root())),
        origin: ledger.map(|_| signer(scenario, runs).public().name().to_owned()),
    }
}

fn cost(scenario: &Scenario, replicas: &[Replica]) -> Cost {
    let fleet = metrics::yearly(scenario, replicas);
    let total = fleet.total();
    let calls = fleet.calls_per_s * 31_536_000.0;
    Cost {
        devices_usd_per_year: fleet.part(|region| region.devices),
        purchase_years: crate::hsm::profile::PURCHASE_YEARS,
        keys_usd_per_year: fleet.part(|region| region.keys),
        operations_usd_per_year: fleet.part(|region| region.operations),
        transfer_usd_per_year: fleet.part(|region| region.transfer),
        total_usd_per_year: total,
        usd_per_million_calls: (calls > 0.0).then(|| total / calls * 1e6),
        regions: by_name(scenario.regions.iter().map(|r| r.id.as_str()), |i| fleet.regions[i].total()),
        unpriced: fleet.unpriced,
    }
}

fn judged(objective: &Objective, scenario: &Scenario, runs: &Runs) -> ObjectiveResult {
    let mut judgement = metrics::judge(objective, scenario, runs);
    let over_cases = matches!(objective.when, Phase::Survive | Phase::Any);
    if over_cases && !runs.missing.is_empty() && judgement.holds != Holds::No {
        judgement.holds = Holds::Unknown;
        judgement.at = format!("the run was interrupted; survive cases that did not run: {}", runs.missing.len());
    }
    let (unit, scale) = unit(objective.metric);
    let finite = |value: f64| value.is_finite().then_some(value * scale);
    ObjectiveResult {
        id: objective.id.clone(),
        expect: objective.expect.clone(),
        value: finite(judgement.value),
        half_width: judgement.half_width.and_then(finite),
        limit: objective.limit * scale,
        unit: unit.to_owned(),
        status: match judgement.holds {
            Holds::Yes => Status::Pass,
            Holds::Unknown => Status::Inconclusive,
            Holds::No => Status::Fail,
        },
        at: judgement.at,
        when: when(objective.when).to_owned(),
        control: objective.control.clone(),
    }
}

/// The unit in which a metric is shown, and what its base unit is multiplied by.
pub(super) const fn unit(metric: Metric) -> (&'static str, f64) {
    match metric {
        Metric::Latency(_) | Metric::MeanLatency | Metric::HsmWait(_) => ("ms", 1e3),
        Metric::Availability | Metric::Answered | Metric::HitRatio | Metric::Utilisation => ("%", 100.0),
        Metric::Copies => ("copies", 1.0),
        Metric::KeysLost | Metric::RotationOverdue => ("keys", 1.0),
        Metric::UsesExceeded => ("versions", 1.0),
        Metric::Rto | Metric::Rpo | Metric::ReplicationLag(_) | Metric::Replacement => ("s", 1.0),
        Metric::AuditMissing => ("accesses", 1.0),
        Metric::Cost => ("USD/y", 1.0),
    }
}

const fn when(phase: Phase) -> &'static str {
    match phase {
        Phase::Run => "run",
        Phase::Normal => "normal",
        Phase::Fault => "fault",
        Phase::Recovery => "recovery",
        Phase::Survive => "survive",
        Phase::Any => "any",
    }
}
