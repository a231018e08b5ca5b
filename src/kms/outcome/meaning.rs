//! What reasons of failure mean, and what would have helped.

pub(super) const TIMEOUT: &str = "No right answer came within the load's `timeout`, retries included: the devices were too slow or too far \
                 away, or were believed healthy while they were down.";
pub(super) const RESIDENCY: &str = "None of the sites that hold the key was believed healthy, and `stay` forbids every other region, though some \
                 were healthy: more `copies` at home, or a wider `stay` with `partner_copies`, would have helped. A key \
                 that was lost with its sites is not refused for this reason, but for `no-host`.";
pub(super) const NO_HOST: &str = "None of the sites that hold the key was believed healthy, or all of them were destroyed, and no other has a \
                 copy: the key is lost with them, or only copies in escrow are left, which serve nobody until a site joins that \
                 gets the key back. More `copies` or `partner_copies` would have helped; where the region is down for long, `emergency`.";
pub(super) const BUDGET_EXHAUSTED: &str = "Another attempt was needed, and the callers of that place had spent their `retry.budget`: so many calls \
                 failed at once that retrying them all would have been a storm.";
pub(super) const QUEUE_FULL: &str =
    "As many calls waited at the HSM as its profile's `queue` allows: too few HSMs, or slow ones.";
pub(super) const SESSIONS_FULL: &str = "As many calls were in queue and service at the HSM as its profile's `sessions` allow: too few HSMs, or \
                 slow ones.";
pub(super) const DEVICE_LOST: &str = "The device stopped while it worked on the call, or while the call waited in it.";
pub(super) const NO_DEVICE: &str = "The site had no working device, and health checks had not noticed it yet.";
pub(super) const KEY_MISSING: &str = "Each site that was asked did not have the key, or not yet: a new version had not arrived, or the keys there \
                 had been destroyed. Or no site was asked at all, because the key is not provisioned yet, or retired.";
pub(super) const SUSPENDED: &str = "The key was under suspicion (a fault of kind \"suspend\"), and the call would have protected something new with \
                 it, as `sign` and `encrypt` do. Calls that only process what it protected before, such as `decrypt` and \
                 `verify`, are served. A successor would have ended it: `rotate`.";
pub(super) const HANDSHAKE: &str = "No connection could be had: the certificate of each site that was asked had expired or was revoked. What was \
                 connected before goes on until it is idle or too old (`transport.idle`, `transport.life`), so that such an \
                 outage creeps in.";
pub(super) const FRONT_END_FULL: &str = "As many TLS handshakes waited at the site's front end as `transport.queue` allows, as when all callers of a \
                 lost site connect to others at once: more `workers`, or tickets that other sites can open \
                 (`ticket_keys = \"fleet\"`), would have helped.";
pub(super) const UNAUTHENTICATED: &str = "The gate before the callers' routing did not accept the request's token: its secret was revoked, or it was \
                 expired, forged, replayed or missing. Where a tenant's own requests fail so, its callers had not got the new secret yet.";
pub(super) const FORBIDDEN: &str = "No `[rule]` allows the tenant this call under this class of keys, from that country at that hour, or one \
                 denies it. What no rule allows is refused.";
pub(super) const THROTTLED: &str = "The tenant had asked for more than its `rate` at that place, or the place for more than `protection.origin`. \
                 Nothing was sent to any site.";
pub(super) const SHED: &str = "So many calls waited at the HSM that this one would have waited longer than `protection.shed` lets calls of its \
                 tenant's priority wait: it is refused at once, so that others are served in time. Under keys that a grant may open (`emergency`) no call waits longer than the longest timeout of a load.";
pub(super) const FENCED: &str = "The key lies in escrow in another region, where a grant may open it (`emergency`), and the site could not be sure \
                 that none does: it had no contact with a majority of the metadata store for longer than `emergency.lease`, or \
                 a grant for its region had not come to its end.";
pub(super) const NO_GRANT: &str = "The hosts of the key were believed down, and a site that holds it in escrow was asked to use it under a grant \
                 (`emergency`) that it did not know, or that had ended, expired or was used up.";
pub(super) const QUOTA_EXCEEDED: &str = "The service (a profile of kind \"service\") answered that the account had used up its quota in the region, its own \
                 calls and those of other workloads (`[other]`) together. Every site of the region on the same `account` shares it. A raised \
                 quota (`region.NAME.quota`), an account of one's own, fewer calls (a cache), or a second host of the key elsewhere \
                 would have helped.";
pub(super) const MISCONFIGURED: &str = "The site refused the call though its devices were well: a wrong configuration or authorisation had been pushed to it (a \
                 fault of kind \"push\"), or it refused a share of calls (\"refuse\"). Health checks see that only where `checked` says so. \
                 Waves with enough `bake` between them keep it to the first one's sites.";
pub(super) const ACCOUNT_SUSPENDED: &str = "The account in which the site's devices are was suspended (a fault of kind \"suspend\" on a provider or a group): \
                 every call is refused there, and nothing is generated or copied; keys are safe. Copies with another provider would \
                 have helped.";
