//! Planned work on devices, and when a site can spare some: hours of the week in which what is left serves the demand, from demand
//! curves and service times alone. Knows nothing of queues.

use super::{Hours, Scenario};
use crate::geo;
use crate::kms::{RegionId, SiteId};
use crate::load::Curve;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// Hours of a week.
pub const WEEK: usize = 168;
/// How finely demand is looked at.
const STEP: Span = Span::from_secs(900);
/// Minutes of a day.
const DAY: usize = 1_440;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// New firmware.
    Firmware,
    /// A new device, which gets its keys from the others of its pool.
    Replace,
    /// Anything else.
    Maintenance,
}

impl WorkKind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::Replace => "replace",
            Self::Maintenance => "maintenance",
        }
    }
}

/// Planned work.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Its id.
    pub id: String,
    /// What is done.
    pub kind: WorkKind,
    /// Where, in order; at least one.
    pub sites: Vec<SiteId>,
    /// When, in each site's local time; any time where nothing is said.
    pub window: Option<Hours>,
    /// So many devices of each site, or sites, are out at once.
    pub at_once: u32,
    /// Whole sites are taken out.
    pub whole: bool,
    /// It takes no new calls, and finishes what it has.
    pub drain: Span,
    /// It is away.
    pub takes: Span,
    /// It tests itself.
    pub test: Span,
    /// Not before this.
    pub from: Time,
    /// The utilisation up to which an hour is safe, above 0, at most 1.
    pub limit: f64,
}

impl Work {
    /// From the begin of draining until it is back.
    #[must_use]
    pub fn lasts(&self) -> Span {
        self.drain + self.takes + self.test
    }

    /// Devices of a site that are out at once.
    #[must_use]
    pub fn out_at(&self, devices: u32) -> u32 {
        if self.whole { devices } else { self.at_once.min(devices) }
    }

    /// When it may go on at a place within a run.
    #[must_use]
    pub fn openings(&self, s: &Scenario, site: SiteId) -> Vec<(Time, Time)> {
        let end = Time::ZERO + s.run;
        let open = match self.window {
            Some(window) => window.openings(&s.site_place(site).zone, s.start, s.run),
            None => vec![(Time::ZERO, end)],
        };
        open.into_iter().filter(|(_, ends)| *ends > self.from).map(|(at, ends)| (at.max(self.from), ends)).collect()
    }

    /// Hours of the week, Monday 00:00 being the first, in any part of which the window is open.
    fn open_hours(&self) -> Vec<bool> {
        let Some(window) = self.window else { return vec![true; WEEK] };
        let mut hours = vec![false; WEEK];
        for day in (0..7).filter(|day| window.days[*day]) {
            let minutes = window.begins as usize + day * DAY..window.ends as usize + day * DAY;
            minutes.for_each(|minute| hours[minute % (7 * DAY) / 60] = true);
        }
        hours
    }
}

/// What a site can spare.
#[derive(Clone, Debug, PartialEq)]
pub struct Spare {
    /// Devices of the pool.
    pub devices: u32,
    /// By hour of the week in local time: engines that the busiest quarter of an hour of any week keeps busy; `None` where the run has no
    /// such hour.
    pub busy: Vec<Option<f64>>,
    /// Hours in which one device may be out, or the site where sites are taken out, and one device more be lost.
    pub safe: Vec<bool>,
    /// So many may be out at once in the whole window while one more is lost; of sites 1 or 0.
    pub most: u32,
}

/// What each site of some work can spare.
#[must_use]
pub fn spare(s: &Scenario, work: &Work) -> Vec<Spare> {
    let open = work.open_hours();
    // What a region asks for is the same for all of its sites that have the same devices.
    let mut weeks: BTreeMap<(RegionId, usize), Vec<Option<f64>>> = BTreeMap::new();
    let mut of = |site: &SiteId| {
        let entry = &s.sites[site.index()];
        let week = weeks.entry((entry.region, entry.profile)).or_insert_with(|| week(s, *site));
        at_site(s, (work, &open), *site, week)
    };
    work.sites.iter().map(&mut of).collect()
}

