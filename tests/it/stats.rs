//! Statistics against closed forms, an independent library, and simulated coverage.

use keyfleet::rng::{Purpose, Stream, Streams, exponential, normal, unit};
use keyfleet::stats::{
    Decision, Doubt, Estimate, Histogram, Quantile, Sparse, Stopping, autocorrelation, batch_means, beta_quantile,
    bonferroni, clopper_pearson, incomplete_beta, jackknife, mean, mser5, normal_quantile, paired_difference,
    proportion, student_t_quantile,
};
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

fn stream(id: &str) -> Stream {
    Streams::new(11, 0).stream(Purpose::Requests, id)
}

fn histogram(values: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for value in values {
        histogram.record(*value);
    }
    histogram
}

fn close(actual: f64, expected: f64, relative: f64) {
    assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} is not {expected} within {relative}");
}

#[test]
fn small_values_are_exact() {
    let values: Vec<u64> = (1..=200).collect();
    let histogram = histogram(&values);
    for (q, expected) in [(0.0, 1.0), (0.005, 1.0), (0.5, 100.0), (0.07, 14.0), (0.99, 198.0), (1.0, 200.0)] {
        assert_eq!(histogram.quantile(q), Some(Quantile::Finite(expected)), "q = {q}");
    }
    assert_eq!(histogram.mean(), Some(100.5));
    assert_eq!(histogram.sum(), 20_100);
    assert_eq!(histogram.max(), Some(200));
    assert_eq!(histogram.fraction_above(150), Some(0.25));
    assert_eq!(histogram.fraction_above(200), Some(0.0));
}

#[test]
fn the_unanswered_count_as_infinite() {
    let mut histogram = histogram(&[0, 0, 10, 20, 30, 40, 50, 60, 70]);
    histogram.record_infinite();
    assert_eq!(histogram.count(), 10);
    assert_eq!(histogram.zeros(), 2);
    assert_eq!(histogram.quantile(0.9), Some(Quantile::Finite(70.0)));
    assert_eq!(histogram.quantile(0.91), Some(Quantile::Infinite));
    assert_eq!(histogram.quantile(0.91).unwrap().nanoseconds(), f64::INFINITY);
    assert_eq!(histogram.fraction_above(50), Some(0.3));
    assert!(Quantile::Infinite > Quantile::Finite(f64::MAX));
}

#[test]
fn nothing_recorded_nothing_told() {
    let empty = Histogram::default();
    assert_eq!((empty.quantile(0.5), empty.mean(), empty.max(), empty.fraction_above(0)), (None, None, None, None));
    let mut refused = Histogram::default();
    refused.record_infinite();
    assert_eq!((refused.mean(), refused.quantile(0.0)), (None, Some(Quantile::Infinite)));
    assert_eq!(refused.fraction_above(u64::MAX), Some(1.0));
}

#[test]
fn a_bucket_beyond_32_bits_survives_the_sparse_form() {
    let mut histogram = Histogram::default();
    histogram.record_n(1_000_000, 10_000_000_000);
    histogram.record_n(5, 3);
    let mut back = Histogram::default();
    Sparse::from(&histogram).merge_into(&mut back);
    assert_eq!(back, histogram);
}

fn values() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![0_u64..1000, 0_u64..2_000_000_000, any::<u64>()], 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn quantiles_stay_within_a_bucket(mut values in values(), q in 0.0_f64..=1.0) {
        let histogram = histogram(&values);
        let sparse = Sparse::from(&histogram);
        values.sort_unstable();
        let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
        let exact = values[rank - 1] as f64;
        let found = histogram.quantile(q).unwrap().finite().unwrap();
        prop_assert!((found - exact).abs() <= exact / 128.0, "{found} for {exact}");
        prop_assert_eq!(sparse.quantile(q), histogram.quantile(q));
        prop_assert_eq!(sparse.mean(), histogram.mean());
    }

    #[test]
    fn merging_is_recording_together(left in values(), right in values()) {
        let mut merged = histogram(&left);
        merged.merge(&histogram(&right));
        let mut sparse = histogram(&right);
        Sparse::from(&histogram(&left)).merge_into(&mut sparse);
        let together = histogram(&[left, right].concat());
        prop_assert_eq!(&merged, &together);
        prop_assert_eq!(&sparse, &together);
    }

    #[test]
    fn the_fraction_above_is_right_within_a_bucket(values in values(), limit in any::<u64>(), scale in 0_u32..64) {
        let limit = limit >> scale;
        let histogram = histogram(&values);
        let share = |least: u64| values.iter().filter(|value| **value > least).count() as f64 / values.len() as f64;
        let found = histogram.fraction_above(limit).unwrap();
        let width = limit / 127 + 1;
        prop_assert!(found <= share(limit.saturating_sub(width)) + 1e-12, "{found}");
        prop_assert!(found >= share(limit.saturating_add(width)) - 1e-12, "{found}");
    }
}

