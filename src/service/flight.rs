//! Requests under way: a slab whose slots are used again, so that memory follows the number under way and not the number
//! ever asked.

use crate::kms::{Flight, KeyRef, OriginId, PopulationId, RegionId, ShardId, SiteId};
use crate::time::Time;

/// Where a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// To the best host of its key.
    Right,
    /// To this region, which is that of a wrong country, first.
    Astray(RegionId),
    /// It was sent to this site, which may lack its key.
    At(SiteId),
}

/// What an origin remembers of a request under way.
#[derive(Clone, Copy, Debug)]
pub struct Journey {
    /// Who asked.
    pub population: PopulationId,
    /// From where.
    pub origin: OriginId,
    /// Under which key.
    pub key: KeyRef,
    /// The key's shard.
    pub shard: ShardId,
    /// Number of the request among its population's.
    pub sequence: u64,
    /// When it was offered.
    pub started: Time,
    /// When it is no good any more.
    pub deadline: Time,
    /// Until when the present attempt is waited for.
    pub attempt_deadline: Time,
    /// Which of the load's calls is under way.
    pub step: u8,
    /// Attempts at this call so far.
    pub attempts: u8,
    /// Those of them that a site without the key sent on to the next: they do not count as retries.
    pub redirected: u8,
    /// Counts attempts over all calls; tells a late answer from the one waited for.
    pub serial: u8,
    /// The list of hosts that the origin goes by.
    pub list: u32,
    /// Hosts already tried for this call, by position in that list.
    pub tried: u8,
    /// The host being tried, by position.
    pub trying: u8,
    /// Attempts beyond the first, over all calls.
    pub retries: u16,
    /// Where it is sent.
    pub course: Course,
}

/// The slab.
#[derive(Clone, Debug, Default)]
pub struct Flights {
    slots: Vec<(u32, Option<Journey>)>,
    free: Vec<u32>,
}

impl Flights {
    /// Puts a journey into a free slot.
    #[inline]
    pub fn begin(&mut self, journey: Journey) -> Flight {
        match self.free.pop() {
            Some(slot) => {
                let entry = &mut self.slots[slot as usize];
                entry.1 = Some(journey);
                Flight { slot, generation: entry.0 }
            }
            None => {
                self.slots.push((0, Some(journey)));
                Flight { slot: self.slots.len() as u32 - 1, generation: 0 }
            }
        }
    }

    /// The journey, if it is still under way.
    #[inline]
    #[must_use]
    pub fn get(&self, flight: Flight) -> Option<&Journey> {
        let (generation, journey) = self.slots.get(flight.slot as usize)?;
        journey.as_ref().filter(|_| *generation == flight.generation)
    }

    /// The journey, to be changed, if it is still under way.
    #[inline]
    pub fn get_mut(&mut self, flight: Flight) -> Option<&mut Journey> {
        let (generation, journey) = self.slots.get_mut(flight.slot as usize)?;
        journey.as_mut().filter(|_| *generation == flight.generation)
    }

    /// Ends a journey; its slot is free for another.
    #[inline]
    pub fn end(&mut self, flight: Flight) {
        let (generation, journey) = &mut self.slots[flight.slot as usize];
        if *generation == flight.generation && journey.take().is_some() {
            *generation = generation.wrapping_add(1);
            self.free.push(flight.slot);
        }
    }

    /// How many are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
