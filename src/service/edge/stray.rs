//! Requests that are sent to the region of a wrong country. Its sites lack the key, mostly, and say so: the origin sends the
//! request on to a host. The time until then is lost. Knows nothing of how the country was found.

use super::{Choice, Edge, members};
use crate::kms::{Fact, LocationFact, RegionId, SiteId};
use crate::service::catalog::Catalog;
use crate::service::flight::{Course, Journey};
use crate::service::io::Out;
use crate::time::{Span, Time};

impl Edge {
    /// The site that a request is sent to by a wrong country: a host of its key in that country's region, where it has one there;
    /// else the nearest healthy site of it, where there is one. Once a call has failed there, it is tried as any other.
    #[inline(never)]
    pub(super) fn stray(
        &mut self,
        now: Time,
        (journey, region): (&mut Journey, RegionId),
        hosts: &[SiteId],
        catalog: &Catalog,
        out: &mut Out,
    ) -> Option<Choice> {
        let population = journey.population;
        let here = self.which(hosts, |route| route.healthy && route.region == region);
        if journey.attempts > 0 {
            journey.course = Course::Right;
        } else if here != 0 {
            let choice = self.choose(now, hosts, !here, catalog)?;
            let rtt = |site: SiteId| self.routes[site.index()].rtt;
            let healthy = members(self.which(hosts, |route| route.healthy));
            let nearest = healthy.map(|i| rtt(hosts[i])).min().unwrap_or(Span::ZERO);
            let (site, lost) = (choice.site, Span(rtt(choice.site).0.saturating_sub(nearest.0)));
            if lost > Span::ZERO {
                out.fact(Fact::Location(LocationFact::Farther { population, site, lost }));
            }
            return Some(choice);
        } else {
            let sites = self.routes.iter().zip((0..).map(SiteId));
            let there = sites.filter(|(route, _)| route.region == region && route.healthy && route.holds);
            let nearest = there.min_by_key(|(route, _)| route.rtt).map(|(_, site)| site);
            journey.course = nearest.map_or(Course::Right, Course::At);
            if let Some(site) = nearest {
                return Some(Choice { site, position: 0, over_bound: false });
            }
        }
        self.choose(now, hosts, journey.tried, catalog)
    }

    /// Whether a call that failed had been sent by a wrong country to a site without its key; from now on it goes the right way.
    #[inline]
    pub(super) fn was_astray(now: Time, journey: &mut Journey, out: &mut Out) -> bool {
        let Course::At(site) = journey.course else { return false };
        let (population, lost) = (journey.population, now.since(journey.started));
        out.fact(Fact::Location(LocationFact::Detour { population, site, lost }));
        journey.course = Course::Right;
        true
    }
}
