//! Planned changes of the fleet: sites that join and leave, keys that come and go, while callers go on.

mod escrow;

use crate::fleet::{QUIET, main_stretch, parse, s, site_id};
use crate::shipped;
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::{ChangeId, ClassId, Fact, KeyRef, KeyState, KeyVersion, ShardId, SiteId};
use keyfleet::metrics::Recorder;
use keyfleet::scenario::Scenario;
use keyfleet::service::Directory;
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Stretch};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Three sites and two copies of four hundred keys, with one retired version each. Tests add what changes.
fn fleet(rest: &str) -> String {
    format!(
        r#"run = "1 h"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 3 }}
[key.card]
count = 400
algorithm = "rsa-2048"
rotate = {{ every = "10 d", keep = "10 d" }}
[load.sign]
from = {{ eu = "40/s" }}
calls = ["sign"]
key = "card"
[health]
phase = "0 s"
{rest}"#
    )
}

/// A run, told by its facts.
struct Story {
    scenario: Arc<Scenario>,
    facts: Vec<(Time, Fact)>,
    record: Recorder,
    before: Directory,
    after: Directory,
    under_way: usize,
}

impl Story {
    fn of(text: &str) -> Self {
        let scenario = parse(text);
        Self::over(&scenario, &main_stretch(&scenario))
    }

    fn over(scenario: &Arc<Scenario>, stretch: &Stretch) -> Self {
        let mut world = Blueprint::new(Arc::clone(scenario)).audited(stretch);
        let mut queue = Queue::new(scenario.populations.len());
        world.begin(stretch.from, &mut queue);
        let before = world.service().directory().clone();
        run(&mut world, &mut queue, &mut Pace::Virtual { until: stretch.until });
        let (after, under_way) = (world.service().directory().clone(), world.service().changes_under_way());
        let (record, _) = world.end(&mut queue);
        let facts = record.log.clone().unwrap().in_order();
        Self { scenario: Arc::clone(scenario), facts, record, before, after, under_way }
    }

    fn count(&self, wanted: impl Fn(&Fact) -> bool) -> usize {
        self.facts.iter().filter(|(_, fact)| wanted(fact)).count()
    }

    /// When a change was made, and how many shards stayed as they were.
    fn ended(&self, change: u16) -> (Time, u32) {
        let mut ends = self.facts.iter().filter_map(|(at, fact)| match fact {
            Fact::ChangeEnded { change: ChangeId(which), refused, .. } if *which == change => Some((*at, *refused)),
            _ => None,
        });
        let end = ends.next().expect("the change is made");
        assert_eq!(ends.next(), None, "once");
        end
    }

    fn failed(&self) -> u64 {
        self.record.closed.iter().flatten().map(|cell| cell.latency.infinite()).sum()
    }

    fn served(&self, site: &str) -> u64 {
        self.record.sites[site_id(&self.scenario, site).index()].served
    }

    /// Shards with keys, and their hosts before and after.
    fn hosts(&self) -> Vec<(u32, Vec<SiteId>, Vec<SiteId>)> {
        let blueprint = Blueprint::new(Arc::clone(&self.scenario));
        let shards = blueprint.catalog().shards.shards();
        let of = |directory: &Directory, i: usize| directory.hosts(ShardId(i as u32)).serving().to_vec();
        let all = shards.iter().enumerate().map(|(i, shard)| (shard.keys, of(&self.before, i), of(&self.after, i)));
        all.filter(|(keys, ..)| *keys > 0).collect()
    }
}

/// The versions that a site got that joined.
fn moved_to(story: &Story, to: SiteId) -> Vec<KeyVersion> {
    let moved = story.facts.iter().filter_map(|(_, fact)| match fact {
        Fact::Moved { version, site } if *site == to => Some(*version),
        _ => None,
    });
    moved.collect()
}

