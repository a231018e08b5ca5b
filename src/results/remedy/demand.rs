//! What would be asked of pools and quotas if every request were served: requests offered, times the calls that each makes, sent where
//! calls of the same callers were served meanwhile. So neither retries count, nor is missing what a request that failed early did not ask.

use super::breach::Breach;
use crate::kms::{ClassId, OriginId, RegionId, SiteId};
use crate::metrics::Part;
use crate::scenario::Scenario;
use crate::time::Span;

/// Demand is taken over stretches of this length at least, so that chance counts for little.
const STRETCH: Span = Span::from_secs(10);

/// What one request of a cell asks of each site and quota, in one part of a case.
pub(super) struct Demands {
    /// By cell, then site: engine-seconds.
    work: Vec<Vec<f64>>,
    /// By cell, then site: calls.
    calls: Vec<Vec<f64>>,
    /// By cell, then quota: calls.
    tokens: Vec<Vec<f64>>,
}

impl Demands {
    pub(super) fn of(breach: &Breach<'_>, part: Part) -> Self {
        let s = breach.scenario;
        let cells = s.regions.len() * s.loads.len();
        let zeros = |n: usize| vec![vec![0.0; n]; cells];
        let mut new = Self { work: zeros(s.sites.len()), calls: zeros(s.sites.len()), tokens: zeros(s.quotas.len()) };
        let up = up(breach, part);
        let cell = |region: RegionId, load: usize| region.index() * s.loads.len() + load;
        let mut mean = vec![0.0; cells];
        let of = |p: &crate::scenario::Population| cell(s.origins[p.origin.index()].region, p.load.index());
        s.populations.iter().for_each(|p| mean[of(p)] += s.reaching(p));
        for population in &s.populations {
            let cell = of(population);
            let weight = if mean[cell] > 0.0 { s.reaching(population) / mean[cell] } else { 0.0 };
            let load = &s.loads[population.load.index()];
            for (site, share) in shares(breach, part, (load.key, population.origin), &up) {
                let algorithm = &s.keys[load.key.index()].algorithm;
                for call in load.calls.iter().map(|call| &s.calls[call.index()]) {
                    let profile = &s.profiles[s.sites[site.index()].profile].profile;
                    let time = profile.service_time(algorithm, call).map_or(0.0, |time| time.mean_s());
                    new.work[cell][site.index()] += weight * share * time;
                    new.calls[cell][site.index()] += weight * share;
                    if let Some(quota) = s.quota(site, algorithm, call) {
                        new.tokens[cell][quota.index()] += weight * share;
                    }
                }
            }
        }
        new
    }

    /// Engine-seconds a second at a site in the busiest stretch of a part, the mean over replications of each slot.
    pub(super) fn work_at(&self, breach: &Breach<'_>, part: Part, site: SiteId) -> f64 {
        busiest(breach, part, |cell| self.work[cell][site.index()])
    }

    /// Calls a second there.
    pub(super) fn calls_at(&self, breach: &Breach<'_>, part: Part, site: SiteId) -> f64 {
        busiest(breach, part, |cell| self.calls[cell][site.index()])
    }

    /// Calls a second that are to take a token of a quota.
    pub(super) fn tokens_of(&self, breach: &Breach<'_>, part: Part, quota: usize) -> f64 {
        busiest(breach, part, |cell| self.tokens[cell][quota])
    }

    /// Whether those who suffer ask anything of a site.
    pub(super) fn concerns_site(&self, breach: &Breach<'_>, site: SiteId) -> bool {
        breach.cells().into_iter().any(|cell| self.calls[cell][site.index()] > 0.0)
    }

    /// Whether they take tokens of a quota.
    pub(super) fn concerns_quota(&self, breach: &Breach<'_>, quota: usize) -> bool {
        breach.cells().into_iter().any(|cell| self.tokens[cell][quota] > 0.0)
    }
}

/// The highest mean per second of `each`, times the requests of its cell, in stretches of a part.
fn busiest(breach: &Breach<'_>, part: Part, each: impl Fn(usize) -> f64) -> f64 {
    let slot_sum = |replica: usize, slot: usize| -> f64 {
        let cells = breach.replicas[replica].recorder.closed[slot].iter().enumerate();
        cells.map(|(cell, counts)| counts.offered as f64 * each(cell)).sum()
    };
    peak(breach, part, slot_sum)
}

