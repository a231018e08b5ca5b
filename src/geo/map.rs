//! The outline of the land for a small map. Source: `datasets/land.csv` (Natural Earth at 1:110 million, public domain).

use std::sync::LazyLock;

use super::table;

static LAND: LazyLock<Vec<Vec<(f64, f64)>>> = LazyLock::new(|| {
    table::rows(include_str!("../../datasets/land.csv"), |[_ring, points]| {
        let numbers: Vec<f64> = points.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        numbers.len().is_multiple_of(2).then(|| numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    })
});

/// Closed rings of (longitude, latitude) in degrees, the last point equal to the first; inland seas are rings too.
#[must_use]
pub fn land() -> &'static [Vec<(f64, f64)>] {
    &LAND
}
