//! Who asks where, how much, and in which region their keys are at home. Knows the classes only as written, because the split
//! of a class's keys depends on this demand.

use super::Context;
use super::fleet::Fleet;
use crate::geo::{self, Country, Place};
use crate::kms::{LoadId, OriginId, RegionId, TenantId};
use crate::load::{History, HistoryError};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Demand, Origin, Population, Region};
use crate::scenario::raw::{Either, RawKey, RawLoad};
use crate::scenario::resolve::sha256;
use crate::time::Span;
use std::path::Path;
use std::sync::Arc;

/// One-way delay of a user's last mile, beyond the path between places: assumed, half of the usual 20 ms of fixed access.
const LAST_MILE: Span = Span::from_millis(10);
/// Operations per second beyond which a figure is a mistake: no key service on earth comes near.
const MOST_RATE: f64 = 1e9;
const MOST_POPULATIONS: usize = 20_000;

/// Callers of one load at one place.
struct Callers {
    load: LoadId,
    class: String,
    at: At,
    home: RegionId,
    tenant: Option<TenantId>,
    demand: Demand,
}

#[derive(Clone, Copy)]
enum At {
    /// Calling services of this region.
    Region(RegionId),
    /// Users.
    Country(&'static Country),
}

/// All callers.
pub(super) struct Draft {
    callers: Vec<Callers>,
}

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet) -> Draft {
    let raw = context.raw;
    let mut draft = Draft { callers: Vec::new() };
    if context.defined("load").is_empty() {
        context.error(Code::MissingKey, &["load"], "there is nothing to do: no load");
        context.help(
            "for example `[load.pay]` with `from = { eu = \"100/s\" }`, `calls = [\"sign\"]`, `key = \"issuer\"`",
        );
    }
    for (index, (id, load)) in raw.load.iter().enumerate() {
        let found = Reader { context, fleet, id, load }.callers();
        let shares = tenants(context, id, load);
        for (at, home, demand) in found {
            draft.callers.extend(shares.iter().map(|(tenant, share)| Callers {
                load: LoadId(index as u16),
                class: load.key.clone(),
                at,
                home,
                tenant: *tenant,
                demand: part(&demand, *share),
            }));
        }
    }
    if draft.callers.len() > MOST_POPULATIONS || raw.load.len() > MOST_POPULATIONS {
        context.error(Code::Impossible, &["load"], format!("more than {MOST_POPULATIONS} pairs of load and place"));
        draft.callers.clear();
    }
    draft
}

/// The tenants on whose behalf a load asks, and their shares; nobody's in particular where there are none.
fn tenants(context: &mut Context<'_>, id: &str, load: &RawLoad) -> Vec<(Option<TenantId>, f64)> {
    let known = |context: &Context<'_>, name: &str| context.raw.tenant.keys().position(|tenant| tenant == name);
    let tenant = |place: Option<usize>| place.map(|place| TenantId(place as u8));
    let path = ["load", id, "tenant"];
    match &load.tenant {
        None => {
            if !context.defined("tenant").is_empty() && !context.is_broken(&path) {
                context.error(Code::MissingKey, &["load", id], "on whose behalf it asks is not said");
                context.help("`tenant = \"NAME\"`, or shares such as `tenant = { acme = \"70 %\", shop = \"30 %\" }`");
            }
            vec![(None, 1.0)]
        }
        Some(Either::Short(name)) => {
            context.knows("tenant", "tenant", name, &path);
            vec![(tenant(known(context, name)), 1.0)]
        }
        Some(Either::Long(shares)) => {
            for name in shares.keys() {
                context.knows("tenant", "tenant", name, &["load", id, "tenant", name]);
            }
            let sum: f64 = shares.values().map(|share| share.fraction()).sum();
            if (sum - 1.0).abs() > 1e-9 {
                context.error(Code::WrongValue, &path, format!("the shares add up to {} %", (sum * 1e4).round() / 1e2));
                context.help("shares of tenants add up to 100 %");
            }
            let shares = shares.iter().filter(|(_, share)| share.fraction() > 0.0);
            shares.map(|(name, share)| (tenant(known(context, name)), share.fraction())).collect()
        }
    }
}

/// A part of a demand.
fn part(demand: &Demand, share: f64) -> Demand {
    match demand {
        Demand::Rate(rate) => Demand::Rate(rate * share),
        Demand::History(curve, mean) if share < 1.0 => Demand::History(Arc::new(curve.scale(share)), mean * share),
        Demand::History(curve, mean) => Demand::History(Arc::clone(curve), *mean),
    }
}

/// Reads one load's callers.
struct Reader<'c, 'a, 'f> {
    context: &'c mut Context<'a>,
    fleet: &'f Fleet,
    id: &'a str,
    load: &'a RawLoad,
}

