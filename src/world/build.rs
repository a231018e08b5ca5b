//! From a checked scenario to worlds. A [`Blueprint`] holds what all replications and survive cases share: demand curves,
//! shard map, pools, links. A [`Stretch`] says which part of the scenario's time a world lives, and under which faults.

mod peak;

use super::access;
use super::attack::{self, Attackers};
use super::backup::Backups;
use super::caches::Caches;
use super::custody::Carriage;
use super::faults::Faults;
use super::metadata::Post;
use super::people::People;
use super::pools::{self, Backing};
use super::quota::{self, Quotas};
use super::recovery::Recoveries;
use super::residency::Residency;
use super::transport::Transport;
use super::work::Works;
use super::{Caller, World};
use crate::audit::Gathered;
use crate::engine::Digest;
use crate::geo;
use crate::hsm;
use crate::kms::{ClassId, CountryId, LotId, RegionId, SiteId};
use crate::load::{Arrivals, Curve, Habits, Popularity, Users};
use crate::metrics::{Frame, Recorder, Stated, grace};
use crate::net::{Links, Wires};
use crate::rng::{Purpose, Streams, mix, stable_hash, unit};
use crate::scenario::{ChangeKind, Fault, FleetChange, Origin, Population, Region, Scenario};
use crate::service::{
    Calendar, Candidate, Candidates, Catalog, ChangeEntry, ClassEntry, EmergencyEntry, LoadEntry, Lot, Observers,
    OriginEntry, Out, PopulationEntry, Service, ShardMap, SiteEntry, What, score,
};
use crate::store::{Layout, SimStore, Store};
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A part of the scenario's time, and the faults in it.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Number of the replication.
    pub replication: u64,
    /// Start.
    pub from: Time,
    /// End of the warm-up.
    pub counted_from: Time,
    /// End.
    pub until: Time,
    /// Faults with scripted or random times.
    pub faults: Vec<Fault>,
}

/// What all worlds of a scenario share.
#[derive(Clone, Debug)]
pub struct Blueprint {
    scenario: Arc<Scenario>,
    curves: Vec<Arc<Curve>>,
    /// Operations per second of each population in the mean of a year.
    yearly: Vec<f64>,
    popularity: Vec<Popularity>,
    first_key: Vec<u32>,
    users: Vec<Option<Arc<Users>>>,
    catalog: Arc<Catalog>,
    pools: Vec<Backing>,
    /// Demand of other workloads on the quotas of services.
    others: Vec<Arc<Curve>>,
    links: Links,
    metadata: Arc<Layout>,
    law: Arc<Scenario>,
    /// Nothing is worked on.
    idle: bool,
}

