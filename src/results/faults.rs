//! What each fault did: detection, routing, recovery, loss. Times and counts are means over the replications in which
//! it struck at the same time; quantiles are pooled over them, never averaged.

use super::document::{FaultResult, Rise};
use super::estimate::over;
use super::number;
use crate::kms::SiteId;
use crate::metrics::{Case, Replica, Runs, Strike, seconds};
use crate::scenario::{Fault, FaultKind, Gray, Papers, Push, Scenario, Target};
use crate::stats::Histogram;
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::ops::Range;

/// Windows in which a fault's worst figures are looked for, and how far before it is looked back.
const WINDOW: Span = Span::from_secs(300);

/// Faults of the main run, at the times of its first replication.
pub(super) fn of_main_run(scenario: &Scenario, runs: &Runs) -> Vec<FaultResult> {
    let Some(first) = runs.main.first() else { return Vec::new() };
    // People who try what they may not break nothing.
    let breaks = |strike: &&Strike| first.faults[strike.fault.index()].kind != FaultKind::Misuse;
    first.recorder.watch.strikes.iter().filter(breaks).map(|strike| result(scenario, &runs.main, strike)).collect()
}

/// Survive cases, over all of their replications.
pub(super) fn of_cases(scenario: &Scenario, runs: &Runs) -> Vec<FaultResult> {
    runs.cases.iter().filter_map(|case| of_case(scenario, case)).collect()
}

/// A case, over all of its replications.
pub(super) fn of_case(scenario: &Scenario, case: &Case) -> Option<FaultResult> {
    let strike = case.replicas.first()?.recorder.watch.strikes.first()?;
    Some(result(scenario, &case.replicas, strike))
}

fn same_strike(replica: &Replica, same: impl FnMut(&&Strike) -> bool) -> Option<&Strike> {
    replica.recorder.watch.strikes.iter().find(same)
}

