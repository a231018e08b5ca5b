//! The checked scenario: ids are indices, units typed, defaults filled in, references hold; nothing here is impossible.

mod access;
mod backup;
mod cache;
mod common;
mod custodians;
mod emergency;
mod change;
mod exchange;
mod fault;
mod keys;
mod location;
mod objective;
mod people;
mod quota;
mod work;

pub(in crate::scenario) use access::minutes;
pub use access::{AccessModel, Hours, NoHours, RuleModel, Tenant};
pub use backup::{Backup, Response};
pub use cache::CacheModel;
pub use change::{ChangeKind, FleetChange, KeyLot};
pub use common::{Common, Group, Push};
pub use custodians::{Appointment, Custodians, Gathering, Open, Person, Travel};
pub use emergency::EmergencyAccess;
pub use fault::{Fault, FaultKind, Gray, Imitation, Papers, Target, When};
pub use keys::{KeyClass, Listed, Residency};
pub use location::Location;
pub use objective::{Comparison, Metric, Objective, Phase};
pub use people::{Ceremony, People};
pub use quota::{OtherWork, Quota};
pub use work::{Spare, WEEK, Work, WorkKind, spare, stretches};

use crate::geo::{self, Place};
use crate::hsm::Profile;
use crate::kms::{Badge, CallName, ClassId, CountryId, LoadId, OriginId, RegionId, SiteId, TenantId};
use crate::load::{Curve, Pattern, Shape};
use crate::net::{Network, Tls};
use crate::service::{Generating, Health, Retry, Routing};
use crate::stats::Stopping;
use crate::store::Metadata;
use crate::time::{Span, Time};
use std::sync::Arc;

/// Width of the windows that reports speak of, and of an objective's where it says nothing else.
pub const USUAL_WINDOW: Span = Span::from_secs(300);
/// A run is cut into at most so many slots for the sake of a window below [`USUAL_WINDOW`]: two weeks of minutes.
const MOST_SLOTS: u64 = 20_160;
/// Each slot keeps a histogram for each caller region and load; so many are some 40 MB in each replication.
const MOST_CELLS: u64 = 200_000;

/// How many slots a run may have for the sake of narrow windows.
#[must_use]
pub fn most_slots(regions: usize, loads: usize) -> u64 {
    (MOST_CELLS / (regions * loads).max(1) as u64).clamp(1, MOST_SLOTS)
}

/// A fleet, its load, its faults and its promises.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's stem, or `name`.
    pub name: String,
    /// What it shows, one paragraph.
    pub description: String,
    /// Printed on each page of the report, such as `internal`.
    pub classification: Option<String>,
    /// When the run begins, Unix seconds UTC.
    pub start: i64,
    /// How long it lasts, warm-up included.
    pub run: Span,
    /// What is cut from the beginning.
    pub warm_up: WarmUp,
    /// How many replications.
    pub replications: Stopping,
    /// The one root seed.
    pub seed: u64,
    /// What is failed, each once, at its own peak.
    pub survive: Survive,
    /// Call names used by any load; [`CallName`] indexes it.
    pub calls: Vec<String>,
    /// HSM profiles in use.
    pub profiles: Vec<NamedProfile>,
    /// Regions, in order of id.
    pub regions: Vec<Region>,
    /// Sites, in order of region, then id.
    pub sites: Vec<Site>,
    /// Quotas of services, in order of region and site.
    pub quotas: Vec<Quota>,
    /// What else uses them, in order of id.
    pub others: Vec<OtherWork>,
    /// Key classes, in order of id.
    pub keys: Vec<KeyClass>,
    /// Places that callers ask from.
    pub origins: Vec<Origin>,
    /// Business operations, in order of id.
    pub loads: Vec<Load>,
    /// Who runs them where.
    pub populations: Vec<Population>,
    /// Announced changes of demand.
    pub events: Vec<DemandEvent>,
    /// Planned changes of the fleet, in order of time.
    pub changes: Vec<FleetChange>,
    /// Planned work, in order of id.
    pub works: Vec<Work>,
    /// Backups, in order of id.
    pub backups: Vec<Backup>,
    /// How outages are met.
    pub response: Response,
    /// Groups of custodians, and what they are planned to do.
    pub people: Arc<People>,
    /// Faults of the main run.
    pub faults: Vec<Fault>,
    /// What they may strike together.
    pub common: Arc<Common>,
    /// What must hold.
    pub objectives: Vec<Objective>,
    /// Health detection.
    pub health: Health,
    /// How hosts are chosen.
    pub routing: Routing,
    /// How many keys are generated at once.
    pub generating: Generating,
    /// Missed copies on their way between two sites at once, at most; `u32::MAX` for no limit.
    pub catch_up: u32,
    /// Links between places.
    pub network: Network,
    /// Connections; nothing where there is no network.
    pub tls: Option<Arc<Tls>>,
    /// How often a site seals its batch of access records.
    pub audit_interval: Span,
    /// Whether each access is a record of its own in the audit log, besides the batches.
    pub audit_each: bool,
    /// The metadata store.
    pub metadata: Metadata,
    /// Who may do what.
    pub access: AccessModel,
    /// How users are located; `None` where there are none, or their place is known.
    pub location: Option<Location>,
    /// Emergency access, where there is any.
    pub emergency: Option<EmergencyAccess>,
    /// What each figure rests on, for the report.
    pub provenance: Vec<Provenance>,
    /// The effective scenario as TOML, every default written out.
    pub resolved: String,
    /// SHA-256 of `resolved`, hexadecimal.
    pub digest: String,
}

