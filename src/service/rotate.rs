//! Rotation and replication of key versions. A key that is due, for its age, its uses, a leak or a loss, gets a successor:
//! generated at one host when its turn comes, copied to the others, active as soon as the class's durability allows; the
//! version before is kept as long as the class says, then destroyed. Hosts that were down catch up later.

use super::catalog::Catalog;
use super::health::Detector;
use super::io::{Effect, Out, Timer};
use super::keys::{Calendar, Versions};
use super::lanes::{Lanes, Turn};
use super::placement::{Shard, jump};
use super::policy::Durability;
use super::site::Site;
use crate::kms::{Cause, ClassId, Fact, KeyRef, KeyState, KeyVersion, RegionId, SiteId};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Pause before a generation or a copy that failed is tried again.
const AGAIN: Span = Span::from_secs(30);

/// Where the successor of a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    /// Waits for a host that can generate, or for another try.
    Paused,
    /// Waits for its turn at a host.
    Queued { site: SiteId },
    /// Being generated at a host.
    Generating { site: SiteId },
    /// Exists at `holders`; being copied to `waiting`.
    Copying { born: Time, holders: BTreeSet<SiteId>, waiting: BTreeSet<SiteId> },
}

/// A rotation under way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rotation {
    version: KeyVersion,
    cause: Cause,
    due: Time,
    progress: Progress,
}

impl Rotation {
    const fn turn(&self) -> Turn {
        (self.cause, self.due, self.version.key)
    }
}

/// What the rotator sees of the rest of the service.
pub(super) type View<'a> = (&'a Detector, &'a [Site], &'a Catalog);

/// The state of all rotations.
#[derive(Clone, Debug)]
pub struct Rotator {
    calendar: Calendar,
    versions: Versions,
    under_way: BTreeMap<KeyRef, Rotation>,
    /// Active versions that a host did not get in time: site, version, born.
    behind: BTreeMap<(SiteId, KeyRef), (KeyVersion, Time)>,
    lanes: Lanes,
    /// When the next reminder comes.
    armed: Time,
}

impl Rotator {
    /// Rotation of keys as the calendar says.
    #[must_use]
    pub fn new(catalog: &Catalog, calendar: Calendar) -> Self {
        Self {
            versions: Versions::new(catalog, &calendar),
            calendar,
            under_way: BTreeMap::new(),
            behind: BTreeMap::new(),
            lanes: Lanes::new(catalog.sites.len(), catalog.generating),
            armed: Time::NEVER,
        }
    }

    /// Rotations under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// The versions of all keys.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Records what there is when the run ends.
    pub fn close(&self, now: Time, catalog: &Catalog, out: &mut Out) {
        self.versions.close(now, (&self.calendar, catalog), out);
    }

    /// Destroys what has been kept long enough, starts what is due, and asks to be reminded of the next.
    pub fn start_due(&mut self, now: Time, (detector, sites, catalog): View<'_>, out: &mut Out) {
        if self.armed <= now {
            self.armed = Time::NEVER;
        }
        while let Some(version) = self.calendar.next_doomed(now) {
            if self.versions.destroy(version) {
                out.fact(Fact::Destroyed(version));
            }
        }
        while let Some((at, key)) = self.calendar.next_due(now) {
            self.start(key, (at, Cause::Age), (detector, sites, catalog), out);
        }
        self.arm(now, out);
    }

    /// Asks to be reminded of what falls due next, unless a reminder comes earlier anyway.
    fn arm(&mut self, now: Time, out: &mut Out) {
        let at = self.calendar.next();
        if at < self.armed {
            self.armed = at;
            out.after(at.since(now), Timer::Rotate);
        }
    }

    /// An operation is handed to an HSM: its key may have been used almost often enough.
    #[inline]
    pub fn used(&mut self, now: Time, key: KeyRef, view: View<'_>, out: &mut Out) {
        if let Some(uses) = self.versions.used(key) {
            let limit = view.2.classes[key.class.index()].rotate.and_then(|rotate| rotate.uses).unwrap_or(u64::MAX);
            // The last tenth lasts until the successor is active (assumed).
            if uses >= limit - limit / 10 && !self.under_way.contains_key(&key) {
                self.start(key, (now, Cause::Uses), view, out);
            }
        }
    }