/// A strike, and the same one in other replications. A fault that strikes at random does so at other times there.
fn result(scenario: &Scenario, replicas: &[Replica], strike: &Strike) -> FaultResult {
    let fault = &replicas[0].faults[strike.fault.index()];
    let same = |s: &&Strike| s.fault == strike.fault && s.from == strike.from;
    let of = |replica| Some((replica, same_strike(replica, same)?));
    let struck: Vec<(&Replica, &Strike)> = replicas.iter().filter_map(of).collect();
    let told: Vec<Told> = struck.iter().map(|(replica, same)| Told::of(scenario, replica, same, fault)).collect();
    let worst = Worst::of(&struck, strike);
    let region = |index: usize| scenario.regions[index].id.clone();
    let finite_ms = |p99: f64| p99.is_finite().then_some(p99 * 1e3);
    FaultResult {
        id: fault.id.clone(),
        what: what(scenario, fault) + &under_way(scenario, &replicas[0].faults),
        from_s: strike.from.as_secs_f64(),
        until_s: strike.until.as_secs_f64(),
        replications: told.len() as u32,
        detect_s: mean(told.iter().filter_map(|t| t.detect)),
        routed_s: mean(told.iter().filter_map(|t| t.routed)),
        rto_s: if told.iter().any(|t| t.rto.is_none()) { None } else { mean(told.iter().filter_map(|t| t.rto)) },
        rpo_s: mean(told.iter().map(|t| t.rpo)).filter(|rpo| rpo.is_finite()),
        versions_lost: over(&told, |t| t.versions_lost as f64),
        keys_lost: over(&told, |t| t.keys_lost as f64),
        left_in_escrow: over(&told, |t| t.left_in_escrow as f64),
        offered: over(&told, |t| t.offered as f64),
        failed: over(&told, |t| t.failed as f64),
        worst_availability: worst.availability.map(|(share, _)| share),
        worst_region: worst.availability.filter(|(share, _)| *share < 1.0).map_or_else(String::new, |(_, r)| region(r)),
        worst_p99_ms: worst.p99.and_then(|(p99, _)| finite_ms(p99)),
        worst_p99_region: worst.p99.map_or_else(String::new, |(_, r)| region(r)),
        p99_rise: rise(&struck, strike, &worst.by_region).map(|(before, during, r)| Rise {
            region: region(r),
            before_ms: before * 1e3,
            during_ms: finite_ms(during),
        }),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn availability(latency: &Histogram) -> f64 {
    1.0 - latency.infinite() as f64 / latency.count().max(1) as f64
}

/// Seconds; infinite where it falls among the unanswered, not a number where nothing was counted.
fn p99(latency: &Histogram) -> f64 {
    seconds(latency.quantile(0.99))
}

/// What one replication says of a fault; times in seconds after it.
struct Told {
    detect: Option<f64>,
    routed: Option<f64>,
    /// `None` where requests were not good again within the run.
    rto: Option<f64>,
    rpo: f64,
    versions_lost: u64,
    keys_lost: u64,
    left_in_escrow: u64,
    offered: u64,
    failed: u64,
}

impl Told {
    fn of(scenario: &Scenario, replica: &Replica, strike: &Strike, fault: &Fault) -> Self {
        let watch = &replica.recorder.watch;
        let clients = matches!(fault.kind, FaultKind::Restart(_));
        let region = |site: SiteId| scenario.sites[site.index()].region;
        let struck = |site: SiteId| !clients && scenario.common.strikes(fault.on, site, region(site));
        let mut sighted = watch
            .sightings
            .iter()
            .filter(|sighting| !sighting.up && struck(sighting.site) && sighting.at >= strike.from)
            .filter(|sighting| sighting.at <= strike.until + scenario.health.propagation);
        let after = |at: Time| at.since(strike.from).as_secs_f64();
        let detect = sighted.clone().find(|sighting| sighting.origin.is_none()).map(|sighting| after(sighting.at));
        let routed = sighted.rfind(|sighting| sighting.origin.is_some()).map(|sighting| after(sighting.at));
        let (offered, failed) = strike.suffered.iter().fold((0, 0), |sum, region| (sum.0 + region.0, sum.1 + region.1));
        Self {
            detect,
            routed,
            rto: watch.rto(strike, None).map(Span::as_secs_f64),
            rpo: strike.rpo(),
            versions_lost: strike.versions_lost,
            keys_lost: strike.keys_lost,
            left_in_escrow: strike.left_in_escrow,
            offered,
            failed,
        }
    }
}

/// The worst windows of a fault, each figure with the caller region of its own window.
#[derive(Default)]
struct Worst {
    availability: Option<(f64, usize)>,
    p99: Option<(f64, usize)>,
    /// The highest p99 of each caller region that asked anything.
    by_region: BTreeMap<usize, f64>,
}

impl Worst {
    fn of(struck: &[(&Replica, &Strike)], strike: &Strike) -> Self {
        let mut worst = Self::default();
        let Some((first, _)) = struck.first() else { return worst };
        for window in during(first, strike) {
            for region in 0..first.recorder.frame.regions {
                let latency = pooled(struck, window.clone(), region);
                if latency.count() == 0 {
                    continue;
                }
                let (share, p99) = (availability(&latency), p99(&latency));
                if worst.availability.is_none_or(|(least, _)| share < least) {
                    worst.availability = Some((share, region));
                }
                if worst.p99.is_none_or(|(most, _)| p99 > most) {
                    worst.p99 = Some((p99, region));
                }
                let most = worst.by_region.entry(region).or_insert(p99);
                *most = most.max(p99);
            }
        }
        worst
    }
}

/// The p99 before and during a fault, and the region, where it rose most.
fn rise(struck: &[(&Replica, &Strike)], strike: &Strike, during: &BTreeMap<usize, f64>) -> Option<(f64, f64, usize)> {
    let slots = before(struck.first()?.0, strike);
    let rises = during.iter().map(|(region, during)| (p99(&pooled(struck, slots.clone(), *region)), *during, *region));
    let known = rises.filter(|(before, ..)| before.is_finite() && *before > 0.0);
    // Of equal ones the first.
    known.fold(None, |most: Option<(f64, f64, usize)>, rise| match most {
        Some(known) if known.1 / known.0 >= rise.1 / rise.0 => most,
        _ => Some(rise),
    })
}

/// Slots of a window.
fn width(replica: &Replica) -> usize {
    (WINDOW.0 / replica.recorder.frame.slot.0).max(1) as usize
}

/// The slots that a fault touches, in windows from its beginning on; what is left at its end joins the last one.
fn during(replica: &Replica, strike: &Strike) -> Vec<Range<usize>> {
    let (frame, width) = (&replica.recorder.frame, width(replica));
    if strike.until <= frame.counted_from {
        return Vec::new();
    }
    let from = frame.slot_of(strike.from).unwrap_or(0);
    let until = frame.slot_of(strike.until - Span(1)).map_or(0, |last| (last + 1).min(frame.slots()));
    let windows = ((until.saturating_sub(from)) / width).max(1);
    let start = |i: usize| if i == windows { until } else { from + i * width };
    (0..windows).map(|i| start(i)..start(i + 1)).collect()
}

/// The slots that end within [`WINDOW`] before a fault.
fn before(replica: &Replica, strike: &Strike) -> Range<usize> {
    let until = replica.recorder.frame.slot_of(strike.from).unwrap_or(0);
    until.saturating_sub(width(replica))..until
}

/// Latency of a region's callers in some slots, replications pooled.
fn pooled(struck: &[(&Replica, &Strike)], slots: Range<usize>, region: usize) -> Histogram {
    let mut latency = Histogram::default();
    for (replica, _) in struck {
        let (recorder, loads) = (&replica.recorder, replica.recorder.frame.loads);
        for cells in recorder.closed.get(slots.clone()).unwrap_or_default() {
            for cell in &cells[region * loads..(region + 1) * loads] {
                cell.latency.merge_into(&mut latency);
            }
        }
    }
    latency
}

/// A fault in words.
pub(super) fn what(scenario: &Scenario, fault: &Fault) -> String {
    let region = |r: crate::kms::RegionId| scenario.regions[r.index()].id.as_str();
    let on = match fault.on {
        Target::Device(site, device) => format!("device {} of site {}", device + 1, scenario.sites[site.index()].id),
        Target::Site(site) => format!("site {}", scenario.sites[site.index()].id),
        Target::Region(r) => format!("region {}", region(r)),
        Target::Link(a, b) => format!("link {} - {}", region(a), region(b)),
        Target::Keys(class, None) => format!("keys {}", scenario.keys[class.index()].id),
        Target::Keys(class, Some(home)) => format!("keys {} of {}", scenario.keys[class.index()].id, region(home)),
        Target::Load(load, None) => format!("load {}", scenario.loads[load.index()].id),
        Target::Load(load, Some(tenant)) => {
            let tenant = &scenario.access.tenants[tenant.index()].id;
            format!("load {} of {tenant}", scenario.loads[load.index()].id)
        }
        Target::Secret(tenant) => format!("secret of {}", scenario.access.tenants[tenant.index()].id),
        Target::Fleet => "all sites".to_owned(),
        Target::Metadata => "metadata store".to_owned(),
        Target::Control => "control plane".to_owned(),
        Target::Custodians(group) => format!("custodians {}", scenario.people.groups[group.index()].id),
        Target::Group(group) => scenario.common.groups[usize::from(group)].id.replacen('.', " ", 1),
    };
    let how = match fault.kind {
        FaultKind::Crash => "crash".to_owned(),
        FaultKind::Destroy => "lost for good".to_owned(),
        FaultKind::PowerLoss => "without power".to_owned(),
        FaultKind::Erase => "all its keys erased".to_owned(),
        FaultKind::Slow(factor) => format!("{factor} times slower"),
        FaultKind::Partition => "cut".to_owned(),
        FaultKind::Suspend if matches!(fault.on, Target::Group(_)) => "account suspended".to_owned(),
        FaultKind::Suspend => "suspended".to_owned(),
        FaultKind::Push(push) => wrong(&scenario.common.pushes[usize::from(push)]),
        FaultKind::Refuse(Gray { share, silent, .. }) => {
            let how = if silent { "does not answer" } else { "refuses" };
            format!("{how} {}", number::share(share))
        }
        FaultKind::Absent => "absent".to_owned(),
        FaultKind::Away(_) => "away for planned work".to_owned(),
        FaultKind::Flood(factor, papers) => format!("{factor} times its load{}", shown(papers)),
        FaultKind::Expired => "certificate expired".to_owned(),
        FaultKind::Revoked(spread) => format!("certificate revoked, learned within {spread}"),
        FaultKind::Misuse => "emergency access misused".to_owned(),
        FaultKind::Restart(Span::ZERO) => "clients restart at once".to_owned(),
        FaultKind::Restart(over) => format!("clients restart within {over}"),
        FaultKind::Compromise(1.0) => "leaked".to_owned(),
        FaultKind::Compromise(share) => format!("{} leaked", number::share(share)),
        FaultKind::Delay(add) => format!("delayed by {add}"),
        FaultKind::Loss(share) => format!("loses {}", number::share(share)),
    };
    format!("{on}: {how}")
}

/// The planned work that a survive case found under way.
fn under_way(scenario: &Scenario, faults: &[Fault]) -> String {
    let of = |fault: &Fault| match fault.kind {
        FaultKind::Away(work) => Some(&scenario.works[work.index()].id),
        _ => None,
    };
    let out = faults.iter().filter_map(of).count();
    let Some(id) = faults.iter().find_map(of) else { return String::new() };
    let whole = faults.iter().any(|fault| of(fault).is_some() && matches!(fault.on, Target::Site(_)));
    match (whole, out) {
        (true, _) => format!(" while {id} has a site out"),
        (false, 1) => format!(" while {id} has a device out"),
        (false, out) => format!(" while {id} has {out} devices out"),
    }
}

/// What becomes of a wrong configuration.
fn wrong(push: &Push) -> String {
    match push.waves.len() {
        1 => "wrong configuration pushed at once".to_owned(),
        waves => format!("wrong configuration pushed in {waves} waves, {} apart", push.bake),
    }
}

/// What attackers show, after what they do.
const fn shown(papers: Papers) -> &'static str {
    match papers {
        Papers::Nothing => "",
        Papers::Forged => " with forged tokens",
        Papers::Replayed => " with replayed tokens",
        Papers::Stolen => " with its secret",
    }
}
