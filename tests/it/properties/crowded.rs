//! The same on devices that are full: successors wait for slots.

use super::{FLEET, hold, service};
use crate::fleet::parse;
use keyfleet::kms::SiteId;
use keyfleet::service::Catalog;
use keyfleet::world::Blueprint;
use std::sync::Arc;

/// Whether devices have only so many key slots.
pub(super) fn is_tight(catalog: &Catalog) -> bool {
    catalog.sites.iter().any(|site| site.slots < u64::MAX)
}

/// Devices with one slot more than the keys of the fullest site take, and minutes between checks of health: what waits for a slot
/// waits for the end of a version's keep, hours later.
pub(super) fn crowded(fleet: &str) -> Arc<Catalog> {
    let patient = fleet.replace("interval = \"2 s\"", "interval = \"10 min\"");
    let loose = Arc::clone(Blueprint::new(parse(&patient)).catalog());
    let fullest = (0..loose.sites.len()).map(|i| service(&loose).slots_used(SiteId(i as u16))).max().unwrap();
    let tight = patient.replace("generate = \"1/s\"", &format!("generate = \"1/s\"\nkey_slots = {}", fullest + 1));
    Arc::clone(Blueprint::new(parse(&tight)).catalog())
}

#[test]
fn successors_wait_until_a_slot_is_free_and_then_are_made() {
    let crowd = ["a successor waited for a slot", "who waited for a slot got one", "a version was destroyed"];
    hold(&crowded(FLEET), &crowd, 20_000);
}