/// The highest mean per second of what is counted by slot, in stretches of a part, each slot's count the mean over the replications
/// that have it in this part.
pub(super) fn peak(breach: &Breach<'_>, part: Part, count: impl Fn(usize, usize) -> f64) -> f64 {
    let Some(frame) = breach.replicas.first().map(|replica| &replica.recorder.frame) else { return 0.0 };
    let mut sums = vec![(0.0, 0_u32); frame.slots()];
    for replica in 0..breach.replicas.len() {
        for slot in breach.slots(replica, part) {
            sums[slot] = (sums[slot].0 + count(replica, slot), sums[slot].1 + 1);
        }
    }
    let width = STRETCH.0.div_ceil(frame.slot.0.max(1)) as usize;
    let mut most = 0.0_f64;
    for from in 0..sums.len() {
        let until = (from + width).min(sums.len());
        let whole = sums[from..until].iter().take_while(|(_, n)| *n > 0).count();
        // What is left of a part at its end is narrower, and counts only where it is all there is.
        if whole == 0 || whole < width && from > 0 && sums[from - 1].1 > 0 {
            continue;
        }
        let sum: f64 = sums[from..from + whole].iter().map(|(sum, n)| sum / f64::from(*n)).sum();
        let seconds = frame.length(from..from + whole).as_secs_f64();
        most = most.max(if seconds > 0.0 { sum / seconds } else { 0.0 });
    }
    most
}

/// Whether each site worked for at least half of a part.
fn up(breach: &Breach<'_>, part: Part) -> Vec<bool> {
    let works = |site: usize| {
        let (mut up, mut all) = (0, 0);
        for (number, replica) in breach.replicas.iter().enumerate() {
            for slot in breach.slots(number, part) {
                up += replica.recorder.sites[site].slots[slot].up;
                all += replica.recorder.frame.length(slot..slot + 1).0;
            }
        }
        up * 2 >= all
    };
    (0..breach.scenario.sites.len()).map(works).collect()
}

/// Where calls of an origin under keys of a class go: to the regions that can serve them, as its calls were served there meanwhile, and
/// within a region by the weight of the sites that work.
fn shares(breach: &Breach<'_>, part: Part, of: (ClassId, OriginId), up: &[bool]) -> Vec<(SiteId, f64)> {
    let (s, (class, origin)) = (breach.scenario, of);
    let home = s.origins[origin.index()].home;
    let hosts: Vec<SiteId> = hosts(s, class, home).into_iter().filter(|site| up[site.index()]).collect();
    let mut regions: Vec<RegionId> = hosts.iter().map(|site| s.sites[site.index()].region).collect();
    regions.dedup();
    let served = |region: &RegionId| -> u64 {
        let flow = origin.index() * s.regions.len() + region.index();
        breach.replicas.iter().map(|replica| replica.recorder.flows[part as usize][flow]).sum()
    };
    let all: u64 = regions.iter().map(served).sum();
    let nearest = regions.iter().min_by_key(|region| s.round_trip(s.origins[origin.index()].region, **region)).copied();
    let mut shares = Vec::new();
    for region in &regions {
        let share = match all {
            0 => f64::from(u8::from(Some(*region) == nearest)),
            all => served(region) as f64 / all as f64,
        };
        let sites = || hosts.iter().filter(|site| s.sites[site.index()].region == *region);
        let weights: u32 = sites().map(|site| s.sites[site.index()].weight).sum();
        let weight = |site: &SiteId| f64::from(s.sites[site.index()].weight) / f64::from(weights.max(1));
        shares.extend(sites().map(|site| (*site, share * weight(site))));
    }
    shares
}

/// The sites that may host keys of a class with this home, in order of region.
pub(super) fn hosts(s: &Scenario, class: ClassId, home: RegionId) -> Vec<SiteId> {
    let partners = s.partner_sites(class, home).into_iter().flat_map(|(_, sites)| sites);
    let mut all: Vec<SiteId> = s.sites_of(home).chain(partners).collect();
    all.sort_unstable_by_key(|site| (s.sites[site.index()].region, *site));
    all
}
