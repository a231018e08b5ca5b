//! Which numbers of a client were seen: the highest one and a bitmap of those just below it, as IPsec has it (RFC 4303 §3.4.3).
//! A number that is too old to tell counts as seen.

/// The window of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// One more than the highest number seen.
    after: u64,
    /// Bit i: whether the number i below the highest was seen.
    seen: u128,
}

impl Window {
    /// Numbers that it tells apart.
    pub const WIDTH: u64 = 128;

    /// Takes a number. Whether it is new.
    #[inline]
    pub fn take(&mut self, number: u64) -> bool {
        let after = number.saturating_add(1);
        if after > self.after {
            let ahead = after - self.after;
            self.seen = if ahead >= Self::WIDTH { 0 } else { self.seen << ahead };
            self.seen |= 1;
            self.after = after;
            return true;
        }
        let below = self.after - after;
        if below >= Self::WIDTH {
            return false;
        }
        let bit = 1 << below;
        let new = self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}
