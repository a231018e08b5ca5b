//! Planned changes of the fleet, worked off shard by shard: sites that join or leave, keys that come or go. A shard's procedure
//! reserves room at the sites that are to hold it, fills them, publishes its new hosts by compare-and-swap, lets those drain that
//! it leaves, and has them erase it. Each step is idempotent: it may be begun anew at any time, and twice is as good as once.

mod step;

use super::catalog::{Catalog, What};
use super::directory::Directory;
use super::health::Detector;
use super::io::{Out, Timer};
use super::placement::Hosts;
use super::rotate::Rotator;
use super::site::Site;
use super::view::{Told, View};
use crate::kms::{ChangeId, Fact, KeyRef, LotId, ShardId, SiteId};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// How far the change of a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Sites that join get all of it.
    Filling,
    /// Its new hosts are being written into the metadata store.
    Publishing {
        /// How often it was tried.
        tries: u32,
    },
    /// Its new hosts are published; the others wait until nobody asks them any more.
    Draining,
}

/// What a shard is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    change: ChangeId,
    to: Hosts,
}

/// A shard that is being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Procedure {
    change: ChangeId,
    to: Hosts,
    began: Time,
    step: Step,
    /// How often other hosts than before were tried to be published: tells one try from another in the store.
    round: u32,
}

impl Procedure {
    /// What the metadata store holds once these hosts are published.
    fn value(&self) -> u64 {
        u64::from(self.round) << 32 | (u64::from(self.change.0) + 1)
    }
}

/// A change that is not made yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    began: Time,
    /// Shards that are not as it wants them.
    left: u32,
    refused: u32,
}

/// All changes.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Which sites are part of the fleet, and which lots have keys, as changes begun so far want it.
    sites: Vec<bool>,
    lots: Vec<bool>,
    /// When the run began: earlier changes had been made.
    since: Time,
    begun: BTreeSet<ChangeId>,
    open: BTreeMap<ChangeId, Open>,
    waiting: BTreeMap<ShardId, Wanted>,
    under_way: BTreeMap<ShardId, Procedure>,
    /// Of shards that wait or are under way.
    keys: BTreeMap<ShardId, Vec<KeyRef>>,
    /// The latest epoch known of the metadata store's cells of shards; the others were never written.
    epochs: BTreeMap<ShardId, u64>,
    told: Vec<(SiteId, Told)>,
    /// Whether something was published of which origins do not know yet.
    news: bool,
}

/// The rest of the control plane, as changes need it.
pub(super) struct Hands<'a> {
    pub detector: &'a Detector,
    pub sites: &'a [Site],
    pub catalog: &'a Catalog,
    pub directory: &'a mut Directory,
    pub rotator: &'a mut Rotator,
}

/// What of them the rotator sees.
macro_rules! view {
    ($hands:expr) => {
        View { detector: $hands.detector, sites: $hands.sites, catalog: $hands.catalog, directory: &*$hands.directory }
    };
}
use view;

impl Hands<'_> {
    fn lives(&self, site: SiteId) -> bool {
        self.sites[site.index()].holds_keys()
    }
}

impl Changes {
    /// Nothing under way; changes up to `now` have been made.
    #[must_use]
    pub fn new(catalog: &Catalog, now: Time) -> Self {
        Self {
            sites: (0..catalog.sites.len()).map(|i| catalog.has_site(SiteId(i as u16), now)).collect(),
            lots: catalog.shards.lots().map(|(lot, _)| catalog.is_there(lot, now)).collect(),
            since: now,
            begun: BTreeSet::new(),
            open: BTreeMap::new(),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            keys: BTreeMap::new(),
            epochs: BTreeMap::new(),
            told: Vec::new(),
            news: false,
        }
    }

    /// Changes that are not made yet.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Takes what sites are to be told.
    pub fn told(&mut self) -> Vec<(SiteId, Told)> {
        std::mem::take(&mut self.told)
    }

