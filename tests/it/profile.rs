//! HSM profiles: the documented example, each refusal with its key and place, and service times against theory.

use keyfleet::geo;
use keyfleet::hsm::profile::{Custody, Profile, ProfileError, RawProfile};
use keyfleet::hsm::{self, CALLS, Distribution, Quantiles, ServiceTime};
use keyfleet::kms::Badge;
use keyfleet::rng::{Purpose, Streams};
use keyfleet::time::Span;

const EXAMPLE: &str = r#"format = 1
name = "AWS CloudHSM hsm2m.medium (one HSM)"
vendor = "AWS"
badge = "published"
source = "docs.aws.amazon.com/cloudhsm"
as_of = 2026-08-20
engines = 4
engines_badge = "assumed"
distribution = "lognormal"
cv = 0.3
cv_badge = "assumed"
queue = 1000
sessions = 1024
key_slots = 16666
generate = "1/s"
replication_lag = "5 s"
custody = "cluster"
lead_time = "15 min"
mtbf = "107384 h"
price = { usd_per_hour = 1.60 }
price_source = "aws.amazon.com/cloudhsm/pricing"
price_as_of = 2026-08-01
end_of_support = 2030-01-01
[op]
mac = { rate = "10 k/s" }
sign = { rate = "100/s" }
[algorithm.rsa-2048]
sign = { rate = "1000/s" }
verify = { mean = "1.1 ms", distribution = "gamma", cv = 0.5 }
decrypt = { quantiles = [[0.5, "1 ms"], [0.99, "3 ms"]] }
"#;

fn close(actual: f64, expected: f64, relative: f64) {
    assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} is not {expected} within {relative}");
}

#[test]
fn the_example_is_read() {
    let profile = Profile::parse(EXAMPLE).unwrap();
    assert_eq!((profile.engines, profile.queue, profile.sessions, profile.key_slots), (4, 1000, 1024, Some(16_666)));
    assert_eq!(
        (profile.badge, profile.beliefs.cv.badge, profile.custody),
        (Badge::Published, Badge::Assumed, Custody::Cluster)
    );
    assert_eq!((profile.lead_time, profile.replication_lag), (Span::from_secs(900), Span::from_secs(5)));
    assert_eq!(profile.price.unwrap().usd_per_hour, Some(1.6));
    assert_eq!(profile.as_of.unwrap().to_string(), "2026-08-20");
    assert_eq!(profile.algorithms().collect::<Vec<_>>(), ["rsa-2048"]);
    assert_eq!(profile.calls("rsa-2048"), ["decrypt", "generate", "mac", "sign", "verify"]);
    assert_eq!(profile.calls("aes-256"), ["generate", "mac", "sign"]);
    // The algorithm's own figure wins over that for any algorithm.
    close(profile.throughput("rsa-2048", "sign").unwrap(), 1000.0, 1e-9);
    close(profile.throughput("aes-256", "sign").unwrap(), 100.0, 1e-9);
    close(profile.throughput("rsa-2048", "verify").unwrap(), 4.0 / 1.1e-3, 1e-9);
    close(profile.throughput("ecdsa-p256", "generate").unwrap(), 1.0, 1e-9);
    assert_eq!(profile.throughput("rsa-2048", "wrap"), None);
    let sign = profile.service_time("rsa-2048", "sign").unwrap();
    assert_eq!(sign.mean(), Span::from_millis(4));
    close(sign.scv(), 0.09, 1e-12);
    assert!(matches!(profile.service_time("x", "generate"), Some(ServiceTime::Exponential { .. })));
}

#[test]
fn little_is_needed() {
    let profile = Profile::parse("format = 1\n[op]\nmac = { rate = \"10 k/s\" }\n").unwrap();
    assert_eq!((profile.engines, profile.queue, profile.sessions), (1, 1000, 1001));
    assert_eq!((profile.badge, profile.key_slots, profile.custody), (Badge::Assumed, None, Custody::Wrapped));
    assert_eq!((profile.price, profile.mtbf, profile.lead_time), (None, None, Span::from_secs(98 * 86_400)));
    close(profile.service_time("any", "mac").unwrap().scv(), 0.09, 1e-12);
}

