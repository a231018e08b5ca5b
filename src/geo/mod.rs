//! Places, distances, round trips, countries, time zones, holidays and addresses, and the embedded datasets they come from (`datasets/`,
//! each file with source and licence). Knows nothing of fleets or load; a table that cannot be read is a mistake of ours,
//! found by `tests/it/geo.rs`, never by a user.

mod calendar;
mod catalogue;
mod country;
mod locator;
mod map;
mod mmdb;
mod place;
mod ranges;
mod rtt;
mod special;
mod table;

pub use calendar::{Calendar, Local, openings, rfc3339, utc_label};
pub use catalogue::{Price, prices, profile, profile_ids, shapes, transfer_price};
pub use country::{Country, countries, country, country_id, groups, in_group};
pub use locator::{Located, Locator};
pub use map::land;
pub use mmdb::BadDatabase;
pub use place::{Place, Text, place, places};
pub use ranges::{Blocks, blocks};
pub use rtt::{RoundTrip, distance_km, rtt};
pub use special::address;
