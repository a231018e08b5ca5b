//! Faults: what each strikes, what it does, and when.

use crate::kms::{ClassId, RegionId, SiteId};
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
    /// The metadata store: all of its replicas.
    Metadata,
    /// The control plane.
    Control,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Devices stop, work in them is lost; keys are there again afterwards.
    Crash,
    /// As `Crash`, and the keys there are gone for good.
    Destroy,
    /// Service takes this many times longer; health checks do not see it.
    Slow(f64),
    /// Messages are not delivered (links only).
    Partition,
    /// Messages take this much longer, one way (links only).
    Delay(Span),
    /// Messages are lost with this probability (links only).
    Loss(f64),
    /// This share of the keys leaks (keys only).
    Compromise(f64),
    /// Keys protect nothing new (keys only).
    Suspend,
    /// Somebody tries to get emergency access without a right to it (whole regions only).
    Misuse,
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
    /// Whether a fault on this strikes `site` of `region`, or a device there.
    #[must_use]
    pub fn strikes(self, site: SiteId, region: RegionId) -> bool {
        match self {
            Self::Device(s, _) | Self::Site(s) => s == site,
            Self::Region(r) => r == region,
            Self::Link(..) | Self::Keys(..) | Self::Metadata | Self::Control => false,
        }
    }
}
