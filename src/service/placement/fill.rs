//! Bounded load of placement: how many shards a site may be preferred for, and how many it may host. Bounds are shares of the
//! whole number of shards, in whole shards that add up to it, so that shards placed one after the other all find room.

use super::candidates::{Candidate, Candidates, Seat};
use crate::kms::SiteId;

/// Sites being filled with the shards of one lot.
pub(super) struct Fill<'a> {
    candidates: &'a Candidates,
    copies: usize,
    bounds: Option<Bounds>,
}

/// What is left, by site.
struct Bounds {
    /// Shards still to be placed.
    shards: u64,
    /// How many of them it may be preferred for.
    first: Vec<u64>,
    /// How many of the others it may host.
    further: Vec<u64>,
}

impl<'a> Fill<'a> {
    /// Empty sites, to host `copies` copies of each of so many shards; at most as many copies as there are sites.
    pub(super) fn new(candidates: &'a Candidates, shards: u32, copies: usize) -> Self {
        let ratio = candidates.placement.bound;
        let shards = u64::from(shards);
        let bounds = ratio.is_finite().then(|| {
            let first = bounds(&candidates.sites, (shards, 1), ratio);
            let any = bounds(&candidates.sites, (shards, copies), ratio);
            let further = any.iter().zip(&first).map(|(any, first)| any.saturating_sub(*first)).collect();
            Bounds { shards, first, further }
        });
        Self { candidates, copies, bounds }
    }

    /// The hosts of the next shard, the preferred one first: each the first in the shard's ranking that is below its bound.
    pub(super) fn next(&mut self, shard: Seat) -> impl Iterator<Item = SiteId> {
        let rank = self.candidates.rank(shard);
        let chosen = match &mut self.bounds {
            Some(bounds) if self.copies > 0 => bounds.choose(&rank, self.copies),
            _ => rank[..self.copies].to_vec(),
        };
        chosen.into_iter().map(|i| self.candidates.sites[i].site)
    }
}

impl Bounds {
    /// The bound on what a site is preferred for always holds. That on what it hosts gives way where each site below it hosts
    /// the shard already, which [`Self::critical`] sees coming.
    fn choose(&mut self, rank: &[usize], copies: usize) -> Vec<usize> {
        let (critical, mut must) = self.critical(copies);
        let below = |i: &&usize| self.first[**i] > 0;
        let fits = |i: &&usize| must < copies || critical.contains(i);
        let best = rank.iter().filter(below).find(fits).or_else(|| rank.iter().find(below));
        let preferred = *best.unwrap_or(&rank[0]);
        must -= usize::from(critical.contains(&preferred)).min(must);
        let mut hosts = vec![preferred];
        for i in rank.iter().filter(|i| self.further[**i] > 0 && **i != preferred) {
            let needed = must > 0 && critical.contains(i);
            if hosts.len() < copies && (needed || hosts.len() + must < copies) {
                must -= usize::from(needed);
                hosts.push(*i);
            }
        }
        for i in rank {
            if hosts.len() < copies && !hosts.contains(i) {
                hosts.push(*i);
            }
        }
        self.shards -= 1;
        self.first[preferred] = self.first[preferred].saturating_sub(1);
        hosts[1..].iter().for_each(|i| self.further[*i] = self.further[*i].saturating_sub(1));
        hosts
    }

    /// The sites with room for every shard that is left, and how many of them must host the next one: each that does not
    /// wastes a place, for it hosts a shard only once, and there are only so many places more than are needed.
    fn critical(&self, copies: usize) -> (Vec<usize>, usize) {
        let room = self.first.iter().zip(&self.further).map(|(first, further)| (first + further).min(self.shards));
        let room: Vec<u64> = room.collect();
        let critical: Vec<usize> = (0..room.len()).filter(|i| room[*i] == self.shards).collect();
        let spare = room.iter().sum::<u64>().saturating_sub(self.shards * copies as u64);
        let must = (critical.len() as u64).saturating_sub(spare) as usize;
        (critical, must)
    }
}

/// How many of `shards` each site may host one of the `copies` of: its fair share times `ratio`, but at least as many as
/// let all of them together host all.
fn bounds(sites: &[Candidate], (shards, copies): (u64, usize), ratio: f64) -> Vec<u64> {
    let fair = fair(sites, (shards, copies));
    let mut bounds: Vec<u64> = fair.iter().map(|share| *share as u64).collect();
    // The largest remainders are rounded up; among equal ones names decide, which other sites do not change.
    let mut order: Vec<usize> = (0..sites.len()).collect();
    let remainder = |i: usize| fair[i] - fair[i].floor();
    order.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)).then(sites[*a].name.cmp(&sites[*b].name)));
    let missing = (shards * copies as u64).saturating_sub(bounds.iter().sum());
    order.iter().take(missing as usize).for_each(|i| bounds[*i] += 1);
    let loose = fair.iter().map(|share| (ratio * share) as u64);
    bounds.into_iter().zip(loose).map(|(least, loose)| least.max(loose).min(shards)).collect()
}

/// Each site's share by weight of all copies. One whose share would exceed one copy of each shard has that, and the others
/// share the rest.
fn fair(sites: &[Candidate], (shards, copies): (u64, usize)) -> Vec<f64> {
    let most = shards as f64;
    let mut share = vec![0.0; sites.len()];
    let mut full = vec![false; sites.len()];
    loop {
        let filled = full.iter().filter(|full| **full).count();
        let weights: u64 = sites.iter().zip(&full).filter(|(_, full)| !**full).map(|(s, _)| u64::from(s.weight)).sum();
        let rest = most * copies.saturating_sub(filled) as f64;
        for (i, site) in sites.iter().enumerate() {
            share[i] = if full[i] { most } else { rest * f64::from(site.weight) / weights as f64 };
        }
        let over: Vec<usize> = (0..sites.len()).filter(|i| !full[*i] && share[*i] > most).collect();
        if over.is_empty() {
            return share;
        }
        over.into_iter().for_each(|i| full[i] = true);
    }
}
