//! A site's batches of access records: how many accesses there were in each interval, by lot (the keys of one class with one
//! home), tenant and outcome.

use super::catalog::Catalog;
use super::io::Out;
use crate::kms::{ClassId, Fact, Failure, OriginId, Outcome, RegionId, SiteId, TenantId};
use crate::time::{Time, Windows};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an origin tells of its callers' accesses: the home of the keys that they use, and whose callers they are.
pub type Home = (RegionId, Option<TenantId>);

/// Accesses of one interval.
#[derive(Clone, Debug)]
struct Batch {
    interval: u64,
    /// Served ones, by class × origins + origin: what every request counts up. Who asks tells the home of the key, for the
    /// callers of an origin use keys of one home, and nothing has to be looked up.
    served: Vec<u64>,
    /// Refused ones are rare, and have many reasons.
    refused: BTreeMap<(ClassId, OriginId, Failure), u64>,
}

impl Batch {
    fn new(interval: u64, counts: usize) -> Self {
        Self { interval, served: vec![0; counts], refused: BTreeMap::new() }
    }
}

/// The batches of a site that are not sealed yet.
#[derive(Clone, Debug)]
pub struct Batches {
    site: SiteId,
    /// By origin.
    homes: Arc<[Home]>,
    intervals: Windows,
    /// The batch of the interval that counts now; later ones, known ahead of time, wait in `ahead`.
    now: Batch,
    ahead: BTreeMap<u64, Batch>,
}

impl Batches {
    /// No accesses yet. `homes`: by origin.
    #[must_use]
    pub fn new(site: SiteId, catalog: &Catalog, homes: Arc<[Home]>, now: Time) -> Self {
        let mut intervals = Windows::new(Time::ZERO, catalog.audit_interval);
        let batch = Batch::new(intervals.number(now), catalog.classes.len() * homes.len());
        Self { site, homes, intervals, now: batch, ahead: BTreeMap::new() }
    }

    /// Counts accesses served, to keys of a class and for callers at an origin, in the batch of the interval they happen in.
    #[inline]
    pub fn served(&mut self, now: Time, (class, origin): (ClassId, OriginId), accesses: u64) {
        let place = class.index() * self.homes.len() + origin.index();
        self.batch(now).served[place] += accesses;
    }

    /// Counts one refused.
    pub fn refused(&mut self, now: Time, (class, origin): (ClassId, OriginId), reason: Failure) {
        *self.batch(now).refused.entry((class, origin, reason)).or_default() += 1;
    }

    #[inline]
    fn batch(&mut self, now: Time) -> &mut Batch {
        let interval = self.intervals.number(now);
        if interval == self.now.interval { &mut self.now } else { self.later(interval) }
    }

    #[cold]
    fn later(&mut self, interval: u64) -> &mut Batch {
        let counts = self.now.served.len();
        self.ahead.entry(interval).or_insert_with(|| Batch::new(interval, counts))
    }

    /// Seals the batches of all intervals that ended by `now`.
    pub fn seal(&mut self, now: Time, out: &mut Out) {
        let current = self.intervals.number(now);
        while self.now.interval < current {
            self.tell(out);
            let next = self.ahead.first_key_value().map_or(current, |(first, _)| (*first).min(current));
            let next = next.max(self.now.interval + 1);
            match self.ahead.remove(&next) {
                Some(batch) => self.now = batch,
                None => self.now.interval = next,
            }
        }
    }

    /// Seals what is left when the run ends.
    pub fn close(&mut self, now: Time, out: &mut Out) {
        self.seal(now, out);
        self.tell(out);
    }

    /// Tells what the present batch has counted, lots and outcomes without an access left out, and empties it.
    fn tell(&mut self, out: &mut Out) {
        let mut counts: BTreeMap<(ClassId, Home, Outcome), u64> = BTreeMap::new();
        let mut add = |class: ClassId, origin: usize, outcome: Outcome, accesses: u64| {
            *counts.entry((class, self.homes[origin], outcome)).or_default() += accesses;
        };
        for (place, served) in self.now.served.iter_mut().enumerate().filter(|(_, served)| **served > 0) {
            let (class, origin) = (place / self.homes.len(), place % self.homes.len());
            add(ClassId(class as u16), origin, Outcome::Done, std::mem::take(served));
        }
        for ((class, origin, reason), refused) in std::mem::take(&mut self.now.refused) {
            add(class, origin.index(), Outcome::Failed(reason), refused);
        }
        let (site, interval) = (self.site, self.now.interval as u32);
        for ((class, (home, tenant), outcome), accesses) in counts {
            out.fact(Fact::Sealed { site, interval, class, home, tenant, outcome, accesses });
        }
    }
}
