//! What a fault does to the world when it strikes and when it ends.

use super::World;
use super::event::Event;
use crate::engine::Queue;
use crate::hsm::{Finished, Job};
use crate::kms::{Fact, FaultId, RegionId, ShardId, SiteId};
use crate::net::Links;
use crate::scenario::{Fault, FaultKind, Target, When};
use crate::service::{EmergencyInput, Input};
use crate::time::{Span, Time};

impl World {
    /// Strikes a fault of which nothing was known before, at once; it ends after `lasts`, unless it destroys. `now` is not before
    /// the last event and not after the next. The fault has the number after those of the scenario, so that its facts can be
    /// counted, but no document can name it.
    ///
    /// # Panics
    /// Where answers are given ahead of their time: those given already would not know of the fault. Say
    /// `set_ahead(false)` before the world begins.
    pub fn strike(
        &mut self,
        now: Time,
        (kind, on): (FaultKind, Target),
        lasts: Span,
        queue: &mut Queue<Event>,
    ) -> FaultId {
        assert!(!self.ahead, "a world that answers ahead of its time must know its faults");
        let id = self.faults.add(Fault { id: String::new(), on, kind, when: When::At(now, lasts) });
        self.turn_fault(now, id, true, queue);
        id
    }

    pub(super) fn turn_fault(&mut self, now: Time, id: FaultId, strikes: bool, queue: &mut Queue<Event>) {
        let (fault, mut turn) = self.faults.turn(now, id, strikes);
        if turn.step == 0 && !matches!(fault.kind, FaultKind::Away(_) | FaultKind::Absent) {
            self.record(now, if strikes { Fact::Struck(id) } else { Fact::Mended(id) });
        }
        if strikes && let (FaultKind::PowerLoss | FaultKind::Erase, Some((back, _))) = (fault.kind, turn.next) {
            // It is over when the last of its sites is ready.
            let end = self.lose_sites(now, (id, &fault), back, queue);
            self.faults.put_off(id, end);
            turn.next = (end != Time::NEVER).then_some((end, false));
        }
        if let Some((at, strikes)) = turn.next {
            queue.at(at, Event::Fault { fault: id, strikes });
        }
        match fault.kind {
            FaultKind::Crash if fault.on == Target::Control => {
                self.deliver(now, Input::Control { up: !strikes }, queue);
                if !strikes {
                    self.resume_work(now, queue);
                }
            }
            FaultKind::Crash if fault.on == Target::Metadata => self.faults.crash_metadata(strikes),
            FaultKind::Crash | FaultKind::Destroy => self.crash(now, fault.on, strikes, queue),
            // What they do was done when they struck, and each site comes back by itself.
            FaultKind::PowerLoss | FaultKind::Erase => {}
            FaultKind::Slow(factor) => self.slow(now, fault.on, factor, strikes, queue),
            FaultKind::Partition => self.link(fault.on, |links, a, b| links.set_cut(a, b, strikes)),
            FaultKind::Delay(add) => self.link(fault.on, |links, a, b| links.set_delay(a, b, add, strikes)),
            FaultKind::Flood(..) => self.flood(now, id, strikes, queue),
            FaultKind::Compromise(_) if matches!(fault.on, Target::Secret(_)) => {
                self.leak(now, fault.on, strikes, queue)
            }
            FaultKind::Compromise(share) => self.compromise(now, fault.on, share, queue),
            FaultKind::Misuse if strikes => self.misuse(now, fault.on, queue),
            FaultKind::Misuse => {}
            FaultKind::Suspend if matches!(fault.on, Target::Group(_)) => self.close_account(id, fault.on, strikes),
            FaultKind::Restart(over) if strikes => self.restart(now, fault.on, over),
            FaultKind::Restart(_) => {}
            FaultKind::Suspend => self.suspend(now, fault.on, strikes, queue),
            FaultKind::Refuse(gray) => self.refuse_calls(id, fault.on, gray, strikes),
            FaultKind::Absent => self.miss(now, fault.on, strikes),
            FaultKind::Away(work) => self.keep_away(now, work, fault.on, strikes, queue),
            FaultKind::Push(push) => self.push(now, (id, push), turn.step, strikes),
            FaultKind::Loss(share) => self.link(fault.on, |links, a, b| links.set_loss(a, b, share, strikes)),
            FaultKind::Expired => self.expire(&self.struck_sites(fault.on), strikes),
            FaultKind::Revoked(spread) => self.revoke(now, &self.struck_sites(fault.on), spread, strikes),
        }
        if let Target::Link(a, b) = fault.on
            && strikes
            && (fault.kind == FaultKind::Partition || matches!(fault.kind, FaultKind::Loss(share) if share >= 1.0))
        {
            self.break_link(now, a, b);
        }
        if fault.kind == FaultKind::Destroy && strikes {
            self.destroy(now, fault.on, queue);
        }
        self.count_unreachable(now);
        self.reach_metadata(now, queue);
        self.tell_contacts(now, queue);
    }

