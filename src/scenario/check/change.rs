//! Planned changes of the fleet: what each is about, when, and that at every time the sites that are left can hold all copies.

use super::Context;
use super::date::instant;
use super::fault::{of_keys, site_of};
use super::fleet::Fleet;
use crate::kms::{ClassId, RegionId, SiteId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{ChangeKind, FleetChange, KeyClass, Scenario};
use crate::scenario::raw::{RawChange, RawWhen};
use crate::time::Time;

/// More would be a slip of the pen; ids are 16 bits wide.
const MOST_CHANGES: usize = 10_000;
const KINDS: &str = "\"join\", \"leave\", \"provision\" or \"retire\"";

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet, keys: &[KeyClass]) -> Vec<FleetChange> {
    let raw = context.raw;
    if raw.change.len() > MOST_CHANGES {
        context.error(Code::Impossible, &["change"], format!("more than {MOST_CHANGES} changes"));
        return Vec::new();
    }
    let mut changes: Vec<FleetChange> = Vec::new();
    for (id, change) in &raw.change {
        let kind = kind(context, (fleet, keys), id, change);
        let path = ["change", id, "at"];
        if change.at == RawWhen::Peak {
            context.error(Code::WrongValue, &path, "\"peak\" is for faults: a change of the fleet is planned");
            context.help("for example `at = \"26 h\"` or `at = 2027-03-05T09:00:00Z`");
        }
        let at = instant(context, change.at, &path);
        let (Some(kind), Some(at)) = (kind, at) else { continue };
        if at == Time::ZERO {
            context.error(Code::WrongValue, &path, "what has changed when the run begins is no change");
            context.help("let it begin later, or describe the fleet as it is then");
        }
        changes.push(FleetChange { id: id.clone(), at, kind });
    }
    changes.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    once(context, &changes);
    wrapping(context, (fleet, keys), &changes);
    changes
}

/// The one thing that a change does.
fn kind(
    context: &mut Context<'_>,
    (fleet, keys): (&Fleet, &[KeyClass]),
    id: &str,
    raw: &RawChange,
) -> Option<ChangeKind> {
    let path = |key: &'static str| ["change", id, key];
    let given = [
        ("join", raw.join.as_ref()),
        ("leave", raw.leave.as_ref()),
        ("provision", raw.provision.as_ref()),
        ("retire", raw.retire.as_ref()),
    ];
    let mut given = given.into_iter().filter_map(|(name, what)| Some((name, what?)));
    let Some((name, what)) = given.next() else {
        context.error(Code::MissingKey, &["change", id], "what changes is not said");
        context.help(format!("add one of {KINDS}"));
        return None;
    };
    if let Some((second, _)) = given.next() {
        let reason = format!("a change does one thing: `{name}` and `{second}` are two");
        context.error(Code::Conflict, &path(second), reason).help("write two changes");
        return None;
    }
    if raw.keys.is_some() && name != "provision" {
        context.error(Code::Conflict, &path("keys"), "`keys` says how many are provisioned");
        return None;
    }
    let parts: Vec<&str> = what.split('.').collect();
    match (name, &parts[..]) {
        ("join" | "leave", ["region", region, "site", site]) => {
            let site = site_of(context, fleet, (region, site), &path(name))?;
            Some(if name == "join" { ChangeKind::Join(site) } else { ChangeKind::Leave(site) })
        }
        ("provision" | "retire", ["key", class, rest @ ..]) if rest.len() < 2 => {
            let class = of_keys(context, keys, class, &path(name))?;
            let region = match rest {
                [region] if context.knows("region", "region", region, &path(name)) => Some(fleet.region(region)?),
                [] => None,
                _ => return None,
            };
            if keys[class.index()].count(region) == 0 {
                context.error(Code::Conflict, &path(name), "this class has no keys there");
                return None;
            }
            match name {
                "retire" => Some(ChangeKind::Retire(class, region)),
                _ => {
                    let counted = count(context, id, (raw, &keys[class.index()]), region)?;
                    Some(ChangeKind::Provision(class, region, counted))
                }
            }
        }
        ("join" | "leave", _) => {
            context.error(Code::UnknownName, &path(name), format!("\"{what}\" is no site"));
            context.help("a site is named such as \"region.us.site.b\"");
            None
        }
        _ => {
            context.error(Code::UnknownName, &path(name), format!("\"{what}\" does not name keys"));
            context.help("keys are named such as \"key.wallet\" or \"key.wallet.us\"");
            None
        }
    }
}

