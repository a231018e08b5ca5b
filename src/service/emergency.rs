//! Emergency access across shards: when every site of a region is down, sites elsewhere that hold its keys in escrow may use them,
//! under a grant that people gave. Down and cut off look the same from outside, so the region is fenced first: a site that is
//! only cut off stops by itself when its lease ends. `procedure.rs` is the control plane's side, `lease.rs` that of the region's
//! sites, `warrant.rs` that of the sites with copies in escrow; `conduct.rs` joins them with the rest of the service.

mod conduct;
mod lease;
mod port;
mod procedure;
mod warrant;

pub use port::{Contact, EmergencyEffect, EmergencyInput, EmergencyTimer, Letter, Rules};

use super::catalog::Catalog;
use super::view::View;
use crate::kms::{ClassId, GrantId, KeyRef, RegionId, SiteId};
use crate::time::{Span, Time};
use lease::Leases;
use procedure::Procedure;
use std::collections::{BTreeMap, BTreeSet};
use warrant::Warrants;

/// The number of whoever asks for grants, among those who approve them: separation of duties.
pub const REQUESTER: u8 = u8::MAX;

/// What the catalog says of emergency access.
#[derive(Clone, Debug)]
pub struct EmergencyEntry {
    /// The rules.
    pub rules: Rules,
    /// By class: a grant may open its keys. They have copies in escrow, and all their hosts stand in their home region: of others
    /// the partners serve.
    pub covers: Vec<bool>,
    /// By class: the pairs of home region and other region in which residency lets keys be.
    pub may: Vec<BTreeSet<(RegionId, RegionId)>>,
}

impl EmergencyEntry {
    /// How long a call may wait at an HSM: under keys that a grant may open, no longer than any caller does, so that what came before
    /// a lease or a grant ended has begun when callers' patience is over, too.
    #[inline]
    #[must_use]
    pub fn longest_wait(&self, class: ClassId) -> Span {
        if self.covers[class.index()] { self.rules.patience } else { Span::MAX }
    }
}

/// The state of emergency access.
#[derive(Clone, Debug)]
pub(super) struct Emergency {
    rules: Rules,
    covers: Vec<bool>,
    leases: Leases,
    warrants: Warrants,
    /// Procedures that are not closed.
    procedures: BTreeMap<RegionId, Procedure>,
    /// The latest epoch known of each region's fence; the others were never written.
    epochs: BTreeMap<RegionId, u64>,
    /// The number of the latest grant that was asked for.
    asked: u16,
    /// Regions whose request was declined: nobody asks again while the same outage lasts.
    declined: BTreeSet<RegionId>,
    /// Keys that were opened, by grant, as the audit log has them.
    touched: BTreeMap<GrantId, BTreeSet<KeyRef>>,
}

impl Emergency {
    pub(super) fn new(catalog: &Catalog) -> Option<Box<Self>> {
        let EmergencyEntry { rules, covers, .. } = catalog.emergency.as_ref()?;
        Some(Box::new(Self {
            rules: *rules,
            covers: covers.clone(),
            leases: Leases::new(*rules, covers, catalog),
            warrants: Warrants::new(catalog.sites.len()),
            procedures: BTreeMap::new(),
            epochs: BTreeMap::new(),
            asked: 0,
            declined: BTreeSet::new(),
            touched: BTreeMap::new(),
        }))
    }

    /// Whether a site that hosts a key must not use it now.
    #[inline]
    pub(super) fn bars(&self, now: Time, site: SiteId, class: ClassId) -> bool {
        self.leases.bars(now, site) && self.covers[class.index()]
    }

    /// Procedures that are not closed.
    pub(super) fn open(&self) -> usize {
        self.procedures.len()
    }

    /// From where the control plane acts for a region, and what it knows of the fence.
    fn desk(&self, now: Time, region: RegionId, view: View<'_>) -> procedure::Desk {
        let sites = || (0..view.sites.len()).map(|i| SiteId(i as u16));
        let outside = || sites().filter(|site| view.catalog.sites[site.index()].region != region);
        let up = outside().find(|site| view.up(*site) && view.lives(*site));
        let from = up.or_else(|| outside().next()).unwrap_or_default();
        procedure::Desk { now, from, epoch: self.epochs.get(&region).copied().unwrap_or(0) }
    }

    /// Sites that hold keys of a region in escrow which a grant may open.
    fn escrow_of(&self, region: RegionId, view: View<'_>) -> BTreeSet<SiteId> {
        let shards = (0..).map(crate::kms::ShardId).zip(view.catalog.shards.shards());
        let covered = shards.filter(|(_, shard)| shard.home == region && self.covers[shard.class.index()]);
        let sites = covered.flat_map(|(number, _)| view.directory.hosts(number).escrow().iter().copied());
        sites.filter(|site| view.lives(*site)).collect()
    }

    /// Whether enough observers have seen every site of a region down for long enough, and none of them is believed up.
    fn is_dark(&self, region: RegionId, view: View<'_>) -> bool {
        let mut sites = serving(region, view).peekable();
        let rules = &self.rules;
        sites.peek().is_some()
            && sites.all(|site| {
                !view.up(site) && view.detector.unseen(site, rules.dark, view.catalog) >= rules.observers as usize
            })
    }
}

/// The sites of a region that serve anything.
fn serving(region: RegionId, view: View<'_>) -> impl Iterator<Item = SiteId> + '_ {
    let sites = (0..view.sites.len()).map(|i| SiteId(i as u16));
    sites.filter(move |site| view.catalog.sites[site.index()].region == region && view.directory.serves(*site))
}
