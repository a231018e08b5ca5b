//! Time that passes until a loss is found and every routing table knows: what it costs alone, which settings shorten it to what an
//! objective allows, and configurations that are pushed sooner than somebody notices.

use super::breach::Breach;
use super::setting::{Setting, seconds_down};
use super::{Found, ROOM};
use crate::kms::Failure;
use crate::metrics::Replica;
use crate::results::number;
use crate::scenario::{FaultKind, Metric};
use crate::service::Health;
use crate::time::{Span, Time};

/// What is short where detection and routing are.
pub(super) const SHORT: &str = "health";
/// Of what an objective allows this much is used, and the rest left as room.
const USED: f64 = 0.9;
/// Settings below these are asked of nobody.
const SHORTEST: Span = Span::from_secs(1);

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    push(breach).into_iter().chain(routing(breach)).collect()
}

/// Where detection and routing alone take longer than is allowed.
fn routing(breach: &Breach<'_>) -> Option<Found> {
    let routed = routed(breach)?;
    let allowed = allowed(breach, routed)?;
    if allowed >= routed {
        return None;
    }
    let health = &breach.scenario.health;
    let times = |s: f64| number::time_s(s);
    let cause = format!(
        "Until a loss is found and routed around pass {}{}: {} checks {} apart, {} for the last, {} until callers know.",
        times(routed),
        breach.when(),
        health.threshold,
        times(health.interval.as_secs_f64()),
        times(health.timeout.as_secs_f64()),
        times(health.propagation.as_secs_f64())
    );
    let short = SHORT.to_owned();
    let (remedy, set) = match shorter(health, allowed * USED) {
        Some(set) => {
            (format!("Allowed are {}; a tenth less at most, whenever the next check is:", times(allowed)), set)
        }
        None => (
            format!(
                "Allowed are {}, which no failover by health checks reaches: more hosts of the key nearby, tried at once, would.",
                times(allowed)
            ),
            Vec::new(),
        ),
    };
    Some(Found { short, need: -allowed, cause, remedy, set })
}

/// Settings with which the longest wait, checks, time limit and propagation together are at most `most` seconds.
fn shorter(health: &Health, most: f64) -> Option<Vec<Setting>> {
    let s = Span::as_secs_f64;
    let checks = f64::from(health.threshold);
    let propagation = |s: f64| Setting::text("health.propagation".to_owned(), &seconds_down(s));
    let left = most - checks * s(health.interval) - s(health.timeout);
    if left >= s(SHORTEST) {
        return Some(vec![propagation(left.min(s(health.propagation)))]);
    }
    // A fifth for propagation, the rest for checks.
    let told = (most * 0.2).clamp(s(SHORTEST), s(health.propagation).max(s(SHORTEST)));
    let timeout = s(health.timeout).min(most * 0.1);
    let interval = (most - told - timeout) / checks;
    if interval < s(SHORTEST) || timeout < 0.2 {
        return None;
    }
    let mut set = vec![propagation(told), Setting::text("health.interval".to_owned(), &seconds_down(interval))];
    if timeout < s(health.timeout) {
        set.push(Setting::text("health.timeout".to_owned(), &seconds_down(timeout)));
    }
    Some(set)
}

/// Seconds until every routing table knew of what was struck, in the mean over replications; `None` where nobody found it.
fn routed(breach: &Breach<'_>) -> Option<f64> {
    let s = breach.scenario;
    let of = |replica: &Replica| {
        let strikes = replica.recorder.watch.strikes.iter();
        let each = strikes.filter_map(|strike| {
            let fault = &replica.faults[strike.fault.index()];
            let soon = |at: Time| at >= strike.from && at <= strike.until + s.health.propagation;
            let known = replica.recorder.watch.sightings.iter().filter(|x| !x.up && x.origin.is_some());
            known
                .filter(|x| s.strikes(fault.on, x.site) && soon(x.at))
                .map(|x| x.at.since(strike.from).as_secs_f64())
                .next_back()
        });
        each.reduce(f64::max)
    };
    let times: Vec<f64> = breach.replicas.iter().filter_map(of).collect();
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64)
}

