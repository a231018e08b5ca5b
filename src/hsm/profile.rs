//! The profile of an HSM: what one device can do, checked, with the evidence for each figure. Knows no fleet, no load and no
//! simulation; `check` turns what was written into it.

mod check;
mod evidence;
mod quota;
mod raw;
mod service;

pub use evidence::{Beliefs, Evidence, Timing};
pub use quota::{Quota, RawQuota};
pub use raw::{Custody, Kind, Price, RawEvidence, RawEvidences, RawProfile, RawTiming};

use super::service_time::ServiceTime;
use crate::kms::Badge;
use crate::time::Span;
use crate::units::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

/// A purchase is spread over this many years (assumed: the usual depreciation of such devices).
pub const PURCHASE_YEARS: f64 = 5.0;

/// One kind of device, or a service. Every limit is per device.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What people call it; empty when the profile does not say.
    pub name: String,
    /// What it is of. Of a service `engines`, `queue` and `sessions` say nothing.
    pub kind: Kind,
    /// Who makes or runs it.
    pub vendor: Option<String>,
    /// How far the service times without a badge of their own are to be believed.
    pub badge: Badge,
    /// Where those stand; present unless they are assumed.
    pub source: Option<String>,
    /// When they were read there.
    pub as_of: Option<Date>,
    /// Operations worked on at the same time; at least 1.
    pub engines: u32,
    /// Requests that may wait.
    pub queue: u32,
    /// Requests in queue and service together; at least 1.
    pub sessions: u32,
    /// Key versions that fit; `None` for no limit.
    pub key_slots: Option<u64>,
    /// Until a new key has reached the other devices, links apart.
    pub replication_lag: Span,
    /// The same to other regions, where the vendor's cluster reaches them by itself.
    pub replication_lag_far: Option<Span>,
    /// How key material moves between devices.
    pub custody: Custody,
    /// The devices with which it can exchange keys; `None` for those of this profile only.
    pub exchange: Option<String>,
    /// From ordering one more device to its first operation.
    pub lead_time: Span,
    /// How long activation takes after a loss of power, and the longest loss after which there is none.
    pub activation: Span,
    /// See there.
    pub activation_survives: Span,
    /// Mean time between failures.
    pub mtbf: Option<Span>,
    /// What one device costs; `None` when nothing is known.
    pub price: Option<Price>,
    /// When it was read where it stands.
    pub price_as_of: Option<Date>,
    /// The last day of the vendor's support.
    pub end_of_support: Option<Date>,
    /// How far the figures above are to be believed, and why.
    pub beliefs: Beliefs,
    /// Of a service: in order of their names.
    pub quotas: Vec<Quota>,
    /// By call, for keys of any algorithm.
    any: BTreeMap<String, Timing>,
    /// By algorithm, then call.
    by_algorithm: BTreeMap<String, BTreeMap<String, Timing>>,
}

/// What is wrong with a profile, for a person to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The TOML path of the key, such as `algorithm.rsa-2048.sign.cv`; empty for errors of syntax.
    pub key: String,
    /// What is wrong: a sentence about the key without a final stop.
    pub reason: String,
    /// What to write instead, where that is known.
    pub suggestion: Option<String>,
    /// The bytes of the text in question; only from [`Profile::parse`].
    pub span: Option<Range<usize>>,
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.reason)?;
        self.suggestion.iter().try_for_each(|suggestion| write!(f, "; {suggestion}"))
    }
}

impl std::error::Error for ProfileError {}

impl Profile {
    /// Reads and checks a profile file.
    ///
    /// # Errors
    /// The first error of syntax or type, or else all that is wrong with the figures, each with its place in the text.
    pub fn parse(text: &str) -> Result<Self, Vec<ProfileError>> {
        check::parse(text)
    }

    /// Checks a profile that was read as part of something else.
    ///
    /// # Errors
    /// All that is wrong with it, without places.
    pub fn from_raw(raw: RawProfile) -> Result<Self, Vec<ProfileError>> {
        check::check(raw)
    }

    /// The time that one engine needs for `call` with a key of `algorithm`: the algorithm's own, else that for any algorithm;
    /// `None` when the device does not know the call.
    #[must_use]
    pub fn service_time(&self, algorithm: &str, call: &str) -> Option<&ServiceTime> {
        self.timing(algorithm, call).map(|timing| &timing.time)
    }

    /// As [`Profile::service_time`], with how far it is to be believed.
    #[must_use]
    pub fn timing(&self, algorithm: &str, call: &str) -> Option<&Timing> {
        self.by_algorithm.get(algorithm).and_then(|calls| calls.get(call)).or_else(|| self.any.get(call))
    }

    /// Every service time with its algorithm, if it is for one only, and its call.
    pub fn timings(&self) -> impl Iterator<Item = (Option<&str>, &str, &Timing)> {
        let any = self.any.iter().map(|(call, timing)| (None, call.as_str(), timing));
        any.chain(self.by_algorithm.iter().flat_map(|(algorithm, calls)| {
            calls.iter().map(|(call, timing)| (Some(algorithm.as_str()), call.as_str(), timing))
        }))
    }

    /// Calls per second that one device answers with all its engines busy on nothing else; of a service what its quota allows an
    /// account in a region, infinite where there is none.
    #[must_use]
    pub fn throughput(&self, algorithm: &str, call: &str) -> Option<f64> {
        let time = self.service_time(algorithm, call)?;
        Some(match self.kind {
            Kind::Device => f64::from(self.engines) / time.mean_s(),
            Kind::Service => self.quota(algorithm, call).map_or(f64::INFINITY, |quota| self.quotas[quota].limit.rate),
        })
    }

    /// Whether it is of a service.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.kind == Kind::Service
    }

    /// The quota that a call takes a token of, by its place among `quotas`.
    #[must_use]
    pub fn quota(&self, algorithm: &str, call: &str) -> Option<usize> {
        self.quotas.iter().position(|quota| quota.covers(algorithm, call))
    }

    /// The calls known for keys of `algorithm`, in alphabetical order.
    #[must_use]
    pub fn calls(&self, algorithm: &str) -> Vec<&str> {
        let own = self.by_algorithm.get(algorithm).into_iter().flat_map(BTreeMap::keys);
        let calls: BTreeSet<&str> = own.chain(self.any.keys()).map(String::as_str).collect();
        calls.into_iter().collect()
    }

    /// The algorithms with service times of their own, in alphabetical order.
    pub fn algorithms(&self) -> impl Iterator<Item = &str> {
        self.by_algorithm.keys().map(String::as_str)
    }
}