    /// The key is to have a successor, unless it has no host left. One under way may become more urgent.
    fn start(&mut self, key: KeyRef, (due, cause): (Time, Cause), (detector, sites, catalog): View<'_>, out: &mut Out) {
        if !self.has_host(key, (detector, sites, catalog)) {
            return;
        }
        if let Some(rotation) = self.under_way.get_mut(&key) {
            if cause >= rotation.cause {
                return;
            }
            let turn = rotation.turn();
            rotation.cause = cause;
            if let Progress::Queued { site } = rotation.progress {
                self.lanes.withdraw(site, turn);
                rotation.progress = Progress::Paused;
            }
        } else {
            let version = KeyVersion { key, version: self.versions.active(key, catalog) + 1 };
            self.under_way.insert(key, Rotation { version, cause, due, progress: Progress::Paused });
        }
        out.fact(Fact::RotationDue { key, cause });
        self.generate(key, detector, catalog, out);
    }

    fn has_host(&self, key: KeyRef, (_, sites, catalog): View<'_>) -> bool {
        catalog.shards.shard(catalog.shards.of(key)).hosts().iter().any(|site| sites[site.index()].holds_keys())
    }

    /// Asks the first host believed healthy to generate the successor, or waits for its turn there.
    pub fn generate(&mut self, key: KeyRef, detector: &Detector, catalog: &Catalog, out: &mut Out) {
        let Some(rotation) = self.under_way.get_mut(&key).filter(|r| r.progress == Progress::Paused) else { return };
        let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
        let Some(site) = hosts.iter().copied().find(|site| detector.up(*site)) else {
            return out.after(AGAIN, Timer::Generate(key));
        };
        if self.lanes.enter(site, rotation.turn()) {
            rotation.progress = Progress::Generating { site };
            out.push(Effect::Generate { site, key });
        } else {
            rotation.progress = Progress::Queued { site };
        }
    }

    /// Keys that were queued somewhere look for a host anew.
    fn again(
        &mut self,
        keys: impl IntoIterator<Item = KeyRef>,
        (detector, catalog): (&Detector, &Catalog),
        out: &mut Out,
    ) {
        for key in keys {
            if let Some(rotation) = self.under_way.get_mut(&key) {
                rotation.progress = Progress::Paused;
            }
            self.generate(key, detector, catalog, out);
        }
    }

