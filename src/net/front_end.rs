//! The front end of a site as a station: so many workers behind one first-come-first-served queue of bounded length. As the
//! order is that of arrival and work is known, the end of each handshake is known when its ClientHello comes.

use crate::time::{Span, Time};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The workers of one site.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    /// When each worker is free.
    free: BinaryHeap<Reverse<Time>>,
    workers: u32,
    queue: u32,
    /// Starts of those that were still waiting when last looked at, in order.
    starts: VecDeque<Time>,
}

impl FrontEnd {
    /// So many free workers, at least one, and room for so many that wait.
    #[must_use]
    pub fn new(workers: u32, queue: u32) -> Self {
        let free = (0..workers.max(1)).map(|_| Reverse(Time::ZERO)).collect();
        Self { free, workers: workers.max(1), queue, starts: VecDeque::new() }
    }

    /// Takes a handshake that arrives now, not before an earlier one: how long it waits and when it is done; `None` where there is no
    /// room.
    pub fn take(&mut self, now: Time, work: Span) -> Option<(Span, Time)> {
        while self.starts.front().is_some_and(|start| *start <= now) {
            self.starts.pop_front();
        }
        let mut first = self.free.peek_mut()?;
        let start = first.0.max(now);
        if start > now {
            if self.starts.len() >= self.queue as usize {
                return None;
            }
            self.starts.push_back(start);
        }
        let done = start + work;
        *first = Reverse(done);
        Some((start.since(now), done))
    }

    /// All that it worked on and that waited is lost.
    pub fn clear(&mut self) {
        *self = Self::new(self.workers, self.queue);
    }
}
