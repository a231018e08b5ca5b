//! What the parts of the control plane see of each other, and what they tell sites.

use super::catalog::Catalog;
use super::directory::Directory;
use super::health::Detector;
use super::site::Site;
use crate::kms::{KeyRef, ShardId, SiteId};

/// The rest of the service, as a part of the control plane sees it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Which sites are believed healthy.
    pub detector: &'a Detector,
    /// All sites.
    pub sites: &'a [Site],
    /// The configuration.
    pub catalog: &'a Catalog,
    /// Which sites serve each shard.
    pub directory: &'a Directory,
}

/// What a part of the control plane sees of the others, from the whole service.
macro_rules! view {
    ($service:expr) => {
        $crate::service::view::View {
            detector: &$service.detector,
            sites: &$service.sites,
            catalog: &$service.catalog,
            directory: &$service.directory,
        }
    };
}
pub(super) use view;

impl View<'_> {
    /// Whether a site is believed healthy.
    pub fn up(&self, site: SiteId) -> bool {
        self.detector.up(site)
    }

    /// Whether what a site held is still there.
    pub fn lives(&self, site: SiteId) -> bool {
        self.sites[site.index()].holds_keys()
    }

    /// The sites that hold a key or are to.
    pub fn members(&self, key: KeyRef) -> impl Iterator<Item = SiteId> + Clone + '_ {
        self.directory.members(self.catalog.shards.of(key))
    }

    /// Those of the sites where a version of a key may be that have it in a slot of a device: all but those in escrow.
    pub fn hosts(&self, key: KeyRef) -> impl Iterator<Item = SiteId> + Clone + '_ {
        let shard = self.catalog.shards.of(key);
        self.directory.holders(shard).filter(move |site| !self.directory.is_escrow(shard, *site))
    }

    /// The sites where a version of a key may be: those, and the ones that are leaving its shard.
    pub fn holders(&self, key: KeyRef) -> impl Iterator<Item = SiteId> + Clone + '_ {
        self.directory.holders(self.catalog.shards.of(key))
    }

    /// Whether a site has a key in escrow only: nothing is done with it there.
    pub fn escrow(&self, site: SiteId, key: KeyRef) -> bool {
        self.directory.is_escrow(self.catalog.shards.of(key), site)
    }
}

/// What the control plane tells a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The active version of a key is one that it has not got, or that it has.
    Lacks(KeyRef, bool),
    /// It holds a shard, or nothing of it any more.
    Holds(ShardId, bool),
}
