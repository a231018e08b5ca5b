//! Certificates of sites: which have expired or are revoked at present, and what peers make of it.

use crate::kms::SiteId;
use crate::net::Trust;
use crate::time::{Span, Time};

/// The state of one site's certificate.
#[derive(Clone, Debug, Default)]
struct Certificate {
    /// Faults present by which it has expired.
    expired: u32,
    /// Since when it is revoked, and within which time peers learn it; one for each fault present.
    revoked: Vec<(Time, Span)>,
}

/// The certificates of all sites.
#[derive(Clone, Debug)]
pub(super) struct Certificates {
    sites: Vec<Certificate>,
}

impl Certificates {
    pub(super) fn new(sites: usize) -> Self {
        Self { sites: vec![Certificate::default(); sites] }
    }

    pub(super) fn expire(&mut self, site: SiteId, strikes: bool) {
        let expired = &mut self.sites[site.index()].expired;
        *expired = if strikes { *expired + 1 } else { expired.saturating_sub(1) };
    }

    /// Where it ends, the certificate is a new one for the fault that began with this spread the longest ago.
    pub(super) fn revoke(&mut self, site: SiteId, now: Time, spread: Span, strikes: bool) {
        let revoked = &mut self.sites[site.index()].revoked;
        if strikes {
            revoked.push((now, spread));
        } else if let Some(first) = revoked.iter().position(|(_, other)| *other == spread) {
            revoked.remove(first);
        }
    }

    /// What a peer makes of a certificate that learns of a revocation after this part of its spread.
    pub(super) fn trust(&self, now: Time, site: SiteId, learns: f64) -> Trust {
        if self.closes(site, learns) <= now {
            Trust::None
        } else if self.sites[site.index()].expired > 0 {
            Trust::OpenOnly
        } else {
            Trust::Full
        }
    }

    /// When such a peer closes what is open.
    pub(super) fn closes(&self, site: SiteId, learns: f64) -> Time {
        let revoked = &self.sites[site.index()].revoked;
        revoked.iter().map(|(since, spread)| *since + spread.scale(learns)).min().unwrap_or(Time::NEVER)
    }
}
