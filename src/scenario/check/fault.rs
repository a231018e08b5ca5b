//! Announced changes of demand, and faults: what they strike, when, and that no two strike the same thing at once.

use super::date::instant;
use super::fleet::Fleet;
use super::load::Loads;
use super::{Context, cause};
use crate::kms::{ClassId, CustodiansId, LoadId, SiteId, TenantId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Common, DemandEvent, Fault, FaultKind, KeyClass, Load, Papers, Target, WarmUp, When};
use crate::scenario::raw::{Either, RawFault, RawKind, RawPapers, RawWhen};
use crate::time::Span;

/// More would be a slip of the pen; ids are 16 bits wide.
const MOST_FAULTS: usize = 10_000;
/// Events may multiply each other; more than this together is a slip of the pen, too.
const MOST_FACTOR: f64 = 1e4;
/// Width of the peak at which a thing is destroyed, where no `for` says it.
const DESTROY_PEAK: Span = Span::from_secs(600);
/// What is done in a moment is told as a fault of this length.
const TRY: Span = Span::from_secs(1);

pub(super) fn events(context: &mut Context<'_>, fleet: &Fleet, loads: &Loads) -> Vec<DemandEvent> {
    let raw = context.raw;
    let mut events = Vec::new();
    for (id, event) in &raw.event {
        let path = |key: &'static str| ["event", id, key];
        if event.at == RawWhen::Peak {
            context.error(Code::WrongValue, &path("at"), "\"peak\" is for faults: an event makes the peak");
            context.help("for example `at = \"26 h\"` or `at = 2027-03-05T09:00:00Z`");
        }
        let at = instant(context, event.at, &path("at"));
        let lasts = event.lasts.span();
        let ramp = event.ramp.map_or(Span::ZERO, |ramp| ramp.span());
        if lasts == Span::ZERO {
            context.error(Code::WrongValue, &path("for"), "an event takes some time");
        } else if ramp.0 > lasts.0 / 2 {
            context.error(Code::Conflict, &path("ramp"), format!("two ramps of {ramp} do not fit into {lasts}"));
        }
        if at.is_some_and(|at| (at + lasts).0 > context.run.0) {
            context.warn(&path("for"), format!("the event goes on past the end of the run ({})", context.run));
        }
        if event.factor.get() > 1000.0 {
            context.error(Code::WrongValue, &path("factor"), "demand is multiplied by at most 1000");
        }
        let load = event.load.as_ref().filter(|load| context.knows("load", "load", load, &path("load")));
        let region = event.region.as_ref().filter(|region| context.knows("region", "region", region, &path("region")));
        events.extend(at.map(|at| DemandEvent {
            id: id.clone(),
            at,
            lasts,
            ramp,
            factor: event.factor.get(),
            load: load.and_then(|l| loads.loads.iter().position(|known| known.id == *l)).map(|i| LoadId(i as u16)),
            region: region.and_then(|region| fleet.region(region)),
        }));
    }
    together(context, &events);
    events
}

/// Events that overlap multiply each other.
fn together(context: &mut Context<'_>, events: &[DemandEvent]) {
    for event in events {
        let also = events.iter().filter(|e| e.at <= event.at && event.at < e.at + e.lasts && e.factor > 1.0);
        let factor: f64 = also.map(|e| e.factor).product();
        if factor > MOST_FACTOR {
            let reason = format!("with the events that it overlaps, demand is multiplied by {factor:.0}");
            context.error(Code::Impossible, &["event", &event.id, "at"], reason);
            return context.help(format!("together, events multiply demand by at most {MOST_FACTOR:.0}"));
        }
    }
}

/// What faults strike.
pub(super) type Things<'a> = (&'a Fleet, &'a [KeyClass], &'a [Load]);

