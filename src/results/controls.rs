//! Objectives by the controls of standards that they give evidence for.

use super::document::{ControlBlock, ObjectiveResult};
use std::collections::BTreeMap;

/// Every control that an objective names, each objective once.
pub(super) fn controls(objectives: &[ObjectiveResult]) -> BTreeMap<String, ControlBlock> {
    let mut controls: BTreeMap<String, ControlBlock> = BTreeMap::new();
    for objective in objectives {
        for control in &objective.control {
            let of = controls
                .entry(control.clone())
                .or_insert_with(|| ControlBlock { objectives: Vec::new(), status: objective.status });
            of.status = of.status.max(objective.status);
            if of.objectives.last() != Some(&objective.id) {
                of.objectives.push(objective.id.clone());
            }
        }
    }
    controls
}
