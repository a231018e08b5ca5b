//! An inventory of keys as text that fits 100 columns: each class with what holds for all its keys, then its home regions, then
//! what an auditor would question. Knows neither the terminal nor how the figures came about.

use super::text::{plain, plural, shorten};
use crate::inventory::{Class, Home, Inventory, KeyType, Usage};
use crate::results::number::{self, NOTHING, count};
use std::collections::BTreeMap;
use std::fmt::Write;

/// No line is longer.
const WIDTH: usize = 100;
/// Where what a label is about begins.
const LABEL: usize = 16;

/// The inventory for people. Ends with a line break.
#[must_use]
pub fn inventory(inventory: &Inventory) -> String {
    let mut text = format!("{}: keys at {}\n", inventory.scenario, inventory.at);
    for class in &inventory.classes {
        let _ = writeln!(text, "\n{}", class.id);
        for (label, what) in facts(class) {
            text.push_str(&wrapped(&format!("  {label:<width$}", width = LABEL - 2), &what));
        }
        if !class.homes.is_empty() {
            text.push('\n');
            homes(class, &mut text);
        }
        for finding in &class.findings {
            text.push_str(&wrapped("  ! ", finding));
        }
    }
    let findings = inventory.classes.iter().map(|class| class.findings.len() as u64).sum();
    let _ = writeln!(text, "\n{} that an auditor would question (marked !)", plural(findings, "thing"));
    text.lines().map(|line| shorten(&plain(line), WIDTH) + "\n").collect()
}

/// What holds for all keys of a class.
fn facts(class: &Class) -> Vec<(&'static str, String)> {
    let strength = class.strength_bits.map_or_else(
        || "security strength not rated by NIST".to_owned(),
        |bits| format!("{bits} bits of security strength (NIST SP 800-57)"),
    );
    let list = |items: Vec<String>| if items.is_empty() { NOTHING.to_owned() } else { items.join("; ") };
    let types = class.key_types.iter().map(|key_type| KeyType::name(*key_type).to_owned());
    let usage =
        |usage: &Usage| format!("{} ({}) {}", usage.load, usage.calls.join(", "), number::rate(usage.operations_per_s));
    let days = |seconds: f64| number::time_s(seconds);
    let period = match (class.cryptoperiod_s, class.kept_s) {
        (Some(period), Some(kept)) => format!("{}, replaced versions kept for {} more", days(period), days(kept)),
        _ => "without end: not replaced".to_owned(),
    };
    let uses = class.uses.map_or_else(|| "no limit".to_owned(), |uses| format!("at most {} of a version", count(uses)));
    let residency = match class.residency.as_str() {
        "region" => "home region only".to_owned(),
        "country" => "home country only".to_owned(),
        other => other.to_owned(),
    };
    let mut wrapped_by = class.wrapped_by.clone().unwrap_or_else(|| NOTHING.to_owned());
    if !class.wraps.is_empty() {
        let _ = write!(wrapped_by, "; wraps {}", class.wraps.join(", "));
    }
    let mut facts = vec![
        ("algorithm", format!("{}, {strength}", class.algorithm)),
        ("kind", list(types.collect())),
        ("used by", list(class.loads.iter().map(usage).collect())),
        ("cryptoperiod", period),
        ("uses", uses),
        ("residency", residency),
        ("copies", copies(class)),
        ("wrapped by", wrapped_by),
        ("tenants", count(class.tenants.into())),
    ];
    if !class.to_come.is_empty() {
        facts.push(("to come", to_come(class)));
    }
    facts
}

/// Keys by the change that provisions them.
fn to_come(class: &Class) -> String {
    let mut by_change: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for coming in &class.to_come {
        *by_change.entry((&coming.at, &coming.change)).or_default() += coming.keys;
    }
    let parts =
        by_change.into_iter().map(|((_, change), keys)| format!("{} with change {change}", plural(keys, "key")));
    parts.collect::<Vec<_>>().join("; ")
}

fn copies(class: &Class) -> String {
    let escrow = match class.escrow_copies {
        0 => String::new(),
        copies => format!(", {copies} in escrow in further regions"),
    };
    format!("{} in the home region, {} in partner regions{escrow}", class.copies, class.partner_copies)
}

/// A table of the home regions; below each line the sites.
fn homes(class: &Class, text: &mut String) {
    let head = ["home", "place", "in", "keys", "versions", "oldest", "next expiry", "calls"].map(str::to_owned);
    let row = |home: &Home| {
        [
            shorten(&home.region, 16),
            shorten(&home.place, 40),
            home.country.clone(),
            count(home.keys),
            count(home.versions),
            home.oldest_s.map_or_else(|| "unknown".to_owned(), number::time_s),
            // The day is what people plan by; the document has the instant.
            home.next_expiry.as_deref().map_or("never", |at| at.split('T').next().unwrap_or(at)).to_owned(),
            number::rate(home.calls_per_s),
        ]
    };
    let mut rows: Vec<[String; 8]> = std::iter::once(head).chain(class.homes.iter().map(row)).collect();
    let width = |rows: &[[String; 8]], i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..8).map(|i| width(&rows, i)).collect();
    // Figures are not cut: the names of places give way.
    let over = (widths.iter().sum::<usize>() + 2 * widths.len()).saturating_sub(WIDTH);
    widths[1] = widths[1].saturating_sub(over);
    for row in &mut rows {
        row[1] = shorten(&row[1], widths[1]);
    }
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, width))| match i {
            0..=2 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        format!("  {}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    let _ = writeln!(text, "{}", line(&rows[0]));
    for (home, row) in class.homes.iter().zip(&rows[1..]) {
        let _ = writeln!(text, "{}", line(row));
        text.push_str(&wrapped("      ", &sites(home)));
    }
}

/// The sites that hold keys of a home, by the kind of their devices, those of another country with its code.
fn sites(home: &Home) -> String {
    let mut by_device: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for held in &home.sites {
        let abroad = if held.country == home.country { String::new() } else { format!("\u{a0}({})", held.country) };
        let sealed = if held.escrow { "\u{a0}(in\u{a0}escrow)" } else { "" };
        let site = format!("{}{abroad}\u{a0}{}{sealed}", held.site, count(held.keys));
        by_device.entry(&held.device).or_default().push(site);
    }
    let parts = by_device.into_iter().map(|(device, sites)| format!("on {device}: {}", sites.join(", ")));
    parts.collect::<Vec<_>>().join("; ")
}

/// `head`, then the words of `what` in as many lines as they need, indented alike. No-break spaces hold words together.
fn wrapped(head: &str, what: &str) -> String {
    let indent = head.chars().count();
    let (mut text, mut line) = (String::new(), head.to_owned());
    let mut empty = true;
    for word in what.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            (line, empty) = (" ".repeat(indent), true);
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
    text.replace('\u{a0}', " ")
}
