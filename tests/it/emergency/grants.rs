//! Emergency access in small fleets, told by its facts: who serves when, who is refused, what ends a grant.

use crate::fleet::{QUIET, Whole, main_stretch, parse, s};
use keyfleet::engine::{Digest, Pace, Queue, run};
use keyfleet::kms::{Cause, ClassId, EmergencyFact, Ending, Fact, Failure, Outcome, Refusal, RegionId, SiteId};
use keyfleet::metrics::Recorder;
use keyfleet::scenario::{self, Scenario};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use std::path::Path;
use std::sync::Arc;

/// Frankfurt's cards lie in escrow in Dublin; its own keys stay. London's callers use the cards, too.
pub fn fleet(rest: &str) -> String {
    format!(
        r#"run = "1 h"
{QUIET}
exchange = "box"
op.wrap = {{ mean = "1 ms" }}
op.unwrap = {{ mean = "3 ms" }}
[region]
de = {{ at = "Frankfurt", device = "box", sites = 2 }}
gb = {{ at = "London", device = "box" }}
ie = {{ at = "Dublin", device = "box", sites = 2 }}
[key.card]
count = {{ de = 40 }}
algorithm = "rsa-2048"
stay = ["EU"]
escrow_copies = 1
[key.own]
count = {{ de = 20 }}
algorithm = "rsa-2048"
[load.pay]
from = {{ de = "4/s", gb = "2/s" }}
calls = ["sign"]
key = "card"
timeout = "1 s"
[load.stay]
from = {{ de = "2/s" }}
calls = ["sign"]
key = "own"
timeout = "1 s"
[health]
phase = "0 s"
[audit]
access = "each"
[metadata]
regions = ["de", "gb", "ie"]
{rest}"#
    )
}

