//! Until when events may be handled. Virtual time asks for no waiting; the wall clock of a hardware run will be the other
//! variant, whose present moves on, which sleeps, and which lets completions in.

use super::Queue;
use crate::time::Time;

/// Decides until when events may be handled.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As fast as possible, to the end of the run.
    Virtual {
        /// Events after this are not handled.
        until: Time,
    },
}

impl Pace {
    /// What is due up to this instant may be handled now.
    #[inline]
    #[must_use]
    pub const fn now(&self) -> Time {
        match self {
            Self::Virtual { until } => *until,
        }
    }

    /// Nothing of `queue` may be handled now: waits for its next event. `false` when there is nothing to wait for.
    pub fn wait<E>(&mut self, _queue: &mut Queue<E>) -> bool {
        match self {
            Self::Virtual { .. } => false,
        }
    }
}
