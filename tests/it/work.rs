//! What people do to a fleet: planned work on devices, and causes that strike many sites at once. Figures that follow by arithmetic are
//! held against it.

mod causes;
mod planned;
mod shipped;
mod spare;

use crate::fleet::{Steps, s};
use keyfleet::kms::{Fact, WorkFact};

/// Facts and digest are the same whether or not answers are given ahead of their time.
fn same_both_ways(text: &str) {
    let [ahead, step_by_step] = [true, false].map(|ahead| {
        let mut steps = Steps::new(text, ahead);
        let until = s(steps.scenario.run.as_secs_f64());
        steps.to(until);
        let Steps { world, mut queue, .. } = steps;
        let (recorder, digest) = world.end(&mut queue);
        (recorder.offered, recorder.work.out.clone(), digest.value())
    });
    assert_eq!(ahead, step_by_step);
}

/// Words of facts tell all of them apart.
#[test]
fn each_step_has_words_of_its_own() {
    use keyfleet::kms::{FaultId, SiteId, WorkId};
    let (fault, work) = (FaultId(3), WorkId(3));
    let unit = |device| (SiteId(2), device);
    let mut facts = vec![
        WorkFact::Wave { fault, wave: 0, sites: 2 },
        WorkFact::Wave { fault, wave: 2, sites: 0 },
        WorkFact::Noticed { fault, spared: 2 },
        WorkFact::Began { work },
        WorkFact::Ended { work },
    ];
    for (site, device) in [unit(0), unit(1), unit(WorkFact::WHOLE)] {
        facts.push(WorkFact::Draining { work, site, device });
        facts.push(WorkFact::Drained { work, site, device });
        facts.push(WorkFact::Returned { work, site, device });
    }
    let mut words: Vec<[u64; 3]> = facts.iter().map(|fact| Fact::Work(*fact).words()).collect();
    assert!(words.iter().all(|words| (150..160).contains(&(words[0] & 0xff))), "the kinds that are theirs");
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), facts.len());
}
