//! The report: complete, well-formed, small, the same each time, and harmless whatever a scenario calls its regions.

use crate::sample;
use keyfleet::report::{Figure, escape, figures, files, page, summary};
use keyfleet::results::{RunDocument, Timeline};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FIGURES: [&str; 7] = ["objectives", "failover", "latency", "load", "utilisation", "map", "cost"];
/// What could break out of a text, an attribute, a style, a shell word or a terminal.
const HOSTILE: &str =
    "</title><script>alert(1)</script>\"'><img src=x onerror=y>&amp;\u{1b}[2J\u{202e}fill=\"#1B1C1D\"\n`$(rm)`";

fn square() -> Vec<Vec<(f64, f64)>> {
    vec![vec![(-20.0, -20.0), (30.0, -20.0), (30.0, 40.0), (-20.0, 40.0), (-20.0, -20.0)]]
}

fn drawn(run: &RunDocument) -> (Vec<Figure>, String) {
    let figures = figures(run, &square());
    let html = page(run, &figures);
    (figures, html)
}

/// Every opening tag, and that all are closed in order and every attribute is quoted.
fn tags(html: &str) -> Vec<(String, String)> {
    const VOID: [&str; 2] = ["meta", "br"];
    let mut open: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    let mut rest = html.split_once("<!DOCTYPE html>").map_or(html, |(_, rest)| rest);
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>') || open.last() == Some(&"style"), "a bare > in {text:?}");
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order");
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        let attributes = tag[name.len()..].trim_end_matches('/');
        let quotes = attributes.matches('"').count();
        assert_eq!(quotes, attributes.matches("=\"").count() * 2, "unquoted or broken attribute in <{tag}>");
        all.push((name.to_owned(), attributes.to_owned()));
        if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    all
}

/// What a strict policy asks: no script, no handler, no inline style, nothing from elsewhere.
fn assert_inert(html: &str) {
    for (name, attributes) in tags(html) {
        assert!(
            !["script", "img", "iframe", "object", "embed", "link", "base", "form"].contains(&name.as_str()),
            "<{name}>"
        );
        // Outside the quotes stand the names.
        let names: Vec<&str> = attributes.split('"').step_by(2).map(str::trim).collect();
        assert!(!names.iter().any(|n| n.starts_with("on") || *n == "style="), "<{name}{attributes}>");
        for value in attributes.split("href=\"").skip(1).chain(attributes.split("src=\"").skip(1)) {
            assert!(value.starts_with('#'), "{name} leads to {value}");
        }
    }
}

#[test]
fn the_page_has_all_parts_in_order() {
    let (figures, html) = drawn(&sample::day());
    let ids: Vec<&str> = figures.iter().map(|f| f.id).collect();
    assert_eq!(ids, FIGURES);
    let found = tags(&html);
    assert_inert(&html);
    assert_eq!(found.iter().filter(|(name, _)| name == "h1").count(), 1);
    assert_eq!(found.iter().filter(|(name, _)| name == "svg").count(), 1 + 2 + 6 + 6 + 6 + 2 + 2);
    let svg_without_name =
        found.iter().any(|(name, a)| name == "svg" && !(a.contains("role=\"img\"") && a.contains("aria-labelledby")));
    assert!(!svg_without_name);
    let order = [
        "internal",
        "content: \"INTERNAL\"",
        "1 of 6 objectives fails",
        "id=\"objectives\"",
        "✗ fail",
        "99.962 ± 0.014 %",
        "id=\"faults\"",
        "region eu: crash",
        "id=\"latency\"",
        "46.2 ± 1.3 ms",
        "id=\"requests\"",
        "no-host",
        "id=\"keys\"",
        "id=\"cost\"",
        "1.28 M USD",
        "assumed",
        "id=\"run\"",
        "keyfleet run scenario.toml",
    ];
    for part in order {
        assert!(html.contains(part), "{part} is missing");
    }
    let sections: Vec<usize> = order.iter().filter(|p| p.starts_with("id=")).filter_map(|p| html.find(p)).collect();
    assert!(sections.is_sorted(), "sections out of order");
    for id in html.split("href=\"#").skip(1).filter_map(|s| s.split('"').next()) {
        assert!(html.contains(&format!("id=\"{id}\"")), "#{id} leads nowhere");
    }
}

#[test]
fn readings_are_made_from_the_data() {
    let (figures, _) = drawn(&sample::day());
    let reading: BTreeMap<&str, &str> = figures.iter().map(|f| (f.id, f.reading.as_str())).collect();
    assert!(
        reading["latency"].contains("10 min in all, first at 09:00 UTC, during region eu: crash"),
        "{}",
        reading["latency"]
    );
    assert!(reading["failover"].contains("95 s: region eu: crash, found after 12 s"), "{}", reading["failover"]);
    assert!(reading["map"].contains("from eu to uk: 1,260/s instead of 28.0/s"), "{}", reading["map"]);
    assert!(reading["objectives"].starts_with("outage fails worst"), "{}", reading["objectives"]);
    assert!(reading["cost"].contains("78.8 % of it for devices"), "{}", reading["cost"]);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let run = sample::day();
    let (first, second) = (files(&run, &square()), files(&run.clone(), &square()));
    assert_eq!(first.len(), 1 + 2 * FIGURES.len());
    assert!(first == second);
    for (name, bytes) in &first {
        match name.rsplit_once('.') {
            Some((_, "png")) => assert_sound_png(bytes),
            Some((_, "svg")) => drop(tags(std::str::from_utf8(bytes).expect("SVG is UTF-8"))),
            _ => assert!(bytes.starts_with(b"<!DOCTYPE html>")),
        }
    }
}