pub(super) fn check(context: &mut Context<'_>, things: Things<'_>, common: &mut Common, warm_up: WarmUp) -> Vec<Fault> {
    let raw = context.raw;
    if raw.fault.len() > MOST_FAULTS {
        context.error(Code::Impossible, &["fault"], format!("more than {MOST_FAULTS} faults"));
        return Vec::new();
    }
    // An automatic warm-up ends before the first fault.
    let uncounted = if let WarmUp::Given(span) = warm_up { span } else { Span::ZERO };
    let mut faults: Vec<Fault> = Vec::new();
    for (id, fault) in &raw.fault {
        let on = match cause::target(context, common, &["fault", id, "on"], &fault.on) {
            Some(group) => group,
            None => target(context, things, id, &fault.on),
        };
        let kind = match cause::is_here(fault.kind, on) {
            true => {
                figures(context, id, fault, on);
                cause::kind(context, (things.0, common), (id, fault), on)
            }
            false => kind(context, id, fault, on),
        };
        let when = when(context, id, fault, uncounted);
        let (Some(on), Some(kind), Some(when)) = (on, kind, when) else { continue };
        let fault = Fault { id: id.clone(), on, kind, when };
        let clashes =
            |other: &&Fault| other.on == fault.on && at_once(other.when, fault.when) && !differ(other, &fault);
        if let Some(other) = faults.iter().find(clashes) {
            let reason = format!("the faults \"{}\" and \"{id}\" strike the same thing at the same time", other.id);
            context.error(Code::Conflict, &["fault", id], reason);
            context.help("move one of them, or make it one fault");
        }
        faults.push(fault);
    }
    faults
}

/// Keys that are suspended may turn out to have leaked, what has a certificate may be lost, and people try what they like at any time.
fn differ(a: &Fault, b: &Fault) -> bool {
    let certificate = |fault: &Fault| matches!(fault.kind, FaultKind::Expired | FaultKind::Revoked(_));
    let tries = |fault: &Fault| fault.kind == FaultKind::Misuse;
    // Clients are nothing of what a region or a flood is.
    let clients = |fault: &Fault| matches!(fault.kind, FaultKind::Restart(_));
    certificate(a) != certificate(b)
        || clients(a) != clients(b)
        || tries(a) != tries(b)
        || matches!(
            (a.kind, b.kind),
            (FaultKind::Suspend, FaultKind::Compromise(_)) | (FaultKind::Compromise(_), FaultKind::Suspend)
        )
}

/// Whether two scripted faults overlap. Two faults at the peak of one thing do; random ones are sorted out when they strike.
fn at_once(a: When, b: When) -> bool {
    match (a, b) {
        (When::At(a, a_for), When::At(b, b_for)) => a < b + b_for && b < a + a_for,
        (When::Peak(_), When::Peak(_)) => true,
        _ => false,
    }
}

fn target(context: &mut Context<'_>, (fleet, keys, loads): Things<'_>, id: &str, on: &str) -> Option<Target> {
    let path = ["fault", id, "on"];
    let parts: Vec<&str> = on.split('.').collect();
    let (region, rest) = match parts[..] {
        ["metadata"] => return Some(Target::Metadata),
        ["control"] => return Some(Target::Control),
        ["fleet"] => return Some(Target::Fleet),
        ["link", pair] => return fleet.pair(context, pair, &path).map(|(a, b)| Target::Link(a, b)),
        ["key", class] => return of_keys(context, keys, class, &path).map(|class| Target::Keys(class, None)),
        ["key", class, region] => {
            let class = of_keys(context, keys, class, &path)?;
            let known = context.knows("region", "region", region, &path);
            return fleet.region(region).filter(|_| known).map(|region| Target::Keys(class, Some(region)));
        }
        ["load", load] => return of_load(context, loads, (load, None), &path),
        ["load", load, tenant] => return of_load(context, loads, (load, Some(tenant)), &path),
        ["custodians", group] => return people_of(context, group, &path),
        ["tenant", tenant] => return tenant_of(context, tenant, &path).map(Target::Secret),
        ["region", region] => (region, None),
        ["region", region, "site", site] => (region, Some((site, None))),
        ["region", region, "site", site, "device", device] => (region, Some((site, Some(device)))),
        _ => {
            context.error(Code::UnknownName, &path, format!("\"{on}\" is nothing that a fault can strike"));
            context.help(
                "use \"region.us\", \"region.us.site.b\", \"region.us.site.b.device.1\", \"link.us-eu\", \"key.NAME\", \
                 \"key.NAME.us\", \"load.NAME\", \"load.NAME.TENANT\", \"tenant.NAME\", \"custodians.NAME\", \"fleet\", \"metadata\", \"control\", \"provider.aws\", \
                 \"vendor.NAME\", \"profile.NAME\" or \"group.NAME\"",
            );
            return None;
        }
    };
    let Some((site, device)) = rest else {
        let known = context.knows("region", "region", region, &path);
        return fleet.region(region).filter(|_| known).map(Target::Region);
    };
    let site_id = site_of(context, fleet, (region, site), &path)?;
    let Some(device) = device else { return Some(Target::Site(site_id)) };
    let (full, hsms) = (&fleet.sites[site_id.index()].id, fleet.sites[site_id.index()].hsms);
    match device.parse::<u32>() {
        Ok(number) if (1..=hsms).contains(&number) => Some(Target::Device(site_id, number - 1)),
        _ => {
            context.error(Code::UnknownName, &path, format!("site \"{full}\" has no device \"{device}\""));
            context.help(format!("its devices are counted from 1 to {hsms}"));
            None
        }
    }
}

