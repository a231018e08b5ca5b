//! A scenario made into sites, pools, links, load and faults: the only place where effects meet back-ends. A world can be
//! cloned at any instant. What is already known when an event would be made needs no event: an answer that nothing can change
//! any more is given at once, ahead of its time (see ARCHITECTURE.md).

mod access;
mod attack;
mod backup;
mod breakage;
mod build;
mod caches;
mod certificates;
mod custody;
mod emergency;
mod event;
mod faults;
mod gray;
mod metadata;
mod people;
mod pools;
mod quota;
mod recovery;
mod residency;
mod transport;
mod work;

pub use build::{Blueprint, Stretch};
pub use event::Event;

use crate::engine::{Digest, Model, Queue};
use crate::hsm::{Finished, Hsm, Job, Ticket};
use crate::kms::{
    Call, ClassId, Fact, Failure, Flight, KeyRef, LocationFact, OriginId, Outcome, PopulationId, RegionId, SiteId,
};
use crate::load::{Arrivals, Popularity, Users};
use crate::metrics::Recorder;
use crate::net::{Delivery, Links, Wires};
use crate::rng::{Draws, Key, Purpose, Rng, mix};
use crate::service::{Effect, Input, Out, Service, Timer};
use crate::store::Store;
use crate::time::{Span, Time};
use attack::Attackers;
use backup::Backups;
use caches::Caches;
use custody::Carriage;
use emergency::Emergency;
use event::{PackedCall, failure_of};
use faults::Faults;
use metadata::Post;
use people::People;
use quota::Quotas;
use recovery::Recoveries;
use residency::Residency;
use std::sync::Arc;
use transport::Transport;
use work::Works;

/// One population's arrivals and keys.
#[derive(Clone, Debug)]
struct Caller {
    arrivals: Arrivals,
    popularity: Popularity,
    picks: Key,
    class: ClassId,
    origin: OriginId,
    first_key: u32,
    sequence: u64,
    /// From where users ask; services are where they are known to be.
    users: Option<(Arc<Users>, Key)>,
}

/// Keys that callers do not know are drawn again, so often at most; where they know few of theirs, the next one that they know
/// among so many is taken.
const PICKS: u32 = 64;
const NEXT: u32 = 4_096;

impl Caller {
    /// The key of a request: among those that callers know, as popular as it is.
    #[inline]
    fn pick(&self, population: PopulationId, service: &Service) -> KeyRef {
        let key = |rank: u32| KeyRef { class: self.class, number: self.first_key + rank };
        let drawn = |again: u32| self.popularity.pick(self.picks.draws(self.sequence, again).next_u64());
        let first = drawn(0);
        if service.knows_all(population) {
            return key(first);
        }
        let next = (0..NEXT.min(self.popularity.n())).map(|i| (first + i) % self.popularity.n());
        let known = (0..PICKS).map(drawn).chain(next).map(key).find(|key| service.knows(population, *key));
        known.unwrap_or(key(first))
    }
}

/// A world: everything that a run changes.
#[derive(Clone, Debug)]
pub struct World {
    service: Service,
    hsms: Vec<Hsm>,
    quotas: Quotas,
    store: Store,
    post: Post,
    /// Where there is any.
    emergency: Option<Box<Emergency>>,
    links: Links,
    wires: Wires,
    /// Nothing where there is no network.
    transport: Option<Box<Transport>>,
    callers: Vec<Caller>,
    /// Nothing where no client keeps data keys.
    caches: Option<Box<Caches>>,
    attackers: Attackers,
    /// Callers show tokens; these are computed, or somebody overhears them.
    tokens: bool,
    elaborate: bool,
    faults: Faults,
    /// Where any is planned.
    works: Option<Box<Works>>,
    /// Where anything is saved.
    backups: Option<Box<Backups>>,
    recoveries: Box<Recoveries>,
    /// Where there are custodians.
    people: Option<Box<People>>,
    site_region: Vec<RegionId>,
    residency: Residency,
    carriages: Vec<Carriage>,
    key_luck: Key,
    probe_luck: Key,
    store_luck: Key,
    first_check: Span,
    recorder: Recorder,
    digest: Digest,
    out: Out,
    until: Time,
    ahead: bool,
    unreachable: u32,
}

