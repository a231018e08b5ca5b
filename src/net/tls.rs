//! TLS 1.3 on every link, as costs: what a scenario says of it. A connection that is not there costs the round trip of TCP and
//! that of the handshake (RFC 8446, 2) before the first request, and work at the front end of the site. It knows nothing of
//! who calls, or why a connection ended.

use crate::time::Span;

/// Round trips before the first request on a new connection: one of TCP, one of the handshake. Data in the first flight (0-RTT)
/// would save one, and is off: it can be replayed (RFC 8446, 8).
pub const ROUND_TRIPS: u64 = 2;

/// Each client ends its connections at a moment of its own, this share of their life before or after it (assumed: enough that
/// connections made together do not end together for ever).
pub const LIFE_JITTER: f64 = 0.1;

/// Who can open a session ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKeys {
    /// The site that gave it, until it is lost: its key is in memory only.
    Site,
    /// Every site of the fleet, also after a loss.
    Fleet,
}

/// What a scenario says of TLS.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// Calling processes, by origin; each has one connection to each site that it calls.
    pub clients: Vec<u32>,
    /// A connection that is not used for so long is closed.
    pub idle: Span,
    /// A connection is closed at about this age.
    pub life: Span,
    /// A session can be resumed so long after its handshake; zero where there are no tickets.
    pub ticket: Span,
    /// Where it can be resumed.
    pub ticket_keys: TicketKeys,
    /// Time that one worker of a front end needs for a full handshake.
    pub full: Span,
    /// And for a resumed one.
    pub resumed: Span,
    /// Workers of each site's front end.
    pub workers: u32,
    /// ClientHellos that may wait there; one beyond is refused.
    pub queue: u32,
    /// Whether health checks look at certificates.
    pub checks_verify: bool,
}

impl Tls {
    /// What a handshake keeps a worker busy with.
    #[must_use]
    pub const fn work(&self, resumed: bool) -> Span {
        if resumed { self.resumed } else { self.full }
    }
}
