//! Records of backups and of recoveries: their kinds, and what each says.

use super::Record;
use crate::kms::{FaultId, RecoveryFact, SiteId};
use crate::scenario::Scenario;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a record of a backup or of a recovery is about. Of records of the same time those of an earlier kind come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecoveryKind {
    /// A backup begins.
    BackupBegan,
    /// A backup ended, complete or not.
    BackupEnded,
    /// A backup was due and did not begin.
    BackupMissed,
    /// A site lost all its keys.
    Erased,
    /// Somebody is paged.
    Paged,
    /// What to do is decided.
    Decided,
    /// The people who are needed are there.
    Gathered,
    /// Machines begin to activate or to restore.
    RecoveryBegan,
    /// The site serves again.
    Ready,
    /// It got a version again that it had lost.
    Refilled,
}

impl RecoveryKind {
    /// The kind of a fact.
    #[must_use]
    pub const fn of(fact: &RecoveryFact) -> Self {
        match fact {
            RecoveryFact::SavingBegan { .. } => Self::BackupBegan,
            RecoveryFact::SavingEnded { .. } => Self::BackupEnded,
            RecoveryFact::SavingMissed { .. } => Self::BackupMissed,
            RecoveryFact::Erased { .. } => Self::Erased,
            RecoveryFact::Paged { .. } => Self::Paged,
            RecoveryFact::Decided { .. } => Self::Decided,
            RecoveryFact::Gathered { .. } => Self::Gathered,
            RecoveryFact::Began { .. } => Self::RecoveryBegan,
            RecoveryFact::Ready { .. } => Self::Ready,
            RecoveryFact::Refilled { .. } => Self::Refilled,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BackupBegan => "backup-began",
            Self::BackupEnded => "backup-ended",
            Self::BackupMissed => "backup-missed",
            Self::Erased => "erased",
            Self::Paged => "paged",
            Self::Decided => "decided",
            Self::Gathered => "gathered",
            Self::RecoveryBegan => "recovery-began",
            Self::Ready => "ready",
            Self::Refilled => "refilled",
        }
    }
}

/// What a bare record says of a fact.
pub(super) fn fill<'a>(bare: Record<'a>, fact: RecoveryFact, scenario: &'a Scenario) -> Record<'a> {
    let fault = |fault: FaultId| Some(Cow::from(&scenario.faults[fault.index()].id));
    let site = |site: SiteId| Some(Cow::from(&scenario.sites[site.index()].id));
    match fact {
        RecoveryFact::SavingBegan { site: at, versions } => {
            Record { site: site(at), outcome: Some(format!("{versions} key versions").into()), ..bare }
        }
        RecoveryFact::SavingEnded { site: at, complete, took } => {
            let outcome = if complete { "complete" } else { "broken off" };
            Record { site: site(at), outcome: Some(outcome.into()), took_ns: Some(took.0), ..bare }
        }
        RecoveryFact::SavingMissed { site: at } => Record { site: site(at), ..bare },
        RecoveryFact::Erased { fault: of, site: at, age } => {
            let age_ns = (age != Span::MAX).then_some(age.0);
            Record { fault: fault(of), site: site(at), age_ns, ..bare }
        }
        RecoveryFact::Paged { fault: of, site: at }
        | RecoveryFact::Decided { fault: of, site: at }
        | RecoveryFact::Gathered { fault: of, site: at } => Record { fault: fault(of), site: site(at), ..bare },
        RecoveryFact::Began { fault: of, site: at, restores, versions } => {
            let what = if restores { format!("restore of {versions} key versions") } else { "activation".to_owned() };
            Record { fault: fault(of), site: site(at), outcome: Some(what.into()), ..bare }
        }
        RecoveryFact::Ready { fault: of, site: at, took } => {
            Record { fault: fault(of), site: site(at), took_ns: Some(took.0), ..bare }
        }
        RecoveryFact::Refilled { site: at, version } => {
            let key = format!("{}/{}", scenario.keys[version.key.class.index()].id, version.key.number);
            Record { site: site(at), key: Some(key.into()), version: Some(version.version), ..bare }
        }
    }
}
