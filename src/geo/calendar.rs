//! Virtual time as people live it: hour, weekday and holiday at a place. Time zones come from the database compiled into jiff,
//! never from the machine's files, holidays from `datasets/holidays.csv` (2024 to 2036). Does not know what people do then.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::table;
use crate::time::Time;

const DAY_S: i64 = 86_400;
const NANOS_PER_S: u64 = 1_000_000_000;

/// (country, date, name), sorted.
static HOLIDAYS: LazyLock<Vec<(&str, Date, &str)>> = LazyLock::new(|| {
    let mut days = table::rows(include_str!("../../datasets/holidays.csv"), |[country, date, name]| {
        Some((country, date.parse().ok()?, name))
    });
    days.sort_unstable();
    days
});

/// A moment in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// Monday is 0, Sunday 6.
    pub weekday: u8,
    /// 1 to 366.
    pub day_of_year: u16,
    /// The name of the public holiday, if it is one.
    pub holiday: Option<&'static str>,
}

/// The calendar of one place over a run. Remembers the local day it was last asked about, so that asking minute by minute
/// costs a few additions.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    country: String,
    start: i64,
    day: Day,
}

/// A local day, or the part of it with one offset from UTC.
#[derive(Clone, Debug)]
struct Day {
    /// Unix seconds for which the rest holds.
    valid: Range<i64>,
    /// Local minus UTC, seconds.
    offset: i64,
    weekday: u8,
    day_of_year: u16,
    holiday: Option<&'static str>,
}

impl Calendar {
    /// The calendar in an IANA `zone` with the public holidays of `country` (ISO 3166 alpha-2; none where none are known) for
    /// a run that starts at `start_unix_s`. `None` when the zone is unknown.
    #[must_use]
    pub fn new(zone: &str, country: &str, start_unix_s: i64) -> Option<Self> {
        let zone = TimeZoneDatabase::bundled().get(zone).ok()?;
        let country = country.to_ascii_uppercase();
        let day = Day::around(&zone, &country, unix_s(start_unix_s, Time::ZERO));
        Some(Self { zone, country, start: start_unix_s, day })
    }

    /// Local time at `time`.
    pub fn at(&mut self, time: Time) -> Local {
        let unix = unix_s(self.start, time);
        if !self.day.valid.contains(&unix) {
            self.day = Day::around(&self.zone, &self.country, unix);
        }
        let minutes = (unix + self.day.offset).rem_euclid(DAY_S) / 60;
        Local {
            hour: (minutes / 60) as u8,
            minute: (minutes % 60) as u8,
            weekday: self.day.weekday,
            day_of_year: self.day.day_of_year,
            holiday: self.day.holiday,
        }
    }
}

impl Day {
    /// The day in `zone` that contains `unix`, cut where the offset changes.
    fn around(zone: &TimeZone, country: &str, unix: i64) -> Self {
        let now = timestamp(unix);
        let offset = zone.to_offset(now);
        let shift = i64::from(offset.seconds());
        let midnight = unix - (unix + shift).rem_euclid(DAY_S);
        let before =
            zone.preceding(timestamp(unix + 1)).next().map_or(i64::MIN, |change| change.timestamp().as_second());
        let after = zone.following(now).next().map_or(i64::MAX, |change| change.timestamp().as_second());
        let date = offset.to_datetime(now).date();
        Self {
            valid: midnight.max(before)..(midnight + DAY_S).min(after),
            offset: shift,
            weekday: date.weekday().to_monday_zero_offset().unsigned_abs(),
            day_of_year: date.day_of_year().unsigned_abs(),
            holiday: holiday(country, date),
        }
    }
}

/// The name of the public holiday of `country` on `date`.
fn holiday(country: &str, date: Date) -> Option<&'static str> {
    let found = HOLIDAYS.binary_search_by(|(known, day, _)| (*known, *day).cmp(&(country, date)));
    found.ok().map(|index| HOLIDAYS[index].2)
}

/// When hours of some weekdays, Monday first, hold in an IANA `zone` between two Unix seconds: stretches in order of time. Hours are
/// given in minutes after midnight, `ends` beyond 1,440 for one on the next day; where a clock is put back or forward, as its face
/// shows them. Empty where the zone is unknown.
#[must_use]
pub fn openings(zone: &str, (from, until): (i64, i64), days: [bool; 7], (begins, ends): (u32, u32)) -> Vec<(i64, i64)> {
    let Ok(zone) = TimeZoneDatabase::bundled().get(zone) else { return Vec::new() };
    let unix = |date: Date, minutes: u32| {
        let (day, minutes) = if minutes < 1_440 { (Ok(date), minutes) } else { (date.tomorrow(), minutes - 1_440) };
        let time = |day: Date| day.at((minutes / 60) as i8, (minutes % 60) as i8, 0, 0);
        day.and_then(|day| zone.to_timestamp(time(day))).map(|moment| moment.as_second()).ok()
    };
    let mut open = Vec::new();
    let mut day = zone.to_datetime(timestamp(from.saturating_sub(DAY_S))).date();
    loop {
        let wanted = days[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs() % 7)];
        let (Some(opens), Some(closes), Ok(next)) = (unix(day, begins), unix(day, ends), day.tomorrow()) else { break };
        if opens >= until {
            break;
        }
        if wanted && closes > from && closes > opens {
            open.push((opens.max(from), closes.min(until)));
        }
        day = next;
    }
    open
}

/// `2027-03-01 09:40`: UTC, at `time` of a run that starts at `start_unix_s`.
#[must_use]
pub fn utc_label(start_unix_s: i64, time: Time) -> String {
    let moment = Offset::UTC.to_datetime(timestamp(unix_s(start_unix_s, time)));
    moment.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2027-03-01T09:40:00Z`: UTC, at `time` of a run that starts at `start_unix_s`.
#[must_use]
pub fn rfc3339(start_unix_s: i64, time: Time) -> String {
    timestamp(unix_s(start_unix_s, time)).to_string()
}

/// Unix seconds at `time`, inside what a date can say (years -9999 to 9999, less a margin for offsets and a day).
fn unix_s(start: i64, time: Time) -> i64 {
    let margin = 7 * DAY_S;
    let seconds = i64::try_from(time.0 / NANOS_PER_S).unwrap_or(i64::MAX);
    start.saturating_add(seconds).clamp(Timestamp::MIN.as_second() + margin, Timestamp::MAX.as_second() - margin)
}

/// The instant of `unix` seconds, which [`unix_s`] keeps in range.
fn timestamp(unix: i64) -> Timestamp {
    let range = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
    Timestamp::from_second(unix.clamp(*range.start(), *range.end())).expect("clamped to the range of a timestamp")
}
