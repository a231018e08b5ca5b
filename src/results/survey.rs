//! The survey: from the losses of components to a ranking, and from where keys lie and calls are served to shares.

use super::document::{Share, SurveyBlock, SurveyRow};
use super::faults;
use crate::kms::SiteId;
use crate::metrics::{Case, Runs, Surveyed};
use crate::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// The survey; nothing where there was none.
pub(super) fn survey(scenario: &Scenario, runs: &Runs) -> Option<SurveyBlock> {
    if runs.surveyed.is_empty() {
        return None;
    }
    let cases: BTreeMap<&str, &Case> = runs.all_cases().map(|case| (case.id.as_str(), case)).collect();
    let row = |surveyed: &Surveyed| Some(row(surveyed, faults::of_case(scenario, cases.get(surveyed.id.as_str())?)?));
    let mut components: Vec<SurveyRow> = runs.surveyed.iter().filter_map(row).collect();
    components.sort_by(|a, b| {
        let lost = |row: &SurveyRow| row.fault.failed.or_zero();
        let keys = |row: &SurveyRow| (row.keys_last, row.keys_unusable, row.keys_exposed);
        lost(b).total_cmp(&lost(a)).then(keys(b).cmp(&keys(a)))
    });
    Some(SurveyBlock { components, concentration: concentration(scenario, runs) })
}

fn row(surveyed: &Surveyed, fault: super::document::FaultResult) -> SurveyRow {
    let offered = fault.offered.or_zero();
    SurveyRow {
        lost_share: if offered > 0.0 { fault.failed.or_zero() / offered } else { 0.0 },
        group: surveyed.group,
        keys_unusable: surveyed.stake.unusable,
        keys_last: surveyed.stake.last,
        keys_exposed: surveyed.stake.held,
        fault,
    }
}

/// By who is needed to activate and restore; only where there are custodians.
const CUSTODIANS: &str = "custodians";

/// What the sites have in common by which they are told apart.
type Trait = fn(&Scenario, usize) -> String;

const TRAITS: [(&str, Trait); 6] = [
    ("provider", |s, site| match &*s.regions[s.sites[site].region.index()].place.provider {
        "city" => "own premises".to_owned(),
        provider => provider.to_owned(),
    }),
    ("vendor", |s, site| {
        s.profiles[s.sites[site].profile].profile.vendor.clone().unwrap_or_else(|| "unnamed".to_owned())
    }),
    ("profile", |s, site| s.profiles[s.sites[site].profile].id.clone()),
    ("jurisdiction", |s, site| s.regions[s.sites[site].region.index()].place.country.to_string()),
    ("region", |s, site| s.regions[s.sites[site].region.index()].id.clone()),
    (CUSTODIANS, |s, site| match s.people.of(SiteId(site as u16)) {
        None => "nobody".to_owned(),
        Some(group) => s.people.groups[group.index()].id.clone(),
    }),
];

fn concentration(scenario: &Scenario, runs: &Runs) -> BTreeMap<String, BTreeMap<String, Share>> {
    let at = |site: usize| runs.main.iter().map(|replica| replica.recorder.sites[site].served).sum();
    let served: Vec<u64> = (0..scenario.sites.len()).map(at).collect();
    let (calls, keys): (u64, u64) = (served.iter().sum(), runs.hosted.values().sum());
    let by = |of: Trait| {
        let names: Vec<String> = (0..scenario.sites.len()).map(|site| of(scenario, site)).collect();
        let mut shares: BTreeMap<String, Share> = BTreeMap::new();
        for (name, served) in names.iter().zip(&served) {
            let of = shares.entry(name.clone()).or_default();
            (of.sites, of.calls) = (of.sites + 1, of.calls + *served as f64 / calls.max(1) as f64);
        }
        for (serving, hosted) in &runs.hosted {
            let there: BTreeSet<&String> = serving.iter().map(|site| &names[site.index()]).collect();
            let share = *hosted as f64 / keys.max(1) as f64;
            for name in &there {
                let known = shares.entry((*name).clone()).or_default();
                known.keys += share;
                known.keys_only += if there.len() == 1 { share } else { 0.0 };
            }
        }
        shares
    };
    let known = TRAITS.into_iter().filter(|(name, _)| *name != CUSTODIANS || !scenario.people.groups.is_empty());
    known.map(|(name, of)| (name.to_owned(), by(of))).collect()
}
