//! Caches of data keys: who may have one, how long and how often data keys are used, and that there is memory for them.

use super::Context;
use crate::load::Skew;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{CacheModel, FaultKind, KeyClass, Load, Metric, Objective, Origin, Population, Target};
use crate::scenario::raw::{Either, RawCache, RawCold, RawFault, RawKind, RawLoad};
use crate::time::Span;

const MOST_CLIENTS: u32 = 100_000;
/// NIST SP 800-38D, 8.3: with random initialisation vectors, AES-GCM takes so many messages under one key.
const MOST_USES: u64 = 1 << 32;
/// Longer than any run, and any data key.
const LONGEST: Span = Span::from_secs(100 * 365 * 86_400);
/// What the caches of restarted clients take for granted: an answer comes within a day.
const LONGEST_TIMEOUT: Span = Span::from_secs(86_400);
/// Pairs of client and key in one replication: each takes 16 bytes, and 4 more where uses are counted.
const MANY_PAIRS: u64 = 5_000_000;
const MOST_PAIRS: u64 = 50_000_000;
const BYTES_PER_PAIR: f64 = 16.0;

/// The cache of a load.
pub(super) fn of_load(context: &mut Context<'_>, id: &str, raw: &RawLoad, timeout: Span) -> Option<CacheModel> {
    let (cache, long) = match raw.cache? {
        Either::Short(life) => (RawCache { life, clients: None, uses: None, cold: None }, false),
        Either::Long(cache) => (cache, true),
    };
    let path = |key: &'static str| if long { vec!["load", id, "cache", key] } else { vec!["load", id, "cache"] };
    if !raw.users.is_empty() {
        context.error(Code::Conflict, &path("for"), "data keys are kept by calling services, and users are none");
        context.help("give the load `from` or `history`, and users a load of their own");
    }
    let life = cache.life.span();
    if life == Span::ZERO || life > LONGEST {
        let reason = format!("a data key is used for some time and at most 100 years, not {life}");
        context.error(Code::WrongValue, &path("for"), reason);
        context.help("for example \"5 min\"; a load whose clients ask each time has no `cache`");
    }
    if timeout > LONGEST_TIMEOUT {
        let reason = format!("whoever keeps data keys waits for one for at most {LONGEST_TIMEOUT}, not {timeout}");
        context.error(Code::Conflict, &["load", id, "timeout"], reason);
    }
    if cache.clients.is_some_and(|clients| !(1..=MOST_CLIENTS).contains(&clients)) {
        let reason = format!("a place has between 1 and {MOST_CLIENTS} calling processes");
        context.error(Code::WrongValue, &path("clients"), reason);
    }
    if let Some(uses) = cache.uses.map(|uses| uses.get()) {
        if uses < 2 {
            context.error(Code::WrongValue, &path("uses"), "a data key that is used once is not kept");
            context.help("take `cache` out, or use at least 2");
        } else if uses > MOST_USES {
            let reason = format!("AES-GCM takes at most {MOST_USES} messages under one key (NIST SP 800-38D, 8.3)");
            context.error(Code::WrongValue, &path("uses"), reason);
        }
    }
    Some(CacheModel {
        life,
        clients: cache.clients,
        uses: cache.uses.map(|uses| uses.get()),
        cold_failover: cache.cold == Some(RawCold::Failover),
    })
}

