//! Records of what custodians do: their kinds, and what each says.

use super::Record;
use crate::kms::{CeremonyId, CustodiansId, PeopleFact, SiteId};
use crate::scenario::Scenario;
use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a record of custodians is about. Of records of the same time those of an earlier kind come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeopleKind {
    /// Nobody of a group can be reached.
    CustodiansAbsent,
    /// They can be reached again.
    CustodiansBack,
    /// A group is called to a site.
    CustodiansCalled,
    /// Enough of them are there.
    QuorumGathered,
    /// They are done.
    CustodiansReleased,
    /// A ceremony or a drill is put off.
    CeremonyPutOff,
    /// It begins.
    CeremonyBegan,
    /// It is over.
    CeremonyEnded,
}

impl PeopleKind {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::CustodiansAbsent,
        Self::CustodiansBack,
        Self::CustodiansCalled,
        Self::QuorumGathered,
        Self::CustodiansReleased,
        Self::CeremonyPutOff,
        Self::CeremonyBegan,
        Self::CeremonyEnded,
    ];

    /// The kind of a fact.
    #[must_use]
    pub const fn of(fact: &PeopleFact) -> Self {
        match fact {
            PeopleFact::Absent { begins: true, .. } => Self::CustodiansAbsent,
            PeopleFact::Absent { .. } => Self::CustodiansBack,
            PeopleFact::Called { .. } => Self::CustodiansCalled,
            PeopleFact::Gathered { .. } => Self::QuorumGathered,
            PeopleFact::Released { .. } => Self::CustodiansReleased,
            PeopleFact::PutOff { .. } => Self::CeremonyPutOff,
            PeopleFact::Began(_) => Self::CeremonyBegan,
            PeopleFact::Ended { .. } => Self::CeremonyEnded,
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustodiansAbsent => "custodians-absent",
            Self::CustodiansBack => "custodians-back",
            Self::CustodiansCalled => "custodians-called",
            Self::QuorumGathered => "quorum-gathered",
            Self::CustodiansReleased => "custodians-released",
            Self::CeremonyPutOff => "ceremony-put-off",
            Self::CeremonyBegan => "ceremony-began",
            Self::CeremonyEnded => "ceremony-ended",
        }
    }
}

/// What a bare record says of a fact.
pub(super) fn fill<'a>(bare: Record<'a>, fact: PeopleFact, scenario: &'a Scenario) -> Record<'a> {
    let people = &scenario.people;
    let group = |group: CustodiansId| Some(Cow::from(&people.groups[group.index()].id));
    let site = |site: SiteId| Some(Cow::from(&scenario.sites[site.index()].id));
    let ceremony = |ceremony: CeremonyId| Some(Cow::from(&people.ceremonies[ceremony.index()].id));
    let known = |span: Span| (span != Span::MAX).then_some(span.0);
    match fact {
        PeopleFact::Called { custodians, site: at, errand, out_of_hours, waits } => Record {
            custodians: group(custodians),
            site: site(at),
            reason: Some(errand.name().into()),
            outcome: (out_of_hours > 0).then(|| format!("{out_of_hours} out of hours").into()),
            took_ns: known(waits),
            ..bare
        },
        PeopleFact::Gathered { custodians, site: at, errand, people, .. } => Record {
            custodians: group(custodians),
            site: site(at),
            reason: Some(errand.name().into()),
            outcome: Some(format!("{people} there").into()),
            ..bare
        },
        PeopleFact::Released { custodians, site: at, errand, .. } => {
            Record { custodians: group(custodians), site: site(at), reason: Some(errand.name().into()), ..bare }
        }
        PeopleFact::Began(of) => Record { ceremony: ceremony(of), ..bare },
        PeopleFact::Ended { ceremony: of, took, .. } => {
            Record { ceremony: ceremony(of), took_ns: Some(took.0), ..bare }
        }
        PeopleFact::PutOff { ceremony: of, by } => Record { ceremony: ceremony(of), took_ns: known(by), ..bare },
        PeopleFact::Absent { custodians, .. } => Record { custodians: group(custodians), ..bare },
    }
}
