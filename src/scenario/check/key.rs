//! Key classes: how many keys have their home where, and whether copies and residency can be had.

use super::Context;
use super::demand::Draft;
use super::fleet::Fleet;
use super::inventory::Stock;
use super::life;
use crate::geo;
use crate::kms::RegionId;
use crate::scenario::diagnostic::Code;
use crate::scenario::inventory::MOST_KEYS;
use crate::scenario::model::{KeyClass, Residency};
use crate::scenario::raw::{Either, Popularity, RawKey, RawStay};
use crate::service::HOSTS_MAX;
use crate::units::Count;
use std::collections::BTreeMap;

const MOST_CLASSES: usize = 10_000;

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet, demand: &Draft) -> Vec<KeyClass> {
    let raw = context.raw;
    if context.defined("key").is_empty() {
        context.error(Code::MissingKey, &["key"], "there are no keys: a fleet serves at least one class");
        context.help("for example `[key.issuer]` with `count = 1000` and `algorithm = \"rsa-2048\"`");
    }
    if raw.key.len() > MOST_CLASSES {
        context.error(Code::Impossible, &["key"], format!("more than {MOST_CLASSES} key classes"));
        return Vec::new();
    }
    let classes = raw.key.iter().map(|(id, key)| class(context, fleet, demand, (id, key))).collect::<Vec<_>>();
    life::wrapping(context, fleet, &classes);
    let total: u64 = classes.iter().map(|class| class.count(None)).sum();
    if total > MOST_KEYS {
        context.error(
            Code::Impossible,
            &["key"],
            format!("{} are more keys than a run can hold: {}", Count(total), Count(MOST_KEYS)),
        );
    }
    classes
}

fn class(context: &mut Context<'_>, fleet: &Fleet, demand: &Draft, (id, key): (&str, &RawKey)) -> KeyClass {
    let rates = demand.on_class(id, fleet.regions.len());
    let stock = context.stocks.get(id).cloned();
    let counts = match (&stock, &key.count) {
        (Some(Stock::Listed(listed)), _) => listed.counts.clone(),
        (_, Some(Either::Short(count))) => split(context, fleet, (id, *count), &rates),
        (_, Some(Either::Long(counts))) => counted(context, fleet, id, counts),
        // Anything that follows from the number of keys would be a guess.
        (_, None) => vec![1; fleet.regions.len()],
    };
    let listed = stock.and_then(|stock| match stock {
        Stock::Listed(listed) => Some(listed),
        Stock::Unknown => None,
    });
    let rotate = key.rotate.map(|rotate| life::rotate(context, id, &rotate));
    let tenants = match &listed {
        Some(listed) => life::listed(context, (id, key), listed, rotate),
        None => key.tenants.unwrap_or(1),
    };
    for (region, (count, rate)) in fleet.regions.iter().zip(counts.iter().zip(&rates)) {
        if *count == 0 && *rate > 0.0 && counts.iter().any(|count| *count > 0) {
            let reason =
                format!("callers of region \"{}\" use this class, but none of its keys is at home there", region.id);
            let path = ["key", id, if listed.is_some() { "inventory" } else { "count" }];
            context.error(Code::Impossible, &path, reason);
            context.help(match listed.is_some() {
                true => format!("list keys of \"{}\", too", region.id),
                false => format!("give \"{}\" a count, or raise the count", region.id),
            });
        }
    }
    let least = |sites: &dyn Fn(usize) -> usize| (0..counts.len()).filter(|i| counts[*i] > 0).map(sites).min();
    let fewest = least(&|i| fleet.sites_of[i].len()).unwrap_or(1);
    let copies = key.copies.unwrap_or(if fewest < 2 { 1 } else { 2 });
    let class = KeyClass {
        id: id.to_owned(),
        algorithm: key.algorithm.clone(),
        stay: residency(context, id, key),
        copies,
        partner_copies: key.partner_copies.unwrap_or(0),
        escrow_copies: key.escrow_copies.unwrap_or(0),
        rotate,
        durability: life::durability(context, id, key, copies),
        wrapped_by: life::wrapped_by(context, id, key),
        zipf: match key.popularity {
            Some(Popularity::Zipf(s)) => s,
            _ => 0.0,
        },
        tenants,
        counts,
        listed,
    };
    copies_fit(context, fleet, &class);
    if class.tenants == 0 {
        context.error(Code::WrongValue, &["key", id, "tenants"], "keys have at least one owner");
    }
    class
}