impl Reader<'_, '_, '_> {
    fn callers(mut self) -> Vec<(At, RegionId, Demand)> {
        let (id, load) = (self.id, self.load);
        if load.from.is_empty()
            && load.users.is_empty()
            && load.history.is_empty()
            && !self.context.is_broken(&["load", id])
        {
            self.context.error(Code::MissingKey, &["load", id], format!("nobody asks for \"{id}\""));
            self.context.help("give `from`, `users` with `per_user`, or `history`");
        }
        let mut found = Vec::new();
        for (region, rate) in &load.from {
            let path = ["load", id, "from", region];
            if load.history.contains_key(region) {
                self.context.error(Code::Conflict, &path, format!("\"{region}\" has both a rate and a history"));
            }
            if !self.context.knows("region", "region", region, &path) {
                continue;
            }
            if rate.per_second() > MOST_RATE {
                self.context.error(Code::WrongValue, &path, format!("{rate} is more than \"1 G/s\""));
            } else if let Some(at) = self.fleet.region(region) {
                found.push((At::Region(at), self.home_of(at), Demand::Rate(rate.per_second())));
            }
        }
        for (region, file) in &load.history {
            let path = ["load", id, "history", region];
            if !self.context.knows("region", "region", region, &path) {
                continue;
            }
            if let (Some(demand), Some(at)) = (self.history(file, &path), self.fleet.region(region)) {
                found.push((At::Region(at), self.home_of(at), demand));
            }
        }
        self.users(&mut found);
        found
    }

    fn users(&mut self, found: &mut Vec<(At, RegionId, Demand)>) {
        let (id, load) = (self.id, self.load);
        let Some(per_user) = load.per_user else {
            if !load.users.is_empty() && !self.context.is_broken(&["load", id, "per_user"]) {
                self.context.error(Code::MissingKey, &["load", id, "users"], "`users` needs `per_user`");
                self.context.help("for example `per_user = \"4/d\"`");
            }
            return;
        };
        if load.users.is_empty() && !self.context.is_broken(&["load", id, "users"]) {
            self.context.error(Code::Conflict, &["load", id, "per_user"], "`per_user` needs `users`");
        }
        let mut seen: Vec<&str> = Vec::new();
        for (code, count) in &load.users {
            let path = ["load", id, "users", code];
            let Some(country) = geo::country(code) else {
                self.context.unknown("country", code, &path, geo::countries().iter().map(|c| c.iso2));
                self.context.help("use the two letters of ISO 3166-1, such as \"DE\" or \"GB\"");
                continue;
            };
            if seen.contains(&country.iso2) {
                self.context.error(Code::Conflict, &path, format!("\"{code}\" is the same country once more"));
                self.context.help(format!("give the users of \"{}\" once", country.iso2));
            }
            seen.push(country.iso2);
            let rate = count.get() as f64 * per_user.per_second();
            if rate > MOST_RATE {
                self.context.error(Code::WrongValue, &path, "users times `per_user` are more than \"1 G/s\"");
            } else if let Some(home) = self.nearest(|region| geo::rtt(&from_country(country), &region.place).span) {
                found.push((At::Country(country), home, Demand::Rate(rate)));
            }
        }
    }

    /// The region whose keys a region's calling services use: their own, or where the class has none there the nearest one
    /// that has keys. The keys stay where they are; the calls travel.
    fn home_of(&self, at: RegionId) -> RegionId {
        let own = &self.fleet.regions[at.index()];
        let class = self.load.key.as_str();
        let without = |key: &RawKey| !self.context.may_have_keys((class, key), self.fleet, &own.id);
        let abroad = self.context.raw.key.get(class).is_some_and(without);
        let nearest = abroad.then(|| self.nearest(|region| self.round_trip(own, region))).flatten();
        nearest.unwrap_or(at)
    }

    /// The round trip between two regions, as a run will have it.
    fn round_trip(&self, a: &Region, b: &Region) -> Span {
        let stated = match &self.context.raw.network {
            Some(Either::Short(_)) => return Span::ZERO,
            Some(Either::Long(network)) => Some(&network.rtt),
            None => None,
        };
        let pairs = [format!("{}-{}", a.id, b.id), format!("{}-{}", b.id, a.id)];
        let stated = stated.and_then(|stated| pairs.iter().find_map(|pair| stated.get(pair)));
        stated.map_or_else(|| geo::rtt(&a.place, &b.place).span, |rtt| rtt.span())
    }

    /// The region with the smallest round trip where the load's class may have its home.
    fn nearest(&self, round_trip: impl Fn(&Region) -> Span) -> Option<RegionId> {
        let key = self.context.raw.key.get(&self.load.key)?;
        let regions = self.fleet.regions.iter().enumerate();
        let class = (self.load.key.as_str(), key);
        let allowed = regions.filter(|(_, region)| {
            self.context.may_have_keys(class, self.fleet, &region.id) && may_stay(key, &region.place.country)
        });
        allowed.min_by_key(|(_, region)| round_trip(region)).map(|(i, _)| RegionId(i as u16))
    }

    fn history(&mut self, file: &str, path: &[&str]) -> Option<Demand> {
        let text = match self.context.folder.read(Path::new(""), file, "csv") {
            Ok((_, text)) => text,
            Err(reason) => {
                self.context.error(Code::File, path, reason);
                return None;
            }
        };
        self.context.histories.insert(file.to_owned(), sha256(&text));
        let history = History::parse(&text);
        let curve = history.and_then(|history| {
            let curve = history.curve(self.context.start, self.context.run).map_err(|error| vec![error])?;
            Ok((curve, history.mean()))
        });
        match curve {
            Ok((curve, mean)) => Some(Demand::History(Arc::new(curve), mean)),
            Err(errors) => {
                self.context.refuse((file, &text), &errors, |error: &HistoryError| {
                    let at = (error.line, error.column);
                    (at, error.field(), error.reason.to_string(), error.reason.remedy().to_owned())
                });
                None
            }
        }
    }
}

