//! Backups, and the steps by which a site comes back that people and machines have to bring back: paged, decided, people there, machines
//! at work, ready. That its fault struck, and what was lost, is told by other facts.

use super::words::{key, pack};
use crate::kms::{FaultId, KeyVersion, SiteId};
use crate::time::Span;

/// A step of a backup, or of a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryFact {
    /// A backup begins: what the site holds now is in it.
    SavingBegan {
        /// Where.
        site: SiteId,
        /// So many key versions.
        versions: u32,
    },
    /// A backup ended.
    SavingEnded {
        /// Where.
        site: SiteId,
        /// Whether it is complete; a fault of the site interrupted it otherwise.
        complete: bool,
        /// Since it began.
        took: Span,
    },
    /// A backup was due and did not begin: the site was down, or the one before still ran.
    SavingMissed {
        /// Where.
        site: SiteId,
    },
    /// The HSMs of a site lost all their keys.
    Erased {
        /// With this fault.
        fault: FaultId,
        /// Where.
        site: SiteId,
        /// Since its last complete backup began; [`Span::MAX`] where there is none.
        age: Span,
    },
    /// Somebody is paged.
    Paged {
        /// For this fault.
        fault: FaultId,
        /// At this site.
        site: SiteId,
    },
    /// It is decided to activate, or to restore.
    Decided {
        /// For this fault.
        fault: FaultId,
        /// At this site.
        site: SiteId,
    },
    /// The people who are needed are there.
    Gathered {
        /// For this fault.
        fault: FaultId,
        /// At this site.
        site: SiteId,
    },
    /// Hardware and power are there, too: machines begin to activate, or to restore.
    Began {
        /// For this fault.
        fault: FaultId,
        /// At this site.
        site: SiteId,
        /// They restore, rather than activate.
        restores: bool,
        /// So many key versions.
        versions: u32,
    },
    /// The site serves again, as far as this fault goes.
    Ready {
        /// For this fault.
        fault: FaultId,
        /// The site.
        site: SiteId,
        /// Since the strike.
        took: Span,
    },
    /// A version reached a site again that had lost it.
    Refilled {
        /// The site.
        site: SiteId,
        /// Which.
        version: KeyVersion,
    },
}

const _: () = assert!(size_of::<RecoveryFact>() <= 16, "facts stay small");

impl RecoveryFact {
    /// As [`super::Fact::words`]. Kinds 170 to 179.
    pub(super) const fn words(self) -> [u64; 3] {
        const fn step(kind: u64, fault: FaultId, site: SiteId, more: u64) -> [u64; 3] {
            [pack(kind, fault.0 as u64, site.0 as u64), more, 0]
        }
        match self {
            Self::SavingBegan { site, versions } => [pack(170, 0, site.0 as u64), versions as u64, 0],
            Self::SavingEnded { site, complete, took } => [pack(171, complete as u64, site.0 as u64), took.0, 0],
            Self::SavingMissed { site } => [pack(172, 0, site.0 as u64), 0, 0],
            Self::Erased { fault, site, age } => step(173, fault, site, age.0),
            Self::Paged { fault, site } => step(174, fault, site, 0),
            Self::Decided { fault, site } => step(175, fault, site, 0),
            Self::Gathered { fault, site } => step(176, fault, site, 0),
            Self::Began { fault, site, restores, versions } => {
                step(177, fault, site, versions as u64 | (restores as u64) << 32)
            }
            Self::Ready { fault, site, took } => step(178, fault, site, took.0),
            Self::Refilled { site, version } => [pack(179, site.0 as u64, version.version as u64), key(version.key), 0],
        }
    }
}