/// A plain count, split in proportion to demand: largest remainder (Hamilton), ties to the first region, at least one each.
fn split(context: &mut Context<'_>, fleet: &Fleet, (id, count): (&str, Count), rates: &[f64]) -> Vec<u32> {
    if count.get() == 0 {
        context.error(Code::WrongValue, &["key", id, "count"], "a class has at least one key");
    }
    let total: f64 = rates.iter().sum();
    let count = count.get().min(MOST_KEYS + 1);
    if rates.is_empty() {
        return Vec::new();
    }
    if total <= 0.0 {
        if context.raw.load.values().any(|load| load.key == id) {
            return vec![0; fleet.regions.len()];
        }
        let known = context.defined("key");
        let wraps = context.raw.key.values().any(|key| key.wrapped_by.as_deref() == Some(id));
        if !wraps && context.raw.load.values().all(|load| known.contains(&load.key.as_str())) {
            context.warn(&["key", id], format!("no load uses the keys of \"{id}\""));
        }
    }
    let share = |rate: f64| if total > 0.0 { rate / total } else { 1.0 / rates.len() as f64 };
    let exact: Vec<f64> = rates.iter().map(|rate| count as f64 * share(*rate)).collect();
    let mut counts: Vec<u32> = exact.iter().map(|e| *e as u32).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|a, b| (exact[*b] - exact[*b].floor()).total_cmp(&(exact[*a] - exact[*a].floor())).then(a.cmp(b)));
    let given: u64 = counts.iter().map(|c| u64::from(*c)).sum();
    for i in order.into_iter().take(count.saturating_sub(given) as usize) {
        counts[i] += 1;
    }
    // Who has callers has a key, as long as there are keys enough; the richest region gives it.
    for i in 0..counts.len() {
        let richest = (0..counts.len()).rev().max_by_key(|j| counts[*j]).filter(|j| counts[*j] > 1);
        if let Some(richest) = richest.filter(|_| counts[i] == 0 && rates[i] > 0.0) {
            counts[richest] -= 1;
            counts[i] += 1;
        }
    }
    counts
}

fn counted(context: &mut Context<'_>, fleet: &Fleet, id: &str, listed: &BTreeMap<String, Count>) -> Vec<u32> {
    let mut counts = vec![0; fleet.regions.len()];
    for (name, count) in listed {
        let path = ["key", id, "count", name];
        if !context.knows("region", "region", name, &path) {
            continue;
        }
        match (u32::try_from(count.get()), fleet.region(name)) {
            (Ok(count), Some(region)) => counts[region.index()] = count,
            (Err(_), _) => {
                context.error(
                    Code::Impossible,
                    &path,
                    format!("{count} are more keys than a run can hold: {}", Count(MOST_KEYS)),
                );
            }
            (Ok(_), None) => {}
        }
    }
    if listed.values().all(|count| count.get() == 0) {
        context.error(Code::WrongValue, &["key", id, "count"], "a class has at least one key");
    }
    counts
}

