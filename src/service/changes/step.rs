//! The steps of a shard's procedure.

use super::{Changes, Hands, Procedure, Step, View, Wanted, room, view};
use crate::kms::{Cell, Fact, ShardId, SiteId, StoreAnswer, StoreOp};
use crate::service::io::{Effect, Out, Timer};
use crate::service::view::Told;
use crate::time::{Span, Time};

/// The first pause before hosts are published again that the metadata store did not take; it doubles each time.
const PUBLISH_AGAIN: Span = Span::from_secs(1);
/// So often at most.
const DOUBLINGS: u32 = 6;

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
        let joining: Vec<SiteId> = to.all().iter().copied().filter(|site| !hosts.all().contains(site)).collect();
        let lost = !hosts.all().is_empty() && !hosts.all().iter().any(|site| hands.lives(*site));
        let needs = room(shard, hands.catalog);
        let full =
            |site: &&SiteId| self.used[site.index()].saturating_add(needs) > hands.catalog.sites[site.index()].slots;
        let full = joining.iter().find(full).copied();
        if let Some(site) = full {
            out.fact(Fact::NoRoom { site, shard });
        }
        let nowhere = to.serving().is_empty() && !wanted.to.serving().is_empty();
        if full.is_some() || lost || nowhere {
            self.end(now, shard, wanted.change, true, out);
            return;
        }
        for site in &joining {
            self.used[site.index()] += needs;
            self.told.push((*site, Told::Holds(shard, true)));
        }
        let procedure = Procedure { change: wanted.change, to, began: now, step: Step::Filling };
        self.under_way.insert(shard, procedure);
        hands.directory.join(shard, joining.clone());
        let keys = self.keys.get(&shard).map_or(&[][..], Vec::as_slice);
        if !joining.is_empty() {
            hands.rotator.fill(now, (shard, keys), &joining, view!(hands), out);
        }
        self.advance(now, shard, hands, out);
    }

    /// Publishes the hosts of a shard once those that join have all of it.
    pub(in crate::service) fn advance(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get_mut(&shard).filter(|p| p.step == Step::Filling) else { return };
        if hands.rotator.is_filled(shard) {
            procedure.step = Step::Publishing { tries: 0 };
            self.publish(now, shard, hands, out);
        }
    }

    /// As [`Self::advance`], of all shards.
    pub(in crate::service) fn advance_all(&mut self, now: Time, hands: &mut Hands<'_>, out: &mut Out) {
        let shards: Vec<ShardId> = self.under_way.keys().copied().collect();
        shards.into_iter().for_each(|shard| self.advance(now, shard, hands, out));
    }

    /// Asks the metadata store, from a site of the shard, to hold its new hosts. The value names the change, so that a conflict
    /// with it says that an earlier try succeeded, of which the answer was lost.
    pub(in crate::service) fn publish(&mut self, _now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(Procedure { change, to, step: Step::Publishing { tries }, .. }) = self.under_way.get_mut(&shard)
        else {
            return;
        };
        *tries += 1;
        let hosts = hands.directory.hosts(shard);
        let mut sites = to.all().iter().chain(hosts.all()).copied();
        let first = sites.clone().next();
        let Some(from) = sites.find(|site| hands.detector.up(*site)).or(first) else { return };
        let (expect, value) = (self.epochs.get(&shard).copied().unwrap_or(0), u64::from(change.0) + 1);
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
        let Some(Procedure { change, step: Step::Publishing { tries }, .. }) = self.under_way.get(&shard) else {
            return;
        };
        if value != u64::from(change.0) + 1 {
            return;
        }
        match answer {
            StoreAnswer::Written { epoch } => drop(self.epochs.insert(shard, epoch)),
            StoreAnswer::Conflict { epoch, value: there } => {
                self.epochs.insert(shard, epoch);
                if there != value {
                    return self.publish(now, shard, hands, out);
                }
            }
            StoreAnswer::Unavailable | StoreAnswer::Value { .. } => {
                let pause = PUBLISH_AGAIN * (1 << (tries - 1).min(DOUBLINGS));
                return out.after(pause, Timer::Configure(shard));
            }
        }
        self.configure(now, shard, hands, out);
    }

    /// The new hosts of a shard are published.
    fn configure(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get_mut(&shard) else { return };
        procedure.step = Step::Draining;
        let Procedure { change, to, began, .. } = *procedure;
        hands.rotator.stop_filling(shard, None);
        hands.directory.publish(shard, to);
        self.news = true;
        let hosts = to.serving().len() as u8;
        out.fact(Fact::Configured { shard, change, hosts, took: now.since(began) });
        if hands.directory.leaving(shard).is_empty() {
            self.end(now, shard, change, false, out);
        } else {
            out.after(Self::drain(hands.catalog), Timer::Drained(shard));
        }
        self.pump(now, hands, out);
    }

    /// Nobody asks any more where a shard left: what is there is erased. Keys without any host are retired.
    pub(in crate::service) fn drained(&mut self, now: Time, shard: ShardId, hands: &mut Hands<'_>, out: &mut Out) {
        let Some(procedure) = self.under_way.get(&shard).filter(|p| p.step == Step::Draining) else { return };
        let change = procedure.change;
        let keys = self.keys.get(&shard).cloned().unwrap_or_default();
        for site in hands.directory.left(shard) {
            self.used[site.index()] -= room(shard, hands.catalog);
            self.told.push((site, Told::Holds(shard, false)));
            hands.rotator.emptied(now, site, &keys, view!(hands), out);
            if hands.lives(site) {
                out.fact(Fact::Zeroised { site, shard, keys: keys.len() as u32 });
            }
        }
        if hands.directory.hosts(shard).all().is_empty() {
            hands.rotator.retire(&keys, view!(hands), out);
        }
        self.end(now, shard, change, false, out);
        self.pump(now, hands, out);
    }

    /// The procedure of a shard has ended.
    fn end(&mut self, now: Time, shard: ShardId, change: crate::kms::ChangeId, refused: bool, out: &mut Out) {
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
            let Some(procedure) = self.under_way.get_mut(&shard).filter(|p| p.step != Step::Draining) else { continue };
            let hosts = hands.directory.hosts(shard);
            let joins = procedure.to.all().contains(&site) && !hosts.all().contains(&site);
            let lost = !hosts.all().is_empty() && !hosts.all().iter().any(|s| hands.sites[s.index()].holds_keys());
            if joins && procedure.step == Step::Filling {
                procedure.to = procedure.to.only(|other| other != site);
                self.used[site.index()] -= room(shard, hands.catalog);
                hands.directory.drop_joining(shard, site);
                hands.rotator.stop_filling(shard, Some(site));
            }
            if lost || procedure.to.serving().is_empty() && joins {
                let Procedure { change, to, .. } = *procedure;
                let joined = to.all().iter().filter(|s| !hands.directory.hosts(shard).all().contains(s));
                joined.for_each(|s| self.used[s.index()] -= room(shard, hands.catalog));
                hands.directory.join(shard, Vec::new());
                hands.rotator.stop_filling(shard, None);
                self.end(now, shard, change, true, out);
            }
        }
    }
}
