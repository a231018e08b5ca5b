//! The digest of a run: for each window of virtual time the wrapping sum of a 64-bit hash of each (time, fact). A sum does
//! not depend on the order in which facts became known, nor on which events existed; a window's value names the place where
//! two runs part.

use crate::rng::mix;
use crate::time::{Span, Time, Windows};

/// The digest of the facts of one or more runs.
#[derive(Clone, Debug)]
pub struct Digest {
    grid: Windows,
    windows: Vec<u64>,
}

impl PartialEq for Digest {
    /// Which window was looked at last does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.grid.width() == other.grid.width() && self.windows == other.windows
    }
}

impl Eq for Digest {}

impl Digest {
    /// An empty digest with windows of `width`, which must not be zero.
    #[must_use]
    pub fn new(width: Span) -> Self {
        Self { grid: Windows::new(Time::ZERO, width), windows: Vec::new() }
    }

    /// Adds a fact, encoded as three words, at `at`.
    #[inline]
    pub fn add(&mut self, at: Time, words: [u64; 3]) {
        let window = self.grid.number(at) as usize;
        if window >= self.windows.len() {
            self.windows.resize(window + 1, 0);
        }
        let hash = fold(
            fold(at.0 ^ 0x2d35_8dcc_aa6c_78a5, words[0] ^ 0x8bb8_4b93_962e_acc9) ^ words[1],
            words[2] ^ 0x4b33_a62e_d433_d4a3,
        );
        self.windows[window] = self.windows[window].wrapping_add(hash);
    }

    /// Joins the digest of another replication of the same length; the order of joining matters, so join by index.
    pub fn join(&mut self, other: &Self) {
        if other.windows.len() > self.windows.len() {
            self.windows.resize(other.windows.len(), 0);
        }
        for (mine, theirs) in self.windows.iter_mut().zip(&other.windows) {
            *mine = mix(*mine).wrapping_add(*theirs);
        }
    }

    /// One value for the whole.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.windows.iter().fold(0, |sum, window| mix(sum ^ window))
    }

    /// Where two digests first differ: the start of the window.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<Time> {
        let longest = self.windows.len().max(other.windows.len());
        let window = |digest: &Self, i: usize| digest.windows.get(i).copied().unwrap_or(0);
        (0..longest).find(|&i| window(self, i) != window(other, i)).map(|i| Time(i as u64 * self.grid.width().0))
    }
}

/// The folded 128-bit product (Wang Yi's wyhash `mum`).
#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product >> 64) as u64 ^ product as u64
}
