//! Latency quantiles over time, a panel for each caller region, all on one scale. Infinite latency has a line of its own at
//! the top.

use super::View;
use crate::report::axis::{Frame, Scale};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::geometry::spread;
use crate::report::number;
use crate::report::scene::PURPLE;
use crate::report::scene::{Anchor, BLUE, Dash, GREEN, INK, LABEL, NOTE, Pen, Scene, VERMILLION};
use crate::report::series::{self, Reading};
use crate::report::table::{Cell, Table};
use crate::results::RegionSeries;

const HEIGHT: f64 = 196.0;
const BUCKETS: usize = 270;

struct Line {
    name: &'static str,
    pen: Pen,
    values: fn(&RegionSeries) -> &Vec<Option<f64>>,
}

/// In order of drawing: what matters most comes last, on top.
const LINES: [Line; 4] = [
    Line { name: "p50", pen: Pen::new(GREEN, 1.0).dashed(Dash::LongShort), values: |s| &s.p50_ms },
    Line { name: "p95", pen: Pen::new(PURPLE, 1.0).dashed(Dash::Short), values: |s| &s.p95_ms },
    Line { name: "p99.9", pen: Pen::new(VERMILLION, 1.0).dashed(Dash::Long), values: |s| &s.p999_ms },
    Line { name: "p99", pen: Pen::new(BLUE, 1.5), values: |s| &s.p99_ms },
];

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let regions = &view.run.timeline.regions;
    let values = || {
        let lines = regions.values().flat_map(|s| LINES.iter().map(move |l| (l.values)(s)));
        lines.flatten().flatten().copied()
    };
    let highest = values().fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let lowest = values().filter(|v| *v > 0.0).fold(highest, f64::min);
    let scale = Scale::for_range(lowest, highest);
    let has_gap = |s: &RegionSeries| LINES.iter().any(|l| !series::unanswered_runs(&readings(s, l)).is_empty());
    let infinite = regions.values().any(has_gap);
    let mut figure = view.figure("latency", "Latency over time by caller region");
    for (region, series) in regions {
        figure.panels.push(draw(view, (region, series), scale, infinite));
    }
    figure.reading = reading(view);
    figure.key = view.key();
    if infinite {
        figure.key.insert(0, "∞: so many requests went unanswered that the quantile is infinite.".to_owned());
    }
    figure.table = table(view);
    Some(figure)
}

fn readings(series: &RegionSeries, line: &Line) -> Vec<Reading> {
    series::latency_readings((line.values)(series), &series.offered_per_s)
}

fn draw(view: &View<'_>, (region, series): (&str, &RegionSeries), scale: Scale, infinite: bool) -> Panel {
    let p99 = readings(series, &LINES[3]);
    let remark = match (series::unanswered_runs(&p99).is_empty(), series::peak(&p99)) {
        (false, _) => "p99 infinite at worst".to_owned(),
        (true, Some((_, peak))) => format!("p99 at most {}", number::time_ms(peak)),
        (true, None) => "nothing asked".to_owned(),
    };
    let mut scene = panel(HEIGHT, region, &remark);
    let roof = 36.0;
    let frame = Frame {
        left: 50.0,
        top: if infinite { roof + 14.0 } else { roof },
        right: PANEL - 43.0,
        bottom: HEIGHT - 20.0,
        until_s: view.until_s(),
        scale,
    };
    Frame { top: roof, ..frame }.draw_bands(&mut scene, &view.bands);
    frame.draw_values(&mut scene, number::tick_ms);
    if infinite {
        scene.text((frame.left - 5.0, roof + 4.0), "∞", LABEL.at(Anchor::End));
        let pen = Pen::new(INK, 0.5).faint(0.16).dashed(Dash::Dots);
        scene.line(vec![(frame.left, roof + 4.0), (frame.right, roof + 4.0)], pen);
    }
    frame.draw_times(&mut scene, view.clock);
    let mut ends = Vec::new();
    for line in &LINES {
        let readings = readings(series, line);
        draw_line(&mut scene, (view, &frame), (&readings, line), roof + 4.0);
        match readings.iter().rev().find(|r| **r != Reading::Idle) {
            Some(Reading::Value(v)) => ends.push((frame.y(*v), line)),
            Some(_) => ends.push((roof + 4.0, line)),
            None => {}
        }
    }
    let wanted: Vec<f64> = ends.iter().map(|(y, _)| *y).collect();
    for ((_, line), y) in ends.iter().zip(spread(&wanted, 11.0, (roof, frame.bottom))) {
        scene.disc((frame.right + 5.0, y), 2.0, crate::report::scene::Fill::new(line.pen.colour, 1.0));
        scene.text((frame.right + 9.0, y), line.name, NOTE);
    }
    Panel { title: format!("Latency of {region} over time"), scene }
}

