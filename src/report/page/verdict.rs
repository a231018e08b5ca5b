//! The top of the page: does the fleet keep its promises? Then the promises one by one.

use super::paragraph;
use crate::report::chart::{MANY_LIMITS, View, limit_used, used_text};
use crate::report::number;
use crate::report::remedy;
use crate::report::table::{Cell, Table, status_mark, status_tint, status_word};
use crate::report::text::{escape, plural};
use crate::results::verdict::{headline, in_unit, value};
use crate::results::{ObjectiveResult, RunDocument, Saturated, Saturation};
use std::fmt::Write;

/// Name, verdict, and the figures that everyone asks for first.
pub(super) fn header(view: &View<'_>) -> String {
    let run = view.run;
    let mut out = format!("<header>\n<h1>{}</h1>\n", escape(&run.scenario.name));
    if !run.scenario.description.is_empty() {
        let _ = writeln!(out, "<p class=\"lead\">{}</p>", escape(&run.scenario.description));
    }
    if let Some(text) = interrupted(run) {
        let _ = writeln!(out, "<p class=\"interrupted\"><b>{}</b></p>", escape(&text));
    }
    let _ = writeln!(
        out,
        "<table class=\"banner\" width=\"100%\" role=\"presentation\" cellpadding=\"8\"><tr><td bgcolor=\"{}\" class=\"verdict {}\">\
         <p><strong>{}</strong> {}</p></td></tr></table>",
        status_tint(run.status),
        status_word(run.status),
        status_mark(run.status),
        escape(&headline(run))
    );
    remedies(&mut out, run);
    out.push_str("<dl class=\"tiles\">\n");
    for (name, value) in tiles(run) {
        // The half-width stands below the value, smaller: `9.40 ms`, `± 0.11 ms`.
        let (value, half_width) = match (value.split_once(" ± "), value.rsplit_once(' ')) {
            (Some((v, h)), Some((_, unit))) if h.contains(' ') => (format!("{v} {unit}"), format!("± {h}")),
            (Some((v, h)), _) => (v.to_owned(), format!("± {h}")),
            (None, _) => (value, String::new()),
        };
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{value} <small>{half_width}</small></dd></div>");
    }
    out.push_str("</dl>\n");
    out.push_str(&paragraph(&saturation(view)));
    out.push_str(&unsettled(run).map(|words| paragraph(&words)).unwrap_or_default());
    let _ = write!(
        out,
        "<p class=\"lead\">{} from {} UTC on, {}, seed {}.</p>\n</header>\n",
        number::time_s(run.simulated_s),
        view.clock.date_time(run.warm_up_s),
        plural(u64::from(run.replications), "replication"),
        run.scenario.seed
    );
    out
}

/// What is survived, and what would mend the rest.
fn remedies(out: &mut String, run: &RunDocument) {
    remedy::survives(run).iter().for_each(|text| out.push_str(&paragraph(text)));
    let Some(block) = &run.remedies else { return };
    if !block.found.is_empty() {
        let _ = writeln!(out, "<h2 class=\"mend\">{}</h2>\n<ol class=\"mend\">", remedy::heading(block));
        for found in &block.found {
            let _ = write!(out, "<li>{}", escape(&remedy::words(found)));
            let arguments = remedy::arguments(found).join("\n");
            if !arguments.is_empty() {
                let _ = write!(out, "\n<pre><code>{}</code></pre>", escape(&arguments));
            }
            out.push_str("</li>\n");
        }
        out.push_str("</ol>\n");
    }
    remedy::rest(block).iter().for_each(|text| out.push_str(&paragraph(text)));
}

/// What was done of a run that was interrupted.
pub(crate) fn interrupted(run: &RunDocument) -> Option<String> {
    if !run.interrupted {
        return None;
    }
    let cases = run.survive.len() + run.survive_missing.len();
    let of_cases = match cases {
        0 => String::new(),
        _ => format!(" and {} of {}", run.survive.len(), plural(cases as u64, "survive case")),
    };
    let done = plural(u64::from(run.replications), "replication");
    Some(format!("Interrupted: this is what was done by then, {done} of the main run{of_cases}."))
}

fn tiles(run: &RunDocument) -> Vec<(&'static str, String)> {
    let counted = run.requests.offered > 0;
    let mut tiles = vec![
        ("availability", number::share_estimate(run.requests.availability)),
        ("median latency", number::latency(run.latency_ms.p50, counted)),
        ("p99 latency", number::latency(run.latency_ms.p99, counted)),
        ("utilisation", number::share_estimate(run.utilisation)),
    ];
    let all: Vec<_> = run.faults.iter().chain(&run.survive).collect();
    if !all.is_empty() {
        let never = all.iter().any(|f| f.rto_s.is_none());
        let worst = all.iter().filter_map(|f| f.rto_s).fold(0.0, f64::max);
        tiles.push(("longest recovery", if never { number::INFINITE.to_owned() } else { number::time_s(worst) }));
    }
    tiles.push(("keys lost per replication", number::tally(run.keys.lost)));
    if run.cost.total_usd_per_year > 0.0 {
        tiles.push(("cost per year", number::usd(run.cost.total_usd_per_year)));
    }
    tiles
}

/// Sites that are told of one by one.
const MOST_SITES: usize = 3;

