//! The same scenario and seed give the same bytes on every run, machine and number of threads; a world is a value.

use crate::fleet::{Steps, Whole, parse, s};
use assert_cmd::Command;
use keyfleet::engine::Digest;
use keyfleet::time::Span;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Something of everything: jitter, loss, bursts, random and scripted faults, rotation, retries, users, survive cases.
const MIXED: &str = r#"
format = 1
run = "4 min"
warm_up = "20 s"
replications = 3
survive = { what = ["site"], lasts = "20 s" }
network = { jitter = 0.1, loss = "0.1 %" }
health = { phase = "0 s", interval = "2 s", threshold = 2, timeout = "1 s", propagation = "3 s" }
[region]
eu = { at = "Frankfurt", device = "cloudhsm-hsm2m", sites = 2 }
us = { at = "aws:us-east-1", device = "cloudhsm-hsm1", sites = 1 }
[key.card]
count = { eu = 300, us = 200 }
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
rotate = { every = "20 min", keep = "20 min" }
popularity = "zipf 0.9"
[load.pay]
from = { eu = "90/s", us = "60/s" }
calls = ["decrypt", "sign"]
key = "card"
timeout = "600 ms"
arrivals = "bursty 4"
[fault]
gray = { on = "region.eu.site.b", kind = "slow", factor = 8, at = "1 min", for = "40 s" }
dark = { on = "region.eu.site.a", kind = "crash", at = "2 min", for = "30 s" }
flaky = { on = "region.us.site.a.device.1", kind = "crash", mtbf = "40 s", mttr = "5 s" }
lossy = { on = "link.eu-us", kind = "loss", share = "5 %", at = "90 s", for = "60 s" }
[objective]
fast = "p99(pay) < 60 ms"
there = { expect = "availability > 99 %", when = "any" }
"#;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("determinism-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the program on the mixed scenario and gives all files that it wrote, but the one that tells of this very run.
fn written(name: &str, arguments: &[&str], tunables: Option<&str>) -> BTreeMap<String, Vec<u8>> {
    let folder = folder(name);
    let file = folder.join("mixed.toml");
    fs::write(&file, MIXED).unwrap();
    let out = folder.join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfleet"));
    command.arg("run").arg(&file).arg("--out").arg(&out).args(["--exit-zero", "--quiet"]).args(arguments);
    if let Some(tunables) = tunables {
        command.env("GLIBC_TUNABLES", tunables);
    }
    command.assert().success();
    let mut files = BTreeMap::new();
    let mut folders = vec![out.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&out).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    assert!(files.remove("run-info.json").is_some());
    files
}

fn digest(files: &BTreeMap<String, Vec<u8>>) -> String {
    let document: serde_json::Value = serde_json::from_slice(&files["results.json"]).unwrap();
    document["trace_digest"].as_str().unwrap().to_owned()
}

#[test]
fn every_file_has_the_same_bytes_whatever_the_threads_and_the_processor() {
    let first = written("first", &["--jobs", "1"], None);
    for needed in ["results.json", "scenario.toml", "report.html", "replications.parquet"] {
        assert!(first.contains_key(needed), "{needed} is missing: {:?}", first.keys());
    }
    for ending in [".svg", ".png", ".parquet"] {
        assert!(first.keys().filter(|name| name.ends_with(ending)).count() >= 2, "no {ending}: {:?}", first.keys());
    }
    let others = [
        ("again", "1", None),
        ("two-threads", "2", None),
        // Without these, the C library's exp, log and sin are other code with other last bits.
        ("old-processor", "2", Some("glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable")),
    ];
    for (name, jobs, tunables) in others {
        let other = written(name, &["--jobs", jobs], tunables);
        assert_eq!(first.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{name}");
        for (file, bytes) in &first {
            assert!(*bytes == other[file], "{file} differs: {name}");
        }
    }
    let seeded = written("seeded", &["--jobs", "2", "--seed", "2"], None);
    assert_ne!(digest(&first), digest(&seeded), "another seed is another run");
}

/// Runs the rest and gives the digest.
fn rest(mut steps: Steps) -> Digest {
    steps.to(s(240.0));
    let (recorder, digest) = steps.world.end(&mut steps.queue);
    assert!(recorder.offered > 30_000 && recorder.keys.activated > 20, "{}", recorder.keys.activated);
    digest
}

#[test]
fn a_world_copied_in_the_middle_goes_on_like_the_original() {
    let whole = rest(Steps::new(MIXED, true));
    for at in [0.0, 65.0, 120.0, 133.337, 239.0] {
        let mut steps = Steps::new(MIXED, true);
        steps.to(s(at));
        let copy = Steps { scenario: steps.scenario.clone(), world: steps.world.clone(), queue: steps.queue.clone() };
        assert_eq!(rest(copy), whole, "the copy made at {at} s");
        assert_eq!(rest(steps), whole, "the original copied at {at} s");
    }
}

#[test]
fn answers_given_ahead_of_their_time_change_nothing() {
    let (ahead, stepwise) = (rest(Steps::new(MIXED, true)), rest(Steps::new(MIXED, false)));
    assert_eq!(ahead.first_difference(&stepwise), None);
    assert_eq!(ahead, stepwise);
}

#[test]
fn another_seed_or_replication_is_another_run() {
    let digest = |text: &str| {
        Whole::of(&text.replace("survive", "# survive")).runs.main.iter().map(|r| r.digest.value()).collect::<Vec<_>>()
    };
    let (one, two) = (digest(MIXED), digest(&MIXED.replacen("run =", "seed = 2\nrun =", 1)));
    assert_eq!(one, digest(MIXED));
    let mut all = [one, two].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[test]
fn a_new_region_shifts_nobodys_luck() {
    let faultless = MIXED.split("[fault]").next().unwrap().replace("survive", "# survive");
    let more =
        faultless.replacen("[region]", "[region]\njp = { at = \"Tokyo\", device = \"cloudhsm-hsm2m\", sites = 1 }", 1);
    let more =
        more.replacen("us = 200", "us = 200, jp = 100", 1).replacen("us = \"60/s\"", "us = \"60/s\", jp = \"50/s\"", 1);
    let (few, many) = (Whole::of(&faultless), Whole::of(&more));
    // Regions are in order of id: eu, jp, us.
    for (region, moved) in [(0, 0), (1, 2)] {
        for (a, b) in few.replica().recorder.closed.iter().zip(&many.replica().recorder.closed) {
            assert_eq!(a[region].offered, b[moved].offered);
        }
    }
    assert_eq!(parse(&more).regions[1].id, "jp");
    assert!(many.replica().recorder.frame.slot >= Span::from_secs(1));
}
