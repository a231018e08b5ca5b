//! Known places: regions of cloud providers, at the coordinates of their metro, and cities. Does not know what stands there.
//! Source: `datasets/places.csv` (GeoNames, providers' lists of regions).

use std::borrow::Cow;
use std::sync::LazyLock;

use super::table;
use crate::kms::Badge;

/// A text of the data set, or a scenario's own.
pub type Text = Cow<'static, str>;

/// A place a site or a caller can be at.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// `aws:us-east-1`, `azure:westeurope`, or a city by its plain name: `Sao Paulo`.
    pub id: Text,
    /// For people, with accents: `São Paulo`.
    pub name: Text,
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lon: f64,
    /// ISO 3166-1 alpha-2.
    pub country: Text,
    /// IANA time zone.
    pub zone: Text,
    /// `aws`, `azure`, `gcp`, `ibm`, or `city` where it is no provider's.
    pub provider: Text,
    /// The id of the city whose coordinates these are.
    pub metro: Text,
    /// Assumed where the provider names a state or country only.
    pub badge: Badge,
    /// Where the place is published.
    pub source: Text,
}

static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    table::rows(
        include_str!("../../datasets/places.csv"),
        |[id, name, lat, lon, country, zone, provider, metro, badge, source]| {
            let (lat, lon) = (lat.parse().ok()?, lon.parse().ok()?);
            Some(Place {
                id: id.into(),
                name: name.into(),
                lat,
                lon,
                country: country.into(),
                zone: zone.into(),
                provider: provider.into(),
                metro: metro.into(),
                badge: table::badge(badge)?,
                source: source.into(),
            })
        },
    )
});

/// All places: the regions by provider, then the cities by name.
#[must_use]
pub fn places() -> &'static [Place] {
    &PLACES
}

/// The place with this id, in whatever case.
#[must_use]
pub fn place(id: &str) -> Option<&'static Place> {
    PLACES.iter().find(|place| place.id.eq_ignore_ascii_case(id))
}
