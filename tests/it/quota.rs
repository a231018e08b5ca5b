//! Services: quotas against hand calculation, who shares them, what becomes of what they refuse, and what the shipped scenarios
//! about them teach.

use crate::fleet::{Steps, Whole, parse, s};
use crate::shipped::{keeps_its_promise, run, value};
use keyfleet::bucket::{Bucket, Limit};
use keyfleet::kms::Failure;
use keyfleet::report::summary;
use keyfleet::results::{QuotaBlock, RunDocument, Saturation};
use keyfleet::scenario;
use keyfleet::time::{Span, Time};
use std::path::Path;

/// A service that answers after 10 ms and lets through 100 calls a second, 50 of them at once, without chance.
const SERVICE: &str = r#"
format = 1
warm_up = "0 s"
replications = 1
network = "none"
retry = "never"
[profile.kms]
kind = "service"
distribution = "constant"
op.mac = { latency = "10 ms" }
op.generate = { latency = "100 ms" }
[profile.kms.quota]
use = { rate = "100/s", burst = "500 ms" }
create = { rate = "2/s", burst = "5 s", calls = ["generate"] }
[key.card]
count = 64
algorithm = "aes-256"
copies = 1
"#;

/// The sites of one region, and how often they are asked in all.
fn fleet(run: &str, region: &str, rate: &str, more: &str) -> String {
    format!(
        "run = \"{run}\"\n{SERVICE}\n[region.eu]\nat = \"Frankfurt\"\n{region}\n\
         [load.pay]\nfrom = {{ eu = \"{rate}\" }}\ncalls = [\"mac\"]\nkey = \"card\"\narrivals = \"constant\"\n{more}"
    )
}

const ONE: &str = "device = \"kms\"";

fn quota<'d>(document: &'d RunDocument, id: &str) -> &'d QuotaBlock {
    document.quotas.get(id).unwrap_or_else(|| panic!("{:?}", document.quotas.keys().collect::<Vec<_>>()))
}

/// Exact to the nanosecond: a full bucket at once, then one for each interval, and after a pause what has flowed in meanwhile.
#[test]
fn a_bucket_lets_through_its_burst_and_then_its_rate() {
    let mut bucket = Bucket::new(Limit { rate: 8.0, burst: Span::from_millis(500) });
    let mut at = |nanoseconds: u64| {
        let now = Time(10_000_000_000 + nanoseconds);
        std::iter::repeat_with(|| bucket.take(now)).take_while(|taken| *taken).take(100).count()
    };
    assert_eq!(at(0), 4, "half a second's worth of eight");
    assert_eq!((at(124_999_999), at(125_000_000)), (0, 1));
    assert_eq!((at(374_999_999), at(375_000_000)), (1, 1), "two intervals, one of which ends later");
    assert_eq!(at(60_000_000_000), 4, "never more than the bucket holds");
    let sustained: usize = (1..=80_000).map(|i| at(60_000_000_000 + i * 1_000_000)).sum();
    assert_eq!(sustained, 80 * 8);
}

/// 400 calls a second for 20 s: the burst of 50, and 100 for each second from the first call to the last.
#[test]
fn under_overload_a_quota_lets_through_burst_and_rate_times_time() {
    let whole = Whole::of(&fleet("20 s", ONE, "400/s", ""));
    let document = &whole.document;
    let of = quota(document, "eu.kms.use");
    assert_eq!(of.asked.value, Some(8_000.0));
    let served = document.requests.completed + document.requests.in_flight;
    // The last call is up to 2.5 ms before the end, in which less than a token flows in.
    assert_eq!(served, 50 + 20 * 100 - 1, "{:?}", document.requests);
    assert_eq!(of.throttled.value, Some((8_000 - served) as f64));
    assert_eq!(document.requests.by_reason["quota-exceeded"], 8_000 - served);
    assert_eq!(of.busiest_second.value, Some(400.0));
    // What is answered is answered in time: nobody waits.
    let typical = whole.site("eu.a").service.quantile(0.5).unwrap().nanoseconds();
    assert!((typical / 10e6 - 1.0).abs() < 0.01, "{typical}");
    assert_eq!(document.hsm_waited.value, Some(0.0));
    assert_eq!(document.saturation, Saturation::Throttled);
    let utilisation = document.sites["eu.a"].utilisation.value.unwrap();
    assert!((utilisation - served as f64 / 2_000.0).abs() < 1e-6, "{utilisation}");
    let told = summary(document, 200, false);
    assert!(
        told.contains("Throttled: eu.a all the time") && told.contains("quotas: eu.kms.use throttled 74"),
        "{told}"
    );
    assert!(!told.contains("verloaded"), "{told}");
}

