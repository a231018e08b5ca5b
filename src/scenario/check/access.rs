//! Tenants, rules, tokens and protection.

use super::Context;
use crate::geo;
use crate::kms::CountryId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{AccessModel, FaultKind, Hours, KeyClass, Papers, RuleModel, Scenario, Target, Tenant};
use crate::scenario::raw::{Nothing, RawPriority, RawProof, RawRule, RawShed, RawTenant, Word};
use crate::service::{Countries, Priority, TokenPolicy};
use crate::time::Span;
use crate::units::Rate;

/// Tenants are told apart by a byte.
const MOST_TENANTS: usize = 250;
const MOST_RULES: usize = 1_000;
/// Secrets are counted in two bytes; this leaves some for those that are replaced because they leaked.
const MOST_SECRETS: u64 = 60_000;

pub(super) fn check(context: &mut Context<'_>, calls: &[String], keys: &[KeyClass]) -> AccessModel {
    let raw = context.raw;
    if raw.tenant.len() > MOST_TENANTS || raw.rule.len() > MOST_RULES {
        let (what, most) = if raw.rule.len() > MOST_RULES { ("rule", MOST_RULES) } else { ("tenant", MOST_TENANTS) };
        context.error(Code::Impossible, &[what], format!("there are more than {most}"));
        return AccessModel::default();
    }
    for (table, given) in [("rule", !raw.rule.is_empty()), ("tokens", raw.tokens.is_some())] {
        if given && context.defined("tenant").is_empty() {
            context.error(Code::MissingKey, &[table], format!("`[{table}]` is about tenants, and there is none"));
            context.help(
                "for example `[tenant]` with `acme = { roles = [\"payments\"] }`, and `tenant = \"acme\"` in each load",
            );
        }
    }
    let mut tenant = |(id, tenant): (&String, &RawTenant)| Tenant {
        id: id.clone(),
        priority: match tenant.priority {
            Some(RawPriority::Low) => Priority::Low,
            None | Some(RawPriority::Normal) => Priority::Normal,
            Some(RawPriority::High) => Priority::High,
        },
        rate: limit(context, tenant.rate, &["tenant", id, "rate"]),
    };
    let protection = raw.protection.unwrap_or_default();
    let shed = protection.shed.unwrap_or_default();
    let tenants = raw.tenant.iter().map(&mut tenant).collect();
    AccessModel {
        tenants,
        rules: raw.rule.iter().map(|(id, rule)| self::rule(context, (id, rule), calls, keys)).collect(),
        tokens: tokens(context),
        origin: limit(context, protection.origin, &["protection", "origin"]),
        burst: burst(context),
        patience: patience(context, shed),
    }
}

fn limit(context: &mut Context<'_>, raw: Option<Word<Nothing, Rate>>, path: &[&str]) -> Option<f64> {
    let Some(Word::Else(rate)) = raw else { return None };
    if rate.per_second() == 0.0 {
        context.error(Code::WrongValue, path, "nobody would ever be let in");
        context.help("\"none\" is no limit");
    }
    Some(rate.per_second())
}

fn burst(context: &mut Context<'_>) -> Span {
    let burst = context.raw.protection.and_then(|p| p.burst).map_or(Span::from_secs(1), |burst| burst.span());
    if burst == Span::ZERO || burst > Span::from_secs(3600) {
        context.error(Code::WrongValue, &["protection", "burst"], "a burst is above zero and at most \"1 h\"");
    }
    burst
}

fn patience(context: &mut Context<'_>, shed: RawShed) -> [Span; 3] {
    let patience = [shed.low, shed.normal, shed.high].map(|given| given.map_or(Span::MAX, |given| given.span()));
    if patience[0] > patience[1] || patience[1] > patience[2] {
        let reason = "calls of a lower priority would wait longer than those of a higher one";
        context.error(Code::Conflict, &["protection", "shed"], reason);
        context.help("low is at most normal, and normal at most high; what is not said is any time");
    }
    patience
}

