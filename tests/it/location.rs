//! Where users ask from: who is believed, what a wrong country costs, and how often it happens.

use crate::fleet::{QUIET, Steps, Whole, main_stretch, parse, s, site_id};
use crate::locator::database::{Form, database};
use crate::shipped;
use keyfleet::geo::{self, Located, Locator};
use keyfleet::kms::{
    Address, Asked, CountryId, Fact, KeyRef, LocationFact, Misled, OriginId, PopulationId, SiteId, Slip, Told,
};
use keyfleet::load::{Habits, Users};
use keyfleet::metrics::LocationTally;
use keyfleet::results;
use keyfleet::rng::{Key, Streams};
use keyfleet::service::{Calendar, Effect, Input, Out, Service, Timer};
use keyfleet::simulate::{Options, simulate};
use keyfleet::time::Time;
use keyfleet::world::Blueprint;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// German users, whose keys are in Frankfurt, and a region in Virginia that has keys of its own callers.
fn fleet(location: &str, more: &str) -> String {
    format!(
        r#"run = "10 min"
{QUIET}
[transport]
clients = 1
idle = "1 d"
life = "1 d"
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
{more}
[load.pay]
users = {{ DE = 100 }}
per_user = "0.5/s"
calls = ["sign"]
key = "card"
timeout = "2 s"
retry = {{ attempts = 1 }}
{location}"#
    )
}

/// Only what is named goes wrong.
fn only(habits: &str) -> String {
    let all = ["vpn", "roaming", "stale", "hidden", "told", "told_wrong"];
    let rest = all.iter().filter(|name| !habits.lines().any(|line| line.starts_with(&format!("{name} "))));
    let rest: String = rest.map(|name| format!("{name} = \"0 %\"\n")).collect();
    format!("[location]\n{habits}\n{rest}")
}

fn tally(whole: &Whole) -> &LocationTally {
    &whole.replica().recorder.location
}

fn country(code: &str) -> CountryId {
    geo::country_id(code).unwrap()
}

#[test]
fn a_wrong_country_costs_the_way_there_as_arithmetic_says() {
    let means: Vec<(f64, f64, f64)> = [0.0, 20.0, 60.0]
        .map(|vpn| {
            let whole = Whole::of(&fleet(&only(&format!("vpn = \"{vpn} %\"")), ""));
            let all = tally(&whole).all();
            let (asked, wrong) = (all.asked as f64, all.wrong[Misled::Vpn as usize] as f64);
            assert_eq!(all.asked, whole.document.requests.offered, "all are users");
            assert_eq!(all.detours, all.astray, "each is sent on, and none twice");
            assert_eq!(whole.document.requests.failed, 0);
            assert_eq!(whole.document.requests.retries, 0, "to be sent on is no retry");
            // Almost every exit abroad is located abroad.
            assert!((wrong / asked - vpn / 100.0).abs() < 0.012, "{wrong} of {asked} with {vpn} %");
            // The way to Virginia and back, with the last mile twice, and nothing else: there is no jitter.
            let there = Blueprint::new(Arc::clone(&whole.scenario)).catalog().origins[0].rtt
                [site_id(&whole.scenario, "us.a").index()]
            .as_secs_f64();
            let lost = all.lost as f64 / 1e9 / all.astray.max(1) as f64;
            // The first of them connect, which takes two ways more and the work of the front end; those behind them wait for it.
            let first = 60.0 * 2.0 * there * 2.1 * there / all.astray.max(1) as f64;
            assert!(all.astray == 0 || (-1e-6..first).contains(&(lost - there)), "{lost} s each, not {there} s");
            (all.astray as f64 / asked, whole.document.latency_ms.mean.value.unwrap() / 1e3, there)
        })
        .into();
    let [(few, low, there), (some, middle, _), (many, high, _)] = means[..] else { panic!("three runs") };
    assert!(few < 0.03 && some > 0.1 && many > 3.0 * some - 0.15 && many < 3.0 * some + 0.03, "{few}, {some}, {many}");
    for (share, mean) in [(some, middle), (many, high)] {
        let expected = low + (share - few) * there;
        assert!((mean / expected - 1.0).abs() < 0.01, "{mean} s in the mean, not {expected} s");
    }
}

