//! Custodians, and the ceremonies and drills that they are asked for: who, where, when, and whether there is ever time for it.

use super::Context;
use super::date::instant;
use super::fleet::{self, Fleet};
use crate::kms::{CustodiansId, SiteId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Ceremony, Custodians, Hours, People, Scenario, Travel};
use crate::scenario::raw::{Either, RawCustodians, RawWhen};
use crate::time::{Span, Time};
use crate::units;

const TRAVEL: Span = Span::from_secs(45 * 60);
const CALL_OUT: Span = Span::from_secs(30 * 60);
const BACK_IN: Span = Span::from_secs(86_400);
const TAKES: Span = Span::from_secs(4 * 3_600);
/// A group whose members nobody can tell apart any more.
const MOST_PEOPLE: u32 = 64;
/// More is a slip of the pen.
const MOST: usize = 100;
/// Ways vary less.
const MOST_SIGMA: f64 = 3.0;
/// What comes round sooner is no ceremony.
const SHORTEST: Span = Span::from_secs(3_600);
/// Longer than any way, illness or ceremony.
const LONGEST: Span = Span::from_secs(366 * 86_400);

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet) -> People {
    let raw = context.raw;
    for (table, written) in
        [("custodians", raw.custodians.len()), ("ceremony", raw.ceremony.len()), ("drill", raw.drill.len())]
    {
        if written > MOST {
            context.error(Code::Impossible, &[table], format!("there are more than {MOST}"));
            return People::default();
        }
    }
    let groups: Vec<Custodians> = raw.custodians.iter().filter_map(|(id, group)| one(context, id, group)).collect();
    let of_site = needed(context, fleet, &groups);
    let mut people = People { groups, of_site, ceremonies: Vec::new() };
    for (id, one) in &raw.ceremony {
        let planned =
            Planned { table: "ceremony", id, site: &one.site, at: one.at, every: one.every, takes: one.takes };
        let group = group_of(context, &people.groups, &one.custodians, &["ceremony", id, "custodians"]);
        let ceremony = planned.check(context, (fleet, &people), |_| group);
        people.ceremonies.extend(ceremony);
    }
    for (id, one) in &raw.drill {
        let planned = Planned { table: "drill", id, site: &one.site, at: one.at, every: one.every, takes: one.takes };
        let path = ["drill", id, "custodians"];
        let group = one.custodians.as_ref().map(|name| group_of(context, &people.groups, name, &path));
        let drill = planned.check(context, (fleet, &people), |site| group.unwrap_or_else(|| people.of(site)));
        people.ceremonies.extend(drill);
    }
    people
}

fn one(context: &mut Context<'_>, id: &str, raw: &RawCustodians) -> Option<Custodians> {
    let path = |key: &'static str| ["custodians", id, key];
    if !(1..=MOST_PEOPLE).contains(&raw.of) {
        context.error(Code::WrongValue, &path("of"), format!("{} is not between 1 and {MOST_PEOPLE}", raw.of));
        return None;
    }
    if !(1..=raw.of).contains(&raw.quorum) {
        context.error(
            Code::WrongValue,
            &path("quorum"),
            format!("{} is not between 1 and `of`, which is {}", raw.quorum, raw.of),
        );
        context.help("so many of them are needed at once, for example `of = 5` and `quorum = 3`");
    }
    let span = |given: Option<units::Duration>, usual: Span| given.map_or(usual, |given| given.span());
    let group = Custodians {
        id: id.to_owned(),
        of: raw.of as u8,
        quorum: raw.quorum.min(raw.of) as u8,
        travel: travel(context, id, raw),
        hours: raw.hours.as_deref().and_then(|text| hours(context, id, text)),
        zone: raw.at.as_ref().and_then(|at| Some(fleet::place(context, at, &path("at"))?.zone.to_string())),
        on_call: raw.on_call.unwrap_or(raw.of).min(raw.of) as u8,
        call_out: span(raw.call_out, CALL_OUT),
        away: raw.away.map_or(0.0, |away| away.fraction()),
        back_in: span(raw.back_in, BACK_IN),
    };
    if raw.on_call.is_some_and(|on_call| on_call > raw.of) {
        context.error(Code::WrongValue, &path("on_call"), format!("there are {} of them only", raw.of));
    }
    for (key, span) in [("travel", group.travel.median), ("call_out", group.call_out), ("back_in", group.back_in)] {
        if span > LONGEST {
            context.error(Code::WrongValue, &path(key), "this is more than a year");
        }
    }
    let given = [("at", raw.at.is_some()), ("on_call", raw.on_call.is_some()), ("call_out", raw.call_out.is_some())];
    for (key, _) in given.into_iter().filter(|(_, given)| *given && raw.hours.is_none()) {
        context.error(
            Code::Conflict,
            &path(key),
            "without `hours` they come around the clock, and nobody is called out of hours",
        );
        context.help("add for example `hours = \"Mon-Fri 08:00-18:00\"`");
    }
    if raw.back_in.is_some() && group.away == 0.0 {
        context.error(Code::Conflict, &path("back_in"), "nobody is ever away");
        context.help("add for example `away = \"10 %\"`");
    }
    Some(group)
}

fn travel(context: &mut Context<'_>, id: &str, raw: &RawCustodians) -> Travel {
    match raw.travel {
        None => Travel { median: TRAVEL, sigma: 0.0 },
        Some(Either::Short(fixed)) => Travel { median: fixed.span(), sigma: 0.0 },
        Some(Either::Long(varies)) => {
            if !(0.0..=MOST_SIGMA).contains(&varies.sigma) {
                let reason = format!("{} is not between 0 and {MOST_SIGMA}", varies.sigma);
                context.error(Code::WrongValue, &["custodians", id, "travel", "sigma"], reason);
            }
            Travel { median: varies.median.span(), sigma: varies.sigma }
        }
    }
}

