//! Filling sites that join a shard: each gets every version of its keys, at a bounded rate on each wire beside what hosts have
//! missed; keys that are new are generated first. And emptying those that leave it, and keys that are retired.

use super::{AGAIN, Progress, Rotation, Rotator, Told, View};
use crate::kms::{Cause, Fact, KeyRef, KeyState, KeyVersion, ShardId, SiteId};
use crate::service::arrears::{Owed, Wire};
use crate::service::io::{Effect, Out, Timer};
use crate::time::{Span, Time};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What the sites that join a shard still wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filling {
    /// Versions that are not active only because the key is new.
    fresh: BTreeSet<KeyRef>,
    /// Copies.
    copies: BTreeSet<(SiteId, KeyVersion)>,
}

/// All shards that are being filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fillings(BTreeMap<ShardId, Filling>);

impl Fillings {
    /// Whether a site waits for a version that was there before it came.
    pub(super) fn awaits(&self, shard: ShardId, copy: (SiteId, KeyVersion)) -> bool {
        self.0.get(&shard).is_some_and(|filling| filling.copies.contains(&copy))
    }

    /// A version is no more: nobody waits for it. Who did.
    pub(super) fn forget(&mut self, shard: ShardId, version: KeyVersion) -> Vec<SiteId> {
        let Some(filling) = self.0.get_mut(&shard) else { return Vec::new() };
        let forgotten = filling.copies.extract_if(.., |(_, awaited)| *awaited == version);
        forgotten.map(|(site, _)| site).collect()
    }

    /// A new key is in use.
    pub(super) fn born(&mut self, shard: ShardId, key: KeyRef) {
        if let Some(filling) = self.0.get_mut(&shard) {
            filling.fresh.remove(&key);
        }
    }
}

impl Rotator {
    /// Sites join a shard with these keys: they get all of them. A key without any version gets its first.
    pub fn fill(
        &mut self,
        now: Time,
        (shard, keys): (ShardId, &[KeyRef]),
        joining: &[SiteId],
        view: View<'_>,
        out: &mut Out,
    ) {
        let mut filling = Filling::default();
        for key in keys {
            let versions = self.versions.of(*key, (&self.calendar, view.catalog));
            // What a site lacked that was to hold the shard before does not count any more; what nobody has, it lacks, too.
            let active = self.versions.active(*key, view.catalog);
            let is_lost = active > 0 && versions.iter().all(|version| version.number != active);
            for site in joining {
                self.behind.remove(&(*site, *key));
                self.losses.forget(|at, of| at == *site && of == *key);
                self.told.push((*site, Told::Lacks(*key, is_lost)));
            }
            let is_new = versions.is_empty() && view.directory.hosts(shard).all().is_empty();
            if is_new && !self.under_way.contains_key(key) {
                filling.fresh.insert(*key);
            }
            for version in versions.iter().filter(|version| version.state != KeyState::PreActive) {
                let version = KeyVersion { key: *key, version: version.number };
                filling.copies.extend(joining.iter().map(|site| (*site, version)));
            }
            // A successor that is being copied goes to them too; one that is not generated yet will.
            if let Some(copies) = self.under_way.get_mut(key).and_then(Rotation::copies_mut) {
                copies.waiting.extend(joining);
            }
        }
        let fresh = filling.fresh.clone();
        self.fillings.0.insert(shard, filling);
        for key in fresh {
            self.start(key, (now, Cause::New), view, out);
        }
        let hosts = view.directory.hosts(shard);
        if !hosts.all().is_empty() && !hosts.serving().iter().any(|site| view.lives(*site)) {
            // Nobody was there who could make the successors that are due of what is left in escrow.
            keys.iter().for_each(|key| self.generate(*key, view, out));
        }
        let under_way = keys.iter().filter_map(|key| Some(self.under_way.get(key)?.version));
        let successors: Vec<KeyVersion> = under_way.filter(|version| self.copies_of(*version).is_some()).collect();
        for (version, site) in successors.iter().flat_map(|version| joining.iter().map(move |site| (*version, *site))) {
            self.owe(now, (site, version), view, out);
        }
        self.refill(now, shard, view, out);
    }

