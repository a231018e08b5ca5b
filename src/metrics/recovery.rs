//! Facts to counts, of backups and of sites that people and machines brought back: how long each part of a recovery took.

use crate::kms::{Fact, FaultId, RecoveryFact, SiteId};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// A site on its way back, or that is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// From which fault.
    pub fault: FaultId,
    /// Which site.
    pub site: SiteId,
    /// When it struck.
    pub from: Time,
    /// Of one that was erased: since its last complete backup began; [`Span::MAX`] where there is none.
    pub backup_age: Option<Span>,
    /// Machines had to activate or to restore.
    pub began: bool,
    /// Key versions restored.
    pub versions: u32,
    /// Until somebody was paged.
    pub detect: Span,
    /// From then until it was decided what to do.
    pub decide: Span,
    /// From then until those who are needed were there.
    pub people: Span,
    /// From then until the site served again: waiting for hardware or power, activation, restore.
    pub machine: Span,
    /// When it served again; `None` where it did not by the end.
    pub ready: Option<Time>,
    /// The end of the last part that is known.
    last: Time,
}

/// Backups of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SavedTally {
    /// Complete ones.
    pub complete: u64,
    /// Those that a fault broke off.
    pub broken: u64,
    /// Those that were due and did not begin.
    pub missed: u64,
    /// Key versions in those that began.
    pub versions: u64,
    /// Those that began.
    pub began: u64,
    /// How long the complete ones took.
    pub took: Span,
}

/// All of a run, warm-up included.
#[derive(Clone, Debug, Default)]
pub struct RecoveryTally {
    /// In order of what was told first of each.
    pub recoveries: Vec<Recovered>,
    /// By site.
    pub backups: BTreeMap<SiteId, SavedTally>,
    /// By site: versions that it had lost, and got again from others.
    pub refilled: BTreeMap<SiteId, u64>,
    /// When each fault last struck.
    struck: BTreeMap<FaultId, Time>,
}

impl RecoveryTally {
    #[inline]
    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Struck(fault) => drop(self.struck.insert(fault, at)),
            Fact::Recovery(fact) => self.step(at, fact),
            _ => {}
        }
    }

    #[cold]
    fn step(&mut self, at: Time, fact: RecoveryFact) {
        let backups = &mut self.backups;
        match fact {
            RecoveryFact::SavingBegan { site, versions } => {
                let tally = backups.entry(site).or_default();
                (tally.began, tally.versions) = (tally.began + 1, tally.versions + u64::from(versions));
            }
            RecoveryFact::SavingEnded { site, complete: true, took } => {
                let tally = backups.entry(site).or_default();
                (tally.complete, tally.took) = (tally.complete + 1, tally.took + took);
            }
            RecoveryFact::SavingEnded { site, .. } => backups.entry(site).or_default().broken += 1,
            RecoveryFact::SavingMissed { site } => backups.entry(site).or_default().missed += 1,
            RecoveryFact::Erased { fault, site, age } => self.open(at, fault, site).backup_age = Some(age),
            RecoveryFact::Paged { fault, site } => {
                let open = self.open(at, fault, site);
                (open.detect, open.last) = (at.since(open.last), at);
            }
            RecoveryFact::Decided { fault, site } => {
                let open = self.open(at, fault, site);
                (open.decide, open.last) = (at.since(open.last), at);
            }
            RecoveryFact::Gathered { fault, site } => {
                let open = self.open(at, fault, site);
                (open.people, open.last) = (at.since(open.last), at);
            }
            RecoveryFact::Began { fault, site, versions, .. } => {
                let open = self.open(at, fault, site);
                (open.began, open.versions) = (true, versions);
            }
            RecoveryFact::Ready { fault, site, .. } => {
                let open = self.open(at, fault, site);
                (open.machine, open.last, open.ready) = (at.since(open.last), at, Some(at));
            }
            RecoveryFact::Refilled { site, .. } => *self.refilled.entry(site).or_default() += 1,
        }
    }

    /// The recovery of a site from a fault that is under way, or begins with what is told now.
    fn open(&mut self, at: Time, fault: FaultId, site: SiteId) -> &mut Recovered {
        let known = self.recoveries.iter().rposition(|r| (r.fault, r.site, r.ready) == (fault, site, None));
        let index = known.unwrap_or_else(|| {
            let from = self.struck.get(&fault).copied().unwrap_or(at);
            let [detect, decide, people, machine] = [Span::ZERO; 4];
            let (backup_age, began, versions, ready, last) = (None, false, 0, None, from);
            let new = Recovered {
                fault,
                site,
                from,
                backup_age,
                began,
                versions,
                detect,
                decide,
                people,
                machine,
                ready,
                last,
            };
            self.recoveries.push(new);
            self.recoveries.len() - 1
        });
        &mut self.recoveries[index]
    }
}
