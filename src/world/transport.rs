//! Connections in the world. A call on an open connection leaves at once; else its client connects first: TCP's round trip, the
//! ClientHello as an event at the site, work at its front end, and the call leaves when the answer is there. Calls of the same
//! client to the same site wait for one handshake. What breaks sites and links breaks connections, and certificates may fail.

use super::World;
use super::certificates::Certificates;
use super::event::{Event, PackedCall};
use crate::engine::Queue;
use crate::kms::{Call, Fact, Failure, OriginId, Outcome, RegionId, SiteId, TransportFact};
use crate::net::{Closed, Connections, Delivery, FrontEnd, LIFE_JITTER, Peers, ROUND_TRIPS, TicketKeys, Tls, Trust};
use crate::rng::{Draws, Key, Purpose, mix, stable_hash, unit};
use crate::scenario::{Origin, Scenario};
use crate::service::Input;
use crate::time::{Span, Time};
use std::sync::Arc;

/// A handshake under way.
#[derive(Clone, Debug)]
struct Shaking {
    pair: (OriginId, SiteId),
    client: u32,
    /// With a ticket.
    resumes: bool,
    began: Time,
    /// When the connection before it would have ended.
    before: Option<Time>,
    /// When the ClientHello arrives; once it has, when the client is connected.
    next: Time,
    /// What broke the link or the site broke it, too.
    lost: bool,
    draws: Draws,
    /// Calls that wait for it.
    calls: Vec<PackedCall>,
}

/// All connections of a world.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    tls: Arc<Tls>,
    connections: Connections,
    fronts: Vec<FrontEnd>,
    /// Handshakes under way: a slab whose slots are used again.
    shaking: Vec<Option<Shaking>>,
    free: Vec<u32>,
    peers: Peers,
    certificates: Certificates,
    origin_region: Vec<RegionId>,
    /// What a client draws.
    luck: Key,
    /// Of all places: sites, origins, regions.
    names: Vec<u64>,
    from: Time,
}

/// What a client draws once and for all, evenly from 0 to 1.
struct Traits {
    life: f64,
    phase: f64,
    learns: f64,
}

impl Transport {
    /// Callers who have long been connected to the sites of their keys' home, each since a moment of its own. Nothing where there is
    /// no network.
    pub(super) fn new(s: &Scenario, luck: Key, from: Time) -> Option<Self> {
        let tls = Arc::clone(s.tls.as_ref()?);
        let (sites, origins) = (s.sites.iter().map(|site| &site.id), s.origins.iter().map(|origin| &origin.id));
        let names = sites.chain(origins).chain(s.regions.iter().map(|region| &region.id)).map(|id| stable_hash(id));
        let mut new = Self {
            connections: Connections::new(&tls.clients, s.sites.len(), tls.idle),
            fronts: vec![FrontEnd::new(tls.workers, tls.queue); s.sites.len()],
            shaking: Vec::new(),
            free: Vec::new(),
            peers: Peers::default(),
            certificates: Certificates::new(s.sites.len()),
            origin_region: s.origins.iter().map(|origin| origin.region).collect(),
            luck,
            names: names.collect(),
            from,
            tls,
        };
        let home = |(i, origin): (usize, &Origin)| s.sites_of(origin.home).map(move |site| (OriginId(i as u16), site));
        let usually = s.origins.iter().enumerate().flat_map(home).filter(|(_, site)| s.has_site(*site, from));
        for pair in usually {
            for client in 0..new.tls.clients[pair.0.index()] {
                let ends = from + new.life(pair, client).scale(new.traits(pair, client).phase);
                new.connections.open(from, pair, client, ends);
            }
        }
        Some(new)
    }

    /// The client that a caller is uses its connection now; which client that is, if it is not open.
    #[inline]
    pub(super) fn has_to_connect(&mut self, now: Time, pair: (OriginId, SiteId), caller: u32) -> Option<u32> {
        self.connections.use_open(now, pair, caller)
    }

    /// Found by names, so that another site or origin changes nobody's.
    fn traits(&self, (origin, site): (OriginId, SiteId), client: u32) -> Traits {
        let origin = self.fronts.len() + origin.index();
        let mut draws = self.luck.draws(self.names[origin] ^ mix(self.names[site.index()]), client);
        Traits { life: unit(&mut draws), phase: unit(&mut draws), learns: unit(&mut draws) }
    }

