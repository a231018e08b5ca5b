//! What happens around faults, second by second: from it come the recovery time objective (RTO), its parts, and the recovery
//! point objective (RPO).

use super::runs::Part;
use crate::kms::{Fact, FaultId, OriginId, SiteId};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// How long after a fault the fleet is watched, and its windows count as recovery.
pub const RECOVERY: Span = Span::from_secs(600);
/// A second suffers when at least this share of its requests fails.
const SUFFERS: f64 = 0.01;

/// A fault that struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// Which.
    pub fault: FaultId,
    /// When it struck.
    pub from: Time,
    /// When it was mended, or the run ended.
    pub until: Time,
    /// Versions lost while it lasted.
    pub versions_lost: u64,
    /// Age of the oldest of these.
    pub oldest_lost: Span,
    /// Keys lost while it lasted.
    pub keys_lost: u64,
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

/// Offered and failed requests of one second, region and load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Offered.
    pub offered: u32,
    /// Not good.
    pub failed: u32,
}

/// The record around faults.
#[derive(Clone, Debug)]
pub struct Watch {
    regions: usize,
    loads: usize,
    /// Faults in order of when they struck.
    pub strikes: Vec<Strike>,
    /// Sightings in order of time.
    pub sightings: Vec<Sighting>,
    /// By second since the beginning, then home region × loads + load.
    pub seconds: BTreeMap<u32, Vec<Second>>,
    present: u32,
    watched_until: Time,
}

impl Watch {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(regions: usize, loads: usize) -> Self {
        Self {
            regions,
            loads,
            strikes: Vec::new(),
            sightings: Vec::new(),
            seconds: BTreeMap::new(),
            present: 0,
            watched_until: Time::ZERO,
        }
    }

    /// The part of the run that `at` belongs to, with the faults that are present now.
    #[inline]
    #[must_use]
    pub fn part(&self, at: Time) -> Part {
        match (self.present > 0, at < self.watched_until) {
            (true, _) => Part::Fault,
            (false, true) => Part::Recovery,
            (false, false) => Part::Normal,
        }
    }

    #[inline]
    pub(super) fn offered(&mut self, at: Time, cell: usize) {
        if self.present > 0 || at < self.watched_until {
            self.second(at)[cell].offered += 1;
        }
    }

    pub(super) fn failed(&mut self, arrived: Time, cell: usize) {
        if self.seconds.contains_key(&((arrived.0 / 1_000_000_000) as u32)) {
            self.second(arrived)[cell].failed += 1;
        }
    }

    fn second(&mut self, at: Time) -> &mut Vec<Second> {
        let cells = self.regions * self.loads;
        self.seconds.entry((at.0 / 1_000_000_000) as u32).or_insert_with(|| vec![Second::default(); cells])
    }

    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Struck(fault) => {
                self.present += 1;
                let (versions_lost, oldest_lost, keys_lost) = (0, Span::ZERO, 0);
                self.strikes.push(Strike {
                    fault,
                    from: at,
                    until: Time::NEVER,
                    versions_lost,
                    oldest_lost,
                    keys_lost,
                });
            }
            Fact::Mended(fault) => {
                self.present = self.present.saturating_sub(1);
                self.watched_until = at + RECOVERY;
                if let Some(strike) = self.strikes.iter_mut().rev().find(|s| s.fault == fault) {
                    strike.until = at;
                }
            }
            Fact::Detected { site, up } => self.sightings.push(Sighting { at, site, up, origin: None }),
            Fact::Routed { origin, site, up } => {
                self.sightings.push(Sighting { at, site, up, origin: Some(origin) });
            }
            Fact::VersionLost { age, .. } => {
                if let Some(strike) = self.strikes.last_mut() {
                    strike.versions_lost += 1;
                    strike.oldest_lost = strike.oldest_lost.max(age);
                }
            }
            Fact::KeysLost { keys, .. } => {
                if let Some(strike) = self.strikes.last_mut() {
                    strike.keys_lost += u64::from(keys);
                }
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, end: Time) {
        for strike in &mut self.strikes {
            strike.until = strike.until.min(end);
        }
    }

    /// Seconds after the strike until requests of every region were good again for good, those of one load or of all: zero
    /// where none suffered, `None` where they still suffer when the watch ends.
    #[must_use]
    pub fn rto(&self, strike: &Strike, load: Option<usize>, end: Time) -> Option<Span> {
        let from = (strike.from.0 / 1_000_000_000) as u32;
        let last = ((strike.until + RECOVERY).min(end).0 / 1_000_000_000) as u32;
        let wanted = |index: usize| load.is_none_or(|load| load == index);
        let suffers = |region: &[Second]| {
            let of = region.iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, second)| second);
            let (offered, failed) = of.fold((0, 0), |sum, s| (sum.0 + s.offered, sum.1 + s.failed));
            failed > 0 && f64::from(failed) >= SUFFERS * f64::from(offered)
        };
        let worst = self.seconds.range(from..=last).rev().find(|(_, cells)| cells.chunks(self.loads).any(suffers));
        match worst {
            None => Some(Span::ZERO),
            Some((second, _)) if *second + 2 >= last => None,
            Some((second, _)) => Some(Time(u64::from(second + 1) * 1_000_000_000).since(strike.from)),
        }
    }

    /// Requests offered and failed between a strike and its end, by region.
    #[must_use]
    pub fn suffered(&self, strike: &Strike) -> Vec<(u64, u64)> {
        let range = (strike.from.0 / 1_000_000_000) as u32..(strike.until.0.div_ceil(1_000_000_000)) as u32;
        let mut sums = vec![(0, 0); self.regions];
        for cells in self.seconds.range(range).map(|(_, cells)| cells) {
            for (sum, region) in sums.iter_mut().zip(cells.chunks(self.loads)) {
                for second in region {
                    sum.0 += u64::from(second.offered);
                    sum.1 += u64::from(second.failed);
                }
            }
        }
        sums
    }
}
