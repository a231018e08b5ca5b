//! Buckets of the quotas of services: one for each account, region and class, whichever of its sites asks. Other workloads of an account
//! are drawn call by call, but only when a bucket is looked at, so that they cost no events. Whoever asks is decided here in order
//! of time, and nothing that is told ahead of its time asks.

use super::World;
use crate::bucket::Bucket;
use crate::hsm::{Job, Ticket};
use crate::kms::{Fact, Failure, QuotaFact, QuotaId, SiteId};
use crate::load::{Arrivals, Curve, Pattern};
use crate::rng::{Purpose, Streams};
use crate::scenario::Scenario;
use crate::time::{Span, Time};
use std::sync::Arc;

const SECOND: u64 = 1_000_000_000;

/// All buckets, and what is to be told of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    accounts: Vec<Account>,
    told: Vec<(Time, QuotaFact)>,
}

/// What asked in a second.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    asked: u32,
    throttled: u32,
}

impl Count {
    const fn add(&mut self, taken: bool) {
        self.asked += 1;
        self.throttled += !taken as u32;
    }
}

/// Another workload: its calls, the next of which is known.
#[derive(Clone, Debug)]
struct Other {
    arrivals: Arrivals,
    next: Time,
}

/// One bucket.
#[derive(Clone, Debug)]
struct Account {
    quota: QuotaId,
    bucket: Bucket,
    others: Vec<Other>,
    /// The second that is counted.
    second: u64,
    ours: Count,
    theirs: Count,
}

impl Account {
    /// Calls of other workloads until now take their tokens first.
    fn catch_up(&mut self, now: Time, told: &mut Vec<(Time, QuotaFact)>) {
        while let Some(i) = (0..self.others.len()).min_by_key(|i| self.others[*i].next) {
            let at = self.others[i].next;
            if at > now {
                break;
            }
            self.turn(at, told);
            let taken = self.bucket.take(at);
            self.theirs.add(taken);
            self.others[i].next = self.others[i].arrivals.next().unwrap_or(Time::NEVER);
        }
        self.turn(now, told);
    }

    /// Tells of the second that was counted, if it is over.
    fn turn(&mut self, at: Time, told: &mut Vec<(Time, QuotaFact)>) {
        let second = at.0 / SECOND;
        if second != self.second {
            self.tell(told);
            self.second = second;
        }
    }

    fn tell(&mut self, told: &mut Vec<(Time, QuotaFact)>) {
        let (at, quota) = (Time(self.second * SECOND), self.quota);
        let Count { asked, throttled } = std::mem::take(&mut self.theirs);
        if asked > 0 {
            told.push((at, QuotaFact::Others { quota, asked, throttled }));
        }
        let Count { asked, throttled } = std::mem::take(&mut self.ours);
        if asked > 0 {
            told.push((at, QuotaFact::Asked { quota, asked, throttled }));
        }
    }
}

/// Demand of the other workloads, in the scenario's order.
pub(super) fn demand(s: &Scenario) -> Vec<Arc<Curve>> {
    s.others.iter().map(|work| Arc::new(s.other_demand(work))).collect()
}

/// The quotas of a site's service; `None` where it has devices.
pub(super) fn of_site(s: &Scenario, site: SiteId) -> Option<Vec<QuotaId>> {
    let numbers = (0..s.quotas.len()).filter(|number| s.quotas[*number].sites.contains(&site));
    s.is_service(site).then(|| numbers.map(|number| QuotaId(number as u16)).collect())
}

impl Quotas {
    /// Full buckets, from one instant until another.
    pub(super) fn new(s: &Scenario, demand: &[Arc<Curve>], streams: &Streams, (from, until): (Time, Time)) -> Self {
        let account = |number: usize| {
            let quota = QuotaId(number as u16);
            let theirs = s.others.iter().zip(demand).filter(|(work, _)| work.quota == quota);
            let other = |(work, curve): (&crate::scenario::OtherWork, &Arc<Curve>)| {
                let stream = streams.stream(Purpose::Arrivals, &format!("other {}", work.id));
                let (from, until) = (work.from.max(from), work.until.min(until));
                let mut arrivals = Arrivals::new(stream, Arc::clone(curve), Pattern::Poisson, from, until.max(from));
                let next = arrivals.next().unwrap_or(Time::NEVER);
                Other { arrivals, next }
            };
            Account {
                quota,
                bucket: Bucket::new(s.quotas[number].limit),
                others: theirs.map(other).collect(),
                second: from.0 / SECOND,
                ours: Count::default(),
                theirs: Count::default(),
            }
        };
        Self { accounts: (0..s.quotas.len()).map(account).collect(), told: Vec::new() }
    }
}

impl World {
    /// Hands a job to a site's back-end; one that has a quota needs a token first.
    #[inline]
    pub(super) fn hand_over(&mut self, now: Time, site: SiteId, job: Job, limits: (Span, Time)) -> Ticket {
        if let Some(quota) = self.hsms[site.index()].quota(job)
            && !self.takes(now, quota)
        {
            return Ticket::Refused(Failure::QuotaExceeded);
        }
        self.hsms[site.index()].submit(now, job, limits)
    }

    /// Takes a token of a quota, if there is one.
    #[inline(never)]
    fn takes(&mut self, now: Time, quota: QuotaId) -> bool {
        let account = &mut self.quotas.accounts[quota.index()];
        account.catch_up(now, &mut self.quotas.told);
        let taken = account.bucket.take(now);
        account.ours.add(taken);
        self.tell_quotas();
        taken
    }

    fn tell_quotas(&mut self) {
        let mut told = std::mem::take(&mut self.quotas.told);
        for (at, fact) in told.drain(..) {
            self.record(at, Fact::Quota(fact));
        }
        self.quotas.told = told;
    }

    /// The run ends: what other workloads asked until then, and the seconds that are not told yet.
    pub(super) fn close_quotas(&mut self) {
        for account in &mut self.quotas.accounts {
            account.catch_up(self.until, &mut self.quotas.told);
            account.tell(&mut self.quotas.told);
        }
        self.tell_quotas();
    }
}
