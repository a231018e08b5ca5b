//! What a run leaves behind: JSON that reads back and fits its schema, tables, and a folder that is whole or not there.

use crate::sample;
use keyfleet::results::json::{self, JsonError};
use keyfleet::results::tables::{self, ReplicationRow};
use keyfleet::results::{Folder, RunDocument};
use polars::prelude::*;
use std::fs;
use std::path::PathBuf;

#[test]
fn json_reads_back_as_the_same_document_and_the_same_bytes() {
    let run = sample::day();
    let bytes = json::write(&run).expect("the sample is finite");
    let back = json::read(&bytes).expect("what was written reads");
    assert_eq!(back, run);
    assert_eq!(json::write(&back).expect("finite"), bytes);
    assert!(bytes.ends_with(b"}\n"));
}

#[test]
fn json_refuses_what_is_not_finite() {
    let mut run = sample::day();
    run.simulated_s = f64::NAN;
    assert!(matches!(json::write(&run), Err(JsonError::NotFinite)));
    let mut run = sample::day();
    run.latency_ms.p99.value = Some(f64::INFINITY);
    assert!(matches!(json::write(&run), Err(JsonError::NotFinite)), "infinity is written as None, on purpose");
}

#[test]
fn json_says_where_a_document_is_wrong() {
    let good = String::from_utf8(json::write(&sample::day()).expect("finite")).expect("JSON is UTF-8");
    let message = |text: String| json::read(text.as_bytes()).expect_err("it is wrong").to_string();
    assert!(message(good.replace("\"seed\": 42", "\"seed\": \"x\"")).contains("scenario.seed"));
    assert!(message(good.replace("keyfleet.run/1", "keyfleet.run/9")).contains("keyfleet.run/9"));
    assert!(message(good.replace("2027-03-01T00:00:00Z", "yesterday")).contains("yesterday"));
}

#[test]
fn every_document_fits_the_published_schema() {
    expect_test::expect_file!["../../schema/keyfleet.run.json"].assert_eq(&json::schema());
    let schema: serde_json::Value = serde_json::from_str(&json::schema()).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let document = |run: &RunDocument| serde_json::from_slice(&json::write(run).expect("finite")).expect("JSON");
    let mut run = sample::day();
    run.speed = Some(keyfleet::results::Speed::default());
    let mut value: serde_json::Value = document(&run);
    assert!(validator.is_valid(&value));
    assert!(validator.is_valid(&document(&sample::run_of(1, 0))));
    value["status"] = "perfect".into();
    assert!(!validator.is_valid(&value), "the schema must be able to refuse");
}

fn rows() -> Vec<ReplicationRow> {
    let row = |replication: u32, metric: &str, subject: &str, value: Option<f64>| ReplicationRow {
        replication,
        metric: metric.to_owned(),
        subject: subject.to_owned(),
        value,
    };
    vec![
        row(0, "availability", "eu", Some(0.999_912_345_678_9)),
        row(1, "availability", "eu", Some(1.0)),
        row(0, "latency_p99_ms", "all", Some(31.5)),
        row(0, "latency_p99_ms", "eu", None),
    ]
}

#[test]
fn replications_read_back_in_a_stated_order() {
    let mut shuffled = rows();
    shuffled.reverse();
    let bytes = tables::replications(&shuffled).expect("plain rows");
    assert_eq!(tables::read_replications(&bytes).expect("own bytes"), rows());
    assert_eq!(bytes, tables::replications(&rows()).expect("plain rows"), "neither order nor repetition shows");
    assert!(tables::read_replications(b"PAR1 no").is_err());
}