#[test]
fn a_site_that_joins_takes_its_share_and_nobody_notices() {
    let free = "[routing]\nplacement_bound = \"none\"\n";
    let story =
        Story::of(&fleet(&format!("{free}[change]\nthird = {{ join = \"region.eu.site.c\", at = \"10 min\" }}")));
    let (end, refused) = story.ended(0);
    assert!(refused == 0 && story.under_way == 0 && end > s(600.0), "{end} {refused}");
    let joins = site_id(&story.scenario, "eu.c");
    let (mut moved, mut keys) = (0, 0);
    for (count, before, after) in story.hosts() {
        keys += count;
        assert!(!before.contains(&joins) && before.len() == 2 && after.len() == 2);
        if after.contains(&joins) {
            moved += count;
        } else {
            assert_eq!(before, after, "shards that it does not take stay where they are");
        }
    }
    // Each of three sites holds two thirds of two copies.
    let share = f64::from(moved) / f64::from(keys);
    assert!((share - 2.0 / 3.0).abs() < 0.1, "{share}");
    let copies = story.count(|fact| matches!(fact, Fact::Moved { site, .. } if *site == joins));
    assert_eq!(copies as u32, 2 * moved, "the version in use and the retired one of each");
    let erased: u32 = story
        .facts
        .iter()
        .filter_map(|(_, fact)| match fact {
            Fact::Zeroised { keys, .. } => Some(*keys),
            _ => None,
        })
        .sum();
    assert_eq!(erased, moved, "each has two copies again");
    assert_eq!(story.failed(), 0);
    let all: u64 = ["eu.a", "eu.b", "eu.c"].iter().map(|site| story.served(site)).sum();
    let share = story.served("eu.c") as f64 / all as f64;
    assert!(share > 0.15 && share < 0.4, "a third of what is asked after it has joined: {share}");
}

#[test]
fn callers_with_an_old_table_are_sent_on_by_the_site_that_has_left() {
    let change = "[change]\nout = { leave = \"region.eu.site.a\", at = \"10 min\" }\n";
    for (routing, met) in [("[routing]\ndrain = \"0 s\"\n", true), ("", false)] {
        let story = Story::of(&fleet(&format!("{routing}{change}")));
        assert_eq!((story.ended(0).1, story.failed()), (0, 0), "nothing is lost on the way");
        let leaves = site_id(&story.scenario, "eu.a");
        assert!(story.hosts().iter().all(|(_, _, after)| after.len() == 2 && !after.contains(&leaves)));
        let rejected = story.record.sites[leaves.index()].rejected.iter().sum::<u64>();
        assert_eq!(rejected > 0, met, "{rejected} calls came after the keys were gone");
        let held: u32 =
            story.hosts().iter().filter(|(_, before, _)| before.contains(&leaves)).map(|shard| shard.0).sum();
        let erased = |(_, fact): &(Time, Fact)| match fact {
            Fact::Zeroised { site, keys, .. } if *site == leaves => *keys,
            _ => 0,
        };
        assert_eq!(story.facts.iter().map(erased).sum::<u32>(), held, "all that it held is erased");
    }
}

#[test]
fn provisioned_keys_take_what_generating_them_takes_and_exist_once() {
    let change = "[change]\nlaunch = { provision = \"key.card\", keys = 300, at = \"10 min\" }\n";
    let story = Story::of(&fleet(change));
    let (end, refused) = story.ended(0);
    let first = |fact: &Fact| matches!(fact, Fact::Activated { first: true, .. });
    assert_eq!((refused, story.count(first), story.failed()), (0, 300, 0));
    let made: BTreeSet<KeyRef> = story
        .facts
        .iter()
        .filter_map(|(_, fact)| match fact {
            Fact::Generated { version, .. } if version.version == 1 => Some(version.key),
            _ => None,
        })
        .collect();
    assert_eq!(made.len(), 300);
    // A hundred a second on each of three sites, one at a time beside the callers: a second at least, minutes at most.
    let took = end.since(s(600.0));
    assert!(took > Span::from_secs(1) && took < Span::from_secs(60), "{took}");
    assert_eq!(story.record.keys.ledgers[0].states[KeyState::Active as usize], 400);
}

#[test]
fn keys_are_not_asked_for_before_they_exist_nor_after() {
    let change = "count = 1\nalgorithm = \"rsa-2048\"\n[load.more]\nfrom = { eu = \"10/s\" }\ncalls = [\"sign\"]\nkey = \"late\"\n";
    let late = |rest: &str| fleet(&format!("{rest}[key.late]\n{change}"));
    let story = Story::of(&late("[change]\nlaunch = { provision = \"key.late\", at = \"30 min\" }\n"));
    // Half of ten a second for an hour; keys that nobody has yet cannot be used.
    let failed = story.failed() as f64;
    assert!((failed - 18_000.0).abs() < 5.0 * 135.0, "{failed}");
    let story = Story::of(&late("[change]\nsunset = { retire = \"key.late\", at = \"30 min\" }\n"));
    let failed = story.failed() as f64;
    assert!((failed - 18_000.0).abs() < 1_000.0, "{failed}");
    assert_eq!(story.count(|fact| matches!(fact, Fact::Destroyed(version) if version.key.class == ClassId(1))), 1);
    // Where others of the class are left, callers go over to them.
    let story = Story::of(&fleet("[change]\nlaunch = { provision = \"key.card\", keys = 399, at = \"10 min\" }\n"));
    assert_eq!(story.failed(), 0);
}

