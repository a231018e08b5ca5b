//! A gate's count of the requests that it turned away: what the audit log has of them, for a flood must not fill it.

use crate::kms::{AccessFact, Denial, Fact, OriginId};
use crate::service::io::Out;
use std::collections::BTreeMap;

/// Requests turned away since the count was last sealed.
#[derive(Clone, Debug, Default)]
pub struct Turned(BTreeMap<Denial, u64>);

impl Turned {
    /// Counts one.
    pub fn count(&mut self, denial: Denial) {
        *self.0.entry(denial).or_default() += 1;
    }

    /// Tells what was counted, and begins anew.
    pub fn seal(&mut self, origin: OriginId, out: &mut Out) {
        for (denial, requests) in std::mem::take(&mut self.0) {
            out.fact(Fact::Access(AccessFact::Turned { origin, denial, requests }));
        }
    }
}