impl World {
    /// Whether answers that nothing can change any more are given ahead of their time; on by default. Off, every step is an
    /// event of its own, as in a hardware run or where faults are to [strike](Self::strike) that are not known beforehand; facts
    /// and digest are the same. To be said before the world begins.
    pub fn set_ahead(&mut self, ahead: bool) {
        self.ahead = ahead;
    }

    /// What was recorded.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The digest of all facts.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Jobs waiting in each site's pool.
    pub fn waiting(&mut self, now: Time) -> Vec<usize> {
        self.hsms.iter_mut().map(|hsm| hsm.waiting(now)).collect()
    }

    /// Integral of the number of jobs waiting in each site's pool since the beginning, job-nanoseconds.
    pub fn waiting_area(&mut self, now: Time) -> Vec<u128> {
        self.hsms.iter_mut().map(|hsm| hsm.waiting_area(now)).collect()
    }

    /// Sets everything going.
    pub fn begin(&mut self, now: Time, queue: &mut Queue<Event>) {
        for (source, caller) in self.callers.iter_mut().enumerate() {
            if let Some(at) = caller.arrivals.next() {
                queue.source(source as u32, at);
            }
        }
        for (at, fault) in self.faults.first() {
            if at != Time::NEVER {
                queue.at(at, Event::Fault { fault, strikes: true });
            }
        }
        self.begin_work(queue);
        self.begin_backups(queue);
        self.begin_people(queue);
        for site in (0..self.hsms.len()).map(|i| SiteId(i as u16)) {
            self.count_engines(now, site);
        }
        self.service.begin(now, self.first_check, &mut self.out);
        self.carry_out(0, now, queue);
    }

    /// Ends the run: what is open is closed. Returns the record and the digest.
    #[must_use]
    pub fn end(mut self, queue: &mut Queue<Event>) -> (Recorder, Digest) {
        let until = self.until;
        self.service.end(until, &mut self.out);
        self.tell_asked();
        self.close_quotas();
        self.carry_out(0, until, queue);
        self.recorder.finish();
        (self.recorder, self.digest)
    }

    /// Tells how many requests of users were to be located.
    fn tell_asked(&mut self) {
        for (source, caller) in self.callers.iter().enumerate().filter(|(_, caller)| caller.users.is_some()) {
            let (population, requests) = (PopulationId(source as u16), caller.sequence);
            self.out.fact(Fact::Location(LocationFact::Asked { population, requests }));
        }
    }

    /// Everything up to and including this is certain: what ends at the very instant of a fault comes after the fault.
    #[inline]
    fn certain_until(&self) -> Time {
        if self.ahead { (self.faults.certain_until() - Span(1)).min(self.until) } else { Time::ZERO }
    }

    /// Tells the service something and carries out what it wants.
    #[inline(always)]
    fn deliver(&mut self, at: Time, input: Input, queue: &mut Queue<Event>) {
        let start = self.out.0.len();
        self.service.on(at, input, &mut self.out);
        self.carry_out(start, at, queue);
    }

    #[inline]
    fn carry_out(&mut self, start: usize, at: Time, queue: &mut Queue<Event>) {
        let mut next = start;
        while let Some(effect) = self.out.0.get(next) {
            next += 1;
            // Most are facts, which are far smaller than what else there is.
            match effect {
                Effect::Fact(fact) => {
                    let fact = *fact;
                    self.record(at, fact);
                }
                effect => {
                    let effect = *effect;
                    self.effect(at, effect, queue);
                }
            }
        }
        self.out.0.truncate(start);
    }

