//! Emergency access: that it can be had at all, and that what is fenced has stopped before a grant begins.

use super::Context;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{self, EmergencyAccess, KeyClass, Load, Scenario};
use crate::scenario::raw::{Either, RawEmergency, RawScenario};
use crate::service::{Health, Rules};
use crate::time::Span;

const OBSERVERS: u32 = 2;
const DARK: Span = Span::from_secs(120);
const APPROVERS: u32 = 5;
const NEEDED: u32 = 2;
const ANSWER: Span = Span::from_secs(600);
const LIMIT: Span = Span::from_secs(4 * 3_600);
const QUOTA: u64 = 100_000;
const LEASE: Span = Span::from_secs(30);
const RECORD: Span = Span::from_millis(5);
const REASON: &str = "every site of the region is down";
/// More people cannot be told apart in records.
const MOST_APPROVERS: u32 = 200;
const LONGEST_REASON: usize = 200;

pub(super) fn check(
    context: &mut Context<'_>,
    (keys, loads): (&[KeyClass], &[Load]),
    health: &Health,
) -> Option<EmergencyAccess> {
    let raw = written(context.raw)?.clone();
    let path = |key: &'static str| ["emergency", key];
    let span = |written: Option<crate::units::Duration>, usual: Span| written.map_or(usual, |span| span.span());
    let (dark, lease) = (span(raw.dark, DARK), span(raw.lease, LEASE));
    let (answer, limit, record) = (span(raw.answer, ANSWER), span(raw.limit, LIMIT), span(raw.record, RECORD));
    let approvers = raw.approvers.unwrap_or(APPROVERS);
    let needed = raw.needed.unwrap_or(NEEDED.min(approvers));
    if !(1..=MOST_APPROVERS).contains(&approvers) {
        context.error(
            Code::WrongValue,
            &path("approvers"),
            format!("{approvers} is not between 1 and {MOST_APPROVERS}"),
        );
    } else if needed == 0 || needed > approvers {
        let reason = format!("{needed} of {approvers} approvers cannot approve: who asks for a grant is none of them");
        context.error(Code::Impossible, &path("needed"), reason);
        context.help(format!("use 1 to {approvers}, or name more `approvers`"));
    }
    if lease < Span::from_secs(1) {
        context.error(Code::WrongValue, &path("lease"), "a lease lasts at least a second");
    } else if lease > dark {
        let reason = format!(
            "sites of a region that is cut off would serve for {lease}, longer than it takes to call it dark ({dark})"
        );
        context.error(Code::Conflict, &path("lease"), reason).help("let `dark` be at least as long as `lease`");
    }
    if limit < Span::from_secs(60) {
        context.error(Code::WrongValue, &path("limit"), "a grant lasts at least a minute");
    }
    if answer == Span::ZERO {
        context.error(Code::WrongValue, &path("answer"), "people take some time");
    }
    let quota = raw.quota.map_or(QUOTA, |quota| quota.get());
    if quota == 0 {
        context.error(Code::WrongValue, &path("quota"), "a grant for no operation is none");
    }
    let reason = raw.reason.unwrap_or_else(|| REASON.to_owned());
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        let why = format!("a reason has 1 to {LONGEST_REASON} characters, on one line");
        context.error(Code::WrongValue, &path("reason"), why);
    }
    if !keys.iter().any(KeyClass::opens) && !keys.is_empty() {
        context.error(Code::Conflict, &["emergency"], "there are no keys that a grant could open");
        context.help("give a class `escrow_copies` and no `partner_copies`, or leave `[emergency]` out");
    }
    let observers = raw.observers.unwrap_or(OBSERVERS);
    observed(context, observers, health);
    let patience = model::patience(loads);
    let [approvers, needed] = [approvers, needed].map(|people| u8::try_from(people).unwrap_or(u8::MAX));
    Some(EmergencyAccess {
        rules: Rules { observers, dark, approvers, needed, limit, quota, lease, patience },
        answer,
        declines: raw.declines.map_or(0.0, |share| share.fraction()),
        record,
        reason,
    })
}

/// What the scenario says of emergency access, where there is any.
pub(super) const fn written(raw: &RawScenario) -> Option<&RawEmergency> {
    match &raw.emergency {
        Some(Either::Long(written)) => Some(written),
        Some(Either::Short(_)) | None => None,
    }
}

/// Whether enough other regions check each site.
fn observed(context: &mut Context<'_>, observers: u32, health: &Health) {
    let path = ["emergency", "observers"];
    let others = (context.defined("region").len().saturating_sub(1) as u32).min(health.observers);
    if observers == 0 {
        context.error(Code::WrongValue, &path, "somebody has to see that a region is dark");
    } else if observers > others && !context.raw.region.is_empty() {
        let reason =
            format!("{observers} observers in other regions are wanted for each site, and there can be {others}");
        context.error(Code::Impossible, &path, reason);
        context.help("lower it, raise `health.observers`, or add a region");
    }
}

/// Whether a grant can be of use, and whether the loss of a region leaves the metadata store what it takes to fence it.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    let Some(access) = &scenario.emergency else { return };
    useful(context, scenario, access);
    for (index, region) in scenario.regions.iter().enumerate() {
        let home = scenario.keys.iter().any(|class| class.opens() && class.counts[index] > 0);
        let replicas = scenario.metadata.replicas.iter().filter(|replica| replica.index() == index).count();
        if home && replicas * 2 >= scenario.metadata.replicas.len() {
            let reason = format!(
                "with region \"{}\" the metadata store loses its majority, and without it no grant for that region can begin",
                region.id
            );
            context.warn(&["emergency"], reason);
            context.help("spread `metadata.regions` over three regions");
        }
    }
}

/// Whether calls under a grant can be answered before it ends, and in time.
fn useful(context: &mut Context<'_>, scenario: &Scenario, access: &EmergencyAccess) {
    let (limit, learnt) = (access.rules.limit, scenario.health.propagation);
    if limit <= learnt {
        let reason = format!("a grant ends after {limit}, and callers learn of it only after {learnt}");
        context.warn(&["emergency", "limit"], reason);
        context.help("make it longer than `health.propagation`");
    }
    let opens = |load: &&Load| scenario.keys[load.key.index()].opens();
    if let Some(load) = scenario.loads.iter().filter(opens).find(|load| load.timeout <= access.record) {
        let reason = format!(
            "an access is recorded in {}, and callers of \"{}\" wait for {} in all",
            access.record, load.id, load.timeout
        );
        context.warn(&["emergency", "record"], reason);
        context.help("make it shorter than the timeouts of loads whose keys are opened");
    }
    let sites = scenario.sites.len() as u64;
    if access.rules.quota < sites {
        let reason = format!("each site with copies in escrow has an equal part of it, and there may be up to {sites}");
        context.warn(&["emergency", "quota"], reason);
        context.help("a site without a part refuses every call");
    }
}
