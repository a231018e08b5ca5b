//! Which of a key's hosts an origin asks: the first near one below its bound, held against a count of its own; where none is
//! below, the least loaded one, and that is told.

use crate::fleet::{Whole, parse};
use keyfleet::kms::{Fact, KeyRef, PopulationId, SiteId};
use keyfleet::rng::Key;
use keyfleet::service::{Calendar, Catalog, Effect, Input, Out, Service, Timer};
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use proptest::prelude::*;
use proptest::test_runner::Config;
use std::collections::VecDeque;
use std::sync::Arc;

/// Sites of different weight; `far` has the partner copies, too far away to be chosen while a home site is healthy.
const FLEET: &str = r#"
format = 1
run = "1 h"
[profile.box]
op.sign = { mean = "1 ms" }
[region]
eu = { at = "Frankfurt", device = "box", site.a.hsms = 1, site.b.hsms = 2, site.c.hsms = 3, site.d.hsms = 2 }
far = { at = "Tokyo", device = "box", sites = 2 }
[key.k]
count = { eu = 40 }
algorithm = "rsa-2048"
stay = "anywhere"
copies = 2
partner_copies = 2
[load.pay]
from = { eu = "1/s" }
calls = ["sign"]
key = "k"
"#;

/// What the origin should know, counted from outside.
struct Model<'a> {
    catalog: &'a Catalog,
    recent: Vec<u64>,
    healthy: Vec<bool>,
    halved: u64,
}

impl Model<'_> {
    fn forget(&mut self, now: Time) {
        let seconds = now.0 / 1_000_000_000;
        for _ in self.halved..seconds {
            self.recent.iter_mut().for_each(|recent| *recent /= 2);
        }
        self.halved = seconds;
    }

    /// What a site lately had, and its share of that of all healthy sites of its region with one request more, both times the
    /// weights there.
    fn load(&self, site: SiteId) -> (u64, u64) {
        let region = self.catalog.sites[site.index()].region;
        let peers = (0..self.recent.len()).filter(|i| self.healthy[*i] && self.catalog.sites[*i].region == region);
        let (requests, weights) = peers.fold((1, 0), |(requests, weights), i| {
            (requests + self.recent[i], weights + u64::from(self.catalog.sites[i].weight))
        });
        (self.recent[site.index()] * weights, requests * u64::from(self.catalog.sites[site.index()].weight))
    }

    /// The host that must be asked, and whether all are above their bounds.
    fn expected(&self, key: KeyRef) -> Option<(SiteId, bool)> {
        let hosts = self.catalog.shards.shard(self.catalog.shards.of(key)).hosts();
        let healthy = || hosts.iter().copied().filter(|site| self.healthy[site.index()]);
        let rtt = |site: &SiteId| self.catalog.origins[0].rtt[site.index()];
        let nearest = healthy().map(|site| rtt(&site)).min()?;
        let near = || healthy().filter(|site| rtt(site) <= nearest + self.catalog.routing.near);
        // The bounds of this test are eighths.
        let eighths = (self.catalog.routing.bound * 8.0) as u64;
        let below = near().find(|site| {
            let (load, share) = self.load(*site);
            load * 8 < eighths * share
        });
        let burden = |site: &SiteId| {
            let (load, share) = self.load(*site);
            load as f64 / share as f64
        };
        let least = near().min_by(|a, b| burden(a).total_cmp(&burden(b)));
        below.map(|site| (site, false)).or_else(|| least.map(|site| (site, true)))
    }
}

fn service(text: &str) -> (Service, Arc<Catalog>) {
    let catalog = Arc::clone(Blueprint::new(parse(text)).catalog());
    let calendar = Calendar::with_due(vec![VecDeque::new()], Key(0), Time::ZERO);
    (Service::new(Arc::clone(&catalog), vec![Key(0)], calendar, Time::ZERO), catalog)
}

