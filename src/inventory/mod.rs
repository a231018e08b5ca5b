//! The inventory of keys as auditors ask for it: each class and home region with strength, cryptoperiod, expiry, use, devices and
//! places, and what in it would be questioned. It is that of the start of the first replication, and simulates nothing.

mod finding;
mod standard;

pub use standard::KeyType;

use crate::geo;
use crate::hsm;
use crate::kms::{ClassId, RegionId, SiteId};
use crate::scenario::{Demand, FleetChange, KeyClass, Residency, Scenario};
use crate::service::{Calendar, Rotate};
use crate::time::{Span, Time};
use crate::world::Blueprint;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `schema` says in the JSON of an inventory.
pub const SCHEMA: &str = "keyfleet.inventory/1";

/// The keys of a fleet when a scenario begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inventory {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of the resolved scenario.
    pub digest: String,
    /// The instant it is about, RFC 3339.
    pub at: String,
    /// Key classes, in order of id.
    pub classes: Vec<Class>,
}

/// A class of keys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    /// Its id.
    pub id: String,
    /// Such as `rsa-2048`.
    pub algorithm: String,
    /// Security strength in bits; nothing where NIST rates none, or keyfleet does not know the algorithm.
    pub strength_bits: Option<u16>,
    /// What its keys are, by what is done with them.
    pub key_types: Vec<KeyType>,
    /// Who uses them.
    pub loads: Vec<Usage>,
    /// Age at which a key is replaced, seconds; nothing where it never is.
    pub cryptoperiod_s: Option<f64>,
    /// How long a replaced version is kept, seconds.
    pub kept_s: Option<f64>,
    /// Operations that one version may be used for.
    pub uses: Option<u64>,
    /// Where its keys may be: `region`, `country`, `anywhere`, or countries.
    pub residency: String,
    /// Copies in the home region.
    pub copies: u32,
    /// Copies in other regions.
    pub partner_copies: u32,
    /// Copies in escrow, in further regions.
    pub escrow_copies: u32,
    /// The class of the keys that copies of these travel under.
    pub wrapped_by: Option<String>,
    /// The classes that travel under keys of this one.
    pub wraps: Vec<String>,
    /// Owners of its keys.
    pub tenants: u32,
    /// Its keys by home region, of regions that have any at the start.
    pub homes: Vec<Home>,
    /// Its keys that planned changes provision later.
    pub to_come: Vec<Coming>,
    /// What an auditor would question.
    pub findings: Vec<String>,
}

/// A load that uses a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Usage {
    /// The load's id.
    pub load: String,
    /// What it asks for, in order.
    pub calls: Vec<String>,
    /// Operations per second in an ordinary week, each of which makes every call once.
    pub operations_per_s: f64,
}

/// Keys that a planned change provisions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coming {
    /// The change's id.
    pub change: String,
    /// When it begins, RFC 3339.
    pub at: String,
    /// Their home region.
    pub region: String,
    /// How many.
    pub keys: u64,
}

/// The keys of a class that are at home in a region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Home {
    /// The region's id.
    pub region: String,
    /// Its place.
    pub place: String,
    /// Its country.
    pub country: String,
    /// Keys.
    pub keys: u64,
    /// Their versions, the retired ones that are kept among them.
    pub versions: u64,
    /// Age of the oldest active version, seconds; nothing where nobody knows.
    pub oldest_s: Option<f64>,
    /// When the first of them falls due, RFC 3339; nothing where none ever does.
    pub next_expiry: Option<String>,
    /// Keys whose cryptoperiod is over.
    pub overdue: u64,
    /// Calls per second in an ordinary week.
    pub calls_per_s: f64,
    /// Where copies of them are.
    pub sites: Vec<Holding>,
}

/// What a site holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Holding {
    /// The site's id.
    pub site: String,
    /// Its region.
    pub region: String,
    /// Its country.
    pub country: String,
    /// The profile of its devices.
    pub device: String,
    /// Keys that have a copy there.
    pub keys: u64,
    /// Whether it has them in escrow, and serves nobody with them.
    pub escrow: bool,
}

/// What the keys of a home say of themselves, in virtual time.
#[derive(Clone, Copy, Debug, Default)]
struct Ages {
    keys: u64,
    versions: u64,
    oldest: Option<Span>,
    first_due: Option<Time>,
    last_due: Option<Time>,
    overdue: u64,
}

