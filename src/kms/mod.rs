//! The nouns of key management, without behaviour.

mod asked;
mod badge;
mod call;
mod fact;
mod ids;
mod life;
mod outcome;
mod store;
mod token;

pub use asked::{Address, Asked, Slip, Told};
pub use badge::Badge;
pub use call::Call;
pub use fact::{
    AccessFact, CacheFact, EmergencyFact, Ending, Errand, Fact, LocationFact, Misled, PeopleFact, QuotaFact,
    RecoveryFact, Refusal, TransportFact, WorkFact,
};
pub use ids::{
    CallName, CeremonyId, ChangeId, ClassId, CountryId, CustodiansId, FaultId, Flight, GrantId, KeyRef, KeyVersion,
    LoadId, LotId, OriginId, PopulationId, QuotaId, RegionId, RuleId, ShardId, SiteId, TenantId, WorkId,
};
pub use life::{Cause, Change, KeyState};
pub use outcome::{Failure, Outcome};
pub use store::{Cell, Freshness, StoreAnswer, StoreOp, StoreOutcome};
pub use token::{Denial, Proof, Rejection, Token};
