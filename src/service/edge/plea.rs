//! An origin's side of emergency access: where all hosts of a key are believed down and a grant is known for its home, the call goes
//! to a site that holds the key in escrow. It knows grants late, as it does failures, and may name one that is over.

use super::{Edge, Shared};
use crate::kms::{Call, Flight, GrantId, RegionId, SiteId};
use crate::service::catalog::Catalog;
use crate::service::directory::Directory;
use crate::service::emergency::EmergencyEffect;
use crate::service::flight::Journey;
use crate::service::io::{Effect, Out};
use crate::time::Time;

/// Which site is asked, and under which grant.
pub(super) struct Plea {
    /// Its position among all sites of the shard.
    position: usize,
    site: SiteId,
    grant: GrantId,
}

impl Edge {
    /// The routing table learns of a grant, or of its end.
    pub(in crate::service) fn learn_grant(&mut self, region: RegionId, grant: GrantId, open: bool) {
        if self.grants.len() <= region.index() {
            self.grants.resize(region.index() + 1, GrantId(0));
        }
        let known = &mut self.grants[region.index()];
        match open {
            true => *known = grant.max(*known),
            false if *known <= grant => *known = GrantId(0),
            false => {}
        }
    }

    /// The nearest healthy site with a key in escrow that was not tried yet for this call; all of them again when all were.
    #[cold]
    pub(super) fn plea(&self, journey: &Journey, catalog: &Catalog, directory: &Directory) -> Option<Plea> {
        let shard = catalog.shards.shard(journey.shard);
        let grant = self.grants.get(shard.home.index()).copied().filter(|grant| *grant != GrantId(0))?;
        let covers = |entry: &crate::service::EmergencyEntry| entry.covers[shard.class.index()];
        catalog.emergency.as_ref().filter(|entry| covers(entry))?;
        let hosts = directory.hosts(journey.shard);
        let first = hosts.serving().len();
        let healthy = (first..).zip(hosts.escrow()).filter(|(_, site)| self.routes[site.index()].healthy);
        let order = |(position, site): &(usize, &SiteId)| {
            (journey.tried >> position & 1, self.routes[site.index()].rtt, *position)
        };
        healthy.min_by_key(order).map(|(position, site)| Plea { position, site: *site, grant })
    }

    /// Sends the present call of a request there.
    pub(super) fn plead(
        &mut self,
        now: Time,
        flight: Flight,
        Plea { position, site, grant }: Plea,
        shared: &mut Shared<'_>,
        out: &mut Out,
    ) {
        let Some(journey) = shared.flights.get_mut(flight) else { return };
        let load = &shared.catalog.loads[shared.catalog.populations[journey.population.index()].load.index()];
        journey.trying = position as u8;
        journey.attempts += 1;
        journey.serial = journey.serial.wrapping_add(1);
        journey.attempt_deadline = journey.deadline.min(now + load.retry.attempt_timeout);
        let attempt = u32::from(journey.step) << 8 | u32::from(journey.attempts);
        let call = Call {
            flight,
            serial: journey.serial,
            origin: self.id,
            call: load.calls[usize::from(journey.step)],
            key: journey.key,
            version: 0,
            luck: shared.luck[journey.population.index()].draws(journey.sequence, attempt).state(),
        };
        let deadline = journey.attempt_deadline;
        out.push(Effect::Emergency(EmergencyEffect::Plea { to: site, call, grant, deadline }));
    }
}
