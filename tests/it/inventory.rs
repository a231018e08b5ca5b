//! The inventory of keys: what it says of strength, use, expiry and places, what it questions, and how it is printed.

mod listed;

use keyfleet::hsm::{self, ALGORITHMS};
use keyfleet::inventory::{Class, Inventory, KeyType};
use keyfleet::report;
use keyfleet::scenario::{self, Scenario};
use keyfleet::world::Blueprint;
use std::path::Path;
use std::sync::Arc;

const FLEET: &str = r#"
format = 1
run = "1 h"
[region]
eu = { at = "Frankfurt", device = "luna-a700", sites = 3 }
us = { at = "aws:us-east-1", device = "luna-a790", sites = 2 }
[key.issuer]
count = { eu = 600, us = 400 }
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
rotate = { every = "365 d", keep = "730 d", age = "275 d" }
wrapped_by = "transport"
[key.transport]
count = { eu = 2, us = 2 }
algorithm = "aes-128"
[load.pay]
from = { eu = "300/s", us = "200/s" }
calls = ["decrypt", "sign"]
key = "issuer"
"#;

fn checked(text: &str, set: &[&str]) -> Scenario {
    let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
    scenario::load_text(Path::new("test.toml"), text, &set).unwrap_or_else(|d| panic!("{}", d.render(false))).scenario
}

fn inventory(set: &[&str]) -> Inventory {
    Inventory::new(&Blueprint::new(Arc::new(checked(FLEET, set))))
}

fn issuer(set: &[&str]) -> Class {
    inventory(set).classes.swap_remove(0)
}

fn questioned(set: &[&str], words: &str) -> bool {
    issuer(set).findings.iter().any(|finding| finding.contains(words))
}

/// NIST SP 800-57 Part 1 Rev. 5 §5.6.1, tables 2 and 3.
#[test]
fn strengths_are_those_of_the_standard() {
    let rated = [
        ("tdes-112", 80),
        ("tdes-168", 112),
        ("rsa-2048", 112),
        ("aes-128", 128),
        ("rsa-3072", 128),
        ("ec-p256", 128),
        ("aes-192", 192),
        ("ec-p384", 192),
        ("aes-256", 256),
        ("ec-p521", 256),
        ("hmac-sha256", 256),
    ];
    for (name, bits) in rated {
        assert_eq!(hsm::algorithm(name).unwrap().strength, Some(bits), "{name}");
    }
    let unrated = ALGORITHMS.iter().filter(|known| known.strength.is_none()).map(|known| known.name);
    assert_eq!(unrated.collect::<Vec<_>>(), ["chacha20-poly1305", "sm4", "sm2"]);
}

#[test]
fn what_a_key_is_follows_from_what_is_done_with_it() {
    for (algorithm, call, expected) in [
        ("rsa-2048", "sign", Some(KeyType::PrivateSignature)),
        ("rsa-2048", "decrypt", Some(KeyType::PrivateKeyTransport)),
        ("rsa-2048", "verify", None),
        ("aes-256", "decrypt", Some(KeyType::SymmetricDataEncryption)),
        ("aes-256", "wrap", Some(KeyType::SymmetricKeyWrapping)),
        ("hmac-sha256", "sign", Some(KeyType::SymmetricAuthentication)),
        ("tdes-112", "verify-pin", Some(KeyType::SymmetricAuthentication)),
        ("of-our-own", "sign", Some(KeyType::PrivateSignature)),
        ("of-our-own", "decrypt", Some(KeyType::SymmetricDataEncryption)),
        ("aes-256", "generate", None),
    ] {
        assert_eq!(KeyType::of(algorithm, call), expected, "{algorithm} {call}");
    }
}