/// A site by the names of its region and its own.
pub(super) fn site_of(
    context: &mut Context<'_>,
    fleet: &Fleet,
    (region, site): (&str, &str),
    path: &[&str],
) -> Option<SiteId> {
    if !context.knows("region", "region", region, path) {
        return None;
    }
    let names = &fleet.sites_of[fleet.region(region)?.index()];
    if names.is_empty() || context.is_broken(&["region", region]) {
        return None;
    }
    if !names.iter().any(|name| name == site) {
        context.unknown(&format!("site in region \"{region}\" called"), site, path, names.iter().map(String::as_str));
        return None;
    }
    let full = format!("{region}.{site}");
    fleet.sites.iter().position(|known| known.id == full).map(|index| SiteId(index as u16))
}

pub(super) fn of_keys(context: &mut Context<'_>, keys: &[KeyClass], class: &str, path: &[&str]) -> Option<ClassId> {
    let known = context.knows("key", "key class", class, path);
    keys.iter().position(|known| known.id == class).filter(|_| known).map(|index| ClassId(index as u16))
}

fn of_load(
    context: &mut Context<'_>,
    loads: &[Load],
    (load, tenant): (&str, Option<&str>),
    path: &[&str],
) -> Option<Target> {
    let known = context.knows("load", "load", load, path);
    let found = loads.iter().position(|known| known.id == load).filter(|_| known).map(|i| LoadId(i as u16))?;
    match tenant {
        None => Some(Target::Load(found, None)),
        Some(tenant) => tenant_of(context, tenant, path).map(|tenant| Target::Load(found, Some(tenant))),
    }
}

fn tenant_of(context: &mut Context<'_>, tenant: &str, path: &[&str]) -> Option<TenantId> {
    let known = context.knows("tenant", "tenant", tenant, path);
    context.raw.tenant.keys().position(|known| known == tenant).filter(|_| known).map(|i| TenantId(i as u8))
}

fn people_of(context: &mut Context<'_>, group: &str, path: &[&str]) -> Option<Target> {
    let known = context.knows("custodians", "group of custodians", group, path);
    let found = context.raw.custodians.keys().position(|known| known == group).filter(|_| known);
    found.map(|number| Target::Custodians(CustodiansId(number as u8)))
}

