//! The shipped scenarios of emergency access teach what they say, with two replications: only people differ much between them.

use crate::shipped;
use keyfleet::audit::{Log, Signer, verify};
use keyfleet::results::RunDocument;
use keyfleet::scenario;
use keyfleet::simulate::{Options, simulate};
use keyfleet::world::Blueprint;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn reason(document: &RunDocument, load: &str, reason: &str) -> u64 {
    *document.loads[load].requests.by_reason.get(reason).unwrap_or(&0)
}

#[test]
fn a_dark_region_is_opened_under_a_grant_and_residency_is_not_widened() {
    let document = shipped::run("region-dark-emergency", &["replications=2"]);
    shipped::keeps_its_promise("region-dark-emergency", &document);
    let figures = document.emergency.figures.as_ref().unwrap();
    let first = &figures.first_answer;
    let [detect, decide, fence, machine] =
        [first.detect_s, first.decide_s, first.fence_s, first.machine_s].map(|part| part.value.unwrap());
    // Thirteen checks ten seconds apart, from 0 to 10 s after the fault on; a lease and a second; propagation.
    assert!((120.0..135.0).contains(&detect) && (31.0..32.0).contains(&fence), "{first:?}");
    assert!((60.0..62.0).contains(&machine), "{first:?}");
    assert!(decide > 60.0 && decide > fence, "people take longest: {first:?}");
    assert_eq!(figures.ended.keys().collect::<Vec<_>>(), ["recovered"]);
    // All that is asked for in four hours and more is opened, and rotated when its region is back; residency keeps the rest.
    assert!((1_990.0..=2_000.0).contains(&figures.keys_opened.value.unwrap()), "{figures:?}");
    assert_eq!((figures.keys_rotated, figures.keys_waiting.value), (figures.keys_opened, Some(0.0)));
    assert!(figures.rotated_after_s.value.unwrap() < 3_600.0, "{figures:?}");
    assert!(reason(&document, "identify", "residency") > 60_000 && reason(&document, "pay", "residency") == 0);
    assert_eq!(figures.denied.keys().collect::<Vec<_>>(), ["not-dark"], "the insider");
    // Without those who approve there is no grant.
    let nobody = shipped::run("region-dark-emergency", &["replications=1", "emergency.declines=\"100 %\""]);
    let figures = nobody.emergency.figures.as_ref().unwrap();
    assert_eq!((nobody.emergency.grants, nobody.emergency.accesses), (0, 0));
    assert_eq!(figures.ended.keys().collect::<Vec<_>>(), ["declined"]);
    assert!(reason(&nobody, "pay", "no-host") > 60_000);
}

/// One replication: its log has a record of every access, and is what it says.
#[test]
fn every_access_under_a_grant_is_a_record_of_the_log() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/region-dark-emergency.toml");
    let set = ["replications=1", "fault.dark.for=\"1 h\"", "run=\"5 h\""].map(str::to_owned);
    let Ok(loaded) = scenario::load(&path, &set) else { panic!("it can be run") };
    let scenario = Arc::new(loaded.scenario);
    let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
    let runs = simulate(&Blueprint::new(Arc::clone(&scenario)), options).unwrap();
    let replica = &runs.main[0];
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emergency-log");
    let _ = fs::remove_dir_all(&folder);
    let (mut kinds, signer) = (BTreeMap::<String, u64>::new(), Signer::simulated("made-up", "0123", 7, "89abcdef"));
    for (name, bytes) in replica.ledger.as_deref().unwrap().clone().files(&signer, None) {
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if name.starts_with("segment/") {
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let record: serde_json::Value = serde_json::from_slice(line).unwrap();
                *kinds.entry(record["kind"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        fs::write(path, bytes).unwrap();
    }
    assert!(verify(&Log::open(&folder, None).unwrap(), None, None).unwrap().holds());
    let tally = &replica.recorder.emergency;
    let accesses: u64 = tally.grants.values().map(|grant| grant.accesses).sum();
    let opened: u64 = tally.grants.values().map(|grant| grant.opened).sum();
    assert!(accesses > 1_000);
    assert_eq!((kinds["emergency-access"], kinds["key-opened"]), (accesses, opened));
    assert_eq!(kinds["emergency-refused"], tally.refused.values().sum::<u64>());
    for once in ["grant-asked", "region-fenced", "grant-began", "grant-ended", "fence-lifted", "grant-denied"] {
        assert_eq!(kinds[once], 1, "{once}");
    }
    assert_eq!(replica.recorder.unaudited(), 0);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_region_that_is_cut_off_is_fenced_before_others_use_its_keys() {
    let document = shipped::run("cut-off-region", &["replications=2"]);
    shipped::keeps_its_promise("cut-off-region", &document);
    let figures = document.emergency.figures.as_ref().unwrap();
    assert_eq!((figures.began.value, figures.leases_lost.value), (Some(1.0), Some(2.0)));
    assert_eq!(document.loads["identify"].requests.failed, 0, "what nobody else has goes on");
    // Frankfurt's own callers are refused all the while: 4 a second for three hours, in each replication.
    let fenced = reason(&document, "pay", "fenced");
    assert!((2 * 40_000..2 * 44_000).contains(&fenced), "{fenced}");
    // London's are served again a while after the cut.
    let gb = &document.regions["gb"].requests;
    assert!(gb.failed > 0 && gb.failed < gb.offered / 10, "{gb:?}");
    // Somewhere else they would not have been, and Frankfurt would not have noticed.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/cut-off-region.toml");
    let text = fs::read_to_string(&path).unwrap().replace("\n[emergency]\n", "\n");
    let scenario = crate::fleet::parse(&text.replace("run = \"7 h\"", "run = \"7 h\"\nreplications = 1"));
    let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
    let runs = simulate(&Blueprint::new(Arc::clone(&scenario)), options).unwrap();
    let without = keyfleet::results::document(&scenario, &runs);
    assert_eq!(without.regions["de"].requests.failed, 0);
    assert!(without.regions["gb"].requests.failed > 2 * 10_000, "{:?}", without.regions["gb"].requests);
    assert!(without.emergency.figures.is_none());
}
