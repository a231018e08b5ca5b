//! Tenants, rules, tokens and protection.

use super::Context;
use crate::geo;
use crate::kms::CountryId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{AccessModel, Hours, KeyClass, RuleModel, Tenant};
use crate::scenario::raw::{RawPriority, RawProof, RawRule, RawShed, Word};
use crate::service::{Countries, Priority, TokenPolicy};
use crate::time::Span;
use crate::units::Rate;

/// Tenants are told apart by a byte.
const MOST_TENANTS: usize = 250;
const MOST_RULES: usize = 1_000;

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
    let tenant = |(id, tenant): (&String, &crate::scenario::raw::RawTenant)| Tenant {
        id: id.clone(),
        priority: match tenant.priority {
            Some(RawPriority::Low) => Priority::Low,
            None | Some(RawPriority::Normal) => Priority::Normal,
            Some(RawPriority::High) => Priority::High,
        },
        rate: limit(tenant.rate),
    };
    let protection = raw.protection.unwrap_or_default();
    let shed = protection.shed.unwrap_or_default();
    AccessModel {
        tenants: raw.tenant.iter().map(tenant).collect(),
        rules: raw.rule.iter().map(|(id, rule)| self::rule(context, (id, rule), calls, keys)).collect(),
        tokens: tokens(context),
        origin: limit(protection.origin),
        burst: burst(context),
        patience: patience(context, shed),
    }
}

fn limit(raw: Option<Word<crate::scenario::raw::Nothing, Rate>>) -> Option<f64> {
    match raw {
        None | Some(Word::Is(_)) => None,
        Some(Word::Else(rate)) => Some(rate.per_second()),
    }
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
    let tenants = &context.raw.tenant;
    let mut roles: Vec<&str> = tenants.values().flat_map(|tenant| tenant.roles.iter().map(String::as_str)).collect();
    roles.sort_unstable();
    roles.dedup();
    let of = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|known| known == name);
    let tenants = tenants.values().map(|t| raw.roles.is_empty() || t.roles.iter().any(|role| raw.roles.contains(role)));
    let model = RuleModel {
        id: id.to_owned(),
        denies: raw.deny.unwrap_or(false),
        tenants: tenants.collect(),
        calls: calls.iter().map(|call| of(&raw.calls, call)).collect(),
        classes: keys.iter().map(|class| of(&raw.keys, &class.id)).collect(),
        from: (!raw.from.is_empty()).then(|| countries(context, id, &raw.from)),
        hours: raw.hours.as_deref().and_then(|text| {
            let hours = text.parse::<Hours>().ok();
            if hours.is_none() {
                context.error(Code::WrongValue, &["rule", id, "hours"], format!("\"{text}\" is no hours of days"));
                context.help("for example \"Mon-Fri 08:00-18:00\", \"Sat,Sun 00:00-24:00\" or \"22:00-06:00\"");
            }
            hours
        }),
    };
    for role in raw.roles.iter().filter(|role| !roles.contains(&role.as_str())) {
        context.unknown("tenant with the role", role, &["rule", id, "roles"], roles.iter().copied());
    }
    for call in raw.calls.iter().filter(|call| !calls.contains(call)) {
        context.unknown("call", call, &["rule", id, "calls"], calls.iter().map(String::as_str));
    }
    for class in &raw.keys {
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
