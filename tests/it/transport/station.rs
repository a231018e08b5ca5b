//! The front end as a queueing station.

use keyfleet::net::FrontEnd;
use keyfleet::rng::{Purpose, Streams, exponential, unit};
use keyfleet::time::{Span, Time};

/// Each job starts when it is there and a worker is free, in the order of arrival: found anew from the list of all ends.
#[test]
fn first_come_is_first_served() {
    let mut luck = Streams::new(7, 0).stream(Purpose::Network, "station");
    for (workers, queue) in [(1, 1_000), (3, 1_000), (3, 4), (2, 0)] {
        let mut front = FrontEnd::new(workers, queue);
        let (mut now, mut taken, mut refused) = (Time::ZERO, Vec::<(Time, Time)>::new(), 0);
        for _ in 0..5_000 {
            now += Span::from_secs_f64(1e-3 * exponential(&mut luck) / f64::from(workers));
            let work = Span::from_secs_f64(if unit(&mut luck) < 0.3 { 2e-3 } else { 0.8e-3 });
            let waiting = taken.iter().filter(|(start, _)| *start > now).count();
            let mut ends: Vec<Time> = taken.iter().map(|(_, end)| *end).collect();
            ends.sort_unstable();
            let free = ends.len().checked_sub(workers as usize).map_or(Time::ZERO, |i| ends[i]);
            let start = free.max(now);
            let expected = (start == now || waiting < queue as usize).then(|| (start.since(now), start + work));
            assert_eq!(front.take(now, work), expected, "{workers} workers, {queue} may wait");
            match expected {
                Some((_, end)) => taken.push((start, end)),
                None => refused += 1,
            }
        }
        assert_eq!(refused > 100, queue < 100, "{refused}");
        front.clear();
        assert_eq!(front.take(now, Span(5)), Some((Span::ZERO, now + Span(5))), "what it worked on is lost");
    }
}

/// Pollaczek and Khinchine: of Poisson arrivals and constant work the mean wait is rho / (2 (1 - rho)) of the work.
#[test]
fn the_mean_wait_is_that_of_m_d_1() {
    let mut luck = Streams::new(8, 0).stream(Purpose::Network, "station");
    let (mut front, mut now, mut sum) = (FrontEnd::new(1, u32::MAX), Time::ZERO, 0.0);
    let (rho, work, n) = (0.7, Span::from_micros(500), 600_000);
    for _ in 0..n {
        now += work.scale(exponential(&mut luck) / rho);
        sum += front.take(now, work).unwrap().0.as_secs_f64();
    }
    let (mean, expected) = (sum / f64::from(n), work.as_secs_f64() * rho / (2.0 * (1.0 - rho)));
    assert!((mean / expected - 1.0).abs() < 0.02, "{mean}, not {expected}");
}
