//! The life of a key version: the states of NIST SP 800-57 Part 1 Rev. 5 §7 with the changes that it allows, and why a key
//! gets a successor.

use serde::{Deserialize, Serialize};

/// The state of a key version (NIST SP 800-57 Part 1 Rev. 5 §7.1 to §7.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum KeyState {
    /// Generated, not authorised for use yet.
    PreActive,
    /// Protects and processes.
    Active,
    /// Under suspicion: processes what it protected, and protects nothing new until it is active again.
    Suspended,
    /// Processes what it protected; protects nothing new.
    Deactivated,
    /// Known, or feared to be known, to others; it may process what it protected.
    Compromised,
    /// Gone.
    Destroyed,
    /// Gone, after it was compromised.
    DestroyedCompromised,
}

/// What may happen to a key version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It takes over.
    Activate,
    /// It is not to be used for a while.
    Suspend,
    /// The suspicion was groundless.
    Resume,
    /// A successor took over.
    Deactivate,
    /// It leaked.
    Compromise,
    /// Its material is erased everywhere.
    Destroy,
}

impl KeyState {
    /// All states, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::PreActive,
        Self::Active,
        Self::Suspended,
        Self::Deactivated,
        Self::Compromised,
        Self::Destroyed,
        Self::DestroyedCompromised,
    ];

    /// The state after a change, or `None` where the standard does not allow it (figure 3 of §7).
    #[must_use]
    pub const fn after(self, change: Change) -> Option<Self> {
        match (self, change) {
            (Self::PreActive, Change::Activate) => Some(Self::Active),
            (Self::Active, Change::Suspend) => Some(Self::Suspended),
            (Self::Suspended, Change::Resume) => Some(Self::Active),
            (Self::Active | Self::Suspended, Change::Deactivate) => Some(Self::Deactivated),
            (Self::PreActive | Self::Active | Self::Suspended | Self::Deactivated, Change::Compromise) => {
                Some(Self::Compromised)
            }
            // An active version is deactivated first.
            (Self::PreActive | Self::Deactivated, Change::Destroy) => Some(Self::Destroyed),
            (Self::Compromised, Change::Destroy) => Some(Self::DestroyedCompromised),
            (Self::Destroyed, Change::Compromise) => Some(Self::DestroyedCompromised),
            _ => None,
        }
    }

    /// Whether the material still exists.
    #[must_use]
    pub const fn exists(self) -> bool {
        !matches!(self, Self::Destroyed | Self::DestroyedCompromised)
    }

    /// The name in documents and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PreActive => "pre-active",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Compromised => "compromised",
            Self::Destroyed => "destroyed",
            Self::DestroyedCompromised => "destroyed-compromised",
        }
    }
}

/// Why a key gets a successor; the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Cause {
    /// It was compromised.
    Compromise,
    /// The key that wraps it was compromised. After that one: copies under the old wrapping key would leak again.
    Wrapping,
    /// The last copy of its active version is gone: no host can use it.
    Loss,
    /// It was used elsewhere under a grant of emergency access.
    Emergency,
    /// It has been used almost as often as it may be.
    Uses,
    /// Its cryptoperiod ends.
    Age,
    /// It has no version yet: it is being provisioned.
    New,
}

impl Cause {
    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compromise => "compromise",
            Self::Wrapping => "wrapping",
            Self::Loss => "loss",
            Self::Emergency => "emergency",
            Self::Uses => "uses",
            Self::Age => "age",
            Self::New => "new",
        }
    }

    /// Its number in facts, which stays when causes are added; order is urgency.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Compromise => 0,
            Self::Wrapping => 1,
            Self::Loss => 2,
            Self::Uses => 3,
            Self::Age => 4,
            Self::New => 5,
            Self::Emergency => 6,
        }
    }

    /// Whether its material is known, or feared to be known, to others.
    #[must_use]
    pub const fn leaked(self) -> bool {
        matches!(self, Self::Compromise | Self::Wrapping)
    }

    /// Whether it must be replaced at once.
    #[must_use]
    pub const fn urgent(self) -> bool {
        matches!(self, Self::Compromise | Self::Wrapping | Self::Loss | Self::Emergency)
    }
}
