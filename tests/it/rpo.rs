//! How far back lies the point to which all can be recovered, when keys are lost for good.

use crate::fleet::{QUIET, TWO_REGIONS, Whole};
use keyfleet::report::summary;
use keyfleet::results::{RunDocument, Status};

const DAY: f64 = 86_400.0;

/// A region that is destroyed at `at`, with a hundred keys of each class and no copy of them elsewhere.
fn destroyed(run: &str, at: &str, rotate: &str, objective: &str) -> RunDocument {
    let text = format!(
        r#"run = "{run}"
{QUIET}
{TWO_REGIONS}
{rotate}
[load.pay]
from = {{ eu = "1/s", us = "1/s" }}
calls = ["sign"]
key = "card"
[fault]
gone = {{ on = "region.eu", kind = "destroy", at = "{at}", for = "1 s" }}
[objective]
back = "{objective}"
"#
    );
    Whole::of(&text).document
}

#[test]
fn keys_lost_for_good_are_lost_since_their_oldest_version() {
    let rotate = "rotate = { every = \"30 d\", keep = \"30 d\" }";
    let document = destroyed("5 min", "60 s", rotate, "rpo < 50 d");
    assert_eq!(document.faults[0].keys_lost.value, Some(100.0));
    // The version in use is up to 30 days old, the one before it was made 30 days earlier. Of a hundred keys, whose ages
    // are spread evenly, the oldest is all but surely within the last tenth.
    let rpo = document.faults[0].rpo_s.unwrap();
    assert!((57.0 * DAY..=60.0 * DAY + 60.0).contains(&rpo), "{} days", rpo / DAY);
    assert_eq!((document.objectives[0].status, document.objectives[0].value), (Status::Fail, Some(rpo)));
    let kept = destroyed("5 min", "60 s", rotate, "rpo < 61 d");
    assert_eq!((kept.objectives[0].status, kept.faults[0].rpo_s), (Status::Pass, Some(rpo)));
}

#[test]
fn versions_made_in_the_run_are_as_old_as_they_are() {
    let rotate = "rotate = { every = \"6 min\", keep = \"6 min\" }";
    let rpo = destroyed("40 min", "35 min", rotate, "rpo < 1 s").faults[0].rpo_s.unwrap();
    // Two versions of each key; rotation takes seconds.
    assert!((11.0 * 60.0..12.2 * 60.0).contains(&rpo), "{rpo} s");
    let young = destroyed("40 min", "3 min", rotate, "rpo < 1 s").faults[0].rpo_s.unwrap();
    assert!((11.0 * 60.0..12.2 * 60.0).contains(&young), "the run began with versions of all ages: {young} s");
}

#[test]
fn keys_of_unknown_age_have_no_point_to_go_back_to() {
    let document = destroyed("5 min", "60 s", "", "rpo < 10000 d");
    assert_eq!((document.faults[0].keys_lost.value, document.faults[0].rpo_s), (Some(100.0), None));
    assert_eq!((document.objectives[0].status, document.objectives[0].value), (Status::Fail, None));
    let told = summary(&document, 100, false);
    let row = told.lines().find(|line| line.starts_with("  region eu: ")).unwrap();
    assert!(row.split_whitespace().any(|word| word == "∞"), "{row}");
    let json = String::from_utf8(keyfleet::results::json::write(&document).unwrap()).unwrap();
    assert!(json.contains("\"rpo_s\": null"));
    let verdict = &document.verdict;
    assert!(verdict.contains("rpo < 10000 d, but what was lost is of unknown age (fault gone)"), "{verdict}");
    let verdict = destroyed("5 min", "60 s", "", "rto < 1 min").verdict;
    assert!(verdict.contains("rto < 1 min, but requests were not as good as before within the run"), "{verdict}");
}
