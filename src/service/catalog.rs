//! What the service is configured with and never changes by itself: loads, origins, sites, key classes, policies, and the
//! shard map. Names are gone; everything is an index.

use super::placement::ShardMap;
use super::{Health, Retry, Routing};
use crate::kms::{CallName, ClassId, LoadId, OriginId, RegionId};
use crate::time::Span;

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
    /// Which key is in which shard, and which sites host it.
    pub shards: ShardMap,
    /// Regions that check each site, by [`crate::kms::SiteId`].
    pub observers: Vec<Vec<RegionId>>,
    /// Health checks.
    pub health: Health,
    /// Choice of hosts.
    pub routing: Routing,
    /// How often a site seals its batch of access records.
    pub audit_interval: Span,
}

/// A site.
#[derive(Clone, Debug)]
pub struct SiteEntry {
    /// Where it stands.
    pub region: RegionId,
    /// Its share of traffic against other sites: devices in its pool.
    pub weight: u32,
}

/// A place of callers.
#[derive(Clone, Debug)]
pub struct OriginEntry {
    /// The region whose keys they use.
    pub home: RegionId,
    /// Round trip to each site, as measured when nothing is wrong.
    pub rtt: Vec<Span>,
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
}

/// A key class.
#[derive(Clone, Debug)]
pub struct ClassEntry {
    /// Whether residency keeps its keys inside their home region whatever happens.
    pub bound_to_home: bool,
    /// The cryptoperiod, if keys rotate.
    pub rotate_every: Option<Span>,
    /// Retired versions kept of each key.
    pub retired: u16,
}
