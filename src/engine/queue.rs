//! The event queue: a total order by (time, sequence), so that what was scheduled first at an instant happens first.
//! One event is one 128-bit integer in a heap (time 64 bits, sequence 38, slot 26) and a slot in a slab; recurring sources,
//! such as arrival streams, stand beside the heap in a winner tree and cost no insertion.

use crate::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const SLOT_BITS: u32 = 26;
const SEQUENCE_BITS: u32 = 38;
const SILENT: u128 = u128::MAX;

/// What comes out of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<E> {
    /// An event scheduled once.
    Event(E),
    /// A source, by number.
    Source(u32),
}

/// Events and sources in order of (time, sequence). At most 2^26 events pending, 2^38 scheduled in a run.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<u128>>,
    slots: Vec<E>,
    free: Vec<u32>,
    sources: Winners,
    sequence: u64,
}

impl<E: Copy> Queue<E> {
    /// An empty queue with `sources` silent sources.
    #[must_use]
    pub fn new(sources: usize) -> Self {
        Self {
            heap: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            sources: Winners::new(sources),
            sequence: 0,
        }
    }

    /// Schedules `event` at `at`, behind everything already scheduled for that instant.
    #[inline]
    pub fn at(&mut self, at: Time, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = event;
                slot
            }
            None => {
                let slot = self.slots.len() as u32;
                assert!(slot < 1 << SLOT_BITS, "more than 2^26 events pending");
                self.slots.push(event);
                slot
            }
        };
        let key = self.key(at, slot);
        self.heap.push(Reverse(key));
    }

    /// Sets when source `source` is due next.
    #[inline]
    pub fn source(&mut self, source: u32, at: Time) {
        let key = self.key(at, source);
        self.sources.set(source as usize, key);
    }

    /// The time of the next event or source.
    #[inline]
    #[must_use]
    pub fn due(&self) -> Option<Time> {
        let key = self.first().min(self.sources.first());
        (key != SILENT).then_some(Time((key >> 64) as u64))
    }

    /// Takes the next event or source.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, Due<E>)> {
        let (event, source) = (self.first(), self.sources.first());
        if event <= source {
            let Reverse(key) = self.heap.pop()?;
            let slot = (key & ((1 << SLOT_BITS) - 1)) as u32;
            self.free.push(slot);
            Some((Time((key >> 64) as u64), Due::Event(self.slots[slot as usize])))
        } else {
            let number = (source & ((1 << SLOT_BITS) - 1)) as u32;
            self.sources.set(number as usize, SILENT);
            Some((Time((source >> 64) as u64), Due::Source(number)))
        }
    }

    /// Events pending, sources not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no event is pending; sources may still be due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    #[inline]
    fn first(&self) -> u128 {
        self.heap.peek().map_or(SILENT, |Reverse(key)| *key)
    }

    #[inline]
    fn key(&mut self, at: Time, slot: u32) -> u128 {
        let key = u128::from(at.0) << 64 | u128::from(self.sequence) << SLOT_BITS | u128::from(slot);
        self.sequence += 1;
        assert!(self.sequence < 1 << SEQUENCE_BITS, "more than 2^38 events in a run");
        key
    }
}

/// A winner tree over a fixed number of keys: the smallest in O(1), a change in O(log n).
#[derive(Clone, Debug)]
struct Winners {
    /// `nodes[1]` is the root; leaves start at `leaves`.
    nodes: Vec<u128>,
    leaves: usize,
}

impl Winners {
    fn new(n: usize) -> Self {
        let leaves = n.next_power_of_two().max(1);
        Self { nodes: vec![SILENT; 2 * leaves], leaves }
    }

    #[inline]
    fn first(&self) -> u128 {
        self.nodes[1]
    }

    #[inline]
    fn set(&mut self, leaf: usize, key: u128) {
        let mut node = self.leaves + leaf;
        self.nodes[node] = key;
        while node > 1 {
            let winner = self.nodes[node].min(self.nodes[node ^ 1]);
            node /= 2;
            self.nodes[node] = winner;
        }
    }
}
