//! What the figures of a profile rest on. Every figure has a badge; what claims to be measured or published names its
//! source.

use super::super::service_time::ServiceTime;
use super::check::Errors;
use super::{RawEvidence, RawProfile, RawTiming};
use crate::kms::Badge;

/// How far a figure is to be believed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How far.
    pub badge: Badge,
    /// Where it stands, or why it was assumed.
    pub source: String,
}

/// How long one engine works on a call, and how far that is to be believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The time.
    pub time: ServiceTime,
    /// What it rests on.
    pub evidence: Evidence,
}

/// What the figures rest on that are no service times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beliefs {
    /// Parallel engines.
    pub engines: Evidence,
    /// Distribution and coefficient of variation.
    pub cv: Evidence,
    /// Requests that may wait.
    pub queue: Evidence,
    /// Requests in queue and service together.
    pub sessions: Evidence,
    /// Key versions that fit.
    pub key_slots: Evidence,
    /// Until a new key has reached the other devices.
    pub replication_lag: Evidence,
    /// The same to other regions.
    pub replication_lag_far: Evidence,
    /// With which devices it can exchange keys.
    pub exchange: Evidence,
    /// How long activation takes.
    pub activation: Evidence,
    /// After how long without power it is needed.
    pub activation_survives: Evidence,
    /// The price.
    pub price: Evidence,
}

/// The source of what a profile says without naming one.
const PROFILE: &str = "the profile, without a source";
const ACTIVATION: &str = "default: a restart, self-tests and a log-in at each device";
const SURVIVES: &str = "default: what opens the keys is in memory that each loss of power empties";

fn evidence(badge: Badge, source: &str) -> Evidence {
    Evidence { badge, source: source.to_owned() }
}

fn named(source: Option<&String>) -> Option<&str> {
    source.map(|source| source.trim()).filter(|source| !source.is_empty())
}

/// Reports a claim that nothing backs.
fn backed(key: &str, badge: Badge, source: Option<&str>, errors: &mut Errors) {
    if badge != Badge::Assumed && source.is_none() {
        let fix = "write source = \"...\", or badge = \"assumed\"";
        errors.add(key, "figures that are measured or published need a source", fix);
    }
}

/// Of a service time: its own badge and source, else the profile's.
pub(super) fn of_timing(key: &str, timing: &RawTiming, raw: &RawProfile, errors: &mut Errors) -> Evidence {
    of_quota(key, (timing.badge, timing.source.as_ref()), raw, errors)
}

/// Of a quota: as of a service time.
pub(super) fn of_quota(
    key: &str,
    (own, stated): (Option<Badge>, Option<&String>),
    raw: &RawProfile,
    errors: &mut Errors,
) -> Evidence {
    let usual = raw.badge.unwrap_or(Badge::Assumed);
    let badge = own.unwrap_or(usual);
    // The source of published figures says nothing about one that is assumed, nor the other way round.
    let inherited = named(raw.source.as_ref()).filter(|_| badge == usual);
    let source = named(stated).or(inherited);
    if own.is_some() {
        backed(&format!("{key}.badge"), badge, source, errors);
    }
    evidence(badge, source.unwrap_or(PROFILE))
}

/// Of the figures that are no service times. What a profile leaves out has a default, whose reason is given here.
pub(super) fn of_figures(raw: &RawProfile, errors: &mut Errors) -> Beliefs {
    let list = raw.evidence.clone().unwrap_or_default();
    for (key, twice) in [
        ("engines", raw.engines_badge.is_some() && list.engines.is_some()),
        ("cv", raw.cv_badge.is_some() && list.cv.is_some()),
    ] {
        if twice {
            errors.add(format!("{key}_badge"), format!("says the same as evidence.{key}"), "keep one of them");
        }
    }
    let mut of = |key: &str, given: bool, stated: Option<&RawEvidence>, default: &str| match stated {
        Some(stated) => {
            let source = named(stated.source.as_ref());
            backed(&format!("evidence.{key}.badge"), stated.badge, source, errors);
            evidence(stated.badge, source.unwrap_or(PROFILE))
        }
        None if given => evidence(Badge::Assumed, PROFILE),
        None => evidence(Badge::Assumed, default),
    };
    // The short forms have no source of their own: what is not assumed stands where the service times stand.
    let short = |badge: Option<Badge>| {
        let source = raw.source.clone().filter(|_| badge != Some(Badge::Assumed));
        badge.map(|badge| RawEvidence { badge, source: Some(source.unwrap_or_else(|| PROFILE.into())) })
    };
    let (engines, cv) = (list.engines.or(short(raw.engines_badge)), list.cv.or(short(raw.cv_badge)));
    Beliefs {
        engines: of("engines", raw.engines.is_some(), engines.as_ref(), "default: one thing at a time"),
        cv: of(
            "cv",
            raw.cv.is_some() || raw.distribution.is_some(),
            cv.as_ref(),
            "default: between the constant time of a symmetric operation and the spread measured on shared services",
        ),
        queue: of("queue", raw.queue.is_some(), list.queue.as_ref(), "default: no vendor publishes it"),
        sessions: of("sessions", raw.sessions.is_some(), list.sessions.as_ref(), "default: queue and engines together"),
        key_slots: of(
            "key_slots",
            raw.key_slots.is_some(),
            list.key_slots.as_ref(),
            "default: no limit, as for wrapped keys",
        ),
        replication_lag: of(
            "replication_lag",
            raw.replication_lag.is_some(),
            list.replication_lag.as_ref(),
            "default: vendors' clusters synchronise within seconds",
        ),
        replication_lag_far: of(
            "replication_lag_far",
            raw.replication_lag_far.is_some(),
            list.replication_lag_far.as_ref(),
            "default: as within a region, beside the link",
        ),
        exchange: of(
            "exchange",
            raw.exchange.is_some(),
            list.exchange.as_ref(),
            "default: devices of one profile have been given the same master key",
        ),
        activation: of("activation", raw.activation.is_some(), list.activation.as_ref(), ACTIVATION),
        activation_survives: of(
            "activation_survives",
            raw.activation_survives.is_some(),
            list.activation_survives.as_ref(),
            SURVIVES,
        ),
        price: price(raw, errors),
    }
}

fn price(raw: &RawProfile, errors: &mut Errors) -> Evidence {
    let (badge, source) = (raw.price_badge.unwrap_or(Badge::Assumed), named(raw.price_source.as_ref()));
    if badge != Badge::Assumed && source.is_none() {
        let fix = "write price_source = \"...\", or price_badge = \"assumed\"";
        errors.add("price_badge", "a price that is measured or published needs a source", fix);
    }
    evidence(badge, source.unwrap_or(PROFILE))
}
