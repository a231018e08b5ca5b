//! Regions and sites.

use super::{Context, Shelf, quota};
use crate::geo::{self, Place};
use crate::kms::{Badge, RegionId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Region, Site};
use crate::scenario::raw::{Either, RawPoint, RawRegion};

/// More would be a slip of the pen; ids are 16 bits wide.
const MOST_REGIONS: usize = 1024;
const MOST_SITES: usize = 4096;
const MOST_HSMS: u32 = 10_000;

/// Regions and sites with their names resolved.
pub(super) struct Fleet {
    pub(super) regions: Vec<Region>,
    pub(super) sites: Vec<Site>,
    /// In a broken scenario a region may be without sites.
    pub(super) sites_of: Vec<Vec<String>>,
}

impl Fleet {
    /// The region `id`, if it could be read.
    pub(super) fn region(&self, id: &str) -> Option<RegionId> {
        self.regions.iter().position(|region| region.id == id).map(|i| RegionId(i as u16))
    }

    /// The two regions of `us-eu`; region ids may contain hyphens themselves.
    pub(super) fn pair(&self, context: &mut Context<'_>, name: &str, path: &[&str]) -> Option<(RegionId, RegionId)> {
        let known = context.defined("region");
        let splits: Vec<(&str, &str)> = name
            .match_indices('-')
            .map(|(i, _)| (&name[..i], &name[i + 1..]))
            .filter(|(a, b)| known.contains(a) && known.contains(b))
            .collect();
        match splits[..] {
            [(a, b)] if a == b => {
                context.error(Code::WrongValue, path, "a link joins two regions, not one with itself");
                None
            }
            [(a, b)] => {
                let (a, b) = (self.region(a)?, self.region(b)?);
                Some((a.min(b), a.max(b)))
            }
            [] => {
                let pairs: Vec<String> = known
                    .iter()
                    .flat_map(|a| known.iter().filter(move |b| *b > a).map(move |b| format!("{a}-{b}")))
                    .collect();
                context.unknown("link", name, path, pairs.iter().map(String::as_str));
                None
            }
            _ => {
                context.error(Code::Conflict, path, format!("\"{name}\" may mean more than one pair of regions"));
                context.help("rename a region");
                None
            }
        }
    }
}

pub(super) fn check(context: &mut Context<'_>, shelf: &mut Shelf) -> Fleet {
    let raw = context.raw;
    let mut fleet = Fleet { regions: Vec::new(), sites: Vec::new(), sites_of: Vec::new() };
    if context.defined("region").is_empty() {
        context.error(Code::MissingKey, &["region"], "a fleet needs at least one region");
        context.help("for example `[region]` and `eu = { at = \"Frankfurt\", device = \"luna-a790\" }`");
    }
    if raw.region.len() > MOST_REGIONS {
        context.error(
            Code::Impossible,
            &["region"],
            format!("{} regions are more than {MOST_REGIONS}", raw.region.len()),
        );
        return fleet;
    }
    for (id, region) in &raw.region {
        let Some(place) = place(context, &region.at, &["region", id, "at"]) else { continue };
        fleet.regions.push(Region { id: id.clone(), place, partner: None });
        let region_id = RegionId((fleet.regions.len() - 1) as u16);
        let names = sites(context, shelf, (id, region), |site| fleet.sites.push(Site { region: region_id, ..site }));
        fleet.sites_of.push(names);
    }
    if fleet.sites.len() > MOST_SITES {
        context.error(Code::Impossible, &["region"], format!("{} sites are more than {MOST_SITES}", fleet.sites.len()));
    }
    for (id, region) in &raw.region {
        let (Some(partner), Some(own)) = (&region.partner, fleet.region(id)) else { continue };
        let path = ["region", id, "partner"];
        if partner == id {
            context.error(Code::WrongValue, &path, "a region cannot be its own partner");
        } else if context.knows("region", "region", partner, &path) {
            fleet.regions[own.index()].partner = fleet.region(partner);
        }
    }
    fleet
}

