//! What happens at gates: attacks, refusals, secrets.

use crate::kms::{Denial, OriginId, Outcome, PopulationId, TenantId};
use crate::time::Span;

/// Something that happened at a gate, or to the secrets that gates go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessFact {
    /// A request of an attacker came to its end: they are told by this alone.
    Attacked {
        /// The attackers, as one population.
        population: PopulationId,
        /// Whether they had what they asked for.
        outcome: Outcome,
        /// Since it was sent.
        after: Span,
    },
    /// A gate that did not know better let in an attacker whose secret was revoked.
    Late {
        /// The attackers, as one population.
        population: PopulationId,
        /// Since it was revoked.
        after: Span,
    },
    /// A gate sealed its count of requests that it turned away for one reason since the last time.
    Turned {
        /// Whose gate.
        origin: OriginId,
        /// Why.
        denial: Denial,
        /// How many.
        requests: u64,
    },
    /// A tenant has a new secret.
    Issued {
        /// Which tenant.
        tenant: TenantId,
        /// Which one, counted from 1.
        generation: u16,
    },
    /// A tenant's secret is in wrong hands.
    Leaked {
        /// Which tenant.
        tenant: TenantId,
        /// Which one.
        generation: u16,
    },
    /// A tenant's secrets up to this one are worth nothing any more.
    Revoked {
        /// Which tenant.
        tenant: TenantId,
        /// The newest of them.
        generation: u16,
    },
    /// A gate learned that secrets are revoked.
    Learned {
        /// Whose gate.
        origin: OriginId,
        /// The newest of them.
        generation: u16,
        /// Since they were revoked.
        after: Span,
    },
}

const _: () = assert!(size_of::<AccessFact>() <= 16, "facts stay small");

impl AccessFact {
    /// As [`super::Fact::words`].
    #[must_use]
    pub const fn words(self) -> [u64; 3] {
        match self {
            Self::Attacked { population, outcome, after } => {
                [80 | (population.0 as u64) << 8, outcome.number(), after.0]
            }
            Self::Late { population, after } => [86 | (population.0 as u64) << 8, after.0, 0],
            Self::Turned { origin, denial, requests } => [81 | (origin.0 as u64) << 8, denial.number(), requests],
            Self::Issued { tenant, generation } => [82 | (tenant.0 as u64) << 8, generation as u64, 0],
            Self::Leaked { tenant, generation } => [83 | (tenant.0 as u64) << 8, generation as u64, 0],
            Self::Revoked { tenant, generation } => [84 | (tenant.0 as u64) << 8, generation as u64, 0],
            Self::Learned { origin, generation, after } => [85 | (origin.0 as u64) << 8, generation as u64, after.0],
        }
    }
}
