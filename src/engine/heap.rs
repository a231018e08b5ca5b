//! A few pending keys as a binary heap: only the keys move, 16 bytes each, while their events lie still in a slab whose place
//! is written into the lowest bits of the key.

use super::entry::{Entry, Key, LOWEST};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The heap.
#[derive(Clone, Debug)]
pub struct Heap<E> {
    keys: BinaryHeap<Reverse<Key>>,
    events: Vec<E>,
    free: Vec<u32>,
}

impl<E: Copy> Heap<E> {
    /// An empty heap.
    pub const fn new() -> Self {
        Self { keys: BinaryHeap::new(), events: Vec::new(), free: Vec::new() }
    }

    /// Keys pending.
    #[inline]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds a key; there may be 2^26.
    #[inline]
    pub fn push(&mut self, Entry { key, event }: Entry<E>) {
        let place = match self.free.pop() {
            Some(place) => {
                self.events[place as usize] = event;
                place
            }
            None => {
                self.events.push(event);
                self.events.len() as u32 - 1
            }
        };
        self.keys.push(Reverse(key | Key::from(place)));
    }

    /// The first key.
    pub fn first(&self) -> Option<Key> {
        self.keys.peek().map(|Reverse(key)| key & !LOWEST)
    }

    /// Takes the first key, if it is before `limit`, with the place of its event in the lowest bits.
    #[inline]
    pub fn pop_before(&mut self, limit: Key) -> Option<Key> {
        self.keys.peek().filter(|Reverse(key)| *key < limit)?;
        self.keys.pop().map(|Reverse(key)| key)
    }

    /// The event of a key just taken.
    #[inline]
    pub fn event(&mut self, key: Key) -> E {
        let place = (key & LOWEST) as u32;
        self.free.push(place);
        self.events[place as usize]
    }

    /// All keys, in no order.
    pub fn drain(&mut self) -> Vec<Entry<E>> {
        let keys = std::mem::take(&mut self.keys);
        keys.into_iter().map(|Reverse(key)| Entry { key: key & !LOWEST, event: self.event(key) }).collect()
    }
}
