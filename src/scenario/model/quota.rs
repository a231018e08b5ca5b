//! Quotas of services: one for each account, region and class of calls, however many sites use it, and what else uses it.

use super::Scenario;
use crate::bucket::Limit;
use crate::kms::{QuotaId, RegionId, SiteId};
use crate::load::{Curve, Grid, Shape};
use crate::time::{Span, Time};

/// A quota of an account in a region.
#[derive(Clone, Debug)]
pub struct Quota {
    /// `region.service.class`, with `@ACCOUNT` behind the service where the scenario names one.
    pub id: String,
    /// Its region.
    pub region: RegionId,
    /// Index into [`Scenario::profiles`].
    pub profile: usize,
    /// Its place among the profile's quotas.
    pub class: usize,
    /// Whose it is: the account, else the id of the profile.
    pub account: String,
    /// How much is let through.
    pub limit: Limit,
    /// The scenario states its rate; else the profile does.
    pub stated: bool,
    /// The sites that share it.
    pub sites: Vec<SiteId>,
}

/// Another workload that uses a quota.
#[derive(Clone, Debug)]
pub struct OtherWork {
    /// Its id.
    pub id: String,
    /// What it uses.
    pub quota: QuotaId,
    /// Calls per second, averaged over an ordinary week.
    pub rate: f64,
    /// Demand by hour, weekday and holiday.
    pub shape: Shape,
    /// When it begins.
    pub from: Time,
    /// When it is over.
    pub until: Time,
}

impl Scenario {
    /// Whether a site has a service in the place of devices.
    #[must_use]
    pub fn is_service(&self, site: SiteId) -> bool {
        self.profiles[self.sites[site.index()].profile].profile.is_service()
    }

    /// The quota that a call at a site takes a token of, under keys of an algorithm.
    #[must_use]
    pub fn quota(&self, site: SiteId, algorithm: &str, call: &str) -> Option<QuotaId> {
        let class = self.profiles[self.sites[site.index()].profile].profile.quota(algorithm, call)?;
        let number = self.quotas.iter().position(|quota| quota.class == class && quota.sites.contains(&site))?;
        Some(QuotaId(number as u16))
    }

    /// Demand of another workload, as if it were there all the time.
    #[must_use]
    pub fn other_demand(&self, work: &OtherWork) -> Curve {
        let local = self.local_times(&self.regions[self.quotas[work.quota.index()].region.index()].place);
        let grid = Grid { slot: Span::from_secs(60), horizon: self.run };
        Curve::seasonal(work.rate, &work.shape, 0.0, grid, local)
    }
}