#[test]
fn each_cause_is_counted_as_often_as_its_share_says() {
    let habits =
        "vpn = \"10 %\"\nroaming = \"6 %\"\nstale = \"4 %\"\nhidden = \"8 %\"\ntold = \"25 %\"\ntold_wrong = \"20 %\"";
    let whole = Whole::of(&fleet(&only(habits), ""));
    let all = tally(&whole).all();
    let share = |count: u64| count as f64 / all.asked as f64;
    // Who told a country is believed, whatever the address.
    for (misled, expected) in
        [(Misled::Vpn, 0.075), (Misled::Roaming, 0.045), (Misled::Stale, 0.03), (Misled::Told, 0.05)]
    {
        let found = share(all.wrong[misled as usize]);
        assert!((found - expected).abs() < 0.007, "{misled:?}: {found}, not {expected}");
    }
    // Two sources differ about German addresses in two hundredths or so.
    let by_database = share(all.wrong[Misled::Database as usize]);
    assert!((0.005..0.03).contains(&by_database), "{by_database}");
    assert!((share(all.private) - 0.06).abs() < 0.007 && share(all.unknown) < 0.01, "{all:?}");
    // A told country is another than that of the address where either is wrong, and the address says one.
    let contradictions = 0.25 * (0.92 - 0.8 * 0.72);
    assert!((share(all.contradictions) - contradictions).abs() < 0.012, "{}", share(all.contradictions));
    let block = whole.document.location.as_ref().unwrap();
    assert_eq!(block.requests.value, Some(all.asked as f64));
    assert_eq!(block.wrong["vpn"].value, Some(all.wrong[Misled::Vpn as usize] as f64));
    assert_eq!(block.wrong_share.value, Some(all.wrong() as f64 / all.asked as f64));
    assert_eq!(block.origins["DE"].astray.value, Some(all.astray as f64));
}

#[test]
fn rules_that_go_by_a_wrong_country_are_told() {
    let rules = |rule: &str| format!("[tenant]\nbank = {{ roles = [\"all\"] }}\n[rule]\n{rule}\n");
    let judged = |rule: &str, habits: &str| {
        let text = fleet(&only(habits), &rules(rule)).replace("key = \"card\"", "key = \"card\"\ntenant = \"bank\"");
        let whole = Whole::of(&text);
        let all = tally(&whole).all();
        let forbidden = whole.replica().recorder.access.turned.values().sum::<u64>();
        assert!(all.asked > 20_000 && all.wrong() + all.private > 3_000, "{all:?}");
        (all, forbidden)
    };
    let german = "here = { roles = [\"all\"], from = [\"DE\"] }";
    let foreign = "there = { roles = [\"all\"] }\nhere = { roles = [\"all\"], from = [\"DE\"], deny = true }";
    let (all, forbidden) = judged(german, "vpn = \"10 %\"");
    assert_eq!((all.misjudged, forbidden), ([all.wrong(), 0], all.wrong()), "Germans on a VPN are kept out");
    let (all, forbidden) = judged(foreign, "vpn = \"10 %\"");
    assert_eq!((all.misjudged, forbidden), ([0, all.wrong()], all.asked - all.wrong()), "or let in");
    // Who is nowhere is counted in by what denies, and out by what allows.
    let (all, forbidden) = judged(german, "hidden = \"10 %\"");
    assert_eq!((all.misjudged[0], forbidden), (forbidden, all.unknown + all.private + all.wrong()));
    let (all, _) = judged("any = { roles = [\"all\"] }", "vpn = \"10 %\"");
    assert_eq!(all.misjudged, [0, 0]);
}

