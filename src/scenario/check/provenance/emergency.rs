//! The defaults of emergency access, and why each is what it is.

use super::super::emergency;
use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::scenario::model::Scenario;
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    let (Some(access), Some(written)) = (&scenario.emergency, emergency::written(raw)) else { return };
    let rules = &access.rules;
    let why = (Assumed, "one region alone may be the one that is cut off");
    list.setting("emergency.observers", rules.observers, written.observers.is_some(), why);
    let why = (Assumed, "longer than a restart of links, shorter than people take");
    list.setting("emergency.dark", rules.dark, written.dark.is_some(), why);
    let why = (Assumed, "two on call, and three who can be reached");
    list.setting("emergency.approvers", rules.approvers, written.approvers.is_some(), why);
    let why = (Published, "dual control, PCI DSS v4 3.7.6; M-of-N quorum of cloud HSMs");
    list.setting("emergency.needed", rules.needed, written.needed.is_some(), why);
    let why = (Assumed, "human quorum takes minutes to hours; lognormal, the deviation of its logarithm 1");
    list.setting("emergency.answer", access.answer, written.answer.is_some(), why);
    let why = (Assumed, "people who see the same outage agree");
    list.setting("emergency.declines", format!("{} %", access.declines * 100.0), written.declines.is_some(), why);
    let why = (Assumed, "half a working day; who needs it for longer asks again");
    list.setting("emergency.limit", rules.limit, written.limit.is_some(), why);
    let why = (Assumed, "seven operations a second for the usual limit");
    list.setting("emergency.quota", rules.quota, written.quota.is_some(), why);
    let why = (Assumed, "three renewals of ten seconds, as health checks have them");
    list.setting("emergency.lease", rules.lease, written.lease.is_some(), why);
    let why = (Assumed, "a synchronous write at two places nearby");
    list.setting("emergency.record", access.record, written.record.is_some(), why);
}