fn at_site(s: &Scenario, (work, open): (&Work, &[bool]), site: SiteId, week: &[Option<f64>]) -> Spare {
    let of = &s.sites[site.index()];
    let engines = |site: SiteId| {
        let site = &s.sites[site.index()];
        f64::from(site.hsms * s.profiles[site.profile].profile.engines)
    };
    let own = f64::from(s.profiles[of.profile].profile.engines);
    let weights = |site: SiteId| f64::from(s.sites[site.index()].hsms);
    let region: f64 = s.sites_of(of.region).map(weights).sum();
    let others: f64 = s.sites_of(of.region).filter(|other| *other != site).map(engines).sum();
    // What is left of a site is others' where it is out.
    let share = if work.whole { 1.0 } else { f64::from(of.hsms) / region };
    let busy: Vec<Option<f64>> = week.iter().map(|hour| Some((*hour)? * share)).collect();
    let left = |out: u32| if work.whole { others - own } else { f64::from(of.hsms) * own - own * f64::from(out + 1) };
    let serves = |busy: f64, out: u32| busy <= work.limit * left(out) + 1e-9;
    let windows = busy.iter().enumerate().filter(|(hour, _)| open[*hour]);
    let worst = windows.filter_map(|(_, busy)| *busy).fold(0.0, f64::max);
    let all = if work.whole { 1 } else { of.hsms };
    let most = (1..=all).take_while(|out| serves(worst, *out)).count() as u32;
    let safe = busy.iter().map(|hour| hour.is_some_and(|busy| serves(busy, 1))).collect();
    Spare { devices: of.hsms, busy, safe, most }
}

/// Engines that a region's demand keeps busy where all of it is served by devices as a site has them, by hour of the week there.
fn week(s: &Scenario, site: SiteId) -> Vec<Option<f64>> {
    let (of, place) = (&s.sites[site.index()], s.site_place(site));
    let profile = &s.profiles[of.profile].profile;
    let theirs = s.populations.iter().filter(|population| s.origins[population.origin.index()].home == of.region);
    let curves: Vec<Curve> = theirs
        .map(|population| {
            let load = &s.loads[population.load.index()];
            let algorithm = &s.keys[load.key.index()].algorithm;
            let time = |call: &crate::kms::CallName| profile.service_time(algorithm, &s.calls[call.index()]);
            let seconds: f64 = load.calls.iter().filter_map(time).map(crate::hsm::ServiceTime::mean_s).sum();
            s.demand(population).scale(seconds)
        })
        .collect();
    let whole = Curve::sum(&curves);
    let mut hours = vec![None; WEEK];
    let Some(mut calendar) = geo::Calendar::new(&place.zone, &place.country, s.start) else { return hours };
    for step in 0..s.run.0.div_ceil(STEP.0) {
        let middle = Time(step * STEP.0 + STEP.0 / 2);
        let local = calendar.at(middle);
        let busy = hours[usize::from(local.weekday) * 24 + usize::from(local.hour)].get_or_insert(0.0_f64);
        *busy = busy.max(whole.rate_at(middle));
    }
    hours
}

/// Stretches of hours of the week: `Mon 22:00-06:00`, `always`; nothing where no hour is meant.
#[must_use]
pub fn stretches(hours: &[bool]) -> Vec<String> {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if hours.iter().all(|hour| *hour) {
        return vec!["always".to_owned()];
    }
    let before = |hour: usize| hours[(hour + WEEK - 1) % WEEK];
    let begins = (0..WEEK.min(hours.len())).filter(|hour| hours[*hour] && !before(*hour));
    let name = |hour: usize| format!("{} {:02}:00", DAYS[hour / 24 % 7], hour % 24);
    begins
        .map(|first| {
            let long = (1..WEEK).take_while(|more| hours[(first + more) % WEEK]).count() + 1;
            let last = first + long;
            // Up to a day, the weekday on which it ends goes without saying.
            if long <= 24 {
                format!("{}-{:02}:00", name(first), last % 24)
            } else {
                format!("{} to {}", name(first), name(last))
            }
        })
        .collect()
}
