//! Backups and the response to outages: what is saved, when, and that what is erased can be restored.

use super::cause::target_sites;
use super::effort::held;
use super::fleet::Fleet;
use super::{Context, Shelf};
use crate::kms::SiteId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Backup, Common, Fault, FaultKind, Response, Scenario, minutes};
use crate::scenario::raw::RawBackup;
use crate::time::Span;
use crate::units::Rate;

const DAY: Span = Span::from_secs(86_400);
const SHORTEST: Span = Span::from_secs(900);
const AT: &str = "02:00";
const RATE: f64 = 100.0;
const SLOWS: f64 = 0.2;
const MOST_SLOWS: f64 = 0.95;
const RESTORE: f64 = 50.0;
const KEEP: Span = Span::from_secs(90 * 86_400);
const DETECT: Span = Span::from_secs(300);
const DECIDE: Span = Span::from_secs(900);
/// More is a slip of the pen.
const MOST: usize = 100;

pub(super) fn response(context: &Context<'_>) -> Response {
    let raw = context.raw.response.clone().unwrap_or_default();
    Response {
        detect: raw.detect.map_or(DETECT, |detect| detect.span()),
        decide: raw.decide.map_or(DECIDE, |decide| decide.span()),
    }
}

pub(super) fn check(
    context: &mut Context<'_>,
    (fleet, shelf): (&Fleet, &Shelf),
    (faults, common): (&[Fault], &Common),
) -> Vec<Backup> {
    let raw = context.raw;
    if raw.backup.len() > MOST {
        context.error(Code::Impossible, &["backup"], format!("there are more than {MOST}"));
        return Vec::new();
    }
    let mut backups: Vec<Backup> = Vec::new();
    for (id, written) in &raw.backup {
        let sites = sites(context, (fleet, shelf, common), id, written);
        let twice = |site: &&SiteId| backups.iter().any(|other| other.sites.contains(site));
        if let Some(site) = sites.iter().find(twice) {
            let reason = format!("site {} is in another backup already", fleet.sites[site.index()].id);
            context.error(Code::Conflict, &["backup", id, "sites"], reason);
            context.help("leave it out of one of them, or make one that comes more often");
        }
        backups.extend(one(context, sites, (id, written)));
    }
    covers(context, (fleet, shelf), (faults, common), &backups);
    backups
}

/// The sites of a backup that have devices, in order.
fn sites(
    context: &mut Context<'_>,
    (fleet, shelf, common): (&Fleet, &Shelf, &Common),
    id: &str,
    raw: &RawBackup,
) -> Vec<SiteId> {
    let path = ["backup", id, "sites"];
    let mut all: Vec<SiteId> =
        raw.sites.iter().flat_map(|on| target_sites(context, (fleet, common), on, &path)).collect();
    all.sort_unstable();
    all.dedup();
    let is_device = |site: &SiteId| !shelf.profiles[fleet.sites[site.index()].profile].profile.is_service();
    let sites: Vec<SiteId> = all.iter().copied().filter(is_device).collect();
    if raw.sites.is_empty() {
        context.error(Code::WrongValue, &path, "a backup of nothing is none");
    } else if sites.is_empty() && !all.is_empty() {
        context.error(Code::Conflict, &path, "all of it are services, which their providers save");
    }
    sites
}

