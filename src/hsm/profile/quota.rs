//! Quotas of a service, as written and as checked: a token bucket for a class of calls. Knows neither accounts nor regions, each
//! of which has buckets of its own.

use super::super::words::{ALGORITHMS, CALLS, algorithm as known};
use super::check::Errors;
use super::evidence::{self, Evidence};
use super::{Kind, RawProfile};
use crate::bucket::Limit;
use crate::kms::Badge;
use crate::time::Span;
use crate::units::{Duration, Rate};
use serde::{Deserialize, Serialize};

/// A second's worth, for providers count by the second.
const BURST: Span = Span::from_secs(1);
/// The word for algorithms whose key does both directions.
const SYMMETRIC: &str = "symmetric";
/// Creating keys is limited by itself wherever providers publish limits.
const GENERATE: &str = "generate";

/// How many calls of a class an account may make in a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawQuota {
    /// Calls per time, such as "10_000/s" or "60/min". Above zero. Required.
    pub rate: Rate,
    /// So much of the rate may be used at once after a pause: a bucket of rate × burst tokens, at least one. Default: "1 s" (assumed:
    /// providers count by the second).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<Duration>,
    /// The calls that it is for; creating keys is the call "generate". Default: all but "generate".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<String>>,
    /// The algorithms of the keys that it is for; "symmetric" stands for all whose key does both directions. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithms: Option<Vec<String>>,
    /// How far it is to be believed: measured, published (both need a source) or assumed. Default: the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    /// Where it stands, or why it was assumed. Default: the profile's, unless the badge is a lower one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A quota.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// Such as `symmetric`.
    pub name: String,
    /// Of one account in one region, unless the scenario says otherwise.
    pub limit: Limit,
    /// What that rests on.
    pub evidence: Evidence,
    calls: Option<Vec<String>>,
    algorithms: Option<Vec<String>>,
}

impl Quota {
    /// Whether a call under keys of an algorithm takes a token of it.
    #[must_use]
    pub fn covers(&self, algorithm: &str, call: &str) -> bool {
        let symmetric = || known(algorithm).is_some_and(|known| known.symmetric);
        let names = |name: &String| name == algorithm || name == SYMMETRIC && symmetric();
        self.calls.as_ref().map_or(call != GENERATE, |calls| calls.iter().any(|name| name == call))
            && self.algorithms.as_ref().is_none_or(|algorithms| algorithms.iter().any(names))
    }

    /// Whether it limits nothing but the creation of keys.
    #[must_use]
    pub fn only_creates(&self) -> bool {
        self.calls.as_ref().is_some_and(|calls| calls.iter().all(|call| call == GENERATE))
    }
}

/// The quotas of a profile, each call in one of them at most.
pub(super) fn check(raw: &RawProfile, errors: &mut Errors) -> Vec<Quota> {
    if raw.kind.unwrap_or_default() == Kind::Device {
        if !raw.quota.is_empty() {
            errors.add("quota", "a device has no quotas, it has engines and a queue", "write kind = \"service\"");
        }
        return Vec::new();
    }
    let quotas: Vec<Quota> = raw.quota.iter().map(|(name, quota)| one(name, quota, raw, errors)).collect();
    for (i, quota) in quotas.iter().enumerate() {
        for other in &quotas[..i] {
            if let Some((algorithm, call)) = common(quota, other) {
                let reason = format!("takes \"{call}\" with {algorithm} keys, as quota.{} does", other.name);
                errors.add(format!("quota.{}", quota.name), reason, "give each call one quota: `calls`, `algorithms`");
            }
        }
    }
    quotas
}

fn one(name: &str, quota: &RawQuota, raw: &RawProfile, errors: &mut Errors) -> Quota {
    let key = format!("quota.{name}");
    super::check::check_name(&key, name, errors);
    let rate = quota.rate.per_second();
    if !(rate > 1e-6 && rate <= 1e9) {
        errors.add(format!("{key}.rate"), "must be above zero, and at most 1 G/s", "leave out what is not limited");
    }
    let burst = quota.burst.map_or(BURST, Duration::span);
    if burst == Span::ZERO {
        errors.add(format!("{key}.burst"), "must be longer than zero", "for example \"1 s\", or leave it out");
    }
    for (list, empty) in [("calls", &quota.calls), ("algorithms", &quota.algorithms)]
        .map(|(list, names)| (list, names.as_ref().is_some_and(Vec::is_empty)))
    {
        if empty {
            errors.add(format!("{key}.{list}"), "is for nothing", "leave it out for all");
        }
    }
    let evidence = evidence::of_quota(&key, (quota.badge, quota.source.as_ref()), raw, errors);
    let (calls, algorithms) = (quota.calls.clone(), quota.algorithms.clone());
    Quota { name: name.to_owned(), limit: Limit { rate, burst }, evidence, calls, algorithms }
}

/// A call that two quotas would both be for.
fn common(a: &Quota, b: &Quota) -> Option<(String, String)> {
    let named = |of: fn(&Quota) -> &Option<Vec<String>>| [a, b].into_iter().flat_map(of).flatten();
    let algorithms = ALGORITHMS.iter().map(|known| known.name.to_owned()).chain(named(|q| &q.algorithms).cloned());
    let calls: Vec<String> =
        CALLS.iter().map(|(name, _)| (*name).to_owned()).chain(named(|q| &q.calls).cloned()).collect();
    let mut pairs = algorithms.flat_map(|algorithm| calls.iter().map(move |call| (algorithm.clone(), call.clone())));
    pairs.find(|(algorithm, call)| a.covers(algorithm, call) && b.covers(algorithm, call))
}
