//! Business operations: calls, shape, growth, patience.

use super::Context;
use crate::geo;
use crate::kms::{CallName, ClassId};
use crate::load::{Pattern, Shape, parse_shapes};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{KeyClass, Load};
use crate::scenario::raw::{Arrivals, Either, Nothing, RawJitter, RawLoad, RawPreset, RawRetry, Word};
use crate::service::Retry;
use crate::time::Span;
use std::collections::BTreeMap;

/// Calls of one operation; more is a program, not an operation.
const MOST_CALLS: usize = 64;

/// Loads and the call names they use.
pub(super) struct Loads {
    pub(super) calls: Vec<String>,
    pub(super) loads: Vec<Load>,
}

pub(super) fn check(context: &mut Context<'_>, keys: &[KeyClass]) -> Loads {
    let raw = context.raw;
    let shapes = parse_shapes(geo::shapes()).expect("a test reads the shipped shapes");
    let mut calls: Vec<String> = raw.load.values().flat_map(|load| load.calls.iter().cloned()).collect();
    calls.sort();
    calls.dedup();
    if calls.len() > usize::from(u8::MAX) {
        context.error(Code::Impossible, &["load"], format!("{} different calls are more than 255", calls.len()));
        calls.truncate(usize::from(u8::MAX));
    }
    let loads = raw.load.iter().map(|(id, load)| one(context, (id, load), keys, &shapes, &calls)).collect();
    Loads { calls, loads }
}

fn one(
    context: &mut Context<'_>,
    (id, raw): (&str, &RawLoad),
    keys: &[KeyClass],
    shapes: &BTreeMap<String, Shape>,
    calls: &[String],
) -> Load {
    if raw.calls.is_empty() || raw.calls.len() > MOST_CALLS {
        let reason = format!("an operation makes 1 to {MOST_CALLS} calls, not {}", raw.calls.len());
        context.error(Code::WrongValue, &["load", id, "calls"], reason);
    }
    context.knows("key", "key class", &raw.key, &["load", id, "key"]);
    let class = keys.iter().position(|class| class.id == raw.key).unwrap_or_default();
    let name = raw.shape.as_deref().unwrap_or("flat");
    let shape = shapes.get(name).cloned().unwrap_or_else(|| {
        context.unknown("shape", name, &["load", id, "shape"], shapes.keys().map(String::as_str));
        Shape::flat()
    });
    let timeout = raw.timeout.map_or(Span::from_secs(1), |timeout| timeout.span());
    if timeout == Span::ZERO {
        context.error(Code::WrongValue, &["load", id, "timeout"], "nothing can be answered in no time");
        context.help("for example \"600 ms\"");
    }
    let growth = match raw.growth {
        None => 0.0,
        Some(Either::Short(growth)) => growth.per_year(),
        Some(Either::Long(guess)) => {
            if guess.low > guess.mid || guess.mid > guess.high {
                context.error(
                    Code::WrongValue,
                    &["load", id, "growth"],
                    "`low`, `mid` and `high` are not in this order",
                );
            }
            guess.mid.per_year()
        }
    };
    if growth > 10.0 {
        context.error(Code::WrongValue, &["load", id, "growth"], "demand does not grow by more than \"1000 %/y\"");
    }
    let index = |call: &String| CallName(calls.iter().position(|known| known == call).unwrap_or_default() as u8);
    Load {
        id: id.to_owned(),
        calls: raw.calls.iter().map(index).collect(),
        key: ClassId(class as u16),
        timeout,
        retry: retry(context, (id, raw), timeout),
        pattern: match raw.arrivals {
            None | Some(Arrivals::Poisson) => Pattern::Poisson,
            Some(Arrivals::Constant) => Pattern::Constant,
            Some(Arrivals::Bursty(burstiness)) => Pattern::Bursty { burstiness },
        },
        shape,
        growth,
        cache: super::cache::of_load(context, id, raw, timeout),
    }
}

/// The load's retries; its own keys win over `[retry]`, key by key.
fn retry(context: &mut Context<'_>, (id, raw): (&str, &RawLoad), timeout: Span) -> Retry {
    let said = |retry: Option<Either<RawPreset, RawRetry>>| retry.map(Either::table).unwrap_or_default();
    let (own, all) = (said(raw.retry), said(context.raw.retry));
    let retry = joined(own, all, timeout);
    let path = |key: &'static str, own: bool| if own { vec!["load", id, "retry", key] } else { vec!["retry", key] };
    // Attempts are told apart by eight bits, of which a failed one takes two numbers.
    if raw.calls.len() as u64 * u64::from(retry.attempts) > 127 && (1..=20).contains(&retry.attempts) {
        let reason = format!("{} calls of {} attempts each are more than 127", raw.calls.len(), retry.attempts);
        context.error(Code::Impossible, &["load", id, "calls"], reason);
    }
    if !(1..=20).contains(&retry.attempts) {
        let reason = format!("{} attempts are not between 1 and 20", retry.attempts);
        context.error(Code::WrongValue, &path("attempts", own.attempts.is_some()), reason);
    }
    let key = path("attempt_timeout", own.attempt_timeout.is_some());
    if retry.attempt_timeout > timeout {
        let reason = format!("one attempt is waited for longer than the whole operation ({timeout}, load \"{id}\")");
        context.error(Code::Conflict, &key, reason);
    } else if retry.attempt_timeout == Span::ZERO && timeout > Span::ZERO {
        context.error(Code::WrongValue, &key, "nothing can be answered in no time");
    }
    if retry.backoff > retry.backoff_max {
        let reason =
            format!("the first pause ({}) is longer than `backoff_max` ({})", retry.backoff, retry.backoff_max);
        context.error(Code::Conflict, &path("backoff", own.backoff.is_some()), reason);
    }
    retry
}

/// The default of each key is stated at [`RawRetry`].
fn joined(own: RawRetry, all: RawRetry, timeout: Span) -> Retry {
    let said = own.over(all);
    let attempts = said.attempts.unwrap_or(3);
    let patience = if attempts == 1 { timeout } else { Span(timeout.0 / 2) };
    Retry {
        attempts,
        attempt_timeout: said.attempt_timeout.map_or(patience, |d| d.span()),
        backoff: said.backoff.map_or(Span::from_millis(20), |d| d.span()),
        backoff_max: said.backoff_max.map_or(Span::from_secs(1), |d| d.span()),
        jitter: said.jitter != Some(RawJitter::None),
        budget: match said.budget {
            None => 0.1,
            Some(Word::Is(Nothing::None)) => f64::INFINITY,
            Some(Word::Else(share)) => share.fraction(),
        },
    }
}

/// Ids of loads, in order.
pub(super) fn ids(loads: &Loads) -> Vec<String> {
    loads.loads.iter().map(|load| load.id.clone()).collect()
}
