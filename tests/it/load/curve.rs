use keyfleet::load::{Curve, Grid, LocalTime, Shape, Surge, parse_shapes};
use keyfleet::time::{Span, Time};

const MINUTE: Span = Span::from_secs(60);
const DAY: Span = Span::from_secs(86_400);

fn secs(s: u64) -> Time {
    Time::ZERO + Span::from_secs(s)
}

/// A run that begins on a Monday at midnight, local time, and has no holidays.
fn from_monday(at: Time) -> LocalTime {
    let hours = at.as_secs_f64() / 3600.0;
    let day = (hours / 24.0) as u64;
    LocalTime { hour: hours - 24.0 * day as f64, weekday: (day % 7) as u8, holiday: false }
}

const OFFICE: &str = r#"
[shape.office]
hours = [1, 1, 1, 1, 1, 1, 2, 4, 8, 9, 9, 8, 7, 8, 9, 9, 8, 6, 4, 3, 2, 2, 1, 1]
weekdays = [5, 5, 5, 5, 4, 1, 1]
holiday = 0.2
badge = "assumed"
source = "working hours"
"#;

fn office() -> Shape {
    parse_shapes(OFFICE).expect("valid").remove("office").expect("there")
}

#[test]
fn a_shape_has_mean_one_over_a_week_and_no_steps() {
    let grid = Grid { slot: MINUTE, horizon: DAY * 7 };
    let curve = Curve::seasonal(1000.0, &office(), 0.0, grid, from_monday);
    assert_eq!(curve.rates().len(), 7 * 1440);
    assert!((curve.mean() - 1000.0).abs() < 0.1, "{}", curve.mean());
    let (low, high) = curve.rates().iter().fold((f64::MAX, 0.0_f64), |(l, h), r| (l.min(*r), h.max(*r)));
    let around = curve.rates().iter().zip(curve.rates().iter().cycle().skip(1));
    let step = around.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(step < (high - low) / 60.0, "a step of {step} between {low} and {high}");
    // At half past nine on a Monday the ninth hour's factor holds.
    let shape = office();
    let monday = |hour, holiday| shape.at(LocalTime { hour, weekday: 0, holiday });
    let (hours, days) = (106.0 / 24.0, 26.0 / 7.0);
    assert!((monday(9.5, false) - 9.0 / hours * 5.0 / days).abs() < 1e-12);
    assert!((monday(9.5, true) - 0.2 * monday(9.5, false)).abs() < 1e-12, "a holiday against its weekday");
    assert!((monday(8.0, false) - 6.0 / hours * 5.0 / days).abs() < 1e-12, "between 4 and 8");
}

#[test]
fn shapes_that_make_no_sense_are_refused() {
    for (from, to, said) in [
        ("holiday = 0.2", "holiday = -1", "office.holiday"),
        ("holiday = 0.2", "holiday = nan", "office.holiday"),
        ("weekdays = [5, 5, 5, 5, 4, 1, 1]", "weekdays = [0, 0, 0, 0, 0, 0, 0]", "office.weekdays"),
        ("hours = [1,", "hours = [-1,", "office.hours"),
        ("hours = [1,", "hours = [inf,", "office.hours"),
        ("hours = [1, 1,", "hours = [1,", "hours"),
        ("holiday = 0.2", "", "holiday"),
        ("holiday = 0.2", "holiday = 0.2\nbank_holiday = 2", "bank_holiday"),
        ("assumed", "guessed", "guessed"),
        ("[shape.office]", "[form.office]", "form"),
        ("[shape.office]", "[shape.office", "1"),
    ] {
        assert!(OFFICE.contains(from));
        let message = parse_shapes(&OFFICE.replace(from, to)).unwrap_err().to_string();
        assert!(message.contains(said), "{to}: {message}");
    }
}

#[test]
fn what_is_constant_takes_one_slot() {
    let grid = Grid { slot: MINUTE, horizon: DAY * 365 };
    let flat = Curve::seasonal(7.0, &Shape::flat(), 0.0, grid, |_| unreachable!("nothing depends on local time"));
    assert_eq!(flat, Curve::constant(7.0));
    assert_eq!((flat.rates(), flat.slot()), (&[7.0][..], Span::MAX));
    assert_eq!(Curve::new(MINUTE, vec![7.0; 100]), flat);
    assert_eq!(Curve::sum([&flat, &flat, &Curve::constant(1.0)]).rates(), [15.0]);
    assert_eq!(Curve::sum([]), Curve::constant(0.0));
    assert_eq!(flat.surged(&[], grid), flat);
    assert_eq!(flat.busiest(MINUTE, Time::ZERO), Time::ZERO);
    assert_eq!(flat.expected(secs(10), secs(20)), 70.0);
    assert_eq!(flat.rate_at(Time::NEVER), 7.0);
}

#[test]
fn growth_is_compound_from_the_start() {
    let grid = Grid { slot: Span::from_secs(3600), horizon: DAY * 730 };
    let curve = Curve::seasonal(100.0, &Shape::flat(), 0.18, grid, from_monday);
    for (years, rate) in [(0, 100.0), (1, 118.0), (2, 100.0 * 1.18 * 1.18)] {
        let rate_then = curve.rate_at(Time::ZERO + DAY * 365 * years);
        assert!((rate_then / rate - 1.0).abs() < 2e-5, "{years}: {rate_then}");
    }
}

