//! What custodians do: they are called, come, and go home; ceremonies and drills that they hold; and that none of a group can be reached.

use super::words::pack;
use crate::kms::{CeremonyId, CustodiansId, SiteId};
use crate::time::Span;

/// What custodians are needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Errand {
    /// A site is to be activated, or restored.
    Recovery,
    /// A ceremony.
    Ceremony,
    /// A drill.
    Drill,
}

impl Errand {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Recovery, Self::Ceremony, Self::Drill];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Ceremony => "ceremony",
            Self::Drill => "drill",
        }
    }
}

/// A step of what custodians do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleFact {
    /// A group is called to a site.
    Called {
        /// Which.
        custodians: CustodiansId,
        /// Where to.
        site: SiteId,
        /// What for.
        errand: Errand,
        /// So many set off out of hours.
        out_of_hours: u8,
        /// Until enough of them are there; [`Span::MAX`] where none is known to come.
        waits: Span,
    },
    /// Enough of them are there.
    Gathered {
        /// Of which group.
        custodians: CustodiansId,
        /// Where.
        site: SiteId,
        /// What for.
        errand: Errand,
        /// So many came.
        people: u8,
        /// All their time on the way, there and back.
        travel: Span,
    },
    /// They are done.
    Released {
        /// Of which group.
        custodians: CustodiansId,
        /// Where.
        site: SiteId,
        /// What for.
        errand: Errand,
        /// All their time at the site.
        work: Span,
    },
    /// A ceremony or a drill begins.
    Began(CeremonyId),
    /// It is over.
    Ended {
        /// Which.
        ceremony: CeremonyId,
        /// Since it was due.
        took: Span,
        /// Seconds in which machines restored a backup, the last part of it.
        restoring: u32,
    },
    /// Too few are at hand when it is due.
    PutOff {
        /// Which.
        ceremony: CeremonyId,
        /// By so long; [`Span::MAX`] where none is known to come.
        by: Span,
    },
    /// Nobody of a group can be reached from now on, or they can again.
    Absent {
        /// Which.
        custodians: CustodiansId,
        /// Nobody can.
        begins: bool,
    },
}

const _: () = assert!(size_of::<PeopleFact>() <= 16, "facts stay small");

impl PeopleFact {
    /// As [`super::Fact::words`]. Kinds 160 to 166.
    pub(super) const fn words(self) -> [u64; 3] {
        const fn of(kind: u64, custodians: CustodiansId, site: SiteId, errand: Errand, people: u8) -> u64 {
            pack(kind, custodians.0 as u64, site.0 as u64 | (errand as u64) << 16 | (people as u64) << 24)
        }
        match self {
            Self::Called { custodians, site, errand, out_of_hours, waits } => {
                [of(160, custodians, site, errand, out_of_hours), waits.0, 0]
            }
            Self::Gathered { custodians, site, errand, people, travel } => {
                [of(161, custodians, site, errand, people), travel.0, 0]
            }
            Self::Released { custodians, site, errand, work } => [of(162, custodians, site, errand, 0), work.0, 0],
            Self::Began(ceremony) => [pack(163, ceremony.0 as u64, 0), 0, 0],
            Self::Ended { ceremony, took, restoring } => [pack(164, ceremony.0 as u64, restoring as u64), took.0, 0],
            Self::PutOff { ceremony, by } => [pack(165, ceremony.0 as u64, 0), by.0, 0],
            Self::Absent { custodians, begins } => [pack(166, custodians.0 as u64, begins as u64), 0, 0],
        }
    }
}
