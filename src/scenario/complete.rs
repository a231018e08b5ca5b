//! Writes into a raw scenario what the check made of it, so that the resolved text shows every default. Takes all numbers from
//! the checked scenario: each default is stated once, in the check.

mod access;
mod backup;
mod people;
mod work;

use super::check::Scope;
use super::model::{CacheModel, EmergencyAccess, Objective, Phase, Scenario, WarmUp};
use super::raw::*;
use crate::hsm::RawProfile;
use crate::net::{TicketKeys, Tls};
use crate::service::{Age, Durability, Ranking, Retry};
use crate::units::{Count, Duration, Factor, Growth, Percent};
use std::collections::BTreeMap;

/// `raw` with everything written out; `profiles` are those in use.
pub(super) fn complete(raw: &RawScenario, scenario: &Scenario, profiles: BTreeMap<String, RawProfile>) -> RawScenario {
    let mut full = raw.clone();
    full.profile = profiles;
    full.warm_up = Some(match scenario.warm_up {
        WarmUp::Auto => Word::Is(Auto::Auto),
        WarmUp::Given(span) => Word::Else(Duration(span)),
    });
    let replications = scenario.replications;
    full.replications = Some(Either::Long(RawReplications {
        min: Some(replications.min),
        max: Some(replications.max),
        until: Some(Percent::new(replications.relative_half_width)),
    }));
    full.seed = Some(scenario.seed);
    let survive = &scenario.survive;
    let scales =
        [(survive.device, RawScale::Device), (survive.site, RawScale::Site), (survive.region, RawScale::Region)];
    let what = scales.into_iter().filter(|(wanted, _)| *wanted).map(|(_, scale)| scale).collect();
    full.survive = Some(Survival::Table(RawSurvive { what, lasts: Some(Duration(survive.lasts)) }));
    fleet(&mut full, scenario);
    keys(&mut full, scenario);
    demand(&mut full, scenario);
    service(&mut full, scenario);
    access::access(&mut full, scenario);
    location(&mut full, scenario);
    work::work(&mut full, scenario);
    backup::backup(&mut full, scenario);
    people::people(&mut full, scenario);
    for work in &scenario.others {
        let Some(other) = full.other.get_mut(&work.id) else { continue };
        let quota = &scenario.quotas[work.quota.index()];
        other.account.get_or_insert_with(|| quota.account.clone());
        other.quota.get_or_insert_with(|| scenario.profiles[quota.profile].profile.quotas[quota.class].name.clone());
        other.shape.get_or_insert_with(|| "flat".into());
    }
    for (event, checked) in full.event.values_mut().zip(&scenario.events) {
        event.ramp = Some(Duration(checked.ramp));
    }
    for fault in full.fault.values_mut().filter(|fault| fault.mtbf.is_none()) {
        fault.at.get_or_insert(RawWhen::Peak);
    }
    let objectives = scenario.objectives.iter();
    full.objective = objectives.map(|objective| (objective.id.clone(), Either::Long(promise(objective)))).collect();
    full
}

fn fleet(full: &mut RawScenario, scenario: &Scenario) {
    for (region, checked) in full.region.values_mut().zip(&scenario.regions) {
        let sites: Vec<_> =
            scenario.sites.iter().filter(|site| scenario.regions[site.region.index()].id == checked.id).collect();
        let device = |profile: usize| Some(scenario.profiles[profile].id.clone());
        if region.site.is_empty() {
            region.sites = u32::try_from(sites.len()).ok();
            region.hsms = sites.first().map(|site| site.hsms);
            region.device = sites.first().and_then(|site| device(site.profile));
            let service = sites.first().filter(|site| scenario.profiles[site.profile].profile.is_service());
            region.weight = service.map(|site| site.weight);
        } else {
            (region.hsms, region.device) = (None, None);
            for (site, checked) in region.site.values_mut().zip(sites) {
                let is_service = scenario.profiles[checked.profile].profile.is_service();
                *site = RawSite {
                    hsms: Some(checked.hsms),
                    device: device(checked.profile),
                    account: checked.account.clone(),
                    weight: is_service.then_some(checked.weight),
                    custodians: site.custodians.take(),
                };
            }
        }
    }
}

