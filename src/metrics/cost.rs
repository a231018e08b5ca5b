//! What the fleet costs a year, in USD, at the prices of its device profiles and the transfer prices of the data set. What is
//! paid by use is priced at the demand that the scenario states for a year, not at that of the run, which may cover the busiest
//! hour or a fault only: of the run are the calls that a stated call comes to (retries, refusals) and where they are
//! served, origin by origin, in its normal parts where it has any.

use super::part::Part;
use super::runs::Replica;
use crate::geo;
use crate::hsm::profile::PURCHASE_YEARS;
use crate::kms::{ClassId, SiteId};
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
    /// Calls served per second, in the mean of a year, that the operations and bytes are counted from; not the rate of the run.
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

/// Cost per year, use at the mean demand of a year and as some replications served it. Callers who ask for nothing in the
/// counted time do not show where they are served, and are not priced.
#[must_use]
pub fn yearly(scenario: &Scenario, replicas: &[Replica]) -> FleetCost {
    let mut cost = FleetCost { regions: vec![RegionCost::default(); scenario.regions.len()], ..FleetCost::default() };
    let flows = flows(scenario, replicas);
    cost.calls_per_s = flows.iter().flatten().sum();
    let shares = site_shares(scenario, replicas);
    for (i, site) in scenario.sites.iter().enumerate() {
        let named = &scenario.profiles[site.profile];
        let price = named.profile.price.unwrap_or_default();
        let region = &mut cost.regions[site.region.index()];
        let devices = f64::from(site.hsms);
        region.devices += devices
            * (price.usd_per_hour.unwrap_or(0.0) * HOURS_PER_YEAR
                + price.usd_once.unwrap_or(0.0) / PURCHASE_YEARS
                + price.usd_per_year.unwrap_or(0.0));
        let calls_per_s = shares[i] * flows.iter().map(|to| to[site.region.index()]).sum::<f64>();
        region.operations += calls_per_s * SECONDS_PER_YEAR / 10_000.0 * price.usd_per_10k_ops.unwrap_or(0.0);
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
    for (origin, flows) in scenario.origins.iter().zip(&flows) {
        for (to, calls_per_s) in flows.iter().enumerate().filter(|(to, _)| *to != origin.region.index()) {
            let gigabytes = calls_per_s * SECONDS_PER_YEAR * BYTES_PER_CALL / 1e9;
            let price = geo::transfer_price(&scenario.regions[to].place);
            cost.regions[to].transfer += gigabytes * price.map_or(0.0, |price| price.usd);
        }
    }
    cost
}

/// Calls per second, in the mean of a year, that the callers of each origin have served in each region.
fn flows(scenario: &Scenario, replicas: &[Replica]) -> Vec<Vec<f64>> {
    let regions = scenario.regions.len();
    let of = |origin: usize| {
        let measured = |to: usize, parts: &[Part]| -> u64 {
            let at = origin * regions + to;
            replicas
                .iter()
                .flat_map(|replica| parts.iter().map(move |part| replica.recorder.flows[*part as usize][at]))
                .sum()
        };
        let counts = |parts: &[Part]| -> Vec<f64> { (0..regions).map(|to| measured(to, parts) as f64).collect() };
        let stated = || replicas.iter().map(|replica| replica.stated[origin]);
        let (normal, counted) = stated().fold((0.0, 0.0), |sum, of| (sum.0 + of.normal, sum.1 + of.counted));
        let calls = counts(&[Part::Normal]);
        let (calls, asked) = if normal > 0.0 && calls.iter().any(|calls| *calls > 0.0) {
            (calls, normal)
        } else {
            (counts(&[Part::Normal, Part::Fault, Part::Recovery]), counted)
        };
        let yearly_per_s = stated().next().map_or(0.0, |of| of.yearly_per_s);
        let scale = if asked > 0.0 { yearly_per_s / asked } else { 0.0 };
        calls.into_iter().map(|calls| calls * scale).collect()
    };
    (0..scenario.origins.len()).map(of).collect()
}

/// Of the calls that a region serves, the share of each of its sites.
fn site_shares(scenario: &Scenario, replicas: &[Replica]) -> Vec<f64> {
    let (mut normal, mut all) = (vec![0.0; scenario.sites.len()], vec![0.0; scenario.sites.len()]);
    for replica in replicas {
        let parts = replica.parts();
        for (i, site) in replica.recorder.sites.iter().enumerate() {
            let calls = |slot: usize| f64::from(site.slots[slot].calls);
            normal[i] += (0..parts.len()).filter(|slot| parts[*slot] == Part::Normal).map(calls).sum::<f64>();
            all[i] += site.service.count() as f64;
        }
    }
    let share = |i: usize| {
        let of_region = |calls: &[f64]| -> f64 {
            let sites = scenario.sites.iter().zip(calls);
            sites.filter(|(site, _)| site.region == scenario.sites[i].region).map(|(_, calls)| calls).sum()
        };
        let known = [&normal, &all].into_iter().map(|calls| (calls[i], of_region(calls))).find(|(_, sum)| *sum > 0.0);
        known.map_or(0.0, |(calls, sum)| calls / sum)
    };
    (0..scenario.sites.len()).map(share).collect()
}
