//! Facts to numbers: counts by slot, region, load and site while a world runs; values, objectives and cost afterwards.
//! Counts are integers until the report.

mod access;
mod caches;
mod cost;
mod emergency;
mod frame;
mod changes;
mod location;
mod metadata;
mod objective;
mod outage;
mod part;
mod people;
mod pooled;
mod keys;
mod quota;
mod recorder;
mod runs;
mod transport;
mod recovery;
mod work;
mod utilisation;
mod watch;
mod window;

pub use access::{AccessTally, AttackTally, TenantTally, Work};
pub use caches::CacheTally;
pub use changes::{ChangeTally, Made};
pub use cost::{FleetCost, RegionCost, versions_at, versions_each, yearly};
pub use emergency::{EmergencyTally, GrantTally};
pub use frame::Frame;
pub use keys::{KeyTally, Ledger, grace};
pub use location::{Located, LocationTally, OutOfPlace};
pub use metadata::MetadataTally;
pub use objective::{
    CONFIDENCE, Holds, Judgement, counts, doubt, judge, judge_case, judge_each, judge_main, moment, prefers_low,
    value_of,
};
pub use outage::{Count, Course};
pub use part::Part;
pub use people::{Errands, GroupTally, HeldTally, PeopleTally};
pub use quota::QuotaTally;
pub use recorder::{Cell, Recorder, SiteSlot, SiteTally};
pub use recovery::{Recovered, RecoveryTally, SavedTally};
pub use runs::{Case, Replica, Runs, Stake, Stated, Surveyed};
pub use transport::{ShakeSlot, Shakes, TransportTally};
pub use utilisation::{Busy, peak_utilisation};
pub use watch::{RECOVERY, Sighting, Strike, Watch};
pub use window::{View, Window, seconds, windows};
pub use work::{PushTally, TakenOut, WorkTally};