fn kind(context: &mut Context<'_>, id: &str, raw: &RawFault, on: Option<Target>) -> Option<FaultKind> {
    let path = |key: &'static str| ["fault", id, key];
    const LINK: (&str, &str) = ("a link", "\"partition\", \"delay\" or \"loss\"");
    const KEYS: (&str, &str) = ("keys", "\"compromise\" or \"suspend\"");
    const THINGS: (&str, &str) =
        ("devices, sites and regions", "\"crash\", \"destroy\", \"power-loss\", \"erase\" or \"slow\"");
    const LOAD: (&str, &str) = ("loads", "\"flood\" or \"restart\"");
    const SECRET: (&str, &str) = ("the secret of a tenant", "\"compromise\"");
    const STORE: (&str, &str) = ("the metadata store", "\"crash\"");
    const PEOPLE: (&str, &str) = ("custodians", "\"absent\"");
    const CONTROL: (&str, &str) = ("the control plane", "\"crash\"");
    const FLEET: (&str, &str) = ("the whole fleet", "\"certificate-expired\" or \"certificate-revoked\"");
    let certificate = is_of_certificate(raw.kind);
    if certificate && matches!(on, Some(Target::Device(..))) {
        context.error(Code::Conflict, &path("on"), "a device has no certificate: its site has");
        return None;
    }
    if raw.kind == RawKind::Restart {
        figures(context, id, raw, on);
        return super::cache::restart(context, id, raw, on);
    }
    let fits = match raw.kind {
        RawKind::Crash if on == Some(Target::Metadata) => STORE,
        RawKind::Crash if on == Some(Target::Control) => CONTROL,
        RawKind::Compromise if matches!(on, Some(Target::Secret(_))) => SECRET,
        RawKind::Flood | RawKind::Restart => LOAD,
        RawKind::Partition | RawKind::Delay | RawKind::Loss => LINK,
        RawKind::Compromise | RawKind::Suspend => KEYS,
        RawKind::CertificateExpired | RawKind::CertificateRevoked => match on {
            Some(Target::Site(_) | Target::Region(_) | Target::Group(_)) => THINGS,
            _ => FLEET,
        },
        RawKind::Misuse if on.is_some_and(|on| !matches!(on, Target::Region(_))) => {
            context.error(Code::Conflict, &path("on"), "emergency access is misused for the keys of a whole region");
            context.help("use for example `on = \"region.us\"`");
            return None;
        }
        RawKind::PowerLoss | RawKind::Erase if matches!(on, Some(Target::Device(..))) => {
            context.error(Code::Conflict, &path("on"), "this kind of fault strikes sites, regions and groups");
            context.help("use for example `on = \"region.us.site.a\"`");
            return None;
        }
        RawKind::Crash | RawKind::Destroy | RawKind::Slow | RawKind::Misuse => THINGS,
        RawKind::PowerLoss | RawKind::Erase => THINGS,
        RawKind::Push | RawKind::Refuse => THINGS,
        RawKind::Absent => PEOPLE,
    };
    let (thing, kinds) = match on {
        Some(Target::Link(..)) => LINK,
        Some(Target::Keys(..)) => KEYS,
        Some(Target::Load(..)) => LOAD,
        Some(Target::Secret(_)) => SECRET,
        Some(Target::Fleet) => FLEET,
        Some(Target::Metadata) => STORE,
        Some(Target::Control) => CONTROL,
        Some(Target::Custodians(_)) => PEOPLE,
        Some(Target::Device(..) | Target::Site(_) | Target::Region(_) | Target::Group(_)) => THINGS,
        None => fits,
    };
    if (thing, kinds) != fits {
        context.error(Code::Conflict, &path("kind"), format!("this kind of fault does not strike {thing}"));
        context.help(format!("use {kinds}"));
        return None;
    }
    figures(context, id, raw, on);
    checked(context, id, raw, on)
}

fn is_of_certificate(kind: RawKind) -> bool {
    matches!(kind, RawKind::CertificateExpired | RawKind::CertificateRevoked)
}

