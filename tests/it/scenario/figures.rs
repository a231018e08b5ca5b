//! What a scenario's figures are taken from: profiles and their algorithms, other files, the nearest keys, and
//! defaults.

use super::{GOOD, folder, good, parse};
use crate::fleet::Whole;
use keyfleet::kms::{Badge, RegionId};
use keyfleet::scenario;
use std::fs;

#[test]
fn algorithms_are_known_or_named_by_a_profile_and_timed_for_themselves() {
    let own = |algorithm: &str, profile: &str| {
        let text = GOOD.replace("cloudhsm-hsm2m", "own").replace("rsa-2048", algorithm);
        parse(&format!("{text}[profile.own]\n{profile}\n"), &[])
    };
    let op = "op.sign = { rate = \"9/s\" }\nop.decrypt = { rate = \"9/s\" }";
    let rsa = "algorithm.rsa-2048 = { sign = { rate = \"9/s\" }, decrypt = { rate = \"9/s\" } }";
    // Figures for any key, where there are no others; and for symmetric keys, in any case.
    assert!(own("ml-dsa-65", op).is_ok());
    assert!(own("aes-256", &format!("{op}\n{rsa}")).is_ok());
    assert!(own("rsa-2048", &format!("{op}\n{rsa}")).is_ok());
    // Figures for one kind of pair are none for another.
    let message = own("ec-p256", &format!("{op}\n{rsa}")).unwrap_err();
    assert!(message.contains("does not time ec-p256 keys") && message.contains("it times rsa-2048"), "{message}");
    // A name of one's own.
    assert!(own("lattice-7", &format!("{op}\n{}", rsa.replace("rsa-2048", "lattice-7"))).is_ok());
    let message = own("lattice-8", &format!("{op}\n{}", rsa.replace("rsa-2048", "lattice-7"))).unwrap_err();
    assert!(message.contains("did you mean \"lattice-7\"?"), "{message}");
    let message = own("rsa-248", op).unwrap_err();
    assert!(message.contains("did you mean \"rsa-2048\"? possible: aes-128, "), "{message}");
}

#[test]
fn callers_without_keys_of_their_own_use_those_of_the_nearest_region() {
    let text = r#"
format = 1
run = "1 h"
[region]
eu = { at = "Frankfurt", device = "cloudhsm-hsm2m", sites = 2 }
uk = { at = "London", device = "cloudhsm-hsm2m", sites = 2 }
us = { at = "aws:us-east-1", device = "cloudhsm-hsm2m", sites = 2 }
[key]
card = { count = { eu = 2_000, us = 1_000 }, algorithm = "rsa-2048" }
local = { count = 300, algorithm = "rsa-2048" }
[load]
pay = { from = { eu = "3/s", uk = "2/s", us = "1/s" }, calls = ["sign"], key = "card" }
own = { from = { uk = "2/s" }, calls = ["sign"], key = "local" }
"#;
    let of = |set: &[&str]| {
        let s = parse(text, set).unwrap_or_else(|message| panic!("{message}")).scenario;
        let region = |id: RegionId| s.regions[id.index()].id.clone();
        let origin = |o: &scenario::Origin| (o.id.clone(), region(o.region), region(o.home), o.place.id.to_string());
        s.origins.iter().map(origin).collect::<Vec<_>>()
    };
    let row = |id: &str, region: &str, home: &str, place: &str| [id, region, home, place].map(str::to_owned).into();
    let expected: [(String, String, String, String); 4] = [
        row("eu", "eu", "eu", "Frankfurt"),
        row("uk/eu", "uk", "eu", "London"),
        row("uk", "uk", "uk", "London"),
        row("us", "us", "us", "aws:us-east-1"),
    ];
    assert_eq!(of(&[]), expected);
    let stated = of(&["network.rtt={ uk-eu = \"200 ms\" }"]);
    assert_eq!(stated[2], row("uk/us", "uk", "us", "London"), "the run's round trips decide: {stated:?}");
    let event = "event.sale={ at = \"10 min\", for = \"5 min\", factor = 2, region = \"uk\" }";
    assert_eq!(of(&[event]).len(), 4);
}

#[test]
fn files_that_are_named_tell_all_their_errors_and_are_not_quoted() {
    let folder = folder("named");
    let main = folder.join("main.toml");
    fs::write(&main, GOOD.replace("device = \"cloudhsm-hsm2m\"", "device = \"hsm.toml\"")).unwrap();
    let message = |text: &str| {
        fs::write(folder.join("hsm.toml"), text).unwrap();
        scenario::load(&main, &[]).expect_err("something is wrong").render(false)
    };
    let said = message("secret = 1\n[op]\nsign = { rate = 5 }\ndecrypt = { mean = \"0 s\" }\n");
    let places = ["hsm.toml:1:1\n", "hsm.toml:3:17\n", "hsm.toml:4:20\n"];
    for part in
        places.iter().chain(&["op.sign.rate: 5 needs a unit", "op.decrypt.mean: must be longer", "format: is missing"])
    {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    // Both regions name the file; each error is told once, and no line of the file is shown.
    assert_eq!(said.matches("error[").count(), 4, "{said}");
    assert!(!said.contains("secret = 1"), "{said}");
    let said = message("format = 1\n[op\n");
    assert!(said.contains("error[syntax]") && said.contains("hsm.toml:2:4"), "{said}");
    let rows: String = (0..40).map(|i| format!("{i},no\n")).collect();
    fs::write(folder.join("eu.csv"), format!("ts,y\n{rows}")).unwrap();
    fs::write(folder.join("hsm.toml"), "format = 1\nop.sign = { rate = \"9/s\" }\nop.decrypt = { rate = \"9/s\" }\n")
        .unwrap();
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text.replace("from = { eu = \"300/s\", us = \"200/s\" }", "history = { eu = \"eu.csv\" }"))
        .unwrap();
    let said = scenario::load(&main, &[]).expect_err("no counts").render(false);
    assert!(said.contains("eu.csv:2:3\n") && said.contains("y: the count is not a number"), "{said}");
    assert!(said.contains("20 more errors from here on") && said.matches("error[").count() == 21, "{said}");
}