/// How long detection and routing may take for the objective to hold, if nothing else failed; `None` where they do not matter to it.
fn allowed(breach: &Breach<'_>, routed: f64) -> Option<f64> {
    let share = match breach.objective.metric {
        Metric::Rto => return Some(breach.objective.limit),
        Metric::Availability | Metric::Answered => 1.0 - breach.objective.limit,
        Metric::Latency(q) => 1.0 - q,
        _ => return None,
    };
    let (soon, _, offered) = breach.within(Span::from_secs_f64(routed));
    if soon == 0 {
        return None;
    }
    let frame = &breach.replicas.first()?.recorder.frame;
    let looked: f64 = (0..breach.replicas.len())
        .flat_map(|r| breach.looked_at().into_iter().map(move |part| (r, part)))
        .map(|(r, part)| breach.slots(r, part).len() as f64 * frame.slot.as_secs_f64())
        .sum();
    // Faults that strike at the same time cost one stretch.
    let times = |replica: &Replica| {
        let mut times: Vec<Time> = replica.recorder.watch.strikes.iter().map(|strike| strike.from).collect();
        times.dedup();
        times.len()
    };
    let strikes: usize = breach.replicas.iter().map(times).sum();
    let window = breach.objective.over.map_or(looked / breach.replicas.len() as f64, Span::as_secs_f64);
    // Of the requests of a window, if a strike falls into it.
    let lost = soon as f64 / strikes.max(1) as f64 / (offered as f64 / looked.max(1.0) * window.max(1.0));
    Some(routed * share / lost)
}

/// Configurations that reach sites before somebody notices that they are wrong.
fn push(breach: &Breach<'_>) -> Option<Found> {
    let s = breach.scenario;
    let refused = |replica: &Replica| -> u64 {
        replica.recorder.sites.iter().map(|site| site.rejected[Failure::Misconfigured as usize]).sum()
    };
    if breach.replicas.iter().map(refused).sum::<u64>() == 0 {
        return None;
    }
    let mut strikes = breach.strikes().into_iter();
    let (push, id) = strikes.find_map(|(_, fault)| match fault.kind {
        FaultKind::Push(push) => Some((&s.common.pushes[usize::from(push)], &fault.id)),
        _ => None,
    })?;
    if push.gone() < 2 && push.waves.len() > 1 {
        return None;
    }
    let bake = libm::ceil(push.notice.as_secs_f64() * ROOM);
    let bake = Setting::text(format!("fault.{id}.bake"), &format!("{bake} s"));
    let mut set = vec![bake];
    let mut first = String::new();
    if push.waves.len() == 1 {
        let asked = |region: usize| -> u64 {
            let cells = region * s.loads.len()..(region + 1) * s.loads.len();
            breach.fates[cells].iter().map(|fate| fate.offered).sum()
        };
        let struck = |region: &usize| push.waves[0].iter().any(|site| s.sites[site.index()].region.index() == *region);
        let mut regions: Vec<usize> = (0..s.regions.len()).filter(struck).collect();
        regions.sort_by_key(|region| asked(*region));
        if regions.len() < 2 {
            return None;
        }
        let all: u64 = regions.iter().map(|region| asked(*region)).sum();
        first = format!(
            ", that with the fewest callers first, {} of all",
            number::share(asked(regions[0]) as f64 / all.max(1) as f64)
        );
        let waves: Vec<String> = regions.iter().map(|region| format!("[\"{}\"]", s.regions[*region].id)).collect();
        set.insert(0, Setting::plain(format!("fault.{id}.waves"), format!("[{}]", waves.join(", "))));
    }
    Some(Found {
        short: format!("fault.{id}"),
        need: 0.0,
        cause: format!(
            "{id} reaches {} before it is noticed after {}.",
            if push.waves.len() == 1 { "all sites".to_owned() } else { format!("{} waves", push.gone()) },
            number::time_s(push.notice.as_secs_f64())
        ),
        remedy: format!("Region by region{first}, with a tenth more than that between them, only the first has it:"),
        set,
    })
}
