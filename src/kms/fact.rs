//! Facts: the one stream that metrics, digest, audit and report read. Nothing else records.

mod emergency;

pub use emergency::{EmergencyFact, Ending, Refusal};

use super::{
    CallName, Cause, ChangeId, ClassId, Failure, FaultId, KeyRef, KeyState, KeyVersion, OriginId, Outcome,
    PopulationId, RegionId, ShardId, SiteId, StoreOutcome,
};
use crate::time::Span;

/// Something that happened. Its time stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A caller asked for an operation under a key.
    Offered {
        /// Who asked.
        population: PopulationId,
        /// Under which key.
        key: KeyRef,
    },
    /// A request was answered rightly within its timeout.
    Completed {
        /// Who had asked.
        population: PopulationId,
        /// The site that answered its last call.
        site: SiteId,
        /// Attempts beyond the first, over all of its calls.
        retries: u16,
        /// Since it was offered.
        latency: Span,
    },
    /// A request was not good.
    Failed {
        /// Who had asked.
        population: PopulationId,
        /// Why.
        reason: Failure,
        /// Attempts beyond the first, over all of its calls.
        retries: u16,
        /// Since it was offered.
        after: Span,
    },
    /// An HSM served a call: a key was used.
    Served {
        /// Where.
        site: SiteId,
        /// For whom.
        origin: OriginId,
        /// Which call.
        call: CallName,
        /// Time queued.
        wait: Span,
        /// Time in service.
        service: Span,
    },
    /// Calls that were not simulated one by one: keys were used this often.
    ServedMany {
        /// By whom.
        population: PopulationId,
        /// Where.
        site: SiteId,
        /// How often.
        calls: u64,
    },
    /// A call was sent though every host of its key that is near enough had had its bounded share of requests: to the one that
    /// had had the smallest part of it.
    OverBound {
        /// Who had asked.
        population: PopulationId,
        /// Where it was sent.
        site: SiteId,
        /// Since the request was offered.
        after: Span,
    },
    /// A site did not serve a call.
    Rejected {
        /// Where.
        site: SiteId,
        /// Why.
        reason: Failure,
    },
    /// A call was served or was not, told by itself for the audit log: only where each access is a record of its own.
    Accessed {
        /// Where.
        site: SiteId,
        /// For whom.
        origin: OriginId,
        /// Which call.
        call: CallName,
        /// How it ended.
        outcome: Outcome,
        /// The key, and the version that was active when the call came.
        version: KeyVersion,
    },
    /// Keys were there when the run began: their shards had been provisioned before.
    Provisioned {
        /// Where.
        site: SiteId,
        /// How many keys.
        keys: u32,
    },
    /// Health checks changed their mind about a site.
    Detected {
        /// The site.
        site: SiteId,
        /// Whether it is now believed healthy.
        up: bool,
    },
    /// An origin's routing table learned it.
    Routed {
        /// Whose table.
        origin: OriginId,
        /// The site.
        site: SiteId,
        /// Whether it is now believed healthy.
        up: bool,
    },
    /// So many engines of a site's pool work, from now on.
    Capacity {
        /// The site.
        site: SiteId,
        /// Engines of the devices that work.
        engines: u32,
    },
    /// A fault struck.
    Struck(FaultId),
    /// A fault ended.
    Mended(FaultId),
    /// A key is to have a successor.
    RotationDue {
        /// Which.
        key: KeyRef,
        /// Why.
        cause: Cause,
    },
    /// A rotation ended without a successor: the key has no host left.
    GivenUp(KeyRef),
    /// An HSM generated a version.
    Generated {
        /// Which.
        version: KeyVersion,
        /// Where.
        site: SiteId,
        /// Time that it kept an engine busy.
        service: Span,
    },
    /// An HSM wrapped a version for its way to another site, or unwrapped it there.
    Exchanged {
        /// Which.
        version: KeyVersion,
        /// Where.
        site: SiteId,
        /// Time that it kept an engine busy.
        service: Span,
    },
    /// A version reached a further site.
    Copied {
        /// Which.
        version: KeyVersion,
        /// Where it is now, too.
        site: SiteId,
        /// Since it was generated.
        lag: Span,
    },
    /// A site has every version again of which it had missed copies.
    CaughtUp {
        /// The site.
        site: SiteId,
        /// Copies that it had missed and got.
        copies: u32,
        /// Since it missed the first of them.
        took: Span,
    },
    /// A version took over from its predecessor.
    Activated {
        /// Which.
        version: KeyVersion,
        /// Since rotation fell due, or provisioning began.
        took: Span,
        /// It has no predecessor: the key is new.
        first: bool,
    },
    /// A planned change of the fleet began.
    ChangeBegan(ChangeId),
    /// A planned change of the fleet is made.
    ChangeEnded {
        /// Which.
        change: ChangeId,
        /// Since it began.
        took: Span,
        /// Shards that stayed as they were: there was no room for them, or nothing left of them.
        refused: u32,
    },
    /// A shard has other hosts, which the metadata store has published.
    Configured {
        /// The shard.
        shard: ShardId,
        /// For which change.
        change: ChangeId,
        /// How many sites serve it now; 0 for none.
        hosts: u8,
        /// Since its change was begun.
        took: Span,
    },
    /// A site has no room for a shard, which stays as it is.
    NoRoom {
        /// The site.
        site: SiteId,
        /// The shard.
        shard: ShardId,
    },
    /// A version that was there before reached a site that joins its shard.
    Moved {
        /// Which.
        version: KeyVersion,
        /// Where it is now, too.
        site: SiteId,
    },
    /// A site erased what it held of a shard that it serves no more.
    Zeroised {
        /// The site.
        site: SiteId,
        /// The shard.
        shard: ShardId,
        /// How many keys.
        keys: u32,
    },
    /// An origin asked a site for a shard that it serves no more, and learned so.
    Outdated {
        /// Who asked.
        origin: OriginId,
        /// Which site.
        site: SiteId,
    },
    /// The successor of a key has to wait for a free key slot at a site; told once of each.
    NoSlot {
        /// The key.
        key: KeyRef,
        /// The site.
        site: SiteId,
    },
    /// A version was destroyed at the end of its keep, or with its key.
    Destroyed(KeyVersion),
    /// A version was lost with its last copy; the key still has others.
    VersionLost {
        /// Which.
        version: KeyVersion,
        /// Since it was generated.
        age: Span,
        /// Whether it was in use: what it protected is lost with it.
        used: bool,
    },
    /// Keys lost their last copy with a site.
    KeysLost {
        /// The site.
        site: SiteId,
        /// Their class.
        class: ClassId,
        /// How many.
        keys: u32,
        /// Since the oldest version kept of any of them was generated: what it protected cannot be recovered to any point
        /// since then. [`Span::MAX`] where one of them does not rotate: nothing says how old it is.
        age: Span,
    },
    /// Keys lost their last host with a site, and have copies in escrow.
    LeftInEscrow {
        /// The site.
        site: SiteId,
        /// Their class.
        class: ClassId,
        /// How many.
        keys: u32,
    },
    /// Keys of a class that are in escrow only, when the run ends.
    InEscrow {
        /// The class.
        class: ClassId,
        /// How many.
        keys: u32,
    },
    /// Keys are under suspicion: their active versions protect nothing from now on.
    Suspended {
        /// The class.
        class: ClassId,
        /// Their home.
        region: RegionId,
        /// How many.
        keys: u32,
    },
    /// Keys that were suspended and have no successor are active again.
    Resumed {
        /// The class.
        class: ClassId,
        /// Their home.
        region: RegionId,
        /// How many.
        keys: u32,
    },
    /// Keys leaked: all their versions are compromised.
    Compromised {
        /// The class.
        class: ClassId,
        /// Their home.
        region: RegionId,
        /// How many.
        keys: u32,
    },
    /// When the run ends: so many versions of a class are in a state.
    Held {
        /// The class.
        class: ClassId,
        /// The state.
        state: KeyState,
        /// How many.
        versions: u64,
    },
    /// When the run ends: the extremes of the active versions of a class.
    Oldest {
        /// The class.
        class: ClassId,
        /// Since the oldest was generated; [`Span::MAX`] where nothing says how old it is.
        age: Span,
        /// Operations under the most used one, since it was activated or the run began; 0 where uses are not limited.
        uses: u64,
    },
    /// When the run ends: so many versions of a class were used more often than one may be, since they were activated or the run
    /// began.
    Overused {
        /// The class.
        class: ClassId,
        /// How many.
        versions: u64,
    },
    /// When the run ends: so many operations were done under compromised versions of a class.
    Exposed {
        /// The class.
        class: ClassId,
        /// How many.
        operations: u64,
    },
    /// So many keys have no copy that could be reached, from now on.
    Unreachable {
        /// How many.
        keys: u32,
    },
    /// A site sealed its batch of access records: those with one outcome under the keys of one class with one home. A batch
    /// is as many of these as it has such counts above zero.
    Sealed {
        /// The site.
        site: SiteId,
        /// The number of the interval that the batch is of.
        interval: u32,
        /// The class of the keys.
        class: ClassId,
        /// Their home.
        home: RegionId,
        /// How the accesses ended.
        outcome: Outcome,
        /// How many there were.
        accesses: u64,
    },
    /// The metadata store has no leader that reaches a majority, from now on.
    MetadataDown {
        /// The term of the leader that is lost.
        term: u32,
    },
    /// The metadata store has a leader again.
    MetadataUp {
        /// Its term; that of before where the leader was only cut off for a while.
        term: u32,
        /// Where it is.
        leader: RegionId,
    },
    /// An operation on the metadata store ended for who had asked.
    Stored {
        /// Who had asked.
        site: SiteId,
        /// How it ended.
        outcome: StoreOutcome,
        /// Since it was asked.
        took: Span,
    },
    /// A version is ready, but the metadata store did not answer: it waits to be published.
    PublishDelayed(KeyVersion),
    /// A version was published in the metadata store as the active one.
    Published {
        /// Which.
        version: KeyVersion,
        /// Tries, the one that succeeded included; at most 65,535 are counted.
        tries: u16,
        /// Since it was ready.
        took: Span,
    },
    /// A step of emergency access across shards.
    Emergency(EmergencyFact),
}

