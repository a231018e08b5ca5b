//! Facts to counts, of the life of keys: the cryptoperiod ledger of each class, and how long rotation, replication and the
//! replacement of leaked keys take.

use crate::kms::{ClassId, Fact, KeyRef, KeyState, RegionId};
use crate::stats::Histogram;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// A rotation may take this long before its key counts as overdue (assumed: generating, copying and activating take minutes), or
/// this share of the cryptoperiod, where that is shorter.
const ROTATION_GRACE: Span = Span::from_secs(3_600);
const GRACE_SHARE: u64 = 10;

/// How much later than its due time a key with this cryptoperiod may rotate without being overdue.
#[must_use]
pub fn grace(cryptoperiod: Option<Span>) -> Span {
    cryptoperiod.map_or(ROTATION_GRACE, |every| ROTATION_GRACE.min(Span(every.0 / GRACE_SHARE)))
}

/// The cryptoperiod ledger of a class.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger {
    /// Versions in each state at the end, by [`KeyState`].
    pub states: [u64; KeyState::ALL.len()],
    /// Age of the oldest active version at the end; [`Span::MAX`] where nothing says it.
    pub oldest: Span,
    /// Operations under the most used active version at the end.
    pub uses: u64,
    /// Versions that were used more often than one may be.
    pub overused: u64,
    /// Operations under compromised versions.
    pub exposed: u64,
    /// Keys whose rotation is under way past its due time by more than the grace at the end.
    pub overdue: u64,
    /// Sum over all rotations of the time by which they were later than the grace, nanoseconds.
    pub overdue_time: u128,
    /// Rotations that had to wait for a free key slot.
    pub crowded: u64,
    /// Keys without any copy left.
    pub lost: u64,
    /// Versions in use that were lost with their last copy.
    pub versions_lost: u64,
    /// Keys that leaked.
    pub compromised: u64,
    /// Those of them that have a successor.
    pub replaced: u64,
    /// Those of them that were lost before.
    pub gone: u64,
    /// From the leak until the last of these had it.
    pub replacement: Span,
}

/// A rotation that is under way.
#[derive(Clone, Copy, Debug)]
struct Pending {
    due: Time,
    /// When the key leaked, if it did.
    leaked: Option<Time>,
}

/// The life of keys.
#[derive(Clone, Debug, Default)]
pub struct KeyTally {
    /// Sites that held keys from the beginning.
    pub provisioned: u64,
    /// Rotations fallen due.
    pub due: u64,
    pending: BTreeMap<KeyRef, Pending>,
    /// Rotations that ended because the key had no host left.
    pub given_up: u64,
    /// Versions generated.
    pub generated: u64,
    /// Copies made.
    pub copied: u64,
    /// Versions activated.
    pub activated: u64,
    /// Versions destroyed.
    pub destroyed: u64,
    /// Versions in use that were lost with their last copy.
    pub versions_lost: u64,
    /// Versions lost before they were in use.
    pub unused_lost: u64,
    /// Keys without any copy left.
    pub keys_lost: u64,
    /// Keys that lost their last host, and were in escrow.
    pub left_in_escrow: u64,
    /// Keys that are in escrow only when the run ends.
    pub in_escrow: u64,
    /// From generation to each copy.
    pub lag: Histogram,
    /// From falling due to activation.
    pub took: Histogram,
    /// From activation to each copy that came later: so long a host could not serve the key.
    pub late: Histogram,
    /// Copies that sites had missed and got later.
    pub missed: u64,
    /// From the end of a fault until a site had every version that it had missed by then, the longest; `None` where none had
    /// missed any.
    pub caught_up: Option<Span>,
    /// When a fault last ended.
    mended: Option<Time>,
    /// When keys that have rotated were last given a new version.
    activated_at: BTreeMap<KeyRef, (u32, Time)>,
    /// Integral of the number of unreachable keys, key-nanoseconds.
    pub unreachable: u128,
    /// By class.
    pub ledgers: Vec<Ledger>,
    /// Keys that leaked, by class and home region.
    pub leaked: BTreeMap<(ClassId, RegionId), u64>,
    /// By class: how late a rotation may end.
    grace: Vec<Span>,
}

impl KeyTally {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(grace: Vec<Span>) -> Self {
        Self { grace, ..Self::default() }
    }

    /// By how many nanoseconds a rotation that fell due then is late.
    fn late(&self, now: Time, (class, due): (ClassId, Time)) -> u64 {
        now.since(due + self.grace.get(class.index()).copied().unwrap_or(ROTATION_GRACE)).0
    }

