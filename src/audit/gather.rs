//! What a run leaves for its log. Facts may become known ahead of their time, and in another order where every step is an
//! event; they are kept as they come and put in order at the end: by time, then kind, then the fact itself.

use super::kind::Kind;
use crate::kms::Fact;
use crate::time::Time;

/// The facts of a run that belong into its log; 32 bytes each.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    facts: Vec<(Time, Fact)>,
}

impl Gathered {
    /// Keeps a fact, if it belongs into the log.
    pub fn take(&mut self, at: Time, fact: Fact) {
        if Kind::of(&fact).is_some() {
            self.facts.push((at, fact));
        }
    }

    /// All of them, in the one order that does not depend on when they became known.
    #[must_use]
    pub fn in_order(mut self) -> Vec<(Time, Fact)> {
        self.facts.sort_unstable_by_key(|(at, fact)| (*at, Kind::of(fact), fact.words()));
        self.facts
    }
}
