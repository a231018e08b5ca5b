//! The same while the fleet changes: sites that join and leave, keys that come and go, at any time, in any order, whatever else
//! happens.

use super::crowded::crowded;
use super::{Course, FLEET, SOMETIMES, hold};
use crate::fleet::parse;
use keyfleet::kms::{Cell, ClassId, KeyRef, ShardId};
use keyfleet::world::Blueprint;

const CHANGES: &str = r#"
refresh = "1 s"
drain = "300 ms"
moves = 3
[change]
join = { join = "region.us.site.c", at = "1 s" }
leave = { leave = "region.eu.site.a", at = "2 s" }
launch = { provision = "key.free.us", at = "1500 ms" }
more = { provision = "key.bound.eu", keys = 1, at = "2500 ms" }
sunset = { retire = "key.bound.us", at = "4 s" }
end = { retire = "key.free.eu", at = "6 s" }
"#;

/// What else must have happened in some sequence.
const CHANGED: [&str; 9] = [
    "a shard got other hosts",
    "a shard came back from escrow",
    "a shard was provisioned",
    "a shard was retired",
    "a version moved to a site that joins",
    "a site erased a shard",
    "a caller was sent on with the newest table",
    "a change was made",
    "a change could not be made of all shards",
];

impl Course<'_> {
    pub(super) fn configured(&mut self, shard: ShardId, hosts: u8) {
        let was = self.catalog.shards.shard(shard).hosts().is_empty();
        assert!(self.cells.contains_key(&Cell::Shard(shard)), "what is configured is published");
        for site in self.service.directory().hosts(shard).all() {
            self.erased.remove(&(shard, *site));
        }
        if hosts > 0 && self.sealed.remove(&shard) {
            self.count("a shard came back from escrow");
        }
        if hosts == 0 {
            self.count("a shard was retired");
            for class in (0..self.catalog.classes.len()).map(|i| ClassId(i as u16)) {
                for key in (0..self.catalog.shards.keys(class)).map(|number| KeyRef { class, number }) {
                    if self.catalog.shards.of(key) == shard {
                        self.lives.retire(key);
                    }
                }
            }
        } else {
            self.count(if was { "a shard was provisioned" } else { "a shard got other hosts" });
        }
    }
}

/// It takes seven seconds: a hundred thousand sequences, some of them to the end of all procedures.
#[test]
fn a_fleet_that_changes_loses_and_doubles_nothing() {
    let text = FLEET.replace("sites = 2 }", "sites = 3 }");
    let blueprint = Blueprint::new(parse(&format!("{text}{CHANGES}")));
    let sometimes: Vec<&str> = SOMETIMES.iter().chain(&CHANGED).copied().collect();
    hold(blueprint.catalog(), &sometimes, 100_000);
}

#[test]
fn slots_are_counted_right_while_a_fleet_changes() {
    let text = FLEET.replace("sites = 2 }", "sites = 3 }");
    let crowd = ["who waited for a slot got one", "a shard got other hosts", "a site erased a shard"];
    hold(&crowded(&format!("{text}{CHANGES}")), &crowd, 20_000);
}
