//! Emergency access in the world: letters and calls on the links, people who take their time, records that take theirs, and
//! which sites reach a majority of the metadata store.

use super::World;
use super::event::Event;
use crate::engine::Queue;
use crate::kms::{Call, Cell, GrantId, RegionId, SiteId};
use crate::net::Delivery;
use crate::rng::{Draws, Key, Purpose, lognormal, mix, unit};
use crate::service::{Contact, EmergencyEffect, EmergencyInput, Input, Letter};
use crate::time::{Span, Time};

/// How much people differ in the time until they answer: the standard deviation of its logarithm. One in twenty takes five times
/// the median (assumed).
const SPREAD: f64 = 1.0;

/// What is under way.
#[derive(Clone, Copy, Debug)]
enum Mail {
    Letter { from: SiteId, to: SiteId, letter: Letter },
    Plea { site: SiteId, call: Call, grant: GrantId },
    Record { site: SiteId, call: Call, grant: GrantId },
    Answer { grant: GrantId, approver: u8, yes: bool },
    Renewed { site: SiteId, asked: Time, value: u64 },
}

/// What emergency access needs of the world.
#[derive(Clone, Debug)]
pub(super) struct Emergency {
    /// A slab whose slots are used again.
    mail: Vec<Mail>,
    free: Vec<u32>,
    /// By site.
    contacts: Vec<Contact>,
    people: Key,
    median: Span,
    declines: f64,
    record: Span,
}

impl Emergency {
    /// All is well. `people`: what approvers draw; they answer after `median`, and say no with probability `declines`; `record`: the
    /// time that an audit record takes.
    pub(super) fn new(sites: usize, people: Key, (median, declines, record): (Span, f64, Span)) -> Self {
        let (mail, free, contacts) = (Vec::new(), Vec::new(), vec![Contact::Held; sites]);
        Self { mail, free, contacts, people, median, declines, record }
    }

    fn put(&mut self, mail: Mail) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.mail[slot as usize] = mail;
            return slot;
        }
        self.mail.push(mail);
        self.mail.len() as u32 - 1
    }

    /// When an approver answers who is asked now, and what.
    fn person(&self, grant: GrantId, approver: u8, again: u8) -> (Span, bool) {
        let mut draws = self.people.draws(u64::from(grant.0), u32::from(approver) << 8 | u32::from(again));
        let takes = lognormal(&mut draws, self.median.as_secs_f64(), SPREAD);
        (Span::from_secs_f64(takes), unit(&mut draws) >= self.declines)
    }
}

impl World {
    /// Carries out what emergency access wants.
    #[cold]
    pub(super) fn emergency(&mut self, now: Time, effect: EmergencyEffect, queue: &mut Queue<Event>) {
        match effect {
            EmergencyEffect::Ask { grant, approver, again } => {
                let person = self.emergency.as_ref().map(|emergency| emergency.person(grant, approver, again));
                if let Some((takes, yes)) = person {
                    self.in_a_while(now + takes, Mail::Answer { grant, approver, yes }, queue);
                }
            }
            EmergencyEffect::Renew { site, region } => self.renew(now, site, region, queue),
            EmergencyEffect::Send { from, to, letter } if !self.faults.is_dark(from) => {
                let mut draws = self.mail_draws(now, from, to);
                if let Delivery::In(delay) = self.links.send(from.index(), to.index(), &mut draws) {
                    self.in_a_while(now + delay, Mail::Letter { from, to, letter }, queue);
                }
            }
            EmergencyEffect::Send { .. } => {}
            EmergencyEffect::Plea { to, call, grant, deadline } => {
                let mut draws = Draws::from_state(call.luck).branch(Purpose::Network);
                let place = self.origin_place(call.origin);
                // Whether it will be answered in time nobody knows yet.
                queue.at(deadline, Event::Expired { flight: call.flight, serial: call.serial });
                if let Delivery::In(delay) = self.links.send(place, to.index(), &mut draws) {
                    self.in_a_while(now + delay, Mail::Plea { site: to, call, grant }, queue);
                }
            }
            EmergencyEffect::Write { site, call, grant } => {
                let record = self.emergency.as_ref().map_or(Span::ZERO, |emergency| emergency.record);
                self.in_a_while(now + record, Mail::Record { site, call, grant }, queue);
            }
            EmergencyEffect::Open { site, version } => self.open(now, site, version, queue),
        }
    }

