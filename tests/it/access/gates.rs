//! Gates against an oracle that remembers everything: whatever is shown, in whatever order, nothing is let in that should not be.

use super::Dice;
use keyfleet::kms::{
    CallName, ClassId, Denial, KeyRef, LoadId, OriginId, PopulationId, Proof, Rejection, TenantId, Token,
};
use keyfleet::service::{Access, Gate, Guarded, Limit, Secrets, TenantEntry, TokenPolicy, Wanted, proof};
use keyfleet::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

const TENANT: TenantId = TenantId(0);
const HERE: OriginId = OriginId(3);
const SPREAD: Span = Span::from_secs(10);
const LIFE: Span = Span::from_secs(300);
const OVERLAP: Span = Span::from_secs(3_600);
const CALLS: [CallName; 1] = [CallName(0)];

fn access(computed: bool) -> Access {
    let tokens = TokenPolicy { life: LIFE, rotate: None, overlap: OVERLAP, spread: SPREAD, computed };
    let tenants = vec![TenantEntry { name: 1, seed: [7; 32] }, TenantEntry { name: 2, seed: [8; 32] }];
    Access { tenants, tokens, rules: None }
}

fn asked(key: u32) -> Wanted<'static> {
    let key = KeyRef { class: ClassId(0), number: key };
    Wanted { load: LoadId(0), calls: &CALLS, key, located: false, country: None, zone: 0 }
}

fn gate(limit: Option<Limit>) -> Gate {
    Gate::new(HERE, Guarded { tenant: Some(TENANT), limit, patience: Span::MAX })
}

