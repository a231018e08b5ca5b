//! What becomes of connections in a run: handshakes by site and over time.

use super::frame::Frame;
use crate::kms::{SiteId, TransportFact};
use crate::stats::Histogram;
use crate::time::{Span, Time};

/// Seconds are whole ones of the run.
const SECOND: Span = Span::from_secs(1);

/// Handshakes of one site, in the counted time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shakes {
    /// Full ones that its front end took.
    pub full: u64,
    /// Resumed ones that it took.
    pub resumed: u64,
    /// Those that it had no room for.
    pub refused: u64,
    /// Those whose client did not accept its certificate.
    pub distrusted: u64,
    /// Open connections that broke.
    pub broken: u64,
    /// Nanoseconds that the ones it took had queued.
    pub wait: u64,
    /// The second with the most handshakes that came to it, and how many these were.
    pub busiest: (Time, u32),
    /// The present second, and those that have come in it.
    now: (Time, u32),
}

/// Handshakes of all sites in one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShakeSlot {
    /// Taken.
    pub taken: u32,
    /// Refused, by the front end or for the certificate.
    pub failed: u32,
}

/// Connections of callers, in the counted time.
#[derive(Clone, Debug, Default)]
pub struct TransportTally {
    /// By site.
    pub sites: Vec<Shakes>,
    /// By slot.
    pub slots: Vec<ShakeSlot>,
    /// Time that handshakes queued for a worker.
    pub wait: Histogram,
    /// From the first packet until a client was connected.
    pub took: Histogram,
}

impl Shakes {
    fn comes(&mut self, at: Time) {
        let second = Time(at.0 / SECOND.0 * SECOND.0);
        self.now = if self.now.0 == second { (second, self.now.1 + 1) } else { (second, 1) };
        if self.now.1 > self.busiest.1 {
            self.busiest = self.now;
        }
    }
}

impl TransportTally {
    /// An empty one.
    #[must_use]
    pub fn new(frame: &Frame) -> Self {
        Self {
            sites: vec![Shakes::default(); frame.site_region.len()],
            slots: vec![ShakeSlot::default(); frame.slots()],
            ..Self::default()
        }
    }

    /// Handshakes that front ends took.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.sites.iter().map(|site| site.full + site.resumed).sum()
    }

    pub(super) fn record(&mut self, at: Time, fact: TransportFact, frame: &Frame) {
        let Some(slot) = frame.slot_of(at) else { return };
        let of = |site: SiteId| site.index();
        let slot = self.slots.get_mut(slot);
        match fact {
            TransportFact::Handshake { site, resumed, wait } => {
                let site = &mut self.sites[of(site)];
                if resumed {
                    site.resumed += 1;
                } else {
                    site.full += 1;
                }
                site.wait += wait.0;
                site.comes(at);
                self.wait.record(wait.0);
                slot.into_iter().for_each(|slot| slot.taken += 1);
            }
            TransportFact::Connected { took, .. } => self.took.record(took.0),
            TransportFact::Refused { site } => {
                self.sites[of(site)].refused += 1;
                self.sites[of(site)].comes(at);
                slot.into_iter().for_each(|slot| slot.failed += 1);
            }
            TransportFact::Distrusted { site } => {
                self.sites[of(site)].distrusted += 1;
                slot.into_iter().for_each(|slot| slot.failed += 1);
            }
            TransportFact::Broken { site, connections } => self.sites[of(site)].broken += u64::from(connections),
        }
    }
}
