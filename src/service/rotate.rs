//! Rotation and replication of key versions. A key whose cryptoperiod ends gets a successor: generated at one host, copied
//! to the others, and published in the metadata store once every host believed healthy has it, for as long as that takes; then
//! it is active, and the oldest kept version is destroyed. Hosts that were down catch up later. A version lost with its last copy
//! is replaced: before it was active it is generated again, after that the key gets a successor at once, until which no host can
//! serve it.

use super::catalog::Catalog;
use super::health::Detector;
use super::io::{Effect, Out, Timer};
use super::placement::Shard;
use super::site::Site;
use crate::kms::{Cell, ClassId, Fact, KeyRef, KeyVersion, SiteId, StoreAnswer, StoreOp};
use crate::rng::Key;
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;

/// Pause before a generation or a copy that failed is tried again.
const AGAIN: Span = Span::from_secs(30);
/// The first pause before a version is published again that the metadata store did not take; it doubles each time.
const PUBLISH_AGAIN: Span = Span::from_secs(1);
/// So often at most: who waits for the store asks about once a minute, and is late by as much when it is back.
const DOUBLINGS: u32 = 6;

/// Where the successor of a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    /// Being generated, or waiting for a host that can.
    Generating,
    /// Exists at `holders`; being copied to `waiting`.
    Copying { born: Time, holders: BTreeSet<SiteId>, waiting: BTreeSet<SiteId> },
    /// At every host believed healthy since `ready`; being written into the metadata store.
    Publishing { born: Time, holders: BTreeSet<SiteId>, waiting: BTreeSet<SiteId>, ready: Time, tries: u32 },
}

/// A rotation under way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rotation {
    version: KeyVersion,
    due: Time,
    progress: Progress,
}

/// What the rotator sees of the rest of the service.
pub(super) type View<'a> = (&'a Detector, &'a [Site], &'a Catalog);

/// When the key of this name first falls due in a stretch of time that begins at `from`. Ages are spread over the
/// cryptoperiod, so that each instant is as likely.
#[must_use]
pub fn first_due(ages: Key, name: u64, every: Span, from: Time) -> Time {
    let share = ages.draws(name, 0).state();
    let first = ((u128::from(share) * u128::from(every.0)) >> 64) as u64;
    // In a stretch that begins later, the first of its ends of cryptoperiods that lies in it.
    let before = from.0.saturating_sub(first).div_ceil(every.0);
    Time(first) + every * before
}

/// The state of all rotations.
#[derive(Clone, Debug)]
pub struct Rotator {
    /// By class: keys in order of when they fall due within the run.
    due: Vec<VecDeque<(Time, u32)>>,
    /// Active version of keys that have rotated in this run; others have their class's first.
    active: BTreeMap<KeyRef, u32>,
    under_way: BTreeMap<KeyRef, Rotation>,
    /// What the ages of keys are drawn from, and when this run began.
    ages: (Key, Time),
    /// When the versions that are kept of keys that have rotated in this run were generated in it, the oldest first.
    born: BTreeMap<KeyRef, VecDeque<Time>>,
    /// Active versions that a host did not get because it was down: site, version, born.
    behind: BTreeMap<(SiteId, KeyRef), (KeyVersion, Time)>,
    /// The latest epoch known of the metadata store's cells of keys; the others were never written.
    epochs: BTreeMap<KeyRef, u64>,
    /// When the next reminder comes.
    armed: Time,
}

impl Rotator {
    /// Rotation of keys that fall due at the given times, by class, each in order of time, and whose ages are drawn from
    /// `ages`.
    #[must_use]
    pub fn new(due: Vec<VecDeque<(Time, u32)>>, ages: Key, now: Time) -> Self {
        Self {
            due,
            active: BTreeMap::new(),
            under_way: BTreeMap::new(),
            ages: (ages, now),
            born: BTreeMap::new(),
            behind: BTreeMap::new(),
            epochs: BTreeMap::new(),
            armed: Time::NEVER,
        }
    }

    /// Rotations under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Starts what is due, and asks to be reminded of the next.
    pub fn start_due(&mut self, now: Time, (detector, sites, catalog): View<'_>, out: &mut Out) {
        if self.armed <= now {
            self.armed = Time::NEVER;
        }
        let mut next = Time::NEVER;
        for class in 0..self.due.len() {
            while let Some(&(at, number)) = self.due[class].front() {
                if at > now {
                    next = next.min(at);
                    break;
                }
                self.due[class].pop_front();
                let key = KeyRef { class: ClassId(class as u16), number };
                let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
                if hosts.iter().any(|site| sites[site.index()].holds_keys()) {
                    self.start(key, at, detector, catalog, out);
                }
            }
        }
        self.arm(now, next, out);
    }

