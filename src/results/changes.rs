//! From the counts of all replications to what a document says of planned changes of the fleet.

use super::document::{ChangeBlock, ChangesBlock};
use super::estimate::over;
use crate::kms::ChangeId;
use crate::metrics::{Made, Replica};
use crate::scenario::{ChangeKind, FleetChange, Scenario};
use crate::time::Span;

/// The block; nothing where nothing was planned.
pub(super) fn changes(scenario: &Scenario, replicas: &[Replica]) -> Option<ChangesBlock> {
    if scenario.changes.is_empty() {
        return None;
    }
    let block = |(number, change): (usize, &FleetChange)| {
        let id = ChangeId(number as u16);
        let of = |figure: &dyn Fn(&Made) -> f64, none: f64| {
            over(replicas, |replica| replica.recorder.changes.made.get(&id).map_or(none, figure))
        };
        let took = |made: &Made| made.took.map_or(f64::INFINITY, Span::as_secs_f64);
        let block = ChangeBlock {
            kind: change.kind.name().to_owned(),
            what: what(scenario, change.kind),
            at_s: change.at.as_secs_f64(),
            took_s: of(&took, f64::INFINITY),
            shards: of(&|made| made.shards as f64, 0.0),
            refused: of(&|made| made.refused as f64, 0.0),
        };
        (change.id.clone(), block)
    };
    Some(ChangesBlock {
        changes: scenario.changes.iter().enumerate().map(block).collect(),
        copies_moved: over(replicas, |r| r.recorder.changes.moved as f64),
        keys_provisioned: over(replicas, |r| r.recorder.changes.provisioned as f64),
        keys_erased: over(replicas, |r| r.recorder.changes.erased as f64),
        outdated_calls: over(replicas, |r| r.recorder.changes.outdated as f64),
    })
}

/// What a change is about, in the words of the scenario.
fn what(scenario: &Scenario, kind: ChangeKind) -> String {
    match kind {
        ChangeKind::Join(site) | ChangeKind::Leave(site) => scenario.sites[site.index()].id.clone(),
        ChangeKind::Provision(class, region, _) | ChangeKind::Retire(class, region) => {
            let class = &scenario.keys[class.index()].id;
            region.map_or_else(|| class.clone(), |region| format!("{class}.{}", scenario.regions[region.index()].id))
        }
    }
}
