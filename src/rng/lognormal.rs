//! Lognormal draws, the most frequent of all: each message and most calls need one. Their exponential function is a table of
//! 2^(i/128) and a short polynomial (Tang, ACM TOMS 15(2), 1989): without a branch that depends on the draw, within 2e-14 of
//! the exact value, and of single additions and multiplications, so that it is the same on every machine.

use super::{Rng, normal};

const STEPS: usize = 128;
/// 2^(1/128).
const STEP: f64 = 1.005_429_901_112_802_7;
/// 128 / ln 2.
const STEPS_PER_UNIT: f64 = STEPS as f64 * std::f64::consts::LOG2_E;
/// ln 2 / 128 in two parts, the first with so few digits that its product with a step number is exact.
const STEP_LN_HIGH: f64 = f64::from_bits(0x3f76_2e42_0000_0000);
const STEP_LN_LOW: f64 = 3.710_410_186_743_494e-9;
/// Adding this rounds to a whole number, which then stands in the lowest bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Beyond this, results leave the range of normal numbers.
const LARGEST: f64 = 700.0;

const TABLE: [f64; STEPS] = table();

const fn table() -> [f64; STEPS] {
    let mut table = [1.0; STEPS];
    let mut i = 1;
    while i < STEPS {
        // By squares, so that errors do not pile up.
        table[i] = if i.is_multiple_of(2) { table[i / 2] * table[i / 2] } else { table[i - 1] * STEP };
        i += 1;
    }
    table
}

/// A draw from the lognormal distribution with this median, whose logarithm has the standard deviation `sigma`.
#[inline]
pub fn lognormal<R: Rng + ?Sized>(rng: &mut R, median: f64, sigma: f64) -> f64 {
    median * exp(sigma * normal(rng))
}

/// e^x.
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    if x.abs() >= LARGEST || x.is_nan() {
        return libm::exp(x);
    }
    let rounded = x * STEPS_PER_UNIT + ROUND;
    let step = rounded.to_bits() as i32;
    let steps = rounded - ROUND;
    let r = (x - steps * STEP_LN_HIGH) - steps * STEP_LN_LOW;
    let polynomial = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0)));
    let base = TABLE[step as usize % STEPS];
    let power = i64::from(step >> STEPS.ilog2()) << 52;
    f64::from_bits((base + base * polynomial).to_bits().wrapping_add_signed(power))
}