/// What a fault does that has the keys which its kind wants.
fn checked(context: &mut Context<'_>, id: &str, raw: &RawFault, on: Option<Target>) -> Option<FaultKind> {
    let path = |key: &'static str| ["fault", id, key];
    if is_of_certificate(raw.kind) && matches!(context.raw.network, Some(Either::Short(_))) {
        context.error(Code::Conflict, &path("kind"), "there are no connections where there is no network");
        context.help("take out `network = \"none\"`");
    }
    match raw.kind {
        RawKind::Absent => Some(FaultKind::Absent),
        RawKind::Crash => Some(FaultKind::Crash),
        RawKind::Flood => flood(context, id, raw, on),
        RawKind::Misuse => misuse(context, id),
        RawKind::Restart => super::cache::restart(context, id, raw, on),
        RawKind::Suspend => Some(FaultKind::Suspend),
        RawKind::CertificateExpired => Some(FaultKind::Expired),
        RawKind::CertificateRevoked => raw.spread.map(|spread| FaultKind::Revoked(spread.span())),
        RawKind::Destroy => Some(FaultKind::Destroy),
        RawKind::PowerLoss => Some(FaultKind::PowerLoss),
        RawKind::Erase => Some(FaultKind::Erase),
        // They are checked with the other common causes.
        RawKind::Push | RawKind::Refuse => None,
        RawKind::Partition => Some(FaultKind::Partition),
        RawKind::Delay => raw.add.map(|add| FaultKind::Delay(add.span())),
        RawKind::Loss => raw.share.map(|share| FaultKind::Loss(share.fraction())),
        RawKind::Compromise => {
            let share = raw.share.map_or(1.0, |share| share.fraction());
            if share == 0.0 {
                context.error(Code::WrongValue, &path("share"), "a leak of no key is none");
            }
            Some(FaultKind::Compromise(share))
        }
        RawKind::Slow => {
            let factor = raw.factor?.get();
            if !(factor > 1.0 && factor <= 1e6) {
                context.error(Code::WrongValue, &path("factor"), format!("{factor} is not between 1 and a million"));
                context.help("8 means that service takes eight times as long");
            }
            Some(FaultKind::Slow(factor))
        }
    }
}

/// Which figures this kind of fault needs, and that no others are given.
fn figures(context: &mut Context<'_>, id: &str, raw: &RawFault, on: Option<Target>) {
    let path = |key: &'static str| ["fault", id, key];
    let wants = match raw.kind {
        RawKind::Slow | RawKind::Flood => "factor",
        RawKind::Delay => "add",
        RawKind::Compromise if matches!(on, Some(Target::Secret(_))) => "",
        RawKind::Loss | RawKind::Compromise | RawKind::Refuse => "share",
        RawKind::CertificateRevoked => "spread",
        RawKind::Crash | RawKind::Destroy | RawKind::Partition | RawKind::Suspend | RawKind::CertificateExpired => "",
        RawKind::Misuse | RawKind::Push | RawKind::Restart | RawKind::Absent => "",
        RawKind::PowerLoss | RawKind::Erase => "",
    };
    cause::figures(context, id, raw);
    if raw.over.is_some() && raw.kind != RawKind::Restart {
        context.error(Code::Conflict, &path("over"), "`over` does not belong to this kind of fault");
    }
    if raw.with.is_some() && raw.kind != RawKind::Flood {
        context.error(Code::Conflict, &path("with"), "`with` does not belong to this kind of fault");
    }
    let given = [
        ("factor", raw.factor.is_some()),
        ("add", raw.add.is_some()),
        ("share", raw.share.is_some()),
        ("spread", raw.spread.is_some()),
    ];
    for (key, given) in given {
        if given && key != wants {
            context.error(Code::Conflict, &path(key), format!("`{key}` does not belong to this kind of fault"));
        } else if !given && key == wants && raw.kind != RawKind::Compromise && !context.is_broken(&path(key)) {
            context.error(Code::MissingKey, &["fault", id], format!("this kind of fault needs `{key}`"));
        }
    }
}

fn misuse(context: &mut Context<'_>, id: &str) -> Option<FaultKind> {
    if super::emergency::written(context.raw).is_none() {
        let reason = "there is no emergency access that could be misused";
        context.error(Code::Conflict, &["fault", id, "kind"], reason);
        context.help("add `[emergency]`, which may be empty, or leave this fault out");
    }
    Some(FaultKind::Misuse)
}

