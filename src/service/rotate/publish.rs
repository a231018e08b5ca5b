//! From a successor that is durable enough to the active version: publishing it in the metadata store by compare-and-swap.

use super::{Copies, Progress, Rotation, Rotator, Told, View};
use crate::kms::{Cell, Fact, KeyRef, SiteId, StoreAnswer, StoreOp};
use crate::service::io::{Effect, Out, Timer};
use crate::service::policy::{Durability, store_again};
use crate::time::Time;

impl Rotator {
    /// Publishes the successor of `key` once it is as durable as its class asks.
    pub fn activate(&mut self, now: Time, key: KeyRef, view: View<'_>, out: &mut Out) {
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        let Progress::Copying(copies) = &rotation.progress else { return };
        let counts = |site: &SiteId| !view.escrow(*site, key);
        let durable = match view.catalog.classes[key.class.index()].durability {
            Durability::All => !copies.waiting.iter().any(|site| view.up(*site) && counts(site)),
            // Where hosts are gone for good, all that are left must do.
            Durability::Copies(enough) => {
                let holders = copies.holders.iter().filter(|site| counts(site)).count();
                !copies.waiting.iter().any(counts) || holders >= enough as usize
            }
        };
        if durable {
            rotation.progress = Progress::Publishing { copies: copies.clone(), ready: now, tries: 0 };
            self.publish(key, view, out);
        }
    }

    /// Asks the metadata store, from a host that has it, to make the successor of `key` the active version.
    pub fn publish(&mut self, key: KeyRef, view: View<'_>, out: &mut Out) {
        let Some(Rotation { version, progress: Progress::Publishing { copies, tries, .. }, .. }) =
            self.under_way.get_mut(&key)
        else {
            return;
        };
        let holders = &copies.holders;
        let Some(from) = holders.iter().find(|site| view.up(**site)).or(holders.first()) else { return };
        *tries += 1;
        let (expect, value) = (self.epochs.get(&key).copied().unwrap_or(0), version.version.into());
        out.push(Effect::Store { from: *from, op: StoreOp::Cas { cell: Cell::Key(key), expect, value } });
    }

    /// The metadata store answered, or did not. A conflict with the very version that was to be written says that an earlier
    /// try succeeded, of which the answer was lost.
    pub fn published(&mut self, now: Time, (op, answer): (StoreOp, StoreAnswer), view: View<'_>, out: &mut Out) {
        let StoreOp::Cas { cell: Cell::Key(key), value, .. } = op else { return };
        // What was written for a version that was given up since counts, too: epochs rise with it.
        if let StoreAnswer::Written { epoch } | StoreAnswer::Conflict { epoch, .. } = answer {
            let known = self.epochs.entry(key).or_default();
            *known = epoch.max(*known);
        }
        let Some(Rotation { version, progress: Progress::Publishing { ready, tries, .. }, .. }) =
            self.under_way.get(&key)
        else {
            return;
        };
        let (version, ready, tries) = (*version, *ready, *tries);
        let number = u64::from(version.version);
        // Whatever was asked: what is there says that a try for this version was written.
        let is_there = matches!(answer, StoreAnswer::Conflict { value: there, .. } if there == number);
        if value != number && !is_there {
            return;
        }
        match answer {
            StoreAnswer::Written { .. } => {}
            StoreAnswer::Conflict { .. } if is_there => {}
            StoreAnswer::Conflict { .. } => return self.publish(key, view, out),
            StoreAnswer::Unavailable | StoreAnswer::Value { .. } => {
                if tries == 1 {
                    out.fact(Fact::PublishDelayed(version));
                }
                return out.after(store_again(tries), Timer::Announce(key));
            }
        }
        let tries = tries.min(u32::from(u16::MAX)) as u16;
        out.fact(Fact::Published { version, tries, took: now.since(ready) });
        self.take_over(now, key, view, out);
        let held = self.held.remove(&key).unwrap_or_default();
        self.again(held, view, out);
    }

    /// The successor of `key` is the active version now.
    fn take_over(&mut self, now: Time, key: KeyRef, view: View<'_>, out: &mut Out) {
        let Some(Rotation { version, due, progress: Progress::Publishing { copies, .. }, .. }) =
            self.under_way.remove(&key)
        else {
            return;
        };
        let Copies { born, holders, waiting } = copies;
        let catalog = view.catalog;
        let class = &catalog.classes[key.class.index()];
        // A holder that missed the version before need not catch up with it any more.
        if !self.losses.refills.is_empty() {
            let behind = self.behind.iter().filter(|((_, behind), _)| *behind == key);
            behind.for_each(|((site, _), missed)| self.losses.retire(*site, *missed));
        }
        for site in &holders {
            self.behind.remove(&(*site, key));
            self.told.push((*site, Told::Lacks(key, false)));
        }
        for site in waiting {
            self.told.push((site, Told::Lacks(key, true)));
            self.behind.insert((site, key), (version, born));
            self.arrears.promote(site, born, version);
        }
        // Sites that are leaving the shard do not get it: who still asks them is sent on.
        let leaving = view.directory.leaving(catalog.shards.of(key)).iter();
        for site in leaving.filter(|site| !holders.contains(site)) {
            self.told.push((*site, Told::Lacks(key, true)));
            self.behind.insert((*site, key), (version, born));
        }
        let before = self.versions.activate(version, (&self.calendar, catalog));
        self.fillings.born(catalog.shards.of(key), key);
        out.fact(Fact::Activated { version, took: now.since(due), first: before == 0 });
        if let Some(rotate) = class.rotate {
            self.calendar.activated(now, (before, version), rotate, catalog);
            self.arm(now, out);
        }
    }
}
