//! Records of planned work and of pushes: their kinds, and what each says.

use super::Record;
use crate::kms::{FaultId, SiteId, WorkFact, WorkId};
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a record of planned work or of a push is about. Of records of the same time those of an earlier kind come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkKind {
    /// A wave of a push went out.
    PushWave,
    /// A push is noticed.
    PushNoticed,
    /// Planned work begins.
    WorkBegan,
    /// A device or a site is to be taken out.
    Draining,
    /// It is away.
    Drained,
    /// It is back.
    Returned,
    /// Planned work is done.
    WorkEnded,
}

impl WorkKind {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::PushWave,
        Self::PushNoticed,
        Self::WorkBegan,
        Self::Draining,
        Self::Drained,
        Self::Returned,
        Self::WorkEnded,
    ];

    /// The kind of a fact.
    #[must_use]
    pub const fn of(fact: &WorkFact) -> Self {
        match fact {
            WorkFact::Wave { .. } => Self::PushWave,
            WorkFact::Noticed { .. } => Self::PushNoticed,
            WorkFact::Began { .. } => Self::WorkBegan,
            WorkFact::Draining { .. } => Self::Draining,
            WorkFact::Drained { .. } => Self::Drained,
            WorkFact::Returned { .. } => Self::Returned,
            WorkFact::Ended { .. } => Self::WorkEnded,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PushWave => "push-wave",
            Self::PushNoticed => "push-noticed",
            Self::WorkBegan => "work-began",
            Self::Draining => "draining",
            Self::Drained => "drained",
            Self::Returned => "returned",
            Self::WorkEnded => "work-ended",
        }
    }
}

/// What a bare record says of a fact.
pub(super) fn fill<'a>(bare: Record<'a>, fact: WorkFact, scenario: &'a Scenario) -> Record<'a> {
    let fault = |fault: FaultId| Some(Cow::from(&scenario.faults[fault.index()].id));
    let work = |work: WorkId| Some(Cow::from(&scenario.works[work.index()].id));
    let site = |site: SiteId| Some(Cow::from(&scenario.sites[site.index()].id));
    let device = |device: u16| (device != WorkFact::WHOLE).then_some(device + 1);
    match fact {
        WorkFact::Wave { fault: of, wave, sites } => {
            Record { fault: fault(of), wave: Some(wave + 1), sites: Some(sites), ..bare }
        }
        WorkFact::Noticed { fault: of, spared } => {
            Record { fault: fault(of), outcome: Some(format!("{spared} waves spared").into()), ..bare }
        }
        WorkFact::Began { work: of } | WorkFact::Ended { work: of } => Record { work: work(of), ..bare },
        WorkFact::Draining { work: of, site: at, device: number }
        | WorkFact::Drained { work: of, site: at, device: number }
        | WorkFact::Returned { work: of, site: at, device: number } => {
            Record { work: work(of), site: site(at), device: device(number), ..bare }
        }
    }
}
