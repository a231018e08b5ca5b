//! What the control plane does with secrets: issues them in turn, revokes them, and lets gates know.

use crate::kms::{AccessFact, Fact, OriginId, PopulationId, TenantId, Token};
use crate::service::Service;
use crate::service::io::{Out, Timer};
use crate::time::Time;

impl Service {
    /// The secret that an origin's callers make tokens with.
    #[inline]
    #[must_use]
    pub fn generation(&self, origin: OriginId) -> u16 {
        self.gates[origin.index()].generation()
    }

    /// The token that an origin's callers make for a request now, its proof not computed; `None` where they need none.
    #[must_use]
    pub fn fresh(&self, now: Time, origin: OriginId, request: (PopulationId, u64)) -> Option<Token> {
        let gate = &self.gates[origin.index()];
        gate.fresh(now, gate.generation(), request)
    }

    /// The newest secret of a tenant.
    #[must_use]
    pub fn newest_secret(&self, tenant: TenantId) -> u16 {
        self.secrets.of(tenant).newest
    }

    /// Sets the timers of secrets that are issued in turn: each tenant at a time of its own.
    pub(in crate::service) fn begin_secrets(&self, now: Time, out: &mut Out) {
        let Some(rotate) = self.catalog.access.tokens.rotate else { return };
        for (tenant, entry) in self.catalog.access.tenants.iter().enumerate() {
            let first = Time(entry.name % rotate.0.max(1));
            let turns = now.since(first).0.div_ceil(rotate.0.max(1));
            out.after((first + rotate * turns).since(now), Timer::Issue(TenantId(tenant as u8)));
        }
    }

    /// A tenant's turn for a new secret has come. Where nobody can issue one, it comes again after the same time.
    pub(in crate::service) fn issue(&mut self, now: Time, tenant: TenantId, out: &mut Out) {
        let Some(rotate) = self.catalog.access.tokens.rotate else { return };
        out.after(rotate, Timer::Issue(tenant));
        if !self.down {
            let generation = self.secrets.issue(now, tenant).newest;
            out.fact(Fact::Access(AccessFact::Issued { tenant, generation }));
            self.spread_secrets(now, tenant, out);
        }
    }

    /// A tenant's newest secret is in wrong hands; nobody knows it yet.
    pub(in crate::service) fn secret_leaked(&self, tenant: TenantId, out: &mut Out) {
        let generation = self.newest_secret(tenant);
        out.fact(Fact::Access(AccessFact::Leaked { tenant, generation }));
    }

    /// A tenant's secrets are revoked, and it is issued another; while the control plane stands still, that waits.
    pub(in crate::service) fn revoke(&mut self, now: Time, tenant: TenantId, out: &mut Out) {
        if self.down {
            return self.secrets.wait(tenant);
        }
        let known = self.secrets.revoke(now, tenant);
        out.fact(Fact::Access(AccessFact::Revoked { tenant, generation: known.revoked }));
        out.fact(Fact::Access(AccessFact::Issued { tenant, generation: known.newest }));
        self.spread_secrets(now, tenant, out);
    }

    /// Gates of a tenant will learn what is new when they ask the next time.
    fn spread_secrets(&mut self, now: Time, tenant: TenantId, out: &mut Out) {
        let spread = self.catalog.access.tokens.spread;
        for (number, gate) in self.gates.iter_mut().enumerate().filter(|(_, gate)| gate.tenant() == Some(tenant)) {
            let name = self.catalog.origins[number].name;
            if let Some(span) = gate.outdate(now, spread, name) {
                out.after(span, Timer::Learn(OriginId(number as u16)));
            }
        }
    }

    /// A gate asks for news of secrets.
    pub(in crate::service) fn learn_secrets(&mut self, now: Time, origin: OriginId, out: &mut Out) {
        let gate = &mut self.gates[origin.index()];
        let Some(tenant) = gate.tenant() else { return };
        let known = self.secrets.of(tenant);
        if gate.learn(known) {
            let after = now.since(self.secrets.revoked_at(tenant));
            out.fact(Fact::Access(AccessFact::Learned { origin, generation: known.revoked, after }));
        }
    }
}
