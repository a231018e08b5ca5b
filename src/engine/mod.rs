//! The discrete-event engine: a queue ordered by (time, sequence), the pace, the one loop, and the digest of facts. It knows
//! nothing of HSMs: whatever implements [`Model`] can run on it.

mod digest;
mod entry;
mod heap;
mod pace;
mod queue;
mod radix;
mod ring;

pub use digest::Digest;
pub use pace::Pace;
pub use queue::{Due, Queue};

use crate::time::Time;

/// What the engine drives.
pub trait Model {
    /// What happens; small and `Copy`.
    type Event: Copy;

    /// Something scheduled with [`Queue::at`] happens.
    fn handle(&mut self, now: Time, event: Self::Event, queue: &mut Queue<Self::Event>);

    /// The source set with [`Queue::source`] is due; it must be set again, or it stays silent.
    fn arrive(&mut self, now: Time, source: u32, queue: &mut Queue<Self::Event>);
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Events and arrivals handled.
    pub handled: u64,
    /// When the last one happened.
    pub ended: Time,
}

/// Handles what is due, in order of (time, sequence), until the pace says that it is enough.
pub fn run<M: Model>(model: &mut M, queue: &mut Queue<M::Event>, pace: &mut Pace) -> RunStats {
    let mut stats = RunStats::default();
    loop {
        let Some((at, due)) = queue.pop(pace.now()) else {
            match pace.wait(queue) {
                true => continue,
                false => return stats,
            }
        };
        debug_assert!(at >= stats.ended, "time never runs backwards");
        stats.ended = at;
        stats.handled += 1;
        match due {
            Due::Event(event) => model.handle(at, event, queue),
            Due::Source(source) => model.arrive(at, source, queue),
        }
    }
}
