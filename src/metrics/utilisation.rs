//! How busy the engines of pools were, of the time in which they worked: a dead engine is not an idle one.

use super::part::Part;
use super::runs::Replica;
use super::window::{ranges, segments};
use crate::scenario::USUAL_WINDOW;
use crate::time::{Span, Time};

/// Engine-time of some slots of one pool or more: how much there was, and how much of it was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    busy: u128,
    engines: u128,
    up: u128,
    all: u128,
}

impl Busy {
    /// Engine-time of a site in some slots of a replication.
    #[must_use]
    pub fn of(replica: &Replica, site: usize, slots: impl IntoIterator<Item = usize>) -> Self {
        let mut sum = Self::default();
        for slot in slots {
            sum.add(&Self::in_slot(replica, site, slot));
        }
        sum
    }

    fn in_slot(replica: &Replica, site: usize, slot: usize) -> Self {
        let recorder = &replica.recorder;
        let of = &recorder.sites[site].slots[slot];
        Self {
            busy: of.busy.into(),
            engines: of.engines.into(),
            up: of.up.into(),
            all: recorder.frame.length(slot..slot + 1).0.into(),
        }
    }

    /// Adds the engine-time of others.
    pub fn add(&mut self, other: &Self) {
        self.busy += other.busy;
        self.engines += other.engines;
        self.up += other.up;
        self.all += other.all;
    }

    /// Of sums from the same beginning, what this one has more.
    const fn less(&self, earlier: &Self) -> Self {
        Self {
            busy: self.busy - earlier.busy,
            engines: self.engines - earlier.engines,
            up: self.up - earlier.up,
            all: self.all - earlier.all,
        }
    }

    /// Busy share of the engines that worked; not a number where none did.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.busy as f64 / self.engines as f64
    }

    /// The share, where some engine worked for at least half of the time: the moment before a pool went dark is too short to
    /// say how busy it is.
    #[must_use]
    pub fn measured(&self) -> Option<f64> {
        (self.engines > 0 && self.up * 2 >= self.all).then(|| self.share())
    }
}

/// Highest utilisation of a site's engines in any five minutes; not a number where none of them worked for long enough.
#[must_use]
pub fn peak_utilisation(replica: &Replica, site: usize) -> f64 {
    let all = std::iter::once(0..replica.recorder.frame.slots());
    worst(replica, site, USUAL_WINDOW, all).map_or(f64::NAN, |(share, _)| share)
}

/// Highest utilisation of a site's engines, and since when, in windows of `width` (of all of it where that is `None`) in the
/// parts of the run that `wanted` accepts.
pub(super) fn highest(
    replica: &Replica,
    site: usize,
    width: Option<Span>,
    wanted: impl Fn(Part) -> bool,
) -> Option<(f64, Time)> {
    let parts = replica.parts();
    let Some(width) = width else {
        let slots: Vec<usize> = (0..parts.len()).filter(|slot| wanted(parts[*slot])).collect();
        let from = replica.recorder.frame.slot_start(*slots.first()?);
        return Busy::of(replica, site, slots).measured().map(|share| (share, from));
    };
    worst(replica, site, width, segments(&parts).into_iter().filter(|segment| wanted(parts[segment.start])))
}

fn worst(
    replica: &Replica,
    site: usize,
    width: Span,
    segments: impl Iterator<Item = std::ops::Range<usize>>,
) -> Option<(f64, Time)> {
    let frame = &replica.recorder.frame;
    let mut sums = vec![Busy::default()];
    for slot in 0..frame.slots() {
        let mut sum = sums[slot];
        sum.add(&Busy::in_slot(replica, site, slot));
        sums.push(sum);
    }
    let mut worst: Option<(f64, Time)> = None;
    for segment in segments {
        for slots in ranges(segment, |slots| frame.length(slots.clone()) >= width) {
            let share = sums[slots.end].less(&sums[slots.start]).measured();
            if let Some(share) = share.filter(|share| worst.is_none_or(|(most, _)| *share > most)) {
                worst = Some((share, frame.slot_start(slots.start)));
            }
        }
    }
    worst
}