    /// Stops devices, or starts them again; a whole site that is struck is dark.
    pub(super) fn crash(&mut self, now: Time, on: Target, strikes: bool, queue: &mut Queue<Event>) {
        for (site, device) in self.struck_devices(on) {
            if device == 0 && !matches!(on, Target::Device(..)) {
                self.faults.darken(site, strikes);
                if strikes {
                    self.break_site(now, site);
                }
            }
            if self.faults.crash(site, device, strikes) {
                let (lost, moved) = self.hsms[site.index()].set_up(now, device, !strikes);
                self.count_engines(now, site);
                self.planned_again(now, site, lost, moved, queue);
            }
            self.break_backup(now, site, queue);
        }
    }

    fn slow(&mut self, now: Time, on: Target, factor: f64, strikes: bool, queue: &mut Queue<Event>) {
        for (site, device) in self.struck_devices(on) {
            let product = self.faults.slow(site, device, factor, strikes);
            let (lost, moved) = self.hsms[site.index()].set_factor(now, device, product);
            self.planned_again(now, site, lost, moved, queue);
        }
    }

    /// Jobs of a changed pool: moved ones end at another time, lost ones are answered unless the whole site is dark. A
    /// generation or an exchange is always answered: the control plane tries again.
    pub(super) fn planned_again(
        &mut self,
        now: Time,
        site: SiteId,
        lost: Vec<Finished>,
        moved: Vec<(u64, Time)>,
        queue: &mut Queue<Event>,
    ) {
        for (number, at) in moved {
            queue.at(at, Event::Hsm { site, number });
        }
        for finished in lost {
            if !matches!(finished.job, Job::Use(_)) || !self.faults.is_dark(site) {
                self.finished(now, site, finished, queue);
            }
        }
    }

    /// What only the struck devices held is gone. Devices of a pool hold the same keys: a site's keys go with its last one.
    fn destroy(&mut self, now: Time, on: Target, queue: &mut Queue<Event>) {
        for (site, device) in self.struck_devices(on) {
            if self.faults.destroy(site, device) {
                self.deliver(now, Input::Destroyed(site), queue);
            }
        }
    }

    /// A tenant's secret leaks, or that is noticed.
    fn leak(&mut self, now: Time, on: Target, strikes: bool, queue: &mut Queue<Event>) {
        if let Target::Secret(tenant) = on {
            let input = if strikes { Input::SecretLeaked(tenant) } else { Input::Revoke(tenant) };
            self.deliver(now, input, queue);
        }
    }

    /// Keys leak.
    fn compromise(&mut self, now: Time, on: Target, share: f64, queue: &mut Queue<Event>) {
        if let Target::Keys(class, region) = on {
            self.deliver(now, Input::Compromised { class, region, share }, queue);
        }
    }

    /// Somebody tries to get emergency access to the keys of a region.
    fn misuse(&mut self, now: Time, on: Target, queue: &mut Queue<Event>) {
        if let Target::Region(region) = on {
            self.deliver(now, Input::Emergency(EmergencyInput::Misuse(region)), queue);
        }
    }

    /// Keys come under suspicion, or are free of it.
    fn suspend(&mut self, now: Time, on: Target, begins: bool, queue: &mut Queue<Event>) {
        if let Target::Keys(class, region) = on {
            self.deliver(now, Input::Suspended { class, region, begins }, queue);
        }
    }

    pub(super) fn struck_sites(&self, on: Target) -> Vec<SiteId> {
        let sites = (0..self.hsms.len()).map(|i| SiteId(i as u16));
        sites.filter(|site| self.faults.strikes(on, *site, self.site_region[site.index()])).collect()
    }

    fn struck_devices(&self, on: Target) -> Vec<(SiteId, u32)> {
        let mut struck = Vec::new();
        for site in (0..self.hsms.len()).map(|i| SiteId(i as u16)) {
            if self.faults.strikes(on, site, self.site_region[site.index()]) {
                let devices = 0..self.faults.devices(site);
                struck.extend(
                    devices.filter(|d| !matches!(on, Target::Device(_, only) if only != *d)).map(|d| (site, d)),
                );
            }
        }
        struck
    }

    /// Changes the link that is struck.
    fn link(&mut self, on: Target, change: impl FnOnce(&mut Links, RegionId, RegionId)) {
        if let Target::Link(a, b) = on {
            change(&mut self.links, a, b);
        }
    }

    /// Records how many engines of a pool work now.
    pub(super) fn count_engines(&mut self, now: Time, site: SiteId) {
        let engines = self.hsms[site.index()].engines();
        self.record(now, Fact::Capacity { site, engines });
    }

    /// Counts the keys of which no copy could be reached now.
    pub(super) fn count_unreachable(&mut self, now: Time) {
        let up = |site: &SiteId| self.alive(*site) && !self.faults.refusing.all(*site);
        let (shards, directory) = (self.service.catalog().shards.shards(), self.service.directory());
        let cut_off = |shard: ShardId| {
            let hosts = directory.hosts(shard).serving();
            !hosts.is_empty() && !hosts.iter().any(up)
        };
        let numbered = shards.iter().enumerate().filter(|(i, _)| cut_off(ShardId(*i as u32)));
        let keys = numbered.map(|(_, shard)| shard.keys).sum();
        if keys != self.unreachable {
            self.unreachable = keys;
            self.record(now, Fact::Unreachable { keys });
        }
    }
}
