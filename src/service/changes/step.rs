//! The steps of a shard's procedure.

use super::{Changes, Hands, Procedure, Step, View, Wanted, view};
use crate::kms::{Cell, ChangeId, Fact, KeyRef, ShardId, SiteId, StoreAnswer, StoreOp};
use crate::service::io::{Effect, Out, Timer};
use crate::service::placement::Hosts;
use crate::service::policy::store_again;
use crate::service::view::Told;
use crate::time::{Span, Time};

/// Pause before it is looked again whether a site may erase a shard.
const WAIT: Span = Span::from_secs(30);

impl Changes {
    /// Begins the procedures of as many waiting shards as may be under way at once.
    pub(super) fn pump(&mut self, now: Time, hands: &mut Hands<'_>, out: &mut Out) {
        loop {
            let busy = self.under_way.values().filter(|procedure| procedure.step != Step::Draining).count();
            let free = |shard: &ShardId| !self.under_way.contains_key(shard);
            if busy >= hands.catalog.routing.moves.max(1) as usize {
                return;
            }
            let Some(shard) = self.waiting.keys().copied().find(free) else { return };
            let Some(wanted) = self.waiting.remove(&shard) else { return };
            self.start(now, (shard, wanted), hands, out);
        }
    }

    /// Reserves room, and begins to fill.
    fn start(&mut self, now: Time, (shard, wanted): (ShardId, Wanted), hands: &mut Hands<'_>, out: &mut Out) {
        let hosts = *hands.directory.hosts(shard);
        let to = wanted.to.only(|site| hands.lives(site));
        let joining = to.only(|site| !hosts.all().contains(&site));
        let lost = !hosts.all().is_empty() && !hosts.all().iter().any(|site| hands.lives(*site));
        let slots = hands.rotator.slots();
        let full = joining.serving().iter().find(|site| !slots.fits(**site, shard, hands.catalog)).copied();
        if let Some(site) = full {
            out.fact(Fact::NoRoom { site, shard });
        }
        let nowhere = to.serving().is_empty() && !wanted.to.serving().is_empty();
        if full.is_some() || lost || nowhere {
            self.end(now, shard, wanted.change, true, out);
            return;
        }
        for site in joining.serving() {
            hands.rotator.slots_mut().join(*site, shard, hands.catalog);
        }
        let procedure = Procedure { change: wanted.change, to, began: now, step: Step::Filling, round: 0 };
        self.under_way.insert(shard, procedure);
        hands.directory.join(shard, joining);
        let keys = self.keys.get(&shard).map_or(&[][..], Vec::as_slice);
        if joining != Hosts::NONE {
            hands.rotator.fill(now, (shard, keys), joining.all(), view!(hands), out);
        }
        self.advance(shard, hands, out);
    }

    /// Publishes the hosts of a shard once those that join have all of it.
    pub(in crate::service) fn advance(&mut self, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get_mut(&shard).filter(|p| p.step == Step::Filling) else { return };
        if hands.rotator.is_filled(shard) {
            procedure.step = Step::Publishing { tries: 0 };
            self.publish(shard, hands, out);
        }
    }

    /// As [`Self::advance`], of all shards.
    pub(in crate::service) fn advance_all(&mut self, hands: &mut Hands<'_>, out: &mut Out) {
        let shards: Vec<ShardId> = self.under_way.keys().copied().collect();
        shards.into_iter().for_each(|shard| self.advance(shard, hands, out));
    }

    /// Asks the metadata store, from a site of the shard, to hold its new hosts. The value names the change, so that a conflict
    /// with it says that an earlier try succeeded, of which the answer was lost.
    pub(in crate::service) fn publish(&mut self, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get_mut(&shard) else { return };
        let (to, value) = (procedure.to, procedure.value());
        let Step::Publishing { tries } = &mut procedure.step else { return };
        *tries += 1;
        let hosts = hands.directory.hosts(shard);
        let mut sites = to.all().iter().chain(hosts.all()).copied();
        let first = sites.clone().next();
        let Some(from) = sites.find(|site| hands.detector.up(*site)).or(first) else { return };
        let expect = self.epochs.get(&shard).copied().unwrap_or(0);
        out.push(Effect::Store { from, op: StoreOp::Cas { cell: Cell::Shard(shard), expect, value } });
    }

