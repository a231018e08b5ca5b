//! Standard normal and exponential draws by the ziggurat method (Marsaglia and Tsang 2000, with Doornik's 2005 cure for
//! correlated bits). Written here because the common crates reach `exp` and `ln` of the C library, whose last bit depends
//! on the processor; the tables and the rare tails use `libm` and are the same everywhere.

use super::{Rng, fraction, unit};
use std::sync::LazyLock;

const LAYERS: usize = 256;

/// Layer boundaries `x[i]` (falling, `x[0]` is the virtual width of the base layer) and the density there.
struct Table {
    x: [f64; LAYERS + 1],
    f: [f64; LAYERS + 1],
}

impl Table {
    /// `r`: start of the tail; `v`: area of each layer; `inverse`: density to abscissa.
    fn new(r: f64, v: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Self {
        let (mut x, mut f) = ([0.0; LAYERS + 1], [0.0; LAYERS + 1]);
        x[0] = v / density(r);
        x[1] = r;
        for i in 2..LAYERS {
            x[i] = inverse(v / x[i - 1] + density(x[i - 1]));
        }
        for i in 0..=LAYERS {
            f[i] = density(x[i]);
        }
        Self { x, f }
    }
}

const NORMAL_R: f64 = 3.654_152_885_361_009;
const EXPONENTIAL_R: f64 = 7.697_117_470_131_05;

static NORMAL: LazyLock<Table> = LazyLock::new(|| {
    Table::new(NORMAL_R, 0.004_928_673_233_992_336, |x| libm::exp(-0.5 * x * x), |y| (-2.0 * libm::log(y)).sqrt())
});
static EXPONENTIAL: LazyLock<Table> =
    LazyLock::new(|| Table::new(EXPONENTIAL_R, 0.003_949_659_822_581_557, |x| libm::exp(-x), |y| -libm::log(y)));

/// A draw from N(0, 1).
#[inline]
pub fn normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    let table = &*NORMAL;
    let (layer, u, x) = normal_point(rng, table);
    if x.abs() < table.x[layer + 1] { x } else { normal_at_edge(rng, table, (layer, u, x)) }
}

/// A layer, and a point in it: as a part of its width, -1 to 1, and itself.
#[inline]
fn normal_point<R: Rng + ?Sized>(rng: &mut R, table: &Table) -> (usize, f64, f64) {
    let bits = rng.next_u64();
    let layer = (bits & 0xff) as usize;
    let u = 2.0 * fraction(bits) - 1.0;
    (layer, u, u * table.x[layer])
}

/// One draw in a hundred: a point that does not lie in the layer above, too. Apart, so that the others stay small.
#[cold]
fn normal_at_edge<R: Rng + ?Sized>(rng: &mut R, table: &Table, mut point: (usize, f64, f64)) -> f64 {
    loop {
        let (layer, u, x) = point;
        if x.abs() < table.x[layer + 1] {
            return x;
        }
        if layer == 0 {
            return normal_tail(rng, u < 0.0);
        }
        if table.f[layer] + unit(rng) * (table.f[layer + 1] - table.f[layer]) < libm::exp(-0.5 * x * x) {
            return x;
        }
        point = normal_point(rng, table);
    }
}

#[cold]
fn normal_tail<R: Rng + ?Sized>(rng: &mut R, negative: bool) -> f64 {
    loop {
        let x = libm::log(1.0 - unit(rng)) / NORMAL_R;
        let y = libm::log(1.0 - unit(rng));
        if -2.0 * y >= x * x {
            return if negative { x - NORMAL_R } else { NORMAL_R - x };
        }
    }
}

/// A draw from the exponential distribution with mean 1.
#[inline]
pub fn exponential<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    let table = &*EXPONENTIAL;
    let (layer, x) = exponential_point(rng, table);
    if x < table.x[layer + 1] { x } else { exponential_at_edge(rng, table, (layer, x)) }
}

/// A layer, and a point in it.
#[inline]
fn exponential_point<R: Rng + ?Sized>(rng: &mut R, table: &Table) -> (usize, f64) {
    let bits = rng.next_u64();
    let layer = (bits & 0xff) as usize;
    (layer, fraction(bits) * table.x[layer])
}

/// As [`normal_at_edge`].
#[cold]
fn exponential_at_edge<R: Rng + ?Sized>(rng: &mut R, table: &Table, mut point: (usize, f64)) -> f64 {
    loop {
        let (layer, x) = point;
        if x < table.x[layer + 1] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_R - libm::log(1.0 - unit(rng));
        }
        if table.f[layer] + unit(rng) * (table.f[layer + 1] - table.f[layer]) < libm::exp(-x) {
            return x;
        }
        point = exponential_point(rng, table);
    }
}
