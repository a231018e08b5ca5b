//! The real code that keyfleet exists to try out: pure state machines, `on(now, input, &mut out)`. No wall clock, no OS
//! randomness, no network, no file, no back-end, no thread; what is not in [`Effect`] cannot happen. Origins and sites
//! change only their own state; the control plane also tells sites which versions they lack.

mod access;
mod arrears;
mod batch;
mod catalog;
mod changes;
mod control;
mod directory;
mod edge;
mod emergency;
mod flight;
mod health;
mod io;
mod keys;
mod lanes;
mod locate;
mod placement;
mod policy;
mod rotate;
mod site;
mod slots;
mod view;

pub use access::{
    Access, Bucket, Countries, Gate, Guarded, Known, Limit, Priority, Question, Rule, Rulebook, Secrets, TenantEntry,
    TokenPolicy, Wanted, Window, proof,
};
pub use catalog::{
    Catalog, ChangeEntry, ClassEntry, LoadEntry, Observers, OriginEntry, PopulationEntry, SiteEntry, What, is_part,
};
pub use directory::Directory;
pub use emergency::{
    Contact, EmergencyEffect, EmergencyEntry, EmergencyInput, EmergencyTimer, Letter, REQUESTER, Rules,
};
pub use io::{Effect, Input, Out, Timer};
pub use keys::{Calendar, Version, Versions};
pub use locate::Location;
pub use placement::{Candidate, Candidates, HOSTS_MAX, Hosts, Lot, Shard, ShardMap, jump, score};
pub use policy::{Age, Durability, Generating, Health, Placement, Ranking, Retry, Rotate, Routing};

use crate::kms::{
    AccessFact, Asked, Call, ChangeId, ClassId, CountryId, Denial, Fact, Failure, Flight, KeyRef, KeyVersion,
    LocationFact, OriginId, Outcome, PopulationId, RegionId, ShardId, SiteId, Token,
};
use crate::rng::Key;
use crate::time::{Span, Time};
use batch::Home;
use changes::Changes;
use edge::{Edge, Shared, failed};
use emergency::Emergency;
use flight::{Course, Flights};
use health::Detector;
use rotate::Rotator;
use site::Site;
use std::sync::Arc;
use view::View;

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
    directory: Directory,
    rotator: Rotator,
    changes: Changes,
    gates: Vec<Gate>,
    secrets: Secrets,
    /// Any gate has something to look at.
    guarded: bool,
    /// Where there is any.
    emergency: Option<Box<Emergency>>,
    /// The control plane stands still, and the sites that were lost meanwhile.
    down: bool,
    missed: Vec<SiteId>,
}

