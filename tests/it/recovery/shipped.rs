//! The shipped scenario of a restore that waits for people, and its twin. Fewer replications: of luck there is who is away, how long each
//! travels, and how many keys have rotated since the backup.

use crate::shipped::{keeps_its_promise, run};

#[test]
fn a_restore_by_night_waits_for_people_and_has_yesterdays_keys() {
    let document = run("dr-restore-with-custodians", &["replications=6"]);
    keeps_its_promise("dr-restore-with-custodians", &document);
    let block = document.recovery.as_ref().unwrap();
    assert_eq!(block.recoveries.len(), 2, "a hall each");
    for r in &block.recoveries {
        let [people, machine, ready] = [r.people_s, r.machine_s, r.ready_s].map(|part| part.value.unwrap());
        assert!(people > 0.7 * ready, "{people} of {ready}");
        assert!(machine > 3_600.0 && machine < 3.0 * 3_600.0, "{machine}");
        assert_eq!(r.backup_age_s.value, Some(76_800.0));
    }
    let alarm = &document.faults[0];
    // 222 keys of 20,000 rotate in a day.
    let lost = alarm.versions_lost.value.unwrap();
    assert!((150.0..240.0).contains(&lost), "{lost}");
    assert!(alarm.rpo_s.unwrap() > 20.0 * 3_600.0 && alarm.rpo_s.unwrap() <= 76_800.0);
}

#[test]
fn people_on_call_and_hourly_backups_mend_it() {
    let document = run("dr-restore-on-call", &["replications=6"]);
    keeps_its_promise("dr-restore-on-call", &document);
    let r = &document.recovery.as_ref().unwrap().recoveries[0];
    assert!(r.people_s.value.unwrap() < 2.0 * 3_600.0 && r.ready_s.value.unwrap() < 4.0 * 3_600.0, "{r:?}");
    let alarm = &document.faults[0];
    assert!(alarm.versions_lost.value.unwrap() > 0.0 && alarm.rpo_s.unwrap() < 3_600.0, "{alarm:?}");
}
