//! A record of the log: one line of JSON, fields in a fixed order, nothing that is not said, so that equal records have equal
//! bytes. It names its version, its place in the log, its virtual time, its kind and what it is about, by the scenario's ids.

mod emergency;
mod recovery;
mod people;
mod text;
mod work;
use super::batch::{Lot, lots};
use super::kind::Kind;
use crate::geo;
use crate::kms::{AccessFact, Cause, ChangeId, ClassId, Denial, Fact, KeyRef, KeyVersion, OriginId, SiteId, TenantId};
use crate::scenario::Scenario;
use crate::time::{Span, Time};
pub use emergency::EmergencyKind;
pub use people::PeopleKind;
pub use recovery::RecoveryKind;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
pub(super) use text::place;
use text::seconds;
pub use work::WorkKind;

/// The version of the encoding.
const VERSION: u8 = 1;

/// A record. What does not apply to its kind is `None` and left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record<'a> {
    v: u8,
    /// Its place in the log, from 0.
    pub n: u64,
    /// Its time: nanoseconds of virtual time since the run began.
    pub ns: u64,
    /// What it is about.
    pub kind: Kind,
    /// The scenario's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<Cow<'a, str>>,
    /// SHA-256 of the resolved scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Cow<'a, str>>,
    /// The root seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// When the run begins, RFC 3339 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Cow<'a, str>>,
    /// A fault's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Cow<'a, str>>,
    /// A planned change's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Cow<'a, str>>,
    /// Planned work, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Cow<'a, str>>,
    /// A group of custodians, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodians: Option<Cow<'a, str>>,
    /// A ceremony or a drill, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<Cow<'a, str>>,
    /// Which device of a site, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<u16>,
    /// Which wave of a push, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<u16>,
    /// To how many sites it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<u16>,
    /// A shard, by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// How many sites serve it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<u8>,
    /// A site, such as `eu.a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Cow<'a, str>>,
    /// Whose routing table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Cow<'a, str>>,
    /// Why a key is to have a successor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// A tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Cow<'a, str>>,
    /// Which of its secrets, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u16>,
    /// A class of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Cow<'a, str>>,
    /// A region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Cow<'a, str>>,
    /// A key: class and number within it, such as `card/17`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Cow<'a, str>>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The name of a call, such as `sign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<Cow<'a, str>>,
    /// How an access ended: `served`, or why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Cow<'a, str>>,
    /// Whether a version that is lost had been in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<bool>,
    /// How many keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<u32>,
    /// Whether a site is believed healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<bool>,
    /// A grant of emergency access, by number; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<u16>,
    /// Why it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The rule that denies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Cow<'a, str>>,
    /// Which approver, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approver: Option<u8>,
    /// Accesses served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<u64>,
    /// Accesses refused; of a change, shards that stayed as they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
    /// Which interval a batch is of, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u32>,
    /// A batch by class and home of the keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<Lot<'a>>,
    /// Nanoseconds from a version's generation to this copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_ns: Option<u64>,
    /// Nanoseconds since the rotation fell due, or the change began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ns: Option<u64>,
    /// Nanoseconds since what is lost was generated; left out where nothing says how old it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ns: Option<u64>,
}

impl<'a> Record<'a> {
    fn bare(n: u64, ns: u64, kind: Kind) -> Self {
        let (scenario, digest, seed, start) = (None, None, None, None);
        let (fault, site, origin, key, version, keys, up) = (None, None, None, None, None, None, None);
        let (served, refused, lag_ns, took_ns, age_ns) = (None, None, None, None, None);
        let (cause, class, region, call, outcome, used) = (None, None, None, None, None, None);
        let (work, custodians, ceremony, device, wave, sites) = (None, None, None, None, None, None);
        let (change, shard, hosts, grant, reason, approver) = (None, None, None, None, None, None);
        Self {
            v: VERSION,
            n,
            ns,
            kind,
            scenario,
            digest,
            seed,
            start,
            fault,
            change,
            work,
            custodians,
            ceremony,
            device,
            wave,
            sites,
            shard,
            hosts,
            site,
            origin,
            cause,
            tenant: None,
            generation: None,
            class,
            region,
            key,
            version,
            call,
            outcome,
            used,
            keys,
            up,
            grant,
            reason,
            rule: None,
            approver,
            served,
            refused,
            interval: None,
            lots: Vec::new(),
            lag_ns,
            took_ns,
            age_ns,
        }
    }

    /// The first record of a run's log.
    #[must_use]
    pub fn opened(scenario: &'a Scenario) -> Self {
        Self {
            scenario: Some(Cow::from(&scenario.name)),
            digest: Some(Cow::from(&scenario.digest)),
            seed: Some(scenario.seed),
            start: Some(geo::rfc3339(scenario.start, Time::ZERO).into()),
            ..Self::bare(0, 0, Kind::Opened)
        }
    }

