//! Services and their quotas: what a site with a service may say, which sites share a bucket, raised and lowered limits, and what
//! else uses them.

use super::Context;
use super::date::instant;
use super::fleet::Fleet;
use super::profile::Shelf;
use crate::bucket::Limit;
use crate::geo;
use crate::hsm::Profile;
use crate::kms::{QuotaId, RegionId, SiteId};
use crate::load::{Shape, parse_shapes};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{OtherWork, Quota, Site};
use crate::scenario::raw::{Either, RawOther, RawRegion, RawWhen};
use crate::scenario::suggest;
use crate::time::{Span, Time};
use crate::units::Rate;
use std::collections::BTreeMap;

/// More would be a slip of the pen; ids are 16 bits wide.
const MOST_QUOTAS: usize = 60_000;
/// As devices at a site.
const MOST_WEIGHT: u32 = 10_000;

/// What a site says of its size: HSMs, weight, account.
pub(super) type Size = (u32, u32, Option<String>);

/// HSMs, weight and account of the site `name`, whose devices, if it has any, were counted.
pub(super) fn size(
    context: &mut Context<'_>,
    (id, region): (&str, &RawRegion),
    name: &str,
    (profile, hsms): (&Profile, u32),
) -> Size {
    let own = region.site.get(name);
    let path = |key: &'static str| match own {
        Some(_) => vec!["region", id, "site", name, key],
        None => vec!["region", id, key],
    };
    if !profile.is_service() {
        for (key, given) in [
            ("weight", own.is_some_and(|site| site.weight.is_some())),
            ("account", own.is_some_and(|site| site.account.is_some())),
        ] {
            if given {
                context.error(Code::Conflict, &path(key), format!("this site has devices: `{key}` is for services"));
                context.help("devices count by `hsms`, and belong to who has them");
            }
        }
        return (hsms, hsms, None);
    }
    // A number for the whole region may be meant for the devices of its other sites.
    let counted = own.map_or(region.hsms, |site| site.hsms).filter(|hsms| *hsms != 1);
    if let Some(hsms) = counted {
        let reason = format!("this site has a service, of which there are not {hsms}");
        context.error(Code::Conflict, &path("hsms"), reason);
        context.help(format!("leave it out: `region.{id}.quota` limits it, and `weight` is its share beside devices"));
    }
    let weight = own.and_then(|site| site.weight).or(region.weight).unwrap_or(1);
    if !(1..=MOST_WEIGHT).contains(&weight) {
        let path = path("weight");
        context.error(Code::WrongValue, &path, format!("{weight} is not between 1 and {MOST_WEIGHT}"));
    }
    (1, weight.max(1), own.and_then(|site| site.account.clone()).or_else(|| region.account.clone()))
}

/// Each account's quotas in each region, and what else uses them.
pub(super) fn check(context: &mut Context<'_>, shelf: &Shelf, fleet: &Fleet) -> (Vec<Quota>, Vec<OtherWork>) {
    let mut quotas = shared(shelf, fleet);
    if quotas.len() > MOST_QUOTAS {
        context.error(Code::Impossible, &["region"], format!("{} quotas are more than {MOST_QUOTAS}", quotas.len()));
        quotas.truncate(MOST_QUOTAS);
    }
    for (id, region) in &context.raw.region {
        let Some(number) = fleet.region(id) else { continue };
        served(context, shelf, fleet, (id, number, region));
        if let Some(stated) = &region.quota {
            state(context, shelf, (id, number), stated, &mut quotas);
        }
    }
    let shapes = parse_shapes(geo::shapes()).expect("a test reads the shipped shapes");
    let raw = context.raw;
    let others =
        raw.other.iter().filter_map(|(id, other)| work(context, (shelf, fleet), &quotas, &shapes, (id, other)));
    let others = others.collect();
    (quotas, others)
}

