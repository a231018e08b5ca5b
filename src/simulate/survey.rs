//! The survey: each component of a fleet, and each group that one cause can take down together, is lost once, at its own peak.
//! What is among the survive cases already is not run again. Knows nothing of how the losses are ranked.

use super::cases::{self, Planned};
use super::{Options, run_cases};
use crate::kms::{RegionId, ShardId, SiteId};
use crate::metrics::{Runs, Stake, Surveyed};
use crate::scenario::{FaultKind, Group, Scenario, Target};
use crate::service::{Directory, ShardMap};
use crate::time::Time;
use crate::world::Blueprint;
use std::collections::{BTreeMap, BTreeSet};

/// Replications of what is run for the survey alone: it ranks, and an objective about a loss is what survive cases are for.
const REPLICATIONS: u32 = 2;

/// Something that can be lost.
struct Component {
    id: String,
    on: Target,
    kind: FaultKind,
    group: bool,
}

/// Loses each component once, into the runs whose main run is done.
pub(super) fn run(blueprint: &Blueprint, options: Options<'_>, runs: &mut Runs) {
    let components = components(blueprint.scenario(), runs);
    let known: BTreeSet<String> = runs.cases.iter().map(|case| case.id.clone()).collect();
    let new = components.iter().filter(|component| !known.contains(&component.id));
    let planned: Vec<Planned> =
        new.map(|component| cases::planned(blueprint, component.id.clone(), (component.on, component.kind))).collect();
    let mut own = Runs::default();
    run_cases(blueprint, &planned, REPLICATIONS, options, &mut own);
    runs.interrupted |= own.interrupted;
    let (directory, shards) = (Directory::at(blueprint.catalog(), Time::ZERO), &blueprint.catalog().shards);
    let scenario = blueprint.scenario();
    let stake = |on: Target| {
        let struck: BTreeSet<SiteId> = (0..scenario.sites.len())
            .map(|site| SiteId(site as u16))
            .filter(|site| scenario.strikes(on, *site))
            .collect();
        stake(&directory, shards, &struck, whole(scenario, on))
    };
    let done = |id: &str| known.contains(id) || own.cases.iter().any(|case| case.id == id);
    let surveyed = components.into_iter().filter(|component| done(&component.id)).map(|component| Surveyed {
        stake: if component.kind == FaultKind::Crash { stake(component.on) } else { Stake::default() },
        id: component.id,
        group: component.group,
    });
    runs.hosted = hosted(&directory, shards);
    runs.surveyed = surveyed.collect();
    runs.survey_cases = own.cases;
}

/// A device that is not its site's only one takes no key with it.
fn whole(scenario: &Scenario, on: Target) -> bool {
    !matches!(on, Target::Device(site, _) if scenario.sites[site.index()].hsms > 1)
}

fn components(scenario: &Scenario, runs: &Runs) -> Vec<Component> {
    let lost = |(id, on): (String, Target)| Component { id, on, kind: FaultKind::Crash, group: false };
    let mut all: Vec<Component> = cases::regions(scenario).into_iter().map(lost).collect();
    all.extend(cases::sites(scenario).into_iter().map(lost));
    all.extend(cases::devices(scenario).into_iter().map(lost));
    all.extend(links(scenario, runs).into_iter().map(|(a, b)| Component {
        id: format!("link.{}-{}", scenario.regions[a.index()].id, scenario.regions[b.index()].id),
        on: Target::Link(a, b),
        kind: FaultKind::Partition,
        group: false,
    }));
    all.extend(groups(scenario));
    all.push(lost(("metadata".to_owned(), Target::Metadata)));
    all.push(lost(("control".to_owned(), Target::Control)));
    if scenario.tls.is_some() {
        let (id, kind) = ("certificates".to_owned(), FaultKind::Expired);
        all.push(Component { id, on: Target::Fleet, kind, group: true });
    }
    all
}

/// Providers, vendors, profiles and the scenario's own groups; of those that are the same sites, or those of one region or site, the
/// first.
fn groups(scenario: &Scenario) -> Vec<Component> {
    let of_region = |region: usize| {
        let sites = scenario.sites.iter().enumerate().filter(|(_, site)| site.region.index() == region);
        sites.map(|(number, _)| SiteId(number as u16)).collect::<Vec<_>>()
    };
    let mut known: BTreeSet<Vec<SiteId>> = (0..scenario.regions.len()).map(of_region).collect();
    let numbered = (0..).zip(&scenario.common.groups);
    let new = numbered.filter(|(_, group)| group.sites.len() > 1 && known.insert(group.sites.clone()));
    let lost = |(number, group): (u16, &Group)| Component {
        id: group.id.clone(),
        on: Target::Group(number),
        kind: FaultKind::Crash,
        group: true,
    };
    new.map(lost).collect()
}

/// Pairs of regions between which the main run sent calls, or which keep copies for each other.
fn links(scenario: &Scenario, runs: &Runs) -> BTreeSet<(RegionId, RegionId)> {
    let mut pairs = BTreeSet::new();
    let mut add = |a: RegionId, b: RegionId| {
        if a != b {
            pairs.insert((a.min(b), a.max(b)));
        }
    };
    for replica in &runs.main {
        for (place, calls) in replica.recorder.flows.iter().flat_map(|flows| flows.iter().enumerate()) {
            let (origin, region) = (place / scenario.regions.len(), place % scenario.regions.len());
            if *calls > 0 {
                add(scenario.origins[origin].region, RegionId(region as u16));
            }
        }
    }
    for (number, region) in scenario.regions.iter().enumerate() {
        region.partner.iter().for_each(|partner| add(RegionId(number as u16), *partner));
    }
    pairs
}

/// How many keys each set of sites serves at the start.
fn hosted(directory: &Directory, shards: &ShardMap) -> BTreeMap<Vec<SiteId>, u64> {
    let mut hosted: BTreeMap<Vec<SiteId>, u64> = BTreeMap::new();
    for (number, shard) in shards.shards().iter().enumerate() {
        let mut serving = directory.hosts(ShardId(number as u32)).serving().to_vec();
        serving.sort_unstable();
        *hosted.entry(serving).or_default() += u64::from(shard.keys);
    }
    hosted
}

/// What the struck sites hold at the start; nothing where they keep their keys whatever is struck.
fn stake(directory: &Directory, shards: &ShardMap, struck: &BTreeSet<SiteId>, whole: bool) -> Stake {
    let mut stake = Stake::default();
    for (number, shard) in shards.shards().iter().enumerate() {
        let hosts = directory.hosts(ShardId(number as u32));
        let (serving, escrow) = (hosts.serving(), hosts.escrow());
        let keys = u64::from(shard.keys);
        let here = |sites: &[SiteId]| sites.iter().any(|site| struck.contains(site));
        let only = |sites: &[SiteId]| sites.iter().all(|site| struck.contains(site));
        if here(serving) || here(escrow) {
            stake.held += keys;
        }
        if whole && here(serving) && only(serving) {
            stake.unusable += keys;
            stake.last += if only(escrow) { keys } else { 0 };
        }
    }
    stake
}
