//! The boundary: everything that can happen to the service, and everything that it can do. What is not in [`Effect`] cannot
//! happen.

use super::emergency::{EmergencyEffect, EmergencyInput, EmergencyTimer};
use crate::kms::{
    Asked, Call, ChangeId, ClassId, Fact, Failure, Flight, KeyRef, KeyVersion, OriginId, Outcome, PopulationId,
    RegionId, ShardId, SiteId, StoreAnswer, StoreOp, TenantId, Token,
};
use crate::time::{Span, Time};

/// What happens to the service.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// A caller asks for an operation.
    Request {
        /// Who.
        population: PopulationId,
        /// Number among its population's requests.
        sequence: u64,
        /// Under which key.
        key: KeyRef,
        /// The secret that a token of its own is made with, for this request and now; 0 for none.
        secret: u16,
    },
    /// A caller asks for an operation, and says more than who it is.
    Presented {
        /// Who.
        population: PopulationId,
        /// Number among its population's requests.
        sequence: u64,
        /// Under which key.
        key: KeyRef,
        /// From where, where users ask and are to be located.
        from: Option<Asked>,
        /// What it shows at the gate.
        token: Option<Token>,
    },
    /// Callers asked this often without each request being told one by one: counters and audit follow.
    Demand {
        /// Who.
        population: PopulationId,
        /// Keys of this shard.
        shard: ShardId,
        /// How often.
        count: u32,
    },
    /// An answer reaches the origin.
    Answer {
        /// Of this request.
        flight: Flight,
        /// Of this attempt.
        serial: u8,
        /// From this site.
        site: SiteId,
        /// What became of it.
        outcome: Outcome,
    },
    /// The attempt's deadline passed without an answer.
    Expired {
        /// Of this request.
        flight: Flight,
        /// This attempt.
        serial: u8,
    },
    /// A call reaches a site.
    Call {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
    },
    /// A call reaches a site that does not look at it: it is refused at the door.
    Refused {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
        /// Why.
        reason: Failure,
    },
    /// An HSM answered. May come ahead of its time when nothing before it can change it: see ARCHITECTURE.md.
    HsmDone {
        /// Where.
        site: SiteId,
        /// Which call.
        call: Call,
        /// What became of it.
        outcome: Outcome,
        /// Time queued.
        wait: Span,
        /// Time in service.
        service: Span,
    },
    /// An HSM generated a key version, or could not.
    Generated {
        /// Where.
        site: SiteId,
        /// The key.
        key: KeyRef,
        /// How long it kept an engine busy; `None` where it could not.
        done: Option<Span>,
    },
    /// A copy of a version arrived, or did not.
    Copied {
        /// Where.
        site: SiteId,
        /// Which version.
        version: KeyVersion,
        /// Whether it did.
        done: bool,
    },
    /// A health check was answered, or was not.
    Probed {
        /// Which site.
        site: SiteId,
        /// Which of its observers.
        observer: u8,
        /// Whether it was.
        answered: bool,
    },
    /// All that a site held is gone for good.
    Destroyed(SiteId),
    /// A backup of a site begins: what it holds now is in it.
    Saving {
        /// The site.
        site: SiteId,
        /// When its last complete backup began, nanoseconds since time zero; `None` for none.
        last: Option<i64>,
    },
    /// The HSMs of a site are empty: it is dark until its last backup is restored, and misses from then on what is not in it.
    Erased {
        /// The site.
        site: SiteId,
        /// When that backup began, nanoseconds since time zero; `None` for none.
        as_of: Option<i64>,
    },
    /// Keys of a class leaked.
    Compromised {
        /// The class.
        class: ClassId,
        /// Those at home there; `None` for all.
        region: Option<RegionId>,
        /// This share of them, 0 to 1; which ones, their names say.
        share: f64,
    },
    /// Keys of a class are suspended, or are not any more.
    Suspended {
        /// The class.
        class: ClassId,
        /// Those at home there; `None` for all.
        region: Option<RegionId>,
        /// Whether it begins.
        begins: bool,
    },
    /// A tenant's newest secret is in wrong hands.
    SecretLeaked(TenantId),
    /// A tenant's secrets are to be revoked.
    Revoke(TenantId),
    /// An operation on the metadata store ended. The operation itself says what it was for: whoever asks twice for the same
    /// must be content with either answer.
    Stored {
        /// What was asked.
        op: StoreOp,
        /// What came back.
        answer: StoreAnswer,
    },
    /// The control plane stops, or starts again. Meanwhile sites serve on and nothing else is decided: what it is told and what it
    /// had asked for is lost. Keys leak, fall due and are lost all the same, and are seen to when it starts.
    Control {
        /// Starts.
        up: bool,
    },
    /// A site is to be left out by callers for planned work, or is back from it.
    Withdrawn {
        /// The site.
        site: SiteId,
        /// Left out.
        away: bool,
    },
    /// Something happens to emergency access.
    Emergency(EmergencyInput),
    /// A timer set earlier is due.
    Timer(Timer),
}

