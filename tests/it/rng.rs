//! The ziggurat draws against their distribution functions (Kolmogorov-Smirnov), and the independence of keyed draws.

use keyfleet::rng::{self, Purpose, Streams, exponential, normal, unit};

const DRAWS: usize = 400_000;

/// The greatest distance between the sample's and the true distribution function, times the root of the sample size: above 1.95 once
/// in a thousand samples (Kolmogorov 1933).
fn kolmogorov(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = |(index, x): (usize, &f64)| {
        let expected = cdf(*x);
        (expected - index as f64 / n).abs().max(((index + 1) as f64 / n - expected).abs())
    };
    sample.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[test]
fn normal_draws_are_normal() {
    let mut stream = Streams::new(7, 0).stream(Purpose::Service, "ks");
    let sample: Vec<f64> = (0..DRAWS).map(|_| normal(&mut stream)).collect();
    // Beyond the ziggurat's base layer, where another sampler takes over: 2 * 400 000 * (1 - Phi(3.654)) = 103.
    let far = sample.iter().filter(|x| x.abs() > 3.654_152_885_361_009).count();
    assert!((65..145).contains(&far), "{far} in the tails");
    let statistic = kolmogorov(sample, normal_cdf);
    assert!(statistic < 1.63, "{statistic}");
}

#[test]
fn exponential_draws_are_exponential() {
    let mut stream = Streams::new(7, 0).stream(Purpose::Arrivals, "ks");
    let sample: Vec<f64> = (0..DRAWS).map(|_| exponential(&mut stream)).collect();
    // 400 000 * exp(-7.697) = 182.
    let far = sample.iter().filter(|x| **x > 7.697_117_470_131_05).count();
    assert!((130..240).contains(&far), "{far} in the tail");
    let statistic = kolmogorov(sample, |x| 1.0 - libm::exp(-x));
    assert!(statistic < 1.63, "{statistic}");
}

#[test]
fn a_wrong_distribution_is_noticed() {
    let mut stream = Streams::new(7, 0).stream(Purpose::Service, "ks");
    let sample: Vec<f64> = (0..DRAWS).map(|_| 1.02 * normal(&mut stream)).collect();
    assert!(kolmogorov(sample, normal_cdf) > 1.63);
}

#[test]
fn keyed_draws_of_neighbours_are_independent() {
    let key = Streams::new(7, 0).key(Purpose::Requests, "ks");
    let first: Vec<f64> = (0..DRAWS as u64).map(|request| unit(&mut key.draws(request, 0))).collect();
    assert!(kolmogorov(first.clone(), |x| x) < 1.63);
    let retry = (0..DRAWS as u64).map(|request| unit(&mut key.draws(request, 1)));
    let product: f64 = first.iter().zip(retry).map(|(a, b)| (a - 0.5) * (b - 0.5)).sum::<f64>() / DRAWS as f64;
    let correlation = product * 12.0 * (DRAWS as f64).sqrt();
    assert!(correlation.abs() < 3.3, "request and retry: {correlation}");
    let lag: f64 = first.windows(2).map(|pair| (pair[0] - 0.5) * (pair[1] - 0.5)).sum::<f64>() / DRAWS as f64;
    let correlation = lag * 12.0 * (DRAWS as f64).sqrt();
    assert!(correlation.abs() < 3.3, "neighbouring requests: {correlation}");
}

#[test]
fn the_exponential_function_of_the_samplers_is_exact_to_13_digits() {
    let mut worst = 0.0_f64;
    for i in -1_400_000..=1_400_000 {
        let x = f64::from(i) * 0.000_499_7;
        worst = worst.max((rng::exp(x) / libm::exp(x) - 1.0).abs());
    }
    assert!(worst < 2e-14, "{worst}");
    assert_eq!((rng::exp(0.0), rng::exp(-1e4), rng::exp(1e4)), (1.0, 0.0, f64::INFINITY));
    assert!(rng::exp(f64::NAN).is_nan());
}
