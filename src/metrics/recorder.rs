//! Facts to counts, while a world runs. Requests are counted in the slot and region in which they were offered, whenever
//! their end becomes known. Memory follows the length of the run and the size of the fleet, not the number of requests.

use super::access::AccessTally;
use super::caches::CacheTally;
use super::changes::ChangeTally;
use super::emergency::EmergencyTally;
use super::frame::Frame;
use super::keys::KeyTally;
use super::location::LocationTally;
use super::metadata::MetadataTally;
use super::people::PeopleTally;
use super::quota::{self, QuotaTally};
use super::recovery::RecoveryTally;
use super::transport::TransportTally;
use super::watch::Watch;
use super::work::WorkTally;
use crate::audit::Gathered;
use crate::kms::{Fact, Failure, Outcome, PopulationId, SiteId};
use crate::stats::{Histogram, Sparse};
use crate::time::{Span, Time};
use std::collections::VecDeque;
use std::sync::Arc;

/// Requests offered in one slot by callers of one home region under one load.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Offered.
    pub offered: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Attempts sent to a host above its bound, because all near ones were.
    pub over_bound: u64,
    /// Why requests failed, and how many for each reason.
    pub reasons: Vec<(Failure, u64)>,
    /// Latency of those decided; failed ones count as infinite.
    pub latency: Sparse,
}

/// A cell that still changes.
#[derive(Clone, Debug, Default)]
struct OpenCell {
    offered: u64,
    retries: u64,
    over_bound: u64,
    reasons: Vec<(Failure, u64)>,
    latency: Histogram,
}

/// A site's pool in one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteSlot {
    /// Calls served that started in it.
    pub calls: u32,
    /// Calls that came in it and were refused for want of room: in the queue, of a session, or in the quota of a service.
    pub refused: u32,
    /// Nanoseconds that the served ones had queued.
    pub wait: u64,
    /// Engine-nanoseconds in which a call was served.
    pub busy: u64,
    /// Engine-nanoseconds in which the engine worked.
    pub engines: u64,
    /// Nanoseconds in which any engine worked.
    pub up: u64,
}

/// One site.
#[derive(Clone, Debug, Default)]
pub struct SiteTally {
    /// Time queued, of each call whose service began in the counted time.
    pub wait: Histogram,
    /// Time in service, of the same calls.
    pub service: Histogram,
    /// Calls rejected, by [`Failure`] number.
    pub rejected: Vec<u64>,
    /// By slot.
    pub slots: Vec<SiteSlot>,
    /// Engines that work, and since when.
    pub engines: (u32, Time),
    /// Accesses in sealed batches: served, refused.
    pub sealed: (u64, u64),
    /// Sealed batches.
    pub batches: u64,
    last_batch: Option<u32>,
    /// Accesses told by themselves, where each is: served, refused.
    pub singly: (u64, u64),
    /// Calls served, warm-up included: what the batches must add up to.
    pub served: u64,
}

/// What a simulation leaves of its facts.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The frame.
    pub frame: Arc<Frame>,
    open: VecDeque<Vec<OpenCell>>,
    /// Slots that do not change any more, each with its cells (region × loads + load).
    pub closed: Vec<Vec<Cell>>,
    /// By site.
    pub sites: Vec<SiteTally>,
    /// Keys.
    pub keys: KeyTally,
    /// Planned changes of the fleet.
    pub changes: ChangeTally,
    /// The metadata store.
    pub metadata: MetadataTally,
    /// Gates.
    pub access: AccessTally,
    /// Connections of callers.
    pub transport: TransportTally,
    /// Where users were taken for others.
    pub location: LocationTally,
    /// Emergency access.
    pub emergency: EmergencyTally,
    /// Planned work and pushes.
    pub work: WorkTally,
    /// Backups and recoveries.
    pub recovery: RecoveryTally,
    /// Custodians.
    pub people: PeopleTally,
    /// Quotas of services.
    pub quotas: Vec<QuotaTally>,
    /// Data keys kept by clients.
    pub caches: CacheTally,
    /// Calls served, by [`Part`](super::Part) of the run, then origin × regions + region of the site.
    pub flows: [Vec<u64>; 3],
    /// What faults did, and what happened to sites then.
    pub watch: Watch,
    /// Requests offered, warm-up included.
    pub offered: u64,
    /// Whether each access is to be told by itself, besides the batches.
    pub each: bool,
    /// What the audit log will be made from, where one is asked for.
    pub log: Option<Gathered>,
    unreachable: (Time, u32),
}

