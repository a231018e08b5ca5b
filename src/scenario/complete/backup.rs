//! Defaults of backups and of the response to outages, written out.

use crate::scenario::model::Scenario;
use crate::scenario::raw::{RawResponse, RawScenario};
use crate::units::{Duration, Percent, Rate};

pub(super) fn backup(full: &mut RawScenario, scenario: &Scenario) {
    for (raw, backup) in full.backup.values_mut().zip(&scenario.backups) {
        raw.every = Some(Duration(backup.every));
        raw.at = Some(format!("{:02}:{:02}", backup.at / 60, backup.at % 60));
        raw.rate.get_or_insert(Rate::new(backup.rate));
        raw.slows = Some(Percent::new(backup.slows));
        raw.restore.get_or_insert(Rate::new(backup.restore));
        raw.keep = Some(Duration(backup.keep));
    }
    if scenario.responds() {
        full.response = Some(RawResponse {
            detect: Some(Duration(scenario.response.detect)),
            decide: Some(Duration(scenario.response.decide)),
        });
    }
}
