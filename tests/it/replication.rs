//! Replication: the order of each wire, exchange domains, and how long copies take.

mod catch_up;
mod custody;
mod exchange;
mod wires;

use crate::fleet::{QUIET, Whole};

#[test]
fn a_copy_to_another_region_takes_as_long_as_the_profile_says_for_that() {
    let text = format!(
        r#"run = "10 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 60 }}
algorithm = "rsa-2048"
stay = "anywhere"
copies = 2
partner_copies = 1
rotate = {{ every = "30 min" }}
[load.sign]
from = {{ eu = "1/s" }}
calls = ["sign"]
key = "card"
"#
    )
    .replace("replication_lag = \"1 s\"", "replication_lag = \"1 s\"\nreplication_lag_far = \"20 s\"");
    let lag = Whole::of(&text).document.replication.lag_ms;
    // Each version goes once to the other site at home, and once abroad.
    let (near, far) = (lag.p50.value.unwrap() / 1e3, lag.p99.value.unwrap() / 1e3);
    assert!((0.99..1.1).contains(&near) && (19.8..20.2).contains(&far), "{near} {far}");
}
