//! One origin's side of a request: choose a host, wait, retry within budget, give up. It knows sites only by its routing
//! table, which learns of failures late.

mod plea;
mod stray;

use super::catalog::{Catalog, PopulationEntry};
use super::directory::Directory;
use super::flight::{Course, Flights, Journey};
use super::io::{Effect, Out, Timer};
use super::placement::Shard;
use crate::kms::{
    AccessFact, Call, Fact, Failure, Flight, GrantId, KeyRef, OriginId, Outcome, PopulationId, RegionId, ShardId,
    SiteId,
};
use crate::rng::{Key, Purpose, unit};
use crate::time::{Span, Time};

/// The retry budget holds at most this many retries, so that a long calm does not pay for a storm (gRPC's `maxTokens`
/// is of this size).
const BUDGET_MAX: i64 = 100 * RETRY;
/// One retry, in millionths, the unit of the budget.
const RETRY: i64 = 1_000_000;
/// How long the memory of recent requests lasts before it is halved.
const MEMORY: Span = Span::from_secs(1);

/// What an origin works with besides its own state.
pub(super) struct Shared<'a> {
    pub catalog: &'a Catalog,
    /// What requests draw, by population.
    pub luck: &'a [Key],
    pub flights: &'a mut Flights,
    pub directory: &'a Directory,
}

/// What an origin knows of a site.
#[derive(Clone, Copy, Debug)]
struct Route {
    /// Round trip when nothing is wrong.
    rtt: Span,
    /// Requests sent lately.
    recent: u32,
    /// The site's share against others.
    weight: u32,
    region: RegionId,
    healthy: bool,
    /// It serves something: a site that is not part of the fleet takes no share.
    holds: bool,
    /// Destroyed with all it held.
    gone: bool,
}

/// What an origin lately sent to the healthy sites of a region, and their weights.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    requests: u32,
    weights: u32,
}

/// Which of a shard's hosts is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// The site.
    pub site: SiteId,
    /// By position in the shard's list.
    pub position: u8,
    /// All hosts near enough were above their bounds; it is the least loaded one.
    pub over_bound: bool,
}

/// The state of one origin.
#[derive(Clone, Debug)]
pub struct Edge {
    id: OriginId,
    /// The routing table, by site.
    routes: Vec<Route>,
    /// By region: sums over its healthy sites.
    traffic: Vec<Traffic>,
    halved: Time,
    budget: i64,
    /// The routing epoch of its table, and whether it will ask for the newest one.
    epoch: u32,
    stale: bool,
    /// By region: the grant of emergency access that it knows of; 0 for none, and nothing at all where there never was one.
    grants: Vec<GrantId>,
}

impl Edge {
    /// An origin that believes every site healthy.
    #[must_use]
    pub fn new(id: OriginId, catalog: &Catalog, directory: &Directory) -> Self {
        let known = catalog.sites.iter().zip(&catalog.origins[id.index()].rtt);
        let route = known.map(|(site, rtt)| Route {
            rtt: *rtt,
            recent: 0,
            weight: site.weight,
            region: site.region,
            healthy: true,
            holds: true,
            gone: false,
        });
        let regions = catalog.sites.iter().map(|site| site.region.index() + 1).max().unwrap_or(0);
        let traffic = vec![Traffic::default(); regions];
        let mut new = Self {
            id,
            routes: route.collect(),
            traffic,
            halved: Time::ZERO,
            budget: BUDGET_MAX,
            epoch: 0,
            stale: false,
            grants: Vec::new(),
        };
        new.know_holders(directory);
        new
    }

