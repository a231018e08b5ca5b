//! Emergency access as written.

use crate::units::{Count, Duration, Percent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Emergency access across shards: when every site of a region is down, sites in other regions that hold its keys in escrow
/// (`escrow_copies`) may use them, under a grant. It opens keys of classes without `partner_copies`, whose hosts all stand in their
/// home region, and never widens `stay`. Sites serve such keys under a lease, so that a region that is only cut off stops by itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawEmergency {
    /// So many regions other than its own must have seen each site of a region down, at least 1. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observers: Option<u32>,
    /// For so long they must have, at least `lease`. Default: "2 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dark: Option<Duration>,
    /// People who may approve a request, 1 to 200; who asks is none of them. Default: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<u32>,
    /// So many of them have to approve, 1 to `approvers`. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<u32>,
    /// Median time until an approver who is asked answers: lognormal, so that one in twenty takes five times as long. Default:
    /// "10 min".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Duration>,
    /// Share of the approvers that say no. Default: "0 %".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declines: Option<Percent>,
    /// A grant ends by itself after so long, at least a minute. Default: "4 h".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Duration>,
    /// Operations under one grant at most; each site with copies in escrow has an equal part of it, so that none has to ask another.
    /// Default: 100_000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<Count>,
    /// A site that has not reached a majority of the metadata store's replicas for so long stops serving keys that a grant may open;
    /// it renews its lease three times as often. At least a second. Default: "30 s".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Duration>,
    /// Time that the audit record of an access takes to be written, before the key is used. Default: "5 ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Duration>,
    /// The reason that is given when a grant is asked for, in the audit log. Default: "every site of the region is down".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
