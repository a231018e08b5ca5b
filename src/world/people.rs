//! Custodians at work: who is called when, and the ceremonies and drills that come round. They touch no HSM and no request: whoever
//! needs a quorum asks when it will be there.

use super::World;
use super::event::Event;
use crate::engine::Queue;
use crate::kms::{CeremonyId, CustodiansId, Errand, Fact, PeopleFact, SiteId};
use crate::rng::{Key, Purpose, Streams, mix, stable_hash};
use crate::scenario::{self, Ceremony, Gathering, Open, Scenario, Target};
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a ceremony or a drill waits for.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// To be due.
    Due,
    /// For the office hours that were agreed.
    Agreed(Gathering),
    /// For the last of those who are needed.
    Called(Gathering),
    /// To be over; machines restore for so long at the end of it.
    Held(Span),
}

/// A ceremony or a drill: which time it is, when that was due, and what it is at.
#[derive(Clone, Copy, Debug)]
struct Round {
    number: u64,
    due: Time,
    stage: Stage,
}

/// All custodians of a run.
#[derive(Clone, Debug)]
pub(super) struct People {
    model: Arc<scenario::People>,
    luck: Vec<Key>,
    open: BTreeMap<(CustodiansId, SiteId), Arc<Open>>,
    rounds: Vec<Round>,
}

impl People {
    /// Nothing where there are no custodians. `idle`: without ceremonies and drills.
    pub(super) fn new(s: &Scenario, streams: &Streams, (from, idle): (Time, bool)) -> Option<Box<Self>> {
        let model = Arc::clone(&s.people);
        if model.groups.is_empty() {
            return None;
        }
        let key = |group: &scenario::Custodians| streams.key(Purpose::People, &format!("custodians {}", group.id));
        let mut open = BTreeMap::new();
        let sites = (0..s.sites.len()).map(|site| SiteId(site as u16));
        let needs = sites.filter_map(|site| Some((model.of(site)?, site)));
        for (group, site) in needs.chain(model.ceremonies.iter().map(|one| (one.custodians, one.site))) {
            open.entry((group, site)).or_insert_with(|| s.office_hours(group, site).into());
        }
        let round = |ceremony: &Ceremony| {
            let number = from.since(ceremony.at).0.div_ceil(ceremony.every.0.max(1));
            Round { number, due: ceremony.at + ceremony.every * number, stage: Stage::Due }
        };
        let rounds = if idle { Vec::new() } else { model.ceremonies.iter().map(round).collect() };
        Some(Box::new(Self { luck: model.groups.iter().map(key).collect(), open, rounds, model }))
    }

    fn hours(&self, group: CustodiansId, site: SiteId) -> &Open {
        self.open.get(&(group, site)).map_or(&[], |open| open)
    }
}