const _: () = assert!(size_of::<Fact>() <= 24, "facts stay small");

impl Fact {
    /// The fact as three words, the same for equal facts and different for different ones: what the digest reads.
    #[inline]
    #[must_use]
    pub fn words(self) -> [u64; 3] {
        match self {
            Self::Offered { population, key: k } => [pack(1, population.0.into(), 0), key(k), 0],
            Self::Completed { population, site, retries, latency } => {
                [pack(2, population.0.into(), u64::from(site.0) | u64::from(retries) << 16), latency.0, 0]
            }
            Self::Failed { population, reason, retries, after } => {
                [pack(3, population.0.into(), reason as u64 | u64::from(retries) << 16), after.0, 0]
            }
            Self::Served { site, origin, call, wait, service } => {
                [pack(4, call.0.into(), both(site.0, origin.0)), wait.0, service.0]
            }
            Self::Rejected { site, reason } => [pack(5, reason as u64, site.0.into()), 0, 0],
            Self::Accessed { site, origin, call, outcome, version: v } => {
                let how = u64::from(call.0) | outcome.number() << 8;
                [pack(50, how, both(site.0, origin.0)), key(v.key), v.version.into()]
            }
            Self::Detected { site, up } => [pack(6, up.into(), site.0.into()), 0, 0],
            Self::Routed { origin, site, up } => [pack(7, up.into(), both(site.0, origin.0)), 0, 0],
            Self::Struck(fault) => [pack(8, fault.0.into(), 0), 0, 0],
            Self::Mended(fault) => [pack(9, fault.0.into(), 0), 0, 0],
            Self::RotationDue { key: k, cause } => [pack(10, cause.number(), 0), key(k), 0],
            Self::GivenUp(k) => [pack(27, 0, 0), key(k), 0],
            Self::Generated { version: v, site, service } => version(11, v, site.0, service),
            Self::Exchanged { version: v, site, service } => version(28, v, site.0, service),
            Self::Copied { version: v, site, lag } => version(12, v, site.0, lag),
            Self::Activated { version: v, took, first } => version(13, v, first.into(), took),
            Self::CaughtUp { site, copies, took } => [pack(29, 0, site.0.into()), copies.into(), took.0],
            Self::Destroyed(v) => version(14, v, 0, Span::ZERO),
            Self::VersionLost { version: v, age, used } => version(15, v, used.into(), age),
            Self::KeysLost { site, class, keys, age } => [pack(16, class.0.into(), site.0.into()), keys.into(), age.0],
            Self::LeftInEscrow { site, class, keys } => [pack(37, class.0.into(), site.0.into()), keys.into(), 0],
            Self::InEscrow { class, keys } => [pack(39, class.0.into(), 0), keys.into(), 0],
            Self::Provisioned { site, keys } => [pack(19, 0, site.0.into()), keys.into(), 0],
            Self::ServedMany { population, site, calls } => [pack(20, population.0.into(), site.0.into()), calls, 0],
            Self::Unreachable { keys } => [pack(18, 0, 0), keys.into(), 0],
            Self::Capacity { site, engines } => [pack(21, 0, site.0.into()), engines.into(), 0],
            Self::Compromised { class, region, keys } => [pack(22, class.0.into(), region.0.into()), keys.into(), 0],
            Self::Suspended { class, region, keys } => [pack(61, class.0.into(), region.0.into()), keys.into(), 0],
            Self::Resumed { class, region, keys } => [pack(62, class.0.into(), region.0.into()), keys.into(), 0],
            Self::Held { class, state, versions } => [pack(23, class.0.into(), state as u64), versions, 0],
            Self::Oldest { class, age, uses } => [pack(24, class.0.into(), 0), age.0, uses],
            Self::Overused { class, versions } => [pack(60, class.0.into(), 0), versions, 0],
            Self::Exposed { class, operations } => [pack(25, class.0.into(), 0), operations, 0],
            Self::OverBound { population, site, after } => [pack(26, population.0.into(), site.0.into()), after.0, 0],
            Self::ChangeBegan(change) => [pack(30, change.0.into(), 0), 0, 0],
            Self::ChangeEnded { change, took, refused } => [pack(31, change.0.into(), refused.into()), took.0, 0],
            Self::Configured { shard, change, hosts, took } => {
                [pack(32, change.0.into(), shard.0.into()), took.0, hosts.into()]
            }
            Self::NoRoom { site, shard } => [pack(33, site.0.into(), shard.0.into()), 0, 0],
            Self::NoSlot { key: k, site } => [pack(38, 0, site.0.into()), key(k), 0],
            Self::Moved { version: v, site } => version(34, v, site.0, Span::ZERO),
            Self::Zeroised { site, shard, keys } => [pack(35, site.0.into(), shard.0.into()), keys.into(), 0],
            Self::Outdated { origin, site } => [pack(36, origin.0.into(), site.0.into()), 0, 0],
            // In the order of these words a batch's facts stand together.
            Self::Sealed { site, interval, class, home, outcome, accesses } => {
                let lot = u64::from(class.0) << 32 | u64::from(home.0) << 8 | outcome.number();
                [pack(17, site.0.into(), interval.into()), lot, accesses]
            }
            Self::MetadataDown { term } => [pack(40, 0, term.into()), 0, 0],
            Self::MetadataUp { term, leader } => [pack(41, leader.0.into(), term.into()), 0, 0],
            Self::Stored { site, outcome, took } => [pack(42, outcome as u64, site.0.into()), took.0, 0],
            Self::PublishDelayed(v) => version(43, v, 0, Span::ZERO),
            // Tries stand in the place of the site.
            Self::Published { version: v, tries, took } => version(44, v, tries, took),
            Self::Emergency(fact) => fact.words(),
        }
    }
}

const fn pack(kind: u64, a: u64, b: u64) -> u64 {
    kind | a << 8 | b << 32
}

const fn key(key: KeyRef) -> u64 {
    (key.class.0 as u64) << 32 | key.number as u64
}

const fn version(kind: u64, v: KeyVersion, site: u16, span: Span) -> [u64; 3] {
    [pack(kind, site as u64, v.version as u64), key(v.key), span.0]
}

const fn both(a: u16, b: u16) -> u64 {
    a as u64 | (b as u64) << 16
}