    /// The metadata store answered, or did not.
    pub(in crate::service) fn published(
        &mut self,
        now: Time,
        (op, answer): (StoreOp, StoreAnswer),
        hands: &mut Hands<'_>,
        out: &mut Out,
    ) {
        let StoreOp::Cas { cell: Cell::Shard(shard), value, .. } = op else { return };
        if let StoreAnswer::Written { epoch } | StoreAnswer::Conflict { epoch, .. } = answer {
            let known = self.epochs.entry(shard).or_default();
            *known = epoch.max(*known);
        }
        let Some(procedure) = self.under_way.get(&shard) else { return };
        let Step::Publishing { tries } = procedure.step else { return };
        // Whatever was asked: what is there says that a try for these hosts was written.
        let wanted = procedure.value();
        let is_there = matches!(answer, StoreAnswer::Conflict { value: there, .. } if there == wanted);
        if value != wanted && !is_there {
            return;
        }
        match answer {
            StoreAnswer::Written { .. } => {}
            StoreAnswer::Conflict { .. } if is_there => {}
            StoreAnswer::Conflict { .. } => return self.publish(shard, hands, out),
            StoreAnswer::Unavailable | StoreAnswer::Value { .. } => {
                return out.after(store_again(tries), Timer::Configure(shard));
            }
        }
        self.configure(now, shard, hands, out);
    }

    /// The new hosts of a shard are published.
    fn configure(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get_mut(&shard) else { return };
        let hosts = *hands.directory.hosts(shard);
        let to = procedure.to.serving();
        if !to.is_empty() && !to.iter().any(|site| hands.lives(*site)) {
            // All that it was moved to is gone meanwhile: it goes back to what is left.
            let left = hosts.only(|site| hands.lives(site));
            if left.serving().is_empty() {
                return self.give_up(now, shard, hands, out);
            }
            (procedure.to, procedure.step) = (left, Step::Publishing { tries: 0 });
            procedure.round += 1;
            return self.publish(shard, hands, out);
        }
        procedure.step = Step::Draining;
        let Procedure { change, to, began, round, .. } = *procedure;
        hands.rotator.stop_filling(shard, None);
        hands.directory.publish(shard, to);
        // Not before: it may have held the shard once, and some may still ask it.
        self.told.extend(to.all().iter().map(|site| (*site, Told::Holds(shard, true))));
        self.news = true;
        let hosts = to.serving().len() as u8;
        if hands.catalog.shards.shard(shard).keys > 0 {
            out.fact(Fact::Configured { shard, change, hosts, took: now.since(began) });
        }
        if hands.directory.leaving(shard).is_empty() {
            self.end(now, shard, change, round > 0, out);
        } else {
            out.after(hands.catalog.routing.drain, Timer::Drained(shard));
        }
        self.pump(now, hands, out);
    }

    /// Nobody asks any more where a shard left: what is there is erased. Keys without any host are retired.
    pub(in crate::service) fn drained(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get(&shard).filter(|p| p.step == Step::Draining) else { return };
        let (change, refused) = (procedure.change, procedure.round > 0);
        let keys = self.keys.get(&shard).cloned().unwrap_or_default();
        let hosts = *hands.directory.hosts(shard);
        let retires = hosts.all().is_empty();
        if hosts.serving().iter().any(|site| !hands.lives(*site)) && self.go_back(now, shard, &keys, hands, out) {
            return;
        }
        let away = hands.directory.leaving(shard).iter().any(|site| hands.lives(*site) && !hands.detector.up(*site));
        if away || !retires && hands.rotator.would_lose(&keys, view!(hands)) {
            // A site that is down cannot erase anything, or a copy is still on its way to those that stay.
            return out.after(WAIT, Timer::Drained(shard));
        }
        let left = hands.directory.left(shard);
        self.vacate(shard, left, hands);
        for site in left.all().iter().copied() {
            hands.rotator.emptied(now, site, &keys, view!(hands), out);
            if hands.lives(site) && !keys.is_empty() {
                out.fact(Fact::Zeroised { site, shard, keys: keys.len() as u32 });
            }
        }
        if retires {
            hands.rotator.retire(&keys, view!(hands), out);
        }
        self.end(now, shard, change, refused, out);
        self.pump(now, hands, out);
    }

