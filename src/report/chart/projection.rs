//! Longitude and latitude on a small map: equirectangular, cropped to what is shown. Knows nothing of traffic.

use crate::report::geometry::clip;
use crate::report::scene::Point;

/// The part of the world that is shown, and where it is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
    left: f64,
    top: f64,
    /// Logical pixels per degree of longitude and of latitude.
    scale: (f64, f64),
}

/// At least so many degrees are shown, so that the coast tells where one is.
const LEAST: (f64, f64) = (50.0, 26.0);
const MARGIN: f64 = 9.0;

impl Window {
    /// Crops the world to `places` (longitude, latitude) and fits it into a width; its height follows.
    pub(super) fn around(places: &[(f64, f64)], left: f64, top: f64, width: f64) -> Self {
        let start = gap_end(places);
        let lons = places.iter().map(|p| (p.0 - start).rem_euclid(360.0) + start);
        let (west, east) = widen(lons.clone().fold(f64::MAX, f64::min), lons.fold(f64::MIN, f64::max), LEAST.0);
        let (south, north) = widen(
            places.iter().map(|p| p.1).fold(f64::MAX, f64::min),
            places.iter().map(|p| p.1).fold(f64::MIN, f64::max),
            LEAST.1,
        );
        let (south, north) = (south.max(-85.0), north.min(85.0));
        let east = if east - west > 360.0 { west + 360.0 } else { east };
        // True shape in the middle of the map.
        let middle = f64::midpoint(south, north).to_radians();
        let across = width / (east - west);
        Self { west, east, south, north, left, top, scale: (across, across / libm::cos(middle).max(0.5)) }
    }

    /// Height of the map in logical pixels.
    pub(super) fn height(&self) -> f64 {
        (self.north - self.south) * self.scale.1
    }

    /// Where a place is drawn.
    pub(super) fn place(&self, (lon, lat): (f64, f64)) -> Point {
        let lon = (lon - self.west).rem_euclid(360.0);
        (self.left + lon * self.scale.0, self.top + (self.north - lat) * self.scale.1)
    }

    /// A ring of land as polygons within the window.
    pub(super) fn land(&self, ring: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let ring = unwrap(ring);
        let mut out = Vec::new();
        for turn in [-360.0, 0.0, 360.0] {
            let moved: Vec<Point> = ring.iter().map(|(lon, lat)| (lon + turn, *lat)).collect();
            let part = clip(&moved, (self.west, self.south), (self.east, self.north));
            if part.len() > 2 {
                let x = |lon: f64| self.left + (lon - self.west) * self.scale.0;
                let y = |lat: f64| self.top + (self.north - lat) * self.scale.1;
                out.push(part.into_iter().map(|(lon, lat)| (x(lon), y(lat))).collect());
            }
        }
        out
    }
}

/// The longitude after the widest stretch without a place; −180 unless cutting elsewhere saves a third of the width.
fn gap_end(places: &[(f64, f64)]) -> f64 {
    let mut lons: Vec<f64> = places.iter().map(|p| (p.0 + 180.0).rem_euclid(360.0) - 180.0).collect();
    lons.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (lons.first(), lons.last()) else { return -180.0 };
    let inner = lons.windows(2).map(|w| (w[1] - w[0], w[1]));
    let widest = inner.fold((0.0, -180.0), |best: (f64, f64), c| if c.0 > best.0 { c } else { best });
    if 360.0 - widest.0 < (last - first) * 2.0 / 3.0 { widest.1 } else { -180.0 }
}

/// The ring without jumps across the date line, so that an island there is not drawn around the world. Rings about a pole
/// stay as they are: their jump is their edge.
fn unwrap(ring: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if ring.iter().any(|p| p.1.abs() > 85.0) {
        return ring.to_vec();
    }
    let mut turns = 0.0;
    let mut before = None;
    ring.iter()
        .map(|&(lon, lat)| {
            let step: f64 = before.map_or(0.0, |b| lon - b);
            before = Some(lon);
            if step.abs() > 180.0 {
                turns -= step.signum();
            }
            (lon + 360.0 * turns, lat)
        })
        .collect()
}

fn widen(low: f64, high: f64, least: f64) -> (f64, f64) {
    let missing = (least - (high - low)).max(2.0 * MARGIN) / 2.0;
    (low - missing, high + missing)
}
