//! Key slots of devices: each version of a key takes one at every site that serves it. Those of the versions that its class is
//! expected to have, the active one and the retired ones that are kept, are reserved when a site joins the key's shard. A version
//! beyond them needs a slot that is free at each of its hosts, and waits its turn where there is none.

use super::catalog::Catalog;
use super::directory::Directory;
use super::lanes::Turn;
use crate::kms::{ClassId, KeyRef, ShardId, SiteId};
use std::collections::{BTreeMap, BTreeSet};

/// The slots of all sites.
#[derive(Clone, Debug)]
pub struct Slots {
    /// By site.
    used: Vec<u64>,
    /// Versions beyond what is reserved, of keys that have any.
    beyond: BTreeMap<KeyRef, u32>,
    /// By site: keys whose successor waits for a slot there.
    waiting: Vec<BTreeSet<Turn>>,
}

/// Versions of each key of a class for which slots are reserved.
fn expected(class: ClassId, catalog: &Catalog) -> u32 {
    catalog.classes[class.index()].retired.saturating_add(1)
}

impl Slots {
    /// What the hosts of all shards have reserved.
    #[must_use]
    pub fn new(catalog: &Catalog, directory: &Directory) -> Self {
        let sites = catalog.sites.len();
        let mut new = Self { used: vec![0; sites], beyond: BTreeMap::new(), waiting: vec![BTreeSet::new(); sites] };
        for shard in (0..catalog.shards.shards().len()).map(|i| ShardId(i as u32)) {
            directory.hosts(shard).serving().iter().for_each(|site| new.join(*site, shard, catalog));
        }
        new
    }

    /// What a shard takes at each of its hosts.
    fn taken(&self, shard: ShardId, catalog: &Catalog) -> u64 {
        let entry = catalog.shards.shard(shard);
        let beyond = self.beyond.iter().filter(|(key, _)| catalog.shards.of(**key) == shard);
        u64::from(entry.keys) * u64::from(expected(entry.class, catalog))
            + beyond.map(|(_, versions)| u64::from(*versions)).sum::<u64>()
    }

    /// Slots that are taken at a site, or reserved.
    #[must_use]
    pub fn used(&self, site: SiteId) -> u64 {
        self.used[site.index()]
    }

    /// Whether a site has room for a shard.
    #[must_use]
    pub fn fits(&self, site: SiteId, shard: ShardId, catalog: &Catalog) -> bool {
        self.used[site.index()].saturating_add(self.taken(shard, catalog)) <= catalog.sites[site.index()].slots
    }

    /// A site is to serve a shard.
    pub fn join(&mut self, site: SiteId, shard: ShardId, catalog: &Catalog) {
        self.used[site.index()] += self.taken(shard, catalog);
    }

    /// A site serves a shard no more.
    pub fn leave(&mut self, site: SiteId, shard: ShardId, catalog: &Catalog) {
        self.used[site.index()] -= self.taken(shard, catalog);
    }

    /// The first of these sites without a slot for one version more of a key than it has.
    pub fn full(
        &self,
        (key, versions): (KeyRef, u32),
        mut sites: impl Iterator<Item = SiteId>,
        catalog: &Catalog,
    ) -> Option<SiteId> {
        let beyond = (versions + 1).saturating_sub(expected(key.class, catalog));
        if beyond <= self.beyond.get(&key).copied().unwrap_or(0) {
            return None;
        }
        sites.find(|site| self.used[site.index()] >= catalog.sites[site.index()].slots)
    }

    /// A key has so many versions now at these hosts. Whether slots became free.
    pub fn set(
        &mut self,
        (key, versions): (KeyRef, u32),
        sites: impl Iterator<Item = SiteId>,
        catalog: &Catalog,
    ) -> bool {
        let beyond = versions.saturating_sub(expected(key.class, catalog));
        let before = if beyond > 0 { self.beyond.insert(key, beyond) } else { self.beyond.remove(&key) };
        let before = before.unwrap_or(0);
        if beyond != before {
            for site in sites {
                let used = &mut self.used[site.index()];
                *used = *used + u64::from(beyond) - u64::from(before);
            }
        }
        beyond < before
    }

    /// A key is no more, and has no hosts.
    pub fn forget(&mut self, key: KeyRef) {
        self.beyond.remove(&key);
    }

    /// A successor waits for a slot at a site.
    pub fn wait(&mut self, site: SiteId, turn: Turn) {
        self.waiting[site.index()].insert(turn);
    }

    /// It waits there no more.
    pub fn withdraw(&mut self, site: SiteId, turn: Turn) {
        self.waiting[site.index()].remove(&turn);
    }

    /// Takes out the most urgent key that waits at a site, if a slot is free there.
    pub fn next(&mut self, site: SiteId, catalog: &Catalog) -> Option<KeyRef> {
        let free = self.used[site.index()] < catalog.sites[site.index()].slots;
        free.then(|| self.waiting[site.index()].pop_first()).flatten().map(|turn| turn.2)
    }

    /// All that wait at a site have to look anew.
    pub fn clear(&mut self, site: SiteId) -> impl Iterator<Item = KeyRef> + use<> {
        std::mem::take(&mut self.waiting[site.index()]).into_iter().map(|turn| turn.2)
    }
}
