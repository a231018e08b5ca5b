//! A call: one use of a key.

use super::{CallName, Flight, KeyRef, OriginId};

/// A call on its way from an origin to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The request that it belongs to.
    pub flight: Flight,
    /// Which attempt of it.
    pub serial: u8,
    /// Where the answer goes.
    pub origin: OriginId,
    /// What is to be done.
    pub call: CallName,
    /// Under which key.
    pub key: KeyRef,
    /// Under which version of it: the site that it reaches says so, 0 until then.
    pub version: u32,
    /// State of the draws of this attempt: the same request meets the same luck in every fleet.
    pub luck: u64,
}
