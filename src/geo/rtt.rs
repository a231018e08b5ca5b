//! How far apart two places are, in kilometres and in round trips: the published matrix of provider measurements where it
//! covers both, else distance times an inflation by pair of continents. Knows no jitter, loss or last mile: those are `net`'s.
//! Sources: `datasets/rtt.csv`; for the inflation see [`rtt`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::country::country;
use super::place::{Place, place};
use super::table;
use crate::kms::Badge;
use crate::time::Span;

/// Mean radius of the Earth, km (IUGG).
const EARTH_RADIUS_KM: f64 = 6371.0088;
/// A metro of the matrix speaks for places this near, km.
const METRO_REACH_KM: f64 = 100.0;
/// Round trip in fibre along the great circle, ms per km: refractive index 1.468, so 204,000 km/s.
const FIBRE_MS_PER_KM: f64 = 2.0 / 204.0;
/// Equipment and local loops at both ends, ms. The published matrix fits about equally well with 0 to 3 ms; the fastest city
/// pairs within 100 km take 1.1 ms.
const ENDS_MS: f64 = 1.0;
/// Within one country traffic does not go round by other continents. Assumed.
const DOMESTIC_INFLATION: f64 = 2.0;
/// Where neither a published pair nor a city pair is known: public Internet above 1,000 km, median of 59,244 city pairs, 2018.
const OTHER_INFLATION: f64 = 2.02;

/// Round trip divided by the round trip in fibre along the great circle, by continents. First block: medians of the published
/// matrix, where it has three pairs or more; second: medians of city pairs on the public Internet, 2018 (Eurasia there is one
/// continent), which go round by other continents within South America and Africa; third: the one published pair there is.
const INFLATION: [(&str, &str, f64); 21] = [
    ("AS", "AS", 1.95),
    ("AS", "EU", 2.2),
    ("AS", "NA", 1.45),
    ("AS", "OC", 1.4),
    ("AS", "SA", 2.05),
    ("EU", "EU", 1.95),
    ("EU", "NA", 1.5),
    ("EU", "OC", 1.6),
    ("EU", "SA", 2.0),
    ("NA", "NA", 1.9),
    ("NA", "OC", 1.4),
    ("NA", "SA", 1.6),
    ("SA", "SA", 4.9),
    ("AF", "AF", 3.4),
    ("AF", "AS", 2.9),
    ("AF", "EU", 2.9),
    ("AF", "SA", 3.0),
    ("AF", "OC", 3.0),
    ("OC", "OC", 1.7),
    ("AF", "NA", 1.8),
    ("OC", "SA", 2.5),
];

/// A typical round trip between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// There and back.
    pub span: Span,
    /// Published when from the matrix, assumed when from distance.
    pub badge: Badge,
}

/// The published matrix: its metros from south to north, and the round trip between two of them, by number, with the row where
/// it stands.
struct Matrix {
    metros: Vec<&'static Place>,
    pairs: BTreeMap<(usize, usize), (usize, Span)>,
}

static MATRIX: LazyLock<Matrix> = LazyLock::new(|| {
    let rows = table::rows(include_str!("../../datasets/rtt.csv"), |[a, b, ms, _source, _as_of]| {
        let ms: f64 = ms.parse().ok()?;
        Some((place(a)?, place(b)?, Span::from_secs_f64(ms / 1e3)))
    });
    let mut metros: Vec<&'static Place> = rows.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
    metros.sort_by(|a, b| a.lat.total_cmp(&b.lat).then(a.id.cmp(&b.id)));
    metros.dedup_by(|a, b| a.id == b.id);
    let number = |metro: &Place| metros.iter().position(|known| known.id == metro.id).expect("each is among them");
    let mut pairs = BTreeMap::new();
    for (row, (a, b, span)) in rows.iter().enumerate() {
        let (a, b) = (number(a), number(b));
        pairs.entry((a.min(b), a.max(b))).or_insert((row, *span));
    }
    Matrix { metros, pairs }
});

/// Great-circle distance in km by the haversine formula; within 0.56 % of the geodesic.
#[must_use]
pub fn distance_km(a: &Place, b: &Place) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = libm::sin((lat_b - lat_a) / 2.0);
    let half_lon = libm::sin((b.lon - a.lon).to_radians() / 2.0);
    let h = half_lat * half_lat + libm::cos(lat_a) * libm::cos(lat_b) * half_lon * half_lon;
    2.0 * EARTH_RADIUS_KM * libm::asin(h.min(1.0).sqrt())
}

/// The round trip between two places, the same both ways. Published when each lies within 100 km of a metro of the matrix
/// (provider backbones, averages of 2017 to 2026, one row per pair), else `1 ms + inflation x 9.8 us/km x distance` with the
/// inflation of the two continents. In one metro this gives 1 ms; between zones of one region the caller knows better.
#[must_use]
pub fn rtt(a: &Place, b: &Place) -> RoundTrip {
    let (near_a, near_b) = (metros_near(a), metros_near(b));
    let measured =
        near_a.iter().flat_map(|one| near_b.iter().map(move |other| (one, other))).filter_map(|(one, other)| {
            let (row, span) = *MATRIX.pairs.get(&(one.0.min(other.0), one.0.max(other.0)))?;
            // Of equally near pairs the first row counts.
            Some(((one.1 + other.1, row), span))
        });
    match measured.min_by(|((x, i), _), ((y, j), _)| x.total_cmp(y).then(i.cmp(j))) {
        Some((_, span)) => RoundTrip { span, badge: Badge::Published },
        None => {
            let ms = ENDS_MS + inflation(a, b) * FIBRE_MS_PER_KM * distance_km(a, b);
            RoundTrip { span: Span::from_secs_f64(ms / 1e3), badge: Badge::Assumed }
        }
    }
}

/// The metros within reach of a place, by number, and how far away they are in km.
fn metros_near(a: &Place) -> Vec<(usize, f64)> {
    // A degree of latitude is longer than the reach: most metros are ruled out without a distance.
    let south = MATRIX.metros.partition_point(|metro| metro.lat < a.lat - 1.0);
    let band = MATRIX.metros.iter().enumerate().skip(south).take_while(|(_, metro)| metro.lat <= a.lat + 1.0);
    band.map(|(i, metro)| (i, distance_km(metro, a))).filter(|(_, km)| *km <= METRO_REACH_KM).collect()
}

/// The inflation of the path between two places.
fn inflation(a: &Place, b: &Place) -> f64 {
    let continent = |place: &Place| country(&place.country).map_or("", |country| country.continent);
    let (one, other) = (continent(a), continent(b));
    let known = INFLATION.iter().find(|(x, y, _)| (*x, *y) == (one, other) || (*x, *y) == (other, one));
    let factor = known.map_or(OTHER_INFLATION, |(_, _, factor)| *factor);
    if a.country == b.country { factor.min(DOMESTIC_INFLATION) } else { factor }
}
