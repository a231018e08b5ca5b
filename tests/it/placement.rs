//! Which sites hold which keys: balance, weights, distinct sites, small moves, partners.

mod balance;
mod moves;

use crate::fleet::parse;
use keyfleet::kms::{ClassId, KeyRef, RegionId, SiteId};
use keyfleet::rng::stable_hash;
use keyfleet::service::{Candidate, Candidates, HOSTS_MAX, Lot, Placement, Ranking, ShardMap};
use keyfleet::world::Blueprint;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const KEYS: u32 = 1_000_000;
/// As many as a scenario has by default.
const SHARDS: u32 = 4_096;
const RENDEZVOUS: Ranking = Ranking::Rendezvous;
const RING: Ranking = Ranking::Ring { virtual_nodes: 1_000 };

/// The default bound.
const fn bounded(ranking: Ranking) -> Placement {
    Placement { ranking, bound: 1.0 }
}

const fn unbounded(ranking: Ranking) -> Placement {
    Placement { ranking, bound: f64::INFINITY }
}

/// Sites with these weights, numbered from 0, whose names are their numbers.
fn fleet(weights: &[u32]) -> Vec<Candidate> {
    let candidate = |(i, weight): (usize, &u32)| Candidate {
        site: SiteId(i as u16),
        weight: *weight,
        name: stable_hash(&format!("region.{i}")),
    };
    weights.iter().enumerate().map(candidate).collect()
}

/// A million keys of one class on these sites.
fn placed(placement: Placement, sites: &[Candidate], copies: usize) -> ShardMap {
    keys_placed(placement, sites, copies, KEYS)
}

fn keys_placed(placement: Placement, sites: &[Candidate], copies: usize, keys: u32) -> ShardMap {
    let sites = Candidates::new(placement, sites.to_vec());
    let mut map = ShardMap::new(1);
    let lot = Lot {
        class: ClassId(0),
        home: RegionId(0),
        name: 1,
        confined: false,
        keys,
        shards: SHARDS,
        copies,
        partner_copies: 0,
        escrow_copies: 0,
        sites: Arc::new(sites),
        partners: Vec::new(),
        escrow: Vec::new(),
    };
    map.place(lot, Some(&|_| true));
    map
}

/// Keys by site, of which it is among the first so many hosts.
fn keys_at(map: &ShardMap, hosts: usize) -> BTreeMap<SiteId, f64> {
    let mut keys = BTreeMap::new();
    for shard in map.shards() {
        for site in &shard.hosts()[..hosts] {
            *keys.entry(*site).or_default() += f64::from(shard.keys);
        }
    }
    keys
}

#[test]
fn each_copy_lies_at_another_site() {
    for placement in [RENDEZVOUS, RING].into_iter().flat_map(|ranking| [bounded(ranking), unbounded(ranking)]) {
        for copies in 1..=HOSTS_MAX {
            let map = keys_placed(placement, &fleet(&[1, 5, 1, 1, 3, 1, 1, 2]), copies, 10);
            for shard in map.shards() {
                let distinct: BTreeSet<&SiteId> = shard.hosts().iter().collect();
                assert_eq!((shard.hosts().len(), distinct.len()), (copies, copies));
            }
        }
    }
}

#[test]
fn partner_copies_lie_in_the_partner_region_that_residency_allows() {
    let text = |stay: &str, partner: &str| {
        format!(
            r#"
format = 1
run = "1 h"
[region]
de = {{ at = "Frankfurt", device = "luna-a790", sites = 3{partner} }}
fr = {{ at = "Paris", device = "luna-a790", sites = 2 }}
gb = {{ at = "London", device = "luna-a790", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "luna-a790", sites = 2 }}
[key.card]
count = {{ de = 600 }}
algorithm = "rsa-2048"
stay = {stay}
copies = 2
partner_copies = 2
[load.pay]
from = {{ de = "1/s" }}
calls = ["sign"]
key = "card"
"#
        )
    };
    for (stay, partner, expected) in [
        ("\"anywhere\"", "", "fr"),
        ("\"anywhere\"", ", partner = \"us\"", "us"),
        ("[\"DE\", \"GB\"]", "", "gb"),
        ("\"anywhere\"", ", partner = \"gb\"", "gb"),
    ] {
        let scenario = parse(&text(stay, partner));
        let blueprint = Blueprint::new(std::sync::Arc::clone(&scenario));
        let mut used = BTreeSet::new();
        for shard in blueprint.catalog().shards.shards() {
            let regions: Vec<&str> = shard
                .hosts()
                .iter()
                .map(|site| scenario.regions[scenario.sites[site.index()].region.index()].id.as_str())
                .collect();
            assert_eq!(regions, ["de", "de", expected, expected], "{stay}{partner}");
            used.extend(shard.hosts().iter().copied());
        }
        assert_eq!(used.len(), 5, "all sites of home and partner share the keys");
    }
}

/// Two regions of three sites, and whatever else.
fn pair(more: &str) -> Blueprint {
    Blueprint::new(parse(&format!(
        r#"format = 1
run = "1 min"
region.eu = {{ at = "Frankfurt", device = "luna-a790", sites = 3 }}
region.us = {{ at = "aws:us-east-1", device = "luna-a790", sites = 3 }}
key.k = {{ count = {{ eu = 200, us = 200 }}, algorithm = "rsa-2048", copies = 2, rotate = {{ every = "1 h" }} }}
load.pay = {{ from = {{ eu = "50/s", us = "50/s" }}, calls = ["sign"], key = "k" }}
{more}"#
    )))
}

/// Host names of each shard, by class and home, in order.
fn hosts_by_name(blueprint: &Blueprint) -> BTreeMap<(String, String), Vec<Vec<String>>> {
    let s = blueprint.scenario();
    let mut hosts: BTreeMap<_, Vec<Vec<String>>> = BTreeMap::new();
    for shard in blueprint.catalog().shards.shards() {
        let key = (s.keys[shard.class.index()].id.clone(), s.regions[shard.home.index()].id.clone());
        hosts.entry(key).or_default().push(shard.hosts().iter().map(|h| s.sites[h.index()].id.clone()).collect());
    }
    hosts
}

#[test]
fn what_is_added_elsewhere_moves_no_key() {
    let before = pair("");
    for more in [
        "region.aa = { at = \"Tokyo\", device = \"luna-a790\", sites = 2 }",
        "key.a = { count = { eu = 10 }, algorithm = \"rsa-2048\" }",
    ] {
        let after = pair(more);
        let (old, new) = (hosts_by_name(&before), hosts_by_name(&after));
        assert!(old.iter().all(|(lot, hosts)| new.get(lot) == Some(hosts)), "{more}");
        // Keys are where they were, by number within class and home.
        let (a, b) = (&before.catalog().shards, &after.catalog().shards);
        let class = |blueprint: &Blueprint| {
            ClassId(blueprint.scenario().keys.iter().position(|class| class.id == "k").unwrap() as u16)
        };
        for number in 0..400 {
            let (old, new) = (KeyRef { class: class(&before), number }, KeyRef { class: class(&after), number });
            assert_eq!(a.name(old), b.name(new), "{more}: key {number} draws what it drew");
        }
    }
    assert!(hosts_by_name(&before).values().flatten().map(|hosts| &hosts[0]).collect::<BTreeSet<_>>().len() > 3);
}
