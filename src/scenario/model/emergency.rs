//! Emergency access, checked: who may have it, when, and which classes of keys it opens.

use super::{KeyClass, Scenario};
use crate::kms::{ClassId, RegionId};
use crate::service::Rules;
use crate::time::Span;
use std::collections::BTreeSet;

/// Emergency access.
#[derive(Clone, Debug, PartialEq)]
pub struct EmergencyAccess {
    /// The rules that the service follows.
    pub rules: Rules,
    /// Median time until an approver answers.
    pub answer: Span,
    /// Share of the approvers that say no, 0 to 1.
    pub declines: f64,
    /// Time that the record of an access takes.
    pub record: Span,
    /// The reason that is given for each request.
    pub reason: String,
}

impl KeyClass {
    /// Whether a grant may open these keys, where there are any grants: they are in escrow, and no partner serves them.
    #[must_use]
    pub const fn opens(&self) -> bool {
        self.escrow_copies > 0 && self.partner_copies == 0
    }
}

impl Scenario {
    /// The pairs of home region and other region in which residency lets the keys of a class be.
    #[must_use]
    pub fn may_be(&self, class: ClassId) -> BTreeSet<(RegionId, RegionId)> {
        let regions = || (0..self.regions.len()).map(|i| RegionId(i as u16));
        let homes = regions().filter(|home| self.keys[class.index()].counts[home.index()] > 0);
        let pairs = homes.flat_map(|home| regions().map(move |region| (home, region)));
        pairs.filter(|(home, region)| home != region && self.may_stay(class, *home, *region)).collect()
    }
}