#[test]
fn services_are_not_located_and_none_means_none() {
    let users = fleet("location = \"none\"", "");
    let (head, tail) = users.split_once("location = \"none\"").unwrap();
    let none = format!("location = \"none\"\n{head}{tail}");
    let quiet = Whole::of(&none);
    assert!(quiet.document.location.is_none() && tally(&quiet).all().asked == 0);
    let services = fleet("", "").replace("users = { DE = 100 }\nper_user = \"0.5/s\"", "from = { eu = \"50/s\" }");
    let whole = Whole::of(&services);
    assert!(whole.document.location.is_none() && whole.scenario.location.is_none());
    assert!(!whole.scenario.resolved.contains("[location]"));
    // The same users meet the same luck, whether anybody looks where they are.
    let seen = Whole::of(&fleet(&only(""), ""));
    assert_eq!(seen.document.requests.offered, quiet.document.requests.offered);
}

#[test]
fn a_larger_share_of_vpns_changes_no_other_request() {
    let habits = |vpn: f64| Habits { vpn, roaming: 0.1, stale: 0.1, hidden: 0.1, told: 0.3, told_wrong: 0.1 };
    let (few, many) = (Users::new(country("DE"), habits(0.1)), Users::new(country("DE"), habits(0.4)));
    let luck = Streams::new(1, 0).key(keyfleet::rng::Purpose::Whence, "pay/DE");
    let mut slips = [0_i32; 5];
    for number in 0..20_000 {
        let (a, b) = (few.asked(luck.draws(number, 0)), many.asked(luck.draws(number, 0)));
        if b.slip != Slip::Vpn || a.slip == Slip::Vpn {
            assert_eq!(a, b, "request {number}");
        }
        slips[b.slip as usize] += 1;
    }
    for (slip, expected) in [(Slip::Vpn, 8_000), (Slip::Roaming, 2_000), (Slip::Stale, 2_000), (Slip::Hidden, 2_000)] {
        assert!((slips[slip as usize] - expected).abs() < 200, "{slip:?}: {slips:?}");
    }
}

#[test]
fn addresses_are_of_the_users_country_and_of_both_families() {
    let locator = Locator::shipped();
    let honest = Habits { vpn: 0.0, roaming: 0.0, stale: 0.0, hidden: 0.0, told: 0.0, told_wrong: 0.0 };
    for code in ["DE", "US", "IN", "BR", "JP", "NG"] {
        let users = Users::new(country(code), honest);
        let (mut right, mut six) = (0, 0);
        for number in 0..5_000 {
            let asked = users.asked(Key(7).draws(number, 0));
            assert_eq!((asked.told, asked.slip), (None, Slip::None));
            right += i32::from(locator.locate(asked.address) == Located::Country(country(code)));
            six += i32::from(asked.address.as_v4().is_none());
        }
        assert!(right > 4_600, "{code}: {right} of 5000");
        assert!((1_900..2_100).contains(&six), "{code}: {six} of IPv6");
    }
    // Each country that has Internet users has addresses in at least one family.
    for (known, id) in geo::countries().iter().zip((0..).map(CountryId)) {
        let bare = [false, true].iter().all(|six| geo::blocks(id, *six).is_empty());
        assert!(!bare || known.internet_share * (known.population as f64) < 30_000.0, "{} has none", known.iso2);
    }
}

/// A service that is told one request at a time.
struct One {
    service: Service,
    locator: Arc<Locator>,
}

impl One {
    fn new(text: &str) -> Self {
        let blueprint = Blueprint::new(parse(text));
        let catalog = Arc::clone(blueprint.catalog());
        let calendar = Calendar::with_due(vec![VecDeque::new()], Key(0), Time::ZERO);
        let luck = vec![Key(0); catalog.populations.len()];
        Self { service: Service::new(catalog, luck, calendar, Time::ZERO), locator: Locator::shipped() }
    }

    fn ask(&mut self, asked: Asked) -> (SiteId, Vec<LocationFact>) {
        let key = KeyRef { class: keyfleet::kms::ClassId(0), number: 0 };
        let input = Input::Presented { population: PopulationId(0), sequence: 0, key, from: Some(asked), token: None };
        let mut out = Out::default();
        self.service.on(Time::ZERO, input, &mut out);
        let to = out.0.iter().find_map(|effect| match effect {
            Effect::Call { to, .. } => Some(*to),
            _ => None,
        });
        let facts = out.0.iter().filter_map(|effect| match effect {
            Effect::Fact(Fact::Location(fact)) => Some(*fact),
            _ => None,
        });
        (to.unwrap(), facts.collect())
    }