    /// The key is to have a successor.
    fn start(&mut self, key: KeyRef, due: Time, detector: &Detector, catalog: &Catalog, out: &mut Out) {
        let first = catalog.classes[key.class.index()].retired + 1;
        let version = KeyVersion { key, version: self.active.get(&key).copied().unwrap_or(first) + 1 };
        out.fact(Fact::RotationDue(key));
        self.under_way.insert(key, Rotation { version, due, progress: Progress::Generating });
        self.generate(key, detector, catalog, out);
    }

    /// Asks to be reminded at `at`, unless a reminder comes earlier anyway.
    fn arm(&mut self, now: Time, at: Time, out: &mut Out) {
        if at < self.armed {
            self.armed = at;
            out.after(at.since(now), Timer::Rotate);
        }
    }

    /// Asks the first host believed healthy to generate the successor.
    pub fn generate(&mut self, key: KeyRef, detector: &Detector, catalog: &Catalog, out: &mut Out) {
        if !matches!(self.under_way.get(&key), Some(Rotation { progress: Progress::Generating, .. })) {
            return;
        }
        let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
        match hosts.iter().find(|site| detector.up(**site)) {
            Some(site) => out.push(Effect::Generate { site: *site, key }),
            None => out.after(AGAIN, Timer::Generate(key)),
        }
    }

    /// A successor was generated, or could not be.
    pub fn generated(
        &mut self,
        now: Time,
        (site, key, done): (SiteId, KeyRef, bool),
        (sites, catalog): (&mut [Site], &Catalog),
        out: &mut Out,
    ) {
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        if rotation.progress != Progress::Generating {
            return;
        }
        if !done || !sites[site.index()].holds_keys() {
            return out.after(AGAIN, Timer::Generate(key));
        }
        let version = rotation.version;
        out.fact(Fact::Generated { version, site });
        let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
        let waiting: BTreeSet<SiteId> =
            hosts.iter().copied().filter(|s| *s != site && sites[s.index()].holds_keys()).collect();
        for to in &waiting {
            out.push(Effect::Copy { from: site, to: *to, version });
        }
        rotation.progress = Progress::Copying { born: now, holders: BTreeSet::from([site]), waiting };
    }

    /// A copy arrived, or did not.
    pub fn copied(
        &mut self,
        now: Time,
        (site, version, done): (SiteId, KeyVersion, bool),
        sites: &mut [Site],
        out: &mut Out,
    ) {
        let done = done && sites[site.index()].holds_keys();
        if let Some(&(_, born)) = self.behind.get(&(site, version.key)).filter(|(behind, _)| *behind == version) {
            if !done {
                return out.after(AGAIN, Timer::Copy { site, version });
            }
            self.behind.remove(&(site, version.key));
            sites[site.index()].set_lacking(version.key, false);
            return out.fact(Fact::Copied { version, site, lag: now.since(born) });
        }
        let Some(rotation) = self.under_way.get_mut(&version.key).filter(|r| r.version == version) else { return };
        let (Progress::Copying { born, holders, waiting } | Progress::Publishing { born, holders, waiting, .. }) =
            &mut rotation.progress
        else {
            return;
        };
        if !done {
            return out.after(AGAIN, Timer::Copy { site, version });
        }
        if waiting.remove(&site) {
            holders.insert(site);
            out.fact(Fact::Copied { version, site, lag: now.since(*born) });
        }
    }

    /// Sends a version again to a host that did not get it.
    pub fn copy_again(&mut self, site: SiteId, version: KeyVersion, catalog: &Catalog, sites: &[Site], out: &mut Out) {
        let hosts = catalog.shards.shard(catalog.shards.of(version.key)).hosts();
        let wanted = self.behind.get(&(site, version.key)).is_some_and(|(v, _)| *v == version)
            || self.under_way.get(&version.key).is_some_and(|rotation| {
                rotation.version == version
                    && matches!(&rotation.progress, Progress::Copying { waiting, .. } | Progress::Publishing { waiting, .. }
                        if waiting.contains(&site))
            });
        let holder =
            hosts.iter().copied().find(|s| *s != site && self.has(*s, version) && sites[s.index()].holds_keys());
        if let (true, Some(from)) = (wanted && sites[site.index()].holds_keys(), holder) {
            out.push(Effect::Copy { from, to: site, version });
        }
    }

