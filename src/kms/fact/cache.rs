//! Facts about caches of data keys at clients: requests that these answered, and what emptied them. Who asks the service after all is
//! told by the other facts, as ever.

use crate::kms::PopulationId;

/// Something that happened to a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheFact {
    /// A client had the data key that a request wanted, and the service was not asked.
    Hit {
        /// Whose client.
        population: PopulationId,
    },
    /// Caches are empty, from now on or one after the other.
    Emptied {
        /// Whose.
        population: PopulationId,
        /// Of so many clients.
        clients: u32,
    },
}

const _: () = assert!(size_of::<CacheFact>() <= 16, "the fact around it stays small");

impl CacheFact {
    /// As three words: see [`Fact::words`](super::Fact::words). Kinds 140 and 141.
    #[inline]
    pub(super) const fn words(self) -> [u64; 3] {
        match self {
            Self::Hit { population } => [140 | (population.0 as u64) << 8, 0, 0],
            Self::Emptied { population, clients } => [141 | (population.0 as u64) << 8, clients as u64, 0],
        }
    }
}
