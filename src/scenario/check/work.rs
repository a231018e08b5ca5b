//! Planned work: where, when, how many at once, and whether what is left can serve.

use super::cause::target_sites;
use super::date::instant;
use super::fleet::Fleet;
use super::{Context, Shelf};
use crate::kms::SiteId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Common, Hours, Scenario, Work, WorkKind, spare};
use crate::scenario::raw::{RawUnit, RawWhen, RawWork, RawWorkKind};
use crate::time::{Span, Time};

const DRAIN: Span = Span::from_secs(120);
const TAKES: Span = Span::from_secs(45 * 60);
const REPLACE: Span = Span::from_secs(4 * 3_600);
const TEST: Span = Span::from_secs(300);
const LIMIT: f64 = 0.8;
/// More is a slip of the pen.
const MOST: usize = 100;

pub(super) fn check(context: &mut Context<'_>, (fleet, shelf): (&Fleet, &Shelf), common: &Common) -> Vec<Work> {
    let raw = context.raw;
    if raw.work.len() > MOST {
        context.error(Code::Impossible, &["work"], format!("there are more than {MOST}"));
        return Vec::new();
    }
    raw.work.iter().filter_map(|(id, work)| one(context, (fleet, shelf, common), (id, work))).collect()
}

/// The sites of a target that have devices: on services nobody plans work but who runs them.
fn sites(
    context: &mut Context<'_>,
    (fleet, shelf, common): (&Fleet, &Shelf, &Common),
    (on, path): (&str, &[&str]),
) -> Vec<SiteId> {
    let all = target_sites(context, (fleet, common), on, path);
    let is_device = |site: &SiteId| !shelf.profiles[fleet.sites[site.index()].profile].profile.is_service();
    let sites: Vec<SiteId> = all.iter().copied().filter(is_device).collect();
    if sites.is_empty() && !all.is_empty() {
        context.error(Code::Conflict, path, "all of it are services, on which only who runs them plans work");
    }
    sites
}

fn one(
    context: &mut Context<'_>,
    (fleet, shelf, common): (&Fleet, &Shelf, &Common),
    (id, raw): (&str, &RawWork),
) -> Option<Work> {
    let path = |key: &'static str| ["work", id, key];
    let span = |given: Option<crate::units::Duration>, usual: Span| given.map_or(usual, |given| given.span());
    let replaces = raw.kind == RawWorkKind::Replace;
    let work = Work {
        id: id.to_owned(),
        kind: match raw.kind {
            RawWorkKind::Firmware => WorkKind::Firmware,
            RawWorkKind::Replace => WorkKind::Replace,
            RawWorkKind::Maintenance => WorkKind::Maintenance,
        },
        sites: sites(context, (fleet, shelf, common), (&raw.on, &path("on"))),
        window: raw.window.as_deref().and_then(|text| window(context, id, text)),
        at_once: raw.at_once.unwrap_or(1),
        whole: raw.unit.unwrap_or_default() == RawUnit::Site,
        drain: span(raw.drain, DRAIN),
        takes: span(raw.takes, if replaces { REPLACE } else { TAKES }),
        test: span(raw.test, TEST),
        from: match raw.from {
            None => Time::ZERO,
            Some(RawWhen::Peak) => {
                context.error(Code::WrongValue, &path("from"), "\"peak\" is for faults: work is planned");
                Time::ZERO
            }
            Some(at) => instant(context, at, &path("from"))?,
        },
        limit: raw.limit.map_or(LIMIT, |limit| limit.fraction()),
    };
    if work.at_once == 0 {
        context.error(Code::WrongValue, &path("at_once"), "work on none at once is never done");
    }
    if work.takes < Span::from_secs(1) {
        context.error(Code::WrongValue, &path("takes"), "this is less than a second");
    }
    if work.limit == 0.0 {
        context.error(Code::WrongValue, &path("limit"), "no hour would be safe");
    }
    if let Some(Hours { begins, ends, .. }) = work.window
        && work.lasts() > Span::from_secs(u64::from(ends - begins) * 60)
    {
        let reason = format!("what takes {} in all never fits into this window", work.lasts());
        context.error(Code::Impossible, &path("window"), reason);
        context.help("make the window longer, or `drain`, `takes` or `test` shorter");
    }
    enough_left(context, fleet, &work);
    (!work.sites.is_empty()).then_some(work)
}

