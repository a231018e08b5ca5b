//! Sites that are erased, and restored from their last backup: what was not in it is missing there until others send it, or is lost
//! where nobody else has it. What is in a backup is what its site held when it began, so that moment is remembered of each. Knows
//! nothing of when backups are made, nor of how long a restore takes: until then the site is as dark as after a crash.

use super::{Rotation, Rotator, Told, View};
use crate::kms::{ClassId, Fact, KeyRef, KeyState, KeyVersion, RecoveryFact, ShardId, SiteId};
use crate::service::io::Out;
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What a site held when a backup of it began: all that it serves or has in escrow, but for this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Snapshot {
    /// When, nanoseconds since time zero.
    at: i64,
    /// The routing epoch, from which follows what it held.
    epoch: u32,
    /// Versions whose copies it had not got.
    lacked: BTreeSet<KeyVersion>,
}

/// What erased sites miss.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// By site: the last complete backup, and the one that runs.
    snapshots: BTreeMap<SiteId, Vec<Snapshot>>,
    /// Retired versions that a site had and misses, since when.
    pub(super) gaps: BTreeMap<(SiteId, KeyVersion), Time>,
    /// Active versions that a site had and misses: their copies are nothing new.
    pub(super) refills: BTreeSet<(SiteId, KeyVersion)>,
}

impl Losses {
    /// Whether a site has a retired version that it is to have.
    pub(super) fn has(&self, site: SiteId, version: KeyVersion) -> bool {
        self.gaps.is_empty() || !self.gaps.contains_key(&(site, version))
    }

    /// A site holds a key no more, or anew.
    pub(super) fn forget(&mut self, wanted: impl Fn(SiteId, KeyRef) -> bool) {
        self.gaps.retain(|(site, version), _| !wanted(*site, version.key));
        self.refills.retain(|(site, version)| !wanted(*site, version.key));
    }

    /// A version is no more.
    pub(super) fn ended(&mut self, version: KeyVersion) {
        self.gaps.retain(|(_, gap), _| *gap != version);
        self.refills.retain(|(_, refill)| *refill != version);
    }

    /// A copy is there. Whether it was one that the site had lost.
    pub(super) fn back(&mut self, site: SiteId, version: KeyVersion) -> bool {
        self.gaps.remove(&(site, version)).is_some() || self.refills.remove(&(site, version))
    }

    /// A version that a site misses is retired: it misses it still.
    pub(super) fn retire(&mut self, site: SiteId, (version, since): (KeyVersion, Time)) {
        if self.refills.remove(&(site, version)) {
            self.gaps.insert((site, version), since);
        }
    }
}

/// What an erased site had of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Nothing.
    None,
    /// It serves it, or has it in escrow.
    Held,
    /// The same, or it is to, but it did not when its backup began.
    Unsaved,
}

impl Rotator {
    /// A backup of a site begins; `last` is when the last complete one did, nanoseconds since time zero.
    pub fn saving(&mut self, now: Time, (site, last): (SiteId, Option<i64>), view: View<'_>) {
        let behind = self.behind.iter().filter(|((at, _), _)| *at == site).map(|(_, (version, _))| *version);
        let awaits = |rotation: &&Rotation| rotation.copies().is_some_and(|copies| copies.waiting.contains(&site));
        let coming = self.under_way.values().filter(awaits).map(|rotation| rotation.version);
        let gaps = self.losses.gaps.keys().filter(|(at, _)| *at == site).map(|(_, version)| *version);
        let lacked = behind.chain(coming).chain(gaps).collect();
        let at = i64::try_from(now.0).unwrap_or(i64::MAX);
        let known = self.losses.snapshots.entry(site).or_default();
        known.retain(|snapshot| Some(snapshot.at) == last);
        known.push(Snapshot { at, epoch: view.directory.epoch(), lacked });
    }

    /// The HSMs of a site are empty, and will be given back what its last backup has, which began at `as_of`; nothing without any.
    pub fn erased(&mut self, now: Time, (site, as_of): (SiteId, Option<i64>), view: View<'_>, out: &mut Out) {
        let known = self.losses.snapshots.get(&site).and_then(|all| all.iter().find(|s| Some(s.at) == as_of));
        // Before the run each site had all that it was to have.
        let saved = known.cloned().unwrap_or_default();
        let (catalog, directory) = (view.catalog, view.directory);
        let part = |shard: ShardId| {
            let had = as_of.is_some() && directory.held_at(shard, saved.epoch, site);
            match directory.holders(shard).any(|holder| holder == site) {
                false => Part::None,
                true if had => Part::Held,
                true => Part::Unsaved,
            }
        };
        let parts: Vec<Part> = (0..catalog.shards.shards().len()).map(|i| part(ShardId(i as u32))).collect();
        let is_saved = |version: KeyVersion, born: Option<i128>| match (as_of, born) {
            (None, _) => false,
            (Some(as_of), Some(born)) if born > i128::from(as_of) => false,
            _ => !saved.lacked.contains(&version),
        };
        let mut missing: Vec<(KeyVersion, bool)> = Vec::new();
        for class in (0..catalog.classes.len()).map(|class| ClassId(class as u16)) {
            for key in (0..catalog.shards.keys(class)).map(|number| KeyRef { class, number }) {
                let shard = catalog.shards.of(key);
                let part = parts[shard.index()];
                // What it is still to be sent, it never had.
                let stays = |version: KeyVersion, born: Option<i128>| {
                    part == Part::Held && is_saved(version, born) || self.fillings.awaits(shard, (site, version))
                };
                if part != Part::None {
                    self.missing(now, key, stays, view, &mut missing);
                }
            }
        }
        let is_safe = |shard: ShardId, version: KeyVersion, born: i128| {
            parts[shard.index()] == Part::Held && is_saved(version, Some(born))
        };
        let again = self.lose_successors(now, site, is_safe, view, out);
        for (version, active) in &missing {
            if *active {
                // What it had not got yet stays what it waits for.
                if self.behind.get(&(site, version.key)).is_none_or(|(behind, _)| behind != version) {
                    self.behind.insert((site, version.key), (*version, now));
                    self.losses.refills.insert((site, *version));
                }
                self.told.push((site, Told::Lacks(version.key, true)));
            } else {
                self.losses.gaps.entry((site, *version)).or_insert(now);
            }
        }
        let missing: Vec<KeyVersion> = missing.into_iter().map(|(version, _)| version).collect();
        self.bury(now, site, view, out);
        for version in missing {
            self.owe(now, (site, version), view, out);
        }
        self.again(again, view, out);
        // Who waited for the site's copy waits for it as for one that is down.
        let keys: Vec<KeyRef> = self.under_way.keys().copied().filter(|_| !self.asleep).collect();
        for key in keys {
            self.activate(now, key, view, out);
        }
    }

