//! Facts to counts, of planned work and of pushes: what was out from when until when, and how far a wrong configuration got.

use crate::kms::{Fact, FaultId, SiteId, WorkFact, WorkId};
use crate::time::Time;
use std::collections::BTreeMap;

/// A device or a site that was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenOut {
    /// For which work.
    pub work: WorkId,
    /// Where.
    pub site: SiteId,
    /// Which device; [`WorkFact::WHOLE`] for the site.
    pub device: u16,
    /// Since when it takes nothing new.
    pub from: Time,
    /// Since when it is away.
    pub away: Option<Time>,
    /// When it was back.
    pub back: Option<Time>,
}

/// How far one strike of a push got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushTally {
    /// When each wave went out.
    pub waves: Vec<Time>,
    /// When it was noticed.
    pub noticed: Option<Time>,
}

/// All work of a run, warm-up included.
#[derive(Clone, Debug, Default)]
pub struct WorkTally {
    /// In order of when they were taken out.
    pub out: Vec<TakenOut>,
    /// When work began, and when it was done everywhere.
    pub works: BTreeMap<WorkId, (Time, Option<Time>)>,
    /// By fault.
    pub pushes: BTreeMap<FaultId, PushTally>,
}

impl WorkTally {
    #[inline]
    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        if let Fact::Work(fact) = fact {
            self.step(at, fact);
        }
    }

    #[cold]
    fn step(&mut self, at: Time, fact: WorkFact) {
        let last = |out: &mut Vec<TakenOut>, unit: (WorkId, SiteId, u16)| {
            out.iter().rposition(|out| (out.work, out.site, out.device) == unit && out.back.is_none())
        };
        match fact {
            WorkFact::Wave { fault, .. } => self.pushes.entry(fault).or_default().waves.push(at),
            WorkFact::Noticed { fault, .. } => self.pushes.entry(fault).or_default().noticed = Some(at),
            WorkFact::Began { work } => drop(self.works.insert(work, (at, None))),
            WorkFact::Draining { work, site, device } => {
                self.out.push(TakenOut { work, site, device, from: at, away: None, back: None });
            }
            WorkFact::Drained { work, site, device } => {
                if let Some(index) = last(&mut self.out, (work, site, device)) {
                    self.out[index].away = Some(at);
                }
            }
            WorkFact::Returned { work, site, device } => {
                if let Some(index) = last(&mut self.out, (work, site, device)) {
                    self.out[index].back = Some(at);
                }
            }
            WorkFact::Ended { work } => {
                if let Some((_, ended)) = self.works.get_mut(&work) {
                    *ended = Some(at);
                }
            }
        }
    }
}
