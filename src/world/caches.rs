//! Data keys that clients keep, in the world. Whether a request is answered by its client is decided when it arrives, which is an event;
//! what an answer brings is told together with the answer, perhaps ahead of its time, and is there from its time on. So both paths
//! agree. Knows which client makes a request (the process that also has the connection), and when callers turn to another region.

use super::World;
use crate::kms::{CacheFact, Call, Fact, LoadId, OriginId, PopulationId, RegionId, TenantId};
use crate::load::{Cache, Curve, Start};
use crate::rng::{Key, Purpose, Streams, unit};
use crate::scenario::{Scenario, Target};
use crate::time::{Span, Time};
use std::sync::Arc;

/// The caches of a population.
#[derive(Clone, Debug)]
struct Kept {
    cache: Cache,
    /// What its requests draw: which client makes one.
    luck: Key,
    /// The number of its first key.
    first_key: u32,
    load: LoadId,
    tenant: Option<TenantId>,
    /// Where its clients are.
    region: RegionId,
    origin: OriginId,
    /// Data keys are of no use in another region.
    cold: bool,
}

/// All caches of a world.
#[derive(Clone, Debug)]
pub(super) struct Caches {
    /// By population, attackers' left out; `None` where each request is asked.
    kept: Vec<Option<Kept>>,
    /// By origin: the home of its keys, and whether its calls go to another region.
    away: Vec<(RegionId, bool)>,
}

impl Caches {
    /// Caches as they are in the steady state at the beginning of a stretch. Nothing where nobody has any.
    pub(super) fn new(
        s: &Scenario,
        streams: &Streams,
        (curves, first_key): (&[Arc<Curve>], &[u32]),
        from: Time,
    ) -> Option<Self> {
        let kept = |i: usize| {
            let population = &s.populations[i];
            let keeping = s.keeping(population)?;
            let load = &s.loads[population.load.index()];
            let origin = &s.origins[population.origin.index()];
            let keys = s.keys[load.key.index()].counts[origin.home.index()].max(1);
            let luck = streams.key(Purpose::Requests, &population.id);
            let start = Start {
                from,
                rate: curves[i].rate_at(from),
                skew: s.skew(population),
                luck: streams.key(Purpose::Keys, &format!("data keys of {}", population.id)),
            };
            Some(Kept {
                cache: Cache::new(keeping, keys, start),
                luck,
                first_key: first_key[i],
                load: population.load,
                tenant: origin.tenant,
                region: origin.region,
                origin: population.origin,
                cold: load.cache.is_some_and(|cache| cache.cold_failover),
            })
        };
        let kept: Vec<Option<Kept>> = (0..s.populations.len()).map(kept).collect();
        let away = s.origins.iter().map(|origin| (origin.home, false)).collect();
        kept.iter().any(Option::is_some).then_some(Self { kept, away })
    }

    fn of(&mut self, population: PopulationId) -> Option<&mut Kept> {
        self.kept.get_mut(population.index())?.as_mut()
    }
}

impl Kept {
    /// The client that makes a request: the one whose connection it uses, where there are as many.
    #[inline]
    fn client(&self, sequence: u64) -> u32 {
        self.cache.client((self.luck.draws(sequence, 0).state() >> 32) as u32)
    }
}

impl World {
    /// Whether a client has what its request wants, which is all that is told of it then.
    #[inline(never)]
    pub(super) fn hits(&mut self, now: Time, population: PopulationId, (sequence, key): (u64, u32)) -> bool {
        let Some(kept) = self.caches.as_mut().and_then(|caches| caches.of(population)) else { return false };
        let client = kept.client(sequence);
        let hit = kept.cache.wants(now, client, key - kept.first_key);
        if hit {
            self.record(now, Fact::Cache(CacheFact::Hit { population }));
        }
        hit
    }

    /// The last answer to a request will be at its client.
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&mut self, call: Call, at: Time) {
        let Some((population, sequence, asked)) = self.service.request(call.flight) else { return };
        let Some(kept) = self.caches.as_mut().and_then(|caches| caches.of(population)) else { return };
        let client = kept.client(sequence);
        kept.cache.answered((asked, at), client, call.key.number - kept.first_key);
    }

    /// Clients restart within this time.
    pub(super) fn restart(&mut self, now: Time, on: Target, over: Span) {
        let is_struck = |kept: &Kept| match on {
            Target::Load(load, tenant) => kept.load == load && (tenant.is_none() || kept.tenant == tenant),
            Target::Region(region) => kept.region == region,
            _ => false,
        };
        self.empty(now, over, is_struck);
    }

    /// Caches are emptied within this time.
    fn empty(&mut self, now: Time, over: Span, hit: impl Fn(&Kept) -> bool) {
        let kept = self.caches.iter_mut().flat_map(|caches| caches.kept.iter_mut().enumerate());
        let hit = kept.filter_map(|(i, kept)| Some((PopulationId(i as u16), kept.as_mut().filter(|kept| hit(kept))?)));
        let emptied: Vec<CacheFact> = hit
            .map(|(population, kept)| {
                // Of requests each draws by a number of its own, and none by this.
                let phase = unit(&mut kept.luck.draws(now.0, u32::MAX));
                kept.cache.restart(now, over, phase);
                CacheFact::Emptied { population, clients: kept.cache.clients() }
            })
            .collect();
        emptied.into_iter().for_each(|fact| self.record(now, Fact::Cache(fact)));
    }

    /// Routing tables learned something: caches are empty where they belong to a region that callers turned away from, or back to.
    #[cold]
    #[inline(never)]
    pub(super) fn turn_caches(&mut self, now: Time) {
        let Some(caches) = &mut self.caches else { return };
        let mut turned = Vec::new();
        for (number, (home, away)) in caches.away.iter_mut().enumerate() {
            let origin = OriginId(number as u16);
            let left = self.service.has_left(origin, *home);
            if std::mem::replace(away, left) != left {
                turned.push(origin);
            }
        }
        self.empty(now, Span::ZERO, |kept| kept.cold && turned.contains(&kept.origin));
    }
}
