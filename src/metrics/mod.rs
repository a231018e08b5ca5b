//! Facts to numbers: counts by slot, region, load and site while a world runs; values, objectives and cost afterwards.
//! Counts are integers until the report.

mod cost;
mod frame;
mod objective;
mod recorder;
mod runs;
mod watch;
mod window;

pub use cost::{FleetCost, RegionCost, versions_at, versions_each, yearly};
pub use frame::Frame;
pub use objective::{CONFIDENCE, Holds, Judgement, engines, judge, moment, peak_utilisation, value_of};
pub use recorder::{Cell, KeyTally, Recorder, SiteTally};
pub use runs::{Case, Part, Replica, Runs};
pub use watch::{RECOVERY, Second, Sighting, Strike, Watch};
pub use window::{View, Window, seconds, windows};