impl Blueprint {
    /// Works out what all worlds share.
    #[must_use]
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let curves = scenario.populations.iter().map(|population| Arc::new(scenario.demand(population))).collect();
        let yearly = scenario.yearly_demand();
        let (popularity, first_key) = popularities(&scenario);
        let users = users(&scenario);
        let links = links(&scenario);
        let catalog = Arc::new(catalog(&scenario, &links));
        let (pools, others) = (pools::of(&scenario), quota::demand(&scenario));
        let metadata = Arc::new(super::metadata::layout(&scenario, &links));
        let (law, idle) = (Arc::clone(&scenario), false);
        Self {
            scenario,
            curves,
            yearly,
            popularity,
            first_key,
            users,
            catalog,
            pools,
            others,
            links,
            metadata,
            law,
            idle,
        }
    }

    /// The same worlds, in which what is served is held against the residency of another scenario: to show that a breach is found.
    #[must_use]
    pub fn under_law_of(self, law: Arc<Scenario>) -> Self {
        Self { law, ..self }
    }

    /// The same worlds without planned work: survive cases say themselves what is under way.
    #[must_use]
    pub fn idle(&self) -> Self {
        Self { idle: true, ..self.clone() }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// Demand of each population.
    #[must_use]
    pub fn curves(&self) -> &[Arc<Curve>] {
        &self.curves
    }

    /// The service's configuration.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The frame in which a stretch is counted.
    #[must_use]
    pub fn frame(&self, stretch: &Stretch) -> Frame {
        let s = &self.scenario;
        let region = |population: &crate::scenario::Population| s.origins[population.origin.index()].region.0;
        Frame {
            home: s.populations.iter().map(region).collect(),
            load: s.populations.iter().map(|population| population.load.0).collect(),
            tenant: self.catalog.populations.iter().map(|p| s.origins[p.origin.index()].tenant).collect(),
            site_region: s.sites.iter().map(|site| site.region.0).collect(),
            services: (0..s.sites.len()).map(|site| quota::of_site(s, SiteId(site as u16))).collect(),
            limits: s.quotas.iter().map(|quota| quota.limit.rate).collect(),
            regions: s.regions.len(),
            loads: s.loads.len(),
            tenants: s.access.tenants.len(),
            origins: s.origins.len(),
            from: stretch.from,
            counted_from: stretch.counted_from,
            until: stretch.until,
            slot: Frame::slot_for(stretch.until.since(stretch.counted_from), &s.windows(), s.most_slots()),
            grace: s.keys.iter().map(|class| grace(class.rotate.map(|rotate| rotate.every))).collect(),
            patience: s.patience(),
        }
    }

    /// What the scenario states that callers ask for, by origin, beside a record of them.
    #[must_use]
    pub fn stated(&self, recorder: &Recorder) -> Vec<Stated> {
        let s = &self.scenario;
        let frame = &recorder.frame;
        let normal = recorder.watch.normal();
        let mut stated = vec![Stated::default(); s.origins.len()];
        for (i, (population, curve)) in s.populations.iter().zip(&self.curves).enumerate() {
            let calls = s.loads[population.load.index()].calls.len() as f64;
            let of = &mut stated[population.origin.index()];
            of.yearly_per_s += calls * self.yearly[i];
            of.counted += calls * curve.expected(frame.counted_from, frame.until);
            of.normal += calls * normal.iter().map(|(from, until)| curve.expected(*from, *until)).sum::<f64>();
        }
        stated
    }

    /// What falls due when in a replication, from one instant until another, as far as it is known at the first of them.
    #[must_use]
    pub fn calendar(&self, replication: u64, from: Time, until: Time) -> Calendar {
        let ages = Streams::new(self.scenario.seed, replication).key(Purpose::Keys, "age");
        Calendar::new(&self.catalog, ages, from, until)
    }

    /// A world at the start of a stretch.
    #[must_use]
    pub fn world(&self, stretch: &Stretch) -> World {
        let s = &self.scenario;
        let streams = Streams::new(s.seed, stretch.replication);
        let mut luck: Vec<_> = s.populations.iter().map(|p| streams.key(Purpose::Requests, &p.id)).collect();
        // Attackers have a luck of their own, by the flood and whom it imitates.
        luck.extend(s.imitations().iter().map(|i| streams.key(Purpose::Requests, &s.name_of(*i))));
        let calendar = self.calendar(stretch.replication, stretch.from, stretch.until);
        let faults =
            stretch.faults.iter().map(|fault| (fault.clone(), streams.stream(Purpose::Faults, &fault.id))).collect();
        let devices: Vec<u32> = s.sites.iter().map(|site| site.hsms).collect();
        let callers = self.callers(&streams, stretch);
        let attackers = Attackers::new(s, &streams, &callers);
        World {
            elaborate: s.access.tokens.computed || attackers.overhear_any(),
            attackers,
            tokens: !s.access.tenants.is_empty(),
            service: Service::new(Arc::clone(&self.catalog), luck, calendar, stretch.from),
            hsms: self.pools.iter().map(|pool| pool.begin(stretch.from)).collect(),
            quotas: Quotas::new(s, &self.others, &streams, (stretch.from, stretch.until)),
            store: Store::Sim(SimStore::new(Arc::clone(&self.metadata))),
            post: Post::default(),
            emergency: s.emergency.as_ref().map(|access| {
                let people = streams.key(Purpose::Faults, "approvers of emergency access");
                let told = (access.answer, access.declines, access.record);
                Box::new(super::emergency::Emergency::new(s.sites.len(), people, told))
            }),
            links: self.links.clone(),
            wires: Wires::default(),
            transport: Transport::new(s, streams.key(Purpose::Network, "connections"), stretch.from).map(Box::new),
            caches: Caches::new(s, &streams, (&self.curves, &self.first_key), stretch.from).map(Box::new),
            callers,
            faults: Faults::new(faults, Arc::clone(&s.common), &devices, stretch.from),
            works: if self.idle { None } else { Works::new(s, stretch.from) },
            backups: Backups::new(s, stretch.from),
            recoveries: Box::new(Recoveries::new(s)),
            people: People::new(s, &streams, (stretch.from, self.idle)),
            site_region: s.sites.iter().map(|site| site.region).collect(),
            residency: Residency::new(&self.law),
            carriages: s.sites.iter().map(|site| Carriage::of(&s.profiles[site.profile].profile)).collect(),
            key_luck: streams.key(Purpose::Keys, "life of keys"),
            probe_luck: streams.key(Purpose::Network, "health checks"),
            store_luck: streams.key(Purpose::Network, "metadata store"),
            first_check: s.health.phase.unwrap_or_else(|| {
                let mut phase = streams.stream(Purpose::Network, "phase of health checks");
                s.health.interval.scale(unit(&mut phase))
            }),
            recorder: Recorder::new(Arc::new(self.frame(stretch)), s.audit_each),
            digest: Digest::new(Span(s.run.0.div_ceil(1000).max(1_000_000_000))),
            out: Out::default(),
            until: stretch.until,
            ahead: true,
            unreachable: 0,
        }
    }

    /// As [`Self::world`], one that keeps what its audit log is made from.
    #[must_use]
    pub fn audited(&self, stretch: &Stretch) -> World {
        let mut world = self.world(stretch);
        world.recorder.log = Some(Gathered::default());
        world
    }

    fn callers(&self, streams: &Streams, stretch: &Stretch) -> Vec<Caller> {
        let s = &self.scenario;
        let caller = |i: usize| {
            let population = &s.populations[i];
            let load = &s.loads[population.load.index()];
            let stream = streams.stream(Purpose::Arrivals, &population.id);
            let curve = Arc::clone(&self.curves[i]);
            Caller {
                arrivals: Arrivals::new(stream, curve, load.pattern, stretch.from, stretch.until),
                popularity: self.popularity[i].clone(),
                picks: streams.key(Purpose::Keys, &population.id),
                class: load.key,
                origin: population.origin,
                first_key: self.first_key[i],
                sequence: 0,
                users: self.users[i].clone().map(|users| (users, streams.key(Purpose::Whence, &population.id))),
            }
        };
        (0..s.populations.len()).map(caller).collect()
    }
}