    /// Takes a fact.
    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Provisioned { .. } => self.provisioned += 1,
            Fact::RotationDue { key, cause } => {
                let pending = self.pending.entry(key).or_insert_with(|| {
                    self.due += 1;
                    Pending { due: at, leaked: None }
                });
                if cause.leaked() {
                    pending.leaked = Some(at);
                }
            }
            Fact::Generated { .. } => self.generated += 1,
            Fact::Copied { version, lag, .. } => {
                self.copied += 1;
                self.lag.record(lag.0);
                if let Some((_, since)) = self.activated_at.get(&version.key).filter(|(v, _)| *v == version.version) {
                    self.late.record(at.since(*since).0);
                }
            }
            // A key that is new has no rotation.
            Fact::Activated { first: true, .. } => {}
            Fact::Activated { version, took, .. } => {
                self.activated += 1;
                self.took.record(took.0);
                self.activated_at.insert(version.key, (version.version, at));
                if let Some(pending) = self.pending.remove(&version.key) {
                    let late = self.late(at, (version.key.class, pending.due));
                    let ledger = self.ledger(version.key.class);
                    ledger.overdue_time += u128::from(late);
                    if let Some(leaked) = pending.leaked {
                        ledger.replaced += 1;
                        ledger.replacement = ledger.replacement.max(at.since(leaked));
                    }
                }
            }
            Fact::GivenUp(key) => {
                self.given_up += 1;
                if self.pending.remove(&key).is_some_and(|pending| pending.leaked.is_some()) {
                    self.ledger(key.class).gone += 1;
                }
            }
            Fact::Mended(_) => self.mended = Some(at),
            Fact::CaughtUp { copies, took, .. } => {
                self.missed += u64::from(copies);
                if let Some(mended) = self.mended.filter(|mended| *mended >= at - took) {
                    self.caught_up = self.caught_up.max(Some(at.since(mended)));
                }
            }
            Fact::Destroyed(_) => self.destroyed += 1,
            Fact::VersionLost { used, version, .. } => self.version_lost(version.key.class, used),
            Fact::KeysLost { class, keys, .. } => {
                self.keys_lost += u64::from(keys);
                self.ledger(class).lost += u64::from(keys);
            }
            Fact::LeftInEscrow { keys, .. } => self.left_in_escrow += u64::from(keys),
            Fact::InEscrow { keys, .. } => self.in_escrow += u64::from(keys),
            Fact::Compromised { class, region, keys } => {
                self.ledger(class).compromised += u64::from(keys);
                *self.leaked.entry((class, region)).or_default() += u64::from(keys);
            }
            Fact::Held { class, state, versions } => self.ledger(class).states[state as usize] = versions,
            Fact::Oldest { class, age, uses } => {
                let ledger = self.ledger(class);
                (ledger.oldest, ledger.uses) = (age, uses);
            }
            Fact::NoSlot { key, .. } => self.ledger(key.class).crowded += 1,
            Fact::Overused { class, versions } => self.ledger(class).overused = versions,
            Fact::Exposed { class, operations } => self.ledger(class).exposed = operations,
            _ => {}
        }
    }

    fn version_lost(&mut self, class: ClassId, used: bool) {
        if used {
            self.versions_lost += 1;
            self.ledger(class).versions_lost += 1;
        } else {
            self.unused_lost += 1;
        }
    }

    /// The simulation has ended.
    pub(super) fn finish(&mut self, until: Time) {
        for (key, due) in self.pending() {
            let late = self.late(until, (key.class, due));
            let ledger = self.ledger(key.class);
            ledger.overdue += u64::from(late > 0);
            ledger.overdue_time += u128::from(late);
        }
        self.activated_at.clear();
    }

    /// Keys whose rotation fell due and has not ended, with when it fell due.
    #[must_use]
    pub fn pending(&self) -> BTreeMap<KeyRef, Time> {
        self.pending.iter().map(|(key, pending)| (*key, pending.due)).collect()
    }

    /// Keys whose rotation is overdue at the end.
    #[must_use]
    pub fn overdue(&self) -> u64 {
        self.ledgers.iter().map(|ledger| ledger.overdue).sum()
    }

    /// Versions that were used more often than one may be, of a class or of all.
    #[must_use]
    pub fn overused(&self, class: Option<ClassId>) -> u64 {
        let counted = |index: usize| class.is_none_or(|class| class.index() == index);
        let ledgers = self.ledgers.iter().enumerate().filter(|(index, _)| counted(*index));
        ledgers.map(|(_, ledger)| ledger.overused).sum()
    }

    /// From a leak until the last leaked key had its successor, seconds: infinite where one has none, `None` where nothing
    /// leaked.
    #[must_use]
    pub fn replacement(&self) -> Option<f64> {
        let leaked = self.ledgers.iter().filter(|ledger| ledger.compromised > 0);
        leaked
            .map(|l| if l.replaced + l.gone < l.compromised { f64::INFINITY } else { l.replacement.as_secs_f64() })
            .reduce(f64::max)
    }

    fn ledger(&mut self, class: ClassId) -> &mut Ledger {
        if self.ledgers.len() <= class.index() {
            self.ledgers.resize(class.index() + 1, Ledger::default());
        }
        &mut self.ledgers[class.index()]
    }
}
