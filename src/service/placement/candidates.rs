//! How a shard ranks the sites that may host it: by weighted rendezvous scores (Thaler and Ravishankar 1998, weights after
//! Schindelhauer and Schomaker 2005), or clockwise on a ring of virtual nodes (Karger et al. 1997). Either ranking of some
//! sites is that of more sites without the others, so that a site that joins or leaves does not change the order of the rest.

use crate::kms::SiteId;
use crate::rng::mix;
use crate::service::policy::{Placement, Ranking};
use std::borrow::Cow;

/// A site that may host shards.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The site.
    pub site: SiteId,
    /// Its share against others, at least 1.
    pub weight: u32,
    /// Hash of its id: ranks are made of it, so that sites that come or go do not change those of others.
    pub name: u64,
}

/// The sites of one region, ready to be ranked.
#[derive(Clone, Debug)]
pub struct Candidates {
    pub(super) sites: Vec<Candidate>,
    pub(super) placement: Placement,
    /// Virtual nodes by their place on the ring, each with the number of its site; empty without a ring.
    ring: Vec<(u64, u16)>,
}

/// By what a shard finds its sites.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    seed: u64,
    place: u64,
}

impl Seat {
    /// Of this shard of the lot of this name. On a ring the shards of a lot stand apart from each other, any first of them as
    /// evenly as they can (van der Corput's sequence): chance would add its own scatter to that of the virtual nodes.
    pub(super) const fn new(lot: u64, number: u32) -> Self {
        let apart = (number.reverse_bits() as u64) << 32;
        Self { seed: mix(lot ^ mix(number as u64 + 1)), place: apart.wrapping_add(mix(lot)) }
    }
}

impl Candidates {
    /// Sites, each one once, of which shards choose as `placement` says.
    #[must_use]
    pub fn new(placement: Placement, sites: Vec<Candidate>) -> Self {
        let mut ring = Vec::new();
        if let Ranking::Ring { virtual_nodes } = placement.ranking {
            for (i, site) in sites.iter().enumerate() {
                let nodes = u64::from(virtual_nodes.max(1)) * u64::from(site.weight);
                ring.extend((1..=nodes).map(|node| (mix(site.name ^ mix(node)), i as u16)));
            }
            // Nodes at the same place are in an order that other sites do not change.
            ring.sort_unstable_by_key(|(place, site)| (*place, sites[usize::from(*site)].name));
        }
        Self { sites, placement, ring }
    }

    /// Those of them that are wanted, ranked by each shard as among all.
    #[must_use]
    pub fn only(&self, wanted: &dyn Fn(SiteId) -> bool) -> Cow<'_, Self> {
        let kept: Vec<Candidate> = self.sites.iter().copied().filter(|entry| wanted(entry.site)).collect();
        if kept.len() == self.len() { Cow::Borrowed(self) } else { Cow::Owned(Self::new(self.placement, kept)) }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// The numbers of all sites, from the one that a shard likes best to the one that it likes least.
    pub(super) fn rank(&self, shard: Seat) -> Vec<usize> {
        match self.placement.ranking {
            Ranking::Rendezvous => {
                let scores = self.sites.iter().map(|site| score(shard.seed, site.name, site.weight)).enumerate();
                let mut scores: Vec<(usize, f64)> = scores.collect();
                scores.sort_by(|a, b| b.1.total_cmp(&a.1));
                scores.into_iter().map(|(i, _)| i).collect()
            }
            Ranking::Ring { .. } => {
                let start = self.ring.partition_point(|(place, _)| *place < shard.place);
                let clockwise = self.ring[start..].iter().chain(&self.ring[..start]);
                let (mut met, mut order) = (vec![false; self.len()], Vec::with_capacity(self.len()));
                for site in clockwise.map(|(_, site)| usize::from(*site)) {
                    if !std::mem::replace(&mut met[site], true) {
                        order.push(site);
                        if order.len() == self.len() {
                            break;
                        }
                    }
                }
                order
            }
        }
    }
}

/// Weighted rendezvous score of a candidate by its name: -weight / ln(u).
#[must_use]
pub fn score(seed: u64, name: u64, weight: u32) -> f64 {
    let bits = mix(seed ^ mix(name));
    let u = ((bits >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
    -f64::from(weight) / libm::log(u)
}
