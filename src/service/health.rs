//! Health detection: a majority of a site's observers must see it fail several times in a row before it counts as down, and
//! answer several times in a row before it counts as up. Down and cut off look the same from outside.

use super::catalog::Catalog;
use super::io::{Effect, Out, Timer};
use crate::kms::{Fact, SiteId};

/// What one observer has seen of one site: consecutive results of the same kind.
#[derive(Clone, Copy, Debug)]
struct Seen {
    answered: bool,
    times: u32,
}

/// The state of the detector.
#[derive(Clone, Debug)]
pub struct Detector {
    seen: Vec<Vec<Seen>>,
    up: Vec<bool>,
}

impl Detector {
    /// A detector that believes every site healthy.
    #[must_use]
    pub fn new(catalog: &Catalog) -> Self {
        let fresh = Seen { answered: true, times: 0 };
        Self {
            seen: catalog.observers.iter().map(|observers| vec![fresh; observers.len()]).collect(),
            up: vec![true; catalog.sites.len()],
        }
    }

    /// Whether a site is believed healthy.
    #[must_use]
    pub fn up(&self, site: SiteId) -> bool {
        self.up[site.index()]
    }

    /// Checks every site from each of its observers.
    pub fn check(&self, catalog: &Catalog, out: &mut Out) {
        for (site, observers) in catalog.observers.iter().enumerate() {
            for (observer, from) in observers.iter().enumerate() {
                out.push(Effect::Probe { site: SiteId(site as u16), observer: observer as u8, from: *from });
            }
        }
        out.after(catalog.health.interval, Timer::Check);
    }

    /// An observer's check was answered, or was not. Returns the site's new state if the majority's mind changed.
    pub fn probed(
        &mut self,
        (site, observer, answered): (SiteId, u8, bool),
        catalog: &Catalog,
        out: &mut Out,
    ) -> Option<bool> {
        let seen = &mut self.seen[site.index()];
        let mine = &mut seen[observer as usize];
        *mine = Seen { answered, times: if mine.answered == answered { mine.times.saturating_add(1) } else { 1 } };
        let up = self.up[site.index()];
        let against = |s: &&Seen| s.answered != up && s.times >= catalog.health.threshold;
        if 2 * seen.iter().filter(against).count() <= seen.len() {
            return None;
        }
        self.up[site.index()] = !up;
        out.fact(Fact::Detected { site, up: !up });
        out.after(catalog.health.propagation, Timer::Publish { site, up: !up });
        Some(!up)
    }
}
