//! A token bucket as the generic cell rate algorithm (ITU-T I.371, Annex A): one instant says how full it is. It does not know
//! what it limits: gates limit tenants with it, a service its callers.

use crate::time::{Span, Time};

/// Parts of a nanosecond that instants are counted in, so that high rates are met exactly enough.
const FINE: u128 = 1 << 20;

/// How much is let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Operations per second; 0 for none at all.
    pub rate: f64,
    /// So much of a second's worth at once: a bucket of `rate × burst`, and at least one.
    pub burst: Span,
}

/// A bucket.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Between two operations at the full rate, and how much earlier one may come, in parts of a nanosecond.
    interval: u128,
    tolerance: u128,
    /// When the next one would come if all came at the full rate.
    next: u128,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(limit: Limit) -> Self {
        let interval = if limit.rate > 0.0 { (1e9 / limit.rate * FINE as f64) as u128 } else { u128::MAX / 4 };
        let tolerance = (u128::from(limit.burst.0) * FINE).saturating_sub(interval);
        Self { interval, tolerance, next: if limit.rate > 0.0 { 0 } else { u128::MAX / 2 } }
    }

    /// Takes an operation out of it, if there is one.
    #[inline]
    pub fn take(&mut self, now: Time) -> bool {
        let now = u128::from(now.0) * FINE;
        if now + self.tolerance < self.next {
            return false;
        }
        self.next = self.next.max(now) + self.interval;
        true
    }
}
