//! Custodians: people who are needed, m of n, and when enough of them stand at a site. All of it follows from hours, travel and who is
//! away; it knows neither sites nor what the people are needed for.

use super::Hours;
use crate::rng::{Key, lognormal, unit};
use crate::stats::incomplete_beta;
use crate::time::{Span, Time};

/// What somebody draws for an occasion: whether he is away, and how long he travels. Draws of their own, so that one does not shift the
/// other.
const AWAY: u64 = 0;
const TRAVEL: u64 = 1;

/// A group of custodians.
#[derive(Clone, Debug, PartialEq)]
pub struct Custodians {
    /// Its id.
    pub id: String,
    /// How many there are, 1 to 64.
    pub of: u8,
    /// How many of them are needed, 1 to `of`.
    pub quorum: u8,
    /// How long each travels to a site.
    pub travel: Travel,
    /// Their office hours; `None` for around the clock.
    pub hours: Option<Hours>,
    /// The IANA time zone of these; `None` for that of the site which they are called to.
    pub zone: Option<String>,
    /// So many of those at hand may be called out of hours.
    pub on_call: u8,
    /// What it takes one of these to set off then.
    pub call_out: Span,
    /// Each is away with this probability, 0 to 1, on each occasion anew.
    pub away: f64,
    /// Who is away can be called so long later.
    pub back_in: Span,
}

/// A time of travel: lognormal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    /// Its median.
    pub median: Span,
    /// Standard deviation of its logarithm; 0 where all take the median.
    pub sigma: f64,
}

/// One of a group, on one occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// On holiday, or ill.
    pub away: bool,
    /// One way.
    pub travel: Span,
}

/// Stretches of time in which office hours hold, in order and apart.
pub type Open = [(Time, Time)];

/// Enough custodians at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gathering {
    /// When the last of those who are needed arrives; [`Time::NEVER`] where none is known to come.
    pub there: Time,
    /// How many came.
    pub came: u8,
    /// How many of them set off out of hours.
    pub out_of_hours: u8,
    /// All their time on the way, there and back.
    pub hours: Span,
}

impl Gathering {
    /// Where nobody is needed.
    #[must_use]
    pub const fn nobody(at: Time) -> Self {
        Self { there: at, came: 0, out_of_hours: 0, hours: Span::ZERO }
    }
}

/// When something begins that was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appointment {
    /// At the first office hours that leave enough time.
    pub agreed: Time,
    /// Put off until enough are at hand; [`Time::NEVER`] where that is not known.
    pub begins: Time,
    /// Those who come then.
    pub gathering: Gathering,
}

/// One on the way.
#[derive(Clone, Copy)]
struct Way {
    /// The earliest time at which that can be.
    off: Time,
    travel: Span,
}

impl Way {
    fn there(&self) -> Time {
        self.off + self.travel
    }
}

impl Custodians {
    /// Who they are on an occasion: a function of the group's luck, the occasion and the person only.
    #[must_use]
    pub fn people(&self, luck: Key, occasion: u64) -> Vec<Person> {
        let person = |number: u64| {
            let mut away = luck.draws(occasion, (number << 1 | AWAY) as u32);
            let mut way = luck.draws(occasion, (number << 1 | TRAVEL) as u32);
            let travel = match self.travel.sigma > 0.0 {
                true => self.travel.median.scale(lognormal(&mut way, 1.0, self.travel.sigma)),
                false => self.travel.median,
            };
            Person { away: unit(&mut away) < self.away, travel }
        };
        (0..u64::from(self.of)).map(person).collect()
    }

