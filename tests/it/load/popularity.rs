use keyfleet::load::Popularity;
use keyfleet::rng::{Purpose, Rng, Streams};

fn weights(n: u32, s: f64) -> Vec<f64> {
    let raw: Vec<f64> = (1..=n).map(|rank| libm::pow(f64::from(rank), -s)).collect();
    let sum: f64 = raw.iter().rev().sum();
    raw.iter().map(|w| w / sum).collect()
}

/// The exact probabilities of the keys: within a column the pick changes at one draw only, found by bisection.
fn probabilities(popularity: &Popularity) -> Vec<f64> {
    let n = u128::from(popularity.n());
    let start = |column: u128| (column << 64).div_ceil(n);
    let mut found = vec![0.0; n as usize];
    for column in 0..n {
        let (first, end) = (start(column), start(column + 1));
        let pick = |bits: u128| popularity.pick(bits as u64);
        let (mut low, mut high) = (first, end);
        while high - low > 1 {
            let middle = low.midpoint(high);
            *(if pick(middle) == pick(first) { &mut low } else { &mut high }) = middle;
        }
        found[pick(first) as usize] += (high - first) as f64;
        found[pick(end - 1) as usize] += (end - high) as f64;
    }
    found.iter().map(|draws| draws / 18_446_744_073_709_551_616.0).collect()
}

#[test]
fn the_table_has_the_weights_of_zipf() {
    for n in [1, 2, 3, 7, 1000, 30_000] {
        for s in [1e-17, 0.2, 0.7, 0.99, 1.0, 1.3, 3.0, 40.0] {
            let found = probabilities(&Popularity::zipf(n, s));
            for (rank, (found, wanted)) in found.iter().zip(weights(n, s)).enumerate() {
                let off = (found - wanted).abs();
                assert!(off < 1.0 / 2_147_483_648.0, "n {n}, s {s}, rank {rank}: {found}, not {wanted}");
            }
        }
    }
    assert!(probabilities(&Popularity::uniform(1000)).iter().all(|p| (p - 0.001).abs() < 1e-15));
}

#[test]
fn picks_follow_zipf() {
    let (n, draws) = (200, 1_000_000);
    let popularity = Popularity::zipf(n, 0.99);
    let mut stream = Streams::new(5, 0).stream(Purpose::Requests, "test");
    let mut counts = vec![0.0; n as usize];
    (0..draws).for_each(|_| counts[popularity.pick(stream.next_u64()) as usize] += 1.0);
    let expected = weights(n, 0.99);
    let chi2: f64 =
        counts.iter().zip(expected).map(|(c, p)| (c, p * f64::from(draws))).map(|(c, e)| (c - e) * (c - e) / e).sum();
    // 199 degrees of freedom: mean 199, standard deviation 20; 4 of them either way.
    assert!((119.0..279.0).contains(&chi2), "{chi2}");
}

#[test]
fn known_concentrations_over_a_hundred_thousand_keys() {
    // Share of the top key and of the top hundredth, in per cent.
    for (s, top, hundredth) in [(0.7, 1.0, 23.0), (0.99, 7.8, 61.0), (1.3, 26.0, 92.0)] {
        let found = probabilities(&Popularity::zipf(100_000, s));
        assert!((found[0] * 100.0 - top).abs() < 0.6, "{s}: {}", found[0]);
        assert!((found[..1000].iter().sum::<f64>() * 100.0 - hundredth).abs() < 0.6, "{s}");
    }
}

#[test]
fn every_draw_is_a_key() {
    for popularity in
        [Popularity::zipf(1, 1.0), Popularity::zipf(3, 0.0), Popularity::uniform(u32::MAX), Popularity::zipf(9, 2.0)]
    {
        for bits in [0, 1, 1 << 32, 1 << 63, u64::MAX - 1, u64::MAX] {
            assert!(popularity.pick(bits) < popularity.n());
        }
        assert_eq!(popularity.pick(0), 0);
    }
    assert_eq!(Popularity::uniform(u32::MAX).pick(u64::MAX), u32::MAX - 1);
}
