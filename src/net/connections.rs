//! The connections that callers have open: one for each client of an origin and each site that it ever called. A connection
//! is two instants, so that a request on one that is open costs a look and a store; what is done where none is open is not
//! known here.

use crate::kms::{OriginId, SiteId};
use crate::time::{Span, Time};

/// No client of the origin ever called the site.
const NEVER_CALLED: u32 = u32::MAX;
/// In `ends`: a handshake is under way, whose number stands in the other bits.
const UNDER_WAY: u64 = 1 << 63;

/// One connection.
#[derive(Clone, Copy, Debug, Default)]
struct Connection {
    /// Open until then, unless it is used again before.
    open_until: Time,
    /// When it is too old, however much it is used; zero where nothing is remembered of one. While a handshake is under way,
    /// its number.
    ends: Time,
}

/// What is known of a connection that is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// This handshake is under way.
    UnderWay(u32),
    /// The last one would have ended then; `None` where there was none, or nothing is remembered of it.
    Ended(Option<Time>),
}

/// Where the connections of a pair are: those of its clients one after the other.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: u32,
    clients: u32,
}

/// All connections of callers.
#[derive(Clone, Debug)]
pub struct Connections {
    idle: Span,
    sites: usize,
    /// By origin × sites + site.
    places: Vec<Place>,
    all: Vec<Connection>,
    /// Pairs that have connections, in the order in which they got them.
    pairs: Vec<(OriginId, SiteId)>,
}

impl Connections {
    /// No connections yet, for these numbers of clients by origin.
    #[must_use]
    pub fn new(clients: &[u32], sites: usize, idle: Span) -> Self {
        let place = |clients: &u32| std::iter::repeat_n(Place { first: NEVER_CALLED, clients: *clients }, sites);
        Self { idle, sites, places: clients.iter().flat_map(place).collect(), all: Vec::new(), pairs: Vec::new() }
    }

    /// The client that draws this uses its connection now. Which client that is, if it is not open.
    #[inline]
    pub fn use_open(&mut self, now: Time, (origin, site): (OriginId, SiteId), luck: u32) -> Option<u32> {
        let Place { first, clients } = self.places[origin.index() * self.sites + site.index()];
        let client = ((u64::from(luck) * u64::from(clients)) >> 32) as u32;
        match self.all.get_mut(first as usize + client as usize) {
            Some(connection) if now < connection.open_until => {
                connection.open_until = (now + self.idle).min(connection.ends);
                None
            }
            _ => Some(client),
        }
    }

    /// What is known of a connection that is not open.
    #[must_use]
    pub fn closed(&self, (origin, site): (OriginId, SiteId), client: u32) -> Closed {
        let place = self.places[origin.index() * self.sites + site.index()];
        match self.all.get(place.first as usize + client as usize).map_or(0, |connection| connection.ends.0) {
            0 => Closed::Ended(None),
            ends if ends & UNDER_WAY != 0 => Closed::UnderWay(ends as u32),
            ends => Closed::Ended(Some(Time(ends))),
        }
    }

    /// The latest end of any connection that the client has, or had, to any site.
    #[must_use]
    pub fn latest(&self, origin: OriginId, client: u32) -> Option<Time> {
        let ended = |site: usize| match self.closed((origin, SiteId(site as u16)), client) {
            Closed::Ended(ends) => ends,
            Closed::UnderWay(_) => None,
        };
        (0..self.sites).filter_map(ended).max()
    }

    /// A handshake begins.
    pub fn begin(&mut self, pair: (OriginId, SiteId), client: u32, number: u32) {
        let connection = self.of(pair, client);
        *connection = Connection { open_until: Time::ZERO, ends: Time(UNDER_WAY | u64::from(number)) };
    }

    /// A connection is open from now until it is idle, at most until it `ends`.
    pub fn open(&mut self, now: Time, pair: (OriginId, SiteId), client: u32, ends: Time) {
        let open_until = (now + self.idle).min(ends);
        *self.of(pair, client) = Connection { open_until, ends };
    }

    /// A handshake came to nothing: what is known of the connection before it, if anything.
    pub fn give_up(&mut self, pair: (OriginId, SiteId), client: u32, before: Option<Time>) {
        *self.of(pair, client) = Connection { open_until: Time::ZERO, ends: before.unwrap_or_default() };
    }

    /// Breaks the connections of the pairs that `hit` names. `tickets` stay, or do not. Gives how many were open, by site in order of
    /// pairs, and the handshakes that were under way.
    pub fn cut(
        &mut self,
        now: Time,
        tickets: bool,
        hit: impl Fn(OriginId, SiteId) -> bool,
    ) -> (Vec<(SiteId, u32)>, Vec<u32>) {
        let (mut open, mut under_way) = (Vec::new(), Vec::new());
        for &(origin, site) in self.pairs.iter().filter(|(origin, site)| hit(*origin, *site)) {
            let Place { first, clients } = self.places[origin.index() * self.sites + site.index()];
            let mut broken = 0;
            for connection in &mut self.all[first as usize..first as usize + clients as usize] {
                broken += u32::from(now < connection.open_until);
                connection.open_until = Time::ZERO;
                if connection.ends.0 & UNDER_WAY != 0 {
                    under_way.push(connection.ends.0 as u32);
                    connection.ends = Time::ZERO;
                } else if !tickets {
                    connection.ends = Time::ZERO;
                }
            }
            open.push((site, broken));
        }
        (open, under_way)
    }

    /// Ends connections to a site at the time that `at` says for each client, if they would not end before.
    pub fn end_by(&mut self, site: SiteId, at: impl Fn(OriginId, u32) -> Time) {
        for &(origin, _) in self.pairs.iter().filter(|(_, to)| *to == site) {
            let Place { first, clients } = self.places[origin.index() * self.sites + site.index()];
            for (client, connection) in (0..clients).zip(&mut self.all[first as usize..]) {
                if connection.ends.0 & UNDER_WAY == 0 {
                    let at = at(origin, client);
                    connection.open_until = connection.open_until.min(at);
                    connection.ends = connection.ends.min(at);
                }
            }
        }
    }

    fn of(&mut self, (origin, site): (OriginId, SiteId), client: u32) -> &mut Connection {
        let place = &mut self.places[origin.index() * self.sites + site.index()];
        if place.first == NEVER_CALLED {
            place.first = self.all.len() as u32;
            self.all.resize(self.all.len() + place.clients as usize, Connection::default());
            self.pairs.push((origin, site));
        }
        let index = place.first as usize + client as usize;
        &mut self.all[index]
    }
}
