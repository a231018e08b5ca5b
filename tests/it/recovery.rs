//! Backups, and sites that people and machines bring back. Times, counts and losses are held against what follows by arithmetic.

mod backups;
mod losses;
mod parts;
mod people;
mod shipped;

use crate::fleet::{QUIET, Steps, Whole, s};
use keyfleet::kms::{Fact, FaultId, KeyRef, KeyVersion, RecoveryFact, SiteId};
use keyfleet::results::RecoveryResult;
use keyfleet::time::Span;

/// Two sites in London (where it is UTC in March), and keys that have copies at both. Tests add backups, faults and load.
fn fleet(run: &str, sites: u32, key: &str, more: &str) -> String {
    format!(
        r#"run = "{run}"
start = 2027-03-01T00:00:00Z
{QUIET}
[region]
uk = {{ at = "London", device = "box", sites = {sites}, hsms = 1 }}
[key.card]
algorithm = "rsa-2048"
copies = {sites}
{key}
[load.pay]
from = {{ uk = "1/s" }}
calls = ["sign"]
key = "card"
timeout = "1 s"
retry = {{ attempts = 1 }}
{more}"#
    )
}

fn recovery(whole: &Whole, fault: &str, site: &str) -> RecoveryResult {
    let all = &whole.document.recovery.as_ref().unwrap().recoveries;
    all.iter().find(|r| (r.fault.as_str(), r.site.as_str()) == (fault, site)).unwrap().clone()
}

/// The four parts in seconds.
fn parts(r: &RecoveryResult) -> [f64; 4] {
    [r.detect_s, r.decide_s, r.people_s, r.machine_s].map(|part| part.value.unwrap())
}

/// Facts and digest are the same whether or not answers are given ahead of their time.
fn same_both_ways(text: &str) {
    let [ahead, step_by_step] = [true, false].map(|ahead| {
        let mut steps = Steps::new(text, ahead);
        let until = s(steps.scenario.run.as_secs_f64());
        steps.to(until);
        let Steps { world, mut queue, .. } = steps;
        let (recorder, digest) = world.end(&mut queue);
        (recorder.offered, recorder.recovery.recoveries.clone(), recorder.keys.versions_lost, digest.value())
    });
    assert!(ahead.0 > 0 && !ahead.1.is_empty());
    assert_eq!(ahead, step_by_step);
}

/// Words of facts tell all of them apart.
#[test]
fn each_step_has_words_of_its_own() {
    let (fault, site, other, took) = (FaultId(3), SiteId(2), SiteId(3), Span(7));
    let version = KeyVersion { key: KeyRef { class: keyfleet::kms::ClassId(1), number: 4 }, version: 5 };
    let facts = [
        RecoveryFact::SavingBegan { site, versions: 1 },
        RecoveryFact::SavingBegan { site, versions: 2 },
        RecoveryFact::SavingEnded { site, complete: true, took },
        RecoveryFact::SavingEnded { site, complete: false, took },
        RecoveryFact::SavingMissed { site },
        RecoveryFact::SavingMissed { site: other },
        RecoveryFact::Erased { fault, site, age: took },
        RecoveryFact::Paged { fault, site },
        RecoveryFact::Decided { fault, site },
        RecoveryFact::Gathered { fault, site },
        RecoveryFact::Began { fault, site, restores: false, versions: 0 },
        RecoveryFact::Began { fault, site, restores: true, versions: 0 },
        RecoveryFact::Began { fault, site, restores: true, versions: 9 },
        RecoveryFact::Ready { fault, site, took },
        RecoveryFact::Refilled { site, version },
        RecoveryFact::Refilled { site: other, version },
    ];
    let mut words: Vec<[u64; 3]> = facts.iter().map(|fact| Fact::Recovery(*fact).words()).collect();
    assert!(words.iter().all(|words| (170..180).contains(&(words[0] & 0xff))), "the kinds that are theirs");
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), facts.len());
}
