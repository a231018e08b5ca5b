//! Shares of keys under Zipf's law as numbers, for expectations: what [`Popularity`](super::Popularity) draws from. Sums over many keys
//! join neighbours whose shares differ by less than a hundredth, so that ten million keys take a few thousand steps.

/// Neighbours are joined from so many keys on: then a step is this part of the way there.
const FINE: u32 = 256;

/// How often each of n keys is asked for: key r (from 0) has the weight (r + 1)^-s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skew {
    n: u32,
    s: f64,
    /// Sum of the weights.
    total: f64,
}

impl Skew {
    /// `n` keys, at least one, with exponent `s`, zero or more; 0 for all alike.
    #[must_use]
    pub fn new(n: u32, s: f64) -> Self {
        let flat = Self { n: n.max(1), s, total: 1.0 };
        Self { total: flat.sum(|_| 1.0), ..flat }
    }

    /// The share of a key in all requests.
    #[must_use]
    pub fn share(&self, key: u32) -> f64 {
        self.weight(f64::from(key) + 1.0) / self.total
    }

    /// The mean, over requests, of what holds for a key with this share.
    #[must_use]
    pub fn mean(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.sum(of) / self.total
    }

    fn weight(&self, rank: f64) -> f64 {
        if self.s == 0.0 { 1.0 } else { libm::pow(rank, -self.s) }
    }

    /// The sum over keys of weight times what holds for its share.
    fn sum(&self, of: impl Fn(f64) -> f64) -> f64 {
        let (mut sum, mut rank) = (0.0, 1);
        if self.s == 0.0 {
            return f64::from(self.n) * of(1.0 / self.total);
        }
        while rank <= self.n {
            let step = (rank / FINE).clamp(1, self.n - rank + 1);
            let weight = self.weight(f64::from(rank) + f64::from(step - 1) / 2.0);
            sum += f64::from(step) * weight * of(weight / self.total);
            rank = rank.saturating_add(step);
        }
        sum
    }
}
