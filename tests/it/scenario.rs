//! The scenario language through the library: what is right loads, what is wrong is named, what is resolved stays the same.
#![allow(clippy::disallowed_methods, reason = "a refusal must be quick, which only a clock can tell")]

use keyfleet::scenario::{self, Demand, FaultKind, Loaded, Metric, Residency, Severity, Target, When};
use keyfleet::time::{Span, Time};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

mod explain;
mod figures;

const GOOD: &str = r#"
format = 1
run = "1 h"
[region]
eu = { at = "Frankfurt", device = "cloudhsm-hsm2m", sites = 2 }
us = { at = "aws:us-east-1", device = "cloudhsm-hsm2m", sites = 2 }
[key.issuer]
count = 1_000
algorithm = "rsa-2048"
[load.pay]
from = { eu = "300/s", us = "200/s" }
calls = ["decrypt", "sign"]
key = "issuer"
timeout = "600 ms"
"#;

fn parse(text: &str, set: &[&str]) -> Result<Loaded, String> {
    let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
    scenario::load_text(Path::new("test.toml"), text, &set).map_err(|d| d.render(false))
}

fn good(extra: &str, set: &[&str]) -> Loaded {
    parse(&format!("{GOOD}{extra}"), set).unwrap_or_else(|message| panic!("{message}"))
}

fn bad(extra: &str, set: &[&str]) -> String {
    parse(&format!("{GOOD}{extra}"), set).expect_err("something is wrong with it")
}

/// A fresh folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scenario-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn shipped() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir("scenarios").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

#[test]
fn shipped_scenarios_load_without_a_warning() {
    assert!(shipped().len() >= 2);
    for path in shipped() {
        let loaded = scenario::load(&path, &[]).unwrap_or_else(|d| panic!("{d}"));
        // What it shows, `check` says beforehand.
        let warned = usize::from(path.ends_with("firmware-rollout.toml"));
        assert_eq!(loaded.warnings.list.len(), warned, "{}", loaded.warnings);
    }
}

/// `KEYFLEET_BLESS=1 cargo test` writes the messages that are expected from then on; read the difference before committing it.
#[test]
fn invalid_scenarios_give_their_expected_message() {
    let bless = std::env::var_os("KEYFLEET_BLESS").is_some();
    let mut files: Vec<PathBuf> =
        fs::read_dir("scenarios/invalid").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert!(files.len() >= 34, "{} invalid scenarios", files.len());
    for path in files {
        let message = match scenario::load(&path, &[]) {
            Ok(_) => panic!("{} is valid", path.display()),
            Err(diagnostics) => {
                assert!(diagnostics.has_errors());
                diagnostics.render(false)
            }
        };
        let expected = path.with_extension("expected");
        if bless {
            fs::write(&expected, &message).unwrap();
        }
        assert_eq!(fs::read_to_string(&expected).unwrap_or_default(), message, "{}", path.display());
    }
}

#[test]
fn a_resolved_scenario_resolves_to_itself() {
    for path in shipped() {
        let first = scenario::load(&path, &[]).unwrap().scenario;
        // Beside it, where the lists of keys are that it names.
        let other = path.with_file_name("other.toml");
        let again = scenario::load_text(&other, &first.resolved, &[]).unwrap_or_else(|d| panic!("{d}"));
        assert_eq!(first.resolved, again.scenario.resolved);
        assert_eq!(first.digest, again.scenario.digest);
        assert_eq!(first.digest.len(), 64);
        assert_eq!(format!("{:?}", first.populations), format!("{:?}", again.scenario.populations));
    }
}

#[test]
fn the_digest_follows_the_meaning_and_not_the_spelling() {
    let plain = good("", &[]).scenario.digest;
    let spelt = parse(&GOOD.replace("600 ms", "0.6 s").replace("1_000", "\"1 k\""), &[]).unwrap();
    assert_eq!(plain, spelt.scenario.digest);
    assert_eq!(plain, good("shape = \"flat\"", &[]).scenario.digest);
    assert_ne!(plain, good("", &["load.pay.timeout=601 ms"]).scenario.digest);
}

