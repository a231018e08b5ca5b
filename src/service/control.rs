//! The control plane as one: what it is told, and what it tells sites and origins in turn.

use super::changes::Hands;
use super::view::view;
use super::{Input, Out, Service, Timer};
use crate::kms::{Cell, ClassId, Fact, OriginId, ShardId, SiteId};
use crate::time::Time;

/// What changes of the fleet work with.
macro_rules! hands {
    ($service:expr) => {
        &mut Hands {
            detector: &$service.detector,
            sites: &$service.sites,
            catalog: &$service.catalog,
            directory: &mut $service.directory,
            rotator: &mut $service.rotator,
        }
    };
}

impl Service {
    /// The control plane is told something, and passes on what follows from it.
    #[inline(never)]
    pub(super) fn control(&mut self, now: Time, input: Input, out: &mut Out) {
        match input {
            Input::Control { up } if up == self.down => {
                self.down = !up;
                self.rotator.sleep(!up);
                if up {
                    self.restart(now, out);
                }
            }
            Input::Refused { site, call, reason } => {
                let call = self.current(call);
                self.sites[site.index()].answer_failure(now, call, reason, out);
            }
            // Who is believed down is left out anyway. Who is back has tested itself: callers need not wait for health checks.
            Input::Withdrawn { site, away } if !away || self.detector.up(site) => {
                for inside in [true, false] {
                    out.after(self.catalog.health.propagation, Timer::Publish { site, up: !away, inside });
                }
            }
            Input::Destroyed(site) => self.destroyed(now, site, out),
            // What HSMs hold, they hold whoever knows it.
            Input::Saving { site, last } => self.rotator.saving(now, (site, last), view!(self)),
            Input::Erased { site, as_of } if self.sites[site.index()].holds_keys() => {
                self.rotator.erased(now, (site, as_of), view!(self), out);
                // Who waited for what is lost waits no more.
                if !self.down {
                    self.changes.advance_all(hands!(self), out);
                }
            }
            // Keys leak, whoever acts on it.
            Input::Compromised { class, region, share } => {
                self.rotator.compromised(now, (class, region, share), view!(self), out);
            }
            Input::Suspended { class, region, begins } => {
                self.rotator.suspend((class, region, begins), view!(self), out);
            }
            Input::SecretLeaked(tenant) => self.secret_leaked(tenant, out),
            Input::Revoke(tenant) => self.revoke(now, tenant, out),
            Input::Emergency(input) => self.on_emergency(now, input, out),
            Input::Timer(timer) => self.timer(now, timer, out),
            _ if self.down => {}
            Input::Generated { site, key, done } => {
                self.rotator.generated(now, (site, key, done), view!(self), out);
                self.rotator.activate(now, key, view!(self), out);
            }
            Input::Copied { site, version, done } => {
                self.rotator.copied(now, (site, version, done), view!(self), out);
                self.rotator.activate(now, version.key, view!(self), out);
                self.changes.advance(self.catalog.shards.of(version.key), hands!(self), out);
            }
            Input::Probed { site, observer, answered } => {
                if self.detector.probed((site, observer, answered), &self.catalog, out).is_some() {
                    self.rotator.site_changed(now, site, view!(self), out);
                    self.changes.advance_all(hands!(self), out);
                }
                self.observe(now, site, out);
            }
            Input::Stored { op, answer } => match op.cell() {
                Cell::Key(key) => {
                    self.rotator.published(now, (op, answer), view!(self), out);
                    self.changes.advance(self.catalog.shards.of(key), hands!(self), out);
                }
                Cell::Shard(_) => self.changes.published(now, (op, answer), hands!(self), out),
                Cell::Fence(region) => self.fence_stored(now, region, (op, answer), out),
            },
            _ => {}
        }
        self.pass_on(now, out);
    }

    /// The control plane starts again. It finds what is at sites and in the metadata store, and asks anew for whatever had not come
    /// to its end: what had been done before is done twice at most, which nothing notices.
    fn restart(&mut self, now: Time, out: &mut Out) {
        self.rotator.restart(now, view!(self), out);
        for site in std::mem::take(&mut self.missed) {
            self.lost(now, site, out);
        }
        self.rotator.start_due(now, view!(self), out);
        self.changes.restart(now, hands!(self), out);
        for tenant in self.secrets.waiting() {
            self.revoke(now, tenant, out);
        }
        self.restart_emergency(now, out);
    }

    fn destroyed(&mut self, now: Time, site: SiteId, out: &mut Out) {
        if !self.sites[site.index()].holds_keys() {
            return;
        }
        self.sites[site.index()].destroy();
        self.edges.iter_mut().for_each(|edge| edge.forsake(site));
        self.count_lost(now, site, out);
        if self.down {
            self.missed.push(site);
        } else {
            self.lost(now, site, out);
        }
    }