#[test]
fn tables_hold_what_the_document_holds_and_repeat_byte_for_byte() {
    let run = sample::day();
    let written = tables::tables(&run).expect("plain columns");
    assert_eq!(written, tables::tables(&run.clone()).expect("plain columns"));
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["timeline.parquet", "sites.parquet", "objectives.parquet", "faults.parquet"]);
    let frame = |i: usize| ParquetReader::new(std::io::Cursor::new(&written[i].1)).finish().expect("own bytes");
    let timeline = frame(0);
    let slots = run.timeline.regions["eu"].p99_ms.len();
    assert_eq!(timeline.height(), 6 * slots);
    let p99 = timeline.column("p99_ms").expect("named").f64().expect("numbers").clone();
    let expected: Vec<Option<f64>> = run.timeline.regions.values().flat_map(|s| s.p99_ms.clone()).collect();
    assert_eq!(p99.iter().collect::<Vec<_>>(), expected);
    assert_eq!(frame(1).height(), run.timeline.sites.len() * slots);
    let status = frame(2).column("status").expect("named").str().expect("words").get(1).map(str::to_owned);
    assert_eq!(status.as_deref(), Some("fail"));
    assert_eq!(frame(3).height(), run.faults.len() + run.survive.len());
    assert!(tables::tables(&sample::run_of(0, 0)).is_ok(), "empty tables are tables too");
}

/// A fresh folder for one test.
fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the build folder is writable");
    path
}

fn folder(content: &[(&str, &str)]) -> Folder {
    let mut folder = Folder::new();
    for (name, text) in content {
        folder.add(*name, text.as_bytes().to_vec());
    }
    folder
}

#[test]
fn a_folder_is_written_and_replaced_whole() {
    let base = scratch("folder-whole");
    let out = base.join("deep/out");
    folder(&[("results.json", "1"), ("figures/map.svg", "a")]).write(&out).expect("a new folder");
    assert_eq!(fs::read_to_string(out.join("figures/map.svg")).expect("written"), "a");
    folder(&[("results.json", "2")]).write(&out).expect("our own folder is replaced");
    assert_eq!(fs::read_to_string(out.join("results.json")).expect("written"), "2");
    assert!(!out.join("figures").exists(), "nothing of the earlier results stays");
    assert_eq!(fs::read_dir(base.join("deep")).expect("there").count(), 1, "no temporary folder stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |p: PathBuf| fs::metadata(p).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(out.join("results.json")), mode(out)), (0o600, 0o700));
    }
}

#[test]
fn what_is_not_ours_is_never_replaced() {
    let base = scratch("folder-foreign");
    fs::write(base.join("thesis.txt"), "years of work").expect("writable");
    let error = folder(&[("results.json", "1")]).write(&base).expect_err("it holds something else");
    assert!(error.to_string().contains("not results of keyfleet"), "{error}");
    assert_eq!(fs::read_to_string(base.join("thesis.txt")).expect("kept"), "years of work");
    assert!(folder(&[("results.json", "1")]).write(&base.join("thesis.txt")).is_err(), "a file is no folder");
    for name in ["../escape", "/etc/passwd", "", "a/../../b"] {
        assert!(folder(&[(name, "1")]).write(&base.join("new")).is_err(), "{name:?} leaves the folder");
    }
    assert!(folder(&[("a", "1"), ("a", "2")]).write(&base.join("new")).is_err(), "one name, two contents");
    assert!(!base.join("new").exists());
}

#[test]
fn an_error_midway_leaves_the_earlier_results_as_they_were() {
    let base = scratch("folder-midway");
    let out = base.join("out");
    folder(&[("results.json", "1")]).write(&out).expect("a new folder");
    // `report` is written as a file, so that the next one cannot be: the disc fails in the middle of the work.
    assert!(folder(&[("results.json", "2"), ("report", "x"), ("report/page", "y")]).write(&out).is_err());
    assert_eq!(fs::read_to_string(out.join("results.json")).expect("kept"), "1");
    assert_eq!(fs::read_dir(&base).expect("there").count(), 1, "nothing half-written stays");
    // Killed while writing, then killed between the two renames.
    fs::create_dir(base.join(".out.new")).expect("writable");
    fs::rename(&out, base.join(".out.old")).expect("writable");
    assert!(folder(&[("report", "x"), ("report/page", "y")]).write(&out).is_err());
    assert_eq!(fs::read_to_string(out.join("results.json")).expect("put back"), "1");
    folder(&[("results.json", "3")]).write(&out).expect("nothing stands in the way");
    assert_eq!(fs::read_to_string(out.join("results.json")).expect("written"), "3");
}
