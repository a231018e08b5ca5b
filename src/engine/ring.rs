//! Pending keys as a calendar: a ring of buckets of equal width in time (Brown, CACM 31(10), 1988), of which only the one that
//! is being emptied is sorted. What lies beyond the ring waits in a heap. Width and number of the buckets follow the events:
//! a few in each. The keys of all buckets lie in one slab, which is as small as their number, and near in memory.

use super::entry::{Entry, Key};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Least and most buckets.
const BUCKETS: (usize, usize) = (64, 1 << 17);
/// A bucket with more than this is looked at: it may be too wide.
const CROWDED: usize = 48;
/// Keys that a bucket should hold when its turn comes.
const WANTED: u128 = 4;

/// The end of a chain.
const END: u32 = u32::MAX;

/// A place of the slab: a key in a bucket, or free; and the next place of the same bucket, or the next free one.
#[derive(Clone, Copy, Debug)]
struct Node<E> {
    entry: Entry<E>,
    next: u32,
}

/// The calendar.
#[derive(Clone, Debug)]
pub struct Ring<E> {
    /// A bucket is `2^shift` ns wide.
    shift: u32,
    /// Number, since time began, of the bucket that is being emptied.
    present: u64,
    /// Its keys, falling, so that the next is the last.
    open: Vec<Entry<E>>,
    /// Buckets after it, by number modulo their count: the first place of each, not sorted.
    later: Vec<u32>,
    nodes: Vec<Node<E>>,
    free: u32,
    /// Which of `later` hold something, one bit each.
    occupied: Vec<u64>,
    /// Keys beyond the ring.
    beyond: BinaryHeap<Reverse<Entry<E>>>,
    len: usize,
    /// Pops since the width was last looked at, and the bucket that was being emptied then.
    pops: u64,
    since: u64,
}

impl<E: Copy> Ring<E> {
    /// An empty calendar.
    pub fn new() -> Self {
        Self::with(10, BUCKETS.0, 0)
    }

    fn with(shift: u32, buckets: usize, present: u64) -> Self {
        Self {
            shift,
            present,
            open: Vec::new(),
            later: vec![END; buckets],
            nodes: Vec::new(),
            free: END,
            occupied: vec![0; buckets / 64],
            beyond: BinaryHeap::new(),
            len: 0,
            pops: 0,
            since: present,
        }
    }

