//! The metadata store under any order of events: packets lost, doubled, swapped and late, replicas that crash and links that are
//! cut at any step, reminders early and late. What was answered must fit one order of all operations on a cell, in which each
//! takes place between its asking and its answer; and once all is well again, everything ends and all replicas agree.

use keyfleet::kms::{Cell, Fact, Freshness, KeyRef, RegionId, ShardId, SiteId, StoreAnswer, StoreOp};
use keyfleet::store::{Layout, Message, Node, Packet, Reach, Reminder, SimStore, Step};
use keyfleet::time::{Span, Time};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const CELLS: [Cell; 2] = [Cell::Key(KeyRef { class: keyfleet::kms::ClassId(0), number: 7 }), Cell::Shard(ShardId(3))];

fn layout(replicas: u8) -> Arc<Layout> {
    let all = 0..replicas;
    Arc::new(Layout {
        sites: all.clone().map(|i| Some(SiteId(i.into()))).collect(),
        regions: all.clone().map(|i| RegionId(i.into())).collect(),
        nearest: all.clone().map(|site| all.clone().map(|i| (site + i) % replicas).collect()).collect(),
        election: Span::from_secs(1),
        timeout: Span::from_secs(7),
    })
}

/// One step of a sequence: what is done, and to which of the candidates.
type Move = (u8, u16);

/// How often what could happen did.
type Seen = BTreeMap<&'static str, u64>;

/// A store, what is on its way in it, and what it has answered so far.
struct Course<'a> {
    replicas: u8,
    store: SimStore,
    now: Time,
    packets: VecDeque<Packet>,
    reminders: Vec<(Time, Reminder)>,
    dark: BTreeSet<u8>,
    cut: BTreeSet<(u8, u8)>,
    leader: u8,
    term: u32,
    up: bool,
    /// Operations under way, each with the latest epoch of its cell that anyone had been told of when it was asked.
    asked: Vec<(StoreOp, u64)>,
    /// The latest epoch that anyone has been told of, by cell.
    told: BTreeMap<Cell, u64>,
    /// What each epoch of each cell holds, and in which epoch each value was written.
    chosen: BTreeMap<(Cell, u64), u64>,
    written: BTreeMap<(Cell, u64), u64>,
    /// Epochs from which a write was told to have succeeded.
    won: BTreeSet<(Cell, u64)>,
    /// Writes that were given up, by their value.
    given_up: BTreeMap<u64, StoreOp>,
    values: u64,
    /// The latest answer to a read: epoch and value.
    read: Option<(u64, u64)>,
    seen: &'a mut Seen,
}

impl<'a> Course<'a> {
    fn new(replicas: u8, seen: &'a mut Seen) -> Self {
        Self {
            replicas,
            store: SimStore::new(layout(replicas)),
            now: Time::ZERO,
            packets: VecDeque::new(),
            reminders: Vec::new(),
            dark: BTreeSet::new(),
            cut: BTreeSet::new(),
            leader: 0,
            term: 1,
            up: true,
            asked: Vec::new(),
            told: BTreeMap::new(),
            chosen: BTreeMap::new(),
            written: BTreeMap::new(),
            won: BTreeSet::new(),
            given_up: BTreeMap::new(),
            values: 0,
            read: None,
            seen,
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn carry_out(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Send(packet) => self.packets.push_back(packet),
                Step::After(span, reminder) => self.reminders.push((self.now + span, reminder)),
                Step::Answered { op, answer } => self.answered(op, answer),
                Step::Fact(Fact::MetadataDown { term }) => {
                    assert!(self.up && term == self.term);
                    self.up = false;
                    self.count("the leader was lost");
                }
                Step::Fact(Fact::MetadataUp { term, leader }) => {
                    assert!(!self.up && term >= self.term);
                    self.count(if term > self.term { "a leader was elected" } else { "a leader came back" });
                    (self.up, self.term, self.leader) = (true, term, leader.0 as u8);
                }
                Step::Fact(Fact::Stored { .. }) => {}
                Step::Fact(other) => panic!("{other:?}"),
            }
        }
    }

    fn ask(&mut self, site: u16, op: StoreOp) {
        let told = self.told.get(&op.cell()).copied().unwrap_or(0);
        self.asked.push((op, told));
        let mut out = Vec::new();
        self.store.ask(self.now, SiteId(site), op, &mut out);
        self.carry_out(out);
    }