#[test]
fn every_figure_has_a_badge_and_a_source() {
    let text = EXAMPLE.replace("sign = { rate = \"1000/s\" }", "sign = { rate = \"1000/s\", badge = \"assumed\" }");
    let text = text.replace("{ rate = \"10 k/s\" }", "{ rate = \"10 k/s\", badge = \"measured\", source = \"here\" }");
    let text = text.replace("[op]", "[evidence]\nkey_slots = { badge = \"published\", source = \"a limit\" }\n[op]");
    let profile = Profile::parse(&text).unwrap();
    let of = |algorithm: &str, call: &str| {
        let evidence = &profile.timing(algorithm, call).unwrap().evidence;
        (evidence.badge, evidence.source.as_str())
    };
    let published = (Badge::Published, "docs.aws.amazon.com/cloudhsm");
    assert_eq!(of("rsa-2048", "verify"), published, "the profile's");
    assert_eq!(of("rsa-2048", "generate"), published);
    assert_eq!(of("aes-256", "mac"), (Badge::Measured, "here"));
    // What is assumed does not borrow the source of what is published.
    assert_eq!(of("rsa-2048", "sign"), (Badge::Assumed, "the profile, without a source"));
    let beliefs = &profile.beliefs;
    assert_eq!((beliefs.key_slots.badge, beliefs.key_slots.source.as_str()), (Badge::Published, "a limit"));
    assert_eq!(beliefs.price.source, "aws.amazon.com/cloudhsm/pricing");
    let short = Profile::parse("format = 1\n[op]\nmac = { rate = \"1/s\" }\n").unwrap().beliefs;
    for evidence in [&short.engines, &short.cv, &short.queue, &short.sessions, &short.key_slots, &short.replication_lag]
    {
        assert!(evidence.badge == Badge::Assumed && evidence.source.starts_with("default: "), "{evidence:?}");
    }
}

/// The badges of the shipped files are those of `datasets/profiles`' sources: a rate counts as published only where it
/// was read.
#[test]
fn shipped_profiles_say_of_each_rate_how_far_it_is_to_be_believed() {
    let claimed = |id: &str, badge: Badge| -> Vec<String> {
        let profile = Profile::parse(geo::profile(id).unwrap()).unwrap_or_else(|errors| panic!("{id}: {errors:?}"));
        let timings = profile.timings().filter(|(.., timing)| timing.evidence.badge == badge);
        timings.map(|(algorithm, call, _)| format!("{} {call}", algorithm.unwrap_or("any"))).collect()
    };
    for id in ["cloudhsm-hsm1", "cloudhsm-hsm2m"] {
        assert_eq!(claimed(id, Badge::Published), ["ec-p256 sign", "rsa-2048 sign"], "{id}");
    }
    assert_eq!(claimed("luna-a790", Badge::Published), ["rsa-2048 sign"]);
    assert_eq!(claimed("softhsm2", Badge::Measured), ["rsa-2048 sign"]);
    assert_eq!(claimed("azure-managed-hsm", Badge::Assumed), ["any decrypt", "any encrypt", "any mac"]);
    assert_eq!(claimed("azure-cloud-hsm", Badge::Assumed), ["any mac"]);
    // Of services quotas are published, and no latency is.
    for id in [
        "aws-kms",
        "azure-key-vault",
        "gcp-kms-hsm",
        "ibm-hpcs",
        "luna-a700",
        "nshield-5c-mid",
        "payshield-10k",
        "yubihsm2",
    ] {
        let known = [Badge::Measured, Badge::Published].map(|badge| claimed(id, badge)).concat();
        assert!(known.is_empty(), "{id}: {known:?}");
    }
    let calls: Vec<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    for id in geo::profile_ids() {
        let profile = Profile::parse(geo::profile(id).unwrap()).unwrap();
        assert!(profile.algorithms().all(|name| hsm::algorithm(name).is_some()), "{id} names an unknown algorithm");
        for (algorithm, call, timing) in profile.timings() {
            assert!(calls.contains(&call), "{id}: `keyfleet explain calls` does not know {call}");
            assert_ne!(timing.evidence.source, "the profile, without a source", "{id}: {algorithm:?} {call}");
        }
        assert_eq!(profile.is_service(), !profile.quotas.is_empty(), "{id}");
        for evidence in profile.quotas.iter().map(|quota| &quota.evidence) {
            assert_ne!(evidence.source, "the profile, without a source", "{id}");
        }
        let engines = (!profile.is_service()).then_some(&profile.beliefs.engines);
        for evidence in [&profile.beliefs.cv, &profile.beliefs.price].into_iter().chain(engines) {
            assert!(!evidence.source.starts_with("default"), "{id}: {evidence:?}");
        }
    }
}

