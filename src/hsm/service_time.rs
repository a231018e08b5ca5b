//! How long one engine of a device works on one operation, as a distribution. Knows no queue, no device and no operation.

use crate::rng::{Rng, exponential, lognormal, normal, unit};
use crate::time::Span;
use serde::{Deserialize, Serialize};

/// The family of a service time that is given by mean and coefficient of variation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// Always the mean.
    Constant,
    /// Without memory; its coefficient of variation is 1.
    Exponential,
    /// Many small delays that multiply; the usual fit of measured service times.
    Lognormal,
    /// Stages in sequence for a coefficient of variation below 1, bursts above.
    Gamma,
}

/// A distribution of service times. All parameters are in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum ServiceTime {
    /// Always this long.
    Constant(Span),
    /// Exponential.
    Exponential {
        /// Nanoseconds, above 0.
        mean: f64,
    },
    /// median · exp(sigma Z) nanoseconds, Z standard normal.
    Lognormal {
        /// Nanoseconds, above 0.
        median: f64,
        /// Standard deviation of the logarithm, above 0.
        sigma: f64,
    },
    /// Gamma.
    Gamma {
        /// 1 / cv^2, above 0.
        shape: f64,
        /// Nanoseconds, above 0.
        scale: f64,
    },
    /// Straight lines between known quantiles.
    Empirical(Quantiles),
}

/// An inverse distribution function by linear interpolation; flat below the first and above the last level given.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    /// (level, nanoseconds): levels strictly rise from 0 to 1, times never fall.
    points: Vec<(f64, f64)>,
}

impl Quantiles {
    /// From (level, time) pairs: at least two, levels strictly rising within 0 to 1, times not falling. What lies beyond the last level
    /// takes its time, so give level 1 (the longest time seen) where the tail matters.
    ///
    /// # Errors
    /// A sentence that says which of these does not hold.
    pub fn new(points: &[(f64, Span)]) -> Result<Self, &'static str> {
        if points.len() < 2 {
            return Err("needs at least two quantiles");
        }
        if points.iter().any(|(level, _)| !(0.0..=1.0).contains(level)) {
            return Err("a level must lie within 0 to 1");
        }
        if points.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
            return Err("levels must rise");
        }
        if points.windows(2).any(|pair| pair[0].1 > pair[1].1) {
            return Err("times must not fall as levels rise");
        }
        let mut points: Vec<(f64, f64)> = points.iter().map(|(level, time)| (*level, time.0 as f64)).collect();
        let (first, last) = (points[0], points[points.len() - 1]);
        if last.1 <= 0.0 {
            return Err("the longest time must be longer than zero");
        }
        if first.0 > 0.0 {
            points.insert(0, (0.0, first.1));
        }
        if last.0 < 1.0 {
            points.push((1.0, last.1));
        }
        Ok(Self { points })
    }

    #[inline]
    fn at(&self, level: f64) -> f64 {
        let after = self.points.partition_point(|point| point.0 <= level).clamp(1, self.points.len() - 1);
        let ((low, from), (high, to)) = (self.points[after - 1], self.points[after]);
        from + (to - from) * (level - low) / (high - low)
    }

    /// The integral over all levels of `moment(from, to)`, the mean of a power on a straight line.
    fn integral(&self, moment: fn(f64, f64) -> f64) -> f64 {
        self.points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * moment(pair[0].1, pair[1].1)).sum()
    }
}

impl ServiceTime {
    /// A distribution by its mean (above zero) and coefficient of variation `cv` (standard deviation / mean, at least 0), which
    /// [`Distribution::Constant`] and [`Distribution::Exponential`] ignore. A `cv` of 0 is constant.
    #[must_use]
    pub fn new(distribution: Distribution, mean: Span, cv: f64) -> Self {
        let (mean_ns, scv) = (mean.0 as f64, cv * cv);
        match distribution {
            Distribution::Exponential => Self::Exponential { mean: mean_ns },
            Distribution::Constant => Self::Constant(mean),
            _ if scv <= 0.0 => Self::Constant(mean),
            Distribution::Lognormal => {
                let variance = libm::log1p(scv);
                Self::Lognormal { median: mean_ns * libm::exp(-0.5 * variance), sigma: variance.sqrt() }
            }
            Distribution::Gamma => Self::Gamma { shape: 1.0 / scv, scale: mean_ns * scv },
        }
    }

    /// One service time.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Span {
        let nanoseconds = match self {
            Self::Constant(span) => return *span,
            Self::Exponential { mean } => mean * exponential(rng),
            Self::Lognormal { median, sigma } => lognormal(rng, *median, *sigma),
            Self::Gamma { shape, scale } => scale * gamma(*shape, rng),
            Self::Empirical(quantiles) => quantiles.at(unit(rng)),
        };
        Span::rounded(nanoseconds)
    }

    /// Mean in seconds.
    #[must_use]
    pub fn mean_s(&self) -> f64 {
        let nanoseconds = match self {
            Self::Constant(span) => span.0 as f64,
            Self::Exponential { mean } => *mean,
            Self::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Empirical(quantiles) => quantiles.integral(|from, to| 0.5 * (from + to)),
        };
        nanoseconds / 1e9
    }

    /// Mean, rounded to the nanosecond.
    #[must_use]
    pub fn mean(&self) -> Span {
        Span::from_secs_f64(self.mean_s())
    }

    /// Squared coefficient of variation: variance / mean^2.
    #[must_use]
    pub fn scv(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Lognormal { sigma, .. } => libm::expm1(sigma * sigma),
            Self::Gamma { shape, .. } => 1.0 / shape,
            Self::Empirical(quantiles) => {
                let mean = quantiles.integral(|from, to| 0.5 * (from + to));
                let square = quantiles.integral(|from, to| (from * from + from * to + to * to) / 3.0);
                (square / (mean * mean) - 1.0).max(0.0)
            }
        }
    }
}

/// A gamma draw of scale 1 (Marsaglia and Tsang 2000, ACM TOMS 26), here because the common crates draw it with the C library's `ln`.
fn gamma<R: Rng + ?Sized>(shape: f64, rng: &mut R) -> f64 {
    if shape < 1.0 {
        let boost = libm::pow(1.0 - unit(rng), 1.0 / shape);
        return boost * gamma(shape + 1.0, rng);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let (u, square) = (unit(rng), x * x);
        if u < 1.0 - 0.0331 * square * square || libm::log(u) < 0.5 * square + d * (1.0 - v + libm::log(v)) {
            return d * v;
        }
    }
}
