//! Length, repetition, survival, health checks, routing, network and audit.

use super::Context;
use super::fleet::Fleet;
use crate::kms::RegionId;
use crate::net::Network;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{Survive, WarmUp};
use crate::scenario::raw::{Either, Nothing, RawAccess, RawPlacement, RawReplications, RawScale, Survival, Word};
use crate::service::{Generating, Health, Placement, Ranking, Routing};
use crate::stats::Stopping;
use crate::time::Span;

/// What holds for the scenario as a whole.
pub(super) struct Settings {
    pub(super) warm_up: WarmUp,
    pub(super) replications: Stopping,
    pub(super) survive: Survive,
    pub(super) health: Health,
    pub(super) routing: Routing,
    pub(super) generating: Generating,
    pub(super) catch_up: u32,
    pub(super) network: Network,
    pub(super) audit_interval: Span,
    pub(super) audit_each: bool,
}

const MOST_OBSERVERS: usize = 100;
/// A run of more than ten years says nothing that its assumptions can bear.
const LONGEST_RUN: Span = Span::from_secs(10 * 365 * 86_400);

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet) -> Settings {
    let run = context.run;
    if run < Span::from_secs(1) {
        context.error(Code::WrongValue, &["run"], "a run lasts at least a second");
    } else if run > LONGEST_RUN {
        context.error(Code::WrongValue, &["run"], "a run lasts at most \"10 y\"");
    }
    let raw = context.raw;
    let warm_up = match raw.warm_up {
        None | Some(Word::Is(_)) => WarmUp::Auto,
        Some(Word::Else(given)) => WarmUp::Given(given.span()),
    };
    if matches!(warm_up, WarmUp::Given(given) if given >= run) {
        context.error(Code::Conflict, &["warm_up"], format!("the warm-up leaves nothing of the run ({run})"));
    }
    if raw.seed.is_some_and(|seed| seed > i64::MAX as u64) {
        context.error(Code::WrongValue, &["seed"], "a seed is at most 9223372036854775807");
    }
    name(context);
    let audit_interval = raw.audit.and_then(|audit| audit.interval).map_or(Span::from_secs(60), |d| d.span());
    if audit_interval < Span::from_secs(1) {
        context.error(Code::WrongValue, &["audit", "interval"], "records are sealed at most once a second");
    }
    Settings {
        warm_up,
        replications: replications(context),
        survive: survive(context),
        health: health(context),
        routing: routing(context),
        generating: generating(context),
        catch_up: catch_up(context),
        network: network(context, fleet),
        audit_interval,
        audit_each: matches!(raw.audit.and_then(|audit| audit.access), Some(RawAccess::Each)),
    }
}

/// The name becomes the name of a folder of results.
fn name(context: &mut Context<'_>) {
    let Some(name) = &context.raw.name else { return };
    let odd = |c: char| c.is_control() || "/\\:".contains(c);
    if name.is_empty() || name.chars().count() > 80 || name.starts_with('.') || name.contains(odd) {
        context.error(Code::WrongValue, &["name"], "a name has 1 to 80 characters, no / \\ : and no point in front");
    }
}

fn replications(context: &mut Context<'_>) -> Stopping {
    let written = match context.raw.replications {
        None => RawReplications { min: None, max: None, until: None },
        Some(Either::Short(number)) => RawReplications { min: Some(number), max: Some(number), until: None },
        Some(Either::Long(table)) => table,
    };
    let usual = Stopping::default();
    let max = written.max.unwrap_or(usual.max.max(written.min.unwrap_or(0)));
    let min = written.min.unwrap_or(usual.min.min(max));
    if !(1..=10_000).contains(&min) || max > 10_000 {
        context.error(Code::WrongValue, &["replications"], "replications are between 1 and 10000");
    } else if max < min {
        context.error(Code::Conflict, &["replications", "max"], format!("{max} is less than `min` ({min})"));
    }
    let relative_half_width = written.until.map_or(usual.relative_half_width, |until| until.fraction());
    Stopping { min, max, relative_half_width }
}

