//! How much is cut from the beginning of a run: empty queues at the start are not the fleet's steady state.

use super::replica::STEPS;
use super::{Options, Told, is_stationary, run_stretch};
use crate::metrics::Replica;
use crate::scenario::{Fault, WarmUp, When};
use crate::stats;
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch};

/// Cut where demand changes with time, so that no steady state exists: this, or a twentieth of the run if that is less, or
/// what comes before the first scripted fault, for that must be counted.
const USUAL: Span = Span::from_secs(300);

/// The length of the warm-up.
pub fn length(blueprint: &Blueprint, options: Options<'_>) -> Span {
    let scenario = blueprint.scenario();
    let scripted = |fault: &Fault| match fault.when {
        When::At(at, _) => at.since(Time::ZERO),
        When::Peak(_) | When::Random(..) => Span::MAX,
    };
    let first = scenario.faults.iter().map(scripted).min().unwrap_or(Span::MAX);
    let usual = USUAL.min(Span(scenario.run.0 / 20)).min(first);
    match scenario.warm_up {
        WarmUp::Given(span) => span,
        WarmUp::Auto if !is_stationary(blueprint) => usual,
        WarmUp::Auto => {
            let until = Time(scenario.run.0);
            let (from, counted_from) = (Time::ZERO, Time::ZERO);
            let pilot = Stretch { replication: u64::MAX, from, counted_from, until, faults: Vec::new() };
            (options.told)(Told::More(STEPS));
            run_stretch(blueprint, &pilot, options).map_or(usual, |pilot| cut(&pilot, usual))
        }
    }
}

/// MSER-5 on the mean latency of each slot; the usual length where it finds no steady state.
fn cut(pilot: &Replica, usual: Span) -> Span {
    let frame = &pilot.recorder.frame;
    let mean = |cells: &Vec<crate::metrics::Cell>| {
        let (sum, count) = cells.iter().fold((0_u128, 0_u64), |sum, cell| {
            (sum.0 + cell.latency.sum(), sum.1 + cell.latency.count() - cell.latency.infinite())
        });
        sum as f64 / count.max(1) as f64
    };
    let means: Vec<f64> = pilot.recorder.closed.iter().map(mean).collect();
    match stats::mser5(&means) {
        Some(slots) => Span(frame.slot.0 * slots as u64).max(frame.slot),
        None => usual,
    }
}