/// By region, profile, account and class: one bucket, whichever sites use it.
fn shared(shelf: &Shelf, fleet: &Fleet) -> Vec<Quota> {
    let mut quotas: Vec<Quota> = Vec::new();
    for (number, site) in fleet.sites.iter().enumerate() {
        let named = &shelf.profiles[site.profile];
        for (class, quota) in named.profile.quotas.iter().enumerate() {
            let account = site.account.as_deref().unwrap_or(&named.id);
            let same = |known: &&mut Quota| {
                (known.region, known.profile, known.class) == (site.region, site.profile, class)
                    && known.account == account
            };
            if let Some(known) = quotas.iter_mut().find(same) {
                known.sites.push(SiteId(number as u16));
                continue;
            }
            let whose = site.account.as_ref().map_or_else(String::new, |account| format!("@{account}"));
            let region = &fleet.regions[site.region.index()].id;
            quotas.push(Quota {
                id: format!("{region}.{}{whose}.{}", named.id, quota.name),
                region: site.region,
                profile: site.profile,
                class,
                account: account.to_owned(),
                limit: quota.limit,
                stated: false,
                sites: vec![SiteId(number as u16)],
            });
        }
    }
    quotas
}

/// What a region says of services needs a service there.
fn served(context: &mut Context<'_>, shelf: &Shelf, fleet: &Fleet, (id, number, region): (&str, RegionId, &RawRegion)) {
    let is_service = |site: &&Site| shelf.profiles[site.profile].profile.is_service();
    if fleet.sites.iter().filter(|site| site.region == number).any(|site| is_service(&site)) {
        return;
    }
    let given =
        [("quota", region.quota.is_some()), ("account", region.account.is_some()), ("weight", region.weight.is_some())];
    for (key, _) in given.into_iter().filter(|(_, given)| *given) {
        context.error(Code::Conflict, &["region", id, key], "no site of the region has a service");
        context.help("a service is a device whose profile says kind = \"service\", such as \"aws-kms\"");
    }
}

/// The name of a quota's class.
fn class<'s>(shelf: &'s Shelf, quota: &Quota) -> &'s str {
    &shelf.profiles[quota.profile].profile.quotas[quota.class].name
}

/// Whether a quota limits the creation of keys only.
fn only_creates(shelf: &Shelf, quota: &Quota) -> bool {
    shelf.profiles[quota.profile].profile.quotas[quota.class].only_creates()
}

/// Raised and lowered limits of a region.
fn state(
    context: &mut Context<'_>,
    shelf: &Shelf,
    (id, region): (&str, RegionId),
    stated: &Either<Rate, BTreeMap<String, Rate>>,
    quotas: &mut [Quota],
) {
    let here = |quota: &Quota| quota.region == region;
    let mut known: Vec<&str> = quotas.iter().filter(|q| here(q)).map(|quota| class(shelf, quota)).collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() {
        return;
    }
    let path = ["region", id, "quota"];
    let rates: Vec<(String, Rate, Vec<&str>)> = match stated {
        Either::Long(rates) => rates
            .iter()
            .map(|(name, rate)| (name.clone(), *rate, path.iter().copied().chain([name.as_str()]).collect()))
            .collect(),
        Either::Short(rate) => {
            let mut usual: Vec<&str> =
                quotas.iter().filter(|q| here(q) && !only_creates(shelf, q)).map(|quota| class(shelf, quota)).collect();
            usual.sort_unstable();
            usual.dedup();
            let [only] = usual[..] else {
                context.error(Code::Conflict, &path, format!("there is more than one quota: {}", known.join(", ")));
                return context
                    .help(format!("for example quota = {{ {} = \"{rate}\" }}", usual.first().unwrap_or(&"")));
            };
            vec![(only.to_owned(), *rate, path.to_vec())]
        }
    };
    for (name, rate, path) in &rates {
        if !known.contains(&name.as_str()) {
            context.unknown("quota", name, path, known.iter().copied());
            continue;
        }
        let per_second = rate.per_second();
        if !(per_second > 1e-6 && per_second <= 1e9) {
            context.error(Code::WrongValue, path, "a quota is above zero, and at most 1 G/s");
            continue;
        }
        for quota in quotas.iter_mut().filter(|q| here(q) && class(shelf, q) == name) {
            quota.limit = Limit { rate: per_second, ..quota.limit };
            quota.stated = true;
        }
    }
}