/// Which keys each population asks for: how popular they are, and the number of the first.
fn popularities(s: &Scenario) -> (Vec<Popularity>, Vec<u32>) {
    let mut tables: BTreeMap<(u32, u64), Popularity> = BTreeMap::new();
    let of = |population: &crate::scenario::Population| {
        let class = &s.keys[s.loads[population.load.index()].key.index()];
        let home = s.origins[population.origin.index()].home.index();
        let keys = class.counts[home].max(1);
        let table = tables.entry((keys, class.zipf.to_bits())).or_insert_with(|| Popularity::zipf(keys, class.zipf));
        (table.clone(), class.counts[..home].iter().sum::<u32>())
    };
    s.populations.iter().map(of).unzip()
}

/// From where the users of each population ask; `None` for services, and where nobody is located. Those of a country are all alike.
fn users(s: &Scenario) -> Vec<Option<Arc<Users>>> {
    let mut known: BTreeMap<CountryId, Arc<Users>> = BTreeMap::new();
    let mut of = |population: &crate::scenario::Population| {
        let (location, country) = (s.location.as_ref()?, s.origins[population.origin.index()].country()?);
        let crate::scenario::Location { vpn, roaming, stale, hidden, told, told_wrong, .. } = *location;
        let habits = Habits { vpn, roaming, stale, hidden, told, told_wrong };
        Some(Arc::clone(known.entry(country).or_insert_with(|| Arc::new(Users::new(country, habits)))))
    };
    s.populations.iter().map(&mut of).collect()
}

/// Links between sites, origins and regions, numbered in this order.
fn links(s: &Scenario) -> Links {
    let sites = (0..s.sites.len()).map(|i| (s.site_place(SiteId(i as u16)), s.sites[i].region, Span::ZERO, true));
    let origins = s.origins.iter().map(|o| (&o.place, o.region, o.last_mile, o.last_mile == Span::ZERO));
    let regions = (0..s.regions.len()).map(|i| (&s.regions[i].place, RegionId(i as u16), Span::ZERO, true));
    let places: Vec<_> = sites.chain(origins).chain(regions).collect();
    let ids = (0..s.regions.len()).map(|i| RegionId(i as u16));
    let between: Vec<Vec<Span>> = ids.clone().map(|a| ids.clone().map(|b| s.round_trip(a, b)).collect()).collect();
    let mut cache: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    let mut one_way = Vec::with_capacity(places.len() * places.len());
    for (a, region_a, mile_a, inside_a) in &places {
        for (b, region_b, mile_b, inside_b) in &places {
            let round_trip = if *inside_a && *inside_b {
                between[region_a.index()][region_b.index()]
            } else {
                let names = ((&*a.id).min(&*b.id), (&*a.id).max(&*b.id));
                *cache.entry(names).or_insert_with(|| geo::rtt(a, b).span)
            };
            one_way.push(Span(round_trip.0 / 2) + *mile_a + *mile_b);
        }
    }
    Links::new(places.iter().map(|(_, region, _, _)| *region).collect(), one_way, s.network.jitter, s.network.loss)
}

