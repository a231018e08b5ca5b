//! What a copy is under each custody: a lag, and where the vendor does not copy by itself, work of an engine at each end, but for
//! ends that hold it in escrow: what they get and give back stays wrapped. Only the
//! wire between keeps order: two engines may end their work in another order than they began.

use super::{Event, World};
use crate::engine::Queue;
use crate::hsm::{Custody, Finished, Job, Profile, Ticket};
use crate::kms::{Fact, Failure, KeyVersion, Outcome, SiteId};
use crate::rng::Purpose;
use crate::service::{EmergencyInput, Input};
use crate::time::{Span, Time};

/// How copies leave a site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carriage {
    near: Span,
    far: Span,
    /// Whether engines work on copies to sites of its own region, and to others.
    engines: [bool; 2],
}

impl Carriage {
    /// As a profile says. A vendor's cluster is the sites of one region, unless the profile knows its lag to others.
    pub(super) fn of(profile: &Profile) -> Self {
        Self {
            near: profile.replication_lag,
            far: profile.replication_lag_far.unwrap_or(profile.replication_lag),
            engines: match profile.custody {
                Custody::Wrapped => [true, true],
                Custody::Cluster => [false, profile.replication_lag_far.is_none()],
                Custody::Blob => [false, false],
            },
        }
    }
}

impl World {
    fn far(&self, from: SiteId, to: SiteId) -> bool {
        self.site_region[from.index()] != self.site_region[to.index()]
    }

    /// Whether an engine has work at this end of a copy.
    fn works_on(&self, (from, to): (SiteId, SiteId), unwraps: bool, version: KeyVersion) -> bool {
        let carriage = &self.carriages[from.index()];
        let here = if unwraps { to } else { from };
        let sealed = || {
            let shard = self.service.catalog().shards.of(version.key);
            self.service.directory().is_escrow(shard, here)
        };
        carriage.engines[usize::from(self.far(from, to))]
            && self.hsms[here.index()].exchanges(version.key.class, unwraps)
            && !sealed()
    }

    /// A copy is to be made: wrapped first, where an engine has to.
    pub(super) fn copy(&mut self, now: Time, wire: (SiteId, SiteId), version: KeyVersion, queue: &mut Queue<Event>) {
        if self.works_on(wire, false, version) {
            self.exchange(now, wire, (version, false), queue);
        } else {
            self.dispatch(now, wire, version, queue);
        }
    }

    /// Puts a copy on the wire between two sites.
    fn dispatch(&mut self, now: Time, (from, to): (SiteId, SiteId), version: KeyVersion, queue: &mut Queue<Event>) {
        let mut draws = self.key_draws(now, to, version.key).branch(Purpose::Network);
        let carriage = &self.carriages[from.index()];
        let leaves = now + if self.far(from, to) { carriage.far } else { carriage.near };
        let Some(leaves) = self.leaves(leaves, (from.index(), to.index()), [Some(from), Some(to)]) else {
            // The ends do not trust each other, as both know a round trip later.
            let known = leaves + self.links.usual(from.index(), to.index()) * 2;
            return queue.at(known, Event::Copy { from, to, version, lost: true });
        };
        let passage = self.wires.send(leaves, (from.index(), to.index()), &self.links, &mut draws);
        queue.at(passage.at, Event::Copy { from, to, version, lost: passage.lost });
    }

    /// A copy came off the wire, or was given up there: it is unwrapped, where an engine has to.
    pub(super) fn copy_arrives(
        &mut self,
        now: Time,
        wire: (SiteId, SiteId),
        (version, lost): (KeyVersion, bool),
        queue: &mut Queue<Event>,
    ) {
        let open = |site: SiteId| self.alive(site) && !self.faults.refusing.is_closed(site);
        let done = !lost && open(wire.0) && open(wire.1);
        if done && self.works_on(wire, true, version) {
            self.exchange(now, wire, (version, true), queue);
        } else {
            self.deliver(now, Input::Copied { site: wire.1, version, done }, queue);
        }
    }

    /// Hands a wrapping or an unwrapping to the site that does it.
    fn exchange(
        &mut self,
        now: Time,
        (from, to): (SiteId, SiteId),
        (version, unwraps): (KeyVersion, bool),
        queue: &mut Queue<Event>,
    ) {
        let site = if unwraps { to } else { from };
        let luck = self.key_draws(now, site, version.key).branch(Purpose::Service).state();
        let job = Job::Exchange { version, from, to, unwraps, luck };
        let ticket = match self.faults.is_dark(site) || self.faults.refusing.is_closed(site) {
            true => Ticket::Refused(Failure::NoDevice),
            false => self.hand_over(now, site, job, (Span::MAX, Time::ZERO)),
        };
        match ticket {
            Ticket::Expected { at, number } => queue.at(at, Event::Hsm { site, number }),
            Ticket::Certain(_) | Ticket::Refused(_) => self.there(now, (from, to), (version, false), queue),
        }
    }

    /// A version is at its end of the way, or is not. What went nowhere was opened where it was in escrow.
    fn there(
        &mut self,
        now: Time,
        (from, site): (SiteId, SiteId),
        (version, done): (KeyVersion, bool),
        queue: &mut Queue<Event>,
    ) {
        let input = match from == site {
            true => Input::Emergency(EmergencyInput::Opened { site, version, done }),
            false => Input::Copied { site, version, done },
        };
        self.deliver(now, input, queue);
    }

    /// Has an engine open what a site holds of a key in escrow, where it is known how long that takes.
    pub(super) fn open(&mut self, now: Time, site: SiteId, version: KeyVersion, queue: &mut Queue<Event>) {
        if self.hsms[site.index()].exchanges(version.key.class, true) {
            self.exchange(now, (site, site), (version, true), queue);
        } else {
            let done = self.alive(site);
            self.there(now, (site, site), (version, done), queue);
        }
    }

    /// A wrapping or an unwrapping ended, well or not.
    pub(super) fn exchanged(&mut self, now: Time, finished: Finished, queue: &mut Queue<Event>) {
        let Finished { job: Job::Exchange { version, from, to, unwraps, .. }, outcome, service, .. } = finished else {
            return;
        };
        let done = outcome == Outcome::Done;
        if done {
            self.record(now, Fact::Exchanged { version, site: if unwraps { to } else { from }, service });
        }
        if done && !unwraps {
            self.dispatch(now, (from, to), version, queue);
        } else {
            self.there(now, (from, to), (version, done), queue);
        }
    }
}
