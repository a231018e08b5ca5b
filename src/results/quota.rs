//! From the counts of all replications to what a document says of the quotas of services.

use super::document::QuotaBlock;
use super::estimate::over;
use crate::metrics::{QuotaTally, Replica};
use crate::scenario::Scenario;
use std::collections::BTreeMap;

/// By the quota's id.
pub(super) fn quotas(scenario: &Scenario, replicas: &[Replica]) -> BTreeMap<String, QuotaBlock> {
    (0..scenario.quotas.len()).map(|i| (scenario.quotas[i].id.clone(), block(scenario, replicas, i))).collect()
}

fn block(scenario: &Scenario, replicas: &[Replica], number: usize) -> QuotaBlock {
    let quota = &scenario.quotas[number];
    let tally = |replica: &Replica| -> QuotaTally { replica.recorder.quotas[number].clone() };
    let tallies: Vec<QuotaTally> = replicas.iter().map(tally).collect();
    let count = |of: fn(&QuotaTally) -> u64| over(&tallies, |tally| of(tally) as f64);
    let used = |replica: &Replica| {
        let taken: f64 = replica.recorder.quotas[number].taken.iter().sum();
        taken / (quota.limit.rate * replica.recorder.frame.counted().as_secs_f64())
    };
    QuotaBlock {
        region: scenario.regions[quota.region.index()].id.clone(),
        profile: scenario.profiles[quota.profile].id.clone(),
        account: quota.account.clone(),
        sites: quota.sites.iter().map(|site| scenario.sites[site.index()].id.clone()).collect(),
        limit_per_s: quota.limit.rate,
        burst: (quota.limit.rate * quota.limit.burst.as_secs_f64()).max(1.0),
        asked: count(|t| t.asked),
        throttled: count(|t| t.throttled),
        throttled_share: over(&tallies, |t| if t.asked > 0 { t.throttled as f64 / t.asked as f64 } else { f64::NAN }),
        others_asked: count(|t| t.others_asked),
        others_throttled: count(|t| t.others_throttled),
        used: over(replicas, used),
        busiest_second: count(|t| t.busiest),
        busiest_s: tallies.first().map_or(0.0, |tally| tally.busiest_at.as_secs_f64()),
    }
}
