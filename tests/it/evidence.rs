//! Evidence: objectives by control, the most copies of a key, and a run as Markdown and JUnit, whatever a scenario calls its things.

use crate::fleet::{QUIET, Whole};
use crate::sample;
use assert_cmd::Command;
use keyfleet::report::{junit, markdown};
use keyfleet::results::{RunDocument, Status};
use roxmltree::{Document, Node};
use std::fs;
use std::path::{Path, PathBuf};

/// What could break out of a cell, a line, a link, an attribute or an element, and call somebody by name.
const HOSTILE: &str = "a|b\"'<script>alert(1)</script>]]>&amp;\n# x\r\n- [y](http://evil.example)\u{1b}[2J\u{202e} `z` *b* \\| @all www.x.org";

/// The sample with hostile texts wherever a scenario brings any.
fn hostile() -> RunDocument {
    let mut run = sample::day();
    run.scenario.name = HOSTILE.to_owned();
    run.scenario.description = HOSTILE.to_owned();
    run.scenario.classification = Some(HOSTILE.to_owned());
    run.verdict = HOSTILE.to_owned();
    run.unsettled.push(HOSTILE.to_owned());
    for objective in &mut run.objectives {
        objective.id = format!("{}{HOSTILE}", objective.id);
        objective.expect = HOSTILE.to_owned();
        objective.at = HOSTILE.to_owned();
        objective.control = vec![HOSTILE.to_owned()];
    }
    run.faults[0].id = HOSTILE.to_owned();
    let block = run.controls.values().next().unwrap().clone();
    run.controls = [(HOSTILE.to_owned(), block)].into();
    run
}

fn elements<'a>(node: Node<'a, 'a>, name: &str) -> Vec<Node<'a, 'a>> {
    node.descendants().filter(|node| node.has_tag_name(name)).collect()
}

#[test]
fn junit_has_a_case_for_each_objective_and_its_numbers() {
    let run = sample::day();
    let text = junit(&run, "1.2.3", false);
    let xml = Document::parse(&text).unwrap();
    let suite = elements(xml.root(), "testsuite")[0];
    for (name, value) in
        [("name", run.scenario.name.as_str()), ("tests", "6"), ("failures", "1"), ("skipped", "1"), ("errors", "0")]
    {
        assert_eq!(suite.attribute(name), Some(value), "{name}");
    }
    let property = |name: &str| {
        let found = elements(suite, "property").into_iter().find(|p| p.attribute("name") == Some(name));
        found.and_then(|p| p.attribute("value")).map(str::to_owned)
    };
    assert_eq!(property("digest"), Some(run.scenario.digest.clone()));
    assert_eq!(property("control: DORA Art. 12").as_deref(), Some("pass"));
    assert_eq!((property("version").as_deref(), property("seed").as_deref()), (Some("1.2.3"), Some("42")));
    let cases = elements(suite, "testcase");
    assert_eq!(cases.len(), 6);
    let case = |id: &str| cases.iter().copied().find(|case| case.attribute("name").unwrap().starts_with(id)).unwrap();
    assert_eq!(elements(case("fast"), "failure").len() + elements(case("fast"), "skipped").len(), 0);
    let failure = elements(case("outage"), "failure")[0];
    assert!(failure.attribute("message").unwrap().contains("limit 180 ms"), "{failure:?}");
    assert!(failure.text().unwrap().contains("∞"), "{failure:?}");
    let open = elements(case("there"), "skipped")[0].attribute("message").unwrap();
    assert!(open.contains("99.948 % to 99.976 %") && open.contains("limit 99.950 %"), "{open}");
    let strict = junit(&run, "1.2.3", true);
    let strict = Document::parse(&strict).unwrap();
    assert_eq!(elements(strict.root(), "failure").len(), 2);
    assert!(elements(strict.root(), "skipped").is_empty());
}