    /// Takes whether something was published of which origins do not know yet.
    pub fn news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// A change begins: what it wants of each shard is worked off. One that has begun does not begin again.
    pub(super) fn begin(&mut self, now: Time, change: ChangeId, hands: &mut Hands<'_>, out: &mut Out) {
        if !self.begun.insert(change) {
            return;
        }
        let catalog = hands.catalog;
        let lots: Vec<LotId> = match &catalog.changes[change.index()].what {
            What::Join(site) | What::Leave(site) => {
                self.sites[site.index()] = matches!(catalog.changes[change.index()].what, What::Join(_));
                catalog.shards.lots().map(|(lot, _)| lot).filter(|lot| self.lots[lot.index()]).collect()
            }
            What::Provision(lots) | What::Retire(lots) => {
                let comes = matches!(catalog.changes[change.index()].what, What::Provision(_));
                lots.iter().for_each(|lot| self.lots[lot.index()] = comes);
                lots.clone()
            }
        };
        out.fact(Fact::ChangeBegan(change));
        self.open.insert(change, Open { began: now, left: 0, refused: 0 });
        for lot in lots {
            self.want(now, change, lot, hands, out);
        }
        self.close(now, change, out);
        self.pump(now, hands, out);
    }

    /// The control plane starts again: each procedure does its present step once more, and what should have begun begins.
    pub(super) fn restart(&mut self, now: Time, hands: &mut Hands<'_>, out: &mut Out) {
        self.epochs.clear();
        let under_way: Vec<(ShardId, Step)> = self.under_way.iter().map(|(shard, p)| (*shard, p.step)).collect();
        for (shard, step) in under_way {
            match step {
                Step::Filling => self.advance(shard, hands, out),
                Step::Publishing { .. } => self.publish(shard, hands, out),
                Step::Draining => out.after(hands.catalog.routing.drain, Timer::Drained(shard)),
            }
        }
        for change in (0..hands.catalog.changes.len()).map(|i| ChangeId(i as u16)) {
            let at = hands.catalog.changes[change.index()].at;
            if at <= now && at > self.since {
                self.begin(now, change, hands, out);
            }
        }
        self.pump(now, hands, out);
    }

    /// Notes what the shards of a lot are to become.
    fn want(&mut self, now: Time, change: ChangeId, lot: LotId, hands: &Hands<'_>, out: &mut Out) {
        let catalog = hands.catalog;
        let there = |site: SiteId| self.sites[site.index()] && hands.lives(site);
        let targets: Vec<(ShardId, Hosts)> = match self.lots[lot.index()] {
            true => catalog.shards.arrange(lot, &there).collect(),
            false => catalog.shards.shards_of(lot).map(|shard| (shard, Hosts::NONE)).collect(),
        };
        let mut fresh = BTreeSet::new();
        for (shard, to) in targets {
            let under_way = self.under_way.get(&shard).map(|procedure| procedure.to);
            let becomes = under_way.unwrap_or(*hands.directory.hosts(shard));
            let before = self.waiting.remove(&shard);
            // What waited for an earlier change, and is wanted otherwise now, is done with.
            before.iter().for_each(|earlier| self.done(now, earlier.change, false, out));
            if self.lots[lot.index()] && to.serving().is_empty() {
                // There is no site left that it could go to.
                self.open.entry(change).and_modify(|open| open.refused += 1);
            } else if to != becomes {
                self.waiting.insert(shard, Wanted { change, to });
                self.open.entry(change).and_modify(|open| open.left += 1);
                fresh.insert(shard);
            }
        }
        fresh.retain(|shard| !self.keys.contains_key(shard));
        if !fresh.is_empty() {
            fresh.iter().for_each(|shard| drop(self.keys.insert(*shard, Vec::new())));
            for (key, shard) in catalog.shards.keys_of(lot).filter(|(_, shard)| fresh.contains(shard)) {
                self.keys.entry(shard).or_default().push(key);
            }
        }
    }

    /// One shard more is as a change wants it, or stays as it is.
    fn done(&mut self, now: Time, change: ChangeId, refused: bool, out: &mut Out) {
        if let Some(open) = self.open.get_mut(&change) {
            open.left -= 1;
            open.refused += u32::from(refused);
        }
        self.close(now, change, out);
    }

    /// Ends a change of which nothing is left.
    fn close(&mut self, now: Time, change: ChangeId, out: &mut Out) {
        if let Some(Open { began, refused, .. }) = self.open.get(&change).copied().filter(|open| open.left == 0) {
            self.open.remove(&change);
            out.fact(Fact::ChangeEnded { change, took: now.since(began), refused });
        }
    }

    /// Whether a site that joins a shard has all of it already, so that the loss of its hosts is none of the shard.
    pub(super) fn saves(&self, shard: ShardId, sites: &[Site]) -> bool {
        let filled = self.under_way.get(&shard).filter(|procedure| matches!(procedure.step, Step::Publishing { .. }));
        filled.is_some_and(|procedure| procedure.to.serving().iter().any(|site| sites[site.index()].holds_keys()))
    }
}