/// Another workload of an account.
fn work(
    context: &mut Context<'_>,
    (shelf, fleet): (&Shelf, &Fleet),
    quotas: &[Quota],
    shapes: &BTreeMap<String, Shape>,
    (id, raw): (&str, &RawOther),
) -> Option<OtherWork> {
    let path = |key: &'static str| ["other", id, key];
    if !context.knows("region", "region", &raw.region, &path("region")) {
        return None;
    }
    let number = used(context, shelf, (id, raw, fleet.region(&raw.region)?), quotas)?;
    let limit = quotas[number].limit.rate;
    let rate = match (raw.rate, raw.share) {
        (Some(rate), None) => rate.per_second(),
        (None, Some(share)) => limit * share.fraction(),
        (given, _) => {
            let (code, reason) = match given {
                Some(_) => (Code::Conflict, "has both a `rate` and a `share`"),
                None => (Code::MissingKey, "has neither a `rate` nor a `share`"),
            };
            context.error(code, &["other", id], format!("the other workload {reason}"));
            context.help("keep one of them, for example rate = \"3000/s\"");
            return None;
        }
    };
    let name = raw.shape.as_deref().unwrap_or("flat");
    let shape = shapes.get(name).cloned().unwrap_or_else(|| {
        context.unknown("shape", name, &path("shape"), shapes.keys().map(String::as_str));
        Shape::flat()
    });
    let from = match raw.at {
        None => Time::ZERO,
        Some(RawWhen::Peak) => {
            context.error(Code::WrongValue, &path("at"), "\"peak\" is for faults");
            context.help("for example `at = \"26 h\"` or `at = 2027-03-05T09:00:00Z`");
            Time::ZERO
        }
        Some(when) => instant(context, when, &path("at"))?,
    };
    let lasts = raw.lasts.map_or(Span(context.run.0), |lasts| lasts.span());
    if lasts == Span::ZERO {
        context.error(Code::WrongValue, &path("for"), "it takes some time");
    }
    Some(OtherWork { id: id.to_owned(), quota: QuotaId(number as u16), rate, shape, from, until: from + lasts })
}

/// The one quota that another workload uses.
fn used(
    context: &mut Context<'_>,
    shelf: &Shelf,
    (id, raw, region): (&str, &RawOther, RegionId),
    quotas: &[Quota],
) -> Option<usize> {
    let here: Vec<usize> = (0..quotas.len()).filter(|i| quotas[*i].region == region).collect();
    let theirs = |i: &usize| raw.account.as_ref().is_none_or(|account| quotas[*i].account == *account);
    let meant = |i: &usize| match &raw.quota {
        Some(name) => class(shelf, &quotas[*i]) == name,
        None => !only_creates(shelf, &quotas[*i]),
    };
    let found: Vec<usize> = here.iter().copied().filter(|i| theirs(i) && meant(i)).collect();
    if let [only] = found[..] {
        return Some(only);
    }
    if !here.is_empty() && !here.iter().any(theirs) {
        // An account that the fleet does not use may well be meant: then the workload takes nothing from it.
        let known = here.iter().map(|i| quotas[*i].account.as_str());
        if let Some(near) = raw.account.as_ref().and_then(|account| suggest::nearest(account, known)) {
            let reason = format!("no site of \"{}\" calls a service under this account", raw.region);
            context.warn(&["other", id, "account"], reason);
            context.help(format!("did you mean \"{near}\"? As it is, it takes nothing from the fleet"));
        }
        return None;
    }
    let known = |of: &[usize]| of.iter().map(|i| quotas[*i].id.as_str()).collect::<Vec<_>>().join(", ");
    let (code, reason) = match (here.is_empty(), found.is_empty()) {
        (true, _) => (Code::Conflict, format!("no site of the region \"{}\" has a quota to share", raw.region)),
        (_, true) => (Code::UnknownName, format!("it uses none of the quotas {}", known(&here))),
        (_, false) => (Code::Conflict, format!("it may mean more than one quota: {}", known(&found))),
    };
    context.error(code, &["other", id], reason);
    context.help("say which by `account` and `quota`");
    None
}