#[test]
fn hostile_texts_stay_texts_in_junit() {
    let run = hostile();
    let text = junit(&run, "1.2.3", true);
    let xml = Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let allowed = ["testsuites", "testsuite", "properties", "property", "testcase", "failure"];
    for node in xml.descendants().filter(Node::is_element) {
        assert!(allowed.contains(&node.tag_name().name()), "{}", node.tag_name().name());
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    let name = elements(xml.root(), "testsuite")[0].attribute("name").unwrap();
    assert!(name.starts_with("a|b\"'<script>alert(1)</script>]]>&amp; # x"), "{name}");
}

#[test]
fn markdown_tells_controls_numbers_and_limits() {
    let run = sample::day();
    let text = markdown(&run, "1.2.3");
    for part in [
        "### DORA Art. 12: ✓ pass",
        "| kept | keys\\_lost == 0 | ✓ pass | 0 keys |",
        "## Objectives that name no control",
        "| there | availability &gt; 99.95 % | ? inconclusive |",
        "99.948 % to 99.976 %",
        "| outage | p99(authorise) &lt; 180 ms | ✗ fail | ∞ | – | 180 ms | survive | eu, 09:00–09:05, region eu: crash |",
        "## What this does not prove",
        "do not hold errors of the model",
        "| seed | 42 |",
        "| keyfleet | 1.2.3 |",
        "2027-03-01T00:00:00Z",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.contains(&run.scenario.digest));
    assert!(text.ends_with('\n') && text == markdown(&run, "1.2.3"));
    // Nothing of the machine, whatever it was.
    let elsewhere = RunDocument { speed: Some(keyfleet::results::Speed::default()), ..run };
    assert_eq!(markdown(&elsewhere, "1.2.3"), text);
}

#[test]
fn hostile_texts_stay_texts_in_markdown() {
    let run = hostile();
    let text = markdown(&run, "1.2.3");
    for wrong in ["<script", "[y](", "http://", "www.x", "@all", "\u{1b}", "\u{202e}", "\r"] {
        assert!(!text.contains(wrong), "{wrong:?} in\n{text}");
    }
    // Lines begin as the program has them begin, and rows have as many cells as their head.
    let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let begins = ["# Evidence", "## ", "### ", "|", "- ", "**", "a\\|b"];
        assert!(begins.iter().any(|begin| line.starts_with(begin)), "{line}");
        if line.starts_with('|') {
            assert!([3, 9].contains(&cells(line)), "{} cells in {line}", cells(line));
        }
    }
    assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1);
}

/// Three regions; a class with two copies at home, one at a partner and one in escrow, and one with two.
const COPIES: &str = r#"
[region]
de = { at = "Frankfurt", device = "box", sites = 3, hsms = 2 }
ie = { at = "Dublin", device = "box", sites = 1 }
fi = { at = "Helsinki", device = "box", sites = 1 }
[key.card]
count = { de = 20 }
algorithm = "rsa-2048"
stay = ["EU"]
copies = 2
partner_copies = 1
escrow_copies = 1
[key.id]
count = { de = 20 }
algorithm = "rsa-2048"
copies = 2
[load.pay]
from = { de = "2/s" }
calls = ["sign"]
key = "card"
[load.show]
from = { de = "2/s" }
calls = ["sign"]
key = "id"
"#;

