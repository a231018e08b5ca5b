//! What the service is configured with and never changes by itself: loads, origins, sites, key classes, policies, and the
//! shard map. Names are gone; everything is an index.

use super::access::{Access, Guarded};
use super::emergency::EmergencyEntry;
use super::locate::Location;
use super::placement::ShardMap;
use super::policy::{Durability, Generating, Health, Retry, Rotate, Routing};
use crate::kms::{CallName, ClassId, CountryId, KeyRef, LoadId, LotId, OriginId, RegionId, SiteId};
use crate::time::{Span, Time};
use std::sync::Arc;

/// The configuration of the whole service.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Sites, by [`crate::kms::SiteId`].
    pub sites: Vec<SiteEntry>,
    /// Origins, by [`OriginId`].
    pub origins: Vec<OriginEntry>,
    /// Loads, by [`LoadId`].
    pub loads: Vec<LoadEntry>,
    /// Populations, by [`crate::kms::PopulationId`].
    pub populations: Vec<PopulationEntry>,
    /// Key classes, by [`ClassId`].
    pub classes: Vec<ClassEntry>,
    /// By call: whether it protects something new, which no suspended key may.
    pub protects: Vec<bool>,
    /// Which key is in which shard, and which sites host it.
    pub shards: ShardMap,
    /// Planned changes of the fleet, by [`crate::kms::ChangeId`], in order of time.
    pub changes: Vec<ChangeEntry>,
    /// Who checks each site, by [`crate::kms::SiteId`].
    pub observers: Vec<Observers>,
    /// Health checks.
    pub health: Health,
    /// Choice of hosts.
    pub routing: Routing,
    /// Generation of successors.
    pub generating: Generating,
    /// Missed copies on their way between two sites at once, at most.
    pub catch_up: u32,
    /// How often a site seals its batch of access records.
    pub audit_interval: Span,
    /// Whether each access is a fact of its own besides.
    pub audit_each: bool,
    /// What the gates before the origins go by.
    pub access: Access,
    /// How users are located; `None` where nobody is.
    pub location: Option<Location>,
    /// Emergency access, where there is any.
    pub emergency: Option<EmergencyEntry>,
}

impl Catalog {
    /// Whether a site is part of the fleet once all changes up to `at` have been made.
    #[must_use]
    pub fn has_site(&self, site: SiteId, at: Time) -> bool {
        let turns = self.changes.iter().filter_map(|change| match change.what {
            What::Join(joins) if joins == site => Some((change.at, true)),
            What::Leave(leaves) if leaves == site => Some((change.at, false)),
            _ => None,
        });
        is_part(turns, at)
    }

    /// Whether the keys of a lot are there once all changes up to `at` have been made.
    #[must_use]
    pub fn is_there(&self, lot: LotId, at: Time) -> bool {
        self.changes.iter().all(|change| match &change.what {
            What::Provision(lots) => !lots.contains(&lot) || change.at <= at,
            What::Retire(lots) => !lots.contains(&lot) || change.at > at,
            What::Join(_) | What::Leave(_) => true,
        })
    }

    /// The keys of a class that are there once all changes up to `at` have been made.
    pub fn keys_at(&self, class: ClassId, at: Time) -> impl Iterator<Item = KeyRef> + '_ {
        let lots = self.shards.lots().filter(move |(lot, placed)| placed.class == class && self.is_there(*lot, at));
        lots.flat_map(|(lot, _)| self.shards.keys_of(lot)).map(|(key, _)| key)
    }
}

/// Whether a site is part of the fleet at a time, by when it joins (true) and leaves (false), in order of time. One that never does
/// either always is; before it joins for the first time it is not.
#[must_use]
pub fn is_part(mut turns: impl Iterator<Item = (Time, bool)>, at: Time) -> bool {
    let Some((first, joins)) = turns.next() else { return true };
    if first > at {
        return !joins;
    }
    turns.take_while(|(turn, _)| *turn <= at).last().map_or(joins, |(_, joins)| joins)
}

