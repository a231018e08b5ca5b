//! When the next due event may be handled. Virtual time asks for no waiting; the wall clock of a hardware run will be the
//! other variant, which sleeps and lets completions in.

use crate::time::Time;

/// Decides when the next due event may be handled.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As fast as possible, to the end of the run.
    Virtual {
        /// Events after this are not handled.
        until: Time,
    },
}

/// What the pace answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Handle the next due event.
    Due,
    /// Nothing is due any more, or the end is reached.
    Done,
}

impl Pace {
    /// Waits until `due`, the time of the next event, if there is one.
    #[inline]
    pub fn wait(&mut self, due: Option<Time>) -> Wake {
        match *self {
            Self::Virtual { until } => match due {
                Some(at) if at <= until => Wake::Due,
                _ => Wake::Done,
            },
        }
    }
}