    /// A new host of a shard is gone for good before its old ones have erased anything: these serve it again. Whether there
    /// are any.
    fn go_back(&mut self, now: Time, shard: ShardId, keys: &[KeyRef], hands: &mut Hands<'_>, out: &mut Out) -> bool {
        let still = hands.directory.hosts(shard).only(|site| hands.lives(site));
        let back = hands.directory.leaving_hosts(shard).only(|site| hands.lives(site));
        let Some(procedure) = self.under_way.get_mut(&shard).filter(|_| !back.serving().is_empty()) else {
            return false;
        };
        let Some(to) = still.with(&back) else { return false };
        procedure.to = to;
        procedure.step = Step::Publishing { tries: 0 };
        procedure.round += 1;
        hands.directory.return_to(shard);
        hands.rotator.returned(now, keys, back.all(), view!(hands), out);
        self.publish(shard, hands, out);
        true
    }

    /// The procedure of a shard has ended.
    fn end(&mut self, now: Time, shard: ShardId, change: ChangeId, refused: bool, out: &mut Out) {
        self.under_way.remove(&shard);
        if !self.waiting.contains_key(&shard) {
            self.keys.remove(&shard);
        }
        self.done(now, change, refused, out);
    }

    /// A site and all it held is gone: it joins no shard any more, and shards that had nothing else are given up.
    pub(in crate::service) fn destroyed(&mut self, now: Time, site: SiteId, hands: &mut Hands<'_>, out: &mut Out) {
        let shards: Vec<ShardId> = self.under_way.keys().copied().collect();
        for shard in shards {
            let saved = self.saves(shard, hands.sites);
            let Some(procedure) = self.under_way.get_mut(&shard) else { continue };
            let hosts = hands.directory.hosts(shard);
            let joins = procedure.to.all().contains(&site) && !hosts.all().contains(&site);
            let lost = !hosts.all().is_empty() && !hosts.all().iter().any(|s| hands.sites[s.index()].holds_keys());
            if joins && procedure.step == Step::Filling {
                procedure.to = procedure.to.only(|other| other != site);
                if !hands.directory.is_escrow(shard, site) {
                    hands.rotator.slots_mut().leave(site, shard, hands.catalog);
                }
                hands.directory.drop_joining(shard, site);
                hands.rotator.stop_filling(shard, Some(site));
            }
            let Procedure { to, step, .. } = self.under_way[&shard];
            let nowhere = joins && to.serving().is_empty();
            let nobody = !to.all().iter().chain(hands.directory.hosts(shard).all()).any(|site| hands.lives(*site));
            match step {
                Step::Draining if lost => self.cut_short(now, shard, hands, out),
                Step::Filling if lost || nowhere => self.give_up(now, shard, hands, out),
                Step::Publishing { .. } if nobody || lost && !saved => self.give_up(now, shard, hands, out),
                _ => {}
            }
        }
    }

    /// A shard stays as it is. Keys of one that was to be provisioned are abandoned.
    fn give_up(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(Procedure { change, to, .. }) = self.under_way.get(&shard).copied() else { return };
        let hosts = *hands.directory.hosts(shard);
        hands.directory.join(shard, Hosts::NONE);
        hands.rotator.stop_filling(shard, None);
        let keys = self.keys.get(&shard).map_or(&[][..], Vec::as_slice);
        let joining = to.only(|site| !hosts.all().contains(&site));
        for site in joining.serving() {
            hands.rotator.slots_mut().leave(*site, shard, hands.catalog);
        }
        for site in joining.all() {
            hands.rotator.emptied(now, *site, keys, view!(hands), out);
        }
        if hosts.all().is_empty() {
            hands.rotator.abandon(now, keys, view!(hands), out);
        }
        self.end(now, shard, change, true, out);
    }

    /// All hosts of a shard are gone while others drain that still hold it: it counts as lost, for nobody is sent there any more.
    fn cut_short(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(Procedure { change, .. }) = self.under_way.get(&shard).copied() else { return };
        let left = hands.directory.left(shard);
        self.vacate(shard, left, hands);
        self.end(now, shard, change, true, out);
    }

    /// Sites do not hold a shard any more. What is in escrow takes no slot of a device.
    fn vacate(&mut self, shard: ShardId, left: Hosts, hands: &mut Hands<'_>) {
        for site in left.serving() {
            hands.rotator.slots_mut().leave(*site, shard, hands.catalog);
        }
        self.told.extend(left.all().iter().map(|site| (*site, Told::Holds(shard, false))));
    }
}
