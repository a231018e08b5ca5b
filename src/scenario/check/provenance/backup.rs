//! The defaults of backups and of the response to outages, and why each is what it is; and how long HSMs take after a loss of power.

use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::scenario::model::{FaultKind, Scenario};
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (backup, written) in scenario.backups.iter().zip(raw.backup.values()) {
        let what = |key: &str| format!("backup.{}.{key}", backup.id);
        let why = (Published, "at least daily at CloudHSM, aws-cloudhsm-user-guide manage-backups.md");
        list.setting(what("every"), backup.every, written.every.is_some(), why);
        let at = format!("{:02}:{:02}", backup.at / 60, backup.at % 60);
        list.setting(what("at"), at, written.at.is_some(), (Assumed, "the quietest hours of the night"));
        let why = (Assumed, "each key is wrapped once, at a part of a device's speed; no vendor publishes it");
        list.setting(what("rate"), format!("{}/s", backup.rate), written.rate.is_some(), why);
        let why = (Assumed, "throughput is reduced while it runs (published of Azure Managed HSM, not by how much)");
        list.setting(what("slows"), format!("{} %", backup.slows * 100.0), written.slows.is_some(), why);
        let why = (Assumed, "half as fast as saving: each key is unwrapped, checked and entered");
        list.setting(what("restore"), format!("{}/s", backup.restore), written.restore.is_some(), why);
        let why = (Published, "90 days by default at CloudHSM, aws-cloudhsm-user-guide manage-backups.md");
        list.setting(what("keep"), backup.keep, written.keep.is_some(), why);
    }
    if scenario.responds() {
        let written = raw.response.clone().unwrap_or_default();
        let why = (Assumed, "alarms fire after some minutes, and somebody has to look");
        list.setting("response.detect", scenario.response.detect, written.detect.is_some(), why);
        let why = (Assumed, "a call with those who may decide to restore");
        list.setting("response.decide", scenario.response.decide, written.decide.is_some(), why);
    }
    if !scenario.faults.iter().any(|fault| fault.kind == FaultKind::PowerLoss) {
        return;
    }
    for named in scenario.profiles.iter().filter(|named| !named.profile.is_service()) {
        let (profile, beliefs) = (&named.profile, &named.profile.beliefs);
        let mut row = |what: &str, value: String, belief: &crate::hsm::Evidence| {
            list.row(format!("profile.{}: {what}", named.id), value, belief.badge, &belief.source);
        };
        row("activation after a loss of power", profile.activation.to_string(), &beliefs.activation);
        let survives = profile.activation_survives.to_string();
        row("loss of power without activation up to", survives, &beliefs.activation_survives);
    }
}
