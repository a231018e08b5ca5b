//! Faults: what each strikes, what it does, and when.

use super::{Population, Scenario};
use crate::kms::{ClassId, CustodiansId, FaultId, LoadId, PopulationId, RegionId, SiteId, TenantId, WorkId};
use crate::time::{Span, Time};

/// A fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its id.
    pub id: String,
    /// What it strikes.
    pub on: Target,
    /// What it does.
    pub kind: FaultKind,
    /// When.
    pub when: When,
}

/// What a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One device of a site, counted from 0.
    Device(SiteId, u32),
    /// A site.
    Site(SiteId),
    /// All sites of a region; its calling services go on elsewhere in the region.
    Region(RegionId),
    /// Traffic between two regions, both ways.
    Link(RegionId, RegionId),
    /// Keys of a class, those at home in one region or all.
    Keys(ClassId, Option<RegionId>),
    /// Where a load comes from, on behalf of a tenant or of all.
    Load(LoadId, Option<TenantId>),
    /// The secret of a tenant.
    Secret(TenantId),
    /// All sites.
    Fleet,
    /// The metadata store: all of its replicas.
    Metadata,
    /// The control plane.
    Control,
    /// Sites that have something in common: the index of a group in [`super::Common`].
    Group(u16),
    /// A group of custodians.
    Custodians(CustodiansId),
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Devices stop, work in them is lost; keys are there again afterwards.
    Crash,
    /// As `Crash`, and the keys there are gone for good.
    Destroy,
    /// As `Crash`, and when power is back after too long, HSMs wait for their activation (sites only).
    PowerLoss,
    /// As `Crash`, and when empty hardware is there, the last backup is restored (sites with a backup only).
    Erase,
    /// Service takes this many times longer; health checks do not see it.
    Slow(f64),
    /// Messages are not delivered (links only).
    Partition,
    /// Messages take this much longer, one way (links only).
    Delay(Span),
    /// Messages are lost with this probability (links only).
    Loss(f64),
    /// This share of the keys leaks, or a tenant's secret does (keys and secrets only).
    Compromise(f64),
    /// Keys protect nothing new; of a group of sites, the account: every call and all work of the control plane is refused there,
    /// keys are safe, and health checks see it (keys and groups only).
    Suspend,
    /// Somebody tries to get emergency access without a right to it (whole regions only).
    Misuse,
    /// Certificates of sites have expired: nobody connects anew.
    Expired,
    /// Certificates of sites are revoked: callers learn it within this time, and close what is open.
    Revoked(Span),
    /// Clients that keep data keys lose them, one after the other within this time (loads and the callers of regions only).
    Restart(Span),
    /// Attackers ask so many times as often as the load's own callers (loads only), and show this.
    Flood(f64, Papers),
    /// A wrong configuration goes out in waves: the index of a push in [`super::Common`].
    Push(u16),
    /// Sites refuse calls, or leave them without an answer, though their devices work.
    Refuse(Gray),
    /// Nobody of a group of custodians can be reached.
    Absent,
    /// Planned work keeps a device or a site away: no fault, but what a survive case finds under way. No scenario can say it.
    Away(WorkId),
}

/// Which calls a site does not do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gray {
    /// This share of them, above 0.
    pub share: f64,
    /// They get no answer, instead of a refusal.
    pub silent: bool,
    /// This share of health checks fails, too; else they see nothing.
    pub checked: bool,
}

/// What attackers have to show at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Papers {
    /// No token.
    Nothing,
    /// Tokens made without the secret.
    Forged,
    /// Tokens that others made, once more.
    Replayed,
    /// Tokens made with the secret.
    Stolen,
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this time, for this long.
    At(Time, Span),
    /// Centred on the busiest stretch of what it strikes, for this long.
    Peak(Span),
    /// At random: exponential with these means (to failure, to repair).
    Random(Span, Span),
}

impl Target {
    /// Whether a fault on this strikes `site` of `region`, or a device there; who is in a group, [`super::Common`] knows.
    #[must_use]
    pub fn strikes(self, site: SiteId, region: RegionId) -> bool {
        match self {
            Self::Device(s, _) | Self::Site(s) => s == site,
            Self::Region(r) => r == region,
            Self::Fleet => true,
            Self::Link(..) | Self::Keys(..) | Self::Metadata | Self::Control => false,
            Self::Load(..) | Self::Secret(_) | Self::Group(_) | Self::Custodians(_) => false,
        }
    }
}

/// Whose requests a flood imitates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imitation {
    /// Which of the scenario's faults.
    pub fault: FaultId,
    /// Whom.
    pub victim: PopulationId,
    /// Requests per second.
    pub rate: f64,
    /// What is shown.
    pub papers: Papers,
}

impl Scenario {
    /// By what the luck of attackers is found: the flood and whom it imitates.
    #[must_use]
    pub fn name_of(&self, imitation: Imitation) -> String {
        let Imitation { fault, victim, .. } = imitation;
        format!("{}!{}", self.faults[fault.index()].id, self.populations[victim.index()].id)
    }

    /// Whom its floods imitate, in the order of the attackers' populations, which follow its own.
    #[must_use]
    pub fn imitations(&self) -> Vec<Imitation> {
        let mut all = Vec::new();
        for (number, fault) in self.faults.iter().enumerate() {
            let (FaultKind::Flood(factor, papers), Target::Load(load, tenant)) = (fault.kind, fault.on) else {
                continue;
            };
            let of = |population: &Population| {
                let theirs = tenant.is_none() || self.origins[population.origin.index()].tenant == tenant;
                population.load == load && theirs
            };
            for (victim, population) in self.populations.iter().enumerate().filter(|(_, population)| of(population)) {
                let (fault, victim) = (FaultId(number as u16), PopulationId(victim as u16));
                all.push(Imitation { fault, victim, rate: population.demand.mean() * factor, papers });
            }
        }
        all
    }
}