/// Just below the limit nothing is throttled, nothing waits, and nothing is called overloaded.
#[test]
fn below_its_quota_a_service_is_as_fast_as_alone() {
    let document = Whole::of(&fleet("60 s", ONE, "99/s", "")).document;
    let latency = &document.latency_ms;
    for quantile in [latency.p50, latency.p99, latency.p999] {
        assert!((quantile.value.unwrap() / 10.0 - 1.0).abs() < 0.02, "{latency:?}");
    }
    assert_eq!((document.saturation, document.saturated.len()), (Saturation::Stable, 0));
    assert_eq!(document.requests.failed, 0);
    let used = document.sites["eu.a"].utilisation.value.unwrap();
    assert!((used - 0.99).abs() < 0.005, "{used}");
    let told = summary(&document, 200, false);
    assert!(told.contains("quotas: none exceeded; eu.kms.use used most, 99"), "{told}");
}

fn through(document: &RunDocument) -> u64 {
    document.requests.completed + document.requests.in_flight
}

/// The bucket is the account's, not the site's, and not that of another region.
#[test]
fn sites_share_the_quota_of_an_account_and_accounts_do_not() {
    let two = "device = \"kms\"\nsites = 2";
    let shared = Whole::of(&fleet("20 s", two, "400/s", "")).document;
    assert_eq!(quota(&shared, "eu.kms.use").sites, ["eu.a", "eu.b"]);
    assert!((2_047..=2_050).contains(&through(&shared)), "{}", through(&shared));
    let apart =
        "[region.eu.site]\na = { device = \"kms\", account = \"one\" }\nb = { device = \"kms\", account = \"two\" }";
    let apart = Whole::of(&fleet("20 s", apart, "400/s", "")).document;
    assert!(quota(&apart, "eu.kms@one.use").asked.value.unwrap() > 3_000.0);
    assert!((4_094..=4_100).contains(&through(&apart)), "{}", through(&apart));
    let elsewhere = fleet("20 s", ONE, "400/s", "[region.us]\nat = \"aws:us-east-1\"\ndevice = \"kms\"\n")
        .replace("from = { eu = \"400/s\" }", "from = { eu = \"400/s\", us = \"400/s\" }");
    let elsewhere = Whole::of(&elsewhere).document;
    assert!((4_094..=4_100).contains(&through(&elsewhere)), "{}", through(&elsewhere));
}

#[test]
fn a_stated_quota_replaces_the_profiles() {
    let document = Whole::of(&fleet("20 s", "device = \"kms\"\nquota = \"200/s\"", "400/s", "")).document;
    assert_eq!((quota(&document, "eu.kms.use").limit_per_s, quota(&document, "eu.kms.use").burst), (200.0, 100.0));
    assert!((4_098..=4_100).contains(&through(&document)), "{}", through(&document));
    let lowered = "device = \"kms\"\nquota = { use = \"10/s\" }";
    assert!((204..=206).contains(&through(&Whole::of(&fleet("20 s", lowered, "400/s", "")).document)));
}

