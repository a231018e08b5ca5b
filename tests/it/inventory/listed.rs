//! Classes whose keys a file lists: their ages lead to their due dates, the order of lines and the names of keys to nothing.

use keyfleet::inventory::{Home, Inventory};
use keyfleet::kms::{ClassId, KeyRef, RegionId};
use keyfleet::scenario::{self, Loaded};
use keyfleet::simulate::{self, Options};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const DAY: u64 = 86_400;

const FLEET: &str = r#"
format = 1
start = 2027-03-01
run = "10 d"
warm_up = "1 h"
replications = 1
[region]
eu = { at = "Frankfurt", device = "cloudhsm-hsm2m", sites = 2 }
us = { at = "aws:us-east-1", device = "cloudhsm-hsm2m", sites = 2 }
[key.issuer]
inventory = "parts/keys.csv"
algorithm = "ec-p256"
rotate = { every = "365 d", keep = "30 d" }
[load.pay]
from = { eu = "0.01/s", us = "0.01/s" }
calls = ["sign"]
key = "issuer"
"#;

/// Due on 2027-03-04, on 2027-03-11 at noon, after the run, and overdue by two months.
const KEYS: &str = "id,region,created,tenant\n\
                    k4,us,2026-01-01,south\n\
                    k1,eu,2026-03-04,north\n\
                    k3,us,2026-09-01,north\n\
                    k2,eu,2026-03-11T12:00:00Z,west\n";

fn folder(name: &str, fleet: &str, keys: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inventory-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("parts")).unwrap();
    fs::write(folder.join("fleet.toml"), fleet).unwrap();
    fs::write(folder.join("parts/keys.csv"), keys).unwrap();
    folder
}

fn load(name: &str, fleet: &str, keys: &str) -> Loaded {
    let folder = folder(name, fleet, keys);
    let loaded = scenario::load(&folder.join("fleet.toml"), &[]).unwrap_or_else(|d| panic!("{}", d.render(false)));
    fs::remove_dir_all(folder).unwrap();
    loaded
}

fn refused(name: &str, fleet: &str, keys: &str) -> String {
    let folder = folder(name, fleet, keys);
    let refused =
        scenario::load(&folder.join("fleet.toml"), &[]).expect_err("something is wrong with it").render(false);
    fs::remove_dir_all(folder).unwrap();
    refused
}

fn blueprint(loaded: Loaded) -> Blueprint {
    Blueprint::new(Arc::new(loaded.scenario))
}

/// When a key falls due, and when its versions were made, in days since the start.
fn days(blueprint: &Blueprint, number: u32) -> (f64, Vec<f64>) {
    let catalog = blueprint.catalog();
    let calendar = blueprint.calendar(0, Time::ZERO, Time(10 * DAY * 1_000_000_000));
    let key = KeyRef { class: ClassId(0), number };
    let due = calendar.first_due(key, catalog.classes[0].rotate.unwrap(), catalog);
    let births =
        calendar.history(key, catalog).into_iter().map(|(_, born)| born.unwrap() as f64 / (DAY * 1_000_000_000) as f64);
    (due.as_secs_f64() / DAY as f64, births.collect())
}

#[test]
fn the_age_of_each_key_says_when_it_falls_due() {
    let loaded = load("due", FLEET, KEYS);
    let warnings = loaded.warnings.render(false);
    assert!(
        warnings.contains("1 key is older than the cryptoperiod (365 d) and due when the run begins"),
        "{warnings}"
    );
    let class = &loaded.scenario.keys[0];
    assert_eq!((class.counts.as_slice(), class.tenants), (&[2, 2][..], 3));
    let blueprint = blueprint(loaded);
    assert_eq!(blueprint.catalog().classes[0].keys_of(RegionId(1)), 2..4);
    // Of the version before, kept 30 days, there is one where the active one is younger than that.
    assert_eq!(days(&blueprint, 0), (3.0, vec![-362.0]));
    assert_eq!(days(&blueprint, 1), (10.5, vec![-354.5]));
    assert_eq!(days(&blueprint, 2), (184.0, vec![-181.0]));
    assert_eq!(days(&blueprint, 3), (0.0, vec![-424.0]), "overdue: at once, and as old as it is");
    let young = load("young", FLEET, "id,region,created\na,eu,2027-02-19\nb,us,2027-02-19\n");
    let (due, births) = days(&self::blueprint(young), 0);
    assert_eq!((due, births), (355.0, vec![-375.0, -10.0]));
}