    fn life(&self, pair: (OriginId, SiteId), client: u32) -> Span {
        self.tls.life.scale(1.0 + LIFE_JITTER * (2.0 * self.traits(pair, client).life - 1.0))
    }

    /// Whether the client has a ticket that the site can open and that is young enough.
    fn has_ticket(&self, now: Time, pair: (OriginId, SiteId), client: u32, closed: Closed) -> bool {
        let own = match closed {
            Closed::Ended(ends) => ends,
            Closed::UnderWay(_) => None,
        };
        let ends = match self.tls.ticket_keys {
            TicketKeys::Site => own,
            TicketKeys::Fleet => self.connections.latest(pair.0, client),
        };
        // Lives differ by little from site to site: of another site's connection this one's is taken.
        ends.is_some_and(|ends| (now + self.life(pair, client)).since(ends) < self.tls.ticket)
    }

    fn begin(&mut self, shaking: Shaking) -> u32 {
        let (pair, client) = (shaking.pair, shaking.client);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.shaking.push(None);
            self.shaking.len() as u32 - 1
        });
        self.shaking[slot as usize] = Some(shaking);
        self.connections.begin(pair, client, slot);
        slot
    }

    /// A handshake is over, and its client has no connection yet.
    fn end(&mut self, slot: u32) -> Option<Shaking> {
        let shaking = self.shaking[slot as usize].take()?;
        self.free.push(slot);
        if !shaking.lost {
            self.connections.give_up(shaking.pair, shaking.client, shaking.before);
        }
        Some(shaking)
    }

    /// Breaks connections. Gives how many were open, by site.
    fn cut(&mut self, now: Time, tickets: bool, hit: impl Fn(OriginId, SiteId) -> bool) -> Vec<(SiteId, u32)> {
        let (open, under_way) = self.connections.cut(now, tickets, hit);
        for slot in under_way {
            if let Some(shaking) = &mut self.shaking[slot as usize] {
                shaking.lost = true;
            }
        }
        open
    }
}

impl World {
    /// A client has to connect, or waits for the handshake that is under way. A packet that is lost on its way there is not sent
    /// again before the next call connects: TCP would after a second, when most have given up.
    #[cold]
    #[inline(never)]
    pub(super) fn connect(
        &mut self,
        now: Time,
        (to, call): (SiteId, Call),
        client: u32,
        deadline: Time,
        queue: &mut Queue<Event>,
    ) {
        let place = self.origin_place(call.origin);
        let Some(transport) = &mut self.transport else { return };
        let pair = (call.origin, to);
        let expired = Event::Expired { flight: call.flight, serial: call.serial };
        let closed = transport.connections.closed(pair, client);
        if let Closed::UnderWay(slot) = closed
            && let Some(shaking) = &mut transport.shaking[slot as usize]
        {
            shaking.calls.push(PackedCall::new(to, call));
            if shaking.next >= deadline {
                queue.at(deadline, expired);
            }
            return;
        }
        let mut draws = Draws::from_state(call.luck).branch(Purpose::Network).branch(Purpose::Service);
        let mut hello = now;
        // SYN, SYN and ACK, then ACK and ClientHello.
        for (from, to) in [(place, to.index()), (to.index(), place), (place, to.index())] {
            match self.links.send(from, to, &mut draws) {
                Delivery::In(delay) => hello += delay,
                Delivery::Lost => return queue.at(deadline, expired),
            }
        }
        let resumes = transport.has_ticket(now, pair, client, closed);
        let Closed::Ended(before) = closed else { return };
        let calls = vec![PackedCall::new(to, call)];
        let slot = transport.begin(Shaking {
            pair,
            client,
            resumes,
            began: now,
            before,
            next: hello,
            lost: false,
            draws,
            calls,
        });
        queue.at(hello, Event::Hello { slot });
        if hello >= deadline {
            queue.at(deadline, expired);
        }
    }

