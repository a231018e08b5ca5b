//! People of a scenario: groups of custodians, which site needs which of them, and the ceremonies and drills that they are asked for.
//! When they come is arithmetic of its own; what happens then is the world's.

use super::{Custodians, Scenario};
use crate::kms::{CustodiansId, SiteId};
use crate::time::{Span, Time};

/// Hours are known for so long beyond the end of a run: who is called at its end may come on the next working day.
const BEYOND: Span = Span::from_secs(31 * 86_400);

/// A ceremony or a drill, which comes round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    /// Its id.
    pub id: String,
    /// A backup is restored on spare HSMs, to see that it can be.
    pub drill: bool,
    /// Who is needed.
    pub custodians: CustodiansId,
    /// Where.
    pub site: SiteId,
    /// When it is due first.
    pub at: Time,
    /// And again each time so long after it was due.
    pub every: Span,
    /// How long people take when all who are needed are there; in a drill machines then restore a backup.
    pub takes: Span,
}

/// Groups of custodians, and what they are planned to do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    /// Groups, in order of id.
    pub groups: Vec<Custodians>,
    /// By site: who is needed there to activate and to restore; `None` where nobody is. Empty where there is no group.
    pub of_site: Vec<Option<CustodiansId>>,
    /// Ceremonies in order of id, then drills.
    pub ceremonies: Vec<Ceremony>,
}

impl People {
    /// Whose quorum a site needs.
    #[must_use]
    pub fn of(&self, site: SiteId) -> Option<CustodiansId> {
        self.of_site.get(site.index()).copied().flatten()
    }

    /// The sites that need a group.
    pub fn sites_of(&self, group: CustodiansId) -> impl Iterator<Item = SiteId> + '_ {
        let numbered = (0..).map(SiteId).zip(&self.of_site);
        numbered.filter(move |(_, of)| **of == Some(group)).map(|(site, _)| site)
    }
}

impl Scenario {
    /// When the office hours of a group hold that is called to a site: within the run, and the month after it.
    #[must_use]
    pub fn office_hours(&self, group: CustodiansId, site: SiteId) -> Vec<(Time, Time)> {
        self.people.groups[group.index()].openings(&self.site_place(site).zone, self.start, self.run + BEYOND)
    }
}
