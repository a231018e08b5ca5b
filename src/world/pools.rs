//! The back-ends of a scenario's sites: pools of devices, and services. What all worlds share of them is made once.

use crate::hsm::{Hsm, PoolModel, ServiceHsm, ServiceModel, SimHsm, Timetable};
use crate::kms::SiteId;
use crate::scenario::Scenario;
use crate::time::Time;
use std::sync::Arc;

/// What a site has.
#[derive(Clone, Debug)]
pub(super) enum Backing {
    /// Devices.
    Devices(Arc<PoolModel>),
    /// A service.
    Service(Arc<ServiceModel>),
}

impl Backing {
    /// A back-end that works and on which nothing waits.
    pub(super) fn begin(&self, now: Time) -> Hsm {
        match self {
            Self::Devices(model) => Hsm::Sim(SimHsm::new(Arc::clone(model), now)),
            Self::Service(model) => Hsm::Service(ServiceHsm::new(Arc::clone(model))),
        }
    }
}

/// By site.
pub(super) fn of(s: &Scenario) -> Vec<Backing> {
    let algorithms: Vec<&str> = s.keys.iter().map(|class| class.algorithm.as_str()).collect();
    let backing = |site: usize| {
        let (id, of) = (SiteId(site as u16), &s.sites[site]);
        let profile = &s.profiles[of.profile].profile;
        let times = Timetable::new(profile, &algorithms, &s.calls);
        if !profile.is_service() {
            let (engines, queue, sessions) = (profile.engines, profile.queue, profile.sessions);
            return Backing::Devices(Arc::new(PoolModel { devices: of.hsms, engines, queue, sessions, times }));
        }
        let quota = |algorithm: &&str, call: &str| s.quota(id, algorithm, call);
        Backing::Service(Arc::new(ServiceModel {
            times,
            calls: algorithms.iter().flat_map(|a| s.calls.iter().map(move |call| quota(a, call))).collect(),
            names: s.calls.len(),
            creations: algorithms.iter().map(|a| quota(a, "generate")).collect(),
            exchanges: algorithms.iter().map(|a| ["wrap", "unwrap"].map(|call| quota(a, call))).collect(),
        }))
    };
    (0..s.sites.len()).map(backing).collect()
}