impl Recorder {
    /// An empty record. `each`: whether each access is to be told by itself.
    #[must_use]
    pub fn new(frame: Arc<Frame>, each: bool) -> Self {
        let sites = SiteTally {
            rejected: vec![0; Failure::NUMBERS],
            slots: vec![SiteSlot::default(); frame.slots()],
            ..SiteTally::default()
        };
        Self {
            open: VecDeque::new(),
            closed: Vec::new(),
            sites: vec![sites; frame.site_region.len()],
            keys: KeyTally::new(frame.grace.clone()),
            changes: ChangeTally::default(),
            metadata: MetadataTally::default(),
            access: AccessTally::new(&frame),
            transport: TransportTally::new(&frame),
            location: LocationTally::default(),
            emergency: EmergencyTally::default(),
            work: WorkTally::default(),
            recovery: RecoveryTally::default(),
            people: PeopleTally::default(),
            quotas: vec![QuotaTally::default(); frame.limits.len()],
            caches: CacheTally::default(),
            flows: std::array::from_fn(|_| vec![0; frame.origins * frame.regions]),
            watch: Watch::new(Arc::clone(&frame)),
            offered: 0,
            each,
            log: None,
            unreachable: (frame.from, 0),
            frame,
        }
    }

    /// Takes a fact.
    #[inline]
    pub fn record(&mut self, at: Time, fact: Fact) {
        match fact {
            Fact::Offered { population, .. } => self.offered(at, population),
            Fact::Completed { population, retries, latency, .. } => {
                self.decided(at, population, latency, retries, None);
            }
            Fact::Failed { population, reason, retries, after } => {
                self.decided(at, population, after, retries, Some(reason));
            }
            Fact::Served { site, origin, wait, service, .. } => {
                self.served(at, site, origin.index(), wait, service);
            }
            Fact::Quota(fact) => quota::record(&mut self.quotas, at, fact, &self.frame),
            Fact::Cache(fact) => self.caches.record(at, fact, &self.frame),
            _ => self.rare(at, fact),
        }
    }

    fn offered(&mut self, at: Time, population: PopulationId) {
        self.offered += 1;
        let index = self.frame.cell_of(population);
        self.watch.offered(at, index);
        let Some(slot) = self.frame.slot_of(at) else { return };
        if slot >= self.closed.len() + self.open.len() {
            self.close_before(at);
        }
        self.cell(slot, index).offered += 1;
        if self.frame.tenants > 0 {
            self.access.offered(population, &self.frame);
        }
    }

