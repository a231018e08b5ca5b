//! Which sites hold which keys: balance, weights, distinct sites, small moves, partners.

use crate::fleet::parse;
use keyfleet::kms::{ClassId, KeyRef, RegionId, SiteId};
use keyfleet::rng::stable_hash;
use keyfleet::service::{Candidate, HOSTS_MAX, Lot, Shard, ShardMap, jump};
use keyfleet::world::Blueprint;
use std::collections::{BTreeMap, BTreeSet};

const KEYS: u32 = 100_000;

fn candidates(weights: &[u32]) -> Vec<Candidate> {
    let candidate = |(i, weight): (usize, &u32)| Candidate {
        site: SiteId(i as u16),
        weight: *weight,
        name: stable_hash(&format!("region.{i}")),
    };
    weights.iter().enumerate().map(candidate).collect()
}

/// Places keys of one class on sites numbered from 0 with these weights, eight shards a site.
fn placed(weights: &[u32], copies: usize) -> ShardMap {
    let sites = candidates(weights);
    let mut map = ShardMap::new(1);
    map.place(&Lot {
        class: ClassId(0),
        home: RegionId(0),
        name: 1,
        confined: false,
        keys: KEYS,
        shards: 8 * sites.len() as u32,
        copies,
        partner_copies: 0,
        sites: &sites,
        partners: &[],
    });
    map
}

/// Keys by site, of the shards' hosts that `which` picks.
fn keys_at(map: &ShardMap, which: impl Fn(&Shard) -> Vec<SiteId>) -> BTreeMap<SiteId, u32> {
    let mut keys = BTreeMap::new();
    for shard in map.shards() {
        for site in which(shard) {
            *keys.entry(site).or_default() += shard.keys;
        }
    }
    keys
}

#[test]
fn twelve_sites_share_a_hundred_thousand_keys() {
    let map = placed(&[2; 12], 2);
    assert_eq!(map.shards().iter().map(|shard| shard.keys).sum::<u32>(), KEYS);
    // The preferred hosts take the traffic: 96 shards, each site is first of 8.
    let mut first = BTreeMap::<SiteId, u32>::new();
    map.shards().iter().for_each(|shard| *first.entry(shard.hosts()[0]).or_default() += 1);
    assert_eq!(first.len(), 12);
    for (site, shards) in &first {
        assert_eq!(*shards, 8, "{site:?} is preferred by {shards} of 96 shards");
    }
    for (site, keys) in keys_at(&map, |shard| shard.hosts().to_vec()) {
        let share = f64::from(keys) / (2.0 * f64::from(KEYS) / 12.0);
        assert!((0.7..1.3).contains(&share), "{site:?} holds {share} of its share");
    }
}

#[test]
fn many_shards_are_preferred_evenly_within_five_percent() {
    let weights = [2; 12];
    let sites = candidates(&weights);
    let mut map = ShardMap::new(1);
    let (class, home) = (ClassId(0), RegionId(0));
    map.place(&Lot {
        class,
        home,
        name: 1,
        confined: false,
        keys: KEYS,
        shards: 6_000,
        copies: 2,
        partner_copies: 0,
        sites: &sites,
        partners: &[],
    });
    let mut first = [0_u32; 12];
    map.shards().iter().for_each(|shard| first[shard.hosts()[0].index()] += 1);
    for count in first {
        assert!(f64::from(count) <= 500.0 * 1.05 + 1.0 && f64::from(count) >= 500.0 * 0.88, "{first:?}");
    }
}

#[test]
fn keys_are_spread_over_shards_like_coins() {
    // Chi-square of 96 shards against an even spread: 95 degrees of freedom, below 141 with probability 0.998.
    let map = placed(&[2; 12], 1);
    let expected = f64::from(KEYS) / 96.0;
    let chi: f64 = map
        .shards()
        .iter()
        .map(|shard| (f64::from(shard.keys) - expected) * (f64::from(shard.keys) - expected) / expected)
        .sum();
    assert!(chi < 141.0, "{chi}");
    for number in [0, 1, 999, KEYS - 1] {
        let key = keyfleet::kms::KeyRef { class: ClassId(0), number };
        assert!(map.of(key).index() < 96);
    }
}

#[test]
fn a_site_with_more_devices_holds_more() {
    let map = placed(&[1, 2, 4, 1, 2, 4, 1, 2, 4, 1, 2, 4], 1);
    let keys = keys_at(&map, |shard| shard.hosts().to_vec());
    let of = |remainder: u16| {
        keys.iter().filter(|(site, _)| site.0 % 3 == remainder).map(|(_, k)| f64::from(*k)).sum::<f64>()
    };
    for (remainder, weight) in [(0, 1.0), (1, 2.0), (2, 4.0)] {
        let share = of(remainder) / (f64::from(KEYS) * weight / 7.0);
        assert!((0.75..1.25).contains(&share), "weight {weight}: {share} of its share");
    }
}

#[test]
fn each_copy_lies_at_another_site() {
    for copies in 1..=HOSTS_MAX {
        let map = placed(&[1, 5, 1, 1, 3, 1, 1, 2], copies);
        for shard in map.shards() {
            let distinct: BTreeSet<&SiteId> = shard.hosts().iter().collect();
            assert_eq!((shard.hosts().len(), distinct.len()), (copies, copies));
        }
    }
}

#[test]
fn a_further_shard_moves_only_the_keys_that_it_takes() {
    for shards in [1_u32, 7, 96, 500] {
        let mut moved = 0_u32;
        for key in 0..KEYS {
            let key = keyfleet::rng::mix(u64::from(key));
            let (before, after) = (jump(key, shards), jump(key, shards + 1));
            assert!(before < shards);
            if before != after {
                assert_eq!(after, shards, "a key moves to the new shard or not at all");
                moved += 1;
            }
        }
        let expected = f64::from(KEYS) / f64::from(shards + 1);
        assert!((f64::from(moved) - expected).abs() < 5.0 * expected.sqrt(), "{moved} moved, {expected} expected");
    }
}

#[test]
fn a_further_site_takes_shards_and_leaves_most_where_they_are() {
    let (twelve, thirteen) = (candidates(&[2; 12]), candidates(&[2; 13]));
    let map = |sites: &[Candidate]| {
        let mut map = ShardMap::new(1);
        let (class, home) = (ClassId(0), RegionId(0));
        map.place(&Lot {
            class,
            home,
            name: 1,
            confined: false,
            keys: 10_000,
            shards: 1_200,
            copies: 1,
            partner_copies: 0,
            sites,
            partners: &[],
        });
        map
    };
    let (before, after) = (map(&twelve), map(&thirteen));
    let moved = before.shards().iter().zip(after.shards()).filter(|(a, b)| a.hosts() != b.hosts());
    let between_old = moved.clone().filter(|(_, b)| b.hosts()[0] != SiteId(12)).count();
    let (moved, to_new) = (moved.count(), after.shards().iter().filter(|shard| shard.hosts()[0] == SiteId(12)).count());
    assert!((70..=100).contains(&to_new), "a thirteenth of 1200 is 92: {to_new}");
    // The bound makes some more move than rendezvous hashing alone would.
    assert!(between_old < 120, "{moved} moved, {between_old} of them between old sites");
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
