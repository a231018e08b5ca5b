//! How calls and requests end.

mod meaning;

use serde::{Deserialize, Serialize};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The HSM did it.
    Done,
    /// It was not done.
    Failed(Failure),
}

impl Outcome {
    /// 0 for done, else the number of the [`Failure`].
    #[inline]
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Done => 0,
            Self::Failed(reason) => reason as u64,
        }
    }

    /// The name in audit records: "served", or the name of the reason.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "served",
            Self::Failed(reason) => reason.name(),
        }
    }
}

/// Why a call was not done, or a request was not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Failure {
    /// No answer within the request's timeout.
    Timeout = 1,
    /// The key has hosts, none of them is believed healthy, and residency forbids every other region, of which one is well.
    Residency = 2,
    /// None of the key's hosts is believed healthy, or none is left, and it has no copy elsewhere.
    NoHost = 3,
    /// Another attempt was needed, and the origin's retry budget was spent.
    BudgetExhausted = 5,
    /// The HSM's queue was full.
    QueueFull = 6,
    /// The HSM's session table was full.
    SessionsFull = 7,
    /// The device stopped while it worked on the call.
    DeviceLost = 8,
    /// The site has no working device.
    NoDevice = 9,
    /// The key is not on this site.
    KeyMissing = 10,
    /// The key is suspended, and the call would have protected something with it.
    Suspended = 11,
    /// The caller did not accept the certificate of the site.
    Handshake = 13,
    /// As many handshakes waited at the front end of the site as it has room for.
    FrontEndFull = 14,
    /// The request had no token that the gate accepts.
    Unauthenticated = 15,
    /// No rule allows the tenant to ask for this, from there, at that time.
    Forbidden = 16,
    /// The tenant asked for more than its limit.
    Throttled = 17,
    /// The call would have waited too long at the HSM for its priority.
    Shed = 18,
    /// The site must not use the key now: it lies in escrow elsewhere, and the site has lost its lease or knows of a fence.
    Fenced = 20,
    /// The call asked for emergency access, and the site knows of no grant that allows it.
    NoGrant = 21,
    /// The service that was asked had no token left in the quota of the account.
    QuotaExceeded = 22,
    /// The site refused the call though its devices work: its configuration was wrong.
    Misconfigured = 23,
    /// The account in which the site's devices are was suspended.
    AccountSuspended = 24,
}

impl Failure {
    /// Their numbers are below this.
    pub const NUMBERS: usize = 32;

    /// All reasons.
    pub const ALL: [Self; 21] = [
        Self::Timeout,
        Self::Residency,
        Self::NoHost,
        Self::BudgetExhausted,
        Self::QueueFull,
        Self::SessionsFull,
        Self::DeviceLost,
        Self::NoDevice,
        Self::KeyMissing,
        Self::Suspended,
        Self::Handshake,
        Self::FrontEndFull,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Throttled,
        Self::Shed,
        Self::Fenced,
        Self::NoGrant,
        Self::QuotaExceeded,
        Self::Misconfigured,
        Self::AccountSuspended,
    ];

    /// The name in documents and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Residency => "residency",
            Self::NoHost => "no-host",
            Self::BudgetExhausted => "budget-exhausted",
            Self::QueueFull => "queue-full",
            Self::SessionsFull => "sessions-full",
            Self::DeviceLost => "device-lost",
            Self::NoDevice => "no-device",
            Self::KeyMissing => "key-missing",
            Self::Suspended => "suspended",
            Self::Handshake => "handshake",
            Self::FrontEndFull => "front-end-full",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Throttled => "throttled",
            Self::Shed => "shed",
            Self::Fenced => "fenced",
            Self::NoGrant => "no-grant",
            Self::QuotaExceeded => "quota-exceeded",
            Self::Misconfigured => "misconfigured",
            Self::AccountSuspended => "account-suspended",
        }
    }
    /// What it means and what would have helped; `keyfleet explain REASON` prints it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Timeout => meaning::TIMEOUT,
            Self::Residency => meaning::RESIDENCY,
            Self::NoHost => meaning::NO_HOST,
            Self::BudgetExhausted => meaning::BUDGET_EXHAUSTED,
            Self::QueueFull => meaning::QUEUE_FULL,
            Self::SessionsFull => meaning::SESSIONS_FULL,
            Self::DeviceLost => meaning::DEVICE_LOST,
            Self::NoDevice => meaning::NO_DEVICE,
            Self::KeyMissing => meaning::KEY_MISSING,
            Self::Suspended => meaning::SUSPENDED,
            Self::Handshake => meaning::HANDSHAKE,
            Self::FrontEndFull => meaning::FRONT_END_FULL,
            Self::Unauthenticated => meaning::UNAUTHENTICATED,
            Self::Forbidden => meaning::FORBIDDEN,
            Self::Throttled => meaning::THROTTLED,
            Self::Shed => meaning::SHED,
            Self::Fenced => meaning::FENCED,
            Self::NoGrant => meaning::NO_GRANT,
            Self::QuotaExceeded => meaning::QUOTA_EXCEEDED,
            Self::Misconfigured => meaning::MISCONFIGURED,
            Self::AccountSuspended => meaning::ACCOUNT_SUSPENDED,
        }
    }
}
