//! Keys that nobody may or can serve, that are lost, or whose newest versions are: copies that would be there.

use super::Found;
use super::breach::Breach;
use super::setting::Setting;
use crate::kms::{ClassId, Failure, RegionId, SiteId};
use crate::metrics::Ledger;
use crate::results::number;
use crate::scenario::{KeyClass, Metric, Residency, Scenario};
use crate::service::Durability;
use std::collections::BTreeSet;

/// A reason is looked at when this share of what failed failed for it.
const MATTERS: f64 = 0.05;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    match breach.objective.metric {
        Metric::KeysLost => lost(breach),
        Metric::Rpo => lost(breach).into_iter().chain(unsafe_versions(breach)).collect(),
        _ => unserved(breach),
    }
}

/// Classes whose requests fail because no host is left that may serve them, or that is sure that it may.
fn unserved(breach: &Breach<'_>) -> Vec<Found> {
    let s = breach.scenario;
    let failed = breach.failed();
    let mut found: Vec<Found> = Vec::new();
    for (number, class) in s.keys.iter().enumerate() {
        let id = ClassId(number as u16);
        let cells = breach.cells();
        let of_class = || cells.iter().filter(|cell| s.loads[**cell % s.loads.len()].key == id);
        let because = |reasons: &[Failure]| -> u64 {
            let fates = of_class().map(|cell| &breach.fates[*cell].reasons);
            fates.flat_map(|of| reasons.iter().filter_map(|reason| of.get(reason))).sum()
        };
        let fenced = because(&[Failure::Fenced, Failure::NoGrant]);
        let none = because(&[Failure::Residency, Failure::NoHost]) + fenced;
        if none == 0 || (none as f64) < MATTERS * failed as f64 {
            continue;
        }
        let homes = homes(s, id, of_class().map(|cell| RegionId((*cell / s.loads.len()) as u16)));
        let offered: u64 = of_class().map(|cell| breach.fates[*cell].offered).sum();
        let why = if fenced * 2 > none {
            "the sites that have the key were not sure that nobody else used it"
        } else {
            residency(&class.stay)
        };
        let share = number::share(none as f64 / offered.max(1) as f64);
        let cause = format!("{}: {share} of requests find no host{}: {why}.", class.id, breach.when());
        found.push(copies(breach, id, &homes, cause));
    }
    found
}

/// The regions whose keys of a class are used by the callers of others.
fn homes(s: &Scenario, class: ClassId, callers: impl Iterator<Item = RegionId>) -> BTreeSet<RegionId> {
    let callers: BTreeSet<RegionId> = callers.collect();
    let uses = s.populations.iter().filter(|p| s.loads[p.load.index()].key == class);
    uses.map(|p| &s.origins[p.origin.index()]).filter(|o| callers.contains(&o.region)).map(|o| o.home).collect()
}

const fn residency(stay: &Residency) -> &'static str {
    match stay {
        Residency::Region => "`stay` keeps its keys in the region that is lost",
        Residency::Country => "`stay` keeps its keys in the country that is lost",
        Residency::Anywhere | Residency::Countries(_) => "no copy that serves lies elsewhere",
    }
}

/// Copies at hosts that the strikes left: more in the region where its other sites work, else in partner regions, for which `stay` may
/// have to be wider.
fn copies(breach: &Breach<'_>, id: ClassId, homes: &BTreeSet<RegionId>, cause: String) -> Found {
    let s = breach.scenario;
    let class = &s.keys[id.index()];
    let struck = struck(breach);
    let at_home = homes.iter().all(|home| s.sites_of(*home).any(|site| !struck.contains(&site)));
    let escrow = (class.escrow_copies > 0).then(|| Setting::plain(format!("key.{}.escrow_copies", class.id), 0));
    let path = |key: &str| format!("key.{}.{key}", class.id);
    if at_home && fits_at_home(s, class) {
        let copies = class.copies + 1;
        return Found {
            short: path("copies"),
            need: f64::from(copies),
            cause,
            remedy: format!("One more copy at home, at a site that was not struck: {copies}."),
            set: vec![Setting::plain(path("copies"), copies)],
        };
    }
    let partner_copies = class.partner_copies + 1;
    let mut set = vec![Setting::plain(path("partner_copies"), partner_copies)];
    set.extend(escrow);
    let short = path("partner_copies");
    let (mut countries, mut wider, mut nowhere) = (BTreeSet::new(), false, Vec::new());
    // Of a home that was not struck, what was struck may be the partner.
    let struck_for = |home: &RegionId| if homes.contains(home) { &struck[..] } else { &[] };
    for home in (0..s.regions.len()).map(|i| RegionId(i as u16)).filter(|home| class.counts[home.index()] > 0) {
        let country = |region: RegionId| s.regions[region.index()].place.country.to_string();
        countries.insert(country(home));
        let Some(partner) = partner(s, id, home, struck_for(&home)) else {
            nowhere.push(s.regions[home.index()].id.as_str());
            continue;
        };
        wider |= !s.may_stay(id, home, partner);
        countries.insert(country(partner));
    }
    if !nowhere.is_empty() {
        let who = nowhere.join(", ");
        return Found {
            short,
            need: 0.0,
            cause,
            remedy: format!(
                "No setting mends it: no region that is left has devices that can exchange keys with those of {who}."
            ),
            set: Vec::new(),
        };
    }
    let mut remedy = format!("Copies that serve in another region, {partner_copies} of each key, would.");
    if wider {
        let mut all: BTreeSet<String> = countries;
        if let Residency::Countries(known) = &class.stay {
            all.extend(known.iter().cloned());
        }
        let list: Vec<String> = all.iter().map(|country| format!("\"{country}\"")).collect();
        set.push(Setting::plain(path("stay"), format!("[{}]", list.join(", "))));
        remedy += " Where keys may be is widened by that: the rules must allow it.";
    }
    Found { short, need: f64::from(partner_copies), cause, remedy, set }
}

