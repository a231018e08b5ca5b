//! Which sites serve each shard: now, and as origins believe whose routing table is older. Each configuration that is published
//! is a routing epoch; an origin knows all epochs up to its own. Beside them stand the sites that are to serve a shard and do not
//! hold all of it yet, and those that serve it no more and hold it until everybody knows.

use super::catalog::Catalog;
use super::placement::{Hosts, ShardMap};
use crate::kms::{ShardId, SiteId};
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The configurations of all shards.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Lists of hosts; by shard which of them it has.
    lists: Vec<Hosts>,
    list_of: Arc<Vec<u32>>,
    /// Shards without any host.
    bare: u32,
    /// By site: shards that it serves.
    serves: Vec<u32>,
    epoch: u32,
    /// Of shards that changed since the run began: from which epoch on each had which list.
    past: BTreeMap<ShardId, Vec<(u32, u32)>>,
    joining: BTreeMap<ShardId, Hosts>,
    leaving: BTreeMap<ShardId, Hosts>,
    /// Of shards that changed since the run began: the most sites that held it or were to at once.
    most: BTreeMap<ShardId, u32>,
}

impl Directory {
    /// As the shard map says.
    #[must_use]
    pub fn new(map: &ShardMap, sites: usize) -> Self {
        let mut serves = vec![0; sites];
        map.shards().iter().flat_map(|shard| shard.hosts()).for_each(|site| serves[site.index()] += 1);
        Self {
            serves,
            lists: map.lists.clone(),
            list_of: Arc::clone(&map.list_of),
            bare: map.shards().iter().filter(|shard| shard.hosts().is_empty()).count() as u32,
            epoch: 0,
            past: BTreeMap::new(),
            joining: BTreeMap::new(),
            leaving: BTreeMap::new(),
            most: BTreeMap::new(),
        }
    }

    /// As it is once all changes up to `at` have been made.
    #[must_use]
    pub fn at(catalog: &Catalog, at: Time) -> Self {
        let mut new = Self::new(&catalog.shards, catalog.sites.len());
        if catalog.changes.iter().any(|change| change.at <= at) {
            let there = |site: SiteId| catalog.has_site(site, at);
            for (lot, _) in catalog.shards.lots() {
                if catalog.is_there(lot, at) {
                    catalog.shards.arrange(lot, &there).for_each(|(shard, hosts)| new.set(shard, hosts));
                } else {
                    catalog.shards.shards_of(lot).for_each(|shard| new.set(shard, Hosts::NONE));
                }
            }
        }
        new
    }

    /// Configurations published since the run began.
    #[inline]
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Which list of hosts a shard has for an origin that knows the configurations up to this epoch.
    #[inline]
    #[must_use]
    pub fn list(&self, shard: ShardId, epoch: u32) -> u32 {
        let now = self.list_of[shard.index()];
        if epoch == self.epoch {
            return now;
        }
        let Some(past) = self.past.get(&shard) else { return now };
        past.iter().rev().find(|(from, _)| *from <= epoch).map_or(now, |(_, list)| *list)
    }

    /// The sites of a list that serve, the preferred one first.
    #[inline]
    #[must_use]
    pub fn serving(&self, list: u32) -> &[SiteId] {
        self.lists[list as usize].serving()
    }

    /// The sites of a shard now.
    #[inline]
    #[must_use]
    pub fn hosts(&self, shard: ShardId) -> &Hosts {
        &self.lists[self.list_of[shard.index()] as usize]
    }

