//! The metadata store: where its replicas stand, how long an election takes, and how long its clients wait.

use super::Context;
use super::fleet::Fleet;
use crate::geo;
use crate::kms::RegionId;
use crate::net::Network;
use crate::scenario::diagnostic::Code;
use crate::store::{MOST_REPLICAS, Metadata};
use crate::time::Span;

/// Replicas of a store in one region: the fewest of which one may fail.
const ONE_REGION: usize = 3;
/// Round trips that an election takes, and the bounds of that: see the provenance of `metadata.election`.
const ELECTION_ROUND_TRIPS: u64 = 10;
const SHORTEST_USUAL: Span = Span::from_secs(1);
const LONGEST: Span = Span::from_secs(50);
const SHORTEST: Span = Span::from_millis(10);

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet, network: &Network) -> Metadata {
    let raw = context.raw.metadata.clone().unwrap_or_default();
    let rtt = |a: RegionId, b: RegionId| round_trip(fleet, network, a, b);
    let replicas = match &raw.regions {
        Some(names) => named(context, fleet, names),
        None => usual(fleet, &rtt),
    };
    let pairs = replicas.iter().flat_map(|a| replicas.iter().map(|b| rtt(*a, *b)));
    let longest = pairs.max().unwrap_or(Span::ZERO);
    let usual = (longest * ELECTION_ROUND_TRIPS).max(SHORTEST_USUAL).min(LONGEST);
    let election = raw.election.map_or(usual, |election| election.span());
    if !(SHORTEST..=LONGEST).contains(&election) {
        let reason = format!("an election takes {SHORTEST} to {LONGEST}, not {election}");
        context.error(Code::WrongValue, &["metadata", "election"], reason);
    } else if election < longest {
        let reason = format!("replicas up to {longest} apart cannot elect a leader in {election}");
        context.warn(&["metadata", "election"], reason);
        context.help("a leader is missed for nothing when its heartbeats take longer than the election time");
    }
    let timeout = raw.timeout.map_or(Span::from_secs(5) + election * 2, |timeout| timeout.span());
    if timeout == Span::ZERO {
        context.error(Code::WrongValue, &["metadata", "timeout"], "an answer takes some time");
    }
    Metadata { replicas, election, timeout }
}

/// The replicas that the scenario names.
fn named(context: &mut Context<'_>, fleet: &Fleet, names: &[String]) -> Vec<RegionId> {
    let path = ["metadata", "regions"];
    let mut replicas = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if context.knows("region", "region", name, &["metadata", "regions", &index.to_string()]) {
            replicas.extend(fleet.region(name));
        }
    }
    match names.len() {
        0 => {
            context.error(Code::WrongValue, &path, "the metadata store needs at least one region");
        }
        1 => replicas = replicas.repeat(ONE_REGION),
        count if count > MOST_REPLICAS => {
            context.error(Code::WrongValue, &path, format!("{count} replicas are more than {MOST_REPLICAS}"));
            context.help("five survive the loss of any two, and more make every write wait for more");
        }
        count if count % 2 == 0 => {
            let reason = format!("{count} replicas survive the loss of no more than {} would", count - 1);
            context.warn(&path, reason);
            context.help("use an odd number; a region may be named more than once");
        }
        _ => {}
    }
    replicas
}

/// The most central regions: the least sum of round trips to all, by id where equal.
fn usual(fleet: &Fleet, rtt: &impl Fn(RegionId, RegionId) -> Span) -> Vec<RegionId> {
    let count = fleet.regions.len();
    let mut central: Vec<(Span, RegionId)> = (0..count).map(|i| (Span::ZERO, RegionId(i as u16))).collect();
    for (a, b) in (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))) {
        let rtt = rtt(central[a].1, central[b].1);
        central[a].0 += rtt;
        central[b].0 += rtt;
    }
    central.sort_unstable();
    let central: Vec<RegionId> = central.into_iter().map(|(_, region)| region).collect();
    match central[..] {
        [] => Vec::new(),
        [one] => vec![one; ONE_REGION],
        [first, second] => vec![first, second, first],
        [..] if central.len() < 5 => central[..3].to_vec(),
        [..] => central[..5].to_vec(),
    }
}

fn round_trip(fleet: &Fleet, network: &Network, a: RegionId, b: RegionId) -> Span {
    if a == b {
        return network.local_rtt;
    }
    let stated = network.stated.iter().find(|(x, y, _)| (*x, *y) == (a.min(b), a.max(b)));
    let place = |region: RegionId| &fleet.regions[region.index()].place;
    stated.map_or_else(|| geo::rtt(place(a), place(b)).span, |(_, _, rtt)| *rtt)
}
