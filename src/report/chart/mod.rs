//! The charts of a run: what is drawn, how it is read, and its table. Each file makes one figure from the document; none knows
//! how marks become SVG or PNG.

mod bars;
mod cost;
mod failover;
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
use crate::results::RunDocument;
pub(crate) use failover::{p99_before, p99_during, without_failure};
pub(crate) use objectives::{MANY_LIMITS, limit_used, used_text};

/// A polygon's corners as longitude and latitude in degrees.
pub type Ring = Vec<(f64, f64)>;

/// What all charts of a run share.
pub(crate) struct View<'a> {
    pub(crate) run: &'a RunDocument,
    pub(crate) clock: Clock,
    pub(crate) bands: Vec<Band>,
}

impl<'a> View<'a> {
    pub(crate) fn new(run: &'a RunDocument) -> Self {
        let mut faults: Vec<_> = run.faults.iter().collect();
        faults.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
        let bands = faults.iter().enumerate().map(|(i, fault)| Band {
            letter: letter(i),
            what: fault.what.clone(),
            from_s: fault.from_s,
            until_s: fault.until_s,
        });
        Self { run, clock: Clock::new(&run.scenario.start), bands: bands.collect() }
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

    /// `09:40 UTC, during region us: crash`.
    pub(crate) fn moment(&self, s: f64) -> String {
        let at = self.clock.moment(s, self.until_s());
        match self.bands.iter().find(|b| b.from_s <= s && s < b.until_s) {
            Some(band) => format!("{at}, during {}", band.what),
            None => at,
        }
    }

    /// What the letters above the shaded stretches stand for.
    pub(crate) fn key(&self) -> Vec<String> {
        let mut key: Vec<String> = self
            .bands
            .iter()
            .take(12)
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
            key.push(format!("And {} more faults: see the table of faults.", self.bands.len() - key.len()));
        }
        key
    }

    /// `2 Mar 09:40` for table rows.
    pub(crate) fn slot_label(&self, slot: usize) -> String {
        let s = self.slot_s(slot);
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

/// All figures of a run that has something to show in them, in the order of the page. `land` is the outline of the world for
/// the map; it may be empty.
#[must_use]
pub fn figures(run: &RunDocument, land: &[Ring]) -> Vec<Figure> {
    let view = View::new(run);
    let all = [
        objectives::figure(&view),
        failover::figure(&view),
        latency::figure(&view),
        load::figure(&view),
        utilisation::figure(&view),
        map::figure(&view, land),
        cost::figure(&view),
    ];
    all.into_iter().flatten().collect()
}

/// `A` … `Z`, `AA`, ….
fn letter(i: usize) -> String {
    let last = char::from(b'A' + (i % 26) as u8);
    if i < 26 { last.to_string() } else { format!("{}{last}", letter(i / 26 - 1)) }
}

/// A share in per cent without more digits than an axis needs.
fn percent_label(v: f64) -> String {
    format!("{} %", number::trimmed(v * 100.0))
}
