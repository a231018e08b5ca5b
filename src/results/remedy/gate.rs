//! Requests that gates turn away: tenants that ask for more than their rate, tokens, rules and accounts. And clients that all lose their
//! data keys at once.

use super::breach::Breach;
use super::setting::{Setting, round_up};
use super::{Found, ROOM};
use crate::kms::{Failure, TenantId};
use crate::results::number;
use crate::scenario::{FaultKind, Target};
use crate::time::Span;

/// A reason is looked at when this share of what failed failed for it.
const MATTERS: f64 = 0.05;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    let matters = |reason: &Failure| breach.because(*reason) as f64 > MATTERS * breach.failed() as f64;
    let mut found: Vec<Found> = restarts(breach).into_iter().collect();
    if matters(&Failure::Throttled) {
        found.extend((0..breach.scenario.access.tenants.len()).filter_map(|tenant| rate(breach, tenant)));
    }
    found
}

/// A tenant that asks for more than its rate, all of the time that is looked at.
fn rate(breach: &Breach<'_>, tenant: usize) -> Option<Found> {
    let s = breach.scenario;
    let of = &s.access.tenants[tenant];
    let limit = of.rate?;
    let throttled = |replica: &crate::metrics::Replica| {
        let tally = replica.recorder.access.tenants.get(tenant);
        tally.and_then(|tally| tally.failed.get(&Failure::Throttled).copied()).unwrap_or(0)
    };
    if breach.replicas.iter().map(throttled).sum::<u64>() == 0 {
        return None;
    }
    let theirs = |p: &&crate::scenario::Population| s.origins[p.origin.index()].tenant == Some(TenantId(tenant as u8));
    let offered = |replica: &crate::metrics::Replica| {
        let counted = replica.recorder.frame.counted().as_secs_f64().max(1.0);
        replica.recorder.access.tenants.get(tenant).map_or(0.0, |tally| tally.offered as f64 / counted)
    };
    let stated: f64 = s.populations.iter().filter(theirs).map(|p| p.demand.mean()).sum();
    let asked = breach.replicas.iter().map(offered).fold(stated, f64::max);
    let enough = round_up(asked * ROOM);
    (enough > limit).then(|| Found {
        short: format!("tenant.{}.rate", of.id),
        need: enough,
        cause: format!("{} asks for {}, and may ask for {}.", of.id, number::rate(asked), number::rate(limit)),
        remedy: format!("With a tenth of room: {}.", number::rate(enough)),
        set: vec![Setting::text(format!("tenant.{}.rate", of.id), &format!("{enough}/s"))],
    })
}

/// Clients that restart sooner than the service can give them their data keys anew.
fn restarts(breach: &Breach<'_>) -> Option<Found> {
    let s = breach.scenario;
    let mut strikes = breach.strikes().into_iter();
    let (over, load, fault) = strikes.find_map(|(_, fault)| match (fault.kind, fault.on) {
        (FaultKind::Restart(over), Target::Load(load, _)) => Some((over, load, fault)),
        _ => None,
    })?;
    let (mut keys, mut room) = (0.0, 0.0);
    for population in s.populations.iter().filter(|p| p.load == load) {
        let class = &s.keys[s.loads[load.index()].key.index()];
        let home = s.origins[population.origin.index()].home;
        let clients = s.keeping(population).map_or(0, |keeping| keeping.clients);
        keys += f64::from(clients) * f64::from(class.counts[home.index()]);
        let calls = s.loads[load.index()].calls.iter().map(|call| &s.calls[call.index()]);
        let able = |call: &String| -> f64 {
            let sites = s.sites_of(home).map(|site| &s.sites[site.index()]);
            sites
                .filter_map(|site| {
                    Some((site.hsms, s.profiles[site.profile].profile.throughput(&class.algorithm, call)?))
                })
                .map(|(hsms, rate)| f64::from(hsms) * rate)
                .sum()
        };
        let seconds: f64 = calls.map(|call| 1.0 / able(call).max(1e-9)).sum();
        room += 1.0 / seconds - s.reaching(population);
    }
    if keys == 0.0 || room <= 0.0 {
        return None;
    }
    // With half of what is free: what comes unevenly waits, and callers' patience is short.
    let enough = Span::from_secs(libm::ceil(keys / (room / 2.0)) as u64);
    (enough > over).then(|| Found {
        short: format!("fault.{}", fault.id),
        need: enough.as_secs_f64(),
        cause: format!(
            "Clients that restart within {} need {} data keys anew; {} can be given beside the usual ones.",
            number::time_s(over.as_secs_f64()),
            number::significant(keys),
            number::rate(room)
        ),
        remedy: format!("One after the other within {}, with half of that:", number::time_s(enough.as_secs_f64())),
        set: vec![Setting::text(format!("fault.{}.over", fault.id), &format!("{} s", enough.as_secs_f64()))],
    })
}
