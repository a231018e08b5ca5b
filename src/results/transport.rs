//! From the counts of all replications to what a document says of connections.

use super::document::{Estimate, TransportBlock, TransportSite};
use super::estimate::{over, pooled};
use super::timeline::{join, joined};
use crate::metrics::{Replica, ShakeSlot, Shakes};
use crate::net::Tls;
use crate::scenario::Scenario;

/// The block; nothing where there is no network.
pub(super) fn transport(scenario: &Scenario, replicas: &[Replica]) -> Option<TransportBlock> {
    let tls = scenario.tls.as_deref()?;
    let sum =
        |of: &dyn Fn(&Shakes) -> u64| over(replicas, |r| r.recorder.transport.sites.iter().map(of).sum::<u64>() as f64);
    let offered = |r: &Replica| r.recorder.closed.iter().flatten().map(|cell| cell.offered).sum::<u64>();
    let (taken_per_s, failed_per_s) = over_time(replicas);
    Some(TransportBlock {
        full: sum(&|site| site.full),
        resumed: sum(&|site| site.resumed),
        refused: sum(&|site| site.refused),
        distrusted: sum(&|site| site.distrusted),
        broken: sum(&|site| site.broken),
        per_request: over(replicas, |r| r.recorder.transport.taken() as f64 / offered(r) as f64),
        wait_ms: pooled(replicas, &|r| r.recorder.transport.wait.clone()),
        took_ms: pooled(replicas, &|r| r.recorder.transport.took.clone()),
        sites: scenario.sites.iter().enumerate().map(|(i, s)| (s.id.clone(), site(tls, replicas, i))).collect(),
        taken_per_s,
        failed_per_s,
    })
}

fn site(tls: &Tls, replicas: &[Replica], site: usize) -> TransportSite {
    let of = |figure: &dyn Fn(&Shakes, &Replica) -> f64| -> Estimate {
        over(replicas, |replica| figure(&replica.recorder.transport.sites[site], replica))
    };
    let busy = |shakes: &Shakes| shakes.full * tls.full.0 + shakes.resumed * tls.resumed.0;
    let capacity = |r: &Replica| r.recorder.frame.counted().0 as f64 * f64::from(tls.workers);
    let first = replicas.first().map(|replica| replica.recorder.transport.sites[site].busiest);
    TransportSite {
        full: of(&|shakes, _| shakes.full as f64),
        resumed: of(&|shakes, _| shakes.resumed as f64),
        refused: of(&|shakes, _| shakes.refused as f64),
        distrusted: of(&|shakes, _| shakes.distrusted as f64),
        broken: of(&|shakes, _| shakes.broken as f64),
        wait_mean_ms: of(&|shakes, _| shakes.wait as f64 / 1e6 / (shakes.full + shakes.resumed) as f64),
        busiest_per_s: of(&|shakes, _| f64::from(shakes.busiest.1)),
        busiest_at_s: first.filter(|(_, count)| *count > 0).map(|(at, _)| at.as_secs_f64()),
        utilisation: of(&|shakes, replica| busy(shakes) as f64 / capacity(replica)),
    }
}

/// Handshakes taken and failed, per second, by slot of the timeline.
fn over_time(replicas: &[Replica]) -> (Vec<f64>, Vec<f64>) {
    let Some(first) = replicas.first() else { return Default::default() };
    let join = join(&first.recorder.frame);
    let series = |of: &dyn Fn(&ShakeSlot) -> u32| {
        let slots = joined(replicas, join).into_iter().map(|(slots, seconds)| {
            let count = |replica: &Replica| {
                replica.recorder.transport.slots[slots.clone()].iter().map(|slot| u64::from(of(slot))).sum::<u64>()
            };
            replicas.iter().map(count).sum::<u64>() as f64 / seconds / replicas.len() as f64
        });
        slots.collect()
    };
    (series(&|slot| slot.taken), series(&|slot| slot.failed))
}
