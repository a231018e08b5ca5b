//! Keys that leak, and versions and keys that are lost with a site.

use super::{Copies, Progress, Rotation, Rotator, Told, View, has_host};
use crate::kms::{Cause, Change, ClassId, Fact, KeyRef, KeyState, KeyVersion, RegionId, ShardId, SiteId};
use crate::service::catalog::Catalog;
use crate::service::io::Out;
use crate::service::keys::Versions;
use crate::service::placement::jump;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// The key that copies of this one are wrapped under: of those at home where it is, the one that hashing gives it.
fn wrapping(key: KeyRef, catalog: &Catalog) -> Option<KeyRef> {
    let class = catalog.classes[key.class.index()].wrapped_by?;
    let home = catalog.shards.shard(catalog.shards.of(key)).home;
    let keys = catalog.classes[class.index()].keys_of(home);
    Some(KeyRef { class, number: keys.start + jump(catalog.shards.name(key), keys.len() as u32) })
}

/// The home regions of a class, or one of them.
fn homes(class: ClassId, region: Option<RegionId>, catalog: &Catalog) -> impl Iterator<Item = RegionId> + use<> {
    let regions = catalog.classes[class.index()].first.len() - 1;
    (0..regions).map(|i| RegionId(i as u16)).filter(move |home| region.is_none_or(|region| region == *home))
}

impl Rotation {
    /// What was made of the successor is lost. Another one takes the next number: copies of this one, and writes of it into the
    /// metadata store, may still be on their way, and must not be taken for its own.
    pub(super) fn give_up(&mut self, now: Time, versions: &mut Versions, out: &mut Out) {
        let Some(Copies { born, .. }) = self.copies() else { return };
        out.fact(Fact::VersionLost { version: self.version, age: now.since(*born), used: false });
        versions.lose(self.version);
        self.version.version += 1;
    }
}

impl Rotator {
    /// Keys of a class are suspended, or active again, in one region or in all.
    pub fn suspend(
        &mut self,
        (class, region, begins): (ClassId, Option<RegionId>, bool),
        view: View<'_>,
        out: &mut Out,
    ) {
        for home in homes(class, region, view.catalog) {
            let struck = view.catalog.classes[class.index()].keys_of(home).map(|number| KeyRef { class, number });
            let change = if begins { Change::Suspend } else { Change::Resume };
            let changed = struck.filter(|key| self.versions.suspend(*key, change, (&self.calendar, view.catalog)));
            let keys = changed.count() as u32;
            match begins {
                _ if keys == 0 => {}
                true => out.fact(Fact::Suspended { class, region: home, keys }),
                false => out.fact(Fact::Resumed { class, region: home, keys }),
            }
        }
    }

    /// Keys of a class leaked, in one region or in all, this share of them; and with them every key that they had wrapped.
    pub fn compromised(
        &mut self,
        now: Time,
        (class, region, share): (ClassId, Option<RegionId>, f64),
        view: View<'_>,
        out: &mut Out,
    ) {
        for home in homes(class, region, view.catalog) {
            let struck = view.catalog.classes[class.index()].keys_of(home).map(|number| KeyRef { class, number });
            let struck: Vec<KeyRef> = struck.filter(|key| self.calendar.lot(*key, view.catalog) < share).collect();
            self.leak(now, (class, home, Cause::Compromise), struck, view, out);
        }
    }

    fn leak(
        &mut self,
        now: Time,
        (class, home, cause): (ClassId, RegionId, Cause),
        leaked: Vec<KeyRef>,
        view: View<'_>,
        out: &mut Out,
    ) {
        let mut keys = 0;
        for key in leaked {
            // A key without a host is lost: nothing is left that could leak.
            if has_host(key, view) && self.versions.compromise(key, (&self.calendar, view.catalog)) {
                keys += 1;
                self.start(key, (now, cause), view, out);
            }
        }
        if keys == 0 {
            return;
        }
        out.fact(Fact::Compromised { class, region: home, keys });
        for (index, entry) in
            view.catalog.classes.iter().enumerate().filter(|(_, entry)| entry.wrapped_by == Some(class))
        {
            let carried = ClassId(index as u16);
            let is_out = |key: KeyRef| {
                let version = self.versions.active(key, view.catalog);
                self.versions.state(KeyVersion { key, version }, view.catalog) == KeyState::Compromised
            };
            let keys = entry.keys_of(home).map(|number| KeyRef { class: carried, number });
            let keys: Vec<KeyRef> = keys.filter(|key| wrapping(*key, view.catalog).is_some_and(is_out)).collect();
            self.leak(now, (carried, home, Cause::Wrapping), keys, view, out);
        }
    }

    /// The key is to have a successor that no leaked key carried: one that was on its way is given up, and another is made once
    /// the wrapping key has its own successor. Whether it has to wait for that.
    pub(super) fn hold(&mut self, now: Time, key: KeyRef, view: View<'_>, out: &mut Out) -> bool {
        let catalog = view.catalog;
        let Some(by) = wrapping(key, catalog).filter(|by| self.under_way.contains_key(by)) else { return false };
        let Some(rotation) = self.under_way.get_mut(&key) else { return false };
        rotation.give_up(now, &mut self.versions, out);
        rotation.progress = Progress::Held;
        self.held.entry(by).or_default().push(key);
        self.fewer(key, view, out);
        true
    }