    /// Record `n`, of a fact or of all those of one batch. `None` where they do not belong into the log.
    #[must_use]
    pub fn of(n: u64, facts: &[(Time, Fact)], scenario: &'a Scenario) -> Option<Self> {
        let (at, fact) = *facts.first()?;
        let site = |site: SiteId| Some(Cow::from(&scenario.sites[site.index()].id));
        let origin = |origin: OriginId| Some(Cow::from(&scenario.origins[origin.index()].id));
        let change = |change: ChangeId| Some(Cow::from(&scenario.changes[change.index()].id));
        let class = |class: ClassId| Some(Cow::from(&scenario.keys[class.index()].id));
        let key = |key: KeyRef| Some(format!("{}/{}", scenario.keys[key.class.index()].id, key.number).into());
        let bare = Self::bare(n, at.0, Kind::of(&fact)?);
        let about = |v: KeyVersion| Self { key: key(v.key), version: Some(v.version), ..bare.clone() };
        Some(match fact {
            Fact::Struck(fault) | Fact::Mended(fault) => {
                Self { fault: Some(Cow::from(&scenario.faults[fault.index()].id)), ..bare }
            }
            Fact::Provisioned { site: at, keys } => Self { site: site(at), keys: Some(keys), ..bare },
            Fact::Detected { site: at, up } => Self { site: site(at), up: Some(up), ..bare },
            Fact::Routed { origin: whose, site: at, up } => {
                Self { origin: origin(whose), site: site(at), up: Some(up), ..bare }
            }
            Fact::RotationDue { key: due, cause } => Self { key: key(due), cause: Some(cause), ..bare },
            Fact::Compromised { class: of, region, keys }
            | Fact::Suspended { class: of, region, keys }
            | Fact::Resumed { class: of, region, keys } => {
                let region = Some(Cow::from(&scenario.regions[region.index()].id));
                Self { class: class(of), region, keys: Some(keys), ..bare }
            }
            Fact::MetadataDown { .. } | Fact::MetadataUp { .. } => bare,
            Fact::ChangeBegan(which) => Self { change: change(which), ..bare },
            Fact::ChangeEnded { change: which, took, refused } => {
                let refused = (refused > 0).then_some(refused.into());
                Self { change: change(which), took_ns: Some(took.0), refused, ..bare }
            }
            Fact::Configured { shard, change: which, hosts, took } => {
                let took_ns = Some(took.0);
                Self { change: change(which), shard: Some(shard.0), hosts: Some(hosts), took_ns, ..bare }
            }
            Fact::NoRoom { site: at, shard } => Self { site: site(at), shard: Some(shard.0), ..bare },
            Fact::NoSlot { key: of, site: at } => Self { site: site(at), key: key(of), ..bare },
            Fact::Zeroised { site: at, shard, keys } => {
                Self { site: site(at), shard: Some(shard.0), keys: Some(keys), ..bare }
            }
            Fact::Generated { version, site: at, .. } | Fact::Moved { version, site: at } => {
                Self { site: site(at), ..about(version) }
            }
            Fact::Copied { version, site: at, lag } => Self { site: site(at), lag_ns: Some(lag.0), ..about(version) },
            Fact::Activated { version, took, .. } => Self { took_ns: Some(took.0), ..about(version) },
            Fact::Destroyed(version) => about(version),
            Fact::VersionLost { version, age, used } => {
                Self { age_ns: Some(age.0), used: Some(used), ..about(version) }
            }
            Fact::KeysLost { site: at, class: of, keys, age } => {
                let age_ns = (age != Span::MAX).then_some(age.0);
                Self { site: site(at), class: class(of), keys: Some(keys), age_ns, ..bare }
            }
            Fact::LeftInEscrow { site: s, class: c, keys: k } => {
                Self { site: site(s), class: class(c), keys: Some(k), ..bare }
            }
            Fact::Accessed { site: at, origin: whose, call, outcome, version } => Self {
                site: site(at),
                origin: origin(whose),
                call: Some(Cow::from(&scenario.calls[call.index()])),
                outcome: Some(Cow::from(outcome.name())),
                ..about(version)
            },
            Fact::Access(fact) => bare.at_gate(fact, scenario),
            Fact::Sealed { site: at, interval, .. } => bare.of_batch((site(at), interval), lots(facts, scenario)),
            Fact::Emergency(fact) => emergency::fill(bare, fact, scenario),
            Fact::Work(fact) => work::fill(bare, fact, scenario),
            Fact::Recovery(fact) => recovery::fill(bare, fact, scenario),
            Fact::People(fact) => people::fill(bare, fact, scenario),
            _ => return None,
        })
    }

