//! From what is written to what is possible: resolves names, checks ranges and feasibility, and collects everything that is
//! wrong instead of stopping at the first. Knows the vocabulary of the model and the data sets, and no simulation.

mod access;
mod algorithm;
mod backup;
mod cache;
mod cause;
mod change;
mod context;
mod date;
mod demand;
mod effort;
mod emergency;
mod exchange;
mod fault;
mod fleet;
mod inventory;
mod key;
mod life;
mod load;
mod location;
mod metadata;
mod metric;
mod objective;
mod people;
mod profile;
mod provenance;
mod quota;
mod settings;
mod transport;
mod work;

pub(super) use context::Context;
pub(super) use date::unix_seconds;
pub(super) use metric::{METRICS, Scope};
pub(super) use profile::Shelf;

use super::model::Scenario;
use std::sync::Arc;

/// The checked scenario without `resolved` and `digest`, and the raw profiles it uses. Nothing when there were errors; they are
/// in the context.
pub(super) fn check(context: &mut Context<'_>) -> Option<(Scenario, Shelf)> {
    let mut shelf = Shelf::new(context);
    let fleet = fleet::check(context, &mut shelf);
    let (quotas, others) = quota::check(context, &shelf, &fleet);
    algorithm::names(context, &shelf);
    inventory::check(context, &fleet);
    let demand = demand::check(context, &fleet);
    let keys = key::check(context, &fleet, &demand);
    let loads = load::check(context, &keys);
    let (origins, populations) =
        demand.settle(&fleet, &load::ids(&loads), &context.raw.tenant.keys().collect::<Vec<_>>());
    let settings = settings::check(context, &fleet);
    let events = fault::events(context, &fleet, &loads);
    let access = access::check(context, &loads.calls, &keys);
    let mut common = cause::check(context, &fleet, &shelf);
    let works = work::check(context, (&fleet, &shelf), &common);
    let faults = fault::check(context, (&fleet, &keys, &loads.loads), &mut common, settings.warm_up);
    let changes = change::check(context, &fleet, &keys);
    let objectives = objective::check(context);
    let metadata = metadata::check(context, &fleet, &settings.network);
    cache::fits(context, (&loads.loads, &keys), (&origins, &populations));
    let tls = transport::check(context, &origins, &populations);
    let location = location::check(context, &fleet);
    let emergency = emergency::check(context, (&keys, &loads.loads), &settings.health);
    let scenario = Scenario {
        name: context.raw.name.clone().unwrap_or_default(),
        description: context.raw.description.clone().unwrap_or_default(),
        classification: context.raw.classification.clone(),
        start: context.start,
        run: context.run,
        warm_up: settings.warm_up,
        replications: settings.replications,
        seed: context.raw.seed.unwrap_or(1),
        survive: settings.survive,
        calls: loads.calls,
        profiles: shelf.profiles.clone(),
        backups: backup::check(context, (&fleet, &shelf), (&faults, &common)),
        people: Arc::new(people::check(context, &fleet)),
        regions: fleet.regions,
        sites: fleet.sites,
        quotas,
        others,
        keys,
        origins,
        loads: loads.loads,
        populations,
        events,
        changes,
        works,
        response: backup::response(context),
        faults,
        common: Arc::new(common),
        objectives,
        health: settings.health,
        routing: settings.routing,
        generating: settings.generating,
        catch_up: settings.catch_up,
        network: settings.network,
        tls,
        audit_interval: settings.audit_interval,
        audit_each: settings.audit_each,
        metadata,
        access,
        location,
        emergency,
        provenance: Vec::new(),
        resolved: String::new(),
        digest: String::new(),
    };
    let provenance = is_possible(context, &scenario).then(|| provenance::of(context.raw, &scenario))?;
    Some((Scenario { provenance, ..scenario }, shelf))
}

/// Whether it can be run, as far as that shows without running it.
fn is_possible(context: &mut Context<'_>, scenario: &Scenario) -> bool {
    // What is broken is missing from the lists above, and indices may point nowhere.
    if context.has_errors() || !context.broken.is_empty() {
        return false;
    }
    algorithm::timed(context, scenario);
    exchange::check(context, scenario);
    if !context.has_errors() {
        change::feasible(context, scenario);
    }
    if context.has_errors() {
        return false;
    }
    access::feasible(context, scenario);
    emergency::feasible(context, scenario);
    work::feasible(context, scenario);
    backup::feasible(context, scenario);
    people::feasible(context, scenario);
    effort::check(context, scenario);
    !context.has_errors()
}