    /// A ClientHello reaches its site.
    #[cold]
    pub(super) fn hello(&mut self, now: Time, slot: u32, queue: &mut Queue<Event>) {
        let sites = self.hsms.len();
        let Some(transport) = &mut self.transport else { return };
        let Some(shaking) = &mut transport.shaking[slot as usize] else { return };
        let (origin, site) = shaking.pair;
        let back = self.links.send(site.index(), sites + origin.index(), &mut shaking.draws);
        if shaking.lost || self.faults.is_dark(site) {
            return self.give_up(now, slot, queue);
        }
        let resumed = shaking.resumes;
        let Some((wait, done)) = transport.fronts[site.index()].take(now, transport.tls.work(resumed)) else {
            self.record(now, Fact::Transport(TransportFact::Refused { site }));
            return self.turn_away(now, slot, back, queue);
        };
        let Delivery::In(delay) = back else {
            self.record(now, Fact::Transport(TransportFact::Handshake { site, resumed, wait }));
            return self.give_up(now, slot, queue);
        };
        let ready = done + delay;
        shaking.next = ready;
        let mut calls = std::mem::take(&mut shaking.calls);
        // Who will have given up by then does not wait for it; the client goes on connecting all the same.
        calls.retain(|packed| {
            let (_, call) = packed.unpack();
            let awaited = self.service.awaited(call.flight, call.serial);
            let waits = awaited.is_some_and(|awaited| ready < awaited.deadline);
            if !waits && let Some(awaited) = awaited.filter(|awaited| awaited.deadline > now) {
                queue.at(awaited.deadline, Event::Expired { flight: call.flight, serial: call.serial });
            }
            waits
        });
        shaking.calls = calls;
        self.record(now, Fact::Transport(TransportFact::Handshake { site, resumed, wait }));
        queue.at(ready, Event::Connected { slot });
    }

    /// No answer will come to a handshake: calls that wait for it stay without one, too.
    fn give_up(&mut self, now: Time, slot: u32, queue: &mut Queue<Event>) {
        let shaking = self.transport.as_mut().and_then(|transport| transport.end(slot));
        for packed in shaking.into_iter().flat_map(|shaking| shaking.calls) {
            let (_, call) = packed.unpack();
            self.arm(now, call.flight, call.serial, queue);
        }
    }

    /// The front end has no room, and says so.
    fn turn_away(&mut self, now: Time, slot: u32, back: Delivery, queue: &mut Queue<Event>) {
        let Delivery::In(delay) = back else { return self.give_up(now, slot, queue) };
        let shaking = self.transport.as_mut().and_then(|transport| transport.end(slot));
        for packed in shaking.into_iter().flat_map(|shaking| shaking.calls) {
            let (site, Call { flight, serial, .. }) = packed.unpack();
            let awaited = self.service.awaited(flight, serial);
            if awaited.is_some_and(|awaited| now + delay < awaited.deadline) {
                let failure = Some(Failure::FrontEndFull);
                queue.at(now + delay, Event::Answer { flight, serial, site, failure });
            } else {
                self.arm(now, flight, serial, queue);
            }
        }
    }

    /// The site's part of a handshake reaches the client: it is connected, unless it does not accept the certificate.
    #[cold]
    pub(super) fn connected(&mut self, now: Time, slot: u32, queue: &mut Queue<Event>) {
        let Some(transport) = &mut self.transport else { return };
        if transport.shaking[slot as usize].as_ref().is_none_or(|shaking| shaking.lost) {
            return self.give_up(now, slot, queue);
        }
        let Some(Shaking { pair, client, began, calls, .. }) = transport.end(slot) else { return };
        let (traits, site) = (transport.traits(pair, client), pair.1);
        let trust = transport.certificates.trust(now, site, traits.learns);
        let fact = if trust == Trust::Full {
            let ends = now + transport.life(pair, client);
            let ends = ends.min(transport.certificates.closes(site, traits.learns));
            transport.connections.open(now, pair, client, ends);
            TransportFact::Connected { site, took: now.since(began) }
        } else {
            transport.connections.give_up(pair, client, None);
            TransportFact::Distrusted { site }
        };
        self.record(now, Fact::Transport(fact));
        for packed in calls {
            let (site, call) = packed.unpack();
            let Call { flight, serial, .. } = call;
            let awaited = self.service.awaited(flight, serial).filter(|awaited| awaited.deadline > now);
            match awaited {
                None => {}
                Some(awaited) if trust == Trust::Full => self.put(now, (site, call), awaited.deadline, queue),
                Some(_) => {
                    let outcome = Outcome::Failed(Failure::Handshake);
                    self.deliver(now, Input::Answer { flight, serial, site, outcome }, queue);
                }
            }
        }
    }