    /// A caller asks.
    #[inline]
    pub(super) fn request(
        &mut self,
        now: Time,
        (population, sequence, key): (PopulationId, u64, KeyRef),
        course: Course,
        shared: &mut Shared<'_>,
        out: &mut Out,
    ) {
        let catalog = shared.catalog;
        let load = &catalog.loads[catalog.populations[population.index()].load.index()];
        if !catalog.populations[population.index()].hostile {
            out.fact(Fact::Offered { population, key });
        }
        let deadline = now + load.timeout;
        let flight = shared.flights.begin(Journey {
            population,
            origin: self.id,
            key,
            shard: catalog.shards.of(key),
            sequence,
            started: now,
            deadline,
            attempt_deadline: deadline,
            step: 0,
            attempts: 0,
            serial: 0,
            list: 0,
            tried: 0,
            trying: 0,
            redirected: 0,
            retries: 0,
            course,
        });
        self.dispatch(now, flight, shared, out);
    }

    /// An answer arrives; a late one, or one to an attempt given up, is nothing.
    #[inline]
    pub(super) fn answer(
        &mut self,
        now: Time,
        (flight, serial, site, outcome): (Flight, u8, SiteId, Outcome),
        shared: &mut Shared<'_>,
        out: &mut Out,
    ) {
        let catalog = shared.catalog;
        let awaited = |journey: &&mut Journey| journey.serial == serial && now < journey.attempt_deadline;
        let Some(journey) = shared.flights.get_mut(flight).filter(awaited) else { return };
        match outcome {
            Outcome::Failed(Failure::KeyMissing) => self.redirect(now, (flight, site), shared, out),
            // Every host would refuse.
            Outcome::Failed(reason @ (Failure::Suspended | Failure::Fenced)) => {
                Self::fail(now, flight, reason, shared, out);
            }
            Outcome::Failed(reason) => self.retry(now, flight, reason, shared, out),
            Outcome::Done => {
                let population = journey.population;
                let load = &catalog.loads[catalog.populations[population.index()].load.index()];
                journey.step += 1;
                if usize::from(journey.step) == load.calls.len() {
                    let (latency, retries) = (now.since(journey.started), journey.retries);
                    if catalog.populations[population.index()].hostile {
                        let outcome = Outcome::Done;
                        out.fact(Fact::Access(AccessFact::Attacked { population, outcome, after: latency }));
                    } else {
                        out.fact(Fact::Completed { population, site, retries, latency });
                    }
                    shared.flights.end(flight);
                } else {
                    (journey.attempts, journey.redirected, journey.tried) = (0, 0, 0);
                    self.dispatch(now, flight, shared, out);
                }
            }
        }
    }

    /// The attempt was not answered in time.
    pub(super) fn expired(
        &mut self,
        now: Time,
        (flight, serial): (Flight, u8),
        shared: &mut Shared<'_>,
        out: &mut Out,
    ) {
        if shared.flights.get(flight).is_some_and(|journey| journey.serial == serial) {
            self.retry(now, flight, Failure::Timeout, shared, out);
        }
    }

    /// The pause before another attempt is over.
    pub(super) fn resume(&mut self, now: Time, (flight, serial): (Flight, u8), shared: &mut Shared<'_>, out: &mut Out) {
        match shared.flights.get(flight).filter(|journey| journey.serial == serial) {
            Some(journey) if now >= journey.deadline => Self::fail(now, flight, Failure::Timeout, shared, out),
            Some(_) => self.dispatch(now, flight, shared, out),
            None => {}
        }
    }

    /// The routing table learns of a site.
    pub fn learn(&mut self, site: SiteId, up: bool, out: &mut Out) {
        if self.routes[site.index()].healthy != up {
            self.routes[site.index()].healthy = up;
            self.sum_up();
            out.fact(Fact::Routed { origin: self.id, site, up });
        }
    }

    /// New configurations of shards were published, of which it learns when it asks the next time. That time, if it did not
    /// know of any.
    pub fn outdate(&mut self, now: Time, catalog: &Catalog) -> Option<Span> {
        let (_, until) = catalog.routing.refresh.turn(now, catalog.origins[self.id.index()].name);
        (!std::mem::replace(&mut self.stale, true)).then_some(until)
    }

