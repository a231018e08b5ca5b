//! Backups, and what the time went into until sites were back, in the document of a run.

use super::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Backups, and sites that people and machines brought back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryBlock {
    /// By fault, then site.
    pub recoveries: Vec<RecoveryResult>,
    /// Backups by site.
    pub backups: BTreeMap<String, BackupResult>,
}

/// A site's way back from a fault: means over all times that it went it, in all replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryResult {
    /// The fault's id.
    pub fault: String,
    /// What it was, in words.
    pub what: String,
    /// The site.
    pub site: String,
    /// `restore` of a backup, `activation` after a loss of power, or `none` where HSMs served again by themselves.
    pub kind: String,
    /// How often the site went this way, per replication.
    pub times: Estimate,
    /// How often it had not come to the end of it when the run ended, per replication.
    pub unfinished: Estimate,
    /// From the strike until somebody was paged.
    pub detect_s: Estimate,
    /// From then until it was decided what to do.
    pub decide_s: Estimate,
    /// From then until the custodians who are needed were there.
    pub people_s: Estimate,
    /// From then until the site served again: waiting for power or hardware, activation or restore.
    pub machine_s: Estimate,
    /// Their sum: from the strike until the site served again; `null` where it never did by the end.
    pub ready_s: Estimate,
    /// Of an erased site: since the backup began that was restored; `null` where there was none.
    pub backup_age_s: Estimate,
    /// Key versions restored.
    pub key_versions: Estimate,
}

/// Backups of a site, per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BackupResult {
    /// Complete ones.
    pub complete: Estimate,
    /// Broken off by a fault.
    pub broken: Estimate,
    /// Due, and not begun: the site was down, or the one before still ran.
    pub missed: Estimate,
    /// Key versions in one.
    pub key_versions: Estimate,
    /// How long one took.
    pub took_s: Estimate,
    /// Versions that the site had lost, and that others sent it.
    pub refilled: Estimate,
}
