//! Rotation and replication of key versions. A key that is due, for its age, its uses, a leak or a loss, gets a successor:
//! generated at one host when its turn comes, copied to the others, published in the metadata store as soon as the class's
//! durability allows, and then active; the version before is kept as long as the class says, then destroyed. Hosts that were
//! down catch up later.

mod copy;
mod erase;
mod fill;
mod loss;
mod publish;
mod restart;
mod room;

use super::arrears::Arrears;
use super::catalog::Catalog;
use super::directory::Directory;
use super::io::{Effect, Out, Timer};
use super::keys::{Calendar, Versions};
use super::lanes::{Lanes, Turn};
use super::slots::Slots;
use super::view::{Told, View};
use crate::kms::{Cause, Fact, KeyRef, KeyVersion, SiteId};
use crate::time::{Span, Time};
use erase::Losses;
use fill::Fillings;
use std::collections::{BTreeMap, BTreeSet};

/// Pause before a generation or a copy that failed is tried again.
const AGAIN: Span = Span::from_secs(30);

/// Where the successor of a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Progress {
    /// Waits for a host that can generate, or for another try.
    Paused,
    /// Waits until the key that wraps its copies has a successor.
    Held,
    /// Waits for a key slot at a host.
    Crowded { site: SiteId },
    /// Waits for its turn at a host.
    Queued { site: SiteId },
    /// Being generated at a host.
    Generating { site: SiteId },
    /// Being copied.
    Copying(Copies),
    /// As durable as its class asks since `ready`; being written into the metadata store, and copied further.
    Publishing { copies: Copies, ready: Time, tries: u32 },
}

/// Where a successor is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Copies {
    born: Time,
    /// Sites that have it.
    holders: BTreeSet<SiteId>,
    /// Hosts that it is on its way to.
    waiting: BTreeSet<SiteId>,
}

/// A rotation under way.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rotation {
    version: KeyVersion,
    cause: Cause,
    due: Time,
    progress: Progress,
    /// It had to wait for a key slot.
    crowded: bool,
}

impl Rotation {
    const fn turn(&self) -> Turn {
        (self.cause, self.due, self.version.key)
    }

    const fn copies(&self) -> Option<&Copies> {
        match &self.progress {
            Progress::Copying(copies) | Progress::Publishing { copies, .. } => Some(copies),
            _ => None,
        }
    }

    const fn copies_mut(&mut self) -> Option<&mut Copies> {
        match &mut self.progress {
            Progress::Copying(copies) | Progress::Publishing { copies, .. } => Some(copies),
            _ => None,
        }
    }
}

/// The state of all rotations.
#[derive(Clone, Debug)]
pub struct Rotator {
    calendar: Calendar,
    versions: Versions,
    under_way: BTreeMap<KeyRef, Rotation>,
    /// Active versions that a host did not get in time: site, version, born.
    behind: BTreeMap<(SiteId, KeyRef), (KeyVersion, Time)>,
    /// What erased sites miss.
    losses: Losses,
    /// Copies to be sent again.
    arrears: Arrears,
    /// What sites wait for that join a shard, and its copies on their way.
    fillings: Fillings,
    moves: Arrears,
    lanes: Lanes,
    slots: Slots,
    /// By leaked wrapping key: the keys that wait for its successor.
    held: BTreeMap<KeyRef, Vec<KeyRef>>,
    /// Numbers that were given to versions of keys whose provisioning was given up.
    spent: BTreeMap<KeyRef, u32>,
    /// The latest epoch known of the metadata store's cells of keys; the others were never written.
    epochs: BTreeMap<KeyRef, u64>,
    /// When the next reminder comes.
    armed: Time,
    /// The control plane stands still: what falls due is noted, and nothing is done.
    asleep: bool,
    /// What sites are to be told.
    told: Vec<(SiteId, Told)>,
}