/// The errors of the example with `right` replaced by `wrong`, each with the text it points at.
fn errors(right: &str, wrong: &str) -> Vec<(ProfileError, String)> {
    assert!(EXAMPLE.contains(right), "{right}");
    let text = EXAMPLE.replace(right, wrong);
    let errors = Profile::parse(&text).expect_err(wrong);
    errors.into_iter().map(|error| (error.clone(), text[error.span.expect("a place")].to_owned())).collect()
}

#[test]
fn errors_name_key_reason_and_place() {
    let cases = [
        ("engines = 4", "engines = 0", "engines: 0 is not within 1 to 65535", "0"),
        ("engines = 4", "engines = -4", "engines: \"-4\" is negative: write a count as 40_000 or \"40 k\"", "-4"),
        ("format = 1", "format = 2", "format: version 2 is unknown; this program reads format = 1", "2"),
        (
            "generate = \"1/s\"",
            "generate = 1",
            "generate: 1 needs a unit of time, for example \"1/s\" or \"1/min\"",
            "1",
        ),
        ("generate = \"1/s\"", "generate = \"0/s\"", "above zero", "\"0/s\""),
        ("cv = 0.3", "cv = 11", "cv: 11 is above 10; give quantiles instead", "11"),
        ("\"lognormal\"", "\"constant\"", "cv: a constant time has no variation; leave cv out", "0.3"),
        ("\"gamma\"", "\"exponential\"", "algorithm.rsa-2048.verify.cv: an exponential time has the cv 1", "0.5"),
        (
            "source = \"docs.aws.amazon.com/cloudhsm\"\n",
            "",
            "badge: figures that are measured or published need a source",
            "\"published\"",
        ),
        ("usd_per_hour = 1.60", "usd_per_hour = -1", "price.usd_per_hour: -1 is not an amount of money", "-1"),
        ("107384 h", "0 h", "mtbf: must be longer than zero", "\"0 h\""),
        ("\"1.1 ms\"", "\"0 s\"", "algorithm.rsa-2048.verify.mean: must be longer than zero", "\"0 s\""),
        ("{ rate = \"10 k/s\" }", "{}", "op.mac: has no time; give rate, mean or quantiles", "mac"),
        (
            "rate = \"100/s\"",
            "rate = \"100/s\", mean = \"1 s\"",
            "op.sign: has more than one of rate, mean and quantiles",
            "sign",
        ),
        (
            "[0.99, \"3 ms\"]",
            "[0.4, \"3 ms\"]",
            "algorithm.rsa-2048.decrypt.quantiles: levels must rise",
            "[[0.5, \"1 ms\"], [0.4, \"3 ms\"]]",
        ),
        (
            "[0.99, \"3 ms\"]]",
            "[0.99, \"3 ms\"]], cv = 1",
            "decrypt.cv: quantiles already say how the time is distributed",
            "1",
        ),
        ("rate = \"1000/s\"", "rate = \"9 G/ns\"", "leaves no time that can be told in nanoseconds", "\"9 G/ns\""),
        (
            "sign = { rate = \"100/s\" }",
            "Sign = { rate = \"100/s\" }",
            "op.Sign: \"Sign\" is not a name; use a to z, 0 to 9 and -",
            "Sign",
        ),
        (
            "sign = { rate = \"100/s\" }",
            "generate = { rate = \"100/s\" }",
            "generate: says the same as op.generate",
            "\"1/s\"",
        ),
        ("custody = \"cluster\"", "custody = \"clustered\"", "custody: unknown variant `clustered`", "\"clustered\""),
        ("vendor =", "vendr =", "vendr: unknown field `vendr`, expected one of", "vendr"),
    ];
    for (right, wrong, sentence, place) in cases {
        let errors = errors(right, wrong);
        let found = errors.iter().any(|(error, at)| error.to_string().contains(sentence) && at == place);
        assert!(found, "{wrong}: {errors:#?}");
    }
}

