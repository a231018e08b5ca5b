//! Common causes: groups of sites, and faults that strike what is well: pushes, refusals, suspended accounts.

use super::fleet::Fleet;
use super::{Context, Shelf};
use crate::kms::{RegionId, SiteId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Common, FaultKind, Gray, Group, Push, Target};
use crate::scenario::raw::{Either, RawFault, RawKind};
use crate::time::Span;
use std::collections::BTreeMap;

const BAKE: Span = Span::from_secs(30 * 60);
const NOTICE: Span = Span::from_secs(10 * 60);
const ROLLBACK: Span = Span::from_secs(20 * 60);
/// More would be a slip of the pen.
const MOST_GROUPS: usize = 1_000;
/// A place that is nobody's.
const NO_PROVIDER: &str = "city";
/// What a target that is a group begins with.
const KINDS: [&str; 4] = ["provider", "vendor", "profile", "group"];

/// All groups that faults can name.
pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet, shelf: &Shelf) -> Common {
    let mut groups: BTreeMap<String, Vec<SiteId>> = BTreeMap::new();
    for (number, site) in fleet.sites.iter().enumerate() {
        let id = SiteId(number as u16);
        let (place, named) = (&fleet.regions[site.region.index()].place, &shelf.profiles[site.profile]);
        let mut of = |kind: &str, name: &str| groups.entry(format!("{kind}.{name}")).or_default().push(id);
        if &*place.provider != NO_PROVIDER {
            of("provider", &place.provider);
        }
        if let Some(vendor) = &named.profile.vendor {
            of("vendor", vendor);
        }
        of("profile", &named.id);
    }
    if context.raw.group.len() > MOST_GROUPS {
        context.error(Code::Impossible, &["group"], format!("there are more than {MOST_GROUPS}"));
        return Common::default();
    }
    for (name, members) in &context.raw.group {
        let path = ["group", name.as_str()];
        if members.is_empty() {
            context.error(Code::WrongValue, &path, "a group of nothing is none");
        }
        let mut sites: Vec<SiteId> =
            members.iter().flat_map(|member| sites_of(context, (fleet, &[]), member, &path)).collect();
        sites.sort_unstable();
        sites.dedup();
        if !sites.is_empty() {
            groups.insert(path.join("."), sites);
        }
    }
    let groups = groups.into_iter().map(|(id, sites)| Group { id, sites });
    Common { groups: groups.collect(), pushes: Vec::new() }
}

/// The sites of a region, "eu", or the site "us.a", or those of a group by its whole name.
fn sites_of(context: &mut Context<'_>, (fleet, groups): (&Fleet, &[Group]), name: &str, path: &[&str]) -> Vec<SiteId> {
    let all = || (0..fleet.sites.len()).map(|i| SiteId(i as u16));
    if let Some(group) = groups.iter().find(|group| group.id == name) {
        return group.sites.clone();
    }
    if let Some(region) = fleet.region(name) {
        return all().filter(|site| fleet.sites[site.index()].region == region).collect();
    }
    if let Some(site) = all().find(|site| fleet.sites[site.index()].id == name) {
        return vec![site];
    }
    let region = name.split('.').next().unwrap_or_default();
    // What is wrong with the region was said.
    let broken = context.defined("region").contains(&region) && fleet.region(region).is_none();
    if !broken && !context.is_broken(&["region", region]) {
        let regions = fleet.regions.iter().map(|region| region.id.as_str());
        let known: Vec<&str> = regions.chain(fleet.sites.iter().map(|site| site.id.as_str())).collect();
        context.unknown("region or site", name, path, known);
    }
    Vec::new()
}

/// A target that is a group: `None` where it is none, inside nothing where there is no such group.
pub(super) fn target(context: &mut Context<'_>, common: &Common, path: &[&str], on: &str) -> Option<Option<Target>> {
    let (kind, name) = on.split_once('.').filter(|(kind, _)| KINDS.contains(kind))?;
    if let Some(group) = common.groups.iter().position(|group| group.id == on) {
        return Some(Some(Target::Group(group as u16)));
    }
    let written = kind == "group" && context.defined("group").contains(&name);
    if !written {
        let known = common.groups.iter().filter_map(|group| group.id.strip_prefix(kind)?.strip_prefix('.'));
        let what = if kind == "group" { "group".to_owned() } else { format!("site with the {kind}") };
        context.unknown(&what, name, path, known);
    }
    Some(None)
}

