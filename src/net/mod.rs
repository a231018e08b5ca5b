//! Topology, delay, jitter, loss and partitions. A message's one-way delay is half the round trip of its link times a
//! lognormal factor with median 1. It carries times, never contents.

mod connections;
mod front_end;
mod links;
mod peers;
mod tls;
mod wires;

pub use connections::{Closed, Connections};
pub use front_end::FrontEnd;
pub use links::{Delivery, Links};
pub use peers::{Peers, Trust};
pub use tls::{LIFE_JITTER, ROUND_TRIPS, TicketKeys, Tls};
pub use wires::{GIVE_UP, Passage, RETRANSMIT, Wires};

use crate::kms::RegionId;
use crate::time::Span;

/// Bytes of a call and its answer together, headers included (assumed: payloads of HSM calls are below 1 KB).
pub const BYTES_PER_CALL: f64 = 1_500.0;

/// What a scenario says of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Round trip between two sites of one region, and between a region's calling services and its sites.
    pub local_rtt: Span,
    /// Sigma of the lognormal factor on each one-way delay; its median is 1.
    pub jitter: f64,
    /// Probability that a message is lost.
    pub loss: f64,
    /// Round trips that the scenario states itself, instead of the published matrix or the distance: the lower region
    /// first, in order.
    pub stated: Vec<(RegionId, RegionId, Span)>,
}