    /// An address that is located there.
    fn address(&self, code: &str) -> Address {
        let blocks = geo::blocks(country(code), false);
        let found = (0..200_u64)
            .map(|i| blocks.address(i << 56, 0, 77))
            .find(|address| self.locator.locate(*address) == Located::Country(country(code)));
        found.unwrap()
    }
}

#[test]
fn what_is_told_with_consent_decides_then_the_address_then_the_connection() {
    let text = fleet(&only(""), "");
    let scenario = parse(&text);
    let region = |site: SiteId| scenario.regions[scenario.sites[site.index()].region.index()].id.as_str();
    let mut one = One::new(&text);
    let (german, american) = (one.address("DE"), one.address("US"));
    let private = Address::v4(0xc0a8_0001);
    let unknown = |address: &Address| one.locator.locate(*address) == Located::Unknown;
    let nowhere = (0x2000..0x4000).map(|block: u128| Address::v6(block << 112 | 1)).find(unknown).unwrap();
    let told = |code: &str, consent: bool| Some(Told { country: country(code), consent });
    let cases = [
        (german, None, "eu", ""),
        (american, None, "us", "wrong"),
        (american, told("DE", true), "eu", "contradiction"),
        (american, told("DE", false), "us", "wrong"),
        (german, told("US", true), "us", "contradiction, wrong"),
        (german, told("US", false), "eu", ""),
        (american, told("CA", true), "us", "contradiction, wrong"),
        // France is served from Frankfurt as Germany is: wrong, and no matter.
        (german, told("FR", true), "eu", "contradiction, wrong"),
        (private, None, "eu", "unknown"),
        (nowhere, None, "eu", "unknown"),
        (private, told("US", true), "us", "wrong"),
        (private, told("DE", true), "eu", ""),
        (private, told("DE", false), "eu", "unknown"),
    ];
    for (address, told, expected, facts) in cases {
        let (site, found) = one.ask(Asked { address, told, slip: Slip::None });
        assert_eq!(region(site), expected, "{address:?} {told:?}");
        let name = |fact: &LocationFact| match fact {
            LocationFact::Wrong { astray, .. } => {
                assert_eq!(*astray, expected == "us", "{fact:?}");
                "wrong"
            }
            LocationFact::Contradiction { .. } => "contradiction",
            LocationFact::Unknown { private: is_private, .. } => {
                assert_eq!(*is_private, address == private);
                "unknown"
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found.iter().map(name).collect::<Vec<_>>().join(", "), facts, "{address:?} {told:?}");
    }
}

#[test]
fn no_location_has_a_key_served_where_it_may_not_be() {
    // Everybody is taken for an American, in the worst case by what they say.
    for habits in ["vpn = \"100 %\"", "told = \"100 %\"\ntold_wrong = \"100 %\""] {
        let whole = Whole::of(&fleet(&only(habits), "stay = \"region\""));
        assert!(tally(&whole).all().astray > 5_000);
        for site in ["us.a", "us.b"] {
            assert_eq!(whole.site(site).served, 0, "{site} served a key that may not leave eu");
        }
        let refused = whole.site("us.a").rejected[keyfleet::kms::Failure::KeyMissing as usize];
        assert!(refused > 1_000, "{refused}");
        assert_eq!(whole.document.audit.missing, 0);
    }
}

#[test]
fn a_partner_serves_whom_it_gets_and_is_farther() {
    let partner = "stay = \"anywhere\"\npartner_copies = 1";
    let whole = Whole::of(&fleet(&only("told = \"100 %\"\ntold_wrong = \"100 %\""), partner));
    let all = tally(&whole).all();
    // Those who are sent to us and find their key there are not sent on.
    assert!(all.astray > 5_000 && all.detours == 0 && all.farther == all.astray, "{all:?}");
    assert_eq!(whole.site("us.a").served + whole.site("us.b").served, all.astray);
    let rtt = Blueprint::new(Arc::clone(&whole.scenario)).catalog().origins[0].rtt.clone();
    let longer = rtt[whole.site_id("us.a").index()].0 - rtt[whole.site_id("eu.a").index()].0;
    assert_eq!(all.lost / all.farther, longer);
}

#[test]
fn a_wrong_region_that_is_dark_costs_a_timeout_until_it_is_known() {
    let dark = "[fault]\ndark = { on = \"region.us\", kind = \"crash\", at = \"2 min\", for = \"5 min\" }\n\
                [health]\nphase = \"0 s\"\ninterval = \"5 s\"\npropagation = \"10 s\"\n";
    let text = fleet(&format!("{}{dark}", only("vpn = \"30 %\"")), "")
        .replace("attempts = 1", "attempts = 3, budget = \"none\"");
    let whole = Whole::of(&text);
    let all = tally(&whole).all();
    // In the dark quarter of a minute the attempt's second is lost instead of a tenth, then nobody is sent there any more.
    assert_eq!(whole.document.requests.failed, 0);
    assert!(all.detours < all.astray, "{all:?}");
    assert!(whole.document.location.as_ref().unwrap().lost_ms.p99.value.unwrap() > 900.0, "{all:?}");
    let found = whole.sighted("us.a", false, true).unwrap();
    assert!(found < s(170.0), "{found}");
}

#[test]
fn both_paths_and_any_fleet_give_the_same_facts() {
    let text = fleet(
        "[location]\nvpn = \"20 %\"\ntold = \"50 %\"\ntold_wrong = \"30 %\"\nhidden = \"5 %\"",
        "stay = \"anywhere\"\npartner_copies = 1",
    );
    let ends = [true, false].map(|ahead| {
        let mut steps = Steps::new(&text, ahead);
        let until = main_stretch(&steps.scenario).until;
        steps.to(until);
        let (recorder, digest) = steps.world.end(&mut steps.queue);
        (digest.value(), recorder.location.all())
    });
    assert_eq!(ends[0], ends[1]);
    assert!(ends[0].1.astray > 100, "{:?}", ends[0].1);
}

#[test]
fn routing_tables_may_say_that_the_wrong_region_is_down() {
    let text = fleet(&only(""), "");
    let scenario = parse(&text);
    let mut one = One::new(&text);
    let american = one.address("US");
    for site in ["us.a", "us.b"] {
        let timer = Timer::Publish { site: site_id(&scenario, site), up: false, inside: false };
        one.service.on(Time::ZERO, Input::Timer(timer), &mut Out::default());
    }
    let (site, facts) = one.ask(Asked { address: american, told: None, slip: Slip::Vpn });
    assert_eq!(scenario.sites[site.index()].region, scenario.origins[OriginId(0).index()].home);
    assert!(matches!(facts[..], [LocationFact::Wrong { misled: Misled::Vpn, .. }]), "{facts:?}");
}

#[test]
fn a_key_that_is_served_where_it_may_not_be_is_a_counter_example() {
    let partner = "stay = \"anywhere\"\npartner_copies = 1";
    let text = fleet(&only("told = \"100 %\"\ntold_wrong = \"100 %\""), partner).replace("10 min", "1 min");
    let run = |blueprint: &Blueprint| {
        let scenario = Arc::clone(blueprint.scenario());
        let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
        results::document(&scenario, &simulate(blueprint, options).unwrap())
    };
    let right = Blueprint::new(parse(&text));
    assert!(run(&right).out_of_place.is_empty());
    // The same fleet, under a law that lets no key leave its region.
    let law = parse(&text.replace(partner, "stay = \"region\""));
    let document = run(&right.under_law_of(law));
    // The last one that is told, which finds a connection.
    let found = &document.out_of_place[99];
    assert!(document.out_of_place.len() == 100 && document.out_of_place.iter().all(|found| found.region == "us"));
    assert_eq!((found.home.as_str(), found.population.as_str(), found.attempt), ("eu", "pay/DE", 1));
    assert!(found.key.starts_with("card/") && found.site.starts_with("us."), "{found:?}");
    // Half of the round trip, after it was asked for.
    let way = Blueprint::new(parse(&text)).catalog().origins[0].rtt[2].as_secs_f64() / 2.0;
    assert!((found.reached_s - found.asked_s - way).abs() < 2e-6, "{found:?}, not {way} s");
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("location-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_scenarios_own_database_is_read_checked_and_kept_with_the_results() {
    let folder = folder("own");
    // All of IPv4 is German.
    let all = database(&[(0, 97, "DE"), (1 << 31, 97, "DE")], (6, 24), Form::Table);
    std::fs::write(folder.join("my.mmdb"), &all).unwrap();
    let text = fleet(&only("database = \"my.mmdb\"\nvpn = \"50 %\""), "").replace("10 min", "30 s");
    std::fs::write(folder.join("one.toml"), &text).unwrap();
    let run = |file: &str, arguments: &[&str]| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyfleet"));
        command.current_dir(&folder).arg("run").arg(file).args(arguments).output().unwrap()
    };
    let output = run("one.toml", &["--out", "out"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.join(path)).unwrap()).unwrap()
    };
    let document = read("out/results.json");
    let location = &document["location"];
    assert_eq!(location["wrong_share"]["value"], 0.0, "a database that knows Germany alone is never wrong here");
    assert!(location["unknown"]["value"].as_f64().unwrap() > 100.0, "it knows nothing of IPv6");
    assert_eq!(std::fs::read(folder.join("out/my.mmdb")).unwrap(), all);
    assert!(run("out/scenario.toml", &["--out", "again"]).status.success());
    assert_eq!(read("again/results.json")["trace_digest"], document["trace_digest"]);
    // Cut short, it is refused with the place of the key that names it.
    std::fs::write(folder.join("my.mmdb"), &all[..all.len() / 2]).unwrap();
    let output = run("one.toml", &[]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("one.toml:") && message.contains("\"my.mmdb\" is no database of countries"), "{message}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_report_and_the_summary_tell_what_it_cost() {
    let whole = Whole::of(&fleet(&only("vpn = \"20 %\""), "").replace("10 min", "2 min"));
    let page = keyfleet::report::page(&whole.document, &[]);
    assert!(page.contains("How often the location was wrong, and what it cost") && page.contains("db-ip.com"));
    let summary = keyfleet::report::summary(&whole.document, 200, false);
    let line = summary.lines().find(|line| line.contains("location:")).unwrap();
    assert!(line.contains("taken for another country") && line.contains("in the mean"), "{line}");
    let none = fleet("", "").replace("users = { DE = 100 }\nper_user = \"0.5/s\"", "from = { eu = \"5/s\" }");
    let whole = Whole::of(&none.replace("10 min", "1 min"));
    let page = keyfleet::report::page(&whole.document, &[]);
    assert!(!page.contains("How often the location") && whole.document.location.is_none());
}

/// Three replications instead of ten: nothing is near a limit.
#[test]
fn misplaced_users_wait_for_a_second_ocean_unless_they_say_where_they_are() {
    let document = shipped::run("users-misplaced", &["replications=3"]);
    shipped::keeps_its_promise("users-misplaced", &document);
    let block = document.location.as_ref().unwrap();
    let astray = block.astray.value.unwrap() / block.requests.value.unwrap();
    assert!((0.08..0.10).contains(&astray), "{astray}");
    // A round trip between continents each.
    assert!((100.0..250.0).contains(&block.lost_ms.mean.value.unwrap()), "{:?}", block.lost_ms);
    let told = shipped::run("users-misplaced", &["replications=3", "location.told=\"75 %\""]);
    assert_eq!(told.status, results::Status::Pass, "{}", told.verdict);
    assert!(told.location.unwrap().astray.value < block.astray.value.map(|astray| astray / 2.0));
}
