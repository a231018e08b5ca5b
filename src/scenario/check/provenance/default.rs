//! The defaults of the service and of demand: what the scenario states instead, and why the default is what it is where
//! it states nothing. The figures themselves stand where they are checked.

use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::kms::{Badge, RegionId};
use crate::scenario::model::{Load, Scenario};
use crate::scenario::raw::{Either, RawLoad, RawRetry, RawRouting, RawScenario, Survival};
use crate::service::{Ranking, Routing};

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    loads(raw, scenario, list);
    retries(raw, scenario, list);
    keys(raw, scenario, list);
    fleet(raw, scenario, list);
    service(raw, scenario, list);
}

/// What loads leave unsaid; what they say is seen in the scenario.
fn loads(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (load, written) in scenario.loads.iter().zip(raw.load.values()) {
        let rated = !(written.from.is_empty() && written.users.is_empty());
        let mut unsaid = |said: bool, key: &str, value: String, why: &str| {
            if !said {
                list.setting(format!("load.{}.{key}", load.id), value, false, (Assumed, why));
            }
        };
        unsaid(written.timeout.is_some(), "timeout", load.timeout.to_string(), "people wait about a second");
        unsaid(written.arrivals.is_some(), "arrivals", "poisson".into(), "many callers who know nothing of each other");
        if rated {
            unsaid(written.shape.is_some(), "shape", "flat".into(), "the same demand at every hour");
            unsaid(written.growth.is_some(), "growth", "0 %/y".into(), "no growth");
        }
    }
}

/// One row for a key on which all loads agree, else one for each load.
fn retries(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    type Value = fn(&Load) -> String;
    type Stated = fn(&RawRetry) -> bool;
    let budget = |load: &Load| match load.retry.budget.is_finite() {
        true => format!("{} % of first attempts", load.retry.budget * 100.0),
        false => "no limit".to_owned(),
    };
    let keys: [(&str, Value, Stated, &str); 5] = [
        (
            "attempts",
            |load| load.retry.attempts.to_string(),
            |retry| retry.attempts.is_some(),
            "three, as cloud SDKs have it",
        ),
        (
            "attempt_timeout",
            |load| load.retry.attempt_timeout.to_string(),
            |retry| retry.attempt_timeout.is_some(),
            "half of the load's timeout, so that a second attempt has as long",
        ),
        (
            "backoff",
            |load| load.retry.backoff.to_string(),
            |retry| retry.backoff.is_some(),
            "of the size of a round trip",
        ),
        (
            "backoff_max",
            |load| load.retry.backoff_max.to_string(),
            |retry| retry.backoff_max.is_some(),
            "callers do not wait longer",
        ),
        (
            "budget",
            budget,
            |retry| retry.budget.is_some(),
            "a tenth, as the Google SRE book has it in Handling Overload",
        ),
    ];
    presets(raw, list);
    let general = raw.retry.map(Either::table).unwrap_or_default();
    for (key, value, stated, why) in keys {
        let said =
            |written: &RawLoad| stated(&written.retry.map(Either::table).unwrap_or_default()) || stated(&general);
        let mut rows: Vec<(String, bool, &str)> = Vec::new();
        rows.extend(scenario.loads.iter().zip(raw.load.values()).map(|(l, r)| (value(l), said(r), l.id.as_str())));
        let alike = rows.windows(2).all(|pair| (&pair[0].0, pair[0].1) == (&pair[1].0, pair[1].1));
        rows.truncate(if alike { 1 } else { rows.len() });
        for (value, said, load) in rows {
            let what = if alike { format!("retry.{key}") } else { format!("load.{load}.retry.{key}") };
            list.setting(what, value, said, (Assumed, why));
        }
    }
}

