//! Planned changes of the fleet, and the lots in which keys come.

use super::Scenario;
use crate::kms::{ClassId, RegionId, SiteId};
use crate::service::is_part;
use crate::time::Time;

/// A planned change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetChange {
    /// Its id.
    pub id: String,
    /// When it begins.
    pub at: Time,
    /// What changes.
    pub kind: ChangeKind,
}

/// What a planned change changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A site joins.
    Join(SiteId),
    /// A site leaves.
    Leave(SiteId),
    /// Keys of a class are provisioned, at home in one region or in all: so many in each, or all that no other change provisions.
    Provision(ClassId, Option<RegionId>, Option<u32>),
    /// Keys of a class are retired, at home in one region or in all.
    Retire(ClassId, Option<RegionId>),
}

impl ChangeKind {
    /// Such as `join`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join(_) => "join",
            Self::Leave(_) => "leave",
            Self::Provision(..) => "provision",
            Self::Retire(..) => "retire",
        }
    }

    /// Whether it is about the keys of a class with this home.
    #[must_use]
    pub fn is_about(self, class: ClassId, home: RegionId) -> bool {
        match self {
            Self::Provision(of, region, _) | Self::Retire(of, region) => {
                of == class && region.is_none_or(|region| region == home)
            }
            Self::Join(_) | Self::Leave(_) => false,
        }
    }
}

/// Keys of a class with one home that come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLot {
    /// How many.
    pub keys: u32,
    /// The change that provisions them, by number; `None` for those that are there from the start.
    pub change: Option<usize>,
}

impl Scenario {
    /// Whether a site is part of the fleet at a time, as far as changes have begun by then.
    #[must_use]
    pub fn has_site(&self, site: SiteId, at: Time) -> bool {
        let turns = self.changes.iter().filter_map(|change| match change.kind {
            ChangeKind::Join(joins) if joins == site => Some((change.at, true)),
            ChangeKind::Leave(leaves) if leaves == site => Some((change.at, false)),
            _ => None,
        });
        is_part(turns, at)
    }

    /// The lots in which the keys of a class with this home come: those of the start first, then as changes provision them.
    #[must_use]
    pub fn lots(&self, class: ClassId, home: RegionId) -> Vec<KeyLot> {
        let mut left = self.keys[class.index()].counts[home.index()];
        let provisions = |(number, change): (usize, &FleetChange)| match change.kind {
            ChangeKind::Provision(.., keys) if change.kind.is_about(class, home) => Some((number, keys)),
            _ => None,
        };
        let provisions: Vec<(usize, Option<u32>)> = self.changes.iter().enumerate().filter_map(provisions).collect();
        let counted: u32 = provisions.iter().filter_map(|(_, keys)| *keys).sum();
        let rest = left.saturating_sub(counted);
        let has_rest = provisions.iter().any(|(_, keys)| keys.is_none());
        let mut lots = Vec::new();
        if !has_rest && rest > 0 {
            lots.push(KeyLot { keys: rest, change: None });
            left -= rest;
        }
        for (number, keys) in provisions {
            let keys = keys.unwrap_or(rest).min(left);
            left -= keys;
            if keys > 0 {
                lots.push(KeyLot { keys, change: Some(number) });
            }
        }
        lots
    }
}
