//! The boundary of emergency access: what happens to it, what it does, what it wants to be reminded of, and the letters between
//! the control plane and the sites that hold keys in escrow. Letters may be lost, come twice, and overtake each other.

use crate::kms::{Call, GrantId, KeyVersion, RegionId, SiteId};
use crate::time::{Span, Time};

/// Rules of emergency access.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// So many observers in other regions must have seen each site of a region down.
    pub observers: u32,
    /// For so long.
    pub dark: Span,
    /// People who may approve a request, without the one who made it.
    pub approvers: u8,
    /// So many of them have to.
    pub needed: u8,
    /// A grant ends by itself after so long.
    pub limit: Span,
    /// Operations under one grant, at most.
    pub quota: u64,
    /// A site that has not reached a majority of the metadata store for so long stops serving keys that lie in escrow elsewhere.
    pub lease: Span,
    /// Nobody waits longer than this for an answer, nor does any call that keys under a grant may be used for wait so long at an HSM:
    /// so long after a lease ends, or a grant, every call that came before has begun, or never will. Devices that stop or slow down
    /// meanwhile may keep one for longer.
    pub patience: Span,
}

impl Rules {
    /// How often a site renews its lease.
    pub(super) const fn third(&self) -> Span {
        Span(if self.lease.0 < 3 { 1 } else { self.lease.0 / 3 })
    }
}

/// A site's contact with a majority of the metadata store's replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// It reaches one.
    Held,
    /// It does not.
    Cut,
    /// It does nothing at all.
    Dark,
}

/// What the control plane and sites that hold keys in escrow write to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// Keys of the region may be used until then, by this site so often.
    Begin {
        /// The grant.
        grant: GrantId,
        /// Of this region.
        region: RegionId,
        /// Until.
        until: Time,
        /// The site's part of the quota.
        share: u64,
    },
    /// The site knows of the grant.
    Began {
        /// The grant.
        grant: GrantId,
        /// Of this region.
        region: RegionId,
    },
    /// The site's part of the quota is used up.
    Spent {
        /// The grant.
        grant: GrantId,
        /// Of this region.
        region: RegionId,
    },
    /// The grant is over.
    End {
        /// The grant.
        grant: GrantId,
        /// Of this region.
        region: RegionId,
    },
    /// The site uses nothing under it any more.
    Ended {
        /// The grant.
        grant: GrantId,
        /// Of this region.
        region: RegionId,
    },
}

/// What happens.
#[derive(Clone, Copy, Debug)]
pub enum EmergencyInput {
    /// A site's contact with the metadata store changed. Before it is told of any, a site has it.
    Contact {
        /// Which site.
        site: SiteId,
        /// How it is now.
        contact: Contact,
    },
    /// A lease was renewed: a majority of the metadata store said what it holds of the region's fence.
    Renewed {
        /// By this site.
        site: SiteId,
        /// When it had asked.
        asked: Time,
        /// The value of the fence.
        value: u64,
    },
    /// An approver answered, or somebody who says so.
    Answered {
        /// To this request.
        grant: GrantId,
        /// Which approver; [`super::REQUESTER`] for who asked.
        approver: u8,
        /// Yes.
        yes: bool,
    },
    /// A letter arrives.
    Letter {
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
        /// The letter.
        letter: Letter,
    },
    /// A call that names a grant reaches a site that holds its key in escrow.
    Plea {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
        /// The grant.
        grant: GrantId,
    },
    /// The audit record of such a call is written.
    Recorded {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
        /// The grant.
        grant: GrantId,
    },
    /// A site's HSM opened what it holds of a key, or could not.
    Opened {
        /// The site.
        site: SiteId,
        /// The version.
        version: KeyVersion,
        /// Whether it did.
        done: bool,
    },
    /// Somebody misuses the procedure: asks for a grant while the region is well, approves it, and names to a site a grant that has
    /// ended or never was.
    Misuse(RegionId),
}

/// What is done.
#[derive(Clone, Copy, Debug)]
pub enum EmergencyEffect {
    /// Asks a person to approve a grant. An answer may come.
    Ask {
        /// The grant.
        grant: GrantId,
        /// Which approver, from 0.
        approver: u8,
        /// How often the control plane has asked before: each time draws anew.
        again: u8,
    },
    /// A site asks the replicas of the metadata store for its region's fence. An answer comes once a majority has said.
    Renew {
        /// The site.
        site: SiteId,
        /// Its region.
        region: RegionId,
    },
    /// Sends a letter.
    Send {
        /// From.
        from: SiteId,
        /// To.
        to: SiteId,
        /// The letter.
        letter: Letter,
    },
    /// Sends a call to a site that holds its key in escrow. As [`super::super::Effect::Call`].
    Plea {
        /// The site.
        to: SiteId,
        /// The call.
        call: Call,
        /// The grant that it names.
        grant: GrantId,
        /// Until when the answer is waited for.
        deadline: Time,
    },
    /// Writes the audit record of a call. [`EmergencyInput::Recorded`] comes once it is written.
    Write {
        /// The site.
        site: SiteId,
        /// The call.
        call: Call,
        /// The grant.
        grant: GrantId,
    },
    /// Has a site's HSM open what it holds of a key. Exactly one [`EmergencyInput::Opened`] comes back.
    Open {
        /// The site.
        site: SiteId,
        /// The version.
        version: KeyVersion,
    },
}

/// What it wants to be reminded of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyTimer {
    /// A site's lease may have run out.
    Lapse(SiteId),
    /// A site is to renew its lease.
    Renew(SiteId),
    /// The procedure for a region may go on.
    Step(RegionId),
    /// Routing tables learn of a grant, or of its end.
    Routes {
        /// Which.
        grant: GrantId,
        /// For which region.
        region: RegionId,
        /// Whether it is there.
        open: bool,
    },
}