    /// The versions of a key that are not saved, and whether each is the active one.
    fn missing(
        &self,
        now: Time,
        key: KeyRef,
        is_saved: impl Fn(KeyVersion, Option<i128>) -> bool,
        view: View<'_>,
        missing: &mut Vec<(KeyVersion, bool)>,
    ) {
        let active = self.versions.active(key, view.catalog);
        // Most keys have not changed since the run began, and of these the active version is the youngest.
        let unchanged = self.versions.number_of(key).is_none();
        if unchanged {
            let age = self.calendar.age(now, key, view.catalog);
            let born = (age != Span::MAX).then_some(i128::from(now.0) - i128::from(age.0));
            if is_saved(KeyVersion { key, version: active }, born) {
                return;
            }
        }
        for version in self.versions.of(key, (&self.calendar, view.catalog)) {
            let this = KeyVersion { key, version: version.number };
            if version.state != KeyState::PreActive && !is_saved(this, version.born) {
                missing.push((this, version.number == active));
            }
        }
    }

    /// Successors that are being copied, and that a site has not got any more. Keys that need another one.
    fn lose_successors(
        &mut self,
        now: Time,
        site: SiteId,
        is_saved: impl Fn(ShardId, KeyVersion, i128) -> bool,
        view: View<'_>,
        out: &mut Out,
    ) -> Vec<KeyRef> {
        let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
        let mut again = Vec::new();
        for key in keys {
            let Some(rotation) = self.under_way.get_mut(&key) else { continue };
            let version = rotation.version;
            let Some(copies) = rotation.copies_mut() else { continue };
            if is_saved(view.catalog.shards.of(key), version, copies.born.0.into()) || !copies.holders.remove(&site) {
                continue;
            }
            copies.waiting.insert(site);
            if self.lost_all(now, key, out) {
                again.push(key);
            } else {
                self.owe(now, (site, version), view, out);
            }
        }
        again
    }

    /// What nobody has any more is lost with a site; a key that has no version left is lost as a whole, and begins anew.
    fn bury(&mut self, now: Time, site: SiteId, view: View<'_>, out: &mut Out) {
        let mut buried = self.bury_retired(now, view, out);
        buried.extend(self.bury_active(now, view, out));
        let mut keys: BTreeMap<ClassId, (BTreeSet<KeyRef>, Span)> = BTreeMap::new();
        for (key, age) in buried {
            if self.versions.is_lost(key, (&self.calendar, view.catalog)) {
                let (lost, oldest) = keys.entry(key.class).or_default();
                lost.insert(key);
                *oldest = age.max(*oldest);
            }
        }
        for (class, (lost, age)) in keys {
            out.fact(Fact::KeysLost { site, class, keys: lost.len() as u32, age });
        }
    }

    /// Retired versions that no site has any more, with their ages.
    pub(super) fn bury_retired(&mut self, now: Time, view: View<'_>, out: &mut Out) -> Vec<(KeyRef, Span)> {
        let versions: BTreeSet<KeyVersion> = self.losses.gaps.keys().map(|(_, version)| *version).collect();
        let mut buried = Vec::new();
        for version in versions {
            let shard = view.catalog.shards.of(version.key);
            let misses = |site: SiteId| !self.losses.has(site, version) || self.fillings.awaits(shard, (site, version));
            if view.holders(version.key).filter(|site| view.lives(*site)).all(misses) {
                self.losses.ended(version);
                let Some(age) = self.versions.age(now, version, (&self.calendar, view.catalog)) else { continue };
                out.fact(Fact::VersionLost { version, age, used: true });
                self.versions.drop_version(version, (&self.calendar, view.catalog));
                self.fillings.forget(shard, version);
                self.fewer(version.key, view, out);
                buried.push((version.key, age));
            }
        }
        buried
    }

    /// Tells of a copy that is there.
    pub(super) fn tell_copied(&mut self, now: Time, (site, version): (SiteId, KeyVersion), born: Time, out: &mut Out) {
        if self.losses.back(site, version) {
            out.fact(Fact::Recovery(RecoveryFact::Refilled { site, version }));
        } else {
            out.fact(Fact::Copied { version, site, lag: now.since(born) });
        }
    }
}
