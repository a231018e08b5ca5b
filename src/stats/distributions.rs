//! Quantiles of the normal, Student and beta distributions, on `libm` alone: the common crates reach the C library's `ln` and
//! `exp`, whose last bit depends on the processor, and would make result files differ between machines.

use std::f64::consts::PI;

/// The x below which a standard normal variable stays with probability `p`; infinite at 0 and 1, NaN outside.
/// Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37; relative error about 1e-16.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRE_A, r) / polynomial(&CENTRE_B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let x = if tail == 0.0 {
        f64::INFINITY
    } else if r <= 5.0 {
        polynomial(&MIDDLE_C, r - 1.6) / polynomial(&MIDDLE_D, r - 1.6)
    } else {
        polynomial(&FAR_E, r - 5.0) / polynomial(&FAR_F, r - 5.0)
    };
    x.copysign(q)
}

/// Coefficients rise with the power.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const CENTRE_A: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_B: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const MIDDLE_C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const MIDDLE_D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_F: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// The t below which a Student variable with `degrees` (> 0) of freedom stays with probability `p`; infinite at 0 and 1, NaN outside.
/// By its relation to the incomplete beta function, DLMF 8.17 and Abramowitz and Stegun 26.5.27; relative error below 1e-11.
#[must_use]
pub fn student_t_quantile(p: f64, degrees: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || degrees.is_nan() || degrees <= 0.0 {
        return f64::NAN;
    }
    let tails = 2.0 * p.min(1.0 - p);
    // Solve for whichever of x and 1 - x is small, so that the other loses no digits.
    let square = if tails < 0.5 {
        let x = beta_quantile(tails, 0.5 * degrees, 0.5);
        (1.0 - x) / x
    } else {
        let x = beta_quantile(1.0 - tails, 0.5, 0.5 * degrees);
        x / (1.0 - x)
    };
    (degrees * square).sqrt().copysign(p - 0.5)
}

/// The regularised incomplete beta function I_x(a, b) for a, b > 0: the probability that a beta variable is at most `x`.
/// Continued fraction DLMF 8.17.22, evaluated by Lentz's method as modified by Thompson and Barnett 1986; relative error about
/// 1e-13, growing to 1e-11 for a and b of 10^9, because its factor is a binomial density in Loader's form.
#[must_use]
pub fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        // The fraction converges fast only below the mean: I_x(a, b) = 1 - I_{1-x}(b, a).
        return 1.0 - power_term(a, b, x) / b * fraction(b, a, 1.0 - x);
    }
    power_term(a, b, x) / a * fraction(a, b, x)
}

/// The x with I_x(a, b) = `p` for a, b > 0: Newton's method in a shrinking bracket, halved where Newton leaves it.
#[must_use]
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    // Halving alone needs 1074 steps to the least double; Newton takes over long before.
    for _ in 0..1100 {
        let error = incomplete_beta(a, b, x) - p;
        if error == 0.0 {
            break;
        }
        if error < 0.0 {
            low = x
        } else {
            high = x
        }
        let density = power_term(a, b, x) / (x * (1.0 - x));
        let newton = x - error / density;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 * x || next <= low || next >= high {
            return next;
        }
        x = next;
    }
    x
}

/// x^a (1-x)^b / B(a, b).
fn power_term(a: f64, b: f64, x: f64) -> f64 {
    let n = a + b;
    if a < 1.0 || b < 1.0 || n < 30.0 {
        let beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(n);
        return libm::exp(a * libm::log(x) + b * libm::log1p(-x) - beta);
    }
    // The logarithms of gamma cancel to nothing for large a and b; Loader 2000 ("Fast and accurate computation of binomial
    // probabilities") takes Stirling's main terms out: with k = a of n trials, the density times a b / n.
    let exponent =
        stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * (1.0 - x));
    libm::exp(exponent) * (a * b / (2.0 * PI * n)).sqrt()
}

/// ln Gamma(n + 1) minus Stirling's formula, for n >= 1.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * libm::log(n) + n - 0.5 * libm::log(2.0 * PI);
    }
    let s = 1.0 / (n * n);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s / 1188.0)))) / n
}

/// x ln(x / m) + m - x without cancellation near x = m (Loader's bd0).
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) - difference;
    }
    let v = difference / (x + m);
    let (mut sum, mut term) = (difference * v, 2.0 * x * v);
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The continued fraction of I_x(a, b), without its factor.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |y: f64| if y.abs() < TINY { TINY } else { y };
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut value) = (1.0, d);
    // It takes about sqrt(max(a, b)) steps; the bound is for a and b of 10^10.
    for m in 1..200_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}
