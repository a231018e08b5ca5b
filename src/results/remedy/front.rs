//! Connections: front ends that have too few workers for the handshakes that come, and certificates that checks do not look at.

use super::breach::Breach;
use super::setting::Setting;
use super::{Found, ROOM};
use crate::kms::Failure;
use crate::results::number;
use crate::scenario::FaultKind;

/// Handshakes wait long where their mean wait is longer than this, seconds.
const LONG: f64 = 0.05;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    workers(breach).into_iter().chain(certificates(breach)).collect()
}

fn workers(breach: &Breach<'_>) -> Option<Found> {
    let s = breach.scenario;
    let tls = s.tls.as_ref()?;
    let of = |site: usize| {
        let shakes = breach.replicas.iter().map(|replica| &replica.recorder.transport.sites[site]);
        let (mut most, mut refused, mut wait, mut taken) = (0, 0, 0, 0);
        for shake in shakes {
            (most, refused) = (most.max(shake.busiest.1), refused + shake.refused);
            (wait, taken) = (wait + shake.wait, taken + shake.full + shake.resumed);
        }
        let waits = taken > 0 && wait as f64 / 1e9 / taken as f64 > LONG;
        (refused > 0 || waits).then_some((most, site))
    };
    let (most, site) = (0..s.sites.len()).filter_map(of).max()?;
    let work = tls.full.as_secs_f64();
    let enough = libm::ceil(f64::from(most) * work * ROOM - 1e-9) as u32;
    if enough <= tls.workers {
        return None;
    }
    let one = number::time_s(work);
    Some(Found {
        short: "transport.workers".to_owned(),
        need: f64::from(enough),
        cause: format!(
            "Up to {} handshakes a second come to {}{}, and its {} workers need {one} for each.",
            number::count(u64::from(most)),
            s.sites[site].id,
            breach.when(),
            tls.workers
        ),
        remedy: format!("With a tenth of room: {enough} workers."),
        set: vec![Setting::plain("transport.workers".to_owned(), enough)],
    })
}

/// Sites whose certificate nobody accepts and that count as healthy.
fn certificates(breach: &Breach<'_>) -> Option<Found> {
    let s = breach.scenario;
    if s.tls.as_ref()?.checks_verify {
        return None;
    }
    let distrusted = |replica: &crate::metrics::Replica| -> u64 {
        replica.recorder.transport.sites.iter().map(|site| site.distrusted).sum()
    };
    let shaken = breach.because(Failure::Handshake) > 0 || breach.replicas.iter().map(distrusted).sum::<u64>() > 0;
    let mut strikes = breach.strikes().into_iter();
    let (_, fault) = strikes.find(|(_, fault)| {
        let all = |site: usize| s.strikes(fault.on, crate::kms::SiteId(site as u16));
        matches!(fault.kind, FaultKind::Expired | FaultKind::Revoked(_)) && !(0..s.sites.len()).all(all)
    })?;
    shaken.then(|| Found {
        short: "transport.checks_verify".to_owned(),
        need: 0.0,
        cause: format!(
            "While {} lasts, health checks do not look at certificates, and callers go on being sent there.",
            fault.id
        ),
        remedy: "Checks that look at them take it out of the routing tables:".to_owned(),
        set: vec![Setting::plain("transport.checks_verify".to_owned(), true)],
    })
}