    /// When enough of them are there who are called at once. `reached`: when they can be reached, not before `called`. In hours all at
    /// hand can set off when they are reached. Out of hours the first `on_call` of these can after `call_out`, unless hours begin before,
    /// and the others when hours begin. With who is away it is the same, but `back_in` after the call. Those come who can be there first.
    /// They know of each other, so that who could be there before the last sets off later, and nobody waits.
    #[must_use]
    pub fn called(&self, (called, reached): (Time, Time), open: &Open, people: &[Person]) -> Gathering {
        let at_hand = people.iter().filter(|person| !person.away).count();
        // Before each, in the order of who is called out: those at hand, then those who are away.
        let (mut here, mut away) = (0, at_hand);
        let way = |person: &Person| {
            let (from, before) = match person.away {
                true => ((called + self.back_in).max(reached), &mut away),
                false => (reached, &mut here),
            };
            let out = if *before < usize::from(self.on_call) { from + self.call_out } else { Time::NEVER };
            *before += 1;
            Way { off: out.min(begins(open, from, Span::ZERO)), travel: person.travel }
        };
        self.first(people.iter().map(way).collect(), open)
    }

    /// When they begin with something that was agreed for `due`, and when enough of them are there: at the first instant from which
    /// hours hold for as long as travel, by its median, and what they do take. Where too few are at hand it is put off to the first such
    /// instant at which those who are away are back. `reached` says from when on they can be reached who are asked at a time.
    #[must_use]
    pub fn invited(
        &self,
        (due, takes): (Time, Span),
        reached: impl Fn(Time) -> Time,
        open: &Open,
        people: &[Person],
    ) -> Appointment {
        let lasts = self.travel.median + takes;
        let fits = |mut at: Time| {
            // Each absence that is over leaves one less, so this ends.
            loop {
                let begin = begins(open, at, lasts);
                at = if begin == Time::NEVER { begin } else { reached(begin) };
                if at == begin {
                    return begin;
                }
            }
        };
        let (now, later) = (fits(due), fits(due + self.back_in));
        let here = people.iter().filter(|person| !person.away).count();
        let begins_at = if here >= usize::from(self.quorum) { now } else { later.max(now) };
        let comes = |person: &&Person| begins_at > now || !person.away;
        let way = |person: &Person| Way { off: begins_at, travel: person.travel };
        let gathering = self.first(people.iter().filter(comes).map(way).collect(), open);
        Appointment { agreed: begins(open, due, lasts), begins: begins_at, gathering }
    }

    /// The first of these who are there, as many as are needed.
    fn first(&self, mut ways: Vec<Way>, open: &Open) -> Gathering {
        ways.sort_by_key(Way::there);
        ways.truncate(usize::from(self.quorum));
        let there = ways.last().map_or(Time::NEVER, Way::there);
        if ways.len() < usize::from(self.quorum) || there == Time::NEVER {
            return Gathering::nobody(Time::NEVER);
        }
        let out_of_hours = |way: &&Way| {
            let off = there - way.travel;
            begins(open, off, Span::ZERO) != off
        };
        Gathering {
            there,
            came: self.quorum,
            out_of_hours: ways.iter().filter(out_of_hours).count() as u8,
            hours: ways.iter().fold(Span::ZERO, |sum, way| sum + way.travel * 2),
        }
    }

    /// The probability that fewer than the quorum are at hand: of a binomial number more than `of - quorum` are away.
    #[must_use]
    pub fn short(&self) -> f64 {
        let spare = self.of - self.quorum;
        incomplete_beta(f64::from(spare) + 1.0, f64::from(self.quorum), self.away)
    }

    /// As [`Self::short`], of those who may be called out of hours.
    #[must_use]
    pub fn short_out_of_hours(&self) -> f64 {
        if self.on_call < self.quorum { 1.0 } else { self.short() }
    }

    /// When their hours hold in a zone within so long a time.
    #[must_use]
    pub fn openings(&self, zone: &str, start: i64, span: Span) -> Vec<(Time, Time)> {
        match self.hours {
            Some(hours) => hours.openings(self.zone.as_deref().unwrap_or(zone), start, span),
            None => vec![(Time::ZERO, Time::NEVER)],
        }
    }
}

/// The first instant, not before `at`, from which hours hold for so long.
fn begins(open: &Open, at: Time, lasts: Span) -> Time {
    let known = open.partition_point(|(_, until)| *until <= at);
    let fits = open[known..].iter().map(|(from, until)| ((*from).max(at), *until));
    fits.into_iter().find(|(from, until)| *from + lasts <= *until).map_or(Time::NEVER, |(from, _)| from)
}
