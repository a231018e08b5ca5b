//! Who is let in: tokens and their secrets, rules, limits, floods.

mod floods;
mod gates;
mod rules;

use keyfleet::rng::mix;

/// Numbers drawn for a test, the same in each run.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % n
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}
