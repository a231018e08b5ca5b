//! The arithmetic of custodians by itself: hours, calls out of hours, absence, travel, and the m-th of n.

use keyfleet::rng::{Purpose, Streams};
use keyfleet::scenario::{Custodians, Gathering, Person, Travel};
use keyfleet::time::{Span, Time};
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal};

/// Friday, 26 March 2027, 00:00 UTC: on the Sunday after it Berlin goes from UTC+1 to UTC+2.
const FRIDAY: i64 = 1_806_019_200;
const BERLIN: &str = "Europe/Berlin";

fn h(hours: f64) -> Time {
    Time::ZERO + Span::from_secs_f64(hours * 3_600.0)
}

fn minutes(minutes: u64) -> Span {
    Span::from_secs(minutes * 60)
}

/// Three of five, three quarters of an hour away, in office hours.
fn group() -> Custodians {
    Custodians {
        id: "ops".to_owned(),
        of: 5,
        quorum: 3,
        travel: Travel { median: minutes(45), sigma: 0.0 },
        hours: "Mon-Fri 08:00-18:00".parse().ok(),
        zone: None,
        on_call: 5,
        call_out: minutes(30),
        away: 0.0,
        back_in: minutes(24 * 60),
    }
}

/// People who are called, at an hour, with those away of these numbers.
fn called(group: &Custodians, at: Time, away: &[usize]) -> Gathering {
    let open = group.openings(BERLIN, FRIDAY, Span::from_secs(14 * 86_400));
    let person = |number| Person { away: away.contains(&number), travel: group.travel.median };
    let people: Vec<Person> = (0..usize::from(group.of)).map(person).collect();
    group.called((at, at), &open, &people)
}

#[test]
fn in_office_hours_all_set_off_at_once() {
    let group = group();
    // Friday 10:00 in Berlin, and a minute before its office hours end.
    for at in [9.0, 16.0 + 59.0 / 60.0] {
        let met = called(&group, h(at), &[]);
        assert_eq!(met.there, h(at + 0.75));
        assert_eq!((met.came, met.out_of_hours), (3, 0));
        assert_eq!(met.hours, minutes(3 * 2 * 45));
    }
}

#[test]
fn out_of_hours_those_on_call_set_off_later() {
    let met = called(&group(), h(17.0), &[]);
    assert_eq!(met.there, h(17.0 + 0.5 + 0.75));
    assert_eq!((met.came, met.out_of_hours), (3, 3));
}

/// Two on call are too few for three: the third sets off on Monday at 08:00, which is 06:00 UTC as clocks have been put forward; and
/// nobody goes there before it is of use.
#[test]
fn too_few_on_call_wait_for_office_hours_across_a_weekend() {
    let two = Custodians { on_call: 2, ..group() };
    let met = called(&two, h(17.0), &[]);
    assert_eq!(met.there, h(72.0 + 6.0 + 0.75));
    assert_eq!((met.came, met.out_of_hours), (3, 0));
    // A week before that Monday clocks have not been put forward: 07:00 UTC.
    let before = two.openings(BERLIN, FRIDAY - 7 * 86_400, Span::from_secs(7 * 86_400));
    let all = vec![Person { away: false, travel: minutes(45) }; 5];
    assert_eq!(two.called((h(17.0), h(17.0)), &before, &all).there, h(72.0 + 7.0 + 0.75));
}

/// Ten minutes before hours begin, half an hour to set off would be later than hours.
#[test]
fn hours_that_begin_are_sooner_than_a_call_out() {
    let at = h(78.0 - 1.0 / 6.0);
    let met = called(&group(), at, &[]);
    assert_eq!((met.there, met.out_of_hours), (h(78.75), 0));
}

#[test]
fn a_zone_of_their_own_counts_before_that_of_the_site() {
    let far = Custodians { zone: Some("America/New_York".to_owned()), on_call: 0, ..group() };
    // 08:00 in New York, UTC-4 since 14 March.
    assert_eq!(called(&far, h(9.0), &[]).there, h(12.75));
    let always = Custodians { hours: None, ..group() };
    assert_eq!(called(&always, h(3.0), &[]).there, h(3.75));
}