fn one(context: &mut Context<'_>, sites: Vec<SiteId>, (id, raw): (&str, &RawBackup)) -> Option<Backup> {
    let path = |key: &'static str| ["backup", id, key];
    let every = raw.every.map_or(DAY, |every| every.span());
    let whole = |span: Span, of: Span| of != Span::ZERO && span.0.is_multiple_of(of.0);
    if every < SHORTEST || !(whole(every, DAY) || whole(DAY, every)) {
        let reason = format!("{every} is neither whole days nor a part of a day that divides it");
        context.error(Code::WrongValue, &path("every"), reason);
        context.help("for example \"1 d\", \"7 d\", \"6 h\" or \"15 min\"");
    }
    let at = raw.at.as_deref().unwrap_or(AT);
    let minute = minutes(at).ok().filter(|minute| *minute < 24 * 60);
    if minute.is_none() {
        context.error(Code::WrongValue, &path("at"), format!("\"{at}\" is no time of day"));
        context.help("for example \"02:00\"");
    }
    let rate = |context: &mut Context<'_>, key: &'static str, given: Option<Rate>, usual: f64| {
        let rate = given.map_or(usual, |rate| rate.per_second());
        if rate <= 0.0 {
            context.error(Code::WrongValue, &path(key), "at no rate it is never done");
        }
        rate
    };
    let saved = rate(context, "rate", raw.rate, RATE);
    let restore = rate(context, "restore", raw.restore, RESTORE);
    let slows = raw.slows.map_or(SLOWS, |slows| slows.fraction());
    if slows > MOST_SLOWS {
        context.error(Code::WrongValue, &path("slows"), "next to nothing would be left to serve with");
        context.help("at most \"95 %\"");
    }
    let keep = raw.keep.map_or(KEEP, |keep| keep.span());
    if keep < every {
        let reason = format!("a backup would be gone before the next one is there, {every} later");
        context.error(Code::Conflict, &path("keep"), reason);
    }
    let backup = Backup { id: id.to_owned(), sites, every, at: minute?, rate: saved, slows, restore, keep };
    (!backup.sites.is_empty()).then_some(backup)
}

/// That what loses power or is erased is a site with devices, and what is erased has a backup.
fn covers(
    context: &mut Context<'_>,
    (fleet, shelf): (&Fleet, &Shelf),
    (faults, common): (&[Fault], &Common),
    backups: &[Backup],
) {
    for fault in faults.iter().filter(|fault| matches!(fault.kind, FaultKind::PowerLoss | FaultKind::Erase)) {
        let path = |key: &'static str| ["fault", fault.id.as_str(), key];
        let sites = (0..fleet.sites.len()).map(|i| SiteId(i as u16));
        let struck = sites.filter(|site| common.strikes(fault.on, *site, fleet.sites[site.index()].region));
        let named = |site: SiteId| fleet.sites[site.index()].id.as_str();
        let struck: Vec<SiteId> = struck.collect();
        let is_service = |site: &SiteId| shelf.profiles[fleet.sites[site.index()].profile].profile.is_service();
        if let Some(site) = struck.iter().find(|site| is_service(site)) {
            let reason = format!("site {} is a service: what becomes of its hardware is its provider's", named(*site));
            context.error(Code::Conflict, &path("on"), reason);
            context.help("use `kind = \"crash\"`, or strike sites with devices only");
            continue;
        }
        let bare = |site: &&SiteId| !backups.iter().any(|backup| backup.sites.contains(site));
        if fault.kind == FaultKind::Erase
            && let Some(site) = struck.iter().find(bare)
        {
            let reason = format!("no backup covers site {}: there is nothing to restore from", named(*site));
            context.error(Code::Conflict, &path("kind"), reason);
            context.help("add it to the `sites` of a `[backup.NAME]`, or use `kind = \"destroy\"`");
        }
    }
}

/// Backups that take longer than it is until the next one.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    let held = held(scenario);
    for backup in &scenario.backups {
        let versions = |site: &SiteId| {
            let region = scenario.sites[site.index()].region;
            held[region.index()] as f64 / scenario.sites_of(region).count().max(1) as f64
        };
        let most = backup.sites.iter().map(versions).fold(0.0, f64::max);
        if most / backup.rate > backup.every.as_secs_f64() {
            let reason = format!("{most:.0} key versions take longer than it is until the next one, {}", backup.every);
            context.error(Code::Impossible, &["backup", backup.id.as_str(), "rate"], reason);
            context.help("raise `rate`, or let it come less often (`every`)");
        }
    }
}