#[test]
fn normal_quantiles_agree_with_a_reference() {
    let reference = Normal::new(0.0, 1.0).unwrap();
    for p in [1e-12, 1e-6, 0.001, 0.025, 0.2, 0.5, 0.7, 0.95, 0.975, 0.999, 0.999_999] {
        let x = normal_quantile(p);
        assert!((x - reference.inverse_cdf(p)).abs() < 1e-9 * x.abs().max(1.0), "p = {p}: {x}");
        // The error function of libm is an independent witness where the reference's inverse is the weaker.
        close(0.5 * libm::erfc(-x / std::f64::consts::SQRT_2), p, 1e-12);
    }
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal_quantile(1.0), f64::INFINITY);
    assert!(normal_quantile(1.1).is_nan());
}

#[test]
fn student_quantiles_agree_with_tables_and_a_reference() {
    // One degree of freedom is Cauchy: tan(pi (p - 1/2)); two: (2p - 1) / sqrt(2 p (1 - p)).
    close(student_t_quantile(0.975, 1.0), libm::tan(std::f64::consts::PI * 0.475), 1e-12);
    close(student_t_quantile(0.975, 2.0), 0.95 / (2.0_f64 * 0.975 * 0.025).sqrt(), 1e-12);
    close(student_t_quantile(0.975, 9.0), 2.262_157_162_798_205, 1e-12);
    assert_eq!(student_t_quantile(0.5, 9.0), 0.0);
    for degrees in [1.0, 2.0, 3.0, 4.0, 9.0, 19.0, 59.0, 500.0, 1e6] {
        let reference = StudentsT::new(0.0, 1.0, degrees).unwrap();
        for p in [0.0005, 0.025, 0.3, 0.55, 0.9, 0.95, 0.975, 0.995, 0.9995] {
            let t = student_t_quantile(p, degrees);
            close(reference.cdf(t), p, 1e-9);
            assert_eq!(student_t_quantile(1.0 - p, degrees).signum(), -t.signum());
        }
    }
}

#[test]
fn the_incomplete_beta_agrees_with_a_reference() {
    for (a, b) in
        [(0.5, 0.5), (1.0, 1.0), (2.0, 5.0), (0.5, 30.0), (40.0, 2.5), (300.0, 700.0), (1.0, 1e6), (500.0, 500.0)]
    {
        for x in [1e-9, 1e-6, 0.001, 0.1, 0.29, 0.3, 0.499, 0.5, 0.9, 0.999] {
            let expected = statrs::function::beta::beta_reg(a, b, x);
            let found = incomplete_beta(a, b, x);
            assert!(
                (found - expected).abs() <= 1e-9 * expected.max(1e-12),
                "I_{x}({a}, {b}) = {found}, not {expected}"
            );
        }
        for p in [1e-6, 0.025, 0.5, 0.975] {
            close(incomplete_beta(a, b, beta_quantile(p, a, b)), p, 1e-9);
        }
    }
    // Closed forms where the reference loses digits: I_x(1, b) = 1 - (1 - x)^b, and a symmetric one.
    close(incomplete_beta(1.0, 1e9, 1e-9), -libm::expm1(1e9 * libm::log1p(-1e-9)), 1e-12);
    for a in [1.0, 31.0, 5e4, 1e9] {
        close(incomplete_beta(a, a, 0.5), 0.5, 1e-11);
    }
}