#[test]
fn a_change_waits_for_the_metadata_store_and_then_goes_on() {
    let change = "[change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n\
                  [fault]\nstore = { on = \"metadata\", kind = \"crash\", at = \"9 min\", for = \"20 min\" }\n";
    let story = Story::of(&fleet(change));
    let (end, refused) = story.ended(0);
    assert!(refused == 0 && end > s(29.0 * 60.0), "{end}");
    let early = story.facts.iter().filter(|(at, fact)| matches!(fact, Fact::Configured { .. }) && *at < s(29.0 * 60.0));
    assert_eq!((early.count(), story.failed()), (0, 0), "nobody is sent anywhere by what is not published");
}

#[test]
fn a_site_without_room_is_told_and_the_shard_stays() {
    let change = "[profile.small]\nengines = 1\nkey_slots = 100\ngenerate = \"100/s\"\nop.sign = { mean = \"1 ms\" }\nexchange = \"box\"\n\
                  [change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n";
    let text = fleet(change)
        .replace("sites = 3 }", "site.a.hsms = 1, site.b.hsms = 1, site.c.device = \"small\", site.c.hsms = 3 }");
    let story = Story::of(&text.replace("count = 400", "count = 60"));
    let (_, refused) = story.ended(0);
    let full = story.count(|fact| matches!(fact, Fact::NoRoom { .. }));
    assert!(refused > 0 && full as u32 == refused, "{refused} {full}");
    assert_eq!(story.failed(), 0);
}

#[test]
fn a_case_that_begins_after_a_change_begins_with_it_made() {
    let change = "[change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n\
                  sunset = { retire = \"key.card\", at = \"50 min\" }\n";
    let scenario = parse(&fleet(change));
    let whole = Story::over(&scenario, &main_stretch(&scenario));
    let later = Stretch { from: s(1_800.0), counted_from: s(1_800.0), ..main_stretch(&scenario) };
    let case = Story::over(&scenario, &later);
    assert_eq!(case.count(|fact| matches!(fact, Fact::ChangeBegan(_))), 1, "only the later one is still to come");
    let at_the_start: BTreeMap<usize, Vec<SiteId>> =
        case.hosts().into_iter().enumerate().map(|(i, (_, before, _))| (i, before)).collect();
    let joined = Story::over(&parse(&fleet(change.split_once("sunset").unwrap().0)), &main_stretch(&scenario));
    let in_the_end: BTreeMap<usize, Vec<SiteId>> =
        joined.hosts().into_iter().enumerate().map(|(i, (_, _, after))| (i, after)).collect();
    assert_eq!(at_the_start, in_the_end, "the way does not matter, only which sites there are");
    assert!(whole.hosts().iter().all(|(_, _, after)| after.is_empty()));
}

#[test]
fn a_world_whose_fleet_changes_is_the_same_on_both_paths() {
    let change = "[change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n\
                  out = { leave = \"region.eu.site.a\", at = \"20 min\" }\n\
                  launch = { provision = \"key.card\", keys = 100, at = \"15 min\" }\n";
    let scenario = parse(&fleet(&format!("[routing]\ndrain = \"0 s\"\n{change}")));
    let digest = |ahead: bool| {
        let mut world = Blueprint::new(Arc::clone(&scenario)).world(&main_stretch(&scenario));
        world.set_ahead(ahead);
        let mut queue = Queue::new(scenario.populations.len());
        world.begin(Time::ZERO, &mut queue);
        run(&mut world, &mut queue, &mut Pace::Virtual { until: s(3_600.0) });
        world.end(&mut queue).1
    };
    assert!(digest(true) == digest(false));
}

