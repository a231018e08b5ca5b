//! What a year costs: the same whichever hours were simulated, and whatever went wrong in them.

use crate::fleet::{QUIET, Whole};
use keyfleet::geo::Calendar;
use keyfleet::results::{Cost, RunDocument};
use keyfleet::scenario;
use keyfleet::simulate::{Options, simulate};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const YEAR_S: f64 = 365.0 * 86_400.0;
/// A dollar for 10,000 calls.
const PRICED: &str = "[profile.box.price]\nusd_per_10k_ops = 1.0\n";

/// Two regions of AWS, copies of each other's keys, callers as `load` says.
fn fleet(start: &str, run: &str, load: &str, more: &str) -> String {
    format!(
        r#"run = "{run}"
start = {start}
{QUIET}
{PRICED}
[region]
eu = {{ at = "aws:eu-central-1", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
[load.pay]
key = "card"
timeout = "2 s"
{load}
{more}"#
    )
}

fn cost(text: &str) -> Cost {
    Whole::of(text).document.cost
}

/// Of so many calls per second all year.
fn operations(calls_per_s: f64) -> f64 {
    calls_per_s * YEAR_S / 10_000.0
}

fn near(measured: f64, expected: f64, share: f64) {
    assert!((measured / expected - 1.0).abs() < share, "{measured}, {expected} expected");
}

/// Weekday and holiday factors of `[shape.payments]` in datasets/shapes.toml over the 365 days from 2027-03-01 in Germany.
fn german_payments() -> f64 {
    let mut calendar = Calendar::new("Europe/Berlin", "DE", 1_803_859_200).unwrap();
    let weekdays = [0.930, 0.940, 0.960, 1.020, 1.170, 1.120, 0.860];
    let day = |i: u64| {
        let noon = calendar.at(Time(Span::from_secs(86_400 * i + 43_200).0));
        weekdays[usize::from(noon.weekday)] * if noon.holiday.is_some() { 0.85 } else { 1.0 }
    };
    (0..365).map(day).sum::<f64>() / 365.0
}

#[test]
fn the_busiest_and_the_quietest_hour_cost_the_same_year() {
    let load = "from = { eu = \"200/s\" }\ncalls = [\"sign\"]\nshape = \"payments\"";
    let mean = german_payments();
    assert!((0.98..1.0).contains(&mean), "holidays are quiet: {mean}");
    for (start, factor) in [("2027-03-01T16:50:00Z", 1.8), ("2027-03-01T02:20:00Z", 0.14)] {
        let whole = Whole::of(&fleet(start, "20 min", load, ""));
        let calls = whole.document.requests.completed as f64 / 1_200.0;
        near(calls, 200.0 * factor, 0.1);
        let cost = &whole.document.cost;
        // Two hundred calls a second at the mean; the quiet hour has 34,000 calls: three sigma are 1.6 %.
        near(cost.operations_usd_per_year, operations(200.0 * mean), 0.02);
        let per_million = cost.total_usd_per_year / (200.0 * mean * YEAR_S) * 1e6;
        near(cost.usd_per_million_calls.unwrap(), per_million, 0.02);
    }
}

#[test]
fn each_caller_follows_the_own_sun_and_makes_the_own_calls() {
    // Noon in Germany, before dawn in the east of the United States.
    let load = "from = { eu = \"100/s\", us = \"300/s\" }\ncalls = [\"decrypt\", \"sign\"]\nshape = \"business\"\n\
                [load.beat]\nkey = \"card\"\nfrom = { us = \"50/s\" }\ncalls = [\"sign\"]";
    let cost = cost(&fleet("2027-03-01T10:00:00Z", "10 min", load, ""));
    let ratio = cost.regions["us"] / cost.regions["eu"];
    // A holiday takes 0.7 of a day's demand, and the years of the two have about as many.
    near(ratio, (2.0 * 300.0 + 50.0) / (2.0 * 100.0), 0.03);
}

#[test]
fn a_failover_is_not_a_year_of_transfer() {
    let load = "from = { eu = \"100/s\", us = \"100/s\" }\ncalls = [\"sign\"]";
    let dark = "[fault]\ndark = { on = \"region.eu\", kind = \"crash\", at = \"5 min\", for = \"4 min\" }\n";
    let whole = Whole::of(&fleet("2027-03-01", "10 min", load, dark));
    let flows = &whole.document.timeline.flows;
    assert!(flows.iter().any(|flow| flow.from == "eu" && flow.to == "us" && flow.fault_per_s > 30.0), "{flows:?}");
    assert!(whole.document.requests.failed > 1_000, "{:?}", whole.document.requests);
    let cost = &whole.document.cost;
    assert_eq!(cost.transfer_usd_per_year, 0.0);
    near(cost.operations_usd_per_year, operations(200.0), 0.02);
    near(cost.regions["eu"], operations(100.0), 0.03);
    // Where there is nothing but the fault, it is all that shows where calls go.
    let always = dark.replace("5 min", "0 s").replace("4 min", "10 min");
    assert!(self::cost(&fleet("2027-03-01", "10 min", load, &always)).transfer_usd_per_year > 0.0);
}

#[test]
fn an_event_counts_once_and_growth_to_the_end_of_the_year() {
    let load = "from = { eu = \"100/s\" }\ncalls = [\"sign\"]";
    let rush = "[event]\nrush = { at = \"0 s\", for = \"10 min\", factor = 5 }\n";
    let rushed = cost(&fleet("2027-03-01", "10 min", load, rush));
    near(rushed.operations_usd_per_year, operations(100.0 * (1.0 + 4.0 * 600.0 / YEAR_S)), 0.01);
    // Most of it is beyond the run, but not beyond the year: two days at ten times the demand.
    let sale = "[event]\nsale = { at = \"5 min\", for = \"2 d\", factor = 10 }\n";
    let sold = cost(&fleet("2027-03-01", "10 min", load, sale));
    near(sold.operations_usd_per_year, operations(100.0 * (1.0 + 9.0 * 2.0 / 365.0)), 0.02);
    // Doubling within a year: the mean of 2^t.
    let doubled = cost(&fleet("2027-03-01", "10 min", &format!("{load}\ngrowth = \"100 %/y\""), ""));
    near(doubled.operations_usd_per_year, operations(100.0 / std::f64::consts::LN_2), 0.02);
}

#[test]
fn a_history_costs_its_own_mean() {
    let folder = std::env::temp_dir().join(format!("keyfleet-cost-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    // Ten days of hours: 20/s but for 200/s at 10 to 12 UTC. The run covers such a peak; the first three days, which are no
    // whole week, are a hundred times as busy.
    let row = |i: i64| {
        let rate = if (10..12).contains(&(i % 24)) { 200 } else { 20 };
        format!("{},{}\n", 1_803_859_200 + 3_600 * i, rate * 3_600 * if i < 72 { 100 } else { 1 })
    };
    fs::write(folder.join("eu.csv"), format!("ts,y\n{}", (0..240).map(row).collect::<String>())).unwrap();
    let load = "history = { eu = \"eu.csv\" }\ncalls = [\"sign\"]";
    let document = in_folder(&folder, &fleet("2027-03-08T10:30:00Z", "10 min", load, ""));
    fs::remove_dir_all(&folder).unwrap();
    near(document.requests.completed as f64 / 600.0, 200.0, 0.03);
    near(document.cost.operations_usd_per_year, operations(20.0 + 180.0 * 2.0 / 24.0), 0.03);
}

fn in_folder(folder: &Path, text: &str) -> RunDocument {
    let scenario = scenario::load_text(&folder.join("main.toml"), text, &[]).unwrap_or_else(|d| panic!("{d}")).scenario;
    let scenario = Arc::new(scenario);
    let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
    let runs = simulate(&Blueprint::new(Arc::clone(&scenario)), options).unwrap();
    keyfleet::results::document(&scenario, &runs)
}
