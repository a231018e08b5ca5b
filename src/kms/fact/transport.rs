//! Facts about connections: handshakes as front ends and callers see them. They are rare, for a connection serves many calls.

use crate::kms::SiteId;
use crate::time::Span;

/// Something that happened to connections of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportFact {
    /// A front end took a handshake.
    Handshake {
        /// Where.
        site: SiteId,
        /// A session was resumed.
        resumed: bool,
        /// Time queued for a worker.
        wait: Span,
    },
    /// A client has a new connection.
    Connected {
        /// To this site.
        site: SiteId,
        /// Since it began to connect.
        took: Span,
    },
    /// A front end had no room for a handshake.
    Refused {
        /// Where.
        site: SiteId,
    },
    /// A client did not accept a certificate.
    Distrusted {
        /// Of this site.
        site: SiteId,
    },
    /// Open connections to a site broke.
    Broken {
        /// To this site.
        site: SiteId,
        /// So many.
        connections: u32,
    },
}

const _: () = assert!(size_of::<TransportFact>() <= 16, "the fact around it stays small");

impl TransportFact {
    /// As three words: see [`Fact::words`](super::Fact::words). Kinds 90 to 94.
    pub(super) const fn words(self) -> [u64; 3] {
        match self {
            Self::Handshake { site, resumed, wait } => [90 | (resumed as u64) << 8 | (site.0 as u64) << 32, wait.0, 0],
            Self::Connected { site, took } => [91 | (site.0 as u64) << 32, took.0, 0],
            Self::Refused { site } => [92 | (site.0 as u64) << 32, 0, 0],
            Self::Distrusted { site } => [93 | (site.0 as u64) << 32, 0, 0],
            Self::Broken { site, connections } => [94 | (site.0 as u64) << 32, connections as u64, 0],
        }
    }
}