fn window(context: &mut Context<'_>, id: &str, text: &str) -> Option<Hours> {
    let hours = text.parse::<Hours>().ok();
    if hours.is_none() {
        context.error(Code::WrongValue, &["work", id, "window"], format!("\"{text}\" is no hours of days"));
        context.help("for example \"Sat 22:00-04:00\", \"Mon-Fri 01:00-05:00\" or \"22:00-06:00\"");
    }
    hours
}

/// Work that leaves a site without a device, or the fleet without a site.
fn enough_left(context: &mut Context<'_>, fleet: &Fleet, work: &Work) {
    let path = ["work", work.id.as_str(), "at_once"];
    if work.whole {
        if work.kind == WorkKind::Replace {
            let path = ["work", work.id.as_str(), "unit"];
            context.error(Code::Conflict, &path, "nothing at the site would have the keys that new devices need");
            context.help("replace device by device, or say that the site leaves and another joins (`change`)");
        }
        if work.at_once as usize >= fleet.sites.len() {
            let reason = format!("the fleet has {} sites: none would be left", fleet.sites.len());
            context.error(Code::Impossible, &path, reason);
        }
        return;
    }
    let emptied = |site: &&SiteId| fleet.sites[site.index()].hsms <= work.at_once;
    if let Some(site) = work.sites.iter().find(emptied) {
        let site = &fleet.sites[site.index()];
        let one = site.hsms == 1;
        let reason = match (work.kind, site.hsms) {
            (WorkKind::Replace, 1) => format!("site {} has one device, and nothing would have its keys", site.id),
            (_, devices) => format!("site {} has {devices} devices: none would be left to serve", site.id),
        };
        context.error(Code::Impossible, &path, reason);
        context.help(match (one, work.kind) {
            (true, WorkKind::Replace) => "add HSMs: a new device gets its keys from the others of its pool",
            (true, _) => "take out whole sites (`unit = \"site\"`), so that callers go elsewhere, or add HSMs",
            (false, _) => {
                "lower it, take out whole sites (`unit = \"site\"`), so that callers go elsewhere, or add HSMs"
            }
        });
    }
}

/// Whether what is left in a window can serve, as far as that shows without running it; and whether there is any window.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    for work in &scenario.works {
        let at = |key: &'static str| ["work", work.id.as_str(), key];
        let fits = |site: &SiteId| work.openings(scenario, *site).iter().any(|(a, b)| b.since(*a) >= work.lasts());
        if let Some(site) = work.sites.iter().find(|site| !fits(site)) {
            let reason = format!("at site {} there is no time for it within the run", scenario.sites[site.index()].id);
            context.warn(&at("window"), reason);
            continue;
        }
        let wanted = if work.whole { 1 } else { work.at_once };
        let short = work.sites.iter().zip(spare(scenario, work)).find(|(_, spare)| spare.most < wanted);
        if let Some((site, spare)) = short {
            let site = &scenario.sites[site.index()].id;
            let what = if work.whole { "it".to_owned() } else { format!("{wanted} of {} devices", spare.devices) };
            let reason = format!(
                "with {what} out at site {site} and one device more lost, what is left would be busier than {:.0} % in the \
                 window",
                work.limit * 100.0
            );
            context.warn(&at("at_once"), reason);
            context.help(match spare.most {
                0 => "not even one can be spared: work at quieter hours, or add HSMs".to_owned(),
                most => format!("at most {most} at once, or at quieter hours"),
            });
        }
        if work.whole && work.drain < scenario.health.propagation {
            let reason = format!("routing tables learn that a site goes within {}", scenario.health.propagation);
            context.warn(&at("drain"), reason);
            context.help("let `drain` be at least as long as `health.propagation`");
        }
    }
}
