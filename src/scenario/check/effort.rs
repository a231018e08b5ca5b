//! What a checked scenario asks of its devices and of the computer: calls that are not timed, too few key slots, too many events.

use super::Context;
use crate::kms::{ClassId, RegionId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Demand, OtherWork, Scenario, Target};
use crate::scenario::suggest;
use crate::time::Time;

/// Events of one call in a run: arrival at the site, its completion, the answer, and a share of the rest.
const EVENTS_PER_CALL: f64 = 3.0;
/// At some 10^7 events per second and core, more than half an hour.
const MOST_EVENTS: f64 = 2e10;
/// Counts in the sealed batches of a run's audit log, one for each lot (keys of one class with one home): some 50 bytes each,
/// and 150 for the batch, its tiles included: at most three quarters of a gigabyte.
const MOST_COUNTS: u64 = 4_000_000;
/// What an access takes in the audit log while it is made: the fact, its line and its hashes.
const BYTES_PER_ACCESS: f64 = 250.0;
/// Single accesses in a run's audit log: two and a half gigabytes.
const MANY_ACCESSES: f64 = 1e7;
/// Fifty gigabytes, more than most machines have.
const MOST_ACCESSES: f64 = 2e8;

pub(super) fn check(context: &mut Context<'_>, scenario: &Scenario) {
    timed(context, scenario);
    generated(context, scenario);
    slots(context, scenario);
    events(context, scenario);
    batches(context, scenario);
    accesses(context, scenario);
}

/// The regions whose sites may hold keys of a class.
pub(super) fn reached(scenario: &Scenario, class: usize) -> Vec<usize> {
    let key = &scenario.keys[class];
    let region = |i: usize| RegionId(i as u16);
    let homes: Vec<usize> = (0..scenario.regions.len()).filter(|i| key.counts[*i] > 0).collect();
    let partners = |home: &usize| scenario.partner_sites(ClassId(class as u16), region(*home));
    let mut partners: Vec<RegionId> = homes.iter().flat_map(partners).map(|(region, _)| region).collect();
    if scenario.emergency.is_some() && key.opens() {
        let escrow = |home: &usize| scenario.escrow_sites(ClassId(class as u16), region(*home));
        partners.extend(homes.iter().flat_map(escrow).map(|(region, _)| region));
    }
    let partner = |i: usize| partners.contains(&region(i));
    (0..scenario.regions.len()).filter(|i| homes.contains(i) || partner(*i)).collect()
}

fn timed(context: &mut Context<'_>, scenario: &Scenario) {
    for load in &scenario.loads {
        let class = &scenario.keys[load.key.index()];
        let regions = reached(scenario, load.key.index());
        let sites = scenario.sites.iter().filter(|site| regions.contains(&site.region.index()));
        let mut used: Vec<usize> = sites.map(|site| site.profile).collect();
        used.sort_unstable();
        used.dedup();
        for profile in used {
            let named = &scenario.profiles[profile];
            for (index, call) in load.calls.iter().enumerate() {
                let call = scenario.calls[call.index()].as_str();
                if named.profile.service_time(&class.algorithm, call).is_some() {
                    continue;
                }
                let known: Vec<&str> = named.profile.calls(&class.algorithm);
                let reason =
                    format!("the profile \"{}\" does not time \"{call}\" with {} keys", named.id, class.algorithm);
                context.error(Code::NotTimed, &["load", &load.id, "calls", &index.to_string()], reason);
                context.help(match suggest::nearest(call, known.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("it times {}", known.join(", ")),
                });
            }
        }
    }
}

/// Keys that rotate or leak need HSMs that can generate their successors.
fn generated(context: &mut Context<'_>, scenario: &Scenario) {
    for (index, class) in scenario.keys.iter().enumerate() {
        let (leaks, rotates) = (leaks(scenario, index), class.rotate.is_some());
        let opens = scenario.emergency.is_some() && class.opens();
        if !leaks && !rotates && !opens {
            continue;
        }
        let regions = reached(scenario, index);
        let unable = scenario.sites.iter().find(|site| {
            let profile = &scenario.profiles[site.profile].profile;
            regions.contains(&site.region.index()) && profile.service_time(&class.algorithm, "generate").is_none()
        });
        if let Some(site) = unable {
            let profile = &scenario.profiles[site.profile].id;
            let what = match (rotates, leaks) {
                (true, _) => "rotate",
                (false, true) => "leak",
                (false, false) => "get successors after emergency access",
            };
            let reason = format!("these keys {what}, but \"{profile}\" does not generate {} keys", class.algorithm);
            let path = ["key", &class.id, "rotate"];
            context.error(Code::NotTimed, if rotates { &path } else { &path[..2] }, reason);
            context.help(match profiles_service(scenario, site.profile) {
                true => "give the service `[op] generate = { latency = \"100 ms\" }`, and a quota with calls = [\"generate\"]",
                false => "give the profile `generate`, such as `generate = \"1/s\"`",
            });
        }
    }
}

fn profiles_service(scenario: &Scenario, profile: usize) -> bool {
    scenario.profiles[profile].profile.is_service()
}

/// Whether keys of a class leak, or those that they are wrapped under.
fn leaks(scenario: &Scenario, class: usize) -> bool {
    let leaks = |class: usize| {
        scenario.faults.iter().any(|fault| matches!(fault.on, Target::Keys(id, _) if id.index() == class))
    };
    let above = |class: &usize| scenario.keys[*class].wrapped_by.map(ClassId::index);
    std::iter::successors(Some(class), above).any(leaks)
}

