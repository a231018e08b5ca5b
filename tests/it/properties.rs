//! The service under any order of inputs: messages lost, doubled, swapped and late, timers at any time, sites lost for good.
//! What must always hold is checked at every step; that what could happen did happen, at the end.

mod cases;
mod changing;
mod crowded;
mod life;
mod settle;

use crate::fleet::{parse, s};
use crowded::is_tight;
use keyfleet::kms::{
    Cell, ClassId, Fact, Failure, Flight, KeyRef, KeyState, KeyVersion, Outcome, PopulationId, RegionId, ShardId,
    SiteId, StoreAnswer, StoreOp,
};
use keyfleet::rng::Key;
use keyfleet::service::{Calendar, Catalog, Effect, Input, Out, Service, Timer};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const FLEET: &str = r#"
format = 1
run = "1 h"
[profile.box]
op.sign = { mean = "1 ms" }
op.decrypt = { mean = "1 ms" }
generate = "1/s"
[region]
eu = { at = "Frankfurt", device = "box", sites = 3 }
us = { at = "aws:us-east-1", device = "box", sites = 2 }
jp = { at = "Tokyo", device = "box", sites = 1 }
[key.bound]
count = { eu = 3, us = 3 }
algorithm = "rsa-2048"
rotate = { every = "2 h", keep = "2 h", uses = 10 }
[key.free]
count = { eu = 3, us = 3 }
algorithm = "rsa-2048"
stay = "anywhere"
copies = 1
partner_copies = 1
escrow_copies = 1
rotate = { every = "2 h", keep = "4 h" }
wrapped_by = "wrap"
durability = 1
[key.wrap]
count = { eu = 1, us = 1 }
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
[load.pay]
from = { eu = "1/s", us = "1/s" }
calls = ["decrypt", "sign"]
key = "bound"
timeout = "2 s"
retry = { attempts = 1, attempt_timeout = "700 ms", backoff = "100 ms" }
[load.open]
from = { eu = "1/s", us = "1/s" }
calls = ["sign"]
key = "free"
timeout = "1 s"
retry = { attempts = 20, backoff = "1 ms", budget = "none" }
[health]
phase = "0 s"
interval = "2 s"
threshold = 1
timeout = "1 s"
propagation = "1 s"
[routing]
shards = 6
"#;

/// The version that a key has at the start; 0 for one that is still to come.
fn first(catalog: &Catalog, key: KeyRef) -> u32 {
    let there = catalog.is_there(catalog.shards.lot(key), Time::ZERO) || catalog.changes.is_empty();
    if there { catalog.classes[key.class.index()].retired + 1 } else { 0 }
}

fn catalog() -> Arc<Catalog> {
    Arc::clone(Blueprint::new(parse(FLEET)).catalog())
}

fn service(catalog: &Arc<Catalog>) -> Service {
    let luck = (0..catalog.populations.len() as u64).map(Key).collect();
    let due = |class: u64| (0..6).map(|i| (s((i * 3 + class) as f64), i as u32)).collect::<VecDeque<_>>();
    // Where slots are few, retired versions must come to their end; else keys fall due early and often.
    let calendar = match is_tight(catalog) {
        true => Calendar::new(catalog, Key(0), Time::ZERO, s(1e6)),
        false => Calendar::with_due(vec![due(0), due(1), VecDeque::new()], Key(0), Time::ZERO),
    };
    Service::new(Arc::clone(catalog), luck, calendar, Time::ZERO)
}

/// One step of a sequence: what is done, to which of the candidates, how much later.
type Move = (u8, u16, u16);

/// How often what could happen did.
type Seen = BTreeMap<&'static str, u64>;

