//! What happens in emergency access across shards, from the request for a grant to the day on which its region serves again.
//! Who looks after the keys afterwards is told by other facts: those of rotation.

use super::words::{both, key, pack};
use crate::kms::{CallName, GrantId, KeyRef, OriginId, RegionId, SiteId};
use serde::{Deserialize, Serialize};

/// A step of emergency access. Its time stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyFact {
    /// A grant is asked for: observers see every site of a region down, and have for long enough.
    Asked {
        /// Its number, from 1.
        grant: GrantId,
        /// The region.
        region: RegionId,
    },
    /// An approver said yes or no.
    Answered {
        /// To which grant.
        grant: GrantId,
        /// Which approver, from 0.
        approver: u8,
        /// Yes.
        yes: bool,
    },
    /// The metadata store has the fence: sites of the region that renew their leases learn that they must not serve.
    Fenced {
        /// For which grant.
        grant: GrantId,
        /// The region.
        region: RegionId,
    },
    /// Leases that had not met the fence have run out: sites that hold keys of the region in escrow may use them.
    Granted {
        /// Which grant.
        grant: GrantId,
        /// The region.
        region: RegionId,
    },
    /// A site opened its copy of a key.
    Opened {
        /// Under which grant.
        grant: GrantId,
        /// Where.
        site: SiteId,
        /// The key.
        key: KeyRef,
    },
    /// A key is about to be used under a grant: told, and in the audit log, before it is.
    Access {
        /// Which grant.
        grant: GrantId,
        /// Where.
        site: SiteId,
        /// For whom.
        origin: OriginId,
        /// Which call.
        call: CallName,
        /// The key.
        key: KeyRef,
    },
    /// A site did not use a key for a call that named a grant.
    Refused {
        /// The grant that was named; 0 for none.
        grant: GrantId,
        /// Where.
        site: SiteId,
        /// Why.
        why: Refusal,
        /// The key.
        key: KeyRef,
    },
    /// A person asked or approved, and did not count.
    Denied {
        /// The grant, 0 where none was asked for.
        grant: GrantId,
        /// The region.
        region: RegionId,
        /// Why.
        why: Refusal,
    },
    /// A grant ended, or the request for one.
    Ended {
        /// Which.
        grant: GrantId,
        /// The region.
        region: RegionId,
        /// Why.
        why: Ending,
    },
    /// The metadata store has no fence for the region any more: its sites serve again once they know.
    Lifted {
        /// For which grant it had been.
        grant: GrantId,
        /// The region.
        region: RegionId,
    },
    /// A site that is not dark lost its lease, and serves no key that lies in escrow elsewhere; or has it again.
    Lease {
        /// The site.
        site: SiteId,
        /// Has it.
        held: bool,
    },
    /// A site learned of the fence around its region, or that there is none any more.
    Heeded {
        /// The site.
        site: SiteId,
        /// There is one.
        fenced: bool,
    },
}

const _: () = assert!(size_of::<EmergencyFact>() <= 16, "facts stay small");

/// Why somebody or a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Refusal {
    /// The site knows of no such grant.
    NoGrant = 1,
    /// The grant has ended.
    Ended = 2,
    /// Its time limit has passed.
    Expired = 3,
    /// The site's part of its quota is used up.
    Quota = 4,
    /// The key's home is another region than the grant's.
    WrongRegion = 5,
    /// The site has not got the key in escrow.
    NotInEscrow = 6,
    /// Residency forbids the site's region.
    Residency = 7,
    /// The region is not dark: one of its sites answers, or too few observers have seen it down for too short a time.
    NotDark = 8,
    /// Whoever asked for the grant approved it, too.
    OwnRequest = 9,
    /// An approver answered twice.
    Twice = 10,
    /// No such approver.
    Nobody = 11,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoGrant,
        Self::Ended,
        Self::Expired,
        Self::Quota,
        Self::WrongRegion,
        Self::NotInEscrow,
        Self::Residency,
        Self::NotDark,
        Self::OwnRequest,
        Self::Twice,
        Self::Nobody,
    ];

    /// The name in records and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoGrant => "no-grant",
            Self::Ended => "ended",
            Self::Expired => "expired",
            Self::Quota => "quota",
            Self::WrongRegion => "wrong-region",
            Self::NotInEscrow => "not-in-escrow",
            Self::Residency => "residency",
            Self::NotDark => "not-dark",
            Self::OwnRequest => "own-request",
            Self::Twice => "twice",
            Self::Nobody => "nobody",
        }
    }
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Ending {
    /// A site of the region answers again.
    Recovered = 1,
    /// Its time limit passed.
    Expired = 2,
    /// Its quota is used up.
    Quota = 3,
    /// Too many approvers said no.
    Declined = 4,
}

impl Ending {
    /// The name in records and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Expired => "expired",
            Self::Quota => "quota",
            Self::Declined => "declined",
        }
    }
}

impl EmergencyFact {
    /// As [`super::Fact::words`].
    pub(super) const fn words(self) -> [u64; 3] {
        match self {
            Self::Asked { grant, region } => [pack(110, grant.0 as u64, region.0 as u64), 0, 0],
            Self::Answered { grant, approver, yes } => {
                [pack(111, grant.0 as u64, approver as u64 | (yes as u64) << 8), 0, 0]
            }
            Self::Fenced { grant, region } => [pack(112, grant.0 as u64, region.0 as u64), 0, 0],
            Self::Granted { grant, region } => [pack(113, grant.0 as u64, region.0 as u64), 0, 0],
            Self::Opened { grant, site, key: k } => [pack(114, grant.0 as u64, site.0 as u64), key(k), 0],
            Self::Access { grant, site, origin, call, key: k } => {
                [pack(115, grant.0 as u64, both(site.0, origin.0)), key(k), call.0 as u64]
            }
            Self::Refused { grant, site, why, key: k } => {
                [pack(116, grant.0 as u64, site.0 as u64 | (why as u64) << 16), key(k), 0]
            }
            Self::Denied { grant, region, why } => {
                [pack(117, grant.0 as u64, region.0 as u64 | (why as u64) << 16), 0, 0]
            }
            Self::Ended { grant, region, why } => {
                [pack(118, grant.0 as u64, region.0 as u64 | (why as u64) << 16), 0, 0]
            }
            Self::Lifted { grant, region } => [pack(119, grant.0 as u64, region.0 as u64), 0, 0],
            Self::Lease { site, held } => [pack(120, held as u64, site.0 as u64), 0, 0],
            Self::Heeded { site, fenced } => [pack(121, fenced as u64, site.0 as u64), 0, 0],
        }
    }
}