/// First come, first served: of 100/s callers of 50/s and another workload's 150/s get the same share, a half.
#[test]
fn other_workloads_take_their_share_and_only_while_they_are_there() {
    let other = "[other.batch]\nregion = \"eu\"\nrate = \"150/s\"\nat = \"100 s\"\nfor = \"200 s\"\n";
    let poisson = |more: &str| fleet("400 s", ONE, "50/s", more).replace("\"constant\"\n[other", "\"poisson\"\n[other");
    let whole = Whole::of(&poisson(other));
    let of = quota(&whole.document, "eu.kms.use");
    // 30,000 calls, standard deviation 173.
    assert!((of.others_asked.value.unwrap() - 30_000.0).abs() < 700.0, "{of:?}");
    let served = |from: f64, until: f64| whole.served("eu.a", s(from), s(until)) as f64;
    assert!((served(105.0, 295.0) / (50.0 * 190.0) - 0.5).abs() < 0.03, "{}", served(105.0, 295.0));
    assert_eq!(whole.suffered("eu", s(0.0), s(99.0)).1 + whole.suffered("eu", s(302.0), s(400.0)).1, 0);
    let theirs = of.others_throttled.value.unwrap() / of.others_asked.value.unwrap();
    assert!((theirs - 0.5).abs() < 0.03, "{theirs}");
    assert_eq!(of.busiest_second.value.unwrap() as u64 / 100, 2, "{of:?}");
    assert_eq!(whole.document.saturation, Saturation::Throttled);
    // A share is that of the limit, and an account that the fleet does not use takes nothing from it.
    let share = "[other.batch]\nregion = \"eu\"\nshare = \"40 %\"\n";
    assert_eq!(Whole::of(&poisson(share)).document.requests.failed, 0);
    let abroad = "[other.batch]\nregion = \"eu\"\naccount = \"strangers\"\nrate = \"10_000/s\"\n";
    let document = Whole::of(&poisson(abroad)).document;
    assert_eq!((document.requests.failed, quota(&document, "eu.kms.use").others_asked.value), (0, Some(0.0)));
}

/// Ten at once, two a second: 64 keys are due, and what is refused is tried again after half a minute, as after other failures. So
/// ten are made at 0, 30, 60 and 90 s, of 64, 54, 44 and 34 that are asked for.
#[test]
fn creating_keys_has_a_quota_of_its_own() {
    let rotate = "rotate = { every = \"1 h\", age = \"1 h\", keep = \"1 h\" }\n[rotation]\nat_once = \"none\"\n";
    let text = fleet("100 s", ONE, "90/s", "").replace("copies = 1\n", &format!("copies = 1\n{rotate}"));
    let document = Whole::of(&text).document;
    let create = quota(&document, "eu.kms.create");
    assert_eq!((create.asked.value, create.throttled.value), (Some(196.0), Some(156.0)));
    assert_eq!((document.rotation.due.value, document.rotation.completed.value), (Some(64.0), Some(40.0)));
    assert_eq!(document.requests.failed, 0, "calls have their own quota");
}

/// A service that is away answers nothing and takes no tokens; what it worked on is lost. It has no device to lose.
#[test]
fn a_service_can_be_away_and_slow_and_has_no_devices() {
    let faults = "[fault]\naway = { on = \"region.eu.site.a\", kind = \"crash\", at = \"10 s\", for = \"5 s\" }\n\
                  slow = { on = \"region.eu.site.a\", kind = \"slow\", factor = 3, at = \"20 s\", for = \"5 s\" }\n";
    let text = fleet("30 s", ONE, "90/s", faults);
    let whole = Whole::of(
        &format!("survive = [\"device\", \"site\"]\n{text}")
            .replace("survive = [\"device\"", "survive = { what = [\"device\"")
            .replace("\"site\"]\n", "\"site\"], lasts = \"5 s\" }\n"),
    );
    let taken = quota(&whole.document, "eu.kms.use").asked.value.unwrap();
    assert!((taken - 90.0 * 25.0).abs() <= 2.0, "{taken}");
    assert_eq!(whole.suffered("eu", s(11.0), s(15.0)).0, whole.suffered("eu", s(11.0), s(15.0)).1);
    let slowest = whole.site("eu.a").service.quantile(1.0).unwrap().nanoseconds();
    assert!((slowest / 30e6 - 1.0).abs() < 0.02, "{slowest}");
    let cases: Vec<&str> = whole.document.survive.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(cases, ["region.eu.site.a"]);
}