fn keys(full: &mut RawScenario, scenario: &Scenario) {
    for (key, class) in full.key.values_mut().zip(&scenario.keys) {
        let counts = scenario.regions.iter().zip(&class.counts).filter(|(_, count)| **count > 0);
        let counts = counts.map(|(region, count)| (region.id.clone(), Count(u64::from(*count)))).collect();
        // What lists the keys says how many there are, and how old each is.
        key.count = class.listed.is_none().then_some(Either::Long(counts));
        key.stay.get_or_insert(Either::Short(RawStay::Region));
        key.copies = Some(class.copies);
        key.partner_copies = Some(class.partner_copies);
        key.escrow_copies = Some(class.escrow_copies);
        key.rotate = class.rotate.map(|r| RawRotate {
            every: Duration(r.every),
            keep: Some(Duration(r.keep)),
            uses: r.uses.map(Count),
            jitter: Some(Percent::new(r.jitter)),
            age: class.listed.is_none().then_some(match r.age {
                Age::Spread => Word::Is(RawAge::Spread),
                Age::At(age) => Word::Else(Duration(age)),
            }),
        });
        key.durability = Some(match class.durability {
            Durability::All => Word::Is(RawDurability::All),
            Durability::Copies(copies) => Word::Else(copies),
        });
        key.popularity = Some(if class.zipf > 0.0 { Popularity::Zipf(class.zipf) } else { Popularity::Uniform });
        key.tenants = Some(class.tenants);
    }
}

fn demand(full: &mut RawScenario, scenario: &Scenario) {
    for (load, checked) in full.load.values_mut().zip(&scenario.loads) {
        load.shape.get_or_insert_with(|| "flat".into());
        load.growth.get_or_insert(Either::Short(Growth::default()));
        load.timeout = Some(Duration(checked.timeout));
        load.arrivals.get_or_insert(Arrivals::Poisson);
        load.retry = Some(Either::Long(retry(&checked.retry)));
        load.cache = checked.cache.map(|cache| Either::Long(kept(cache)));
    }
    // Every load says it all now.
    full.retry = None;
}

/// The number of clients follows from demand, place by place, where it is not stated.
fn kept(cache: CacheModel) -> RawCache {
    RawCache {
        life: Duration(cache.life),
        clients: cache.clients,
        uses: cache.uses.map(Count),
        cold: Some(if cache.cold_failover { RawCold::Failover } else { RawCold::Restart }),
    }
}

fn retry(checked: &Retry) -> RawRetry {
    RawRetry {
        like: None,
        jitter: (!checked.jitter).then_some(RawJitter::None),
        attempts: Some(checked.attempts),
        attempt_timeout: Some(Duration(checked.attempt_timeout)),
        backoff: Some(Duration(checked.backoff)),
        backoff_max: Some(Duration(checked.backoff_max)),
        budget: Some(match checked.budget.is_finite() {
            true => Word::Else(Percent::new(checked.budget)),
            false => Word::Is(Nothing::None),
        }),
    }
}

fn service(full: &mut RawScenario, scenario: &Scenario) {
    let (health, routing, network) = (&scenario.health, &scenario.routing, &scenario.network);
    full.health = Some(RawHealth {
        interval: Some(Duration(health.interval)),
        threshold: Some(health.threshold),
        timeout: Some(Duration(health.timeout)),
        propagation: Some(Duration(health.propagation)),
        observers: Some(health.observers),
        phase: health.phase.map(Duration),
    });
    full.routing = Some(RawRouting {
        near: Some(Duration(routing.near)),
        bound: Some(Factor::new(routing.bound)),
        shards: Some(routing.shards),
        placement: Some(match routing.placement.ranking {
            Ranking::Rendezvous => RawPlacement::Rendezvous,
            Ranking::Ring { .. } => RawPlacement::Ring,
        }),
        virtual_nodes: match routing.placement.ranking {
            Ranking::Rendezvous => None,
            Ranking::Ring { virtual_nodes } => Some(virtual_nodes),
        },
        placement_bound: Some(match routing.placement.bound.is_finite() {
            true => Word::Else(Factor::new(routing.placement.bound)),
            false => Word::Is(Nothing::None),
        }),
        refresh: Some(Duration(routing.refresh)),
        drain: Some(Duration(routing.drain)),
        moves: Some(routing.moves),
    });
    let limit = |limit: u32| Some(if limit == u32::MAX { Word::Is(Nothing::None) } else { Word::Else(limit) });
    full.rotation = Some(RawRotation {
        at_once: limit(scenario.generating.at_once),
        at_once_urgent: limit(scenario.generating.at_once_urgent),
    });
    full.replication = Some(RawReplication { at_once: limit(scenario.catch_up) });
    let rtt = match full.network.take() {
        Some(Either::Short(nothing)) => {
            full.network = Some(Either::Short(nothing));
            None
        }
        Some(Either::Long(network)) => Some(network.rtt),
        None => Some(BTreeMap::new()),
    };
    if let Some(rtt) = rtt {
        full.network = Some(Either::Long(RawNetwork {
            local_rtt: Some(Duration(network.local_rtt)),
            jitter: Some(Factor::new(network.jitter)),
            loss: Some(Percent::new(network.loss)),
            rtt,
        }));
    }
    full.transport = scenario.tls.as_deref().map(|tls| Either::Long(transport(full, tls)));
    full.audit = Some(RawAudit {
        interval: Some(Duration(scenario.audit_interval)),
        access: Some(if scenario.audit_each { RawAccess::Each } else { RawAccess::Batches }),
    });
    let metadata = &scenario.metadata;
    let replicas = metadata.replicas.iter().map(|region| scenario.regions[region.index()].id.clone());
    full.metadata = Some(RawMetadata {
        regions: Some(replicas.collect()),
        election: Some(Duration(metadata.election)),
        timeout: Some(Duration(metadata.timeout)),
    });
    full.emergency = scenario.emergency.as_ref().map(|access| Either::Long(emergency(access)));
}