    fn has(&self, site: SiteId, version: KeyVersion) -> bool {
        match self.under_way.get(&version.key) {
            Some(Rotation {
                version: v,
                progress: Progress::Copying { holders, .. } | Progress::Publishing { holders, .. },
                ..
            }) if *v == version => holders.contains(&site),
            _ => !self.behind.contains_key(&(site, version.key)),
        }
    }

    /// Publishes the successor of `key` once every host believed healthy has it.
    pub fn activate(
        &mut self,
        now: Time,
        key: KeyRef,
        (detector, _, _): (&Detector, &mut [Site], &Catalog),
        out: &mut Out,
    ) {
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        let Progress::Copying { born, holders, waiting } = &mut rotation.progress else { return };
        if waiting.iter().any(|site| detector.up(*site)) {
            return;
        }
        let (born, holders, waiting) = (*born, mem::take(holders), mem::take(waiting));
        rotation.progress = Progress::Publishing { born, holders, waiting, ready: now, tries: 0 };
        self.publish(key, detector, out);
    }

    /// Asks the metadata store, from a host that has it, to make the successor of `key` the active version.
    pub fn publish(&mut self, key: KeyRef, detector: &Detector, out: &mut Out) {
        let Some(Rotation { version, progress: Progress::Publishing { holders, tries, .. }, .. }) =
            self.under_way.get_mut(&key)
        else {
            return;
        };
        let Some(from) = holders.iter().find(|site| detector.up(**site)).or(holders.first()) else { return };
        *tries += 1;
        let (expect, value) = (self.epochs.get(&key).copied().unwrap_or(0), version.version.into());
        out.push(Effect::Store { from: *from, op: StoreOp::Cas { cell: Cell::Key(key), expect, value } });
    }

    /// The metadata store answered, or did not. A conflict with the very version that was to be written says that an earlier
    /// try succeeded, of which the answer was lost.
    pub fn published(
        &mut self,
        now: Time,
        (op, answer): (StoreOp, StoreAnswer),
        (detector, sites, catalog): (&Detector, &mut [Site], &Catalog),
        out: &mut Out,
    ) {
        let StoreOp::Cas { cell: Cell::Key(key), value, .. } = op else { return };
        let Some(Rotation { version, progress: Progress::Publishing { ready, tries, .. }, .. }) =
            self.under_way.get(&key)
        else {
            return;
        };
        let (version, ready, tries) = (*version, *ready, *tries);
        if value != u64::from(version.version) {
            return;
        }
        match answer {
            StoreAnswer::Written { epoch } => {
                self.epochs.insert(key, epoch);
            }
            StoreAnswer::Conflict { epoch, value: there } => {
                self.epochs.insert(key, epoch);
                if there != value {
                    return self.publish(key, detector, out);
                }
            }
            StoreAnswer::Unavailable | StoreAnswer::Value { .. } => {
                if tries == 1 {
                    out.fact(Fact::PublishDelayed(version));
                }
                return out.after(PUBLISH_AGAIN * (1 << (tries - 1).min(DOUBLINGS)), Timer::Announce(key));
            }
        }
        out.fact(Fact::Published { version, tries, took: now.since(ready) });
        self.take_over(now, key, (sites, catalog), out);
    }

    /// The successor of `key` is the active version now.
    fn take_over(&mut self, now: Time, key: KeyRef, (sites, catalog): (&mut [Site], &Catalog), out: &mut Out) {
        let Some(Rotation { version, due, progress: Progress::Publishing { born, holders, waiting, .. } }) =
            self.under_way.get(&key)
        else {
            return;
        };
        let (version, due, born) = (*version, *due, *born);
        // A holder that missed the version before need not catch up with it any more.
        for site in holders.iter().copied() {
            self.behind.remove(&(site, key));
            sites[site.index()].set_lacking(key, false);
        }
        for site in waiting.iter().copied() {
            sites[site.index()].set_lacking(key, true);
            self.behind.insert((site, key), (version, born));
        }
        self.under_way.remove(&key);
        self.active.insert(key, version.version);
        out.fact(Fact::Activated { version, took: now.since(due) });
        let class = &catalog.classes[key.class.index()];
        let kept = self.born.entry(key).or_default();
        kept.push_back(born);
        if kept.len() > class.retired as usize + 1 {
            kept.pop_front();
        }
        if version.version > class.retired + 1 {
            out.fact(Fact::Destroyed(KeyVersion { key, version: version.version - class.retired - 1 }));
        }
        if let Some(every) = class.rotate_every {
            let queue = &mut self.due[key.class.index()];
            let next = (now + every, key.number);
            let place = queue.partition_point(|entry| *entry <= next);
            queue.insert(place, next);
            self.arm(now, next.0, out);
        }
    }