    /// Owes and sends what joining sites wait for and is not on any list: all of it at first, then what nobody could send who
    /// was there.
    pub fn refill(&mut self, now: Time, shard: ShardId, view: View<'_>, out: &mut Out) {
        let Some(filling) = self.fillings.0.get(&shard) else { return };
        let unknown = |copy: &&(SiteId, KeyVersion)| !self.moves.knows(copy.0, &place(shard, copy.1));
        let unknown: Vec<(SiteId, KeyVersion)> = filling.copies.iter().filter(unknown).copied().collect();
        let wires: Vec<Option<Wire>> = unknown.into_iter().map(|copy| self.owe_move(now, shard, copy, view)).collect();
        if wires.contains(&None) {
            out.after(AGAIN, Timer::Fill(shard));
        }
        let wires: BTreeSet<Wire> = wires.into_iter().flatten().collect();
        wires.into_iter().for_each(|wire| self.send_moves(now, wire, view, out));
    }

    /// As [`Self::refill`], of all shards.
    pub(super) fn refill_all(&mut self, now: Time, view: View<'_>, out: &mut Out) {
        let shards: Vec<ShardId> = self.fillings.0.keys().copied().collect();
        shards.into_iter().for_each(|shard| self.refill(now, shard, view, out));
    }

    /// Whether the sites that join a shard have all that they came for.
    pub fn is_filled(&self, shard: ShardId) -> bool {
        self.fillings.0.get(&shard).is_none_or(|filling| filling.fresh.is_empty() && filling.copies.is_empty())
    }

    /// Nobody joins a shard any more; or only those sites that are left.
    pub fn stop_filling(&mut self, shard: ShardId, only: Option<SiteId>) {
        match (self.fillings.0.get_mut(&shard), only) {
            (Some(filling), Some(gone)) => filling.copies.retain(|(site, _)| *site != gone),
            _ => {
                self.fillings.0.remove(&shard);
            }
        }
    }

    /// Puts a copy for a joining site on the list of a wire from a host that has it. Which wire.
    fn owe_move(
        &mut self,
        now: Time,
        shard: ShardId,
        (to, version): (SiteId, KeyVersion),
        view: View<'_>,
    ) -> Option<Wire> {
        let from = self.source(shard, to, version, view)?;
        self.moves.owe(now, (from, to), place(shard, version));
        Some((from, to))
    }

    /// A copy to a joining site ended its way. Whether it was one.
    pub(super) fn moved(
        &mut self,
        now: Time,
        (site, version, done): (SiteId, KeyVersion, bool),
        view: View<'_>,
        out: &mut Out,
    ) -> bool {
        let shard = view.catalog.shards.of(version.key);
        let Some(wire) = self.moves.back(site, version) else { return false };
        if self.fillings.awaits(shard, (site, version)) {
            if done && view.lives(site) {
                if let Some(filling) = self.fillings.0.get_mut(&shard) {
                    filling.copies.remove(&(site, version));
                }
                out.fact(Fact::Moved { version, site });
            } else {
                match self.owe_move(now, shard, (site, version), view) {
                    Some((from, to)) if self.moves.rest((from, to)) => out.after(AGAIN, Timer::Owed { from, to }),
                    Some(_) => {}
                    None => out.after(AGAIN, Timer::Fill(shard)),
                }
            }
        }
        self.send_moves(now, wire, view, out);
        true
    }

    /// A wire has rested.
    pub(super) fn wake_moves(&mut self, now: Time, wire: Wire, view: View<'_>, out: &mut Out) {
        self.moves.wake(wire);
        self.send_moves(now, wire, view, out);
    }

    /// Sends copies to a joining site, as far as the wire has room. One that is believed down waits until it is seen again.
    fn send_moves(&mut self, now: Time, wire: Wire, view: View<'_>, out: &mut Out) {
        let mut wires = vec![wire];
        while let Some((from, to)) = wires.pop() {
            if !view.up(to) || !view.lives(to) {
                continue;
            }
            while let Some(owed) = self.moves.next((from, to)) {
                let version = owed.2;
                let shard = view.catalog.shards.of(version.key);
                if !self.fillings.awaits(shard, (to, version)) || self.moves.is_out(to, version) {
                    continue;
                }
                match self.source(shard, to, version, view) {
                    Some(source) if source == from => {
                        self.moves.sent((from, to), version);
                        out.push(Effect::Copy { from, to, version });
                    }
                    Some(other) => {
                        self.moves.owe(now, (other, to), owed);
                        wires.push((other, to));
                    }
                    // Nobody who is there has it: it comes later, or is lost.
                    None => out.after(AGAIN, Timer::Fill(shard)),
                }
            }
        }
    }

    /// All wires that begin or end at a site carry copies to joining sites again.
    pub(super) fn send_all_moves(&mut self, now: Time, site: SiteId, view: View<'_>, out: &mut Out) {
        for wire in self.moves.touching(site) {
            self.wake_moves(now, wire, view, out);
        }
    }

