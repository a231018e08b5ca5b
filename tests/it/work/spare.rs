//! What a site can spare, held against a calculation by hand.

use crate::fleet::{QUIET, parse};
use keyfleet::scenario::{spare, stretches};

/// Four devices of one engine, 100 ms a call, 12 calls a second by day and half of it at the week-end: 1.2 engines and more by the shape.
fn scenario(rate: &str, more: &str) -> std::sync::Arc<keyfleet::scenario::Scenario> {
    let quiet = QUIET.replace("op.sign = { mean = \"1 ms\" }", "op.sign = { mean = \"100 ms\" }");
    parse(&format!(
        r#"run = "2 w"
start = 2027-03-01
{quiet}
[region]
uk = {{ at = "London", device = "box", sites = 2, hsms = 4 }}
[key.card]
count = 100
algorithm = "rsa-2048"
[load.pay]
from = {{ uk = "{rate}" }}
calls = ["sign", "decrypt"]
key = "card"
{more}"#
    ))
}

/// 20/s over two sites, 101 ms an operation: 1.01 engines each. Of four with k out and one more lost 3 - k are left, at most 80 % busy:
/// 1.01 <= 0.8 (3 - k) gives k = 1; at 60 % 1.01 <= 0.6 (3 - k) gives k = 1; at 50 % k = 0.
#[test]
fn how_many_can_be_spared_follows_from_demand_and_devices() {
    for (limit, most) in [("80 %", 1), ("60 %", 1), ("50 %", 0), ("34 %", 0)] {
        let s = scenario(
            "20/s",
            &format!("[work]\nroll = {{ on = \"fleet\", kind = \"firmware\", limit = \"{limit}\" }}\n"),
        );
        let found = spare(&s, &s.works[0]);
        assert_eq!(found.len(), 2);
        assert!((found[0].busy[0].unwrap() - 1.01).abs() < 1e-9, "{:?}", found[0].busy[0]);
        assert_eq!((found[0].most, found[0].safe[0]), (most, most > 0), "{limit}");
    }
    // A tenth of it: two are spared, for one must be left when another is lost.
    let s = scenario("2/s", "[work]\nroll = { on = \"region.uk.site.a\", kind = \"firmware\" }\n");
    assert_eq!(spare(&s, &s.works[0])[0].most, 2);
}

/// By night and at week-ends one can be spared, in office hours none.
#[test]
fn safe_hours_are_those_in_which_what_is_left_serves() {
    let work =
        "shape = \"business\"\n[work]\nroll = { on = \"fleet\", kind = \"firmware\", window = \"Sat 00:00-24:00\" }\n";
    let s = scenario("20/s", work);
    let found = &spare(&s, &s.works[0])[0];
    // Monday at ten: 2.125 times 1.28 of the mean; Saturday at ten 2.125 times 0.29, to the interpolation between hours.
    let busy = |hour: usize| found.busy[hour].unwrap();
    assert!((busy(10) / (1.01 * 2.125 * 1.28) - 1.0).abs() < 0.05, "{}", busy(10));
    assert!((busy(5 * 24 + 10) / (1.01 * 2.125 * 0.29) - 1.0).abs() < 0.05, "{}", busy(5 * 24 + 10));
    for hour in 0..168 {
        assert_eq!(found.safe[hour], busy(hour) <= 0.8 * 2.0 + 1e-9, "{hour}");
    }
    assert!(!found.safe[10] && found.safe[2] && found.safe[5 * 24 + 10]);
    assert_eq!(found.most, 2, "on Saturdays 0.62 engines are busy: one that is left with another lost serves that");
}

#[test]
fn stretches_of_hours_are_told_as_people_say_them() {
    let hours = |wanted: &dyn Fn(usize) -> bool| stretches(&(0..168).map(wanted).collect::<Vec<_>>());
    assert_eq!(hours(&|_| true), ["always"]);
    assert_eq!(hours(&|_| false), Vec::<String>::new());
    assert_eq!(hours(&|hour| (22..26).contains(&hour)), ["Mon 22:00-02:00"]);
    assert_eq!(hours(&|hour| !(6..5 * 24).contains(&hour)), ["Sat 00:00 to Mon 06:00"]);
}
