//! A request token: who asks, where, under which secret, and the proof that the secret was known.

use super::{Failure, OriginId, PopulationId, RuleId, TenantId};
use crate::time::Time;

/// What a caller shows with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// In whose name.
    pub tenant: TenantId,
    /// Under which of the tenant's secrets, counted from 1.
    pub generation: u16,
    /// The gate that it is meant for.
    pub audience: OriginId,
    /// Which client made it; it counts its tokens.
    pub client: PopulationId,
    /// Its number among the client's.
    pub number: u64,
    /// When it was made.
    pub issued: Time,
    /// That whoever made it knew the secret.
    pub proof: Proof,
}

/// The proof of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not computed: whether the secret was known.
    Modelled(bool),
    /// The first half of an HMAC-SHA-256 (RFC 2104, RFC 4868 §2.6: truncated to 128 bits) over what the token says and asks for.
    Computed([u8; 16]),
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rejection {
    /// There is none.
    Missing = 1,
    /// It is meant for another gate, or another tenant's callers.
    Misdirected = 2,
    /// Its secret is revoked, replaced for longer than the overlap, or was never issued.
    Revoked = 3,
    /// It is older than its life, or from the future.
    Expired = 4,
    /// Its proof is wrong.
    Forged = 5,
    /// Its number was seen before, or is too old to tell.
    Replayed = 6,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Missing, Self::Misdirected, Self::Revoked, Self::Expired, Self::Forged, Self::Replayed];

    /// The name in documents and audit records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Misdirected => "misdirected",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Forged => "forged",
            Self::Replayed => "replayed",
        }
    }
}

/// Why a gate turns a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denial {
    /// Its token is not accepted.
    Token(Rejection),
    /// This rule denies it, or none allows it.
    Forbidden(Option<RuleId>),
    /// The tenant has had what it may ask for there.
    Throttled,
}

impl Denial {
    /// A number of its own for each.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Token(why) => why as u64,
            Self::Forbidden(None) => 10,
            Self::Forbidden(Some(RuleId(rule))) => 10 | (rule as u64 + 1) << 8,
            Self::Throttled => 11,
        }
    }

    /// The name in documents and audit records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token(why) => why.name(),
            Self::Forbidden(_) => "forbidden",
            Self::Throttled => "throttled",
        }
    }

    /// What it is to who asked.
    #[must_use]
    pub const fn failure(self) -> Failure {
        match self {
            Self::Token(_) => Failure::Unauthenticated,
            Self::Forbidden(_) => Failure::Forbidden,
            Self::Throttled => Failure::Throttled,
        }
    }
}
