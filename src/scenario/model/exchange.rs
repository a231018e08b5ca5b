//! Exchange domains: which sites can hold copies of the same key. Devices of one domain share what opens each other's keys, and
//! a copy never leaves it, whatever residency would allow.

use super::{NamedProfile, Scenario};
use crate::kms::{ClassId, RegionId, SiteId};
use crate::time::Time;

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

    /// The sites that can take partner copies of keys with this home, by region as in [`Scenario::partners`], where there are
    /// to be any. Where others are to be in escrow these are the first regions that have sites enough at all times.
    #[must_use]
    pub fn partner_sites(&self, class: ClassId, home: RegionId) -> Vec<(RegionId, Vec<SiteId>)> {
        // Ordering all regions takes long where there are many.
        if self.keys[class.index()].partner_copies == 0 {
            return Vec::new();
        }
        let mut regions = self.other_sites(class, home);
        regions.truncate(self.serving_regions(class, &regions));
        regions
    }

    /// The sites that can take copies in escrow, where there are to be any: those of the regions after them.
    #[must_use]
    pub fn escrow_sites(&self, class: ClassId, home: RegionId) -> Vec<(RegionId, Vec<SiteId>)> {
        if self.keys[class.index()].escrow_copies == 0 {
            return Vec::new();
        }
        let mut regions = self.other_sites(class, home);
        regions.split_off(self.serving_regions(class, &regions))
    }

    /// How many of these regions serve keys, too.
    fn serving_regions(&self, class: ClassId, regions: &[(RegionId, Vec<SiteId>)]) -> usize {
        let class = &self.keys[class.index()];
        if class.partner_copies == 0 || class.escrow_copies == 0 {
            return if class.partner_copies == 0 { 0 } else { regions.len() };
        }
        let times = || std::iter::once(Time::ZERO).chain(self.changes.iter().map(|change| change.at));
        let there = |of: usize, at: Time| {
            let sites = regions[..of].iter().flat_map(|(_, sites)| sites);
            sites.filter(|site| self.has_site(**site, at)).count()
        };
        let enough = |of: &usize| times().all(|at| there(*of, at) >= class.partner_copies as usize);
        (1..regions.len()).find(enough).unwrap_or(regions.len())
    }

    /// The sites elsewhere with which the home region can exchange keys, by region as in [`Scenario::partners`]. Regions without
    /// any are left out.
    fn other_sites(&self, class: ClassId, home: RegionId) -> Vec<(RegionId, Vec<SiteId>)> {
        let domain = self.exchanges(home).first().copied();
        let of = |region: RegionId| self.sites_of(region).filter(|site| Some(self.exchange(*site)) == domain).collect();
        let regions = self.partners(class, home).into_iter().map(|region| (region, of(region)));
        regions.filter(|(_, sites): &(RegionId, Vec<SiteId>)| !sites.is_empty()).collect()
    }
}