    fn effect(&mut self, at: Time, effect: Effect, queue: &mut Queue<Event>) {
        match effect {
            Effect::Fact(fact) => self.record(at, fact),
            Effect::Call { to, call, caller, deadline } => self.send(at, (to, call), caller, deadline, queue),
            Effect::Submit { site, call, patience } => self.submit(at, site, (call, patience), queue),
            Effect::Answer { site, call, outcome } => self.answer(at, (site, call), outcome, queue),
            Effect::After { span, timer } => queue.at(at + span, Event::Timer(timer)),
            Effect::Generate { site, key } => self.generate(at, site, key, queue),
            Effect::Copy { from, to, version } => self.copy(at, (from, to), version, queue),
            Effect::Probe { site, observer, from } => {
                let timeout = self.service.catalog().health.timeout;
                let span = self.probe(at, site, observer, from).filter(|span| *span <= timeout);
                let answered = span.is_some();
                queue.at(at + span.unwrap_or(timeout), Event::Probed { site, observer, answered });
            }
            Effect::Store { from, op } => self.ask_store(at, from, op, queue),
            Effect::Emergency(effect) => self.emergency(at, effect, queue),
        }
    }

    #[inline]
    fn record(&mut self, at: Time, fact: Fact) {
        debug_assert!(at <= self.until, "nothing is recorded after the end");
        self.digest.add(at, fact.words());
        self.recorder.record(at, fact);
    }

    /// A request of users, who say something of the place that they are at, or of callers whose tokens somebody computes or overhears.
    #[inline(never)]
    fn ask(&mut self, now: Time, request: (PopulationId, u64, KeyRef), queue: &mut Queue<Event>) {
        let (population, sequence, key) = request;
        let users = self.callers[population.index()].users.as_ref();
        let from = users.map(|(users, luck)| users.asked(luck.draws(sequence, 0)));
        let token = if self.tokens { self.token(now, population, (sequence, key)) } else { None };
        self.attackers.overhear(population, token, key);
        self.deliver(now, Input::Presented { population, sequence, key, from, token }, queue);
    }

    /// Sends a call to a site. The promise of [`Effect::Call`] is kept in [`Self::put`] and [`Self::arm`], and where its client
    /// connects first.
    #[inline]
    fn send(&mut self, now: Time, (to, call): (SiteId, Call), caller: u32, deadline: Time, queue: &mut Queue<Event>) {
        if let Some(transport) = &mut self.transport
            && let Some(client) = transport.has_to_connect(now, (call.origin, to), caller)
        {
            return self.connect(now, (to, call), client, deadline, queue);
        }
        self.put(now, (to, call), deadline, queue);
    }

    /// Puts a call on an open connection.
    #[inline]
    fn put(&mut self, now: Time, (to, call): (SiteId, Call), deadline: Time, queue: &mut Queue<Event>) {
        let mut draws = Draws::from_state(call.luck).branch(Purpose::Network);
        let place = self.origin_place(call.origin);
        let arrival = match self.links.send(place, to.index(), &mut draws) {
            Delivery::In(delay) => {
                queue.at(now + delay, Event::AtSite(PackedCall::new(to, call)));
                now + delay
            }
            Delivery::Lost => Time::NEVER,
        };
        if arrival >= deadline {
            queue.at(deadline, Event::Expired { flight: call.flight, serial: call.serial });
        }
    }

    /// Hands a call to a site's pool.
    #[inline]
    fn submit(&mut self, now: Time, site: SiteId, (call, patience): (Call, Span), queue: &mut Queue<Event>) {
        if !self.residency.knows(site, call.key) {
            self.hold(now, site, call);
        }
        let certain_until = self.certain_until();
        match self.hand_over(now, site, Job::Use(call), (patience, certain_until)) {
            Ticket::Certain(done) => {
                let (wait, service) = (done.wait, done.service);
                self.deliver(done.at, Input::HsmDone { site, call, outcome: Outcome::Done, wait, service }, queue);
            }
            Ticket::Expected { at, number } => {
                queue.at(at, Event::Hsm { site, number });
                self.arm(now, call.flight, call.serial, queue);
            }
            Ticket::Refused(reason) => self.refuse(now, (site, call), reason, queue),
        }
    }

