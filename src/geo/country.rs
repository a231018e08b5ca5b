//! Countries and groups of countries, as residency rules and user numbers need them. Does not know who may send what where.
//! Source: `datasets/countries.csv` (GeoNames, ITU).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::table;
use crate::kms::{Badge, CountryId};

/// A country or territory of ISO 3166-1 (and Kosovo, `XK`).
#[derive(Clone, Debug, PartialEq)]
pub struct Country {
    /// Alpha-2 code.
    pub iso2: &'static str,
    /// Alpha-3 code.
    pub iso3: &'static str,
    /// English name.
    pub name: &'static str,
    /// Inhabitants (GeoNames, mostly of 2018).
    pub population: u64,
    /// Share of them that uses the Internet, 0 to 1 (ITU 2023 by region, or a rounded national figure).
    pub internet_share: f64,
    /// Degrees north of the centre of its urban population.
    pub lat: f64,
    /// Degrees east of the centre of its urban population.
    pub lon: f64,
    /// The IANA zone most of its urban population lives in.
    pub zone: &'static str,
    /// `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`.
    pub continent: &'static str,
    /// Groups it belongs to, sorted: `EU`, `EEA`, ...
    pub groups: Vec<&'static str>,
    /// Of the internet share.
    pub internet_badge: Badge,
}

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    table::rows(
        include_str!("../../datasets/countries.csv"),
        |[iso2, iso3, name, population, share, lat, lon, zone, continent, groups, badge]| {
            Some(Country {
                iso2,
                iso3,
                name,
                population: population.parse().ok()?,
                internet_share: share.parse().ok()?,
                lat: lat.parse().ok()?,
                lon: lon.parse().ok()?,
                zone,
                continent,
                groups: groups.split(';').filter(|group| !group.is_empty()).collect(),
                internet_badge: table::badge(badge)?,
            })
        },
    )
});

/// By the two letters of the code.
static BY_CODE: LazyLock<[Option<u8>; 26 * 26]> = LazyLock::new(|| {
    let mut by_code = [None; 26 * 26];
    for (at, country) in (0..=u8::MAX).zip(COUNTRIES.iter()) {
        by_code[letters(country.iso2).expect("a code has two letters")] = Some(at);
    }
    by_code
});

/// A number for a code of two letters, in whatever case.
fn letters(code: &str) -> Option<usize> {
    let &[a, b] = code.as_bytes() else { return None };
    let letter = |c: u8| c.is_ascii_alphabetic().then(|| usize::from(c.to_ascii_uppercase() - b'A'));
    Some(letter(a)? * 26 + letter(b)?)
}

/// All countries, by code.
#[must_use]
pub fn countries() -> &'static [Country] {
    &COUNTRIES
}

/// The country with this alpha-2 code, in whatever case.
#[must_use]
pub fn country(iso2: &str) -> Option<&'static Country> {
    BY_CODE[letters(iso2)?].map(|at| &COUNTRIES[usize::from(at)])
}

/// The index of the country with this alpha-2 code in [`countries`], in whatever case.
#[must_use]
pub fn country_id(iso2: &str) -> Option<CountryId> {
    BY_CODE[letters(iso2)?].map(CountryId)
}

/// Whether the country with this alpha-2 code belongs to `group` (`EU`, `EEA`, `EFTA`, ...); false when either is unknown.
#[must_use]
pub fn in_group(iso2: &str, group: &str) -> bool {
    country(iso2).is_some_and(|country| country.groups.iter().any(|known| known.eq_ignore_ascii_case(group)))
}

/// All groups of countries, sorted.
#[must_use]
pub fn groups() -> Vec<&'static str> {
    COUNTRIES.iter().flat_map(|country| country.groups.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect()
}