/// Hands each site of a region to `push` and gives their names within the region.
fn sites(
    context: &mut Context<'_>,
    shelf: &mut Shelf,
    (id, region): (&str, &RawRegion),
    mut push: impl FnMut(Site),
) -> Vec<String> {
    let named = !context.defined_sites(id).is_empty();
    if named && region.sites.is_some() {
        context.error(
            Code::Conflict,
            &["region", id, "sites"],
            "a region has either a number of `sites` or named ones",
        );
        context.help("take out `sites`, or the `site` table");
        return context.defined_sites(id);
    }
    let names: Vec<String> = if named {
        region.site.keys().cloned().collect()
    } else {
        let count = region.sites.unwrap_or(1);
        if !(1..=26).contains(&count) {
            context.error(Code::WrongValue, &["region", id, "sites"], format!("{count} is not between 1 and 26"));
            context.help("a region needs at least one site; name more than 26 in a `site` table");
            return Vec::new();
        }
        (b'a'..).take(count as usize).map(|letter| char::from(letter).to_string()).collect()
    };
    for name in &names {
        let own = region.site.get(name);
        let at = |key: &'static str, own_has: bool| match own_has {
            true => vec!["region", id, "site", name.as_str(), key],
            false => vec!["region", id, key],
        };
        let hsms = own.and_then(|site| site.hsms).or(region.hsms).unwrap_or(2);
        if !(1..=MOST_HSMS).contains(&hsms) {
            let path = at("hsms", own.is_some_and(|site| site.hsms.is_some()));
            context.error(Code::WrongValue, &path, format!("{hsms} HSMs are not between 1 and {MOST_HSMS}"));
        }
        let device = own.and_then(|site| site.device.as_ref()).or(region.device.as_ref());
        let path = at("device", own.is_some_and(|site| site.device.is_some()));
        let Some(device) = device else {
            context.error(
                Code::MissingKey,
                &path,
                format!("the site \"{name}\" has no `device`, and the region has none"),
            );
            context.help("for example `device = \"cloudhsm-hsm2m\"`");
            continue;
        };
        if let Some(profile) = shelf.index(context, device, &path) {
            let known = std::sync::Arc::clone(&shelf.profiles[profile].profile);
            let (hsms, weight, account) = quota::size(context, (id, region), name, (&known, hsms));
            push(Site { id: format!("{id}.{name}"), region: RegionId(0), profile, hsms, weight, account });
        }
    }
    names
}

/// A place by its name, or a point.
pub(super) fn place(context: &mut Context<'_>, at: &Either<String, RawPoint>, path: &[&str]) -> Option<Place> {
    match at {
        Either::Short(name) => {
            let known = geo::place(name);
            if known.is_none() {
                let ids = geo::places().iter().map(|place| place.id.as_ref());
                context.unknown("place", name, path, ids);
                if context.found.last().is_some_and(|last| last.suggestion.is_none()) {
                    context.help("a cloud region such as \"aws:us-east-1\", a city, or { lat, lon, country }");
                }
            }
            known.cloned()
        }
        Either::Long(point) => self::point(context, point, path),
    }
}

fn point(context: &mut Context<'_>, point: &RawPoint, path: &[&str]) -> Option<Place> {
    let under = |key: &'static str| [path, &[key]].concat();
    let mut right = true;
    for (key, value, most) in [("lat", point.lat, 90.0), ("lon", point.lon, 180.0)] {
        if !(value >= -most && value <= most) {
            context.error(Code::WrongValue, &under(key), format!("{value} is not between -{most} and {most} degrees"));
            right = false;
        }
    }
    let country = geo::country(&point.country);
    if country.is_none() {
        context.unknown("country", &point.country, &under("country"), geo::countries().iter().map(|c| c.iso2));
        context.help("use the two letters of ISO 3166-1, such as \"DE\" or \"GB\"");
    }
    let country = country?;
    let zone = match &point.zone {
        None => country.zone.into(),
        Some(name) if geo::Calendar::new(name, country.iso2, 0).is_some() => name.clone().into(),
        Some(name) => {
            let mut known: Vec<&str> = geo::countries().iter().map(|c| c.zone).collect();
            known.extend(geo::places().iter().map(|p| &*p.zone));
            known.sort_unstable();
            known.dedup();
            context.unknown("time zone", name, &under("zone"), known);
            if context.found.last().is_some_and(|last| last.suggestion.is_none()) {
                context.help(format!("use an IANA name such as \"{}\"", country.zone));
            }
            return None;
        }
    };
    right.then_some(Place {
        id: format!("{},{},{}", point.lat, point.lon, country.iso2).into(),
        name: "a point of the scenario".into(),
        lat: point.lat,
        lon: point.lon,
        country: country.iso2.into(),
        zone,
        provider: "city".into(),
        metro: "".into(),
        badge: Badge::Measured,
        source: "the scenario".into(),
    })
}
