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
    /// By site: keys that may be there, of each class by number.
    allowed: Vec<Vec<(u16, Range<u32>)>>,
}

impl Residency {
    pub(super) fn new(scenario: &Arc<Scenario>) -> Self {
        Self { scenario: Arc::clone(scenario), allowed: vec![Vec::new(); scenario.sites.len()] }
    }

    /// Whether a key is known to be allowed at a site.
    #[inline]
    pub(super) fn knows(&self, site: SiteId, key: KeyRef) -> bool {
        let of_class = |(class, keys): &(u16, Range<u32>)| *class == key.class.0 && keys.contains(&key.number);
        self.allowed[site.index()].iter().any(of_class)
    }
}

impl World {
    /// Looks up whether a key may be at a site, and remembers it; tells a call that is out of place.
    #[cold]
    pub(super) fn hold(&mut self, now: Time, site: SiteId, call: Call) {
        let shards = &self.service.catalog().shards;
        let lot = shards.lot(call.key);
        let home = shards.shard(shards.of(call.key)).home;
        if self.residency.scenario.may_stay(call.key.class, home, self.site_region[site.index()]) {
            let keys = shards.numbers(lot);
            return self.residency.allowed[site.index()].push((call.key.class.0, keys));
        }
        let Some((population, attempt, started)) = self.service.asked(call.flight) else { return };
        let after_us = u32::try_from(now.since(started).0 / 1_000).unwrap_or(u32::MAX);
        let key = call.key.number;
        self.record(now, Fact::Location(LocationFact::OutOfPlace { site, population, key, attempt, after_us }));
    }
}
