//! One site's side: hand calls to the HSMs, answer, and keep the record of who used which key. It knows which key versions
//! it lacks, and nothing of other sites.

use super::catalog::Catalog;
use super::io::{Effect, Out};
use crate::kms::{Call, Fact, Failure, KeyRef, KeyVersion, OriginId, Outcome, SiteId};
use crate::time::{Span, Time, Windows};
use std::collections::{BTreeMap, BTreeSet};

/// Accesses of one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Batch {
    interval: u64,
    served: u64,
    refused: u64,
}

/// The state of one site.
#[derive(Clone, Debug)]
pub struct Site {
    id: SiteId,
    intervals: Windows,
    /// Each access is told by itself, too.
    each: bool,
    /// The batch of the interval that counts now; later ones, known ahead of time, wait in `ahead`.
    batch: Batch,
    ahead: BTreeMap<u64, Batch>,
    /// Everything it held is gone.
    destroyed: bool,
    /// Keys whose active version has not arrived here yet.
    lacks: BTreeSet<KeyRef>,
}

impl Site {
    /// A site with an empty batch.
    #[must_use]
    pub fn new(id: SiteId, catalog: &Catalog, now: Time) -> Self {
        let mut intervals = Windows::new(Time::ZERO, catalog.audit_interval);
        let batch = Batch { interval: intervals.number(now), ..Batch::default() };
        let (ahead, lacks) = (BTreeMap::new(), BTreeSet::new());
        Self { id, intervals, each: catalog.audit_each, batch, ahead, destroyed: false, lacks }
    }

    /// A call arrives, to be done under its version of its key. Whether it is handed to an HSM.
    #[inline]
    pub fn call(&mut self, now: Time, call: Call, out: &mut Out) -> bool {
        let missing = self.destroyed || (!self.lacks.is_empty() && self.lacks.contains(&call.key));
        if missing {
            self.answer_failure(now, call, Failure::KeyMissing, out);
        } else {
            out.push(Effect::Submit { site: self.id, call });
        }
        !missing
    }

    /// An HSM answered.
    #[inline]
    pub fn done(&mut self, now: Time, (call, outcome): (Call, Outcome), (wait, service): (Span, Span), out: &mut Out) {
        match outcome {
            Outcome::Done => {
                self.count(now, 1, 0);
                let origin: OriginId = call.origin;
                out.fact(Fact::Served { site: self.id, origin, call: call.call, wait, service });
                self.access(call, outcome, out);
                out.push(Effect::Answer { site: self.id, call, outcome });
            }
            Outcome::Failed(reason) => self.answer_failure(now, call, reason, out),
        }
    }

    fn answer_failure(&mut self, now: Time, call: Call, reason: Failure, out: &mut Out) {
        self.count(now, 0, 1);
        out.fact(Fact::Rejected { site: self.id, reason });
        self.access(call, Outcome::Failed(reason), out);
        out.push(Effect::Answer { site: self.id, call, outcome: Outcome::Failed(reason) });
    }

    /// Tells of an access by itself, where each is to be told.
    #[inline]
    fn access(&self, call: Call, outcome: Outcome, out: &mut Out) {
        if self.each {
            let Call { origin, call, key, version, .. } = call;
            out.fact(Fact::Accessed { site: self.id, origin, call, outcome, version: KeyVersion { key, version } });
        }
    }

    /// Counts accesses in the batch of the interval they happen in.
    #[inline]
    pub fn count(&mut self, now: Time, served: u64, refused: u64) {
        let interval = self.intervals.number(now);
        let batch = if interval == self.batch.interval {
            &mut self.batch
        } else {
            self.ahead.entry(interval).or_insert(Batch { interval, ..Batch::default() })
        };
        batch.served += served;
        batch.refused += refused;
    }

    /// Seals the batches of all intervals that ended by `now`.
    pub fn seal(&mut self, now: Time, out: &mut Out) {
        let current = self.intervals.number(now);
        while self.batch.interval < current {
            let Batch { served, refused, interval } = self.batch;
            if served > 0 || refused > 0 {
                out.fact(Fact::Sealed { site: self.id, served, refused });
            }
            let next = self.ahead.first_key_value().map_or(current, |(first, _)| (*first).min(current));
            let next = next.max(interval + 1);
            self.batch = self.ahead.remove(&next).unwrap_or(Batch { interval: next, ..Batch::default() });
        }
    }

    /// Seals what is left when the run ends.
    pub fn close(&mut self, now: Time, out: &mut Out) {
        self.seal(now, out);
        let Batch { served, refused, .. } = std::mem::take(&mut self.batch);
        if served > 0 || refused > 0 {
            out.fact(Fact::Sealed { site: self.id, served, refused });
        }
    }

    /// All that it held is gone for good.
    pub fn destroy(&mut self) {
        self.destroyed = true;
    }

    /// Whether what it held is still there.
    #[must_use]
    pub fn holds_keys(&self) -> bool {
        !self.destroyed
    }

    /// The active version of a key is not here yet, or has arrived.
    pub fn set_lacking(&mut self, key: KeyRef, lacking: bool) {
        if lacking {
            self.lacks.insert(key);
        } else {
            self.lacks.remove(&key);
        }
    }
}
