//! The defaults of caches of data keys: what they are and why.

use super::List;
use crate::kms::Badge::Assumed;
use crate::scenario::model::Scenario;
use crate::scenario::raw::{Either, RawScenario};

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (index, (load, written)) in scenario.loads.iter().zip(raw.load.values()).enumerate() {
        let Some(cache) = load.cache else { continue };
        let (clients, cold) = match written.cache {
            Some(Either::Long(long)) => (long.clients.is_some(), long.cold.is_some()),
            _ => (false, false),
        };
        list.setting(format!("load.{}.cache.for", load.id), cache.life, true, (Assumed, ""));
        let theirs = scenario.populations.iter().filter(|population| population.load.index() == index);
        let all: Vec<u32> = theirs.filter_map(|population| Some(scenario.keeping(population)?.clients)).collect();
        let (least, most) = (all.iter().min().unwrap_or(&0), all.iter().max().unwrap_or(&0));
        let shown =
            if least == most { format!("{least} at each place") } else { format!("{least} to {most} by place") };
        let why = (Assumed, "a process makes ten requests a second, as for connections");
        list.setting(format!("load.{}.cache.clients", load.id), shown, clients, why);
        let shown = if cache.cold_failover { "failover" } else { "restart" };
        let why = (Assumed, "a data key is good wherever its caller is served");
        list.setting(format!("load.{}.cache.cold", load.id), shown, cold, why);
    }
}
