//! The real code that keyfleet exists to try out: pure state machines, `on(now, input, &mut out)`. No wall clock, no OS
//! randomness, no network, no file, no back-end, no thread; what is not in [`Effect`] cannot happen. Origins and sites
//! change only their own state; the control plane also tells sites which versions they lack.

mod arrears;
mod batch;
mod catalog;
mod edge;
mod flight;
mod health;
mod io;
mod keys;
mod lanes;
mod placement;
mod policy;
mod rotate;
mod site;

pub use catalog::{Catalog, ClassEntry, LoadEntry, Observers, OriginEntry, PopulationEntry, SiteEntry};
pub use io::{Effect, Input, Out, Timer};
pub use keys::{Calendar, Version, Versions};
pub use placement::{Candidate, Candidates, HOSTS_MAX, Lot, Shard, ShardMap, jump, score};
pub use policy::{Age, Durability, Generating, Health, Placement, Ranking, Retry, Rotate, Routing};

use crate::kms::{Call, Fact, Flight, OriginId, RegionId, SiteId};
use crate::rng::Key;
use crate::time::{Span, Time};
use edge::{Edge, Shared};
use flight::Flights;
use health::Detector;
use rotate::Rotator;
use site::Site;
use std::sync::Arc;

/// What is known of an answer that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// It must come before this.
    pub deadline: Time,
    /// It answers the request's last call.
    pub last: bool,
}

/// The whole service: one state machine for each origin and site, and the control plane.
#[derive(Clone, Debug)]
pub struct Service {
    catalog: Arc<Catalog>,
    luck: Vec<Key>,
    flights: Flights,
    edges: Vec<Edge>,
    sites: Vec<Site>,
    detector: Detector,
    rotator: Rotator,
}

