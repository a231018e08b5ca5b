//! Connections: that links are encrypted, how long connections last, and what handshakes cost.

use super::Context;
use crate::net::{TicketKeys, Tls};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Demand, Origin, Population};
use crate::scenario::raw::{Either, RawHandshake, RawTicketKeys, RawTransport};
use crate::time::Span;
use std::sync::Arc;

/// Requests a second of a place for which there is one calling process.
const RATE_OF_A_CLIENT: f64 = 10.0;
const MOST_USUAL: f64 = 10_000.0;
const MOST_CLIENTS: u32 = 100_000;
const MOST_WORKERS: u32 = 10_000;
const SHORTEST: Span = Span::from_secs(1);
/// Longer than any run: what outlives it does so.
const LONGEST: Span = Span::from_secs(100 * 365 * 86_400);
/// RFC 8446, 4.6.1.
const LONGEST_TICKET: Span = Span::from_secs(7 * 86_400);
const MOST_WORK: Span = Span::from_secs(1);

/// Nothing where there is no network.
pub(super) fn check(context: &mut Context<'_>, origins: &[Origin], populations: &[Population]) -> Option<Arc<Tls>> {
    let raw = match &context.raw.transport {
        Some(Either::Short(word)) => {
            plaintext(context, &["transport"], word);
            RawTransport::default()
        }
        Some(Either::Long(raw)) => *raw,
        None => RawTransport::default(),
    };
    if raw.tls == Some(false) {
        plaintext(context, &["transport", "tls"], "tls = false");
    }
    if matches!(context.raw.network, Some(Either::Short(_))) {
        if context.raw.transport.is_some() && !context.is_broken(&["transport"]) && !context.has_errors() {
            context.error(Code::Conflict, &["transport"], "connections cost nothing where there is no network");
            context.help("take out `network = \"none\"`, or this");
        }
        return None;
    }
    let handshake = handshake(context, raw.handshake.unwrap_or_default());
    let span = |given: Option<crate::units::Duration>, usual: Span| given.map_or(usual, |given| given.span());
    let (idle, life) = (span(raw.idle, Span::from_secs(75)), span(raw.life, Span::from_secs(3600)));
    for (key, span) in [("idle", idle), ("life", life)] {
        if !(SHORTEST..=LONGEST).contains(&span) {
            let reason = format!("a connection lasts between {SHORTEST} and 100 years, not {span}");
            context.error(Code::WrongValue, &["transport", key], reason);
        }
    }
    let ticket = span(raw.ticket, Span::from_secs(300));
    if ticket > LONGEST_TICKET {
        let reason = format!("a ticket is good for at most {LONGEST_TICKET} (RFC 8446, 4.6.1)");
        context.error(Code::WrongValue, &["transport", "ticket"], reason);
    }
    let workers = raw.workers.unwrap_or(4);
    if !(1..=MOST_WORKERS).contains(&workers) {
        let reason = format!("a front end has between 1 and {MOST_WORKERS} workers");
        context.error(Code::WrongValue, &["transport", "workers"], reason);
    }
    if raw.clients.is_some_and(|clients| !(1..=MOST_CLIENTS).contains(&clients)) {
        let reason = format!("a place has between 1 and {MOST_CLIENTS} calling processes");
        context.error(Code::WrongValue, &["transport", "clients"], reason);
    }
    let usual = |origin: usize| {
        let theirs = populations.iter().filter(|population| population.origin.index() == origin);
        let rate: f64 = theirs.map(|population| rate(&population.demand)).sum();
        libm::ceil(rate / RATE_OF_A_CLIENT).clamp(1.0, MOST_USUAL) as u32
    };
    Some(Arc::new(Tls {
        clients: (0..origins.len()).map(|origin| raw.clients.unwrap_or_else(|| usual(origin))).collect(),
        idle,
        life,
        ticket,
        ticket_keys: match raw.ticket_keys {
            Some(RawTicketKeys::Fleet) => TicketKeys::Fleet,
            Some(RawTicketKeys::Site) | None => TicketKeys::Site,
        },
        full: handshake.0,
        resumed: handshake.1,
        workers,
        queue: raw.queue.unwrap_or(511),
        checks_verify: raw.checks_verify.unwrap_or(false),
    }))
}

/// Keys, tokens and signatures do not go over links that anybody can read.
fn plaintext(context: &mut Context<'_>, path: &[&str], said: &str) {
    let reason =
        format!("\"{said}\": links without TLS are refused, for whoever reads them has the tokens that open keys");
    context.error(Code::Impossible, path, reason);
    context.help("take it out: every link is TLS 1.3; closed forms that need no network say `network = \"none\"`");
}

fn handshake(context: &mut Context<'_>, raw: RawHandshake) -> (Span, Span) {
    let full = raw.full.map_or(Span::from_micros(500), |full| full.span());
    let resumed = raw.resumed.map_or(Span::from_micros(200).min(full), |resumed| resumed.span());
    if full > MOST_WORK {
        let reason = format!("a handshake keeps a worker busy for at most {MOST_WORK}");
        context.error(Code::WrongValue, &["transport", "handshake", "full"], reason);
    } else if resumed > full {
        let reason = format!("a resumed handshake does a part of a full one ({full})");
        context.error(Code::Conflict, &["transport", "handshake", "resumed"], reason);
    }
    (full, resumed)
}

fn rate(demand: &Demand) -> f64 {
    match demand {
        Demand::Rate(rate) | Demand::History(_, rate) => *rate,
    }
}
