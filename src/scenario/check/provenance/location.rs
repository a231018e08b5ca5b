//! What the locations of users rest on.

use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::scenario::model::Scenario;
use crate::scenario::raw::{Either, RawScenario};

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    let written = match &raw.location {
        Some(Either::Short(_)) => {
            let users = scenario.origins.iter().any(|origin| origin.country().is_some());
            if users {
                list.setting("location", "none", true, (Assumed, ""));
            }
            return;
        }
        Some(Either::Long(written)) => written.clone(),
        None => Default::default(),
    };
    let Some(location) = &scenario.location else { return };
    let own = written.database.clone();
    let database = own.clone().unwrap_or_else(|| "datasets/ip-country.mmdb".into());
    let why = "DB-IP Lite 2026-06; of addresses drawn by Internet users another source has 98.3 % in the same country";
    list.setting("location.database", database, own.is_some(), (Published, why));
    let shares = [
        (
            "vpn",
            location.vpn,
            written.vpn,
            "of those who use one, most for work and at home; exits abroad are the smaller part",
        ),
        (
            "roaming",
            location.roaming,
            written.roaming,
            "about four days a year abroad, with the address of the home network",
        ),
        ("stale", location.stale, written.stale, "a month or two after a database was made"),
        ("hidden", location.hidden, written.hidden, "a few proxies do not say who asks"),
        ("told", location.told, written.told, "a fifth has set a country and agreed to its use"),
        ("told_wrong", location.told_wrong, written.told_wrong, "people move, and mistype"),
    ];
    for (key, share, written, why) in shares {
        list.setting(format!("location.{key}"), format!("{} %", share * 100.0), written.is_some(), (Assumed, why));
    }
    let why = "evenly among all of the country, servers and unused ones included, where databases err more than among homes: \
               datasets/address-ranges.csv";
    list.row("users: addresses", "of their country", Published, why);
    let why = "near the share of IPv6 among the users of large sites";
    list.row("users: addresses of IPv6", "40 %", Assumed, why);
}
