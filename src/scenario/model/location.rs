//! How users are located, checked.

use crate::geo::Locator;
use crate::kms::RegionId;
use std::sync::Arc;

/// How users are located; shares are from 0 to 1.
#[derive(Clone, Debug)]
pub struct Location {
    /// The scenario's own database; the shipped one where there is none.
    pub database: Option<Arc<Locator>>,
    /// Requests from the exit of a VPN in another country.
    pub vpn: f64,
    /// Requests of travellers from another country.
    pub roaming: f64,
    /// Requests from addresses that moved since the database was made.
    pub stale: f64,
    /// Requests from private addresses.
    pub hidden: f64,
    /// Requests whose user told a country and consented to its use.
    pub told: f64,
    /// Of these, those that told a wrong one.
    pub told_wrong: f64,
    /// By class, then country ([`countries`](crate::geo::countries)): the region whose keys the users of that country have.
    pub regions: Vec<Vec<RegionId>>,
}

impl Location {
    /// The database.
    #[must_use]
    pub fn locator(&self) -> Arc<Locator> {
        self.database.clone().unwrap_or_else(Locator::shipped)
    }
}
