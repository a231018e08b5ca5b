//! From the counts of all replications to what a document says of emergency access.

use super::document::{Emergency, EmergencyFigures, Estimate, FirstAnswer, GrantSpan};
use super::estimate::over;
use crate::kms::{Ending, GrantId, Refusal, RegionId};
use crate::metrics::{EmergencyTally, GrantTally, Replica};
use crate::scenario::{Scenario, Target};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The block.
pub(super) fn emergency(scenario: &Scenario, replicas: &[Replica]) -> Emergency {
    let grants = || replicas.iter().flat_map(|replica| replica.recorder.emergency.grants.values());
    Emergency {
        grants: grants().filter(|grant| grant.began.is_some()).count() as u64,
        accesses: grants().map(|grant| grant.accesses).sum(),
        figures: scenario.emergency.as_ref().map(|_| figures(scenario, replicas)),
    }
}

fn figures(scenario: &Scenario, replicas: &[Replica]) -> EmergencyFigures {
    let count = |of: &dyn Fn(&EmergencyTally) -> u64| over(replicas, |r| of(&r.recorder.emergency) as f64);
    let sum = |of: &dyn Fn(&GrantTally) -> u64| count(&|tally| tally.grants.values().map(of).sum());
    let after = |replica: &Replica| {
        let tally = &replica.recorder.emergency;
        let lifted = tally.grants.values().filter_map(|grant| grant.lifted).max();
        let took = tally.last_rotated.zip(lifted).map(|(last, lifted)| last.since(lifted).as_secs_f64());
        took.unwrap_or(f64::NAN)
    };
    EmergencyFigures {
        asked: count(&|tally| tally.grants.len() as u64),
        began: sum(&|grant| grant.began.is_some().into()),
        ended: ended(replicas),
        accesses: sum(&|grant| grant.accesses),
        keys_opened: sum(&|grant| grant.opened),
        refused: refusals(replicas, |tally| &tally.refused),
        denied: refusals(replicas, |tally| &tally.denied),
        leases_lost: count(&|tally| tally.leases_lost),
        keys_rotated: count(&|tally| tally.rotated),
        keys_waiting: count(&|tally| tally.waiting.len() as u64),
        rotated_after_s: over(replicas, after),
        first_answer: first_answer(scenario, replicas),
        spans: replicas.first().map(|replica| spans(scenario, replica)).unwrap_or_default(),
    }
}

fn ended(replicas: &[Replica]) -> BTreeMap<String, Estimate> {
    let grants = |replica: &'_ Replica| replica.recorder.emergency.grants.values().copied().collect::<Vec<_>>();
    let why = |grant: &GrantTally| grant.ended.map(|(_, why)| why);
    let seen: BTreeSet<Ending> = replicas.iter().flat_map(grants).filter_map(|grant| why(&grant)).collect();
    let times = |wanted: Ending| {
        over(replicas, |replica| grants(replica).iter().filter(|grant| why(grant) == Some(wanted)).count() as f64)
    };
    seen.into_iter().map(|wanted| (wanted.name().to_owned(), times(wanted))).collect()
}

fn refusals(
    replicas: &[Replica],
    of: impl Fn(&EmergencyTally) -> &BTreeMap<Refusal, u64>,
) -> BTreeMap<String, Estimate> {
    let times = |replica: &Replica, why: Refusal| of(&replica.recorder.emergency).get(&why).copied().unwrap_or(0);
    let seen = Refusal::ALL.into_iter().filter(|why| replicas.iter().any(|replica| times(replica, *why) > 0));
    seen.map(|why| (why.name().to_owned(), over(replicas, |replica| times(replica, why) as f64))).collect()
}

/// When a region went dark for which a grant was asked then: the last fault before that struck it or a link of it.
fn dark(scenario: &Scenario, replica: &Replica, (region, asked): (RegionId, Time)) -> Option<Time> {
    let about = |on: Target| match on {
        Target::Region(of) => of == region,
        Target::Site(site) | Target::Device(site, _) => scenario.sites[site.index()].region == region,
        Target::Link(a, b) => a == region || b == region,
        Target::Keys(..) | Target::Metadata | Target::Control => false,
        Target::Load(..) | Target::Secret(_) | Target::Fleet | Target::Custodians(_) => false,
        Target::Group(group) => {
            let sites = &scenario.common.groups[usize::from(group)].sites;
            sites.iter().any(|site| scenario.sites[site.index()].region == region)
        }
    };
    let strikes = replica.recorder.watch.strikes.iter().filter(|strike| strike.from <= asked && strike.until >= asked);
    let fits = |fault: usize| scenario.faults.get(fault).is_some_and(|fault| about(fault.on));
    strikes.filter(|strike| fits(strike.fault.index())).map(|strike| strike.from).max()
}

/// From when until when a part of the time lasts.
type Part<'a> = dyn Fn(&Replica, &GrantTally) -> Option<(Time, Time)> + 'a;

fn first_answer(scenario: &Scenario, replicas: &[Replica]) -> FirstAnswer {
    let part = |of: &Part<'_>| {
        over(replicas, |replica| {
            let grant = replica.recorder.emergency.grants.values().find(|grant| grant.used.is_some());
            let span = grant.and_then(|grant| of(replica, grant));
            span.map_or(f64::NAN, |(from, until)| until.since(from).as_secs_f64())
        })
    };
    let dark = |replica: &Replica, grant: &GrantTally| dark(scenario, replica, (grant.region, grant.asked));
    FirstAnswer {
        detect_s: part(&|replica, grant| dark(replica, grant).map(|dark| (dark, grant.asked))),
        decide_s: part(&|_, grant| grant.decided.map(|decided| (grant.asked, decided))),
        fence_s: part(&|_, grant| grant.decided.zip(grant.began)),
        machine_s: part(&|_, grant| grant.began.zip(grant.used)),
        all_s: part(&|replica, grant| dark(replica, grant).zip(grant.used)),
    }
}

fn spans(scenario: &Scenario, replica: &Replica) -> Vec<GrantSpan> {
    let seconds = |at: Option<Time>| at.map(Time::as_secs_f64);
    let span = |(number, grant): (&GrantId, &GrantTally)| GrantSpan {
        grant: number.0,
        region: scenario.regions[grant.region.index()].id.clone(),
        asked_s: grant.asked.as_secs_f64(),
        yes: grant.answers.0,
        no: grant.answers.1,
        fenced_s: seconds(grant.fenced),
        began_s: seconds(grant.began),
        used_s: seconds(grant.used),
        ended_s: seconds(grant.ended.map(|(at, _)| at)),
        why: grant.ended.map(|(_, why)| why.name().to_owned()),
        lifted_s: seconds(grant.lifted),
        accesses: grant.accesses,
        keys_opened: grant.opened,
    };
    replica.recorder.emergency.grants.iter().map(span).collect()
}
