//! Copies of a successor, and of active versions that a host missed: acknowledged, sent again, caught up. What a host missed is
//! sent at a bounded rate, on each wire so many at once, from a site that has it.

use super::{AGAIN, Copies, Rotation, Rotator, Told, View};
use crate::kms::{Fact, KeyRef, KeyVersion, SiteId};
use crate::service::arrears::Wire;
use crate::service::io::{Effect, Out, Timer};
use crate::time::Time;
use std::cmp::Reverse;

impl Rotator {
    /// A copy arrived, or did not.
    pub fn copied(
        &mut self,
        now: Time,
        (site, version, done): (SiteId, KeyVersion, bool),
        view: View<'_>,
        out: &mut Out,
    ) {
        if self.moved(now, (site, version, done), view, out) {
            return;
        }
        let missed = self.arrears.back(site, version);
        let Some(born) = self.wanted(site, version) else {
            return missed.into_iter().for_each(|wire| self.send(now, wire, view, out));
        };
        if !(done && view.lives(site)) {
            self.owe(now, (site, version), view, out);
            return;
        }
        // A host may lack the active version and wait for its successor: each by its own copy.
        let rotation = self.under_way.get_mut(&version.key).filter(|rotation| rotation.version == version);
        if let Some(copies) = rotation.and_then(Rotation::copies_mut) {
            copies.waiting.remove(&site);
            copies.holders.insert(site);
        } else if self.behind.get(&(site, version.key)).is_some_and(|(behind, _)| *behind == version) {
            self.behind.remove(&(site, version.key));
            self.told.push((site, Told::Lacks(version.key, false)));
        }
        self.tell_copied(now, (site, version), born, out);
        if let Some(wire) = missed {
            self.send(now, wire, view, out);
            if let Some(debt) = self.arrears.paid(site) {
                out.fact(Fact::CaughtUp { site, copies: debt.paid, took: now.since(debt.since) });
            }
        }
    }

    /// A copy failed: it is owed by a host that has it, and the wire from there rests.
    pub(super) fn owe(&mut self, now: Time, (to, version): (SiteId, KeyVersion), view: View<'_>, out: &mut Out) {
        let Some((from, to)) = self.list(now, (to, version), view) else { return };
        if self.arrears.rest((from, to)) {
            out.after(AGAIN, Timer::Owed { from, to });
        }
    }

    /// Puts a copy that a host waits for on the list of a wire from one that has it. Which wire.
    pub(super) fn list(&mut self, now: Time, (to, version): (SiteId, KeyVersion), view: View<'_>) -> Option<Wire> {
        let (born, from) = (self.wanted(to, version)?, self.holder(to, version, view)?);
        let unused = self.copies_of(version).is_some();
        self.arrears.owe(now, (from, to), (unused, Reverse(born), version));
        Some((from, to))
    }

    /// Sites hold keys again that they were leaving: they get what they have missed since.
    pub fn returned(&mut self, now: Time, keys: &[KeyRef], sites: &[SiteId], view: View<'_>, out: &mut Out) {
        for (site, key) in sites.iter().flat_map(|site| keys.iter().map(move |key| (*site, *key))) {
            if let Some((version, _)) = self.behind.get(&(site, key)).copied() {
                self.owe(now, (site, version), view, out);
            }
            if let Some(copies) = self.under_way.get_mut(&key).and_then(Rotation::copies_mut)
                && !copies.holders.contains(&site)
            {
                copies.waiting.insert(site);
                let version = self.under_way[&key].version;
                self.owe(now, (site, version), view, out);
            }
        }
    }

    /// The wire has rested.
    pub fn rested(&mut self, now: Time, wire: Wire, view: View<'_>, out: &mut Out) {
        self.arrears.wake(wire);
        self.send(now, wire, view, out);
        self.wake_moves(now, wire, view, out);
    }

    /// Sends what is owed at a site, or by it, as far as the wires have room: what a site had that is down or gone, others send.
    pub fn send_all(&mut self, now: Time, site: SiteId, view: View<'_>, out: &mut Out) {
        for wire in self.arrears.touching(site) {
            self.arrears.wake(wire);
            self.send(now, wire, view, out);
        }
        self.send_all_moves(now, site, view, out);
    }

    /// Sends what is owed on a wire, as far as it has room. A host that is believed down waits until it is seen again.
    pub(super) fn send(&mut self, now: Time, wire: Wire, view: View<'_>, out: &mut Out) {
        let mut wires = vec![wire];
        while let Some((from, to)) = wires.pop() {
            if !view.up(to) || !view.lives(to) {
                continue;
            }
            while let Some(owed) = self.arrears.next((from, to)) {
                let version = owed.2;
                if self.wanted(to, version).is_none() || self.arrears.is_out(to, version) {
                    continue;
                }
                match self.holder(to, version, view) {
                    Some(holder) if holder == from => {
                        self.arrears.sent((from, to), version);
                        out.push(Effect::Copy { from, to, version });
                    }
                    Some(other) => {
                        self.arrears.owe(now, (other, to), owed);
                        wires.push((other, to));
                    }
                    // Nobody has it: it is lost, and has been replaced.
                    None => {}
                }
            }
        }
    }

    /// When the version was born, if a host still waits for its copy.
    fn wanted(&self, site: SiteId, version: KeyVersion) -> Option<Time> {
        let behind =
            self.behind.get(&(site, version.key)).filter(|(behind, _)| *behind == version).map(|(_, born)| *born);
        let behind = behind.or_else(|| self.losses.gaps.get(&(site, version)).copied());
        behind.or_else(|| self.copies_of(version).filter(|c| c.waiting.contains(&site)).map(|copies| copies.born))
    }

    /// Another host that has the version; one that is believed up where there is any.
    fn holder(&self, to: SiteId, version: KeyVersion, view: View<'_>) -> Option<SiteId> {
        let joins = |s: SiteId| self.fillings.awaits(view.catalog.shards.of(version.key), (s, version));
        let has = |s: &SiteId| *s != to && self.has(*s, version) && view.lives(*s) && !joins(*s);
        let mut holders = view.holders(version.key).filter(has);
        let first = holders.clone().next();
        holders.find(|s| view.up(*s)).or(first)
    }

    fn has(&self, site: SiteId, version: KeyVersion) -> bool {
        match self.copies_of(version) {
            Some(copies) => copies.holders.contains(&site),
            None => {
                let behind = self.behind.get(&(site, version.key)).is_some_and(|(behind, _)| *behind == version);
                !behind && self.losses.has(site, version)
            }
        }
    }

    /// Where a version is that is not active yet.
    pub(super) fn copies_of(&self, version: KeyVersion) -> Option<&Copies> {
        self.under_way.get(&version.key).filter(|rotation| rotation.version == version).and_then(Rotation::copies)
    }
}