#[test]
fn clopper_pearson_agrees_with_the_rule_of_three_and_binomial_tails() {
    let none = clopper_pearson(0, 1000, 0.95).unwrap();
    assert_eq!(none.low, 0.0);
    // 1 - 0.025^(1/n).
    close(none.high, -libm::expm1(libm::log(0.025) / 1000.0), 1e-12);
    assert_eq!(clopper_pearson(1000, 1000, 0.95).unwrap().high, 1.0);
    for (events, trials) in [(1_u64, 10_u64), (3, 50), (50, 100), (999, 1000)] {
        let interval = clopper_pearson(events, trials, 0.95).unwrap();
        // By definition: P(X >= k | low) = P(X <= k | high) = 2.5 %.
        let (k, n) = (events as f64, trials as f64);
        close(statrs::function::beta::beta_reg(k, n - k + 1.0, interval.low), 0.025, 1e-9);
        close(1.0 - statrs::function::beta::beta_reg(k + 1.0, n - k, interval.high), 0.025, 1e-9);
        let estimate = proportion(events, trials, 0.95).unwrap();
        let arm = (interval.high - estimate.value).max(estimate.value - interval.low);
        assert_eq!(estimate.half_width, Some(arm));
    }
    // The reference loses digits for a million trials; there the seven terms of the binomial tail are summed instead.
    let high = clopper_pearson(7, 1_000_000, 0.95).unwrap().high;
    let mut term = libm::exp(1e6 * libm::log1p(-high));
    let mut tail = term;
    for k in 1..=7 {
        term *= (1e6 - f64::from(k) + 1.0) / f64::from(k) * high / (1.0 - high);
        tail += term;
    }
    close(tail, 0.025, 1e-9);
    assert!(proportion(0, 1_000_000_000, 0.95).unwrap().half_width.unwrap() > 3.6e-9);
    assert_eq!(clopper_pearson(0, 0, 0.95), None);
    assert_eq!(clopper_pearson(2, 1, 0.95), None);
}

#[test]
fn the_t_interval_covers_as_often_as_it_says() {
    let mut stream = stream("coverage");
    let trials = 20_000;
    let covered = (0..trials)
        .filter(|_| {
            let values: Vec<f64> = (0..6).map(|_| 3.0 + normal(&mut stream)).collect();
            let interval = mean(&values, 0.9).unwrap().interval().unwrap();
            interval.low <= 3.0 && 3.0 <= interval.high
        })
        .count();
    // 90 %, standard error 0.2 %; with the normal instead of Student's quantile it would be 84 %.
    close(covered as f64 / f64::from(trials), 0.9, 0.008);
}

#[test]
fn too_little_gives_no_width() {
    assert_eq!(mean(&[], 0.95), None);
    assert_eq!(mean(&[4.0], 0.95), Some(Estimate::bare(4.0)));
    assert_eq!(mean(&[4.0, f64::INFINITY], 0.95), Some(Estimate::bare(f64::INFINITY)));
}

#[test]
fn pairing_cancels_common_luck() {
    let mut stream = stream("pairs");
    let luck: Vec<f64> = (0..20).map(|_| 10.0 * normal(&mut stream)).collect();
    let candidate: Vec<f64> = luck.iter().map(|luck| luck + 1.0 + 0.1 * normal(&mut stream)).collect();
    let difference = paired_difference(&luck, &candidate, 0.95).unwrap();
    close(difference.value, 1.0, 0.1);
    assert!(difference.half_width.unwrap() < 0.1);
    assert_eq!(paired_difference(&luck, &candidate[1..], 0.95), None);
    close(bonferroni(0.95, 5), 0.99, 1e-12);
}

#[test]
fn the_jackknife_of_a_mean_is_the_t_interval() {
    let mut stream = stream("jackknife mean");
    let replications: Vec<Histogram> = (0..12)
        .map(|_| histogram(&(0..50).map(|_| (1e6 * exponential(&mut stream)) as u64).collect::<Vec<_>>()))
        .collect();
    let means: Vec<f64> = replications.iter().map(|histogram| histogram.mean().unwrap()).collect();
    let expected = mean(&means, 0.95).unwrap();
    let pooled: Vec<&Histogram> = replications.iter().collect();
    let [found, max] = jackknife(&pooled, 0.95, |pool| [pool.mean(), pool.max().map(|max| max as f64)]);
    let found = found.unwrap();
    close(found.value, expected.value, 1e-12);
    close(found.half_width.unwrap(), expected.half_width.unwrap(), 1e-9);
    let maxima = replications.iter().filter_map(Histogram::max).max().unwrap();
    assert_eq!(max.unwrap().value, maxima as f64);
}

#[test]
fn the_jackknife_covers_the_true_p99() {
    let mut stream = stream("jackknife p99");
    let truth = -libm::log(0.01) * 1e6;
    let trials = 400;
    let covered = (0..trials)
        .filter(|_| {
            let replications: Vec<Histogram> = (0..10)
                .map(|_| histogram(&(0..1000).map(|_| (1e6 * exponential(&mut stream)) as u64).collect::<Vec<_>>()))
                .collect();
            let pooled: Vec<&Histogram> = replications.iter().collect();
            let [p99] = jackknife(&pooled, 0.95, |pool| [pool.quantile(0.99).map(Quantile::nanoseconds)]);
            let interval = p99.unwrap().interval().unwrap();
            interval.low <= truth && truth <= interval.high
        })
        .count();
    assert!((368..=398).contains(&covered), "{covered} of {trials}");
}