    fn refuse(&mut self, now: Time, (site, call): (SiteId, Call), reason: Failure, queue: &mut Queue<Event>) {
        let outcome = Outcome::Failed(reason);
        let (wait, service) = (Span::ZERO, Span::ZERO);
        self.deliver(now, Input::HsmDone { site, call, outcome, wait, service }, queue);
    }

    /// Sends an answer back. An answer that ends its request is delivered at once when nothing can come between.
    #[inline]
    fn answer(&mut self, now: Time, (site, call): (SiteId, Call), outcome: Outcome, queue: &mut Queue<Event>) {
        let Call { flight, serial, .. } = call;
        // What is lost with a site, nobody there tells.
        if outcome != Outcome::Done && self.faults.is_dark(site) {
            return self.arm(now, flight, serial, queue);
        }
        let Some(awaited) = self.service.awaited(flight, serial) else { return };
        let mut draws = Draws::from_state(call.luck).branch(Purpose::Network).branch(Purpose::Network);
        let place = self.origin_place(call.origin);
        let arrival = match self.links.send(site.index(), place, &mut draws) {
            Delivery::In(delay) => now + delay,
            Delivery::Lost => Time::NEVER,
        };
        if self.caches.is_some() && awaited.last && outcome == Outcome::Done && arrival < awaited.deadline {
            self.keep(call, arrival);
        }
        if arrival >= awaited.deadline {
            queue.at(awaited.deadline, Event::Expired { flight, serial });
        } else if awaited.last && outcome == Outcome::Done && arrival <= self.certain_until() {
            self.deliver(arrival, Input::Answer { flight, serial, site, outcome }, queue);
        } else {
            queue.at(arrival, Event::Answer { flight, serial, site, failure: failure_of(outcome) });
        }
    }

    /// The attempt may stay without an answer: its deadline becomes an event.
    fn arm(&self, now: Time, flight: Flight, serial: u8, queue: &mut Queue<Event>) {
        if let Some(awaited) = self.service.awaited(flight, serial).filter(|awaited| awaited.deadline > now) {
            queue.at(awaited.deadline, Event::Expired { flight, serial });
        }
    }

    fn generate(&mut self, now: Time, site: SiteId, key: KeyRef, queue: &mut Queue<Event>) {
        let dark = self.faults.is_dark(site) || self.faults.refusing.is_closed(site);
        let job = Job::Generate { key, luck: self.key_draws(now, site, key).state() };
        let ticket = match dark {
            true => Ticket::Refused(Failure::NoDevice),
            false => self.hand_over(now, site, job, (Span::MAX, Time::ZERO)),
        };
        match ticket {
            Ticket::Expected { at, number } => queue.at(at, Event::Hsm { site, number }),
            // An event of its own: told at once, the site would be asked for the next, and so on into the depth, for as many as wait there.
            Ticket::Certain(_) | Ticket::Refused(_) => queue.at(now, Event::Ungenerated { site, key }),
        }
    }

    /// A job left its pool, done or lost.
    fn finished(&mut self, now: Time, site: SiteId, finished: Finished, queue: &mut Queue<Event>) {
        let Finished { job, outcome, wait, service } = finished;
        match job {
            Job::Use(call) => self.deliver(now, Input::HsmDone { site, call, outcome, wait, service }, queue),
            Job::Generate { key, .. } => {
                let done = (outcome == Outcome::Done).then_some(service);
                self.deliver(now, Input::Generated { site, key, done }, queue);
            }
            Job::Exchange { .. } => self.exchanged(now, finished, queue),
        }
    }

