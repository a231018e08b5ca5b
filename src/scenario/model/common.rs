//! Common causes: groups of sites that one cause strikes together, and wrong configurations that go out in waves. Knows which sites
//! there are and when a wave begins; what it does to them is the world's.

use super::Target;
use crate::kms::{RegionId, SiteId};
use crate::time::Span;

/// Sites that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As faults name it: `provider.aws`, `vendor.Thales`, `profile.luna-a790` or `group.NAME`.
    pub id: String,
    /// Its sites, in order; at least one.
    pub sites: Vec<SiteId>,
}

/// A wrong configuration, or authorisation, that goes out to sites in waves until somebody notices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The sites of each wave, in order; none is in two of them.
    pub waves: Vec<Vec<SiteId>>,
    /// From one wave to the next.
    pub bake: Span,
    /// From the first wave until it is noticed: no wave begins from then on.
    pub notice: Span,
    /// From then until every site that has it has the one before again.
    pub rollback: Span,
    /// Health checks fail where it is.
    pub checked: bool,
}

impl Push {
    /// From the first wave until all is well again.
    #[must_use]
    pub fn lasts(&self) -> Span {
        self.notice + self.rollback
    }

    /// How many of its waves go out before it is noticed; the first always does.
    #[must_use]
    pub fn gone(&self) -> usize {
        let before = |wave: &usize| *wave == 0 || self.begins(*wave) < self.notice;
        (0..self.waves.len()).take_while(before).count()
    }

    /// From the first wave to this one.
    #[must_use]
    pub fn begins(&self, wave: usize) -> Span {
        self.bake * wave as u64
    }
}

/// Groups and pushes of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Common {
    /// All groups that faults can name, in order of id; [`Target::Group`] is an index.
    pub groups: Vec<Group>,
    /// By the number in [`super::FaultKind::Push`].
    pub pushes: Vec<Push>,
}

impl super::Scenario {
    /// Whether a fault on this strikes a site, or a device there.
    #[must_use]
    pub fn strikes(&self, on: Target, site: SiteId) -> bool {
        self.common.strikes(on, site, self.sites[site.index()].region)
    }
}

impl Common {
    /// Whether a fault on this strikes `site` of `region`, or a device there.
    #[must_use]
    pub fn strikes(&self, on: Target, site: SiteId, region: RegionId) -> bool {
        match on {
            Target::Group(group) => self.groups[usize::from(group)].sites.binary_search(&site).is_ok(),
            _ => on.strikes(site, region),
        }
    }
}