fn tell(service: &mut Service, now: Time, input: Input) -> Vec<Effect> {
    let mut out = Out::default();
    service.on(now, input, &mut out);
    out.0
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_bound_holds_wherever_a_near_host_is_below_it(
        bound in prop::sample::select(vec!["1", "1.125", "1.25", "3"]),
        // A pause and a key, of which some are hot; now and then a site is seen to go or come.
        moves in prop::collection::vec(
            (0_u64..40_000_000, 0_u32..40, prop::option::weighted(0.02, (0_u16..6, any::<bool>()))), 20..400
        )
    ) {
        let (mut service, catalog) = service(&format!("{FLEET}[routing]\nbound = {bound}"));
        let sites = catalog.sites.len();
        let mut model = Model { catalog: &catalog, recent: vec![0; sites], healthy: vec![true; sites], halved: 0 };
        let mut now = Time::ZERO;
        for (sequence, (pause, pick, change)) in moves.into_iter().enumerate() {
            now += Span(pause);
            if let Some((site, up)) = change {
                for inside in [true, false] {
                    tell(&mut service, now, Input::Timer(Timer::Publish { site: SiteId(site), up, inside }));
                }
                model.healthy[usize::from(site)] = up;
            }
            let key = KeyRef { class: keyfleet::kms::ClassId(0), number: pick * pick / 40 };
            model.forget(now);
            let input = Input::Request { population: PopulationId(0), sequence: sequence as u64, key, secret: 0 };
            let effects = tell(&mut service, now, input);
            let asked = effects.iter().find_map(|effect| match effect {
                Effect::Call { to, .. } => Some(*to),
                _ => None,
            });
            let told = effects.iter().any(|effect| matches!(effect, Effect::Fact(Fact::OverBound { .. })));
            prop_assert_eq!(asked.map(|site| (site, told)), model.expected(key));
            asked.into_iter().for_each(|site| model.recent[site.index()] += 1);
        }
    }
}

#[test]
fn a_hot_key_goes_to_both_of_its_hosts_and_the_excess_is_counted() {
    // Five of six requests are for one key: of four sites only two have it, and a quarter above a fair quarter is less.
    let text = |copies: u32, zipf: &str| {
        format!(
            r#"
format = 1
run = "5 min"
warm_up = "1 min"
replications = 1
[profile.box]
op.sign = {{ mean = "1 ms" }}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 4 }}
[key.k]
count = 1_000
algorithm = "rsa-2048"
copies = {copies}
popularity = "{zipf}"
[load.pay]
from = {{ eu = "400/s" }}
calls = ["sign"]
key = "k"
"#
        )
    };
    let hot = Whole::of(&text(2, "zipf 3"));
    let requests = &hot.document.requests;
    let share = requests.over_bound as f64 / requests.offered as f64;
    assert!(share > 0.5 && share < 0.98, "{share}");
    let calls = |whole: &Whole| -> Vec<f64> {
        let of = |site: &keyfleet::results::SiteBlock| site.calls as f64 / whole.document.requests.offered as f64;
        whole.document.sites.values().map(of).collect()
    };
    let mut shares = calls(&hot);
    shares.sort_by(f64::total_cmp);
    assert!((shares[3] - shares[2]).abs() < 0.05, "the two hosts of the hottest key share it: {shares:?}");
    let said = keyfleet::report::summary(&hot.document, 120, false);
    assert!(said.contains("were above their bound"), "{said}");
    assert_eq!(hot.document.regions["eu"].requests.over_bound, requests.over_bound);

    // With a copy at each site somebody is always below.
    let spread = Whole::of(&text(4, "zipf 3"));
    assert_eq!(spread.document.requests.over_bound, 0);
    assert!(calls(&spread).iter().all(|share| *share < 0.25 * 1.25 * 1.02), "{:?}", calls(&spread));
    assert!(!keyfleet::report::summary(&spread.document, 120, false).contains("above their bound"));
    let even = Whole::of(&text(2, "uniform"));
    assert!((even.document.requests.over_bound as f64) < 0.01 * even.document.requests.offered as f64);
}
