//! What was asked of the quotas of services, and how much of them was used. Facts come a second at a time; of a second that begins in
//! the warm-up nothing is counted.

use super::frame::Frame;
use super::recorder::SiteTally;
use crate::kms::{QuotaFact, QuotaId};
use crate::time::{Span, Time};

const SECOND: Span = Span::from_secs(1);

/// One quota.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuotaTally {
    /// Calls and creations of the fleet, and how many of them were throttled.
    pub asked: u64,
    /// See `asked`.
    pub throttled: u64,
    /// Calls of other workloads, and how many of them were throttled.
    pub others_asked: u64,
    /// See `others_asked`.
    pub others_throttled: u64,
    /// Of all of these the most in one second, by the clock of the run.
    pub busiest: u64,
    /// When that second began.
    pub busiest_at: Time,
    /// By slot: tokens taken by all together.
    pub taken: Vec<f64>,
    /// By slot: calls of other workloads.
    pub others: Vec<f64>,
    /// The second that facts were last told of, and how much was asked in it.
    second: (Time, u64),
}

impl QuotaTally {
    fn count(&mut self, at: Time, (asked, throttled): (u32, u32), frame: &Frame) {
        if self.second.0 != at {
            self.second = (at, 0);
        }
        self.second.1 += u64::from(asked);
        if self.second.1 > self.busiest {
            (self.busiest, self.busiest_at) = (self.second.1, at);
        }
        let (from, until) = (at.max(frame.from), (at + SECOND).min(frame.until));
        let length = until.since(from).as_secs_f64();
        let taken = f64::from(asked - throttled);
        self.taken.resize(frame.slots(), 0.0);
        for (slot, part) in frame.between(from, until) {
            self.taken[slot] += taken * part.as_secs_f64() / length;
        }
    }
}

/// Takes a fact.
pub(super) fn record(tallies: &mut [QuotaTally], at: Time, fact: QuotaFact, frame: &Frame) {
    if at < frame.counted_from {
        return;
    }
    match fact {
        QuotaFact::Asked { quota, asked, throttled } => {
            let tally = &mut tallies[quota.index()];
            tally.asked += u64::from(asked);
            tally.throttled += u64::from(throttled);
            tally.count(at, (asked, throttled), frame);
        }
        QuotaFact::Others { quota, asked, throttled } => {
            let tally = &mut tallies[quota.index()];
            tally.others_asked += u64::from(asked);
            tally.others_throttled += u64::from(throttled);
            tally.others.resize(frame.slots(), 0.0);
            if let Some(slot) = frame.slot_of(at).and_then(|slot| tally.others.get_mut(slot)) {
                *slot += f64::from(asked);
            }
            tally.count(at, (asked, throttled), frame);
        }
    }
}

/// What keeps a service busy is the use of its quotas, by whomever: of each slot the share of the one that is used most. It has the
/// time of one engine.
pub(super) fn fill(sites: &mut [SiteTally], tallies: &[QuotaTally], frame: &Frame) {
    for (site, quotas) in frame.services.iter().enumerate() {
        let Some(quotas) = quotas else { continue };
        for (number, slot) in sites[site].slots.iter_mut().enumerate() {
            let length = frame.length(number..number + 1).as_secs_f64();
            let share = |quota: &QuotaId| {
                let taken = tallies[quota.index()].taken.get(number).copied().unwrap_or(0.0);
                taken / (frame.limits[quota.index()] * length)
            };
            let used = quotas.iter().map(share).fold(0.0, f64::max);
            slot.busy = (used * slot.engines as f64) as u64;
        }
    }
}
