use keyfleet::load::{Arrivals, Curve, Pattern};
use keyfleet::rng::{Purpose, Streams};
use keyfleet::time::{Span, Time};
use std::sync::Arc;

const MINUTE: Span = Span::from_secs(60);

fn secs(s: u64) -> Time {
    Time::ZERO + Span::from_secs(s)
}

fn arrivals(seed: u64, curve: &Curve, pattern: Pattern, from: Time, until: Time) -> Arrivals {
    let stream = Streams::new(seed, 0).stream(Purpose::Arrivals, "test");
    Arrivals::new(stream, Arc::new(curve.clone()), pattern, from, until)
}

fn steps() -> Curve {
    Curve::new(MINUTE, vec![50.0, 0.0, 200.0, 10.0, 0.0, 0.0, 100.0])
}

/// Mean and variance over mean of counts.
fn dispersion(counts: &[f64]) -> (f64, f64) {
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    (mean, counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / (n - 1.0) / mean)
}

/// Counts in consecutive windows of the whole run.
fn counts(arrivals: Arrivals, window: Span, windows: usize) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    arrivals.for_each(|at| counts[(at.0 / window.0) as usize] += 1.0);
    counts
}

#[test]
fn poisson_counts_follow_the_steps() {
    let curve = steps();
    let per_slot: Vec<Vec<f64>> = (0..400)
        .map(|seed| counts(arrivals(seed, &curve, Pattern::Poisson, Time::ZERO, secs(420)), MINUTE, 7))
        .collect();
    for slot in 0..7 {
        let expected = curve.rates()[slot] * 60.0;
        let counts: Vec<f64> = per_slot.iter().map(|run| run[slot]).collect();
        if expected == 0.0 {
            assert!(counts.iter().all(|count| *count == 0.0), "slot {slot} has no demand");
            continue;
        }
        let (mean, ratio) = dispersion(&counts);
        // Four standard errors of a mean, and of a dispersion, over 400 runs.
        assert!((mean - expected).abs() < 4.0 * (expected / 400.0).sqrt(), "slot {slot}: {mean}, not {expected}");
        assert!((ratio - 1.0).abs() < 4.0 * (2.0 / 399.0_f64).sqrt(), "slot {slot}: variance {ratio} of the mean");
    }
}

#[test]
fn rescaled_gaps_are_exponential() {
    let curve = steps();
    let mut gaps: Vec<f64> = Vec::new();
    for seed in 0..3 {
        let mut before = Time::ZERO;
        for at in arrivals(seed, &curve, Pattern::Poisson, Time::ZERO, secs(420)) {
            gaps.push(curve.expected(before, at));
            before = at;
        }
    }
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    assert!((60_000.0..70_000.0).contains(&n), "{n}");
    let distance = gaps.iter().enumerate().map(|(i, gap)| (1.0 - libm::exp(-gap) - (i as f64 + 0.5) / n).abs());
    let distance = distance.fold(0.0, f64::max);
    // Kolmogorov-Smirnov at 0.1 %.
    assert!(distance < 1.95 / n.sqrt(), "{distance} with {n} gaps");
}

#[test]
fn rescaled_time_is_exact_across_slots() {
    // The unit process of the same stream, on a curve of one slot, mapped by hand.
    let curve = Curve::new(Span::from_secs(1), vec![0.5, 3.0, 0.0, 0.25, 7.0, 1e-3, 2.0]);
    let mapped = |units: f64| {
        let (mut left, mut slot) = (units, 0);
        while slot + 1 < curve.rates().len() && left >= curve.rates()[slot] {
            left -= curve.rates()[slot];
            slot += 1;
        }
        slot as f64 + left / curve.rates()[slot]
    };
    let until = secs(1000);
    let unit = arrivals(3, &Curve::constant(1.0), Pattern::Poisson, Time::ZERO, secs(2000));
    let found: Vec<Time> = arrivals(3, &curve, Pattern::Poisson, Time::ZERO, until).collect();
    assert!(found.len() > 1500);
    for (at, unit) in found.iter().zip(unit) {
        assert!((at.as_secs_f64() - mapped(unit.as_secs_f64())).abs() < 1e-5, "{at:?}");
    }
}

#[test]
fn constant_spacing_is_exact() {
    let even = |rate, from, until| -> Vec<Time> {
        arrivals(1, &Curve::constant(rate), Pattern::Constant, from, until).collect()
    };
    let found = even(1000.0, secs(5), secs(15));
    assert_eq!(found.len(), 10_000);
    assert!(found.windows(2).all(|pair| pair[1].since(pair[0]) == Span::from_millis(1)));
    // A third of a second is never early or late by a nanosecond, whatever the distance.
    let found = even(3.0, Time::ZERO, secs(1_000_000));
    assert_eq!(found.len(), 3_000_000);
    for (i, at) in found.iter().enumerate() {
        let ideal = found[0].0 + (i as u64 * 1_000_000_000) / 3;
        assert!(at.0.abs_diff(ideal) <= 1, "{i}: {at:?}");
    }
    // Where rates change, so does the spacing; nothing is lost between.
    let counts = counts(arrivals(1, &steps(), Pattern::Constant, Time::ZERO, secs(420)), MINUTE, 7);
    assert!(counts.iter().zip(steps().rates()).all(|(count, rate)| (count - rate * 60.0).abs() <= 1.0), "{counts:?}");
}