#[test]
fn each_class_and_home_has_its_figures() {
    let Inventory { at, classes, .. } = inventory(&[]);
    assert_eq!(at, "2027-03-01T00:00:00Z");
    let [issuer, transport] = &classes[..] else { panic!("two classes") };
    assert_eq!((issuer.algorithm.as_str(), issuer.strength_bits), ("rsa-2048", Some(112)));
    assert_eq!(issuer.key_types, [KeyType::PrivateSignature, KeyType::PrivateKeyTransport]);
    assert_eq!((issuer.cryptoperiod_s, issuer.kept_s), (Some(365.0 * 86_400.0), Some(730.0 * 86_400.0)));
    assert_eq!((issuer.copies, issuer.partner_copies, issuer.residency.as_str()), (2, 1, "anywhere"));
    assert_eq!(
        (issuer.wrapped_by.as_deref(), transport.wraps.as_slice()),
        (Some("transport"), &["issuer".to_owned()][..])
    );
    assert_eq!(transport.key_types, [KeyType::SymmetricKeyWrapping]);
    let [load] = &issuer.loads[..] else { panic!("one load") };
    assert_eq!((load.load.as_str(), load.operations_per_s), ("pay", 500.0));
    assert_eq!(load.calls, ["decrypt", "sign"]);
    let [eu, us] = &issuer.homes[..] else { panic!("two homes") };
    // Two retired versions of each are kept: two years, of one year each.
    assert_eq!((eu.keys, eu.versions, us.keys, us.versions), (600, 1_800, 400, 1_200));
    assert_eq!((eu.country.as_str(), eu.calls_per_s, us.calls_per_s), ("DE", 600.0, 400.0));
    // 90 days after the first of March.
    assert_eq!((eu.oldest_s, eu.next_expiry.as_deref()), (Some(275.0 * 86_400.0), Some("2027-05-30T00:00:00Z")));
    assert_eq!((transport.homes[0].oldest_s, transport.homes[0].next_expiry.as_deref()), (None, None));
    let held = |region: &str| eu.sites.iter().filter(|site| site.region == region).map(|site| site.keys).sum::<u64>();
    assert_eq!((held("eu"), held("us")), (1_200, 600), "two copies at home, one with the partner");
    let devices = |region: &str| eu.sites.iter().find(|site| site.region == region).unwrap().device.clone();
    assert_eq!((devices("eu").as_str(), devices("us").as_str()), ("luna-a700", "luna-a790"));
}

#[test]
fn ages_that_are_spread_leave_keys_of_every_age() {
    let class = issuer(&["key.issuer.rotate.age=spread"]);
    for home in &class.homes {
        let oldest = home.oldest_s.unwrap() / 86_400.0;
        assert!((355.0..=365.0).contains(&oldest), "{oldest}");
        let due = home.next_expiry.as_deref().unwrap();
        assert!(("2027-03-01".."2027-03-11").contains(&due), "{due}");
        // The oldest version kept of each is between two and three years old.
        assert_eq!(home.versions, 3 * home.keys);
    }
}

#[test]
fn what_an_auditor_would_question_is_told_with_its_rule() {
    let signs = issuer(&["load.pay.calls=[\"sign\"]"]);
    assert!(signs.findings.is_empty(), "{:?}", signs.findings);
    let [both] = &issuer(&[]).findings[..] else { panic!("{:?}", issuer(&[]).findings) };
    assert_eq!(
        both,
        "its keys are for two purposes, as private signature key and as private key-transport key: a key is to be used for only \
         one (SP 800-57 §5.2)"
    );
    let transport = &inventory(&[]).classes[1];
    assert_eq!(transport.findings.len(), 1, "{:?}", transport.findings);
    assert!(transport.findings[0].contains("never replaced: at most 2 y is recommended for a symmetric key-wrapping"));
    // 112 bits until the end of 2030: the keys are 275 days old on 2027-03-01, and none falls due within the hour.
    assert!(!questioned(&["key.issuer.rotate.every=1400 d"], "through 2030"));
    assert!(questioned(&["key.issuer.rotate.every=1700 d"], "through 2030"));
    let late = "start=2030-10-15";
    assert!(questioned(&[late], "through 2030"), "its keys fall due on 2031-01-13");
    assert!(!questioned(&[late, "key.issuer.algorithm=rsa-3072"], "through 2030"));
    assert!(!questioned(&["start=2030-06-01"], "through 2030"));
    assert!(questioned(&["start=2030-06-01", "run=100 d"], "through 2030"), "their successors are made in that time");
    assert!(questioned(&["key.issuer.rotate.every=731 d"], "at most 2 y is recommended for a private key-transport"));
    let sign = "load.pay.calls=[\"sign\"]";
    assert!(!questioned(&[sign, "key.issuer.rotate.every=1095 d"], "recommended"));
    assert!(questioned(
        &[sign, "key.issuer.rotate.every=1096 d"],
        "at most 3 y is recommended for a private signature"
    ));
    assert!(questioned(&["key.issuer.copies=1", "key.issuer.partner_copies=0"], "only one copy"));
    let decrypt = "load.pay.calls=[\"decrypt\"]";
    let strong = [decrypt, "key.issuer.algorithm=aes-256"];
    assert!(questioned(&strong, "aes-256 keys of 256 bits travel under keys of 128 bits"));
    let aes = ["key.issuer.algorithm=aes-128", "load.pay.calls=[\"encrypt\"]"];
    // 500 operations per second on 1,000 keys, for a year: 16 million each; on 2 keys 7.9 billion.
    assert!(!questioned(&aes, "2^32"));
    let few = [aes[0], aes[1], "key.issuer.count={ eu = 1, us = 1 }"];
    assert!(questioned(&few, "2^32"));
    assert!(!questioned(&[few[0], few[1], few[2], "key.issuer.rotate.uses=4_294_967_296"], "2^32"));
    assert!(questioned(&[decrypt, "key.issuer.algorithm=tdes-112"], "80 bits"));
    // Triple DES with three keys has 112 bits, which are allowed through 2030; itself it is not.
    let three = [decrypt, "key.issuer.algorithm=tdes-168", "start=2030-10-15"];
    assert!(questioned(&three, "since 2024 protect nothing (SP 800-131A") && !questioned(&three, "through 2030"));
    assert!(questioned(&[decrypt, "key.issuer.algorithm=sm4"], "NIST rates no"));
    assert!(questioned(&[strong[0], strong[1], "key.issuer.rotate.keep=1096 d"], "kept for 1096 d: at most 3 y"));
}

