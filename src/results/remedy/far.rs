//! Latency that no capacity mends: round trips to the nearest host, users who are taken for those of another country.

use super::breach::Breach;
use super::demand::hosts;
use super::setting::Setting;
use super::{Found, ROOM};
use crate::kms::{LoadId, RegionId, SiteId};
use crate::results::number;
use crate::scenario::{Metric, Population};
use crate::time::Span;

/// Of hundreds of windows the worst is about so many standard deviations from their mean.
const DEVIATIONS: f64 = 3.0;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    if !matches!(breach.objective.metric, Metric::Latency(_) | Metric::MeanLatency) {
        return Vec::new();
    }
    distance(breach).into_iter().chain(told(breach)).collect()
}

/// Where calls and their round trips alone take as long as is allowed.
fn distance(breach: &Breach<'_>) -> Option<Found> {
    let s = breach.scenario;
    let struck = |site: &SiteId| breach.case.is_some() && breach.strikes().iter().any(|(_, f)| s.strikes(f.on, *site));
    let mut worst: Option<(f64, &Population, SiteId, f64)> = None;
    for cell in breach.cells() {
        let (region, load) = (RegionId((cell / s.loads.len()) as u16), LoadId((cell % s.loads.len()) as u16));
        let of = s.populations.iter().filter(|p| p.load == load && s.origins[p.origin.index()].region == region);
        for population in of {
            let origin = &s.origins[population.origin.index()];
            let class = s.loads[load.index()].key;
            let far = |site: &SiteId| {
                let trip = s.round_trip(region, s.sites[site.index()].region).as_secs_f64();
                trip + 2.0 * origin.last_mile.as_secs_f64()
            };
            let all = hosts(s, class, origin.home).into_iter().filter(|site| !struck(site));
            let Some(nearest) = all.min_by(|a, b| far(a).total_cmp(&far(b))) else { continue };
            let trip = far(&nearest);
            let profile = &s.profiles[s.sites[nearest.index()].profile].profile;
            let algorithm = &s.keys[class.index()].algorithm;
            let calls = s.loads[load.index()].calls.iter().map(|call| &s.calls[call.index()]);
            let all = calls.map(|call| profile.service_time(algorithm, call).map_or(0.0, |t| t.mean_s()) + trip).sum();
            if worst.as_ref().is_none_or(|(most, ..)| all > *most) {
                worst = Some((all, population, nearest, trip));
            }
        }
    }
    let (floor, population, site, trip) = worst.filter(|(floor, ..)| *floor >= breach.objective.limit)?;
    let load = &s.loads[population.load.index()];
    let calls = match load.calls.len() {
        1 => "one call".to_owned(),
        n => format!("{n} calls one after the other"),
    };
    Some(Found {
        short: format!("far.{}", population.id),
        need: floor,
        cause: format!(
            "{} of {} makes {calls}, {} from the nearest host, {}{}: {} with no queue at all.",
            load.id,
            s.origins[population.origin.index()].id,
            number::time_s(trip),
            s.sites[site.index()].id,
            breach.when(),
            number::time_s(floor)
        ),
        remedy: format!(
            "No capacity mends it: {} are allowed. Hosts of the keys of {} nearer to these callers would, or fewer calls.",
            number::time_s(breach.objective.limit),
            s.keys[load.key.index()].id
        ),
        set: Vec::new(),
    })
}

/// Users who are sent to the wrong region, where these are more than the quantile leaves out: of the region that needs most.
fn told(breach: &Breach<'_>) -> Option<Found> {
    let Metric::Latency(q) = breach.objective.metric else { return None };
    let all = (0..breach.scenario.regions.len()).filter_map(|region| told_in(breach, q, region));
    all.max_by(|a, b| a.need.total_cmp(&b.need))
}

fn told_in(breach: &Breach<'_>, q: f64, region: usize) -> Option<Found> {
    let s = breach.scenario;
    let location = s.location.as_ref()?;
    let (mut asked, mut lost) = (0, 0);
    for replica in breach.replicas {
        for (population, located) in &replica.recorder.location.populations {
            let of = &s.populations[population.index()];
            let here = s.origins[of.origin.index()].region.index() == region;
            if here && breach.objective.load.is_none_or(|load| load == of.load) {
                (asked, lost) = (asked + located.asked, lost + located.detours + located.farther);
            }
        }
    }
    let share = lost as f64 / asked.max(1) as f64;
    // Of the worst of many windows more go astray than in the mean, by chance.
    let frame = &breach.replicas.first()?.recorder.frame;
    let simulated = frame.until.since(frame.from).as_secs_f64() * breach.replicas.len() as f64;
    let window = breach.objective.over.map_or(simulated, Span::as_secs_f64);
    let in_window = (asked as f64 / simulated * window).max(1.0);
    let most = ((1.0 - q) - DEVIATIONS * (q * (1.0 - q) / in_window).sqrt()) / ROOM;
    if share <= most || most <= 0.0 {
        return None;
    }
    // Who tells is located rightly, but for those that tell a wrong country.
    let untold = (1.0 - location.told) * most / share;
    let enough = libm::ceil((1.0 - untold) * 20.0) * 5.0;
    (enough < 100.0).then(|| Found {
        short: "location.told".to_owned(),
        need: enough,
        cause: format!(
            "{} of the requests of users of {} go to a wrong or farther region first; the quantile leaves out {}.",
            number::share(share),
            s.regions[region].id,
            number::share(1.0 - q)
        ),
        remedy: format!("Users who consent tell their country; with a tenth of room, and for chance in one window, that takes {enough} %:"),
        set: vec![Setting::text("location.told".to_owned(), &format!("{enough} %"))],
    })
}