#[test]
fn claims_without_a_source_are_refused() {
    let cases = [
        (
            "mean = \"1.1 ms\"",
            "badge = \"measured\", mean = \"1.1 ms\"",
            "algorithm.rsa-2048.verify.badge: figures that are measured or published need a source",
            "\"measured\"",
        ),
        (
            "[op]\n",
            "[evidence]\nqueue = { badge = \"published\" }\n[op]\n",
            "evidence.queue.badge: figures that are measured or published need a source",
            "\"published\"",
        ),
        (
            "[op]\n",
            "[evidence]\ncv = { badge = \"assumed\" }\n[op]\n",
            "cv_badge: says the same as evidence.cv; keep one of them",
            "\"assumed\"",
        ),
        (
            "price_source = \"aws.amazon.com/cloudhsm/pricing\"",
            "price_badge = \"published\"",
            "price_badge: a price that is measured or published needs a source",
            "\"published\"",
        ),
    ];
    for (right, wrong, sentence, place) in cases {
        let errors = errors(right, wrong);
        let found = errors.iter().any(|(error, at)| error.to_string().contains(sentence) && at == place);
        assert!(found, "{wrong}: {errors:#?}");
    }
}

#[test]
fn all_errors_are_told_at_once() {
    let wrong =
        EXAMPLE.replace("engines = 4", "engines = 0").replace("cv = 0.5", "cv = 50").replace("format = 1\n", "");
    let keys: Vec<String> = Profile::parse(&wrong).unwrap_err().into_iter().map(|error| error.key).collect();
    assert_eq!(keys, ["format", "engines", "algorithm.rsa-2048.verify.cv"]);
    let syntax = Profile::parse("format = 1\nengines = = 4\n").unwrap_err();
    assert_eq!((syntax.len(), syntax[0].key.as_str()), (1, ""));
    assert!(syntax[0].span.clone().unwrap().start >= 11);
    let empty = Profile::parse("format = 1").unwrap_err();
    assert_eq!(empty[0].to_string(), "op: no operation is timed; write for example [op] mac = { rate = \"10 k/s\" }");
}

#[test]
fn what_is_written_back_reads_the_same() {
    let raw: RawProfile = toml::from_str(EXAMPLE).unwrap();
    let text = toml::to_string(&raw).unwrap();
    assert_eq!(Profile::parse(&text), Profile::parse(EXAMPLE));
    let inline = Profile::from_raw(RawProfile { format: None, name: None, ..raw }).unwrap();
    assert_eq!(inline.name, "");
}