/// Two sites, retries, faults, rotation and another workload: the same facts whether or not answers are told ahead.
#[test]
fn both_paths_agree_where_a_quota_is_shared() {
    let more = "[other.batch]\nregion = \"eu\"\nrate = \"80/s\"\nquota = \"use\"\nat = \"5 s\"\nfor = \"20 s\"\n\
                [fault]\naway = { on = \"region.eu.site.a\", kind = \"crash\", at = \"10 s\", for = \"5 s\" }\n";
    let text = fleet("40 s", "device = \"kms\"\nsites = 2", "90/s", more)
        .replace("retry = \"never\"", "retry = \"aws-sdk\"")
        .replace("network = \"none\"\n", "")
        .replace("copies = 1\n", "copies = 2\nrotate = { every = \"2 min\", keep = \"1 min\" }\n");
    let [ahead, step] = [true, false].map(|ahead| {
        let mut steps = Steps::new(&text, ahead);
        steps.to(s(40.0));
        assert!(steps.rejected("eu.b", Failure::QuotaExceeded) > 100);
        let (recorder, digest) = steps.world.end(&mut steps.queue);
        (recorder.quotas, digest)
    });
    assert_eq!(ahead.0, step.0);
    assert_eq!(ahead.1, step.1, "{:?}", ahead.1.first_difference(&step.1));
}

/// Each preset against the figures of its source; keys beside it win, and so does a load over the preset for all.
#[test]
fn retries_may_be_as_an_sdk_has_them() {
    let retry = |all: &str, own: &str| {
        let text = fleet("20 s", ONE, "1/s", &format!("timeout = \"40 s\"\nretry = {own}\n"));
        parse(&text.replace("retry = \"never\"", &format!("retry = {all}"))).loads[0].retry
    };
    let millis = |r: keyfleet::service::Retry| {
        (r.attempts, r.attempt_timeout.0 / 1_000_000, r.backoff.0 / 1_000_000, r.backoff_max.0 / 1_000_000, r.jitter)
    };
    let plain = "{}";
    assert_eq!(millis(retry("\"aws-sdk\"", plain)), (3, 20_000, 1_000, 20_000, true));
    assert_eq!(millis(retry("\"azure-kv\"", plain)), (6, 20_000, 1_000, 16_000, false));
    assert_eq!(millis(retry("\"aws-xks\"", plain)), (2, 250, 0, 0, false));
    assert_eq!(millis(retry("\"never\"", plain)).0, 1);
    assert_eq!((retry("\"aws-sdk\"", plain).budget, retry("\"azure-kv\"", plain).budget), (0.2, f64::INFINITY));
    assert_eq!(millis(retry("{ like = \"aws-sdk\", attempts = 5 }", plain)).0, 5);
    assert_eq!(millis(retry("\"azure-kv\"", "\"aws-sdk\"")), (3, 20_000, 1_000, 20_000, true));
    assert_eq!(millis(retry("\"azure-kv\"", "{ attempts = 2 }")), (2, 20_000, 1_000, 16_000, false));
    // Pauses of 1, 2 and 4 s without jitter: a call that is refused at once is there again after 7 s.
    let text = fleet("30 s", "device = \"kms\"\nquota = \"1/h\"", "0.1/s", "timeout = \"20 s\"\n");
    let text = text.replace("retry = \"never\"", "retry = { like = \"azure-kv\", attempts = 4 }");
    let mut steps = Steps::new(&text, true);
    let mut refusals = Vec::new();
    for tenth in 0..300 {
        steps.to(s(f64::from(tenth) / 10.0));
        let now = steps.rejected("eu.a", Failure::QuotaExceeded);
        if refusals.len() < now as usize {
            refusals.push(tenth);
        }
    }
    // The first call of each ten seconds has the only token; the second is refused four times.
    let pauses: Vec<i32> = refusals.windows(2).take(3).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(pauses, [10, 20, 40], "{refusals:?}");
}

#[test]
fn a_service_costs_by_call_and_key_only() {
    let text = fleet("20 s", ONE, "50/s", "").replace(
        "[profile.kms.quota]",
        "price = { usd_per_key_month = 1.0, usd_per_10k_ops = 1.0 }\n[profile.kms.quota]",
    );
    let cost = Whole::of(&text).document.cost;
    assert_eq!(cost.devices_usd_per_year, 0.0);
    assert!((cost.keys_usd_per_year - 64.0 * 12.0).abs() < 1e-6, "{cost:?}");
    assert!((cost.operations_usd_per_year / (50.0 * 31_536_000.0 / 10_000.0) - 1.0).abs() < 0.01, "{cost:?}");
}

