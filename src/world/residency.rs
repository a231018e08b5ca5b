//! Holds each call that is handed to an HSM against residency, whatever the service thought: the site's region must be one where the
//! key may be. Of a lot at a site that is looked up once. A call out of place is a mistake of the program's, and told as a fact.

use super::World;
use crate::kms::{Call, Fact, KeyRef, LocationFact, SiteId};
use crate::scenario::Scenario;
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;

/// What is known to be allowed.
#[derive(Clone, Debug)]
pub(super) struct Residency {
    /// The law.
    scenario: Arc<Scenario>,
    classes: usize,
    /// By site, then class: numbers of keys that may be there, as the first and how many. Those that a site was first asked for,
    /// which are mostly those at home there.
    first: Vec<(u32, u32)>,
    /// By site: other keys that may be there, of each class by number.
    others: Vec<Vec<(u16, Range<u32>)>>,
}

impl Residency {
    pub(super) fn new(scenario: &Arc<Scenario>) -> Self {
        let (sites, classes) = (scenario.sites.len(), scenario.keys.len());
        let (first, others) = (vec![(0, 0); sites * classes], vec![Vec::new(); sites]);
        Self { scenario: Arc::clone(scenario), classes, first, others }
    }

    /// Whether a key is known to be allowed at a site: what every call costs. `false` may mean that it must be looked up.
    #[inline]
    pub(super) fn knows(&self, site: SiteId, key: KeyRef) -> bool {
        let (first, count) = self.first[site.index() * self.classes + key.class.index()];
        key.number.wrapping_sub(first) < count
    }
}

impl World {
    /// Looks up whether a key may be at a site, and remembers it; tells a call that is out of place.
    #[cold]
    pub(super) fn hold(&mut self, now: Time, site: SiteId, call: Call) {
        let of_class =
            |(class, keys): &(u16, Range<u32>)| *class == call.key.class.0 && keys.contains(&call.key.number);
        if self.residency.others[site.index()].iter().any(of_class) {
            return;
        }
        let shards = &self.service.catalog().shards;
        let lot = shards.lot(call.key);
        let home = shards.shard(shards.of(call.key)).home;
        if self.residency.scenario.may_stay(call.key.class, home, self.site_region[site.index()]) {
            let keys = shards.numbers(lot);
            let first = &mut self.residency.first[site.index() * self.residency.classes + call.key.class.index()];
            if first.1 == 0 {
                *first = (keys.start, keys.end - keys.start);
            } else {
                self.residency.others[site.index()].push((call.key.class.0, keys));
            }
            return;
        }
        let Some((population, attempt, started)) = self.service.asked(call.flight) else { return };
        let after_us = u32::try_from(now.since(started).0 / 1_000).unwrap_or(u32::MAX);
        let key = call.key.number;
        self.out.fact(Fact::Location(LocationFact::OutOfPlace { site, population, key, attempt, after_us }));
    }
}