fn catalog(s: &Scenario, links: &Links) -> Catalog {
    let sites = s.sites.len();
    let load = |load: &crate::scenario::Load| LoadEntry {
        calls: load.calls.clone(),
        class: load.key,
        timeout: load.timeout,
        retry: load.retry,
    };
    let class = |class: &crate::scenario::KeyClass| ClassEntry {
        rotate: class.rotate,
        retired: class.retired(),
        durability: class.durability,
        wrapped_by: class.wrapped_by,
        first: class.counts.iter().fold(vec![0], |mut first, count| {
            first.push(first.last().copied().unwrap_or(0) + count);
            first
        }),
        ages: class.listed.iter().flat_map(|listed| &listed.created).map(|created| age(s.start, *created)).collect(),
    };
    let (guarded, zones) = (access::guarded(s), access::zones(s));
    let own = |origin: &Origin| origin.last_mile == Span::ZERO && origin.home == origin.region;
    let origin = |i: usize| OriginEntry {
        inside: own(&s.origins[i]).then_some(s.origins[i].region),
        home: s.origins[i].home,
        country: s.origins[i].country(),
        name: stable_hash(&s.origins[i].id),
        rtt: (0..sites).map(|site| links.usual(sites + i, site) * 2).collect(),
        guarded: guarded[i],
        stands_in: geo::country_id(&s.origins[i].place.country),
        zone: zones.iter().position(|zone| *zone == &*s.origins[i].place.zone).unwrap_or(0) as u8,
    };
    let entry = |p: &Population| PopulationEntry { load: p.load, origin: p.origin, hostile: false };
    let (shards, comes_with) = shard_map(s);
    let planned = |(number, change)| planned(&shards, &comes_with, number, change);
    Catalog {
        changes: s.changes.iter().enumerate().map(planned).collect(),
        sites: s
            .sites
            .iter()
            .map(|site| SiteEntry {
                region: site.region,
                weight: site.weight,
                slots: s.profiles[site.profile].profile.key_slots.unwrap_or(u64::MAX),
                name: stable_hash(&site.id),
            })
            .collect(),
        origins: (0..s.origins.len()).map(origin).collect(),
        loads: s.loads.iter().map(load).collect(),
        populations: s.populations.iter().map(entry).chain(attack::entries(s)).collect(),
        access: access::access(s),
        classes: s.keys.iter().map(class).collect(),
        protects: s.calls.iter().map(|call| hsm::protects(call)).collect(),
        shards,
        observers: (0..sites).map(|i| observers(s, SiteId(i as u16))).collect(),
        health: s.health,
        routing: s.routing,
        generating: s.generating,
        catch_up: s.catch_up,
        audit_interval: s.audit_interval,
        audit_each: s.audit_each,
        emergency: s.emergency.as_ref().map(|access| EmergencyEntry {
            rules: access.rules,
            covers: s.keys.iter().map(crate::scenario::KeyClass::opens).collect(),
            may: (0..s.keys.len()).map(|class| s.may_be(ClassId(class as u16))).collect(),
        }),
        location: s.location.as_ref().map(|location| crate::service::Location {
            locator: location.locator(),
            regions: location.regions.clone(),
        }),
    }
}

/// Between two Unix seconds, the later one first.
fn age(now: i64, created: i64) -> Span {
    Span::from_secs(u64::try_from(now - created).unwrap_or(0))
}