fn emergency(access: &EmergencyAccess) -> RawEmergency {
    let rules = &access.rules;
    RawEmergency {
        observers: Some(rules.observers),
        dark: Some(Duration(rules.dark)),
        approvers: Some(rules.approvers.into()),
        needed: Some(rules.needed.into()),
        answer: Some(Duration(access.answer)),
        declines: Some(Percent::new(access.declines)),
        limit: Some(Duration(rules.limit)),
        quota: Some(Count(rules.quota)),
        lease: Some(Duration(rules.lease)),
        record: Some(Duration(access.record)),
        reason: Some(access.reason.clone()),
    }
}

/// The number of clients follows from demand, place by place, where it is not stated.
fn transport(full: &RawScenario, tls: &Tls) -> RawTransport {
    let clients = match &full.transport {
        Some(Either::Long(raw)) => raw.clients,
        Some(Either::Short(_)) | None => None,
    };
    RawTransport {
        tls: Some(true),
        clients,
        idle: Some(Duration(tls.idle)),
        life: Some(Duration(tls.life)),
        ticket: Some(Duration(tls.ticket)),
        ticket_keys: Some(match tls.ticket_keys {
            TicketKeys::Site => RawTicketKeys::Site,
            TicketKeys::Fleet => RawTicketKeys::Fleet,
        }),
        handshake: Some(RawHandshake { full: Some(Duration(tls.full)), resumed: Some(Duration(tls.resumed)) }),
        workers: Some(tls.workers),
        queue: Some(tls.queue),
        checks_verify: Some(tls.checks_verify),
    }
}

fn location(full: &mut RawScenario, scenario: &Scenario) {
    let Some(location) = &scenario.location else { return };
    let database = match full.location.take() {
        Some(Either::Long(written)) => written.database,
        _ => None,
    };
    full.location = Some(Either::Long(RawLocation {
        database,
        vpn: Some(Percent::new(location.vpn)),
        roaming: Some(Percent::new(location.roaming)),
        stale: Some(Percent::new(location.stale)),
        hidden: Some(Percent::new(location.hidden)),
        told: Some(Percent::new(location.told)),
        told_wrong: Some(Percent::new(location.told_wrong)),
    }));
}

fn promise(objective: &Objective) -> RawObjective {
    RawObjective {
        expect: objective.expect.clone(),
        when: Some(match objective.when {
            Phase::Run => RawPhase::Run,
            Phase::Normal => RawPhase::Normal,
            Phase::Fault => RawPhase::Fault,
            Phase::Recovery => RawPhase::Recovery,
            Phase::Survive => RawPhase::Survive,
            Phase::Any => RawPhase::Any,
        }),
        over: Some(objective.over.map_or(Word::Is(Whole::Run), |width| Word::Else(Duration(width)))),
        each: (Scope::of(objective.metric) == Scope::Callers).then_some(if objective.each_region {
            RawEach::Region
        } else {
            RawEach::Fleet
        }),
        control: (!objective.control.is_empty()).then(|| objective.control.clone()),
    }
}
