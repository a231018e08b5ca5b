//! Facts as words: what the digest reads.

use super::Fact;
use crate::kms::{CallName, ChangeId, ClassId, KeyRef, KeyVersion, Outcome, RegionId, ShardId, TenantId};
use crate::time::Span;

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
                [pack(50, how(call, outcome), both(site.0, origin.0)), key(v.key), v.version.into()]
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
            Self::Configured { shard, change, hosts, took } => configured((shard, change), hosts, took),
            Self::NoRoom { site, shard } => [pack(33, site.0.into(), shard.0.into()), 0, 0],
            Self::NoSlot { key: k, site } => [pack(38, 0, site.0.into()), key(k), 0],
            Self::Moved { version: v, site } => version(34, v, site.0, Span::ZERO),
            Self::Zeroised { site, shard, keys } => [pack(35, site.0.into(), shard.0.into()), keys.into(), 0],
            Self::Outdated { origin, site } => [pack(36, origin.0.into(), site.0.into()), 0, 0],
            // In the order of these words a batch's facts stand together.
            Self::Sealed { site, interval, class, home, tenant, outcome, accesses } => {
                [pack(17, site.0.into(), interval.into()), lot((class, home), tenant, outcome), accesses]
            }
            Self::MetadataDown { term } => [pack(40, 0, term.into()), 0, 0],
            Self::MetadataUp { term, leader } => [pack(41, leader.0.into(), term.into()), 0, 0],
            Self::Stored { site, outcome, took } => [pack(42, outcome as u64, site.0.into()), took.0, 0],
            Self::PublishDelayed(v) => version(43, v, 0, Span::ZERO),
            // Tries stand in the place of the site.
            Self::Published { version: v, tries, took } => version(44, v, tries, took),
            Self::Access(fact) => fact.words(),
            Self::Cache(fact) => fact.words(),
            Self::Transport(fact) => fact.words(),
            Self::Location(fact) => fact.words(),
            Self::Quota(fact) => fact.words(),
            Self::Emergency(fact) => fact.words(),
            Self::Work(fact) => fact.words(),
            Self::Recovery(fact) => fact.words(),
            Self::People(fact) => fact.words(),
        }
    }
}

fn configured((shard, change): (ShardId, ChangeId), hosts: u8, took: Span) -> [u64; 3] {
    [pack(32, change.0.into(), shard.0.into()), took.0, hosts.into()]
}

fn how(call: CallName, outcome: Outcome) -> u64 {
    u64::from(call.0) | outcome.number() << 8
}

/// A part of a batch: what keys, for whom, and how their accesses ended.
fn lot((class, home): (ClassId, RegionId), tenant: Option<TenantId>, outcome: Outcome) -> u64 {
    let tenant = tenant.map_or(0, |tenant| u64::from(tenant.0) + 1);
    u64::from(class.0) << 32 | u64::from(home.0) << 16 | tenant << 8 | outcome.number()
}

pub(super) const fn pack(kind: u64, a: u64, b: u64) -> u64 {
    kind | a << 8 | b << 32
}

pub(super) const fn key(key: KeyRef) -> u64 {
    (key.class.0 as u64) << 32 | key.number as u64
}

const fn version(kind: u64, v: KeyVersion, site: u16, span: Span) -> [u64; 3] {
    [pack(kind, site as u64, v.version as u64), key(v.key), span.0]
}

pub(super) const fn both(a: u16, b: u16) -> u64 {
    a as u64 | (b as u64) << 16
}