#[test]
fn the_table_has_the_figures_of_the_file() {
    let inventory = Inventory::new(&blueprint(load("table", FLEET, KEYS)));
    let class = &inventory.classes[0];
    let figures = |home: &Home| {
        (home.keys, home.versions, home.overdue, home.oldest_s.unwrap() / DAY as f64, home.next_expiry.clone().unwrap())
    };
    assert_eq!(figures(&class.homes[0]), (2, 2, 0, 362.0, "2027-03-04T00:00:00Z".to_owned()));
    assert_eq!(figures(&class.homes[1]), (2, 2, 1, 424.0, "2027-03-01T00:00:00Z".to_owned()));
    assert_eq!(class.tenants, 3);
    assert!(
        class.findings.iter().any(|finding| finding == "1 of its keys is past its cryptoperiod"),
        "{:?}",
        class.findings
    );
}

#[test]
fn keys_that_do_not_rotate_are_as_old_as_the_file_says() {
    let fleet = FLEET.replace("rotate = { every = \"365 d\", keep = \"30 d\" }\n", "");
    let loaded = load("still", &fleet, KEYS);
    assert!(loaded.warnings.list.is_empty(), "{}", loaded.warnings.render(false));
    let blueprint = blueprint(loaded);
    let homes = &Inventory::new(&blueprint).classes[0].homes;
    assert_eq!((homes[1].oldest_s, homes[1].next_expiry.as_deref()), (Some(424.0 * DAY as f64), None));
    let key = KeyRef { class: ClassId(0), number: 3 };
    let calendar = blueprint.calendar(0, Time::ZERO, Time(1));
    assert_eq!(calendar.age(Time(DAY * 1_000_000_000), key, blueprint.catalog()), Span::from_secs(425 * DAY));
}

#[test]
fn a_run_rotates_what_falls_due_in_it() {
    let blueprint = blueprint(load("run", FLEET, KEYS));
    let scenario = Arc::clone(blueprint.scenario());
    let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
    let outcome = simulate::simulate(&blueprint, options).unwrap();
    let document = keyfleet::results::document(&scenario, &outcome);
    // The key that was overdue, and the one of 2027-03-04; at noon of the eleventh the run is over.
    assert_eq!(document.rotation.completed.value, Some(2.0));
    let ledger = &document.keys.classes["issuer"];
    assert!((ledger.oldest_s.value.unwrap() / DAY as f64 - 364.5).abs() < 1e-6, "{:?}", ledger.oldest_s);
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

#[test]
fn results_name_no_key_and_no_owner_and_run_again() {
    let keys = KEYS.replace(",north", ",secret-owner").replace("k1,", "secret-key,");
    let folder = folder("results", FLEET, &keys);
    let run = |file: &str, out: &str| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyfleet"));
        let (file, out) = (folder.join(file), folder.join(out));
        let output = command.arg("run").arg(file).arg("--out").arg(out).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("secret"));
    };
    run("fleet.toml", "one");
    let written = files(&folder.join("one"));
    assert!(written.iter().any(|(path, _)| path.ends_with("one/parts/keys.csv")));
    for (path, bytes) in &written {
        assert!(!bytes.windows(6).any(|bytes| bytes == b"secret"), "{}", path.display());
    }
    run("one/scenario.toml", "two");
    let told = |out: &str| {
        let text = fs::read(folder.join(out).join("results.json")).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&text).unwrap();
        [&document["scenario"]["digest"], &document["trace_digest"], &document["keys"]].map(ToString::to_string)
    };
    // What is a default in one is stated in the other: nothing else differs.
    assert_eq!(told("one"), told("two"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn neither_order_nor_names_matter_and_what_is_resolved_is_the_same_scenario() {
    let loaded = load("plain", FLEET, KEYS);
    let first = loaded.scenario;
    assert!(
        first.resolved.contains("inventory = \"parts/keys.csv\"") && !first.resolved.contains("k1"),
        "{}",
        first.resolved
    );
    let mut lines: Vec<&str> = KEYS.lines().collect();
    lines[1..].reverse();
    let turned = load("turned", FLEET, &format!("\u{feff}{}\r\n\r\n", lines.join(" \r\n"))).scenario;
    assert_eq!((&turned.digest, &turned.keys[0].listed), (&first.digest, &first.keys[0].listed));
    let renamed = KEYS.replace('k', "other-").replace("north", "a").replace("south", "b").replace("west", "c");
    assert_eq!(load("renamed", FLEET, &renamed).scenario.digest, first.digest);
    let columns = KEYS.lines().map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        format!("{},{},{},{}\n", fields[3], fields[2], fields[1], fields[0])
    });
    assert_eq!(load("columns", FLEET, &columns.collect::<String>()).scenario.digest, first.digest);
    let listed = first.keys[0].listed.as_ref().unwrap();
    let nameless = listed.nameless(&["eu", "us"]);
    assert!(
        nameless.starts_with("id,region,created,tenant\n00000000,eu,2026-03-04T00:00:00Z,00000000\n"),
        "{nameless}"
    );
    // As it lies beside results: the same scenario, and again the same file.
    let again = load("again", &first.resolved, &nameless).scenario;
    assert_eq!((&again.resolved, &again.digest), (&first.resolved, &first.digest));
    assert_eq!(again.keys[0].listed.as_ref().unwrap().nameless(&["eu", "us"]), nameless);
    let other = load("other", FLEET, &KEYS.replace("2026-09-01", "2026-09-02")).scenario;
    assert_ne!(other.digest, first.digest, "the digest covers what the file says");
}

