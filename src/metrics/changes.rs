//! What becomes of planned changes of the fleet.

use crate::kms::{ChangeId, Fact};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// One change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// When it began.
    pub began: Time,
    /// How long it took; `None` while it is not made.
    pub took: Option<Span>,
    /// Shards that got other hosts for it.
    pub shards: u64,
    /// Shards that stayed as they were: there was no room for them, or nothing left of them.
    pub refused: u64,
}

/// All changes of a run, warm-up included.
#[derive(Clone, Debug, Default)]
pub struct ChangeTally {
    /// Those that began.
    pub made: BTreeMap<ChangeId, Made>,
    /// Copies of key versions that sites got when they joined a shard.
    pub moved: u64,
    /// Keys that were provisioned.
    pub provisioned: u64,
    /// Copies of keys that sites erased because they serve them no more.
    pub erased: u64,
    /// Calls to sites that served their shard no more, by which an origin learned it.
    pub outdated: u64,
}

impl ChangeTally {
    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::ChangeBegan(change) => drop(self.made.insert(change, Made { began: at, ..Made::default() })),
            Fact::ChangeEnded { change, took, refused } => {
                let made = self.made.entry(change).or_default();
                (made.took, made.refused) = (Some(took), refused.into());
            }
            Fact::Configured { change, .. } => self.made.entry(change).or_default().shards += 1,
            Fact::Moved { .. } => self.moved += 1,
            Fact::Activated { first: true, .. } => self.provisioned += 1,
            Fact::Zeroised { keys, .. } => self.erased += u64::from(keys),
            Fact::Outdated { .. } => self.outdated += 1,
            _ => {}
        }
    }
}
