//! How users are located: the database, how often it goes wrong, and in which region the keys of each country's users are.

use super::Context;
use super::demand::{from_country, may_stay};
use super::fleet::Fleet;
use crate::geo::{self, Locator};
use crate::kms::RegionId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::Location;
use crate::scenario::raw::{Either, RawLocation};
use crate::scenario::resolve::sha256;
use crate::scenario::source::DATABASE_BYTES;
use crate::time::Span;
use crate::units::Percent;
use std::sync::Arc;

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet) -> Option<Location> {
    let raw = match &context.raw.location {
        Some(Either::Short(_)) => return None,
        Some(Either::Long(raw)) => raw.clone(),
        None => RawLocation::default(),
    };
    if context.raw.load.values().all(|load| load.users.is_empty()) {
        if context.raw.location.is_some() {
            context.warn(&["location"], "nobody is located: no load has `users`");
            context.help("the callers of `from` and `history` are services, whose region is known");
        }
        return None;
    }
    let share = |given: Option<Percent>, usual: f64| given.map_or(usual, Percent::fraction);
    let location = Location {
        database: raw.database.as_deref().and_then(|name| database(context, name)),
        vpn: share(raw.vpn, 0.03),
        roaming: share(raw.roaming, 0.01),
        stale: share(raw.stale, 0.01),
        hidden: share(raw.hidden, 0.01),
        told: share(raw.told, 0.2),
        told_wrong: share(raw.told_wrong, 0.01),
        regions: regions(context, fleet),
    };
    let misplaced = location.vpn + location.roaming + location.stale + location.hidden;
    // A hair more than all is a sum of decimals.
    if misplaced > 1.0 + 1e-9 {
        let reason = "vpn, roaming, stale and hidden are more than all requests together";
        context.error(Code::Conflict, &["location"], reason);
        context.help("a request has one address: they add up to at most 100 %");
    }
    Some(location)
}

/// The scenario's own database.
fn database(context: &mut Context<'_>, name: &str) -> Option<Arc<Locator>> {
    let path = ["location", "database"];
    let bytes = match context.folder.read_bytes(name, ("mmdb", DATABASE_BYTES)) {
        Ok(bytes) => bytes,
        Err(reason) => {
            context.error(Code::File, &path, reason);
            return None;
        }
    };
    context.histories.insert(name.to_owned(), sha256(&bytes));
    match Locator::new(&bytes) {
        Ok(locator) => Some(Arc::new(locator)),
        Err(error) => {
            context.error(Code::File, &path, format!("\"{name}\" is no database of countries: {error}"));
            context.help("it is in MMDB format, and its records say country_code, country or country.iso_code");
            None
        }
    }
}

/// By class, then country: the region whose keys the users of that country have, as [`super::demand`] has it of those that ask.
fn regions(context: &Context<'_>, fleet: &Fleet) -> Vec<Vec<RegionId>> {
    let asked = |class: &str| context.raw.load.values().any(|load| !load.users.is_empty() && load.key == class);
    let round_trips: Vec<Vec<Span>> = geo::countries()
        .iter()
        .map(|country| {
            let place = from_country(country);
            fleet.regions.iter().map(|region| geo::rtt(&place, &region.place).span).collect()
        })
        .collect();
    let class = |(id, key): (&String, &crate::scenario::raw::RawKey)| {
        let regions = (0..fleet.regions.len()).filter(|i| {
            let region = &fleet.regions[*i];
            asked(id) && context.may_have_keys((id, key), fleet, &region.id) && may_stay(key, &region.place.country)
        });
        let regions: Vec<usize> = regions.collect();
        let nearest = |spans: &Vec<Span>| {
            let nearest = regions.iter().copied().min_by_key(|i| spans[*i]);
            nearest.map(|i| RegionId(i as u16))
        };
        round_trips.iter().filter_map(nearest).collect()
    };
    context.raw.key.iter().map(class).collect()
}
