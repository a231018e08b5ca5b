//! Words of audit logs, messages and reports that are no keys of a scenario, each with its meaning. Tests hold the kinds of records
//! against those that a log has.

/// The kinds of records in an audit log.
pub(super) const RECORDS: [(&str, &str); 70] = [
    ("opened", "The log begins: scenario, digest, seed, and when the run starts."),
    ("provisioned", "Keys were at a site when the run began."),
    ("struck", "A fault struck."),
    ("mended", "A fault ended."),
    ("detected", "Health checks changed their mind about a site: up or down."),
    ("routed", "The routing table of an origin learned what health checks found about a site."),
    ("metadata-down", "The metadata store does not answer from now on."),
    ("metadata-up", "The metadata store answers again."),
    ("change-began", "A planned change of the fleet began."),
    ("change-ended", "A planned change is made; `refused` counts shards that it left as they were."),
    ("configured", "A shard has other hosts: a planned change published them, and callers are to ask these."),
    (
        "no-room",
        "A site has too few free key slots for a shard that a planned change would have it hold: the shard stays as it is.",
    ),
    (
        "no-slot",
        "A successor has to wait for a free key slot at a site, until a version there is destroyed at the end of its keep.",
    ),
    ("compromised", "Keys leaked."),
    ("suspended", "Keys came under suspicion: the versions in use protect nothing new from now on."),
    ("resumed", "Keys that were suspended, and have no successor, are in use again."),
    ("rotation-due", "A key is to have a successor: `cause` says why."),
    ("generated", "An HSM generated a version."),
    ("copied", "A version reached a further site."),
    ("moved", "A version reached a site that joins its shard."),
    ("activated", "A version took over from the one before."),
    ("destroyed", "A version was destroyed at the end of its keep, or with its key."),
    ("zeroised", "A site erased a shard that it serves no more: all versions of the keys in it."),
    ("version-lost", "A version was lost with its last copy: `used` says whether anything was protected under it."),
    ("keys-lost", "Keys lost their last copy: what they protect cannot be recovered."),
    (
        "left-in-escrow",
        "Keys lost their last host, and only copies in escrow are left: these serve nobody until a site joins that gets the keys \
         back.",
    ),
    ("secret-issued", "A tenant has a new secret, which its request tokens are made with from now on."),
    ("secret-leaked", "A tenant's secret came into wrong hands; nobody knows it yet."),
    ("secret-revoked", "A tenant's secrets up to this one are worth nothing any more."),
    ("secret-learned", "A gate learned that secrets are revoked: `took_ns` after that was decided."),
    (
        "turned-away",
        "A gate counted the requests that it turned away for one reason since it did so last: a flood does not fill the log.",
    ),
    ("sealed", "A site sealed its batch of accesses: how many it served and refused in an interval."),
    ("accessed", "A site served a call, or did not: under audit.access = \"each\" only."),
    ("grant-asked", "Every site of a region is down, and a grant of emergency access is asked for: which, and why."),
    ("grant-answered", "An approver said yes or no to a grant."),
    (
        "region-fenced",
        "The metadata store has the fence around a region: its sites stop when they learn of it, or when their leases end.",
    ),
    ("grant-began", "No site of the region can serve any more: sites that hold its keys in escrow may use them."),
    ("key-opened", "A site opened its copy of a key under a grant."),
    ("emergency-access", "A key is about to be used under a grant: written before it is."),
    ("emergency-refused", "A call that named a grant was refused: `outcome` says why."),
    ("grant-denied", "Somebody asked for a grant, or approved one, and had no right to: `outcome` says why."),
    ("grant-ended", "A grant ended, or the request for one: `outcome` says why."),
    ("fence-lifted", "The fence around a region is gone: its sites serve again once they know."),
    ("lease", "A site lost its lease, and serves no key that a grant might open elsewhere; or has it again."),
    ("fence-seen", "A site learned that its region is fenced, or is no more."),
    ("push-wave", "A wave of a wrong configuration went out: the sites of it refuse every call from now on."),
    ("push-noticed", "A wrong configuration is noticed: no wave follows, and it is rolled back where it is."),
    ("work-began", "Planned work begins at its first device or site."),
    (
        "draining",
        "The control plane takes a device out of its pool, or a site out of routing tables; what was begun there is finished.",
    ),
    ("drained", "A device or a site is away for planned work."),
    ("returned", "A device or a site is back from planned work, and has tested itself."),
    ("work-ended", "Planned work is done everywhere."),
    ("backup-began", "A backup of a site begins: what the site holds now is in it."),
    ("backup-ended", "A backup of a site ended, complete, or broken off by a fault that stopped the site."),
    ("backup-missed", "A backup was due and did not begin: its site was down, or the one before still ran."),
    ("erased", "The HSMs of a site lost all their keys: `age_ns` is since its last complete backup began."),
    ("paged", "Somebody is paged for a site that does not come back by itself."),
    ("decided", "It is decided to activate a site, or to restore its backup."),
    ("gathered", "The custodians who are needed stand at the site."),
    ("recovery-began", "People and hardware or power are there: an activation, or the restore of a backup begins."),
    ("ready", "A site serves again after an activation or a restore, `took_ns` after the strike."),
    ("refilled", "A version reached a site again that had lost it."),
    ("custodians-absent", "Nobody of a group of custodians can be reached from now on."),
    ("custodians-back", "They can be reached again."),
    (
        "custodians-called",
        "A group of custodians is called to a site: `reason` says what for, `took_ns` how long until enough are there.",
    ),
    ("quorum-gathered", "Enough custodians are at a site."),
    ("custodians-released", "They are done there."),
    (
        "ceremony-put-off",
        "A ceremony or a drill is due, and too few are at hand: `took_ns` says by how long it is put off.",
    ),
    ("ceremony-began", "A ceremony or a drill begins."),
    ("ceremony-ended", "A ceremony or a drill is over: `took_ns` after it was due."),
];

