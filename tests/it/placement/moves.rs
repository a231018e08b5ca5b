//! What moves when a site joins or leaves, by name: its own share and, without a bound, nothing else.

use super::{KEYS, RENDEZVOUS, RING, SHARDS, bounded, fleet, placed, unbounded};
use keyfleet::kms::SiteId;
use keyfleet::service::{Candidate, Placement, ShardMap, jump};

/// A fleet without one of its sites; the others keep their names and numbers.
fn without(sites: &[Candidate], left: usize) -> Vec<Candidate> {
    sites.iter().filter(|site| site.site.index() != left).copied().collect()
}

/// Shares of the keys whose preferred host differs between two maps, and of those that moved between others than `site`.
fn moved(before: &ShardMap, after: &ShardMap, site: usize) -> (f64, f64) {
    let (mut moved, mut between_others) = (0, 0);
    for (a, b) in before.shards().iter().zip(after.shards()) {
        assert_eq!(a.keys, b.keys, "no key changes its shard");
        let (from, to) = (a.hosts()[0], b.hosts()[0]);
        moved += if from == to { 0 } else { a.keys };
        between_others += if from == to || [from, to].contains(&SiteId(site as u16)) { 0 } else { a.keys };
    }
    (f64::from(moved) / f64::from(KEYS), f64::from(between_others) / f64::from(KEYS))
}

#[test]
fn without_a_bound_only_the_keys_of_the_site_that_leaves_or_joins_move() {
    for ranking in [RENDEZVOUS, RING] {
        let twelve = fleet(&[1; 12]);
        let before = placed(unbounded(ranking), &twelve, 3);
        for left in 0..12 {
            let after = placed(unbounded(ranking), &without(&twelve, left), 3);
            // Read from left to right it leaves, from right to left it joins.
            let (share, between_others) = moved(&before, &after, left);
            assert_eq!(between_others, 0.0);
            assert!(share > 0.05 && share <= 1.0 / 12.0 + 0.01, "{ranking:?}: without {left} {share} of the keys move");
            for (a, b) in before.shards().iter().zip(after.shards()) {
                let stay: Vec<SiteId> = a.hosts().iter().copied().filter(|site| site.index() != left).collect();
                assert_eq!(b.hosts()[..stay.len()], stay, "the other hosts stay, in their order");
            }
        }
    }
}

#[test]
fn a_bound_moves_a_few_keys_more() {
    for ranking in [RENDEZVOUS, RING] {
        for (bound, most) in [(1.0, 0.025), (1.05, 0.01), (1.25, 0.001)] {
            let placement = Placement { ranking, bound };
            let twelve = fleet(&[1; 12]);
            let before = placed(placement, &twelve, 2);
            for left in [0, 5, 11] {
                let after = placed(placement, &without(&twelve, left), 2);
                let (share, between_others) = moved(&before, &after, left);
                assert!(between_others < most, "{ranking:?} {bound} without {left}: {share}, {between_others}");
                assert!(share < 1.0 / 12.0 + 0.01 + most, "{ranking:?} {bound} without {left}: {share}");
            }
        }
    }
}

#[test]
fn the_heirs_of_a_site_share_what_it_leaves() {
    for (ranking, most) in [(RENDEZVOUS, 0.15), (RING, 0.2)] {
        let twelve = fleet(&[1; 12]);
        let before = placed(bounded(ranking), &twelve, 1);
        let after = placed(bounded(ranking), &without(&twelve, 4), 1);
        let mut heirs = [0_u32; 12];
        for (a, b) in before.shards().iter().zip(after.shards()).filter(|(a, _)| a.hosts() == [SiteId(4)]) {
            heirs[b.hosts()[0].index()] += a.keys;
        }
        let whole = f64::from(heirs.iter().sum::<u32>());
        assert!(heirs.iter().all(|keys| f64::from(*keys) / whole < most), "{ranking:?}: {heirs:?}");
    }
}

#[test]
fn a_further_shard_moves_only_the_keys_that_it_takes() {
    for shards in [1_u32, 7, 96, SHARDS] {
        let (mut moved, keys) = (0_u32, 100_000_u32);
        for key in 0..keys {
            let key = keyfleet::rng::mix(u64::from(key));
            let (before, after) = (jump(key, shards), jump(key, shards + 1));
            assert!(before < shards);
            if before != after {
                assert_eq!(after, shards, "a key moves to the new shard or not at all");
                moved += 1;
            }
        }
        let expected = f64::from(keys) / f64::from(shards + 1);
        assert!((f64::from(moved) - expected).abs() < 5.0 * expected.sqrt(), "{moved} moved, {expected} expected");
    }
}
