//! What happens at gates in a run: each tenant's requests, attacks and what became of them, secrets.

use super::frame::Frame;
use crate::kms::{AccessFact, Denial, Failure, OriginId, Outcome, PopulationId};
use crate::time::Span;
use std::collections::BTreeMap;

/// A tenant's requests, of those offered after the warm-up.
#[derive(Clone, Debug, Default)]
pub struct TenantTally {
    /// Offered.
    pub offered: u64,
    /// Answered rightly and in time.
    pub completed: u64,
    /// Not, by reason.
    pub failed: BTreeMap<Failure, u64>,
}

/// Requests of the attackers of one population.
#[derive(Clone, Debug, Default)]
pub struct AttackTally {
    /// Those that were served: a key was used for them.
    pub served: u64,
    /// Those that were not, by reason.
    pub refused: BTreeMap<Failure, u64>,
    /// Those that a gate let in after the secret had been revoked.
    pub late: u64,
    /// How long after it was revoked the last of these was sent.
    pub latest: Span,
}

/// What a site's HSMs did for the callers at one origin, of what began after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Calls.
    pub calls: u64,
    /// Nanoseconds that engines worked on them.
    pub busy: u64,
}

/// What happened at gates.
#[derive(Clone, Debug, Default)]
pub struct AccessTally {
    /// By tenant.
    pub tenants: Vec<TenantTally>,
    /// By origin × sites + site, where there are tenants.
    pub work: Vec<Work>,
    /// By the population of the attackers.
    pub attacks: BTreeMap<PopulationId, AttackTally>,
    /// Requests turned away, by gate and reason, warm-up included.
    pub turned: BTreeMap<(OriginId, Denial), u64>,
    /// Secrets issued during the run, leaked, revoked.
    pub issued: u64,
    /// See `issued`.
    pub leaked: u64,
    /// See `issued`.
    pub revoked: u64,
    /// The longest time that a gate took to learn that secrets are revoked.
    pub spread: Span,
}

impl AccessTally {
    /// Nothing yet.
    #[must_use]
    pub fn new(frame: &Frame) -> Self {
        let work = if frame.tenants > 0 { frame.origins * frame.site_region.len() } else { 0 };
        Self {
            tenants: vec![TenantTally::default(); frame.tenants],
            work: vec![Work::default(); work],
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn offered(&mut self, population: PopulationId, frame: &Frame) {
        if let Some(tenant) = frame.tenant[population.index()] {
            self.tenants[tenant.index()].offered += 1;
        }
    }

    #[inline]
    pub(super) fn decided(&mut self, population: PopulationId, failed: Option<Failure>, frame: &Frame) {
        let Some(tenant) = frame.tenant[population.index()] else { return };
        let tally = &mut self.tenants[tenant.index()];
        match failed {
            None => tally.completed += 1,
            Some(reason) => *tally.failed.entry(reason).or_default() += 1,
        }
    }

    pub(super) fn record(&mut self, fact: AccessFact) {
        match fact {
            AccessFact::Attacked { population, outcome, .. } => {
                let tally = self.attacks.entry(population).or_default();
                match outcome {
                    Outcome::Done => tally.served += 1,
                    Outcome::Failed(reason) => *tally.refused.entry(reason).or_default() += 1,
                }
            }
            AccessFact::Late { population, after } => {
                let tally = self.attacks.entry(population).or_default();
                tally.late += 1;
                tally.latest = tally.latest.max(after);
            }
            AccessFact::Turned { origin, denial, requests } => {
                *self.turned.entry((origin, denial)).or_default() += requests;
            }
            AccessFact::Issued { .. } => self.issued += 1,
            AccessFact::Leaked { .. } => self.leaked += 1,
            AccessFact::Revoked { .. } => self.revoked += 1,
            AccessFact::Learned { after, .. } => self.spread = self.spread.max(after),
        }
    }
}
