//! Tenants, what they may do, and how sites and gates are protected.

use crate::geo;
use crate::service::{Countries, Priority, TokenPolicy};
use crate::time::{Span, Time};
use std::str::FromStr;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Who may do what.
#[derive(Clone, Debug, Default)]
pub struct AccessModel {
    /// Tenants, in order of id; none where callers are not told apart.
    pub tenants: Vec<Tenant>,
    /// Rules, in order of id; none where tenants may do what their loads ask for.
    pub rules: Vec<RuleModel>,
    /// Tokens.
    pub tokens: TokenPolicy,
    /// Operations per second of one tenant's callers at one place, where limited.
    pub origin: Option<f64>,
    /// So much of a second's worth at once.
    pub burst: Span,
    /// By priority: how long calls may wait at an HSM; [`Span::MAX`] for any time.
    pub patience: [Span; 3],
}

/// A tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: String,
    /// Which of its calls are shed.
    pub priority: Priority,
    /// Operations per second in all, where limited.
    pub rate: Option<f64>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct RuleModel {
    /// Its id.
    pub id: String,
    /// It denies.
    pub denies: bool,
    /// By tenant: whether it is about them.
    pub tenants: Vec<bool>,
    /// By call.
    pub calls: Vec<bool>,
    /// By key class.
    pub classes: Vec<bool>,
    /// Countries, by their number in the list; `None` for anywhere.
    pub from: Option<Countries>,
    /// When; `None` for always.
    pub hours: Option<Hours>,
}

/// Hours of some days, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// By weekday, Monday first: whether it begins on that day.
    pub days: [bool; 7],
    /// Minutes after midnight.
    pub begins: u32,
    /// Minutes after the same midnight; more than 1,440 where it ends on the next day.
    pub ends: u32,
}

/// A text that is no hours of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHours;

impl FromStr for Hours {
    type Err = NoHours;

    /// Reads "Mon-Fri 08:00-18:00", "Sat,Sun 00:00-24:00" or "22:00-06:00", which is of every day.
    fn from_str(text: &str) -> Result<Self, NoHours> {
        let (which, times) = match text.trim().rsplit_once(' ') {
            Some((days, times)) => (days.trim(), times),
            None => ("Mon-Sun", text.trim()),
        };
        let (begins, ends) = times.split_once('-').ok_or(NoHours)?;
        let (begins, ends) = (minutes(begins)?, minutes(ends)?);
        if begins == ends || begins == 1_440 {
            return Err(NoHours);
        }
        let mut days = [false; 7];
        for part in which.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (day(first)?, day(last)?);
            (0..=(last + 7 - first) % 7).for_each(|step| days[(first + step) % 7] = true);
        }
        Ok(Self { days, begins, ends: if ends > begins { ends } else { ends + 1_440 } })
    }
}

impl Hours {
    /// When they hold in a time zone, in the time of a run that starts at `start`, Unix seconds; stretches that touch are one.
    #[must_use]
    pub fn openings(&self, zone: &str, start: i64, run: Span) -> Vec<(Time, Time)> {
        let seconds = i64::try_from(run.0.div_ceil(1_000_000_000)).unwrap_or(i64::MAX);
        let open = geo::openings(zone, (start, start.saturating_add(seconds)), self.days, (self.begins, self.ends));
        let time = |unix: i64| Time::ZERO + Span::from_secs(u64::try_from(unix - start).unwrap_or(0));
        let mut merged: Vec<(Time, Time)> = Vec::new();
        for (begins, ends) in open.into_iter().map(|(begins, ends)| (time(begins), time(ends))) {
            match merged.last_mut() {
                // Of hours that go on beyond midnight one day's may reach into the next one's.
                Some((_, last)) if *last >= begins => *last = ends.max(*last),
                _ => merged.push((begins, ends)),
            }
        }
        merged
    }
}

fn day(name: &str) -> Result<usize, NoHours> {
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(name.trim())).ok_or(NoHours)
}

/// Minutes after midnight of a time of day, 00:00 to 24:00.
pub(in crate::scenario) fn minutes(text: &str) -> Result<u32, NoHours> {
    let (hour, minute) = text.trim().split_once(':').ok_or(NoHours)?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| digits(text)).ok_or(NoHours);
    let (hour, minute) = (number(hour)?, number(minute)?);
    if minute < 60 && hour * 60 + minute <= 1_440 { Ok(hour * 60 + minute) } else { Err(NoHours) }
}
