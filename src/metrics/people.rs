//! Facts to counts, of custodians: how often each group was called for what, how long for, and how long a site waited for them.

use crate::kms::{CustodiansId, Errand, Fact, PeopleFact};
use crate::time::Span;
use std::collections::BTreeMap;

/// What a group was called for, of one errand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errands {
    /// How often.
    pub calls: u64,
    /// People who set off out of hours.
    pub out_of_hours: u64,
    /// How often enough of them came, and how often they were done.
    pub came: u64,
    /// See `came`.
    pub left: u64,
    /// All their time on the way.
    pub travel: Span,
    /// All their time at a site.
    pub work: Span,
    /// Times until enough of them were there, summed, and the longest.
    pub waited: (Span, Span),
    /// Calls after which nobody was known to come.
    pub never: u64,
}

/// What happened to a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupTally {
    /// By [`Errand`].
    pub by: [Errands; 3],
    /// How often nobody of it could be reached.
    pub absent: u64,
}

/// What became of a ceremony or a drill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldTally {
    /// How often it was held.
    pub held: u64,
    /// How often it was put off.
    pub put_off: u64,
    /// Times from when it was due until it was over, summed.
    pub took: Span,
    /// Seconds in which machines restored, summed.
    pub restoring: u64,
}

/// All custodians of a run, warm-up included.
#[derive(Clone, Debug, Default)]
pub struct PeopleTally {
    /// By group.
    pub groups: BTreeMap<CustodiansId, GroupTally>,
    /// Ceremonies and drills, by number.
    pub held: BTreeMap<usize, HeldTally>,
}

impl PeopleTally {
    #[inline]
    pub(super) fn record(&mut self, fact: Fact) {
        if let Fact::People(fact) = fact {
            self.step(fact);
        }
    }

    fn of(&mut self, custodians: CustodiansId, errand: Errand) -> &mut Errands {
        &mut self.groups.entry(custodians).or_default().by[errand as usize]
    }

    #[cold]
    fn step(&mut self, fact: PeopleFact) {
        match fact {
            PeopleFact::Called { custodians, errand, out_of_hours, waits, .. } => {
                let of = self.of(custodians, errand);
                of.calls += 1;
                of.out_of_hours += u64::from(out_of_hours);
                if waits == Span::MAX {
                    of.never += 1;
                } else {
                    of.waited = (of.waited.0 + waits, of.waited.1.max(waits));
                }
            }
            PeopleFact::Gathered { custodians, errand, travel, .. } => {
                let of = self.of(custodians, errand);
                (of.came, of.travel) = (of.came + 1, of.travel + travel);
            }
            PeopleFact::Released { custodians, errand, work, .. } => {
                let of = self.of(custodians, errand);
                (of.left, of.work) = (of.left + 1, of.work + work);
            }
            PeopleFact::Began(_) => {}
            PeopleFact::Ended { ceremony, took, restoring } => {
                let of = self.held.entry(ceremony.index()).or_default();
                (of.held, of.took, of.restoring) = (of.held + 1, of.took + took, of.restoring + u64::from(restoring));
            }
            PeopleFact::PutOff { ceremony, .. } => self.held.entry(ceremony.index()).or_default().put_off += 1,
            PeopleFact::Absent { custodians, begins } => {
                self.groups.entry(custodians).or_default().absent += u64::from(begins);
            }
        }
    }
}
