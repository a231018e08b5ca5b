//! When requests suffer, and until when: of the callers of one region under one load, second by second.
//!
//! A second, or a few of them where requests are rare, is bad when at least [`SUFFERS`] more of its requests fail than usual
//! before the fault, and chance does not explain it. Of all failures before and in it, each falls into it with the
//! probability that its share of the requests has, if nothing changed (the conditional test of two Poisson counts,
//! Przyborowski and Wilenski 1940, Biometrika 31); Chernoff's bound (1952, Annals of Mathematical Statistics 23) on the
//! binomial tail must be below one in 10^9, so that the many seconds of a long run raise no false alarm (assumed).

/// More of the requests than usual must fail by this share of all.
const SUFFERS: f64 = 0.01;
/// The natural logarithm of 10^9.
const SURPRISE: f64 = 20.723_265_836_946_41;
/// What was usual before counts as if it had been seen in at least so many requests: a promise that one in a thousand may
/// break is the least that anyone makes (assumed). Without it, a fault at the very beginning could not be told from bad luck.
const SEEN: f64 = 1_000.0;
/// Requests of bad seconds that say how bad the last ones were, about (assumed).
const RECENT: u32 = 1_000;
/// Seconds that are looked at together, at most.
const WIDEST: u32 = 64;
/// Seconds before a fault from which it is known what is usual.
pub(super) const BEFORE: u32 = 600;

/// Requests of one second or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Offered.
    pub offered: u32,
    /// Of these, not good.
    pub failed: u32,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.offered = self.offered.saturating_add(other.offered);
        self.failed = self.failed.saturating_add(other.failed);
    }

    fn share(self) -> f64 {
        f64::from(self.failed) / f64::from(self.offered.max(1))
    }

    /// Whether notably more fail than usual, be it by chance.
    fn exceeds(self, usual: Self) -> bool {
        self.failed > 0 && self.share() >= usual.share() + SUFFERS
    }

    /// Whether notably more fail than usual, and not by chance.
    #[must_use]
    pub fn suffers(self, usual: Self) -> bool {
        if !self.exceeds(usual) {
            return false;
        }
        let before = f64::from(usual.offered).max(SEEN);
        let failures = usual.share() * before + f64::from(self.failed);
        let expected = f64::from(self.offered) / (before + f64::from(self.offered));
        let here = f64::from(self.failed) / failures;
        let elsewhere = if here < 1.0 { (1.0 - here) * libm::log((1.0 - here) / (1.0 - expected)) } else { 0.0 };
        failures * (here * libm::log(here / expected) + elsewhere) >= SURPRISE
    }
}

/// The last seconds, by cell (home region × loads + load).
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds {
    cells: usize,
    /// Kept seconds; those before are forgotten.
    length: u32,
    /// The latest.
    pub(super) now: u32,
    counts: Vec<Count>,
    /// Whether requests suffered from a fault then.
    bad: Vec<bool>,
}

impl Seconds {
    pub(super) fn new(cells: usize, length: u32, now: u32) -> Self {
        let all = cells * length as usize;
        Self { cells, length, now, counts: vec![Count::default(); all], bad: vec![false; all] }
    }

    /// Moves on to `second`; seconds between are empty.
    pub(super) fn enter(&mut self, second: u32) {
        let new = second.saturating_sub(self.now).min(self.length);
        self.now = self.now.max(second);
        for second in self.now - new..self.now {
            let at = self.at(second + 1, 0);
            self.counts[at..at + self.cells].fill(Count::default());
            self.bad[at..at + self.cells].fill(false);
        }
    }

    #[inline]
    pub(super) fn at(&self, second: u32, cell: usize) -> usize {
        (second % self.length) as usize * self.cells + cell
    }

    #[inline]
    fn keeps(&self, second: u32) -> bool {
        second <= self.now && self.now - second < self.length
    }

    #[inline]
    pub(super) fn count(&mut self, index: usize) -> &mut Count {
        &mut self.counts[index]
    }