#[test]
fn settings_win_over_the_file_and_errors_point_into_them() {
    let set = ["region.eu.hsms=3", "run=2 h", "load.pay.from.eu=\"1 k/s\"", "key.issuer.copies = 1"];
    let scenario = good("", &set).scenario;
    assert_eq!(scenario.sites.iter().map(|site| site.hsms).collect::<Vec<_>>(), [3, 3, 2, 2]);
    assert_eq!(scenario.run, Span::from_secs(7200));
    assert_eq!(scenario.keys[0].copies, 1);
    assert!(matches!(scenario.populations[0].demand, Demand::Rate(rate) if rate == 1000.0));
    let message = bad("", &["run=2 h", "region.eu.sites=many"]);
    assert!(message.contains("--set:1:17") && message.contains("region.eu.sites=many"), "{message}");
    for (set, reason) in [
        ("run", "expected PATH=VALUE"),
        ("a b=3", "not a TOML path"),
        ("format=2", "cannot be set"),
        ("survive=[\"device\"", "error[set]"),
        ("x=1\ny=2", "not a TOML path"),
        ("regoin.eu.hsms=3", "did you mean \"region\"?"),
    ] {
        let message = bad("", &[set]);
        assert!(message.contains(reason), "{set}: {message}");
    }
}

#[test]
fn defaults_are_those_that_are_explained() {
    let s = good("", &[]).scenario;
    assert_eq!((s.seed, s.start, s.name.as_str()), (1, 1_803_859_200, "test"));
    assert_eq!((s.replications.min, s.replications.max, s.replications.relative_half_width), (10, 40, 0.05));
    assert_eq!(s.keys[0].counts, [600, 400]);
    assert_eq!(s.keys[0].stay, Residency::Region);
    assert_eq!((s.keys[0].copies, s.keys[0].partner_copies), (2, 0));
    assert_eq!(s.loads[0].retry.attempt_timeout, Span::from_millis(300));
    assert_eq!(s.health.observers, 2);
    assert_eq!(s.network.local_rtt, Span::from_micros(800));
    assert_eq!(s.sites.iter().map(|site| site.id.as_str()).collect::<Vec<_>>(), ["eu.a", "eu.b", "us.a", "us.b"]);
    assert_eq!(s.calls, ["decrypt", "sign"]);
    assert!(!s.survive.device && !s.survive.site && !s.survive.region);
}

#[test]
fn keys_are_split_by_largest_remainder() {
    let s = good("", &["key.issuer.count=7", "load.pay.from.us=150/s"]).scenario;
    // 4.67 and 2.33
    assert_eq!(s.keys[0].counts, [5, 2]);
    let message = bad("", &["key.issuer.count=1"]);
    assert!(message.contains("none of its keys is at home"), "{message}");
}

#[test]
fn users_are_at_home_where_the_round_trip_is_shortest_and_residency_allows() {
    let users = "users = { CA = \"1 M\", PL = \"2 M\" }\nper_user = \"8.64/d\"\n";
    let s = good(users, &[]).scenario;
    let home = |id: &str| {
        let origin = s.origins.iter().find(|origin| origin.id == id).unwrap();
        (s.regions[origin.home.index()].id.as_str(), origin.last_mile)
    };
    assert_eq!(home("CA"), ("us", Span::from_millis(10)));
    assert_eq!(home("PL"), ("eu", Span::from_millis(10)));
    assert_eq!(home("us"), ("us", Span::ZERO));
    let rates: Vec<f64> = s
        .populations
        .iter()
        .map(|p| match p.demand {
            Demand::Rate(rate) => rate.round(),
            Demand::History(..) => 0.0,
        })
        .collect();
    assert_eq!(rates, [300.0, 200.0, 100.0, 200.0]);
    let text = format!("{}{users}", GOOD.replace(", us = \"200/s\"", "").replace("1_000", "{ eu = 10 }"));
    let s = parse(&text, &[]).unwrap().scenario;
    let canada = s.origins.iter().find(|origin| origin.id == "CA").unwrap();
    assert_eq!(s.regions[canada.home.index()].id, "eu", "the class has keys nowhere else");
}

#[test]
fn groups_of_countries_are_expanded() {
    let s = good("", &["key.issuer.stay=[\"EU\", \"US\"]"]).scenario;
    let Residency::Countries(countries) = &s.keys[0].stay else { panic!("a list") };
    assert!(countries.len() == 28 && countries.iter().any(|c| c == "DE") && countries.iter().any(|c| c == "US"));
}

