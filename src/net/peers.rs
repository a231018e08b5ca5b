//! The connections between sites, and between sites and the metadata store: one for each pair of places, kept open and renewed in
//! time. The first message after one broke waits for the handshake, and so does what comes behind it. It does not know why a
//! peer is not trusted.

use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// One connection.
#[derive(Clone, Copy, Debug)]
struct Peer {
    ready: Time,
    /// Zero where it is broken.
    ends: Time,
}

/// Whether an end's certificate is good; the worse, the higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// It is.
    Full,
    /// For what is open already, not for a handshake.
    OpenOnly,
    /// It is not.
    None,
}

/// Connections between places, which are numbered by the caller.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    all: BTreeMap<(usize, usize), Peer>,
}

impl Peers {
    /// When a message that is there now may leave; `None` where no connection can be had. A connection that was never asked for has
    /// been open since before the run, until `first_end`. One that is made anew takes `handshake`, and lives for `life`; one that
    /// reaches its age is renewed beside it, which nobody waits for.
    pub fn leave(
        &mut self,
        now: Time,
        (a, b): (usize, usize),
        trust: Trust,
        first_end: Time,
        (handshake, life): (Span, Span),
    ) -> Option<Time> {
        let first = Peer { ready: Time::ZERO, ends: first_end };
        let peer = self.all.entry((a.min(b), a.max(b))).or_insert(first);
        if trust == Trust::None || now >= peer.ends && trust == Trust::OpenOnly {
            peer.ends = Time::ZERO;
            return None;
        }
        if now >= peer.ends {
            let ready = if peer.ends == Time::ZERO { now + handshake } else { now };
            *peer = Peer { ready, ends: ready + life };
        }
        Some(now.max(peer.ready))
    }

    /// Breaks the connections of these pairs of places.
    pub fn cut(&mut self, pairs: impl Iterator<Item = (usize, usize)>) {
        let broken = Peer { ready: Time::ZERO, ends: Time::ZERO };
        self.all.extend(pairs.map(|(a, b)| ((a.min(b), a.max(b)), broken)));
    }
}
