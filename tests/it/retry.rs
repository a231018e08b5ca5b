//! Who tries again, how often, and after which pause: never more than the budget and its allowance.

use crate::faults::fleet;
use crate::fleet::{Steps, Whole, s};

/// Callers of a site that takes calls and never answers in time, with these retries.
fn hopeless(retry: &str) -> Whole {
    let text = fleet("")
        .replace("attempts = 1", retry)
        .replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"20 s\" }");
    Whole::of(&text.replace("200/s", "50/s"))
}

#[test]
fn retries_never_exceed_the_budget_and_its_allowance() {
    for (share, budget) in [("10 %", 0.1), ("50 %", 0.5), ("0 %", 0.0)] {
        let whole = hopeless(&format!("attempts = 3, attempt_timeout = \"100 ms\", budget = \"{share}\""));
        let requests = &whole.document.requests;
        // Two origins, each with an allowance of 100 retries.
        let most = requests.offered as f64 * budget + 200.0;
        assert!(requests.retries as f64 <= most, "{share}: {} retries of {}", requests.retries, requests.offered);
        assert!(
            requests.retries as f64 >= 0.95 * most - 20.0,
            "{share}: the budget is used: {} of {most}",
            requests.retries
        );
        assert!(requests.by_reason["budget-exhausted"] > 1_000, "{:?}", requests.by_reason);
    }
    let whole = hopeless("attempts = 3, attempt_timeout = \"100 ms\", budget = \"none\"");
    let requests = &whole.document.requests;
    assert!(!requests.by_reason.contains_key("budget-exhausted"));
    assert!((requests.retries as f64 / requests.offered as f64 - 2.0).abs() < 0.02, "all three attempts");
}

#[test]
fn a_load_without_budget_leaves_the_budget_of_its_neighbour_alone() {
    let more = "[load.free]\nfrom = { eu = \"50/s\" }\ncalls = [\"decrypt\"]\nkey = \"card\"\nretry = { budget = \"none\" }\n\
                [fault]\nbad = { on = \"region.eu.site.a\", kind = \"crash\", at = \"60 s\", for = \"2 s\" }\n";
    let text = fleet(more).replace("attempts = 1", "attempts = 2, attempt_timeout = \"200 ms\", budget = \"50 %\"");
    let whole = Whole::of(&text);
    assert!(whole.document.loads["pay"].requests.retries > 50);
    assert_eq!(whole.document.loads["pay"].requests.by_reason.get("budget-exhausted"), None);
}

#[test]
fn back_off_doubles_with_full_jitter() {
    // Both sites refuse at once: every attempt costs a round trip of 0.8 ms and a pause drawn from 0 to 40, 80, 160 ms.
    let more = "[fault]\n".to_owned()
        + &["eu.site.a", "eu.site.b"]
            .iter()
            .flat_map(|site| (1..=2).map(move |n| (site, n)))
            .map(|(site, n)| {
                format!("x{}{n} = {{ on = \"region.{site}.device.{n}\", kind = \"crash\", at = \"0 s\", for = \"240 s\" }}\n", &site[8..])
            })
            .collect::<String>();
    let text = fleet(&more)
        .replace("attempts = 1", "attempts = 4, backoff = \"40 ms\", budget = \"none\"")
        .replace("interval = \"2 s\"", "interval = \"10 min\"");
    let whole = Whole::of(&text);
    let eu = &whole.document.regions["eu"].requests;
    assert_eq!(eu.completed, 0);
    assert_eq!(eu.by_reason.keys().collect::<Vec<_>>(), ["no-device"]);
    assert_eq!(eu.retries, 3 * eu.failed, "three retries each");
    // Under way on average: arrivals times the mean time to give up, 4 x 0.8 + (40 + 80 + 160) / 2 ms (Little's law).
    let mean = |moments: u32| {
        let mut sum = 0;
        let mut steps = Steps::new(&text, false);
        for moment in 0..moments {
            steps.to(s(10.0 + f64::from(moment) * 0.5));
            sum += steps.world.service().in_flight();
        }
        sum as f64 / f64::from(moments)
    };
    let expected = 200.0 * 0.1432 + 200.0 * 0.0018;
    let measured = mean(400);
    assert!((measured - expected).abs() < 0.06 * expected, "{measured} under way, {expected} expected");
}