    fn in_a_while(&mut self, at: Time, mail: Mail, queue: &mut Queue<Event>) {
        if let Some(emergency) = &mut self.emergency {
            let slot = emergency.put(mail);
            queue.at(at, Event::Mail { slot });
        }
    }

    fn mail_draws(&self, now: Time, from: SiteId, to: SiteId) -> Draws {
        let name = |site: SiteId| self.service.catalog().sites[site.index()].name;
        self.store_luck.draws(mix(mix(now.0) ^ name(from)).wrapping_add(name(to)), u32::MAX)
    }

    /// Who is dark gets nothing; what was written there stays written, and nobody acts on it.
    pub(super) fn mail_arrives(&mut self, now: Time, slot: u32, queue: &mut Queue<Event>) {
        let Some(emergency) = &mut self.emergency else { return };
        // Each is taken once: when its event comes.
        let mail = emergency.mail[slot as usize];
        emergency.free.push(slot);
        let input = match mail {
            Mail::Letter { to: site, .. }
            | Mail::Plea { site, .. }
            | Mail::Record { site, .. }
            | Mail::Renewed { site, .. }
                if self.faults.is_dark(site) =>
            {
                return;
            }
            Mail::Letter { from, to, letter } => EmergencyInput::Letter { from, to, letter },
            Mail::Plea { site, call, .. }
                if self.faults.refusing.is_odd(site) && self.met_refusal(now, (site, call), queue) =>
            {
                return;
            }
            Mail::Plea { site, call, grant } => EmergencyInput::Plea { site, call, grant },
            Mail::Record { site, call, grant } => EmergencyInput::Recorded { site, call, grant },
            Mail::Answer { grant, approver, yes } => EmergencyInput::Answered { grant, approver, yes },
            Mail::Renewed { site, asked, value } => EmergencyInput::Renewed { site, asked, value },
        };
        self.deliver(now, Input::Emergency(input), queue);
    }

    /// A site hears of the fence around its region from the nearest replicas that are a majority. They are asked at once, so that
    /// the answer holds from when it was asked for, and arrives after the round trip to the farthest of them.
    fn renew(&mut self, now: Time, site: SiteId, region: RegionId, queue: &mut Queue<Event>) {
        let Some(value) = self.witness(site, region) else { return };
        let regions = &self.store.layout().regions;
        let living = (0..).zip(regions).filter(|(replica, _)| self.store.alive(*replica));
        let mut trips: Vec<Span> = living
            .map(|(_, region)| self.region_place(*region))
            .filter(|place| !self.links.cut(site.index(), *place))
            .map(|place| self.links.usual(site.index(), place) * 2)
            .collect();
        trips.sort_unstable();
        let trip = trips.get(regions.len() / 2).copied().unwrap_or(Span::ZERO);
        self.in_a_while(now + trip, Mail::Renewed { site, asked: now, value }, queue);
    }

    /// What a majority of the metadata store's replicas, which a site reaches, says of a region's fence.
    fn witness(&self, site: SiteId, region: RegionId) -> Option<u64> {
        let regions = &self.store.layout().regions;
        let reached = |replica: u8| {
            let place = self.region_place(regions[usize::from(replica)]);
            !self.links.cut(site.index(), place)
        };
        self.store.witness(Cell::Fence(region), reached)
    }

    /// Tells sites whose contact with a majority of the metadata store has changed. Only faults change it.
    pub(super) fn tell_contacts(&mut self, now: Time, queue: &mut Queue<Event>) {
        for site in (0..self.hsms.len()).map(|i| SiteId(i as u16)) {
            let Some(before) = self.emergency.as_ref().map(|emergency| emergency.contacts[site.index()]) else {
                return;
            };
            let contact = if self.faults.is_dark(site) {
                Contact::Dark
            } else if self.witness(site, self.site_region[site.index()]).is_some() {
                Contact::Held
            } else {
                Contact::Cut
            };
            if contact != before {
                if let Some(emergency) = &mut self.emergency {
                    emergency.contacts[site.index()] = contact;
                }
                self.deliver(now, Input::Emergency(EmergencyInput::Contact { site, contact }), queue);
            }
        }
    }
}
