//! Attackers: for each population that a flood strikes another one, which asks for the same at the same place while the flood lasts,
//! and shows at the gate what it has.

use super::{Caller, Event, World};
use crate::engine::Queue;
use crate::kms::{FaultId, KeyRef, PopulationId, Proof, Token};
use crate::load::{Arrivals, Curve, Pattern};
use crate::rng::{Purpose, Streams};
use crate::scenario::{Imitation, Papers, Scenario};
use crate::service::{Input, PopulationEntry};
use crate::time::Time;
use std::collections::VecDeque;
use std::sync::Arc;

/// Tokens that those who overhear a population remember.
const OVERHEARD: usize = 64;

/// Attackers of one population.
#[derive(Clone, Debug)]
pub(super) struct Attacker {
    imitation: Imitation,
    /// By what its luck is found: flood and victim.
    name: String,
    caller: Caller,
    /// Requests under way belong to the flood that struck so many times.
    floods: u32,
    active: bool,
    /// The secret that they have.
    generation: u16,
}

/// All attackers of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Attackers {
    streams: Option<Streams>,
    /// Their populations are numbered after those of the scenario.
    first: usize,
    all: Vec<Attacker>,
    /// By population of the scenario: tokens that are overheard; empty where nobody listens.
    overheard: Vec<Option<VecDeque<(Token, KeyRef)>>>,
}

/// Their entries in the catalog.
pub(super) fn entries(s: &Scenario) -> impl Iterator<Item = PopulationEntry> {
    let entry = |imitation: Imitation| {
        let victim = &s.populations[imitation.victim.index()];
        PopulationEntry { load: victim.load, origin: victim.origin, hostile: true }
    };
    s.imitations().into_iter().map(entry)
}

impl Attackers {
    /// None of them asks yet.
    pub(super) fn new(s: &Scenario, streams: &Streams, callers: &[Caller]) -> Self {
        let imitations = s.imitations();
        let mut overheard = vec![None; s.populations.len()];
        for imitation in imitations.iter().filter(|imitation| imitation.papers == Papers::Replayed) {
            overheard[imitation.victim.index()] = Some(VecDeque::new());
        }
        let attacker = |imitation: Imitation| {
            let victim = &callers[imitation.victim.index()];
            let name = s.name_of(imitation);
            let caller = Caller { picks: streams.key(Purpose::Keys, &name), sequence: 0, ..victim.clone() };
            Attacker { imitation, name, caller, floods: 0, active: false, generation: 0 }
        };
        let all = imitations.into_iter().map(attacker).collect();
        Self { streams: Some(*streams), first: s.populations.len(), all, overheard }
    }

    /// Whether this source of requests is one of them.
    #[inline]
    pub(super) fn has(&self, source: u32) -> bool {
        source as usize >= self.first
    }

    /// Whether anybody listens.
    pub(super) fn overhear_any(&self) -> bool {
        self.overheard.iter().any(Option::is_some)
    }

    /// A token is on its way to its gate.
    #[inline]
    pub(super) fn overhear(&mut self, population: PopulationId, token: Option<Token>, key: KeyRef) {
        if let (Some(Some(known)), Some(token)) = (self.overheard.get_mut(population.index()), token) {
            if known.len() == OVERHEARD {
                known.pop_front();
            }
            known.push_back((token, key));
        }
    }
}

impl World {
    /// A flood begins or ends.
    pub(super) fn flood(&mut self, now: Time, fault: FaultId, strikes: bool, queue: &mut Queue<Event>) {
        let (first, until) = (self.attackers.first, self.until);
        let Some(streams) = self.attackers.streams else { return };
        for (number, attacker) in self.attackers.all.iter_mut().enumerate() {
            if attacker.imitation.fault != fault {
                continue;
            }
            attacker.active = strikes;
            if !strikes {
                continue;
            }
            attacker.floods += 1;
            let catalog = self.service.catalog();
            let entry = &catalog.populations[first + number];
            let tenant = catalog.origins[entry.origin.index()].guarded.tenant;
            attacker.generation = tenant.map_or(0, |tenant| self.service.newest_secret(tenant));
            let name = format!("{}#{}", attacker.name, attacker.floods);
            let stream = streams.stream(Purpose::Arrivals, &name);
            let curve = Arc::new(Curve::constant(attacker.imitation.rate));
            attacker.caller.arrivals = Arrivals::new(stream, curve, Pattern::Poisson, now, until);
            if let Some(at) = attacker.caller.arrivals.next() {
                queue.source((first + number) as u32, at);
            }
        }
    }

    /// An attacker asks. What was about to come when the flood ended does not.
    #[cold]
    pub(super) fn attack(&mut self, now: Time, source: u32, queue: &mut Queue<Event>) {
        let population = PopulationId(source as u16);
        let number = source as usize - self.attackers.first;
        if !self.attackers.all[number].active {
            return;
        }
        let attacker = &mut self.attackers.all[number];
        let sequence = attacker.caller.sequence;
        attacker.caller.sequence += 1;
        if let Some(next) = attacker.caller.arrivals.next() {
            queue.source(source, next);
        }
        let attacker = &self.attackers.all[number];
        let key = attacker.caller.pick(population, &self.service);
        let (token, key) = self.shown(now, population, attacker, (sequence, key));
        self.deliver(now, Input::Presented { population, sequence, key, from: None, token }, queue);
    }

    /// What an attacker shows, and the key that it asks for: of a token that it overheard, the one that this was made for.
    fn shown(
        &self,
        now: Time,
        client: PopulationId,
        attacker: &Attacker,
        (number, key): (u64, KeyRef),
    ) -> (Option<Token>, KeyRef) {
        let catalog = self.service.catalog();
        let entry = &catalog.populations[client.index()];
        let Some(tenant) = catalog.origins[entry.origin.index()].guarded.tenant else { return (None, key) };
        let (generation, audience) = (attacker.generation, entry.origin);
        let made = |proof| Token { tenant, generation, audience, client, number, issued: now, proof };
        match attacker.imitation.papers {
            Papers::Nothing => (None, key),
            Papers::Forged => {
                let guess = Proof::Computed(core::array::from_fn(|i| number.to_le_bytes()[i % 8]));
                (Some(made(guess)), key)
            }
            Papers::Stolen => (Some(self.proven(made(Proof::Modelled(true)), (entry.load, key))), key),
            Papers::Replayed => {
                let known = self.attackers.overheard[attacker.imitation.victim.index()].as_ref();
                let shown = known.and_then(|known| known.get(number as usize % known.len().max(1)));
                shown.map_or((None, key), |(token, key)| (Some(*token), *key))
            }
        }
    }
}