/// All sites of a target that is a group, a region, a site or the fleet.
pub(super) fn target_sites(
    context: &mut Context<'_>,
    (fleet, common): (&Fleet, &Common),
    on: &str,
    path: &[&str],
) -> Vec<SiteId> {
    let parts: Vec<&str> = on.split('.').collect();
    match parts[..] {
        ["fleet"] => (0..fleet.sites.len()).map(|i| SiteId(i as u16)).collect(),
        ["region", region] => sites_of(context, (fleet, &[]), region, path),
        ["region", region, "site", site] => {
            super::fault::site_of(context, fleet, (region, site), path).into_iter().collect()
        }
        _ => match target(context, common, path, on) {
            Some(Some(Target::Group(group))) => common.groups[usize::from(group)].sites.clone(),
            Some(_) => Vec::new(),
            None => {
                context.error(Code::UnknownName, path, format!("\"{on}\" is nothing that has sites"));
                context.help(
                    "use \"region.us\", \"region.us.site.b\", \"fleet\", \"provider.aws\", \"vendor.NAME\", \"profile.NAME\" or \
                     \"group.NAME\"",
                );
                Vec::new()
            }
        },
    }
}

/// Whether a fault of this kind on this is one of those that are checked here.
pub(super) fn is_here(kind: RawKind, on: Option<Target>) -> bool {
    matches!(kind, RawKind::Push | RawKind::Refuse) || kind == RawKind::Suspend && matches!(on, Some(Target::Group(_)))
}

/// What such a fault does; its figures were looked at.
pub(super) fn kind(
    context: &mut Context<'_>,
    (fleet, common): (&Fleet, &mut Common),
    (id, raw): (&str, &RawFault),
    on: Option<Target>,
) -> Option<FaultKind> {
    let path = |key: &'static str| ["fault", id, key];
    let on = on?;
    if raw.kind == RawKind::Suspend {
        let group = if let Target::Group(group) = on { &common.groups[usize::from(group)].id } else { "" };
        if !(group.starts_with("provider.") || group.starts_with("group.")) {
            context.error(Code::Conflict, &path("on"), "devices have no account: a provider has, or a group");
            context.help("use for example `on = \"provider.aws\"`, or a `[group]` with the sites of the account");
            return None;
        }
        return Some(FaultKind::Suspend);
    }
    if !matches!(on, Target::Site(_) | Target::Region(_) | Target::Fleet | Target::Group(_)) {
        context.error(Code::Conflict, &path("on"), "this kind of fault strikes sites, regions, groups and the fleet");
        context.help("use for example `on = \"region.us\"` or `on = \"fleet\"`");
        return None;
    }
    if raw.kind == RawKind::Refuse {
        let share = raw.share?.fraction();
        if share == 0.0 {
            context.error(Code::WrongValue, &path("share"), "a site that refuses no call is well");
        }
        let (silent, checked) = (raw.silent.unwrap_or(false), raw.checked.unwrap_or(false));
        return Some(FaultKind::Refuse(Gray { share, silent, checked }));
    }
    let push = push(context, (fleet, common), (id, raw), on)?;
    common.pushes.push(push);
    Some(FaultKind::Push((common.pushes.len() - 1) as u16))
}

/// How long a fault lasts that says it in another way.
pub(super) fn lasts(raw: &RawFault) -> Option<Span> {
    let (notice, rollback) = (raw.notice.map_or(NOTICE, |n| n.span()), raw.rollback.map_or(ROLLBACK, |r| r.span()));
    (raw.kind == RawKind::Push).then_some(notice + rollback)
}

/// Figures that belong to other kinds of faults.
pub(super) fn figures(context: &mut Context<'_>, id: &str, raw: &RawFault) {
    let (push, refuse) = (raw.kind == RawKind::Push, raw.kind == RawKind::Refuse);
    let given = [
        ("silent", raw.silent.is_some(), refuse),
        ("checked", raw.checked.is_some(), push || refuse),
        ("waves", raw.waves.is_some(), push),
        ("bake", raw.bake.is_some(), push),
        ("notice", raw.notice.is_some(), push),
        ("rollback", raw.rollback.is_some(), push),
        ("for", raw.lasts.is_some(), !push),
        ("mtbf", raw.mtbf.is_some(), !push),
    ];
    for (key, given, belongs) in given {
        if given && !belongs {
            context.error(
                Code::Conflict,
                &["fault", id, key],
                format!("`{key}` does not belong to this kind of fault"),
            );
            if key == "checked" && raw.kind == RawKind::Crash {
                context.help("a site that does nothing, unseen, is `kind = \"refuse\"` with `share = \"100 %\"` and `silent = true`");
            } else if push {
                context.help("a push begins at `at`, and lasts `notice` and `rollback`");
            }
        }
    }
}

