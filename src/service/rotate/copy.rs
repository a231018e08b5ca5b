//! Copies of a successor, and of active versions that a host missed: acknowledged, sent again, caught up.

use super::{AGAIN, Copies, Rotation, Rotator};
use crate::kms::{Fact, KeyVersion, SiteId};
use crate::service::catalog::Catalog;
use crate::service::io::{Effect, Out, Timer};
use crate::service::site::Site;
use crate::time::Time;

impl Rotator {
    /// A copy arrived, or did not.
    pub fn copied(
        &mut self,
        now: Time,
        (site, version, done): (SiteId, KeyVersion, bool),
        sites: &mut [Site],
        out: &mut Out,
    ) {
        let done = done && sites[site.index()].holds_keys();
        if let Some(&(_, born)) = self.behind.get(&(site, version.key)).filter(|(behind, _)| *behind == version) {
            if !done {
                return out.after(AGAIN, Timer::Copy { site, version });
            }
            self.behind.remove(&(site, version.key));
            sites[site.index()].set_lacking(version.key, false);
            return out.fact(Fact::Copied { version, site, lag: now.since(born) });
        }
        let Some(rotation) = self.under_way.get_mut(&version.key).filter(|r| r.version == version) else { return };
        let Some(Copies { born, holders, waiting }) = rotation.copies_mut() else { return };
        if !done {
            return out.after(AGAIN, Timer::Copy { site, version });
        }
        if waiting.remove(&site) {
            holders.insert(site);
            out.fact(Fact::Copied { version, site, lag: now.since(*born) });
        }
    }

    /// Sends a version again to a host that did not get it.
    pub fn copy_again(&mut self, site: SiteId, version: KeyVersion, catalog: &Catalog, sites: &[Site], out: &mut Out) {
        let hosts = catalog.shards.hosts(catalog.shards.of(version.key));
        let wanted = self.behind.get(&(site, version.key)).is_some_and(|(v, _)| *v == version)
            || self.copies_of(version).is_some_and(|copies| copies.waiting.contains(&site));
        let holder =
            hosts.iter().copied().find(|s| *s != site && self.has(*s, version) && sites[s.index()].holds_keys());
        if let (true, Some(from)) = (wanted && sites[site.index()].holds_keys(), holder) {
            out.push(Effect::Copy { from, to: site, version });
        }
    }

    fn has(&self, site: SiteId, version: KeyVersion) -> bool {
        match self.copies_of(version) {
            Some(copies) => copies.holders.contains(&site),
            None => !self.behind.contains_key(&(site, version.key)),
        }
    }

    /// Where a version is that is not active yet.
    fn copies_of(&self, version: KeyVersion) -> Option<&Copies> {
        self.under_way.get(&version.key).filter(|rotation| rotation.version == version).and_then(Rotation::copies)
    }
}