    /// An epoch that was told holds one value for good, and a value is in one epoch only.
    fn holds(&mut self, cell: Cell, epoch: u64, value: u64) {
        let before = self.chosen.insert((cell, epoch), value);
        assert!(before.is_none_or(|before| before == value), "epoch {epoch} of {cell:?} had {before:?}, now {value}");
        if epoch == 0 {
            return assert_eq!(value, 0, "never written");
        }
        let before = self.written.insert((cell, value), epoch);
        assert!(before.is_none_or(|before| before == epoch), "{value} was written in {before:?} and {epoch}");
        if self.given_up.remove(&value).is_some() {
            self.count("a write that was given up had taken place");
        }
    }

    fn answered(&mut self, op: StoreOp, answer: StoreAnswer) {
        let cell = op.cell();
        let place = self.asked.iter().position(|(asked, _)| *asked == op).expect("answered once, and only if asked");
        let (_, floor) = self.asked.swap_remove(place);
        if let StoreAnswer::Value { epoch, value } = answer {
            self.read = Some((epoch, value));
        }
        match (op, answer) {
            (StoreOp::Cas { expect, value, .. }, StoreAnswer::Written { epoch }) => {
                assert!(epoch == expect + 1 && epoch > floor, "{op:?} at {epoch}, told of {floor} before");
                assert!(self.won.insert((cell, expect)), "two writers won epoch {expect} of {cell:?}");
                self.holds(cell, epoch, value);
                self.tell(cell, epoch);
            }
            (StoreOp::Cas { expect, value: wanted, .. }, StoreAnswer::Conflict { epoch, value }) => {
                assert!(epoch != expect && epoch >= floor, "{op:?}: {answer:?}, told of {floor} before");
                self.count(if value == wanted { "a retry found its own value" } else { "two writers met" });
                self.holds(cell, epoch, value);
                self.tell(cell, epoch);
            }
            (StoreOp::Read { how: Freshness::Linearizable, .. }, StoreAnswer::Value { epoch, value }) => {
                assert!(epoch >= floor, "{op:?}: {answer:?}, told of {floor} before");
                self.count("a value was read");
                self.holds(cell, epoch, value);
                self.tell(cell, epoch);
            }
            (StoreOp::Read { how: Freshness::Stale, .. }, StoreAnswer::Value { epoch, value }) => {
                self.count(if epoch < floor { "a stale read was stale" } else { "a stale read was fresh" });
                self.holds(cell, epoch, value);
            }
            (StoreOp::Cas { value, .. }, StoreAnswer::Unavailable) => {
                self.count("a write was given up");
                if !self.written.contains_key(&(cell, value)) {
                    self.given_up.insert(value, op);
                }
            }
            (StoreOp::Read { .. }, StoreAnswer::Unavailable) => self.count("a read was given up"),
            other => panic!("{other:?}"),
        }
    }

    fn tell(&mut self, cell: Cell, epoch: u64) {
        let told = self.told.entry(cell).or_default();
        *told = (*told).max(epoch);
    }

    fn deliver(&mut self, packet: Packet) {
        // What a site that lost its link sends does not arrive, as the world has it.
        let (Node::Replica(from), Node::Replica(to)) = (packet.from, packet.to) else { return self.arrive(packet) };
        match self.cut.contains(&(from.min(to), from.max(to))) {
            true => self.count("a packet met a cut link"),
            false => self.arrive(packet),
        }
    }

    fn arrive(&mut self, packet: Packet) {
        if matches!(packet.message, Message::Propose { term, .. } if term < self.term) {
            self.count("a deposed leader proposed");
        }
        let mut out = Vec::new();
        self.store.deliver(self.now, packet, &mut out);
        self.carry_out(out);
    }

    fn remind(&mut self, index: usize) {
        let (due, reminder) = self.reminders.swap_remove(index);
        self.now = self.now.max(due);
        let mut out = Vec::new();
        self.store.remind(self.now, reminder, &mut out);
        self.carry_out(out);
    }

    fn reach(&mut self) {
        let cut = |a: u8, b: u8| self.cut.contains(&(a.min(b), a.max(b)));
        let reach = Reach::new(self.replicas.into(), |replica| !self.dark.contains(&replica), cut);
        let mut out = Vec::new();
        self.store.set_reach(reach, &mut out);
        self.carry_out(out);
    }

