//! Seconds of a run as UTC clock times and days. The run's start comes from the document; no clock of the machine is
//! read.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Turns seconds since the start of a run into civil time, UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: i64,
}

const DAY: i64 = 86_400;
const STEPS: [i64; 22] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    DAY,
    2 * DAY,
    7 * DAY,
    28 * DAY,
    91 * DAY,
];

impl Clock {
    /// `start` is RFC 3339; what is not one (reading a document refuses it) counts as the beginning of 1970.
    pub(crate) fn new(start: &str) -> Self {
        Self { start: start.parse::<Timestamp>().map_or(0, Timestamp::as_second) }
    }

    fn civil(self, unix: i64) -> DateTime {
        let at = Timestamp::from_second(unix).unwrap_or(Timestamp::UNIX_EPOCH);
        Offset::UTC.to_datetime(at)
    }

    /// `09:40`.
    pub(crate) fn time(self, s: f64) -> String {
        self.civil(self.start + s as i64).strftime("%H:%M").to_string()
    }

    /// `2 Mar 09:40`.
    pub(crate) fn day_time(self, s: f64) -> String {
        self.civil(self.start + s as i64).strftime("%-d %b %H:%M").to_string()
    }

    /// `09:40 UTC` within one day's run, else `2 Mar 09:40 UTC`; in a run of an hour at most with seconds, where there
    /// are any.
    pub(crate) fn moment(self, s: f64, run_s: f64) -> String {
        if run_s <= 3_600.0 && (self.start + s as i64).rem_euclid(60) != 0 {
            return self.civil(self.start + s as i64).strftime("%H:%M:%S UTC").to_string();
        }
        if run_s <= DAY as f64 { format!("{} UTC", self.time(s)) } else { format!("{} UTC", self.day_time(s)) }
    }

    /// `2027-03-01 00:00`.
    pub(crate) fn date_time(self, s: f64) -> String {
        self.civil(self.start + s as i64).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// At most `most` moments (seconds since the start) with their labels, on whole steps of UTC; midnights carry the
    /// day.
    pub(crate) fn ticks(self, until_s: f64, most: usize) -> Vec<(f64, String)> {
        let until = until_s as i64;
        let fits = |step: &&i64| until / **step < most as i64;
        let step = *STEPS.iter().find(fits).unwrap_or(&(364 * DAY));
        // Weeks begin on Mondays; 1970-01-01 was a Thursday.
        let phase = if step % (7 * DAY) == 0 { 4 * DAY } else { 0 };
        let first = (self.start - phase).div_euclid(step) * step + phase;
        (0..)
            .map(|i| first + i * step)
            .skip_while(|at| *at < self.start)
            .take_while(|at| *at <= self.start + until)
            .map(|at| ((at - self.start) as f64, self.label(at, step, until)))
            .collect()
    }

    fn label(self, at: i64, step: i64, until: i64) -> String {
        let form = match step {
            s if s < 60 => "%H:%M:%S",
            s if s < DAY && (at.rem_euclid(DAY) != 0 || until <= DAY) => "%H:%M",
            s if s < 91 * DAY => "%-d %b",
            _ => "%b %Y",
        };
        self.civil(at).strftime(form).to_string()
    }
}