/// Every device of a site holds all key versions of the site, in a slot each.
fn slots(context: &mut Context<'_>, scenario: &Scenario) {
    let held = held(scenario);
    for (i, region) in scenario.regions.iter().enumerate() {
        let sites: Vec<_> = scenario.sites.iter().filter(|site| site.region.index() == i).collect();
        let slots = |profile: usize| scenario.profiles[profile].profile.key_slots;
        let tightest = sites.iter().filter_map(|site| slots(site.profile).map(|room| (room, site.profile))).min();
        let Some((room, profile)) = tightest else { continue };
        let (each, named) = (held[i] / sites.len() as u64, &scenario.profiles[profile].id);
        if each > room {
            let reason = format!("each site would hold {each} key versions on average, a \"{named}\" has {room} slots");
            context.error(Code::Impossible, &["region", &region.id], reason);
            context.help("more sites, fewer copies or a shorter `rotate.keep` would make room");
        }
    }
}

/// Key versions that each region holds, copies included. Partner copies are counted where they go first.
pub(super) fn held(scenario: &Scenario) -> Vec<u64> {
    let mut held = vec![0; scenario.regions.len()];
    for (index, class) in scenario.keys.iter().enumerate() {
        for (home, count) in class.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let versions = u64::from(*count) * (1 + u64::from(class.retired()));
            held[home] += versions * u64::from(class.copies);
            let mut left = class.partner_copies as usize;
            for (partner, sites) in scenario.partner_sites(ClassId(index as u16), RegionId(home as u16)) {
                let here = left.min(sites.len());
                held[partner.index()] += versions * here as u64;
                left -= here;
            }
        }
    }
    held
}

/// Calls that a run is expected to make, retries apart.
fn calls(scenario: &Scenario) -> f64 {
    let calls = |population: &crate::scenario::model::Population| {
        let load = &scenario.loads[population.load.index()];
        let rate = match (&population.demand, load.cache) {
            (_, Some(_)) => scenario.reaching(population),
            (Demand::Rate(rate), None) => *rate,
            (Demand::History(curve, _), None) => curve.mean(),
        };
        rate * load.calls.len() as f64
    };
    scenario.populations.iter().map(calls).sum::<f64>() * scenario.run.as_secs_f64()
}

fn events(context: &mut Context<'_>, scenario: &Scenario) {
    // Calls of other workloads on a quota are no events, but as many draws.
    let others: f64 = scenario.others.iter().map(|work| work.rate * others_s(scenario, work)).sum();
    // Whom its client answers arrives all the same.
    let hits = |p: &crate::scenario::model::Population| p.demand.mean() - scenario.reaching(p);
    let hits = scenario.populations.iter().map(hits).sum::<f64>() * scenario.run.as_secs_f64();
    let expected = (calls(scenario) * EVENTS_PER_CALL + others + hits) * f64::from(scenario.replications.min);
    if expected > MOST_EVENTS {
        let reason = format!("about {expected:.0e} events are to be simulated, which takes long");
        context.warn(&["run"], reason);
        context.help("a shorter `run`, a lower rate, or fewer `replications` would do");
    }
}

/// How long another workload is there, seconds.
fn others_s(scenario: &Scenario, work: &OtherWork) -> f64 {
    work.until.min(Time(scenario.run.0)).since(work.from).as_secs_f64()
}

/// Lots whose keys are used, summed over the sites that serve them.
fn lots(scenario: &Scenario) -> u64 {
    let used = |class: &usize| scenario.loads.iter().any(|load| load.key.index() == *class);
    let mut sum = 0;
    for class in (0..scenario.keys.len()).filter(used) {
        let key = &scenario.keys[class];
        let homes = (0..scenario.regions.len()).filter(|home| key.counts[*home] > 0);
        for home in homes.map(|home| RegionId(home as u16)) {
            let partners = scenario.partner_sites(ClassId(class as u16), home);
            sum += scenario.sites_of(home).count() + partners.iter().map(|(_, sites)| sites.len()).sum::<usize>();
        }
    }
    sum as u64
}

/// Every site seals a batch in each interval in which it has accesses, with a count for each lot.
fn batches(context: &mut Context<'_>, scenario: &Scenario) {
    let intervals = scenario.run.0.div_ceil(scenario.audit_interval.0.max(1));
    let expected = intervals.saturating_mul(scenario.sites.len() as u64);
    let counts = intervals.saturating_mul(lots(scenario));
    if counts > MOST_COUNTS {
        let reason = format!(
            "the audit log of a run would hold up to {expected} batches of access records with {counts} counts in them"
        );
        context.warn(&["run"], reason);
        context.help("a longer `audit.interval` makes fewer");
    }
}

/// Each access has a record of its own where the scenario asks for it.
fn accesses(context: &mut Context<'_>, scenario: &Scenario) {
    let expected = calls(scenario);
    if !scenario.audit_each || expected <= MANY_ACCESSES {
        return;
    }
    let reason = format!(
        "the audit log of a run would hold about {:.0} million accesses, some {:.0} GB in memory",
        expected / 1e6,
        expected * BYTES_PER_ACCESS / 1e9
    );
    if expected > MOST_ACCESSES {
        context.error(Code::Impossible, &["audit", "access"], reason);
    } else {
        context.warn(&["audit", "access"], reason);
    }
    context.help("a shorter `run` or a lower rate makes fewer; \"batches\" count them");
}
