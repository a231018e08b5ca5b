//! Slots for successors: one is asked for before it is generated, and given back when a version is destroyed or lost.

use super::{Progress, Rotator, View};
use crate::kms::{Fact, KeyRef, SiteId};
use crate::service::io::Out;

impl Rotator {
    /// Whether the successor of a key has to wait for a slot at a host. If not, its slots are reserved.
    pub(super) fn is_crowded(&mut self, key: KeyRef, view: View<'_>, out: &mut Out) -> bool {
        let versions = self.versions.of(key, (&self.calendar, view.catalog)).len() as u32;
        let hosts = || view.hosts(key).filter(|site| view.lives(*site));
        let Some(site) = self.slots.full((key, versions), hosts(), view.catalog) else {
            self.slots.set((key, versions + 1), view.hosts(key), view.catalog);
            return false;
        };
        if let Some(rotation) = self.under_way.get_mut(&key) {
            rotation.progress = Progress::Crowded { site };
            self.slots.wait(site, rotation.turn());
            if !std::mem::replace(&mut rotation.crowded, true) {
                out.fact(Fact::NoSlot { key, site });
            }
        }
        true
    }

    /// A version of a key was destroyed or lost, or no successor is made any more: slots may be free, and who waited for them
    /// goes on.
    pub(super) fn fewer(&mut self, key: KeyRef, view: View<'_>, out: &mut Out) {
        let versions = self.versions.of(key, (&self.calendar, view.catalog)).len() as u32;
        let made = |progress: &Progress| matches!(progress, Progress::Queued { .. } | Progress::Generating { .. });
        let being_made = self.under_way.get(&key).is_some_and(|rotation| made(&rotation.progress));
        if self.slots.set((key, versions + u32::from(being_made)), view.hosts(key), view.catalog) {
            let sites: Vec<SiteId> = view.hosts(key).collect();
            sites.into_iter().for_each(|site| self.freed(site, view, out));
        }
        // It may need no slot beyond its own any more.
        if self.under_way.get(&key).is_some_and(|rotation| matches!(rotation.progress, Progress::Crowded { .. })) {
            self.withdraw(key);
            self.again([key], view, out);
        }
    }

    /// Slots of a site may be free.
    pub fn freed(&mut self, site: SiteId, view: View<'_>, out: &mut Out) {
        while let Some(key) = self.slots.next(site, view.catalog) {
            self.again([key], view, out);
        }
    }

    /// A key that waits for its turn or for a slot waits there no more.
    pub(super) fn withdraw(&mut self, key: KeyRef) {
        let Some(rotation) = self.under_way.get_mut(&key) else { return };
        match rotation.progress {
            Progress::Queued { site } => self.lanes.withdraw(site, rotation.turn()),
            Progress::Crowded { site } => self.slots.withdraw(site, rotation.turn()),
            _ => return,
        }
        rotation.progress = Progress::Paused;
    }
}
