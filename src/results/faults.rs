//! What each fault did: detection, routing, recovery, loss.

use super::document::FaultResult;
use crate::kms::SiteId;
use crate::metrics::{Part, Replica, Runs, Strike, View, windows};
use crate::scenario::{Fault, FaultKind, Scenario, Target, USUAL_WINDOW};
use crate::time::{Span, Time};

/// Faults of the main run's first replication.
pub(super) fn of_main_run(scenario: &Scenario, runs: &Runs) -> Vec<FaultResult> {
    let Some(replica) = runs.main.first() else { return Vec::new() };
    let seen = [(replica, during_faults(replica))];
    replica.recorder.watch.strikes.iter().map(|strike| result(scenario, &seen, strike)).collect()
}

/// Survive cases, over all of their replications.
pub(super) fn of_cases(scenario: &Scenario, runs: &Runs) -> Vec<FaultResult> {
    let case = |case: &crate::metrics::Case| {
        let seen: Vec<(&Replica, Vec<Seen>)> =
            case.replicas.iter().map(|replica| (replica, during_faults(replica))).collect();
        let strike = case.replicas.first()?.recorder.watch.strikes.first()?;
        Some(result(scenario, &seen, strike))
    };
    runs.cases.iter().filter_map(case).collect()
}

/// A window with a fault: from when to when, for callers of which region, and what they had.
struct Seen {
    from: Time,
    until: Time,
    region: usize,
    availability: f64,
    p99: f64,
}

/// The windows of a replication with a fault, by caller region: worked out once, however many faults there are.
fn during_faults(replica: &Replica) -> Vec<Seen> {
    let view = View { load: None, width: Some(USUAL_WINDOW), each_region: true, enough: 1 };
    let mut seen = Vec::new();
    windows(
        replica,
        view,
        |part| part == Part::Fault,
        |window| {
            seen.push(Seen {
                from: window.from,
                until: window.until,
                region: window.region.unwrap_or(0),
                availability: window.availability(),
                p99: window.quantile(0.99),
            });
        },
    );
    seen
}

/// A strike, and the same one in other replications: times are the worst, counts the sums.
fn result(scenario: &Scenario, seen: &[(&Replica, Vec<Seen>)], strike: &Strike) -> FaultResult {
    let fault = &seen[0].0.faults[strike.fault.index()];
    let mut found = Found::default();
    for (replica, windows) in seen {
        if let Some(same) =
            replica.recorder.watch.strikes.iter().find(|s| s.fault == strike.fault && s.from == strike.from)
        {
            found.add(scenario, (replica, windows), same, fault);
        }
    }
    FaultResult {
        id: fault.id.clone(),
        what: what(scenario, fault),
        from_s: strike.from.as_secs_f64(),
        until_s: strike.until.as_secs_f64(),
        detect_s: found.detect.map(Span::as_secs_f64),
        routed_s: found.routed.map(Span::as_secs_f64),
        rto_s: if found.never { None } else { Some(found.rto.as_secs_f64()) },
        rpo_s: found.rpo.as_secs_f64(),
        versions_lost: found.versions_lost,
        keys_lost: found.keys_lost,
        offered: found.offered,
        failed: found.failed,
        worst_availability: found.availability.map(|(share, _)| share),
        worst_p99_ms: found.p99.filter(|p99| p99.is_finite()).map(|p99| p99 * 1e3),
        worst_region: found.availability.map_or_else(String::new, |(_, region)| scenario.regions[region].id.clone()),
    }
}

/// What the replications say of one fault.
#[derive(Default)]
struct Found {
    detect: Option<Span>,
    routed: Option<Span>,
    rto: Span,
    never: bool,
    rpo: Span,
    versions_lost: u64,
    keys_lost: u64,
    offered: u64,
    failed: u64,
    availability: Option<(f64, usize)>,
    p99: Option<f64>,
}

impl Found {
    fn add(&mut self, scenario: &Scenario, (replica, windows): (&Replica, &[Seen]), strike: &Strike, fault: &Fault) {
        let watch = &replica.recorder.watch;
        let struck = |site: SiteId| fault.on.strikes(site, scenario.sites[site.index()].region);
        let mut sighted = watch
            .sightings
            .iter()
            .filter(|sighting| !sighting.up && struck(sighting.site) && sighting.at >= strike.from)
            .filter(|sighting| sighting.at <= strike.until + scenario.health.propagation);
        let first = sighted.clone().find(|sighting| sighting.origin.is_none());
        self.detect = self.detect.max(first.map(|sighting| sighting.at.since(strike.from)));
        let last = sighted.rfind(|sighting| sighting.origin.is_some());
        self.routed = self.routed.max(last.map(|sighting| sighting.at.since(strike.from)));
        match watch.rto(strike, None) {
            Some(rto) => self.rto = self.rto.max(rto),
            None => self.never = true,
        }
        self.rpo = self.rpo.max(strike.oldest_lost);
        self.versions_lost += strike.versions_lost;
        self.keys_lost += strike.keys_lost;
        for (offered, failed) in &strike.suffered {
            self.offered += offered;
            self.failed += failed;
        }
        for window in windows.iter().filter(|window| window.until > strike.from && window.from <= strike.until) {
            if self.availability.is_none_or(|(worst, _)| window.availability < worst) {
                self.availability = Some((window.availability, window.region));
            }
            self.p99 = Some(self.p99.map_or(window.p99, |worst| worst.max(window.p99)));
        }
    }
}

/// A fault in words.
fn what(scenario: &Scenario, fault: &Fault) -> String {
    let region = |r: crate::kms::RegionId| scenario.regions[r.index()].id.as_str();
    let on = match fault.on {
        Target::Device(site, device) => format!("device {} of site {}", device + 1, scenario.sites[site.index()].id),
        Target::Site(site) => format!("site {}", scenario.sites[site.index()].id),
        Target::Region(r) => format!("region {}", region(r)),
        Target::Link(a, b) => format!("link {} - {}", region(a), region(b)),
    };
    let how = match fault.kind {
        FaultKind::Crash => "crash".to_owned(),
        FaultKind::Destroy => "lost for good".to_owned(),
        FaultKind::Slow(factor) => format!("{factor} times slower"),
        FaultKind::Partition => "cut".to_owned(),
        FaultKind::Delay(add) => format!("delayed by {add}"),
        FaultKind::Loss(share) => format!("loses {} %", share * 100.0),
    };
    format!("{on}: {how}")
}
