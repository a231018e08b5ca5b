//! From the counts of all replications to what a document says of custodians.

use super::document::{CeremonyBlock, CustodiansBlock, CustodiansMonth, CustodiansWait, Estimate, PeopleBlock};
use super::estimate::over;
use crate::kms::{CustodiansId, Errand};
use crate::metrics::{Errands, GroupTally, HeldTally, Replica};
use crate::scenario::{Ceremony, Custodians, Scenario};
use crate::time::Span;

/// A month, seconds.
const MONTH: f64 = 30.0 * 86_400.0;
const HOUR: f64 = 3_600.0;

/// The block; nothing where there are no custodians.
pub(super) fn people(scenario: &Scenario, replicas: &[Replica]) -> Option<PeopleBlock> {
    let people = &scenario.people;
    if people.groups.is_empty() {
        return None;
    }
    let group = |(number, group): (usize, &Custodians)| {
        (group.id.clone(), self::group(scenario, replicas, (CustodiansId(number as u8), group)))
    };
    let ceremony = |(number, one): (usize, &Ceremony)| {
        let of = |figure: fn(HeldTally) -> f64| {
            over(replicas, |replica| figure(replica.recorder.people.held.get(&number).copied().unwrap_or_default()))
        };
        let block = CeremonyBlock {
            custodians: people.groups[one.custodians.index()].id.clone(),
            site: scenario.sites[one.site.index()].id.clone(),
            every_s: one.every.as_secs_f64(),
            takes_s: one.takes.as_secs_f64(),
            held: of(|tally| tally.held as f64),
            put_off: of(|tally| tally.put_off as f64),
            // Not a number where none was held, which is no measure.
            took_s: of(|tally| tally.took.as_secs_f64() / tally.held as f64),
            restores_s: of(|tally| tally.restoring as f64 / tally.held as f64),
        };
        (format!("{}.{}", if one.drill { "drill" } else { "ceremony" }, one.id), block)
    };
    Some(PeopleBlock {
        groups: people.groups.iter().enumerate().map(group).collect(),
        ceremonies: people.ceremonies.iter().enumerate().map(ceremony).collect(),
    })
}

fn group(scenario: &Scenario, replicas: &[Replica], (id, group): (CustodiansId, &Custodians)) -> CustodiansBlock {
    let tally = |replica: &Replica| replica.recorder.people.groups.get(&id).copied().unwrap_or_default();
    let of = |figure: &dyn Fn(&GroupTally) -> f64| over(replicas, |replica| figure(&tally(replica)));
    let recoveries = |tally: &GroupTally| tally.by[Errand::Recovery as usize];
    let worst = replicas.iter().map(|replica| recoveries(&tally(replica)).waited.1).max().unwrap_or(Span::ZERO);
    let waits = replicas.iter().any(|replica| recoveries(&tally(replica)).calls > 0);
    CustodiansBlock {
        of: group.of,
        quorum: group.quorum,
        sites: scenario.people.sites_of(id).map(|site| scenario.sites[site.index()].id.clone()).collect(),
        month: month(scenario, (id, group), &of),
        waited: waits.then(|| CustodiansWait {
            calls: of(&|tally| recoveries(tally).calls as f64),
            mean_s: of(&|tally| {
                let Errands { calls, never, waited, .. } = recoveries(tally);
                // Not a number where nobody came, which is no measure.
                waited.0.as_secs_f64() / (calls - never) as f64
            }),
            worst_s: worst.as_secs_f64(),
            never: of(&|tally| recoveries(tally).never as f64),
        }),
        absent: of(&|tally| tally.absent as f64),
        short: group.short(),
        short_out_of_hours: group.short_out_of_hours(),
    }
}

/// A mean over replications of a figure of what a group did.
type Of<'a> = dyn Fn(&dyn Fn(&GroupTally) -> f64) -> Estimate + 'a;

fn month(scenario: &Scenario, (id, group): (CustodiansId, &Custodians), of: &Of<'_>) -> CustodiansMonth {
    let theirs = |errand: Errand| {
        let drill = errand == Errand::Drill;
        scenario.people.ceremonies.iter().filter(move |one| one.custodians == id && one.drill == drill)
    };
    let times = |errand: Errand| match errand {
        Errand::Recovery => 0.0,
        Errand::Ceremony | Errand::Drill => theirs(errand).map(|one| MONTH / one.every.as_secs_f64()).sum::<f64>(),
    };
    // Of what was not held in the run: all take the median's travel, and as long as is stated.
    let quorum = f64::from(group.quorum);
    let way = quorum * 2.0 * group.travel.median.as_secs_f64();
    let stated = |errand: Errand| -> f64 {
        theirs(errand).map(|one| MONTH / one.every.as_secs_f64() * one.takes.as_secs_f64()).sum::<f64>() * quorum
    };
    let whole = MONTH / scenario.run.as_secs_f64();
    let travel = |tally: &GroupTally, errand: Errand| match (errand, tally.by[errand as usize]) {
        (Errand::Recovery, done) => done.travel.as_secs_f64() * whole,
        (_, Errands { came: 0, .. }) => times(errand) * way,
        (_, done) => done.travel.as_secs_f64() / done.came as f64 * times(errand),
    };
    let work = |tally: &GroupTally, errand: Errand| match (errand, tally.by[errand as usize]) {
        (Errand::Recovery, done) => done.work.as_secs_f64() * whole,
        (_, Errands { left: 0, .. }) => stated(errand),
        (_, done) => done.work.as_secs_f64() / done.left as f64 * times(errand),
    };
    let all = |part: &dyn Fn(&GroupTally, Errand) -> f64, tally: &GroupTally| {
        Errand::ALL.into_iter().map(|errand| part(tally, errand)).sum::<f64>() / HOUR
    };
    let recoveries = |tally: &GroupTally| tally.by[Errand::Recovery as usize];
    CustodiansMonth {
        ceremonies: times(Errand::Ceremony),
        drills: times(Errand::Drill),
        recoveries: of(&|tally| recoveries(tally).calls as f64 * whole),
        hours: of(&|tally| all(&travel, tally) + all(&work, tally)),
        travel_hours: of(&|tally| all(&travel, tally)),
        // Ceremonies and drills are held in hours.
        out_of_hours: of(&|tally| recoveries(tally).out_of_hours as f64 * whole),
    }
}