const RULES: &str = "[emergency]\ndark = \"1 min\"\nanswer = \"1 min\"\nlimit = \"40 min\"\n";
const CUT: &str = "[fault]
a = { on = \"link.de-ie\", kind = \"partition\", at = \"10 min\", for = \"30 min\" }
b = { on = \"link.de-gb\", kind = \"partition\", at = \"10 min\", for = \"30 min\" }
";
const DARK: &str = "[fault]\na = { on = \"region.de\", kind = \"crash\", at = \"10 min\", for = \"30 min\" }\n";

const CARD: ClassId = ClassId(0);
const DE: RegionId = RegionId(0);

struct Told {
    scenario: Arc<Scenario>,
    facts: Vec<(Time, Fact)>,
    record: Recorder,
    digest: Digest,
    open: usize,
}

impl Told {
    fn of(text: &str) -> Self {
        Self::by(text, true)
    }

    fn by(text: &str, ahead: bool) -> Self {
        let scenario = parse(text);
        let stretch = main_stretch(&scenario);
        let mut world = Blueprint::new(Arc::clone(&scenario)).audited(&stretch);
        world.set_ahead(ahead);
        let mut queue = Queue::new(scenario.populations.len());
        world.begin(stretch.from, &mut queue);
        run(&mut world, &mut queue, &mut Pace::Virtual { until: stretch.until });
        let open = world.service().emergencies();
        let (record, digest) = world.end(&mut queue);
        let facts = record.log.clone().unwrap().in_order();
        Self { scenario, facts, record, digest, open }
    }

    /// When steps of emergency access were told.
    fn steps<T>(&self, wanted: impl Fn(EmergencyFact) -> Option<T>) -> Vec<(Time, T)> {
        let steps = self.facts.iter().filter_map(|(at, fact)| match fact {
            Fact::Emergency(fact) => Some((*at, wanted(*fact)?)),
            _ => None,
        });
        steps.collect()
    }

    fn granted(&self) -> Vec<Time> {
        let began = |fact| matches!(fact, EmergencyFact::Granted { region: DE, .. }).then_some(());
        self.steps(began).into_iter().map(|(at, ())| at).collect()
    }

    fn lifted(&self) -> Vec<Time> {
        let lifted = |fact| matches!(fact, EmergencyFact::Lifted { .. }).then_some(());
        self.steps(lifted).into_iter().map(|(at, ())| at).collect()
    }

    fn ended(&self) -> Vec<(Time, Ending)> {
        self.steps(|fact| if let EmergencyFact::Ended { why, .. } = fact { Some(why) } else { None })
    }

    fn accesses(&self) -> Vec<Time> {
        self.steps(|fact| matches!(fact, EmergencyFact::Access { .. }).then_some(()))
            .iter()
            .map(|(at, ())| *at)
            .collect()
    }

    fn home(&self, site: SiteId) -> bool {
        self.scenario.sites[site.index()].region == DE
    }

    /// When calls under a class ended so, at home or elsewhere.
    fn calls(&self, class: ClassId, home: bool, wanted: Outcome) -> Vec<Time> {
        let calls = self.facts.iter().filter_map(|(at, fact)| match fact {
            Fact::Accessed { site, outcome, version, .. } => {
                (self.home(*site) == home && version.key.class == class && *outcome == wanted).then_some(*at)
            }
            _ => None,
        });
        calls.collect()
    }

    fn failed(&self, wanted: Failure) -> u64 {
        let cells = self.record.closed.iter().flatten().flat_map(|cell| &cell.reasons);
        cells.filter(|(reason, _)| *reason == wanted).map(|(_, times)| times).sum()
    }
}

fn within(times: &[Time], from: Time, until: Time) -> usize {
    times.iter().filter(|at| **at > from && **at < until).count()
}

#[test]
fn a_region_that_is_cut_off_stops_before_others_begin_and_serves_again_after_they_ended() {
    let told = Told::of(&fleet(&format!("{RULES}{CUT}")));
    let ([granted], [lifted]) = (&told.granted()[..], &told.lifted()[..]) else { panic!("{:?}", told.ended()) };
    let (granted, lifted) = (*granted, *lifted);
    let served = told.calls(CARD, true, Outcome::Done);
    // The lease lasts at most 30 s from the cut, at least 20.
    let last = served.iter().copied().filter(|at| *at < granted).max().unwrap();
    assert!(last > s(618.0) && last <= s(630.01), "{last}");
    assert_eq!(within(&served, granted, lifted), 0);
    let elsewhere = told.calls(CARD, false, Outcome::Done);
    assert!(elsewhere.iter().all(|at| *at > granted && *at < lifted));
    assert!(elsewhere.len() > 1_000, "{}: London's callers are served in Dublin", elsewhere.len());
    // What nobody else has goes on where it is, and its callers with it.
    let own = told.calls(ClassId(1), true, Outcome::Done);
    assert!(within(&own, s(660.0), s(2_400.0)) as f64 > 2.0 * 1_740.0 * 0.9);
    assert!(told.calls(ClassId(1), false, Outcome::Done).is_empty());
    // Frankfurt's callers are refused meanwhile, and told why.
    let refused = told.calls(CARD, true, Outcome::Failed(Failure::Fenced));
    assert!(within(&refused, s(640.0), s(2_400.0)) > 4 * 1_700, "{}", refused.len());
    assert!(served.iter().filter(|at| **at > lifted).count() > 1_000, "served again at home");
    let leases = told.steps(|fact| if let EmergencyFact::Lease { held, .. } = fact { Some(held) } else { None });
    assert_eq!(leases.iter().filter(|(_, held)| !held).count(), 2, "each site stopped by itself: {leases:?}");
    assert_eq!((told.ended()[0].1, told.ended().len(), told.open), (Ending::Recovered, 1, 0));
}

#[test]
fn without_emergency_access_nobody_is_fenced_and_nobody_opens_anything() {
    let told = Told::of(&fleet(CUT));
    let served = told.calls(CARD, true, Outcome::Done);
    assert!(within(&served, s(660.0), s(2_400.0)) > 4 * 1_600);
    assert!(told.steps(Some).is_empty() && told.calls(CARD, false, Outcome::Done).is_empty());
    assert_eq!(told.failed(Failure::Fenced), 0);
}

#[test]
fn each_use_is_recorded_before_it_is_made_and_opened_keys_are_rotated_afterwards() {
    let told = Told::of(&fleet(&format!("{RULES}{DARK}")));
    let granted = told.granted()[0];
    let (accesses, served) = (told.accesses(), told.calls(CARD, false, Outcome::Done));
    assert!(accesses.len() == served.len() && accesses.len() > 1_000, "{} {}", accesses.len(), served.len());
    // Writing the record takes 5 ms, opening 3 and signing 1: the use comes after the record.
    assert!(accesses.iter().zip(&served).all(|(recorded, used)| used > recorded));
    assert!(accesses.iter().all(|at| *at > granted));
    let opened = told.steps(|fact| if let EmergencyFact::Opened { key, .. } = fact { Some(key) } else { None });
    let due: Vec<(Time, _)> = told
        .facts
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::RotationDue { key, cause: Cause::Emergency } => Some((*at, *key)),
            _ => None,
        })
        .collect();
    let sorted = |keys: &[(Time, keyfleet::kms::KeyRef)]| {
        let mut keys: Vec<_> = keys.iter().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    };
    assert!(!opened.is_empty() && sorted(&opened) == sorted(&due), "those that were opened, and no others");
    assert!(due.iter().all(|(at, _)| *at >= told.lifted()[0]));
    let tally = &told.record.emergency;
    assert_eq!((tally.rotated as usize, tally.waiting.len()), (due.len(), 0));
    // Keys that stay at home are refused as before.
    assert!(told.failed(Failure::Residency) > 2 * 1_500);
}

