//! What the fleet costs a year, in USD, at the prices of its device profiles and the transfer prices of the data set.

use super::runs::Replica;
use crate::geo;
use crate::hsm::profile::PURCHASE_YEARS;
use crate::kms::{ClassId, OriginId, SiteId};
use crate::net::BYTES_PER_CALL;
use crate::scenario::Scenario;

const HOURS_PER_YEAR: f64 = 8_760.0;
const SECONDS_PER_YEAR: f64 = 31_536_000.0;

/// Cost of a region, USD per year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionCost {
    /// Devices.
    pub devices: f64,
    /// Keys kept.
    pub keys: f64,
    /// Operations.
    pub operations: f64,
    /// Bytes that leave for other regions.
    pub transfer: f64,
}

/// Cost of the fleet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FleetCost {
    /// By region.
    pub regions: Vec<RegionCost>,
    /// Calls per second that the operations and bytes are counted from.
    pub calls_per_s: f64,
    /// Profiles without a price.
    pub unpriced: Vec<String>,
}

impl RegionCost {
    /// Sum, USD per year.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.devices + self.keys + self.operations + self.transfer
    }
}

impl FleetCost {
    /// Sum, USD per year.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.regions.iter().map(RegionCost::total).sum()
    }

    /// Sum of one part over regions, USD per year.
    pub fn part(&self, part: impl Fn(&RegionCost) -> f64) -> f64 {
        self.regions.iter().map(part).sum()
    }
}

/// Versions kept of each key of a class at the start: the one in use and the retired ones.
#[must_use]
pub fn versions_each(scenario: &Scenario, class: ClassId) -> u64 {
    1 + u64::from(scenario.keys[class.index()].retired())
}

/// Key versions that a site holds at the start: each key of its shards, with the retired versions that are kept.
#[must_use]
pub fn versions_at(scenario: &Scenario, shards: &[crate::service::Shard], site: SiteId) -> u64 {
    let versions = |shard: &crate::service::Shard| u64::from(shard.keys) * versions_each(scenario, shard.class);
    shards.iter().filter(|shard| shard.hosts().contains(&site)).map(versions).sum()
}

/// Cost per year at the mean rates of some replications.
#[must_use]
pub fn yearly(scenario: &Scenario, replicas: &[Replica]) -> FleetCost {
    let mut cost = FleetCost { regions: vec![RegionCost::default(); scenario.regions.len()], ..FleetCost::default() };
    let seconds: f64 = replicas.iter().map(|replica| replica.recorder.frame.counted().as_secs_f64()).sum();
    let per_year = |count: u64| count as f64 / seconds.max(1e-9) * SECONDS_PER_YEAR;
    for (i, site) in scenario.sites.iter().enumerate() {
        let named = &scenario.profiles[site.profile];
        let price = named.profile.price.unwrap_or_default();
        let region = &mut cost.regions[site.region.index()];
        let devices = f64::from(site.hsms);
        region.devices += devices
            * (price.usd_per_hour.unwrap_or(0.0) * HOURS_PER_YEAR
                + price.usd_once.unwrap_or(0.0) / PURCHASE_YEARS
                + price.usd_per_year.unwrap_or(0.0));
        let calls: u64 = replicas.iter().map(|replica| replica.recorder.sites[i].service.count()).sum();
        cost.calls_per_s += calls as f64 / seconds.max(1e-9);
        region.operations += per_year(calls) / 10_000.0 * price.usd_per_10k_ops.unwrap_or(0.0);
        if price.usd_per_key_month.is_some() {
            region.keys += 12.0
                * price.usd_per_key_month.unwrap_or(0.0)
                * replicas.first().map_or(0.0, |replica| replica.versions[i] as f64);
        }
        let priced = [price.usd_per_hour, price.usd_once, price.usd_per_year, price.usd_per_10k_ops];
        if priced.iter().all(Option::is_none) && !cost.unpriced.contains(&named.id) {
            cost.unpriced.push(named.id.clone());
        }
    }
    for origin in 0..scenario.origins.len() {
        let region = scenario.origins[OriginId(origin as u16).index()].region;
        for to in 0..scenario.regions.len() {
            let served = |replica: &Replica| {
                let at = origin * scenario.regions.len() + to;
                replica.recorder.flows.iter().map(|flows| flows[at]).sum::<u64>()
            };
            let calls: u64 = replicas.iter().map(served).sum();
            if to != region.index() && calls > 0 {
                let gigabytes = per_year(calls) * BYTES_PER_CALL / 1e9;
                let place = &scenario.regions[to].place;
                cost.regions[to].transfer += gigabytes * geo::transfer_price(place).map_or(0.0, |price| price.usd);
            }
        }
    }
    cost
}
