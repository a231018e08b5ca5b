//! The sites of a shard.

use crate::kms::SiteId;

/// Sites of one shard, at most this many.
pub const HOSTS_MAX: usize = 8;

/// The sites that serve a shard, then those that hold it in escrow: wrapped under what only sites that serve it can open. A site
/// does one or the other, and never changes from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hosts {
    sites: [SiteId; HOSTS_MAX],
    serving: u8,
    all: u8,
}

impl Hosts {
    /// No site.
    pub const NONE: Self = Self { sites: [SiteId(0); HOSTS_MAX], serving: 0, all: 0 };

    /// These sites, each once, [`HOSTS_MAX`] at most; the first `serving` of them serve.
    #[must_use]
    pub fn new(all: &[SiteId], serving: usize) -> Self {
        let mut sites = [SiteId(0); HOSTS_MAX];
        sites[..all.len()].copy_from_slice(all);
        Self { sites, serving: serving.min(all.len()) as u8, all: all.len() as u8 }
    }

    /// Those that serve, the preferred one first; those of the home region before partners.
    #[inline]
    #[must_use]
    pub fn serving(&self) -> &[SiteId] {
        &self.sites[..self.serving as usize]
    }

    /// Those, and those that hold it in escrow.
    #[inline]
    #[must_use]
    pub fn all(&self) -> &[SiteId] {
        &self.sites[..self.all as usize]
    }

    /// Those that hold it in escrow.
    #[must_use]
    pub fn escrow(&self) -> &[SiteId] {
        &self.sites[self.serving as usize..self.all as usize]
    }

    /// These and others that are not among them; nothing where those are too many.
    #[must_use]
    pub fn with(&self, others: &Self) -> Option<Self> {
        let serving = self.serving().iter().chain(others.serving());
        let all = serving.clone().chain(self.escrow()).chain(others.escrow());
        let all: Vec<SiteId> = all.copied().collect();
        (all.len() <= HOSTS_MAX).then(|| Self::new(&all, serving.count()))
    }

    /// The same without those that are not wanted.
    #[must_use]
    pub fn only(&self, wanted: impl Fn(SiteId) -> bool) -> Self {
        let kept: Vec<SiteId> = self.all().iter().copied().filter(|site| wanted(*site)).collect();
        let serving = self.serving().iter().filter(|site| wanted(**site)).count();
        Self::new(&kept, serving)
    }
}