#[test]
fn bursts_have_the_dispersion_asked_for() {
    for burstiness in [1.0, 2.0, 10.0, 40.0] {
        let curve = Curve::constant(1000.0);
        let until = secs(16_000);
        // 8 s are 8000 requests: windows much longer than a burst. What is missing to the limit is known too.
        let counts =
            counts(arrivals(9, &curve, Pattern::Bursty { burstiness }, Time::ZERO, until), Span::from_secs(8), 2000);
        let (mean, ratio) = dispersion(&counts);
        let (units, rate) = (8000.0, 2.0 / f64::max(burstiness - 1.0, 1e-9));
        let limit = 1.0 + (burstiness - 1.0) * (1.0 - (1.0 - libm::exp(-rate * units)) / (rate * units));
        assert!((mean - units).abs() < 4.0 * (burstiness * units / 2000.0).sqrt(), "{burstiness}: mean {mean}");
        assert!((ratio / limit - 1.0).abs() < 4.0 * (2.0 / 2000.0_f64).sqrt(), "{burstiness}: {ratio}, not {limit}");
    }
}

#[test]
fn what_comes_later_does_not_change_what_was() {
    let (calm, stormy) = (Curve::new(MINUTE, vec![5.0, 9.0, 1.0]), Curve::new(MINUTE, vec![5.0, 9.0, 800.0, 3.0]));
    for pattern in [Pattern::Poisson, Pattern::Constant, Pattern::Bursty { burstiness: 5.0 }] {
        let run = |curve| -> Vec<Time> { arrivals(4, curve, pattern, Time::ZERO, secs(1000)).collect() };
        let (a, b) = (run(&calm), run(&stormy));
        let before = |all: &[Time]| all.iter().copied().filter(|at| *at < secs(120)).collect::<Vec<_>>();
        assert!(before(&a).len() > 500);
        assert_eq!(before(&a), before(&b), "{pattern:?}");
        assert_ne!(a, b);
        assert!(a.is_sorted());
    }
}

#[test]
fn arrivals_keep_to_their_bounds_and_end_for_good() {
    for pattern in [Pattern::Poisson, Pattern::Constant, Pattern::Bursty { burstiness: 3.0 }] {
        let mut found = arrivals(2, &Curve::constant(1e6), pattern, Time(1_500), Time(2_000_000));
        let all: Vec<Time> = found.by_ref().collect();
        assert!(all.len() > 1000 && all.iter().all(|at| (1_500..2_000_000).contains(&at.0)), "{pattern:?}");
        assert_eq!((found.next(), found.next()), (None, None));
        for (curve, until) in
            [(Curve::constant(0.0), Time::NEVER), (steps(), Time::ZERO), (steps().scale(0.0), secs(9))]
        {
            assert_eq!(arrivals(2, &curve, pattern, secs(3), until).next(), None);
        }
    }
    let fork = arrivals(2, &steps(), Pattern::Poisson, Time::ZERO, secs(420));
    assert!(fork.clone().eq(fork));
}

#[test]
fn a_year_keeps_its_nanoseconds() {
    const YEAR: u64 = 365 * 86_400;
    // Beyond 2^53 ns (104 days) a float in nanoseconds would only reach even numbers, then multiples of four.
    let curves = [
        Curve::constant(0.01),
        Curve::new(MINUTE, (0..YEAR / 60).map(|i| if i % 2 == 0 { 0.011 } else { 0.009 }).collect()),
    ];
    for curve in curves {
        let late: Vec<Time> = arrivals(6, &curve, Pattern::Poisson, Time::ZERO, secs(YEAR))
            .filter(|at| *at > secs(YEAR - 5_000_000))
            .collect();
        assert!((late.len() as f64 - 50_000.0).abs() < 1_200.0, "{}", late.len());
        let mut residues = [0.0; 8];
        late.iter().for_each(|at| residues[(at.0 % 8) as usize] += 1.0);
        let expected = late.len() as f64 / 8.0;
        let chi2: f64 = residues.iter().map(|n| (n - expected) * (n - expected) / expected).sum();
        assert!(chi2 < 24.3, "chi-square with 7 degrees of freedom at 0.1 %: {chi2} of {residues:?}");
    }
}