/// One sequence: a gate, the secrets of its tenant, and the oracle.
struct Run {
    dice: Dice,
    now: Time,
    access: Access,
    gate: Gate,
    secrets: Secrets,
    asks_at: Option<Time>,
    /// Tokens that were made, to be shown again or changed.
    made: Vec<(Token, u32)>,
    /// What the gate took.
    taken: BTreeSet<(PopulationId, u64)>,
    /// By secret: when it was issued, replaced, revoked.
    issued: BTreeMap<u16, Time>,
    replaced: BTreeMap<u16, Time>,
    revoked: BTreeMap<u16, Time>,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            now: Time::ZERO,
            access: access(seed.is_multiple_of(64)),
            gate: gate(None),
            secrets: Secrets::new(2),
            asks_at: None,
            made: Vec::new(),
            taken: BTreeSet::new(),
            issued: BTreeMap::from([(1, Time::ZERO)]),
            replaced: BTreeMap::new(),
            revoked: BTreeMap::new(),
        }
    }

    fn step(&mut self, seen: &mut BTreeMap<&'static str, u64>) {
        let pause = [Span::from_millis(5), Span::from_secs(1), Span::from_secs(200), Span::from_secs(2_000)];
        let pause = pause[self.dice.below(4) as usize].scale(self.dice.below(1_000) as f64 / 1_000.0);
        self.now += pause;
        if self.asks_at.is_some_and(|at| at <= self.now) {
            self.asks_at = None;
            self.gate.learn(self.secrets.of(TENANT));
        }
        match self.dice.below(12) {
            0 => self.news(false),
            1 if self.dice.one_in(2) => self.news(true),
            _ => {
                let (token, key) = self.token();
                self.show(token, key, seen);
            }
        }
    }

    /// Another secret, beside the one before or in its place.
    fn news(&mut self, revoke: bool) {
        let newest = self.secrets.of(TENANT).newest;
        let known = if revoke { self.secrets.revoke(self.now, TENANT) } else { self.secrets.issue(self.now, TENANT) };
        if revoke {
            self.issued.keys().for_each(|generation| {
                self.revoked.entry(*generation).or_insert(self.now);
            });
        }
        self.replaced.insert(newest, self.now);
        self.issued.insert(known.newest, self.now);
        if let Some(span) = self.gate.outdate(self.now, SPREAD, 4_321_987) {
            assert!(span <= SPREAD, "a gate asks within the spread");
            self.asks_at = Some(self.now + span);
        }
    }

    /// A token of the tenant's own caller, one that is shown again, or one with something changed.
    fn token(&mut self) -> (Token, u32) {
        if self.dice.one_in(3) && !self.made.is_empty() {
            let (mut token, mut key) = self.made[self.dice.below(self.made.len() as u64) as usize];
            match self.dice.below(9) {
                0 => token.audience = OriginId(4),
                1 => token.tenant = TenantId(1),
                2 => token.generation = self.dice.below(8) as u16,
                3 => token.number += self.dice.below(3),
                4 => token.issued = Time(token.issued.0 + self.dice.below(1 << 40)),
                5 => key += 1,
                6 => token.proof = Proof::Modelled(false),
                _ => {}
            }
            return (token, key);
        }
        let newest = self.secrets.of(TENANT).newest;
        let generation = newest - (self.dice.below(3) as u16).min(newest - 1);
        let (client, key) = (PopulationId(self.dice.below(2) as u16), self.dice.below(50) as u32);
        // Some are lost on their way, and some overtake others.
        let number = 3 * self.made.len() as u64 + self.dice.below(40);
        let token = Token {
            tenant: TENANT,
            generation,
            audience: HERE,
            client,
            number,
            issued: self.now,
            proof: Proof::Modelled(true),
        };
        let token = match self.access.tokens.computed {
            true => {
                let asked = (LoadId(0), KeyRef { class: ClassId(0), number: key });
                Token { proof: Proof::Computed(proof(&[7; 32], &token, asked)), ..token }
            }
            false => token,
        };
        self.made.push((token, key));
        (token, key)
    }

    fn show(&mut self, token: Token, key: u32, seen: &mut BTreeMap<&'static str, u64>) {
        let result = self.gate.admit(self.now, Some(&token), asked(key), &self.access);
        let genuine = match (self.access.tokens.computed, token.proof) {
            // What a modelled proof is over cannot be told: a changed one is as good as what it was made for.
            (false, Proof::Modelled(knew)) => knew,
            (true, Proof::Computed(_)) => self.made.iter().any(|(made, of)| *made == token && *of == key),
            _ => false,
        };
        let Ok(()) = result else {
            let Err(Denial::Token(why)) = result else { panic!("{result:?}") };
            *seen.entry(why.name()).or_default() += 1;
            let replaced = self.replaced.get(&token.generation).is_some_and(|at| self.now >= *at + OVERLAP);
            let learned = !self.issued.contains_key(&token.generation)
                || self.issued[&token.generation] + SPREAD > self.now
                || self.revoked.contains_key(&token.generation);
            if why == Rejection::Revoked {
                assert!(replaced || learned || token.generation + 1 < self.secrets.of(TENANT).newest, "{token:?}");
            }
            return;
        };
        *seen.entry("let in").or_default() += 1;
        assert!(genuine, "a forged token was let in: {token:?}");
        assert!(self.taken.insert((token.client, token.number)), "a token was let in twice: {token:?}");
        assert_eq!((token.tenant, token.audience), (TENANT, HERE));
        assert!(token.issued <= self.now && self.now.since(token.issued) <= LIFE, "{token:?}");
        assert!(self.issued.contains_key(&token.generation), "a secret that was never issued");
        if let Some(revoked) = self.revoked.get(&token.generation) {
            assert!(self.now.since(*revoked) <= SPREAD, "let in {} after its revocation", self.now.since(*revoked));
            *seen.entry("let in within the spread").or_default() += 1;
        }
        if let Some(replaced) = self.replaced.get(&token.generation) {
            assert!(self.now.since(*replaced) <= OVERLAP + SPREAD, "a secret that was replaced long ago");
            *seen.entry("let in beside the new secret").or_default() += 1;
        }
    }
}

