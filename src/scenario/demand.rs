//! How much a scenario says that callers ask for: over the time of the run, and in the mean of a year.

use super::model::{Demand, Population, Scenario};
use crate::geo::{Calendar, Place};
use crate::load::{Curve, Grid, LocalTime, Shape, Surge};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Slot of demand over a run.
const SLOT: Span = Span::from_secs(60);
/// Slot of demand over a year. Between the middles of two hours a shape is linear: hourly values have its mean.
const HOUR: Span = Span::from_secs(3_600);
/// 365 days, as growth and prices have it.
const YEAR: Span = Span::from_secs(365 * 86_400);

impl Scenario {
    /// Demand of a population over the run.
    #[must_use]
    pub fn demand(&self, population: &Population) -> Curve {
        let grid = Grid { slot: SLOT, horizon: self.run };
        let plain = match &population.demand {
            Demand::History(curve, _) => (**curve).clone(),
            Demand::Rate(rate) => self.followed(population, *rate, grid),
        };
        let surges: Vec<Surge> = self.surges(population).into_iter().map(|(_, surge)| surge).collect();
        if surges.is_empty() { plain } else { plain.surged(&surges, grid) }
    }

    /// Operations per second of each population in the mean of a year: of the 365 days that begin with the run, or of the run
    /// where that is longer. Shape, holidays and growth have their say in local time; each event counts once, for as
    /// long as it is announced, also beyond the end of the run. Of a history it is the mean of its whole weeks, under events.
    #[must_use]
    pub fn yearly_demand(&self) -> Vec<f64> {
        let grid = Grid { slot: HOUR, horizon: self.run.max(YEAR) };
        let mut shapes: Vec<&Shape> = Vec::new();
        // A year has many hours: those who follow the same sun, shape and events share one.
        let mut known: BTreeMap<_, f64> = BTreeMap::new();
        let mut yearly = |population: &Population| {
            let load = &self.loads[population.load.index()];
            let shape = shapes.iter().position(|shape| **shape == load.shape).unwrap_or_else(|| {
                shapes.push(&load.shape);
                shapes.len() - 1
            });
            let place = &self.origins[population.origin.index()].place;
            let (events, surges): (Vec<usize>, Vec<Surge>) = self.surges(population).into_iter().unzip();
            let (mean, follows) = match &population.demand {
                Demand::History(_, mean) => (*mean, None),
                Demand::Rate(rate) => (*rate, Some((&place.zone, &place.country, shape, load.growth.to_bits()))),
            };
            let factor = || {
                let one = if follows.is_some() { self.followed(population, 1.0, grid) } else { Curve::constant(1.0) };
                one.surged(&surges, grid).mean()
            };
            mean * *known.entry((follows, events)).or_insert_with(factor)
        };
        self.populations.iter().map(&mut yearly).collect()
    }

    /// Demand that follows the load's shape and growth at the population's place around `rate`.
    fn followed(&self, population: &Population, rate: f64, grid: Grid) -> Curve {
        let load = &self.loads[population.load.index()];
        let local = self.local_times(&self.origins[population.origin.index()].place);
        Curve::seasonal(rate, &load.shape, load.growth, grid, local)
    }

    /// What time it is at a place at instants of the run that come one after the other.
    pub(super) fn local_times(&self, place: &Place) -> impl FnMut(Time) -> LocalTime + use<> {
        let mut calendar =
            Calendar::new(&place.zone, &place.country, self.start).expect("a checked scenario has known time zones");
        move |at: Time| {
            let local = calendar.at(at);
            LocalTime {
                hour: f64::from(local.hour) + f64::from(local.minute) / 60.0,
                weekday: local.weekday,
                holiday: local.holiday.is_some(),
            }
        }
    }

    /// The events that a population takes part in, each with its number.
    fn surges(&self, population: &Population) -> Vec<(usize, Surge)> {
        let region = self.origins[population.origin.index()].region;
        let events = self.events.iter().enumerate();
        let theirs = events.filter(|(_, event)| {
            event.load.is_none_or(|load| load == population.load) && event.region.is_none_or(|at| at == region)
        });
        theirs.map(|(i, e)| (i, Surge { from: e.at, until: e.at + e.lasts, factor: e.factor, ramp: e.ramp })).collect()
    }
}