    /// Keys pending.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn number(&self, key: Key) -> u64 {
        ((key >> 64) as u64) >> self.shift
    }

    /// Adds a key that is not before the last one taken.
    #[inline]
    pub fn push(&mut self, entry: Entry<E>) {
        self.len += 1;
        let number = self.number(entry.key);
        if number <= self.present {
            let place = self.open.iter().rposition(|other| other.key > entry.key).map_or(0, |at| at + 1);
            self.open.insert(place, entry);
        } else if number - self.present < self.later.len() as u64 {
            self.keep(number, entry);
        } else {
            self.beyond.push(Reverse(entry));
        }
    }

    /// Takes the first key, if it is before `limit`.
    #[inline]
    pub fn pop_before(&mut self, limit: Key) -> Option<Entry<E>> {
        while self.open.is_empty() {
            if !self.turn(limit) {
                return None;
            }
        }
        let entry = *self.open.last()?;
        if entry.key >= limit {
            return None;
        }
        self.open.pop();
        self.len -= 1;
        self.pops += 1;
        Some(entry)
    }

    /// The first key.
    pub fn first(&self) -> Option<Key> {
        let later = || self.next().and_then(|number| self.bucket(self.slot(number)).map(|entry| entry.key).min());
        let beyond = self.beyond.peek().map(|Reverse(entry)| entry.key);
        self.open.last().map(|entry| entry.key).or_else(|| later().into_iter().chain(beyond).min())
    }

    /// The keys of a bucket.
    fn bucket(&self, at: usize) -> impl Iterator<Item = Entry<E>> + '_ {
        let mut place = self.later[at];
        std::iter::from_fn(move || {
            let node = self.nodes.get(place as usize)?;
            place = node.next;
            Some(node.entry)
        })
    }

    /// The next bucket of the ring that holds something.
    fn next(&self) -> Option<u64> {
        let count = self.later.len();
        let from = self.present as usize & (count - 1);
        let words = self.occupied.len();
        // The present bucket's own bit is never set: the search may begin with it and ends before it.
        for step in 0..=words {
            let word = (from / 64 + step) % words;
            let mut bits = self.occupied[word];
            if step == 0 {
                bits &= u64::MAX << (from % 64);
            } else if step == words {
                bits &= !(u64::MAX << (from % 64));
            }
            if bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                return Some(self.present + (at.wrapping_sub(from) & (count - 1)) as u64);
            }
        }
        None
    }

    /// The present bucket is empty: goes to the next one that is not, unless it begins after `limit`. The calendar is never
    /// turned past the present, so that what is pushed next finds a bucket.
    fn turn(&mut self, limit: Key) -> bool {
        let grown = self.len > 8 * self.later.len() && self.later.len() < BUCKETS.1;
        if self.pops >= self.len.max(1024) as u64 || grown {
            self.tune();
            if !self.open.is_empty() {
                return true;
            }
        }
        let beyond = self.beyond.peek().map(|Reverse(entry)| self.number(entry.key));
        let Some(next) = self.next().into_iter().chain(beyond).min().filter(|next| *next <= self.number(limit)) else {
            return false;
        };
        let (count, at) = (self.later.len(), self.slot(next));
        self.present = next;
        self.empty(at);
        while let Some(&Reverse(entry)) = self.beyond.peek() {
            let number = self.number(entry.key);
            if number - next >= count as u64 {
                break;
            }
            self.beyond.pop();
            if number == next { self.open.push(entry) } else { self.keep(number, entry) }
        }
        if self.open.len() > CROWDED {
            self.open.sort_unstable_by_key(|entry| Reverse(entry.key));
            self.crowded();
        } else {
            sort_few(&mut self.open);
        }
        true
    }

    #[inline]
    fn slot(&self, number: u64) -> usize {
        number as usize & (self.later.len() - 1)
    }

    #[inline]
    fn keep(&mut self, number: u64, entry: Entry<E>) {
        let at = self.slot(number);
        let node = Node { entry, next: self.later[at] };
        let place = self.free;
        if let Some(free) = self.nodes.get_mut(place as usize) {
            self.free = free.next;
            *free = node;
            self.later[at] = place;
        } else {
            self.later[at] = self.nodes.len() as u32;
            self.nodes.push(node);
        }
        self.occupied[at / 64] |= 1 << (at % 64);
    }

    /// Moves the keys of a bucket of the ring to the open one.
    #[inline]
    fn empty(&mut self, at: usize) {
        self.occupied[at / 64] &= !(1 << (at % 64));
        let mut place = std::mem::replace(&mut self.later[at], END);
        while let Some(node) = self.nodes.get_mut(place as usize) {
            self.open.push(node.entry);
            let next = std::mem::replace(&mut node.next, self.free);
            self.free = std::mem::replace(&mut place, next);
        }
    }

    /// Takes the width that would have suited the time since it was last looked at.
    #[cold]
    fn tune(&mut self) {
        let elapsed = u128::from((self.present - self.since).max(1)) << self.shift;
        let suits = |pops: u64| (elapsed * WANTED / u128::from(pops)).max(1).ilog2().min(40);
        let shift = if self.pops > 64 { suits(self.pops) } else { self.shift };
        let buckets = (2 * self.len).next_power_of_two().clamp(BUCKETS.0, BUCKETS.1);
        (self.pops, self.since) = (0, self.present);
        if shift.abs_diff(self.shift) > 1 || buckets > self.later.len() || 8 * buckets < self.later.len() {
            self.rebuild(shift, buckets);
        }
    }

    /// So many keys in one bucket: unless they are all at about one instant, narrower ones will do better.
    #[cold]
    fn crowded(&mut self) {
        let span = ((self.open[0].key - self.open[self.open.len() - 1].key) >> 64) as u64;
        if span >> self.shift.saturating_sub(2) > 0 {
            let narrower = (self.open.len() as u32 / WANTED as u32).ilog2();
            let buckets = (2 * self.len).next_power_of_two().clamp(BUCKETS.0, BUCKETS.1);
            self.rebuild(self.shift.saturating_sub(narrower), buckets);
        }
    }

    /// Puts every key into buckets of another width.
    fn rebuild(&mut self, shift: u32, buckets: usize) {
        let mut fresh = Self::with(shift, buckets, (self.present << self.shift) >> shift);
        self.drain().into_iter().for_each(|entry| fresh.push(entry));
        *self = fresh;
    }

    /// All keys, in no order.
    pub fn drain(&mut self) -> Vec<Entry<E>> {
        self.len = 0;
        (0..self.later.len()).for_each(|at| self.empty(at));
        let mut keys = std::mem::take(&mut self.open);
        keys.extend(self.beyond.drain().map(|Reverse(entry)| entry));
        keys
    }
}

/// Sorts a handful, the greatest key first: by insertion.
#[inline]
fn sort_few<E: Copy>(entries: &mut [Entry<E>]) {
    for sorted in 1..entries.len() {
        let entry = entries[sorted];
        let mut hole = sorted;
        while hole > 0 && entries[hole - 1].key < entry.key {
            entries[hole] = entries[hole - 1];
            hole -= 1;
        }
        entries[hole] = entry;
    }
}