#[test]
fn faults_strike_what_and_when_they_say() {
    let faults = r#"
[fault]
a = { on = "region.eu.site.b.device.2", kind = "crash", at = "20 min", for = "10 min" }
b = { on = "link.us-eu", kind = "delay", add = "80 ms", at = 2027-03-01T00:30:00Z, for = "1 min" }
c = { on = "region.us", kind = "slow", factor = 2, mtbf = "1 h", mttr = "1 min" }
d = { on = "region.us.site.a", kind = "destroy", for = "1 min" }
"#;
    let s = good(faults, &[]).scenario;
    let minutes = |n: u64| Span::from_secs(60 * n);
    assert!(matches!(s.faults[0].on, Target::Device(site, 1) if site.index() == 1));
    assert_eq!(s.faults[0].when, When::At(Time::ZERO + minutes(20), minutes(10)));
    assert!(matches!(s.faults[1].on, Target::Link(a, b) if (a.index(), b.index()) == (0, 1)));
    assert_eq!(s.faults[1].kind, FaultKind::Delay(Span::from_millis(80)));
    assert_eq!(s.faults[1].when, When::At(Time::ZERO + minutes(30), minutes(1)));
    assert_eq!(s.faults[2].when, When::Random(minutes(60), minutes(1)));
    assert_eq!(s.faults[3].when, When::Peak(minutes(1)));
}

#[test]
fn what_is_for_good_has_no_end_that_could_be_stated() {
    for fault in [
        "on = \"region.us\", kind = \"destroy\", at = \"20 min\"",
        "on = \"key.issuer\", kind = \"compromise\", at = \"20 min\"",
    ] {
        let told = |fault: &str| good(&format!("[fault]\nx = {{ {fault} }}\n"), &[]).warnings.to_string();
        assert_eq!(told(fault), "");
        let warned = told(&format!("{fault}, for = \"5 min\""));
        assert!(warned.contains("`for` has no effect at a stated time") && warned.contains("fault.x.for"), "{warned}");
        let peak = format!("{fault}, for = \"5 min\"").replace("\"20 min\"", "\"peak\"");
        assert_eq!(told(&peak), "", "the width of the stretch whose busiest it is");
    }
}

#[test]
fn wrapping_keys_last_as_long_as_what_they_wrap() {
    let kek = |changes: &str| format!("[key.kek]\ncount = {{ eu = 2, us = 2 }}\nalgorithm = \"aes-256\"\n{changes}");
    let retire = |id: &str, keys: &str, at: &str| format!("change.{id}={{ retire = \"{keys}\", at = \"{at}\" }}");
    let wrapped = "key.issuer.wrapped_by=\"kek\"";
    for (kek_goes, issuer_goes, stays) in [
        (("key.kek", "30 min"), None, Some("eu")),
        (("key.kek", "30 min"), Some(("key.issuer", "30 min")), None),
        (("key.kek", "30 min"), Some(("key.issuer", "31 min")), Some("eu")),
        (("key.kek", "30 min"), Some(("key.issuer.eu", "20 min")), Some("us")),
        (("key.kek.us", "30 min"), Some(("key.issuer.us", "20 min")), None),
        (("key.kek.us", "30 min"), Some(("key.issuer.eu", "20 min")), Some("us")),
    ] {
        let mut set = vec![wrapped.to_owned(), retire("kek", kek_goes.0, kek_goes.1)];
        set.extend(issuer_goes.map(|(keys, at)| retire("issuer", keys, at)));
        let set: Vec<&str> = set.iter().map(String::as_str).collect();
        match stays {
            None => drop(good(&kek(""), &set)),
            Some(home) => {
                let message = bad(&kek(""), &set);
                let reason = format!("wrap those of \"issuer\" at home in region \"{home}\", which stay");
                assert!(message.contains("error[conflict]") && message.contains(&reason), "{message}");
            }
        }
    }
    let escrow = [wrapped, "key.issuer.stay=\"anywhere\"", "key.issuer.escrow_copies=1"];
    let message = bad(&kek(""), &escrow);
    assert!(message.contains("error[impossible]") && message.contains("could not be opened"), "{message}");
    good(&kek("stay = \"anywhere\"\npartner_copies = 1\n"), &escrow);
    good(&kek("stay = \"anywhere\"\nescrow_copies = 1\n"), &escrow);
}