impl Service {
    /// A service in which all is well. `luck`: what requests draw, by population. `calendar`: when which key falls due.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, luck: Vec<Key>, calendar: Calendar, now: Time) -> Self {
        let sites = catalog.sites.len();
        let directory = Directory::at(&catalog, now);
        let homes: Arc<[Home]> = catalog.origins.iter().map(|origin| (origin.home, origin.guarded.tenant)).collect();
        let patience: Arc<[Span]> = catalog.origins.iter().map(|origin| origin.guarded.patience).collect();
        let site = |i| Site::new(SiteId(i as u16), &catalog, (Arc::clone(&homes), Arc::clone(&patience)), now);
        let gate = |(i, origin): (usize, &OriginEntry)| Gate::new(OriginId(i as u16), origin.guarded);
        let guards = |origin: &OriginEntry| origin.guarded.tenant.is_some() || origin.guarded.limit.is_some();
        Self {
            luck,
            flights: Flights::default(),
            edges: (0..catalog.origins.len()).map(|i| Edge::new(OriginId(i as u16), &catalog, &directory)).collect(),
            sites: (0..sites).map(site).collect(),
            detector: Detector::new(&catalog),
            rotator: Rotator::new(&catalog, &directory, calendar, now),
            changes: Changes::new(&catalog, now),
            gates: catalog.origins.iter().enumerate().map(gate).collect(),
            secrets: Secrets::new(catalog.access.tenants.len()),
            guarded: catalog.origins.iter().any(guards),
            emergency: Emergency::new(&catalog),
            down: false,
            missed: Vec::new(),
            directory,
            catalog,
        }
    }

    /// Records what is provisioned, and sets the timers that keep the control plane going. `first_check`: when the health of
    /// sites is checked for the first time.
    pub fn begin(&mut self, now: Time, first_check: Span, out: &mut Out) {
        for site in (0..self.sites.len()).map(|i| SiteId(i as u16)) {
            let held = self.directory.held_by(site, &self.catalog);
            let keys = held.map(|shard| self.catalog.shards.shard(shard).keys).sum();
            out.fact(Fact::Provisioned { site, keys });
        }
        for (number, change) in self.catalog.changes.iter().enumerate().filter(|(_, change)| change.at > now) {
            out.after(change.at.since(now), Timer::Change(ChangeId(number as u16)));
        }
        out.after(first_check, Timer::Check);
        out.after(self.catalog.audit_interval, Timer::Seal);
        self.begin_secrets(now, out);
        let (detector, sites, catalog, directory) = (&self.detector, &self.sites[..], &*self.catalog, &self.directory);
        self.rotator.start_due(now, View { detector, sites, catalog, directory }, out);
    }

    /// Seals what is not sealed yet.
    pub fn end(&mut self, now: Time, out: &mut Out) {
        for site in &mut self.sites {
            site.batches().close(now, out);
        }
        self.gates.iter_mut().for_each(|gate| gate.seal(out));
        self.tell_escrow(out);
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

    /// Of a request under way: who asks, the number of its present attempt at this call, and since when.
    #[must_use]
    pub fn asked(&self, flight: Flight) -> Option<(PopulationId, u8, Time)> {
        self.flights.get(flight).map(|journey| (journey.population, journey.attempts, journey.started))
    }

    /// Of a request under way: who asks, its number among theirs, and since when.
    #[must_use]
    pub fn request(&self, flight: Flight) -> Option<(PopulationId, u64, Time)> {
        self.flights.get(flight).map(|journey| (journey.population, journey.sequence, journey.started))
    }

    /// Whether an origin knows no site of a region that is healthy and serves anything: it asks elsewhere.
    #[must_use]
    pub fn has_left(&self, origin: OriginId, region: RegionId) -> bool {
        self.edges[origin.index()].has_left(region)
    }

    /// The most sites that had a copy of a key of each class at once, since the run began: those that serve it, those that have it in
    /// escrow, and those that join or leave its shard.
    #[must_use]
    pub fn most_copies(&self) -> Vec<u32> {
        let mut most = vec![0; self.catalog.classes.len()];
        for (number, shard) in self.catalog.shards.shards().iter().enumerate().filter(|(_, shard)| shard.keys > 0) {
            let of = &mut most[shard.class.index()];
            *of = self.directory.most_holders(ShardId(number as u32)).max(*of);
        }
        most
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

    /// Key slots that a site's keys take, or have reserved.
    #[must_use]
    pub fn slots_used(&self, site: SiteId) -> u64 {
        self.rotator.slots().used(site)
    }

    /// Key versions at a site, where those of a class are taken to be spread evenly over its keys.
    #[must_use]
    pub fn versions_at(&self, site: SiteId) -> u64 {
        let (map, directory) = (&self.catalog.shards, &self.directory);
        let there = |shard: ShardId| !directory.hosts(shard).all().is_empty();
        let here =
            |shard: ShardId| directory.hosts(shard).all().contains(&site) || directory.leaving(shard).contains(&site);
        let of = |class: ClassId| {
            let keys = map.keys_in(class, &there).max(1).into();
            let versions = u128::from(self.versions().existing(class)) * u128::from(map.keys_in(class, &here));
            u64::try_from(versions.div_ceil(keys)).unwrap_or(u64::MAX)
        };
        (0..self.catalog.classes.len()).map(|class| of(ClassId(class as u16))).sum()
    }

    /// Which sites serve each shard.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Whether callers know hosts of a key.
    #[must_use]
    pub fn knows(&self, population: PopulationId, key: KeyRef) -> bool {
        let edge = &self.edges[self.catalog.populations[population.index()].origin.index()];
        !edge.hosts(self.catalog.shards.of(key), &self.directory).1.is_empty()
    }

    /// Whether callers know hosts of every key.
    #[inline]
    #[must_use]
    pub fn knows_all(&self, population: PopulationId) -> bool {
        if self.directory.epoch() == 0 {
            return self.directory.is_whole();
        }
        let edge = &self.edges[self.catalog.populations[population.index()].origin.index()];
        self.directory.is_whole() && edge.is_up_to_date(&self.directory)
    }

    /// Planned changes that have begun and are not made yet.
    #[must_use]
    pub fn changes_under_way(&self) -> usize {
        self.changes.open()
    }

    /// Whether the control plane stands still.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.down
    }

    /// Rotations under way.
    #[must_use]
    pub fn rotations_under_way(&self) -> usize {
        self.rotator.under_way()
    }

    /// A caller asks, and says more than who it is.
    fn presented(
        &mut self,
        now: Time,
        (population, sequence, key): (PopulationId, u64, KeyRef),
        (from, token): (Option<Asked>, Option<Token>),
        out: &mut Out,
    ) {
        let catalog = &*self.catalog;
        let entry = &catalog.populations[population.index()];
        // Where it comes from is found out whether or not it is let in.
        let course = from.map_or(Course::Right, |asked| locate::course(asked, population, catalog, out));
        if self.guarded {
            let gate = &mut self.gates[entry.origin.index()];
            // What a user tells decides where a request goes, and never what it may do.
            let found = from.map(|asked| locate::country(asked, catalog));
            let country = found.unwrap_or(catalog.origins[entry.origin.index()].stands_in);
            let asked = wanted((population, key), (found.is_some(), country), catalog);
            let result = admit(now, gate, (population, token, asked), catalog, out);
            if found.is_some() {
                tell_misjudged(now, gate, (population, asked), result, (catalog, out));
            }
            if result.is_err() {
                return;
            }
        }
        let late = token.filter(|_| entry.hostile).and_then(|token| self.secrets.revoked_for(now, &token));
        if let Some(after) = late {
            out.fact(Fact::Access(AccessFact::Late { population, after }));
        }
        let mut shared = Shared { catalog, luck: &self.luck, flights: &mut self.flights, directory: &self.directory };
        self.edges[entry.origin.index()].request(now, (population, sequence, key), course, &mut shared, out);
    }

    /// Something happens to a request at its origin; to one that is not under way any more, nothing does.
    #[inline]
    fn at_edge(&mut self, flight: Flight, happens: impl FnOnce(&mut Edge, &mut Shared<'_>)) {
        let (luck, flights, directory) = (&self.luck[..], &mut self.flights, &self.directory);
        let Some(journey) = flights.get(flight) else { return };
        let edge = &mut self.edges[journey.origin.index()];
        happens(edge, &mut Shared { catalog: &self.catalog, luck, flights, directory });
    }

    /// A call, under the version of its key that is active now.
    #[inline]
    fn current(&self, call: Call) -> Call {
        Call { version: self.rotator.versions().active(call.key, &self.catalog), ..call }
    }

    /// A call, to be done under its version of its key, may use that, and is handed to the site's HSMs.
    #[inline]
    fn use_key(&mut self, now: Time, site: SiteId, call: Call, out: &mut Out) {
        let catalog = &*self.catalog;
        let version = KeyVersion { key: call.key, version: call.version };
        if catalog.protects[call.call.index()] && self.rotator.versions().is_suspended(version, catalog) {
            return self.sites[site.index()].answer_failure(now, call, Failure::Suspended, out);
        }
        let longest = catalog.emergency.as_ref().map_or(Span::MAX, |entry| entry.longest_wait(call.key.class));
        if self.sites[site.index()].call(now, (call, longest), &catalog.shards, out) {
            let (detector, sites, directory) = (&self.detector, &self.sites[..], &self.directory);
            self.rotator.used(now, call.key, View { detector, sites, catalog, directory }, out);
        }
    }

    /// Something happens. Total: any input in any state; the same state and input give the same effects.
    // Whoever says what happens gets just that part of it: no input is put together to be taken apart.
    #[inline(always)]
    pub fn on(&mut self, now: Time, input: Input, out: &mut Out) {
        match input {
            Input::Request { population, sequence, key, secret } => {
                self.requested(now, (population, sequence, key), secret, out);
            }
            Input::Call { site, call } => self.called(now, site, call, out),
            Input::HsmDone { site, call, outcome, wait, service } => {
                self.sites[site.index()].done(now, (call, outcome), (wait, service), out);
            }
            Input::Answer { flight, serial, site, outcome } => {
                self.got_answer(now, (flight, serial, site, outcome), out);
            }
            _ => self.on_other(now, input, out),
        }
    }

    /// What does not happen to each request.
    fn on_other(&mut self, now: Time, input: Input, out: &mut Out) {
        match input {
            Input::Presented { population, sequence, key, from, token } => {
                self.presented(now, (population, sequence, key), (from, token), out);
            }
            Input::Expired { flight, serial } => {
                self.at_edge(flight, |edge, shared| edge.expired(now, (flight, serial), shared, out));
            }
            Input::Timer(Timer::Retry { flight, serial }) => {
                self.at_edge(flight, |edge, shared| edge.resume(now, (flight, serial), shared, out));
            }
            Input::Demand { population, shard, count } => {
                let catalog = &*self.catalog;
                let entry = &catalog.populations[population.index()];
                let load = &catalog.loads[entry.load.index()];
                let edge = &mut self.edges[entry.origin.index()];
                let (_, hosts) = edge.hosts(shard, &self.directory);
                if let Some(choice) = edge.choose(now, hosts, 0, catalog) {
                    let site = choice.site;
                    let calls = u64::from(count) * load.calls.len() as u64;
                    self.sites[site.index()].batches().served(now, (load.class, entry.origin), calls);
                    if calls > 0 {
                        out.fact(Fact::ServedMany { population, site, calls });
                    }
                }
            }
            _ => self.control(now, input, out),
        }
    }

    /// A caller asks.
    fn requested(&mut self, now: Time, request: (PopulationId, u64, KeyRef), secret: u16, out: &mut Out) {
        let catalog = &*self.catalog;
        let (population, sequence, key) = request;
        let origin = catalog.populations[population.index()].origin;
        if self.guarded {
            let gate = &mut self.gates[origin.index()];
            let token = gate.fresh(now, secret, (population, sequence));
            let asked = wanted((population, key), (false, catalog.origins[origin.index()].stands_in), catalog);
            if admit(now, gate, (population, token, asked), catalog, out).is_err() {
                return;
            }
        }
        let (luck, flights, directory) = (&self.luck[..], &mut self.flights, &self.directory);
        let mut shared = Shared { catalog, luck, flights, directory };
        self.edges[origin.index()].request(now, request, Course::Right, &mut shared, out);
    }

    /// An answer reaches its origin.
    fn got_answer(&mut self, now: Time, answer: (Flight, u8, SiteId, Outcome), out: &mut Out) {
        self.at_edge(answer.0, |edge, shared| edge.answer(now, answer, shared, out));
    }

    /// A call reaches a site.
    fn called(&mut self, now: Time, site: SiteId, call: Call, out: &mut Out) {
        let catalog = &*self.catalog;
        let call = self.current(call);
        if catalog.location.is_some() && !self.directory.is_asked_of(site, catalog.shards.of(call.key)) {
            return self.sites[site.index()].answer_failure(now, call, Failure::KeyMissing, out);
        }
        if let Some(emergency) = &self.emergency
            && emergency.bars(now, site, call.key.class)
        {
            return self.sites[site.index()].answer_failure(now, call, Failure::Fenced, out);
        }
        self.use_key(now, site, call, out);
    }
}

/// The gate before an origin lets a request in, or it is told why it does not.
#[inline]
fn admit(
    now: Time,
    gate: &mut Gate,
    (population, token, asked): (PopulationId, Option<Token>, Wanted<'_>),
    catalog: &Catalog,
    out: &mut Out,
) -> Result<(), Denial> {
    let Err(denial) = gate.admit(now, token.as_ref(), asked, &catalog.access) else { return Ok(()) };
    gate.count(denial);
    let entry = &catalog.populations[population.index()];
    if !entry.hostile {
        out.fact(Fact::Offered { population, key: asked.key });
    }
    out.fact(failed(entry, (population, denial.failure()), 0, Span::ZERO));
    Err(denial)
}

/// What a request asks for at its gate, from a country that was found out one by one or not.
#[inline]
fn wanted(
    (population, key): (PopulationId, KeyRef),
    (located, country): (bool, Option<CountryId>),
    catalog: &Catalog,
) -> Wanted<'_> {
    let entry = &catalog.populations[population.index()];
    let calls = &catalog.loads[entry.load.index()].calls;
    Wanted { load: entry.load, calls, key, located, country, zone: catalog.origins[entry.origin.index()].zone }
}

/// Tells where rules, which judged a request by a wrong country or by none, would have judged otherwise by the right one.
#[inline(never)]
fn tell_misjudged(
    now: Time,
    gate: &Gate,
    (population, asked): (PopulationId, Wanted<'_>),
    result: Result<(), Denial>,
    (catalog, out): (&Catalog, &mut Out),
) {
    let right = catalog.origins[catalog.populations[population.index()].origin.index()].country;
    if asked.country == right {
        return;
    }
    let forbidden = matches!(result, Err(Denial::Forbidden(_)));
    let allowed = || gate.allows(now, Wanted { country: right, ..asked }, &catalog.access);
    if (result.is_ok() || forbidden) && allowed() == forbidden {
        out.fact(Fact::Location(LocationFact::Misjudged { population, forbidden }));
    }
}
