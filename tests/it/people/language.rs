//! What may be said of custodians, and what is made of it.

use crate::fleet::{QUIET, TWO_REGIONS, parse};
use keyfleet::kms::{CustodiansId, SiteId};
use keyfleet::scenario::{FaultKind, Target, Travel};
use keyfleet::time::{Span, Time};

fn text(more: &str) -> String {
    let regions = TWO_REGIONS
        .replace("device = \"box\", sites = 2 }\nus", "device = \"box\", sites = 2, custodians = \"ops\" }\nus")
        .replace(
            "us = { at = \"aws:us-east-1\", device = \"box\", sites = 2 }",
            "us = { at = \"aws:us-east-1\", device = \"box\", site = { a = {}, b = { custodians = \"far\" } } }",
        );
    let custodians = "[custodians]\nops = { of = 5, quorum = 3 }\n\
                      far = { of = 4, quorum = 2, hours = \"Mon-Fri 08:00-18:00\", at = \"Tokyo\", away = \"10 %\", \
                      travel = { median = \"30 min\", sigma = 0.5 } }\n";
    format!(
        "run = \"2 d\"\n{QUIET}\n{regions}\n{custodians}\n[load.pay]\nfrom = {{ eu = \"1/s\" }}\ncalls = [\"sign\"]\n\
         key = \"card\"\n{more}"
    )
}

#[test]
fn sites_need_those_of_their_region_or_their_own() {
    let scenario = parse(&text(""));
    let (far, ops) = (CustodiansId(0), CustodiansId(1));
    let of = |site: u16| scenario.people.of(SiteId(site));
    assert_eq!([0, 1, 2, 3].map(of), [Some(ops), Some(ops), None, Some(far)]);
    assert_eq!(scenario.people.sites_of(ops).collect::<Vec<_>>(), [SiteId(0), SiteId(1)]);
}

#[test]
fn defaults_are_those_that_are_explained() {
    let scenario =
        parse(&text("[ceremony]\nroot = { custodians = \"far\", site = \"region.us.site.a\", every = \"30 d\" }\n"));
    let [far, ops] = &scenario.people.groups[..] else { panic!("two groups") };
    let minutes = |minutes: u64| Span::from_secs(minutes * 60);
    assert_eq!((ops.travel, ops.away), (Travel { median: minutes(45), sigma: 0.0 }, 0.0));
    assert_eq!((ops.hours, ops.on_call), (None, 5));
    assert_eq!((far.call_out, far.back_in, far.on_call), (minutes(30), minutes(24 * 60), 4));
    assert_eq!(far.zone.as_deref(), Some("Asia/Tokyo"));
    let root = &scenario.people.ceremonies[0];
    assert_eq!((root.at, root.takes, root.custodians, root.drill), (Time::ZERO, minutes(240), CustodiansId(0), false));
    let what = |name: &str| scenario.provenance.iter().find(|row| row.what == name).unwrap().value.clone();
    assert_eq!(what("custodians.ops.travel"), "45 min");
    assert_eq!(what("ceremony.root.takes"), "4 h");
}

/// A drill needs whom its site needs, where nothing else is said.
#[test]
fn a_drill_is_held_by_those_of_its_site() {
    let scenario = parse(&text("[drill]\nall = { site = \"region.us.site.b\", every = \"30 d\", at = \"3 h\" }\n"));
    let drill = &scenario.people.ceremonies[0];
    assert_eq!(
        (drill.custodians, drill.drill, drill.at),
        (CustodiansId(0), true, Time::ZERO + Span::from_secs(10_800))
    );
}

#[test]
fn resolved_it_is_the_same_again() {
    let scenario = parse(&text(
        "[ceremony]\nroot = { custodians = \"ops\", site = \"region.us.site.a\", every = \"30 d\" }\n[drill]\n\
         all = { site = \"region.us.site.b\", every = \"90 d\" }\n[fault]\nstrike = { on = \"custodians.ops\", kind = \"absent\", \
         at = \"1 h\", for = \"4 h\" }\n",
    ));
    assert_eq!(scenario.faults[0].on, Target::Custodians(CustodiansId(1)));
    assert_eq!(scenario.faults[0].kind, FaultKind::Absent);
    let again = parse(&scenario.resolved);
    assert_eq!(scenario.resolved, again.resolved);
    assert_eq!(scenario.people, again.people);
}
