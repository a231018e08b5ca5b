//! Windows: consecutive slots of the same part of a run, together at least as wide as an objective asks, and with enough
//! requests that the quantile in question means something.

use super::recorder::{Cell, Recorder};
use super::runs::{Part, Replica};
use crate::stats::{Histogram, Quantile};
use crate::time::{Span, Time};
use std::ops::Range;

/// What is looked at in each window.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Only this load.
    pub load: Option<usize>,
    /// Width; `None` for the whole of the part.
    pub width: Option<Span>,
    /// Each home region alone, or all together.
    pub each_region: bool,
    /// A window has at least this many decided requests.
    pub enough: u64,
}

/// One window's requests.
#[derive(Clone, Debug)]
pub struct Window {
    /// When it begins.
    pub from: Time,
    /// Home region of the callers; `None` for all.
    pub region: Option<usize>,
    /// Latency of its decided requests.
    pub latency: Histogram,
}

impl Window {
    /// Decided requests.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.latency.count()
    }

    /// Share of decided requests that were good.
    #[must_use]
    pub fn availability(&self) -> f64 {
        1.0 - self.latency.infinite() as f64 / self.decided().max(1) as f64
    }

    /// Latency quantile in seconds; infinite where it falls among the unanswered.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        seconds(self.latency.quantile(q))
    }
}

/// A quantile in seconds; infinite where it is, not a number where nothing was counted.
#[must_use]
pub fn seconds(quantile: Option<Quantile>) -> f64 {
    match quantile {
        Some(Quantile::Finite(ns)) => ns / 1e9,
        Some(Quantile::Infinite) => f64::INFINITY,
        None => f64::NAN,
    }
}

/// The windows of the parts of a replication that `wanted` accepts.
#[must_use]
pub fn windows(replica: &Replica, view: View, wanted: impl Fn(Part) -> bool) -> Vec<Window> {
    let recorder = &replica.recorder;
    let parts = replica.parts();
    let regions: Vec<Option<usize>> =
        if view.each_region { (0..recorder.frame.regions).map(Some).collect() } else { vec![None] };
    let mut all = Vec::new();
    for region in regions {
        match view.width {
            None => {
                let slots: Vec<usize> = (0..parts.len()).filter(|slot| wanted(parts[*slot])).collect();
                all.extend(window(recorder, view, region, slots.into_iter()));
            }
            Some(width) => {
                for segment in segments(&parts).into_iter().filter(|segment| wanted(parts[segment.start])) {
                    for slots in cut(recorder, view, region, segment, width) {
                        all.extend(window(recorder, view, region, slots));
                    }
                }
            }
        }
    }
    all
}

/// Longest runs of slots of the same part.
fn segments(parts: &[Part]) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for slot in 0..parts.len() {
        match segments.last_mut() {
            Some(last) if parts[last.start] == parts[slot] => last.end = slot + 1,
            _ => segments.push(slot..slot + 1),
        }
    }
    segments
}

/// Cuts a segment into windows; what is left at its end joins the last one.
fn cut(
    recorder: &Recorder,
    view: View,
    region: Option<usize>,
    segment: Range<usize>,
    width: Span,
) -> Vec<Range<usize>> {
    let slots = (width.0 / recorder.frame.slot.0).max(1) as usize;
    let end = segment.end;
    let mut windows: Vec<Range<usize>> = Vec::new();
    let (mut start, mut count) = (segment.start, 0);
    for slot in segment {
        count += cells(recorder, view, region, slot).map(|cell| cell.latency.count()).sum::<u64>();
        if slot + 1 - start >= slots && count >= view.enough {
            windows.push(start..slot + 1);
            (start, count) = (slot + 1, 0);
        }
    }
    if start < end {
        match windows.last_mut() {
            Some(last) => last.end = end,
            None => windows.push(start..end),
        }
    }
    windows
}

/// The cells of a slot that a view looks at.
fn cells(recorder: &Recorder, view: View, region: Option<usize>, slot: usize) -> impl Iterator<Item = &Cell> {
    let loads = recorder.frame.loads;
    recorder.closed[slot]
        .iter()
        .enumerate()
        .filter(move |(i, _)| region.is_none_or(|r| i / loads == r) && view.load.is_none_or(|l| i % loads == l))
        .map(|(_, cell)| cell)
}

fn window(
    recorder: &Recorder,
    view: View,
    region: Option<usize>,
    slots: impl Iterator<Item = usize> + Clone,
) -> Option<Window> {
    let from = recorder.frame.slot_start(slots.clone().next()?);
    let mut latency = Histogram::default();
    for slot in slots {
        for cell in cells(recorder, view, region, slot) {
            cell.latency.merge_into(&mut latency);
        }
    }
    // Too few requests for the quantile say nothing, unless some were never answered: these must not be overlooked.
    let tells = latency.count() >= view.enough.max(1) || latency.infinite() > 0;
    tells.then_some(Window { from, region, latency })
}
