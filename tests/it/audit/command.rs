//! `keyfleet run` writes a log, `keyfleet audit` reads it: exit codes, streams, filters, proofs, seals.

use super::folder;
use keyfleet::audit::{Hash, leaf_hash, verify_inclusion};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SCENARIO: &str = r#"format = 1
run = "10 min"
warm_up = "0 s"
replications = 1
region.eu = { at = "Frankfurt", device = "cloudhsm-hsm2m", sites = 2 }
key.card = { count = 50, algorithm = "rsa-2048" }
load.pay = { from = { eu = "20/s" }, calls = ["sign"], key = "card", timeout = "600 ms" }
fault.dark = { on = "region.eu.site.a", kind = "crash", at = "5 min", for = "2 min" }
"#;

pub(super) fn keyfleet(args: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyfleet")).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// The scenario, run into `out` below the folder; what else the command line says.
fn ran(folder: &Path, more: &[&str]) -> String {
    let file = folder.join("small.toml");
    fs::write(&file, SCENARIO).unwrap();
    let out = folder.join("out").to_str().unwrap().to_owned();
    let (code, _, err) = keyfleet(&[&["run", file.to_str().unwrap(), "--out", &out, "--quiet"], more].concat());
    assert_eq!(code, 0, "{err}");
    out
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_run_writes_a_log_that_verifies_and_says_that_it_is_simulated() {
    let folder = folder("run");
    let out = ran(&folder, &[]);
    let log = Path::new(&out).join("audit");
    for file in ["README", "checkpoint", "public-key", "segment/000000.jsonl"] {
        assert_eq!(mode(&log.join(file)), 0o600, "{file}");
    }
    assert!(fs::read_to_string(log.join("README")).unwrap().contains("no evidence about production"));
    let checkpoint = fs::read_to_string(log.join("checkpoint")).unwrap();
    assert!(checkpoint.starts_with("keyfleet/simulated/small/"));
    let kept = folder.join("kept");
    fs::write(&kept, &checkpoint).unwrap();
    let kept = kept.to_str().unwrap();
    let (code, text, _) = keyfleet(&["audit", "verify", &out]);
    assert!(code == 0 && text.contains("not known: whether records were cut from the end"), "{text}");
    let (code, text, _) = keyfleet(&["audit", "verify", log.to_str().unwrap(), "--checkpoint", kept]);
    assert!(code == 0 && !text.contains("not known"), "{text}");
    // A digit of record 9: it is still a record.
    let path = log.join("segment/000000.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let line = whole.lines().nth(9).unwrap();
    fs::write(&path, whole.replace(line, &line.replace("\"refused\":0", "\"refused\":1"))).unwrap();
    let (code, text, _) = keyfleet(&["audit", "verify", &out, "--checkpoint", kept, "--format", "json"]);
    let verdict: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, verdict["first_bad"].as_u64(), verdict["verifies"].as_bool()), (96, Some(9), Some(false)));
    let (code, text, _) = keyfleet(&["audit", "verify", &out]);
    assert!(code == 96 && text.contains("record 9: it is not the record that was logged"), "{text}");
    let (code, out_text, err) = keyfleet(&["audit", "prove", &out, "--record", "9"]);
    assert!(code == 96 && out_text.is_empty() && err.contains("record 9"), "{err}");
    assert!(keyfleet(&["explain", "96"]).1.contains("does not verify"));
}

/// Nothing is wrong with the records, and nothing says that they are right.
#[test]
fn a_log_whose_checkpoint_is_gone_is_vouched_for_by_one_kept_elsewhere_only() {
    let folder = folder("bare");
    let out = ran(&folder, &[]);
    let kept = folder.join("kept");
    fs::rename(Path::new(&out).join("audit/checkpoint"), &kept).unwrap();
    let (code, text, _) = keyfleet(&["audit", "verify", &out]);
    assert_eq!(code, 96, "{text}");
    assert!(text.contains("no checkpoint that says so") && !text.contains('\u{2713}'), "{text}");
    assert!(text.contains("not known: whether these are the records that were logged"), "{text}");
    let (code, text, _) = keyfleet(&["audit", "verify", &out, "--format", "json"]);
    let verdict: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, verdict["verifies"].as_bool(), verdict["checkpoint"].as_str()),
        (96, Some(false), Some("nothing"))
    );
    assert_eq!((verdict["proven"].as_u64(), verdict["not_known"].as_array().unwrap().len()), (Some(0), 1));
    let (code, text, _) = keyfleet(&["audit", "verify", &out, "--checkpoint", kept.to_str().unwrap()]);
    assert!(code == 0 && text.contains("not known: whether more than"), "{text}");
    fs::remove_file(Path::new(&out).join("audit/public-key")).unwrap();
    assert_eq!(keyfleet(&["audit", "verify", &out]).0, 96);
}