#[test]
fn a_change_waits_for_the_control_plane_and_then_goes_on() {
    let change = "[change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n\
                  [fault]\ncontrol = { on = \"control\", kind = \"crash\", at = \"9 min\", for = \"20 min\" }\n";
    let story = Story::of(&fleet(change));
    let (end, refused) = story.ended(0);
    assert!(refused == 0 && end > s(29.0 * 60.0), "{end}");
    assert_eq!((story.failed(), story.under_way), (0, 0), "sites serve on without it");
}

#[test]
fn copies_that_a_new_host_took_are_not_erased_where_it_is_gone_by_then() {
    let change = "[routing]\ndrain = \"5 min\"\n[change]\nthird = { join = \"region.eu.site.c\", at = \"10 min\" }\n";
    let fire = |more: &str| {
        format!("{change}[fault]\nfire = {{ on = \"region.eu.site.c\", kind = \"destroy\", at = \"14 min\" }}\n{more}")
    };
    let story = Story::of(&fleet(&fire("")));
    let joins = site_id(&story.scenario, "eu.c");
    let (_, refused) = story.ended(0);
    let moved = story.hosts().iter().filter(|(_, before, after)| before != after).count();
    assert!(refused > 100 && moved < 60, "what had moved went back: {refused} shards, {moved} did not");
    assert!(story.hosts().iter().all(|(_, _, after)| after.len() == 2 && !after.contains(&joins)));
    let erased = story.count(|fact| matches!(fact, Fact::Zeroised { .. }));
    assert_eq!((erased, story.under_way), (0, 0));
    // So the next fire loses nothing.
    let more = "then = { on = \"region.eu.site.b\", kind = \"destroy\", at = \"40 min\" }\n";
    assert_eq!(Story::of(&fleet(&fire(more))).record.keys.keys_lost, 0);
}

#[test]
fn a_site_erases_what_it_left_when_it_is_there_again() {
    let story = Story::of(&fleet(
        "[change]\nout = { leave = \"region.eu.site.c\", at = \"20 min\" }\n\
         [fault]\naway = { on = \"region.eu.site.c\", kind = \"crash\", at = \"10 min\", for = \"20 min\" }\n",
    ));
    let erased = story.facts.iter().filter(|(_, fact)| matches!(fact, Fact::Zeroised { .. })).map(|(at, _)| *at);
    let erased: Vec<Time> = erased.collect();
    assert!(erased.len() > 100 && erased.iter().all(|at| *at > s(1_800.0)), "{:?}", erased.first());
    assert_eq!((story.ended(0).1, story.under_way), (0, 0));
}

/// What the scenario says of itself, with two replications: what moves does not depend on luck.
#[test]
fn a_hall_is_replaced_and_nobody_notices() {
    let document = shipped::run("site-replaced", &["replications=2"]);
    shipped::keeps_its_promise("site-replaced", &document);
    let block = document.changes.unwrap();
    let took = |id: &str| block.changes[id].took_s.value.unwrap();
    assert_eq!(document.requests.failed, 0);
    assert_eq!(block.outdated_calls.value, Some(0.0), "every table knew before anything was erased");
    assert!((60.0..150.0).contains(&took("new-hall")) && (60.0..150.0).contains(&took("old-hall")), "{block:?}");
    assert!((600.0..1_000.0).contains(&took("launch")), "{block:?}");
    assert!(block.changes.values().all(|change| change.refused.value == Some(0.0)));
    // Two thirds of three thousand keys to the new hall, as many back from the old one, each with a retired version.
    let moved = block.copies_moved.value.unwrap();
    assert!((7_600.0..8_400.0).contains(&moved), "{moved}");
    assert_eq!(block.keys_provisioned.value, Some(500.0));
    let hasty = shipped::run("site-replaced", &["replications=2", "routing.drain=\"0 s\""]);
    let block = hasty.changes.unwrap();
    assert!(block.outdated_calls.value > Some(0.0), "{block:?}");
    assert_eq!(hasty.requests.failed, 0, "who is sent on is served");
    let away = "fault.away={ on = \"control\", kind = \"crash\", at = \"90 min\", for = \"1 h\" }";
    let late = shipped::run("site-replaced", &["replications=2", away]);
    let took = late.changes.unwrap().changes["old-hall"].took_s.value.unwrap();
    assert_eq!(late.requests.failed, 0);
    assert!(took < 150.0, "it begins when the control plane is back: {took}");
}
