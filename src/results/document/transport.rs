//! What a document says of connections.

use super::{Estimate, Quantities};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Connections of callers, all TLS 1.3. Counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportBlock {
    /// Full handshakes that front ends took.
    pub full: Estimate,
    /// Resumed ones.
    pub resumed: Estimate,
    /// Those that a front end had no room for.
    pub refused: Estimate,
    /// Those whose client did not accept the certificate.
    pub distrusted: Estimate,
    /// Open connections that broke.
    pub broken: Estimate,
    /// Handshakes taken for each request offered.
    pub per_request: Estimate,
    /// Time that handshakes queued for a worker of the front end.
    pub wait_ms: Quantities,
    /// From the first packet until a client was connected.
    pub took_ms: Quantities,
    /// By site.
    pub sites: BTreeMap<String, TransportSite>,
    /// Handshakes of all sites over time, mean over replications; slots are those of `timeline`.
    pub taken_per_s: Vec<f64>,
    /// Those of them that came to nothing, for the certificate, and those that a front end refused.
    pub failed_per_s: Vec<f64>,
}

/// Handshakes of a site. Counts are per replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransportSite {
    /// Full handshakes that its front end took.
    pub full: Estimate,
    /// Resumed ones.
    pub resumed: Estimate,
    /// Those that it had no room for.
    pub refused: Estimate,
    /// Those whose client did not accept its certificate.
    pub distrusted: Estimate,
    /// Open connections that broke.
    pub broken: Estimate,
    /// Mean time that the ones it took had queued.
    pub wait_mean_ms: Estimate,
    /// Handshakes that came in its busiest second.
    pub busiest_per_s: Estimate,
    /// When that second began, in seconds from the start of the run, in the first replication; `null` where none came.
    pub busiest_at_s: Option<f64>,
    /// Busy share of the workers of its front end.
    pub utilisation: Estimate,
}
