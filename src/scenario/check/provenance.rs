//! What the figures of a scenario rest on, for the report: what it states itself, what the data sets say, and every
//! default that took effect, with the reason for it. Lists only what a run uses.

mod access;
mod backup;
mod cache;
mod default;
mod device;
mod emergency;
mod location;
mod people;
mod quota;
mod transport;
mod work;

use crate::geo;
use crate::kms::Badge;
use crate::net::BYTES_PER_CALL;
use crate::scenario::model::{Provenance, Scenario};
use crate::scenario::raw::{Either, RawNetwork, RawScenario};
use crate::time::Span;

/// The source of what the scenario says; whether it measured it, keyfleet cannot know.
const STATED: &str = "stated in the scenario, without a source";

pub(super) fn of(raw: &RawScenario, scenario: &Scenario) -> Vec<Provenance> {
    let mut list = List(Vec::new());
    list.links(raw, scenario);
    device::list(scenario, &mut list);
    quota::list(raw, scenario, &mut list);
    transport::list(raw, scenario, &mut list);
    list.transfer(scenario);
    list.demand(scenario);
    default::list(raw, scenario, &mut list);
    access::list(raw, scenario, &mut list);
    cache::list(raw, scenario, &mut list);
    location::list(raw, scenario, &mut list);
    emergency::list(raw, scenario, &mut list);
    work::list(raw, scenario, &mut list);
    backup::list(raw, scenario, &mut list);
    people::list(raw, scenario, &mut list);
    list.0
}

struct List(Vec<Provenance>);

impl List {
    fn row(&mut self, what: impl Into<String>, value: impl ToString, badge: Badge, source: &str) {
        self.0.push(Provenance { what: what.into(), value: value.to_string(), badge, source: source.to_owned() });
    }

    /// A figure that the scenario may state; else its default, and why that.
    fn setting(&mut self, what: impl Into<String>, value: impl ToString, stated: bool, (badge, why): (Badge, &str)) {
        match stated {
            true => self.row(what, value, Badge::Assumed, STATED),
            false => self.row(what, value, badge, &format!("default: {why}")),
        }
    }

    fn links(&mut self, raw: &RawScenario, scenario: &Scenario) {
        let network = &scenario.network;
        for (a, one) in scenario.regions.iter().enumerate() {
            for (b, other) in scenario.regions.iter().enumerate().skip(a + 1) {
                let stated = network.stated.iter().find(|(x, y, _)| (x.index(), y.index()) == (a, b));
                let what = format!("link.{}-{}: round trip", one.id, other.id);
                match stated {
                    Some((_, _, rtt)) => self.row(what, rtt, Badge::Assumed, STATED),
                    None => {
                        let found = geo::rtt(&one.place, &other.place);
                        let source = match found.badge {
                            Badge::Assumed => "distance times the inflation of its continents",
                            _ => "published averages of provider backbones, datasets/rtt.csv",
                        };
                        self.row(what, found.span, found.badge, source);
                    }
                }
            }
        }
        let written = match &raw.network {
            Some(Either::Long(network)) => network.clone(),
            Some(Either::Short(_)) => {
                return self.row("network", "none", Badge::Assumed, STATED);
            }
            None => RawNetwork::default(),
        };
        self.setting(
            "network.local_rtt",
            network.local_rtt,
            written.local_rtt.is_some(),
            (Badge::Published, "median of 84 pairs of zones, ibm-cloud-docs/vpc network-latency.md"),
        );
        self.setting(
            "network.jitter",
            network.jitter,
            written.jitter.is_some(),
            (Badge::Assumed, "links between data centres vary little"),
        );
        self.setting(
            "network.loss",
            format!("{} %", network.loss * 100.0),
            written.loss.is_some(),
            (Badge::Assumed, "retransmissions are part of the jitter"),
        );
    }

    /// What bytes between regions cost.
    fn transfer(&mut self, scenario: &Scenario) {
        if scenario.regions.len() < 2 {
            return;
        }
        for region in &scenario.regions {
            let what = format!("region.{}: price of bytes to other regions", region.id);
            match geo::transfer_price(&region.place) {
                Some(price) => {
                    let source = format!("{}, {}", price.source, price.as_of);
                    self.row(what, format!("{} USD/GB", price.usd), price.badge, &source);
                }
                None => {
                    self.row(what, "unknown", Badge::Assumed, "no price in datasets/prices.csv: counted as nothing")
                }
            }
        }
        let why = "payloads of HSM calls are below 1 KB";
        self.row("bytes of a call and its answer", format!("{BYTES_PER_CALL}"), Badge::Assumed, why);
    }

    fn demand(&mut self, scenario: &Scenario) {
        for load in scenario.loads.iter().filter(|load| !load.shape.is_flat()) {
            let what = format!("load.{}: shape of demand", load.id);
            self.row(what, "by local hour and weekday", load.shape.badge(), load.shape.source());
        }
        if let Some(origin) = scenario.origins.iter().find(|origin| origin.last_mile > Span::ZERO) {
            self.row("users: last mile, one way", origin.last_mile, Badge::Assumed, "half of usual fixed access");
        }
    }
}