/// Whether keys of a class, as written, may be in a country when that is their home.
pub(super) fn may_stay(key: &RawKey, country: &str) -> bool {
    match &key.stay {
        // What is neither a country nor a group is reported with the class, and excludes nothing.
        Some(Either::Long(places)) => places.iter().any(|place| {
            let known = geo::country(place).is_some() || geo::countries().iter().any(|c| geo::in_group(c.iso2, place));
            !known || place.eq_ignore_ascii_case(country) || geo::in_group(country, place)
        }),
        _ => true,
    }
}

pub(super) fn from_country(country: &'static Country) -> Place {
    Place {
        id: country.iso2.into(),
        name: country.name.into(),
        lat: country.lat,
        lon: country.lon,
        country: country.iso2.into(),
        zone: country.zone.into(),
        provider: "city".into(),
        metro: "".into(),
        badge: country.internet_badge,
        source: "datasets/countries.csv".into(),
    }
}

impl Draft {
    /// Operations per second on the keys of class `class` whose home is each of `regions` regions.
    pub(super) fn on_class(&self, class: &str, regions: usize) -> Vec<f64> {
        let mut rates = vec![0.0; regions];
        for callers in self.callers.iter().filter(|callers| callers.class == class) {
            rates[callers.home.index()] += match &callers.demand {
                Demand::Rate(rate) => *rate,
                Demand::History(curve, _) => curve.mean(),
            };
        }
        rates
    }

    /// Origins in the order of regions, then countries, and the populations at them.
    pub(super) fn settle(self, fleet: &Fleet, loads: &[String], tenants: &[&String]) -> (Vec<Origin>, Vec<Population>) {
        let mut callers = self.callers;
        let name = |at: At| match at {
            At::Region(region) => ("", region),
            At::Country(country) => (country.iso2, RegionId(0)),
        };
        callers.sort_by_key(|c| (name(c.at), c.home, c.tenant, c.load));
        let mut origins: Vec<Origin> = Vec::new();
        let mut populations = Vec::new();
        for callers in callers {
            let home = callers.home;
            let keys_of = &fleet.regions[home.index()].id;
            let tenant = callers.tenant;
            let mut origin = match callers.at {
                At::Region(region) => {
                    let own = &fleet.regions[region.index()];
                    let id = if region == home { own.id.clone() } else { format!("{}/{keys_of}", own.id) };
                    Origin { id, place: own.place.clone(), region, home, tenant, last_mile: Span::ZERO }
                }
                At::Country(country) => {
                    // One country may be at home in two regions, where two classes have keys in different ones.
                    let split = origins.iter().any(|o| o.place.id == country.iso2 && o.home != home);
                    let id = if split { format!("{}/{keys_of}", country.iso2) } else { country.iso2.to_owned() };
                    Origin { id, place: from_country(country), region: home, home, tenant, last_mile: LAST_MILE }
                }
            };
            if let Some(tenant) = tenant {
                origin.id = format!("{}@{}", origin.id, tenants[tenant.index()]);
            }
            let known = origins.iter().position(|known| known.id == origin.id);
            let index = known.unwrap_or_else(|| {
                origins.push(origin);
                origins.len() - 1
            });
            let id = format!("{}/{}", loads[callers.load.index()], origins[index].id);
            populations.push(Population {
                id,
                load: callers.load,
                origin: OriginId(index as u16),
                demand: callers.demand,
            });
        }
        (origins, populations)
    }
}
