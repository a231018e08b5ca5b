//! Leases: by what a site that is cut off knows that it must stop. It renews its lease with a majority of the metadata store's
//! replicas, which tell it of a fence around its region; without a renewal it stops when the lease ends. While all is well, a
//! renewal can have only one result, so none is simulated: they are as soon as a fence is asked for, contact is lost, or the site
//! knows of a fence.

use super::port::{Contact, EmergencyEffect, EmergencyTimer, Rules};
use crate::kms::{EmergencyFact, Fact, RegionId, SiteId};
use crate::service::catalog::Catalog;
use crate::service::io::{Effect, Out, Timer};
use crate::time::{Span, Time};
use std::collections::BTreeSet;

/// So often a site that had no answer asks again.
const AGAIN: Span = Span::from_secs(1);

/// A site's lease.
#[derive(Clone, Copy, Debug)]
struct Lease {
    region: RegionId,
    /// Keys of its region may be opened elsewhere; others need no lease.
    needed: bool,
    /// When within each third of the lease it is renewed.
    phase: u64,
    contact: Contact,
    /// Until when it lasts; `None` while renewals go on unseen.
    until: Option<Time>,
    /// It has run out, and whether that was told: a site that is dark tells nothing.
    lapsed: bool,
    told: bool,
    /// The last renewal told of a fence.
    fenced: bool,
    /// A reminder of the end of the lease, or of the next renewal, is set.
    ends: bool,
    renews: bool,
}

impl Lease {
    #[cold]
    fn bars(&self, now: Time) -> bool {
        self.fenced || self.lapsed || self.until.is_some_and(|until| until <= now)
    }
}

/// The leases of all sites, and whose regions are watched because a fence is asked for or stands.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    rules: Rules,
    leases: Vec<Lease>,
    /// By region.
    watched: Vec<bool>,
    /// Some site's lease may not hold for ever.
    seen: bool,
}

impl Leases {
    pub(super) fn new(rules: Rules, covers: &[bool], catalog: &Catalog) -> Self {
        let third = rules.third().0;
        let shards = || catalog.shards.shards().iter().filter(|shard| covers[shard.class.index()]);
        let homes: BTreeSet<RegionId> = shards().map(|shard| shard.home).collect();
        let lease = |site: &crate::service::SiteEntry| Lease {
            needed: homes.contains(&site.region),
            region: site.region,
            phase: site.name % third,
            contact: Contact::Held,
            until: None,
            lapsed: false,
            told: false,
            fenced: false,
            ends: false,
            renews: false,
        };
        let regions = catalog.sites.iter().map(|site| site.region.index() + 1).max().unwrap_or(0);
        Self { rules, leases: catalog.sites.iter().map(lease).collect(), watched: vec![false; regions], seen: false }
    }

    /// Whether a site must not serve keys that lie in escrow elsewhere: it goes by its own clock.
    #[inline]
    pub(super) fn bars(&self, now: Time, site: SiteId) -> bool {
        self.seen && self.leases[site.index()].bars(now)
    }

    /// The latest instant up to `now` at which a site would have renewed its lease.
    fn last(&self, now: Time, site: SiteId) -> Time {
        let (since, _) = self.rules.third().turn(now, self.leases[site.index()].phase);
        Time(now.0.saturating_sub(since.0))
    }

    /// From now on renewals of a region's sites are simulated.
    pub(super) fn watch(&mut self, now: Time, region: RegionId, out: &mut Out) {
        if std::mem::replace(&mut self.watched[region.index()], true) {
            return;
        }
        for site in (0..self.leases.len()).map(|i| SiteId(i as u16)) {
            if self.leases[site.index()].region == region {
                self.see(now, site, out);
            }
        }
    }

    /// No fence stands around a region: who renews from now on learns so.
    pub(super) fn unwatch(&mut self, region: RegionId) {
        self.watched[region.index()] = false;
    }

    /// A site's renewals are simulated from now on.
    fn see(&mut self, now: Time, site: SiteId, out: &mut Out) {
        let until = self.last(now, site) + self.rules.lease;
        let lease = &mut self.leases[site.index()];
        lease.until.get_or_insert(until);
        self.seen = true;
        self.remind(now, site, out);
    }

    /// Sets the reminders that are not set yet.
    fn remind(&mut self, now: Time, site: SiteId, out: &mut Out) {
        let next = (self.last(now, site) + self.rules.third()).since(now);
        self.remind_in(site, now, next, out);
    }

    fn remind_in(&mut self, site: SiteId, now: Time, next: Span, out: &mut Out) {
        let lease = &mut self.leases[site.index()];
        let Some(until) = lease.until else { return };
        if !lease.lapsed && !std::mem::replace(&mut lease.ends, true) {
            out.after(until.since(now), Timer::Emergency(EmergencyTimer::Lapse(site)));
        }
        if lease.contact == Contact::Held && !std::mem::replace(&mut lease.renews, true) {
            out.after(next, Timer::Emergency(EmergencyTimer::Renew(site)));
        }
    }

    /// A site's contact with a majority of the metadata store changed.
    pub(super) fn contact(&mut self, now: Time, (site, contact): (SiteId, Contact), out: &mut Out) {
        let lease = &mut self.leases[site.index()];
        lease.contact = contact;
        if !lease.needed {
            return;
        }
        if contact == Contact::Held {
            // What failed is tried again each second.
            let next = (self.last(now, site) + self.rules.third()).since(now);
            self.remind_in(site, now, next.min(AGAIN), out);
        } else {
            self.see(now, site, out);
        }
    }

    /// A site's lease may have run out.
    pub(super) fn lapse(&mut self, now: Time, site: SiteId, out: &mut Out) {
        let lease = &mut self.leases[site.index()];
        lease.ends = false;
        if !lease.lapsed && lease.until.is_some_and(|until| until <= now) {
            lease.lapsed = true;
            lease.told = lease.contact != Contact::Dark;
            if lease.told {
                out.fact(Fact::Emergency(EmergencyFact::Lease { site, held: false }));
            }
        }
        self.remind(now, site, out);
    }

    /// A site is to renew its lease.
    pub(super) fn renew(&mut self, now: Time, site: SiteId, out: &mut Out) {
        let lease = &mut self.leases[site.index()];
        lease.renews = false;
        if lease.contact == Contact::Held && lease.until.is_some() {
            out.push(Effect::Emergency(EmergencyEffect::Renew { site, region: lease.region }));
        }
        self.remind(now, site, out);
    }

    /// A majority of the metadata store said what it holds of the fence. An answer that was overtaken by a later one is nothing.
    pub(super) fn renewed(&mut self, now: Time, (site, asked, value): (SiteId, Time, u64), out: &mut Out) {
        let (until, watched) = (asked + self.rules.lease, self.watched[self.leases[site.index()].region.index()]);
        let lease = &mut self.leases[site.index()];
        if until <= now || lease.until.is_none_or(|before| until < before) {
            return;
        }
        let fenced = value % 2 == 1;
        if lease.fenced != fenced {
            lease.fenced = fenced;
            out.fact(Fact::Emergency(EmergencyFact::Heeded { site, fenced }));
        }
        if std::mem::replace(&mut lease.told, false) {
            out.fact(Fact::Emergency(EmergencyFact::Lease { site, held: true }));
        }
        lease.lapsed = false;
        // What it would be told from now on, nobody has to ask.
        let quiet = lease.contact == Contact::Held && !watched && !fenced;
        lease.until = (!quiet).then_some(until);
        self.remind(now, site, out);
        self.seen = self.leases.iter().any(|lease| lease.until.is_some());
    }
}