fn tokens(context: &mut Context<'_>) -> TokenPolicy {
    let (raw, usual) = (context.raw.tokens.unwrap_or_default(), TokenPolicy::default());
    let span = |given: Option<crate::units::Duration>, usual: Span| given.map_or(usual, |given| given.span());
    let policy = TokenPolicy {
        life: span(raw.life, usual.life),
        rotate: match raw.rotate {
            None => usual.rotate,
            Some(Word::Is(_)) => None,
            Some(Word::Else(every)) => Some(every.span()),
        },
        overlap: span(raw.overlap, usual.overlap),
        spread: span(raw.spread, usual.spread),
        computed: raw.proof == Some(RawProof::Computed),
    };
    if policy.life == Span::ZERO {
        context.error(Code::WrongValue, &["tokens", "life"], "no token would ever be accepted");
    }
    if policy.spread < Span::from_millis(10) {
        context.error(Code::WrongValue, &["tokens", "spread"], "gates ask at most a hundred times a second");
    }
    if policy.overlap < policy.spread.max(policy.life) {
        let reason = "callers would be refused with a secret that they are still given, or with tokens that still live";
        context.error(Code::Conflict, &["tokens", "overlap"], reason);
        context.help(format!("at least {}, the longer of `spread` and `life`", policy.spread.max(policy.life)));
    }
    if let Some(rotate) = policy.rotate.filter(|rotate| *rotate <= policy.overlap) {
        let reason =
            format!("secrets would be replaced every {rotate}, and each accepted for {} beyond", policy.overlap);
        context.error(Code::Conflict, &["tokens", "rotate"], reason);
        context.help("let `overlap` be shorter than `rotate`");
    }
    policy
}

fn rule(context: &mut Context<'_>, (id, raw): (&str, &RawRule), calls: &[String], keys: &[KeyClass]) -> RuleModel {
    for (key, list) in [("roles", &raw.roles), ("calls", &raw.calls), ("keys", &raw.keys), ("from", &raw.from)] {
        if list.as_ref().is_some_and(Vec::is_empty) {
            context.error(Code::WrongValue, &["rule", id, key], "a rule about nobody or nothing is none");
            context.help(format!("leave `{key}` out for all of them, or name some"));
        }
    }
    let tenants = &context.raw.tenant;
    let mut roles: Vec<&str> = tenants.values().flat_map(|tenant| tenant.roles.iter().map(String::as_str)).collect();
    roles.sort_unstable();
    roles.dedup();
    let named = |list: &Option<Vec<String>>, names: &[String]| {
        list.as_ref().is_none_or(|list| names.iter().any(|name| list.contains(name)))
    };
    let one = |list: &Option<Vec<String>>, name: &String| named(list, std::slice::from_ref(name));
    let model = RuleModel {
        id: id.to_owned(),
        denies: raw.deny.unwrap_or(false),
        tenants: tenants.values().map(|tenant| named(&raw.roles, &tenant.roles)).collect(),
        calls: calls.iter().map(|call| one(&raw.calls, call)).collect(),
        classes: keys.iter().map(|class| one(&raw.keys, &class.id)).collect(),
        from: raw.from.as_ref().map(|from| countries(context, id, from)),
        hours: raw.hours.as_deref().and_then(|text| {
            let hours = text.parse::<Hours>().ok();
            if hours.is_none() {
                context.error(Code::WrongValue, &["rule", id, "hours"], format!("\"{text}\" is no hours of days"));
                context.help("for example \"Mon-Fri 08:00-18:00\", \"Sat,Sun 00:00-24:00\" or \"22:00-06:00\"");
            }
            hours
        }),
    };
    for role in raw.roles.iter().flatten().filter(|role| !roles.contains(&role.as_str())) {
        context.unknown("tenant with the role", role, &["rule", id, "roles"], roles.iter().copied());
    }
    for call in raw.calls.iter().flatten().filter(|call| !calls.contains(call)) {
        context.unknown("load that makes the call", call, &["rule", id, "calls"], calls.iter().map(String::as_str));
    }
    for class in raw.keys.iter().flatten() {
        context.knows("key", "key class", class, &["rule", id, "keys"]);
    }
    model
}

