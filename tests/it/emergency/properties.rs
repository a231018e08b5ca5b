//! Emergency access under any order of inputs: messages lost, doubled, swapped and late, timers at any time, people who say yes, no
//! and twice, regions that are dark, only cut off, and well again, a control plane that stops. What must always hold is checked at
//! every step against what the test itself knows.

use crate::fleet::parse;
use keyfleet::kms::*;
use keyfleet::rng::{Key, mix};
use keyfleet::service::*;
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const FLEET: &str = r#"
format = 1
run = "1 h"
[profile.box]
op.sign = { mean = "1 ms" }
generate = "1/s"
[region]
eu = { at = "Frankfurt", device = "box", sites = 2 }
us = { at = "aws:us-east-1", device = "box", sites = 2 }
jp = { at = "Tokyo", device = "box", sites = 1 }
[key.bound]
count = { eu = 3 }
algorithm = "rsa-2048"
[key.sealed]
count = { eu = 4 }
algorithm = "rsa-2048"
stay = ["EU", "US"]
escrow_copies = 2
[load.own]
from = { eu = "1/s" }
calls = ["sign"]
key = "bound"
timeout = "1 s"
[load.pay]
from = { eu = "1/s", us = "1/s" }
calls = ["sign"]
key = "sealed"
timeout = "1 s"
retry = { attempts = 3, attempt_timeout = "700 ms", backoff = "1 ms", budget = "none" }
[health]
phase = "0 s"
interval = "2 s"
threshold = 1
timeout = "1 s"
propagation = "1 s"
observers = 3
[emergency]
dark = "4 s"
lease = "3 s"
approvers = 3
quota = 5
limit = "1 min"
[routing]
shards = 3
"#;

const QUOTA: u64 = 5;
const LIMIT: Span = Span::from_secs(60);
const LEASE: Span = Span::from_secs(3);
const PATIENCE: Span = Span::from_secs(1);
pub const HOME: RegionId = RegionId(0);
const BOUND: ClassId = ClassId(0);
pub const SEALED: ClassId = ClassId(1);

pub fn catalog() -> Arc<Catalog> {
    Arc::clone(Blueprint::new(parse(FLEET)).catalog())
}

/// How a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Well,
    Cut,
    Dark,
}

/// What the test knows of a grant.
#[derive(Clone, Debug, Default)]
struct Known {
    yes: BTreeSet<u8>,
    fenced: bool,
    granted: Option<Time>,
    ended: bool,
    lifted: bool,
    used: u64,
}

/// What is on its way to the service, and what it did so far.
#[derive(Clone)]
pub struct Course {
    catalog: Arc<Catalog>,
    pub service: Service,
    pub now: Time,
    /// Messages; they may be lost, doubled and swapped.
    pub coming: VecDeque<Input>,
    pub timers: Vec<(Time, Input)>,
    /// Reports, which come once.
    pub reports: VecDeque<Input>,
    pub state: State,
    /// When the home region's sites were last told to have lost contact.
    cut_at: Time,
    pub control: bool,
    cells: BTreeMap<Cell, (u64, u64)>,
    /// By site and observer what was told last.
    told: BTreeMap<(SiteId, u8), bool>,
    grants: BTreeMap<GrantId, Known>,
    /// Accesses that are recorded and not handed over yet.
    recorded: BTreeMap<(SiteId, KeyRef), u64>,
    /// When a sealed key was last handed over at home.
    home_use: Time,
    /// Keys that were opened, and have no successor since.
    pub touched: BTreeSet<KeyRef>,
    pub offered: u64,
    pub ended: u64,
    pub seen: BTreeMap<&'static str, u64>,
}

impl Course {
    pub fn new(catalog: &Arc<Catalog>) -> Self {
        let luck = (0..catalog.populations.len() as u64).map(Key).collect();
        let calendar = Calendar::with_due(vec![VecDeque::new(); catalog.classes.len()], Key(0), Time::ZERO);
        let service = Service::new(Arc::clone(catalog), luck, calendar, Time::ZERO);
        let mut new = Self {
            catalog: Arc::clone(catalog),
            service,
            now: Time::ZERO,
            coming: VecDeque::new(),
            timers: Vec::new(),
            reports: VecDeque::new(),
            state: State::Well,
            cut_at: Time::ZERO,
            control: true,
            cells: BTreeMap::new(),
            told: BTreeMap::new(),
            grants: BTreeMap::new(),
            recorded: BTreeMap::new(),
            home_use: Time::ZERO,
            touched: BTreeSet::new(),
            offered: 0,
            ended: 0,
            seen: BTreeMap::new(),
        };
        let mut out = Out::default();
        new.service.begin(Time::ZERO, Span::from_secs(1), &mut out);
        out.0.into_iter().for_each(|effect| new.effect(effect));
        new
    }

