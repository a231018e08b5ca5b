//! Kinds of records, and which facts belong into the log.

use super::record::{EmergencyKind, PeopleKind, RecoveryKind, WorkKind};
use crate::kms::{AccessFact, Fact};
use serde::{Deserialize, Serialize};

/// What a record is about. Of records of the same time those of an earlier kind come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The log begins: which run it is of.
    Opened,
    /// Keys were at a site when the run began.
    Provisioned,
    /// A fault struck.
    Struck,
    /// A fault ended.
    Mended,
    /// Health checks changed their mind about a site.
    Detected,
    /// A routing table learned it.
    Routed,
    /// The metadata store does not answer from now on.
    MetadataDown,
    /// It answers again.
    MetadataUp,
    /// A planned change of the fleet began.
    ChangeBegan,
    /// It is made.
    ChangeEnded,
    /// A shard has other hosts.
    Configured,
    /// A site has no room for a shard.
    NoRoom,
    /// A successor has to wait for a free key slot at a site.
    NoSlot,
    /// Keys leaked.
    Compromised,
    /// Keys are suspended.
    Suspended,
    /// Suspended keys are active again.
    Resumed,
    /// A key is to have a successor.
    RotationDue,
    /// An HSM generated a version.
    Generated,
    /// A version reached a further site.
    Copied,
    /// A version reached a site that joins its shard.
    Moved,
    /// A version took over.
    Activated,
    /// A version was destroyed at the end of its keep, or with its key.
    Destroyed,
    /// A site erased a shard that it serves no more.
    Zeroised,
    /// A version was lost before it had a copy.
    VersionLost,
    /// Keys lost their last copy.
    KeysLost,
    /// Keys lost their last host, and have copies in escrow.
    LeftInEscrow,
    /// A tenant has a new secret.
    SecretIssued,
    /// A tenant's secret is in wrong hands.
    SecretLeaked,
    /// A tenant's secrets are worth nothing any more.
    SecretRevoked,
    /// A gate learned that.
    SecretLearned,
    /// A gate sealed its count of requests that it turned away for one reason.
    TurnedAway,
    /// A site sealed its batch of accesses.
    Sealed,
    /// A site served a call, or did not: under `audit.access = "each"`. After [`Self::Sealed`], for a batch that is sealed at
    /// an instant holds what was before it.
    Accessed,
    /// A step of emergency access.
    #[serde(untagged)]
    Emergency(EmergencyKind),
    /// A step of planned work, or of a push.
    #[serde(untagged)]
    Work(WorkKind),
    /// A step of a backup or of a recovery.
    #[serde(untagged)]
    Recovery(RecoveryKind),
    /// A step of what custodians do.
    #[serde(untagged)]
    People(PeopleKind),
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 70] = [
        Self::Opened,
        Self::Provisioned,
        Self::Struck,
        Self::Mended,
        Self::Detected,
        Self::Routed,
        Self::MetadataDown,
        Self::MetadataUp,
        Self::ChangeBegan,
        Self::ChangeEnded,
        Self::Configured,
        Self::NoRoom,
        Self::NoSlot,
        Self::Compromised,
        Self::Suspended,
        Self::Resumed,
        Self::RotationDue,
        Self::Generated,
        Self::Copied,
        Self::Moved,
        Self::Activated,
        Self::Destroyed,
        Self::Zeroised,
        Self::VersionLost,
        Self::KeysLost,
        Self::LeftInEscrow,
        Self::SecretIssued,
        Self::SecretLeaked,
        Self::SecretRevoked,
        Self::SecretLearned,
        Self::TurnedAway,
        Self::Sealed,
        Self::Accessed,
        Self::Emergency(EmergencyKind::GrantAsked),
        Self::Emergency(EmergencyKind::GrantAnswered),
        Self::Emergency(EmergencyKind::RegionFenced),
        Self::Emergency(EmergencyKind::GrantBegan),
        Self::Emergency(EmergencyKind::KeyOpened),
        Self::Emergency(EmergencyKind::EmergencyAccess),
        Self::Emergency(EmergencyKind::EmergencyRefused),
        Self::Emergency(EmergencyKind::GrantDenied),
        Self::Emergency(EmergencyKind::GrantEnded),
        Self::Emergency(EmergencyKind::FenceLifted),
        Self::Emergency(EmergencyKind::Lease),
        Self::Emergency(EmergencyKind::FenceSeen),
        Self::Work(WorkKind::PushWave),
        Self::Work(WorkKind::PushNoticed),
        Self::Work(WorkKind::WorkBegan),
        Self::Work(WorkKind::Draining),
        Self::Work(WorkKind::Drained),
        Self::Work(WorkKind::Returned),
        Self::Work(WorkKind::WorkEnded),
        Self::Recovery(RecoveryKind::BackupBegan),
        Self::Recovery(RecoveryKind::BackupEnded),
        Self::Recovery(RecoveryKind::BackupMissed),
        Self::Recovery(RecoveryKind::Erased),
        Self::Recovery(RecoveryKind::Paged),
        Self::Recovery(RecoveryKind::Decided),
        Self::Recovery(RecoveryKind::Gathered),
        Self::Recovery(RecoveryKind::RecoveryBegan),
        Self::Recovery(RecoveryKind::Ready),
        Self::Recovery(RecoveryKind::Refilled),
        Self::People(PeopleKind::CustodiansAbsent),
        Self::People(PeopleKind::CustodiansBack),
        Self::People(PeopleKind::CustodiansCalled),
        Self::People(PeopleKind::QuorumGathered),
        Self::People(PeopleKind::CustodiansReleased),
        Self::People(PeopleKind::CeremonyPutOff),
        Self::People(PeopleKind::CeremonyBegan),
        Self::People(PeopleKind::CeremonyEnded),
    ];

    /// The kind of a fact that belongs into the log; `None` of what does not: what happens to single requests, for
    /// accesses and their batches stand for these, and measurements that follow from other records.
    #[must_use]
    pub const fn of(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Offered { .. } | Fact::Completed { .. } | Fact::Failed { .. } => None,
            Fact::Served { .. } | Fact::ServedMany { .. } | Fact::Rejected { .. } => None,
            Fact::Capacity { .. } | Fact::Unreachable { .. } | Fact::OverBound { .. } => None,
            // It follows from the loss of the keys.
            Fact::GivenUp(_) => None,
            Fact::Held { .. } | Fact::Oldest { .. } | Fact::Overused { .. } | Fact::Exposed { .. } => None,
            // Each copy has a record.
            Fact::CaughtUp { .. } | Fact::Exchanged { .. } | Fact::InEscrow { .. } => None,
            // Asking the store is a means: that a version is active is what it was for.
            Fact::Stored { .. } | Fact::PublishDelayed(_) | Fact::Published { .. } => None,
            // Connections are means; the faults that end them have records.
            Fact::Transport(_) => None,
            // Data keys at clients are no business of the service; a restart has its fault as record.
            Fact::Cache(_) => None,
            Fact::MetadataDown { .. } => Some(Self::MetadataDown),
            Fact::MetadataUp { .. } => Some(Self::MetadataUp),
            // That a caller was sent on, or taken for another, is no change of anything.
            Fact::Outdated { .. } | Fact::Location(_) => None,
            // What is refused is counted in the batches.
            Fact::Quota(_) => None,
            Fact::ChangeBegan(_) => Some(Self::ChangeBegan),
            Fact::ChangeEnded { .. } => Some(Self::ChangeEnded),
            Fact::Configured { .. } => Some(Self::Configured),
            Fact::NoRoom { .. } => Some(Self::NoRoom),
            Fact::NoSlot { .. } => Some(Self::NoSlot),
            Fact::Moved { .. } => Some(Self::Moved),
            Fact::Zeroised { .. } => Some(Self::Zeroised),
            Fact::Compromised { .. } => Some(Self::Compromised),
            Fact::Suspended { .. } => Some(Self::Suspended),
            Fact::Resumed { .. } => Some(Self::Resumed),
            Fact::Provisioned { .. } => Some(Self::Provisioned),
            Fact::Struck(_) => Some(Self::Struck),
            Fact::Mended(_) => Some(Self::Mended),
            Fact::Detected { .. } => Some(Self::Detected),
            Fact::Routed { .. } => Some(Self::Routed),
            Fact::RotationDue { .. } => Some(Self::RotationDue),
            Fact::Generated { .. } => Some(Self::Generated),
            Fact::Copied { .. } => Some(Self::Copied),
            Fact::Activated { .. } => Some(Self::Activated),
            Fact::Destroyed(_) => Some(Self::Destroyed),
            Fact::VersionLost { .. } => Some(Self::VersionLost),
            Fact::KeysLost { .. } => Some(Self::KeysLost),
            Fact::LeftInEscrow { .. } => Some(Self::LeftInEscrow),
            Fact::Access(fact) => match fact {
                // It was turned away, or is an access; whoever wrote the log did not know that it came late.
                AccessFact::Attacked { .. } | AccessFact::Late { .. } => None,
                AccessFact::Issued { .. } => Some(Self::SecretIssued),
                AccessFact::Leaked { .. } => Some(Self::SecretLeaked),
                AccessFact::Revoked { .. } => Some(Self::SecretRevoked),
                AccessFact::Learned { .. } => Some(Self::SecretLearned),
                AccessFact::Turned { .. } => Some(Self::TurnedAway),
            },
            Fact::Emergency(fact) => Some(Self::Emergency(EmergencyKind::of(fact))),
            Fact::Work(fact) => Some(Self::Work(WorkKind::of(fact))),
            Fact::Recovery(fact) => Some(Self::Recovery(RecoveryKind::of(fact))),
            Fact::People(fact) => Some(Self::People(PeopleKind::of(fact))),
            Fact::Sealed { .. } => Some(Self::Sealed),
            Fact::Accessed { .. } => Some(Self::Accessed),
        }
    }

    /// Its name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Provisioned => "provisioned",
            Self::Struck => "struck",
            Self::Mended => "mended",
            Self::Detected => "detected",
            Self::Routed => "routed",
            Self::MetadataDown => "metadata-down",
            Self::MetadataUp => "metadata-up",
            Self::ChangeBegan => "change-began",
            Self::ChangeEnded => "change-ended",
            Self::Configured => "configured",
            Self::NoRoom => "no-room",
            Self::NoSlot => "no-slot",
            Self::Moved => "moved",
            Self::Zeroised => "zeroised",
            Self::Compromised => "compromised",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::RotationDue => "rotation-due",
            Self::Generated => "generated",
            Self::Copied => "copied",
            Self::Activated => "activated",
            Self::Destroyed => "destroyed",
            Self::VersionLost => "version-lost",
            Self::KeysLost => "keys-lost",
            Self::LeftInEscrow => "left-in-escrow",
            Self::SecretIssued => "secret-issued",
            Self::SecretLeaked => "secret-leaked",
            Self::SecretRevoked => "secret-revoked",
            Self::SecretLearned => "secret-learned",
            Self::TurnedAway => "turned-away",
            Self::Sealed => "sealed",
            Self::Accessed => "accessed",
            Self::Emergency(kind) => kind.name(),
            Self::Work(kind) => kind.name(),
            Self::Recovery(kind) => kind.name(),
            Self::People(kind) => kind.name(),
        }
    }
}
