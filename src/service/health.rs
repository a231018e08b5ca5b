//! Health detection: a majority of a site's observers must see it fail several times in a row before it counts as down, and
//! answer several times in a row before it counts as up. Down and cut off look the same from outside; inside the site's own
//! region, its callers go by what their own region sees.

use super::catalog::Catalog;
use super::io::{Effect, Out, Timer};
use crate::kms::{Fact, SiteId};
use crate::time::Span;

/// What one observer has seen of one site: consecutive results of the same kind.
#[derive(Clone, Copy, Debug)]
struct Seen {
    answered: bool,
    times: u32,
}

/// What is believed of one site.
#[derive(Clone, Debug)]
struct Belief {
    seen: Vec<Seen>,
    /// By the majority.
    up: bool,
    /// In its own region.
    up_inside: bool,
}

/// The state of the detector.
#[derive(Clone, Debug)]
pub struct Detector {
    sites: Vec<Belief>,
}

impl Detector {
    /// A detector that believes every site healthy.
    #[must_use]
    pub fn new(catalog: &Catalog) -> Self {
        let fresh = Seen { answered: true, times: 0 };
        let belief = |seen: usize| Belief { seen: vec![fresh; seen], up: true, up_inside: true };
        Self { sites: catalog.observers.iter().map(|observers| belief(observers.regions.len())).collect() }
    }

    /// Whether a site is believed healthy.
    #[must_use]
    pub fn up(&self, site: SiteId) -> bool {
        self.sites[site.index()].up
    }

    /// How many of its observers in other regions have seen a site fail in every check for at least so long.
    #[must_use]
    pub fn unseen(&self, site: SiteId, lasts: Span, catalog: &Catalog) -> usize {
        let (health, own) = (&catalog.health, catalog.observers[site.index()].own);
        let long = |seen: &Seen| {
            !seen.answered
                && seen.times >= health.threshold
                && health.interval * u64::from(seen.times.saturating_sub(1)) >= lasts
        };
        let seen = self.sites[site.index()].seen.iter().enumerate();
        seen.filter(|(observer, seen)| *observer != own && long(seen)).count()
    }

    /// Checks every site from each of its observers.
    pub fn check(&self, catalog: &Catalog, out: &mut Out) {
        for (site, observers) in catalog.observers.iter().enumerate() {
            for (observer, from) in observers.regions.iter().enumerate() {
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
        let observers = &catalog.observers[site.index()];
        let belief = &mut self.sites[site.index()];
        let mine = &mut belief.seen[observer as usize];
        *mine = Seen { answered, times: if mine.answered == answered { mine.times.saturating_add(1) } else { 1 } };
        let against = |seen: &Seen, up: bool| seen.answered != up && seen.times >= catalog.health.threshold;
        if against(&belief.seen[observers.own], belief.up_inside) {
            belief.up_inside = !belief.up_inside;
            let up = belief.up_inside;
            out.after(catalog.health.propagation, Timer::Publish { site, up, inside: true });
        }
        let voters = &belief.seen[..observers.voters];
        if 2 * voters.iter().filter(|seen| against(seen, belief.up)).count() <= voters.len() {
            return None;
        }
        belief.up = !belief.up;
        let up = belief.up;
        out.fact(Fact::Detected { site, up });
        out.after(catalog.health.propagation, Timer::Publish { site, up, inside: false });
        Some(up)
    }
}