/// Retries as somebody has them.
fn presets(raw: &RawScenario, list: &mut List) {
    let loads = raw.load.iter().map(|(id, load)| (format!("load.{id}.retry"), load.retry));
    let named = std::iter::once(("retry".to_owned(), raw.retry)).chain(loads);
    for (what, like) in named.filter_map(|(what, retry)| Some((what, retry?.table().like?))) {
        let (badge, source) = like.evidence();
        let name = serde_json::to_string(&like).unwrap_or_default();
        list.row(format!("{what}: as"), name.trim_matches('"'), badge, source);
    }
}

/// What key classes leave unsaid.
fn keys(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (class, written) in scenario.keys.iter().zip(raw.key.values()) {
        let what = |key: &str| format!("key.{}.{key}", class.id);
        if written.copies.is_none() {
            let why = "one copy can be lost where there are two sites";
            list.setting(what("copies"), class.copies, false, (Assumed, why));
        }
        if written.popularity.is_none() {
            let why = "every key is asked for as often; real keys are not alike";
            list.setting(what("popularity"), "uniform", false, (Assumed, why));
        }
        if let Some(rotate) = class.rotate.filter(|_| written.rotate.is_some_and(|rotate| rotate.keep.is_none())) {
            list.setting(what("rotate.keep"), rotate.keep, false, (Assumed, "as long as a key is in use"));
        }
        if let Some(listed) = &class.listed {
            let keys = format!("{} keys, each with its age", listed.created.len());
            list.setting(what("inventory"), keys, true, (Assumed, ""));
        } else if class.rotate.is_some() && written.rotate.is_some_and(|rotate| rotate.age.is_none()) {
            let why = "a fleet that has run for long has keys of every age";
            list.setting(what("rotate.age"), "spread", false, (Assumed, why));
        }
        if written.durability.is_none() && (class.rotate.is_some() || scenario.leaks()) {
            let why = "no host is without the version that callers are told to use";
            list.setting(what("durability"), "all", false, (Assumed, why));
        }
    }
}

/// What regions leave unsaid.
fn fleet(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    for (number, (id, region)) in raw.region.iter().enumerate() {
        if region.site.is_empty() && region.sites.is_none() {
            list.setting(format!("region.{id}.sites"), 1, false, (Assumed, "one site"));
        }
        let unsaid = region.site.is_empty() || region.site.values().any(|site| site.hsms.is_none());
        let counts = scenario.sites_of(RegionId(number as u16)).any(|site| !scenario.is_service(site));
        if region.hsms.is_none() && unsaid && counts {
            list.setting(format!("region.{id}.hsms"), 2, false, (Assumed, "two at a site, so that one may fail"));
        }
    }
}

