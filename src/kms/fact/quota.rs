//! What was asked of the quotas of services, a second at a time: a call costs no fact of its own, for each that is refused has
//! one already. Does not know how high a quota is.

use super::words::pack;
use crate::kms::QuotaId;

/// A fact about a quota, told at the beginning of the second that it is of, once that second is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaFact {
    /// The fleet's calls and its creations of keys.
    Asked {
        /// Of this quota.
        quota: QuotaId,
        /// How many there were.
        asked: u32,
        /// How many of them found no token.
        throttled: u32,
    },
    /// Other workloads of the account.
    Others {
        /// Of this quota.
        quota: QuotaId,
        /// How many calls there were.
        asked: u32,
        /// How many of them found no token.
        throttled: u32,
    },
}

impl QuotaFact {
    /// As [`Fact::words`](crate::kms::Fact::words).
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn words(self) -> [u64; 3] {
        let (kind, quota, asked, throttled) = match self {
            Self::Asked { quota, asked, throttled } => (130, quota, asked, throttled),
            Self::Others { quota, asked, throttled } => (131, quota, asked, throttled),
        };
        [pack(kind, quota.0.into(), 0), asked.into(), throttled.into()]
    }
}
