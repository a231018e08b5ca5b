//! The defaults of custodians, ceremonies and drills, and why each is what it is.

use super::List;
use crate::kms::Badge::Assumed;
use crate::scenario::model::Scenario;
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (group, written) in scenario.people.groups.iter().zip(raw.custodians.values()) {
        let what = |key: &str| format!("custodians.{}.{key}", group.id);
        list.row(what("quorum"), format!("{} of {}", group.quorum, group.of), Assumed, super::STATED);
        let travel = match group.travel.sigma {
            0.0 => group.travel.median.to_string(),
            sigma => format!("median {}, sigma {sigma}", group.travel.median),
        };
        let why = (Assumed, "across a large town, or to a data centre outside of it");
        list.setting(what("travel"), travel, written.travel.is_some(), why);
        let hours = written.hours.as_deref().unwrap_or("around the clock");
        let why = (Assumed, "custodians who are not asked when: it makes recovery look quick");
        list.setting(what("hours"), hours, written.hours.is_some(), why);
        if group.hours.is_some() {
            let why = (Assumed, "whoever can be reached comes");
            list.setting(what("on_call"), group.on_call, written.on_call.is_some(), why);
            let why = (Assumed, "what contracts for work on call often ask for");
            list.setting(what("call_out"), group.call_out, written.call_out.is_some(), why);
        }
        let why = (Assumed, "nobody is on holiday or ill: it makes recovery look quick");
        list.setting(what("away"), format!("{} %", group.away * 100.0), written.away.is_some(), why);
        if group.away > 0.0 {
            let why = (Assumed, "a day to come back, or to find who stands in");
            list.setting(what("back_in"), group.back_in, written.back_in.is_some(), why);
        }
    }
    let ceremonies = raw.ceremony.iter().map(|(id, one)| (format!("ceremony.{id}.takes"), one.takes));
    let drills = raw.drill.iter().map(|(id, one)| (format!("drill.{id}.takes"), one.takes));
    for ((what, written), one) in ceremonies.chain(drills).zip(&scenario.people.ceremonies) {
        list.setting(what, one.takes, written.is_some(), (Assumed, "half a working day"));
    }
}
