//! The event queue: a total order by (time, sequence), so that what was scheduled first at an instant happens first.
//! Time and sequence are one 128-bit integer: few pending ones are kept in a binary heap, more in a calendar, very many in a
//! radix heap; recurring sources, such as arrival streams, stand beside them in a winner tree and cost no insertion.

use super::entry::{Entry, Key, LOWEST, LOWEST_BITS};
use super::heap::Heap;
use super::radix::Radix;
use super::ring::Ring;
use crate::time::Time;

const SILENT: Key = Key::MAX;

/// Up to so many pending keys the binary heap is the fastest, then the calendar, then the radix heap (`benches/engine.rs`). Back
/// it goes at a quarter of that, so that a number that goes up and down changes nothing.
const FEW: usize = 512;
const MANY: usize = 1 << 15;

/// What comes out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<E> {
    /// An event scheduled once.
    Event(E),
    /// A source, by number.
    Source(u32),
}

/// Events and sources in order of (time, sequence). At most 2^38 are scheduled in a run.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    pending: Pending<E>,
    sources: Winners,
    /// In steps of `2^LOWEST_BITS`.
    sequence: u64,
}

#[derive(Clone, Debug)]
enum Pending<E> {
    Few(Heap<E>),
    Some(Ring<E>),
    Many(Radix<E>),
}

impl<E: Copy> Queue<E> {
    /// An empty queue with `sources` silent sources, at most 2^26.
    #[must_use]
    pub fn new(sources: usize) -> Self {
        Self { pending: Pending::Few(Heap::new()), sources: Winners::new(sources), sequence: 0 }
    }

    /// Schedules `event` at `at`, which is not before the last event taken, behind everything already scheduled for that
    /// instant.
    #[inline]
    pub fn at(&mut self, at: Time, event: E) {
        let entry = Entry { key: self.key(at), event };
        match &mut self.pending {
            Pending::Few(heap) => {
                heap.push(entry);
                if heap.len() > FEW {
                    self.change();
                }
            }
            Pending::Some(ring) => {
                ring.push(entry);
                if ring.len() > MANY {
                    self.change();
                }
            }
            Pending::Many(radix) => radix.push(entry),
        }
    }

    /// Sets when source `source` is due next.
    #[inline]
    pub fn source(&mut self, source: u32, at: Time) {
        let key = self.key(at) | Key::from(source);
        self.sources.set(source as usize, key);
    }

    /// The time of the next event or source.
    #[must_use]
    pub fn due(&mut self) -> Option<Time> {
        let event = match &self.pending {
            Pending::Few(heap) => heap.first(),
            Pending::Some(ring) => ring.first(),
            Pending::Many(radix) => radix.first(),
        };
        let key = event.unwrap_or(SILENT).min(self.sources.first());
        (key != SILENT).then(|| time(key))
    }

    /// Takes the next event or source, if it is due at or before `until`.
    #[inline]
    pub fn pop(&mut self, until: Time) -> Option<(Time, Due<E>)> {
        let source = self.sources.first();
        let end = Key::from(until.0) << 64 | Key::from(u64::MAX);
        let limit = source.min(end);
        if let Pending::Few(heap) = &mut self.pending {
            if let Some(key) = heap.pop_before(limit) {
                return Some((time(key), Due::Event(heap.event(key))));
            }
        } else if let Some(entry) = self.pop_of_more(limit) {
            return Some((time(entry.key), Due::Event(entry.event)));
        }
        (source <= end && source != SILENT).then(|| {
            let number = (source & LOWEST) as usize;
            self.sources.silent = Some(number);
            (time(source), Due::Source(number as u32))
        })
    }

    /// Apart, so that the loop around [`Self::pop`] stays small.
    #[inline(never)]
    fn pop_of_more(&mut self, limit: Key) -> Option<Entry<E>> {
        let (event, left, few) = match &mut self.pending {
            Pending::Few(_) => return None,
            Pending::Some(ring) => (ring.pop_before(limit), ring.len(), FEW / 4),
            Pending::Many(radix) => (radix.pop_before(limit), radix.len(), MANY / 4),
        };
        if left < few {
            self.change();
        }
        event
    }

    /// To the structure that suits the number that is pending now.
    #[cold]
    fn change(&mut self) {
        let entries = match &mut self.pending {
            Pending::Few(heap) => heap.drain(),
            Pending::Some(ring) => ring.drain(),
            Pending::Many(radix) => radix.drain(),
        };
        let mut pending = if entries.len() <= FEW {
            Pending::Few(Heap::new())
        } else if entries.len() <= MANY {
            Pending::Some(Ring::new())
        } else {
            Pending::Many(Radix::new())
        };
        for entry in entries {
            match &mut pending {
                Pending::Few(heap) => heap.push(entry),
                Pending::Some(ring) => ring.push(entry),
                Pending::Many(radix) => radix.push(entry),
            }
        }
        self.pending = pending;
    }

    /// Events pending, sources not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.pending {
            Pending::Few(heap) => heap.len(),
            Pending::Some(ring) => ring.len(),
            Pending::Many(radix) => radix.len(),
        }
    }

    /// Whether no event is pending; sources may still be due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn key(&mut self, at: Time) -> Key {
        self.sequence += 1 << LOWEST_BITS;
        assert!(self.sequence >= 1 << LOWEST_BITS, "more than 2^38 scheduled");
        Key::from(at.0) << 64 | Key::from(self.sequence)
    }
}

#[inline]
fn time(key: Key) -> Time {
    Time((key >> 64) as u64)
}

/// A winner tree over a fixed number of keys: the smallest in O(1), a change in O(log n).
#[derive(Clone, Debug)]
struct Winners {
    /// `nodes[1]` is the root; leaves start at `leaves`.
    nodes: Vec<Key>,
    leaves: usize,
    /// The source that was taken and has no new key yet: still in the tree, for it gets one as a rule.
    silent: Option<usize>,
}

impl Winners {
    fn new(n: usize) -> Self {
        let leaves = n.next_power_of_two().max(1);
        Self { nodes: vec![SILENT; 2 * leaves], leaves, silent: None }
    }

    #[inline]
    fn first(&mut self) -> Key {
        if let Some(leaf) = self.silent.take() {
            self.set(leaf, SILENT);
        }
        self.nodes[1]
    }

    #[inline]
    fn set(&mut self, leaf: usize, key: Key) {
        if self.silent == Some(leaf) {
            self.silent = None;
        }
        let mut node = self.leaves + leaf;
        self.nodes[node] = key;
        while node > 1 {
            let winner = self.nodes[node].min(self.nodes[node ^ 1]);
            node /= 2;
            self.nodes[node] = winner;
        }
    }
}