#[test]
fn copies_are_those_that_exist_at_once() {
    let objectives = "[objective]\ncard = { expect = \"copies(card) <= 4\", control = [\"PCI DSS 3.7.4\"] }\n\
                      id = { expect = \"copies(id) <= 1\", control = [\"PCI DSS 3.7.4\", \"own 1\"] }\nall = \"copies <= 4\"\n";
    let still = Whole::of(&format!("run = \"3 h\"\n{QUIET}{COPIES}{objectives}"));
    let value = |whole: &Whole, id: &str| whole.document.objectives.iter().find(|o| o.id == id).unwrap().value;
    assert_eq!([value(&still, "card"), value(&still, "id"), value(&still, "all")], [Some(4.0), Some(2.0), Some(4.0)]);
    let controls = &still.document.controls;
    assert_eq!(controls["PCI DSS 3.7.4"].status, Status::Fail, "the worst of its objectives");
    assert_eq!(
        (controls["own 1"].status, controls["own 1"].objectives.as_slice()),
        (Status::Fail, &["id".to_owned()][..])
    );
    assert_eq!(controls["PCI DSS 3.7.4"].objectives, ["card", "id"]);
    // A site is replaced: while its keys are copied and until it has erased them, there is a copy more.
    let change = "[change]\nout = { leave = \"region.de.site.a\", at = \"1 h\" }\n";
    let moved = Whole::of(&format!("run = \"3 h\"\n{QUIET}{COPIES}{change}{objectives}"));
    assert_eq!([value(&moved, "card"), value(&moved, "id")], [Some(5.0), Some(3.0)]);
}

fn keyfleet(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keyfleet")).args(args).env_remove("NO_COLOR").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("evidence-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

const SHORT: [&str; 6] =
    ["scenarios/first.toml", "--set", "replications=1", "--set", "run=12 min", "--set=survive=[\"region\"]"];

#[test]
fn each_format_may_have_a_file_beside_what_is_printed() {
    let folder = folder("files");
    let name = |file: &str| folder.join(file).to_str().unwrap().to_owned();
    let [md, xml, json] = [name("e.md"), name("e.xml"), name("e.json")];
    let formats = [format!("--format=markdown={md}"), format!("--format=junit={xml}"), format!("--format=json={json}")];
    let out = name("out");
    let mut args = vec!["run", "--out", &out];
    args.extend(SHORT.iter().copied().chain(formats.iter().map(String::as_str)));
    let (code, said, err) = keyfleet(&args);
    assert_eq!(code, 0, "{err}");
    assert!(said.contains("Objectives") && err.contains(&xml), "the summary is printed: {said}{err}");
    let read = || [&md, &xml, &json].map(|file| fs::read_to_string(file).unwrap());
    let first = read();
    assert_eq!(first[2], fs::read_to_string(folder.join("out/results.json")).unwrap());
    assert!(first[0].starts_with("# Evidence") && Document::parse(&first[1]).is_ok());
    // Again, with other threads, and printed: the same bytes.
    let other: Vec<&str> = ["run", "--format=json", "--jobs=1"].into_iter().chain(args[3..].iter().copied()).collect();
    let (code, said, _) = keyfleet(&other);
    assert!(code == 0 && said.starts_with("{\n"), "{said}");
    assert_eq!(read(), first);
    let printed: Vec<&str> = ["run", "--format=junit"].into_iter().chain(SHORT).collect();
    assert_eq!(keyfleet(&printed).1, first[1]);
    let mut left: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["e.json", "e.md", "e.xml", "out"], "nothing else is left");
}

#[test]
fn files_that_cannot_be_written_are_refused_before_the_run() {
    let folder = folder("refused");
    let name = |file: &str| folder.join(file).to_str().unwrap().to_owned();
    for formats in [
        vec!["--format=junit=no-such-folder/x.xml".to_owned()],
        vec![format!("--format=junit={}", name("a")), format!("--format=markdown={}", name("a"))],
        vec![format!("--format=markdown={}", folder.display())],
        vec!["--format=json".to_owned(), "--format=junit".to_owned()],
        vec!["--format=yaml".to_owned()],
        vec!["--format=junit=".to_owned()],
    ] {
        let mut args = vec!["run"];
        args.extend(SHORT.iter().copied().chain(formats.iter().map(String::as_str)));
        let (code, said, err) = keyfleet(&args);
        assert!(code == 2 && said.is_empty() && !err.is_empty(), "{formats:?}: {code} {said}{err}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}