/// What is on its way to the service, and what it did so far.
struct Course<'a> {
    catalog: &'a Catalog,
    service: Service,
    now: Time,
    /// Messages and answers on their way; they may be lost, doubled and swapped.
    coming: Vec<Input>,
    /// Timers and deadlines; they come once, early or late.
    timers: Vec<(Time, Input)>,
    /// Reports to the control plane, which come once, whatever they say.
    reports: Vec<Input>,
    gone: BTreeSet<SiteId>,
    down: BTreeSet<SiteId>,
    /// What the metadata store holds: epoch and value.
    cells: BTreeMap<Cell, (u64, u64)>,
    decided: BTreeSet<(u32, u32)>,
    offered: u64,
    ended: u64,
    lives: life::Lives,
    /// The sites that ever were to hold each shard, and those that erased it.
    held: BTreeSet<(ShardId, SiteId)>,
    erased: BTreeSet<(ShardId, SiteId)>,
    /// Shards that are in escrow only.
    sealed: BTreeSet<ShardId>,
    /// Keys whose successor waits for a slot.
    crowded: BTreeSet<KeyRef>,
    seen: &'a mut Seen,
}

impl Course<'_> {
    fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn tell(&mut self, input: Input) {
        let mut out = Out::default();
        let now = self.now;
        self.service.on(now, input, &mut out);
        let of = match input {
            Input::Answer { flight, .. } | Input::Expired { flight, .. } => Some(flight),
            Input::Timer(Timer::Retry { flight, .. }) => Some(flight),
            _ => None,
        };
        if matches!((input, out.0.is_empty()), (Input::Answer { .. }, true)) {
            self.count("an answer came too late or twice");
        }
        self.note_members();
        let before = self.ended;
        for effect in out.0 {
            self.effect(effect);
        }
        assert!(self.ended <= before + 1, "one input ends one request at most: {input:?}");
        if let (true, Some(Flight { slot, generation })) = (self.ended > before, of) {
            assert!(self.decided.insert((slot, generation)), "a request was answered twice: {input:?}");
        }
        assert_eq!(self.service.in_flight() as u64, self.offered - self.ended, "each is under way until it ends");
    }

    /// Notes which sites are to hold each shard now.
    fn note_members(&mut self) {
        let directory = self.service.directory();
        for shard in (0..self.catalog.shards.shards().len()).map(|i| ShardId(i as u32)) {
            self.held.extend(directory.members(shard).map(|site| (shard, site)));
        }
    }

    /// Whether a site is or was to hold a key.
    fn held(&self, key: KeyRef, site: SiteId) -> bool {
        self.held.contains(&(self.catalog.shards.of(key), site))
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Call { to, call, deadline, .. } => {
                assert!(self.held(call.key, to), "{to:?} has no copy of {:?}", call.key);
                assert!(deadline > self.now && deadline <= self.now + Span::from_secs(2), "{deadline} at {}", self.now);
                assert!(self.service.awaited(call.flight, call.serial).is_some());
                self.coming.push(Input::Call { site: to, call });
                self.timers.push((deadline, Input::Expired { flight: call.flight, serial: call.serial }));
            }
            Effect::Submit { site, call, .. } => {
                let (first, shard) = (self.first(call.key), self.catalog.shards.of(call.key));
                assert!(!self.erased.contains(&(shard, site)), "{site:?} has erased {shard:?}");
                assert!(!self.service.directory().is_escrow(shard, site), "{site:?} uses what is in escrow");
                let version = KeyVersion { key: call.key, version: call.version };
                let suspended = self.service.versions().state(version, self.catalog) == KeyState::Suspended;
                assert!(!suspended || !self.catalog.protects[call.call.index()], "{version:?} is suspended");
                self.lives.used(KeyVersion { key: call.key, version: call.version }, first);
                let outcome =
                    if self.down.contains(&site) { Outcome::Failed(Failure::NoDevice) } else { Outcome::Done };
                let (wait, service) = (Span::ZERO, Span::from_millis(1));
                self.coming.push(Input::HsmDone { site, call, outcome, wait, service });
            }
            Effect::Answer { site, call, outcome } => {
                self.coming.push(Input::Answer { flight: call.flight, serial: call.serial, site, outcome });
            }
            Effect::After { span, timer } => self.timers.push((self.now + span, Input::Timer(timer))),
            Effect::Generate { site, key } => {
                assert!(self.held(key, site));
                let shard = self.catalog.shards.of(key);
                assert!(!self.service.directory().is_escrow(shard, site), "{site:?} generates for what is in escrow");
                self.reports.push(Input::Generated { site, key, done: Some(Span::from_secs(1)) });
            }
            Effect::Copy { from, to, version } => {
                assert!(from != to && self.held(version.key, from) && self.held(version.key, to));
                self.reports.push(Input::Copied { site: to, version, done: true });
            }
            Effect::Probe { site, observer, .. } => {
                self.reports.push(Input::Probed { site, observer, answered: true });
            }
            Effect::Store { from, op } => {
                let shard = match op.cell() {
                    Cell::Key(key) => self.catalog.shards.of(key),
                    Cell::Shard(shard) => shard,
                    Cell::Fence(region) => panic!("{region:?} is fenced, where there is no emergency access"),
                };
                assert!(self.held.contains(&(shard, from)), "{from:?} asks for {op:?}");
                self.reports.push(Input::Stored { op, answer: StoreAnswer::Unavailable });
            }
            Effect::Emergency(effect) => panic!("{effect:?}, where there is no emergency access"),
            Effect::Fact(fact) => self.fact(fact),
        }
    }

    /// The version that a key has at the start.
    fn first(&self, key: KeyRef) -> u32 {
        first(self.catalog, key)
    }

    /// The metadata store: while sites are down, it does not answer; whether it writes, nobody knows then.
    fn store(&mut self, op: StoreOp) -> StoreAnswer {
        let StoreOp::Cas { cell, expect, value } = op else { panic!("{op:?}") };
        let (epoch, there) = self.cells.get(&cell).copied().unwrap_or_default();
        if self.down.len() % 2 == 1 {
            self.count("a write was lost");
            return StoreAnswer::Unavailable;
        }
        if expect != epoch {
            self.count(match there.cmp(&value) {
                Ordering::Equal => "a write had taken place",
                Ordering::Less => "a write met another epoch",
                // Asked twice, and the key has rotated again since.
                Ordering::Greater => "a write came after a newer one",
            });
            return StoreAnswer::Conflict { epoch, value: there };
        }
        let rises = matches!(cell, Cell::Shard(_)) || there < value;
        assert!(rises, "{op:?}: versions rise, {there} is there");
        self.cells.insert(cell, (epoch + 1, value));
        if self.down.is_empty() {
            return StoreAnswer::Written { epoch: epoch + 1 };
        }
        self.count("the answer to a write was lost");
        StoreAnswer::Unavailable
    }

    fn fact(&mut self, fact: Fact) {
        let catalog = self.catalog;
        if let Some(what) = self.lives.take(fact, |key| first(catalog, key)) {
            self.count(what);
        }
        match fact {
            Fact::Offered { .. } => self.offered += 1,
            Fact::Completed { population, retries, latency, .. } => {
                self.ended += 1;
                let load = self.catalog.populations[population.index()].load;
                assert!(latency < self.catalog.loads[load.index()].timeout, "{latency} is too late to be good");
                self.count(if retries > 0 { "a retry was answered" } else { "a first attempt was answered" });
            }
            Fact::Failed { reason, .. } => {
                self.ended += 1;
                self.count(reason.name());
            }
            Fact::Detected { up, .. } => self.count(if up { "a site was found up" } else { "a site was found down" }),
            Fact::Activated { version, .. } => {
                let published = self.cells.get(&Cell::Key(version.key)).map(|(_, value)| *value);
                assert_eq!(published, Some(version.version.into()), "active is what is published");
                let shard = self.catalog.shards.of(version.key);
                let down = self.service.directory().members(shard).any(|site| self.down.contains(&site));
                self.count(if down { "a key rotated with a host down" } else { "a key rotated" });
            }
            Fact::VersionLost { used, .. } => {
                self.count(if used { "a version in use was lost" } else { "a version was lost before its use" });
            }
            Fact::KeysLost { .. } => self.count("keys were lost"),
            Fact::Suspended { .. } => self.count("keys were suspended"),
            Fact::Resumed { .. } => self.count("suspended keys were in use again"),
            Fact::LeftInEscrow { .. } => {
                self.count("keys were left in escrow");
                let directory = self.service.directory();
                let gone = |shard: &ShardId| {
                    let hosts = directory.hosts(*shard).serving();
                    !hosts.is_empty() && hosts.iter().all(|site| self.gone.contains(site))
                };
                let shards = (0..self.catalog.shards.shards().len()).map(|i| ShardId(i as u32));
                self.sealed.extend(shards.filter(gone));
            }
            Fact::NoSlot { key, .. } => {
                self.slots_hold();
                self.crowded.insert(key);
                self.count("a successor waited for a slot");
            }
            Fact::Generated { version, .. } if self.crowded.remove(&version.key) => {
                self.count("who waited for a slot got one");
            }
            Fact::Sealed { .. } => self.count("a batch was sealed"),
            Fact::Configured { shard, hosts, .. } => self.configured(shard, hosts),
            Fact::Zeroised { site, shard, .. } => {
                assert!(self.erased.insert((shard, site)), "{site:?} erases {shard:?} twice");
                self.count("a site erased a shard");
            }
            Fact::ChangeEnded { refused, .. } => {
                self.count(if refused > 0 { "a change could not be made of all shards" } else { "a change was made" });
            }
            Fact::Moved { .. } => self.count("a version moved to a site that joins"),
            Fact::Outdated { .. } => self.count("a caller was sent on with the newest table"),
            _ => {}
        }
    }

    /// What a report says depends on the present state of what it is about.
    fn report(&mut self, index: usize) {
        let well = |site: SiteId| !self.gone.contains(&site) && !self.down.contains(&site);
        let input = match self.reports.swap_remove(index) {
            Input::Generated { site, key, .. } => {
                Input::Generated { site, key, done: well(site).then_some(Span::from_secs(1)) }
            }
            Input::Copied { site, version, .. } => Input::Copied { site, version, done: well(site) },
            Input::Probed { site, observer, .. } => Input::Probed { site, observer, answered: well(site) },
            Input::Stored { op, .. } => Input::Stored { op, answer: self.store(op) },
            other => other,
        };
        self.tell(input);
    }

    fn step(&mut self, (kind, pick, pause): Move) {
        self.now += Span::from_millis(u64::from(pause) % 400);
        let pick = usize::from(pick);
        let among = |n: usize| (n > 0).then(|| pick % n.max(1));
        let sites = self.catalog.sites.len();
        match kind % 32 {
            0..=5 => {
                let population = pick % self.catalog.populations.len();
                let class = self.catalog.loads[self.catalog.populations[population].load.index()].class;
                let key = KeyRef { class, number: (pick / 7 % 6) as u32 };
                let population = PopulationId(population as u16);
                self.tell(Input::Request { population, sequence: self.offered, key, secret: 0 });
            }
            6..=14 => among(self.coming.len()).into_iter().for_each(|i| {
                let input = self.coming.swap_remove(i);
                self.tell(input);
            }),
            15 => among(self.coming.len()).into_iter().for_each(|i| {
                self.count("a message came twice");
                self.tell(self.coming[i]);
            }),
            16 => among(self.coming.len()).into_iter().for_each(|i| {
                self.count("a message was lost");
                self.coming.swap_remove(i);
            }),
            17..=20 => among(self.timers.len()).into_iter().for_each(|i| {
                let (due, input) = self.timers.swap_remove(i);
                // Where slots are few, all depends on what falls due later: a reminder of it that came early would not come again.
                let reminder = matches!(input, Input::Timer(Timer::Rotate)) && is_tight(self.catalog);
                let early = pause % 2 != 0 && !reminder;
                self.now = if early { self.now } else { self.now.max(due) };
                self.tell(input);
            }),
            21..=28 => among(self.reports.len()).into_iter().for_each(|i| self.report(i)),
            29 => {
                self.down.insert(SiteId((pick % sites) as u16));
            }
            30 => {
                self.down.pop_first();
            }
            _ if pause % 4 == 1 => {
                let region = (pause % 8 == 1).then_some(RegionId((pick % 2) as u16));
                let share = if pick % 3 == 0 { 1.0 } else { 0.5 };
                self.tell(Input::Compromised { class: ClassId((pick % 3) as u16), region, share });
            }
            _ if pause % 16 == 3 => {
                let (class, region) = (ClassId((pick % 3) as u16), Some(RegionId((pick % 2) as u16)));
                self.tell(Input::Suspended { class, region, begins: pick % 4 < 3 });
            }
            _ if pause % 4 == 0 => {
                let site = SiteId((pick % sites) as u16);
                self.gone.insert(site);
                self.tell(Input::Destroyed(site));
            }
            _ if pause % 16 == 6 => self.erase(pick),
            _ if pause % 8 == 2 => {
                self.count(if pick % 2 == 0 { "the control plane started" } else { "the control plane stopped" });
                self.tell(Input::Control { up: pick % 2 == 0 });
            }
            _ => among(self.timers.len()).into_iter().for_each(|i| {
                self.count("a timer came twice");
                self.tell(self.timers[i].1);
            }),
        }
    }
}

