//! Requests that clients answered themselves, by slot, caller region and load, and how often their caches were emptied. Requests that
//! reached the service are counted elsewhere, as ever.

use super::frame::Frame;
use crate::kms::{CacheFact, PopulationId};
use crate::time::Time;
use std::collections::BTreeMap;

/// Data keys kept by clients, in the counted time.
#[derive(Clone, Debug, Default)]
pub struct CacheTally {
    /// Hits by slot, then home region × loads + load; nothing where there was none.
    hits: Vec<u64>,
    /// By population: clients whose caches were emptied.
    pub emptied: BTreeMap<PopulationId, u64>,
}

impl CacheTally {
    #[inline(never)]
    pub(super) fn record(&mut self, at: Time, fact: CacheFact, frame: &Frame) {
        let Some(slot) = frame.slot_of(at) else { return };
        match fact {
            CacheFact::Hit { population } => {
                if self.hits.is_empty() {
                    self.hits = vec![0; frame.slots() * frame.cells()];
                }
                let place = slot * frame.cells() + frame.cell_of(population);
                self.hits.get_mut(place).into_iter().for_each(|hits| *hits += 1);
            }
            CacheFact::Emptied { population, clients } => {
                *self.emptied.entry(population).or_default() += u64::from(clients);
            }
        }
    }

    /// Hits in a slot, by home region × loads + load; nothing where there were none in the whole run.
    #[must_use]
    pub fn of_slot(&self, slot: usize, frame: &Frame) -> &[u64] {
        let first = slot * frame.cells();
        self.hits.get(first..first + frame.cells()).unwrap_or_default()
    }

    /// Hits in slots, of the cells that are wanted.
    #[must_use]
    pub fn sum(&self, slots: std::ops::Range<usize>, frame: &Frame, wanted: impl Fn(usize) -> bool) -> u64 {
        let of = |slot: usize| self.of_slot(slot, frame).iter().enumerate().filter(|(cell, _)| wanted(*cell));
        slots.flat_map(of).map(|(_, hits)| hits).sum()
    }
}