impl Rotator {
    /// Rotation of keys as the calendar says.
    #[must_use]
    pub fn new(catalog: &Catalog, directory: &Directory, calendar: Calendar, now: Time) -> Self {
        Self {
            slots: Slots::new(catalog, directory),
            versions: Versions::new(catalog, &calendar, now),
            calendar,
            under_way: BTreeMap::new(),
            behind: BTreeMap::new(),
            losses: Losses::default(),
            arrears: Arrears::new(catalog.catch_up),
            fillings: Fillings::default(),
            moves: Arrears::new(catalog.catch_up),
            lanes: Lanes::new(catalog.sites.len(), catalog.generating),
            spent: BTreeMap::new(),
            epochs: BTreeMap::new(),
            held: BTreeMap::new(),
            armed: Time::NEVER,
            asleep: false,
            told: Vec::new(),
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

    /// The key slots of all sites.
    #[must_use]
    pub const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// The same, to be changed with the hosts of shards.
    pub(super) const fn slots_mut(&mut self) -> &mut Slots {
        &mut self.slots
    }

    /// Takes what sites are to be told.
    pub fn told(&mut self) -> Vec<(SiteId, Told)> {
        std::mem::take(&mut self.told)
    }

    /// Records what there is when the run ends.
    pub fn close(&self, now: Time, catalog: &Catalog, out: &mut Out) {
        self.versions.close(now, (&self.calendar, catalog), out);
    }

    /// Destroys what has been kept long enough, starts what is due, and asks to be reminded of the next.
    pub fn start_due(&mut self, now: Time, view: View<'_>, out: &mut Out) {
        if self.armed <= now {
            self.armed = Time::NEVER;
        }
        while !self.asleep
            && let Some(version) = self.calendar.next_doomed(now)
        {
            if self.versions.destroy(version) {
                self.fillings.forget(view.catalog.shards.of(version.key), version);
                self.losses.ended(version);
                out.fact(Fact::Destroyed(version));
                self.fewer(version.key, view, out);
            }
        }
        while let Some((at, key)) = self.calendar.next_due(now) {
            self.start(key, (at, Cause::Age), view, out);
        }
        self.arm(now, out);
    }

    /// Asks to be reminded of what falls due next, unless a reminder comes earlier anyway.
    fn arm(&mut self, now: Time, out: &mut Out) {
        let at = if self.asleep { self.calendar.due() } else { self.calendar.next() };
        if at < self.armed {
            self.armed = at;
            out.after(at.since(now), Timer::Rotate);
        }
    }

    /// The control plane stands still, or starts again.
    pub const fn sleep(&mut self, asleep: bool) {
        self.asleep = asleep;
    }

    /// An operation is handed to an HSM: its key may have been used almost often enough.
    #[inline]
    pub fn used(&mut self, now: Time, key: KeyRef, view: View<'_>, out: &mut Out) {
        if let Some(uses) = self.versions.used(key) {
            let limit =
                view.catalog.classes[key.class.index()].rotate.and_then(|rotate| rotate.uses).unwrap_or(u64::MAX);
            // The last tenth lasts until the successor is active (assumed).
            if uses >= limit - limit / 10 && !self.under_way.contains_key(&key) {
                self.start(key, (now, Cause::Uses), view, out);
            }
        }
    }

    /// The key is to have a successor, unless it has no host left. One under way may become more urgent.
    fn start(&mut self, key: KeyRef, (due, cause): (Time, Cause), view: View<'_>, out: &mut Out) {
        if !has_host(key, view) {
            return;
        }
        if let Some(rotation) = self.under_way.get(&key) {
            if cause >= rotation.cause {
                return;
            }
            self.withdraw(key);
            if let Some(rotation) = self.under_way.get_mut(&key) {
                rotation.cause = cause;
            }
        } else {
            let spent = self.spent.get(&key).copied().unwrap_or(0);
            let version = KeyVersion { key, version: self.versions.active(key, view.catalog).max(spent) + 1 };
            self.under_way.insert(key, Rotation { version, cause, due, progress: Progress::Paused, crowded: false });
        }
        if cause != Cause::New {
            out.fact(Fact::RotationDue { key, cause });
        }
        if cause != Cause::Wrapping || !self.hold(due, key, view, out) {
            self.generate(key, view, out);
        }
    }

    /// Asks the first host believed healthy to generate the successor, or waits for its turn there; and where the key is in
    /// escrow only, until a site joins that can.
    pub fn generate(&mut self, key: KeyRef, view: View<'_>, out: &mut Out) {
        if self.asleep || self.under_way.get(&key).is_none_or(|rotation| rotation.progress != Progress::Paused) {
            return;
        }
        let hosts = view.members(key).filter(|site| !view.escrow(*site, key));
        let Some(site) = hosts.clone().find(|site| view.up(*site)) else {
            if hosts.clone().any(|site| view.lives(site)) {
                out.after(AGAIN, Timer::Generate(key));
            }
            return;
        };
        if self.is_crowded(key, view, out) {
            return;
        }
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        if self.lanes.enter(site, rotation.turn()) {
            rotation.progress = Progress::Generating { site };
            out.push(Effect::Generate { site, key });
        } else {
            rotation.progress = Progress::Queued { site };
        }
    }

    /// Keys that were queued somewhere look for a host anew.
    fn again(&mut self, keys: impl IntoIterator<Item = KeyRef>, view: View<'_>, out: &mut Out) {
        for key in keys {
            if let Some(rotation) = self.under_way.get_mut(&key) {
                rotation.progress = Progress::Paused;
            }
            self.generate(key, view, out);
        }
    }

    /// A successor was generated, or could not be; each [`Effect::Generate`] is answered once.
    pub fn generated(
        &mut self,
        now: Time,
        (site, key, done): (SiteId, KeyRef, Option<Span>),
        view: View<'_>,
        out: &mut Out,
    ) {
        self.lanes.leave(site, key);
        let awaited = |rotation: &&mut Rotation| rotation.progress == Progress::Generating { site };
        if let Some(rotation) = self.under_way.get_mut(&key).filter(awaited) {
            if let Some(service) = done.filter(|_| view.lives(site)) {
                let version = rotation.version;
                out.fact(Fact::Generated { version, site, service });
                let others = view.members(key).filter(|s| *s != site && view.lives(*s));
                let waiting: BTreeSet<SiteId> = others.collect();
                for to in &waiting {
                    out.push(Effect::Copy { from: site, to: *to, version });
                }
                rotation.progress = Progress::Copying(Copies { born: now, holders: BTreeSet::from([site]), waiting });
                self.versions.add(now, version, (&self.calendar, view.catalog));
            } else {
                rotation.progress = Progress::Paused;
                out.after(AGAIN, Timer::Generate(key));
            }
        }
        while let Some(next) = self.lanes.next(site) {
            self.again([next], view, out);
        }
    }

    /// A host is believed healthy again: it catches up. A host is believed down: nobody waits for it any more, and what it was to
    /// send, others do.
    pub fn site_changed(&mut self, now: Time, site: SiteId, view: View<'_>, out: &mut Out) {
        self.send_all(now, site, view, out);
        if !view.up(site) {
            let queued = self.lanes.clear(site);
            self.again(queued, view, out);
            let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
            for key in keys {
                self.activate(now, key, view, out);
            }
        }
    }
}

/// Whether a key is still anywhere where it can be used.
fn has_host(key: KeyRef, view: View<'_>) -> bool {
    view.members(key).any(|site| view.lives(site))
}
