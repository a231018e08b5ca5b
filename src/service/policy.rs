//! What an operator may set of the service's behaviour.

use crate::time::Span;

/// Health checks of sites. The defaults are those of a DNS health check (10 s, three failures, TTL 60 s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Time between two checks of a site by one observer.
    pub interval: Span,
    /// Consecutive failures at most observers that make a site down, and successes that make it up again.
    pub threshold: u32,
    /// An answer later than this is a failure.
    pub timeout: Span,
    /// From the decision until every caller's routing table knows (for example a DNS time to live).
    pub propagation: Span,
    /// Regions that check each site; a majority decides.
    pub observers: u32,
    /// When the first check of a run is made; drawn anew for each when not said.
    pub phase: Option<Span>,
}

/// Retries of one call. Back-off doubles from `backoff` to `backoff_max`, with full jitter
/// (Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// Attempts at each call, the first included; at least 1.
    pub attempts: u32,
    /// How long one attempt is waited for.
    pub attempt_timeout: Span,
    /// Mean of the doubled first pause is half of this.
    pub backoff: Span,
    /// Longest pause.
    pub backoff_max: Span,
    /// Whether a pause is drawn evenly between zero and the longest; else it is the longest.
    pub jitter: bool,
    /// Retries per first attempt that an origin may spend, 0.1 for 10 %; infinite for no budget.
    pub budget: f64,
}

/// How a host is chosen among a shard's hosts, and which hosts a shard has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Routing {
    /// Hosts whose round trip exceeds the nearest healthy one's by at most this count as equally near.
    pub near: Span,
    /// A host takes at most this many times its fair share of the requests that an origin lately sent to its region before
    /// the next one is preferred (Mirrokni, Thorup and Zadimoghaddam: Consistent Hashing with Bounded Loads, SODA 2018);
    /// at least 1.
    pub bound: f64,
    /// Shards that the keys of a class with one home are cut into, at most: the grain in which keys move. Independent of
    /// the number of sites, so that a site that joins or leaves moves no key to another shard.
    pub shards: u32,
    /// Which sites host a shard.
    pub placement: Placement,
    /// How often an origin asks for the newest routing table: so long it may go by an older one.
    pub refresh: Span,
    /// From the publication of a shard's new hosts until those that it leaves erase it.
    pub drain: Span,
    /// Shards that are moved, provisioned or retired at once.
    pub moves: u32,
}

/// Which of a region's sites host a shard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// In which order a shard likes them.
    pub ranking: Ranking,
    /// A site hosts at most this many times its fair share of shards, rounded so that all find room; at least 1, infinite for
    /// no bound.
    pub bound: f64,
}

/// In which order a shard likes sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// Rendezvous hashing: by falling score, which weights scale.
    Rendezvous,
    /// Consistent hashing: clockwise from the shard's place on a ring.
    Ring {
        /// Places on the ring for each unit of a site's weight, which is one HSM.
        virtual_nodes: u32,
    },
}

/// Rotation of the keys of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotate {
    /// The cryptoperiod: a version is replaced at this age.
    pub every: Span,
    /// How long a replaced version is kept, to process what it protected.
    pub keep: Span,
    /// Operations under one version that may not be exceeded.
    pub uses: Option<u64>,
    /// The end of each cryptoperiod is drawn early, evenly by up to this share of it; 0 to 1.
    pub jitter: f64,
    /// How old the keys are when the scenario starts.
    pub age: Age,
}

/// Ages of the keys of a class when the scenario starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Spread over the cryptoperiod as those of keys that have long been replaced in turn: evenly, but for the jitter.
    Spread,
    /// All of this age; at most the cryptoperiod.
    At(Span),
}

/// When a successor takes over from a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once every host believed healthy has it.
    All,
    /// Once this many hosts have it; 1 for at once.
    Copies(u32),
}

/// How long who published something waits before it tries again, after so many tries that the metadata store did not take, at least 1:
/// a second, which doubles each time up to about a minute; so late is it at most when the store is back.
#[must_use]
pub fn store_again(tries: u32) -> Span {
    Span::from_secs(1) * (1 << (tries - 1).min(6))
}

/// How many keys are generated at once at a site, so that a storm of rotations leaves engines to the callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generating {
    /// At most; `u32::MAX` for no limit.
    pub at_once: u32,
    /// Of keys whose active version leaked or is lost, beside the others.
    pub at_once_urgent: u32,
}
