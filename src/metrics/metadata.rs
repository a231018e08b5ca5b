//! What becomes of the metadata store in a run, and of the key versions that wait to be published in it.

use super::frame::Frame;
use crate::kms::{Fact, KeyRef, StoreOutcome};
use crate::stats::Histogram;
use crate::time::{Span, Time};
use std::collections::BTreeSet;

/// The metadata store, warm-up included, but for the time in which it was unavailable.
#[derive(Clone, Debug, Default)]
pub struct MetadataTally {
    /// Operations that ended.
    pub operations: u64,
    /// Of these, writes that met another epoch than they expected.
    pub conflicts: u64,
    /// Of these, those that had no answer in time.
    pub unanswered: u64,
    /// Leaders elected.
    pub elections: u64,
    /// Counted time in which no leader reached a majority.
    pub unavailable: Span,
    /// Since when there is no such leader.
    down: Option<Time>,
    /// Versions that had to wait for the store.
    pub delayed: u64,
    /// Of these, those that still wait.
    waiting: BTreeSet<KeyRef>,
    /// How long the others had to wait, since they were ready.
    pub delay: Histogram,
    term: u32,
}

impl MetadataTally {
    /// Versions that still wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.len() as u64
    }

    pub(super) fn record(&mut self, at: Time, fact: Fact, frame: &Frame) {
        match fact {
            Fact::Stored { outcome, .. } => {
                self.operations += 1;
                self.conflicts += u64::from(outcome == StoreOutcome::Conflict);
                self.unanswered += u64::from(outcome == StoreOutcome::Unavailable);
            }
            Fact::MetadataDown { term } => (self.down, self.term) = (Some(at), term),
            Fact::MetadataUp { term, .. } => {
                self.elections += u64::from(term != self.term);
                self.mended(at, frame);
            }
            Fact::PublishDelayed(version) => {
                self.delayed += 1;
                self.waiting.insert(version.key);
            }
            // One that met an unknown epoch took more than one try, too, but did not wait for the store.
            Fact::Published { version, took, .. } if self.waiting.remove(&version.key) => self.delay.record(took.0),
            _ => {}
        }
    }

    fn mended(&mut self, at: Time, frame: &Frame) {
        if let Some(since) = self.down.take() {
            self.unavailable += at.since(since.max(frame.counted_from));
        }
    }

    pub(super) fn finish(&mut self, frame: &Frame) {
        self.mended(frame.until, frame);
    }
}