/// Other words.
pub(super) const TERMS: [(&str, &str); 30] = [
    (
        "gate",
        "What a request meets before it is routed, at the place of its callers: the gate looks at its token, at the rules, and at what the \
         tenant has had already, and turns it away as `unauthenticated`, `forbidden` or `throttled`.",
    ),
    (
        "token",
        "What a request of a tenant shows at the gate: an HMAC-SHA-256 under the tenant's secret over who asks, for what, when and for \
         which gate, with a number that is accepted once. `[tokens]` says how long it and the secret live.",
    ),
    (
        "control",
        "Of an objective: a requirement of a standard that it gives evidence for; reports group results by them. As what a fault strikes: \
         the control plane, which checks sites, rotates and copies keys, and makes planned changes. While \
         it is down, sites serve on and all of that waits.",
    ),
    (
        "hit",
        "A request that its client answered itself, from a data key that it kept (`load.NAME.cache`): it did not reach the service, and is \
         in no figure but those of caches, `answered` and `hit_ratio`.",
    ),
    (
        "detour",
        "The way of a request that was sent to the wrong region, for its user was taken for one of another country, and sent on from \
         there: `explain location` says how users are located.",
    ),
    (
        "escrow",
        "Copies of keys that are held wrapped at sites of further regions: they take no key slot and serve nobody, but under a grant (`emergency`), and are given \
         back to hosts that missed a version, and to sites that join. `escrow_copies` of a class says how many.",
    ),
    (
        "fence",
        "What keeps the sites of a region from serving keys that a grant may open elsewhere: a value in the metadata store, which each \
         site meets when it renews its lease. `emergency` says how long a lease is.",
    ),
    (
        "grant",
        "The right to use the keys of a dark region where they lie in escrow: given by people, for a time and a number of operations, \
         after the region is fenced.",
    ),
    (
        "expired",
        "Why a gate turns a request away: its token is older than `tokens.life`, or from the future. Of a grant: its time limit has passed.",
    ),
    ("forged", "Why a gate turns a request away: the proof of its token is wrong."),
    (
        "misdirected",
        "Why a gate turns a request away: its token is meant for another gate, or another tenant's callers.",
    ),
    ("missing", "Why a gate turns a request away: it shows no token."),
    ("replayed", "Why a gate turns a request away: the number of its token was seen before, or is too old to tell."),
    (
        "revoked",
        "Why a gate turns a request away: the secret of its token is revoked, replaced for longer than `tokens.overlap`, or was never \
         issued. Whoever asked is told `unauthenticated`, whatever is wrong with a token.",
    ),
    (
        "aftermath",
        "The ten minutes after a fault has ended: `when = \"recovery\"` of an objective. Latencies are told apart without fault, during one, and then.",
    ),
    (
        "fail",
        "Of an objective: it does not hold, and the other end of its 95 % interval does not either. The program ends with 99.",
    ),
    ("found", "How long after a fault the health checks called the first struck site down."),
    (
        "quorum",
        "So many of a group of custodians are needed at once at a site, to activate and restore HSMs and for ceremonies: m of n. \
         `custodians` says who they are and when they come.",
    ),
    (
        "call-out",
        "That custodians are called to a site because it is to be activated or restored; ceremonies and drills are planned instead.",
    ),
    (
        "inconclusive",
        "Of an objective: its limit lies within the 95 % interval of its value, or too little was measured. With `--strict` it fails.",
    ),
    (
        "margin",
        "How far an objective is from its limit, as a share of the limit; of a share such as 99.9 %, of what the limit leaves to 100 %. \
         What is negative is missed.",
    ),
    ("pass", "Of an objective: it holds, and so do both ends of its 95 % interval."),
    ("routed", "How long after a fault the last caller's routing table had all struck sites that were found as down."),
    ("host", "A site that holds a key and serves calls with it."),
    ("origin", "A place of callers: the calling services of a region, or the users of a country."),
    (
        "over-bound",
        "Attempts that found every near host above its bound (`routing.bound`), and went to the least loaded one.",
    ),
    (
        "shard",
        "Keys of one class and home region that lie at the same sites and move together: `routing.shards` says into how many the \
         keys are cut.",
    ),
    ("successor", "The version that replaces the active one of a key: for its age, its uses, a leak or a loss."),
    (
        "version",
        "What a key is at a time: rotation makes a new version, and replaced ones are kept for decryption as long as \
         `rotate.keep` says.",
    ),
    ("zeroise", "To erase keys from a device for good, as a site does with a shard that it serves no more."),
];