/// What is cut from the beginning of a run before anything is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// MSER-5 on a pilot where the demand is constant, else five minutes or 5 % of the run, whichever is less.
    Auto,
    /// This long.
    Given(Span),
}

/// The faults that the fleet is to survive, each alone, at its own peak.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Survive {
    /// Each device.
    pub device: bool,
    /// Each site.
    pub site: bool,
    /// Each region.
    pub region: bool,
    /// How long the fault lasts.
    pub lasts: Span,
}

/// A profile under the name the scenario uses for it.
#[derive(Clone, Debug)]
pub struct NamedProfile {
    /// `cloudhsm-hsm2m`, or the id of an inline `[profile.NAME]`.
    pub id: String,
    /// The profile.
    pub profile: Arc<Profile>,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its id.
    pub id: String,
    /// Where it is; its country is its jurisdiction.
    pub place: Place,
    /// The region that takes partner copies first; else the nearest that residency allows.
    pub partner: Option<RegionId>,
}

/// A site: one data centre of a region.
#[derive(Clone, Debug)]
pub struct Site {
    /// `region.site`, such as `us.a`.
    pub id: String,
    /// Its region.
    pub region: RegionId,
    /// Index into [`Scenario::profiles`].
    pub profile: usize,
    /// Devices in its pool, at least 1; a service counts as one.
    pub hsms: u32,
    /// Its share of keys and calls beside other sites: its devices, of a service as stated.
    pub weight: u32,
    /// The account under which it calls its service, where one is named.
    pub account: Option<String>,
}

/// A place that callers ask from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// A region's id, or a country code; with `/HOME` where they use keys of another region than is usual for them, and with `@TENANT`
    /// where callers are told apart.
    pub id: String,
    /// Where it is.
    pub place: Place,
    /// The caller region: their own, or for users `home`. Links, demand events and figures know them by it.
    pub region: RegionId,
    /// The region whose keys these callers use: their own, the nearest that has keys, or the one that location assigns.
    pub home: RegionId,
    /// On whose behalf they ask; `None` where callers are not told apart.
    pub tenant: Option<TenantId>,
    /// Extra one-way delay of the last mile; zero for calling services inside a region.
    pub last_mile: Span,
}

/// A kind of business operation: a sequence of calls under one key.
#[derive(Clone, Debug)]
pub struct Load {
    /// Its id.
    pub id: String,
    /// The calls, one after the other.
    pub calls: Vec<CallName>,
    /// The class of the key they use.
    pub key: ClassId,
    /// From the first attempt until the last answer; later is no good.
    pub timeout: Span,
    /// Retries of each call.
    pub retry: Retry,
    /// How arrivals are spaced.
    pub pattern: Pattern,
    /// Demand by hour, weekday and holiday.
    pub shape: Shape,
    /// Compound growth per year, 0.1 for 10 %.
    pub growth: f64,
    /// How its clients keep data keys; `None` where each request is asked.
    pub cache: Option<CacheModel>,
}

/// The callers of one load at one origin.
#[derive(Clone, Debug)]
pub struct Population {
    /// `load/origin`: names its random streams.
    pub id: String,
    /// The load.
    pub load: LoadId,
    /// Where they are.
    pub origin: OriginId,
    /// How much they ask for.
    pub demand: Demand,
}

/// How much a population asks for.
#[derive(Clone, Debug)]
pub enum Demand {
    /// Operations per second, averaged over an ordinary week; the load's shape, growth and events apply.
    Rate(f64),
    /// A load history: demand over the run, and the history's own mean, operations per second; only events apply.
    History(Arc<Curve>, f64),
}

impl Demand {
    /// Operations per second in the mean of an ordinary week, or of the history.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        match self {
            Self::Rate(rate) => *rate,
            Self::History(_, mean) => *mean,
        }
    }
}

/// An announced change of demand.
#[derive(Clone, Debug)]
pub struct DemandEvent {
    /// Its id.
    pub id: String,
    /// When it begins.
    pub at: Time,
    /// How long it lasts.
    pub lasts: Span,
    /// How long demand takes to rise, and again to fall.
    pub ramp: Span,
    /// Demand is multiplied by this.
    pub factor: f64,
    /// Only this load.
    pub load: Option<LoadId>,
    /// Only callers of this region.
    pub region: Option<RegionId>,
}