fn service(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    let (health, routing) = (&scenario.health, &scenario.routing);
    let written = raw.health.unwrap_or_default();
    let fast: (Badge, &str) = (
        Published,
        "the shorter interval of Route 53, awsdocs/amazon-route53-docs dns-failover-determining-health-of-endpoints.md",
    );
    list.setting("health.interval", health.interval, written.interval.is_some(), fast);
    let usual = (Assumed, "the usual threshold of DNS failover");
    list.setting("health.threshold", health.threshold, written.threshold.is_some(), usual);
    let why = (Assumed, "longer than any round trip");
    list.setting("health.timeout", health.timeout, written.timeout.is_some(), why);
    let why = (Assumed, "a usual DNS time to live");
    list.setting("health.propagation", health.propagation, written.propagation.is_some(), why);
    let why = (Assumed, "a majority of three regions, or of all there are");
    list.setting("health.observers", health.observers, written.observers.is_some(), why);
    let written = raw.routing.unwrap_or_default();
    let why = (Assumed, "zones of one region are that near");
    list.setting("routing.near", routing.near, written.near.is_some(), why);
    let why = (Assumed, "bounded loads: a quarter above the fair share");
    list.setting("routing.bound", routing.bound, written.bound.is_some(), why);
    placement(&written, routing, list);
    let rotates = scenario.keys.iter().any(|class| class.rotate.is_some());
    let (limits, written) = (scenario.generating, raw.rotation.unwrap_or_default());
    let limit = |limit: u32| if limit == u32::MAX { "none".to_owned() } else { limit.to_string() };
    if rotates {
        let why = "generation takes one engine at most, so that callers hardly notice";
        list.setting("rotation.at_once", limit(limits.at_once), written.at_once.is_some(), (Assumed, why));
    }
    if rotates || scenario.leaks() {
        let why = "what leaked is urgent, callers still come first";
        let value = limit(limits.at_once_urgent);
        list.setting("rotation.at_once_urgent", value, written.at_once_urgent.is_some(), (Assumed, why));
        let stated = raw.replication.is_some_and(|replication| replication.at_once.is_some());
        let why = "a dozen a second at the usual lag of 5 s, and few enough to wait at an HSM";
        list.setting("replication.at_once", limit(scenario.catch_up), stated, (Assumed, why));
    }
    let survive = &scenario.survive;
    if survive.device || survive.site || survive.region {
        let stated = matches!(&raw.survive, Some(Survival::Table(table)) if table.lasts.is_some());
        list.setting("survive.lasts", survive.lasts, stated, (Assumed, "long enough for detection and propagation"));
    }
    let stated = raw.audit.is_some_and(|audit| audit.interval.is_some());
    list.setting("audit.interval", scenario.audit_interval, stated, (Assumed, "at most a minute is unsealed"));
    let stated = raw.audit.is_some_and(|audit| audit.access.is_some());
    let access = if scenario.audit_each { "each" } else { "batches" };
    list.setting("audit.access", access, stated, (Assumed, "counts tell what is missing, and stay small"));
    metadata(raw, scenario, list);
}

/// The metadata store; only rotation uses it.
fn metadata(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    if scenario.keys.iter().all(|class| class.rotate.is_none()) {
        return;
    }
    let written = raw.metadata.clone().unwrap_or_default();
    let replicas = scenario.metadata.replicas.iter().map(|region| scenario.regions[region.index()].id.as_str());
    let replicas = replicas.collect::<Vec<_>>().join(" ");
    let why = (Assumed, "up to five replicas where the sum of round trips to all regions is least");
    list.setting("metadata.regions", replicas, written.regions.is_some(), why);
    let why = (
        Published,
        "etcd's least of ten round trips, its default of 1 s and its limit of 50 s, etcd.io/docs/v3.6/tuning",
    );
    list.setting("metadata.election", scenario.metadata.election, written.election.is_some(), why);
    let why =
        (Published, "etcd's own limit for a request, 5 s and two elections, etcd-io/etcd ServerConfig.ReqTimeout");
    list.setting("metadata.timeout", scenario.metadata.timeout, written.timeout.is_some(), why);
}

/// How shards are placed.
fn placement(written: &RawRouting, routing: &Routing, list: &mut List) {
    let why = (Assumed, "fine enough to share keys among a dozen sites within a hundredth, and to spread a lost site");
    list.setting("routing.shards", routing.shards, written.shards.is_some(), why);
    let (name, nodes) = match routing.placement.ranking {
        Ranking::Rendezvous => ("rendezvous", None),
        Ranking::Ring { virtual_nodes } => ("ring", Some(virtual_nodes)),
    };
    let why = (Assumed, "weights hold exactly, and a site that leaves moves its own keys only");
    list.setting("routing.placement", name, written.placement.is_some(), why);
    if let Some(nodes) = nodes {
        let why = (Assumed, "shares of the ring scatter by 3 %, one over the root of the nodes");
        list.setting("routing.virtual_nodes", nodes, written.virtual_nodes.is_some(), why);
    }
    let bound = routing.placement.bound;
    let bound = if bound.is_finite() { bound.to_string() } else { "none".to_owned() };
    let why = (
        Assumed,
        "shares are even to a shard; when one of 12 sites leaves, two keys in a hundred move besides its own",
    );
    list.setting("routing.placement_bound", bound, written.placement_bound.is_some(), why);
}
