//! Caches of data keys at clients, as envelope encryption has them: a key service is asked for a data key, and the client uses that
//! for a while without asking again. Knows clients and keys by number and when answers came, told ahead of their time or not;
//! nothing of who answers, and draws nothing but what a cache held when the world began.

use super::Skew;
use crate::rng::{Key, unit};
use crate::time::{Span, Time};

/// Until when a data key may be used that is still waited for.
const AWAITED: u64 = u64::MAX;
/// No answer comes later than so long after its request: from then on a restart before it makes no difference any more.
const LATEST: Span = Span::from_secs(86_400);

/// How the clients of a population keep data keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keeping {
    /// Clients, each with a cache of its own.
    pub clients: u32,
    /// So long after it came a data key is used.
    pub life: Span,
    /// So often at most, the request that got it included: 2 to 2^32. `None` for no limit.
    pub uses: Option<u64>,
}

/// What a cache held when the world began is drawn when a pair of client and key is first looked at: as in the steady state at this
/// rate, in which a data key is there for `life` and then missing until somebody asks.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// When the world begins.
    pub from: Time,
    /// Requests per second of the population then; with none, all caches are empty.
    pub rate: f64,
    /// How they are spread over keys.
    pub skew: Skew,
    /// By client, then key.
    pub luck: Key,
}

/// Caches are emptied, one client after the other.
#[derive(Clone, Copy, Debug)]
struct Restart {
    from: Time,
    over: Span,
    /// Where in its part of `over` each client restarts, from 0 to 1.
    phase: f64,
}

/// The caches of all clients of a population. A pair of client and key takes two words, and its part of memory is taken when it is
/// first looked at.
#[derive(Clone, Debug)]
pub struct Cache {
    keeping: Keeping,
    keys: u32,
    /// By client, then key: since when a data key has been asked for (the first request that missed, at least 1; 0 where the pair has
    /// not been looked at), and until when it may be used.
    entries: Vec<[u64; 2]>,
    /// Uses left of each, where they are limited.
    left: Vec<u32>,
    /// Those that may still matter, in order of time.
    restarts: Vec<Restart>,
    start: Start,
}

impl Keeping {
    /// The share of the requests of a population, `rate` a second in all, that finds no data key and asks: 1/(1 + λT) for a client
    /// that asks for a key λ times a second, Poisson, weighted over keys. Answers are taken to come at once.
    #[must_use]
    pub fn misses(&self, rate: f64, skew: &Skew) -> f64 {
        skew.mean(|share| 1.0 / (1.0 + self.hits(self.of_pair(rate, share))))
    }

    /// Requests per second of one client for a key that gets this share of all.
    fn of_pair(&self, rate: f64, share: f64) -> f64 {
        rate * share / f64::from(self.clients)
    }

    /// Hits of a data key that is asked for so many times a second, expected.
    fn hits(&self, rate: f64) -> f64 {
        let most = self.uses.map_or(f64::INFINITY, |uses| uses.saturating_sub(1) as f64);
        (rate * self.life.as_secs_f64()).min(most)
    }
}

impl Cache {
    /// Caches for so many keys.
    #[must_use]
    pub fn new(keeping: Keeping, keys: u32, start: Start) -> Self {
        let pairs = keeping.clients as usize * keys as usize;
        let left = if keeping.uses.is_some() { vec![0; pairs] } else { Vec::new() };
        Self { keeping, keys, entries: vec![[0, 0]; pairs], left, restarts: Vec::new(), start }
    }

    /// Clients.
    #[must_use]
    pub const fn clients(&self) -> u32 {
        self.keeping.clients
    }

    /// The client that draws this.
    #[inline]
    #[must_use]
    pub fn client(&self, luck: u32) -> u32 {
        ((u64::from(luck) * u64::from(self.keeping.clients)) >> 32) as u32
    }

    /// A client wants the data key of a key: whether it has one, which is one use more. Else it asks for one, unless it has done so
    /// already. To be called in order of time.
    ///
    /// What is answered at this very instant is not there yet, whoever tells it first.
    #[inline]
    pub fn wants(&mut self, now: Time, client: u32, key: u32) -> bool {
        let place = self.place(client, key);
        if self.entries[place][0] == 0 {
            self.look_back(client, key);
        }
        let [since, until] = self.entries[place];
        if !self.restarts.is_empty() && self.is_void(now, client, since) {
            self.ask(now, place);
            return false;
        }
        if until >= now.0.saturating_add(self.keeping.life.0) {
            return false;
        }
        let usable = now.0 < until && self.left.get(place).is_none_or(|left| *left > 0);
        if !usable {
            self.ask(now, place);
        } else if let Some(left) = self.left.get_mut(place) {
            *left -= 1;
        }
        usable
    }

    /// The answer to what a client asked for at `asked` comes at `at`, which may not have come yet. Of those who asked while none was
    /// there the first one's answer is kept; that does not depend on the order in which answers are told.
    pub fn answered(&mut self, (asked, at): (Time, Time), client: u32, key: u32) {
        let place = self.place(client, key);
        let entry = &mut self.entries[place];
        // Who asked before the present data key was asked for got an earlier one.
        if asked.0.max(1) >= entry[0] {
            entry[1] = entry[1].min(at.0.saturating_add(self.keeping.life.0));
        }
    }

    /// All clients lose what they have: at once, or one after the other within `over`, each in a part of it of its own, at `phase` of
    /// that part (0 to 1).
    pub fn restart(&mut self, now: Time, over: Span, phase: f64) {
        let life = self.keeping.life;
        self.restarts.retain(|restart| now < restart.from + restart.over + life + LATEST);
        self.restarts.push(Restart { from: now, over, phase });
    }

    #[inline]
    const fn place(&self, client: u32, key: u32) -> usize {
        client as usize * self.keys as usize + key as usize
    }

    /// Whether a client has restarted since.
    fn is_void(&self, now: Time, client: u32, since: u64) -> bool {
        self.restarts.iter().any(|restart| {
            let part = (f64::from(client) + restart.phase) / f64::from(self.keeping.clients);
            let at = restart.from + restart.over.scale(part);
            since < at.0 && at <= now
        })
    }

    fn ask(&mut self, now: Time, place: usize) {
        self.entries[place] = [now.0.max(1), AWAITED];
        if let (Some(left), Some(uses)) = (self.left.get_mut(place), self.keeping.uses) {
            *left = u32::try_from(uses - 1).unwrap_or(u32::MAX);
        }
    }

    /// What a pair had when the world began. Arrivals without memory say nothing of that, so it may be drawn later.
    #[cold]
    fn look_back(&mut self, client: u32, key: u32) {
        let (place, Start { from, luck, .. }) = (self.place(client, key), self.start);
        let rate = self.keeping.of_pair(self.start.rate, self.start.skew.share(key));
        let hits = self.keeping.hits(rate);
        let mut draws = luck.draws(u64::from(client) << 32 | u64::from(key), 0);
        let (there, part) = (unit(&mut draws), unit(&mut draws));
        self.entries[place][0] = from.0.max(1);
        // It was there for the time of its hits, of which so much is over.
        if hits > 0.0 && there < hits / (1.0 + hits) {
            let used = hits * part;
            self.entries[place][1] = (from + self.keeping.life).0.saturating_sub(Span::from_secs_f64(used / rate).0);
            if let (Some(left), Some(uses)) = (self.left.get_mut(place), self.keeping.uses) {
                *left = u32::try_from((uses - 1).saturating_sub(used as u64)).unwrap_or(u32::MAX);
            }
        }
    }
}
