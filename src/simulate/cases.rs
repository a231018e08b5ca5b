//! Faults at peaks: when the peak of what a fault strikes is, and the survive cases.

use crate::kms::{RegionId, SiteId};
use crate::scenario::{Fault, FaultKind, Target, When};
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch};

/// Simulated before anything is counted in a survive case: queues at these loads fill and drain within seconds.
const LEAD: Span = Span::from_secs(60);
/// Counted before the fault strikes.
const BEFORE: Span = Span::from_secs(30);
/// Simulated after the fault, beyond what detection and propagation of the recovery take.
const AFTER: Span = Span::from_secs(60);

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
        targets.extend(
            (0..s.regions.len()).map(|i| (format!("region.{}", s.regions[i].id), Target::Region(RegionId(i as u16)))),
        );
    }
    let site_path = |i: usize| s.sites[i].id.replacen('.', ".site.", 1);
    if s.survive.site {
        targets
            .extend((0..s.sites.len()).map(|i| (format!("region.{}", site_path(i)), Target::Site(SiteId(i as u16)))));
    }
    if s.survive.device {
        targets.extend(
            (0..s.sites.len())
                .filter(|i| !s.is_service(SiteId(*i as u16)))
                .map(|i| (format!("region.{}.device.1", site_path(i)), Target::Device(SiteId(i as u16), 0))),
        );
    }
    targets.into_iter().map(|(id, on)| planned(blueprint, id, on)).collect()
}

fn planned(blueprint: &Blueprint, id: String, on: Target) -> Planned {
    let s = blueprint.scenario();
    let lasts = s.survive.lasts;
    let peak = blueprint.busiest(region_of(blueprint, on), lasts, Time::ZERO + LEAD);
    let counted_from = peak - BEFORE;
    let from = counted_from - LEAD;
    let back = s.health.interval * u64::from(s.health.threshold) + s.health.timeout + s.health.propagation + AFTER;
    let fault = Fault { id: id.clone(), on, kind: FaultKind::Crash, when: When::At(peak, lasts) };
    let stretch = Stretch { replication: 0, from, counted_from, until: peak + lasts + back, faults: vec![fault] };
    Planned { id, stretch }
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

/// The region whose peak is a target's peak; the fleet's for links, metadata store, control plane and the whole fleet.
fn region_of(blueprint: &Blueprint, on: Target) -> Option<RegionId> {
    match on {
        Target::Device(site, _) | Target::Site(site) => Some(blueprint.scenario().sites[site.index()].region),
        Target::Region(region) => Some(region),
        Target::Keys(_, region) => region,
        Target::Link(..)
        | Target::Fleet
        | Target::Metadata
        | Target::Control
        | Target::Load(..)
        | Target::Secret(_) => None,
    }
}
