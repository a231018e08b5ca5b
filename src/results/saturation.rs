//! Which sites did not keep up with their load, when, and whether they had caught up by the end.

use super::document::{Saturated, Saturation};
use super::estimate::over;
use crate::kms::{Failure, SiteId};
use crate::metrics::{self, Replica, SiteSlot, SiteTally};
use crate::scenario::Scenario;

/// Calls wait long when their mean wait in a slot is above so many mean service times.
const LONG: f64 = 10.0;
/// Work left at the end that is a backlog: so many nanoseconds for each engine.
const LEFT_NS: f64 = 0.5e9;
/// Share of its calls that a pool refuses for want of room when that is told.
const REFUSED: f64 = 0.01;
/// A service is throttled, too, when of a stretch of slots' calls such a share finds no token, and so many.
const CLEARLY: f64 = 0.1;
const MANY: u32 = 20;
/// Engines are full when they are busy, or would be if no call were refused, for this share of their time.
const FULL: f64 = 0.98;
/// In a stretch of slots more work is offered than fits when so many more calls come, in standard deviations of a Poisson count of
/// what fits. Service times vary, too; even where 95 % of what fits is offered, chance is beyond five of its own.
const EXCESS: f64 = 8.0;

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
    let seen: Vec<Seen> = match scenario.is_service(SiteId(site as u16)) {
        true => replicas.iter().map(|replica| Seen::of_service(replica, site)).collect(),
        false => replicas.iter().map(|replica| Seen::of(replica, site)).collect(),
    };
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
    /// Of a service, which has no queue: what found no token.
    fn of_service(replica: &Replica, site: usize) -> Self {
        let tally = &replica.recorder.sites[site];
        let refused = tally.rejected[Failure::QuotaExceeded as usize];
        let share = |slot: &SiteSlot| f64::from(slot.refused) / f64::from(slot.calls + slot.refused).max(1.0);
        let clearly = |slot: &SiteSlot| slot.refused >= MANY && share(slot) >= CLEARLY;
        let throttled = refused > 0 && refused as f64 >= REFUSED * (tally.service.count() + refused) as f64
            || tally.slots.iter().any(clearly);
        if !throttled {
            return Self { state: Saturation::Stable, refused, left: false, slots: None };
        }
        let slots = span(tally, |slot| slot.refused > 0 && share(slot) >= REFUSED);
        Self { state: Saturation::Throttled, refused, left: false, slots }
    }

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
        let overloaded = left || refuses && overloaded(&tally.slots);
        if refuses && !overloaded {
            let slots =
                span(tally, |slot| f64::from(slot.refused) >= REFUSED * f64::from(slot.calls + slot.refused).max(1.0));
            return Self { state: Saturation::Refusing, refused, left, slots };
        }
        let slots = span(tally, long).or_else(|| {
            span(tally, |slot| slot.engines > 0 && slot.busy as f64 >= FULL * slot.engines as f64)
                .filter(|_| overloaded)
        });
        let state = match (overloaded, slots.is_some()) {
            (true, _) => Saturation::Overloaded,
            (false, true) => Saturation::Backlogged,
            (false, false) => Saturation::Stable,
        };
        Self { state, refused, left, slots }
    }
}

/// Sums over some slots of a pool.
#[derive(Clone, Copy, Default)]
struct Work {
    busy: u128,
    engines: u128,
    calls: u64,
    refused: u64,
}

impl Work {
    const fn and(self, slot: &SiteSlot) -> Self {
        Self {
            busy: self.busy + slot.busy as u128,
            engines: self.engines + slot.engines as u128,
            calls: self.calls + slot.calls as u64,
            refused: self.refused + slot.refused as u64,
        }
    }

    const fn less(self, earlier: Self) -> Self {
        Self {
            busy: self.busy - earlier.busy,
            engines: self.engines - earlier.engines,
            calls: self.calls - earlier.calls,
            refused: self.refused - earlier.refused,
        }
    }

    /// Whether the calls served and refused, at the mean service time of those served, were more than the engines can do, by so
    /// many standard deviations.
    fn exceeds(self, deviations: f64) -> bool {
        if self.calls == 0 || self.busy == 0 {
            return false;
        }
        let mean = self.busy as f64 / self.calls as f64;
        let fit = FULL * self.engines as f64 / mean;
        (self.calls + self.refused) as f64 >= fit + deviations * fit.sqrt()
    }
}

/// Whether more work was offered than the engines can do: over all slots, or clearly in a stretch of them. A pool with a short
/// queue refuses calls at any utilisation (Erlang's loss formula), and does not fall behind.
fn overloaded(slots: &[SiteSlot]) -> bool {
    let mut sums = vec![Work::default()];
    for (i, slot) in slots.iter().enumerate() {
        sums.push(sums[i].and(slot));
    }
    // Stretches of doubling widths, each half over the next: any other is filled by one of them to a third or more.
    let widths = std::iter::successors(Some(1), |width| Some(width * 2)).take_while(|width| *width <= slots.len());
    let clearly = |width: usize| {
        (0..=slots.len() - width).step_by((width / 2).max(1)).any(|i| sums[i + width].less(sums[i]).exceeds(EXCESS))
    };
    sums[slots.len()].exceeds(0.0) || widths.into_iter().any(clearly)
}

/// First and last slot that `wanted` accepts, and how many there are.
fn span(tally: &SiteTally, wanted: impl Fn(&SiteSlot) -> bool) -> Option<(usize, usize, usize)> {
    let slots = || (0..tally.slots.len()).filter(|slot| wanted(&tally.slots[*slot]));
    Some((slots().next()?, slots().next_back()?, slots().count()))
}