/// Whether caches fit into memory, and no data key is used more often than is safe.
pub(super) fn fits(
    context: &mut Context<'_>,
    (loads, keys): (&[Load], &[KeyClass]),
    (origins, populations): (&[Origin], &[Population]),
) {
    for (index, load) in loads.iter().enumerate().filter(|(_, load)| load.cache.is_some()) {
        let (mut pairs, mut most) = (0_u64, 0.0_f64);
        for population in populations.iter().filter(|population| population.load.index() == index) {
            let rate = population.demand.mean();
            let Some(keeping) = load.keeping(rate) else { continue };
            let class = keys.get(load.key.index());
            let home = origins[population.origin.index()].home.index();
            let count = class.and_then(|class| class.counts.get(home)).copied().unwrap_or(1).max(1);
            let skew = Skew::new(count, class.map_or(0.0, |class| class.zipf));
            pairs = pairs.saturating_add(u64::from(keeping.clients) * u64::from(count));
            most = most.max(rate * skew.share(0) / f64::from(keeping.clients) * keeping.life.as_secs_f64());
        }
        let path = ["load", load.id.as_str(), "cache"];
        if pairs > MANY_PAIRS {
            let megabytes = pairs as f64 * BYTES_PER_PAIR / 1e6;
            let reason = format!(
                "its clients have up to {pairs} data keys among them, {megabytes:.0} MB in each replication that is under way"
            );
            if pairs > MOST_PAIRS {
                context.error(Code::Impossible, &path, reason);
            } else {
                context.warn(&path, reason);
            }
            context.help("fewer `clients`, or fewer keys in its class, would do");
        }
        let counted = load.cache.is_some_and(|cache| cache.uses.is_some());
        if !counted && most > MOST_USES as f64 {
            let reason = format!("a client may use a data key {most:.1e} times before it expires");
            context.warn(&path, reason);
            context.help("AES-GCM takes at most 2^32 messages under one key: add `uses = 4_294_967_296`");
        }
    }
}

/// Clients restart: those of a load, or the calling services of a region, of which some keep data keys.
pub(super) fn restart(context: &mut Context<'_>, id: &str, raw: &RawFault, on: Option<Target>) -> Option<FaultKind> {
    let path = |key: &'static str| ["fault", id, key];
    if raw.lasts.is_some() {
        context.error(Code::Conflict, &path("for"), "a restart takes no time: it empties caches, and they fill again");
        context.help("`over` says within which time clients restart one after the other");
    }
    let cached = |load: &RawLoad| load.cache.is_some();
    let any = match on? {
        Target::Load(load, _) => context.raw.load.values().nth(load.index()).is_some_and(cached),
        Target::Region(_) => context.raw.load.values().any(cached),
        _ => {
            let reason = "restarted are the clients of a load, or the calling services of a whole region";
            context.error(Code::Conflict, &path("on"), reason);
            context.help("use for example `on = \"load.NAME\"` or `on = \"region.us\"`");
            return None;
        }
    };
    if !any && !context.is_broken(&["load"]) {
        context.error(Code::Conflict, &path("kind"), "nobody there keeps data keys, so a restart empties nothing");
        context.help("give the load a `cache`, such as `cache = \"5 min\"`");
    }
    Some(FaultKind::Restart(raw.over.map_or(Span::ZERO, |over| over.span())))
}

/// So long a restart is told as a fault: until the last client has restarted.
pub(super) fn restarting(raw: &RawFault) -> Option<Span> {
    (raw.kind == RawKind::Restart).then(|| raw.over.map_or(Span::ZERO, |over| over.span()))
}

/// Where nobody keeps data keys, what clients answer themselves is nothing.
pub(super) fn kept(context: &mut Context<'_>, objective: &Objective, expect: &[&str]) {
    let name = match objective.metric {
        Metric::Answered => "answered",
        Metric::HitRatio => "hit_ratio",
        _ => return,
    };
    let is_meant = |index: usize| objective.load.is_none_or(|load| load.index() == index);
    let mut loads = context.raw.load.values().enumerate().filter(|(index, _)| is_meant(*index));
    if loads.any(|(_, load)| load.cache.is_some()) || context.is_broken(&["load"]) {
        return;
    }
    let who = objective.load.and_then(|load| context.raw.load.keys().nth(load.index()));
    let who = who.map_or_else(|| "no load".to_owned(), |load| format!("no client of \"{load}\""));
    context.error(Code::Objective, expect, format!("{who} keeps data keys, so {name} says nothing"));
    context.help("give the load a `cache`, such as `cache = \"5 min\"`, or write `availability`");
}