fn survive(context: &mut Context<'_>) -> Survive {
    let (what, lasts) = match &context.raw.survive {
        None => (&[][..], None),
        Some(Survival::List(what)) => (&what[..], None),
        Some(Survival::Table(table)) => (&table.what[..], table.lasts),
    };
    let lasts = lasts.map_or(Span::from_secs(600), |lasts| lasts.span());
    if lasts == Span::ZERO || lasts > context.run {
        let run = context.run;
        if !what.is_empty() {
            let path: &[&str] = if lasts == Span::ZERO { &["survive", "lasts"] } else { &["survive"] };
            context.error(Code::Conflict, path, format!("faults of {lasts} do not fit into a run of {run}"));
            context.help("survive = { what = [...], lasts = \"10 min\" } sets how long");
        }
    }
    let has = |scale| what.contains(&scale);
    Survive { device: has(RawScale::Device), site: has(RawScale::Site), region: has(RawScale::Region), lasts }
}

fn health(context: &mut Context<'_>) -> Health {
    let regions = context.defined("region").len().max(1);
    let raw = context.raw.health.unwrap_or_default();
    let span = |given: Option<crate::units::Duration>, seconds| given.map_or(Span::from_secs(seconds), |d| d.span());
    let health = Health {
        interval: span(raw.interval, 10),
        threshold: raw.threshold.unwrap_or(3),
        timeout: span(raw.timeout, 2),
        propagation: span(raw.propagation, 60),
        observers: raw.observers.unwrap_or(3.min(regions as u32)),
        phase: raw.phase.map(|phase| phase.span()),
    };
    if health.phase.is_some_and(|phase| phase > health.interval) {
        let reason = format!("the first check is at most the interval ({}) after the start", health.interval);
        context.error(Code::Conflict, &["health", "phase"], reason);
    }
    if health.interval < Span::from_millis(100) {
        context.error(Code::WrongValue, &["health", "interval"], "sites are checked at most ten times a second");
    }
    if health.timeout == Span::ZERO || health.timeout > health.interval {
        let reason = format!("the timeout is not above zero and at most the interval ({})", health.interval);
        context.error(Code::Conflict, &["health", "timeout"], reason);
    }
    if !(1..=100).contains(&health.threshold) {
        context.error(Code::WrongValue, &["health", "threshold"], "the threshold is between 1 and 100");
    }
    if health.observers == 0 || health.observers as usize > regions.min(MOST_OBSERVERS) {
        let reason = format!("{} observers cannot be found among {regions} regions", health.observers);
        context.error(Code::Impossible, &["health", "observers"], reason);
    }
    health
}

fn routing(context: &mut Context<'_>) -> Routing {
    let longest =
        context.raw.load.values().map(|load| load.timeout.map_or(Span::from_secs(1), |timeout| timeout.span())).max();
    let patience = longest.unwrap_or(Span::ZERO);
    let refresh = context.raw.routing.and_then(|raw| raw.refresh).map_or(Span::from_secs(60), |refresh| refresh.span());
    let raw = context.raw.routing.unwrap_or_default();
    let ranking = match raw.placement.unwrap_or(RawPlacement::Rendezvous) {
        RawPlacement::Rendezvous => Ranking::Rendezvous,
        RawPlacement::Ring => Ranking::Ring { virtual_nodes: raw.virtual_nodes.unwrap_or(1_000) },
    };
    let placement_bound = match raw.placement_bound {
        None => 1.0,
        Some(Word::Is(_)) => f64::INFINITY,
        Some(Word::Else(bound)) => bound.get(),
    };
    let routing = Routing {
        near: raw.near.map_or(Span::from_millis(2), |near| near.span()),
        bound: raw.bound.map_or(1.25, |bound| bound.get()),
        shards: raw.shards.unwrap_or(4_096),
        placement: Placement { ranking, bound: placement_bound },
        refresh,
        drain: raw.drain.map_or(refresh + patience, |drain| drain.span()),
        moves: raw.moves.unwrap_or(64),
    };
    for (key, span) in [("refresh", routing.refresh), ("drain", routing.drain)] {
        if span > Span::from_secs(86_400 * 30) || key == "refresh" && span < Span::from_millis(100) {
            context.error(Code::WrongValue, &["routing", key], "a routing table is refreshed within 100 ms to 30 days");
        }
    }
    if routing.moves == 0 {
        context.error(Code::WrongValue, &["routing", "moves"], "without any at once no shard would ever move");
    }
    for (key, bound) in [("bound", routing.bound), ("placement_bound", placement_bound)] {
        if bound < 1.0 {
            let reason = "sites cannot all take less than their share: at least 1";
            context.error(Code::WrongValue, &["routing", key], reason);
        }
    }
    if !(1..=65_536).contains(&routing.shards) {
        context.error(Code::WrongValue, &["routing", "shards"], "shards are between 1 and 65536");
    }
    if raw.virtual_nodes.is_some_and(|nodes| !(1..=10_000).contains(&nodes)) {
        context.error(Code::WrongValue, &["routing", "virtual_nodes"], "virtual nodes are between 1 and 10000");
    }
    if raw.virtual_nodes.is_some() && ranking == Ranking::Rendezvous {
        let reason = "rendezvous hashing has no virtual nodes: a site's weight is in its score";
        context.error(Code::Conflict, &["routing", "virtual_nodes"], reason);
        context.help("add placement = \"ring\", or take this out");
    }
    routing
}