/// Two of five away leave three; with three away one of them is needed, a day later, on a Saturday.
#[test]
fn who_is_away_is_waited_for_when_there_are_too_few_others() {
    assert_eq!(called(&group(), h(9.0), &[0, 4]).there, h(9.75));
    let met = called(&group(), h(9.0), &[0, 2, 4]);
    assert_eq!((met.there, met.came, met.out_of_hours), (h(34.25), 3, 3));
    // Those on call are among those at hand.
    let two = Custodians { on_call: 2, quorum: 2, ..group() };
    assert_eq!(called(&two, h(17.0), &[0, 1]).there, h(18.25));
}

#[test]
fn whoever_is_called_while_none_can_be_reached_is_called_at_the_end_of_it() {
    let group = group();
    let open = group.openings(BERLIN, FRIDAY, Span::from_secs(14 * 86_400));
    let all = vec![Person { away: false, travel: minutes(45) }; 5];
    let met = group.called((h(9.0), h(11.0)), &open, &all);
    assert_eq!((met.there, met.out_of_hours), (h(11.75), 0));
    let met = group.called((h(9.0), h(19.0)), &open, &all);
    assert_eq!((met.there, met.out_of_hours), (h(20.25), 3));
}

/// Beyond what is known of hours nobody comes, and nothing overflows.
#[test]
fn hours_that_are_not_known_bring_nobody() {
    let nobody = Custodians { on_call: 0, ..group() };
    let met = called(&nobody, h(24.0 * 15.0), &[]);
    assert_eq!((met.there, met.came, met.hours), (Time::NEVER, 0, Span::ZERO));
}

/// Exactly: of n who are each away with probability p, fewer than m are at hand.
fn binomial(of: u32, quorum: u32, away: f64) -> f64 {
    let choose = |k: u32| (0..k).map(|i| f64::from(of - i) / f64::from(k - i)).product::<f64>();
    let one = |k: u32| choose(k) * libm::pow(1.0 - away, f64::from(k)) * libm::pow(away, f64::from(of - k));
    (0..quorum).map(one).sum()
}

#[test]
fn the_chance_of_too_few_is_binomial() {
    for (of, quorum) in [(1, 1), (3, 2), (5, 3), (7, 7), (64, 40)] {
        for away in [0.0, 1e-6, 0.1, 0.5, 0.9, 1.0] {
            let group = Custodians { of: of as u8, quorum: quorum as u8, away, ..group() };
            let (told, exact) = (group.short(), binomial(of, quorum, away));
            assert!((told - exact).abs() <= 1e-12 + 1e-9 * exact, "{quorum} of {of}, {away}: {told}, not {exact}");
        }
    }
    let few = Custodians { on_call: 2, ..group() };
    assert_eq!((few.short(), few.short_out_of_hours()), (0.0, 1.0));
}

/// So often a call has to wait for somebody who is away: 3 of 5 with a third away, 20.99 %.
#[test]
fn calls_wait_for_who_is_away_as_often_as_the_binomial_sum_says() {
    const OCCASIONS: u64 = 40_000;
    let group = Custodians { hours: None, away: 1.0 / 3.0, ..group() };
    let luck = Streams::new(7, 0).key(Purpose::People, "custodians ops");
    let open = [(Time::ZERO, Time::NEVER)];
    let late = |occasion: &u64| {
        let met = group.called((h(1.0), h(1.0)), &open, &group.people(luck, *occasion));
        assert!([h(1.75), h(25.75)].contains(&met.there));
        met.there > h(2.0)
    };
    let share = (0..OCCASIONS).filter(late).count() as f64 / OCCASIONS as f64;
    let exact = 51.0 / 243.0;
    assert!((group.short() - exact).abs() < 1e-12);
    let error = (exact * (1.0 - exact) / OCCASIONS as f64).sqrt();
    assert!((share - exact).abs() < 4.0 * error, "{share}, not {exact} ± {error}");
}

/// The mean of the m-th of n lognormal ways, by quadrature of one minus its distribution function.
fn quadrature(of: u32, quorum: u32, sigma: f64) -> f64 {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let step = 1e-3;
    (0..40_000)
        .map(|i| {
            let x = (f64::from(i) + 0.5) * step;
            // Fewer than m of n have arrived by x.
            binomial(of, quorum, 1.0 - normal.cdf(libm::log(x) / sigma)) * step
        })
        .sum()
}

