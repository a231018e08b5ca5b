//! From the counts of all replications to what a document says of backups and of sites that were brought back.

use super::document::{BackupResult, RecoveryBlock, RecoveryResult};
use super::estimate::over;
use super::faults::what;
use crate::kms::{FaultId, SiteId};
use crate::metrics::{Recovered, Replica, SavedTally};
use crate::scenario::Scenario;
use crate::time::Span;
use std::collections::BTreeSet;

/// The block; nothing where nothing is saved and nothing had to be brought back.
pub(super) fn recovery(scenario: &Scenario, replicas: &[Replica]) -> Option<RecoveryBlock> {
    if !scenario.responds() {
        return None;
    }
    let all = replicas.iter().flat_map(|replica| &replica.recorder.recovery.recoveries);
    let went: BTreeSet<(FaultId, SiteId)> = all.map(|r| (r.fault, r.site)).collect();
    let saved: BTreeSet<SiteId> = scenario.backups.iter().flat_map(|backup| &backup.sites).copied().collect();
    let name = |site: SiteId| scenario.sites[site.index()].id.clone();
    Some(RecoveryBlock {
        recoveries: went.into_iter().map(|way| one(scenario, replicas, way)).collect(),
        backups: saved.into_iter().map(|site| (name(site), backups(replicas, site))).collect(),
    })
}

fn one(scenario: &Scenario, replicas: &[Replica], (fault, site): (FaultId, SiteId)) -> RecoveryResult {
    let theirs = |replica: &Replica| -> Vec<Recovered> {
        let all = replica.recorder.recovery.recoveries.iter();
        all.filter(|r| (r.fault, r.site) == (fault, site)).copied().collect()
    };
    let all: Vec<Recovered> = replicas.iter().flat_map(theirs).collect();
    let done: Vec<Recovered> = all.iter().filter(|r| r.ready.is_some()).copied().collect();
    let mean = |part: fn(&Recovered) -> Span| over(&done, |r| part(r).as_secs_f64());
    let age = |r: &Recovered| r.backup_age.filter(|age| *age != Span::MAX).map_or(f64::NAN, Span::as_secs_f64);
    let told = &scenario.faults[fault.index()];
    let erased = all.iter().any(|r| r.backup_age.is_some());
    let waited = done.iter().any(|r| r.began);
    RecoveryResult {
        fault: told.id.clone(),
        what: what(scenario, told),
        site: scenario.sites[site.index()].id.clone(),
        kind: match (erased, waited) {
            (true, _) => "restore",
            (false, true) => "activation",
            (false, false) => "none",
        }
        .to_owned(),
        times: over(replicas, |replica| theirs(replica).len() as f64),
        unfinished: over(replicas, |replica| theirs(replica).iter().filter(|r| r.ready.is_none()).count() as f64),
        detect_s: mean(|r| r.detect),
        decide_s: mean(|r| r.decide),
        people_s: mean(|r| r.people),
        machine_s: mean(|r| r.machine),
        ready_s: mean(|r| r.ready.map_or(Span::ZERO, |ready| ready.since(r.from))),
        backup_age_s: over(&all, age),
        key_versions: over(&done, |r| f64::from(r.versions)),
    }
}

fn backups(replicas: &[Replica], site: SiteId) -> BackupResult {
    let tally =
        |replica: &Replica| -> SavedTally { replica.recorder.recovery.backups.get(&site).copied().unwrap_or_default() };
    // Not a number where there was none.
    let each = |sum: f64, of: u64| if of == 0 { f64::NAN } else { sum / of as f64 };
    BackupResult {
        complete: over(replicas, |replica| tally(replica).complete as f64),
        broken: over(replicas, |replica| tally(replica).broken as f64),
        missed: over(replicas, |replica| tally(replica).missed as f64),
        key_versions: over(replicas, |replica| each(tally(replica).versions as f64, tally(replica).began)),
        took_s: over(replicas, |replica| each(tally(replica).took.as_secs_f64(), tally(replica).complete)),
        refilled: over(replicas, |replica| {
            replica.recorder.recovery.refilled.get(&site).copied().unwrap_or_default() as f64
        }),
    }
}
