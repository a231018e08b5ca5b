//! Which of n keys a request is about: by Zipf's law or all alike, from one 64-bit draw in constant time. The alias method of
//! Walker (ACM Transactions on Mathematical Software 3(3), 1977) in the construction of Vose (IEEE Transactions on Software
//! Engineering 17(9), 1991). Knows ranks only, not keys.

use std::sync::Arc;

/// How often each of n keys is asked for. A clone shares the table.
#[derive(Clone, Debug)]
pub struct Popularity {
    n: u32,
    /// `None` when all keys are alike.
    columns: Option<Arc<[Column]>>,
}

/// One of n equally likely columns: the key itself when the coin is below `threshold` (of 2^32), else `alias`.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    threshold: u32,
    alias: u32,
}

impl Popularity {
    /// All of `n` keys alike.
    ///
    /// # Panics
    /// When `n` is zero.
    #[must_use]
    pub fn uniform(n: u32) -> Self {
        assert!(n > 0, "there must be a key to pick");
        Self { n, columns: None }
    }

    /// Zipf's law over `n` keys: key r (from 0) has the weight (r + 1)^-s. Eight bytes a key; a key's probability is met
    /// within 2^-32, the resolution of the thresholds, however many columns lead to it.
    ///
    /// # Panics
    /// When `n` is zero, or `s` negative or not finite.
    #[must_use]
    pub fn zipf(n: u32, s: f64) -> Self {
        assert!(s.is_finite() && s >= 0.0, "a Zipf exponent of {s}");
        if s == 0.0 {
            return Self::uniform(n);
        }
        let raw = |rank: u32| libm::pow(f64::from(rank) + 1.0, -s);
        // From the smallest weight on, so that the many small ones are not rounded away.
        let mean = (0..n).rev().map(raw).sum::<f64>() / f64::from(n);
        let columns = sweep(n, |rank| raw(rank) / mean);
        Self { columns: Some(columns.into()), ..Self::uniform(n) }
    }

    /// Number of keys.
    #[must_use]
    pub const fn n(&self) -> u32 {
        self.n
    }

    /// The key, 0 for the most popular, that these 64 random bits pick.
    #[inline]
    #[must_use]
    pub fn pick(&self, bits: u64) -> u32 {
        // The whole part of the draw times n is the column; its fraction is as good as new and is the coin.
        let product = u128::from(bits) * u128::from(self.n);
        let column = (product >> 64) as u32;
        let Some(columns) = &self.columns else { return column };
        let coin = (product >> 32) as u32;
        let Column { threshold, alias } = columns[column as usize];
        if coin < threshold { column } else { alias }
    }
}

/// Vose's construction for weights of mean 1 that never rise: the two work lists are then the two ends of the ranks, and
/// no memory is needed beside the table.
fn sweep(n: u32, weight: impl Fn(u32) -> f64) -> Vec<Column> {
    let mut columns: Vec<Column> = (0..n).map(|rank| Column { threshold: u32::MAX, alias: rank }).collect();
    let below = |weight: f64| (weight * 4_294_967_296.0 + 0.5) as u32;
    // Ranks before `heavy` have their column, as have those between the first light one and `light`.
    let (mut heavy, mut left) = (0, weight(0));
    let mut light = (0..n).find(|rank| weight(*rank) < 1.0).unwrap_or(n);
    let lightest_heavy = light;
    while heavy < lightest_heavy {
        if left < 1.0 {
            // What is left of a heavy rank does not fill a column: the next heavy one does. The last one keeps its column,
            // since what it lacks is rounding.
            if heavy + 1 == lightest_heavy {
                break;
            }
            columns[heavy as usize] = Column { threshold: below(left), alias: heavy + 1 };
            left += weight(heavy + 1) - 1.0;
            heavy += 1;
        } else if light < n {
            let weight = weight(light);
            columns[light as usize] = Column { threshold: below(weight), alias: heavy };
            left += weight - 1.0;
            light += 1;
        } else {
            break;
        }
    }
    columns
}