    fn client(&mut self, pick: usize) {
        let (site, cell) = ((pick % usize::from(self.replicas)) as u16, CELLS[pick / 8 % 2]);
        let read = |how| StoreOp::Read { cell, how };
        let op = match pick / 16 % 8 {
            0 => read(Freshness::Stale),
            1 | 2 => read(Freshness::Linearizable),
            // Who got no answer asks for the same again.
            3 => match self.given_up.first_key_value() {
                Some((_, op)) => *op,
                None => return,
            },
            _ => {
                self.values += 1;
                // Sometimes a client knows of an older epoch, or guesses that a write that was given up took place.
                let known = self.told.get(&cell).copied().unwrap_or(0);
                let expect = [known, known, known, known + 1, known.saturating_sub(1)][pick / 128 % 5];
                StoreOp::Cas { cell, expect, value: self.values }
            }
        };
        if !self.asked.iter().any(|(asked, _)| *asked == op) {
            self.ask(site, op);
        }
    }

    fn step(&mut self, (kind, pick): Move) {
        self.now += Span::from_millis(u64::from(pick) % 200);
        let pick = usize::from(pick);
        let (packets, reminders) = (self.packets.len(), self.reminders.len());
        match kind % 32 {
            0..=5 => self.client(pick),
            6..=10 if packets > 0 => {
                let packet = self.packets.pop_front().expect("there are some");
                self.deliver(packet);
            }
            11..=19 if packets > 0 => {
                let packet = self.packets.remove(pick % packets).expect("it is within");
                self.deliver(packet);
            }
            20 if packets > 0 => {
                self.count("a packet came twice");
                self.deliver(self.packets[pick % packets]);
            }
            21 if packets > 0 => {
                self.count("a packet was lost");
                self.packets.remove(pick % packets);
            }
            22 | 23 if reminders > 0 => self.remind(pick % reminders),
            24 | 25 => {
                let election = |(_, reminder): &(Time, Reminder)| matches!(reminder, Reminder::Elect(_));
                if let Some(index) = self.reminders.iter().position(election) {
                    self.remind(index);
                }
            }
            26 => {
                self.dark.insert(if pick % 2 == 0 { self.leader } else { (pick / 2) as u8 % self.replicas });
                self.reach();
            }
            27 => {
                self.dark.pop_first();
                self.reach();
            }
            28 => {
                let (a, b) = ((pick % 5) as u8 % self.replicas, (pick / 5 % 5) as u8 % self.replicas);
                if a != b {
                    self.cut.insert((a.min(b), a.max(b)));
                    self.reach();
                }
            }
            // The leader alone on its side.
            29 => {
                let leader = self.leader;
                let others = (0..self.replicas).filter(|other| *other != leader);
                self.cut.extend(others.map(|other| (leader.min(other), leader.max(other))));
                self.reach();
            }
            30 => {
                self.cut.clear();
                self.reach();
            }
            _ => {
                self.cut.pop_first();
                self.reach();
            }
        }
    }

    /// All is well again, and everything on its way arrives in order: everything ends, and whoever asks is served.
    fn settle(&mut self) {
        self.cut.clear();
        self.dark.clear();
        self.reach();
        self.run_down();
        assert!(self.up && self.asked.is_empty() && self.store.waiting() == 0);
        for cell in CELLS {
            // Before anyone asks for anything that would mend a replica by itself.
            let replicas = self.replicas;
            let mut read = |site: u8, how| {
                self.ask(site.into(), StoreOp::Read { cell, how });
                self.run_down();
                self.read.take().expect("a read is answered")
            };
            let stale: Vec<_> = (0..replicas).map(|site| read(site, Freshness::Stale)).collect();
            let now = read(0, Freshness::Linearizable);
            assert!(stale.iter().all(|value| *value == now), "all replicas agree: {stale:?}, {now:?}");
            self.values += 1;
            self.ask(1, StoreOp::Cas { cell, expect: now.0, value: self.values });
            self.run_down();
            assert_eq!(self.told[&cell], now.0 + 1, "a write succeeds");
        }
    }

    fn run_down(&mut self) {
        for _ in 0..10_000 {
            if let Some(packet) = self.packets.pop_front() {
                self.deliver(packet);
            } else if let Some(next) = (0..self.reminders.len()).min_by_key(|i| (self.reminders[*i].0, *i)) {
                self.remind(next);
            } else {
                return;
            }
        }
        panic!("it never comes to rest: {:?}", self.store);
    }
}