#[test]
fn the_schema_accepts_the_example_and_refuses_unknown_keys() {
    let schema = serde_json::to_value(schemars::schema_for!(RawProfile)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut example = serde_json::to_value(toml::from_str::<RawProfile>(EXAMPLE).unwrap()).unwrap();
    let complaints: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
    assert_eq!(complaints, Vec::<String>::new());
    example["vendr"] = "AWS".into();
    assert!(!validator.is_valid(&example));
    for (key, property) in schema["properties"].as_object().unwrap() {
        let told = property["description"].as_str().is_some_and(|text| text.len() > 20);
        assert!(told, "{key} is not explained");
    }
}

/// Mean, coefficient of variation and skewness of many draws, mean in seconds.
fn moments(time: &ServiceTime) -> (f64, f64, f64) {
    let mut stream = Streams::new(3, 0).stream(Purpose::Service, "moments");
    let draws: Vec<f64> = (0..400_000).map(|_| time.sample(&mut stream).as_secs_f64()).collect();
    let n = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / n;
    let central = |power: fn(f64) -> f64| draws.iter().map(|draw| power(draw - mean)).sum::<f64>() / n;
    let deviation = central(|x| x * x).sqrt();
    (mean, deviation / mean, central(|x| x * x * x) / (deviation * deviation * deviation))
}

#[test]
fn draws_have_the_moments_of_theory() {
    let mean = Span::from_micros(4_000);
    for (distribution, cv, skewness) in [
        (Distribution::Exponential, 1.0, 2.0),
        (Distribution::Lognormal, 0.3, 0.3 * (3.0 + 0.09)),
        (Distribution::Lognormal, 0.8, 0.8 * (3.0 + 0.64)),
        (Distribution::Gamma, 0.3, 0.6),
        (Distribution::Gamma, 1.0, 2.0),
        (Distribution::Gamma, 1.6, 3.2),
    ] {
        let time = ServiceTime::new(distribution, mean, cv);
        close(time.mean_s(), 0.004, 1e-12);
        close(time.scv(), cv * cv, 1e-12);
        let (sampled, spread, skew) = moments(&time);
        close(sampled, 0.004, 0.005);
        close(spread, cv, 0.01);
        // The skewness of a sample converges slowly; it still tells gamma from lognormal.
        close(skew, skewness, 0.1);
    }
    for distribution in [Distribution::Constant, Distribution::Lognormal, Distribution::Gamma] {
        assert_eq!(ServiceTime::new(distribution, mean, 0.0), ServiceTime::Constant(mean));
    }
    assert_eq!((ServiceTime::Constant(mean).mean(), ServiceTime::Constant(mean).scv()), (mean, 0.0));
}

#[test]
fn empirical_times_follow_their_quantiles() {
    let points = [(0.0, 1), (0.5, 2), (0.9, 4), (1.0, 9)].map(|(level, ms)| (level, Span::from_millis(ms)));
    let time = ServiceTime::Empirical(Quantiles::new(&points).unwrap());
    // 0.5 * 1.5 + 0.4 * 3 + 0.1 * 6.5.
    close(time.mean_s(), 0.0026, 1e-12);
    let (mean, cv, _) = moments(&time);
    close(mean, 0.0026, 0.005);
    close(cv * cv, time.scv(), 0.01);
    let mut stream = Streams::new(3, 0).stream(Purpose::Service, "empirical");
    let draws: Vec<Span> = (0..100_000).map(|_| time.sample(&mut stream)).collect();
    for (level, at) in points {
        let below = draws.iter().filter(|draw| **draw <= at).count() as f64 / draws.len() as f64;
        assert!((below - level).abs() < 0.006, "{below} of the draws within {at}, not {level}");
    }
    // Beyond the levels given, the nearest of them.
    let flat = ServiceTime::Empirical(Quantiles::new(&[(0.25, Span(100)), (0.75, Span(200))]).unwrap());
    close(flat.mean_s(), (0.25 * 100.0 + 0.5 * 150.0 + 0.25 * 200.0) / 1e9, 1e-12);
    let millis = Span::from_millis;
    assert_eq!(Quantiles::new(&[(0.5, millis(1))]), Err("needs at least two quantiles"));
    assert_eq!(Quantiles::new(&[(0.5, millis(1)), (50.0, millis(2))]), Err("a level must lie within 0 to 1"));
    assert_eq!(Quantiles::new(&[(f64::NAN, millis(1)), (0.5, millis(2))]), Err("a level must lie within 0 to 1"));
    assert_eq!(Quantiles::new(&[(0.5, millis(2)), (0.9, millis(1))]), Err("times must not fall as levels rise"));
    assert_eq!(Quantiles::new(&[(0.0, millis(0)), (1.0, millis(0))]), Err("the longest time must be longer than zero"));
}

#[test]
fn draws_are_the_same_on_every_machine() {
    let sum = |time: &ServiceTime| {
        let mut stream = Streams::new(9, 0).stream(Purpose::Service, "portable");
        (0..100_000).map(|_| time.sample(&mut stream).0).fold(0_u64, u64::wrapping_add)
    };
    let of = |distribution, cv| sum(&ServiceTime::new(distribution, Span::from_millis(4), cv));
    let sums = [of(Distribution::Exponential, 1.0), of(Distribution::Lognormal, 0.3), of(Distribution::Gamma, 0.5)];
    assert_eq!(sums, [401_576_940_145, 400_140_137_646, 399_959_953_917]);
}
