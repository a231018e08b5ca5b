//! How evenly a million keys lie on twelve sites, by weight, with and without a bound.

use super::{KEYS, RENDEZVOUS, RING, SHARDS, bounded, fleet, keys_at, keys_placed, placed, unbounded};
use keyfleet::kms::{ClassId, KeyRef, SiteId};
use keyfleet::service::{Placement, Ranking, Shard, ShardMap};
use std::collections::BTreeMap;

/// Highest number of keys of which a site is the preferred host, over the mean.
fn peak(map: &ShardMap) -> f64 {
    let keys = keys_at(map, 1);
    assert_eq!((keys.len(), keys.values().sum::<f64>()), (12, f64::from(KEYS)));
    keys.values().fold(0.0, |most: f64, keys| most.max(*keys)) * 12.0 / f64::from(KEYS)
}

#[test]
fn twelve_sites_share_a_million_keys() {
    for (ranking, most, most_unbounded) in [(RENDEZVOUS, 1.01, 1.10), (RING, 1.05, 1.10)] {
        for copies in [1, 2] {
            let map = placed(bounded(ranking), &fleet(&[2; 12]), copies);
            assert!(peak(&map) <= most, "{ranking:?}, {copies} copies: {}", peak(&map));
            for (site, keys) in keys_at(&map, copies) {
                let share = keys * 12.0 / f64::from(KEYS) / copies as f64;
                assert!((share - 1.0).abs() < 0.01, "{ranking:?}: {site:?} holds {share} of its share of copies");
            }
            // Without a bound shards scatter by chance, or a ring's arcs do.
            let loose = peak(&placed(unbounded(ranking), &fleet(&[1; 12]), copies));
            assert!(loose > 1.02 && loose < most_unbounded, "{ranking:?}, {copies} copies, unbounded: {loose}");
        }
    }
}

#[test]
fn keys_are_spread_over_shards_like_coins() {
    // Chi-square of 4096 shards against an even spread: 4095 degrees of freedom, standard deviation 90.
    let map = placed(bounded(RENDEZVOUS), &fleet(&[2; 12]), 1);
    let expected = f64::from(KEYS) / f64::from(SHARDS);
    let square = |shard: &Shard| (f64::from(shard.keys) - expected) * (f64::from(shard.keys) - expected) / expected;
    let chi: f64 = map.shards().iter().map(square).sum();
    assert!((chi - 4_095.0).abs() < 3.0 * 90.5, "{chi}");
    for number in [0, 1, 999, KEYS - 1] {
        assert!(map.of(KeyRef { class: ClassId(0), number }).index() < SHARDS as usize);
    }
}

#[test]
fn sites_hold_keys_by_weight_within_a_hundredth() {
    for weights in [[1, 2, 4, 1, 2, 4, 1, 2, 4, 1, 2, 4], [2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3]] {
        let whole: u32 = weights.iter().sum();
        for (ranking, copies) in [(RENDEZVOUS, 1), (RENDEZVOUS, 2), (RING, 1), (RING, 2)] {
            let map = placed(bounded(ranking), &fleet(&weights), copies);
            for hosts in [1, copies] {
                let keys = keys_at(&map, hosts);
                let all: f64 = keys.values().sum();
                // Sites of the same weight together: of one of weight 1 among 28, a million keys are known to a hundredth only.
                let mut of_weight = BTreeMap::<u32, f64>::new();
                for (site, keys) in &keys {
                    *of_weight.entry(weights[site.index()]).or_default() += keys;
                }
                for (weight, keys) in of_weight {
                    let sites = weights.iter().filter(|w| **w == weight).count();
                    let share = keys / all * f64::from(whole) / f64::from(weight) / sites as f64;
                    assert!(
                        (share - 1.0).abs() < 0.01,
                        "{ranking:?}, {copies}: weight {weight} has {share} of its share"
                    );
                }
            }
        }
    }
}

#[test]
fn no_site_is_preferred_for_more_shards_than_its_bound() {
    for ranking in [RENDEZVOUS, RING] {
        for (bound, copies) in [(1.0, 1), (1.0, 2), (1.0, 3), (1.02, 2), (1.25, 2)] {
            let weights = [1, 2, 4, 1, 2, 4, 1, 2, 4, 1, 2, 4];
            let map = keys_placed(Placement { ranking, bound }, &fleet(&weights), copies, 10);
            let (mut first, mut any) = ([0_u32; 12], [0_u32; 12]);
            for shard in map.shards() {
                first[shard.hosts()[0].index()] += 1;
                shard.hosts().iter().for_each(|site| any[site.index()] += 1);
            }
            for (site, weight) in weights.iter().enumerate() {
                let fair = f64::from(SHARDS * weight) / 28.0;
                let most = |fair: f64| (bound * fair).max(fair.ceil());
                assert!(f64::from(first[site]) <= most(fair), "{ranking:?} {bound}: {first:?}");
                assert!(f64::from(any[site]) <= most(fair * copies as f64), "{ranking:?} {bound}: {any:?}");
                if bound == 1.0 {
                    assert!(f64::from(first[site]) >= fair.floor(), "to a whole shard: {first:?}");
                }
            }
        }
    }
}

#[test]
fn a_site_too_heavy_to_have_its_share_hosts_every_shard() {
    // Half of the weight, but no shard lies twice at a site; the other three share the rest evenly.
    for ranking in [RENDEZVOUS, RING] {
        let map = keys_placed(bounded(ranking), &fleet(&[9, 1, 1, 1]), 2, 10);
        let mut any = [0_u32; 4];
        map.shards().iter().flat_map(Shard::hosts).for_each(|site| any[site.index()] += 1);
        assert_eq!(any[0], SHARDS);
        assert!(any[1..].iter().all(|hosted| hosted.abs_diff(SHARDS / 3) <= 1), "{any:?}");
    }
}

#[test]
fn one_site_and_no_copies_are_no_special_case() {
    for ranking in [RENDEZVOUS, RING, Ranking::Ring { virtual_nodes: 1 }] {
        let map = |copies: usize| keys_placed(bounded(ranking), &fleet(&[3]), copies, 10);
        assert!(map(1).shards().iter().all(|shard| shard.hosts() == [SiteId(0)]));
        assert!(map(0).shards().iter().all(|shard| shard.hosts().is_empty()));
    }
}
