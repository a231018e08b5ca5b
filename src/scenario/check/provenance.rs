//! What the figures of a scenario rest on, for the report: round trips, devices, shapes and what keyfleet assumed itself.

use crate::geo;
use crate::kms::Badge;
use crate::scenario::model::{Provenance, Scenario};
use crate::time::Span;

pub(super) fn of(scenario: &Scenario) -> Vec<Provenance> {
    let mut list = Vec::new();
    links(scenario, &mut list);
    devices(scenario, &mut list);
    demand(scenario, &mut list);
    list
}

fn links(scenario: &Scenario, list: &mut Vec<Provenance>) {
    let network = &scenario.network;
    for (a, one) in scenario.regions.iter().enumerate() {
        for (b, other) in scenario.regions.iter().enumerate().skip(a + 1) {
            let stated = network.stated.iter().find(|(x, y, _)| (x.index(), y.index()) == (a, b));
            let what = format!("link.{}-{}: round trip", one.id, other.id);
            list.push(match stated {
                Some((_, _, rtt)) => row(what, *rtt, Badge::Measured, "the scenario"),
                None => {
                    let found = geo::rtt(&one.place, &other.place);
                    let source = match found.badge {
                        Badge::Assumed => "distance times the inflation of its continents",
                        _ => "published averages of provider backbones, datasets/rtt.csv",
                    };
                    row(what, found.span, found.badge, source)
                }
            });
        }
    }
    list.push(row(
        "network: local round trip, jitter".into(),
        network.local_rtt,
        Badge::Assumed,
        "default or scenario",
    ));
}

fn devices(scenario: &Scenario, list: &mut Vec<Provenance>) {
    for named in &scenario.profiles {
        let profile = &named.profile;
        let rows = [
            ("throughput", profile.name.clone(), profile.badge, profile.source.as_deref().unwrap_or("the profile")),
            ("parallel engines", profile.engines.to_string(), profile.engines_badge, "the profile"),
            ("spread of service times", "coefficient of variation".into(), profile.cv_badge, "the profile"),
        ];
        for (what, value, badge, source) in rows {
            let what = format!("profile.{}: {what}", named.id);
            list.push(Provenance { what, value, badge, source: source.to_owned() });
        }
    }
}

fn demand(scenario: &Scenario, list: &mut Vec<Provenance>) {
    for load in scenario.loads.iter().filter(|load| !load.shape.is_flat()) {
        list.push(Provenance {
            what: format!("load.{}: shape of demand", load.id),
            value: "by local hour and weekday".into(),
            badge: load.shape.badge(),
            source: load.shape.source().to_owned(),
        });
    }
    if let Some(origin) = scenario.origins.iter().find(|origin| origin.last_mile > Span::ZERO) {
        list.push(row(
            "users: last mile, one way".into(),
            origin.last_mile,
            Badge::Assumed,
            "half of usual fixed access",
        ));
    }
}

fn row(what: String, value: Span, badge: Badge, source: &str) -> Provenance {
    Provenance { what, value: value.to_string(), badge, source: source.to_owned() }
}
