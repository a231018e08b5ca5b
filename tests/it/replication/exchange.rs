//! Copies stay within an exchange domain: what cannot be placed is refused, what can is placed where keys can be exchanged.

use crate::fleet::{parse, site_id};
use keyfleet::kms::{Badge, ClassId, RegionId, SiteId};
use keyfleet::scenario;
use keyfleet::world::Blueprint;
use std::collections::BTreeSet;
use std::path::Path;

/// Four regions, of which two have devices of the first one's domain; keys of the first have a copy abroad.
fn fleet(regions: &str, class: &str) -> String {
    format!(
        r#"format = 1
run = "1 h"
[profile.box]
op.sign = {{ mean = "1 ms" }}
[profile.other]
op.sign = {{ mean = "1 ms" }}
[region]
{regions}
[key.card]
count = {{ eu = 600 }}
algorithm = "rsa-2048"
stay = "anywhere"
{class}
[load.sign]
from = {{ eu = "1/s" }}
calls = ["sign"]
key = "card"
"#
    )
}

const MIXED: &str = r#"eu = { at = "Frankfurt", device = "box", sites = 2 }
near = { at = "Paris", device = "other", sites = 2 }
far = { at = "Tokyo", site = { a = { device = "other" }, b = { device = "box" }, c = { device = "other" } } }
us = { at = "aws:us-east-1", device = "box", sites = 2 }
"#;

/// What is reported first, with its suggestion, errors and warnings alike.
fn said(text: &str) -> String {
    match scenario::load_text(Path::new("made-up.toml"), text, &[]) {
        Ok(loaded) => loaded.warnings.render(false),
        Err(diagnostics) => diagnostics.render(false),
    }
}

/// The sites outside its home region that hold any key.
fn abroad(text: &str) -> (BTreeSet<SiteId>, std::sync::Arc<scenario::Scenario>) {
    let scenario = parse(text);
    let blueprint = Blueprint::new(scenario.clone());
    let shards = blueprint.catalog().shards.shards();
    let hosts = shards.iter().flat_map(|shard| shard.hosts().iter().copied());
    let home = scenario.regions.iter().position(|region| region.id == "eu").unwrap();
    (hosts.filter(|site| scenario.sites[site.index()].region.index() != home).collect(), scenario)
}

#[test]
fn partner_copies_go_to_the_nearest_sites_of_the_same_domain_only() {
    let (sites, scenario) = abroad(&fleet(MIXED, "partner_copies = 2"));
    let named = |names: &[&str]| names.iter().map(|name| site_id(&scenario, name)).collect::<BTreeSet<_>>();
    assert_eq!(sites, named(&["us.a", "us.b"]));
    let (sites, scenario) = abroad(&fleet(MIXED, "partner_copies = 3"));
    let named = |names: &[&str]| names.iter().map(|name| site_id(&scenario, name)).collect::<BTreeSet<_>>();
    assert_eq!(sites, named(&["us.a", "us.b", "far.b"]), "of a mixed region the sites that can take them");
    let home = RegionId(scenario.regions.iter().position(|region| region.id == "eu").unwrap() as u16);
    assert_eq!(scenario.partner_sites(ClassId(0), home).len(), 2);
}

#[test]
fn a_shared_domain_makes_partners_of_different_devices() {
    let shared = fleet(MIXED, "partner_copies = 2").replace("op.sign", "exchange = \"world\"\nop.sign");
    let (sites, scenario) = abroad(&shared);
    assert_eq!(sites, [site_id(&scenario, "near.a"), site_id(&scenario, "near.b")].into());
}

#[test]
fn copies_that_would_cross_domains_are_refused_with_the_sites_and_a_way_out() {
    let told = said(&fleet(MIXED, "partner_copies = 4"));
    assert!(told.contains("error[impossible]") && told.contains("key.card.partner_copies"), "{told}");
    assert!(told.contains("of which other regions have 3 sites") && told.contains("near.a, near.b (other)"), "{told}");
    assert!(told.contains("help: give another region that `stay` allows devices of \"box\""), "{told}");
    let mixed = "eu = { at = \"Frankfurt\", site = { a = { device = \"box\" }, b = { device = \"other\" } } }";
    let told = said(&fleet(mixed, "copies = 2"));
    assert!(told.contains("between exchange domains: eu.a (box) and eu.b (other)"), "{told}");
    // Copies that the check itself would choose are refused as well; a key with one copy needs no exchange.
    assert!(said(&fleet(mixed, "")).contains("between exchange domains"));
    assert_eq!(said(&fleet(mixed, "copies = 1")), "");
}

#[test]
fn a_partner_of_another_domain_is_told_that_it_takes_nothing() {
    let text = fleet(MIXED, "partner_copies = 1")
        .replace("device = \"box\", sites = 2 }\nnear", "device = \"box\", sites = 2, partner = \"near\" }\nnear");
    let told = said(&text);
    assert!(
        told.contains("warning") && told.contains("near.a, near.b (other) cannot exchange keys with \"box\""),
        "{told}"
    );
    let (sites, scenario) = abroad(&text);
    assert!(sites.contains(&site_id(&scenario, "us.a")) && !sites.contains(&site_id(&scenario, "near.a")));
}

#[test]
fn the_report_says_what_a_domain_rests_on() {
    let scenario =
        parse(&fleet(MIXED, "").replace(
            "eu = { at = \"Frankfurt\", device = \"box\"",
            "eu = { at = \"Frankfurt\", device = \"luna-a790\"",
        ));
    let row = |what: &str| {
        scenario.provenance.iter().find(|row| row.what == format!("profile.{what}: exchange domain")).unwrap()
    };
    assert_eq!((row("luna-a790").value.as_str(), row("luna-a790").badge), ("luna", Badge::Assumed));
    assert!(row("luna-a790").source.contains("cloning domain"));
    assert!(row("box").value == "box" && row("box").source.starts_with("default"), "{:?}", row("box"));
}
