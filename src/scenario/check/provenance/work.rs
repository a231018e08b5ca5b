//! The defaults of planned work and of pushes, and why each is what it is.

use super::List;
use crate::kms::Badge::Assumed;
use crate::scenario::model::{FaultKind, Scenario};
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (work, written) in scenario.works.iter().zip(raw.work.values()) {
        let what = |key: &str| format!("work.{}.{key}", work.id);
        let why = (Assumed, "one by one, as vendors advise for pools");
        list.setting(what("at_once"), work.at_once, written.at_once.is_some(), why);
        let why = (Assumed, "twice a usual DNS time to live, and longer than any call");
        list.setting(what("drain"), work.drain, written.drain.is_some(), why);
        let why = (Assumed, "an update and two restarts; half a working day to change a device");
        list.setting(what("takes"), work.takes, written.takes.is_some(), why);
        let why = (Assumed, "self-tests, and a known answer for each call");
        list.setting(what("test"), work.test, written.test.is_some(), why);
        let why = (Assumed, "beyond that queues grow faster than demand does");
        list.setting(what("limit"), format!("{} %", work.limit * 100.0), written.limit.is_some(), why);
    }
    for (fault, written) in scenario.faults.iter().zip(raw.fault.values()) {
        let what = |key: &str| format!("fault.{}.{key}", fault.id);
        if let FaultKind::Push(push) = fault.kind {
            let push = &scenario.common.pushes[usize::from(push)];
            if push.waves.len() > 1 {
                let why = (Assumed, "three times as long as it takes to notice what is wrong");
                list.setting(what("bake"), push.bake, written.bake.is_some(), why);
            }
            let why = (Assumed, "an alarm, and people who look");
            list.setting(what("notice"), push.notice, written.notice.is_some(), why);
            let why = (
                Assumed,
                "sooner than published: half of the incidents that a change of configuration caused took 6 h",
            );
            list.setting(what("rollback"), push.rollback, written.rollback.is_some(), why);
        }
    }
}