fn countries(context: &mut Context<'_>, id: &str, from: &[String]) -> Countries {
    let mut set = Countries::default();
    for place in from {
        let mut found = false;
        for (country, id) in geo::countries().iter().zip((0..).map(CountryId)) {
            if country.iso2.eq_ignore_ascii_case(place) || geo::in_group(country.iso2, place) {
                set.add(id);
                found = true;
            }
        }
        if !found {
            context.unknown("country", place, &["rule", id, "from"], geo::countries().iter().map(|c| c.iso2));
            context.help("use the two letters of ISO 3166-1, such as \"DE\", or a group such as \"EU\"");
        }
    }
    set
}

/// What is wrong with floods, and loads that no rule lets in, as far as that shows without running it.
pub(super) fn feasible(context: &mut Context<'_>, scenario: &Scenario) {
    if let Some(rotate) = scenario.access.tokens.rotate.filter(|rotate| scenario.run.0 / rotate.0.max(1) > MOST_SECRETS)
    {
        let reason = format!("each tenant would have more than {MOST_SECRETS} secrets within the run");
        context.error(Code::Impossible, &["tokens", "rotate"], reason);
        context.help(format!("replace them less often than every {rotate}"));
    }
    let imitations = scenario.imitations();
    if scenario.populations.len() + imitations.len() > usize::from(u16::MAX) {
        context.error(Code::Impossible, &["fault"], "floods imitate more than 65535 pairs of load and place in all");
    }
    for (number, fault) in scenario.faults.iter().enumerate() {
        let (FaultKind::Flood(_, papers), Target::Load(_, tenant)) = (fault.kind, fault.on) else { continue };
        if !imitations.iter().any(|imitation| imitation.fault.index() == number) {
            context.error(
                Code::Conflict,
                &["fault", &fault.id, "on"],
                "nobody asks for this load on that tenant's behalf",
            );
        }
        let leaks = |other: &Target| tenant.is_some_and(|tenant| *other == Target::Secret(tenant));
        if papers == Papers::Stolen && !scenario.faults.iter().any(|other| leaks(&other.on)) {
            let reason = "nothing says how the secret was stolen, so that it is never revoked";
            context.warn(&["fault", &fault.id, "with"], reason);
            context.help("a fault with `on = \"tenant.NAME\"` and `kind = \"compromise\"` ends with its revocation");
        }
    }
    sufficient(context, scenario);
    for population in &scenario.populations {
        let (load, origin) = (&scenario.loads[population.load.index()], &scenario.origins[population.origin.index()]);
        let Some(tenant) = origin.tenant.filter(|_| !scenario.access.rules.is_empty()) else { continue };
        let rules = |call: usize| {
            let about = move |rule: &&RuleModel| {
                rule.tenants[tenant.index()] && rule.calls[call] && rule.classes[load.key.index()]
            };
            scenario.access.rules.iter().filter(about)
        };
        let always = |rule: &RuleModel| rule.from.is_none() && rule.hours.is_none();
        // Whoever is where the database says: nobody else is let in.
        let abroad = |rule: &RuleModel| {
            origin.country().is_some_and(|country| rule.from.is_some_and(|countries| !countries.has(country)))
        };
        let never = |call: usize| {
            rules(call).all(|rule| rule.denies || abroad(rule)) || rules(call).any(|r| r.denies && always(r))
        };
        if let Some(call) = load.calls.iter().find(|call| never(call.index())) {
            let (call, id) = (&scenario.calls[call.index()], &scenario.access.tenants[tenant.index()].id);
            let reason = format!("no rule ever lets \"{id}\" {call} with keys of this class: all of that is refused");
            context.warn(&["load", &load.id, "tenant"], reason);
        }
    }
}

/// Whether limits let in what tenants' loads ask for.
fn sufficient(context: &mut Context<'_>, scenario: &Scenario) {
    for (number, tenant) in scenario.access.tenants.iter().enumerate() {
        let Some(rate) = tenant.rate else { continue };
        let theirs = |population: &&crate::scenario::model::Population| {
            scenario.origins[population.origin.index()].tenant.is_some_and(|of| of.index() == number)
        };
        let asked: f64 = scenario.populations.iter().filter(theirs).map(|population| population.demand.mean()).sum();
        if asked > rate {
            let reason = format!("it asks for {asked:.3}/s on average, more than it may: the rest is throttled");
            context.warn(&["tenant", &tenant.id, "rate"], reason);
        }
    }
}
