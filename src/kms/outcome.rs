//! How calls and requests end.

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
    /// The site must not use the key now: it lies in escrow elsewhere, and the site has lost its lease or knows of a fence.
    Fenced = 20,
    /// The call asked for emergency access, and the site knows of no grant that allows it.
    NoGrant = 21,
}

impl Failure {
    /// All reasons.
    pub const ALL: [Self; 12] = [
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
        Self::Fenced,
        Self::NoGrant,
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
            Self::Fenced => "fenced",
            Self::NoGrant => "no-grant",
        }
    }
    /// What it means and what would have helped; `keyfleet explain REASON` prints it.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Timeout => {
                "No right answer came within the load's `timeout`, retries included: the devices were too slow or too far \
                 away, or were believed healthy while they were down."
            }
            Self::Residency => {
                "None of the sites that hold the key was believed healthy, and `stay` forbids every other region, though some \
                 were healthy: more `copies` at home, or a wider `stay` with `partner_copies`, would have helped. A key \
                 that was lost with its sites is not refused for this reason, but for `no-host`."
            }
            Self::NoHost => {
                "None of the sites that hold the key was believed healthy, or all of them were destroyed, and no other has a \
                 copy: the key is lost with them, or only copies in escrow are left, which serve nobody until a site joins that \
                 gets the key back. More `copies` or `partner_copies` would have helped; where the region is down for long, `emergency`."
            }
            Self::BudgetExhausted => {
                "Another attempt was needed, and the callers of that place had spent their `retry.budget`: so many calls \
                 failed at once that retrying them all would have been a storm."
            }
            Self::QueueFull => {
                "As many calls waited at the HSM as its profile's `queue` allows: too few HSMs, or slow ones."
            }
            Self::SessionsFull => {
                "As many calls were in queue and service at the HSM as its profile's `sessions` allow: too few HSMs, or \
                 slow ones."
            }
            Self::DeviceLost => "The device stopped while it worked on the call, or while the call waited in it.",
            Self::NoDevice => "The site had no working device, and health checks had not noticed it yet.",
            Self::KeyMissing => {
                "Each site that was asked did not have the key, or not yet: a new version had not arrived, or the keys there \
                 had been destroyed. Or no site was asked at all, because the key is not provisioned yet, or retired."
            }
            Self::Suspended => {
                "The key was under suspicion (a fault of kind \"suspend\"), and the call would have protected something new with \
                 it, as `sign` and `encrypt` do. Calls that only process what it protected before, such as `decrypt` and \
                 `verify`, are served. A successor would have ended it: `rotate`."
            }
            Self::Fenced => {
                "The key lies in escrow in another region, where a grant may open it (`emergency`), and the site could not be sure \
                 that none does: it had no contact with a majority of the metadata store for longer than `emergency.lease`, or \
                 a grant for its region had not come to its end."
            }
            Self::NoGrant => {
                "The hosts of the key were believed down, and a site that holds it in escrow was asked to use it under a grant \
                 (`emergency`) that it did not know, or that had ended, expired or was used up."
            }
        }
    }
}