#[test]
fn objectives_have_typed_limits() {
    let objectives = r#"
[objective]
a = "p999(pay) <= 60 ms"
b = "availability >= 99.95 %"
c = { expect = "mean(pay) < 20 ms", over = "run", each = "fleet" }
f = { expect = "keys_lost == 0", over = "run", when = "any" }
d = "cost < 2.5 M USD/y"
e = "wait_p99 < 5 ms"
"#;
    let s = good(objectives, &[]).scenario;
    let limits: Vec<f64> = s.objectives.iter().map(|o| o.limit).collect();
    assert_eq!(limits, [0.06, 0.9995, 0.02, 2_500_000.0, 0.005, 0.0]);
    assert_eq!(s.objectives[0].metric, Metric::Latency(0.999));
    assert_eq!(s.objectives[2].over, None);
    assert!(!s.objectives[2].each_region && s.objectives[0].each_region);
    let over: Vec<Option<u64>> = s.objectives.iter().map(|o| o.over.map(|over| over.0 / 1_000_000_000)).collect();
    assert_eq!(over, [Some(300), Some(300), None, None, None, None], "most are measured over the whole run");
    assert_eq!(s.objectives[0].place, "test.toml:17");
    for (expect, reason) in [
        ("keys_lost(pay) == 0", "not measured per load"),
        ("p99(pay < 60 ms", "not closed"),
        ("availability > 0.99", "write \\\"99 %\\\"".trim_matches('x')),
        ("cost < 3 M EUR/y", "USD/y"),
    ] {
        let message = bad(&format!("[objective]\nx = '{expect}'"), &[]);
        assert!(message.contains(&reason.replace("\\\"", "\"")), "{expect}: {message}");
    }
}

#[test]
fn terms_that_a_metric_does_not_know_are_refused() {
    for metric in
        ["wait_p99 < 5 ms", "replication_p99 < 1 s", "rto < 1 min", "rpo < 1 s", "keys_lost == 0", "cost < 1 USD/y"]
    {
        for (term, reason) in [
            ("over = \"1 min\"", "not in windows"),
            ("each = \"region\"", "not measured for callers"),
            ("when = \"normal\"", "not over a part of it"),
            ("when = \"recovery\"", "not over a part of it"),
        ] {
            let message = bad(&format!("[objective]\nx = {{ expect = \"{metric}\", {term} }}"), &[]);
            assert!(message.contains("error[conflict]") && message.contains(reason), "{metric}, {term}: {message}");
        }
        for when in ["run", "survive", "any"] {
            let x = format!("[objective]\nx = {{ expect = \"{metric}\", when = \"{when}\", over = \"run\" }}");
            let fault = "[fault]\nx = { on = \"region.eu\", kind = \"crash\", at = \"10 min\", for = \"5 min\" }\n";
            good(&format!("{fault}{x}"), &["survive=[\"site\"]"]);
        }
    }
    good("[objective]\nx = { expect = \"utilisation < 60 %\", when = \"normal\", over = \"1 min\" }", &[]);
    let message = bad("[objective]\nx = { expect = \"utilisation < 60 %\", each = \"fleet\" }", &[]);
    assert!(message.contains("not measured for callers"), "{message}");
    assert!(scenario::explain("rto").unwrap().contains("over the whole run"));
    assert!(scenario::explain("utilisation").unwrap().contains("`when` and `over`"));
    assert!(scenario::explain("replication_p99").unwrap().contains("to each of its copies"));
}

#[test]
fn every_error_is_reported_at_once() {
    let message =
        bad("colour = 1\nshape = \"pyament\"\n[fault.x]\non = \"region.eu\"\nkind = \"crsh\"\n", &["region.us.hsms=0"]);
    for part in ["\"colour\"", "\"pyament\"", "\"crsh\"", "0 HSMs"] {
        assert!(message.contains(part), "{part} is missing in {message}");
    }
}