/// A planned change, by lots; `comes_with`: by lot the change that provisions it.
fn planned(shards: &ShardMap, comes_with: &[Option<usize>], number: usize, change: &FleetChange) -> ChangeEntry {
    let provisioned = shards.lots().map(|(lot, _)| lot).filter(|lot| comes_with[lot.index()] == Some(number));
    let is_about = |(_, lot): &(LotId, &Lot)| change.kind.is_about(lot.class, lot.home);
    let what = match change.kind {
        ChangeKind::Join(site) => What::Join(site),
        ChangeKind::Leave(site) => What::Leave(site),
        ChangeKind::Provision(..) => What::Provision(provisioned.collect()),
        ChangeKind::Retire(..) => What::Retire(shards.lots().filter(is_about).map(|(lot, _)| lot).collect()),
    };
    ChangeEntry { at: change.at, what }
}

/// By what shards and keys of a lot are found.
fn lot_name(s: &Scenario, class: ClassId, home: RegionId, change: Option<usize>) -> u64 {
    let name = mix(stable_hash(&s.keys[class.index()].id)) ^ stable_hash(&s.regions[home.index()].id);
    change.map_or(name, |number| mix(name) ^ stable_hash(&s.changes[number].id))
}

/// The shard map, and by lot the change that provisions it.
fn shard_map(s: &Scenario) -> (ShardMap, Vec<Option<usize>>) {
    let candidates = |sites: &[SiteId]| {
        let candidate = |site: &SiteId| {
            let entry = &s.sites[site.index()];
            Candidate { site: *site, weight: entry.weight, name: stable_hash(&entry.id) }
        };
        Arc::new(Candidates::new(s.routing.placement, sites.iter().map(candidate).collect()))
    };
    let all = |i: usize| candidates(&s.sites_of(RegionId(i as u16)).collect::<Vec<_>>());
    let regions: Vec<Arc<Candidates>> = (0..s.regions.len()).map(all).collect();
    // Partners of regions in different exchange domains may be different sites of one region.
    let mut parts: BTreeMap<Vec<SiteId>, Arc<Candidates>> = BTreeMap::new();
    let (mut map, mut comes_with) = (ShardMap::new(s.keys.len()), Vec::new());
    let there = |site: SiteId| s.has_site(site, Time::ZERO);
    for (c, class) in s.keys.iter().enumerate() {
        let class_id = ClassId(c as u16);
        for home in (0..s.regions.len()).map(|i| RegionId(i as u16)) {
            if class.counts[home.index()] == 0 {
                continue;
            }
            let mut part = |(_, sites): (RegionId, Vec<SiteId>)| {
                Arc::clone(parts.entry(sites.clone()).or_insert_with(|| candidates(&sites)))
            };
            let partners: Vec<Arc<Candidates>> = s.partner_sites(class_id, home).into_iter().map(&mut part).collect();
            let escrow: Vec<Arc<Candidates>> = s.escrow_sites(class_id, home).into_iter().map(&mut part).collect();
            let confined = s.regions.len() > 1 && s.partners(class_id, home).is_empty();
            for placed in s.lots(class_id, home) {
                let lot = Lot {
                    class: class_id,
                    home,
                    name: lot_name(s, class_id, home, placed.change),
                    confined,
                    keys: placed.keys,
                    shards: s.routing.shards.min(placed.keys),
                    copies: class.copies as usize,
                    partner_copies: class.partner_copies as usize,
                    escrow_copies: class.escrow_copies as usize,
                    sites: Arc::clone(&regions[home.index()]),
                    partners: partners.clone(),
                    escrow: escrow.clone(),
                };
                map.place(lot, placed.change.is_none().then_some(&there));
                comes_with.push(placed.change);
            }
        }
    }
    (map, comes_with)
}

/// Regions that check a site: others first, chosen by hashing, then its own. With two regions both must miss it, else a cut
/// link between them would look like the loss of either.
fn observers(s: &Scenario, site: SiteId) -> Observers {
    let own = s.sites[site.index()].region;
    let seed = stable_hash(&s.sites[site.index()].id);
    let score = |(i, region): (usize, &Region)| (score(seed, stable_hash(&region.id), 1), RegionId(i as u16));
    let mut scored: Vec<(f64, RegionId)> = s.regions.iter().enumerate().map(score).collect();
    scored.sort_by(|(x, a), (y, b)| (*a == own).cmp(&(*b == own)).then(y.total_cmp(x)));
    let mut regions: Vec<RegionId> = scored.into_iter().map(|(_, region)| region).collect();
    let voters = regions.len().min(s.health.observers.max(1) as usize);
    regions.truncate(voters);
    if !regions.contains(&own) {
        regions.push(own);
    }
    Observers { voters, own: regions.len() - 1, regions }
}
