//! Pools that had more work than their engines can do: how many devices would have been enough, what planned work or generating keys
//! takes of them, and where a device is only slow.

use super::breach::Breach;
use super::demand::{Demands, peak};
use super::setting::{Setting, of_site};
use super::{Found, ROOM};
use crate::kms::{Failure, SiteId};
use crate::metrics::Part;
use crate::queueing::{Station, mmc};
use crate::results::number;
use crate::scenario::{FaultKind, Metric, Target};

/// Engines are full in a stretch in which they are busy for this share of it.
const FULL: f64 = 0.95;
/// A pool refuses when it refuses this share of the calls that come.
const REFUSED: f64 = 0.002;
/// Calls wait long where their mean wait in a stretch is so many mean service times.
const LONG: f64 = 3.0;
/// Generating keys is what fills a pool when it takes this share of the work done.
const GENERATING: f64 = 0.3;
/// Waiting may take this part of a limit of latency.
const WAITING: f64 = 0.5;
/// More devices than this times what there are would be another fleet, not a remedy.
const MOST_TIMES: u32 = 40;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    // Clients that all ask anew at once are many times what any pool is made for: see `gate`.
    if breach.strikes().iter().any(|(_, fault)| matches!(fault.kind, FaultKind::Restart(_))) {
        return found;
    }
    for part in breach.looked_at() {
        let sites = (0..breach.scenario.sites.len()).map(|i| SiteId(i as u16));
        let full: Vec<(SiteId, Seen)> = sites.filter_map(|site| Some((site, Seen::of(breach, part, site)?))).collect();
        if full.is_empty() {
            continue;
        }
        let demands = Demands::of(breach, part);
        let concerned = full.into_iter().filter(|(site, _)| demands.concerns_site(breach, *site));
        found.extend(concerned.filter_map(|(site, seen)| remedy(breach, (part, &demands), (site, seen))));
    }
    found
}

/// What a pool did in a part.
struct Seen {
    /// Engines that worked when most did.
    engines: f64,
    /// Share of the work that was no call: keys generated and exchanged.
    other: f64,
    /// Mean service time, seconds.
    service: f64,
}

impl Seen {
    /// Of a pool that was full, refused calls or let them wait; `None` of another, and of a service.
    fn of(breach: &Breach<'_>, part: Part, site: SiteId) -> Option<Self> {
        if breach.scenario.is_service(site) {
            return None;
        }
        let (mut calls, mut refused, mut busy, mut engine_time, mut wait) = (0_u64, 0_u64, 0_u128, 0_u128, 0_u128);
        let (mut shed, mut time) = (0, 0_u128);
        for (number, replica) in breach.replicas.iter().enumerate() {
            let tally = &replica.recorder.sites[site.index()];
            shed += tally.rejected[Failure::Shed as usize];
            for slot in breach.slots(number, part) {
                let of = &tally.slots[slot];
                (calls, refused) = (calls + u64::from(of.calls), refused + u64::from(of.refused));
                (busy, engine_time) = (busy + u128::from(of.busy), engine_time + u128::from(of.engines));
                wait += u128::from(of.wait);
                time += u128::from(replica.recorder.frame.length(slot..slot + 1).0);
            }
        }
        let services = breach.replicas.iter().filter_map(|r| r.recorder.sites[site.index()].service.mean());
        let (sum, n) = services.fold((0.0, 0.0), |(sum, n), mean| (sum + mean, n + 1.0));
        if calls == 0 || n == 0.0 || engine_time == 0 {
            return None;
        }
        let service = sum / n;
        let slots = |replica: usize| &breach.replicas[replica].recorder.sites[site.index()].slots;
        let most_busy = peak(breach, part, |r, slot| slots(r)[slot].busy as f64 / 1e9);
        let engines = peak(breach, part, |r, slot| slots(r)[slot].engines as f64 / 1e9);
        let least = engine_time as f64 / time as f64;
        let full = most_busy >= FULL * least.min(engines);
        let refuses = refused as f64 > REFUSED * (calls + refused) as f64;
        let waits = wait as f64 / calls as f64 > LONG * service;
        let other = (1.0 - calls as f64 * service / (busy.max(1) as f64)).max(0.0);
        (full || refuses || waits || shed > 0).then_some(Self { engines: least, other, service: service / 1e9 })
    }
}

fn remedy(breach: &Breach<'_>, (part, demands): (Part, &Demands), (site, seen): (SiteId, Seen)) -> Option<Found> {
    let s = breach.scenario;
    let (of, profile) = (&s.sites[site.index()], &s.profiles[s.sites[site.index()].profile].profile);
    let each = f64::from(profile.engines);
    let work = demands.work_at(breach, part, site);
    let slow = slow(breach, part, site);
    let factor = slow.map_or(1.0, |(_, factor)| factor);
    // A slow pool's calls take longer than in the mean: that is no sign of keys being made.
    let made = breach.replicas.iter().any(|replica| replica.recorder.keys.generated > 0);
    if slow.is_none() && made && seen.other >= GENERATING && work * ROOM < f64::from(of.hsms) * each {
        return Some(generating(breach, site, (work, seen.other)));
    }
    // Devices that were away for most of it, by a fault or by planned work.
    let away = (f64::from(of.hsms) - seen.engines / each).max(0.0);
    let away = (libm::floor(away + 0.5) as u32).max(lost(breach, site));
    let enough = devices(breach, (part, demands), site, (seen.service, factor));
    if let Some(found) = planned(breach, site, (work, enough)) {
        return Some(found);
    }
    let hsms = enough + away.min(of.hsms.saturating_sub(1));
    if hsms <= of.hsms || hsms > of.hsms.saturating_mul(MOST_TIMES) {
        return slow.map(|slow| only_slow(&of.id, slow));
    }
    let path = of_site(s, site, "hsms");
    let (busy, per) = (number::significant(work / each), number::count(u64::from(of.hsms)));
    let there = match (of.hsms, away) {
        (1, 0) => "one HSM".to_owned(),
        (_, 0) => format!("{per} HSMs"),
        (_, away) => format!("{per} HSMs, {away} of them away"),
    };
    let slow = match slow {
        Some((id, factor)) => format!(", does each call {factor} times slower while {id} lasts"),
        None => String::new(),
    };
    let spare = if away > 0 { format!(" and {away} that may be away") } else { String::new() };
    Some(Found {
        short: path.clone(),
        need: f64::from(hsms),
        cause: format!(
            "{} is asked for the work of {busy} HSMs{}, retries apart{slow}, and has {there}.",
            of.id,
            breach.when()
        ),
        remedy: format!("With a tenth of room{spare}: {hsms} HSMs."),
        set: vec![Setting::plain(path, hsms)],
    })
}