/// What the service may be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Try this request again, if this is still the last attempt.
    Retry {
        /// The request.
        flight: Flight,
        /// The attempt that failed.
        serial: u8,
    },
    /// Check the health of all sites.
    Check,
    /// Routing tables learn this.
    Publish {
        /// The site.
        site: SiteId,
        /// Whether it is believed healthy.
        up: bool,
        /// Those of the calling services in its own region, or those of everybody else.
        inside: bool,
    },
    /// Seal the batches of access records.
    Seal,
    /// Keys may be due for rotation, and old versions for destruction.
    Rotate,
    /// Generate a version of this key again.
    Generate(KeyRef),
    /// Send the copies again that are owed between two sites.
    Owed {
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
    },
    /// Publish the successor of this key again.
    Announce(KeyRef),
    /// Begin this planned change.
    Change(ChangeId),
    /// Publish the new hosts of this shard again.
    Configure(ShardId),
    /// Look again for who can send what sites wait for that join this shard.
    Fill(ShardId),
    /// Nobody asks any more for this shard where it left.
    Drained(ShardId),
    /// This origin asks for the newest routing table.
    Refresh(OriginId),
    /// This tenant is to have a new secret.
    Issue(TenantId),
    /// This gate asks for news of secrets.
    Learn(OriginId),
    /// Of what emergency access wanted to be reminded of.
    Emergency(EmergencyTimer),
}

/// What the service does.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Sends a call to a site. Exactly one of `Answer` by the deadline, or `Expired` at it, comes back.
    Call {
        /// The site.
        to: SiteId,
        /// The call.
        call: Call,
        /// What tells its caller from others, the same for all calls and attempts of a request: even bits.
        caller: u32,
        /// Until when it is waited for.
        deadline: Time,
    },
    /// Hands a call to the site's HSMs, to be done under its version of the key.
    Submit {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
        /// It is not put into a queue in which it would wait longer.
        patience: Span,
    },
    /// Sends the answer to a call back to its origin.
    Answer {
        /// From this site.
        site: SiteId,
        /// To this call.
        call: Call,
        /// What became of it.
        outcome: Outcome,
    },
    /// Asks the site's HSMs for a new version of a key.
    Generate {
        /// The site.
        site: SiteId,
        /// The key.
        key: KeyRef,
    },
    /// Sends a version, wrapped, from one site to another. Exactly one `Copied` comes back.
    Copy {
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
        /// Which version.
        version: KeyVersion,
    },
    /// Checks a site's health from a region.
    Probe {
        /// The site.
        site: SiteId,
        /// Which of its observers.
        observer: u8,
        /// The observer's region.
        from: RegionId,
    },
    /// Asks the metadata store for an operation. Exactly one `Stored` comes back.
    Store {
        /// The site from which it is asked.
        from: SiteId,
        /// The operation.
        op: StoreOp,
    },
    /// Wants to be reminded.
    After {
        /// In this time.
        span: Span,
        /// Of this.
        timer: Timer,
    },
    /// What emergency access does.
    Emergency(EmergencyEffect),
    /// Records a fact, now.
    Fact(Fact),
}

/// Where effects are put; used again, so that no request allocates.
#[derive(Clone, Debug, Default)]
pub struct Out(pub Vec<Effect>);

impl Out {
    /// Puts an effect.
    #[inline]
    pub fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    /// Records a fact.
    #[inline]
    pub fn fact(&mut self, fact: Fact) {
        self.0.push(Effect::Fact(fact));
    }

    /// Sets a timer.
    #[inline]
    pub fn after(&mut self, span: Span, timer: Timer) {
        self.0.push(Effect::After { span, timer });
    }
}