/// Signature, three chunks with whole lengths, and a size in the header that a screen can show.
fn assert_sound_png(bytes: &[u8]) {
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let mut rest = &bytes[8..];
    let mut kinds = Vec::new();
    while rest.len() >= 12 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        kinds.push(String::from_utf8_lossy(&rest[4..8]).into_owned());
        rest = &rest[12 + length..];
    }
    assert!(rest.is_empty());
    assert_eq!(kinds, ["IHDR", "IDAT", "IEND"]);
    let width = u32::from_be_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]);
    assert!((700..3000).contains(&width), "{width} pixels wide");
}

#[test]
fn a_week_of_ten_regions_stays_small() {
    let run = sample::run_of(10, 2016);
    let html = drawn(&run).1;
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert_inert(&html);
}

#[test]
fn a_peak_of_one_slot_survives_thinning() {
    let mut run = sample::run_of(1, 2016);
    let usual = drawn(&run).0[2].svg();
    run.timeline.regions.get_mut("au").expect("the first region").p99_ms[1000] = Some(240.0);
    let figure = &drawn(&run).0[2];
    assert!(figure.reading.contains("240 ms"), "{}", figure.reading);
    assert_ne!(figure.svg(), usual, "one slot of 2,016 must show");
}

#[test]
fn a_run_without_anything_still_has_a_page() {
    let mut run = sample::run_of(0, 0);
    run.timeline = Timeline::default();
    run.objectives.clear();
    run.faults.clear();
    run.survive.clear();
    run.provenance.clear();
    run.requests = keyfleet::results::Requests::default();
    run.latency_ms = keyfleet::results::Quantities::default();
    run.cost = keyfleet::results::Cost::default();
    let (figures, html) = drawn(&run);
    assert!(figures.is_empty());
    tags(&html);
    assert!(html.contains("No objectives: nothing was judged"));
    let text = summary(&run, 80, false);
    assert!(!text.contains("NaN") && !html.contains("NaN"));
    for (regions, slots) in [(1, 0), (1, 1), (2, 3)] {
        tags(&drawn(&sample::run_of(regions, slots)).1);
    }
}

/// The sample with every text that a scenario can bring replaced.
fn named(text: &str) -> RunDocument {
    let rename = |from: &str| format!("{from}{text}");
    let mut run = sample::day();
    run.scenario.name = text.to_owned();
    run.scenario.description = text.to_owned();
    run.scenario.classification = Some(text.to_owned());
    run.verdict = text.to_owned();
    run.regions = run.regions.into_iter().map(|(k, v)| (rename(&k), v)).collect();
    run.loads = run.loads.into_iter().map(|(k, v)| (rename(&k), v)).collect();
    run.sites = run.sites.into_iter().map(|(k, v)| (rename(&k), v)).collect();
    run.timeline.regions = run.timeline.regions.into_iter().map(|(k, v)| (rename(&k), v)).collect();
    run.timeline.sites = run.timeline.sites.into_iter().map(|(k, v)| (rename(&k), v)).collect();
    run.timeline.map.iter_mut().for_each(|p| p.id = rename(&p.id));
    run.requests.by_reason.insert(text.to_owned(), 7);
    run.cost.unpriced.push(text.to_owned());
    run.cost.regions.insert(text.to_owned(), 5.0);
    for fault in run.faults.iter_mut().chain(&mut run.survive) {
        fault.what = rename(&fault.what);
        fault.worst_region = text.to_owned();
    }
    for objective in &mut run.objectives {
        objective.id = rename(&objective.id);
        objective.expect = text.to_owned();
        objective.unit = text.to_owned();
        objective.at = text.to_owned();
        objective.when = text.to_owned();
        objective.control = vec![text.to_owned()];
    }
    for row in &mut run.provenance {
        row.source = text.to_owned();
        row.value = text.to_owned();
    }
    run
}

#[test]
fn hostile_names_stay_text() {
    let run = named(HOSTILE);
    let (figures, html) = drawn(&run);
    assert_inert(&html);
    let svgs = figures.iter().map(|f| String::from_utf8(f.svg()).expect("SVG is UTF-8"));
    svgs.for_each(|svg| drop(tags(&svg)));
    assert!(!html.contains('\u{1b}') && !html.contains('\u{202e}'), "control characters reached the page");
    let text = summary(&run, 80, false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "control characters reached the terminal");
    assert!(html.contains("<pre><code>keyfleet run scenario.toml</code></pre>"), "no name of a stranger in a command");
}

#[test]
fn the_summary_fits_its_width_and_colours_only_when_told() {
    for width in [60, 80, 132] {
        let text = summary(&sample::day(), width, false);
        let widest = text.lines().map(|l| l.chars().count()).max().unwrap_or(0);
        assert!(widest <= width, "{widest} columns for {width}:\n{text}");
    }
    let text = summary(&sample::day(), 80, false);
    for part in [
        "✗ fail",
        "outage: p99(authorise) < 180 ms",
        "46.2 ± 1.3 ms",
        "Backlogged",
        "region eu: crash",
        "95 s",
        "▇",
        "1.28 M USD",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert!(summary(&sample::day(), 80, true).contains("\u{1b}[1;31m✗ fail"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn escaped_text_has_no_markup_and_reads_back(text in "\\PC*|[<>&\"'a;#]*") {
        let safe = escape(&text);
        prop_assert!(!safe.contains(['<', '>', '"', '\'']));
        let back = safe.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        prop_assert_eq!(back, text);
    }

    #[test]
    fn any_name_gives_a_sound_page(text in "\\PC{0,24}") {
        let mut run = sample::run_of(2, 12);
        run.scenario.name = text.clone();
        run.faults[0].what = text.clone();
        run.objectives[0].id = text;
        assert_inert(&drawn(&run).1);
    }
}
