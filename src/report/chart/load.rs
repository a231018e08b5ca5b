//! Requests offered and requests that failed over time, a panel for each caller region, each on a scale of its own: a small
//! region's failures would vanish on a large one's.

use super::View;
use crate::report::axis::{Frame, Scale};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::geometry::spread;
use crate::report::number;
use crate::report::scene::{BLUE, Fill, NOTE, Pen, VERMILLION};
use crate::report::series;
use crate::report::table::{Cell, Table};
use crate::report::text::plural;
use crate::results::RegionSeries;

const HEIGHT: f64 = 164.0;
const BUCKETS: usize = 270;

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let regions = &view.run.timeline.regions;
    if regions.values().all(|s| s.offered_per_s.iter().all(|v| *v <= 0.0)) {
        return None;
    }
    let mut figure = view.figure("load", "Requests offered and failed over time by caller region");
    figure.panels = regions.iter().map(|(region, series)| draw(view, region, series)).collect();
    figure.reading = reading(view);
    figure.key = view.key();
    figure.key.insert(0, "Each panel has its own scale.".to_owned());
    figure.table = table(view);
    Some(figure)
}

fn draw(view: &View<'_>, region: &str, series: &RegionSeries) -> Panel {
    let highest = series.offered_per_s.iter().chain(&series.failed_per_s).fold(0.0, |a: f64, b| a.max(*b));
    let failed = series.failed_per_s.iter().any(|v| *v > 0.0);
    let remark = if failed { "" } else { ", none failed" };
    let mut scene = panel(HEIGHT, region, &format!("at most {}{remark}", number::rate(highest)));
    let frame = Frame {
        left: 50.0,
        top: 36.0,
        right: PANEL - 48.0,
        bottom: HEIGHT - 20.0,
        until_s: view.until_s(),
        scale: Scale::linear(highest),
    };
    frame.draw_bands(&mut scene, &view.bands);
    frame.draw_values(&mut scene, |v| format!("{}/s", number::trimmed(v)));
    frame.draw_times(&mut scene, view.clock);
    let mut ends = Vec::new();
    for (name, values, colour) in
        [("offered", &series.offered_per_s, BLUE), ("failed", &series.failed_per_s, VERMILLION)]
    {
        if values.iter().all(|v| *v <= 0.0) {
            continue;
        }
        let samples = series::thin(&series::plain_readings(values), BUCKETS);
        for run in series::finite_runs(&samples) {
            let points: Vec<_> = run.iter().map(|(at, v)| (frame.x(view.at_s(*at)), frame.y(*v))).collect();
            ends.push((name, points[points.len() - 1].1, colour));
            if colour == VERMILLION {
                let mut shape = points.clone();
                shape.push((points[points.len() - 1].0, frame.bottom));
                shape.push((points[0].0, frame.bottom));
                scene.area(shape, Fill::new(VERMILLION, 0.35));
            }
            scene.line(points, Pen::new(colour, 1.25));
        }
    }
    let wanted: Vec<f64> = ends.iter().map(|(_, y, _)| *y).collect();
    for ((name, _, colour), y) in ends.iter().zip(spread(&wanted, 11.0, (frame.top, frame.bottom))) {
        scene.disc((frame.right + 5.0, y), 2.0, Fill::new(*colour, 1.0));
        scene.text((frame.right + 9.0, y), name, NOTE);
    }
    Panel { title: format!("Requests of {region} over time"), scene }
}

fn reading(view: &View<'_>) -> String {
    let busiest = view
        .run
        .timeline
        .regions
        .iter()
        .filter_map(|(name, s)| {
            series::peak(&series::plain_readings(&s.offered_per_s)).map(|(slot, v)| (v, name, slot))
        })
        .fold(
            None,
            |best: Option<(f64, &String, usize)>, c| if best.is_some_and(|b| b.0 >= c.0) { best } else { Some(c) },
        );
    let Some((rate, name, slot)) = busiest else { return "Nothing was asked.".to_owned() };
    let offered = format!("{name} asks most: {} at {}.", number::rate(rate), view.slot_moment(slot));
    let failed: u64 = view.run.regions.values().map(|b| b.requests.failed).sum();
    let worst = view.run.regions.iter().max_by_key(|(_, b)| b.requests.failed);
    match worst {
        Some((name, block)) if failed > 0 => format!(
            "{offered} {} of {} requests failed over {}, {} of the failed ones asked by {name}.",
            number::count(failed),
            number::count(view.run.requests.offered),
            plural(u64::from(view.run.replications), "replication"),
            number::share(block.requests.failed as f64 / failed as f64),
        ),
        _ => format!("{offered} No request failed."),
    }
}

fn table(view: &View<'_>) -> Table {
    let regions = &view.run.timeline.regions;
    let mut table = Table::new("Mean rate offered, and failed where any did, by caller region", &["from (UTC)"]);
    table.head.extend(regions.keys().cloned());
    let slots = regions.values().map(|s| s.offered_per_s.len()).max().unwrap_or(0);
    for (from, until) in series::table_slots(slots, 24) {
        let mut row = vec![Cell::text(view.slot_label(from))];
        for s in regions.values() {
            let mean = |v: &[f64]| {
                let part = v.get(from..until.min(v.len())).unwrap_or(&[]);
                part.iter().sum::<f64>() / part.len().max(1) as f64
            };
            let (offered, failed) = (mean(&s.offered_per_s), mean(&s.failed_per_s));
            row.push(Cell::number(if failed > 0.0 {
                format!("{}, failed {}", number::rate(offered), number::rate(failed))
            } else {
                number::rate(offered)
            }));
        }
        table.row(row);
    }
    table
}