    /// A host is believed healthy again: it catches up. A host is believed down: nobody waits for it any more.
    pub fn site_changed(
        &mut self,
        now: Time,
        site: SiteId,
        (detector, sites, catalog): (&Detector, &mut [Site], &Catalog),
        out: &mut Out,
    ) {
        if detector.up(site) {
            let late: Vec<KeyVersion> = self
                .behind
                .range((site, KeyRef::default())..)
                .take_while(|((s, _), _)| *s == site)
                .map(|(_, (v, _))| *v)
                .collect();
            for version in late {
                self.copy_again(site, version, catalog, sites, out);
            }
        } else {
            let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
            for key in keys {
                self.activate(now, key, (detector, sites, catalog), out);
            }
        }
    }

    /// Since the oldest kept version of any key in these shards was generated; [`Span::MAX`] where one does not rotate.
    #[must_use]
    pub fn oldest(&self, now: Time, wanted: impl Fn(&Shard) -> bool, catalog: &Catalog) -> Span {
        let shards = catalog.shards.shards();
        let wanted: Vec<bool> = shards.iter().map(|shard| shard.keys > 0 && wanted(shard)).collect();
        let mut oldest = Span::ZERO;
        for class in (0..catalog.classes.len()).map(|class| ClassId(class as u16)) {
            if !shards.iter().zip(&wanted).any(|(shard, wanted)| *wanted && shard.class == class) {
                continue;
            }
            let keys = (0..catalog.shards.keys(class)).map(|number| KeyRef { class, number });
            for key in keys.filter(|key| wanted[catalog.shards.of(*key).index()]) {
                oldest = oldest.max(self.age(now, key, catalog));
            }
        }
        oldest
    }

    /// Since the oldest kept version of a key was generated: each but those of this run was a cryptoperiod before the next.
    fn age(&self, now: Time, key: KeyRef, catalog: &Catalog) -> Span {
        let class = &catalog.classes[key.class.index()];
        let Some(every) = class.rotate_every else { return Span::MAX };
        let kept = u64::from(class.retired) + 1;
        let own = self.born.get(&key);
        let earlier = kept - own.map_or(0, |own| own.len() as u64).min(kept);
        match own.and_then(VecDeque::front) {
            Some(born) if earlier == 0 => now.since(*born),
            _ => {
                let (ages, began) = self.ages;
                (now + every * earlier).since(first_due(ages, catalog.shards.name(key), every, began))
            }
        }
    }

    /// A site and all it held is gone: versions that only it had are lost and replaced, unless the key has no host left.
    pub fn destroyed(&mut self, now: Time, site: SiteId, (detector, sites, catalog): View<'_>, out: &mut Out) {
        let hosts = |key: KeyRef| catalog.shards.shard(catalog.shards.of(key)).hosts();
        let living = |s: &SiteId| sites[s.index()].holds_keys();
        let mut again = Vec::new();
        for (key, rotation) in &mut self.under_way {
            let (Progress::Copying { born, holders, waiting } | Progress::Publishing { born, holders, waiting, .. }) =
                &mut rotation.progress
            else {
                continue;
            };
            waiting.remove(&site);
            if holders.remove(&site) && holders.is_empty() {
                out.fact(Fact::VersionLost { version: rotation.version, age: now.since(*born) });
                rotation.progress = Progress::Generating;
                again.push(*key);
            }
        }
        self.under_way.retain(|key, _| hosts(*key).iter().any(living));
        self.behind.retain(|(at, _), _| *at != site);
        // Active versions of which every living host still waits for its copy have none left.
        let mut orphans: BTreeMap<KeyRef, (KeyVersion, Time)> = BTreeMap::new();
        for ((_, key), lost) in &self.behind {
            let waits = |s: &SiteId| self.behind.contains_key(&(*s, *key));
            if hosts(*key).iter().filter(|s| living(s)).all(waits) {
                orphans.insert(*key, *lost);
            }
        }
        for (key, (version, born)) in orphans {
            out.fact(Fact::VersionLost { version, age: now.since(born) });
            self.behind.retain(|(_, behind), _| *behind != key);
            if !self.under_way.contains_key(&key) {
                self.start(key, now, detector, catalog, out);
            }
        }
        for key in again {
            self.generate(key, detector, catalog, out);
        }
    }
}
