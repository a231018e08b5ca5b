//! Recoveries that take people and backups: too few custodians who can be called or are at hand, backups that are too old, restores
//! that are too slow.

use super::Found;
use super::breach::Breach;
use super::setting::{Setting, round_up};
use crate::metrics::Recovered;
use crate::results::number;
use crate::scenario::{Custodians, Metric};
use crate::time::Span;

/// Of what an objective allows this much is used, and the rest left as room.
const USED: f64 = 0.9;
/// So rarely may a call find fewer than the quorum at hand: a day's wait then weighs a quarter of an hour in the mean.
const SELDOM: f64 = 0.01;
/// The most custodians of a group.
const MOST: u8 = 64;
/// Backups a day that go into it evenly.
const A_DAY: [u64; 12] = [1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 288, 1_440];

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    match breach.objective.metric {
        Metric::Rto => slow(breach),
        Metric::Rpo => old(breach).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn recoveries<'a>(breach: &'a Breach<'_>) -> impl Iterator<Item = &'a Recovered> {
    breach.replicas.iter().flat_map(|replica| &replica.recorder.recovery.recoveries)
}

/// Seconds that a part took, in the mean over the recoveries that ended.
fn mean(breach: &Breach<'_>, part: fn(&Recovered) -> f64) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0_f64);
    recoveries(breach).filter(|r| r.ready.is_some()).for_each(|r| (sum, n) = (sum + part(r), n + 1.0));
    sum / n.max(1.0)
}

/// People, then machines, for as long as what is left of what the objective allows.
fn slow(breach: &Breach<'_>) -> Vec<Found> {
    let prompt = mean(breach, |r| (r.detect + r.decide).as_secs_f64());
    let [people, machine] = [mean(breach, |r| r.people.as_secs_f64()), mean(breach, |r| r.machine.as_secs_f64())];
    let allowed = breach.objective.limit;
    if prompt + people + machine <= allowed {
        return Vec::new();
    }
    let gathered = gathering(breach, people);
    let waits = gathered.as_ref().map_or(people, |(_, waits)| *waits);
    let restored = restoring(breach, machine, allowed * USED - prompt - waits);
    gathered.map(|(found, _)| found).into_iter().chain(restored).collect()
}

/// Enough of them on call, and as many as it takes for the quorum to be at hand. With how long they then take, at night.
fn gathering(breach: &Breach<'_>, people: f64) -> Option<(Found, f64)> {
    let s = breach.scenario;
    let longest = recoveries(breach).max_by_key(|r| r.people)?;
    let group = &s.people.groups[s.people.of(longest.site)?.index()];
    let enough = |of: &u8| Custodians { of: *of, ..group.clone() }.short() <= SELDOM;
    let of = (group.of..=MOST).find(enough)?;
    let then = Custodians { of, on_call: of, ..group.clone() };
    // Twice the spread of one, for the last of the quorum.
    let travel = group.travel.median.as_secs_f64() * libm::exp(2.0 * group.travel.sigma);
    let waits = group.call_out.as_secs_f64() + travel;
    if (of == group.of && group.on_call >= of) || waits >= people {
        return None;
    }
    let path = |key: &str| format!("custodians.{}.{key}", group.id);
    let mut set = vec![Setting::plain(path("on_call"), of)];
    if of > group.of {
        set.insert(0, Setting::plain(path("of"), of));
    }
    let found = Found {
        short: path("of"),
        need: f64::from(of),
        cause: format!(
            "Sites wait {} for {} of the {} custodians of {}, {} of whom may be called out of hours.",
            number::time_s(people),
            group.quorum,
            group.of,
            group.id,
            group.on_call
        ),
        remedy: format!(
            "With {of}, all on call, {} of the calls find fewer than {} at hand, and the others wait up to about {}:",
            number::share(then.short()),
            group.quorum,
            number::time_s(waits)
        ),
        set,
    };
    Some((found, waits))
}

/// Restores that take longer than is left.
fn restoring(breach: &Breach<'_>, machine: f64, left: f64) -> Option<Found> {
    let slowest = recoveries(breach).filter(|r| r.versions > 0).max_by_key(|r| r.machine)?;
    let backup = breach.scenario.backup_of(slowest.site)?;
    let takes = f64::from(slowest.versions) / backup.restore;
    // Nothing restores before hardware is there.
    let hardware = (machine - takes).max(0.0);
    if left <= hardware || machine <= left {
        return None;
    }
    let rate = round_up(f64::from(slowest.versions) / (left - hardware));
    Some(Found {
        short: format!("backup.{}.restore", backup.id),
        need: rate,
        cause: format!(
            "To restore {} key versions takes {} at {}; {} are left for it.",
            number::count(u64::from(slowest.versions)),
            number::time_s(takes),
            number::rate(backup.restore),
            number::time_s(left - hardware)
        ),
        remedy: format!("A restore that does {}:", number::rate(rate)),
        set: vec![Setting::text(format!("backup.{}.restore", backup.id), &format!("{rate}/s"))],
    })
}

/// Backups that are older than what may be lost.
fn old(breach: &Breach<'_>) -> Option<Found> {
    let known = |r: &&Recovered| r.backup_age.is_some_and(|age| age != Span::MAX);
    let oldest = recoveries(breach).filter(known).max_by_key(|r| r.backup_age)?;
    let backup = breach.scenario.backup_of(oldest.site)?;
    let allowed = breach.objective.limit * USED;
    let every = A_DAY.iter().map(|turns| 86_400 / turns).find(|every| *every as f64 <= allowed)?;
    let told = number::time_s(every as f64);
    (Span::from_secs(every) < backup.every).then(|| Found {
        short: format!("backup.{}.every", backup.id),
        need: -(every as f64),
        cause: format!(
            "The backup that {} got back was {} old.",
            breach.scenario.sites[oldest.site.index()].id,
            number::time_s(oldest.backup_age.map_or(0.0, Span::as_secs_f64))
        ),
        remedy: format!("One each {told}, for what was made since the last is lost:"),
        set: vec![Setting::text(format!("backup.{}.every", backup.id), &told)],
    })
}
