//! Integer histograms of nanoseconds, log-linear as HdrHistogram's (Tene 2012): exact below 256, then 128 buckets per power of two,
//! so that no bucket is wider than 0.79 % of its values. Counts and sums are integers; an unanswered request counts as an
//! infinite latency, so that refusing work never improves a quantile.

use serde::{Serialize, Serializer};

/// Values below this have a bucket each.
const EXACT: u64 = 256;
/// Buckets per power of two above [`EXACT`], as a power of two.
const SUB_BITS: u32 = 7;

/// A quantile of latencies, of which some may be infinite. Ordered: every finite one is below infinite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Quantile {
    /// Nanoseconds, interpolated within a bucket: off by at most the bucket's width, 0.79 %.
    Finite(f64),
    /// The quantile lies among the requests never answered.
    Infinite,
}

/// How often each length of time was seen. At most 59 KiB, and only as long as its highest value needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    finite: u64,
    infinite: u64,
    sum: u128,
    max: u64,
}

/// A histogram at rest: only the buckets that hold something, a few hundred bytes for a quiet window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sparse {
    /// (bucket, count), rising; a bucket with more than `u32::MAX` stands more than once.
    buckets: Vec<(u16, u32)>,
    finite: u64,
    infinite: u64,
    sum: u128,
    max: u64,
}

impl Quantile {
    /// Nanoseconds, or `None` if infinite.
    #[must_use]
    pub const fn finite(self) -> Option<f64> {
        match self {
            Self::Finite(nanoseconds) => Some(nanoseconds),
            Self::Infinite => None,
        }
    }

    /// Nanoseconds, `f64::INFINITY` if infinite.
    #[must_use]
    pub const fn nanoseconds(self) -> f64 {
        match self {
            Self::Finite(nanoseconds) => nanoseconds,
            Self::Infinite => f64::INFINITY,
        }
    }
}

#[inline]
const fn bucket(value: u64) -> usize {
    if value < EXACT {
        return value as usize;
    }
    let power = 63 - value.leading_zeros();
    let sub = (value >> (power - SUB_BITS)) & ((1 << SUB_BITS) - 1);
    EXACT as usize + (((power - EXACT.ilog2()) as usize) << SUB_BITS) + sub as usize
}

/// Least and greatest value of a bucket.
const fn bounds(bucket: usize) -> (u64, u64) {
    if bucket < EXACT as usize {
        return (bucket as u64, bucket as u64);
    }
    let above = bucket - EXACT as usize;
    let power = (above >> SUB_BITS) as u32 + EXACT.ilog2();
    let sub = (above & ((1 << SUB_BITS) - 1)) as u64;
    let width = 1 << (power - SUB_BITS);
    let low = (1 << power) + sub * width;
    (low, low + (width - 1))
}

impl Histogram {
    /// Counts one value in nanoseconds.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Counts `n` equal values in nanoseconds.
    #[inline]
    pub fn record_n(&mut self, value: u64, n: u64) {
        if n == 0 {
            return;
        }
        let bucket = bucket(value);
        if bucket >= self.counts.len() {
            self.grow(bucket);
        }
        self.counts[bucket] += n;
        self.finite += n;
        self.sum += u128::from(value) * u128::from(n);
        self.max = self.max.max(value);
    }

    /// Counts one request that was never answered.
    #[inline]
    pub fn record_infinite(&mut self) {
        self.infinite += 1;
    }

    #[cold]
    fn grow(&mut self, bucket: usize) {
        self.counts.resize(bucket + 1, 0);
    }

    /// All that was counted, infinite ones included.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.finite + self.infinite
    }

    /// Those that were never answered.
    #[must_use]
    pub const fn infinite(&self) -> u64 {
        self.infinite
    }

    /// Those that are exactly zero: who did not wait at all.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        self.counts.first().copied().unwrap_or(0)
    }

    /// The exact sum of the finite values, nanoseconds.
    #[must_use]
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// The mean of the finite values, nanoseconds; `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum as f64 / self.finite as f64)
    }

    /// The greatest finite value, exactly, nanoseconds; `None` without any.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (self.finite > 0).then_some(self.max)
    }

    /// The least value that at least the share `q` (0 to 1) of all does not exceed; `None` when empty.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        quantile(self.counts.iter().copied().enumerate(), (self.finite, self.infinite, self.max), q)
    }

    /// The share of all (infinite ones included) that exceed `value` nanoseconds, interpolated in its bucket; `None` when empty.
    #[must_use]
    pub fn fraction_above(&self, value: u64) -> Option<f64> {
        if self.count() == 0 {
            return None;
        }
        if value >= self.max {
            return Some(self.infinite as f64 / self.count() as f64);
        }
        let at = bucket(value);
        let (low, high) = bounds(at);
        let above: u64 = self.counts.iter().skip(at + 1).sum();
        let here = self.counts.get(at).copied().unwrap_or(0) as f64;
        let part = (high - value) as f64 / ((high - low) as f64 + 1.0);
        Some((above as f64 + here * part + self.infinite as f64) / self.count() as f64)
    }

    /// Adds all that `other` counted. The order of merging never shows.
    pub fn merge(&mut self, other: &Self) {
        if other.counts.len() > self.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.finite += other.finite;
        self.infinite += other.infinite;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// Says what the greatest finite value is, after some were taken away.
    pub fn set_max(&mut self, max: u64) {
        self.max = max;
    }

    /// This histogram without `part`, which was merged into it; `max` is the greatest value of what remains.
    pub(super) fn without(&self, part: &Self, max: u64) -> Self {
        let mut rest = self.clone();
        for (mine, theirs) in rest.counts.iter_mut().zip(&part.counts) {
            *mine -= theirs;
        }
        let used = rest.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        rest.counts.truncate(used);
        rest.finite -= part.finite;
        rest.infinite -= part.infinite;
        rest.sum -= part.sum;
        rest.max = max;
        rest
    }
}

