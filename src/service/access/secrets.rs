//! The secrets of tenants: issued in turn, each valid for a while beside its successor, revoked at once. The control plane knows
//! them as they are, a gate as they were when it asked last.

use crate::kms::{KeyRef, LoadId, TenantId, Token};
use crate::time::{Span, Time};
use ring::hmac;

/// How tokens are made and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenPolicy {
    /// How long a token is accepted.
    pub life: Span,
    /// How often a tenant has a new secret; `None` for never.
    pub rotate: Option<Span>,
    /// How long the one before is accepted beside it.
    pub overlap: Span,
    /// How often a gate asks for news of secrets: so long it may go by older ones.
    pub spread: Span,
    /// Proofs are computed, and not only modelled.
    pub computed: bool,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        let (life, overlap) = (Span::from_secs(300), Span::from_secs(86_400));
        Self { life, rotate: Some(Span::from_secs(30 * 86_400)), overlap, spread: Span::from_secs(10), computed: false }
    }
}

/// What is known of a tenant's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The newest one.
    pub newest: u16,
    /// When it was issued.
    pub since: Time,
    /// All up to this one are revoked; 0 for none.
    pub revoked: u16,
}

impl Known {
    /// The first secret.
    pub const FIRST: Self = Self { newest: 1, since: Time::ZERO, revoked: 0 };

    /// Whether tokens under this secret are accepted.
    #[inline]
    #[must_use]
    pub fn accepts(self, generation: u16, now: Time, overlap: Span) -> bool {
        let beside = || generation + 1 == self.newest && now < self.since + overlap;
        generation > self.revoked && generation <= self.newest && (generation == self.newest || beside())
    }
}

/// The secrets of all tenants, as they are.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    known: Vec<Known>,
    /// By tenant: when secrets were last revoked.
    revoked_at: Vec<Time>,
    /// Tenants whose secrets are to be revoked, while nobody does it.
    waiting: Vec<TenantId>,
}

impl Secrets {
    /// The first secret of each.
    #[must_use]
    pub fn new(tenants: usize) -> Self {
        Self { known: vec![Known::FIRST; tenants], revoked_at: vec![Time::ZERO; tenants], waiting: Vec::new() }
    }

    /// What is so.
    #[inline]
    #[must_use]
    pub fn of(&self, tenant: TenantId) -> Known {
        self.known[tenant.index()]
    }

    /// When a tenant's secrets were last revoked.
    #[must_use]
    pub fn revoked_at(&self, tenant: TenantId) -> Time {
        self.revoked_at[tenant.index()]
    }

    /// Since the secret that a token is made with was revoked, where it was.
    #[must_use]
    pub fn revoked_for(&self, now: Time, token: &Token) -> Option<Span> {
        let revoked = self.of(token.tenant).revoked;
        (token.generation <= revoked).then(|| now.since(self.revoked_at(token.tenant)))
    }

    /// Issues the next one.
    pub fn issue(&mut self, now: Time, tenant: TenantId) -> Known {
        let known = &mut self.known[tenant.index()];
        *known = Known { newest: known.newest.saturating_add(1), since: now, ..*known };
        *known
    }

    /// Revokes all that were issued, and issues another.
    pub fn revoke(&mut self, now: Time, tenant: TenantId) -> Known {
        self.known[tenant.index()].revoked = self.of(tenant).newest;
        self.revoked_at[tenant.index()] = now;
        self.issue(now, tenant)
    }

    /// A tenant's secrets are to be revoked as soon as somebody can.
    pub fn wait(&mut self, tenant: TenantId) {
        self.waiting.push(tenant);
    }

    /// Tenants that wait for it.
    pub fn waiting(&mut self) -> Vec<TenantId> {
        std::mem::take(&mut self.waiting)
    }
}

/// The proof of a token for a request, under its secret, which is made from the tenant's `seed`.
#[must_use]
pub fn proof(seed: &[u8; 32], token: &Token, (load, key): (LoadId, KeyRef)) -> [u8; 16] {
    let secret = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, seed), &token.generation.to_be_bytes());
    let mut text = Vec::with_capacity(32);
    text.push(token.tenant.0);
    for word in [token.generation, token.audience.0, token.client.0, load.0, key.class.0] {
        text.extend(word.to_be_bytes());
    }
    text.extend(key.number.to_be_bytes());
    text.extend(token.number.to_be_bytes());
    text.extend(token.issued.0.to_be_bytes());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref()), &text);
    let mut half = [0; 16];
    half.copy_from_slice(&tag.as_ref()[..16]);
    half
}