/// Whether the fleet kept up: where and when it did not, and how far one may trust the quantiles.
pub(crate) fn saturation(view: &View<'_>) -> String {
    let run = view.run;
    let mut words = match run.saturation {
        Saturation::Stable => "Stable: queues stayed short.".to_owned(),
        Saturation::Backlogged => format!("Backlogged: {}.", behind(view, Saturation::Backlogged)),
        Saturation::Refusing => {
            let one = run.saturated.iter().filter(|site| site.state == Saturation::Refusing).count() == 1;
            let short =
                if one { "Its queue is short, not its engines." } else { "Their queues are short, not their engines." };
            format!("Refusing: {}. {short}", behind(view, Saturation::Refusing))
        }
        Saturation::Throttled => {
            format!("Throttled: {}. A quota is too low for what is asked of it.", behind(view, Saturation::Throttled))
        }
        Saturation::Overloaded => format!("Overloaded: {}.", behind(view, Saturation::Overloaded)),
    };
    if run.saturated.iter().any(|s| s.left) {
        words += " Latencies depend on how long the run was: read them as “too slow”.";
    } else if matches!(run.saturation, Saturation::Backlogged | Saturation::Overloaded) {
        words += " By the end all queues had drained; the worst windows tell more than the quantiles of the whole run.";
    }
    let busiest = run.sites.iter().filter_map(|(id, s)| s.utilisation_peak.value.map(|v| (v, id)));
    match busiest.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((peak, id)) => {
            format!("{words} {id} was the busiest site, {} in its busiest five minutes.", number::share(peak))
        }
        None => words,
    }
}

/// The sites in this state, each with when and how.
fn behind(view: &View<'_>, state: Saturation) -> String {
    let sites: Vec<&Saturated> = view.run.saturated.iter().filter(|s| s.state == state).collect();
    let mut told: Vec<String> = sites.iter().take(MOST_SITES).map(|site| behind_when(view, site)).collect();
    if sites.len() > MOST_SITES {
        told.push(format!("and {}", plural((sites.len() - MOST_SITES) as u64, "more site")));
    }
    told.join("; ")
}

fn behind_when(view: &View<'_>, site: &Saturated) -> String {
    let moment = |s: f64| view.clock.moment(s, view.until_s());
    let mut text = site.site.clone();
    match (site.from_s, site.until_s) {
        (Some(from), Some(until)) if from <= view.run.timeline.start_s && until >= view.until_s() => {
            text += " all the time";
        }
        (Some(from), Some(until)) => {
            text += &format!(" from {} until {}", moment(from).trim_end_matches(" UTC"), moment(until));
            if site.behind_s < 0.8 * (until - from) {
                text += &format!(" ({} of it)", number::time_s(site.behind_s));
            }
        }
        (Some(from), None) => text += &format!(" from {} on", moment(from)),
        _ => {}
    }
    if site.refused >= 0.0005 {
        let (refusing, why) = match site.state {
            Saturation::Refusing => ("", "room"),
            Saturation::Throttled => ("", "tokens"),
            _ => ("refusing ", "room"),
        };
        text += &format!(", {refusing}{} of its calls for want of {why}", number::share(site.refused));
    }
    if site.left {
        text += &format!(", with {} calls left waiting at the end", number::tally(site.waiting));
    }
    text
}

/// What as many replications as allowed left in doubt, if anything.
pub(crate) fn unsettled(run: &RunDocument) -> Option<String> {
    let replications = plural(u64::from(run.replications), "replication");
    let names = run.unsettled.join(", ");
    (!run.unsettled.is_empty()).then(|| format!("{replications} did not settle: {names}."))
}

/// All objectives, those that fail first.
pub(super) fn objectives(run: &RunDocument) -> String {
    if run.objectives.is_empty() {
        return paragraph("No objectives: nothing was judged.");
    }
    let mut order: Vec<&ObjectiveResult> = run.objectives.iter().collect();
    order.sort_by_key(|o| std::cmp::Reverse(o.status));
    let control = order.iter().any(|o| !o.control.is_empty());
    let mut head = vec!["objective", "status", "promise", "value", "limit", "margin", "when", "where it was worst"];
    head.extend(control.then_some("evidence for"));
    let mut table = Table::new("Objectives, each judged with its 95 % confidence interval", &head).listed();
    for o in order {
        let mut row = vec![
            Cell::text(&o.id),
            Cell::Status(o.status),
            Cell::Code(o.expect.clone()),
            Cell::number(value(o)),
            Cell::number(in_unit(o.limit, &o.unit)),
            Cell::number(margin(o)),
            Cell::text(&o.when),
            Cell::Text(o.at.clone()),
        ];
        if control {
            row.push(Cell::text(o.control.join(", ")));
        }
        table.row(row);
    }
    table.html()
}

/// How much of the limit is left, or by how much it is exceeded: in per cent, from ten limits on in limits.
pub(crate) fn margin(o: &ObjectiveResult) -> String {
    match limit_used(o) {
        None => number::NOTHING.to_owned(),
        Some(used) if used >= MANY_LIMITS => used_text(o),
        Some(used) => {
            let percent = ((1.0 - used) * 100.0).round();
            let sign = if percent > 0.0 { "+" } else { "" };
            format!("{sign}{} %", number::fixed(percent, 0))
        }
    }
}
