//! The links of a run and their present state.

use crate::kms::RegionId;
use crate::rng::{Rng, lognormal, unit};
use crate::time::Span;
use std::collections::BTreeMap;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives after this time.
    In(Span),
    /// It does not.
    Lost,
}

/// What is wrong with the link between two regions at present. Faults may overlap, so they are counted and added.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Trouble {
    cuts: u32,
    delay: Span,
    pass: f64,
}

/// Links between places, which are numbered by the caller; each place belongs to a region.
#[derive(Clone, Debug)]
pub struct Links {
    places: usize,
    one_way: Vec<Span>,
    region: Vec<RegionId>,
    jitter: f64,
    loss: f64,
    troubles: BTreeMap<(RegionId, RegionId), Trouble>,
}

impl Links {
    /// Links with the given one-way delays, row by row from place to place.
    #[must_use]
    pub fn new(region: Vec<RegionId>, one_way: Vec<Span>, jitter: f64, loss: f64) -> Self {
        assert_eq!(one_way.len(), region.len() * region.len(), "one delay for each pair of places");
        Self { places: region.len(), one_way, region, jitter, loss, troubles: BTreeMap::new() }
    }

    /// A message from one place to another.
    #[inline]
    pub fn send(&self, from: usize, to: usize, draws: &mut impl Rng) -> Delivery {
        let base = self.one_way[from * self.places + to];
        let mut delay =
            if self.jitter > 0.0 && base > Span::ZERO { base.scale(lognormal(draws, 1.0, self.jitter)) } else { base };
        let mut loss = self.loss;
        if !self.troubles.is_empty()
            && let Some(trouble) = self.trouble(from, to)
        {
            if trouble.cuts > 0 {
                return Delivery::Lost;
            }
            delay += trouble.delay;
            loss = 1.0 - (1.0 - loss) * trouble.pass;
        }
        if loss > 0.0 && unit(draws) < loss { Delivery::Lost } else { Delivery::In(delay) }
    }

    /// The one-way delay when nothing is wrong, without jitter.
    #[must_use]
    pub fn usual(&self, from: usize, to: usize) -> Span {
        self.one_way[from * self.places + to]
    }

    /// Whether two places are cut off from each other.
    #[must_use]
    pub fn cut(&self, from: usize, to: usize) -> bool {
        self.trouble(from, to).is_some_and(|trouble| trouble.cuts > 0)
    }

    /// Cuts the link between two regions, or mends one cut.
    pub fn set_cut(&mut self, a: RegionId, b: RegionId, cut: bool) {
        self.change(a, b, |trouble| {
            trouble.cuts = if cut { trouble.cuts + 1 } else { trouble.cuts.saturating_sub(1) };
        });
    }

    /// Adds to the one-way delay between two regions, or takes it away again.
    pub fn set_delay(&mut self, a: RegionId, b: RegionId, delay: Span, on: bool) {
        self.change(a, b, |trouble| {
            trouble.delay = if on { trouble.delay + delay } else { Span(trouble.delay.0.saturating_sub(delay.0)) };
        });
    }

    /// Loses messages between two regions with this probability, or no longer. A link that loses everything is cut.
    pub fn set_loss(&mut self, a: RegionId, b: RegionId, loss: f64, on: bool) {
        if loss >= 1.0 {
            return self.set_cut(a, b, on);
        }
        self.change(a, b, |trouble| {
            trouble.pass = if on { trouble.pass * (1.0 - loss) } else { trouble.pass / (1.0 - loss) };
        });
    }

    fn change(&mut self, a: RegionId, b: RegionId, change: impl FnOnce(&mut Trouble)) {
        let healthy = Trouble { pass: 1.0, ..Trouble::default() };
        let trouble = self.troubles.entry((a.min(b), a.max(b))).or_insert(healthy);
        change(trouble);
        if trouble.cuts == 0 && trouble.delay == Span::ZERO && (trouble.pass - 1.0).abs() < 1e-9 {
            self.troubles.remove(&(a.min(b), a.max(b)));
        }
    }

    fn trouble(&self, from: usize, to: usize) -> Option<&Trouble> {
        let (a, b) = (self.region[from], self.region[to]);
        self.troubles.get(&(a.min(b), a.max(b)))
    }
}