    /// The control plane learns that a site is gone for good.
    fn lost(&mut self, now: Time, site: SiteId, out: &mut Out) {
        self.changes.destroyed(now, site, hands!(self), out);
        self.rotator.destroyed(now, site, view!(self), out);
        self.changes.advance_all(hands!(self), out);
    }

    /// Keys are lost with a site, or left in escrow, whoever knows it.
    fn count_lost(&mut self, now: Time, site: SiteId, out: &mut Out) {
        let (sites, directory, map, changes) = (&self.sites[..], &self.directory, &self.catalog.shards, &self.changes);
        // With its last host a shard is lost, or left in escrow.
        let gone = |holders: &[SiteId]| {
            holders.contains(&site) && !holders.iter().any(|site| sites[site.index()].holds_keys())
        };
        let lost = |shard: ShardId| gone(directory.hosts(shard).all()) && !changes.saves(shard, sites);
        let sealed = |shard: ShardId| {
            let hosts = directory.hosts(shard);
            gone(hosts.serving()) && !gone(hosts.all()) && !changes.saves(shard, sites)
        };
        for class in (0..self.catalog.classes.len()).map(|class| ClassId(class as u16)) {
            let keys = |which: &dyn Fn(ShardId) -> bool| map.keys_in(class, which);
            let (left, keys) = (keys(&sealed), keys(&lost));
            if left > 0 {
                out.fact(Fact::LeftInEscrow { site, class, keys: left });
            }
            if keys > 0 {
                let age = self.rotator.keys_lost(now, class, lost, &self.catalog);
                out.fact(Fact::KeysLost { site, class, keys, age });
            }
        }
    }

    /// Tells of the keys that are in escrow only.
    pub(super) fn tell_escrow(&self, out: &mut Out) {
        let lives = |site: &SiteId| self.sites[site.index()].holds_keys();
        let sealed = |shard: ShardId| {
            let hosts = self.directory.hosts(shard);
            !hosts.serving().iter().any(lives) && hosts.escrow().iter().any(lives)
        };
        for class in (0..self.catalog.classes.len()).map(|class| ClassId(class as u16)) {
            let keys = self.catalog.shards.keys_in(class, &sealed);
            if keys > 0 {
                out.fact(Fact::InEscrow { class, keys });
            }
        }
    }

    fn timer(&mut self, now: Time, timer: Timer, out: &mut Out) {
        match timer {
            Timer::Retry { .. } => {}
            Timer::Check if self.down => out.after(self.catalog.health.interval, Timer::Check),
            Timer::Check => self.detector.check(&self.catalog, out),
            Timer::Publish { site, up, inside } => {
                let region = Some(self.catalog.sites[site.index()].region);
                for (edge, origin) in self.edges.iter_mut().zip(&self.catalog.origins) {
                    if (origin.inside == region) == inside {
                        edge.learn(site, up, out);
                    }
                }
            }
            Timer::Seal => {
                for site in &mut self.sites {
                    site.batches().seal(now, out);
                }
                self.gates.iter_mut().for_each(|gate| gate.seal(out));
                out.after(self.catalog.audit_interval, Timer::Seal);
            }
            Timer::Emergency(timer) => self.emergency_timer(now, timer, out),
            Timer::Refresh(origin) => self.edges[origin.index()].refresh(&self.directory),
            Timer::Learn(origin) => self.learn_secrets(now, origin, out),
            Timer::Issue(tenant) => self.issue(now, tenant, out),
            // What falls due then does so, and waits.
            Timer::Rotate if self.down => self.rotator.start_due(now, view!(self), out),
            _ if self.down => {}
            Timer::Rotate => {
                self.rotator.start_due(now, view!(self), out);
                self.changes.advance_all(hands!(self), out);
            }
            Timer::Generate(key) => self.rotator.generate(key, view!(self), out),
            Timer::Announce(key) => self.rotator.publish(key, view!(self), out),
            Timer::Owed { from, to } => self.rotator.rested(now, (from, to), view!(self), out),
            Timer::Change(change) => self.changes.begin(now, change, hands!(self), out),
            Timer::Configure(shard) => self.changes.publish(shard, hands!(self), out),
            Timer::Fill(shard) => {
                self.rotator.refill(now, shard, view!(self), out);
                self.changes.advance(shard, hands!(self), out);
            }
            Timer::Drained(shard) => self.changes.drained(now, shard, hands!(self), out),
        }
    }

    /// Sites are told what they hold and lack; origins, that there is a newer routing table.
    fn pass_on(&mut self, now: Time, out: &mut Out) {
        for (site, told) in self.rotator.told().into_iter().chain(self.changes.told()) {
            self.sites[site.index()].tell(told);
        }
        if self.changes.news() {
            for (number, edge) in self.edges.iter_mut().enumerate() {
                if let Some(span) = edge.outdate(now, &self.catalog) {
                    out.after(span, Timer::Refresh(OriginId(number as u16)));
                }
            }
        }
    }
}
