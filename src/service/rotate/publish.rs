//! From a successor that is durable enough to the active version: publishing it in the metadata store by compare-and-swap.

use super::{Copies, Progress, Rotation, Rotator, View};
use crate::kms::{Cell, Fact, KeyRef, StoreAnswer, StoreOp};
use crate::service::catalog::Catalog;
use crate::service::health::Detector;
use crate::service::io::{Effect, Out, Timer};
use crate::service::policy::Durability;
use crate::service::site::Site;
use crate::time::{Span, Time};

/// The first pause before a version is published again that the metadata store did not take; it doubles each time.
const PUBLISH_AGAIN: Span = Span::from_secs(1);
/// So often at most: who waits for the store asks about once a minute, and is late by as much when it is back.
const DOUBLINGS: u32 = 6;

impl Rotator {
    /// Publishes the successor of `key` once it is as durable as its class asks.
    pub fn activate(&mut self, now: Time, key: KeyRef, (detector, _, catalog): View<'_>, out: &mut Out) {
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        let Progress::Copying(copies) = &rotation.progress else { return };
        let durable = match catalog.classes[key.class.index()].durability {
            Durability::All => !copies.waiting.iter().any(|site| detector.up(*site)),
            // Where hosts are gone for good, all that are left must do.
            Durability::Copies(enough) => copies.waiting.is_empty() || copies.holders.len() >= enough as usize,
        };
        if durable {
            rotation.progress = Progress::Publishing { copies: copies.clone(), ready: now, tries: 0 };
            self.publish(key, detector, out);
        }
    }

    /// Asks the metadata store, from a host that has it, to make the successor of `key` the active version.
    pub fn publish(&mut self, key: KeyRef, detector: &Detector, out: &mut Out) {
        let Some(Rotation { version, progress: Progress::Publishing { copies, tries, .. }, .. }) =
            self.under_way.get_mut(&key)
        else {
            return;
        };
        let holders = &copies.holders;
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
        let tries = tries.min(u32::from(u16::MAX)) as u16;
        out.fact(Fact::Published { version, tries, took: now.since(ready) });
        self.take_over(now, key, (sites, catalog), out);
        let held = self.held.remove(&key).unwrap_or_default();
        self.again(held, (detector, catalog), out);
    }

    /// The successor of `key` is the active version now.
    fn take_over(&mut self, now: Time, key: KeyRef, (sites, catalog): (&mut [Site], &Catalog), out: &mut Out) {
        let Some(Rotation { version, due, progress: Progress::Publishing { copies, .. }, .. }) =
            self.under_way.remove(&key)
        else {
            return;
        };
        let Copies { born, holders, waiting } = copies;
        let class = &catalog.classes[key.class.index()];
        // A holder that missed the version before need not catch up with it any more.
        for site in holders {
            self.behind.remove(&(site, key));
            sites[site.index()].set_lacking(key, false);
        }
        for site in waiting {
            sites[site.index()].set_lacking(key, true);
            self.behind.insert((site, key), (version, born));
            self.arrears.promote(site, born, version);
        }
        self.versions.activate(version, (&self.calendar, catalog));
        out.fact(Fact::Activated { version, took: now.since(due) });
        if let Some(rotate) = class.rotate {
            self.calendar.activated(now, version, rotate, catalog);
            self.arm(now, out);
        }
    }
}