#[test]
fn what_the_figures_rest_on_lists_each_default_and_what_is_missing() {
    let s = good("", &[]).scenario;
    let row = |what: &str| {
        let found = s.provenance.iter().find(|row| row.what == what);
        let found = found.unwrap_or_else(|| panic!("{what} is missing in {:#?}", s.provenance));
        (found.value.as_str(), found.badge, found.source.as_str())
    };
    assert_eq!(row("profile.cloudhsm-hsm2m: sign with rsa-2048").1, Badge::Published);
    assert_eq!(row("profile.cloudhsm-hsm2m: decrypt with rsa-2048").1, Badge::Assumed);
    assert_eq!(row("profile.cloudhsm-hsm2m: decrypt with rsa-2048").0, "1000/s, 4 ms each");
    assert_eq!(row("profile.cloudhsm-hsm2m: spread of service times").0, "cv 0.3 (lognormal)");
    assert_eq!(row("profile.cloudhsm-hsm2m: key slots").0, "16666");
    assert_eq!(row("profile.cloudhsm-hsm2m: replication lag").0, "5 s");
    assert_eq!(
        row("profile.cloudhsm-hsm2m: price"),
        ("1.6 USD an hour", Badge::Published, "infracost golden cloudhsm_v2_hsm_test, 2026-08-01")
    );
    for key in ["interval", "threshold", "timeout", "propagation", "observers"] {
        assert!(row(&format!("health.{key}")).2.starts_with("default: "), "{key}");
    }
    for key in ["attempts", "attempt_timeout", "backoff", "backoff_max", "budget"] {
        assert!(row(&format!("retry.{key}")).2.starts_with("default: "), "{key}");
    }
    assert_eq!(row("key.issuer.copies").0, "2");
    let stated =
        good("", &["health.interval=\"20 s\"", "load.pay.retry.attempts=5", "network.rtt.eu-us=\"80 ms\""]).scenario;
    let stated_row = |what: &str| stated.provenance.iter().find(|row| row.what == what).unwrap().clone();
    for what in ["health.interval", "retry.attempts", "link.eu-us: round trip"] {
        let row = stated_row(what);
        assert_eq!(
            (row.badge, row.source.as_str()),
            (Badge::Assumed, "stated in the scenario, without a source"),
            "{what}"
        );
    }
    let bare = "[profile.own]\nop.sign = { rate = \"9/s\" }\nop.decrypt = { rate = \"9/s\" }\n";
    let text = GOOD.replace("cloudhsm-hsm2m", "own");
    let bare = parse(&format!("{text}{bare}"), &[]).unwrap().scenario;
    let price = bare.provenance.iter().find(|row| row.what == "profile.own: price").unwrap();
    assert_eq!((price.value.as_str(), price.badge), ("missing", Badge::Assumed));
}

/// Keys abroad: calls travel, figures are those of the callers' own region, and a cut link hurts nobody else.
#[test]
fn callers_of_keys_abroad_pay_the_distance_and_suffer_the_link() {
    let whole = |fault: &str| {
        Whole::of(&format!(
            r#"
format = 1
run = "6 min"
warm_up = "0 s"
replications = 1
network = {{ jitter = 0.0, rtt.eu-uk = "40 ms" }}
{fault}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
uk = {{ at = "London", device = "box", sites = 2 }}
[key]
card = {{ count = {{ eu = 100 }}, algorithm = "rsa-2048" }}
[load]
pay = {{ from = {{ eu = "5/s", uk = "5/s" }}, calls = ["sign"], key = "card", timeout = "1 s" }}
[profile.box]
distribution = "constant"
op.sign = {{ mean = "1 ms" }}
"#
        ))
    };
    let quiet = whole("");
    let p50 = |region: &str| quiet.document.regions[region].latency_ms.p50.value.unwrap();
    assert!((1.0..3.0).contains(&p50("eu")) && (40.0..43.0).contains(&p50("uk")), "{} {}", p50("eu"), p50("uk"));
    let cut = whole("fault.cut = { on = \"link.eu-uk\", kind = \"partition\", at = \"2 min\", for = \"2 min\" }");
    let failed = |region: &str| cut.document.regions[region].requests.failed;
    assert!(failed("eu") == 0 && failed("uk") > 300, "{} in eu, {} in uk", failed("eu"), failed("uk"));
}