#[test]
fn records_are_shown_by_kind_site_key_and_time() {
    let folder = folder("show");
    let out = ran(&folder, &[]);
    let shown = |more: &[&str]| {
        let (code, text, err) = keyfleet(&[&["audit", "show", out.as_str()], more].concat());
        assert_eq!(code, 0, "{err}");
        text
    };
    assert!(shown(&["--kind", "struck"]).ends_with("struck        fault dark\n"));
    assert_eq!(shown(&["--kind", "struck", "--kind", "mended"]).lines().count(), 2);
    let everything = shown(&[]).lines().count();
    assert!(shown(&["--site", "eu"]).lines().count() < everything);
    assert_eq!(shown(&["--site", "eu.a", "--kind", "provisioned"]).lines().count(), 1);
    assert_eq!(shown(&["--site", "e"]), "");
    assert_eq!(shown(&["--key", "card"]), "", "nothing rotates");
    let routed = |more: &[&str]| shown(&[&["--kind", "routed"], more].concat()).lines().count();
    assert!(routed(&["--origin", "eu"]) > 0 && routed(&["--origin", "e"]) == 0);
    assert_eq!(shown(&["--tenant", "bank"]), "", "there are no tenants");
    let minutes = shown(&["--from", "5 min", "--to", "7 min", "--format", "json"]);
    let start = keyfleet(&["audit", "show", &out, "--kind", "opened", "--format", "json"]).1;
    let start: serde_json::Value = serde_json::from_str(&start).unwrap();
    let date = start["start"].as_str().unwrap().replace(":00:00Z", ":05:00Z");
    assert_eq!(shown(&["--from", &date, "--to", "7 min", "--format", "json"]), minutes);
    for line in minutes.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!((300_000_000_000..420_000_000_000).contains(&record["ns"].as_u64().unwrap()));
    }
    for wrong in [&["--kind", "seeled"][..], &["--from", "noon"], &["--unseal", "/nowhere"]] {
        let (code, text, err) = keyfleet(&[&["audit", "show", out.as_str()], wrong].concat());
        assert!([1, 2].contains(&code) && text.is_empty() && err.len() > 20, "{wrong:?}: {err}");
    }
    assert_eq!(keyfleet(&["audit", "show", folder.to_str().unwrap()]).0, 1, "there is no log");
    // What somebody wrote into a log is shown, not obeyed.
    let path = Path::new(&out).join("audit/segment/000000.jsonl");
    let escaped = fs::read_to_string(&path).unwrap().replacen("\"fault\":\"dark\"", "\"fault\":\"\\u001b[2J\"", 1);
    fs::write(&path, escaped).unwrap();
    assert!(shown(&["--kind", "struck"]).ends_with("fault \u{fffd}[2J\n"));
}

#[test]
fn proofs_can_be_checked_by_who_has_the_checkpoint_alone() {
    let folder = folder("prove");
    let out = ran(&folder, &[]);
    let (code, text, err) = keyfleet(&["audit", "prove", &out, "--record", "12", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let proof: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hash = |value: &serde_json::Value| -> Hash {
        let text = value.as_str().unwrap();
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    };
    let path: Vec<Hash> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
    let leaf = leaf_hash(proof["line"].as_str().unwrap().as_bytes());
    let size = proof["size"].as_u64().unwrap();
    assert!(verify_inclusion(&leaf, 12, size, &path, &hash(&proof["root"])));
    let document: serde_json::Value =
        serde_json::from_slice(&fs::read(Path::new(&out).join("results.json")).unwrap()).unwrap();
    assert_eq!(
        (document["audit"]["root"].as_str(), document["audit"]["records"].as_u64()),
        (proof["root"].as_str(), Some(size))
    );
    let (code, text, _) = keyfleet(&["audit", "prove", &out, "--from-size", "5"]);
    assert!(code == 0 && text.contains("the log of 5 records is the beginning"), "{text}");
    assert_eq!(keyfleet(&["audit", "prove", &out, "--record", "1000000"]).0, 2);
    assert_eq!(keyfleet(&["audit", "prove", &out, "--from-size", "1000000"]).0, 2);
    assert_eq!(keyfleet(&["audit", "prove", &out]).0, 2);
}

#[test]
fn a_sealed_log_is_read_with_its_key_only() {
    let folder = folder("seal");
    let key = folder.join("key");
    fs::write(&key, "5".repeat(64) + "\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let name = key.to_str().unwrap().to_owned();
    let out = ran(&folder, &["--seal", &name]);
    assert!(Path::new(&out).join("audit/segment/000000.sealed").exists());
    let sealed = ["audit", "verify", out.as_str()];
    let (code, _, err) = keyfleet(&sealed);
    assert!(code == 2 && err.contains("--unseal"), "{err}");
    let unsealed = |verb: &str, from: &str, more: &[&str]| {
        keyfleet(&[&["audit", verb, out.as_str(), "--unseal", from], more].concat())
    };
    let (code, text, err) = unsealed("verify", &name, &[]);
    assert!(code == 0, "{text}{err}");
    assert!(unsealed("show", &name, &["--kind", "struck"]).1.contains("fault dark"));
    assert_eq!(unsealed("prove", &name, &["--record", "7"]).0, 0);
    let shell = format!("exec {} audit verify {out} --unseal fd:3 3<{name}", env!("CARGO_BIN_EXE_keyfleet"));
    assert!(assert_cmd::Command::new("sh").args(["-c", &shell]).output().unwrap().status.success());
    let file = folder.join("small.toml");
    let nowhere = ["run", file.to_str().unwrap(), "--format", "json", "--seal", &name];
    assert_eq!(keyfleet(&nowhere).0, 2, "nothing is written that could be sealed");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let (code, _, err) = unsealed("verify", &name, &[]);
    assert!(code == 1 && err.contains("chmod 600"), "{err}");
    let other = folder.join("other");
    fs::write(&other, "6".repeat(64)).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(unsealed("verify", other.to_str().unwrap(), &[]).0, 96);
    let (code, text, _) = unsealed("show", other.to_str().unwrap(), &[]);
    assert_eq!((code, text.as_str()), (96, ""));
}
