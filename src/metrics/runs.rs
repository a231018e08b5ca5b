//! What the replications of a scenario leave behind: the input of every figure.

use super::part::Part;
use super::recorder::Recorder;
use super::watch::RECOVERY;
use crate::audit::Ledger;
use crate::engine::Digest;
use crate::kms::SiteId;
use crate::scenario::Fault;
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One replication.
#[derive(Clone, Debug)]
pub struct Replica {
    /// Counts.
    pub recorder: Recorder,
    /// Digest of its facts: it says where two runs part.
    pub digest: Digest,
    /// Mean number of jobs waiting in each site's pool, integrated over the counted time.
    pub queue_length: Vec<f64>,
    /// Jobs waiting in each site's pool at the end.
    pub waiting: Vec<usize>,
    /// Key versions that each site holds at the start.
    pub versions: Vec<u64>,
    /// The most copies of a key that existed at once, by class.
    pub copies: Vec<u32>,
    /// What the scenario states of its callers, by origin.
    pub stated: Vec<Stated>,
    /// Requests not decided at the end.
    pub in_flight: u64,
    /// Events handled.
    pub handled: u64,
    /// Faults of this replication, with the times at which they were to strike.
    pub faults: Vec<Fault>,
    /// Its audit log, of the first of the main run.
    pub ledger: Option<Arc<Ledger>>,
}

/// What a scenario states that the callers at an origin ask for: operations times the calls that each makes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stated {
    /// Calls per second, in the mean of a year.
    pub yearly_per_s: f64,
    /// Calls in the counted time of a run.
    pub counted: f64,
    /// Calls in its normal parts.
    pub normal: f64,
}

/// One fault of the survive list, struck at its own peak.
#[derive(Clone, Debug)]
pub struct Case {
    /// Such as `region.us` or `region.us.site.a`.
    pub id: String,
    /// Its replications.
    pub replicas: Vec<Replica>,
}

/// What the sites that hold a component's keys have at stake, in keys, at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// Of which a copy lies there: known to whoever breaks in.
    pub held: u64,
    /// Which nobody else serves.
    pub unusable: u64,
    /// Of which no copy lies elsewhere, not even in escrow: lost if it is lost for good.
    pub last: u64,
}

/// A component of a survey. Its replications are those of the case with its id.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// Such as `region.us.site.a`, `link.us-eu` or `metadata`.
    pub id: String,
    /// It is several things that one cause takes down together.
    pub group: bool,
    /// Its keys.
    pub stake: Stake,
}

/// All replications of a scenario.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// The main run's.
    pub main: Vec<Replica>,
    /// The survive cases.
    pub cases: Vec<Case>,
    /// What was surveyed, and its cases that are none of `cases`.
    pub surveyed: Vec<Surveyed>,
    /// See `surveyed`.
    pub survey_cases: Vec<Case>,
    /// Of a survey: how many keys each set of sites serves at the start.
    pub hosted: BTreeMap<Vec<SiteId>, u64>,
    /// Length of the warm-up that was cut.
    pub warm_up: Span,
    /// Objectives on the main run that as many replications as allowed left in doubt, by id.
    pub unsettled: Vec<String>,
    /// Whether it was interrupted before all were done.
    pub interrupted: bool,
    /// Survive cases that were not done before that, by id.
    pub missing: Vec<String>,
}

impl Runs {
    /// The survive cases and those of a survey.
    pub fn all_cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().chain(&self.survey_cases)
    }
}

impl Replica {
    /// The part of the run that each slot belongs to.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let frame = &self.recorder.frame;
        let mut parts = vec![Part::Normal; self.recorder.closed.len()];
        // A slot that a fault touches is part of it; where faults and recoveries meet, the fault counts.
        let mut mark = |from: Time, until: Time, part: Part| {
            if until <= frame.counted_from {
                return;
            }
            let first = frame.slot_of(from).unwrap_or(0);
            let end = (until.since(frame.counted_from).0.div_ceil(frame.slot.0) as usize).min(parts.len());
            parts.get_mut(first..end).unwrap_or_default().fill(part);
        };
        let strikes = &self.recorder.watch.strikes;
        strikes.iter().for_each(|strike| mark(strike.from, strike.until + RECOVERY, Part::Recovery));
        strikes.iter().for_each(|strike| mark(strike.from, strike.until, Part::Fault));
        parts
    }
}
