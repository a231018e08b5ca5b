//! Backups of sites, and how people respond to an outage: when each backup begins in local time. Knows no keys and nothing of what a
//! backup holds.

use super::Scenario;
use crate::geo;
use crate::kms::SiteId;
use crate::time::Span;

const DAY: i64 = 86_400;
const DAY_MINUTES: u32 = 1_440;

/// Backups of some sites.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    /// Its id.
    pub id: String,
    /// What is saved, in order; at least one site, and no service.
    pub sites: Vec<SiteId>,
    /// From one to the next: whole days, or whole minutes that divide a day.
    pub every: Span,
    /// When one begins, minutes after midnight in local time.
    pub at: u32,
    /// Key versions saved per second, above 0.
    pub rate: f64,
    /// Throughput lost while one runs, 0 to 0.95.
    pub slows: f64,
    /// Key versions restored per second, above 0.
    pub restore: f64,
    /// How long one is kept.
    pub keep: Span,
}

/// How an outage is met that machines do not mend by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// From the strike until somebody is paged.
    pub detect: Span,
    /// From then until it is decided what to do.
    pub decide: Span,
}

impl Backup {
    /// When backups of a site are due, seconds since the run's start, in order: from the last one before it until its end. Hours are
    /// those that the clock on the wall shows, and each day's or week's is counted from the first one in the run.
    #[must_use]
    pub fn dues(&self, s: &Scenario, site: SiteId) -> Vec<i64> {
        let zone = &s.site_place(site).zone;
        let every = i64::try_from(self.every.0 / 1_000_000_000).unwrap_or(i64::MAX);
        let run = i64::try_from(s.run.0.div_ceil(1_000_000_000)).unwrap_or(i64::MAX);
        // A day more, for clocks are put forward and back.
        let (from, until) = (s.start.saturating_sub(every).saturating_sub(2 * DAY), s.start.saturating_add(run));
        let (step, marks) = match every / DAY {
            0 => (1, (0..DAY / every.max(60)).map(|turn| self.at + (turn * every / 60) as u32).collect()),
            days => (days, vec![self.at]),
        };
        let mut dues: Vec<i64> = Vec::new();
        for mark in marks.into_iter().map(|mark| mark % DAY_MINUTES) {
            let minute = geo::openings(zone, (from, until), [true; 7], (mark, mark + 1));
            let all: Vec<i64> = minute.iter().map(|(at, _)| *at).filter(|at| *at > from).collect();
            let first = all.partition_point(|at| *at < s.start) as i64;
            let wanted = |(i, _): &(usize, &i64)| (*i as i64 - first).rem_euclid(step) == 0;
            dues.extend(all.iter().enumerate().filter(wanted).map(|(_, at)| at - s.start));
        }
        dues.sort_unstable();
        dues.dedup();
        let last = dues.partition_point(|at| *at < 0).saturating_sub(1);
        dues.split_off(last)
    }
}

impl Scenario {
    /// The backups that save a site.
    #[must_use]
    pub fn backup_of(&self, site: SiteId) -> Option<&Backup> {
        self.backups.iter().find(|backup| backup.sites.contains(&site))
    }
}
