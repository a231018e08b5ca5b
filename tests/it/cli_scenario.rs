//! The program's verbs on scenarios: exit codes, streams, speed, and that nothing is written.
#![allow(clippy::disallowed_methods, reason = "a refusal must be quick, which only a clock can tell")]

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn keyfleet(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfleet"));
    let output = command.args(args).env_remove("NO_COLOR").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn invalid_scenarios_end_with_3_under_a_second_and_write_nothing() {
    let names = || {
        let mut names: Vec<_> = fs::read_dir("scenarios/invalid").unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    };
    let before = names();
    for path in before.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")) {
        let begun = Instant::now();
        let (code, out, err) = keyfleet(&["check", path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (3, ""), "{}: {err}", path.display());
        assert!(
            err.contains("error[") && err.contains(path.file_stem().unwrap().to_str().unwrap())
                || err.contains("parts/"),
            "{err}"
        );
        assert!(begun.elapsed() < Duration::from_secs(1), "{}", path.display());
        assert_eq!(fs::read_to_string(path.with_extension("expected")).unwrap(), err);
    }
    assert_eq!(before, names());
}

#[test]
fn a_hundred_megabytes_of_nonsense_are_refused_at_once() {
    let folder = folder("nonsense");
    let (huge, long) = (folder.join("huge.toml"), folder.join("long.toml"));
    fs::write(&huge, b"[[[nonsense = \n".repeat(7_000_000)).unwrap();
    fs::write(&long, b"x".repeat(4 << 20)).unwrap();
    // What is not there to be read is no scenario that could be wrong.
    for (path, expected) in [(huge, 3), (long, 3), (folder.join("absent.toml"), 1), (folder.clone(), 1)] {
        let begun = Instant::now();
        let (code, out, err) = keyfleet(&["check", path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (expected, ""), "{err}");
        assert!(err.len() < 2_000, "{} bytes of message", err.len());
        assert!(begun.elapsed() < Duration::from_secs(1), "{}: {:?}", path.display(), begun.elapsed());
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn check_says_ok_on_stdout_and_applies_settings() {
    let (code, out, err) = keyfleet(&["check", "scenarios/first.toml", "scenarios/payments-global.toml"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 2);
    assert!(out.starts_with("scenarios/first.toml: ok (2 regions, 4 sites"), "{out}");
    let (code, out, err) = keyfleet(&["check", "scenarios/first.toml", "--set", "region.eu.sites=0"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("--set"), "{err}");
    let (code, out, _) = keyfleet(&["check", "-q", "scenarios/first.toml", "scenarios/invalid/empty.toml"]);
    assert_eq!((code, out.as_str()), (3, ""));
}

#[test]
fn colour_is_asked_for_or_refused() {
    let file = "scenarios/invalid/syntax.toml";
    assert!(!keyfleet(&["check", file]).2.contains('\u{1b}'), "no colour without a terminal");
    assert!(keyfleet(&["check", file, "--color", "always"]).2.contains('\u{1b}'));
    assert!(!keyfleet(&["check", file, "--color", "never"]).2.contains('\u{1b}'));
}

#[test]
fn show_prints_a_scenario_that_can_be_read_again() {
    let (code, out, err) = keyfleet(&["show", "scenarios/first.toml", "--seed", "7"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("seed = 7") && out.contains("# --set seed=7") && out.contains("# default"), "{out}");
    let file = folder("show").join("again.toml");
    fs::write(&file, &out).unwrap();
    assert_eq!(keyfleet(&["check", file.to_str().unwrap()]).0, 0);
    let (code, out, _) = keyfleet(&["show", "scenarios/payments-global.toml", "--topology"]);
    assert_eq!(code, 0);
    for part in ["Sites", "Round trips between regions", "Keys and shards", "Capacity against mean demand", "uk.c"] {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    assert!(!out.contains("in the fleet"), "no site joins or leaves: {out}");
    let out = keyfleet(&["show", "scenarios/site-replaced.toml", "--topology"]).1;
    for (site, stays) in [("de.a", "until 2 h"), ("de.b", "always"), ("de.c", "from 30 min")] {
        let row = out.lines().find(|line| line.trim_start().starts_with(site)).unwrap();
        assert!(out.contains("in the fleet\n") && row.ends_with(stays), "{out}");
    }
}

#[test]
fn the_written_scenario_gives_the_same_run() {
    let folder = folder("again");
    fs::create_dir(folder.join("data")).unwrap();
    let rows: String = (0..60).map(|i| format!("{},{}\n", 1_803_859_200 + i * 60, 600 + 10 * (i % 7))).collect();
    fs::write(folder.join("data/eu.csv"), format!("ts,y\n{rows}")).unwrap();
    let text = r#"
format = 1
run = "3 min"
replications = 2
region.eu = { at = "Frankfurt", device = "cloudhsm-hsm2m" }
key.card = { count = 10, algorithm = "rsa-2048" }
load.pay = { history = { eu = "./data/../data/eu.csv" }, calls = ["sign"], key = "card" }
"#;
    let file = folder.join("fleet.toml");
    fs::write(&file, text).unwrap();
    let run = |file: &Path, more: &[&str], out: &Path| {
        let args = [&["run", "-q", file.to_str().unwrap(), "--out", out.to_str().unwrap()], more].concat();
        let (code, _, err) = keyfleet(&args);
        assert_eq!(code, 0, "{err}");
        fs::read_to_string(out.join("results.json")).unwrap()
    };
    let (first, second) = (folder.join("first"), folder.join("second"));
    let set = run(&file, &["--set", "region.eu.hsms=3", "--seed", "7"], &first);
    // What the report says must do where nothing but the results is left.
    fs::remove_dir_all(folder.join("data")).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(fs::read_to_string(first.join("report.html")).unwrap().contains("keyfleet run scenario.toml"));
    // Digests and all; but that a value was a default is no longer known where it is written out.
    let measured = |results: &str| {
        let mut document: serde_json::Value = serde_json::from_str(results).unwrap();
        let provenance = document.as_object_mut().unwrap().remove("provenance");
        assert!(provenance.is_some_and(|list| list.as_array().is_some_and(|list| !list.is_empty())));
        document
    };
    let again = run(&first.join("scenario.toml"), &[], &second);
    assert!(measured(&set) == measured(&again), "the written scenario gives other results");
    assert!(set.contains("\"hsms\": 3") && set.contains("\"seed\": 7"));
    assert!(second.join("data/eu.csv").is_file());
}

#[test]
fn init_writes_a_scenario_once() {
    let file = folder("init").join("new.toml");
    let name = file.to_str().unwrap();
    assert_eq!(keyfleet(&["init", name]).0, 0);
    assert_eq!(keyfleet(&["check", name]).0, 0);
    let text = fs::read_to_string(&file).unwrap();
    let (code, _, err) = keyfleet(&["init", "--template", "payments-global", name]);
    assert!(code == 1 && err.contains("exists"), "{err}");
    assert_eq!(text, fs::read_to_string(&file).unwrap());
    for (template, beside) in [("rotation-storm", "rotation-year.toml"), ("keys-on-file", "keys-on-file.csv")] {
        let folder = folder(&format!("init-{template}"));
        let file = folder.join("mine.toml");
        assert_eq!(keyfleet(&["init", "--template", template, file.to_str().unwrap()]).0, 0);
        assert_eq!(keyfleet(&["check", file.to_str().unwrap()]).0, 0, "{beside} is there, too");
        // What is beside it already is as good, unless it is something else.
        let other = folder.join("other.toml");
        assert_eq!(keyfleet(&["init", "--template", template, other.to_str().unwrap()]).0, 0);
        fs::write(folder.join(beside), "mine").unwrap();
        let third = folder.join("third.toml");
        let (code, _, err) = keyfleet(&["init", "--template", template, third.to_str().unwrap()]);
        assert!(code == 1 && err.contains(beside) && !third.exists(), "{err}");
        assert_eq!(fs::read_to_string(folder.join(beside)).unwrap(), "mine");
    }
    let list = keyfleet(&["init", "--list"]).1;
    let mut offered: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    offered.sort_unstable();
    let shipped = fs::read_dir("scenarios").unwrap().map(|entry| entry.unwrap().path());
    let shipped = shipped.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut shipped: Vec<String> = shipped.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    shipped.sort_unstable();
    assert_eq!(offered, shipped);
    assert_eq!(keyfleet(&["init", "--template", "none", "x.toml"]).0, 2);
    assert!(!Path::new("x.toml").exists());
}

#[test]
fn a_file_that_cannot_be_read_ends_with_1_for_every_verb() {
    for verb in ["check", "show", "run"] {
        let (code, out, err) = keyfleet(&[verb, "no-such-file.toml"]);
        assert!(code == 1 && out.is_empty() && err.contains("no such file"), "{verb}: {code} {err}");
    }
    let (code, out, _) =
        keyfleet(&["check", "no-such-file.toml", "scenarios/invalid/empty.toml", "scenarios/first.toml"]);
    assert!(code == 1 && out.contains("first.toml: ok"), "{code} {out}");
    assert!(keyfleet(&["explain", "exit-codes"]).1.contains("  1  internal error, or a file could not be read"));
}

#[test]
fn a_quiet_run_says_nothing_but_what_fails() {
    let folder = folder("quiet");
    let out = folder.join("out");
    let run = |extra: &[&str]| {
        let mut args = vec!["run", "-q", "scenarios/first.toml", "--out", out.to_str().unwrap()];
        args.extend(["--set", "replications=1", "--set", "run=12 min"].iter().chain(extra));
        keyfleet(&args)
    };
    let passing = ["--set", "survive=[]", "--set", "objective.back={ when = \"run\" }"];
    assert_eq!(run(&passing), (0, String::new(), String::new()));
    assert!(out.join("report.html").is_file() && out.join("results.json").is_file());
    let failing: Vec<&str> =
        passing.iter().copied().chain(["--set", "objective.fast.expect=p99(pay) < 1 ms"]).collect();
    let (code, said, err) = run(&failing);
    assert_eq!((code, err.as_str(), said.lines().count()), (99, "", 1));
    assert!(said.contains("first: fast: p99(pay) < 1 ms: "), "{said}");
}

#[test]
fn explain_lists_what_there_is_and_knows_each_word() {
    let (code, overview, _) = keyfleet(&["explain"]);
    assert_eq!(code, 0);
    for topic in [
        "keys",
        "devices",
        "places",
        "shapes",
        "metrics",
        "algorithms",
        "calls",
        "groups",
        "reasons",
        "codes",
        "records",
        "terms",
        "exit-codes",
    ] {
        assert!(overview.contains(&format!("\n  {topic} ")), "{topic} is missing in {overview}");
        let (code, list, _) = keyfleet(&["explain", topic]);
        assert!(code == 0 && list.lines().count() >= 5, "{topic}: {list}");
        assert!(list.lines().all(|line| line.trim().split_once("  ").is_some()), "{topic}: {list}");
    }
    for (word, said) in [
        ("luna-a790", "published: github.com/MicrosoftDocs"),
        ("aws:us-east-1", "America/New_York"),
        ("payments", "retail opening hours"),
        ("p99", "99 % quantile"),
        ("rsa-2048", "modulus of 2,048 bits"),
        ("translate-pin", "payshield-10k"),
        ("EU", "DE"),
        ("no-host", "partner_copies"),
        ("budget-exhausted", "retry.budget"),
        ("queue-full", "queue"),
        ("undecided", "neither answered nor given up"),
        ("not-timed", "does not time"),
        ("timeout", "load.NAME.timeout"),
    ] {
        let (code, text, err) = keyfleet(&["explain", word]);
        assert!(code == 0 && text.contains(said), "{word}: {text}{err}");
    }
}

#[test]
fn explain_schema_and_usage() {
    assert!(keyfleet(&["explain", "exit-codes"]).1.contains(" 99  an objective failed"));
    assert!(keyfleet(&["explain", "3"]).1.contains("scenario invalid"));
    assert!(keyfleet(&["explain", "region.eu.hsms"]).1.contains("Default: 2"));
    assert_eq!(keyfleet(&["explain", "nosuchword"]).0, 2);
    let schema: serde_json::Value = serde_json::from_str(&keyfleet(&["schema"]).1).unwrap();
    assert_eq!(schema["title"], "keyfleet scenario");
    assert_eq!(keyfleet(&["chekc"]).0, 2);
    assert_eq!(keyfleet(&[]).0, 2);
    let (code, out, _) = keyfleet(&["--help"]);
    assert!(code == 0 && out.starts_with("Examples:"), "{out}");
}