#[test]
fn a_grant_ends_by_its_time_limit_at_the_sites_themselves_while_the_control_plane_is_away() {
    let away = "c = { on = \"control\", kind = \"crash\", at = \"20 min\", for = \"25 min\" }\n";
    let long = DARK.replace("\"30 min\"", "\"50 min\"");
    let short = RULES.replace("\"40 min\"", "\"10 min\"");
    let told = Told::of(&fleet(&format!("{short}{long}{away}")));
    let granted = told.granted()[0];
    assert!(granted < s(1_200.0), "{granted}");
    let over = granted + Span::from_secs(600);
    assert!(told.accesses().iter().filter(|at| **at > s(1_200.0)).count() > 500, "it is used while nobody watches");
    assert!(told.accesses().iter().all(|at| *at < over || *at > s(45.0 * 60.0)));
    let expired = told.steps(|fact| match fact {
        EmergencyFact::Refused { why: Refusal::Expired, .. } => Some(()),
        _ => None,
    });
    assert!(expired.iter().all(|(at, ())| *at >= over) && expired.len() > 500, "{}", expired.len());
    // When it is back, it ends what is over and asks anew.
    assert_eq!(told.ended()[0].1, Ending::Expired);
    assert!(told.ended()[0].0 >= s(45.0 * 60.0) && told.record.emergency.grants.len() >= 2);
}

#[test]
fn a_quota_is_a_limit_over_all_sites() {
    let few = RULES.replace("limit", "quota = 100\nlimit");
    let told = Told::of(&fleet(&format!("{few}{DARK}")));
    let tally = &told.record.emergency;
    assert!(tally.grants.values().all(|grant| grant.accesses <= 100), "{tally:?}");
    assert!(told.ended().iter().any(|(_, why)| *why == Ending::Quota), "{:?}", told.ended());
    assert!(tally.grants.len() > 1, "who needs more asks again");
}

#[test]
fn approvers_who_decline_leave_the_region_dark_and_who_asks_is_none_of_them() {
    let none = RULES.replace("limit", "declines = \"100 %\"\nlimit");
    let told = Told::of(&fleet(&format!("{none}{DARK}")));
    let ends: Vec<Ending> = told.ended().into_iter().map(|(_, why)| why).collect();
    assert_eq!((ends, told.accesses().len(), told.granted().len()), (vec![Ending::Declined], 0, 0));
    // Nobody was fenced for it.
    assert!(told.steps(|fact| matches!(fact, EmergencyFact::Fenced { .. }).then_some(())).is_empty());
}

