//! One site's side: hand calls to the HSMs, answer, and keep the record of who used which key. It knows which key versions
//! it lacks, and nothing of other sites.

use super::batch::{Batches, Home};
use super::catalog::Catalog;
use super::io::{Effect, Out};
use super::placement::ShardMap;
use super::view::Told;
use crate::kms::{Call, Fact, Failure, KeyRef, KeyVersion, OriginId, Outcome, ShardId, SiteId};
use crate::time::{Span, Time};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The state of one site.
#[derive(Clone, Debug)]
pub struct Site {
    id: SiteId,
    batches: Batches,
    /// Each access is told by itself, too.
    each: bool,
    /// Everything it held is gone.
    destroyed: bool,
    /// Keys whose active version has not arrived here yet.
    lacks: BTreeSet<KeyRef>,
    /// Shards that it held, and holds no more.
    left: BTreeSet<ShardId>,
    /// By origin: how long its calls may wait at the HSM.
    patience: Arc<[Span]>,
}

impl Site {
    /// A site with an empty batch.
    #[must_use]
    pub fn new(id: SiteId, catalog: &Catalog, (homes, patience): (Arc<[Home]>, Arc<[Span]>), now: Time) -> Self {
        let batches = Batches::new(id, catalog, homes, now);
        let (lacks, left) = (BTreeSet::new(), BTreeSet::new());
        Self { id, batches, each: catalog.audit_each, destroyed: false, lacks, left, patience }
    }

    /// A call arrives, to be done under its version of its key, and to wait for so long at most. Whether it is handed to an HSM.
    #[inline]
    pub fn call(&mut self, now: Time, (call, longest): (Call, Span), map: &ShardMap, out: &mut Out) -> bool {
        let missing = self.destroyed
            || (!self.lacks.is_empty() && self.lacks.contains(&call.key))
            || (!self.left.is_empty() && self.left.contains(&map.of(call.key)));
        if missing {
            self.answer_failure(now, call, Failure::KeyMissing, out);
        } else {
            let patience = self.patience[call.origin.index()].min(longest);
            out.push(Effect::Submit { site: self.id, call, patience });
        }
        !missing
    }

    /// An HSM answered.
    #[inline]
    pub fn done(&mut self, now: Time, (call, outcome): (Call, Outcome), (wait, service): (Span, Span), out: &mut Out) {
        match outcome {
            Outcome::Done => {
                self.batches.served(now, (call.key.class, call.origin), 1);
                let origin: OriginId = call.origin;
                out.fact(Fact::Served { site: self.id, origin, call: call.call, wait, service });
                if self.each {
                    self.access(call, outcome, out);
                }
                out.push(Effect::Answer { site: self.id, call, outcome });
            }
            Outcome::Failed(reason) => self.answer_failure(now, call, reason, out),
        }
    }

    /// A call is refused.
    #[cold]
    pub(super) fn answer_failure(&mut self, now: Time, call: Call, reason: Failure, out: &mut Out) {
        let outcome = Outcome::Failed(reason);
        self.batches.refused(now, (call.key.class, call.origin), reason);
        out.fact(Fact::Rejected { site: self.id, reason });
        if self.each {
            self.access(call, outcome, out);
        }
        out.push(Effect::Answer { site: self.id, call, outcome });
    }

    /// Tells of an access by itself.
    #[cold]
    fn access(&self, call: Call, outcome: Outcome, out: &mut Out) {
        let Call { origin, call, key, version, .. } = call;
        out.fact(Fact::Accessed { site: self.id, origin, call, outcome, version: KeyVersion { key, version } });
    }

    /// Its batches of accesses.
    #[inline]
    pub fn batches(&mut self) -> &mut Batches {
        &mut self.batches
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

    /// The control plane tells it something of what it holds.
    pub fn tell(&mut self, told: Told) {
        match told {
            Told::Lacks(key, true) => {
                self.lacks.insert(key);
            }
            Told::Lacks(key, false) => {
                self.lacks.remove(&key);
            }
            Told::Holds(shard, true) => {
                self.left.remove(&shard);
            }
            Told::Holds(shard, false) => {
                self.left.insert(shard);
            }
        }
    }
}
