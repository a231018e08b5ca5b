//! Faults at peaks: when the peak of what a fault strikes is, and the survive cases.

use super::planned as work;
use crate::kms::{RegionId, SiteId};
use crate::scenario::{Fault, FaultKind, Scenario, Target, When};
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch};

/// Simulated before anything is counted in a survive case: queues at these loads fill and drain within seconds.
pub(super) const LEAD: Span = Span::from_secs(60);
/// Counted before the fault strikes.
pub(super) const BEFORE: Span = Span::from_secs(30);
/// Simulated after the fault, beyond what detection and propagation of the recovery take.
pub(super) const AFTER: Span = Span::from_secs(60);

/// A survive case to be run.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The target's path in the scenario.
    pub id: String,
    /// Its stretch, of replication 0.
    pub stretch: Stretch,
}

/// The survive cases of a scenario: each region, each site, and of each pool one device, for devices of a pool are alike. A service
/// has none that its callers could lose.
#[must_use]
pub fn of(blueprint: &Blueprint) -> Vec<Planned> {
    let s = blueprint.scenario();
    let mut targets: Vec<(String, Target)> = Vec::new();
    if s.survive.region {
        targets.extend(regions(s));
    }
    if s.survive.site {
        targets.extend(sites(s));
    }
    if s.survive.device {
        targets.extend(devices(s));
    }
    let lost = |(id, on): &(String, Target)| planned(blueprint, id.clone(), (*on, FaultKind::Crash));
    let alone: Vec<Planned> = targets.iter().map(lost).collect();
    let during = targets.iter().zip(&alone).filter_map(|((_, on), case)| work::during(blueprint, *on, case));
    let during: Vec<Planned> = during.collect();
    alone.into_iter().chain(during).collect()
}

/// Each region with its path.
pub(super) fn regions(s: &Scenario) -> Vec<(String, Target)> {
    let region = |i: usize| (format!("region.{}", s.regions[i].id), Target::Region(RegionId(i as u16)));
    (0..s.regions.len()).map(region).collect()
}

/// Each site with its path.
pub(super) fn sites(s: &Scenario) -> Vec<(String, Target)> {
    (0..s.sites.len()).map(|i| (site_path(s, i), Target::Site(SiteId(i as u16)))).collect()
}

/// Of each pool one device, with its path.
pub(super) fn devices(s: &Scenario) -> Vec<(String, Target)> {
    let device = |i: usize| (format!("{}.device.1", site_path(s, i)), Target::Device(SiteId(i as u16), 0));
    (0..s.sites.len()).filter(|i| !s.is_service(SiteId(*i as u16))).map(device).collect()
}

fn site_path(s: &Scenario, site: usize) -> String {
    format!("region.{}", s.sites[site].id.replacen('.', ".site.", 1))
}

/// The loss of something, or another fault of it, at its own peak.
pub(super) fn planned(blueprint: &Blueprint, id: String, (on, kind): (Target, FaultKind)) -> Planned {
    let s = blueprint.scenario();
    let lasts = s.survive.lasts;
    let peak = blueprint.busiest(region_of(blueprint, on), lasts, Time::ZERO + LEAD);
    let counted_from = peak - BEFORE;
    let from = counted_from - LEAD;
    let fault = Fault { id: id.clone(), on, kind, when: When::At(peak, lasts) };
    let until = peak + lasts + back(s);
    let stretch = Stretch { replication: 0, from, counted_from, until, faults: vec![fault] };
    Planned { id, stretch }
}

/// What detection and propagation of a recovery take, and some more.
pub(super) fn back(s: &Scenario) -> Span {
    s.health.interval * u64::from(s.health.threshold) + s.health.timeout + s.health.propagation + AFTER
}

/// Faults with `at = "peak"` given their time: of what is counted the busiest stretch, of the fault's length, of the region that
/// they strike.
#[must_use]
pub fn at_peak(blueprint: &Blueprint, faults: &[Fault], counted_from: Time) -> Vec<Fault> {
    let timed = |fault: &Fault| match fault.when {
        When::Peak(lasts) => {
            let at = blueprint.busiest(region_of(blueprint, fault.on), lasts, counted_from);
            Fault { when: When::At(at, lasts), ..fault.clone() }
        }
        When::At(..) | When::Random(..) => fault.clone(),
    };
    faults.iter().map(timed).collect()
}

/// The region whose peak is a target's peak; the fleet's for what is in several, links, metadata store, control plane and the whole fleet.
pub(super) fn region_of(blueprint: &Blueprint, on: Target) -> Option<RegionId> {
    match on {
        Target::Device(site, _) | Target::Site(site) => Some(blueprint.scenario().sites[site.index()].region),
        Target::Region(region) => Some(region),
        Target::Keys(_, region) => region,
        Target::Group(group) => {
            let sites = &blueprint.scenario().common.groups[usize::from(group)].sites;
            let mut regions = sites.iter().map(|site| blueprint.scenario().sites[site.index()].region);
            let first = regions.next();
            first.filter(|first| regions.all(|other| other == *first))
        }
        Target::Link(..)
        | Target::Fleet
        | Target::Metadata
        | Target::Control
        | Target::Custodians(_)
        | Target::Load(..)
        | Target::Secret(_) => None,
    }
}
