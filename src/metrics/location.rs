//! How often users were taken for others, and what it cost. Counted over the whole run, warm-up included.

use crate::kms::{Fact, LocationFact, Misled, PopulationId, SiteId};
use crate::stats::Histogram;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Locations in a run.
#[derive(Clone, Debug, Default)]
pub struct LocationTally {
    /// By population of users.
    pub populations: BTreeMap<PopulationId, Located>,
    /// Time lost by requests that were sent on, and by calls that went to a farther host.
    pub lost: Histogram,
    /// Calls handed to an HSM where their key may not be; a hundred are kept.
    pub out_of_place: Vec<OutOfPlace>,
    /// All of them.
    pub breaches: u64,
}

/// A call that was handed to an HSM where residency does not allow its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfPlace {
    /// When the request was asked for.
    pub asked: Time,
    /// When the call reached the site.
    pub reached: Time,
    /// The site.
    pub site: SiteId,
    /// Who had asked.
    pub population: PopulationId,
    /// The number of the key within its class.
    pub key: u32,
    /// Which attempt at its call it was.
    pub attempt: u8,
}

/// So many breaches are kept: one is one too many.
const KEPT: usize = 100;

/// The requests of one population.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// Requests.
    pub asked: u64,
    /// Taken for users of another country, by [`Misled`].
    pub wrong: [u64; Misled::ALL.len()],
    /// Of these, sent to another region.
    pub astray: u64,
    /// From an address that the database does not know, without a country told.
    pub unknown: u64,
    /// From a private address, without a country told.
    pub private: u64,
    /// With a told country that is not that of the address.
    pub contradictions: u64,
    /// Forbidden by rules that went by a wrong country, or by none, and let in by them.
    pub misjudged: [u64; 2],
    /// Sent on from a site without the key, or after it did not answer.
    pub detours: u64,
    /// Calls to a host in a wrong country's region that is farther than another.
    pub farther: u64,
    /// Nanoseconds that these and the detours lost.
    pub lost: u64,
}

impl Located {
    /// Taken for users of another country.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.wrong.iter().sum()
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.wrong.iter_mut().zip(other.wrong).for_each(|(sum, more)| *sum += more);
        self.astray += other.astray;
        self.unknown += other.unknown;
        self.private += other.private;
        self.contradictions += other.contradictions;
        self.misjudged.iter_mut().zip(other.misjudged).for_each(|(sum, more)| *sum += more);
        self.detours += other.detours;
        self.farther += other.farther;
        self.lost += other.lost;
    }
}

impl LocationTally {
    /// All populations together.
    #[must_use]
    pub fn all(&self) -> Located {
        let mut sum = Located::default();
        self.populations.values().for_each(|located| sum.add(located));
        sum
    }

    pub(super) fn record(&mut self, at: Time, fact: Fact) {
        let Fact::Location(fact) = fact else { return };
        let (population, lost) = match fact {
            LocationFact::Detour { population, lost, .. } | LocationFact::Farther { population, lost, .. } => {
                self.lost.record(lost.0);
                (population, lost.0)
            }
            LocationFact::OutOfPlace { site, population, key, attempt, after_us } => {
                self.breaches += 1;
                if self.out_of_place.len() < KEPT {
                    let asked = at - Span::from_micros(after_us.into());
                    self.out_of_place.push(OutOfPlace { asked, reached: at, site, population, key, attempt });
                }
                return;
            }
            LocationFact::Wrong { population, .. }
            | LocationFact::Unknown { population, .. }
            | LocationFact::Contradiction { population, .. }
            | LocationFact::Misjudged { population, .. }
            | LocationFact::Asked { population, .. } => (population, 0),
        };
        let tally = self.populations.entry(population).or_default();
        tally.lost += lost;
        match fact {
            LocationFact::Wrong { misled, astray, .. } => {
                tally.wrong[misled as usize] += 1;
                tally.astray += u64::from(astray);
            }
            LocationFact::Unknown { private: true, .. } => tally.private += 1,
            LocationFact::Unknown { private: false, .. } => tally.unknown += 1,
            LocationFact::Contradiction { .. } => tally.contradictions += 1,
            LocationFact::Detour { .. } => tally.detours += 1,
            LocationFact::Farther { .. } => tally.farther += 1,
            LocationFact::Misjudged { forbidden, .. } => tally.misjudged[usize::from(!forbidden)] += 1,
            LocationFact::Asked { requests, .. } => tally.asked += requests,
            LocationFact::OutOfPlace { .. } => {}
        }
    }
}
