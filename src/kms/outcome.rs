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
}

impl Failure {
    /// Their numbers are below this.
    pub const NUMBERS: usize = 32;

    /// All reasons.
    pub const ALL: [Self; 16] = [
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
                 gets the key back. More `copies` or `partner_copies` would have helped."
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
            Self::Handshake => {
                "No connection could be had: the certificate of each site that was asked had expired or was revoked. What was \
                 connected before goes on until it is idle or too old (`transport.idle`, `transport.life`), so that such an \
                 outage creeps in."
            }
            Self::FrontEndFull => {
                "As many TLS handshakes waited at the site's front end as `transport.queue` allows, as when all callers of a \
                 lost site connect to others at once: more `workers`, or tickets that other sites can open \
                 (`ticket_keys = \"fleet\"`), would have helped."
            }
            Self::Unauthenticated => {
                "The gate before the callers' routing did not accept the request's token: its secret was revoked, or it was \
                 expired, forged, replayed or missing. Where a tenant's own requests fail so, its callers had not got the new secret yet."
            }
            Self::Forbidden => {
                "No `[rule]` allows the tenant this call under this class of keys, from that country at that hour, or one \
                 denies it. What no rule allows is refused."
            }
            Self::Throttled => {
                "The tenant had asked for more than its `rate` at that place, or the place for more than `protection.origin`. \
                 Nothing was sent to any site."
            }
            Self::Shed => {
                "So many calls waited at the HSM that this one would have waited longer than `protection.shed` lets calls of its \
                 tenant's priority wait: it is refused at once, so that others are served in time."
            }
        }
    }
}
