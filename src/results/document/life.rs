//! The life of keys in a run's document.

use super::{Estimate, Quantities};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The life of keys during the run, means over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Keys {
    /// Keys at the start.
    pub keys: u64,
    /// Versions of these kept at the start, retired ones included, at most: a key whose last keep has just ended has one less.
    pub versions: u64,
    /// Copies of these versions at all sites at the start: what takes key slots, and what is paid for.
    pub copies: u64,
    /// Keys without any copy left at the end.
    pub lost: Estimate,
    /// Keys that lost their last host and were left in escrow, some of which may have come back since, or be lost.
    pub left_in_escrow: Estimate,
    /// Keys that are in escrow only at the end.
    pub in_escrow: Estimate,
    /// Share of key-seconds in which no copy of the key could be reached.
    pub unavailable: Estimate,
    /// The cryptoperiod ledger at the end, by class.
    pub classes: BTreeMap<String, Ledger>,
}

/// Replication of key versions; counts are per replication of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// Copies made.
    pub copies: Estimate,
    /// From a version's creation to each of its copies.
    pub lag_ms: Quantities,
    /// From a version's activation to each copy that came later: so long a host could not serve the key.
    pub late_ms: Quantities,
    /// Copies that came after their version was active.
    pub late: Estimate,
    /// Copies that sites had missed, while they or the links to them were down, and got later, of sites that have all by now.
    pub missed: Estimate,
    /// Seconds from the end of a fault until a site had every version that it had missed by then, the longest in each
    /// replication; `null` where none had missed any.
    pub caught_up_s: Estimate,
    /// Versions in use that were lost with their last copy.
    pub versions_lost: Estimate,
    /// Versions lost with their last copy before they were in use: nothing was protected under them.
    pub unused_lost: Estimate,
}

/// Rotation of keys; counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rotation {
    /// Fell due.
    pub due: Estimate,
    /// New version active.
    pub completed: Estimate,
    /// Past their cryptoperiod by more than an hour, or a tenth of it where that is less, at the end.
    pub overdue: Estimate,
    /// From falling due to the new version's activation.
    pub duration_ms: Quantities,
}

/// What a class's keys look like at the end, as auditors ask for it; means over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Keys of the class.
    pub keys: u64,
    /// Versions in each state of NIST SP 800-57 that any has: `pre-active`, `active`, `suspended`, `deactivated`, `compromised`, `destroyed`,
    /// `destroyed-compromised`; of destroyed ones those of this run.
    pub states: BTreeMap<String, Estimate>,
    /// Cryptoperiod, seconds; `null` where keys do not rotate.
    pub cryptoperiod_s: Option<f64>,
    /// Age of the oldest active version, seconds; `null` where nothing says it.
    pub oldest_s: Estimate,
    /// Operations that one version may protect; `null` for no limit.
    pub uses_allowed: Option<u64>,
    /// Operations under the most used version, of this run; 0 where uses are not limited.
    pub most_uses: Estimate,
    /// Versions that were used more often than that, of this run; 0 where uses are not limited.
    pub uses_exceeded: Estimate,
    /// Keys whose rotation is late by more than an hour, or a tenth of the cryptoperiod where that is less, at the end.
    pub overdue: Estimate,
    /// Hours by which rotations were later than that, summed over keys.
    pub overdue_hours: Estimate,
    /// Keys without any copy left at the end.
    pub lost: Estimate,
    /// Rotations that had to wait for a free key slot at one of the key's hosts.
    pub waited_for_slots: Estimate,
    /// Leaks of keys: a key whose successor leaks again counts once more.
    pub leaked: Estimate,
    /// Those of them after which the key got a successor.
    pub replaced: Estimate,
    /// From the leak to the last successor, seconds; `null` where a leaked key has none at the end, or nothing leaked.
    pub replacement_s: Estimate,
    /// Seconds that generating successors for the keys that leaked takes in the mean, spread evenly over the sites of their home
    /// region, on all engines there; `null` where none leaked.
    pub generation_s: Option<f64>,
    /// The same with as many generated at once at each site as `rotation.at_once_urgent` allows.
    pub generation_at_once_s: Option<f64>,
    /// Operations under compromised versions.
    pub exposed: Estimate,
}