/// What could happen, and must have happened in some sequence.
const SOMETIMES: [&str; 34] = [
    "the control plane stopped",
    "the control plane started",
    "an answer came too late or twice",
    "a retry was answered",
    "a first attempt was answered",
    "a message came twice",
    "a message was lost",
    "a timer came twice",
    "a site was found up",
    "a site was found down",
    "a key rotated",
    "a key rotated with a host down",
    "a version in use was lost",
    "a version was lost before its use",
    "a write was lost",
    "the answer to a write was lost",
    "a write had taken place",
    "keys were lost",
    "keys were left in escrow",
    "keys were suspended",
    "suspended keys were in use again",
    "suspended",
    "keys leaked",
    "a leaked key fell due",
    "a lost key fell due",
    "a key fell due for its age",
    "a key fell due for its uses",
    "a version was destroyed",
    "a batch was sealed",
    "timeout",
    "residency",
    "no-host",
    "no-device",
    "key-missing",
];

#[test]
fn whatever_comes_in_whatever_order_each_request_ends_once_and_at_a_host() {
    hold(&catalog(), &SOMETIMES, 100_000);
}

/// Runs so many random sequences of inputs, and demands that these things happened in some of them.
fn hold(catalog: &Arc<Catalog>, sometimes: &[&str], cases: u32) {
    let mut seen = Seen::new();
    let moves = prop::collection::vec(any::<Move>(), 20..140);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha));
    let cell = std::cell::RefCell::new(&mut seen);
    let result = runner.run(&moves, |moves| {
        let mut seen = cell.borrow_mut();
        let mut course = Course {
            catalog,
            service: service(catalog),
            now: Time::ZERO,
            coming: Vec::new(),
            timers: Vec::new(),
            reports: Vec::new(),
            gone: BTreeSet::new(),
            down: BTreeSet::new(),
            cells: BTreeMap::new(),
            decided: BTreeSet::new(),
            offered: 0,
            ended: 0,
            lives: life::Lives::default(),
            held: BTreeSet::new(),
            erased: BTreeSet::new(),
            sealed: BTreeSet::new(),
            crowded: BTreeSet::new(),
            seen: &mut seen,
        };
        let mut out = Out::default();
        course.note_members();
        course.service.begin(Time::ZERO, Span::from_secs(1), &mut out);
        out.0.into_iter().for_each(|effect| course.effect(effect));
        let long = moves.len();
        moves.into_iter().for_each(|step| course.step(step));
        // Letting everything end takes longer than the sequence itself: some are enough for rotation.
        if long % 10 == 0 {
            course.settle();
        } else {
            course.expire();
        }
        course.slots_hold();
        prop_assert_eq!(course.offered, course.ended);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    for what in sometimes {
        assert!(seen.get(*what).is_some_and(|times| *times > 0), "never seen: {what}; {seen:?}");
    }
}
