//! Keys to shards, shards to sites. Keys of a class and region are spread over its shards by jump consistent hashing (Lamping
//! and Veach 2014); a shard's hosts are the sites with the highest weighted rendezvous scores (Thaler and Ravishankar 1998,
//! weights after Schindelhauer and Schomaker 2005) among those below their bound (Mirrokni et al. 2018).

use crate::kms::{ClassId, KeyRef, RegionId, ShardId, SiteId};
use crate::rng::mix;

/// Hosts of one shard, at most this many.
pub const HOSTS_MAX: usize = 8;

/// How far above its fair share a site may be loaded with shards.
const PLACEMENT_SLACK: f64 = 1.05;

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
    hosts: [SiteId; HOSTS_MAX],
    count: u8,
}

impl Shard {
    /// The sites that serve it, the preferred one first; those of the home region before partners.
    #[inline]
    #[must_use]
    pub fn hosts(&self) -> &[SiteId] {
        &self.hosts[..self.count as usize]
    }
}

/// All shards, and the shard of each key.
#[derive(Clone, Debug, Default)]
pub struct ShardMap {
    shards: Vec<Shard>,
    /// By class, then key number.
    of_key: Vec<Vec<u32>>,
    /// By class: the first key number of each lot, and the lot's name.
    lots: Vec<Vec<(u32, u64)>>,
}

/// A site that may host shards.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The site.
    pub site: SiteId,
    /// Its share against others.
    pub weight: u32,
    /// Hash of its id: scores are made of it, so that sites that come or go do not change the scores of others.
    pub name: u64,
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
    pub sites: &'a [Candidate],
    /// Sites of partner regions, the preferred region's first.
    pub partners: &'a [Vec<Candidate>],
}

impl ShardMap {
    /// An empty map for `classes` key classes.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { shards: Vec::new(), of_key: vec![Vec::new(); classes], lots: vec![Vec::new(); classes] }
    }

    /// Makes the shards of a lot. There must be at least `copies` sites at home and `partner_copies` with partners, and
    /// together at most [`HOSTS_MAX`].
    pub fn place(&mut self, lot: &Lot<'_>) {
        let base = self.shards.len() as u32;
        let shards = lot.shards.max(1);
        let mut home = Loads::new(lot.sites, u64::from(shards));
        let mut partners: Vec<Loads<'_>> = lot.partners.iter().map(|s| Loads::new(s, u64::from(shards))).collect();
        for number in 0..shards {
            let seed = mix(lot.name ^ mix(u64::from(number) + 1));
            let mut hosts = home.choose(seed, lot.copies);
            let mut wanted = lot.partner_copies;
            for region in &mut partners {
                let more = region.choose(seed, wanted.min(region.sites.len()));
                wanted -= more.len();
                hosts.extend(more);
            }
            let mut shard = Shard {
                class: lot.class,
                home: lot.home,
                keys: 0,
                confined: lot.confined,
                hosts: [SiteId(0); HOSTS_MAX],
                count: hosts.len() as u8,
            };
            shard.hosts[..hosts.len()].copy_from_slice(&hosts);
            self.shards.push(shard);
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

/// Shards given to each site so far, as preferred host and as any host, against their bounds.
struct Loads<'a> {
    sites: &'a [Candidate],
    first: Vec<u64>,
    any: Vec<u64>,
    total_weight: u64,
    shards: u64,
}

impl<'a> Loads<'a> {
    fn new(sites: &'a [Candidate], shards: u64) -> Self {
        let total_weight = sites.iter().map(|site| u64::from(site.weight)).sum();
        Self { sites, first: vec![0; sites.len()], any: vec![0; sites.len()], total_weight, shards }
    }

    fn bound(&self, site: usize, copies: usize) -> u64 {
        let share = f64::from(self.sites[site].weight) / self.total_weight as f64;
        let fair = share * (self.shards * copies as u64) as f64;
        // Rounded up the slack of a few shards would be one of eight; the fair share rounded up leaves room for all.
        (fair.ceil() as u64).max((PLACEMENT_SLACK * fair) as u64)
    }

    /// The `copies` sites with the highest scores that are below their bounds, the preferred one first. Where too few are
    /// below, the bound gives way: each site hosts a shard only once.
    fn choose(&mut self, seed: u64, copies: usize) -> Vec<SiteId> {
        let mut order: Vec<usize> = (0..self.sites.len()).collect();
        order.sort_by(|a, b| {
            let score = |i: usize| score(seed, self.sites[i].name, self.sites[i].weight);
            score(*b).total_cmp(&score(*a))
        });
        let Some(preferred) = order.iter().copied().find(|&i| self.first[i] < self.bound(i, 1)).filter(|_| copies > 0)
        else {
            return Vec::new();
        };
        self.first[preferred] += 1;
        self.any[preferred] += 1;
        let mut hosts = vec![preferred];
        for bounded in [true, false] {
            for &i in &order {
                if hosts.len() < copies && !hosts.contains(&i) && (!bounded || self.any[i] < self.bound(i, copies)) {
                    self.any[i] += 1;
                    hosts.push(i);
                }
            }
        }
        hosts.into_iter().map(|i| self.sites[i].site).collect()
    }
}

const fn key_name(lot: u64, number: u32) -> u64 {
    mix(lot ^ mix(number as u64))
}

/// Weighted rendezvous score of a candidate by its name: -weight / ln(u).
#[must_use]
pub fn score(seed: u64, name: u64, weight: u32) -> f64 {
    let bits = mix(seed ^ mix(name));
    let u = ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
    -f64::from(weight) / libm::log(u)
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
