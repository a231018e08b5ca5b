//! Defaults of planned work, pushes and refusals, written out.

use crate::scenario::model::{FaultKind, Scenario};
use crate::scenario::raw::{Either, RawScenario, RawUnit, RawWhen};
use crate::time::Time;
use crate::units::{Duration, Percent};

pub(super) fn work(full: &mut RawScenario, scenario: &Scenario) {
    for (raw, work) in full.work.values_mut().zip(&scenario.works) {
        raw.at_once = Some(work.at_once);
        raw.unit = Some(if work.whole { RawUnit::Site } else { RawUnit::Device });
        raw.drain = Some(Duration(work.drain));
        raw.takes = Some(Duration(work.takes));
        raw.test = Some(Duration(work.test));
        raw.from.get_or_insert(RawWhen::After(Duration(work.from.since(Time::ZERO))));
        raw.limit = Some(Percent::new(work.limit));
    }
    for (raw, fault) in full.fault.values_mut().zip(&scenario.faults) {
        match fault.kind {
            FaultKind::Refuse(gray) => (raw.silent, raw.checked) = (Some(gray.silent), Some(gray.checked)),
            FaultKind::Push(push) => {
                let push = &scenario.common.pushes[usize::from(push)];
                let names = |wave: &Vec<crate::kms::SiteId>| {
                    wave.iter().map(|site| scenario.sites[site.index()].id.clone()).collect()
                };
                raw.waves = Some(Either::Long(push.waves.iter().map(names).collect()));
                // Of one wave there is nothing to wait for.
                raw.bake = (push.waves.len() > 1).then_some(Duration(push.bake));
                raw.notice = Some(Duration(push.notice));
                raw.rollback = Some(Duration(push.rollback));
                raw.checked = Some(push.checked);
            }
            _ => {}
        }
    }
}
