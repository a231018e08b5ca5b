//! Connections as written.

use crate::units::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Connections: every link is TLS 1.3. One that is not open yet costs two round trips (TCP and the handshake) before the first
/// call, and work at the site's front end. Connections between sites, and to the metadata store, are kept open and renewed in time.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTransport {
    /// Whether links are encrypted: only `true` is accepted. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<bool>,
    /// Calling processes of each place, 1 to 100000; each has one connection to each site that it calls, and which of them makes a
    /// request is drawn. Default: one for each 10 requests a second of the place, at least 1, at most 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<u32>,
    /// A connection that is not used for so long is closed, at least "1 s". Default: "75 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<Duration>,
    /// A connection is closed at this age, a tenth earlier or later as its client draws, at least "1 s". Default: "1 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life: Option<Duration>,
    /// So long after its handshake a session can be resumed with its ticket, at most "7 d" (RFC 8446, 4.6.1); "0 s" for no tickets.
    /// Default: "5 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Duration>,
    /// Who can open a ticket: the "site" that gave it, until it is lost, or every site of the "fleet", also after a loss. Default:
    /// "site".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_keys: Option<RawTicketKeys>,
    /// Time that a worker of a front end is busy with a handshake: { full, resumed }.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handshake: Option<RawHandshake>,
    /// Workers of each site's front end, 1 to 10000: cores that do handshakes. Default: 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Handshakes that may wait at a front end; one beyond is refused. Default: 511.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// Whether health checks look at certificates. Where they do not, a site whose certificate has expired counts as healthy.
    /// Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks_verify: Option<bool>,
}

/// Time that a worker is busy with a handshake.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawHandshake {
    /// A full one: key exchange and signature. At most "1 s". Default: "0.5 ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<Duration>,
    /// A resumed one: key exchange only; not above `full`. Default: "0.2 ms", or `full` where that is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Duration>,
}

/// Who can open a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RawTicketKeys {
    /// The site that gave it.
    Site,
    /// Every site.
    Fleet,
}