#[test]
fn the_text_fits_a_hundred_columns_and_the_document_says_the_same() {
    for name in ["first", "keys-on-file", "payments-global", "rotation-year", "wrapping-key-compromise"] {
        let scenario = scenario::load(&Path::new("scenarios").join(name).with_extension("toml"), &[]).unwrap().scenario;
        let classes: Vec<String> = scenario.keys.iter().map(|class| class.id.clone()).collect();
        let inventory = Inventory::new(&Blueprint::new(Arc::new(scenario)));
        let text = report::inventory(&inventory);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100 && !text.contains('…'), "{name}: {widest} columns\n{text}");
        let document: serde_json::Value = serde_json::from_str(&inventory.json().unwrap()).unwrap();
        assert_eq!(document["schema"], "keyfleet.inventory/1");
        for (class, told) in classes.iter().zip(document["classes"].as_array().unwrap()) {
            assert_eq!(told["id"], class.as_str());
            assert!(text.contains(&format!("\n{class}\n")), "{text}");
            for finding in told["findings"].as_array().unwrap() {
                let first = finding.as_str().unwrap().split(' ').next().unwrap();
                assert!(text.contains(&format!("  ! {first}")), "{text}");
            }
        }
    }
}

#[test]
fn keys_that_come_later_are_to_come_and_not_there() {
    let launch = "change.launch={ provision = \"key.issuer.us\", keys = 300, at = \"10 min\" }";
    let class = issuer(&[launch]);
    let there: Vec<(&str, u64, u64)> =
        class.homes.iter().map(|home| (home.region.as_str(), home.keys, home.versions)).collect();
    assert_eq!(there, [("eu", 600, 1_800), ("us", 100, 300)]);
    let held: u64 = class.homes[1].sites.iter().map(|site| site.keys).sum();
    assert_eq!(held, 3 * 100, "two copies and one in the other region");
    let [coming] = &class.to_come[..] else { panic!("{:?}", class.to_come) };
    assert_eq!((coming.change.as_str(), coming.region.as_str(), coming.keys), ("launch", "us", 300));
    assert_eq!(coming.at, "2027-03-01T00:10:00Z");
    let text = report::inventory(&inventory(&[launch]));
    assert!(text.contains("\n  to come       300 keys with change launch\n"), "{text}");
    // Where none is there yet, nothing is said of places that have none.
    let all = "change.launch={ provision = \"key.issuer\", at = \"10 min\" }";
    let (class, text) = (issuer(&[all]), report::inventory(&inventory(&[all])));
    assert!(class.homes.is_empty() && class.findings.len() == 1, "{class:?}");
    let (of_class, _) = text.split_once("\ntransport\n").unwrap();
    assert!(of_class.contains("  to come       1,000 keys with change launch\n  ! its keys are for two"), "{text}");
    assert!(!of_class.contains("next expiry") && text.lines().all(|line| line.is_empty() || !line.trim().is_empty()));
}
