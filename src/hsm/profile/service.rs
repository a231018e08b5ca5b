//! What of a profile is said of devices only, and what of services only. A service has neither engines nor a queue, and nothing of
//! it is bought: each of these words would be without effect.

use super::check::Errors;
use super::{Kind, RawProfile};
use std::collections::BTreeMap;

/// Reports what the other kind of profile is told by, and a profile that tells nothing.
pub(super) fn check(raw: &RawProfile, errors: &mut Errors) {
    if raw.op.is_empty() && raw.algorithm.values().all(BTreeMap::is_empty) {
        let fix = [
            "write for example [op] mac = { rate = \"10 k/s\" }",
            "write for example [op] mac = { latency = \"10 ms\" }",
        ];
        errors.add("op", "no operation is timed", fix[raw.kind.unwrap_or_default() as usize]);
    }
    let calls = raw.op.iter().map(|(call, timing)| (format!("op.{call}"), timing));
    let own = raw.algorithm.iter().flat_map(|(algorithm, calls)| {
        calls.iter().map(move |(call, timing)| (format!("algorithm.{algorithm}.{call}"), timing))
    });
    let timings: Vec<_> = calls.chain(own).collect();
    if raw.kind.unwrap_or_default() == Kind::Device {
        for (key, _) in timings.iter().filter(|(_, timing)| timing.latency.is_some()) {
            errors.add(format!("{key}.latency"), "is of a service, a device has a rate or a mean", "write mean");
        }
        return;
    }
    let price = raw.price.unwrap_or_default();
    let of_devices = [
        ("engines", raw.engines.is_some(), "leave it out: calls run side by side"),
        ("engines_badge", raw.engines_badge.is_some(), "leave it out"),
        ("queue", raw.queue.is_some(), "leave it out: what finds no token is answered at once"),
        ("sessions", raw.sessions.is_some(), "leave it out"),
        ("generate", raw.generate.is_some(), "write [op] generate = { latency = \"100 ms\" }, and a quota for it"),
        ("activation", raw.activation.is_some(), "leave it out: its provider does it"),
        ("activation_survives", raw.activation_survives.is_some(), "leave it out"),
        ("mtbf", raw.mtbf.is_some(), "leave it out: there is no device that could fail"),
        ("price.usd_once", price.usd_once.is_some(), "a service is paid by call and key"),
        ("price.usd_per_hour", price.usd_per_hour.is_some(), "a service is paid by call and key"),
        ("price.usd_per_year", price.usd_per_year.is_some(), "a service is paid by call and key"),
    ];
    for (key, _, fix) in of_devices.into_iter().filter(|(_, given, _)| *given) {
        errors.add(key, "is of a device, and this is a service", fix);
    }
    for (key, timing) in timings {
        for (name, given) in [("rate", timing.rate.is_some()), ("mean", timing.mean.is_some())] {
            if given {
                let reason = "is of a device; a service has a latency, and its rates are quotas";
                errors.add(format!("{key}.{name}"), reason, "write for example latency = \"10 ms\"");
            }
        }
    }
}
