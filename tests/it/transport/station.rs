//! The front end as a queueing station.

use keyfleet::kms::{OriginId, SiteId};
use keyfleet::net::{Closed, Connections, FrontEnd, Peers, Trust};
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

/// A connection between sites is there from the start, is renewed beside the old one, and is waited for only after a break.
#[test]
fn only_after_a_break_is_a_peer_waited_for() {
    let (s, costs) = (|s: u64| Time::ZERO + Span::from_secs(s), (Span::from_millis(40), Span::from_secs(60)));
    let mut peers = Peers::default();
    let leave = |peers: &mut Peers, at: u64, trust: Trust| peers.leave(s(at), (3, 1), trust, s(30), costs);
    assert_eq!(leave(&mut peers, 10, Trust::Full), Some(s(10)));
    assert_eq!(leave(&mut peers, 20, Trust::OpenOnly), Some(s(20)), "open still");
    assert_eq!(leave(&mut peers, 31, Trust::Full), Some(s(31)), "renewed until 91 s");
    peers.cut([(1, 3)].into_iter());
    let ready = s(40) + costs.0;
    assert_eq!(leave(&mut peers, 40, Trust::Full), Some(ready), "broken");
    assert_eq!(leave(&mut peers, 40, Trust::Full), Some(ready), "and what comes behind it waits, too");
    assert_eq!(leave(&mut peers, 99, Trust::OpenOnly), Some(s(99)));
    assert_eq!(leave(&mut peers, 101, Trust::OpenOnly), None, "too old, and nobody connects anew");
    assert_eq!(leave(&mut peers, 102, Trust::None), None);
    assert_eq!(leave(&mut peers, 103, Trust::Full), Some(s(103) + costs.0), "with a new certificate");
    assert_eq!(leave(&mut peers, 104, Trust::None), None, "one that is known to be revoked ends what is open");
}

/// One connection of one client through its life.
#[test]
fn a_connection_is_open_until_it_is_idle_too_old_or_cut() {
    let (origin, site) = (OriginId(1), SiteId(2));
    let (pair, s) = ((origin, site), |s: u64| Time::ZERO + Span::from_secs(s));
    let mut all = Connections::new(&[1, 4], 3, Span::from_secs(10));
    let luck = u32::MAX / 2 + 2;
    assert_eq!(all.use_open(s(0), pair, luck), Some(2), "the third of four, who never called there");
    assert_eq!(all.closed(pair, 2), Closed::Ended(None));
    all.begin(pair, 2, 7);
    assert_eq!((all.use_open(s(1), pair, luck), all.closed(pair, 2)), (Some(2), Closed::UnderWay(7)));
    all.open(s(2), pair, 2, s(30));
    for at in [5, 14, 23] {
        assert_eq!(all.use_open(s(at), pair, luck), None, "used within ten seconds");
    }
    assert_eq!(all.use_open(s(30), pair, luck), Some(2), "too old");
    assert_eq!((all.closed(pair, 2), all.latest(origin, 2)), (Closed::Ended(Some(s(30))), Some(s(30))));
    all.open(s(40), pair, 2, s(99));
    all.begin(pair, 3, 8);
    let (open, under_way) = all.cut(s(45), true, |_, to| to == site);
    assert_eq!((open, under_way), (vec![(site, 1)], vec![8]));
    assert_eq!((all.use_open(s(46), pair, luck), all.closed(pair, 2)), (Some(2), Closed::Ended(Some(s(99)))));
    all.cut(s(47), false, |_, _| true);
    assert_eq!(all.closed(pair, 2), Closed::Ended(None), "and its ticket is gone");
    all.open(s(50), pair, 2, s(99));
    all.end_by(site, |_, client| s(50 + u64::from(client)));
    assert_eq!((all.use_open(s(51), pair, luck), all.use_open(s(52), pair, luck)), (None, Some(2)), "revoked");
}