#[test]
fn callers_without_keys_of_their_own_use_the_nearest() {
    let keys = "id,region,created\na,eu,2026-05-01\n";
    let scenario = load("abroad", FLEET, keys).scenario;
    let homes = scenario.origins.iter().map(|origin| scenario.regions[origin.home.index()].id.as_str());
    assert_eq!(homes.collect::<Vec<_>>(), ["eu", "eu"]);
}

#[test]
fn what_contradicts_the_file_is_refused() {
    for (name, was, is, reason) in [
        ("age", "keep = \"30 d\"", "age = \"5 d\"", "the inventory knows the age of each key"),
        ("tenants", "algorithm", "tenants = 4\nalgorithm", "the inventory names 3 owners"),
        ("count", "algorithm", "count = 4\nalgorithm", "either a `count` or an `inventory`"),
        ("ending", "parts/keys.csv", "parts/keys.toml", "does not end in .csv"),
        ("outside", "parts/keys.csv", "../keys.csv", "lies outside the scenario's folder"),
        ("absent", "parts/keys.csv", "parts/other.csv", "no such file"),
    ] {
        let message = refused(name, &FLEET.replacen(was, is, 1), KEYS);
        assert!(message.contains(reason), "{name}: {message}");
    }
}

#[test]
fn what_is_wrong_with_the_file_has_a_place_and_is_not_quoted() {
    for (name, keys, place, reason) in [
        ("header", "id;region;created\n", "keys.csv:1:1", "must name the columns `id,region,created`"),
        ("twice", "id,region,created,id\n", "keys.csv:1:1", "must name the columns"),
        ("no-line", "id,region,created\n", "keys.csv:2:1", "lists no key"),
        ("fields", "id,region,created\nsecret,eu\n", "keys.csv:2:1", "names 3 columns; this line has 2 fields"),
        ("region", "id,region,created\nsecret,uk,2026-05-01\n", "keys.csv:2:8", "no such region"),
        ("day", "id,region,created\nsecret,eu,2026-02-30\n", "keys.csv:2:11", "not a day"),
        ("old", "id,region,created\nsecret,eu,1850-01-01\n", "keys.csv:2:11", "of the years 1900"),
        ("future", "id,region,created\nsecret,eu,2027-03-01T00:00:01Z\n", "keys.csv:2:11", "after the scenario begins"),
        (
            "double",
            "id,region,created\nsecret,eu,2026-05-01\nsecret,us,2026-05-01\n",
            "keys.csv:3:1",
            "the key of line 2",
        ),
        ("quote", "id,region,created\n\"secret\",eu,2026-05-01\n", "keys.csv:2:1", "a quotation mark"),
        (
            "algorithm",
            "id,region,created,algorithm\nsecret,eu,2026-05-01,rsa-2048\n",
            "keys.csv:2:22",
            "not the algorithm",
        ),
    ] {
        let message = refused(&format!("wrong-{name}"), FLEET, keys);
        assert!(
            message.contains(place) && message.contains(reason) && !message.contains("secret"),
            "{name}: {message}"
        );
        assert_eq!(message.matches("error[").count(), 1, "{message}");
    }
    let many: String = (0..30).map(|i| format!("k{i},nowhere,2026-05-01\n")).collect();
    let message = refused("wrong-many", FLEET, &format!("id,region,created\n{many}"));
    assert!(message.contains("10 more errors from here on"), "{message}");
}
