//! What the structures of the queue keep: an event, ordered by its key alone.

use std::cmp::Ordering;

/// A place in the order: time (64 bits), sequence (38), and bits that a structure may use while it keeps the key.
pub type Key = u128;
/// How many these are.
pub const LOWEST_BITS: u32 = 26;
/// As a mask.
pub const LOWEST: Key = (1 << LOWEST_BITS) - 1;

/// An event and its place in the order.
#[derive(Clone, Copy, Debug)]
pub struct Entry<E> {
    /// The place.
    pub key: Key,
    /// The event.
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
