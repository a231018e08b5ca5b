//! How a sequence ends: at once, as far as requests go, or with everything that is under way.

use super::Course;
use crate::fleet::s;
use keyfleet::kms::{ClassId, KeyRef, ShardId, SiteId};
use keyfleet::service::{Input, Timer};

impl Course<'_> {
    /// All is well again, and everything on its way arrives in time, in order.
    pub(super) fn settle(&mut self) {
        self.down.clear();
        self.tell(Input::Control { up: true });
        for class in (0..self.catalog.classes.len()).map(|i| ClassId(i as u16)) {
            self.tell(Input::Suspended { class, region: None, begins: false });
        }
        for _ in 0..60_000 {
            let directory = self.service.directory();
            let lost = |i: usize| {
                let shard = ShardId(i as u32);
                let mut hosts = directory.members(shard).filter(|site| !directory.is_escrow(shard, *site));
                hosts.all(|site| self.gone.contains(&site))
            };
            let shards = self.catalog.shards.shards().iter().enumerate();
            let stuck: u32 = shards.filter(|(i, _)| lost(*i)).map(|(_, shard)| shard.keys).sum();
            let (rotating, changing) = (self.service.rotations_under_way(), self.service.changes_under_way());
            let calm = self.service.in_flight() == 0 && changing == 0;
            if self.now > s(60.0) && calm && rotating <= stuck as usize {
                return;
            }
            if !self.reports.is_empty() {
                self.report(0);
            } else if let Some(input) = self.coming.pop() {
                self.tell(input);
            } else {
                let next = (0..self.timers.len()).min_by_key(|i| (self.timers[*i].0, *i)).expect("checks go on");
                let (due, input) = self.timers.swap_remove(next);
                self.now = self.now.max(due);
                self.tell(input);
            }
        }
        panic!(
            "{} requests, {} rotations and {} changes never end: {:?} are gone",
            self.service.in_flight(),
            self.service.rotations_under_way(),
            self.service.changes_under_way(),
            self.gone
        );
    }

    /// A backup of a site begins, or its HSMs lose all that is not in one: in that of this moment, of some seconds ago, of before the
    /// beginning, or in none.
    pub(super) fn erase(&mut self, pick: usize) {
        let (site, now) = (SiteId((pick % self.catalog.sites.len()) as u16), self.now.0 as i64);
        let as_of = [Some(now), Some(now - 3_000_000_000), Some(-1), None][pick / 16 % 4];
        if (pick / 64).is_multiple_of(3) {
            self.tell(Input::Saving { site, last: as_of });
        } else {
            self.count("a site was erased");
            self.tell(Input::Erased { site, as_of });
        }
    }

    /// Every deadline and every pause ends, nothing else arrives: then every request ends.
    pub(super) fn expire(&mut self) {
        for _ in 0..10_000 {
            let of_request = |input: &Input| matches!(input, Input::Expired { .. } | Input::Timer(Timer::Retry { .. }));
            let Some(next) = self.timers.iter().position(|(_, input)| of_request(input)) else { break };
            let (due, input) = self.timers.swap_remove(next);
            self.now = self.now.max(due);
            self.tell(input);
        }
    }

    /// Every site has slots reserved for the versions that its keys have, and never more than there are.
    pub(super) fn slots_hold(&self) {
        let (directory, versions) = (self.service.directory(), self.service.versions());
        let mut needed = vec![0; self.catalog.sites.len()];
        for class in (0..self.catalog.classes.len()).map(|i| ClassId(i as u16)) {
            let expected = self.catalog.classes[class.index()].retired as usize + 1;
            for key in (0..self.catalog.shards.keys(class)).map(|number| KeyRef { class, number }) {
                let shard = self.catalog.shards.of(key);
                let there = versions.number_of(key).map_or(expected, |versions| versions.max(expected));
                let hosts = directory.holders(shard).filter(|site| !directory.is_escrow(shard, *site));
                hosts.for_each(|site| needed[site.index()] += there as u64);
            }
        }
        for (i, needed) in needed.into_iter().enumerate() {
            let (site, slots) = (SiteId(i as u16), self.catalog.sites[i].slots);
            let used = self.service.slots_used(site);
            assert!(self.gone.contains(&site) || (needed..=slots).contains(&used), "{site:?}: {needed} {used} {slots}");
        }
    }
}