#[test]
fn files_extend_others_of_their_folder_only() {
    let folder = folder("extends");
    fs::create_dir(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/base.toml"), GOOD.replace("1 h", "3 h")).unwrap();
    let main = folder.join("main.toml");
    fs::write(&main, "format = 1\nextends = [\"inner/base.toml\"]\n[load.pay]\nfrom = { eu = \"50/s\" }\n").unwrap();
    let loaded = scenario::load(&main, &[]).unwrap_or_else(|d| panic!("{d}"));
    assert_eq!(loaded.scenario.run, Span::from_secs(3 * 3600));
    assert!(matches!(loaded.scenario.populations[0].demand, Demand::Rate(rate) if rate == 50.0));
    assert!(loaded.annotated.contains("inner/base.toml:"), "{}", loaded.annotated);
    fs::write(folder.join("secret.toml"), "root:x:0:0 not for others").unwrap();
    let inner = folder.join("inner/main.toml");
    for name in ["../secret.toml", "/etc/passwd", "link.toml"] {
        std::os::unix::fs::symlink("../secret.toml", folder.join("inner/link.toml")).ok();
        fs::write(&inner, format!("format = 1\nrun = \"1 h\"\nextends = \"{name}\"\n")).unwrap();
        let message = scenario::load(&inner, &[]).unwrap_err().render(false);
        assert!(message.contains("outside") && !message.contains("root:x"), "{message}");
    }
}

#[test]
fn own_profiles_and_histories_come_from_the_folder() {
    let folder = folder("profiles");
    let profile = "format = 1\nengines = 1\ndistribution = \"exponential\"\n[op]\ndecrypt = { rate = \"100/s\" }\nsign = { rate = \"50/s\" }\n";
    fs::write(folder.join("mine.toml"), profile).unwrap();
    let rows: String = (0..61).map(|i| format!("{},{}\n", 1_803_859_200 + 60 * i, 600)).collect();
    fs::write(folder.join("eu.csv"), format!("ts,y\n{rows}")).unwrap();
    let main = folder.join("main.toml");
    fs::write(&main, GOOD).unwrap();
    let set = ["region.eu.device=mine.toml", "load.pay.from={ us = \"20/s\" }", "load.pay.history={ us = \"eu.csv\" }"]
        .map(str::to_owned);
    let message = scenario::load(&main, &set).unwrap_err().render(false);
    assert!(message.contains("both a rate and a history"), "{message}");
    let text = GOOD.replace(
        "from = { eu = \"300/s\", us = \"200/s\" }",
        "from = { us = \"20/s\" }\nhistory = { eu = \"eu.csv\" }",
    );
    fs::write(&main, text).unwrap();
    let loaded = scenario::load(&main, &["region.eu.device=mine.toml".to_owned()]).unwrap_or_else(|d| panic!("{d}"));
    let s = &loaded.scenario;
    assert_eq!(s.profiles[0].id, "mine");
    assert!(s.resolved.contains("[profile.mine.op.sign]") && s.resolved.contains("# eu.csv: SHA-256 "));
    assert!(s.populations.iter().any(|p| matches!(&p.demand, Demand::History(curve, _) if curve.mean() == 10.0)));
    let before = s.digest.clone();
    fs::write(folder.join("eu.csv"), format!("ts,y\n{}", rows.replace(",600", ",601"))).unwrap();
    let after = scenario::load(&main, &["region.eu.device=mine.toml".to_owned()]).unwrap().scenario.digest;
    assert_ne!(before, after, "the digest covers the history");
}

#[test]
fn doubtful_scenarios_are_warned_of() {
    let heavy = good("", &["load.pay.from.eu=4 M/s", "run=2 w"]);
    assert!(heavy.warnings.render(false).contains("events"), "{}", heavy.warnings);
    assert!(heavy.warnings.list.iter().all(|d| d.severity == Severity::Warning));
    let past = good("[fault]\nx = { on = \"region.eu\", kind = \"crash\", at = \"55 min\", for = \"10 min\" }\n", &[]);
    assert!(past.warnings.render(false).contains("past the end"), "{}", past.warnings);
}

#[test]
fn nonsense_is_refused_quickly_and_without_a_panic() {
    let begun = Instant::now();
    let lines = "[[[".repeat(1000) + &"{a=".repeat(50_000) + &"x = \"\\q\"\n".repeat(50_000);
    for text in
        [&lines[..], "a.b.c", "\u{0}", "format = 1\nregion = 3\nkey = []\nload = \"x\"", &"[a]\n".repeat(100_000)]
    {
        assert!(parse(text, &[]).is_err());
    }
    // Any piece of a good scenario, and any with a byte too few, gives messages and no panic.
    for cut in 0..GOOD.len() {
        let _ = parse(&GOOD[..cut], &[]);
        let _ = parse(&format!("{}{}", &GOOD[..cut], &GOOD[cut + 1..]), &[]);
    }
    assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
}