    /// All connections to a site break, and what its front end worked on is lost.
    pub(super) fn break_site(&mut self, now: Time, site: SiteId) {
        let Some(transport) = &mut self.transport else { return };
        transport.fronts[site.index()].clear();
        transport.peers.cut((0..transport.names.len()).map(|place| (site.index(), place)));
        let tickets = transport.tls.ticket_keys == TicketKeys::Fleet;
        let open = transport.cut(now, tickets, |_, to| to == site);
        self.tell_broken(now, open);
    }

    /// All connections between two regions break.
    pub(super) fn break_link(&mut self, now: Time, a: RegionId, b: RegionId) {
        let (sites, between) = (self.site_region.clone(), (a.min(b), a.max(b)));
        let stores = [self.region_place(a), self.region_place(b)];
        let Some(transport) = &mut self.transport else { return };
        let of = |region: RegionId| (0..sites.len()).filter(|site| sites[*site] == region).collect::<Vec<_>>();
        let [ours, theirs] = [(a, stores[0]), (b, stores[1])].map(|(region, store)| {
            let mut places = of(region);
            places.push(store);
            places
        });
        transport.peers.cut(ours.iter().flat_map(|x| theirs.iter().map(|y| (*x, *y))));
        let regions = transport.origin_region.clone();
        let open = transport.cut(now, true, |origin, site| {
            let (from, to) = (regions[origin.index()], sites[site.index()]);
            (from.min(to), from.max(to)) == between
        });
        self.tell_broken(now, open);
    }

    fn tell_broken(&mut self, now: Time, open: Vec<(SiteId, u32)>) {
        let mut by_site = std::collections::BTreeMap::<SiteId, u32>::new();
        for (site, connections) in open {
            *by_site.entry(site).or_default() += connections;
        }
        for (site, connections) in by_site.into_iter().filter(|(_, connections)| *connections > 0) {
            self.record(now, Fact::Transport(TransportFact::Broken { site, connections }));
        }
    }

    /// Certificates of sites expire, or are replaced.
    pub(super) fn expire(&mut self, sites: &[SiteId], strikes: bool) {
        if let Some(transport) = &mut self.transport {
            sites.iter().for_each(|site| transport.certificates.expire(*site, strikes));
        }
    }

    /// Certificates of sites are revoked, or replaced: callers learn it within `spread`, and close what is open then.
    pub(super) fn revoke(&mut self, now: Time, sites: &[SiteId], spread: Span, strikes: bool) {
        let Some(transport) = &mut self.transport else { return };
        for &site in sites {
            transport.certificates.revoke(site, now, spread, strikes);
            if strikes {
                let mut connections =
                    std::mem::replace(&mut transport.connections, Connections::new(&[], 0, Span::ZERO));
                let learns =
                    |origin: OriginId, client: u32| now + spread.scale(transport.traits((origin, site), client).learns);
                connections.end_by(site, learns);
                transport.connections = connections;
            }
        }
    }

    /// When a message between two places with these sites' certificates, if any, may leave; `None` where they cannot connect.
    pub(super) fn leaves(&mut self, now: Time, (a, b): (usize, usize), sites: [Option<SiteId>; 2]) -> Option<Time> {
        let Some(transport) = &mut self.transport else { return Some(now) };
        let dark = sites.iter().flatten().any(|site| self.faults.is_dark(*site));
        if a == b || dark || self.links.cut(a, b) {
            // What is not there, or cut off, loses the message.
            return Some(now);
        }
        let (life, round_trip) = (transport.tls.life, self.links.usual(a, b) * 2);
        let mut draws = transport.luck.draws(transport.names[a.min(b)] ^ mix(transport.names[a.max(b)]), 0);
        let (phase, learns) = (unit(&mut draws), unit(&mut draws));
        let trusts = sites.into_iter().flatten().map(|site| transport.certificates.trust(now, site, learns));
        let trust = trusts.max().unwrap_or(Trust::Full);
        let handshake = round_trip * ROUND_TRIPS + transport.tls.full;
        transport.peers.leave(now, (a, b), trust, transport.from + life.scale(phase), (handshake, life))
    }

    /// Whether a health check, which connects anew, accepts the certificate of a site.
    pub(super) fn check_accepts(&self, now: Time, site: SiteId, observer: u8) -> bool {
        self.transport.as_ref().is_none_or(|transport| {
            let mut draws = transport.luck.draws(transport.names[site.index()], observer.into());
            !transport.tls.checks_verify || transport.certificates.trust(now, site, unit(&mut draws)) == Trust::Full
        })
    }
}
