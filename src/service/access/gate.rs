//! The gate before an origin's routing: authenticate, authorise, admit, in this order. It knows the secrets of its tenant as they were
//! when it last asked, and what its own callers have sent; nothing of other gates.

use super::rules::Question;
use super::secrets::{Known, proof};
use super::turned::Turned;
use super::window::Window;
use super::{Access, Guarded};
use crate::bucket::Bucket;
use crate::kms::{
    CallName, CountryId, Denial, KeyRef, LoadId, OriginId, PopulationId, Proof, Rejection, RuleId, TenantId, Token,
};
use crate::service::io::Out;
use crate::time::{Span, Time};

/// What is asked for at a gate.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The operation.
    pub load: LoadId,
    /// Its calls.
    pub calls: &'a [CallName],
    /// Under which key.
    pub key: KeyRef,
    /// It was located by itself, and not by where its gate stands.
    pub located: bool,
    /// From which country, by number; `None` where nobody knows.
    pub country: Option<CountryId>,
    /// In which time zone, by number.
    pub zone: u8,
}

/// What a gate remembers of a client.
#[derive(Clone, Copy, Debug)]
struct Client {
    id: PopulationId,
    /// What it asked for first, and mostly does, and whether it is known that rules allow that whatever the hour.
    load: LoadId,
    settled: bool,
    window: Window,
}

/// The state of one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    origin: OriginId,
    tenant: Option<TenantId>,
    known: Known,
    /// It will ask for news of secrets.
    asking: bool,
    bucket: Option<Bucket>,
    clients: Vec<Client>,
    turned: Turned,
}

impl Gate {
    /// A gate that has seen nothing.
    #[must_use]
    pub fn new(origin: OriginId, guarded: Guarded) -> Self {
        let bucket = guarded.limit.map(Bucket::new);
        let (tenant, known) = (guarded.tenant, Known::FIRST);
        Self { origin, tenant, known, asking: false, bucket, clients: Vec::new(), turned: Turned::default() }
    }

    /// The token that its own callers make for a request now, under this secret; `None` for none.
    #[inline]
    #[must_use]
    pub fn fresh(&self, now: Time, secret: u16, (client, number): (PopulationId, u64)) -> Option<Token> {
        let tenant = self.tenant.filter(|_| secret > 0)?;
        let proof = Proof::Modelled(true);
        Some(Token { tenant, generation: secret, audience: self.origin, client, number, issued: now, proof })
    }

    /// Lets a request in, or says why not.
    ///
    /// # Errors
    /// The first of what speaks against it: its token, the rules, the tenant's limit.
    #[inline]
    pub fn admit(
        &mut self,
        now: Time,
        token: Option<&Token>,
        asked: Wanted<'_>,
        access: &Access,
    ) -> Result<(), Denial> {
        if let Some(tenant) = self.tenant {
            let token = token.ok_or(Rejection::Missing);
            let settled = token
                .and_then(|token| self.authenticate(now, token, (tenant, asked), access))
                .map_err(Denial::Token)?;
            if !settled {
                judge(now, access, tenant, asked).map_err(Denial::Forbidden)?;
            }
        }
        let full = self.bucket.as_mut().is_none_or(|bucket| bucket.take(now));
        if full { Ok(()) } else { Err(Denial::Throttled) }
    }

    /// Whether rules allow what is asked for, whatever was shown and however much there was before.
    #[must_use]
    pub fn allows(&self, now: Time, asked: Wanted<'_>, access: &Access) -> bool {
        self.tenant.is_none_or(|tenant| judge(now, access, tenant, asked).is_ok())
    }

    /// Counts a request that was turned away.
    #[cold]
    pub fn count(&mut self, denial: Denial) {
        self.turned.count(denial);
    }

    /// Whether it is known, of the client whose token it is, that rules allow what it asks for.
    #[inline]
    fn authenticate(
        &mut self,
        now: Time,
        token: &Token,
        (tenant, asked): (TenantId, Wanted<'_>),
        access: &Access,
    ) -> Result<bool, Rejection> {
        let policy = &access.tokens;
        if token.audience != self.origin || token.tenant != tenant {
            return Err(Rejection::Misdirected);
        }
        if !self.known.accepts(token.generation, now, policy.overlap) {
            return Err(Rejection::Revoked);
        }
        if token.issued > now || now.since(token.issued) > policy.life {
            return Err(Rejection::Expired);
        }
        let genuine = match token.proof {
            Proof::Modelled(knew) => knew && !policy.computed,
            Proof::Computed(given) => {
                let right = proof(&access.tenants[token.tenant.index()].seed, token, (asked.load, asked.key));
                // All of it is looked at, so that time tells nothing of where they differ.
                given.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
            }
        };
        if !genuine {
            return Err(Rejection::Forged);
        }
        let client = self.client(token.client, (tenant, asked), access);
        let known = client.settled && client.load == asked.load && !asked.located;
        if client.window.take(token.number) { Ok(known) } else { Err(Rejection::Replayed) }
    }

    /// Clients at an origin are few: one for each load.
    #[inline]
    fn client(&mut self, id: PopulationId, about: (TenantId, Wanted<'_>), access: &Access) -> &mut Client {
        let known = self.clients.iter().position(|client| client.id == id);
        let place = known.unwrap_or_else(|| self.meet(id, about, access));
        &mut self.clients[place]
    }

    #[cold]
    fn meet(&mut self, id: PopulationId, (tenant, asked): (TenantId, Wanted<'_>), access: &Access) -> usize {
        let always = |question| access.rules.as_ref().is_none_or(|rules| rules.settled(question) == Some(true));
        let settled = !asked.located && questions(tenant, asked).all(always);
        self.clients.push(Client { id, load: asked.load, settled, window: Window::default() });
        self.clients.len() - 1
    }

    /// The secret that its callers make tokens with: they are given it together with the gate.
    #[inline]
    #[must_use]
    pub const fn generation(&self) -> u16 {
        self.known.newest
    }

    /// Whose callers it lets in.
    #[must_use]
    pub const fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// There is news of secrets, which it learns when it asks the next time: when, if it did not know of any. `name`: by which its
    /// phase is found.
    pub fn outdate(&mut self, now: Time, spread: Span, name: u64) -> Option<Span> {
        let (_, until) = spread.turn(now, name);
        (!std::mem::replace(&mut self.asking, true)).then_some(until)
    }

    /// It learns what is so. Whether secrets are revoked that it accepted until now.
    pub fn learn(&mut self, known: Known) -> bool {
        self.asking = false;
        let before = std::mem::replace(&mut self.known, known);
        known.revoked > before.revoked
    }

    /// Tells what it turned away since the last time.
    pub fn seal(&mut self, out: &mut Out) {
        self.turned.seal(self.origin, out);
    }
}

/// What is to be decided of an operation: each of its calls by itself.
#[inline]
fn questions<'a>(tenant: TenantId, asked: Wanted<'a>) -> impl Iterator<Item = Question> + use<'a> {
    let Wanted { calls, key, country, zone, .. } = asked;
    calls.iter().map(move |call| Question { tenant, call: *call, class: key.class, country, zone })
}

/// Lets an operation through of which all calls are allowed; all are where there are no rules. Else why not.
#[inline(never)]
fn judge(now: Time, access: &Access, tenant: TenantId, asked: Wanted<'_>) -> Result<(), Option<RuleId>> {
    let Some(rules) = &access.rules else { return Ok(()) };
    questions(tenant, asked).try_for_each(|question| rules.judge(now, question))
}
