//! The top of the page: does the fleet keep its promises? Then the promises one by one.

use super::paragraph;
use crate::report::chart::{View, limit_used};
use crate::report::number;
use crate::report::table::{Cell, Table, status_mark, status_tint, status_word};
use crate::report::text::{escape, plural};
use crate::results::{Estimate, ObjectiveResult, RunDocument, Saturation, Status};
use std::fmt::Write;

/// Name, verdict, and the figures that everyone asks for first.
pub(super) fn header(view: &View<'_>) -> String {
    let run = view.run;
    let mut out = format!("<header>\n<h1>{}</h1>\n", escape(&run.scenario.name));
    if !run.scenario.description.is_empty() {
        let _ = writeln!(out, "<p class=\"lead\">{}</p>", escape(&run.scenario.description));
    }
    let _ = write!(
        out,
        "<table class=\"banner\" width=\"100%\" role=\"presentation\" cellpadding=\"8\"><tr><td bgcolor=\"{}\" class=\"verdict {}\">\
         <p><strong>{}</strong> {}</p></td></tr></table>\n<dl class=\"tiles\">\n",
        status_tint(run.status),
        status_word(run.status),
        status_mark(run.status),
        escape(&run.verdict)
    );
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
    out.push_str(&paragraph(&saturation(run)));
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
    tiles.push(("keys lost", number::estimate(run.keys.lost)));
    if run.cost.total_usd_per_year > 0.0 {
        tiles.push(("cost per year", number::usd(run.cost.total_usd_per_year)));
    }
    tiles
}

/// Whether the fleet kept up, and how far one may trust the quantiles.
pub(crate) fn saturation(run: &RunDocument) -> String {
    let busiest = run.sites.iter().filter_map(|(id, s)| s.utilisation_peak.value.map(|v| (v, id)));
    let busiest = busiest.max_by(|a, b| a.0.total_cmp(&b.0));
    let words = match run.saturation {
        Saturation::Stable => "Stable: queues stayed short.",
        Saturation::Backlogged => {
            "Backlogged: a backlog built up and drained; the worst windows tell more than the quantiles of the whole run."
        }
        Saturation::Overloaded => {
            "Overloaded: a backlog was left at the end, so latencies depend on how long the run was; read them as “too slow”."
        }
    };
    match busiest {
        Some((peak, id)) => {
            format!("{words} {id} was the busiest site, {} in its busiest five minutes.", number::share(peak))
        }
        None => words.to_owned(),
    }
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
        return paragraph("The scenario states no objective, so nothing can fail.");
    }
    let mut order: Vec<&ObjectiveResult> = run.objectives.iter().collect();
    order.sort_by_key(|o| std::cmp::Reverse(o.status));
    let control = order.iter().any(|o| !o.control.is_empty());
    let mut head = vec!["objective", "status", "promise", "value", "limit", "margin", "when", "where it was worst"];
    head.extend(control.then_some("evidence for"));
    let mut table = Table::new("Objectives, each judged with its 95 % confidence interval", &head);
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

/// The measured value with its half-width and unit; `∞` where it failed by never ending.
pub(crate) fn value(o: &ObjectiveResult) -> String {
    match o.value {
        None if o.status == Status::Fail => number::INFINITE.to_owned(),
        None => number::NOTHING.to_owned(),
        Some(v) => match (o.half_width.filter(|h| *h > 0.0), o.unit.as_str()) {
            (None, unit) => in_unit(v, unit),
            (Some(h), "%") => {
                let e = Estimate { value: Some(v / 100.0), half_width: Some(h / 100.0) };
                number::share_estimate(e)
            }
            (Some(h), "ms") => number::latency(Estimate { value: Some(v), half_width: Some(h) }, true),
            (Some(h), "s") => number::latency(Estimate { value: Some(v * 1e3), half_width: Some(h * 1e3) }, true),
            (Some(h), "USD/y") => format!("{} ± {}", number::usd(v).trim_end_matches(" USD"), in_unit(h, "USD/y")),
            (Some(h), unit) => format!("{} {unit}", number::with_half_width(v, Some(h))),
        },
    }
}

/// A value in the objective's unit, in the size that reads best.
fn in_unit(v: f64, unit: &str) -> String {
    match unit {
        "ms" => number::time_ms(v),
        "s" => number::time_s(v),
        "%" => number::share(v / 100.0),
        "USD/y" => format!("{}/y", number::usd(v)),
        _ => format!("{} {unit}", number::significant(v)),
    }
}

/// How much of the limit is left, or by how much it is exceeded.
pub(crate) fn margin(o: &ObjectiveResult) -> String {
    match limit_used(o) {
        None => number::NOTHING.to_owned(),
        Some(used) if used.is_infinite() => "−∞".to_owned(),
        Some(used) => {
            let percent = ((1.0 - used) * 100.0).round();
            let sign = if percent > 0.0 { "+" } else { "" };
            format!("{sign}{} %", number::fixed(percent, 0))
        }
    }
}
