//! Exchange domains: which sites can hold copies of the same key. Devices of one domain share what opens each other's keys, and
//! a copy never leaves it, whatever residency would allow.

use super::{NamedProfile, Scenario};
use crate::kms::{ClassId, RegionId, SiteId};

impl NamedProfile {
    /// The exchange domain of its devices: as stated, else one of their own.
    #[must_use]
    pub fn exchange(&self) -> &str {
        self.profile.exchange.as_deref().unwrap_or(&self.id)
    }
}

impl Scenario {
    /// The exchange domain of a site.
    #[must_use]
    pub fn exchange(&self, site: SiteId) -> &str {
        self.profiles[self.sites[site.index()].profile].exchange()
    }

    /// The exchange domains of a region's sites, each once, in the order of its sites.
    #[must_use]
    pub fn exchanges(&self, region: RegionId) -> Vec<&str> {
        let mut domains: Vec<&str> = Vec::new();
        for domain in self.sites_of(region).map(|site| self.exchange(site)) {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        domains
    }

    /// The sites that can take partner copies of keys with this home, by region as in [`Scenario::partners`]: those with which
    /// the home region can exchange keys. Regions without any are left out.
    #[must_use]
    pub fn partner_sites(&self, class: ClassId, home: RegionId) -> Vec<(RegionId, Vec<SiteId>)> {
        let domain = self.exchanges(home).first().copied();
        let of = |region: RegionId| self.sites_of(region).filter(|site| Some(self.exchange(*site)) == domain).collect();
        let regions = self.partners(class, home).into_iter().map(|region| (region, of(region)));
        regions.filter(|(_, sites): &(RegionId, Vec<SiteId>)| !sites.is_empty()).collect()
    }
}
