//! The control plane starts again: what was under way is asked for once more. What HSMs hold and what the metadata store has
//! published is known from them; who was waiting for what, and what was on its way, is forgotten.

use super::{Arrears, Lanes, Progress, Rotator, View};
use crate::kms::{KeyRef, KeyVersion, SiteId};
use crate::service::arrears::Wire;
use crate::service::io::Out;
use crate::time::Time;
use std::collections::BTreeSet;

impl Rotator {
    /// Every rotation does its present step anew, and whoever lacks a copy is sent one.
    pub fn restart(&mut self, now: Time, view: View<'_>, out: &mut Out) {
        self.lanes = Lanes::new(view.catalog.sites.len(), view.catalog.generating);
        self.arrears = Arrears::new(view.catalog.catch_up);
        self.moves = Arrears::new(view.catalog.catch_up);
        for site in (0..view.catalog.sites.len()).map(|i| SiteId(i as u16)) {
            drop(self.slots.clear(site));
        }
        self.epochs.clear();
        self.armed = Time::NEVER;
        let keys: Vec<KeyRef> = self.under_way.keys().copied().collect();
        let mut missing: Vec<(SiteId, KeyVersion)> =
            self.behind.iter().map(|((site, _), (version, _))| (*site, *version)).collect();
        missing.extend(self.losses.gaps.keys());
        for key in &keys {
            let Some(rotation) = self.under_way.get_mut(key) else { continue };
            match &mut rotation.progress {
                Progress::Crowded { .. } | Progress::Queued { .. } | Progress::Generating { .. } => {
                    rotation.progress = Progress::Paused;
                }
                Progress::Paused | Progress::Held => {}
                Progress::Copying(copies) | Progress::Publishing { copies, .. } => {
                    missing.extend(copies.waiting.iter().map(|site| (*site, rotation.version)));
                }
            }
        }
        for key in keys {
            self.generate(key, view, out);
            self.publish(key, view, out);
            self.activate(now, key, view, out);
        }
        let wires: BTreeSet<Wire> = missing.into_iter().filter_map(|copy| self.list(now, copy, view)).collect();
        wires.into_iter().for_each(|wire| self.send(now, wire, view, out));
        self.refill_all(now, view, out);
    }
}
