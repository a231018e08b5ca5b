//! The charts of a run: what is drawn, how it is read, and its table. Each file makes one figure from the document;
//! none knows how marks become SVG or PNG.

mod bars;
mod cost;
mod failover;
mod handshakes;
mod latency;
mod load;
mod map;
mod objectives;
mod projection;
mod utilisation;

use super::axis::Band;
use super::clock::Clock;
use super::figure::Figure;
use super::number;
use crate::metrics::RECOVERY;
use crate::results::RunDocument;
pub(crate) use failover::{p99_rise, without_failure};
pub(crate) use objectives::{MANY_LIMITS, limit_used, used_text};

/// A polygon's corners as longitude and latitude in degrees.
pub type Ring = Vec<(f64, f64)>;

/// Faults and changes of demand with a letter, at most: each has one character, and more could not be told apart.
const MOST_LETTERS: usize = 9;

/// What all charts of a run share.
pub(crate) struct View<'a> {
    pub(crate) run: &'a RunDocument,
    pub(crate) clock: Clock,
    pub(crate) bands: Vec<Band>,
}

impl<'a> View<'a> {
    pub(crate) fn new(run: &'a RunDocument) -> Self {
        let faults = run.faults.iter().map(|f| (false, f.what.clone(), f.from_s, f.until_s));
        let work = run.work.iter().flat_map(|work| &work.bands);
        let events =
            run.events.iter().chain(work).map(|e| (true, format!("{}, {}", e.id, e.what), e.from_s, e.until_s));
        let band = |(demand, what, from_s, until_s)| Band { letter: String::new(), demand, what, from_s, until_s };
        let mut bands: Vec<Band> = faults.chain(events).map(band).collect();
        bands.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
        let (mut faults, mut events) = (b'A', b'1');
        for band in bands.iter_mut().take(MOST_LETTERS) {
            let next = if band.demand { &mut events } else { &mut faults };
            band.letter = char::from(*next).to_string();
            *next += 1;
        }
        Self { run, clock: Clock::new(&run.scenario.start), bands }
    }

    /// Length of the run in seconds; never zero.
    pub(crate) fn until_s(&self) -> f64 {
        self.run.scenario.run_s.max(1.0)
    }

    /// The beginning of a slot of the timeline, in seconds.
    pub(crate) fn slot_s(&self, slot: usize) -> f64 {
        self.at_s(slot as f64)
    }

    /// A place in the timeline, counted in slots, in seconds since the run began.
    pub(crate) fn at_s(&self, slots: f64) -> f64 {
        self.run.timeline.start_s + slots * self.run.timeline.slot_s
    }

    /// `09:40 UTC, during region us: crash`: when a slot begins, and all faults and changes of demand in it. Where
    /// there is none, the faults that ended shortly before: what happens then is mostly their doing.
    pub(crate) fn slot_moment(&self, slot: usize) -> String {
        let (from, until) = (self.slot_s(slot), self.slot_s(slot + 1));
        let at = self.clock.moment(from, self.until_s());
        let named = |wanted: &dyn Fn(&Band) -> bool| -> Vec<&str> {
            self.bands.iter().filter(|band| wanted(band)).map(|band| band.what.as_str()).collect()
        };
        let present = named(&|b| b.from_s < until && from < b.until_s);
        let ended = named(&|b| !b.demand && b.until_s <= from && from < b.until_s + RECOVERY.as_secs_f64());
        match (present.is_empty(), ended.is_empty()) {
            (false, _) => format!("{at}, during {}", all_of(&present)),
            (true, false) => format!("{at}, shortly after {}", all_of(&ended)),
            (true, true) => at,
        }
    }

    /// What the letters above the shaded stretches stand for.
    pub(crate) fn key(&self) -> Vec<String> {
        let mut key: Vec<String> = self
            .bands
            .iter()
            .filter(|b| !b.letter.is_empty())
            .map(|b| {
                let until = self.clock.moment(b.until_s, self.until_s());
                format!(
                    "{}: {}, {}–{until}.",
                    b.letter,
                    b.what,
                    self.clock.moment(b.from_s, self.until_s()).trim_end_matches(" UTC")
                )
            })
            .collect();
        if self.bands.len() > key.len() {
            let more = self.bands.len() - key.len();
            key.push(format!(
                "{more} more are shaded without a letter: see the tables of faults and of changes of demand."
            ));
        }
        key
    }

    /// `2 Mar 09:40` for table rows.
    pub(crate) fn slot_label(&self, slot: usize) -> String {
        self.moment_label(self.slot_s(slot))
    }

    /// The same for a moment, in seconds since the run began.
    pub(crate) fn moment_label(&self, s: f64) -> String {
        if self.until_s() <= 86_400.0 { self.clock.time(s) } else { self.clock.day_time(s) }
    }

    fn figure(&self, id: &'static str, title: &str) -> Figure {
        Figure {
            id,
            title: title.to_owned(),
            reading: String::new(),
            panels: Vec::new(),
            key: Vec::new(),
            table: super::table::Table::new(title, &[]),
            classification: self.run.scenario.classification.clone(),
        }
    }
}

/// All figures of a run that has something to show in them, in the order of the page. `land` is the outline of the
/// world for the map; it may be empty.
#[must_use]
pub fn figures(run: &RunDocument, land: &[Ring]) -> Vec<Figure> {
    let view = View::new(run);
    let all = [
        objectives::figure(&view),
        failover::figure(&view),
        latency::figure(&view),
        load::figure(&view),
        utilisation::figure(&view),
        handshakes::figure(&view),
        map::figure(&view, land),
        cost::figure(&view),
    ];
    all.into_iter().flatten().collect()
}

/// `a`, `a and b`, `a, b and 3 more`.
fn all_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}

/// A share in per cent without more digits than an axis needs.
fn percent_label(v: f64) -> String {
    format!("{} %", number::trimmed(v * 100.0))
}