#[test]
fn misuse_is_refused_and_in_the_log() {
    let tries = "early = { on = \"region.de\", kind = \"misuse\", at = \"5 min\" }
during = { on = \"region.de\", kind = \"misuse\", at = \"680 s\" }
late = { on = \"region.de\", kind = \"misuse\", at = \"50 min\" }
";
    let told = Told::of(&fleet(&format!("{RULES}{DARK}{tries}")));
    let denied = told.steps(|fact| if let EmergencyFact::Denied { why, .. } = fact { Some(why) } else { None });
    assert_eq!(denied, [(s(300.0), Refusal::NotDark), (s(680.0), Refusal::OwnRequest), (s(3_000.0), Refusal::NotDark)]);
    let at = |from: f64| {
        let refused = told.steps(|fact| if let EmergencyFact::Refused { why, .. } = fact { Some(why) } else { None });
        refused.into_iter().find(|(at, _)| *at == s(from + 0.005)).map(|(_, why)| why)
    };
    assert_eq!(
        (at(300.0), at(680.0), at(3_000.0)),
        (Some(Refusal::NoGrant), Some(Refusal::NoGrant), Some(Refusal::Ended))
    );
    assert_eq!(told.granted().len(), 1);
}

/// Renewing a lease needs a majority of replicas and no leader; without a majority for long, keys that a grant might open are served
/// nowhere. That is the price of knowing that nobody else does.
#[test]
fn an_election_stops_nobody_and_a_metadata_store_that_is_away_for_long_stops_keys_in_escrow() {
    let leader = "[fault]\na = { on = \"region.gb\", kind = \"crash\", at = \"10 min\", for = \"10 min\" }\n";
    let text = fleet(&format!("{RULES}{leader}")).replace("[\"de\", \"gb\", \"ie\"]", "[\"gb\", \"de\", \"ie\"]");
    let told = Told::of(&text);
    assert!(told.facts.iter().any(|(_, fact)| matches!(fact, Fact::MetadataDown { .. })), "there is an election");
    assert!(told.steps(Some).is_empty() && told.failed(Failure::Fenced) == 0, "and nobody notices");
    let away = "[fault]\na = { on = \"metadata\", kind = \"crash\", at = \"10 min\", for = \"5 min\" }\n";
    let told = Told::of(&fleet(&format!("{RULES}{away}")));
    let served = told.calls(CARD, true, Outcome::Done);
    // 30 s at most from the loss, and at most one and a round trip from the return.
    assert_eq!(within(&served, s(630.1), s(900.0)), 0);
    assert!(within(&served, s(600.0), s(618.0)) > 50 && within(&served, s(901.2), s(960.0)) > 200);
    let own = told.calls(ClassId(1), true, Outcome::Done);
    assert!(within(&own, s(630.0), s(900.0)) > 400, "other keys are served as before");
    let brief = away.replace("\"5 min\"", "\"15 s\"");
    let told = Told::of(&fleet(&format!("{RULES}{brief}")));
    assert!(told.steps(Some).is_empty() && told.failed(Failure::Fenced) == 0, "a lease outlives it");
}

#[test]
fn both_paths_tell_the_same_facts() {
    for faults in [CUT, DARK] {
        let text = fleet(&format!("{RULES}{faults}"));
        let (ahead, events) = (Told::by(&text, true), Told::by(&text, false));
        assert_eq!(ahead.digest.first_difference(&events.digest), None);
        assert!(ahead.facts == events.facts && ahead.granted().len() == 1);
    }
}

#[test]
fn keys_with_partners_are_left_to_them_and_nothing_to_open_is_an_error() {
    let text = fleet(RULES)
        .replace("escrow_copies = 1", "escrow_copies = 1\npartner_copies = 1")
        .replace("[\"EU\"]", "\"anywhere\"");
    let refused = |text: &str| match scenario::load_text(Path::new("made-up.toml"), text, &[]) {
        Ok(_) => panic!("{text}"),
        Err(diagnostics) => diagnostics.render(false),
    };
    assert!(refused(&text).contains("there are no keys that a grant could open"), "{}", refused(&text));
    let away = fleet(&format!("{RULES}{DARK}")).replace(RULES, "").replace("crash", "misuse");
    assert!(refused(&away).contains("no emergency access that could be misused"));
}

/// What the document and the report say of it.
#[test]
fn the_document_tells_what_took_how_long() {
    let whole = Whole::of(&fleet(&format!("{RULES}{DARK}")));
    let document = &whole.document;
    let figures = document.emergency.figures.as_ref().unwrap();
    let first = &figures.first_answer;
    let parts = [first.detect_s, first.decide_s, first.fence_s, first.machine_s].map(|part| part.value.unwrap());
    assert!((parts.iter().sum::<f64>() - first.all_s.value.unwrap()).abs() < 1e-6, "{first:?}");
    // Seven checks of ten seconds with the time limit of the last; a lease and the patience of callers; propagation.
    assert!((60.0..75.0).contains(&parts[0]), "{first:?}");
    assert!((31.0..31.2).contains(&parts[2]) && (60.0..61.5).contains(&parts[3]), "{first:?}");
    assert_eq!((document.emergency.grants, figures.began.value), (1, Some(1.0)));
    assert_eq!(
        document.emergency.accesses,
        whole.replica().recorder.emergency.grants.values().map(|g| g.accesses).sum::<u64>()
    );
    assert_eq!(document.audit.missing, 0);
    let page = keyfleet::report::page(document, &[]);
    assert!(page.contains("Emergency access") && page.contains("Grants of the first replication"));
    let text = keyfleet::report::summary(document, 100, false);
    assert!(text.contains("grants asked for: 1") && text.contains("after the fault: found"), "{text}");
    let none = Whole::of(&fleet(DARK));
    assert!(none.document.emergency.figures.is_none());
}

#[test]
fn a_site_that_is_lost_while_it_opens_keys_tells_nobody() {
    let slow = fleet(&format!("{RULES}{DARK}")).replace("mean = \"3 ms\"", "mean = \"300 s\"");
    let slow = slow.replace("timeout = \"1 s\"", "timeout = \"1 s\"\nretry = { attempts = 1 }");
    let ends = |with: &str| {
        let told = Told::of(&format!("{slow}{with}"));
        (told.failed(Failure::DeviceLost), told.failed(Failure::Timeout), told.accesses().len())
    };
    let lost = ends("b = { on = \"region.ie\", kind = \"crash\", at = \"17 min\", for = \"30 min\" }\n");
    assert!(lost.0 == 0 && lost.1 > 0 && lost.2 > 0, "{lost:?}");
    // Devices that stop in a site that lives are missed at once.
    let device = |site| {
        format!(
            "{site} = {{ on = \"region.ie.site.{site}.device.1\", kind = \"crash\", at = \"17 min\", for = \"30 min\" }}\n"
        )
    };
    let devices = ends(&(device("a") + &device("b")).replacen("a =", "c =", 1));
    assert!(devices.0 > 0, "{devices:?}");
}

#[test]
fn no_call_under_keys_that_a_grant_may_open_waits_longer_than_anybody_waits_for_it() {
    let slow =
        "[fault]\na = { on = \"region.de\", kind = \"slow\", factor = 1000, at = \"10 min\", for = \"30 min\" }\n";
    let shed = |rules: &str| {
        let told = Told::of(&fleet(&format!("{rules}{slow}")));
        told.record.sites.iter().map(|site| site.rejected[Failure::Shed as usize]).sum::<u64>()
    };
    // Each device does one call a second, and is asked for four.
    let (with, without) = (shed(RULES), shed(""));
    assert!(with > 1_000, "{with}");
    assert_eq!(without, 0, "without emergency access they wait as long as there is room");
}