    /// Keys were opened elsewhere under a grant that is over: they get successors as soon as hosts are there, after what leaked.
    pub fn opened_elsewhere(
        &mut self,
        now: Time,
        keys: impl IntoIterator<Item = KeyRef>,
        view: View<'_>,
        out: &mut Out,
    ) {
        for key in keys {
            self.start(key, (now, Cause::Emergency), view, out);
        }
    }

    /// The keys of a class in these shards are nowhere any more. Returns since when the oldest kept version of any of them was
    /// generated; [`Span::MAX`] where nothing says it.
    pub fn keys_lost(
        &mut self,
        now: Time,
        class: ClassId,
        wanted: impl Fn(ShardId) -> bool,
        catalog: &Catalog,
    ) -> Span {
        let shards = catalog.shards.shards().iter().enumerate();
        let wanted: Vec<bool> = shards.map(|(i, shard)| shard.class == class && wanted(ShardId(i as u32))).collect();
        let keys = (0..catalog.shards.keys(class)).map(|number| KeyRef { class, number });
        let mut oldest = Span::ZERO;
        for key in keys.filter(|key| wanted[catalog.shards.of(*key).index()]) {
            oldest = oldest.max(self.versions.oldest(now, key, (&self.calendar, catalog)));
            self.versions.lose_key(key, (&self.calendar, catalog));
            self.slots.forget(key);
        }
        oldest
    }

    /// A successor of which no site is left that has it is lost, and has to be generated anew. Whether it is.
    pub(super) fn lost_all(&mut self, now: Time, key: KeyRef, out: &mut Out) -> bool {
        let Some(rotation) = self.under_way.get_mut(&key) else { return false };
        if rotation.copies().is_none_or(|copies| !copies.holders.is_empty()) {
            return false;
        }
        rotation.give_up(now, &mut self.versions, out);
        rotation.progress = Progress::Paused;
        true
    }

    /// A site and all it held is gone: versions that only it had are lost and replaced, unless the key has no host left.
    pub fn destroyed(&mut self, now: Time, site: SiteId, view: View<'_>, out: &mut Out) {
        let mut again = Vec::new();
        let rotating: Vec<KeyRef> = self.under_way.keys().copied().collect();
        for key in rotating {
            let Some(copies) = self.under_way.get_mut(&key).and_then(Rotation::copies_mut) else { continue };
            copies.waiting.remove(&site);
            if copies.holders.remove(&site) && self.lost_all(now, key, out) {
                again.push(key);
            }
        }
        // Who waited for a slot there waits elsewhere, or no more.
        again.extend(self.slots.clear(site));
        self.behind.retain(|(at, _), _| *at != site);
        self.losses.forget(|at, _| at == site);
        self.arrears.forget(site);
        self.moves.forget(site);
        self.bury_active(now, view, out);
        self.bury_retired(now, view, out);
        let hopeless: Vec<KeyRef> = self.under_way.keys().copied().filter(|key| !has_host(*key, view)).collect();
        for key in hopeless {
            self.withdraw(key);
            let Some(rotation) = self.under_way.remove(&key) else { continue };
            again.extend(self.held.remove(&key).into_iter().flatten());
            self.spent.insert(key, rotation.version.version - u32::from(rotation.copies().is_none()));
            if rotation.cause != Cause::New {
                out.fact(Fact::GivenUp(key));
            }
        }
        self.again(again, view, out);
        self.send_all(now, site, view, out);
        // Who waited for the lost site's copy waits no more.
        let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
        for key in keys {
            self.activate(now, key, view, out);
        }
    }

    /// Active versions of which every living host still waits for its copy have none left: they are lost, and their keys get
    /// successors. Which keys, and how old each version was.
    pub(super) fn bury_active(&mut self, now: Time, view: View<'_>, out: &mut Out) -> Vec<(KeyRef, Span)> {
        let mut orphans: BTreeMap<KeyRef, (KeyVersion, Time)> = BTreeMap::new();
        for ((_, key), lost) in &self.behind {
            let joins = |s: SiteId| self.fillings.awaits(view.catalog.shards.of(*key), (s, lost.0));
            let waits = |s: &SiteId| self.behind.contains_key(&(*s, *key)) || joins(*s);
            if view.holders(*key).filter(|s| view.lives(*s)).all(|s| waits(&s)) {
                orphans.insert(*key, *lost);
            }
        }
        let mut buried = Vec::new();
        for (key, (version, since)) in orphans {
            let age = self.versions.age(now, version, (&self.calendar, view.catalog)).unwrap_or(now.since(since));
            out.fact(Fact::VersionLost { version, age, used: true });
            buried.push((key, age));
            self.versions.drop_version(version, (&self.calendar, view.catalog));
            self.losses.ended(version);
            self.fewer(key, view, out);
            let joining = self.fillings.forget(view.catalog.shards.of(key), version);
            self.told.extend(joining.into_iter().map(|site| (site, Told::Lacks(key, true))));
            self.behind.retain(|(_, behind), _| *behind != key);
            self.start(key, (now, Cause::Loss), view, out);
        }
        buried
    }
}
