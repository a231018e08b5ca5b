//! Classes of keys, checked.

use crate::geo;
use crate::kms::{ClassId, RegionId};
use crate::service::{Durability, Rotate};
use crate::time::Time;
use std::fmt::Write;
use std::sync::Arc;

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
    /// Keys whose home is each region, in the order of the scenario's regions.
    pub counts: Vec<u32>,
    /// Such as `rsa-2048`; selects the profile's service times.
    pub algorithm: String,
    /// Where they may be.
    pub stay: Residency,
    /// Copies in the home region, each at another site.
    pub copies: u32,
    /// Copies in other regions that residency allows.
    pub partner_copies: u32,
    /// Copies in further regions that are held in escrow.
    pub escrow_copies: u32,
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
    /// What an inventory says of each key, where there is one.
    pub listed: Option<Arc<Listed>>,
}

/// What an inventory says of the keys of a class. It keeps no names of keys and owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The file, as the scenario names it.
    pub file: String,
    /// Keys by home region.
    pub counts: Vec<u32>,
    /// By number of the key: since when its active version is in use, Unix seconds UTC.
    pub created: Vec<i64>,
    /// By number of the key: which of its owners it has, in order of their names; empty where it names none.
    pub tenants: Vec<u32>,
}

impl Listed {
    /// How many owners it names; nothing where it has no column for them.
    #[must_use]
    pub fn owners(&self) -> Option<u32> {
        self.tenants.iter().max().map(|last| last + 1)
    }

    /// The inventory with numbers for names, the same for any order of its lines and any names of the same order. Read again, it
    /// is the same inventory.
    #[must_use]
    pub fn nameless(&self, regions: &[&str]) -> String {
        let mut text = format!("id,region,created{}\n", if self.tenants.is_empty() { "" } else { ",tenant" });
        let homes = regions.iter().zip(&self.counts).flat_map(|(region, count)| (0..*count).map(move |_| region));
        for (number, (region, created)) in homes.zip(&self.created).enumerate() {
            // Leading zeros keep the order of numbers when they are compared as names.
            let _ = write!(text, "{number:08},{region},{}", geo::rfc3339(*created, Time::ZERO));
            if let Some(tenant) = self.tenants.get(number) {
                let _ = write!(text, ",{tenant:08}");
            }
            text.push('\n');
        }
        text
    }
}

impl KeyClass {
    /// Retired versions of each key that are kept for decryption at any time.
    #[must_use]
    pub fn retired(&self) -> u32 {
        self.rotate.map_or(0, |rotate| rotate.keep.0.div_ceil(rotate.every.0.max(1)).min(u64::from(u32::MAX)) as u32)
    }

    /// Copies of a key, wherever they are.
    #[must_use]
    pub const fn all_copies(&self) -> u64 {
        self.copies as u64 + self.partner_copies as u64 + self.escrow_copies as u64
    }

    /// Keys whose home is a region, or all.
    #[must_use]
    pub fn count(&self, region: Option<RegionId>) -> u64 {
        match region {
            Some(region) => self.counts[region.index()].into(),
            None => self.counts.iter().map(|count| u64::from(*count)).sum(),
        }
    }
}
