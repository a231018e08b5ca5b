//! Which sites did not keep up with their load, when, and whether they had caught up by the end.

use super::assemble::over;
use super::document::{Saturated, Saturation};
use crate::kms::Failure;
use crate::metrics::{self, Replica, SiteSlot, SiteTally};
use crate::scenario::Scenario;

/// Calls wait long when their mean wait in a slot is above so many mean service times.
const LONG: f64 = 10.0;
/// Work left at the end that is a backlog: so many nanoseconds for each engine.
const LEFT_NS: f64 = 0.5e9;
/// Share of its calls that a pool refuses for want of room when it is overloaded.
const REFUSED: f64 = 0.01;
/// Where calls are refused before they can wait long, a slot is full when its engines are busy for this share of it.
const FULL: f64 = 0.98;

/// The sites that did not keep up, the worst first, then by id.
pub(super) fn of(scenario: &Scenario, replicas: &[Replica]) -> Vec<Saturated> {
    let mut found: Vec<Saturated> =
        (0..scenario.sites.len()).filter_map(|site| saturated(scenario, replicas, site)).collect();
    let missing = |s: &Saturated| (s.state, s.waiting.or_zero(), s.refused);
    found.sort_by(|a, b| missing(b).partial_cmp(&missing(a)).expect("counts and shares are numbers"));
    found
}

/// What one replication says of a site.
struct Seen {
    state: Saturation,
    refused: u64,
    /// Whether a backlog was there at the end.
    left: bool,
    /// First and last slot in which calls waited long or found no room, and how many there were.
    slots: Option<(usize, usize, usize)>,
}

fn saturated(scenario: &Scenario, replicas: &[Replica], site: usize) -> Option<Saturated> {
    let seen: Vec<Seen> = replicas.iter().map(|replica| Seen::of(replica, site)).collect();
    let state = seen.iter().map(|seen| seen.state).max().filter(|state| *state > Saturation::Stable)?;
    let frame = &replicas.first()?.recorder.frame;
    let start = |slot: usize| frame.slot_start(slot).min(frame.until).as_secs_f64();
    let first = seen.iter().filter_map(|seen| Some(seen.slots?.0)).min();
    let last = seen.iter().filter_map(|seen| Some(seen.slots?.1)).max();
    let calls: u64 = replicas.iter().map(|replica| replica.recorder.sites[site].service.count()).sum();
    let refused: u64 = seen.iter().map(|seen| seen.refused).sum();
    Some(Saturated {
        site: scenario.sites[site].id.clone(),
        state,
        from_s: first.map(start),
        until_s: last.filter(|_| !seen.iter().any(|seen| seen.left)).map(|last| start(last + 1)),
        behind_s: over(&seen, |seen| seen.slots.map_or(0.0, |(_, _, n)| n as f64 * frame.slot.as_secs_f64())).or_zero(),
        refused: refused as f64 / (calls + refused).max(1) as f64,
        left: seen.iter().any(|seen| seen.left),
        waiting: over(replicas, |replica| replica.waiting[site] as f64),
    })
}

impl Seen {
    fn of(replica: &Replica, site: usize) -> Self {
        let tally = &replica.recorder.sites[site];
        let engines = f64::from(tally.engines.0.max(1));
        let mean = tally.service.mean().unwrap_or(0.0);
        let work = replica.waiting[site] as f64 * mean / engines;
        let left = work > LEFT_NS || metrics::peak_utilisation(replica, site) >= 0.999 && work > 50.0 * mean;
        let full = [Failure::QueueFull, Failure::SessionsFull].map(|reason| tally.rejected[reason as usize]);
        let refused = full.iter().sum::<u64>();
        let refuses = refused > 0 && refused as f64 >= REFUSED * (tally.service.count() + refused) as f64;
        let long = |slot: &SiteSlot| slot.calls > 0 && slot.wait as f64 / f64::from(slot.calls) > LONG * mean;
        let slots = span(tally, long).or_else(|| {
            span(tally, |slot| slot.engines > 0 && slot.busy as f64 >= FULL * slot.engines as f64)
                .filter(|_| refuses || left)
        });
        let state = match (left || refuses, slots.is_some()) {
            (true, _) => Saturation::Overloaded,
            (false, true) => Saturation::Backlogged,
            (false, false) => Saturation::Stable,
        };
        Self { state, refused, left, slots }
    }
}

/// First and last slot that `wanted` accepts, and how many there are.
fn span(tally: &SiteTally, wanted: impl Fn(&SiteSlot) -> bool) -> Option<(usize, usize, usize)> {
    let slots = || (0..tally.slots.len()).filter(|slot| wanted(&tally.slots[*slot]));
    Some((slots().next()?, slots().next_back()?, slots().count()))
}
