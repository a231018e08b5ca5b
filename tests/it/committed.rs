//! The committed example and the README are what the program prints today. `KEYFLEET_BLESS=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

const BLESS: &str = "KEYFLEET_BLESS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `scenarios/first.toml` into a folder of the test's own; gives what it printed, without the lines about speed.
fn run_first(out: &Path) -> String {
    let output = assert_cmd::Command::cargo_bin("keyfleet")
        .unwrap()
        .current_dir(root())
        .args(["run", "scenarios/first.toml", "--out"])
        .arg(out)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // Where the README's command puts it.
    let text = text.replace(&out.display().to_string(), "out/first");
    text.split_inclusive('\n').take_while(|line| !line.contains(" events, ")).collect()
}

/// Files of a folder by name, those that vary by nature left out.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner)).unwrap().map(Result::unwrap) {
            let name = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(name);
            } else if name != Path::new("run-info.json") {
                found.push((name.clone(), fs::read(folder.join(&name)).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_example_report_and_the_readme_are_up_to_date() {
    let scratch = std::env::temp_dir().join(format!("keyfleet-committed-{}", std::process::id()));
    let printed = run_first(&scratch);
    let made = files(&scratch);
    fs::remove_dir_all(&scratch).unwrap();
    let example = root().join("reports/first");
    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme).unwrap();
    let (before, rest) = text.split_once("```text\n").expect("the README shows what is printed");
    let (shown, after) = rest.split_once("```\n").expect("the block ends");
    let scenario = fs::read_to_string(root().join("scenarios/first.toml")).unwrap();
    if std::env::var_os(BLESS).is_some() {
        for (name, bytes) in &made {
            fs::create_dir_all(example.join(name).parent().unwrap()).unwrap();
            fs::write(example.join(name), bytes).unwrap();
        }
        fs::write(&readme, format!("{before}```text\n{printed}```\n{after}")).unwrap();
        return;
    }
    assert_eq!(shown, printed, "README.md shows something else than is printed; see {BLESS}");
    assert!(text.contains(scenario.split_once('\n').unwrap().1), "README.md shows another scenario than first.toml");
    let committed = files(&example);
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&made));
    for ((name, old), (_, new)) in committed.iter().zip(&made) {
        assert!(old == new, "reports/first/{} is out of date; see {BLESS}", name.display());
    }
}
