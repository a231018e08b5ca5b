//! What happens around faults: from it come the recovery time objective (RTO), its parts, and the recovery point objective
//! (RPO). Memory follows the number of faults, not how long they last: seconds are looked at once all of their requests are
//! decided, and forgotten after ten minutes.

use super::frame::Frame;
use super::outage::{BEFORE, Course, Seconds};
use super::part::Part;
use crate::kms::{Fact, FaultId, OriginId, SiteId};
use crate::time::{Span, Time};
use std::sync::Arc;

/// How long after a fault the fleet is watched, and its windows count as recovery.
pub const RECOVERY: Span = Span::from_secs(600);
/// A request that fails later than this after it was offered is not seen as part of an outage.
const LONGEST_PATIENCE: u64 = 3_600;

/// A fault that struck.
#[derive(Clone, Debug)]
pub struct Strike {
    /// Which.
    pub fault: FaultId,
    /// When it struck.
    pub from: Time,
    /// When it was mended, or the run ended.
    pub until: Time,
    /// Versions in use lost while it lasted.
    pub versions_lost: u64,
    /// Age of the oldest version lost, of keys lost for good too; [`Span::MAX`] where nothing says how old one was.
    pub oldest_lost: Span,
    /// Keys lost while it lasted.
    pub keys_lost: u64,
    /// Keys that lost their last host while it lasted, and were in escrow.
    pub left_in_escrow: u64,
    /// Counted requests offered while it lasted, and those of them that failed, by region.
    pub suffered: Vec<(u64, u64)>,
    /// By home region × loads + load.
    courses: Vec<Course>,
}

impl Strike {
    /// The recovery point objective's measure in seconds: how far back lies the point to which all can be recovered. What was
    /// made under a version that is gone is gone since the version was made: its age. Infinite where keys are lost of which
    /// nothing says how old they are, zero where nothing is lost.
    #[must_use]
    pub fn rpo(&self) -> f64 {
        if self.oldest_lost == Span::MAX { f64::INFINITY } else { self.oldest_lost.as_secs_f64() }
    }
}

/// A site whose health the checks or a routing table saw change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When.
    pub at: Time,
    /// Which site.
    pub site: SiteId,
    /// Whether it is now believed healthy.
    pub up: bool,
    /// Whose table; `None` for the checks themselves.
    pub origin: Option<OriginId>,
}

/// The record around faults.
#[derive(Clone, Debug)]
pub struct Watch {
    frame: Arc<Frame>,
    /// Faults in order of when they struck.
    pub strikes: Vec<Strike>,
    /// Sightings in order of time.
    pub sightings: Vec<Sighting>,
    present: u32,
    /// When the recovery from the fault mended last is over.
    recovered: Time,
    /// Counted requests offered so far, by cell.
    offered: Vec<u64>,
    seconds: Seconds,
    /// Where the present second begins in `seconds`.
    here: usize,
    /// Seconds before this have been looked at.
    looked: u32,
    /// After so many seconds all requests of a second are decided.
    patience: u32,
    /// Faults whose effects are not all known yet.
    open: Vec<usize>,
}

#[inline]
const fn second_of(at: Time) -> u32 {
    let second = at.0 / 1_000_000_000;
    if second > u32::MAX as u64 { u32::MAX } else { second as u32 }
}

impl Watch {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(frame: Arc<Frame>) -> Self {
        let patience = frame.patience.0.div_ceil(1_000_000_000).clamp(1, LONGEST_PATIENCE) as u32;
        let now = second_of(frame.from);
        let seconds = Seconds::new(frame.cells(), BEFORE + patience + 3, now);
        Self {
            strikes: Vec::new(),
            sightings: Vec::new(),
            present: 0,
            recovered: Time::ZERO,
            offered: vec![0; frame.cells()],
            here: seconds.at(now, 0),
            seconds,
            looked: now,
            patience,
            open: Vec::new(),
            frame,
        }
    }