/// The resolved text of a scenario with everything in it loads, and is the same again.
#[test]
fn what_is_said_of_quotas_is_resolved() {
    let more = "[other.batch]\nregion = \"eu\"\nshare = \"40 %\"\n";
    let text = fleet("20 s", "device = \"kms\"\nsites = 2\naccount = \"pay\"\nquota = \"200/s\"", "50/s", more);
    let once = parse(&text);
    let again = scenario::load_text(Path::new("resolved.toml"), &once.resolved, &[]).unwrap().scenario;
    assert_eq!(once.resolved.lines().count(), again.resolved.lines().count());
    assert_eq!(once.digest, again.digest);
    assert!(once.resolved.contains("quota = \"use\"") && once.resolved.contains("weight = 1"), "{}", once.resolved);
    let rows: Vec<String> = once.provenance.iter().map(|row| format!("{}: {}", row.what, row.value)).collect();
    assert!(rows.iter().any(|row| row.starts_with("quota.eu.kms@pay.use: 200/s")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.starts_with("other.batch: 80/s")), "{rows:#?}");
    assert!(!rows.iter().any(|row| row.contains("parallel engines") || row.contains("hsms")), "{rows:#?}");
}

const SHORT: [&str; 4] =
    ["replications=2", "run=\"8 min\"", "other.re-encryption.at=\"2 min\"", "other.re-encryption.for=\"3 min\""];

/// Eight minutes instead of thirty: the job lasts three.
#[test]
fn a_batch_job_on_the_same_account_throttles_payments() {
    let document = run("cloud-kms-quota", &SHORT);
    keeps_its_promise("cloud-kms-quota", &document);
    let of = quota(&document, "eu.aws-kms@company.symmetric");
    // While it runs all ask for 9,300 a second and more, and 5,500 are let through.
    assert!(of.throttled_share.value.unwrap() > 0.1, "{of:?}");
    let share = of.others_throttled.value.unwrap() / of.others_asked.value.unwrap();
    assert!((0.35..0.45).contains(&share), "{share}");
    assert!(value(&document, "there").unwrap() < 80.0, "{:?}", document.objectives);
    assert_eq!(document.saturation, Saturation::Throttled);
    assert!(document.verdict.contains("the service at eu.a throttles"), "{}", document.verdict);
}

#[test]
fn an_account_of_its_own_or_a_higher_quota_mends_it() {
    let own = run("cloud-kms-quota-mended", &SHORT);
    keeps_its_promise("cloud-kms-quota-mended", &own);
    assert_eq!(own.requests.failed, 0);
    let raised = run("cloud-kms-quota", &[&SHORT[..], &["region.eu.quota.symmetric=\"12_000/s\""]].concat());
    assert_eq!((raised.requests.failed, value(&raised, "there")), (0, Some(100.0)));
    let used = quota(&raised, "eu.aws-kms@company.symmetric").busiest_second.value.unwrap() / 12_000.0;
    assert!((0.75..0.9).contains(&used), "{used}");
}

const BRIEF: [&str; 4] = ["replications=2", "run=\"8 min\"", "event.sale.at=\"2 min\"", "event.sale.for=\"4 min\""];

/// Eight minutes instead of twenty: the sale lasts four, its ramps included.
#[test]
fn racks_alone_do_not_get_over_the_peak() {
    let document = run("hybrid-onprem-only", &BRIEF);
    keeps_its_promise("hybrid-onprem-only", &document);
    assert_eq!(document.saturation, Saturation::Overloaded);
    assert!(document.quotas.is_empty());
}

#[test]
fn a_cloud_service_beside_them_takes_its_share_of_the_peak() {
    let document = run("hybrid-onprem-cloud-burst", &BRIEF);
    keeps_its_promise("hybrid-onprem-cloud-burst", &document);
    let calls = |site: &str| document.sites[site].calls as f64;
    let cloud = calls("eu.kms") / (calls("eu.kms") + calls("eu.rack"));
    assert!((0.45..0.55).contains(&cloud), "{cloud}");
    assert_eq!(quota(&document, "eu.kms.symmetric").throttled.value, Some(0.0));
    // A share that is too large for its quota is refused, and the rack takes back what is tried again.
    let much = run("hybrid-onprem-cloud-burst", &[&BRIEF[..], &["region.eu.site.kms.weight=20"]].concat());
    assert_eq!(much.saturation, Saturation::Throttled);
    assert!(quota(&much, "eu.kms.symmetric").throttled_share.value.unwrap() > 0.01);
}
