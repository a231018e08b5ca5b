//! Copies within exchange domains. A class whose copies would have to cross from one domain into another is refused: where a
//! region mixes domains it is not guessed which of its sites are meant, for the others would get neither keys nor requests.

use super::Context;
use crate::kms::{ClassId, RegionId};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{KeyClass, Scenario};

pub(super) fn check(context: &mut Context<'_>, scenario: &Scenario) {
    for (index, class) in scenario.keys.iter().enumerate() {
        for home in homes(scenario, class) {
            let fits = at_home(context, scenario, class, home)
                && with_partners(context, scenario, (class, ClassId(index as u16)), home)
                && in_escrow(context, scenario, (class, ClassId(index as u16)), home);
            // What is wrong with a class in one region is likely to be wrong in others: once is enough.
            if !fits {
                break;
            }
        }
    }
}

fn homes(scenario: &Scenario, class: &KeyClass) -> impl Iterator<Item = RegionId> {
    let regions = (0..scenario.regions.len()).filter(|i| class.counts[*i] > 0);
    regions.map(|i| RegionId(i as u16)).collect::<Vec<_>>().into_iter()
}

/// The sites of a region in words, by domain: `eu.a, eu.b (luna) and eu.c (softhsm)`.
fn sites_in_words(scenario: &Scenario, region: RegionId) -> String {
    let of = |domain: &str| {
        let sites = scenario.sites_of(region).filter(|site| scenario.exchange(*site) == domain);
        let sites: Vec<&str> = sites.map(|site| scenario.sites[site.index()].id.as_str()).collect();
        format!("{} ({domain})", sites.join(", "))
    };
    scenario.exchanges(region).into_iter().map(of).collect::<Vec<_>>().join(" and ")
}

/// Whether the copies of a class find sites of one domain in their home region.
fn at_home(context: &mut Context<'_>, scenario: &Scenario, class: &KeyClass, home: RegionId) -> bool {
    let mixed = scenario.exchanges(home).len() > 1;
    if !mixed || class.all_copies() < 2 {
        return true;
    }
    let key = match class {
        KeyClass { copies: 2.., .. } => "copies",
        KeyClass { partner_copies: 1.., .. } => "partner_copies",
        _ => "escrow_copies",
    };
    let reason = format!(
        "keys of region \"{}\" would be copied between exchange domains: {}",
        scenario.regions[home.index()].id,
        sites_in_words(scenario, home)
    );
    context.error(Code::Impossible, &["key", &class.id, key], reason);
    context.help(
        "make the sites of each domain a region of their own, at the same place; give all sites devices of one domain; or keep \
         one copy of each key",
    );
    false
}

/// Whether partner copies find sites of the home region's domain.
fn with_partners(
    context: &mut Context<'_>,
    scenario: &Scenario,
    (class, id): (&KeyClass, ClassId),
    home: RegionId,
) -> bool {
    let wanted = class.partner_copies as usize;
    let (region, domain) = (&scenario.regions[home.index()], scenario.exchanges(home).join(", "));
    let sites = scenario.partner_sites(id, home);
    let room: usize = sites.iter().map(|(_, sites)| sites.len()).sum();
    if wanted > room {
        let others: Vec<String> =
            scenario.partners(id, home).into_iter().map(|other| sites_in_words(scenario, other)).collect();
        let left = match room {
            0 => "no other region has a site".to_owned(),
            1 => "other regions have one site".to_owned(),
            _ => format!("other regions have {room} sites"),
        };
        let reason = format!(
            "partner copies of keys of region \"{}\" stay in its exchange domain \"{domain}\", of which {left}: {}",
            region.id,
            others.join(", ")
        );
        context.error(Code::Impossible, &["key", &class.id, "partner_copies"], reason);
        context.help(format!(
            "give another region that `stay` allows devices of \"{domain}\", give the regions a class each, or, where devices do \
             share a master key, say the same `exchange` in their profiles",
        ));
        return false;
    }
    let preferred = region.partner.filter(|partner| scenario.may_stay(id, home, *partner));
    if let Some(partner) = preferred.filter(|partner| wanted > 0 && sites.iter().all(|(region, _)| region != partner)) {
        let reason = format!(
            "this partner takes no copies of class \"{}\": {} cannot exchange keys with \"{domain}\"",
            class.id,
            sites_in_words(scenario, partner)
        );
        context.warn(&["region", &region.id, "partner"], reason);
    }
    true
}

/// Whether copies in escrow find sites of the home region's domain in regions that do not serve the keys.
fn in_escrow(
    context: &mut Context<'_>,
    scenario: &Scenario,
    (class, id): (&KeyClass, ClassId),
    home: RegionId,
) -> bool {
    let wanted = class.escrow_copies as usize;
    let room: usize = scenario.escrow_sites(id, home).iter().map(|(_, sites)| sites.len()).sum();
    if wanted <= room {
        return true;
    }
    let (region, domain) = (&scenario.regions[home.index()].id, scenario.exchanges(home).join(", "));
    let serving: Vec<&str> =
        scenario.partner_sites(id, home).iter().map(|(r, _)| scenario.regions[r.index()].id.as_str()).collect();
    let but = match serving[..] {
        [] => String::new(),
        _ => format!(", but for {} with partner copies", serving.join(", ")),
    };
    let are = if wanted == 1 { "is" } else { "are" };
    let sites = match room {
        0 => "is none".to_owned(),
        1 => "is one".to_owned(),
        _ => format!("are {room}"),
    };
    let reason = format!(
        "copies in escrow of keys of region \"{region}\" need a site each of exchange domain \"{domain}\" in other regions that \
         `stay` allows{but}: {wanted} {are} wanted, and there {sites}",
    );
    context.error(Code::Impossible, &["key", &class.id, "escrow_copies"], reason);
    context.help("widen `stay`, add a region or sites, or lower `partner_copies` or `escrow_copies`");
    false
}
