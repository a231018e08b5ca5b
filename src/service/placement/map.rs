//! The shard map: which key is in which shard, and which sites host it. Keys find their shard, and shards their sites, by
//! names and not by their place in a list, so that classes, regions and sites may come and go.

use super::candidates::{Candidates, Seat};
use super::fill::Fill;
use super::hosts::Hosts;
use crate::kms::{ClassId, KeyRef, LotId, RegionId, ShardId, SiteId};
use crate::rng::mix;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A shard, as it is when the scenario starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The class of its keys.
    pub class: ClassId,
    /// Their home region.
    pub home: RegionId,
    /// Keys in it.
    pub keys: u32,
    /// Residency keeps its keys inside their home region, whatever happens.
    pub confined: bool,
    hosts: Hosts,
}

impl Shard {
    /// The sites that serve it, the preferred one first; those of the home region before partners.
    #[inline]
    #[must_use]
    pub fn hosts(&self) -> &[SiteId] {
        self.hosts.serving()
    }

    /// The sites that hold it: those that serve it, and those that have it in escrow.
    #[inline]
    #[must_use]
    pub fn holders(&self) -> &[SiteId] {
        self.hosts.all()
    }
}

/// All shards, and the shard of each key.
#[derive(Clone, Debug, Default)]
pub struct ShardMap {
    shards: Vec<Shard>,
    /// The lists of hosts that shards have, each once, and by shard which of them: what every request reads, and so small that
    /// it stays in the processor's caches.
    pub(in crate::service) lists: Vec<Hosts>,
    pub(in crate::service) list_of: Arc<Vec<u32>>,
    /// By class, then key number.
    of_key: Vec<Vec<u32>>,
    /// By class: the first key number of each lot, and which lot.
    lots_of: Vec<Vec<(u32, LotId)>>,
    lots: Vec<Placed>,
}

/// A lot, its shards, and the numbers of its keys.
#[derive(Clone, Debug)]
struct Placed {
    lot: Lot,
    shards: Range<u32>,
    keys: Range<u32>,
}

/// What is placed together: keys of one class with one home, that come together.
#[derive(Clone, Debug)]
pub struct Lot {
    /// Their class.
    pub class: ClassId,
    /// Their home.
    pub home: RegionId,
    /// Hash of the ids of class and home: shards and keys are found by it, so that other classes and regions may come or go.
    pub name: u64,
    /// Residency keeps them at home.
    pub confined: bool,
    /// How many; numbers continue where the class's previous lot ended.
    pub keys: u32,
    /// Shards to make.
    pub shards: u32,
    /// Copies at home.
    pub copies: usize,
    /// Copies with partners that serve.
    pub partner_copies: usize,
    /// Copies that are held in escrow.
    pub escrow_copies: usize,
    /// Sites at home.
    pub sites: Arc<Candidates>,
    /// Sites of partner regions, the preferred region's first.
    pub partners: Vec<Arc<Candidates>>,
    /// Sites of other regions that may hold keys in escrow, and never serve them.
    pub escrow: Vec<Arc<Candidates>>,
}

impl Lot {
    /// The hosts of each of its shards, where only these sites are there. There must be at least `copies` of them at home,
    /// `partner_copies` with partners and `escrow_copies` in escrow, together at most [`super::HOSTS_MAX`]; where there are fewer,
    /// shards have fewer hosts. What was before does not matter: the same sites give the same hosts.
    #[must_use]
    pub fn arrange(&self, there: &dyn Fn(SiteId) -> bool) -> Vec<Hosts> {
        let shards = self.shards.max(1);
        let home = [self.sites.only(there)];
        let (partners, escrow) = (only(&self.partners, there), only(&self.escrow, there));
        let mut serving = fills(&home, shards, self.copies);
        serving.extend(fills(&partners, shards, self.partner_copies));
        let mut sealed = fills(&escrow, shards, self.escrow_copies);
        let hosts = |number: u32| {
            let seat = Seat::new(self.name, number);
            let mut sites: Vec<SiteId> = serving.iter_mut().flat_map(|region| region.next(seat)).collect();
            let served = sites.len();
            sites.extend(sealed.iter_mut().flat_map(|region| region.next(seat)));
            Hosts::new(&sites, served)
        };
        (0..shards).map(hosts).collect()
    }
}

/// The sites of regions that are there.
fn only<'a>(regions: &'a [Arc<Candidates>], there: &dyn Fn(SiteId) -> bool) -> Vec<Cow<'a, Candidates>> {
    regions.iter().map(|sites| sites.only(there)).collect()
}

