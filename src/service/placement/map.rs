//! The shard map: which key is in which shard, and which sites host it. Keys find their shard, and shards their sites, by
//! names and not by their place in a list, so that classes, regions and sites may come and go.

use super::candidates::{Candidates, Seat};
use super::fill::Fill;
use crate::kms::{ClassId, KeyRef, RegionId, ShardId, SiteId};
use crate::rng::mix;
use std::collections::BTreeMap;

/// Hosts of one shard, at most this many.
pub const HOSTS_MAX: usize = 8;

/// A shard.
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
    hosts: HostList,
}

/// Sites that serve a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct HostList {
    sites: [SiteId; HOSTS_MAX],
    count: u8,
}

impl HostList {
    fn new(hosts: &[SiteId]) -> Self {
        let mut sites = [SiteId(0); HOSTS_MAX];
        sites[..hosts.len()].copy_from_slice(hosts);
        Self { sites, count: hosts.len() as u8 }
    }

    #[inline]
    fn sites(&self) -> &[SiteId] {
        &self.sites[..self.count as usize]
    }
}

impl Shard {
    /// The sites that serve it, the preferred one first; those of the home region before partners.
    #[inline]
    #[must_use]
    pub fn hosts(&self) -> &[SiteId] {
        self.hosts.sites()
    }
}

/// All shards, and the shard of each key.
#[derive(Clone, Debug, Default)]
pub struct ShardMap {
    shards: Vec<Shard>,
    /// The lists of hosts that shards have, each once, and by shard which of them: what every request reads, and so small that
    /// it stays in the processor's caches.
    lists: Vec<HostList>,
    list_of: Vec<u32>,
    /// By class, then key number.
    of_key: Vec<Vec<u32>>,
    /// By class: the first key number of each lot, and the lot's name.
    lots: Vec<Vec<(u32, u64)>>,
}

/// What is to be placed: the keys of one class with one home.
#[derive(Clone, Debug)]
pub struct Lot<'a> {
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
    /// Copies with partners.
    pub partner_copies: usize,
    /// Sites at home.
    pub sites: &'a Candidates,
    /// Sites of partner regions, the preferred region's first.
    pub partners: &'a [&'a Candidates],
}

impl ShardMap {
    /// An empty map for `classes` key classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { of_key: vec![Vec::new(); classes], lots: vec![Vec::new(); classes], ..Self::default() }
    }

    /// Makes the shards of a lot. There must be at least `copies` sites at home and `partner_copies` with partners, and
    /// together at most [`HOSTS_MAX`].
    pub fn place(&mut self, lot: &Lot<'_>) {
        let base = self.shards.len() as u32;
        let shards = lot.shards.max(1);
        let mut regions = vec![Fill::new(lot.sites, shards, lot.copies)];
        let mut wanted = lot.partner_copies;
        for sites in lot.partners {
            let copies = wanted.min(sites.len());
            if copies > 0 {
                wanted -= copies;
                regions.push(Fill::new(sites, shards, copies));
            }
        }
        let mut known: BTreeMap<HostList, u32> = BTreeMap::new();
        for number in 0..shards {
            let seat = Seat::new(lot.name, number);
            let hosts: Vec<SiteId> = regions.iter_mut().flat_map(|region| region.next(seat)).collect();
            let hosts = HostList::new(&hosts);
            self.shards.push(Shard { class: lot.class, home: lot.home, keys: 0, confined: lot.confined, hosts });
            let list = *known.entry(hosts).or_insert_with(|| {
                self.lists.push(hosts);
                self.lists.len() as u32 - 1
            });
            self.list_of.push(list);
        }
        let table = &mut self.of_key[lot.class.index()];
        self.lots[lot.class.index()].push((table.len() as u32, lot.name));
        for number in 0..lot.keys {
            let shard = base + jump(key_name(lot.name, number), shards);
            self.shards[shard as usize].keys += 1;
            table.push(shard);
        }
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

    /// The sites that serve a shard, the preferred one first.
    #[inline]
    #[must_use]
    pub fn hosts(&self, id: ShardId) -> &[SiteId] {
        self.lists[self.list_of[id.index()] as usize].sites()
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
        let lots = &self.lots[key.class.index()];
        let lot = lots.partition_point(|(first, _)| *first <= key.number) - 1;
        key_name(lots[lot].1, key.number - lots[lot].0)
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