#[test]
fn a_gate_lets_in_nothing_that_an_oracle_would_not() {
    let mut seen = BTreeMap::new();
    for seed in 0..100_000 {
        let mut run = Run::new(seed);
        (0..24).for_each(|_| run.step(&mut seen));
    }
    for sometimes in ["let in", "let in within the spread", "let in beside the new secret"] {
        assert!(seen.get(sometimes).is_some_and(|n| *n > 100), "never {sometimes}: {seen:?}");
    }
    for rejection in Rejection::ALL.into_iter().filter(|rejection| *rejection != Rejection::Missing) {
        assert!(seen.get(rejection.name()).is_some_and(|n| *n > 100), "never {}: {seen:?}", rejection.name());
    }
}

#[test]
fn a_million_made_up_tokens_open_nothing() {
    let (access, mut dice, mut gate) = (access(true), Dice::new(1), gate(None));
    let now = s(1_000);
    // A token that is right in every field but the proof, which is all that an attacker cannot know.
    for number in 0..1_000_000 {
        let bits = [dice.below(u64::MAX), dice.below(u64::MAX)];
        let token = Token {
            tenant: TenantId((dice.below(40) == 0) as u8),
            generation: if dice.one_in(40) { bits[0] as u16 } else { 1 },
            audience: if dice.one_in(40) { OriginId(bits[0] as u16) } else { HERE },
            client: PopulationId(bits[1] as u16),
            number: if dice.one_in(2) { number } else { bits[1] },
            issued: if dice.one_in(40) { Time(bits[0]) } else { now },
            proof: match dice.below(8) {
                0 => Proof::Modelled(true),
                _ => Proof::Computed(std::array::from_fn(|i| bits[i / 8].to_le_bytes()[i % 8])),
            },
        };
        // What a computed proof would cost a million times is not the point: nine in ten fail before it.
        let shown = if dice.one_in(10) { token } else { Token { generation: 2, ..token } };
        assert!(gate.admit(now, Some(&shown), asked(bits[0] as u32), &access).is_err(), "{shown:?}");
    }
    assert_eq!(gate.admit(now, None, asked(0), &access), Err(Denial::Token(Rejection::Missing)));
}

#[test]
fn a_bucket_lets_through_its_rate_and_its_burst() {
    // Tries are so near to each other that what is lost between two of them is little.
    for (rate, burst, tries) in
        [(10.0, 1.0, 200.0), (250.0, 2.0, 20.0), (0.5, 4.0, 200.0), (100_000.0, 0.1, 20.0), (3.0, 0.1, 900.0)]
    {
        let limit = Limit { rate, burst: Span::from_secs_f64(burst) };
        let mut gate = Gate::new(HERE, Guarded { tenant: None, limit: Some(limit), patience: Span::MAX });
        let mut let_in = |from: u64, seconds: u64| {
            let tries = (seconds as f64 * rate * tries) as u64;
            let at = |i: u64| s(from) + Span::from_secs(seconds).scale(i as f64 / tries as f64);
            let through = |i: &u64| gate.admit(at(*i), None, asked(0), &Access::default()).is_ok();
            (0..tries).filter(through).count() as f64
        };
        let seconds = (50.0 / rate).ceil() as u64;
        for from in [10, 100_000] {
            let (expected, got) = (rate * (seconds as f64 + burst), let_in(from, seconds));
            assert!((got - expected).abs() <= 1.5, "{rate}/s, {burst} s: {got} instead of {expected}");
        }
        let closed = Limit { rate: 0.0, ..limit };
        let mut gate = Gate::new(HERE, Guarded { tenant: None, limit: Some(closed), patience: Span::MAX });
        assert_eq!(gate.admit(s(5_000), None, asked(0), &Access::default()), Err(Denial::Throttled));
    }
}

fn s(seconds: u64) -> Time {
    Time::ZERO + Span::from_secs(seconds)
}
