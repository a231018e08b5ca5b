//! The metadata store in the world: its packets travel on the links that all messages take, and what breaks sites and links
//! breaks its replicas and their ties.

use super::World;
use super::event::Event;
use crate::engine::Queue;
use crate::kms::{RegionId, SiteId, StoreOp};
use crate::net::{Delivery, Links};
use crate::rng::mix;
use crate::scenario::Scenario;
use crate::service::Input;
use crate::store::{Layout, Node, Packet, Reach, Reminder, Step, Store};
use crate::time::Time;

/// Packets under way: a slab whose slots are used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    packets: Vec<Packet>,
    free: Vec<u32>,
}

impl Post {
    fn put(&mut self, packet: Packet) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.packets[slot as usize] = packet;
            return slot;
        }
        self.packets.push(packet);
        self.packets.len() as u32 - 1
    }

    /// Each packet is taken once: when its event comes.
    fn take(&mut self, slot: u32) -> Packet {
        self.free.push(slot);
        self.packets[slot as usize]
    }
}

/// Where the replicas stand: of a region the first at its first site, the next at its next; one that finds no site left stands
/// apart from them, so that no site of two takes a majority with it.
pub(super) fn layout(s: &Scenario, links: &Links) -> Layout {
    let regions = s.metadata.replicas.clone();
    let site = |(i, region): (usize, &RegionId)| {
        let before = regions[..i].iter().filter(|earlier| *earlier == region).count();
        s.sites_of(*region).nth(before)
    };
    let sites = regions.iter().enumerate().map(site).collect();
    let first_region = s.sites.len() + s.origins.len();
    let nearest = |site: usize| {
        let mut order: Vec<u8> = (0..regions.len() as u8).collect();
        order.sort_by_key(|replica| links.usual(site, first_region + regions[usize::from(*replica)].index()));
        order
    };
    let nearest = (0..s.sites.len()).map(nearest).collect();
    Layout { sites, nearest, regions, election: s.metadata.election, timeout: s.metadata.timeout }
}

impl World {
    pub(super) fn ask_store(&mut self, now: Time, from: SiteId, op: StoreOp, queue: &mut Queue<Event>) {
        self.with_store(now, queue, |store, steps| store.ask(now, from, op, steps));
    }

    pub(super) fn packet_arrives(&mut self, now: Time, slot: u32, queue: &mut Queue<Event>) {
        let packet = self.post.take(slot);
        // A client at a site that is dark hears nothing; of replicas the store itself knows.
        if !matches!(packet.to, Node::Client(site) if self.faults.is_dark(site)) {
            self.with_store(now, queue, |store, steps| store.deliver(now, packet, steps));
        }
    }

    pub(super) fn remind_store(&mut self, now: Time, reminder: Reminder, queue: &mut Queue<Event>) {
        self.with_store(now, queue, |store, steps| store.remind(now, reminder, steps));
    }

    /// Tells the store which replicas live and reach each other now.
    pub(super) fn reach_metadata(&mut self, now: Time, queue: &mut Queue<Event>) {
        let Layout { regions, sites, .. } = self.store.layout();
        let dark = |site: usize| self.faults.is_dark(SiteId(site as u16));
        let region_dark =
            |region: RegionId| (0..self.site_region.len()).filter(|site| self.site_region[*site] == region).all(dark);
        let alive = |replica: u8| {
            let (site, region) = (sites[usize::from(replica)], regions[usize::from(replica)]);
            !self.faults.is_metadata_down() && !site.map_or_else(|| region_dark(region), |site| dark(site.index()))
        };
        let place = |replica: u8| self.region_place(regions[usize::from(replica)]);
        let reach = Reach::new(regions.len(), alive, |a, b| self.links.cut(place(a), place(b)));
        self.with_store(now, queue, |store, steps| store.set_reach(reach, steps));
    }

    /// Has the store do something, and carries out what it wants.
    fn with_store(&mut self, now: Time, queue: &mut Queue<Event>, act: impl FnOnce(&mut Store, &mut Vec<Step>)) {
        let mut steps = Vec::new();
        act(&mut self.store, &mut steps);
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Send(packet) => self.post(now, number, packet, queue),
                Step::After(span, reminder) => queue.at(now + span, Event::Metadata(reminder)),
                Step::Answered { op, answer } => self.deliver(now, Input::Stored { op, answer }, queue),
                Step::Fact(fact) => self.record(now, fact),
            }
        }
    }

    /// Puts a packet on its link. `number`: its place among those sent in one go, which tells apart what they draw.
    fn post(&mut self, now: Time, number: u32, packet: Packet, queue: &mut Queue<Event>) {
        // A client at a site that is dark says nothing; of replicas the store itself knows.
        if matches!(packet.from, Node::Client(site) if self.faults.is_dark(site)) {
            return;
        }
        let place = |node: Node| match node {
            Node::Client(site) => site.index(),
            Node::Replica(replica) => self.region_place(self.store.layout().regions[usize::from(replica)]),
        };
        let name = |node: Node| match node {
            Node::Client(site) => self.service.catalog().sites[site.index()].name,
            Node::Replica(replica) => mix(u64::from(replica)),
        };
        let (from, to) = (place(packet.from), place(packet.to));
        let site = |node: Node| match node {
            Node::Client(site) => Some(site),
            Node::Replica(replica) => self.store.layout().sites[usize::from(replica)],
        };
        let sites = [site(packet.from), site(packet.to)];
        let mut draws = self.store_luck.draws(mix(mix(now.0) ^ name(packet.from)) ^ name(packet.to), number);
        let Some(leaves) = self.leaves(now, (from, to), sites) else { return };
        if let Delivery::In(delay) = self.links.send(from, to, &mut draws) {
            let slot = self.post.put(packet);
            queue.at(leaves + delay, Event::Packet { slot });
        }
    }
}