    /// The sites that hold a shard or are to: its hosts, the preferred one first, those in escrow, and those that are joining.
    pub fn members(&self, shard: ShardId) -> impl Iterator<Item = SiteId> + Clone + '_ {
        let joining = self.joining.get(&shard).map_or(&[][..], Hosts::all);
        self.hosts(shard).all().iter().chain(joining).copied()
    }

    /// The sites where a version of a key may be: those, and the ones that are leaving.
    pub fn holders(&self, shard: ShardId) -> impl Iterator<Item = SiteId> + Clone + '_ {
        self.members(shard).chain(self.leaving(shard).iter().copied())
    }

    /// The sites that are still asked for a shard by some, and serve it no more.
    #[must_use]
    pub fn leaving(&self, shard: ShardId) -> &[SiteId] {
        self.leaving.get(&shard).map_or(&[][..], Hosts::all)
    }

    /// The same, by what they do with it.
    #[must_use]
    pub fn leaving_hosts(&self, shard: ShardId) -> Hosts {
        self.leaving.get(&shard).copied().unwrap_or(Hosts::NONE)
    }

    /// Whether a site has a shard in escrow only: it can give it back to those that serve it, and do nothing else with it.
    #[must_use]
    pub fn is_escrow(&self, shard: ShardId, site: SiteId) -> bool {
        let sealed = |hosts: &Hosts| hosts.escrow().contains(&site);
        sealed(self.hosts(shard))
            || self.joining.get(&shard).is_some_and(sealed)
            || self.leaving.get(&shard).is_some_and(sealed)
    }

    /// Whether a site serves a shard, or did until lately and still holds it: who asks another one came to a wrong place.
    #[must_use]
    pub fn is_asked_of(&self, site: SiteId, shard: ShardId) -> bool {
        self.hosts(shard).serving().contains(&site) || self.leaving_hosts(shard).serving().contains(&site)
    }

    /// Whether a site served a shard, or had it in escrow, when the configurations up to this epoch were published.
    #[must_use]
    pub fn held_at(&self, shard: ShardId, epoch: u32, site: SiteId) -> bool {
        self.lists[self.list(shard, epoch) as usize].all().contains(&site)
    }

    /// Whether a site serves any shard.
    #[must_use]
    pub fn serves(&self, site: SiteId) -> bool {
        self.serves[site.index()] > 0
    }

    /// Whether every shard has hosts.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.bare == 0
    }

    /// These sites are to hold a shard.
    pub(super) fn join(&mut self, shard: ShardId, sites: Hosts) {
        let before = self.held(shard);
        self.joining.insert(shard, sites);
        self.remember(shard, before);
    }

    /// The most sites that held a shard, or were to, at once since the run began.
    #[must_use]
    pub fn most_holders(&self, shard: ShardId) -> u32 {
        self.most.get(&shard).copied().unwrap_or(0).max(self.held(shard))
    }

    /// Sites that hold a shard now, or are to.
    fn held(&self, shard: ShardId) -> u32 {
        self.holders(shard).count() as u32
    }

    fn remember(&mut self, shard: ShardId, before: u32) {
        let most = before.max(self.held(shard));
        let known = self.most.entry(shard).or_default();
        *known = most.max(*known);
    }

    /// A site is not to hold a shard after all, or is gone.
    pub(super) fn drop_joining(&mut self, shard: ShardId, site: SiteId) {
        if let Some(joining) = self.joining.get_mut(&shard) {
            *joining = joining.only(|joining| joining != site);
        }
    }

    /// A shard has these hosts from now on; origins learn it later. Who held it and is not among them is leaving.
    pub(super) fn publish(&mut self, shard: ShardId, hosts: Hosts) {
        let before = self.list_of[shard.index()];
        let held = self.held(shard);
        let gone = self.lists[before as usize].only(|site| !hosts.all().contains(&site));
        self.joining.remove(&shard);
        if gone != Hosts::NONE {
            self.leaving.insert(shard, gone);
        }
        self.epoch += 1;
        self.set(shard, hosts);
        let past = self.past.entry(shard).or_insert_with(|| vec![(0, before)]);
        past.push((self.epoch, self.list_of[shard.index()]));
        self.remember(shard, held);
    }

    /// A shard has these hosts, and had never others.
    pub(super) fn set(&mut self, shard: ShardId, hosts: Hosts) {
        let before = *self.hosts(shard);
        self.bare += u32::from(hosts.serving().is_empty());
        self.bare -= u32::from(before.serving().is_empty());
        hosts.serving().iter().for_each(|site| self.serves[site.index()] += 1);
        before.serving().iter().for_each(|site| self.serves[site.index()] -= 1);
        let known = self.lists.iter().position(|list| *list == hosts);
        let list = known.unwrap_or_else(|| {
            self.lists.push(hosts);
            self.lists.len() - 1
        });
        Arc::make_mut(&mut self.list_of)[shard.index()] = list as u32;
    }

    /// The sites that are leaving a shard are to hold it again.
    pub(super) fn return_to(&mut self, shard: ShardId) {
        let back = self.left(shard);
        self.join(shard, back);
    }

    /// Nobody asks the sites any more that are leaving a shard.
    pub(super) fn left(&mut self, shard: ShardId) -> Hosts {
        self.leaving.remove(&shard).unwrap_or(Hosts::NONE)
    }

    /// The shards that a site holds now.
    pub fn held_by<'a>(&'a self, site: SiteId, catalog: &'a Catalog) -> impl Iterator<Item = ShardId> + 'a {
        let shards = (0..catalog.shards.shards().len()).map(|i| ShardId(i as u32));
        shards.filter(move |shard| self.hosts(*shard).all().contains(&site))
    }
}