fn flood(context: &mut Context<'_>, id: &str, raw: &RawFault, on: Option<Target>) -> Option<FaultKind> {
    let factor = raw.factor?.get();
    if !(0.001..=10_000.0).contains(&factor) {
        let reason = format!("{factor} is not between 0.001 and 10000");
        context.error(Code::WrongValue, &["fault", id, "factor"], reason);
        context.help("50 means that attackers ask fifty times as often as the load's own callers");
    }
    let papers = match raw.with.unwrap_or_default() {
        RawPapers::Nothing => Papers::Nothing,
        RawPapers::Forged => Papers::Forged,
        RawPapers::Replayed => Papers::Replayed,
        RawPapers::Stolen => Papers::Stolen,
    };
    if papers != Papers::Nothing && context.defined("tenant").is_empty() {
        let reason = "without tenants nobody shows a token, so there is none to forge, replay or make";
        context.error(Code::Conflict, &["fault", id, "with"], reason);
    }
    if papers == Papers::Stolen && !matches!(on, Some(Target::Load(_, Some(_)))) {
        let reason = "whose secret is stolen is not said";
        context.error(Code::MissingKey, &["fault", id, "on"], reason);
        context.help("name the tenant, such as `on = \"load.NAME.TENANT\"`");
    }
    Some(FaultKind::Flood(factor, papers))
}

fn when(context: &mut Context<'_>, id: &str, raw: &RawFault, uncounted: Span) -> Option<When> {
    let path = |key: &'static str| ["fault", id, key];
    if let (Some(mtbf), Some(mttr)) = (raw.mtbf, raw.mttr) {
        if raw.at.is_some() || raw.lasts.is_some() {
            let key = if raw.at.is_some() { "at" } else { "for" };
            context.error(
                Code::Conflict,
                &path(key),
                "a fault is either scripted (`at`, `for`) or random (`mtbf`, `mttr`)",
            );
        }
        for (key, mean) in [("mtbf", mtbf), ("mttr", mttr)] {
            if mean.span() < Span::from_secs(1) {
                context.error(Code::WrongValue, &path(key), "this is less than a second");
            }
        }
        return Some(When::Random(mtbf.span(), mttr.span()));
    }
    if raw.mtbf.is_some() || raw.mttr.is_some() {
        let (key, other) = if raw.mtbf.is_some() { ("mtbf", "mttr") } else { ("mttr", "mtbf") };
        if !context.is_broken(&path(other)) {
            context.error(Code::MissingKey, &path(key), format!("`{key}` needs `{other}`"));
        }
        return None;
    }
    // What is destroyed or has leaked stays so, and only its peak has a width.
    let secret = raw.on.starts_with("tenant.");
    let destroyed = matches!(raw.kind, RawKind::Destroy | RawKind::Compromise) && !secret;
    // A try takes no time.
    let restarts = super::cache::restarting(raw);
    let moment = restarts.map(|over| over.max(TRY)).or((raw.kind == RawKind::Misuse).then_some(TRY));
    let usual = destroyed.then_some(DESTROY_PEAK).or(moment).or(cause::lasts(raw));
    let Some(lasts) = raw.lasts.map(|lasts| lasts.span()).or(usual) else {
        if !context.is_broken(&path("for")) {
            context.error(Code::MissingKey, &["fault", id], format!("how long the fault \"{id}\" lasts is not said"));
            context.help("add `for`, such as `for = \"40 min\"`, or `mtbf` and `mttr` for a random fault");
        }
        return None;
    };
    if lasts == Span::ZERO {
        context.error(Code::WrongValue, &path("for"), "a fault takes some time");
    }
    let (lasting, run) = (lasts, context.run);
    match raw.at.unwrap_or(RawWhen::Peak) {
        RawWhen::Peak => {
            if lasting > run {
                context.warn(&path("for"), format!("the fault lasts longer than the run ({run})"));
            }
            Some(When::Peak(lasting))
        }
        at => {
            let at = instant(context, at, &path("at"))?;
            if at.0 < uncounted.0 {
                let reason = format!("the fault strikes within the warm-up ({uncounted}), where nothing is counted");
                context.error(Code::Conflict, &path("at"), reason);
                context.help("let it strike later, or shorten `warm_up`");
            }
            if destroyed && raw.lasts.is_some() {
                context.warn(
                    &path("for"),
                    "what is destroyed or has leaked stays so: `for` has no effect at a stated time",
                );
                context.help("leave `for` out");
            }
            if (at + lasting).0 > run.0 && !destroyed {
                context.warn(&path("for"), format!("the fault goes on past the end of the run ({run})"));
            }
            Some(When::At(at, lasting))
        }
    }
}