    /// With the accesses of a site's batch of an interval, and their sums.
    fn of_batch(self, (site, interval): (Option<Cow<'a, str>>, u32), lots: Vec<Lot<'a>>) -> Self {
        let served = Some(lots.iter().map(|lot| lot.served).sum());
        let refused = Some(lots.iter().flat_map(|lot| lot.refused.values()).sum());
        Self { site, interval: Some(interval), served, refused, lots, ..self }
    }

    /// What happened at a gate, or to secrets.
    fn at_gate(self, fact: AccessFact, scenario: &'a Scenario) -> Self {
        let tenant = |tenant: TenantId| Some(Cow::from(&scenario.access.tenants[tenant.index()].id));
        let origin = |origin: OriginId| Some(Cow::from(&scenario.origins[origin.index()].id));
        match fact {
            AccessFact::Attacked { .. } | AccessFact::Late { .. } => self,
            AccessFact::Turned { origin: whose, denial, requests } => {
                let rule = match denial {
                    Denial::Forbidden(rule) => rule.map(|rule| Cow::from(&scenario.access.rules[rule.index()].id)),
                    Denial::Token(_) | Denial::Throttled => None,
                };
                let outcome = Some(Cow::from(denial.name()));
                Self { origin: origin(whose), outcome, rule, refused: Some(requests), ..self }
            }
            AccessFact::Issued { tenant: of, generation }
            | AccessFact::Leaked { tenant: of, generation }
            | AccessFact::Revoked { tenant: of, generation } => {
                Self { tenant: tenant(of), generation: Some(generation), ..self }
            }
            AccessFact::Learned { origin: whose, generation, after } => {
                Self { origin: origin(whose), generation: Some(generation), took_ns: Some(after.0), ..self }
            }
        }
    }

    /// Its bytes, without an end of line.
    pub fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(out, self).expect("numbers and texts can be written, and memory takes them");
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where the line is no record of this version.
    pub fn read(line: &[u8]) -> Result<Record<'static>, String> {
        let record: Record<'static> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        match record.v {
            VERSION => Ok(record),
            other => Err(format!("it is of version {other}; this program reads {VERSION}")),
        }
    }

    /// Whether it is about a tenant: about itself, its callers at a place (`PLACE@TENANT`), or accesses on its behalf.
    #[must_use]
    pub fn is_about_tenant(&self, tenant: &str) -> bool {
        let caller = |origin: &Cow<'_, str>| origin.split_once('@').is_some_and(|(_, of)| of == tenant);
        self.tenant.as_deref() == Some(tenant)
            || self.origin.as_ref().is_some_and(caller)
            || self.lots.iter().any(|lot| lot.tenant.as_deref() == Some(tenant))
    }

    /// What it is about, in words.
    #[must_use]
    pub fn subject(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        let texts = [
            ("scenario", &self.scenario),
            ("starts", &self.start),
            ("fault", &self.fault),
            ("change", &self.change),
            ("work", &self.work),
            ("custodians", &self.custodians),
            ("ceremony", &self.ceremony),
            ("key", &self.key),
            ("because", &self.reason),
            ("rule", &self.rule),
        ];
        let more = [("class", &self.class), ("region", &self.region), ("origin", &self.origin), ("site", &self.site)];
        let text = |(name, text): (&str, &Option<Cow<'_, str>>)| text.as_ref().map(|text| format!("{name} {text}"));
        words.extend(texts.into_iter().filter_map(text));
        words.extend(self.tenant.iter().map(|tenant| format!("tenant {tenant}")));
        words.extend(self.generation.map(|generation| format!("secret {generation}")));
        let numbers = [
            ("grant", self.grant),
            ("approver", self.approver.map(u16::from)),
            ("device", self.device),
            ("wave", self.wave),
            ("sites", self.sites),
        ];
        words.extend(numbers.into_iter().filter_map(|(name, number)| Some(format!("{name} {}", number?))));
        words.extend(self.version.map(|version| format!("version {version}")));
        words.extend(self.shard.map(|shard| format!("shard {shard}")));
        words.extend(more.into_iter().filter_map(text));
        words.extend(self.hosts.map(|hosts| format!("hosts {hosts}")));
        words.extend([("call", &self.call), ("outcome", &self.outcome)].into_iter().filter_map(text));
        words.extend(self.cause.map(|cause| format!("for {}", cause.name())));
        words.extend(self.used.map(|used| if used { "in use" } else { "not in use yet" }.to_owned()));
        words.extend(self.up.map(|up| if up { "up" } else { "down" }.to_owned()));
        let counts = [("keys", self.keys.map(u64::from)), ("served", self.served), ("refused", self.refused)];
        words.extend(counts.into_iter().filter_map(|(name, count)| Some(format!("{name} {}", count?))));
        words.extend(self.lots.iter().map(Lot::words));
        let spans = [("lag", self.lag_ns), ("took", self.took_ns), ("age", self.age_ns)];
        words.extend(spans.into_iter().filter_map(|(name, ns)| Some(format!("{name} {} s", seconds(ns?)))));
        words.join(", ")
    }
}
