//! How the clients of loads keep data keys.

use super::{Load, Population, Scenario};
use crate::load::{Keeping, Skew};
use crate::time::Span;

/// Requests a second of a place for which there is one calling process, and the most that are taken for granted.
const RATE_OF_A_CLIENT: f64 = 10.0;
const MOST_USUAL: f64 = 10_000.0;

/// The cache of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheModel {
    /// So long after it came a data key is used.
    pub life: Span,
    /// Clients of each population; `None` for as many as its demand asks for.
    pub clients: Option<u32>,
    /// Uses of a data key, the first included; `None` for no limit.
    pub uses: Option<u64>,
    /// Caches are empty once calls go to another region.
    pub cold_failover: bool,
}

impl Load {
    /// How clients keep data keys where `rate` requests come a second; `None` where they keep none.
    #[must_use]
    pub fn keeping(&self, rate: f64) -> Option<Keeping> {
        let CacheModel { life, clients, uses, .. } = self.cache?;
        let usual = || libm::ceil(rate / RATE_OF_A_CLIENT).clamp(1.0, MOST_USUAL) as u32;
        Some(Keeping { clients: clients.unwrap_or_else(usual), life, uses })
    }
}

impl Scenario {
    /// How the clients of a population keep data keys; `None` where they keep none.
    #[must_use]
    pub fn keeping(&self, population: &Population) -> Option<Keeping> {
        self.loads[population.load.index()].keeping(population.demand.mean())
    }

    /// How often a population asks for which of its keys.
    #[must_use]
    pub fn skew(&self, population: &Population) -> Skew {
        let class = &self.keys[self.loads[population.load.index()].key.index()];
        Skew::new(class.counts[self.origins[population.origin.index()].home.index()], class.zipf)
    }

    /// Requests per second of a population that reach the service, in the mean of an ordinary week: those that no cache answers.
    #[must_use]
    pub fn reaching(&self, population: &Population) -> f64 {
        let rate = population.demand.mean();
        match self.keeping(population) {
            Some(keeping) => rate * keeping.misses(rate, &self.skew(population)),
            None => rate,
        }
    }
}
