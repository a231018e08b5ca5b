//! Defaults of custodians, ceremonies and drills, written out.

use crate::scenario::model::{Ceremony, Scenario};
use crate::scenario::raw::{Either, RawScenario, RawTravel, RawWhen};
use crate::time::Time;
use crate::units::{Duration, Percent};

pub(super) fn people(full: &mut RawScenario, scenario: &Scenario) {
    let people = &scenario.people;
    for (raw, group) in full.custodians.values_mut().zip(&people.groups) {
        let median = Duration(group.travel.median);
        raw.travel = Some(match group.travel.sigma {
            0.0 => Either::Short(median),
            sigma => Either::Long(RawTravel { median, sigma }),
        });
        // Around the clock nobody is called out of hours.
        raw.on_call = group.hours.map(|_| group.on_call.into());
        raw.call_out = group.hours.map(|_| Duration(group.call_out));
        raw.away = Some(Percent::new(group.away));
        raw.back_in = (group.away > 0.0).then_some(Duration(group.back_in));
    }
    let at = |ceremony: &Ceremony| RawWhen::After(Duration(ceremony.at.since(Time::ZERO)));
    let (drills, ceremonies): (Vec<&Ceremony>, Vec<&Ceremony>) = people.ceremonies.iter().partition(|one| one.drill);
    for (raw, checked) in full.ceremony.values_mut().zip(ceremonies) {
        raw.at.get_or_insert(at(checked));
        raw.takes = Some(Duration(checked.takes));
    }
    for (raw, checked) in full.drill.values_mut().zip(drills) {
        raw.at.get_or_insert(at(checked));
        raw.takes = Some(Duration(checked.takes));
        raw.custodians = Some(people.groups[checked.custodians.index()].id.clone());
    }
}
