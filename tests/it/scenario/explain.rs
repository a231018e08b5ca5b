//! The JSON Schema of the language, and the explanations that are made from it.

use super::shipped;
use keyfleet::audit::Kind;
use keyfleet::scenario;
use std::fs;

#[test]
fn the_committed_schema_is_the_one_of_the_code_and_accepts_the_shipped_scenarios() {
    let schema = scenario::schema();
    if std::env::var_os("KEYFLEET_BLESS").is_some() {
        fs::write("keyfleet.schema.json", format!("{schema:#}\n")).unwrap();
    }
    let committed = fs::read_to_string("keyfleet.schema.json").unwrap_or_default();
    assert!(committed == format!("{schema:#}\n"), "keyfleet schema > keyfleet.schema.json");
    let validator = jsonschema::validator_for(&schema).unwrap();
    for path in shipped() {
        let value: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let mut json = serde_json::to_value(value).unwrap();
        dates_as_text(&mut json);
        let errors: Vec<String> =
            validator.iter_errors(&json).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    let mut json = serde_json::json!({ "format": 1, "run": "1 h", "colour": "blue" });
    assert!(!validator.is_valid(&json));
    json.as_object_mut().unwrap().remove("colour");
    assert!(validator.is_valid(&json));
    json["run"] = serde_json::json!(5);
    assert!(!validator.is_valid(&json));
}

/// serde shows TOML's dates as a table with a private key.
fn dates_as_text(value: &mut serde_json::Value) {
    if let Some(date) = value.get("$__toml_private_datetime") {
        *value = date.clone();
    }
    match value {
        serde_json::Value::Object(object) => object.values_mut().for_each(dates_as_text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(dates_as_text),
        _ => {}
    }
}

#[test]
fn the_schema_names_the_key_and_asks_a_file_that_extends_for_nothing() {
    let schema = scenario::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = |text: &str| -> Vec<String> {
        let mut json = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        dates_as_text(&mut json);
        validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect()
    };
    let none: [&str; 0] = [];
    let over = "format = 1\nextends = \"base.toml\"\nregion.eu.hsms = 3\nobjective.fast = { when = \"any\" }\n";
    assert_eq!(errors(over), none);
    let alone = over.replace("extends = \"base.toml\"\n", "");
    let missing = errors(&alone);
    for key in ["\"run\"", "\"at\"", "\"expect\""] {
        assert!(missing.iter().any(|error| error.contains(key)), "{key} is missing in {missing:?}");
    }
    let alone = "format = 1\nrun = \"1 h\"\n";
    for right in [
        "warm_up = \"auto\"",
        "warm_up = \"3 min\"",
        "survive = [\"site\"]",
        "survive = { what = [\"site\"], lasts = \"3 min\" }",
        "replications = 3",
        "network = \"none\"",
        "key.a = { count = 3, algorithm = \"x\", stay = [\"EU\"] }",
        "key.a = { count = { eu = \"3 k\" }, algorithm = \"x\", stay = \"country\" }",
        "fault.x = { on = \"region.eu\", kind = \"slow\", factor = 8, at = \"peak\", for = \"1 h\" }",
        "fault.x = { on = \"region.eu\", kind = \"crash\", at = 2027-03-01T00:00:00Z, for = \"1 h\" }",
    ] {
        assert_eq!(errors(&format!("{alone}{right}\n")), none, "{right}");
    }
    for (wrong, place, named) in [
        ("objective.x = { expct = \"p99 < 1 s\", expect = \"\" }", "/objective/x", "expct"),
        ("objective.x = { expect = \"p99 < 1 s\", when = \"allways\" }", "/objective/x/when", "allways"),
        ("replications = { mn = 3 }", "/replications", "mn"),
        ("warm_up = \"atuo\"", "/warm_up", "atuo"),
        ("region.eu = { at = { lat = 1.0, long = 2.0 } }", "/region/eu/at", "long"),
        ("fault.x = { on = \"region.eu\", kind = \"crsh\" }", "/fault/x/kind", "crsh"),
    ] {
        let errors = errors(&format!("{alone}{wrong}\n"));
        assert!(errors.iter().any(|e| e.starts_with(place) && e.contains(named)), "{wrong}: {errors:?}");
        assert!(errors.iter().all(|e| !e.contains("schemas listed")), "{wrong}: {errors:?}");
    }
}

#[test]
fn every_key_is_explained() {
    let mut missing = Vec::new();
    fn walk(path: &str, node: &serde_json::Value, missing: &mut Vec<String>) {
        if let Some(properties) = node.get("properties").and_then(serde_json::Value::as_object) {
            for (key, inner) in properties {
                if inner.get("description").is_none() {
                    missing.push(format!("{path}.{key}"));
                }
            }
        }
        match node {
            // `then` only says what must be there.
            serde_json::Value::Object(object) => object
                .iter()
                .filter(|(key, _)| *key != "then")
                .for_each(|(key, inner)| walk(&format!("{path}/{key}"), inner, missing)),
            serde_json::Value::Array(items) => items.iter().for_each(|inner| walk(path, inner, missing)),
            _ => {}
        }
    }
    walk("", &scenario::schema(), &mut missing);
    assert!(missing.is_empty(), "{missing:?}");
    for word in ["region", "region.us.hsms", "load.pay.retry.budget", "hsms", "p99", "not-timed", "objective.x.when"] {
        assert!(scenario::explain(word).unwrap_or_else(|e| panic!("{e}")).len() > 20, "{word}");
    }
    assert!(scenario::explain("tiemout").unwrap_err().contains("timeout"));
}

#[test]
fn explanations_need_no_names_and_are_cut_at_the_ends_of_sentences() {
    for (asked, full, said) in [
        ("load.timeout", "load.NAME.timeout\n", "From the first attempt until the last answer"),
        ("region.hsms", "region.NAME.hsms\n", "HSMs at each site"),
        ("fault.kind", "fault.NAME.kind\n", "What it does"),
        ("objective.expect", "objective.NAME.expect\n", "METRIC or METRIC(LOAD)"),
        ("objective.fast.expect", "objective.fast.expect\n", "METRIC or METRIC(LOAD)"),
        ("profile.op.rate", "profile.NAME.op.NAME.rate\n", "Calls that one device answers"),
        ("region.us", "region.us\n", "A region."),
        ("key.tenants", "key.NAME.tenants\n", "has no effect on a run yet"),
    ] {
        let text = scenario::explain(asked).unwrap();
        assert!(text.starts_with(full) && text.contains(said), "{asked}: {text}");
    }
    let keys = scenario::explain("keys").unwrap();
    assert!(keys.contains("such as [\"DORA Art. 12\"]\n"), "{keys}");
    for line in keys.lines() {
        let said = line.split_once("  ").map_or("", |(_, said)| said.trim());
        assert!(!said.is_empty() && !said.contains("Default: "), "{line}");
        assert_eq!(said.matches(['"', '`']).count() % 2, 0, "cut inside of a quotation: {line}");
    }
    let objective = scenario::explain("objective").unwrap();
    assert!(objective.contains("[\"DORA Art. 12\"]"), "{objective}");
}

#[test]
fn each_kind_of_audit_record_is_explained() {
    let list = scenario::explain("records").unwrap();
    let names: Vec<&str> = list.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, Kind::ALL.map(Kind::name), "all, in the order of a log");
    for kind in Kind::ALL {
        let text = scenario::explain(kind.name()).unwrap();
        assert!(text.contains(&format!("{} (record of an audit log)\n  ", kind.name())), "{text}");
    }
}

#[test]
fn words_of_messages_and_reports_are_explained_in_whatever_case() {
    for (word, said) in [
        ("escrow", "take no key slot and serve nobody"),
        ("shard", "move together"),
        ("control", "the control plane"),
        ("control", "objective.NAME.control"),
        ("destroy", "fault.NAME.kind = \"destroy\"\n  Devices stop"),
        ("destroy", "nothing else restores the number of copies"),
        ("compromise", "they get successors at once"),
        ("RTO", "as good again as in the ten minutes before"),
        ("margin", "as a share of the limit"),
        ("RPO", "Age of the oldest key version"),
        ("No-Host", "only copies in escrow are left"),
        ("key-missing", "not provisioned yet, or retired"),
        ("rotate.uses", "key.NAME.rotate.uses\n"),
        ("Key.Rotate.Uses", "key.NAME.rotate.uses\n"),
        ("fault.for", "of these it only says how wide"),
    ] {
        let text = scenario::explain(word).unwrap_or_else(|e| panic!("{e}"));
        assert!(text.contains(said), "{word}: {text}");
    }
    // No id has such a letter, and no table of a region such a key.
    for wrong in ["region.foo_bar", "region.escrow_copies"] {
        assert!(scenario::explain(wrong).is_err(), "{wrong}");
    }
}