    /// Whether it has the newest routing table.
    #[inline]
    pub const fn is_up_to_date(&self, directory: &Directory) -> bool {
        self.epoch == directory.epoch()
    }

    /// It has the newest routing table.
    pub fn refresh(&mut self, directory: &Directory) {
        (self.epoch, self.stale) = (directory.epoch(), false);
        self.know_holders(directory);
    }

    /// Whether it knows no site of a region that is healthy and serves anything.
    pub(super) fn has_left(&self, region: RegionId) -> bool {
        self.traffic.get(region.index()).is_none_or(|traffic| traffic.weights == 0)
    }

    fn know_holders(&mut self, directory: &Directory) {
        let sites = (0..self.routes.len()).map(|i| SiteId(i as u16));
        self.routes.iter_mut().zip(sites).for_each(|(route, site)| route.holds = directory.serves(site));
        self.sum_up();
    }

    /// The hosts that it knows of a shard.
    #[inline]
    pub(super) fn hosts<'a>(&self, shard: ShardId, directory: &'a Directory) -> (u32, &'a [SiteId]) {
        let list = directory.list(shard, self.epoch);
        (list, directory.serving(list))
    }

    /// A site is gone for good, with all it held. Nothing follows from it but the name of what fails.
    pub(super) fn forsake(&mut self, site: SiteId) {
        self.routes[site.index()].gone = true;
    }

    /// Why a key without a healthy host is refused. Residency is to blame only where the key still exists and another region
    /// could have served it.
    fn refusal(&self, shard: ShardId, hosts: &[SiteId], catalog: &Catalog) -> Failure {
        if hosts.is_empty() {
            return Failure::KeyMissing;
        }
        let is_there = |site: &SiteId| !self.routes[site.index()].gone;
        let Shard { home, confined, .. } = *catalog.shards.shard(shard);
        let elsewhere = |route: &Route| route.healthy && route.region != home;
        let barred = confined && self.routes.iter().any(elsewhere);
        if barred && hosts.iter().any(is_there) { Failure::Residency } else { Failure::NoHost }
    }

    /// Sends the present call of a request to the best host, or refuses the request.
    fn dispatch(&mut self, now: Time, flight: Flight, shared: &mut Shared<'_>, out: &mut Out) {
        let catalog = shared.catalog;
        let journey = shared.flights.get_mut(flight).expect("a request is dispatched while it is under way");
        let entry = &catalog.populations[journey.population.index()];
        let load = &catalog.loads[entry.load.index()];
        let (list, hosts) = self.hosts(journey.shard, shared.directory);
        if list != journey.list {
            (journey.list, journey.tried) = (list, 0);
        }
        let choice = match journey.course {
            Course::Astray(region) => self.stray(now, (journey, region), hosts, catalog, out),
            Course::Right | Course::At(_) => self.choose(now, hosts, journey.tried, catalog),
        };
        let Some(Choice { site, position, over_bound }) = choice else {
            if let Some(plea) = self.plea(journey, catalog, shared.directory) {
                return self.plead(now, flight, plea, shared, out);
            }
            let reason = self.refusal(journey.shard, hosts, catalog);
            return Self::fail(now, flight, reason, shared, out);
        };
        if journey.attempts == 0 && load.retry.budget.is_finite() && !entry.hostile {
            self.budget = (self.budget + (load.retry.budget * RETRY as f64) as i64).min(BUDGET_MAX);
        }
        journey.trying = position;
        journey.attempts += 1;
        journey.serial = journey.serial.wrapping_add(1);
        journey.attempt_deadline = journey.deadline.min(now + load.retry.attempt_timeout);
        let route = &mut self.routes[site.index()];
        route.recent += 1;
        self.traffic[route.region.index()].requests += 1;
        if over_bound && !entry.hostile {
            out.fact(Fact::OverBound { population: journey.population, site, after: now.since(journey.started) });
        }
        let attempt = u32::from(journey.step) << 8 | u32::from(journey.attempts);
        let luck = shared.luck[journey.population.index()];
        let call = Call {
            flight,
            serial: journey.serial,
            origin: self.id,
            call: load.calls[usize::from(journey.step)],
            key: journey.key,
            version: 0,
            luck: luck.draws(journey.sequence, attempt).state(),
        };
        // Attempts are counted from 1.
        let caller = (luck.draws(journey.sequence, 0).state() >> 32) as u32;
        out.push(Effect::Call { to: site, call, caller, deadline: journey.attempt_deadline });
    }

    /// The site has not got the key: nothing was done, so another host is asked at once, which is no retry and needs no budget.
    /// Where all have been asked, the call is tried again as any other. A site that serves the shard no more says which
    /// configuration it knows, and the origin goes by that.
    fn redirect(&mut self, now: Time, (flight, site): (Flight, SiteId), shared: &mut Shared<'_>, out: &mut Out) {
        let journey = shared.flights.get_mut(flight).expect("a request is redirected while it is under way");
        if Self::was_astray(now, journey, out) {
            journey.redirected += 1;
            return self.dispatch(now, flight, shared, out);
        }
        if self.epoch < shared.directory.epoch() && !shared.directory.hosts(journey.shard).serving().contains(&site) {
            self.epoch = shared.directory.epoch();
            out.fact(Fact::Outdated { origin: self.id, site });
        }
        let (list, hosts) = self.hosts(journey.shard, shared.directory);
        if list != journey.list {
            journey.redirected += 1;
            return self.dispatch(now, flight, shared, out);
        }
        let tried = journey.tried | 1 << journey.trying;
        if self.which(hosts, |route| route.healthy) & !tried == 0 {
            return self.retry(now, flight, Failure::KeyMissing, shared, out);
        }
        journey.tried = tried;
        journey.redirected += 1;
        self.dispatch(now, flight, shared, out);
    }

    /// Another attempt after a pause, if deadline, policy and budget allow.
    fn retry(&mut self, now: Time, flight: Flight, reason: Failure, shared: &mut Shared<'_>, out: &mut Out) {
        let catalog = shared.catalog;
        let journey = shared.flights.get_mut(flight).expect("a request is retried while it is under way");
        let entry = &catalog.populations[journey.population.index()];
        let retry = &catalog.loads[entry.load.index()].retry;
        if !Self::was_astray(now, journey, out) {
            journey.tried |= 1 << journey.trying;
        }
        // Attackers who try again are so many more, and spend nobody's budget.
        if entry.hostile || u32::from(journey.attempts - journey.redirected) >= retry.attempts {
            return Self::fail(now, flight, reason, shared, out);
        }
        let attempt = u32::from(journey.step) << 8 | u32::from(journey.attempts);
        let mut draws =
            shared.luck[journey.population.index()].draws(journey.sequence, attempt).branch(Purpose::Backoff);
        let before = (journey.attempts - journey.redirected).saturating_sub(1);
        let longest = Span(retry.backoff.0 << before.min(20)).min(retry.backoff_max);
        let pause = if retry.jitter { longest.scale(unit(&mut draws)) } else { longest };
        if now + pause >= journey.deadline {
            return Self::fail(now, flight, reason, shared, out);
        }
        if retry.budget.is_finite() {
            if self.budget < RETRY {
                return Self::fail(now, flight, Failure::BudgetExhausted, shared, out);
            }
            self.budget -= RETRY;
        }
        journey.retries += 1;
        // From now on neither a late answer nor a second deadline of the failed attempt means anything.
        journey.serial = journey.serial.wrapping_add(1);
        out.after(pause, Timer::Retry { flight, serial: journey.serial });
    }

    fn fail(now: Time, flight: Flight, reason: Failure, shared: &mut Shared<'_>, out: &mut Out) {
        let journey = shared.flights.get(flight).expect("a request fails while it is under way");
        let (population, retries, after) = (journey.population, journey.retries, now.since(journey.started));
        out.fact(failed(&shared.catalog.populations[population.index()], (population, reason), retries, after));
        shared.flights.end(flight);
    }

    /// The host that is asked: among the healthy ones not yet tried, those as near as the nearest, in the shard's order, the
    /// first that has had less than its bounded share of what lately went to its region; where none has, the one that has had
    /// the smallest part of its share. When all healthy ones were tried, they are tried again.
    pub(super) fn choose(&mut self, now: Time, hosts: &[SiteId], tried: u8, catalog: &Catalog) -> Option<Choice> {
        if now.since(self.halved) >= MEMORY {
            self.forget(now);
        }
        let healthy = self.which(hosts, |route| route.healthy);
        let usable = if healthy & !tried == 0 { healthy } else { healthy & !tried };
        let route = |i: usize| &self.routes[hosts[i].index()];
        let nearest = members(usable).map(|i| route(i).rtt).min()?;
        let limit = nearest + catalog.routing.near;
        let near = || members(usable).filter(|i| route(*i).rtt <= limit);
        let bound = catalog.routing.bound;
        let below = |i: &usize| {
            let (load, share) = self.load_and_share(route(*i));
            load < bound * share
        };
        if let Some(position) = near().find(below) {
            return Some(Choice { site: hosts[position], position: position as u8, over_bound: false });
        }
        let burden = |i: usize| {
            let (load, share) = self.load_and_share(route(i));
            load / share
        };
        let least = near().min_by(|a, b| burden(*a).total_cmp(&burden(*b)));
        least.map(|position| Choice { site: hosts[position], position: position as u8, over_bound: true })
    }

    /// What a healthy site has had lately, and its share by weight of what went to its region with one request more, both
    /// times the region's weights. That the load is below the bounded share before the request comes says that it is at most
    /// that, rounded up, with it: some site of the region always is.
    #[inline]
    fn load_and_share(&self, route: &Route) -> (f64, f64) {
        let Traffic { requests, weights } = self.traffic[route.region.index()];
        let [recent, weight] = [route.recent, route.weight].map(f64::from);
        (recent * f64::from(weights), f64::from(requests + 1) * weight)
    }

    /// Sums up what went to each region.
    fn sum_up(&mut self) {
        self.traffic.fill(Traffic::default());
        for route in self.routes.iter().filter(|route| route.healthy && route.holds) {
            let sum = &mut self.traffic[route.region.index()];
            sum.requests += route.recent;
            sum.weights += route.weight;
        }
    }

    /// The hosts whose routes are as wanted: bit i stands for host i.
    #[inline]
    fn which(&self, hosts: &[SiteId], wanted: impl Fn(&Route) -> bool) -> u8 {
        hosts.iter().rev().fold(0, |bits, host| bits << 1 | u8::from(wanted(&self.routes[host.index()])))
    }

    /// Halves the memory of recent requests for each second that has passed.
    #[cold]
    fn forget(&mut self, now: Time) {
        let seconds = now.since(self.halved).0 / MEMORY.0;
        for route in &mut self.routes {
            route.recent = route.recent.checked_shr(seconds.min(32) as u32).unwrap_or(0);
        }
        self.halved += MEMORY * seconds;
        self.sum_up();
    }
}

/// How it is told that a request was not good.
pub(super) fn failed(
    entry: &PopulationEntry,
    (population, reason): (PopulationId, Failure),
    retries: u16,
    after: Span,
) -> Fact {
    if entry.hostile {
        return Fact::Access(AccessFact::Attacked { population, outcome: Outcome::Failed(reason), after });
    }
    Fact::Failed { population, reason, retries, after }
}

/// The numbers of the bits that are set, rising.
#[inline]
fn members(mut bits: u8) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let next = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(next)
    })
}