/// A planned change of the fleet.
#[derive(Clone, Debug)]
pub struct ChangeEntry {
    /// When it begins.
    pub at: Time,
    /// What changes.
    pub what: What,
}

/// What a planned change changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A site joins the fleet, and takes its share of shards; it was no part of it before.
    Join(SiteId),
    /// A site leaves the fleet: its shards move to others.
    Leave(SiteId),
    /// Keys are provisioned that were not there before.
    Provision(Vec<LotId>),
    /// Keys are retired: nobody is to use them any more, and they are destroyed.
    Retire(Vec<LotId>),
}

/// A site.
#[derive(Clone, Debug)]
pub struct SiteEntry {
    /// Where it stands.
    pub region: RegionId,
    /// Its share of traffic against other sites: devices in its pool.
    pub weight: u32,
    /// Key versions that it has room for, `u64::MAX` for any number: all devices of its pool hold the same keys.
    pub slots: u64,
    /// Hash of its id: what is drawn for it and how it ranks depend on no other site.
    pub name: u64,
}

/// Who checks a site.
#[derive(Clone, Debug)]
pub struct Observers {
    /// The regions.
    pub regions: Vec<RegionId>,
    /// How many of them, from the first on, decide for the fleet.
    pub voters: usize,
    /// Which of them is the site's own region, by whose check its calling services go: a region that is cut off still knows
    /// its own sites.
    pub own: usize,
}

/// A place of callers.
#[derive(Clone, Debug)]
pub struct OriginEntry {
    /// The region whose calling services they are; users of a country are none.
    pub inside: Option<RegionId>,
    /// The region whose keys they use.
    pub home: RegionId,
    /// The country whose users they are: facts tell wrong locations by it, nothing is decided by it.
    pub country: Option<CountryId>,
    /// Hash of its id.
    pub name: u64,
    /// Round trip to each site, as measured when nothing is wrong.
    pub rtt: Vec<Span>,
    /// What its gate goes by.
    pub guarded: Guarded,
    /// The country that its callers are in, for rules: that of their region, or of users who are not located one by one.
    pub stands_in: Option<CountryId>,
    /// Its time zone, by number among those of all origins.
    pub zone: u8,
}

/// A business operation.
#[derive(Clone, Debug)]
pub struct LoadEntry {
    /// Its calls, in order; at least one.
    pub calls: Vec<CallName>,
    /// The class of the key.
    pub class: ClassId,
    /// From the first attempt to the last answer.
    pub timeout: Span,
    /// Retries of each call.
    pub retry: Retry,
}

/// The callers of a load at an origin.
#[derive(Clone, Debug)]
pub struct PopulationEntry {
    /// What they do.
    pub load: LoadId,
    /// Where they are.
    pub origin: OriginId,
    /// They are attackers: what becomes of their requests is nobody's availability.
    pub hostile: bool,
}

/// A key class.
#[derive(Clone, Debug)]
pub struct ClassEntry {
    /// How keys rotate, if they do.
    pub rotate: Option<Rotate>,
    /// Retired versions kept of each key, at most.
    pub retired: u32,
    /// When a successor takes over.
    pub durability: Durability,
    /// The class of the keys that copies of these are wrapped under on their way.
    pub wrapped_by: Option<ClassId>,
    /// By home region: the number of the first key; one more at the end.
    pub first: Vec<u32>,
    /// By number: how old each key's active version is at time zero, where that is known of each; else empty, and
    /// [`Rotate::age`] says it of all.
    pub ages: Arc<[Span]>,
}

impl ClassEntry {
    /// Numbers of the keys whose home is a region.
    #[must_use]
    pub fn keys_of(&self, region: RegionId) -> std::ops::Range<u32> {
        self.first[region.index()]..self.first[region.index() + 1]
    }
}