/// Some hundred thousand sequences take some seconds: each is short, and most of what can go wrong needs few steps.
#[test]
fn whatever_is_lost_a_cell_has_one_history_and_all_that_was_told_stays_true() {
    let mut seen = Seen::new();
    let moves = (any::<bool>(), prop::collection::vec(any::<Move>(), 10..60));
    let config = Config { cases: 100_000, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let cell = RefCell::new(&mut seen);
    let result = runner.run(&moves, |(five, moves)| {
        let mut seen = cell.borrow_mut();
        let mut course = Course::new(if five { 5 } else { 3 }, &mut seen);
        moves.into_iter().for_each(|step| course.step(step));
        course.settle();
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    for what in [
        "the leader was lost",
        "a leader was elected",
        "a leader came back",
        "a deposed leader proposed",
        "a packet met a cut link",
        "a packet came twice",
        "a packet was lost",
        "a write was given up",
        "a read was given up",
        "a write that was given up had taken place",
        "a retry found its own value",
        "two writers met",
        "a value was read",
        "a stale read was stale",
        "a stale read was fresh",
    ] {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "never seen: {what}; {seen:?}");
    }
}

/// Where a fleet of so many regions has its replicas, by name, as it comes.
fn placed(regions: &[&str], more: &str) -> (Vec<String>, Span, Span) {
    let places = regions.iter().map(|at| {
        let id: String = at.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        format!("region.{id} = {{ at = \"{at}\", device = \"cloudhsm-hsm2m\" }}\n")
    });
    let text = format!(
        "format = 1\nrun = \"1 h\"\n{}[key.k]\ncount = 100\nalgorithm = \"rsa-2048\"\n[load.l]\n\
         from = {{ london = \"1/s\" }}\ncalls = [\"sign\"]\nkey = \"k\"\n{more}",
        places.collect::<String>()
    );
    let scenario = crate::fleet::parse(&text);
    let metadata = &scenario.metadata;
    let name = |region: &RegionId| scenario.regions[region.index()].id.clone();
    (metadata.replicas.iter().map(name).collect(), metadata.election, metadata.timeout)
}

#[test]
fn replicas_are_in_the_middle_of_the_fleet_and_wait_ten_of_its_round_trips() {
    let (one, election, timeout) = placed(&["London"], "");
    assert_eq!((one, election, timeout), (vec!["london".to_owned(); 3], Span::from_secs(1), Span::from_secs(7)));
    let (two, _, _) = placed(&["London", "Tokyo"], "");
    assert_eq!(two, ["london", "tokyo", "london"], "equally central: by id");
    let (three, election, timeout) = placed(&["Sydney", "London", "Paris", "Frankfurt"], "");
    assert_eq!(three.len(), 3);
    assert!(!three.contains(&"sydney".to_owned()), "{three:?}");
    assert_eq!((election, timeout), (Span::from_secs(1), Span::from_secs(7)), "near each other: the least");
    let cities = ["Sydney", "London", "Paris", "Frankfurt", "Tokyo", "Singapore"];
    let (five, election, timeout) = placed(&cities, "");
    assert_eq!(five.len(), 5);
    assert!(election > Span::from_secs(1) && timeout == Span::from_secs(5) + election * 2, "{election} {timeout}");
    let (named, election, _) = placed(&cities, "[metadata]\nregions = [\"tokyo\"]\nelection = \"2 s\"\n");
    assert_eq!((named, election), (vec!["tokyo".to_owned(); 3], Span::from_secs(2)));
}

/// Two sites, three replicas: the third stands apart from both, and no site takes the store with it; the region does.
#[test]
fn the_loss_of_one_of_two_sites_costs_an_election_at_most() {
    let run = |on: &str| {
        let whole = crate::fleet::Whole::of(&format!(
            r#"run = "10 min"
region.eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
key.k = {{ count = 60, algorithm = "rsa-2048", rotate = {{ every = "10 min" }} }}
load.pay = {{ from = {{ eu = "5/s" }}, calls = ["sign"], key = "k", timeout = "2 s" }}
health = {{ phase = "0 s", interval = "1 s", threshold = 2, timeout = "500 ms", propagation = "1 s" }}
fault.dark = {{ on = "{on}", kind = "crash", at = "200 s", for = "100 s" }}
{}"#,
            crate::fleet::QUIET
        ));
        let store = whole.document.metadata;
        (store.unavailable_s.or_zero(), store.leader_changes.or_zero())
    };
    assert_eq!(run("region.eu.site.a"), (1.0, 1.0), "the leader's");
    assert_eq!(run("region.eu.site.b"), (0.0, 0.0));
    assert_eq!(run("region.eu"), (101.0, 1.0));
}