fn hours(context: &mut Context<'_>, id: &str, text: &str) -> Option<Hours> {
    let hours = text.parse::<Hours>().ok();
    if hours.is_none() {
        context.error(Code::WrongValue, &["custodians", id, "hours"], format!("\"{text}\" is no hours of days"));
        context.help("for example \"Mon-Fri 08:00-18:00\" or \"Mon-Sat 06:00-22:00\"");
    }
    hours
}

/// A group by its name; what is wrong with one that is broken was said.
fn group_of(context: &mut Context<'_>, groups: &[Custodians], name: &str, path: &[&str]) -> Option<CustodiansId> {
    let known = context.knows("custodians", "group of custodians", name, path);
    groups.iter().position(|group| group.id == name).filter(|_| known).map(|number| CustodiansId(number as u8))
}

/// Whom each site needs.
fn needed(context: &mut Context<'_>, fleet: &Fleet, groups: &[Custodians]) -> Vec<Option<CustodiansId>> {
    let raw = context.raw;
    let mut of_site = vec![None; fleet.sites.len()];
    for (id, region) in &raw.region {
        let usual = region.custodians.as_ref();
        let usual = usual.and_then(|name| group_of(context, groups, name, &["region", id, "custodians"]));
        for (number, site) in
            fleet.sites.iter().enumerate().filter(|(_, site)| fleet.regions[site.region.index()].id == *id)
        {
            let name = site.id.split_once('.').map_or("", |(_, name)| name);
            let own = region.site.get(name).and_then(|site| site.custodians.as_ref());
            let path = ["region", id, "site", name, "custodians"];
            of_site[number] = own.map_or(usual, |own| group_of(context, groups, own, &path));
        }
    }
    if groups.is_empty() { Vec::new() } else { of_site }
}

/// What ceremonies and drills have in common, as written.
struct Planned<'a> {
    table: &'static str,
    id: &'a str,
    site: &'a str,
    at: Option<RawWhen>,
    every: units::Duration,
    takes: Option<units::Duration>,
}

impl Planned<'_> {
    fn check(
        &self,
        context: &mut Context<'_>,
        (fleet, people): (&Fleet, &People),
        group: impl Fn(SiteId) -> Option<CustodiansId>,
    ) -> Option<Ceremony> {
        let path = |key: &'static str| [self.table, self.id, key];
        let (every, takes) = (self.every.span(), self.takes.map_or(TAKES, |takes| takes.span()));
        if every < SHORTEST {
            context.error(Code::WrongValue, &path("every"), "this is less than an hour");
        }
        if takes < Span::from_secs(1) || takes > LONGEST {
            context.error(Code::WrongValue, &path("takes"), "this is not between a second and a year");
        }
        let at = match self.at {
            None => Time::ZERO,
            Some(RawWhen::Peak) => {
                context.error(Code::WrongValue, &path("at"), "\"peak\" is for faults: this is planned");
                Time::ZERO
            }
            Some(at) => instant(context, at, &path("at"))?,
        };
        let site = self.site(context, fleet)?;
        let Some(custodians) = group(site) else {
            let said = context.raw.drill.get(self.id).is_some_and(|drill| drill.custodians.is_some());
            if self.table == "drill" && !said && !people.groups.is_empty() {
                let reason = "the site needs nobody, so who comes is not said";
                context.error(Code::MissingKey, &[self.table, self.id], reason);
                context.help("add `custodians = \"NAME\"` here, or at the site");
            } else if self.table == "drill" && !said {
                context.error(Code::MissingKey, &[self.table, self.id], "there are no custodians who could come");
                context
                    .help("add `[custodians]`, for example `ops = { of = 5, quorum = 3 }`, and `custodians = \"ops\"`");
            }
            return None;
        };
        let drill = self.table == "drill";
        Some(Ceremony { id: self.id.to_owned(), drill, custodians, site, at, every, takes })
    }

    fn site(&self, context: &mut Context<'_>, fleet: &Fleet) -> Option<SiteId> {
        let path = [self.table, self.id, "site"];
        match self.site.split('.').collect::<Vec<_>>()[..] {
            ["region", region, "site", site] => super::fault::site_of(context, fleet, (region, site), &path),
            _ => {
                context.error(Code::UnknownName, &path, format!("\"{}\" is no site", self.site));
                context.help("write for example `site = \"region.eu.site.a\"`");
                None
            }
        }
    }
}

/// Whether there is ever time for what is planned.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    let people = &scenario.people;
    for ceremony in &people.ceremonies {
        let group = &people.groups[ceremony.custodians.index()];
        let lasts = group.travel.median + ceremony.takes;
        let table = if ceremony.drill { "drill" } else { "ceremony" };
        let open = scenario.office_hours(ceremony.custodians, ceremony.site);
        if !open.iter().any(|(from, until)| until.since(*from) >= lasts) {
            let reason = format!("with {} of travel it never fits into the hours of {}", group.travel.median, group.id);
            context.error(Code::Impossible, &[table, &ceremony.id, "takes"], reason);
            context.help("make it shorter, or the hours longer");
        }
        if ceremony.every < lasts {
            context.error(Code::Impossible, &[table, &ceremony.id, "every"], format!("once takes {lasts}"));
        }
    }
    for (number, group) in people.groups.iter().enumerate() {
        let id = CustodiansId(number as u8);
        if people.sites_of(id).next().is_none() && people.ceremonies.iter().all(|ceremony| ceremony.custodians != id) {
            context.warn(&["custodians", &group.id], "no site and no ceremony needs them");
            context.help(format!("add for example `custodians = \"{}\"` to a region", group.id));
        }
    }
}