/// Devices that do a site's work with room, and let calls wait no longer than a limit of latency allows.
fn devices(breach: &Breach<'_>, (part, demands): (Part, &Demands), site: SiteId, (service, slow): (f64, f64)) -> u32 {
    let profile = &breach.scenario.profiles[breach.scenario.sites[site.index()].profile].profile;
    let work = demands.work_at(breach, part, site) * slow;
    let calls = demands.calls_at(breach, part, site);
    let mut devices = libm::ceil(work * ROOM / f64::from(profile.engines) - 1e-9).max(1.0) as u32;
    if let Metric::Latency(q) = breach.objective.metric
        && calls > 0.0
    {
        let mean_service = if work > 0.0 { work / calls } else { service };
        let longest = breach.objective.limit * WAITING;
        let waits = |devices: u32| {
            let station = Station { arrival_rate: calls, mean_service, servers: devices * profile.engines };
            mmc(&station).map_or(f64::INFINITY, |waiting| waiting.quantile(q))
        };
        let most = devices.saturating_mul(3) + 1;
        while devices < most && waits(devices) > longest {
            devices += 1;
        }
    }
    devices
}

/// Devices of a site that a fault takes away while the others work.
fn lost(breach: &Breach<'_>, site: SiteId) -> u32 {
    let struck = breach.strikes().into_iter().filter(|(_, fault)| {
        matches!(fault.on, Target::Device(s, _) if s == site)
            && matches!(fault.kind, FaultKind::Crash | FaultKind::Destroy)
    });
    struck.count() as u32
}

/// The fault that makes a pool slow, and how many times.
fn slow<'b>(breach: &'b Breach<'_>, part: Part, site: SiteId) -> Option<(&'b str, f64)> {
    let s = breach.scenario;
    let strikes = breach.strikes().into_iter().filter(|_| part != Part::Normal);
    let struck = strikes.filter(|(_, fault)| s.strikes(fault.on, site));
    let slows = struck.filter_map(|(_, fault)| match fault.kind {
        FaultKind::Slow(factor) => Some((fault.id.as_str(), factor)),
        _ => None,
    });
    slows.max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// A pool that has devices enough, and is only slow.
fn only_slow(site: &str, (id, factor): (&str, f64)) -> Found {
    Found {
        short: format!("fault.{id}"),
        need: 0.0,
        cause: format!(
            "{site} takes {factor} times as long for each call while {id} lasts, and health checks do not see it."
        ),
        remedy: "Devices are not what is short: no setting of the fleet in this run mends it.".to_owned(),
        set: Vec::new(),
    }
}

/// Generating and exchanging keys leave callers no engine.
fn generating(breach: &Breach<'_>, site: SiteId, (work, other): (f64, f64)) -> Found {
    let s = breach.scenario;
    let of = &s.sites[site.index()];
    let engines = f64::from(of.hsms) * f64::from(s.profiles[of.profile].profile.engines);
    let spare = libm::floor(engines - work * ROOM).max(1.0) as u32;
    Found {
        short: "rotation.at_once".to_owned(),
        need: -f64::from(spare),
        cause: format!(
            "At {} making and copying keys takes {} of the work done; callers need {} of {} engines.",
            of.id,
            number::share(other),
            number::significant(work),
            number::significant(engines)
        ),
        remedy: format!("With a tenth of room for callers, so many keys are made at once: {spare}."),
        set: vec![Setting::plain("rotation.at_once".to_owned(), spare)],
    }
}

/// Planned work that takes more devices of a site away than it can spare.
fn planned(breach: &Breach<'_>, site: SiteId, (work, enough): (f64, u32)) -> Option<Found> {
    let s = breach.scenario;
    let of = &s.sites[site.index()];
    let planned = s.works.iter().find(|work| !work.whole && work.sites.contains(&site) && work.at_once > 1)?;
    let spare = of.hsms.checked_sub(enough + lost(breach, site)).filter(|spare| *spare >= 1)?;
    if spare >= planned.out_at(of.hsms) {
        return None;
    }
    let each = f64::from(s.profiles[of.profile].profile.engines);
    Some(Found {
        short: format!("work.{}.at_once", planned.id),
        need: -f64::from(spare),
        cause: format!(
            "{} takes {} of {} HSMs of {} away at once; callers need {} of them{}.",
            planned.id,
            planned.out_at(of.hsms),
            of.hsms,
            of.id,
            number::significant(work / each),
            breach.when()
        ),
        remedy: format!("So many can be spared, with a tenth of room: {spare}."),
        set: vec![Setting::plain(format!("work.{}.at_once", planned.id), spare)],
    })
}