/// Nearest rank, then interpolated as if the values of a bucket were spread evenly over it. `totals`: finite, infinite, max.
fn quantile(counts: impl Iterator<Item = (usize, u64)>, totals: (u64, u64, u64), q: f64) -> Option<Quantile> {
    let (finite, infinite, max) = totals;
    if finite + infinite == 0 {
        return None;
    }
    let all = (finite + infinite) as f64;
    // 0.07 * 100 is a little more than 7: without the last factor its rank would be 8.
    let rank = (q * all * (1.0 - 1e-12)).ceil().clamp(1.0, all) as u64;
    if rank > finite {
        return Some(Quantile::Infinite);
    }
    if rank == finite {
        return Some(Quantile::Finite(max as f64));
    }
    let mut below = 0;
    for (bucket, count) in counts {
        if below + count >= rank {
            let (low, high) = bounds(bucket);
            let position = ((rank - below) as f64 - 0.5) / count as f64;
            let value = low as f64 + position * (high - low) as f64;
            return Some(Quantile::Finite(value.min(max as f64)));
        }
        below += count;
    }
    unreachable!("the buckets hold all finite values, and the rank is one of them")
}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Sparse::from(self).serialize(serializer)
    }
}

impl From<&Histogram> for Sparse {
    fn from(histogram: &Histogram) -> Self {
        let mut buckets = Vec::with_capacity(histogram.counts.iter().filter(|count| **count > 0).count());
        for (bucket, count) in histogram.counts.iter().enumerate() {
            let bucket = u16::try_from(bucket).expect("there are 7424 buckets");
            let mut left = *count;
            while left > 0 {
                let part = u32::try_from(left).unwrap_or(u32::MAX);
                buckets.push((bucket, part));
                left -= u64::from(part);
            }
        }
        let Histogram { finite, infinite, sum, max, .. } = *histogram;
        Self { buckets, finite, infinite, sum, max }
    }
}

impl Sparse {
    /// The exact sum of the finite values, nanoseconds.
    #[must_use]
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// Adds all that was counted here to `histogram`.
    pub fn merge_into(&self, histogram: &mut Histogram) {
        let length = self.buckets.last().map_or(0, |(bucket, _)| usize::from(*bucket) + 1);
        if length > histogram.counts.len() {
            histogram.counts.resize(length, 0);
        }
        for (bucket, count) in &self.buckets {
            histogram.counts[usize::from(*bucket)] += u64::from(*count);
        }
        histogram.finite += self.finite;
        histogram.infinite += self.infinite;
        histogram.sum += self.sum;
        histogram.max = histogram.max.max(self.max);
    }

    /// Takes all that was counted here away from `histogram`, which it was added to before. What is greatest of the rest is
    /// not known from the counts: where it may have changed, [`Histogram::set_max`] must say it.
    pub fn take_from(&self, histogram: &mut Histogram) {
        for (bucket, count) in &self.buckets {
            histogram.counts[usize::from(*bucket)] -= u64::from(*count);
        }
        histogram.finite -= self.finite;
        histogram.infinite -= self.infinite;
        histogram.sum -= self.sum;
    }

    /// All that was counted, infinite ones included.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.finite + self.infinite
    }

    /// Those that were never answered.
    #[must_use]
    pub const fn infinite(&self) -> u64 {
        self.infinite
    }

    /// The mean of the finite values, nanoseconds; `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum as f64 / self.finite as f64)
    }

    /// The greatest finite value, exactly, nanoseconds; `None` without any.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        (self.finite > 0).then_some(self.max)
    }

    /// As [`Histogram::quantile`].
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Quantile> {
        let counts = self.buckets.iter().map(|(bucket, count)| (usize::from(*bucket), u64::from(*count)));
        quantile(counts, (self.finite, self.infinite, self.max), q)
    }
}