/// What a figure rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// What the figure is about, such as `region.us: RTT to eu`.
    pub what: String,
    /// The figure, with unit.
    pub value: String,
    /// How much it deserves to be believed.
    pub badge: Badge,
    /// Where it was read, measured, or why it was assumed.
    pub source: String,
}

impl Origin {
    /// Where these callers are, whoever's they are and whatever keys they use: the first part of the id.
    #[must_use]
    pub fn place_id(&self) -> &str {
        self.id.split(['/', '@']).next().unwrap_or_default()
    }

    /// The country whose users they are; `None` of calling services.
    #[must_use]
    pub fn country(&self) -> Option<CountryId> {
        if self.last_mile == Span::ZERO { None } else { geo::country_id(&self.place.country) }
    }
}

/// The longest timeout of these loads.
#[must_use]
pub fn patience(loads: &[Load]) -> Span {
    loads.iter().map(|load| load.timeout).max().unwrap_or(Span::ZERO)
}

impl Scenario {
    /// The widths of windows that something is measured in.
    #[must_use]
    pub fn windows(&self) -> Vec<Span> {
        std::iter::once(USUAL_WINDOW).chain(self.objectives.iter().filter_map(|objective| objective.over)).collect()
    }

    /// How many slots a run of it may have for the sake of narrow windows.
    #[must_use]
    pub fn most_slots(&self) -> u64 {
        most_slots(self.regions.len(), self.loads.len())
    }

    /// The place of a site.
    #[must_use]
    pub fn site_place(&self, site: SiteId) -> &Place {
        &self.regions[self.sites[site.index()].region.index()].place
    }

    /// Nobody waits longer for an answer: the longest timeout of any load.
    #[must_use]
    pub fn patience(&self) -> Span {
        patience(&self.loads)
    }

    /// Whether keys leak in it.
    #[must_use]
    pub fn leaks(&self) -> bool {
        self.faults.iter().any(|fault| matches!((fault.kind, fault.on), (FaultKind::Compromise(_), Target::Keys(..))))
    }

    /// Whether people may have to respond to an outage.
    #[must_use]
    pub fn responds(&self) -> bool {
        let waits = |fault: &Fault| matches!(fault.kind, FaultKind::PowerLoss | FaultKind::Erase);
        !self.backups.is_empty() || self.faults.iter().any(waits)
    }

    /// The sites of a region: those of the regions stand one after the other.
    pub fn sites_of(&self, region: RegionId) -> impl Iterator<Item = SiteId> + use<> {
        let first = self.sites.partition_point(|site| site.region < region);
        let after = self.sites.partition_point(|site| site.region <= region);
        (first..after).map(|i| SiteId(i as u16))
    }

    /// The round trip between calling services and sites of two regions: as stated, else as between their places.
    #[must_use]
    pub fn round_trip(&self, a: RegionId, b: RegionId) -> Span {
        if a == b {
            return self.network.local_rtt;
        }
        let stated = self.network.stated.binary_search_by_key(&(a.min(b), a.max(b)), |(x, y, _)| (*x, *y));
        let [a, b] = [a, b].map(|region| &self.regions[region.index()].place);
        stated.map_or_else(|_| geo::rtt(a, b).span, |found| self.network.stated[found].2)
    }

    /// The regions that residency allows for partner copies of keys with this home: the preferred one, then the nearest.
    #[must_use]
    pub fn partners(&self, class: ClassId, home: RegionId) -> Vec<RegionId> {
        let others = (0..self.regions.len()).map(|i| RegionId(i as u16)).filter(|region| *region != home);
        let mut partners: Vec<RegionId> = others.filter(|region| self.may_stay(class, home, *region)).collect();
        partners
            .sort_by_cached_key(|r| (self.regions[home.index()].partner != Some(*r), self.round_trip(home, *r), *r));
        partners
    }

    /// Shards that the keys of a class with this home are cut into.
    #[must_use]
    pub fn shards_of(&self, class: ClassId, home: RegionId) -> u32 {
        self.lots(class, home).iter().map(|lot| self.routing.shards.min(lot.keys)).sum()
    }

    /// Whether keys of `class` whose home is `home` may be kept and used in `region`.
    #[must_use]
    pub fn may_stay(&self, class: ClassId, home: RegionId, region: RegionId) -> bool {
        let country = |region: RegionId| &*self.regions[region.index()].place.country;
        home == region
            || match &self.keys[class.index()].stay {
                Residency::Anywhere => true,
                Residency::Region => false,
                Residency::Country => country(home) == country(region),
                Residency::Countries(allowed) => allowed.iter().any(|c| c == country(region)),
            }
    }
}