impl Inventory {
    /// The inventory of a scenario's first replication at its start.
    #[must_use]
    pub fn new(blueprint: &Blueprint) -> Self {
        let scenario = blueprint.scenario();
        // Nothing falls due at the very start that would have to be known in order.
        let calendar = blueprint.calendar(0, Time::ZERO, Time::ZERO);
        let ids = (0..scenario.keys.len()).map(|class| ClassId(class as u16));
        let mut classes: Vec<Class> = ids.map(|class| Class::new(blueprint, &calendar, class)).collect();
        for (index, key) in scenario.keys.iter().enumerate() {
            let Some(by) = key.wrapped_by else { continue };
            let (bits, above) = (classes[index].strength_bits, classes[by.index()].strength_bits);
            classes[index].findings.extend(finding::wrapped_weakly((&key.algorithm, bits), above));
        }
        Self {
            schema: SCHEMA,
            scenario: scenario.name.clone(),
            digest: scenario.digest.clone(),
            at: geo::rfc3339(scenario.start, Time::ZERO),
            classes,
        }
    }

    /// The inventory as JSON, numbers in their units as the fields' names say.
    ///
    /// # Errors
    /// None that is known: all keys are texts, and all numbers finite.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

impl Class {
    fn new(blueprint: &Blueprint, calendar: &Calendar, id: ClassId) -> Self {
        let s = blueprint.scenario();
        let class = &s.keys[id.index()];
        let wraps = s.keys.iter().filter(|other| other.wrapped_by == Some(id)).map(|other| other.id.clone());
        let wraps: Vec<String> = wraps.collect();
        let loads = usage(s, id);
        let regions = (0..s.regions.len()).map(|i| RegionId(i as u16));
        let homes = regions.map(|home| Home::new(blueprint, calendar, id, home)).filter(|(home, _)| home.keys > 0);
        let (homes, ages): (Vec<Home>, Vec<Ages>) = homes.unzip();
        let mut new = Self {
            id: class.id.clone(),
            algorithm: class.algorithm.clone(),
            strength_bits: hsm::algorithm(&class.algorithm).and_then(|known| known.strength),
            key_types: key_types(class, &loads, !wraps.is_empty()),
            loads,
            cryptoperiod_s: class.rotate.map(|rotate| rotate.every.as_secs_f64()),
            kept_s: class.rotate.map(|rotate| rotate.keep.as_secs_f64()),
            uses: class.rotate.and_then(|rotate| rotate.uses),
            residency: residency(&class.stay),
            copies: class.copies,
            partner_copies: class.partner_copies,
            escrow_copies: class.escrow_copies,
            wrapped_by: class.wrapped_by.map(|by| s.keys[by.index()].id.clone()),
            wraps,
            tenants: class.tenants,
            homes,
            to_come: coming(s, id).map(|(_, coming)| coming).collect(),
            findings: Vec::new(),
        };
        // What comes later is new then, and falls due a cryptoperiod later.
        let later = class.rotate.and_then(|rotate| coming(s, id).map(|(change, _)| change.at + rotate.every).max());
        let last_due = ages.iter().filter_map(|ages| ages.last_due).max().max(later);
        new.findings = finding::of(&new, class.rotate, last_use(s, class.rotate, last_due));
        new
    }
}

/// Unix seconds at which the last version that is made in the run, or is there already, ends protecting; nothing where it
/// never does.
fn last_use(s: &Scenario, rotate: Option<Rotate>, last_due: Option<Time>) -> Option<i64> {
    let (rotate, last_due) = (rotate?, last_due?);
    let end = Time::ZERO + s.run;
    let last = if last_due < end { last_due.max(end + rotate.every) } else { last_due };
    Some(s.start.saturating_add(i64::try_from(last.0 / 1_000_000_000).unwrap_or(i64::MAX)))
}

impl Home {
    fn new(blueprint: &Blueprint, calendar: &Calendar, id: ClassId, home: RegionId) -> (Self, Ages) {
        let s = blueprint.scenario();
        let region = &s.regions[home.index()];
        let ages = Ages::new(blueprint, calendar, id, home);
        let holding = |((escrow, site), keys): ((bool, SiteId), u64)| {
            let entry = &s.sites[site.index()];
            Holding {
                site: entry.id.clone(),
                region: s.regions[entry.region.index()].id.clone(),
                country: s.site_place(site).country.to_string(),
                device: s.profiles[entry.profile].id.clone(),
                keys,
                escrow,
            }
        };
        let new = Self {
            region: region.id.clone(),
            place: region.place.name.to_string(),
            country: region.place.country.to_string(),
            keys: ages.keys,
            versions: ages.versions,
            oldest_s: ages.oldest.map(Span::as_secs_f64),
            next_expiry: ages.first_due.map(|due| geo::rfc3339(s.start, due)),
            overdue: ages.overdue,
            calls_per_s: s
                .populations
                .iter()
                .filter(|population| s.origins[population.origin.index()].home == home)
                .map(|population| (&s.loads[population.load.index()], mean(&population.demand)))
                .filter(|(load, _)| load.key == id)
                .map(|(load, rate)| rate * load.calls.len() as f64)
                .sum(),
            sites: holders(blueprint, id, home).into_iter().map(holding).collect(),
        };
        (new, ages)
    }
}

impl Ages {
    fn new(blueprint: &Blueprint, calendar: &Calendar, class: ClassId, home: RegionId) -> Self {
        let catalog = blueprint.catalog();
        let entry = &catalog.classes[class.index()];
        let mut ages = Self::default();
        let lots = catalog
            .shards
            .lots()
            .filter(|(lot, placed)| (placed.class, placed.home) == (class, home) && catalog.is_there(*lot, Time::ZERO));
        for (key, _) in lots.flat_map(|(lot, _)| catalog.shards.keys_of(lot)) {
            ages.keys += 1;
            ages.versions += calendar.history(key, catalog).len() as u64;
            let age = calendar.age(Time::ZERO, key, catalog);
            ages.oldest = ages.oldest.max(Some(age).filter(|age| *age < Span::MAX));
            let Some(rotate) = entry.rotate else { continue };
            let due = calendar.first_due(key, rotate, catalog);
            ages.first_due = Some(ages.first_due.map_or(due, |first| first.min(due)));
            ages.last_due = ages.last_due.max(Some(due));
            ages.overdue += u64::from(age > rotate.every);
        }
        ages
    }
}

/// The keys of a class that changes provision, home by home.
fn coming(s: &Scenario, class: ClassId) -> impl Iterator<Item = (&FleetChange, Coming)> {
    let homes = (0..s.regions.len()).map(|i| RegionId(i as u16));
    let lots = homes.flat_map(move |home| s.lots(class, home).into_iter().map(move |lot| (home, lot)));
    lots.filter_map(|(home, lot)| {
        let change = &s.changes[lot.change?];
        let region = s.regions[home.index()].id.clone();
        let at = geo::rfc3339(s.start, change.at);
        Some((change, Coming { change: change.id.clone(), at, region, keys: lot.keys.into() }))
    })
}

/// The sites that hold keys of a class and a home, and how many; those that have them in escrow last.
fn holders(blueprint: &Blueprint, class: ClassId, home: RegionId) -> BTreeMap<(bool, SiteId), u64> {
    let mut held = BTreeMap::new();
    let shards = blueprint.catalog().shards.shards().iter();
    for shard in shards.filter(|shard| (shard.class, shard.home) == (class, home) && shard.keys > 0) {
        for site in shard.holders() {
            let escrow = !shard.hosts().contains(site);
            *held.entry((escrow, *site)).or_default() += u64::from(shard.keys);
        }
    }
    held
}

/// The loads that use a class.
fn usage(s: &Scenario, class: ClassId) -> Vec<Usage> {
    let loads = s.loads.iter().enumerate().filter(|(_, load)| load.key == class);
    let of = |(index, load): (usize, &crate::scenario::Load)| Usage {
        load: load.id.clone(),
        calls: load.calls.iter().map(|call| s.calls[call.index()].clone()).collect(),
        operations_per_s: s
            .populations
            .iter()
            .filter(|population| population.load.index() == index)
            .map(|population| mean(&population.demand))
            .sum(),
    };
    loads.map(of).collect()
}

/// Operations per second in an ordinary week.
const fn mean(demand: &Demand) -> f64 {
    match demand {
        Demand::Rate(mean) | Demand::History(_, mean) => *mean,
    }
}

fn key_types(class: &KeyClass, loads: &[Usage], wraps: bool) -> Vec<KeyType> {
    let calls = loads.iter().flat_map(|usage| usage.calls.iter().map(String::as_str));
    let carries = wraps.then_some("unwrap");
    let mut types: Vec<KeyType> = calls.chain(carries).filter_map(|call| KeyType::of(&class.algorithm, call)).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn residency(stay: &Residency) -> String {
    match stay {
        Residency::Anywhere => "anywhere".to_owned(),
        Residency::Region => "region".to_owned(),
        Residency::Country => "country".to_owned(),
        Residency::Countries(countries) => countries.join(" "),
    }
}
