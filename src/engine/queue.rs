//! The event queue: a total order by (time, sequence), so that what was scheduled first at an instant happens first.
//! Time and sequence are one 128-bit integer, kept with its event in a calendar, or in a radix heap while very many are pending;
//! recurring sources, such as arrival streams, stand beside them in a winner tree and cost no insertion.

use super::radix::Radix;
use super::ring::Ring;
use crate::time::Time;
use std::cmp::Ordering;

const SILENT: Key = Key::MAX;

/// Above this many pending keys the radix heap is the faster (`benches/engine.rs`), below the other the calendar.
const MANY: usize = 1 << 15;
const FEW: usize = MANY / 4;

/// A place in the order: time, then sequence.
pub(super) type Key = u128;

/// An event and its place in the order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<E> {
    pub key: Key,
    pub event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// What comes out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<E> {
    /// An event scheduled once.
    Event(E),
    /// A source, by number.
    Source(u32),
}

/// Events and sources in order of (time, sequence).
#[derive(Clone, Debug)]
pub struct Queue<E> {
    pending: Pending<E>,
    sources: Winners,
    sequence: u64,
}

#[derive(Clone, Debug)]
enum Pending<E> {
    Few(Ring<E>),
    Many(Radix<E>),
}

impl<E: Copy> Queue<E> {
    /// An empty queue with `sources` silent sources.
    #[must_use]
    pub fn new(sources: usize) -> Self {
        Self { pending: Pending::Few(Ring::new()), sources: Winners::new(sources), sequence: 0 }
    }

    /// Schedules `event` at `at`, which is not before the last event taken, behind everything already scheduled for that
    /// instant.
    #[inline]
    pub fn at(&mut self, at: Time, event: E) {
        let entry = Entry { key: self.key(at), event };
        match &mut self.pending {
            Pending::Few(ring) => {
                ring.push(entry);
                if ring.len() > MANY {
                    self.swap();
                }
            }
            Pending::Many(radix) => radix.push(entry),
        }
    }

    /// Sets when source `source` is due next.
    #[inline]
    pub fn source(&mut self, source: u32, at: Time) {
        let key = self.key(at);
        self.sources.set(source as usize, key);
    }

    /// The time of the next event or source.
    #[must_use]
    pub fn due(&mut self) -> Option<Time> {
        let event = match &self.pending {
            Pending::Few(ring) => ring.first(),
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
        let event = match &mut self.pending {
            Pending::Few(ring) => ring.pop_before(limit),
            Pending::Many(radix) => {
                let event = radix.pop_before(limit);
                if radix.len() < FEW {
                    self.swap();
                }
                event
            }
        };
        match event {
            Some(entry) => Some((time(entry.key), Due::Event(entry.event))),
            None if source <= end && source != SILENT => Some((time(source), Due::Source(self.sources.take_first()))),
            None => None,
        }
    }

    /// From the calendar to the radix heap, or back.
    #[cold]
    fn swap(&mut self) {
        self.pending = match &mut self.pending {
            Pending::Few(ring) => {
                let mut radix = Radix::new();
                ring.drain().into_iter().for_each(|entry| radix.push(entry));
                Pending::Many(radix)
            }
            Pending::Many(radix) => {
                let mut ring = Ring::new();
                radix.drain().into_iter().for_each(|entry| ring.push(entry));
                Pending::Few(ring)
            }
        };
    }

    /// Events pending, sources not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.pending {
            Pending::Few(ring) => ring.len(),
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
        self.sequence += 1;
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
    /// The winner that was taken and has no new key yet: still in the tree, for it gets one as a rule.
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

    /// The number of the source that is first. It is silent from now on, unless it is set again.
    #[inline]
    fn take_first(&mut self) -> u32 {
        let mut node = 1;
        while node < self.leaves {
            node = 2 * node + usize::from(self.nodes[2 * node] != self.nodes[node]);
        }
        self.silent = Some(node - self.leaves);
        (node - self.leaves) as u32
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
