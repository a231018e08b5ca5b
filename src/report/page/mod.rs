//! The report as one HTML file: no script, no request, all of it in tables and inline SVG, so that it also reads where style
//! sheets are refused. Sections are files of their own; this one puts them in order.

mod access;
mod caches;
mod controls;
mod emergency;
mod faults;
mod keys;
mod location;
mod origin;
mod people;
mod quota;
mod recovery;
mod requests;
mod survey;
mod transport;
mod work;
mod verdict;

use super::chart::View;
use super::figure::Figure;
use super::table::{Cell, Table};
use super::text::{escape, plain};
use crate::results::RunDocument;
pub(crate) use access::access;
pub(crate) use caches::caches;
pub(crate) use controls::controls;
pub(crate) use emergency::emergency;
pub(crate) use keys::metadata;
pub(crate) use location::located;
pub(crate) use people::people;
pub(crate) use quota::quotas;
pub(crate) use recovery::recovery;
use std::fmt::Write;
pub(crate) use survey::{depends, worst};
pub(crate) use transport::transport;
pub(crate) use verdict::{interrupted, margin, saturation, unsettled};
pub(crate) use work::work;

const STYLE: &str = include_str!("style.css");

/// The sections of a page, in order: id, heading, content.
type Section = (&'static str, &'static str, String);

/// The page of a run with these figures of it.
#[must_use]
pub fn page(run: &RunDocument, figures: &[Figure]) -> String {
    let view = View::new(run);
    let figure = |id: &str| figures.iter().find(|f| f.id == id).map(Figure::html).unwrap_or_default();
    let sections: [Section; 19] = [
        ("objectives", "Objectives", verdict::objectives(run) + &figure("objectives")),
        ("controls", "Evidence for controls", controls::section(run)),
        ("faults", "Faults and survive cases", faults::section(&view) + &recovery::section(run) + &figure("failover")),
        ("survey", "What each loss costs", survey::section(run)),
        ("work", "Planned work and pushes", work::section(&view)),
        ("people", "Custodians, ceremonies and drills", people::section(run)),
        ("emergency", "Emergency access", emergency::section(run)),
        ("latency", "Latency", requests::latency(run) + &figure("latency")),
        ("requests", "Load and requests", requests::requests(&view) + &figure("load") + &figure("map")),
        ("caches", "Data keys kept by clients", caches::section(run)),
        ("location", "How often the location was wrong, and what it cost", location::section(run)),
        ("access", "Tenants, attacks and secrets", access::section(run)),
        ("sites", "Sites and HSMs", requests::sites(run) + &figure("utilisation")),
        ("quotas", "Quotas of services", quota::section(&view)),
        ("connections", "Connections", transport::section(&view) + &figure("handshakes")),
        ("keys", "Keys, replication, rotation, metadata, audit", keys::section(run)),
        ("cost", "Cost", origin::cost(run) + &figure("cost")),
        ("provenance", "What the figures rest on", origin::provenance(run)),
        ("run", "This run", origin::run(&view)),
    ];
    let sections: Vec<Section> = sections.into_iter().filter(|(.., content)| !content.is_empty()).collect();
    let title = escape(&run.scenario.name);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}: keyfleet report</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the results</a>\n",
        printed_classification(run)
    );
    out.push_str(&classification(run));
    out.push_str(&verdict::header(&view));
    out.push_str("<nav aria-label=\"Sections\"><ul>\n");
    for (id, heading, _) in &sections {
        let _ = writeln!(out, "<li><a href=\"#{id}\">{heading}</a></li>");
    }
    out.push_str("</ul></nav>\n<main id=\"main\">\n");
    for (id, heading, content) in &sections {
        let _ =
            write!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n");
    }
    out.push_str("</main>\n<footer>\n");
    out.push_str(&classification(run));
    let _ = write!(
        out,
        "<p>keyfleet, {} of {title}, seed {}. Simulated: it shows what the model says, and is no evidence about production.</p>\n\
         </footer>\n</body>\n</html>\n",
        escape(&run.schema),
        run.scenario.seed
    );
    out
}

/// The classification as a line of its own, at both ends of the page.
fn classification(run: &RunDocument) -> String {
    let line = |c: &String| format!("<p class=\"classification\"><b>{}</b></p>\n", escape(c));
    run.scenario.classification.as_ref().map_or_else(String::new, line)
}

/// The classification for the margin of each printed page.
fn printed_classification(run: &RunDocument) -> String {
    let rule = |c: &String| {
        format!("@page {{ @top-center {{ content: \"{}\"; font: bold 9pt sans-serif; }} }}\n", css_string(c))
    };
    run.scenario.classification.as_ref().map_or_else(String::new, rule)
}

/// `text` within a quoted string of a style sheet: what is neither letter nor digit is written as its number, so that it can
/// end neither the string nor the style element.
fn css_string(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).to_uppercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            let _ = write!(out, "\\{:x} ", u32::from(c));
        }
    }
    out
}

/// A paragraph of plain text.
fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

/// A table of names and values, which needs no head.
fn pairs(caption: &str, rows: Vec<(&str, String)>) -> String {
    let mut table = Table::new(caption, &[]);
    for (name, value) in rows {
        table.row(vec![Cell::text(name), Cell::number(value)]);
    }
    table.html()
}