    /// What is drawn for a key at a site; each attempt draws anew, for no two are at the same time.
    fn key_draws(&self, now: Time, site: SiteId, key: KeyRef) -> Draws {
        let catalog = self.service.catalog();
        let key = self.key_luck.draws(catalog.shards.name(key), 0).state();
        Draws::from_state(mix(key ^ now.0) ^ catalog.sites[site.index()].name)
    }

    /// Whether a site answers at all.
    fn alive(&self, site: SiteId) -> bool {
        !self.faults.is_dark(site) && self.hsms[site.index()].works()
    }

    #[inline]
    fn origin_place(&self, origin: OriginId) -> usize {
        self.hsms.len() + origin.index()
    }

    fn region_place(&self, region: RegionId) -> usize {
        self.hsms.len() + self.service.catalog().origins.len() + region.index()
    }
}

impl Model for World {
    type Event = Event;

    #[inline]
    fn arrive(&mut self, now: Time, source: u32, queue: &mut Queue<Event>) {
        if self.attackers.has(source) {
            return self.attack(now, source, queue);
        }
        let population = PopulationId(source as u16);
        let caller = &mut self.callers[source as usize];
        let sequence = caller.sequence;
        let key = caller.pick(population, &self.service);
        let says_more = self.elaborate || caller.users.is_some();
        let origin = caller.origin;
        caller.sequence += 1;
        if let Some(next) = caller.arrivals.next() {
            queue.source(source, next);
        }
        if self.caches.is_some() && self.hits(now, population, (sequence, key.number)) {
            return;
        }
        if says_more {
            return self.ask(now, (population, sequence, key), queue);
        }
        let secret = if self.tokens { self.service.generation(origin) } else { 0 };
        self.deliver(now, Input::Request { population, sequence, key, secret }, queue);
    }

    #[inline]
    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue<Event>) {
        match event {
            Event::AtSite(packed) => {
                let (site, call) = packed.unpack();
                if self.faults.refusing.is_odd(site) {
                    self.met_by_odd(now, site, call, queue);
                } else {
                    self.deliver(now, Input::Call { site, call }, queue);
                }
            }
            Event::Answer { flight, serial, site, failure } => {
                let outcome = failure.map_or(Outcome::Done, Outcome::Failed);
                self.deliver(now, Input::Answer { flight, serial, site, outcome }, queue);
            }
            Event::Expired { flight, serial } => self.deliver(now, Input::Expired { flight, serial }, queue),
            Event::Timer(timer) => {
                self.deliver(now, Input::Timer(timer), queue);
                if self.caches.is_some() && matches!(timer, Timer::Publish { .. }) {
                    self.turn_caches(now);
                }
            }
            Event::Probed { site, observer, answered } => {
                self.deliver(now, Input::Probed { site, observer, answered }, queue);
            }
            Event::Hsm { site, number } => {
                if let Some(finished) = self.hsms[site.index()].finish(number) {
                    self.finished(now, site, finished, queue);
                }
            }
            Event::Ungenerated { site, key } => self.deliver(now, Input::Generated { site, key, done: None }, queue),
            Event::Copy { from, to, version, lost } => self.copy_arrives(now, (from, to), (version, lost), queue),
            Event::Packet { slot } => self.packet_arrives(now, slot, queue),
            Event::Mail { slot } => self.mail_arrives(now, slot, queue),
            Event::Metadata(reminder) => self.remind_store(now, reminder, queue),
            Event::Hello { slot } => self.hello(now, slot, queue),
            Event::Connected { slot } => self.connected(now, slot, queue),
            Event::Fault { fault, strikes } => self.turn_fault(now, fault, strikes, queue),
            Event::Work { crew, lane } => self.work_on(now, (crew, lane), queue),
            Event::Backup { course } => self.turn_backup(now, course, queue),
            Event::Recovery { number } => self.go_on(now, number, queue),
            Event::People(ceremony) => self.meet(now, ceremony, queue),
        }
    }
}
