//! The inventories that key classes name, read before anything else needs to know which region has keys of which class.

use super::Context;
use super::fleet::Fleet;
use crate::scenario::diagnostic::Code;
use crate::scenario::inventory::{Expected, Wrong, parse};
use crate::scenario::model::Listed;
use crate::scenario::raw::{Either, RawKey};
use crate::scenario::resolve::sha256;
use crate::scenario::source::LISTED_BYTES;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What is known of the keys that a class has, before demand splits a plain count.
#[derive(Clone, Debug)]
pub(in crate::scenario) enum Stock {
    /// As its inventory lists them.
    Listed(Arc<Listed>),
    /// Its inventory is wrong, or nothing says how many there are: nothing more is said about it.
    Unknown,
}

/// By class that has no `count`.
pub(in crate::scenario) type Stocks = BTreeMap<String, Stock>;

pub(super) fn check(context: &mut Context<'_>, fleet: &Fleet) {
    let raw = context.raw;
    for (id, key) in &raw.key {
        let stock = match (&key.count, &key.inventory) {
            (Some(_), None) => continue,
            (Some(_), Some(_)) => {
                let reason = "a class has either a `count` or an `inventory`";
                context.error(Code::Conflict, &["key", id, "inventory"], reason);
                context.help("an inventory says itself how many keys there are: leave `count` out");
                continue;
            }
            (None, None) => {
                let lacking = ["count", "inventory"].map(|of| context.is_broken(&["key", id, of]));
                if !lacking.contains(&true) {
                    let reason = format!("\"key.{id}\" needs the key \"count\"");
                    context.error(Code::MissingKey, &["key", id, "count"], reason);
                    context.help(
                        "how many keys there are, such as `count = 1000`; or `inventory`, a file that lists them",
                    );
                }
                Stock::Unknown
            }
            (None, Some(file)) => read(context, fleet, (id, key), file).map_or(Stock::Unknown, Stock::Listed),
        };
        context.stocks.insert(id.clone(), stock);
    }
}

fn read(context: &mut Context<'_>, fleet: &Fleet, (id, key): (&str, &RawKey), file: &str) -> Option<Arc<Listed>> {
    let path = ["key", id, "inventory"];
    let text = match context.folder.read_most(Path::new(""), file, ("csv", LISTED_BYTES)) {
        Ok((_, text)) => text,
        Err(reason) => {
            context.error(Code::File, &path, reason);
            return None;
        }
    };
    let regions: Vec<&str> = fleet.regions.iter().map(|region| region.id.as_str()).collect();
    // Regions that are broken themselves are missing here: nobody knows which keys are theirs.
    if regions.is_empty() || regions.len() < context.defined("region").len() {
        return None;
    }
    let expected = Expected { regions: &regions, algorithm: &key.algorithm, start: context.start };
    match parse(&text, &expected) {
        Ok(listed) => {
            let listed = Listed { file: file.to_owned(), ..listed };
            context.histories.insert(file.to_owned(), sha256(listed.nameless(&regions)));
            Some(Arc::new(listed))
        }
        Err(errors) => {
            context.refuse((file, &text), &errors, |error: &Wrong| {
                let reason = error.reason;
                ((error.line, error.column), error.field, reason.to_string(), reason.remedy(&expected))
            });
            None
        }
    }
}

impl Context<'_> {
    /// Whether a class, as written, may have keys at home in a region. Of a class with a plain count, or with one that is wrong,
    /// nobody knows yet.
    pub(super) fn may_have_keys(&self, (id, key): (&str, &RawKey), fleet: &Fleet, region: &str) -> bool {
        match (self.stocks.get(id), &key.count) {
            (Some(Stock::Listed(listed)), _) => fleet.region(region).is_some_and(|at| listed.counts[at.index()] > 0),
            (_, Some(Either::Long(counts))) => counts.get(region).is_some_and(|count| count.get() > 0),
            _ => true,
        }
    }
}