fn generating(context: &mut Context<'_>) -> Generating {
    let raw = context.raw.rotation.unwrap_or_default();
    let mut limit = |key: &str, given: Option<Word<Nothing, u32>>, usual: u32| match given {
        None => usual,
        Some(Word::Is(_)) => u32::MAX,
        Some(Word::Else(limit)) => {
            if limit == 0 {
                context.error(Code::WrongValue, &["rotation", key], "without any at once no key would ever rotate");
            }
            limit
        }
    };
    Generating {
        at_once: limit("at_once", raw.at_once, 1),
        at_once_urgent: limit("at_once_urgent", raw.at_once_urgent, 4),
    }
}

fn catch_up(context: &mut Context<'_>) -> u32 {
    match context.raw.replication.unwrap_or_default().at_once {
        None => 64,
        Some(Word::Is(_)) => u32::MAX,
        Some(Word::Else(limit)) => {
            if limit == 0 {
                context.error(
                    Code::WrongValue,
                    &["replication", "at_once"],
                    "without any at once no site would catch up",
                );
            }
            limit
        }
    }
}

fn network(context: &mut Context<'_>, fleet: &Fleet) -> Network {
    let raw = match context.raw.network.clone() {
        Some(Either::Short(_)) => {
            if let Some((id, _)) = context.raw.load.iter().find(|(_, load)| !load.users.is_empty()) {
                context.error(
                    Code::Conflict,
                    &["load", id, "users"],
                    "users are at real distances, and there is no network",
                );
                context.help("give `from`, or take out `network = \"none\"`");
            }
            let pairs = (0..fleet.regions.len()).flat_map(|a| (a + 1..fleet.regions.len()).map(move |b| (a, b)));
            let stated = pairs.map(|(a, b)| (RegionId(a as u16), RegionId(b as u16), Span::ZERO));
            return Network { local_rtt: Span::ZERO, jitter: 0.0, loss: 0.0, stated: stated.collect() };
        }
        Some(Either::Long(raw)) => raw,
        None => Default::default(),
    };
    let jitter = raw.jitter.map_or(0.05, |jitter| jitter.get());
    if jitter > 2.0 {
        context.error(Code::WrongValue, &["network", "jitter"], format!("{jitter} is more than 2"));
        context.help("jitter is the sigma of a lognormal factor; 0.05 is usual");
    }
    let mut stated: Vec<(RegionId, RegionId, Span)> = Vec::new();
    for (pair, rtt) in &raw.rtt {
        let path = ["network", "rtt", pair];
        let Some((a, b)) = fleet.pair(context, pair, &path) else { continue };
        if stated.iter().any(|(x, y, _)| (*x, *y) == (a, b)) {
            context.error(Code::Conflict, &path, "this link is given twice, once in each direction");
        }
        stated.push((a, b, rtt.span()));
    }
    stated.sort_unstable();
    Network {
        local_rtt: raw.local_rtt.map_or(Span::from_micros(800), |rtt| rtt.span()),
        jitter,
        loss: raw.loss.map_or(0.0, |loss| loss.fraction()),
        stated,
    }
}
