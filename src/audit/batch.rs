//! A batch of accesses as it stands in a record: the facts of one site and interval, told by lot and outcome.

use crate::kms::{Fact, Failure, Outcome, SiteId};
use crate::scenario::Scenario;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Accesses under the keys of one class with one home, for one tenant. Where there were none, it is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot<'a> {
    /// The class.
    pub class: Cow<'a, str>,
    /// The region where the keys are at home.
    pub home: Cow<'a, str>,
    /// The tenant on whose behalf; left out where callers are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Cow<'a, str>>,
    /// Accesses served.
    pub served: u64,
    /// Accesses refused, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<Failure, u64>,
}

impl Lot<'_> {
    /// It in words.
    #[must_use]
    pub fn words(&self) -> String {
        let refused = self.refused.iter().map(|(reason, count)| format!(" + {count} {}", reason.name()));
        let tenant = self.tenant.iter().map(|tenant| format!(" for {tenant}"));
        format!(
            "{}/{}{} {} served{}",
            self.class,
            self.home,
            tenant.collect::<String>(),
            self.served,
            refused.collect::<String>()
        )
    }
}

/// Which batch a fact belongs to.
fn batch(fact: &Fact) -> Option<(SiteId, u32)> {
    match fact {
        Fact::Sealed { site, interval, .. } => Some((*site, *interval)),
        _ => None,
    }
}

/// Whether two facts, one after the other in the order of the log, are told in one record.
pub(super) fn same((at, fact): &(Time, Fact), (then, next): &(Time, Fact)) -> bool {
    at == then && batch(fact).is_some_and(|this| batch(next) == Some(this))
}

/// The lots of a batch, from its facts in the order of the log.
pub(super) fn lots<'a>(facts: &[(Time, Fact)], scenario: &'a Scenario) -> Vec<Lot<'a>> {
    let mut lots = Vec::new();
    let mut last = None;
    for (_, fact) in facts {
        let Fact::Sealed { class, home, tenant, outcome, accesses, .. } = *fact else { continue };
        if last.replace((class, home, tenant)) != Some((class, home, tenant)) {
            lots.push(Lot {
                class: Cow::from(&scenario.keys[class.index()].id),
                home: Cow::from(&scenario.regions[home.index()].id),
                tenant: tenant.map(|tenant| Cow::from(&scenario.access.tenants[tenant.index()].id)),
                served: 0,
                refused: BTreeMap::new(),
            });
        }
        let Some(lot) = lots.last_mut() else { continue };
        match outcome {
            Outcome::Done => lot.served += accesses,
            Outcome::Failed(reason) => *lot.refused.entry(reason).or_default() += accesses,
        }
    }
    lots
}