/// Regions to be filled one after the other with `copies` of each shard: as many in each as there are sites.
fn fills<'a>(regions: &'a [Cow<'a, Candidates>], shards: u32, copies: usize) -> Vec<Fill<'a>> {
    let mut wanted = copies;
    let mut fills = Vec::new();
    for sites in regions {
        let copies = wanted.min(sites.len());
        if copies > 0 {
            wanted -= copies;
            fills.push(Fill::new(sites, shards, copies));
        }
    }
    fills
}

impl ShardMap {
    /// An empty map for `classes` key classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { of_key: vec![Vec::new(); classes], lots_of: vec![Vec::new(); classes], ..Self::default() }
    }

    /// Makes the shards of a lot, with hosts among the sites that are there; without any, where the lot itself comes later.
    pub fn place(&mut self, lot: Lot, there: Option<&dyn Fn(SiteId) -> bool>) {
        let base = self.shards.len() as u32;
        let shards = lot.shards.max(1);
        let hosts = there.map_or_else(|| vec![Hosts::NONE; shards as usize], |there| lot.arrange(there));
        let mut known: BTreeMap<Hosts, u32> = BTreeMap::new();
        let list_of = Arc::make_mut(&mut self.list_of);
        for hosts in hosts {
            self.shards.push(Shard { class: lot.class, home: lot.home, keys: 0, confined: lot.confined, hosts });
            let list = *known.entry(hosts).or_insert_with(|| {
                self.lists.push(hosts);
                self.lists.len() as u32 - 1
            });
            list_of.push(list);
        }
        let table = &mut self.of_key[lot.class.index()];
        let first = table.len() as u32;
        self.lots_of[lot.class.index()].push((first, LotId(self.lots.len() as u32)));
        for number in 0..lot.keys {
            let shard = base + jump(key_name(lot.name, number), shards);
            self.shards[shard as usize].keys += 1;
            table.push(shard);
        }
        let keys = first..first + lot.keys;
        self.lots.push(Placed { lot, shards: base..base + shards, keys });
    }

    /// All shards.
    #[must_use]
    pub fn shards(&self) -> &[Shard] {
        &self.shards
    }

    /// A shard.
    #[inline]
    #[must_use]
    pub fn shard(&self, id: ShardId) -> &Shard {
        &self.shards[id.index()]
    }

    /// All lots.
    pub fn lots(&self) -> impl Iterator<Item = (LotId, &Lot)> {
        self.lots.iter().enumerate().map(|(i, placed)| (LotId(i as u32), &placed.lot))
    }

    /// The hosts of each shard of a lot, where only these sites are there.
    pub fn arrange(
        &self,
        lot: LotId,
        there: &dyn Fn(SiteId) -> bool,
    ) -> impl Iterator<Item = (ShardId, Hosts)> + use<> {
        let Placed { lot, shards, .. } = &self.lots[lot.index()];
        shards.clone().map(ShardId).zip(lot.arrange(there))
    }

    /// Keys of a class in these shards.
    #[must_use]
    pub fn keys_in(&self, class: ClassId, wanted: &dyn Fn(ShardId) -> bool) -> u32 {
        let of_class = self.shards.iter().enumerate().filter(|(_, shard)| shard.class == class && shard.keys > 0);
        of_class.filter(|(i, _)| wanted(ShardId(*i as u32))).map(|(_, shard)| shard.keys).sum()
    }

    /// The shards of a lot.
    pub fn shards_of(&self, lot: LotId) -> impl Iterator<Item = ShardId> + use<> {
        self.lots[lot.index()].shards.clone().map(ShardId)
    }

    /// The numbers of the keys of a lot, within its class.
    #[must_use]
    pub fn numbers(&self, lot: LotId) -> std::ops::Range<u32> {
        self.lots[lot.index()].keys.clone()
    }

    /// The keys of a lot, each with its shard.
    pub fn keys_of(&self, lot: LotId) -> impl Iterator<Item = (KeyRef, ShardId)> + '_ {
        let Placed { lot, keys, .. } = &self.lots[lot.index()];
        keys.clone().map(|number| KeyRef { class: lot.class, number }).map(|key| (key, self.of(key)))
    }

    /// The lot of a key.
    #[must_use]
    pub fn lot(&self, key: KeyRef) -> LotId {
        let lots = &self.lots_of[key.class.index()];
        lots[lots.partition_point(|(first, _)| *first <= key.number) - 1].1
    }

    /// The shard of a key.
    #[inline]
    #[must_use]
    pub fn of(&self, key: KeyRef) -> ShardId {
        ShardId(self.of_key[key.class.index()][key.number as usize])
    }

    /// A hash that names a key by its class, its home and its number there: the same in every fleet that has the key.
    #[must_use]
    pub fn name(&self, key: KeyRef) -> u64 {
        let Placed { lot, keys, .. } = &self.lots[self.lot(key).index()];
        key_name(lot.name, key.number - keys.start)
    }

    /// Keys of a class.
    #[must_use]
    pub fn keys(&self, class: ClassId) -> u32 {
        self.of_key[class.index()].len() as u32
    }
}

const fn key_name(lot: u64, number: u32) -> u64 {
    mix(lot ^ mix(number as u64))
}

/// Jump consistent hash: which of `buckets` (at least 1) holds `key`.
#[must_use]
pub fn jump(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (0_i64, 0_i64);
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) as f64 * (2_147_483_648.0 / ((key >> 33) + 1) as f64)) as i64;
    }
    bucket as u32
}
