//! What is printed of the machine and the program, and never stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Speed of this run on this machine; printed, never stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speed {
    /// Events handled.
    pub events: u64,
    /// Requests offered, warm-up and pilot included.
    pub requests: u64,
    /// Processor seconds of all threads.
    pub cpu_s: f64,
    /// Wall-clock seconds.
    pub wall_s: f64,
}

/// The program that ran; printed, never stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Engine {
    /// Version.
    pub version: String,
    /// Commit, where known.
    pub commit: Option<String>,
}
