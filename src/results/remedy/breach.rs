//! An objective that does not hold, in one case: which stretches of it count, who suffers, and for what reasons requests failed.

use super::super::loss;
use crate::kms::{Failure, RegionId};
use crate::metrics::{Case, Cell, Judgement, Part, Replica, Strike, counts};
use crate::scenario::{Fault, Metric, Objective, Scenario};
use crate::time::Span;
use std::collections::BTreeMap;

/// A caller region suffers whose share of failed requests is at least this part of the worst one's.
const SUFFERS: f64 = 0.1;

/// Requests of one caller region under one load.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) offered: u64,
    pub(super) failed: u64,
    pub(super) reasons: BTreeMap<Failure, u64>,
}

/// An objective that does not hold in the main run, or in a survive case.
pub(super) struct Breach<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) objective: &'a Objective,
    pub(super) case: Option<&'a Case>,
    pub(super) replicas: &'a [Replica],
    pub(super) judgement: Judgement,
    parts: Vec<Vec<Part>>,
    /// By cell, of all parts that count, all replications together; only the objective's load.
    pub(super) fates: Vec<Fate>,
}

impl<'a> Breach<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        objective: &'a Objective,
        (case, replicas): (Option<&'a Case>, &'a [Replica]),
        judgement: Judgement,
    ) -> Self {
        let parts = replicas.iter().map(Replica::parts).collect();
        let cells = replicas.first().map_or(0, |replica| replica.recorder.frame.cells());
        let fates = vec![Fate::default(); cells];
        let mut new = Self { scenario, objective, case, replicas, judgement, parts, fates };
        let loads = scenario.loads.len();
        for (number, replica) in replicas.iter().enumerate() {
            for slot in 0..replica.recorder.closed.len() {
                if new.looks_at(new.parts[number][slot]) {
                    let cells = replica.recorder.closed[slot].iter().enumerate();
                    let wanted = cells.filter(|(i, _)| objective.load.is_none_or(|load| load.index() == i % loads));
                    wanted.for_each(|(i, cell)| new.fates[i].add(cell));
                }
            }
        }
        new
    }

    /// The id of the survive case; `run` of the main run.
    pub(super) fn case_id(&self) -> &str {
        self.case.map_or("run", |case| &case.id)
    }

    /// Where it is, to follow a statement: ` with region in down`.
    pub(super) fn when(&self) -> String {
        self.case.map_or_else(String::new, |case| format!(" with {}", loss::down(&case.id)))
    }

    /// Whether the objective looks at this part of the case. What is measured of faults is a matter of faults.
    pub(super) fn looks_at(&self, part: Part) -> bool {
        let of_faults = matches!(self.objective.metric, Metric::Rto | Metric::Rpo);
        counts(self.objective.when, self.case, part) && (!of_faults || part != Part::Normal)
    }

    /// The parts that it looks at and that there are, that of faults first.
    pub(super) fn looked_at(&self) -> Vec<Part> {
        let there = |part: &Part| self.parts.iter().flatten().any(|p| p == part) && self.looks_at(*part);
        [Part::Fault, Part::Recovery, Part::Normal].into_iter().filter(there).collect()
    }

    /// The slots of a part in a replication, in order.
    pub(super) fn slots(&self, replica: usize, part: Part) -> Vec<usize> {
        (0..self.parts[replica].len()).filter(|slot| self.parts[replica][*slot] == part).collect()
    }

    /// Share of the looked-at requests that failed; 1 of what is no matter of requests.
    pub(super) fn failed_share(&self) -> f64 {
        if matches!(self.objective.metric, Metric::KeysLost | Metric::Rpo) {
            return 1.0;
        }
        let (offered, failed) = self.fates.iter().fold((0, 0), |sum, f| (sum.0 + f.offered, sum.1 + f.failed));
        failed as f64 / offered.max(1) as f64
    }

    pub(super) fn failed(&self) -> u64 {
        self.fates.iter().map(|fate| fate.failed).sum()
    }

    /// Failures of this reason.
    pub(super) fn because(&self, reason: Failure) -> u64 {
        self.fates.iter().filter_map(|fate| fate.reasons.get(&reason)).sum()
    }

    /// The caller regions that suffer: those whose requests fail, else the one where the objective is worst, else all.
    pub(super) fn regions(&self) -> Vec<usize> {
        let loads = self.scenario.loads.len();
        let share = |region: &usize| {
            let of = &self.fates[region * loads..(region + 1) * loads];
            let (offered, failed) = of.iter().fold((0, 0), |sum, f| (sum.0 + f.offered, sum.1 + f.failed));
            failed as f64 / offered.max(1) as f64
        };
        let all: Vec<usize> = (0..self.scenario.regions.len()).collect();
        let worst = all.iter().map(share).fold(0.0, f64::max);
        if worst > 0.0 && !matches!(self.objective.metric, Metric::Latency(_) if self.judgement.value.is_finite()) {
            return all.into_iter().filter(|region| share(region) >= SUFFERS * worst).collect();
        }
        match self.place() {
            Some(region) => vec![region.index()],
            None => all,
        }
    }

    /// The caller region that the judgement names.
    pub(super) fn place(&self) -> Option<RegionId> {
        let at = self.judgement.at.rsplit("down; ").next().unwrap_or_default();
        let named = |id: &str| at.strip_prefix(id).is_some_and(|rest| rest.starts_with(','));
        let region = self.scenario.regions.iter().position(|region| named(&region.id))?;
        Some(RegionId(region as u16))
    }

    /// The cells of those who suffer.
    pub(super) fn cells(&self) -> Vec<usize> {
        let (regions, loads) = (self.regions(), self.scenario.loads.len());
        let of_load = |cell: &usize| self.objective.load.is_none_or(|load| load.index() == cell % loads);
        let asked = |cell: &usize| self.fates[*cell].offered > 0;
        regions.into_iter().flat_map(|r| r * loads..(r + 1) * loads).filter(of_load).filter(asked).collect()
    }

    /// Faults that struck, each with its strike, of the first replication.
    pub(super) fn strikes(&self) -> Vec<(&'a Strike, &'a Fault)> {
        let Some(first) = self.replicas.first() else { return Vec::new() };
        first.recorder.watch.strikes.iter().map(|strike| (strike, &first.faults[strike.fault.index()])).collect()
    }

    /// Failed and offered requests of those who suffer, by whether they were offered while the latest of these stretches after a strike
    /// went on: within, all.
    pub(super) fn within(&self, after: Span) -> (u64, u64, u64) {
        let cells = self.cells();
        let (mut within, mut failed, mut offered) = (0, 0, 0);
        for (number, replica) in self.replicas.iter().enumerate() {
            let (frame, strikes) = (&replica.recorder.frame, &replica.recorder.watch.strikes);
            for slot in (0..self.parts[number].len()).filter(|slot| self.looks_at(self.parts[number][*slot])) {
                let (from, until) = (frame.slot_start(slot), frame.slot_start(slot + 1));
                let soon = |s: &Strike| until.min(s.from + after).since(from.max(s.from)).as_secs_f64();
                let soon = strikes.iter().map(soon).fold(0.0, f64::max) / frame.slot.as_secs_f64();
                let of = |cell: &usize| &replica.recorder.closed[slot][*cell];
                let lost: u64 = cells.iter().map(|cell| of(cell).latency.infinite()).sum();
                let asked: u64 = cells.iter().map(|cell| of(cell).offered).sum();
                // A slot may be longer than the stretch: no more were lost in it than were asked for.
                within += lost.min(libm::ceil(asked as f64 * soon) as u64);
                (failed, offered) = (failed + lost, offered + asked);
            }
        }
        (within, failed, offered)
    }
}

impl Fate {
    fn add(&mut self, cell: &Cell) {
        self.offered += cell.offered;
        for (reason, n) in &cell.reasons {
            self.failed += n;
            *self.reasons.entry(*reason).or_default() += n;
        }
    }
}
