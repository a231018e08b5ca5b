//! When callers ask for the most: over a whole run, or within windows.

use super::Blueprint;
use crate::kms::RegionId;
use crate::load::Curve;
use crate::time::{Span, Time};

/// How finely a busiest stretch within windows is looked for.
const STEP: Span = Span::from_secs(300);

impl Blueprint {
    /// Start, not before `from`, of the busiest stretch of this width for callers whose home is `region`, or for all.
    #[must_use]
    pub fn busiest(&self, region: Option<RegionId>, width: Span, from: Time) -> Time {
        let whole = self.of_home(region);
        let latest = Time(self.scenario.run.0) - width;
        whole.busiest(width, from).min(latest).max(from)
    }

    /// As [`Self::busiest`], of stretches that begin within one of these, looked at every five minutes; nothing where there is none.
    #[must_use]
    pub fn busiest_within(&self, region: Option<RegionId>, width: Span, open: &[(Time, Time)]) -> Option<Time> {
        let whole = self.of_home(region);
        let last = |until: Time| Time(until.0.saturating_sub(width.0));
        let starts = open.iter().flat_map(|(from, until)| {
            let steps = last(*until).since(*from).0 / STEP.0;
            (0..=steps).map(|step| *from + STEP * step)
        });
        let demand = |at: &Time| whole.expected(*at, *at + width);
        starts
            .map(|at| (demand(&at), at))
            .reduce(|best, next| if next.0 > best.0 * (1.0 + 1e-9) { next } else { best })
            .map(|(_, at)| at)
    }

    /// Demand of callers whose home is `region`, or of all.
    fn of_home(&self, region: Option<RegionId>) -> Curve {
        let theirs = self.scenario.populations.iter().zip(&self.curves).filter(|(population, _)| {
            region.is_none_or(|region| self.scenario.origins[population.origin.index()].home == region)
        });
        Curve::sum(theirs.map(|(_, curve)| &**curve))
    }
}
