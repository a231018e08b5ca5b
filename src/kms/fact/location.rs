//! What goes wrong in finding out from where users ask, and what it costs. A request that is located rightly leaves no fact.

use super::words::{both, pack};
use crate::kms::{CountryId, PopulationId, SiteId};
use crate::time::Span;

/// Why a user was taken for one of another country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Misled {
    /// The database says so of an address that is, after another source, one of the user's country.
    Database = 0,
    /// The address is that of a VPN's exit.
    Vpn = 1,
    /// The address is that of the home network of somebody who travels.
    Roaming = 2,
    /// The address moved since the database was made.
    Stale = 3,
    /// The user told another country.
    Told = 4,
}

impl Misled {
    /// All causes.
    pub const ALL: [Self; 5] = [Self::Database, Self::Vpn, Self::Roaming, Self::Stale, Self::Told];

    /// The name in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Vpn => "vpn",
            Self::Roaming => "roaming",
            Self::Stale => "stale",
            Self::Told => "told",
        }
    }
}

/// A fact about locations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocationFact {
    /// A user was taken for one of another country.
    Wrong {
        /// Who asked.
        population: PopulationId,
        /// The country that it was taken for.
        country: CountryId,
        /// Why.
        misled: Misled,
        /// Whether that country's keys are in another region, to which the request is sent.
        astray: bool,
    },
    /// Nothing said from which country a request came: it went the way of the connection.
    Unknown {
        /// Who asked.
        population: PopulationId,
        /// The address was private; else the database does not know it.
        private: bool,
    },
    /// What a user told and what the address says are two countries. The told one decides where the request is sent.
    Contradiction {
        /// Who asked.
        population: PopulationId,
        /// The country told.
        told: CountryId,
        /// The country of the address.
        by_address: CountryId,
    },
    /// A request that had been sent to a region without its key goes on to a host of it.
    Detour {
        /// Who asked.
        population: PopulationId,
        /// The site that it had been sent to.
        site: SiteId,
        /// Since it was asked for.
        lost: Span,
    },
    /// A call is sent to a host of its key in the region of a wrong country, which is farther than another host.
    Farther {
        /// Who asked.
        population: PopulationId,
        /// The site.
        site: SiteId,
        /// How much longer the round trip to it is, when nothing is wrong.
        lost: Span,
    },
    /// Rules judged a request by a country that is not that of who asked, or by none, and otherwise than they would have by the right
    /// one.
    Misjudged {
        /// Who asked.
        population: PopulationId,
        /// It was forbidden; else it was let in.
        forbidden: bool,
    },
    /// When the run ends: so many requests of users were to be located.
    Asked {
        /// Whose.
        population: PopulationId,
        /// How many.
        requests: u64,
    },
    /// A call was handed to an HSM in a region where residency does not allow its key. It never happens in a right program: the
    /// run ends with an error.
    OutOfPlace {
        /// Where.
        site: SiteId,
        /// Who had asked.
        population: PopulationId,
        /// The number of the key within its class.
        key: u32,
        /// Which attempt at its call it was.
        attempt: u8,
        /// Microseconds since the request was asked for.
        after_us: u32,
    },
}

impl LocationFact {
    /// As [`Fact::words`](crate::kms::Fact::words).
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn words(self) -> [u64; 3] {
        match self {
            Self::Wrong { population, country, misled, astray } => {
                let why = u64::from(country.0) | (misled as u64) << 8 | u64::from(astray) << 16;
                [pack(70, population.0.into(), why), 0, 0]
            }
            Self::Unknown { population, private } => [pack(71, population.0.into(), private.into()), 0, 0],
            Self::Contradiction { population, told, by_address } => {
                [pack(72, population.0.into(), both(told.0.into(), by_address.0.into())), 0, 0]
            }
            Self::Detour { population, site, lost } => [pack(73, population.0.into(), site.0.into()), lost.0, 0],
            Self::Farther { population, site, lost } => [pack(74, population.0.into(), site.0.into()), lost.0, 0],
            Self::Asked { population, requests } => [pack(75, population.0.into(), 0), requests, 0],
            Self::Misjudged { population, forbidden } => [pack(77, population.0.into(), forbidden.into()), 0, 0],
            Self::OutOfPlace { site, population, key, attempt, after_us } => [
                pack(76, population.0.into(), site.0.into()),
                key.into(),
                u64::from(after_us) | u64::from(attempt) << 32,
            ],
        }
    }
}
