//! Small fleets as a user would write them, run whole or step by step.

use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::SiteId;
use keyfleet::metrics::{Replica, Runs, Sighting, SiteTally};
use keyfleet::results::{self, RunDocument};
use keyfleet::scenario::{self, Scenario, When};
use keyfleet::simulate::{self, Options};
use keyfleet::time::{Span, Time};
use keyfleet::world::{Blueprint, Event, Stretch, World};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A device that needs a millisecond for everything, one thing at a time, and a network without chance. Tests add what they
/// are about.
pub const QUIET: &str = r#"
format = 1
warm_up = "0 s"
replications = 1
network = { jitter = 0.0 }
[profile.box]
engines = 1
distribution = "constant"
generate = "100/s"
replication_lag = "1 s"
op.sign = { mean = "1 ms" }
op.decrypt = { mean = "1 ms" }
"#;

/// Two regions of two sites, and a hundred keys of a class in each.
pub const TWO_REGIONS: &str = r#"
[region]
eu = { at = "Frankfurt", device = "box", sites = 2 }
us = { at = "aws:us-east-1", device = "box", sites = 2 }
[key.card]
count = { eu = 100, us = 100 }
algorithm = "rsa-2048""#;

pub fn parse(text: &str) -> Arc<Scenario> {
    match scenario::load_text(Path::new("made-up.toml"), text, &[]) {
        Ok(loaded) => Arc::new(loaded.scenario),
        Err(diagnostics) => panic!("{diagnostics:#?}\n{text}"),
    }
}

pub fn s(seconds: f64) -> Time {
    Time::ZERO + Span::from_secs_f64(seconds)
}

/// Everything that `keyfleet run` would do but writing.
pub struct Whole {
    pub scenario: Arc<Scenario>,
    pub runs: Runs,
    pub document: RunDocument,
}

impl Whole {
    pub fn of(text: &str) -> Self {
        let scenario = parse(text);
        let blueprint = Blueprint::new(Arc::clone(&scenario));
        let options = Options { jobs: 1, stop: &AtomicBool::new(false), told: &|_| {} };
        let runs = simulate::simulate(&blueprint, options).unwrap();
        let document = results::document(&scenario, &runs);
        Self { scenario, runs, document }
    }

    pub fn replica(&self) -> &Replica {
        &self.runs.main[0]
    }

    /// What a site did, by name such as `eu.a`.
    pub fn site(&self, name: &str) -> &SiteTally {
        &self.replica().recorder.sites[self.site_id(name).index()]
    }

    pub fn site_id(&self, name: &str) -> SiteId {
        site_id(&self.scenario, name)
    }

    /// When the checks, or with `routed` the first routing table, changed their mind about a site.
    pub fn sighted(&self, site: &str, up: bool, routed: bool) -> Option<Time> {
        let site = self.site_id(site);
        let fits = |s: &&Sighting| s.site == site && s.up == up && s.origin.is_some() == routed;
        self.replica().recorder.watch.sightings.iter().find(fits).map(|s| s.at)
    }

    /// Calls that started at a site in slots from `from` (included) to `until` (excluded).
    pub fn served(&self, site: &str, from: Time, until: Time) -> u64 {
        let frame = &self.replica().recorder.frame;
        let slots = self.site(site).slots.iter().enumerate();
        let within = |slot: usize| frame.slot_start(slot) >= from && frame.slot_start(slot + 1) <= until;
        slots.filter(|(slot, _)| within(*slot)).map(|(_, slot)| u64::from(slot.calls)).sum()
    }

    /// Offered and failed requests of a region's callers in the slots from `from` to `until`.
    pub fn suffered(&self, region: &str, from: Time, until: Time) -> (u64, u64) {
        let region = self.scenario.regions.iter().position(|r| r.id == region).unwrap();
        let recorder = &self.replica().recorder;
        let frame = &recorder.frame;
        let mut sum = (0, 0);
        for (slot, cells) in recorder.closed.iter().enumerate() {
            if frame.slot_start(slot) >= from && frame.slot_start(slot + 1) <= until {
                for cell in &cells[region * frame.loads..(region + 1) * frame.loads] {
                    sum = (sum.0 + cell.offered, sum.1 + cell.latency.infinite());
                }
            }
        }
        sum
    }
}

pub fn site_id(scenario: &Scenario, name: &str) -> SiteId {
    SiteId(scenario.sites.iter().position(|site| site.id == name).unwrap() as u16)
}

/// A world that a test drives itself.
pub struct Steps {
    pub scenario: Arc<Scenario>,
    pub world: World,
    pub queue: Queue<Event>,
}

impl Steps {
    /// The beginning of the main run. Faults must have given times.
    pub fn new(text: &str, ahead: bool) -> Self {
        let scenario = parse(text);
        let blueprint = Blueprint::new(Arc::clone(&scenario));
        assert!(scenario.faults.iter().all(|fault| !matches!(fault.when, When::Peak(_))));
        let mut world = blueprint.world(&main_stretch(&scenario));
        world.set_ahead(ahead);
        let mut queue = Queue::new(scenario.populations.len());
        world.begin(Time::ZERO, &mut queue);
        Self { scenario, world, queue }
    }

    /// Everything up to and at `until`.
    pub fn to(&mut self, until: Time) {
        run(&mut self.world, &mut self.queue, &mut Pace::Virtual { until });
    }

    pub fn served(&self, site: &str) -> u64 {
        self.world.recorder().sites[site_id(&self.scenario, site).index()].served
    }

    pub fn rejected(&self, site: &str, reason: keyfleet::kms::Failure) -> u64 {
        self.world.recorder().sites[site_id(&self.scenario, site).index()].rejected[reason as usize]
    }
}

/// The whole of the first replication.
pub fn main_stretch(scenario: &Scenario) -> Stretch {
    Stretch {
        replication: 0,
        from: Time::ZERO,
        counted_from: Time::ZERO,
        until: Time(scenario.run.0),
        faults: scenario.faults.clone(),
    }
}
