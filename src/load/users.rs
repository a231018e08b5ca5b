//! From where the users of a country ask: an address of theirs, mostly, and a country that some of them tell. Knows by which shares
//! that is wrong, and nothing of who locates them.

use crate::geo::{self, Country};
use crate::kms::{Address, Asked, CountryId, Slip, Told};
use crate::rng::{Draws, Rng, unit};

/// Share of users' addresses that are of IPv6: near what large sites see. Assumed.
const IPV6: f64 = 0.4;
/// A private address: behind such a proxy all are alike.
const HIDDEN: Address = Address::v4(0x0a00_0001);

/// How often what a request says of its place is not so; shares are from 0 to 1, and those of addresses add up to at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habits {
    /// The address is that of a VPN's exit in another country.
    pub vpn: f64,
    /// The address is one of another country of the continent, from which the user came.
    pub roaming: f64,
    /// The address moved since the database was made.
    pub stale: f64,
    /// The address is private.
    pub hidden: f64,
    /// The user told a country, and consented to its use.
    pub told: f64,
    /// Of these, those who told another one.
    pub told_wrong: f64,
}

/// The users of one country.
#[derive(Clone, Debug)]
pub struct Users {
    country: CountryId,
    habits: Habits,
    /// Other countries, by the addresses that they have.
    by_addresses: Others,
    /// By their Internet users.
    by_people: Others,
    /// Those of the continent, by their Internet users.
    neighbours: Others,
}

/// Countries to draw from, by weight.
#[derive(Clone, Debug)]
struct Others {
    /// The sum of weights up to each.
    sums: Vec<f64>,
}

impl Others {
    fn new(weight: impl Fn(CountryId, &Country) -> f64) -> Self {
        let mut sum = 0.0;
        let weights = geo::countries().iter().zip((0..).map(CountryId)).map(|(country, id)| weight(id, country));
        let sums = weights.map(|weight| {
            sum += weight;
            sum
        });
        Self { sums: sums.collect() }
    }

    fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// One of them; `None` where all weigh nothing.
    fn draw(&self, draws: &mut Draws) -> Option<CountryId> {
        let target = unit(draws) * self.total();
        let at = self.sums.partition_point(|sum| *sum <= target);
        (at < self.sums.len()).then_some(CountryId(at as u8))
    }
}

impl Users {
    /// The users of a country.
    #[must_use]
    pub fn new(country: CountryId, habits: Habits) -> Self {
        let own = &geo::countries()[country.index()];
        let online = |country: &Country| country.population as f64 * country.internet_share;
        let other = |id: CountryId, weight: f64| if id == country { 0.0 } else { weight };
        Self {
            country,
            habits,
            by_addresses: Others::new(|id, _| other(id, geo::blocks(id, false).addresses)),
            by_people: Others::new(|id, of| other(id, online(of))),
            neighbours: Others::new(|id, of| {
                other(
                    id,
                    if of.continent == own.continent && !geo::blocks(id, false).is_empty() { online(of) } else { 0.0 },
                )
            }),
        }
    }

    /// What one request says. Which address a user of the right country has depends on no share.
    #[inline(never)]
    #[must_use]
    pub fn asked(&self, mut draws: Draws) -> Asked {
        let habits = &self.habits;
        let (slips, tells) = (unit(&mut draws), unit(&mut draws));
        let (six, pick) = (unit(&mut draws) < IPV6, draws.next_u64());
        let (high, low) = (draws.next_u64(), draws.next_u64());
        let right = slips >= habits.vpn && slips < 1.0 - habits.roaming - habits.stale - habits.hidden;
        let (country, slip) = if right { (Some(self.country), Slip::None) } else { self.slips(slips, &mut draws) };
        let blocks = |country| {
            let blocks = geo::blocks(country, six);
            if blocks.is_empty() { geo::blocks(country, !six) } else { blocks }
        };
        let own = country.map(blocks).filter(|blocks| !blocks.is_empty());
        let address = own.map_or(HIDDEN, |blocks| blocks.address(pick, high, low));
        let told = if tells < habits.told { self.tells(&mut draws) } else { None };
        Asked { address, told, slip }
    }

    /// Another country's address, and why. Shares stand at either end, so that a larger one of VPNs changes no other request.
    #[cold]
    fn slips(&self, drawn: f64, draws: &mut Draws) -> (Option<CountryId>, Slip) {
        let Habits { vpn, roaming, stale, .. } = self.habits;
        let from_above = 1.0 - drawn;
        if drawn < vpn {
            (self.by_addresses.draw(draws), Slip::Vpn)
        } else if from_above <= roaming {
            (self.neighbours.draw(draws).or_else(|| self.by_people.draw(draws)), Slip::Roaming)
        } else if from_above <= roaming + stale {
            (self.by_addresses.draw(draws), Slip::Stale)
        } else {
            (None, Slip::Hidden)
        }
    }

    #[inline(never)]
    fn tells(&self, draws: &mut Draws) -> Option<Told> {
        let wrong = unit(draws) < self.habits.told_wrong;
        let country = if wrong { self.by_people.draw(draws)? } else { self.country };
        Some(Told { country, consent: true })
    }
}
