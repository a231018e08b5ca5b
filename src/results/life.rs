//! From the counts of all replications to what a document says of the life of keys.

use super::document::{Estimate, Keys, Ledger, Replication, Rotation};
use super::estimate::{over, pooled};
use crate::kms::{ClassId, KeyState, RegionId};
use crate::metrics::{self, Replica};
use crate::scenario::{KeyClass, Scenario};
use crate::time::Span;
use std::collections::BTreeMap;

pub(super) fn keys(scenario: &Scenario, replicas: &[Replica]) -> Keys {
    let all: u64 = scenario.keys.iter().map(|class| class.count(None)).sum();
    let versions = |(i, _): (usize, &KeyClass)| {
        let class = ClassId(i as u16);
        at_start(scenario, class) * metrics::versions_each(scenario, class)
    };
    let classes = scenario.keys.iter().enumerate();
    Keys {
        keys: classes.clone().map(|(i, _)| at_start(scenario, ClassId(i as u16))).sum(),
        versions: classes.clone().map(versions).sum(),
        copies: replicas.first().map_or(0, |r| r.versions.iter().sum()),
        lost: over(replicas, |r| r.recorder.keys.keys_lost as f64),
        left_in_escrow: over(replicas, |r| r.recorder.keys.left_in_escrow as f64),
        in_escrow: over(replicas, |r| r.recorder.keys.in_escrow as f64),
        unavailable: over(replicas, |r| {
            r.recorder.keys.unreachable as f64 / (r.recorder.frame.counted().0 as f64 * all.max(1) as f64)
        }),
        classes: classes.map(|(i, class)| (class.id.clone(), ledger(scenario, replicas, ClassId(i as u16)))).collect(),
    }
}

/// Keys of a class that no change provisions later.
fn at_start(scenario: &Scenario, class: ClassId) -> u64 {
    let homes = (0..scenario.regions.len()).map(|i| RegionId(i as u16));
    let lots = homes.flat_map(|home| scenario.lots(class, home)).filter(|lot| lot.change.is_none());
    lots.map(|lot| u64::from(lot.keys)).sum()
}

pub(super) fn replication(replicas: &[Replica]) -> Replication {
    Replication {
        copies: over(replicas, |r| r.recorder.keys.copied as f64),
        lag_ms: pooled(replicas, &|r| r.recorder.keys.lag.clone()),
        late_ms: pooled(replicas, &|r| r.recorder.keys.late.clone()),
        late: over(replicas, |r| r.recorder.keys.late.count() as f64),
        missed: over(replicas, |r| r.recorder.keys.missed as f64),
        caught_up_s: over(replicas, |r| r.recorder.keys.caught_up.map_or(f64::NAN, Span::as_secs_f64)),
        versions_lost: over(replicas, |r| r.recorder.keys.versions_lost as f64),
        unused_lost: over(replicas, |r| r.recorder.keys.unused_lost as f64),
    }
}

pub(super) fn rotation(replicas: &[Replica]) -> Rotation {
    Rotation {
        due: over(replicas, |r| r.recorder.keys.due as f64),
        completed: over(replicas, |r| r.recorder.keys.activated as f64),
        overdue: over(replicas, |r| r.recorder.keys.overdue() as f64),
        duration_ms: pooled(replicas, &|r| r.recorder.keys.took.clone()),
    }
}

fn ledger(scenario: &Scenario, replicas: &[Replica], class: ClassId) -> Ledger {
    let entry = &scenario.keys[class.index()];
    let of = |figure: &dyn Fn(&metrics::Ledger) -> f64| -> Estimate {
        over(replicas, |r| r.recorder.keys.ledgers.get(class.index()).map_or(0.0, figure))
    };
    let states =
        KeyState::ALL.into_iter().map(|state| (state.name().to_owned(), of(&|l| l.states[state as usize] as f64)));
    Ledger {
        keys: entry.count(None),
        states: states.filter(|(_, count)| count.or_zero() > 0.0).collect::<BTreeMap<_, _>>(),
        cryptoperiod_s: entry.rotate.map(|rotate| rotate.every.as_secs_f64()),
        oldest_s: of(&|l| if l.oldest == Span::MAX { f64::NAN } else { l.oldest.as_secs_f64() }),
        uses_allowed: entry.rotate.and_then(|rotate| rotate.uses),
        most_uses: of(&|l| l.uses as f64),
        uses_exceeded: of(&|l| l.overused as f64),
        overdue: of(&|l| l.overdue as f64),
        overdue_hours: of(&|l| l.overdue_time as f64 / 3.6e12),
        lost: of(&|l| l.lost as f64),
        waited_for_slots: of(&|l| l.crowded as f64),
        leaked: of(&|l| l.compromised as f64),
        replaced: of(&|l| l.replaced as f64),
        replacement_s: of(&|l| match l.compromised {
            0 => f64::NAN,
            leaked if l.replaced + l.gone < leaked => f64::INFINITY,
            _ => l.replacement.as_secs_f64(),
        }),
        generation_s: generation(scenario, replicas, class, u32::MAX),
        generation_at_once_s: generation(scenario, replicas, class, scenario.generating.at_once_urgent),
        exposed: of(&|l| l.exposed as f64),
    }
}

/// Seconds that generating successors for the keys of a class that leaked takes in the mean, with so many at once at each site:
/// the home region that takes longest, each of whose sites does its share.
fn generation(scenario: &Scenario, replicas: &[Replica], class: ClassId, at_once: u32) -> Option<f64> {
    let mut longest = None;
    for home in (0..scenario.regions.len()).map(|i| RegionId(i as u16)) {
        let leaked = |r: &Replica| r.recorder.keys.leaked.get(&(class, home)).copied().unwrap_or(0) as f64;
        let leaked = over(replicas, leaked).or_zero();
        if leaked == 0.0 {
            continue;
        }
        let mut per_s = 0.0;
        let algorithm = &scenario.keys[class.index()].algorithm;
        for (id, site) in scenario.sites_of(home).map(|site| (site, &scenario.sites[site.index()])) {
            let profile = &scenario.profiles[site.profile].profile;
            let time = profile.service_time(algorithm, "generate")?.mean_s();
            // A service works side by side, as far as its quota goes; sites that share one share what it allows.
            per_s += match profile.is_service() {
                false => f64::from(at_once.min(profile.engines * site.hsms)) / time,
                true => {
                    let quota = scenario.quota(id, algorithm, "generate").map(|q| &scenario.quotas[q.index()]);
                    let allowed = quota.map_or(f64::INFINITY, |quota| quota.limit.rate / quota.sites.len() as f64);
                    (f64::from(at_once) / time).min(allowed)
                }
            };
        }
        longest = Some(longest.unwrap_or(0.0_f64).max(leaked / per_s));
    }
    longest
}