fn residency(context: &mut Context<'_>, id: &str, key: &RawKey) -> Residency {
    let places = match &key.stay {
        None | Some(Either::Short(RawStay::Region)) => return Residency::Region,
        Some(Either::Short(RawStay::Country)) => return Residency::Country,
        Some(Either::Short(RawStay::Anywhere)) => return Residency::Anywhere,
        Some(Either::Long(places)) => places,
    };
    let (mut countries, mut unknown) = (Vec::new(), false);
    if places.is_empty() {
        context.error(Code::WrongValue, &["key", id, "stay"], "an empty list allows no place at all");
    }
    for (index, name) in places.iter().enumerate() {
        let members = || geo::countries().iter().filter(|c| geo::in_group(c.iso2, name)).map(|c| c.iso2.to_owned());
        if let Some(country) = geo::country(name) {
            countries.push(country.iso2.to_owned());
        } else if members().next().is_some() {
            countries.extend(members());
        } else {
            let known = geo::groups().into_iter().chain(geo::countries().iter().map(|c| c.iso2));
            let known: Vec<&str> = known.collect();
            context.unknown("country or group", name, &["key", id, "stay", &index.to_string()], known);
            context.help(format!("use ISO 3166-1 codes such as \"DE\", or {}", geo::groups().join(", ")));
            unknown = true;
        }
    }
    if unknown {
        // What the list would have allowed nobody knows: nothing more is said about it.
        return Residency::Anywhere;
    }
    countries.sort();
    countries.dedup();
    Residency::Countries(countries)
}

/// Whether the copies find sites that residency allows.
fn copies_fit(context: &mut Context<'_>, fleet: &Fleet, class: &KeyClass) {
    let id = class.id.as_str();
    let copies = class.copies;
    if copies == 0 {
        context.error(Code::WrongValue, &["key", id, "copies"], "a key has at least one copy");
    }
    let all = class.all_copies();
    if all > HOSTS_MAX as u64 {
        let kinds =
            [("copies", copies), ("partner_copies", class.partner_copies), ("escrow_copies", class.escrow_copies)];
        let most = kinds.into_iter().rev().max_by_key(|(_, copies)| *copies).map_or("copies", |(name, _)| name);
        let path = ["key", id, most];
        context.error(Code::Impossible, &path, format!("{all} copies of a key are more than {HOSTS_MAX}"));
        return;
    }
    for (i, region) in fleet.regions.iter().enumerate().filter(|(i, _)| class.counts[*i] > 0) {
        let sites = fleet.sites_of[i].len();
        if copies as usize > sites && sites > 0 {
            let reason = format!("{copies} copies need as many sites, but region \"{}\" has {sites}", region.id);
            context.error(Code::Impossible, &["key", id, "copies"], reason);
            context.help(format!("lower `copies` to {sites}, or give region \"{}\" more sites", region.id));
            return;
        }
        let home = region.place.country.as_ref();
        let allowed = |country: &str| match &class.stay {
            Residency::Anywhere => true,
            Residency::Region => false,
            Residency::Country => country == home,
            Residency::Countries(list) => list.iter().any(|c| c == country),
        };
        if matches!(class.stay, Residency::Countries(_)) && !allowed(home) {
            let reason = format!("keys at home in region \"{}\" ({home}) would break `stay`", region.id);
            context.error(Code::Impossible, &["key", id, "stay"], reason);
            context.help(format!("add \"{home}\" to `stay`, or give `count` for the allowed regions only"));
            continue;
        }
        let others = fleet.regions.iter().enumerate().filter(|(j, r)| *j != i && allowed(&r.place.country));
        let room: usize = others.map(|(j, _)| fleet.sites_of[j].len()).sum();
        let kinds =
            [("partner_copies", "partner", class.partner_copies), ("escrow_copies", "escrow", class.escrow_copies)];
        // Where regions are, or where keys may be, is not known if that is wrong itself.
        let known = !context.is_broken(&["region"]) && !context.is_broken(&["key", id, "stay"]);
        if let Some((name, kind, wanted)) = kinds.into_iter().find(|(.., wanted)| known && *wanted as usize > room) {
            let reason = match room {
                0 => format!("`stay` leaves keys of region \"{}\" no other region for their {kind} copies", region.id),
                _ => format!("{wanted} {kind} copies need as many sites, but residency leaves {room}"),
            };
            context.error(Code::Impossible, &["key", id, name], reason);
            context.help(format!("widen `stay`, add a region, or lower `{name}`"));
            return;
        }
        let partner: Option<RegionId> = region.partner;
        if class.partner_copies > 0 && partner.is_some_and(|p| !allowed(&fleet.regions[p.index()].place.country)) {
            context.warn(
                &["region", &region.id, "partner"],
                format!("`stay` of class \"{id}\" does not allow this partner"),
            );
        }
    }
}