    pub fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub fn tell(&mut self, input: Input) {
        if let (Input::Probed { site, observer, answered }, true) = (input, self.control) {
            self.told.insert((site, observer), answered);
        }
        let mut out = Out::default();
        self.service.on(self.now, input, &mut out);
        for effect in out.0 {
            self.effect(effect);
        }
        assert_eq!(self.service.in_flight() as u64, self.offered - self.ended, "each is under way until it ends");
    }

    fn region(&self, site: SiteId) -> RegionId {
        self.catalog.sites[site.index()].region
    }

    /// The region's state changes; its sites know at once whether they reach the metadata store.
    pub fn turn(&mut self, state: State) {
        if self.state == State::Well && state != State::Well {
            self.cut_at = self.now;
        }
        self.state = state;
        let contact = match state {
            State::Well => Contact::Held,
            State::Cut => Contact::Cut,
            State::Dark => Contact::Dark,
        };
        let sites = (0..self.catalog.sites.len()).map(|i| SiteId(i as u16));
        for site in sites.filter(|site| self.region(*site) == HOME).collect::<Vec<_>>() {
            self.tell(Input::Emergency(EmergencyInput::Contact { site, contact }));
        }
    }

    pub fn request(&mut self, population: usize, number: u32) {
        let class = self.catalog.loads[self.catalog.populations[population].load.index()].class;
        let key = KeyRef { class, number: number % self.catalog.shards.keys(class) };
        self.tell(Input::Request {
            population: PopulationId(population as u16),
            sequence: self.offered,
            key,
            secret: 0,
        });
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Call { to, call, deadline, .. } => {
                self.coming.push_back(Input::Call { site: to, call });
                self.timers.push((deadline, Input::Expired { flight: call.flight, serial: call.serial }));
            }
            Effect::Submit { site, call, .. } => {
                self.used(site, call.key);
                let (wait, service) = (Span::ZERO, Span::from_millis(1));
                let dark = self.region(site) == HOME && self.state == State::Dark;
                let outcome = if dark { Outcome::Failed(Failure::NoDevice) } else { Outcome::Done };
                self.coming.push_back(Input::HsmDone { site, call, outcome, wait, service });
            }
            Effect::Answer { site, call, outcome } => {
                if outcome == Outcome::Failed(Failure::Fenced) {
                    assert_eq!((self.region(site), call.key.class), (HOME, SEALED));
                    self.count("a fenced site refused");
                }
                if outcome == Outcome::Failed(Failure::DeviceLost) {
                    self.count("a key could not be opened");
                }
                self.coming.push_back(Input::Answer { flight: call.flight, serial: call.serial, site, outcome });
            }
            Effect::After { span, timer } => self.timers.push((self.now + span, Input::Timer(timer))),
            Effect::Generate { site, key } => self.reports.push_back(Input::Generated { site, key, done: None }),
            Effect::Copy { to, version, .. } => {
                self.reports.push_back(Input::Copied { site: to, version, done: true });
            }
            Effect::Probe { site, observer, .. } => {
                self.reports.push_back(Input::Probed { site, observer, answered: true });
            }
            Effect::Store { op, .. } => {
                self.reports.push_back(Input::Stored { op, answer: StoreAnswer::Unavailable });
            }
            Effect::Emergency(effect) => self.emergency(effect),
            Effect::Fact(fact) => self.fact(fact),
        }
    }

    fn emergency(&mut self, effect: EmergencyEffect) {
        match effect {
            EmergencyEffect::Ask { grant, approver, .. } => {
                let yes = !mix(self.now.0 ^ u64::from(approver)).is_multiple_of(3);
                self.coming.push_back(Input::Emergency(EmergencyInput::Answered { grant, approver, yes }));
            }
            EmergencyEffect::Renew { site, region } => {
                assert_eq!((self.region(site), region), (HOME, HOME));
                if self.state == State::Well {
                    let value = self.cells.get(&Cell::Fence(region)).map_or(0, |(_, value)| *value);
                    let (asked, site) = (self.now, site);
                    self.coming.push_back(Input::Emergency(EmergencyInput::Renewed { site, asked, value }));
                }
            }
            EmergencyEffect::Send { from, to, letter } => {
                assert!(self.region(from) != HOME && self.region(to) != HOME, "{letter:?}");
                self.coming.push_back(Input::Emergency(EmergencyInput::Letter { from, to, letter }));
            }
            EmergencyEffect::Plea { to, call, grant, deadline } => {
                assert!(self.service.directory().is_escrow(self.catalog.shards.of(call.key), to));
                self.coming.push_back(Input::Emergency(EmergencyInput::Plea { site: to, call, grant }));
                self.timers.push((deadline, Input::Expired { flight: call.flight, serial: call.serial }));
            }
            EmergencyEffect::Write { site, call, grant } => {
                self.coming.push_back(Input::Emergency(EmergencyInput::Recorded { site, call, grant }));
            }
            EmergencyEffect::Open { site, version } => {
                self.touched.insert(version.key);
                let done = !mix(self.now.0).is_multiple_of(4);
                self.reports.push_back(Input::Emergency(EmergencyInput::Opened { site, version, done }));
            }
        }
    }

    /// A key is handed to an HSM.
    fn used(&mut self, site: SiteId, key: KeyRef) {
        // Whoever asked for the end of a fence may not know yet that it was written.
        let fence = self.cells.get(&Cell::Fence(HOME)).map_or(0, |(_, value)| *value);
        let stands = |(grant, known): (&GrantId, &Known)| known.granted.is_some() && fence < 2 * u64::from(grant.0);
        let open = self.grants.iter().any(stands);
        if self.region(site) == HOME {
            if key.class == SEALED {
                assert!(!open, "{site:?} uses {key:?} while others may");
                let cut = self.state != State::Well && self.now >= self.cut_at + LEASE;
                assert!(!cut, "{site:?} has had no contact since {} at {}", self.cut_at, self.now);
                self.home_use = self.now;
                self.count("a site that might be fenced served");
            }
            return;
        }
        assert_eq!(key.class, SEALED, "residency is not widened");
        assert_eq!(self.region(site), RegionId(2), "of the others only us may have it");
        assert!(open, "{site:?} uses {key:?} without a grant");
        let recorded = self.recorded.get_mut(&(site, key)).filter(|recorded| **recorded > 0);
        *recorded.expect("each use is recorded before") -= 1;
        self.count("a key was used under a grant");
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::Offered { .. } => self.offered += 1,
            Fact::Completed { .. } => self.ended += 1,
            Fact::Failed { reason, .. } => {
                self.ended += 1;
                self.count(reason.name());
            }
            Fact::Generated { version, .. } => assert!(version.key.class == SEALED),
            Fact::RotationDue { key, cause } => {
                assert!(cause == Cause::Emergency && self.touched.contains(&key), "{key:?} for {cause:?}");
                assert!(self.grants.values().all(|grant| grant.granted.is_none() || grant.lifted), "afterwards");
                self.count("an opened key fell due");
            }
            Fact::Activated { version, .. } => {
                self.touched.remove(&version.key);
                self.count("an opened key was rotated");
            }
            Fact::Emergency(fact) => self.step(fact),
            _ => {}
        }
    }

    fn asked(&mut self, grant: GrantId, region: RegionId) {
        assert_eq!(region, HOME, "only there are keys that a grant may open");
        assert!(self.grants.values().all(|known| known.ended && (known.lifted || !known.fenced)));
        let seen = |site: SiteId| {
            let own = self.catalog.observers[site.index()].own as u8;
            let told = self.told.iter().filter(|((of, observer), up)| *of == site && *observer != own && !**up);
            told.count()
        };
        assert!([0, 1].into_iter().all(|site| seen(SiteId(site)) >= 2), "two observers see both sites down");
        self.grants.insert(grant, Known::default());
        self.count("a grant was asked for");
    }

    fn step(&mut self, fact: EmergencyFact) {
        let now = self.now;
        match fact {
            EmergencyFact::Asked { grant, region } => self.asked(grant, region),
            EmergencyFact::Answered { grant, approver, yes } => {
                assert!(approver < 3);
                if yes {
                    assert!(self.known(grant).yes.insert(approver), "nobody counts twice");
                }
                self.count(if yes { "an approver said yes" } else { "an approver said no" });
            }
            EmergencyFact::Fenced { grant, .. } => {
                let known = self.known(grant);
                assert!(known.yes.len() >= 2, "two of three approve");
                known.fenced = true;
                let value = self.cells.get(&Cell::Fence(HOME)).map(|(_, value)| *value);
                assert_eq!(value, Some(2 * u64::from(grant.0) - 1));
                self.count("a region was fenced");
            }
            EmergencyFact::Granted { grant, .. } => {
                let home_use = self.home_use;
                let known = self.known(grant);
                assert!(known.fenced && !known.ended && known.granted.is_none());
                known.granted = Some(now);
                assert!(home_use == Time::ZERO || home_use + PATIENCE <= now, "{home_use} and {now}");
                self.count("a grant began");
            }
            EmergencyFact::Opened { key, .. } => {
                assert!(self.touched.contains(&key));
                self.count("a key was opened");
            }
            EmergencyFact::Access { grant, site, key, .. } => {
                assert!(key.class != BOUND);
                let known = self.known(grant);
                let granted = known.granted.expect("no access without a grant");
                assert!(now < granted + LIMIT && !known.lifted, "{granted} and {now}");
                known.used += 1;
                assert!(known.used <= QUOTA, "{known:?}");
                *self.recorded.entry((site, key)).or_default() += 1;
            }
            EmergencyFact::Refused { why, .. } => self.count(why.name()),
            EmergencyFact::Denied { why, .. } => self.count(why.name()),
            EmergencyFact::Ended { grant, why, .. } => {
                let known = self.known(grant);
                assert!(!known.ended, "a grant ends once");
                known.ended = true;
                let began = known.granted.is_some();
                self.count(match (why, began) {
                    (Ending::Recovered, true) => "a grant ended when the region was back",
                    (Ending::Recovered, false) => "a request ended when the region was back",
                    (Ending::Expired, _) => "a grant reached its time limit",
                    (Ending::Quota, _) => "a grant was used up",
                    (Ending::Declined, _) => "a grant was declined",
                });
            }
            EmergencyFact::Lifted { grant, .. } => {
                let known = self.known(grant);
                assert!(known.fenced && known.ended && !known.lifted);
                known.lifted = true;
                self.count("a fence was lifted");
            }
            EmergencyFact::Lease { held, .. } => {
                self.count(if held { "a lease was renewed" } else { "a lease was lost" })
            }
            EmergencyFact::Heeded { fenced, .. } => {
                self.count(if fenced { "a site learned of a fence" } else { "a site learned that a fence is gone" });
            }
        }
    }

    fn known(&mut self, grant: GrantId) -> &mut Known {
        self.grants.get_mut(&grant).expect("it was asked for")
    }

    /// The metadata store: it may not answer, and whether it wrote then nobody knows.
    fn store(&mut self, op: StoreOp, luck: u64) -> StoreAnswer {
        let StoreOp::Cas { cell, expect, value } = op else { panic!("{op:?}") };
        let (epoch, there) = self.cells.get(&cell).copied().unwrap_or_default();
        if luck % 5 == 1 {
            self.count("a write was lost");
            return StoreAnswer::Unavailable;
        }
        if expect != epoch {
            return StoreAnswer::Conflict { epoch, value: there };
        }
        assert!(there < value, "{op:?}: values rise, {there} is there");
        self.cells.insert(cell, (epoch + 1, value));
        if luck % 5 == 2 {
            self.count("the answer to a write was lost");
            return StoreAnswer::Unavailable;
        }
        StoreAnswer::Written { epoch: epoch + 1 }
    }

    /// What a report says depends on the present state.
    pub fn report(&mut self, index: usize, luck: u64) {
        let Some(report) = self.reports.remove(index) else { return };
        let home = |site: SiteId| self.region(site) == HOME;
        let input = match report {
            Input::Generated { site, key, .. } => {
                let done = (!home(site) || self.state != State::Dark).then_some(Span::from_secs(1));
                Input::Generated { site, key, done }
            }
            Input::Copied { site, version, .. } => {
                Input::Copied { site, version, done: self.state == State::Well || !home(site) }
            }
            Input::Probed { site, observer, .. } => {
                let own = self.catalog.observers[site.index()].own == usize::from(observer);
                let answered = !home(site) || self.state == State::Well || self.state == State::Cut && own;
                Input::Probed { site, observer, answered }
            }
            Input::Stored { op, .. } => Input::Stored { op, answer: self.store(op, luck) },
            other => other,
        };
        self.tell(input);
    }
}