    /// The part of the run that `at` belongs to, with the faults that are present now.
    #[inline]
    #[must_use]
    pub fn part(&self, at: Time) -> Part {
        match (self.present > 0, at < self.recovered) {
            (true, _) => Part::Fault,
            (false, true) => Part::Recovery,
            (false, false) => Part::Normal,
        }
    }

    #[inline]
    pub(super) fn offered(&mut self, at: Time, cell: usize) {
        if second_of(at) != self.seconds.now {
            self.enter(second_of(at));
        }
        self.seconds.count(self.here + cell).offered += 1;
        if at >= self.frame.counted_from {
            self.offered[cell] += 1;
        }
    }

    pub(super) fn failed(&mut self, arrived: Time, cell: usize) {
        if second_of(arrived) >= self.looked {
            self.seconds.failed(second_of(arrived), cell);
        }
        if arrived < self.frame.counted_from {
            return;
        }
        for open in &self.open {
            let strike = &mut self.strikes[*open];
            if strike.from <= arrived && arrived < strike.until {
                strike.suffered[cell / self.frame.loads].1 += 1;
            }
        }
    }

    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Struck(fault) => self.strike(at, fault),
            Fact::Mended(fault) => {
                self.recovered = at + RECOVERY;
                self.present = self.present.saturating_sub(1);
                if let Some(strike) = self.strikes.iter().rposition(|s| s.fault == fault) {
                    self.end_strike(strike, at);
                }
            }
            Fact::Detected { site, up } => self.sightings.push(Sighting { at, site, up, origin: None }),
            Fact::Routed { origin, site, up } => {
                self.sightings.push(Sighting { at, site, up, origin: Some(origin) });
            }
            Fact::VersionLost { age, used: true, .. } => {
                if let Some(strike) = self.strikes.last_mut() {
                    strike.versions_lost += 1;
                    strike.oldest_lost = strike.oldest_lost.max(age);
                }
            }
            Fact::KeysLost { keys, age, .. } => {
                if let Some(strike) = self.strikes.last_mut() {
                    strike.keys_lost += u64::from(keys);
                    strike.oldest_lost = strike.oldest_lost.max(age);
                }
            }
            Fact::LeftInEscrow { keys, .. } => {
                if let Some(strike) = self.strikes.last_mut() {
                    strike.left_in_escrow += u64::from(keys);
                }
            }
            _ => {}
        }
    }

    fn strike(&mut self, at: Time, fault: FaultId) {
        self.present += 1;
        self.enter(second_of(at));
        let last = second_of(at).checked_sub(self.patience + 1);
        let usual = |cell: usize| last.map(|last| self.seconds.usual(last, cell)).unwrap_or_default();
        let courses = (0..self.frame.cells()).map(|cell| Course::new(usual(cell))).collect();
        self.open.push(self.strikes.len());
        self.strikes.push(Strike {
            fault,
            from: at,
            until: Time::NEVER,
            versions_lost: 0,
            oldest_lost: Span::ZERO,
            keys_lost: 0,
            left_in_escrow: 0,
            suffered: self.offered.chunks(self.frame.loads).map(|loads| (loads.iter().sum(), 0)).collect(),
            courses,
        });
    }

    fn end_strike(&mut self, strike: usize, at: Time) {
        let strike = &mut self.strikes[strike];
        strike.until = at;
        // Until now, what had been offered before stood here.
        for (suffered, loads) in strike.suffered.iter_mut().zip(self.offered.chunks(self.frame.loads)) {
            suffered.0 = loads.iter().sum::<u64>() - suffered.0;
        }
    }

    /// Moves on to a second, and looks at those of which all is known now.
    fn enter(&mut self, second: u32) {
        self.look_until(second.saturating_sub(self.patience), true);
        self.seconds.enter(second);
        self.here = self.seconds.at(self.seconds.now, 0);
    }

    fn look_until(&mut self, end: u32, decided: bool) {
        // Seconds after the latest one were empty.
        for second in self.looked..end.min(self.seconds.now + 1) {
            if self.open.is_empty() {
                break;
            }
            self.look(second, decided);
        }
        self.looked = self.looked.max(end);
    }

    fn look(&mut self, second: u32, decided: bool) {
        for open in &self.open {
            let (earlier, later) = self.strikes.split_at_mut(*open + 1);
            let strike = &mut earlier[*open];
            let from = second_of(strike.from);
            if second < from {
                continue;
            }
            let last = second_of(strike.until + RECOVERY);
            let next = later.iter().map(|next| second_of(next.from)).find(|next| *next > from);
            for (cell, course) in strike.courses.iter_mut().enumerate().filter(|(_, course)| !course.closed) {
                let over = second > last || next.is_some_and(|next| second >= next);
                if over && !course.suffers(second) {
                    // What happens from the next strike on is that one's, and long after the end nobody's; an outage that still
                    // goes on is followed to its end.
                    course.closed = true;
                } else {
                    course.look(&mut self.seconds, cell, second, from, decided);
                }
            }
        }
        let strikes = &self.strikes;
        let counts = |strike: &Strike| strike.until == Time::NEVER || second_of(strike.until) >= second;
        self.open.retain(|i| counts(&strikes[*i]) || strikes[*i].courses.iter().any(|course| !course.closed));
    }

    pub(super) fn finish(&mut self, end: Time) {
        for strike in 0..self.strikes.len() {
            if self.strikes[strike].until > end {
                self.end_strike(strike, end);
            }
        }
        let last = second_of(end);
        // What was offered shortly before the end is not decided: it can show that requests suffer, not that they do not.
        let known = (last + 1).saturating_sub(self.patience);
        self.look_until(known, true);
        self.look_until(last + 1, false);
        for open in std::mem::take(&mut self.open) {
            let strike = &mut self.strikes[open];
            let last = known.saturating_sub(1);
            for course in strike.courses.iter_mut().filter(|course| !course.closed) {
                (course.closed, course.never) = (true, course.suffers(last));
            }
        }
        self.seconds = Seconds::default();
    }

    /// Seconds after the strike until requests were as good again as before, of the callers of every region, under one load or
    /// under each: zero where none suffered, `None` where they still suffer when the run ends. What begins more than ten minutes
    /// after repair is not the fault's.
    /// All regions are looked at: a fault moves load, and may hurt callers far from it.
    #[must_use]
    pub fn rto(&self, strike: &Strike, load: Option<usize>) -> Option<Span> {
        let wanted = |cell: usize| load.is_none_or(|load| cell % self.frame.loads == load);
        let mut longest = Span::ZERO;
        for (_, course) in strike.courses.iter().enumerate().filter(|(cell, _)| wanted(*cell)) {
            if course.never {
                return None;
            }
            if let Some(second) = course.bad_until() {
                longest = longest.max(Time(u64::from(second) * 1_000_000_000).since(strike.from));
            }
        }
        Some(longest)
    }

    /// The counted stretches of time that are [`Part::Normal`], in order.
    #[must_use]
    pub fn normal(&self) -> Vec<(Time, Time)> {
        let (mut normal, mut from) = (Vec::new(), self.frame.counted_from);
        for strike in &self.strikes {
            if from < strike.from {
                normal.push((from, strike.from));
            }
            from = from.max(strike.until + RECOVERY);
        }
        if from < self.frame.until {
            normal.push((from, self.frame.until));
        }
        normal
    }

    /// For how long after `from` any fault was present.
    #[must_use]
    pub fn faulty(&self, from: Time) -> Span {
        let (mut sum, mut covered) = (Span::ZERO, from);
        for strike in &self.strikes {
            sum += strike.until.since(strike.from.max(covered));
            covered = covered.max(strike.until);
        }
        sum
    }
}