    /// A host of a shard that has a version; one that is believed up where there is any.
    fn source(&self, shard: ShardId, to: SiteId, version: KeyVersion, view: View<'_>) -> Option<SiteId> {
        let has = |site: &SiteId| {
            let behind = self.behind.get(&(*site, version.key)).is_some_and(|(behind, _)| *behind == version);
            let has = !behind && self.losses.has(*site, version);
            *site != to && view.lives(*site) && has && !self.fillings.awaits(shard, (*site, version))
        };
        let mut hosts = view.directory.holders(shard).filter(has);
        let first = hosts.clone().next();
        hosts.find(|site| view.up(*site)).or(first)
    }

    /// Whether nobody but the sites that leave a shard has the active version of one of its keys, or one that an erased site misses.
    pub fn would_lose(&self, keys: &[KeyRef], view: View<'_>) -> bool {
        let lacks = |key: KeyRef, site: SiteId| !view.lives(site) || self.behind.contains_key(&(site, key));
        let gone = |version: KeyVersion| view.members(version.key).all(|site| !self.losses.has(site, version));
        keys.iter().any(|key| view.members(*key).all(|site| lacks(*key, site)))
            || self.losses.gaps.keys().any(|(_, version)| keys.contains(&version.key) && gone(*version))
    }

    /// A site holds nothing of a shard with these keys any more.
    pub fn emptied(&mut self, now: Time, site: SiteId, keys: &[KeyRef], view: View<'_>, out: &mut Out) {
        for key in keys {
            self.behind.remove(&(site, *key));
            self.losses.forget(|at, of| at == site && of == *key);
            self.told.push((site, Told::Lacks(*key, false)));
            let Some(rotation) = self.under_way.get_mut(key) else { continue };
            if let Progress::Queued { site: at } | Progress::Crowded { site: at } = rotation.progress
                && at == site
            {
                self.withdraw(*key);
                self.again([*key], view, out);
            } else if let Some(copies) = rotation.copies_mut() {
                copies.waiting.remove(&site);
                copies.holders.remove(&site);
                if self.lost_all(now, *key, out) {
                    self.generate(*key, view, out);
                }
                self.activate(now, *key, view, out);
            }
        }
        self.freed(site, view, out);
    }

    /// A key gets no successor after all; what waited for it goes on.
    fn call_off(&mut self, key: KeyRef, view: View<'_>, out: &mut Out) -> Option<Rotation> {
        self.withdraw(key);
        let rotation = self.under_way.remove(&key)?;
        if rotation.cause != Cause::New {
            out.fact(Fact::GivenUp(key));
        }
        let held = self.held.remove(&key).unwrap_or_default();
        self.again(held, view, out);
        Some(rotation)
    }

    /// Keys that were being provisioned have no site left: what was made of them is lost. They may be provisioned again.
    pub fn abandon(&mut self, now: Time, keys: &[KeyRef], view: View<'_>, out: &mut Out) {
        for key in keys {
            if let Some(mut rotation) = self.call_off(*key, view, out) {
                rotation.give_up(now, &mut self.versions, out);
                self.spent.insert(*key, rotation.version.version - 1);
            }
            for version in self.versions.of(*key, (&self.calendar, view.catalog)) {
                let age = version.born.map_or(Span::MAX, |born| now.since(Time(u64::try_from(born).unwrap_or(0))));
                let version = KeyVersion { key: *key, version: version.number };
                out.fact(Fact::VersionLost { version, age, used: false });
            }
            self.versions.lose_key(*key, (&self.calendar, view.catalog));
            self.slots.forget(*key);
            self.calendar.retire(*key);
        }
    }

    /// Keys are retired: nobody asks for them any more, and all their versions are destroyed.
    pub fn retire(&mut self, keys: &[KeyRef], view: View<'_>, out: &mut Out) {
        for key in keys {
            self.call_off(*key, view, out);
            self.calendar.retire(*key);
            for version in self.versions.retire(*key, (&self.calendar, view.catalog)) {
                out.fact(Fact::Destroyed(version));
            }
            self.slots.forget(*key);
        }
        let gone: BTreeSet<KeyRef> = keys.iter().copied().collect();
        self.behind.retain(|(_, key), _| !gone.contains(key));
        self.losses.forget(|_, key| gone.contains(&key));
    }
}

/// Where a copy to a joining site stands among those of its wire: shard by shard.
const fn place(shard: ShardId, version: KeyVersion) -> Owed {
    (false, Reverse(Time((u32::MAX - shard.0) as u64)), version)
}