    pub(super) fn failed(&mut self, second: u32, cell: usize) {
        if self.keeps(second) {
            let at = self.at(second, cell);
            self.counts[at].failed += 1;
        }
    }

    fn of(&self, second: u32, cell: usize) -> Count {
        if self.keeps(second) { self.counts[self.at(second, cell)] } else { Count::default() }
    }

    fn is_bad(&self, second: u32, cell: usize) -> bool {
        self.keeps(second) && self.bad[self.at(second, cell)]
    }

    /// What was usual until `last`, a second of which all is known. An outage that has ended is not usual; one that still
    /// goes on is, for whatever comes next.
    pub(super) fn usual(&self, last: u32, cell: usize) -> Count {
        let before = last.saturating_sub(BEFORE - 1)..=last;
        let asked = before.clone().rev().find(|second| self.of(*second, cell).offered > 0);
        let goes_on = asked.is_some_and(|second| self.is_bad(second, cell));
        let mut sum = Count::default();
        before.filter(|second| goes_on || !self.is_bad(*second, cell)).for_each(|s| sum.add(self.of(s, cell)));
        sum
    }
}

/// What one fault did to the callers of one region under one load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    usual: Count,
    /// The end of the last bad second; 0 where there was none.
    bad_until: u32,
    /// Good requests since then: that some fail in seconds too thin to tell shows nothing.
    since: u32,
    /// Requests of the last bad seconds.
    bad: Count,
    /// Nothing is added any more.
    pub(super) closed: bool,
    /// They suffered until the last.
    pub(super) never: bool,
}

impl Course {
    pub(super) fn new(usual: Count) -> Self {
        Self { usual, ..Self::default() }
    }

    /// The end of the last bad second since the beginning, if there was one.
    pub(super) fn bad_until(&self) -> Option<u32> {
        (self.bad_until > 0).then_some(self.bad_until)
    }

    /// Whether requests still suffer when `second` begins: nothing shows yet that they do not. Where half of them failed, a
    /// second without failures may be luck; so many in a row that it would be one in 10^9 are none.
    pub(super) fn suffers(&self, second: u32) -> bool {
        // As if one more had been good: where all of a few failed, one that is good is no proof.
        let share = f64::from(self.bad.failed) / f64::from(self.bad.offered.saturating_add(1));
        let luck = f64::from(self.since) * libm::log1p(-share);
        self.bad_until > 0 && (self.bad_until + 1 >= second || self.since == 0 || -luck < SURPRISE)
    }

    /// Looks at a second of a cell. Of windows that end with it, the narrowest bad one counts; they reach back to the strike, and
    /// not over seconds that are known to be bad: what comes after an outage must be bad by itself, or follow without a pause.
    pub(super) fn look(&mut self, seconds: &mut Seconds, cell: usize, second: u32, struck: u32, decided: bool) {
        let here = seconds.of(second, cell);
        if decided {
            self.since = self.since.saturating_add(here.offered - here.failed.min(here.offered));
        }
        if here.failed == 0 {
            return;
        }
        let earliest = struck.max(self.bad_until);
        let goes_on = self.bad_until == second && here.exceeds(self.usual);
        let (mut window, mut first, mut width) = (Count::default(), second + 1, 1);
        while width <= WIDEST {
            while first > earliest && second + 1 - first < width {
                first -= 1;
                window.add(seconds.of(first, cell));
            }
            if goes_on || window.suffers(self.usual) {
                for second in first..=second {
                    let at = seconds.at(second, cell);
                    seconds.bad[at] = true;
                }
                if self.bad.offered > RECENT {
                    self.bad = Count { offered: self.bad.offered / 2, failed: self.bad.failed / 2 };
                }
                self.bad.add(window);
                (self.bad_until, self.since) = (second + 1, 0);
                return;
            }
            width = if first == earliest { WIDEST + 1 } else { width * 2 };
        }
    }
}
