//! Facts: the one stream that metrics, digest, audit and report read. Nothing else records.

mod access;
mod cache;
mod emergency;
mod location;
mod people;
mod quota;
mod recovery;
mod transport;
mod work;
mod words;

pub use access::AccessFact;
pub use cache::CacheFact;
pub use emergency::{EmergencyFact, Ending, Refusal};
pub use location::{LocationFact, Misled};
pub use people::{Errand, PeopleFact};
pub use quota::QuotaFact;
pub use recovery::RecoveryFact;
pub use transport::TransportFact;
pub use work::WorkFact;

use super::{
    CallName, Cause, ChangeId, ClassId, Failure, FaultId, KeyRef, KeyState, KeyVersion, OriginId, Outcome,
    PopulationId, RegionId, ShardId, SiteId, StoreOutcome, TenantId,
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
    /// A site sealed its batch of access records: those with one outcome under the keys of one class with one home, for one tenant. A batch
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
        /// On whose behalf; `None` where callers are not told apart.
        tenant: Option<TenantId>,
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
    /// Something happened at a gate, or to what gates go by.
    Access(AccessFact),
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
    /// Something happened to connections of callers.
    Transport(TransportFact),
    /// Something about where a user asks from.
    Location(LocationFact),
    /// A step of emergency access across shards.
    Emergency(EmergencyFact),
    /// Something happened to the data keys that clients keep.
    Cache(CacheFact),
    /// A step of planned work, or of a wrong configuration that goes out in waves.
    Work(WorkFact),
    /// A step of what custodians do.
    People(PeopleFact),
    /// What was asked of a quota of a service.
    Quota(QuotaFact),
    /// A step of a backup, or of a recovery by people and machines.
    Recovery(RecoveryFact),
}

const _: () = assert!(size_of::<Fact>() <= 24 && size_of::<LocationFact>() <= 16, "facts stay small");
