//! The nouns of key management, without behaviour.

mod badge;
mod call;
mod fact;
mod ids;
mod life;
mod outcome;
mod store;

pub use badge::Badge;
pub use call::Call;
pub use fact::{EmergencyFact, Ending, Fact, Refusal};
pub use ids::{
    CallName, ChangeId, ClassId, FaultId, Flight, GrantId, KeyRef, KeyVersion, LoadId, LotId, OriginId, PopulationId,
    RegionId, ShardId, SiteId,
};
pub use life::{Cause, Change, KeyState};
pub use outcome::{Failure, Outcome};
pub use store::{Cell, Freshness, StoreAnswer, StoreOp, StoreOutcome};
