//! What is scheduled in a world: small and `Copy`, payloads packed.

use crate::kms::{
    Call, CallName, CeremonyId, ClassId, Failure, FaultId, Flight, KeyRef, KeyVersion, OriginId, Outcome, SiteId,
};
use crate::service::Timer;
use crate::store::Reminder;

/// Something scheduled.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A call reaches a site.
    AtSite(PackedCall),
    /// An HSM's expected end of a job.
    Hsm {
        /// Where.
        site: SiteId,
        /// The pool's number for the job.
        number: u64,
    },
    /// An answer reaches its origin.
    Answer {
        /// To this request.
        flight: Flight,
        /// To this attempt.
        serial: u8,
        /// From this site.
        site: SiteId,
        /// `None` for done.
        failure: Option<Failure>,
    },
    /// An attempt's deadline.
    Expired {
        /// Of this request.
        flight: Flight,
        /// Of this attempt.
        serial: u8,
    },
    /// A timer of the service.
    Timer(Timer),
    /// A health check's answer, or its absence.
    Probed {
        /// Which site.
        site: SiteId,
        /// Which of its observers.
        observer: u8,
        /// Whether it answered.
        answered: bool,
    },
    /// A site could not generate a version at all.
    Ungenerated {
        /// Where.
        site: SiteId,
        /// Of which key.
        key: KeyRef,
    },
    /// A copy of a version would arrive.
    Copy {
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
        /// Which version.
        version: KeyVersion,
        /// The link lost it on the way.
        lost: bool,
    },
    /// A packet between the metadata store's clients and replicas arrives.
    Packet {
        /// Its place in the slab of packets under way.
        slot: u32,
    },
    /// What the metadata store wanted to be reminded of.
    Metadata(Reminder),
    /// A letter or a call of emergency access arrives, or the record of one is written.
    Mail {
        /// Its place in the slab of what is under way.
        slot: u32,
    },
    /// A ClientHello reaches its site.
    Hello {
        /// Its place in the slab of handshakes under way.
        slot: u32,
    },
    /// The end of a handshake reaches the client.
    Connected {
        /// Its place in the slab of handshakes under way.
        slot: u32,
    },
    /// A fault strikes or ends.
    Fault {
        /// Which.
        fault: FaultId,
        /// Strikes.
        strikes: bool,
    },
    /// A step of planned work.
    Work {
        /// Of which devices or sites that take turns.
        crew: u32,
        /// Which of those that are out at once.
        lane: u16,
    },
    /// A backup of a site is due, or ends.
    Backup {
        /// Which site's, by number among those that are saved.
        course: u16,
    },
    /// A step of a site's way back.
    Recovery {
        /// Which.
        number: u32,
    },
    /// A step of a ceremony or a drill.
    People(CeremonyId),
}

const _: () = assert!(size_of::<Event>() <= 32, "events stay small");

/// A call and the site that it goes to, without padding.
#[derive(Clone, Copy, Debug)]
pub struct PackedCall {
    /// Two halves, so that the whole needs only four-byte alignment and no padding.
    luck: [u32; 2],
    flight: Flight,
    key_number: u32,
    key_class: ClassId,
    origin: OriginId,
    site: SiteId,
    serial: u8,
    call: CallName,
}

impl PackedCall {
    /// Packs a call to a site.
    #[inline]
    pub fn new(site: SiteId, call: Call) -> Self {
        Self {
            luck: [call.luck as u32, (call.luck >> 32) as u32],
            flight: call.flight,
            key_number: call.key.number,
            key_class: call.key.class,
            origin: call.origin,
            site,
            serial: call.serial,
            call: call.call,
        }
    }

    /// Unpacks it.
    #[inline]
    pub fn unpack(self) -> (SiteId, Call) {
        let key = KeyRef { class: self.key_class, number: self.key_number };
        let call = Call {
            flight: self.flight,
            serial: self.serial,
            origin: self.origin,
            call: self.call,
            key,
            // No site has said yet.
            version: 0,
            luck: u64::from(self.luck[0]) | u64::from(self.luck[1]) << 32,
        };
        (self.site, call)
    }
}

/// How an answer event carries an outcome.
#[inline]
pub fn failure_of(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::Done => None,
        Outcome::Failed(reason) => Some(reason),
    }
}