#[test]
fn the_mean_of_the_last_who_is_needed_is_that_of_an_order_statistic() {
    const OCCASIONS: u64 = 40_000;
    let luck = Streams::new(11, 0).key(Purpose::People, "custodians ops");
    let open = [(Time::ZERO, Time::NEVER)];
    for (of, quorum, sigma) in [(5, 3, 0.5), (1, 1, 0.5), (4, 4, 0.8)] {
        let travel = Travel { median: minutes(60), sigma };
        let group = Custodians { hours: None, of: of as u8, quorum: quorum as u8, travel, ..group() };
        let wait = |occasion: u64| {
            let met = group.called((Time::ZERO, Time::ZERO), &open, &group.people(luck, occasion));
            met.there.as_secs_f64() / 3_600.0
        };
        let waits: Vec<f64> = (0..OCCASIONS).map(wait).collect();
        let mean = waits.iter().sum::<f64>() / OCCASIONS as f64;
        let variance = waits.iter().map(|wait| (wait - mean) * (wait - mean)).sum::<f64>() / OCCASIONS as f64;
        let (exact, error) = (quadrature(of, quorum, sigma), (variance / OCCASIONS as f64).sqrt());
        assert!((mean - exact).abs() < 4.0 * error + 1e-3, "{quorum} of {of}, {sigma}: {mean}, not {exact} ± {error}");
    }
}

/// Who is away does not shift how long others travel.
#[test]
fn draws_are_found_by_name() {
    let luck = Streams::new(3, 0).key(Purpose::People, "custodians ops");
    let some = Custodians { away: 0.5, travel: Travel { median: minutes(45), sigma: 0.7 }, ..group() };
    let none = Custodians { away: 0.0, of: 9, ..some.clone() };
    let (some, none) = (some.people(luck, 5), none.people(luck, 5));
    assert!(some.iter().zip(&none).all(|(a, b)| a.travel == b.travel));
    assert!(none.iter().all(|person| !person.away));
}

#[test]
fn what_is_agreed_is_held_in_office_hours_and_put_off_for_want_of_people() {
    let group = group();
    let open = group.openings(BERLIN, FRIDAY, Span::from_secs(14 * 86_400));
    let at_once = |at: Time| at;
    let people = |away: usize| -> Vec<Person> {
        (0..5).map(|number| Person { away: number < away, travel: minutes(45) }).collect()
    };
    // Due at 12:00 in Berlin, four hours and the way fit until 18:00; due at 14:00 they do not, and it is Monday.
    let met = group.invited((h(11.0), minutes(240)), at_once, &open, &people(2));
    assert_eq!((met.begins, met.gathering.there), (h(11.0), h(11.75)));
    let met = group.invited((h(13.0), minutes(240)), at_once, &open, &people(2));
    assert_eq!((met.agreed, met.begins), (h(78.0), h(78.0)));
    // Three are away: a day later, which is on Monday, too.
    let met = group.invited((h(11.0), minutes(240)), at_once, &open, &people(3));
    assert_eq!((met.agreed, met.begins, met.gathering.there), (h(11.0), h(78.0), h(78.75)));
    // None can be reached until Tuesday noon.
    let absent = |at: Time| at.max(h(106.0));
    let met = group.invited((h(11.0), minutes(60)), absent, &open, &people(0));
    assert_eq!((met.begins, met.gathering.out_of_hours), (h(106.0), 0));
    // They never come back.
    let met = group.invited((h(11.0), minutes(60)), |_| Time::NEVER, &open, &people(0));
    assert_eq!((met.begins, met.gathering.there), (Time::NEVER, Time::NEVER));
}

proptest! {
    /// More people at hand never make anybody wait longer, and nobody is there before somebody could be.
    #[test]
    fn more_people_are_never_later(
        away in proptest::collection::vec(any::<bool>(), 5),
        quorum in 1_u8..=5,
        on_call in 0_u8..=5,
        at in 0_u64..600_000,
    ) {
        let group = Custodians { quorum, on_call, ..group() };
        let open = group.openings(BERLIN, FRIDAY, Span::from_secs(28 * 86_400));
        let at = Time::ZERO + Span::from_secs(at);
        let there = |away: &[bool], group: &Custodians| {
            let people: Vec<Person> = away.iter().map(|away| Person { away: *away, travel: minutes(45) }).collect();
            group.called((at, at), &open, &people).there
        };
        let first = there(&away, &group);
        prop_assert!(first >= at + minutes(45));
        for back in 0..5 {
            let mut fewer = away.clone();
            fewer[back] = false;
            prop_assert!(there(&fewer, &group) <= first);
        }
        let more = Custodians { on_call: 5, ..group.clone() };
        prop_assert!(there(&away, &more) <= first);
        let fewer = Custodians { quorum: 1, ..group };
        prop_assert!(there(&away, &fewer) <= first);
    }
}
