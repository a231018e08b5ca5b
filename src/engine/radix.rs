//! Pending keys as a radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, J. ACM 37(2), 1990): no key is pushed before the last one
//! taken, so a key lies in the bucket of the highest bit in which it differs from that one, and moves to a lower one each
//! time it does not differ there any more. Its cost hardly grows with their number.

use super::entry::{Entry, Key};

const BUCKETS: usize = Key::BITS as usize + 1;

/// The radix heap.
#[derive(Clone, Debug)]
pub struct Radix<E> {
    buckets: Vec<Vec<Entry<E>>>,
    /// Which hold something, one bit each; the first bucket, of keys equal to `last`, is always empty.
    occupied: u128,
    /// The last key taken.
    last: Key,
    /// The first key, when known.
    first: Option<Key>,
    len: usize,
}

impl<E: Copy> Radix<E> {
    /// An empty heap.
    pub fn new() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], occupied: 0, last: 0, first: None, len: 0 }
    }

    /// Keys pending.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a key that is not before the last one taken; no two are equal.
    #[inline]
    pub fn push(&mut self, entry: Entry<E>) {
        self.len += 1;
        self.first = self.first.map(|first| first.min(entry.key));
        self.keep(entry);
    }

    #[inline]
    fn keep(&mut self, entry: Entry<E>) {
        let bit = (Key::BITS - 1 - (entry.key ^ self.last).leading_zeros()) as usize;
        self.buckets[bit].push(entry);
        self.occupied |= 1 << bit;
    }

    /// The first key.
    pub fn first(&self) -> Option<Key> {
        self.first.or_else(|| self.lowest().and_then(|bit| self.buckets[bit].iter().map(|entry| entry.key).min()))
    }

    #[inline]
    fn lowest(&self) -> Option<usize> {
        (self.occupied != 0).then(|| self.occupied.trailing_zeros() as usize)
    }

    /// Takes the first key, if it is before `limit`.
    #[inline]
    pub fn pop_before(&mut self, limit: Key) -> Option<Entry<E>> {
        let first = self.first()?;
        self.first = Some(first);
        if first >= limit {
            return None;
        }
        // The bucket of the first key: each of its keys differs from it in a lower bit only.
        let bit = self.lowest()?;
        self.last = first;
        self.occupied &= !(1 << bit);
        let mut moved = std::mem::take(&mut self.buckets[bit]);
        let mut taken = None;
        for entry in &moved {
            if entry.key == first { taken = Some(*entry) } else { self.keep(*entry) }
        }
        moved.clear();
        self.buckets[bit] = moved;
        self.first = None;
        self.len -= 1;
        taken
    }

    /// All keys, in no order.
    pub fn drain(&mut self) -> Vec<Entry<E>> {
        (self.len, self.occupied, self.first) = (0, 0, None);
        let mut keys = Vec::new();
        self.buckets.iter_mut().for_each(|bucket| keys.append(bucket));
        keys
    }
}
