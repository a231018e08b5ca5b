//! Where a request comes from, and which region it is sent to for that: what users told with their consent decides, else the
//! country of their address; where neither says anything, the connection does. Residency goes by keys and sites alone, so that no
//! location, true or false, ever widens it. Knows no network: how near a region is was measured before.

use super::catalog::Catalog;
use super::flight::Course;
use super::io::Out;
use crate::geo::{Located, Locator};
use crate::kms::{Asked, ClassId, CountryId, Fact, LocationFact, Misled, PopulationId, RegionId, Slip};
use std::sync::Arc;

/// How users are located.
#[derive(Clone, Debug)]
pub struct Location {
    /// The database of countries by address.
    pub locator: Arc<Locator>,
    /// By class, then country: the region whose keys the users of that country have.
    pub regions: Vec<Vec<RegionId>>,
}

/// Where a request is sent for what it says of the place that it comes from.
#[inline(never)]
pub(super) fn course(asked: Asked, population: PopulationId, catalog: &Catalog, out: &mut Out) -> Course {
    let entry = &catalog.populations[population.index()];
    let origin = &catalog.origins[entry.origin.index()];
    let (Some(location), Some(country)) = (&catalog.location, origin.country) else { return Course::Right };
    let class = catalog.loads[entry.load.index()].class;
    let caller = Caller { population, country, class, home: origin.home };
    location.astray(asked, caller, out).map_or(Course::Right, Course::Astray)
}

/// The country of the address that a request came from, for rules: no VPN is seen through.
#[inline]
pub(super) fn country(asked: Asked, catalog: &Catalog) -> Option<CountryId> {
    match catalog.location.as_ref()?.locator.locate(asked.address) {
        Located::Country(country) => Some(country),
        Located::Private | Located::Unknown => None,
    }
}

/// Who asks, as the origin knows it.
#[derive(Clone, Copy, Debug)]
struct Caller {
    population: PopulationId,
    /// The country that the origin is in.
    country: CountryId,
    /// The class of the key, and the region where the keys of these callers are.
    class: ClassId,
    home: RegionId,
}

impl Location {
    /// The region that a request is sent to when it is not that of its key: `None` where it is, and where nothing is known.
    #[inline]
    fn astray(&self, asked: Asked, caller: Caller, out: &mut Out) -> Option<RegionId> {
        let found = self.locator.locate(asked.address);
        if asked.told.is_none() && found == Located::Country(caller.country) {
            return None;
        }
        self.decide(asked, found, caller, out)
    }

    /// As [`Self::astray`], where there is more to say than that the address is one of the origin's country.
    #[inline(never)]
    fn decide(&self, asked: Asked, found: Located, caller: Caller, out: &mut Out) -> Option<RegionId> {
        let Caller { population, class, .. } = caller;
        let told = asked.told.filter(|told| told.consent).map(|told| told.country);
        let by_address = match found {
            Located::Country(country) => Some(country),
            Located::Private | Located::Unknown => None,
        };
        if let (Some(told), Some(by_address)) = (told, by_address)
            && told != by_address
        {
            out.fact(Fact::Location(LocationFact::Contradiction { population, told, by_address }));
        }
        let Some(country) = told.or(by_address) else {
            let private = found == Located::Private;
            out.fact(Fact::Location(LocationFact::Unknown { population, private }));
            return None;
        };
        if country == caller.country {
            return None;
        }
        let region = self.regions[class.index()][country.index()];
        let astray = region != caller.home;
        let misled = match (told, asked.slip) {
            (Some(_), _) => Misled::Told,
            (None, Slip::Vpn) => Misled::Vpn,
            (None, Slip::Roaming) => Misled::Roaming,
            (None, Slip::Stale) => Misled::Stale,
            (None, Slip::None | Slip::Hidden) => Misled::Database,
        };
        out.fact(Fact::Location(LocationFact::Wrong { population, country, misled, astray }));
        astray.then_some(region)
    }
}
