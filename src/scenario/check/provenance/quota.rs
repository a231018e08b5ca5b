//! What quotas of services rest on: the profile's limits, those that the scenario states instead, and what else uses them.

use super::{List, STATED};
use crate::kms::Badge::Assumed;
use crate::scenario::model::Scenario;
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for quota in &scenario.quotas {
        let known = &scenario.profiles[quota.profile].profile.quotas[quota.class];
        let what = format!("quota.{}", quota.id);
        let value = format!("{}/s, {} of it at once", quota.limit.rate, quota.limit.burst);
        match quota.stated {
            true => list.row(what, value, Assumed, STATED),
            false => list.row(what, value, known.evidence.badge, &known.evidence.source),
        }
    }
    for work in &scenario.others {
        let value = format!("{}/s of {}", work.rate, scenario.quotas[work.quota.index()].id);
        list.row(format!("other.{}", work.id), value, Assumed, STATED);
    }
    for (id, other) in raw.other.iter().filter(|(id, _)| scenario.others.iter().all(|work| work.id != **id)) {
        let account = other.account.as_deref().unwrap_or_default();
        list.row(format!("other.{id}"), format!("none of the fleet's quotas, account {account}"), Assumed, STATED);
    }
    let services = (0..scenario.sites.len()).filter(|i| {
        let site = &scenario.sites[*i];
        scenario.profiles[site.profile].profile.is_service()
            && scenario.sites.iter().filter(|other| other.region == site.region).count() > 1
    });
    for site in services.map(|i| &scenario.sites[i]) {
        let region = &raw.region[&scenario.regions[site.region.index()].id];
        let name = site.id.rsplit('.').next().unwrap_or_default();
        let stated = region.weight.is_some() || region.site.get(name).is_some_and(|site| site.weight.is_some());
        let why = "a service counts as one HSM where keys and calls are shared out";
        list.setting(format!("site.{}.weight", site.id), site.weight, stated, (Assumed, why));
    }
}