impl Service {
    /// A service in which all is well. `luck`: what requests draw, by population. `calendar`: when which key falls due.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, luck: Vec<Key>, calendar: Calendar, now: Time) -> Self {
        let sites = catalog.sites.len();
        let homes: Arc<[RegionId]> = catalog.origins.iter().map(|origin| origin.home).collect();
        let site = |i| Site::new(SiteId(i as u16), &catalog, Arc::clone(&homes), now);
        Self {
            luck,
            flights: Flights::default(),
            edges: (0..catalog.origins.len()).map(|i| Edge::new(OriginId(i as u16), &catalog)).collect(),
            sites: (0..sites).map(site).collect(),
            detector: Detector::new(&catalog),
            rotator: Rotator::new(&catalog, calendar),
            catalog,
        }
    }

    /// Records what is provisioned, and sets the timers that keep the control plane going. `first_check`: when the health of
    /// sites is checked for the first time.
    pub fn begin(&mut self, now: Time, first_check: Span, out: &mut Out) {
        for site in (0..self.sites.len()).map(|i| SiteId(i as u16)) {
            let hosted = self.catalog.shards.shards().iter().filter(|shard| shard.hosts().contains(&site));
            out.fact(Fact::Provisioned { site, keys: hosted.map(|shard| shard.keys).sum() });
        }
        out.after(first_check, Timer::Check);
        out.after(self.catalog.audit_interval, Timer::Seal);
        self.rotator.start_due(now, (&self.detector, &self.sites, &self.catalog), out);
    }

    /// Seals what is not sealed yet.
    pub fn end(&mut self, now: Time, out: &mut Out) {
        for site in &mut self.sites {
            site.batches().close(now, out);
        }
        self.rotator.close(now, &self.catalog, out);
    }

    /// The catalog.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Whether an answer to this attempt is still waited for, until when, and whether it would end the request.
    #[inline]
    #[must_use]
    pub fn awaited(&self, flight: Flight, serial: u8) -> Option<Awaited> {
        let journey = self.flights.get(flight).filter(|journey| journey.serial == serial)?;
        let load = self.catalog.populations[journey.population.index()].load;
        let last = usize::from(journey.step) + 1 == self.catalog.loads[load.index()].calls.len();
        Some(Awaited { deadline: journey.attempt_deadline, last })
    }

    /// Requests under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.under_way()
    }

    /// The versions of all keys.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        self.rotator.versions()
    }

    /// Rotations under way.
    #[must_use]
    pub fn rotations_under_way(&self) -> usize {
        self.rotator.under_way()
    }

    /// Something happens. Total: any input in any state; the same state and input give the same effects.
    pub fn on(&mut self, now: Time, input: Input, out: &mut Out) {
        let catalog = &*self.catalog;
        match input {
            Input::Request { population, sequence, key } => {
                let origin = catalog.populations[population.index()].origin;
                self.edges[origin.index()].request(
                    now,
                    (population, sequence, key),
                    &mut Shared { catalog, luck: &self.luck, flights: &mut self.flights },
                    out,
                );
            }
            Input::Call { site, call } => {
                let version = self.rotator.versions().active(call.key, catalog);
                if self.sites[site.index()].call(now, Call { version, ..call }, out) {
                    self.rotator.used(now, call.key, (&self.detector, &self.sites, catalog), out);
                }
            }
            Input::HsmDone { site, call, outcome, wait, service } => {
                self.sites[site.index()].done(now, (call, outcome), (wait, service), out);
            }
            Input::Answer { flight, serial, site, outcome } => {
                let Some(journey) = self.flights.get(flight) else { return };
                let edge = &mut self.edges[journey.origin.index()];
                edge.answer(
                    now,
                    (flight, serial, site, outcome),
                    &mut Shared { catalog, luck: &self.luck, flights: &mut self.flights },
                    out,
                );
            }
            Input::Expired { flight, serial } => {
                let Some(journey) = self.flights.get(flight) else { return };
                let edge = &mut self.edges[journey.origin.index()];
                edge.expired(
                    now,
                    (flight, serial),
                    &mut Shared { catalog, luck: &self.luck, flights: &mut self.flights },
                    out,
                );
            }
            Input::Demand { population, shard, count } => {
                let entry = &catalog.populations[population.index()];
                let load = &catalog.loads[entry.load.index()];
                if let Some(choice) = self.edges[entry.origin.index()].choose(now, shard, 0, catalog) {
                    let site = catalog.shards.hosts(shard)[choice.position];
                    let calls = u64::from(count) * load.calls.len() as u64;
                    self.sites[site.index()].batches().served(now, (load.class, entry.origin), calls);
                    if calls > 0 {
                        out.fact(Fact::ServedMany { population, site, calls });
                    }
                }
            }
            Input::Timer(timer) => self.timer(now, timer, out),
            Input::Generated { .. }
            | Input::Copied { .. }
            | Input::Probed { .. }
            | Input::Destroyed(_)
            | Input::Compromised { .. }
            | Input::Stored { .. } => self.control(now, input, out),
        }
    }

    /// What the control plane is told.
    fn control(&mut self, now: Time, input: Input, out: &mut Out) {
        let catalog = &*self.catalog;
        match input {
            Input::Generated { site, key, done } => {
                self.rotator.generated(now, (site, key, done), (&self.detector, &self.sites, catalog), out);
                self.rotator.activate(now, key, (&self.detector, &self.sites, catalog), out);
            }
            Input::Copied { site, version, done } => {
                let view = (&self.detector, &mut self.sites[..], catalog);
                self.rotator.copied(now, (site, version, done), view, out);
                self.rotator.activate(now, version.key, (&self.detector, &self.sites, catalog), out);
            }
            Input::Probed { site, observer, answered }
                if self.detector.probed((site, observer, answered), catalog, out).is_some() =>
            {
                self.rotator.site_changed(now, site, (&self.detector, &self.sites, catalog), out);
            }
            Input::Destroyed(site) if self.sites[site.index()].holds_keys() => {
                self.sites[site.index()].destroy();
                let gone = |s: &&SiteId| !self.sites[s.index()].holds_keys();
                let lost = |shard: &Shard| shard.hosts().contains(&site) && shard.hosts().iter().all(|s| gone(&s));
                let keys: u32 =
                    catalog.shards.shards().iter().filter(|shard| lost(shard)).map(|shard| shard.keys).sum();
                if keys > 0 {
                    out.fact(Fact::KeysLost { site, keys, age: self.rotator.keys_lost(now, lost, catalog) });
                }
                self.rotator.destroyed(now, site, (&self.detector, &self.sites, catalog), out);
            }
            Input::Compromised { class, region, share } => {
                self.rotator.compromised(now, (class, region, share), (&self.detector, &self.sites, catalog), out);
            }
            Input::Stored { op, answer } => {
                self.rotator.published(now, (op, answer), (&self.detector, &mut self.sites, catalog), out);
            }
            _ => {}
        }
    }

    fn timer(&mut self, now: Time, timer: Timer, out: &mut Out) {
        let catalog = &*self.catalog;
        match timer {
            Timer::Retry { flight, serial } => {
                let Some(journey) = self.flights.get(flight) else { return };
                let edge = &mut self.edges[journey.origin.index()];
                edge.resume(
                    now,
                    (flight, serial),
                    &mut Shared { catalog, luck: &self.luck, flights: &mut self.flights },
                    out,
                );
            }
            Timer::Check => self.detector.check(catalog, out),
            Timer::Publish { site, up, inside } => {
                let region = Some(catalog.sites[site.index()].region);
                for (edge, origin) in self.edges.iter_mut().zip(&catalog.origins) {
                    if (origin.inside == region) == inside {
                        edge.learn(site, up, out);
                    }
                }
            }
            Timer::Seal => {
                for site in &mut self.sites {
                    site.batches().seal(now, out);
                }
                out.after(catalog.audit_interval, Timer::Seal);
            }
            Timer::Rotate => self.rotator.start_due(now, (&self.detector, &self.sites, catalog), out),
            Timer::Generate(key) => self.rotator.generate(key, &self.detector, catalog, out),
            Timer::Announce(key) => self.rotator.publish(key, &self.detector, out),
            Timer::Owed { from, to } => {
                self.rotator.rested(now, (from, to), (&self.detector, &self.sites, catalog), out);
            }
        }
    }
}