fn whole_seconds(span: Span) -> u32 {
    u32::try_from(span.0.div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

impl World {
    /// Schedules the first of each ceremony and drill.
    pub(super) fn begin_people(&mut self, queue: &mut Queue<Event>) {
        let Some(people) = &self.people else { return };
        for (number, round) in people.rounds.iter().enumerate() {
            queue.at(round.due, Event::People(CeremonyId(number as u16)));
        }
    }

    /// Calls whom a site needs, at `called`, which is not before the present, and tells of it; says when enough of them are there. At
    /// once where it needs nobody. Who is away and how long each travels depends on the group, the occasion and the person only.
    pub fn gather(&mut self, called: Time, site: SiteId, occasion: u64) -> Gathering {
        let Some(people) = &self.people else { return Gathering::nobody(called) };
        let Some(group) = people.model.of(site) else { return Gathering::nobody(called) };
        let custodians = &people.model.groups[group.index()];
        let drawn = custodians.people(people.luck[group.index()], occasion);
        let reached = self.faults.reached(group, called);
        let gathering = custodians.called((called, reached), people.hours(group, site), &drawn);
        self.tell_called(called, (group, site, Errand::Recovery), &gathering);
        self.tell_gathered((group, site, Errand::Recovery), &gathering);
        gathering
    }

    /// Whether a site needs a quorum to be activated and restored.
    pub(super) fn needs_people(&self, site: SiteId) -> bool {
        self.people.as_ref().is_some_and(|people| people.model.of(site).is_some())
    }

    /// Those who were gathered at a site are needed until `done`.
    pub fn release(&mut self, done: Time, site: SiteId, gathering: &Gathering) {
        if let Some(group) = self.people.as_ref().and_then(|people| people.model.of(site)) {
            self.tell_released(done, (group, site, Errand::Recovery), gathering);
        }
    }

    /// Nobody of a group can be reached, or they can again: no strike, for by itself it costs no request.
    pub(super) fn miss(&mut self, now: Time, on: Target, begins: bool) {
        if let Target::Custodians(custodians) = on {
            self.tell(now, PeopleFact::Absent { custodians, begins });
        }
    }

    fn tell(&mut self, at: Time, fact: PeopleFact) {
        if at <= self.until {
            self.record(at, Fact::People(fact));
        }
    }

    fn tell_called(&mut self, at: Time, (custodians, site, errand): (CustodiansId, SiteId, Errand), of: &Gathering) {
        let waits = if of.there == Time::NEVER { Span::MAX } else { of.there.since(at) };
        self.tell(at, PeopleFact::Called { custodians, site, errand, out_of_hours: of.out_of_hours, waits });
    }

    fn tell_gathered(&mut self, (custodians, site, errand): (CustodiansId, SiteId, Errand), of: &Gathering) {
        let fact = PeopleFact::Gathered { custodians, site, errand, people: of.came, travel: of.hours };
        self.tell(of.there, fact);
    }

    fn tell_released(&mut self, at: Time, (custodians, site, errand): (CustodiansId, SiteId, Errand), of: &Gathering) {
        let work = at.since(of.there) * u64::from(of.came);
        self.tell(at, PeopleFact::Released { custodians, site, errand, work });
    }

    /// How long machines go on with a drill when people are done: they restore the site's last backup, on spare HSMs.
    fn restoring(&self, ceremony: &Ceremony) -> Span {
        let backups = self.backups.as_ref().filter(|_| ceremony.drill);
        backups.and_then(|backups| backups.last(ceremony.site)).map_or(Span::ZERO, |(_, restore)| restore)
    }

    /// The next step of a ceremony or a drill.
    #[cold]
    pub(super) fn meet(&mut self, now: Time, id: CeremonyId, queue: &mut Queue<Event>) {
        let Some(people) = &self.people else { return };
        let (round, ceremony) = (people.rounds[id.index()], people.model.ceremonies[id.index()].clone());
        let errand = if ceremony.drill { Errand::Drill } else { Errand::Ceremony };
        let whose = (ceremony.custodians, ceremony.site, errand);
        let takes = ceremony.takes;
        let (next, at) = match round.stage {
            Stage::Due => {
                let group = &people.model.groups[ceremony.custodians.index()];
                let occasion = mix(stable_hash(&ceremony.id) ^ mix(errand as u64)) ^ round.number;
                let drawn = group.people(people.luck[ceremony.custodians.index()], occasion);
                let reached = |at: Time| self.faults.reached(ceremony.custodians, at);
                let open = people.hours(ceremony.custodians, ceremony.site);
                let met = group.invited((now, takes), reached, open, &drawn);
                if met.begins > met.agreed {
                    let by = if met.begins == Time::NEVER { Span::MAX } else { met.begins.since(met.agreed) };
                    self.tell(now, PeopleFact::PutOff { ceremony: id, by });
                }
                (Stage::Agreed(met.gathering), met.begins)
            }
            Stage::Agreed(gathering) => {
                self.tell_called(now, whose, &gathering);
                (Stage::Called(gathering), gathering.there)
            }
            Stage::Called(gathering) => {
                self.tell_gathered(whose, &gathering);
                self.tell(now, PeopleFact::Began(id));
                self.tell_released(now + takes, whose, &gathering);
                let restoring = self.restoring(&ceremony);
                (Stage::Held(restoring), now + takes + restoring)
            }
            Stage::Held(restored) => {
                let (took, restoring) = (now.since(round.due), whole_seconds(restored));
                self.tell(now, PeopleFact::Ended { ceremony: id, took, restoring });
                (Stage::Due, Time::NEVER)
            }
        };
        let Some(round) = self.people.as_mut().map(|people| &mut people.rounds[id.index()]) else { return };
        round.stage = next;
        let mut at = at;
        if let Stage::Due = next {
            // What came to be due meanwhile is left out.
            let missed = now.since(round.due).0 / ceremony.every.0.max(1) + 1;
            (round.number, round.due) = (round.number + missed, round.due + ceremony.every * missed);
            at = round.due;
        }
        if at != Time::NEVER {
            queue.at(at, Event::People(id));
        }
    }
}