    /// A successor was generated, or could not be; each [`Effect::Generate`] is answered once.
    pub fn generated(
        &mut self,
        now: Time,
        (site, key, done): (SiteId, KeyRef, Option<Span>),
        (detector, sites, catalog): View<'_>,
        out: &mut Out,
    ) {
        self.lanes.leave(site);
        let hosts = catalog.shards.shard(catalog.shards.of(key)).hosts();
        let awaited = |rotation: &&mut Rotation| rotation.progress == Progress::Generating { site };
        if let Some(rotation) = self.under_way.get_mut(&key).filter(awaited) {
            if let Some(service) = done.filter(|_| sites[site.index()].holds_keys()) {
                let version = rotation.version;
                out.fact(Fact::Generated { version, site, service });
                let others = hosts.iter().copied().filter(|s| *s != site && sites[s.index()].holds_keys());
                let waiting: BTreeSet<SiteId> = others.collect();
                for to in &waiting {
                    out.push(Effect::Copy { from: site, to: *to, version });
                }
                rotation.progress = Progress::Copying { born: now, holders: BTreeSet::from([site]), waiting };
                self.versions.add(now, version, (&self.calendar, catalog));
            } else {
                rotation.progress = Progress::Paused;
                out.after(AGAIN, Timer::Generate(key));
            }
        }
        while let Some(next) = self.lanes.next(site) {
            self.again([next], (detector, catalog), out);
        }
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
        let Progress::Copying { born, holders, waiting } = &mut rotation.progress else { return };
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
                    && matches!(&rotation.progress, Progress::Copying { waiting, .. } if waiting.contains(&site))
            });
        let holder =
            hosts.iter().copied().find(|s| *s != site && self.has(*s, version) && sites[s.index()].holds_keys());
        if let (true, Some(from)) = (wanted && sites[site.index()].holds_keys(), holder) {
            out.push(Effect::Copy { from, to: site, version });
        }
    }

    fn has(&self, site: SiteId, version: KeyVersion) -> bool {
        match self.under_way.get(&version.key) {
            Some(Rotation { version: v, progress: Progress::Copying { holders, .. }, .. }) if *v == version => {
                holders.contains(&site)
            }
            _ => !self.behind.contains_key(&(site, version.key)),
        }
    }

    /// Activates the successor of `key` once it is as durable as its class asks.
    pub fn activate(
        &mut self,
        now: Time,
        key: KeyRef,
        (detector, sites, catalog): (&Detector, &mut [Site], &Catalog),
        out: &mut Out,
    ) {
        let Some(Rotation { version, due, progress: Progress::Copying { born, holders, waiting }, .. }) =
            self.under_way.get(&key)
        else {
            return;
        };
        let class = &catalog.classes[key.class.index()];
        let durable = match class.durability {
            Durability::All => !waiting.iter().any(|site| detector.up(*site)),
            // Where hosts are gone for good, all that are left must do.
            Durability::Copies(copies) => waiting.is_empty() || holders.len() >= copies as usize,
        };
        if !durable {
            return;
        }
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
        self.versions.activate(version, (&self.calendar, catalog));
        out.fact(Fact::Activated { version, took: now.since(due) });
        if let Some(rotate) = class.rotate {
            self.calendar.activated(now, version, rotate, catalog);
            self.arm(now, out);
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
            let queued = self.lanes.clear(site);
            self.again(queued, (detector, catalog), out);
            let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
            for key in keys {
                self.activate(now, key, (detector, sites, catalog), out);
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
        let regions = view.2.classes[class.index()].first.len() - 1;
        for home in (0..regions).map(|i| RegionId(i as u16)).filter(|home| region.is_none_or(|region| region == *home))
        {
            let struck = view.2.classes[class.index()].keys_of(home).map(|number| KeyRef { class, number });
            let struck: Vec<KeyRef> = struck.filter(|key| self.calendar.lot(*key, view.2) < share).collect();
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
            if self.has_host(key, view) && self.versions.compromise(key, (&self.calendar, view.2)) {
                keys += 1;
                self.start(key, (now, cause), view, out);
            }
        }
        if keys == 0 {
            return;
        }
        out.fact(Fact::Compromised { class, region: home, keys });
        let wrapping = view.2.classes[class.index()].keys_of(home);
        for (index, entry) in view.2.classes.iter().enumerate().filter(|(_, entry)| entry.wrapped_by == Some(class)) {
            let carried = ClassId(index as u16);
            let by = |key: &KeyRef| {
                let number = wrapping.start + jump(view.2.shards.name(*key), wrapping.len() as u32);
                KeyRef { class, number }
            };
            let is_out = |key: KeyRef| {
                let version = self.versions.active(key, view.2);
                self.versions.state(KeyVersion { key, version }, view.2) == KeyState::Compromised
            };
            let keys = entry.keys_of(home).map(|number| KeyRef { class: carried, number });
            let keys: Vec<KeyRef> = keys.filter(|key| is_out(by(key))).collect();
            self.leak(now, (carried, home, Cause::Wrapping), keys, view, out);
        }
    }

    /// Since the oldest kept version of any key in these shards was generated; [`Span::MAX`] where nothing says it.
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
                oldest = oldest.max(self.versions.oldest(now, key, (&self.calendar, catalog)));
            }
        }
        oldest
    }

    /// A site and all it held is gone: versions that only it had are lost and replaced, unless the key has no host left.
    pub fn destroyed(&mut self, now: Time, site: SiteId, (detector, sites, catalog): View<'_>, out: &mut Out) {
        let hosts = |key: KeyRef| catalog.shards.shard(catalog.shards.of(key)).hosts();
        let living = |s: &SiteId| sites[s.index()].holds_keys();
        let mut again = Vec::new();
        for (key, rotation) in &mut self.under_way {
            let Progress::Copying { born, holders, waiting } = &mut rotation.progress else { continue };
            waiting.remove(&site);
            if holders.remove(&site) && holders.is_empty() {
                out.fact(Fact::VersionLost { version: rotation.version, age: now.since(*born), used: false });
                self.versions.lose(rotation.version);
                rotation.progress = Progress::Paused;
                again.push(*key);
            }
        }
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
            out.fact(Fact::VersionLost { version, age: now.since(born), used: true });
            self.versions.lose(version);
            self.behind.retain(|(_, behind), _| *behind != key);
            self.start(key, (now, Cause::Loss), (detector, sites, catalog), out);
        }
        let hopeless = self.under_way.extract_if(.., |key, _| !hosts(*key).iter().any(living));
        for (_, rotation) in hopeless {
            if let Progress::Queued { site } = rotation.progress {
                self.lanes.withdraw(site, rotation.turn());
            }
        }
        self.again(again, (detector, catalog), out);
    }
}
