//! The fleet as text: regions and sites, round trips, shards, and what the devices can do against what is asked of them.

use super::model::{ChangeKind, Demand, Scenario};
use crate::kms::{ClassId, RegionId, SiteId};
use std::fmt::Write;

/// Aligned tables for a terminal. Rates are calls per second, averaged over an ordinary week.
#[must_use]
pub fn topology(scenario: &Scenario) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", scenario.name);
    text.push_str(&table("Sites", &sites(scenario)));
    text.push_str(&table("Round trips between regions", &round_trips(scenario)));
    text.push_str(&table("Keys and shards", &shards(scenario)));
    if !scenario.quotas.is_empty() {
        text.push_str(&table("Quotas of services", &quotas(scenario)));
    }
    text.push_str(&table("Capacity against mean demand, calls/s", &capacity(scenario)));
    text
}

fn sites(scenario: &Scenario) -> Vec<Vec<String>> {
    let mut rows = vec![["site", "place", "country", "HSM profile", "HSMs"].map(str::to_owned).to_vec()];
    for (number, site) in scenario.sites.iter().enumerate() {
        let region = &scenario.regions[site.region.index()];
        let profile = scenario.profiles[site.profile].id.clone();
        let place = &region.place;
        rows.push(vec![
            site.id.clone(),
            place.name.to_string(),
            place.country.to_string(),
            profile,
            if scenario.is_service(SiteId(number as u16)) { "service".to_owned() } else { site.hsms.to_string() },
        ]);
    }
    if scenario.changes.iter().any(|change| matches!(change.kind, ChangeKind::Join(_) | ChangeKind::Leave(_))) {
        rows[0].push("in the fleet".to_owned());
        for (site, row) in rows[1..].iter_mut().enumerate() {
            row.push(stay(scenario, SiteId(site as u16)));
        }
    }
    rows
}

/// From when and until when a site is part of the fleet, by the beginnings of changes.
fn stay(scenario: &Scenario, site: SiteId) -> String {
    let told = scenario.changes.iter().filter_map(|change| match change.kind {
        ChangeKind::Join(joins) if joins == site => Some(format!("from {}", change.at)),
        ChangeKind::Leave(leaves) if leaves == site => Some(format!("until {}", change.at)),
        _ => None,
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "always".to_owned() } else { told.join(" ") }
}

fn round_trips(scenario: &Scenario) -> Vec<Vec<String>> {
    let names = scenario.regions.iter().map(|region| region.id.clone());
    let head = std::iter::once(String::new()).chain(names).collect();
    let row = |a: usize| {
        let id = |i: usize| RegionId(i as u16);
        let rtt = |b: usize| format!("{:.1} ms", scenario.round_trip(id(a), id(b)).as_millis_f64());
        std::iter::once(scenario.regions[a].id.clone()).chain((0..scenario.regions.len()).map(rtt)).collect()
    };
    std::iter::once(head).chain((0..scenario.regions.len()).map(row)).collect()
}

fn shards(scenario: &Scenario) -> Vec<Vec<String>> {
    let head = ["class", "home", "keys", "shards", "copies", "partner copies", "in escrow", "may be in"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (index, class) in scenario.keys.iter().enumerate() {
        for (i, region) in scenario.regions.iter().enumerate().filter(|(i, _)| class.counts[*i] > 0) {
            let home = RegionId(i as u16);
            let allowed = (0..scenario.regions.len())
                .filter(|j| scenario.may_stay(ClassId(index as u16), home, RegionId(*j as u16)))
                .map(|j| scenario.regions[j].id.clone());
            rows.push(vec![
                class.id.clone(),
                region.id.clone(),
                class.counts[i].to_string(),
                scenario.shards_of(ClassId(index as u16), home).to_string(),
                class.copies.to_string(),
                class.partner_copies.to_string(),
                class.escrow_copies.to_string(),
                allowed.collect::<Vec<_>>().join(" "),
            ]);
        }
    }
    rows
}

fn capacity(scenario: &Scenario) -> Vec<Vec<String>> {
    let mut rows = vec![["region", "HSMs", "demand", "busy HSMs", "utilisation"].map(str::to_owned).to_vec()];
    for (i, region) in scenario.regions.iter().enumerate() {
        let (mut demand, mut busy) = (0.0, 0.0);
        let sites: Vec<_> = scenario.sites.iter().filter(|site| site.region.index() == i).collect();
        let hsms: u32 = sites.iter().map(|site| site.hsms).sum();
        for population in scenario.populations.iter().filter(|p| scenario.origins[p.origin.index()].home.index() == i) {
            let load = &scenario.loads[population.load.index()];
            let rate = match (&population.demand, load.cache) {
                (_, Some(_)) => scenario.reaching(population),
                (Demand::Rate(rate), None) => *rate,
                (Demand::History(curve, _), None) => curve.mean(),
            };
            demand += rate * load.calls.len() as f64;
            let algorithm = &scenario.keys[load.key.index()].algorithm;
            // Work in device-seconds per second, on the region's devices taken together.
            for call in &load.calls {
                let able = able(scenario, RegionId(i as u16), algorithm, &scenario.calls[call.index()]);
                busy += if able > 0.0 { rate / able * f64::from(hsms) } else { 0.0 };
            }
        }
        let share = if hsms > 0 { 100.0 * busy / f64::from(hsms) } else { 0.0 };
        rows.push(vec![
            region.id.clone(),
            hsms.to_string(),
            format!("{demand:.1}"),
            format!("{busy:.2}"),
            format!("{share:.1} %"),
        ]);
    }
    rows
}

/// Each quota with its limit, and the sites that share it.
fn quotas(scenario: &Scenario) -> Vec<Vec<String>> {
    let mut rows = vec![["quota", "calls/s", "at once", "other workloads/s", "sites"].map(str::to_owned).to_vec()];
    for (number, quota) in scenario.quotas.iter().enumerate() {
        let theirs = scenario.others.iter().filter(|work| work.quota.index() == number);
        let sites = quota.sites.iter().map(|site| scenario.sites[site.index()].id.as_str());
        rows.push(vec![
            quota.id.clone(),
            format!("{:.1}", quota.limit.rate),
            format!("{:.0}", (quota.limit.rate * quota.limit.burst.as_secs_f64()).max(1.0)),
            format!("{:.1}", theirs.fold(0.0, |sum, work| sum + work.rate)),
            sites.collect::<Vec<_>>().join(" "),
        ]);
    }
    rows
}

/// Calls per second that a region's devices and quotas allow, each quota once, however many sites share it.
fn able(scenario: &Scenario, region: RegionId, algorithm: &str, call: &str) -> f64 {
    let (mut able, mut counted) = (0.0, Vec::new());
    for id in scenario.sites_of(region) {
        let site = &scenario.sites[id.index()];
        let Some(rate) = scenario.profiles[site.profile].profile.throughput(algorithm, call) else { continue };
        able += match scenario.quota(id, algorithm, call) {
            None => rate * f64::from(site.hsms),
            Some(quota) if counted.contains(&quota) => 0.0,
            Some(quota) => {
                counted.push(quota);
                scenario.quotas[quota.index()].limit.rate
            }
        };
    }
    able
}

/// A titled table: the first column to the left, the others to the right.
fn table(title: &str, rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = format!("\n{title}\n");
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, width))| match i {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}
