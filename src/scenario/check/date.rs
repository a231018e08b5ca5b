//! Dates of a scenario as Unix seconds. No zone but UTC unless an offset is written: a run must not depend on where it is run.

use super::Context;
use crate::scenario::diagnostic::Code;
use crate::scenario::raw::RawWhen;
use crate::time::{Span, Time};
use toml::value::{Datetime, Offset};

/// Unix seconds of a date (midnight) or a date with time; an error sentence otherwise. Years 1970 to 2200.
pub(in crate::scenario) fn unix_seconds(date: &Datetime) -> Result<i64, String> {
    let example = "write a date such as 2027-03-01 or 2027-03-01T09:00:00Z";
    let Some(day) = date.date else { return Err(format!("{date} has no day: {example}")) };
    let number = |n: u8| i8::try_from(n).unwrap_or(i8::MAX);
    let year = i16::try_from(day.year).ok().filter(|year| (1970..=2200).contains(year));
    let Some(year) = year else { return Err(format!("{date} is not between 1970 and 2200")) };
    let civil = jiff::civil::Date::new(year, number(day.month), number(day.day));
    let Ok(civil) = civil else { return Err(format!("{date} is no day of the calendar")) };
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = civil.since((jiff::Unit::Day, epoch)).map_or(0, |span| i64::from(span.get_days()));
    let clock =
        date.time.map_or(0, |t| i64::from(t.hour) * 3600 + i64::from(t.minute) * 60 + i64::from(t.second.unwrap_or(0)));
    let offset = match date.offset {
        Some(Offset::Custom { minutes }) => i64::from(minutes) * 60,
        Some(Offset::Z) | None => 0,
    };
    Ok(days * 86_400 + clock - offset)
}

/// The instant that `when` names, reported when it is not within the run; nothing for "peak".
pub(super) fn instant(context: &mut Context<'_>, when: RawWhen, path: &[&str]) -> Option<Time> {
    let since = match when {
        RawWhen::Peak => return None,
        RawWhen::After(duration) => Some(duration.span()),
        RawWhen::On(date) => match unix_seconds(&date) {
            Ok(seconds) => u64::try_from(seconds - context.start).ok().map(Span::from_secs),
            Err(reason) => {
                context.error(Code::WrongValue, path, reason);
                return None;
            }
        },
    };
    match since {
        Some(since) if since < context.run => Some(Time::ZERO + since),
        Some(_) => {
            let reason = format!("this is not within the run, which lasts {}", context.run);
            context.error(Code::WrongValue, path, reason);
            None
        }
        None => {
            context.error(Code::WrongValue, path, "this is before the run begins").help("`start` says when it begins");
            None
        }
    }
}
