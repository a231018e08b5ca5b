//! What people do to the fleet while it serves: waves of a wrong configuration, and planned work on devices. That a push strikes and
//! is mended is told as of every fault; how far it got is told here.

use super::words::pack;
use crate::kms::{FaultId, SiteId, WorkId};

/// A step of a push, or of planned work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkFact {
    /// A wave of a push went out.
    Wave {
        /// Of this fault.
        fault: FaultId,
        /// Which, from 0.
        wave: u16,
        /// To so many sites.
        sites: u16,
    },
    /// A push is noticed: no wave follows.
    Noticed {
        /// Of this fault.
        fault: FaultId,
        /// So many waves never went out.
        spared: u16,
    },
    /// Planned work begins at its first device or site.
    Began {
        /// Which.
        work: WorkId,
    },
    /// The control plane takes a device out of its pool, or a site out of routing tables; what was begun there is finished.
    Draining {
        /// For which work.
        work: WorkId,
        /// Where.
        site: SiteId,
        /// Which device; [`WorkFact::WHOLE`] for the site.
        device: u16,
    },
    /// It is away now.
    Drained {
        /// For which work.
        work: WorkId,
        /// Where.
        site: SiteId,
        /// Which device; [`WorkFact::WHOLE`] for the site.
        device: u16,
    },
    /// It is back, and has tested itself.
    Returned {
        /// From which work.
        work: WorkId,
        /// Where.
        site: SiteId,
        /// Which device; [`WorkFact::WHOLE`] for the site.
        device: u16,
    },
    /// Planned work is done everywhere.
    Ended {
        /// Which.
        work: WorkId,
    },
}

const _: () = assert!(size_of::<WorkFact>() <= 16, "facts stay small");

impl WorkFact {
    /// Not one device, but the whole site.
    pub const WHOLE: u16 = u16::MAX;

    /// As [`super::Fact::words`]. Kinds 150 to 156.
    pub(super) const fn words(self) -> [u64; 3] {
        const fn unit(kind: u64, work: WorkId, site: SiteId, device: u16) -> [u64; 3] {
            [pack(kind, work.0 as u64, site.0 as u64 | (device as u64) << 16), 0, 0]
        }
        match self {
            Self::Wave { fault, wave, sites } => [pack(150, fault.0 as u64, wave as u64 | (sites as u64) << 16), 0, 0],
            Self::Noticed { fault, spared } => [pack(151, fault.0 as u64, spared as u64), 0, 0],
            Self::Began { work } => [pack(152, work.0 as u64, 0), 0, 0],
            Self::Draining { work, site, device } => unit(153, work, site, device),
            Self::Drained { work, site, device } => unit(154, work, site, device),
            Self::Returned { work, site, device } => unit(155, work, site, device),
            Self::Ended { work } => [pack(156, work.0 as u64, 0), 0, 0],
        }
    }
}