    fn decided(&mut self, at: Time, population: PopulationId, after: Span, retries: u16, failed: Option<Failure>) {
        let arrived = at - after;
        let index = self.frame.cell_of(population);
        if failed.is_some() {
            self.watch.failed(arrived, index);
        }
        let Some(slot) = self.frame.slot_of(arrived) else { return };
        if self.frame.tenants > 0 {
            self.access.decided(population, failed, &self.frame);
        }
        let cell = self.cell(slot, index);
        cell.retries += u64::from(retries);
        match failed {
            None => cell.latency.record(after.0),
            Some(reason) => {
                cell.latency.record_infinite();
                match cell.reasons.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, count)) => *count += 1,
                    None => cell.reasons.push((reason, 1)),
                }
            }
        }
    }

    #[inline]
    fn served(&mut self, at: Time, site: SiteId, origin: usize, wait: Span, service: Span) {
        let tally = &mut self.sites[site.index()];
        tally.served += 1;
        let start = at - service;
        if start < self.frame.counted_from {
            // Begun in the warm-up; the engine may be busy with it beyond.
            self.frame.between(start, at).for_each(|(slot, part)| tally.slots[slot].busy += part.0);
            return;
        }
        tally.wait.record(wait.0);
        tally.service.record(service.0);
        if self.frame.tenants > 0 {
            let work = &mut self.access.work[origin * self.frame.site_region.len() + site.index()];
            (work.calls, work.busy) = (work.calls + 1, work.busy + service.0);
        }
        let first = self.frame.slot_of(start).unwrap_or(0);
        if let Some(slot) = tally.slots.get_mut(first) {
            slot.calls += 1;
            slot.wait += wait.0;
            if at <= self.frame.slot_start(first + 1) {
                slot.busy += service.0;
            } else {
                // What a slot is charged with must not exceed the time that its engines had.
                self.frame.between(start, at).for_each(|(slot, part)| tally.slots[slot].busy += part.0);
            }
        }
        let region = usize::from(self.frame.site_region[site.index()]);
        self.flows[self.watch.part(at) as usize][origin * self.frame.regions + region] += 1;
    }

    fn rare(&mut self, at: Time, fact: Fact) {
        self.watch.record(at, fact);
        if let Some(log) = &mut self.log {
            log.take(at, fact);
        }
        self.keys.record(at, fact);
        self.changes.record(at, fact);
        self.metadata.record(at, fact, &self.frame);
        self.location.record(at, fact);
        self.emergency.record(at, fact);
        self.work.record(at, fact);
        self.recovery.record(at, fact);
        self.people.record(fact);
        match fact {
            Fact::Rejected { site, reason } if at >= self.frame.counted_from => {
                let tally = &mut self.sites[site.index()];
                tally.rejected[reason as usize] += 1;
                if matches!(reason, Failure::QueueFull | Failure::SessionsFull | Failure::QuotaExceeded)
                    && let Some(slot) = self.frame.slot_of(at).and_then(|slot| tally.slots.get_mut(slot))
                {
                    slot.refused += 1;
                }
            }
            Fact::OverBound { population, after, .. } => {
                let index = self.frame.cell_of(population);
                if let Some(slot) = self.frame.slot_of(at - after) {
                    self.cell(slot, index).over_bound += 1;
                }
            }
            Fact::Sealed { site, interval, outcome, accesses, .. } => {
                let tally = &mut self.sites[site.index()];
                add(&mut tally.sealed, outcome, accesses);
                // The facts of a batch come together, and no two of a site are of the same interval.
                if tally.last_batch.replace(interval) != Some(interval) {
                    tally.batches += 1;
                }
            }
            Fact::Accessed { site, outcome, .. } => add(&mut self.sites[site.index()].singly, outcome, 1),
            Fact::ServedMany { site, calls, .. } => self.sites[site.index()].served += calls,
            Fact::Generated { site, service, .. } | Fact::Exchanged { site, service, .. } => {
                self.busied(at, site, service);
            }
            Fact::Access(fact) => self.access.record(fact),
            Fact::Transport(fact) => self.transport.record(at, fact, &self.frame),
            Fact::Unreachable { keys } => self.unreachable(at, keys),
            Fact::Capacity { site, engines } => self.capacity(at, site.index(), engines),
            _ => {}
        }
    }

    /// Generating and exchanging keys keep an engine busy, as a call does.
    fn busied(&mut self, at: Time, site: SiteId, service: Span) {
        let tally = &mut self.sites[site.index()];
        self.frame.between(at - service, at).for_each(|(slot, part)| tally.slots[slot].busy += part.0);
    }

    fn unreachable(&mut self, at: Time, keys: u32) {
        let (since, before) = self.unreachable;
        let since = since.max(self.frame.counted_from);
        self.keys.unreachable += u128::from(at.since(since).0) * u128::from(before);
        self.unreachable = (at, keys);
    }

    fn capacity(&mut self, at: Time, site: usize, engines: u32) {
        let tally = &mut self.sites[site];
        let (worked, since) = tally.engines;
        if worked > 0 {
            for (slot, part) in self.frame.between(since, at) {
                tally.slots[slot].engines += part.0 * u64::from(worked);
                tally.slots[slot].up += part.0;
            }
        }
        tally.engines = (engines, at);
    }

    #[inline]
    fn cell(&mut self, slot: usize, index: usize) -> &mut OpenCell {
        let offset = slot.checked_sub(self.closed.len()).expect("a slot is closed only when its requests are decided");
        if self.open.len() <= offset {
            self.open_until(offset);
        }
        &mut self.open[offset][index]
    }

    #[cold]
    fn open_until(&mut self, offset: usize) {
        while self.open.len() <= offset {
            self.open.push_back(vec![OpenCell::default(); self.frame.cells()]);
        }
    }

    /// Accesses that an HSM served and no batch records, or the other way round; where each access is told by itself also
    /// those that are not, or that no batch counts, refused ones included. 0 where the audit record is complete.
    #[must_use]
    pub fn unaudited(&self) -> u64 {
        let missing = |site: &SiteTally| {
            let (served, refused) = if self.each { site.singly } else { site.sealed };
            let (most, least) =
                (site.served.max(site.sealed.0).max(served), site.served.min(site.sealed.0).min(served));
            most - least + refused.abs_diff(site.sealed.1)
        };
        self.sites.iter().map(missing).sum()
    }

    /// Closes slots whose requests are all decided by `now`.
    fn close_before(&mut self, now: Time) {
        while !self.open.is_empty() && self.frame.slot_start(self.closed.len() + 1) + self.frame.patience < now {
            self.close_one();
        }
    }

    fn close_one(&mut self) {
        if let Some(cells) = self.open.pop_front() {
            let cells = cells.iter().map(|cell| Cell {
                offered: cell.offered,
                retries: cell.retries,
                over_bound: cell.over_bound,
                reasons: cell.reasons.clone(),
                latency: Sparse::from(&cell.latency),
            });
            self.closed.push(cells.collect());
        }
    }

    /// The simulation has ended: closes everything.
    pub fn finish(&mut self) {
        while !self.open.is_empty() {
            self.close_one();
        }
        while self.closed.len() < self.frame.slots() {
            self.closed.push(vec![Cell::default(); self.frame.cells()]);
        }
        self.unreachable(self.frame.until, self.unreachable.1);
        self.metadata.finish(&self.frame);
        for site in 0..self.sites.len() {
            self.capacity(self.frame.until, site, self.sites[site].engines.0);
        }
        quota::fill(&mut self.sites, &self.quotas, &self.frame);
        self.keys.finish(self.frame.until);
        self.watch.finish(self.frame.until);
    }
}

/// Adds to what was served or to what was refused.
fn add((served, refused): &mut (u64, u64), outcome: Outcome, accesses: u64) {
    match outcome {
        Outcome::Done => *served += accesses,
        Outcome::Failed(_) => *refused += accesses,
    }
}
