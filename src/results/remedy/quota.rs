//! Quotas that were exceeded: what would have been enough, or whose other calls are in the way.

use super::breach::Breach;
use super::demand::{Demands, peak};
use super::setting::{Setting, round_up};
use super::{Found, ROOM};
use crate::metrics::Part;
use crate::results::number;

/// A quota is looked at when it refused this share of the calls that came to its sites.
const REFUSED: f64 = 0.002;

pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for part in breach.looked_at() {
        let refusing: Vec<usize> = (0..breach.scenario.quotas.len()).filter(|q| refused(breach, part, *q)).collect();
        if refusing.is_empty() {
            continue;
        }
        let demands = Demands::of(breach, part);
        let concerned = refusing.into_iter().filter(|quota| demands.concerns_quota(breach, *quota));
        found.extend(concerned.filter_map(|quota| remedy(breach, (part, &demands), quota)));
    }
    found
}

fn refused(breach: &Breach<'_>, part: Part, number: usize) -> bool {
    let (mut calls, mut refused, mut throttled) = (0_u64, 0_u64, 0);
    for (r, replica) in breach.replicas.iter().enumerate() {
        throttled += replica.recorder.quotas[number].throttled;
        for site in &breach.scenario.quotas[number].sites {
            for slot in breach.slots(r, part) {
                let of = &replica.recorder.sites[site.index()].slots[slot];
                (calls, refused) = (calls + u64::from(of.calls), refused + u64::from(of.refused));
            }
        }
    }
    throttled > 0 && refused as f64 > REFUSED * (calls + refused) as f64
}

fn remedy(breach: &Breach<'_>, (part, demands): (Part, &Demands), number: usize) -> Option<Found> {
    let (s, quota) = (breach.scenario, &breach.scenario.quotas[number]);
    let profile = &s.profiles[quota.profile];
    let (limit, class) = (quota.limit.rate, &profile.profile.quotas[quota.class].name);
    let own = demands.tokens_of(breach, part, number);
    let others = peak(breach, part, |replica, slot| {
        breach.replicas[replica].recorder.quotas[number].others.get(slot).copied().unwrap_or(0.0)
    });
    let enough = round_up((own + others) * ROOM);
    if enough <= limit {
        return None;
    }
    let region = &s.regions[quota.region.index()].id;
    let busiest = |replica: &crate::metrics::Replica| replica.recorder.quotas[number].busiest as f64;
    let busiest = super::super::estimate::over(breach.replicas, busiest).or_zero();
    let rate = number::rate;
    let asked = match others {
        0.0 => format!("requests need {} of it", rate(own)),
        others => format!("requests need {} of it and other workloads {}", rate(own), rate(others)),
    };
    let retried = if busiest > 1.05 * (own + others) {
        format!(", and with retries up to {} were asked for", rate(busiest))
    } else {
        String::new()
    };
    let cause = format!("The {class} quota of {region} is {}; {asked}{}{retried}.", rate(limit), breach.when());
    let raised = Setting::text(format!("region.{region}.quota.{class}"), &format!("{enough}/s"));
    if others > 0.0 && own * ROOM <= limit && quota.sites.len() == s.sites_of(quota.region).count() {
        return Some(Found {
            short: raised.to_string().split('=').next().unwrap_or_default().to_owned(),
            need: enough,
            cause,
            remedy: format!(
                "An account of its own, whose quota others do not use, has room for a tenth more than {}. So has one quota of {} for all.",
                rate(own),
                rate(enough)
            ),
            set: vec![Setting::text(format!("region.{region}.account"), &format!("{region}-own"))],
        });
    }
    Some(Found {
        short: format!("region.{region}.quota.{class}"),
        need: enough,
        cause,
        remedy: format!("With a tenth of room: {}.", rate(enough)),
        set: vec![raised],
    })
}