/// How many keys are provisioned in each region, where it is said.
fn count(
    context: &mut Context<'_>,
    id: &str,
    (raw, class): (&RawChange, &KeyClass),
    region: Option<RegionId>,
) -> Option<Option<u32>> {
    let Some(keys) = raw.keys else { return Some(None) };
    let keys = keys.get();
    let homes = (0..class.counts.len()).filter(|home| region.is_none_or(|region| region.index() == *home));
    let fewest = homes.map(|home| class.counts[home]).filter(|count| *count > 0).min().unwrap_or(0);
    if keys == 0 || keys > u64::from(fewest) {
        let reason = format!("of the class's keys there, 1 to {fewest} can be provisioned");
        context.error(Code::WrongValue, &["change", id, "keys"], reason);
        context.help("`count` of the class says how many there are in the end");
        return None;
    }
    Some(Some(keys as u32))
}

/// Nothing joins, leaves, comes or goes twice, and nothing goes before it comes.
fn once(context: &mut Context<'_>, changes: &[FleetChange]) {
    for (number, change) in changes.iter().enumerate() {
        let path = ["change", &change.id];
        if let Some(reason) = changes[..number].iter().find_map(|earlier| clash(earlier, change)) {
            context.error(Code::Conflict, &path, reason);
            context.help("a site joins once and leaves once, after it; keys come once and go once");
        }
    }
}

/// Why a change cannot be made after an earlier one, or one at the same time.
fn clash(earlier: &FleetChange, change: &FleetChange) -> Option<String> {
    let (id, together) = (&earlier.id, earlier.at == change.at);
    let when = if together { "at the same time" } else { "before" };
    let meet = |r: Option<RegionId>, q: Option<RegionId>| r == q || r.is_none() || q.is_none();
    match (earlier.kind, change.kind) {
        (ChangeKind::Leave(a), ChangeKind::Join(b) | ChangeKind::Leave(b)) if a == b => {
            Some(format!("\"{id}\" lets this site leave {when}"))
        }
        (ChangeKind::Join(a), ChangeKind::Join(b)) if a == b => Some(format!("\"{id}\" lets this site join {when}")),
        (ChangeKind::Join(a), ChangeKind::Leave(b)) if a == b && together => {
            Some(format!("\"{id}\" lets this site join {when}"))
        }
        (ChangeKind::Provision(a, r, None), ChangeKind::Provision(b, q, None)) if a == b && meet(r, q) => {
            Some(format!("these keys are provisioned by \"{id}\""))
        }
        (ChangeKind::Retire(a, r), ChangeKind::Retire(b, q) | ChangeKind::Provision(b, q, _))
            if a == b && meet(r, q) =>
        {
            Some(format!("these keys are retired by \"{id}\""))
        }
        (ChangeKind::Provision(a, r, _), ChangeKind::Retire(b, q)) if a == b && meet(r, q) && together => {
            Some(format!("these keys are provisioned by \"{id}\" {when}"))
        }
        _ => None,
    }
}

