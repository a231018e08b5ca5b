//! Survive cases that strike while planned work is under way: the worst of it for what is struck, at the busiest time of its window.

use super::cases::{AFTER, BEFORE, LEAD, Planned, back, region_of};
use crate::kms::{SiteId, WorkId};
use crate::scenario::{Fault, FaultKind, Scenario, Target, When, Work};
use crate::time::{Span, Time};
use crate::world::{Blueprint, Stretch};

/// Work at a site, and what of it is out.
struct Out<'a> {
    number: WorkId,
    work: &'a Work,
    site: SiteId,
    /// Of the site's devices.
    share: f64,
}

/// The same case during the worst work; nothing where nothing is planned that it would meet.
pub(super) fn during(blueprint: &Blueprint, on: Target, alone: &Planned) -> Option<Planned> {
    let s = blueprint.scenario();
    let out = worst(s, on)?;
    let lasts = s.survive.lasts;
    let peak = blueprint.busiest_within(region_of(blueprint, on), lasts, &out.work.openings(s, out.site))?;
    let peak = peak.max(Time::ZERO + LEAD + BEFORE);
    let counted_from = peak - BEFORE;
    // Callers are told of a site that is taken out before anything is counted.
    let told = if out.work.whole { s.health.propagation } else { Span::ZERO };
    let from = Time(counted_from.0.saturating_sub((LEAD + told).0));
    let id = format!("{} during work.{}", alone.id, out.work.id);
    let strikes = Fault { id: id.clone(), on, kind: FaultKind::Crash, when: When::At(peak, lasts) };
    let until = peak + lasts + back(s) + AFTER;
    let away = |target: Target| Fault {
        id: String::new(),
        on: target,
        kind: FaultKind::Away(out.number),
        when: When::At(from, until.since(from) + AFTER),
    };
    let mut faults = vec![strikes];
    if out.work.whole {
        faults.push(away(Target::Site(out.site)));
    } else {
        // The first device is the one that is struck.
        let all = s.sites[out.site.index()].hsms;
        let gone = out.work.out_at(all.saturating_sub(1));
        faults.extend((1..=gone).map(|device| away(Target::Device(out.site, device))));
    }
    Some(Planned { id, stretch: Stretch { replication: 0, from, counted_from, until, faults } })
}

/// The work that takes the largest part of a site away which matters to what is struck: of a device the pool around it, else of the
/// region, and of a region those that are nearest to it.
fn worst(s: &Scenario, on: Target) -> Option<Out<'_>> {
    let of = |(number, work): (usize, &'_ Work)| -> Vec<(WorkId, SiteId)> {
        work.sites.iter().map(|site| (WorkId(number as u16), *site)).collect()
    };
    let all = s.works.iter().enumerate().flat_map(of);
    let outs = all.map(|(number, site)| {
        let (work, devices) = (&s.works[number.index()], s.sites[site.index()].hsms);
        Out { number, work, site, share: f64::from(work.out_at(devices)) / f64::from(devices) }
    });
    let region = |site: SiteId| s.sites[site.index()].region;
    // The smaller, the more it matters; nothing where it does not.
    let matters = |out: &Out<'_>| match on {
        Target::Device(site, _) if out.site == site => (!out.work.whole).then_some(Span::ZERO),
        Target::Device(site, _) | Target::Site(site) => {
            (out.site != site && region(out.site) == region(site)).then_some(Span(1))
        }
        Target::Region(struck) => (region(out.site) != struck).then(|| s.round_trip(struck, region(out.site))),
        _ => None,
    };
    let ranked = outs.filter_map(|out| matters(&out).map(|far| (far, out)));
    ranked.min_by(|(far, a), (other, b)| far.cmp(other).then(b.share.total_cmp(&a.share))).map(|(_, out)| out)
}