fn push(
    context: &mut Context<'_>,
    (fleet, common): (&Fleet, &Common),
    (id, raw): (&str, &RawFault),
    on: Target,
) -> Option<Push> {
    let path = |key: &'static str| ["fault", id, key];
    let span = |given: Option<crate::units::Duration>, usual: Span| given.map_or(usual, |given| given.span());
    let push = Push {
        waves: waves(context, (fleet, common), (id, raw), on)?,
        bake: span(raw.bake, BAKE),
        notice: span(raw.notice, NOTICE),
        rollback: span(raw.rollback, ROLLBACK),
        checked: raw.checked.unwrap_or(false),
    };
    for (key, span) in [("bake", push.bake), ("notice", push.notice), ("rollback", push.rollback)] {
        if span < Span::from_secs(1) {
            context.error(Code::WrongValue, &path(key), "this is less than a second");
        }
    }
    if raw.bake.is_some() && push.waves.len() == 1 {
        context.error(Code::Conflict, &path("bake"), "there is one wave, and nothing to wait for");
        context.help("add `waves`, such as `waves = 3`");
    }
    Some(push)
}

/// The sites of each wave.
fn waves(
    context: &mut Context<'_>,
    (fleet, common): (&Fleet, &Common),
    (id, raw): (&str, &RawFault),
    on: Target,
) -> Option<Vec<Vec<SiteId>>> {
    let path = ["fault", id, "waves"];
    let all = (0..fleet.sites.len()).map(|i| SiteId(i as u16));
    let sites: Vec<SiteId> = all.filter(|site| common.strikes(on, *site, fleet.sites[site.index()].region)).collect();
    let wanted = match &raw.waves {
        None => 1,
        Some(Either::Short(wanted)) => *wanted as usize,
        Some(Either::Long(named)) => return listed(context, (fleet, common), (id, named), &sites),
    };
    let region = |site: &SiteId| fleet.sites[site.index()].region;
    let mut regions: Vec<RegionId> = sites.iter().map(region).collect();
    regions.dedup();
    if wanted == 0 || wanted > sites.len() {
        context.error(Code::Impossible, &path, format!("{} sites do not make {wanted} waves", sites.len()));
        context.help(format!("use 1 to {}", sites.len()));
        return None;
    }
    let units: Vec<Vec<SiteId>> = match regions.len() >= wanted {
        true => regions.iter().map(|r| sites.iter().copied().filter(|site| region(site) == *r).collect()).collect(),
        false => sites.iter().map(|site| vec![*site]).collect(),
    };
    let part = |wave: usize| units[wave * units.len() / wanted..(wave + 1) * units.len() / wanted].concat();
    Some((0..wanted).map(part).collect())
}

fn listed(
    context: &mut Context<'_>,
    (fleet, common): (&Fleet, &Common),
    (id, named): (&str, &[Vec<String>]),
    sites: &[SiteId],
) -> Option<Vec<Vec<SiteId>>> {
    let path = ["fault", id, "waves"];
    let mut of = |names: &Vec<String>| -> Vec<SiteId> {
        names.iter().flat_map(|name| sites_of(context, (fleet, &common.groups), name, &path)).collect()
    };
    let waves: Vec<Vec<SiteId>> = named.iter().map(&mut of).collect();
    if context.found.last().is_some_and(|found| found.path == path.join(".")) {
        return None;
    }
    let name = |site: &SiteId| fleet.sites[site.index()].id.as_str();
    let mut seen: Vec<SiteId> = waves.concat();
    seen.sort_unstable();
    let twice = seen.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    let outside = seen.iter().find(|site| !sites.contains(site));
    let missed: Vec<&str> = sites.iter().filter(|site| !seen.contains(site)).map(name).collect();
    let reason = if waves.is_empty() || waves.iter().any(Vec::is_empty) {
        "a wave to nowhere is none".to_owned()
    } else if let Some(site) = twice {
        format!("site {} is in two waves", name(&site))
    } else if let Some(site) = outside {
        format!("site {} is not what the fault strikes", name(site))
    } else if !missed.is_empty() {
        format!("in no wave is {}", missed.join(", "))
    } else {
        return Some(waves);
    };
    context.error(Code::Conflict, &path, reason);
    context.help("each site that `on` names is in one wave");
    None
}