/// The sites that strikes took away.
fn struck(breach: &Breach<'_>) -> Vec<SiteId> {
    let s = breach.scenario;
    let strikes = breach.strikes();
    let taken = |site: &SiteId| strikes.iter().any(|(_, fault)| s.strikes(fault.on, *site));
    (0..s.sites.len()).map(|i| SiteId(i as u16)).filter(taken).collect()
}

/// Whether each home region has a site for one more copy.
fn fits_at_home(s: &Scenario, class: &KeyClass) -> bool {
    let homes = (0..s.regions.len()).filter(|i| class.counts[*i] > 0).map(|i| RegionId(i as u16));
    homes.into_iter().all(|home| s.sites_of(home).count() > class.copies as usize && s.exchanges(home).len() == 1)
}

/// The region that would take partner copies, whatever `stay` says, the nearest whose devices can exchange keys and are not struck too.
fn partner(s: &Scenario, class: ClassId, home: RegionId, struck: &[SiteId]) -> Option<RegionId> {
    let domain = *s.exchanges(home).first()?;
    let can = |region: &RegionId| s.sites_of(*region).any(|site| s.exchange(site) == domain && !struck.contains(&site));
    let others = (0..s.regions.len()).map(|i| RegionId(i as u16)).filter(|region| *region != home);
    let far = |region: &RegionId| {
        let preferred = s.regions[home.index()].partner == Some(*region);
        (!s.may_stay(class, home, *region), !preferred, s.round_trip(home, *region), *region)
    };
    others.filter(can).min_by_key(far)
}

/// Classes of which keys are lost for good.
fn lost(breach: &Breach<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (number, class) in breach.scenario.keys.iter().enumerate() {
        let lost = mean(breach, number, |ledger| ledger.lost);
        if lost == 0.0 {
            continue;
        }
        let cause = format!(
            "{}: {} of {} keys had their only {} where it struck.",
            class.id,
            number::significant(lost),
            number::count(class.count(None)),
            if class.all_copies() == 1 { "copy" } else { "copies" }
        );
        let homes = (0..breach.scenario.regions.len()).map(|i| RegionId(i as u16));
        let homes: BTreeSet<RegionId> = homes.filter(|home| class.counts[home.index()] > 0).collect();
        found.push(copies(breach, ClassId(number as u16), &homes, cause));
    }
    found
}

/// Classes of which versions in use were lost before another host had them.
fn unsafe_versions(breach: &Breach<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (number, class) in breach.scenario.keys.iter().enumerate() {
        let versions = mean(breach, number, |ledger| ledger.versions_lost);
        let Durability::Copies(held) = class.durability else { continue };
        if versions == 0.0 || u64::from(held) >= class.all_copies() {
            continue;
        }
        found.push(Found {
            short: format!("key.{}.durability", class.id),
            need: f64::from(held + 1),
            cause: format!(
                "{}: {} new versions were in use and lost before a second host had them.",
                class.id,
                number::significant(versions)
            ),
            remedy: format!("A version that is used only once {} hosts have it is not lost with one.", held + 1),
            set: vec![Setting::plain(format!("key.{}.durability", class.id), held + 1)],
        });
    }
    found
}

fn mean(breach: &Breach<'_>, class: usize, of: impl Fn(&Ledger) -> u64) -> f64 {
    let each = breach.replicas.iter().map(|replica| replica.recorder.keys.ledgers.get(class).map_or(0, &of));
    each.sum::<u64>() as f64 / breach.replicas.len().max(1) as f64
}