#[test]
fn the_jackknife_of_an_outage_has_no_width() {
    let mut down = histogram(&[1, 2, 3]);
    for _ in 0..3 {
        down.record_infinite();
    }
    let up = histogram(&[1, 2, 3, 4, 5, 6]);
    let quantiles = |pool: &Histogram| [0.5, 0.99].map(|q| pool.quantile(q).map(Quantile::nanoseconds));
    let [half, tail] = jackknife(&[&down, &up, &up], 0.95, quantiles);
    assert!(half.unwrap().half_width.is_some());
    assert_eq!(tail, Some(Estimate::bare(f64::INFINITY)));
    assert_eq!(jackknife(&[], 0.95, quantiles), [None, None]);
}

#[test]
fn mser_finds_a_planted_transient() {
    let mut stream = stream("mser");
    let planted: Vec<f64> = (0..2000)
        .map(|i| normal(&mut stream) + if i < 200 { 8.0 * (1.0 - f64::from(i) / 200.0) } else { 0.0 })
        .collect();
    let cut = mser5(&planted).expect("the transient is short");
    assert!((120..400).contains(&cut), "cut at {cut}");
    let ramp: Vec<f64> = (0..2000).map(|i| f64::from(i) / 100.0 + normal(&mut stream)).collect();
    assert_eq!(mser5(&ramp), None, "a series that never settles");
    assert_eq!(mser5(&[1.0; 100]), Some(0), "nothing to cut");
    assert_eq!(mser5(&[1.0; 20]), None, "too short to tell");
}

#[test]
fn batch_means_see_correlation() {
    let mut stream = stream("batch means");
    // AR(1) with coefficient 0.9: the variance of the mean is (1 + 0.9) / (1 - 0.9) = 19 times that of independent values.
    let mut state = 0.0;
    let series: Vec<f64> = (0..100_000)
        .map(|_| {
            state = 0.9 * state + normal(&mut stream);
            state
        })
        .collect();
    close(autocorrelation(&series, 1).unwrap(), 0.9, 0.01);
    close(autocorrelation(&series, 10).unwrap(), 0.348_678, 0.1);
    assert_eq!(autocorrelation(&[1.0, 1.0, 1.0], 1), None);
    let naive = mean(&series, 0.95).unwrap().half_width.unwrap();
    let batched = batch_means(&series, 20, 0.95).unwrap();
    let ratio = batched.half_width.unwrap() / naive;
    assert!((3.0..6.0).contains(&ratio), "{ratio} against the theoretical 4.36 (t of 19 degrees: 4.66)");
    assert!(batched.value.abs() < 2.0 * batched.half_width.unwrap());
    assert_eq!(batch_means(&series[..5], 10, 0.95), None);
}

#[test]
fn stopping_is_decided_by_round() {
    let stopping = Stopping { min: 10, max: 40, relative_half_width: 0.05 };
    let little = Doubt { half_width: 4.0, scale: 100.0 };
    let much = Doubt { half_width: 6.0, scale: 100.0 };
    assert_eq!(stopping.decide(0, &[]), Decision::Continue(10));
    assert_eq!(stopping.decide(4, &[little]), Decision::Continue(6));
    assert_eq!(stopping.decide(10, &[]), Decision::Settled);
    assert_eq!(stopping.decide(10, &[little, little]), Decision::Settled);
    assert_eq!(stopping.decide(10, &[little, much]), Decision::Continue(5));
    assert_eq!(stopping.decide(33, &[much]), Decision::Continue(7));
    assert_eq!(stopping.decide(40, &[much]), Decision::Exhausted);
    assert_eq!(stopping.decide(40, &[little]), Decision::Settled);
    for half_width in [0.001, f64::INFINITY] {
        assert_eq!(stopping.decide(10, &[Doubt { half_width, scale: 0.0 }]), Decision::Continue(5));
    }
    let one = Stopping { min: 10, max: 1, relative_half_width: 0.05 };
    assert_eq!((one.decide(0, &[]), one.decide(1, &[much])), (Decision::Continue(1), Decision::Exhausted));
    assert_eq!(Stopping::default(), stopping);
}

#[test]
fn a_million_values_stay_small() {
    let mut stream = stream("cost");
    let mut histogram = Histogram::default();
    for _ in 0..1_000_000 {
        histogram.record((1e6 * unit(&mut stream)) as u64);
    }
    close(histogram.mean().unwrap(), 5e5, 0.002);
    assert!(serde_json::to_string(&Sparse::from(&histogram)).unwrap().len() < 40_000);
}
