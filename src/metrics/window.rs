//! Windows: consecutive slots of the same part of a run, together at least as wide as an objective asks, and with enough
//! requests that the quantile in question means something. One begins in each slot, so that whatever happens is seen by the
//! window that it fills most; a window is narrower than asked only where its whole part is.

use super::part::Part;
use super::recorder::{Cell, Recorder};
use super::runs::Replica;
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
    /// Requests that clients answered themselves are looked at, too.
    pub hits: bool,
}

/// One window's requests.
#[derive(Clone, Debug)]
pub struct Window {
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// Home region of the callers; `None` for all.
    pub region: Option<usize>,
    /// Latency of its decided requests.
    pub latency: Histogram,
    /// Requests that clients answered themselves, which did not reach the service; 0 where the view does not look at them.
    pub hits: u64,
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

    /// Share of good requests among those that were decided and those that clients answered themselves.
    #[must_use]
    pub fn answered(&self) -> f64 {
        1.0 - self.latency.infinite() as f64 / (self.decided() + self.hits).max(1) as f64
    }

    /// Share of these that clients answered themselves.
    #[must_use]
    pub fn hit_ratio(&self) -> f64 {
        self.hits as f64 / (self.decided() + self.hits).max(1) as f64
    }

    /// Latency quantile in seconds; infinite where it falls among the unanswered.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        seconds(self.latency.quantile(q))
    }

    /// Too few requests for the quantile say nothing, unless some were never answered: these must not be overlooked.
    fn tells(&self, enough: u64) -> bool {
        self.decided() + self.hits >= enough.max(1) || self.latency.infinite() > 0
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

/// Shows the windows of the parts of a replication that `wanted` accepts, region by region in order of time.
pub fn windows(replica: &Replica, view: View, wanted: impl Fn(Part) -> bool, mut show: impl FnMut(&Window)) {
    let frame = &replica.recorder.frame;
    let parts = replica.parts();
    let regions: Vec<Option<usize>> =
        if view.each_region { (0..frame.regions).map(Some).collect() } else { vec![None] };
    for region in regions {
        let mut slider = Slider::new(&replica.recorder, view, region);
        let Some(width) = view.width else {
            (0..parts.len()).filter(|slot| wanted(parts[*slot])).for_each(|slot| slider.take(slot));
            slider.show(&mut show);
            continue;
        };
        let counts = slider.counts();
        for segment in segments(&parts).into_iter().filter(|segment| wanted(parts[segment.start])) {
            let whole = |slots: &Range<usize>| {
                frame.length(slots.clone()) >= width && counts[slots.end] - counts[slots.start] >= view.enough
            };
            for slots in ranges(segment, whole) {
                slider.slide(slots);
                slider.show(&mut show);
            }
        }
    }
}

/// Longest runs of slots of the same part.
pub(super) fn segments(parts: &[Part]) -> Vec<Range<usize>> {
    let mut segments: Vec<Range<usize>> = Vec::new();
    for slot in 0..parts.len() {
        match segments.last_mut() {
            Some(last) if parts[last.start] == parts[slot] => last.end = slot + 1,
            _ => segments.push(slot..slot + 1),
        }
    }
    segments
}

/// For each slot of a segment in which one can begin, the shortest range that is `whole`, which all that contain it must be,
/// too. What is left at the end makes the last one longer; where none is whole, the segment is the only one. Neither the
/// beginnings nor the ends ever go back.
pub(super) fn ranges(segment: Range<usize>, whole: impl Fn(&Range<usize>) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut until = segment.start;
    for start in segment.clone() {
        while until < segment.end && !whole(&(start..until)) {
            until += 1;
        }
        if !whole(&(start..until)) {
            break;
        }
        found.push(start..until);
    }
    match found.last() {
        Some(last) if last.end < segment.end => found.push(last.start..segment.end),
        None if !segment.is_empty() => found.push(segment),
        _ => {}
    }
    found
}

/// A window that moves over the slots: what leaves is taken away and what enters is added, so that a step costs one slot.
struct Slider<'a> {
    recorder: &'a Recorder,
    view: View,
    slots: Range<usize>,
    window: Window,
}

impl<'a> Slider<'a> {
    fn new(recorder: &'a Recorder, view: View, region: Option<usize>) -> Self {
        let window = Window { from: Time::ZERO, until: Time::ZERO, region, latency: Histogram::default(), hits: 0 };
        Self { recorder, view, slots: 0..0, window }
    }

    /// The cells of a slot that the view looks at.
    fn cells(&self, slot: usize) -> impl Iterator<Item = &'a Cell> + use<'a> {
        let (loads, region, load) = (self.recorder.frame.loads, self.window.region, self.view.load);
        self.recorder.closed[slot]
            .iter()
            .enumerate()
            .filter(move |(i, _)| region.is_none_or(|r| i / loads == r) && load.is_none_or(|l| i % loads == l))
            .map(|(_, cell)| cell)
    }

    /// What clients answered themselves in a slot, where the view looks at it.
    fn hits(&self, slot: usize) -> u64 {
        if !self.view.hits {
            return 0;
        }
        let (frame, region, load) = (&self.recorder.frame, self.window.region, self.view.load);
        let wanted = |cell: usize| {
            region.is_none_or(|r| cell / frame.loads == r) && load.is_none_or(|load| cell % frame.loads == load)
        };
        self.recorder.caches.sum(slot..slot + 1, frame, wanted)
    }

    /// Decided requests before each slot, and before the end.
    fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0];
        for slot in 0..self.recorder.closed.len() {
            let decided = self.cells(slot).map(|cell| cell.latency.count()).sum::<u64>();
            counts.push(counts[slot] + decided + self.hits(slot));
        }
        counts
    }

    /// Takes a slot in at the end, whatever lies between.
    fn take(&mut self, slot: usize) {
        if self.slots.is_empty() {
            self.slots.start = slot;
        }
        self.slots.end = slot + 1;
        self.window.hits += self.hits(slot);
        for cell in self.cells(slot) {
            cell.latency.merge_into(&mut self.window.latency);
        }
    }

    /// Moves on to `slots`.
    fn slide(&mut self, slots: Range<usize>) {
        if slots.start >= self.slots.end {
            self.slots = slots.start..slots.start;
            (self.window.latency, self.window.hits) = (Histogram::default(), 0);
        }
        while self.slots.end < slots.end {
            self.take(self.slots.end);
        }
        let (left, greatest) = (self.slots.start..slots.start, self.window.latency.max());
        self.slots.start = slots.start;
        let mut greatest_left = false;
        for slot in left {
            self.window.hits -= self.hits(slot);
            for cell in self.cells(slot) {
                greatest_left |= cell.latency.max().is_some_and(|max| Some(max) == greatest);
                cell.latency.take_from(&mut self.window.latency);
            }
        }
        if greatest_left {
            let all = self.slots.clone().flat_map(|slot| self.cells(slot));
            let greatest = all.filter_map(|cell| cell.latency.max()).max();
            self.window.latency.set_max(greatest.unwrap_or(0));
        }
    }

    fn show(&mut self, show: &mut impl FnMut(&Window)) {
        let frame = &self.recorder.frame;
        self.window.from = frame.slot_start(self.slots.start);
        self.window.until = frame.slot_start(self.slots.end).min(frame.until);
        if self.window.tells(self.view.enough) {
            show(&self.window);
        }
    }
}
