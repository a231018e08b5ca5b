//! Algorithms of key classes. A name that no device times, or that only some device times, would silently get the speed
//! of other keys.

use super::effort::reached;
use super::{Context, Shelf};
use crate::hsm::{self, ALGORITHMS, Profile};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::Scenario;
use crate::scenario::suggest;

/// Each class's algorithm is one that keyfleet knows, or that one of the scenario's own profiles names.
pub(super) fn names(context: &mut Context<'_>, shelf: &Shelf) {
    if !shelf.is_whole() {
        return;
    }
    let mut known: Vec<&str> = ALGORITHMS.iter().map(|algorithm| algorithm.name).chain(shelf.algorithms()).collect();
    known.sort_unstable();
    known.dedup();
    for (id, key) in &context.raw.key {
        if !known.contains(&key.algorithm.as_str()) {
            let path = ["key", id, "algorithm"];
            context.unknown("algorithm", &key.algorithm, &path, known.iter().copied());
            context.suggest(suggest::help_with_list(&key.algorithm, known.iter().copied()));
        }
    }
}

/// Each device that a class's calls may reach times them for its algorithm, and not for some other kind of key.
pub(super) fn timed(context: &mut Context<'_>, scenario: &Scenario) {
    for (index, class) in scenario.keys.iter().enumerate() {
        let regions = reached(scenario, index);
        let sites = scenario.sites.iter().filter(|site| regions.contains(&site.region.index()));
        let mut used: Vec<usize> = sites.map(|site| site.profile).collect();
        used.sort_unstable();
        used.dedup();
        for named in used.into_iter().map(|profile| &scenario.profiles[profile]) {
            if serves(&named.profile, &class.algorithm) {
                continue;
            }
            let reason = format!("the profile \"{}\" does not time {} keys", named.id, class.algorithm);
            context.error(Code::NotTimed, &["key", &class.id, "algorithm"], reason);
            let known: Vec<&str> = named.profile.algorithms().collect();
            context.help(format!("it times {}, and symmetric keys by its `op`", known.join(", ")));
        }
    }
}

/// Whether a profile's figures are about keys of `algorithm`: it names the algorithm; or its `[op]` is about them, as
/// it is about symmetric keys, and about all keys where no pair of keys has figures of its own.
fn serves(profile: &Profile, algorithm: &str) -> bool {
    let symmetric = |name: &str| hsm::algorithm(name).is_some_and(|known| known.symmetric);
    symmetric(algorithm) || profile.algorithms().any(|name| name == algorithm) || profile.algorithms().all(symmetric)
}