/// One quantile: its finite stretches in the frame, the infinite ones at height `at_infinity`.
fn draw_line(
    scene: &mut Scene,
    (view, frame): (&View<'_>, &Frame),
    (readings, line): (&[Reading], &Line),
    at_infinity: f64,
) {
    for run in series::finite_runs(&series::thin(readings, BUCKETS)) {
        let mut points: Vec<_> = run.iter().map(|(at, v)| (frame.x(view.at_s(*at)), frame.y(*v))).collect();
        if let [only] = points[..] {
            points.push((only.0 + 1.0, only.1));
        }
        scene.line(points, line.pen);
    }
    for (from, until) in series::unanswered_runs(readings) {
        let (from, until) = (frame.x(view.at_s(from as f64)), frame.x(view.at_s(until as f64)));
        let pen = Pen { dash: Dash::Solid, width: if line.name == "p99" { 3.0 } else { 1.5 }, ..line.pen };
        scene.line(vec![(from, at_infinity), (until.max(from + 1.0), at_infinity)], pen);
    }
}

fn reading(view: &View<'_>) -> String {
    let regions = &view.run.timeline.regions;
    let slot_s = view.run.timeline.slot_s;
    let p99 = |s: &RegionSeries| readings(s, &LINES[3]);
    let unanswered = regions
        .iter()
        .filter_map(|(name, s)| {
            let runs = series::unanswered_runs(&p99(s));
            let slots: usize = runs.iter().map(|(from, until)| until - from).sum();
            runs.first().map(|(first, _)| (slots, name, *first))
        })
        .fold(
            None,
            |worst: Option<(usize, &String, usize)>, c| if worst.is_some_and(|w| w.0 >= c.0) { worst } else { Some(c) },
        );
    let peak = regions.iter().filter_map(|(name, s)| series::peak(&p99(s)).map(|(slot, v)| (v, name, slot))).fold(
        None,
        |worst: Option<(f64, &String, usize)>, c| if worst.is_some_and(|w| w.0 >= c.0) { worst } else { Some(c) },
    );
    let finite = peak
        .map(|(v, name, slot)| format!("p99 of {name} peaks at {} at {}.", number::time_ms(v), view.slot_moment(slot)));
    match (unanswered, finite) {
        (Some((slots, name, first)), finite) => format!(
            "For {} in all, first at {}, more than 1 % of the requests of {name} went unanswered, which makes its p99 \
             infinite.{}",
            number::time_s(slots as f64 * slot_s),
            view.slot_moment(first),
            finite.map(|text| format!(" Where it is finite, {text}")).unwrap_or_default()
        ),
        (None, Some(finite)) => finite,
        (None, None) => "Nothing was asked.".to_owned(),
    }
}

fn table(view: &View<'_>) -> Table {
    let regions = &view.run.timeline.regions;
    let mut table = Table::new("Highest p99 in each stretch of time, by caller region", &["from (UTC)"]);
    table.head.extend(regions.keys().cloned());
    let slots = regions.values().map(|s| s.p99_ms.len()).max().unwrap_or(0);
    let all: Vec<Vec<Reading>> = regions.values().map(|s| readings(s, &LINES[3])).collect();
    for (from, until) in series::table_slots(slots, 24) {
        let mut row = vec![Cell::text(view.slot_label(from))];
        for readings in &all {
            let part = readings.get(from..until.min(readings.len())).unwrap_or(&[]);
            row.push(Cell::number(match series::peak(part) {
                _ if part.contains(&Reading::Unanswered) => number::INFINITE.to_owned(),
                Some((_, v)) => number::time_ms(v),
                None => number::NOTHING.to_owned(),
            }));
        }
        table.row(row);
    }
    table
}
