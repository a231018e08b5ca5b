//! Classes of keys, checked.

use crate::kms::{ClassId, RegionId};
use crate::service::{Durability, Rotate};

/// Where the keys of a class may be kept and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residency {
    /// Everywhere.
    Anywhere,
    /// Only in the home region.
    Region,
    /// Only in regions of the home region's country.
    Country,
    /// Only in regions of these countries (ISO 3166-1 alpha-2, groups already expanded).
    Countries(Vec<String>),
}

/// A class of keys.
#[derive(Clone, Debug)]
pub struct KeyClass {
    /// Its id.
    pub id: String,
    /// Keys whose home is each region, in the order of [`Scenario::regions`].
    pub counts: Vec<u32>,
    /// Such as `rsa-2048`; selects the profile's service times.
    pub algorithm: String,
    /// Where they may be.
    pub stay: Residency,
    /// Copies in the home region, each at another site.
    pub copies: u32,
    /// Copies in other regions that residency allows.
    pub partner_copies: u32,
    /// Rotation, if any.
    pub rotate: Option<Rotate>,
    /// When a successor takes over.
    pub durability: Durability,
    /// The class of the keys that copies of these are wrapped under on their way.
    pub wrapped_by: Option<ClassId>,
    /// Zipf exponent of the keys' popularity; 0 is uniform.
    pub zipf: f64,
    /// Owners that the keys are spread over.
    pub tenants: u32,
}

impl KeyClass {
    /// Retired versions of each key that are kept for decryption at any time.
    #[must_use]
    pub fn retired(&self) -> u32 {
        self.rotate.map_or(0, |rotate| rotate.keep.0.div_ceil(rotate.every.0.max(1)).min(u64::from(u32::MAX)) as u32)
    }
}

impl KeyClass {
    /// Keys whose home is a region, or all.
    #[must_use]
    pub fn count(&self, region: Option<RegionId>) -> u64 {
        match region {
            Some(region) => self.counts[region.index()].into(),
            None => self.counts.iter().map(|count| u64::from(*count)).sum(),
        }
    }
}
