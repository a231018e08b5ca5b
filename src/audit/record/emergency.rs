//! Records of emergency access: their kinds, and what each says.

use super::Record;
use crate::kms::{EmergencyFact, KeyRef, RegionId, SiteId};
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a record of emergency access is about. Of records of the same time those of an earlier kind come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmergencyKind {
    /// A grant is asked for.
    GrantAsked,
    /// An approver answered.
    GrantAnswered,
    /// A region is fenced.
    RegionFenced,
    /// A grant begins.
    GrantBegan,
    /// A site opened a key under a grant.
    KeyOpened,
    /// A key is about to be used under a grant.
    EmergencyAccess,
    /// A call that named a grant was refused.
    EmergencyRefused,
    /// A person asked or approved who may not.
    GrantDenied,
    /// A grant ended, or the request for one.
    GrantEnded,
    /// The fence is lifted.
    FenceLifted,
    /// A site lost its lease, or has it again.
    Lease,
    /// A site learned of a fence, or of its end.
    FenceSeen,
}

impl EmergencyKind {
    /// The kind of a fact.
    #[must_use]
    pub const fn of(fact: &EmergencyFact) -> Self {
        match fact {
            EmergencyFact::Asked { .. } => Self::GrantAsked,
            EmergencyFact::Answered { .. } => Self::GrantAnswered,
            EmergencyFact::Fenced { .. } => Self::RegionFenced,
            EmergencyFact::Granted { .. } => Self::GrantBegan,
            EmergencyFact::Opened { .. } => Self::KeyOpened,
            EmergencyFact::Access { .. } => Self::EmergencyAccess,
            EmergencyFact::Refused { .. } => Self::EmergencyRefused,
            EmergencyFact::Denied { .. } => Self::GrantDenied,
            EmergencyFact::Ended { .. } => Self::GrantEnded,
            EmergencyFact::Lifted { .. } => Self::FenceLifted,
            EmergencyFact::Lease { .. } => Self::Lease,
            EmergencyFact::Heeded { .. } => Self::FenceSeen,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GrantAsked => "grant-asked",
            Self::GrantAnswered => "grant-answered",
            Self::RegionFenced => "region-fenced",
            Self::GrantBegan => "grant-began",
            Self::KeyOpened => "key-opened",
            Self::EmergencyAccess => "emergency-access",
            Self::EmergencyRefused => "emergency-refused",
            Self::GrantDenied => "grant-denied",
            Self::GrantEnded => "grant-ended",
            Self::FenceLifted => "fence-lifted",
            Self::Lease => "lease",
            Self::FenceSeen => "fence-seen",
        }
    }
}

/// What a bare record says of a fact.
pub(super) fn fill<'a>(bare: Record<'a>, fact: EmergencyFact, scenario: &'a Scenario) -> Record<'a> {
    let site = |site: SiteId| Some(Cow::from(&scenario.sites[site.index()].id));
    let region = |region: RegionId| Some(Cow::from(&scenario.regions[region.index()].id));
    let key = |key: KeyRef| Some(format!("{}/{}", scenario.keys[key.class.index()].id, key.number).into());
    match fact {
        EmergencyFact::Asked { grant, region: of } => {
            let reason = scenario.emergency.as_ref().map(|access| Cow::from(&access.reason));
            Record { grant: Some(grant.0), region: region(of), reason, ..bare }
        }
        EmergencyFact::Fenced { grant, region: of }
        | EmergencyFact::Granted { grant, region: of }
        | EmergencyFact::Lifted { grant, region: of } => Record { grant: Some(grant.0), region: region(of), ..bare },
        EmergencyFact::Answered { grant, approver, yes } => {
            let outcome = Some(Cow::from(if yes { "yes" } else { "no" }));
            Record { grant: Some(grant.0), approver: Some(approver), outcome, ..bare }
        }
        EmergencyFact::Opened { grant, site: at, key: of } => {
            Record { grant: Some(grant.0), site: site(at), key: key(of), ..bare }
        }
        EmergencyFact::Access { grant, site: at, origin, call, key: of } => Record {
            grant: Some(grant.0),
            site: site(at),
            origin: Some(Cow::from(&scenario.origins[origin.index()].id)),
            call: Some(Cow::from(&scenario.calls[call.index()])),
            key: key(of),
            ..bare
        },
        EmergencyFact::Refused { grant, site: at, why, key: of } => {
            let outcome = Some(Cow::from(why.name()));
            Record { grant: Some(grant.0), site: site(at), key: key(of), outcome, ..bare }
        }
        EmergencyFact::Denied { grant, region: of, why } => {
            Record { grant: Some(grant.0), region: region(of), outcome: Some(Cow::from(why.name())), ..bare }
        }
        EmergencyFact::Ended { grant, region: of, why } => {
            Record { grant: Some(grant.0), region: region(of), outcome: Some(Cow::from(why.name())), ..bare }
        }
        EmergencyFact::Lease { site: at, held } => {
            Record { site: site(at), outcome: Some(Cow::from(if held { "held" } else { "lost" })), ..bare }
        }
        EmergencyFact::Heeded { site: at, fenced } => {
            Record { site: site(at), outcome: Some(Cow::from(if fenced { "fenced" } else { "free" })), ..bare }
        }
    }
}
