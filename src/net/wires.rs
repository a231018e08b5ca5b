//! Connections that keep order: what one place sends to another arrives in the order in which it was sent, as over one TCP
//! connection. What is lost on the way is sent again, and holds up what comes behind it; what does not get through within the
//! limit is given up, and so known to the sender, before anything behind it arrives.

use super::links::{Delivery, Links};
use crate::rng::Rng;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// The first pause before what was lost is sent again; it doubles each time (RFC 6298, 2.4 and 5.5: at least a second).
pub const RETRANSMIT: Span = Span::from_secs(1);
/// What has not got through so long after it left is given up (assumed: two retransmissions and a slow third).
pub const GIVE_UP: Span = Span::from_secs(10);

/// How something sent over a wire ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// When it arrives, or is given up.
    pub at: Time,
    /// Whether it was given up.
    pub lost: bool,
}

/// One wire for each ordered pair of places that ever sent anything.
#[derive(Clone, Debug, Default)]
pub struct Wires {
    /// When the last thing sent over each arrives or is given up.
    last: BTreeMap<(usize, usize), Time>,
}

impl Wires {
    /// Sends something that leaves at `leaves`. Its end is not before that of anything sent over the same wire earlier, whenever
    /// that leaves.
    pub fn send(&mut self, leaves: Time, (from, to): (usize, usize), links: &Links, draws: &mut impl Rng) -> Passage {
        let (mut paused, mut pause) = (Span::ZERO, RETRANSMIT);
        let mut passage = Passage { at: leaves + GIVE_UP, lost: true };
        // A cut link stays cut as far as is known now: no retransmission helps.
        while paused < GIVE_UP && !links.cut(from, to) {
            if let Delivery::In(delay) = links.send(from, to, draws) {
                passage = Passage { at: leaves + paused + delay, lost: false };
                break;
            }
            (paused, pause) = (paused + pause, pause * 2);
        }
        let last = self.last.entry((from, to)).or_default();
        passage.at = passage.at.max(*last);
        *last = passage.at;
        passage
    }
}