#[test]
fn expected_counts_are_the_integral() {
    let curve = Curve::new(MINUTE, vec![1.0, 2.0, 4.0]);
    assert_eq!(curve.expected(Time::ZERO, secs(180)), 420.0);
    assert_eq!(curve.expected(secs(30), secs(90)), 30.0 + 60.0);
    assert_eq!(curve.expected(secs(170), secs(200)), 120.0, "the last rate holds for ever");
    assert_eq!(curve.expected(secs(90), secs(30)), 0.0);
    assert_eq!((curve.rate_at(secs(59)), curve.rate_at(secs(60)), curve.rate_at(secs(999))), (1.0, 2.0, 4.0));
    assert_eq!(curve.scale(0.5).rates(), [0.5, 1.0, 2.0]);
    assert_eq!(curve.scale(0.0), Curve::constant(0.0));
}

#[test]
fn a_sum_has_the_slots_of_both() {
    let a = Curve::new(Span::from_secs(90), vec![1.0, 2.0]);
    let b = Curve::new(MINUTE, vec![10.0, 20.0, 30.0, 40.0]);
    let sum = Curve::sum([&a, &b, &Curve::constant(100.0)]);
    assert_eq!(sum.slot(), Span::from_secs(30));
    assert_eq!(sum.rates(), [111.0, 111.0, 121.0, 122.0, 132.0, 132.0, 142.0, 142.0]);
}

#[test]
fn the_busiest_window_is_found_off_the_grid_too() {
    let curve = Curve::new(MINUTE, vec![1.0, 5.0, 3.0, 1.0, 4.0, 4.0, 1.0]);
    assert_eq!(curve.busiest(Span::from_secs(10), Time::ZERO), secs(60));
    assert_eq!(curve.busiest(MINUTE, Time::ZERO), secs(60));
    assert_eq!(curve.busiest(Span::from_secs(80), Time::ZERO), secs(60), "a minute of 5 and 20 s of 3 beat 80 s of 4");
    assert_eq!(curve.busiest(Span::from_secs(150), Time::ZERO), secs(30), "8.5 from 30 s and from 60 s: the earlier");
    assert_eq!(curve.busiest(Span::from_secs(350), Time::ZERO), secs(10), "starts late to end with the last 4");
    assert_eq!(curve.busiest(Span::from_secs(10_000), Time::ZERO), Time::ZERO);
    assert_eq!(curve.busiest(Span::from_secs(10), secs(70)), secs(70), "not before it is asked for");
    assert_eq!(curve.busiest(Span::from_secs(10_000), secs(70)), secs(70));
    // The same day over and over: the first peak, in spite of rounding.
    let day: Vec<f64> = (0..1440).map(|i| 1.0 + f64::from(720_i32 - (i - 720_i32).abs()) / 7.0).collect();
    let year = Curve::new(MINUTE, day.iter().copied().cycle().take(1440 * 365).collect());
    assert_eq!(year.busiest(Span::from_secs(3600), Time::ZERO), secs((720 - 30) * 60));
    // By brute force.
    let rates: Vec<f64> = (0..200_u64).map(|i| (i * 7919 % 101) as f64).collect();
    let curve = Curve::new(MINUTE, rates);
    for width in [61, 100, 333, 1000, 6000].map(Span::from_secs) {
        let count = |start: Time| curve.expected(start, start + width);
        let best = (0..=12_000 - width.0 / 1_000_000_000).map(|s| count(secs(s))).fold(0.0, f64::max);
        let found = curve.busiest(width, Time::ZERO);
        assert!((count(found) - best).abs() < 1e-6, "{width}: {} at {found}, not {best}", count(found));
    }
}

#[test]
fn surges_ramp_and_keep_their_integral() {
    let grid = Grid { slot: MINUTE, horizon: Span::from_secs(7200) };
    let surge = Surge { from: secs(600), until: secs(3600), factor: 3.0, ramp: Span::from_secs(300) };
    let curve = Curve::constant(10.0).surged(&[surge], grid);
    assert_eq!(curve.rate_at(secs(599)), 10.0);
    for (at, rate) in [(600, 12.0), (660, 16.0), (840, 28.0), (900, 30.0), (3299, 30.0), (3300, 28.0), (3540, 12.0)] {
        assert!((curve.rate_at(secs(at)) - rate).abs() < 1e-9, "{at}: {}", curve.rate_at(secs(at)));
    }
    assert_eq!(curve.rate_at(secs(3600)), 10.0);
    let whole = |curve: &Curve| curve.expected(Time::ZERO, secs(7200));
    assert!((whole(&curve) - (72_000.0 + 20.0 * 2700.0)).abs() < 1e-6);
    // Ramps meet in the middle when there is no time for both; edges inside slots lose nothing.
    let triangle = Surge { from: secs(1010), until: secs(1110), factor: 0.0, ramp: Span::from_secs(900) };
    let curve = Curve::constant(10.0).surged(&[triangle], grid);
    assert!((whole(&curve) - (72_000.0 - 10.0 * 50.0)).abs() < 1e-6, "{}", whole(&curve));
    let cut = Surge { from: secs(0), until: secs(7200), factor: 0.0, ramp: Span::ZERO };
    assert_eq!(curve.surged(&[cut], grid), Curve::constant(0.0));
    // Overlapping ones multiply.
    let twice = [surge, Surge { factor: 2.0, ..surge }];
    assert!((Curve::constant(1.0).surged(&twice, grid).rate_at(secs(2000)) - 6.0).abs() < 1e-9);
    // A curve on coarser slots is cut finer.
    let hours = Curve::new(Span::from_secs(3600), vec![1.0, 2.0]).surged(&[surge], grid);
    assert_eq!((hours.slot(), hours.rates().len()), (MINUTE, 120));
}