/// Keys that are wrapped are retired with the keys that wrap them, or before: they could not be copied any more.
fn wrapping(context: &mut Context<'_>, (fleet, keys): (&Fleet, &[KeyClass]), changes: &[FleetChange]) {
    let goes = |class: ClassId, home: RegionId, by: Time| {
        let goes =
            |other: &FleetChange| matches!(other.kind, ChangeKind::Retire(..)) && other.kind.is_about(class, home);
        changes.iter().any(|other| other.at <= by && goes(other))
    };
    for change in changes {
        let ChangeKind::Retire(above, _) = change.kind else { continue };
        let homes = (0..fleet.regions.len()).map(|i| RegionId(i as u16));
        let stays = homes.filter(|home| change.kind.is_about(above, *home)).find_map(|home| {
            let wrapped = keys.iter().enumerate().filter(|(_, class)| class.wrapped_by == Some(above));
            let mut wrapped = wrapped.filter(|(_, class)| class.count(Some(home)) > 0);
            let stays = wrapped.find(|(index, _)| !goes(ClassId(*index as u16), home, change.at));
            stays.map(|(_, class)| (&class.id, &fleet.regions[home.index()].id))
        });
        if let Some((class, home)) = stays {
            let reason = format!("these keys wrap those of \"{class}\" at home in region \"{home}\", which stay");
            context.error(Code::Conflict, &["change", &change.id, "retire"], reason);
            context.help(format!("retire \"key.{class}.{home}\" at the same time or before, too, or keep these"));
        }
    }
}

/// At every time the sites that are part of the fleet can hold all copies; and no inventory lists keys that come later.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    let times = std::iter::once(None).chain(scenario.changes.iter().map(Some));
    for change in
        times.filter(|change| change.is_none_or(|c| matches!(c.kind, ChangeKind::Join(_) | ChangeKind::Leave(_))))
    {
        let at = change.map_or(Time::ZERO, |change| change.at);
        if let Some((class, home, missing)) = short(scenario, at) {
            let first = scenario.changes.iter().find(|c| matches!(c.kind, ChangeKind::Join(_)));
            let id = change.or(first).map_or("", |change| &change.id);
            let (class, home) = (&scenario.keys[class.index()].id, &scenario.regions[home.index()].id);
            let when = if change.is_some() { "then" } else { "until then" };
            let needed = if missing == 1 { "another site is".to_owned() } else { format!("{missing} more sites are") };
            let reason = format!("{when} {needed} needed for all copies of \"{class}\" at home in \"{home}\"");
            context.error(Code::Impossible, &["change", id], reason);
            context.help("have another site join before, or lower the copies of the class");
            return;
        }
    }
    for (index, class) in scenario.keys.iter().enumerate().filter(|(_, class)| class.listed.is_some()) {
        let provisions = |c: &&FleetChange| matches!(c.kind, ChangeKind::Provision(of, ..) if of.index() == index);
        if let Some(change) = scenario.changes.iter().find(provisions) {
            let reason = format!("the inventory of \"{}\" lists keys that are there already", class.id);
            context.error(Code::Conflict, &["change", &change.id], reason).help("provision keys of another class");
        }
    }
}

/// A class and home that cannot have all its copies at a time, and how many sites are missing.
fn short(scenario: &Scenario, at: Time) -> Option<(ClassId, RegionId, usize)> {
    let there = |site: &SiteId| scenario.has_site(*site, at);
    for (index, class) in scenario.keys.iter().enumerate() {
        let class_id = ClassId(index as u16);
        for home in (0..scenario.regions.len()).map(|i| RegionId(i as u16)) {
            if class.counts[home.index()] == 0 {
                continue;
            }
            let near = scenario.sites_of(home).filter(there).count();
            let left = |regions: Vec<(RegionId, Vec<SiteId>)>| {
                regions.iter().flat_map(|(_, sites)| sites).filter(|site| there(site)).count()
            };
            let kinds = [
                (class.copies, near),
                (class.partner_copies, left(scenario.partner_sites(class_id, home))),
                (class.escrow_copies, left(scenario.escrow_sites(class_id, home))),
            ];
            let missing = kinds.into_iter().map(|(wanted, left)| (wanted as usize).saturating_sub(left)).max();
            if let Some(missing @ 1..) = missing {
                return Some((class_id, home, missing));
            }
        }
    }
    None
}
