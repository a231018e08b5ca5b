//! Tenants, attacks and secrets on the page.

use super::{pairs, paragraph};
use crate::kms::Failure;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::{AccessBlock, RunDocument};
use std::collections::BTreeMap;

/// The section; empty where gates let everything in and nobody attacks.
pub(super) fn section(run: &RunDocument) -> String {
    let Some(access) = &run.access else { return String::new() };
    let over = format!("over {}", plural(u64::from(run.replications), "replication"));
    tenants(access, &over) + &attacks(access, &over) + &turned(access, &over) + &secrets(access)
}

fn tenants(access: &AccessBlock, over: &str) -> String {
    if access.tenants.is_empty() {
        return String::new();
    }
    let columns = ["tenant", "availability", "offered", "completed", "failed", "neighbours", "bill a year", "why"];
    let mut table = Table::new(format!("Requests by tenant, {over}"), &columns);
    for (id, tenant) in &access.tenants {
        table.row(vec![
            Cell::text(id),
            Cell::number(number::share_estimate(tenant.availability)),
            Cell::number(number::count(tenant.offered)),
            Cell::number(number::count(tenant.completed)),
            Cell::number(number::count(tenant.failed)),
            Cell::number(tenant.neighbours.value.map_or_else(|| number::NOTHING.to_owned(), number::share)),
            Cell::number(number::usd(tenant.bill_usd_per_year.or_zero())),
            Cell::text(reasons(&tenant.by_reason)),
        ]);
    }
    let explanation = "Neighbours: of the work of the HSMs that serve a tenant, the share that is others'. Bill: its part of the fleet's \
                       cost, by the time that HSMs worked for it.";
    table.html() + &paragraph(explanation)
}

fn attacks(access: &AccessBlock, over: &str) -> String {
    if access.attacks.is_empty() {
        return String::new();
    }
    let columns = ["attack", "requests", "served", "refused", "let in after revocation", "the last of them after"];
    let caption = format!(
        "Attacks, {over}; their requests are in no other table of requests, and use keys where they are served"
    );
    let mut table = Table::new(caption, &columns);
    for (id, attack) in &access.attacks {
        let late = attack.after_revocation > 0;
        table.row(vec![
            Cell::text(id),
            Cell::number(number::count(attack.requests)),
            Cell::number(number::count(attack.served)),
            Cell::text(reasons(&attack.refused)),
            Cell::number(number::count(attack.after_revocation)),
            Cell::number(if late { number::time_s(attack.after_revocation_s) } else { "–".to_owned() }),
        ]);
    }
    table.html()
}

fn turned(access: &AccessBlock, over: &str) -> String {
    if access.turned_away.is_empty() {
        return String::new();
    }
    let caption = format!("Requests turned away at the gates, attackers' among them, {over}, warm-up included");
    let mut table = Table::new(caption, &["reason", "requests"]);
    for (reason, requests) in &access.turned_away {
        table.row(vec![Cell::text(reason), Cell::number(number::count(*requests))]);
        let rules = access.forbidden_by.iter().filter(|_| reason == Failure::Forbidden.name());
        for (rule, requests) in rules {
            table.row(vec![Cell::text(format!("… {rule}")), Cell::number(number::count(*requests))]);
        }
    }
    table.html()
}

fn secrets(access: &AccessBlock) -> String {
    let secrets = &access.secrets;
    if access.tenants.is_empty() {
        return String::new();
    }
    let revoked = secrets.revoked.or_zero() > 0.0;
    pairs(
        "Secrets of tenants, per replication",
        vec![
            ("issued", tally(secrets.issued)),
            ("leaked", tally(secrets.leaked)),
            ("times that they were revoked", tally(secrets.revoked)),
            (
                "the last gate learned of it after",
                if revoked { number::time_s(secrets.spread_s) } else { "–".to_owned() },
            ),
        ],
    )
}

/// Reasons and how many, the most frequent first.
fn reasons(by_reason: &BTreeMap<String, u64>) -> String {
    let mut reasons: Vec<(&String, &u64)> = by_reason.iter().collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1));
    let words: Vec<String> = reasons.iter().map(|(reason, n)| format!("{} {reason}", number::count(**n))).collect();
    words.join(", ")
}

/// What happened at the gates, in sentences, where anybody attacked or was turned away.
pub(crate) fn access(run: &RunDocument) -> Vec<String> {
    let Some(access) = &run.access else { return Vec::new() };
    let mut lines = Vec::new();
    for (id, attack) in access.attacks.iter().filter(|(_, attack)| attack.requests > 0) {
        let refused = if attack.refused.is_empty() { "none refused".to_owned() } else { reasons(&attack.refused) };
        let (sent, served) = (number::count(attack.requests), number::count(attack.served));
        lines.push(format!("{id}: {sent} requests of attackers, {served} served; {refused}"));
        if attack.after_revocation > 0 {
            lines.push(format!(
                "{id}: {} were let in after the secret had been revoked, the last {} after it",
                number::count(attack.after_revocation),
                number::time_s(attack.after_revocation_s)
            ));
        }
    }
    for (id, tenant) in access.tenants.iter().filter(|(_, tenant)| tenant.failed > 0) {
        let availability = number::share_estimate(tenant.availability);
        lines.push(format!("tenant {id}: availability {availability}; {}", reasons(&tenant.by_reason)));
    }
    lines
}
