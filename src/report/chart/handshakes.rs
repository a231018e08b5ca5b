//! Handshakes over time, where connections broke or came to nothing: how a reconnect storm rises and falls.

use super::View;
use crate::report::axis::{Frame, Scale};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::number;
use crate::report::scene::{BLUE, Fill, Pen, VERMILLION};
use crate::report::series;
use crate::report::table::{Cell, Table};
use crate::results::TransportBlock;

const HEIGHT: f64 = 164.0;
const BUCKETS: usize = 270;

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let block = view.run.transport.as_ref()?;
    let eventful = [block.broken, block.refused, block.distrusted].iter().any(|count| count.or_zero() > 0.0);
    if !eventful || block.taken_per_s.len() < 2 {
        return None;
    }
    let mut figure = view.figure("handshakes", "TLS handshakes over time, all sites");
    figure.panels = vec![draw(view, block)];
    figure.reading = reading(view, block);
    figure.key = view.key();
    figure.key.insert(0, "Blue: taken by front ends; red: refused by them, or for the certificate.".to_owned());
    figure.table = table(view, block);
    Some(figure)
}

fn draw(view: &View<'_>, block: &TransportBlock) -> Panel {
    let highest = block.taken_per_s.iter().chain(&block.failed_per_s).fold(0.0, |a: f64, b| a.max(*b));
    let mut scene = panel(HEIGHT, "all sites", &format!("at most {}", number::rate(highest)));
    let frame = Frame {
        left: 50.0,
        top: 36.0,
        right: PANEL - 48.0,
        bottom: HEIGHT - 20.0,
        until_s: view.until_s(),
        scale: Scale::linear(highest.max(1e-9)),
    };
    frame.draw_bands(&mut scene, &view.bands);
    frame.draw_values(&mut scene, |v| format!("{}/s", number::trimmed(v)));
    frame.draw_times(&mut scene, view.clock);
    for (values, colour) in [(&block.taken_per_s, BLUE), (&block.failed_per_s, VERMILLION)] {
        if values.iter().all(|v| *v <= 0.0) {
            continue;
        }
        for run in series::finite_runs(&series::thin(&series::plain_readings(values), BUCKETS)) {
            let points: Vec<_> = run.iter().map(|(at, v)| (frame.x(view.at_s(*at)), frame.y(*v))).collect();
            if let (Some(last), Some(first), VERMILLION) = (points.last(), points.first(), colour) {
                let mut shape = points.clone();
                shape.extend([(last.0, frame.bottom), (first.0, frame.bottom)]);
                scene.area(shape, Fill::new(VERMILLION, 0.35));
            }
            scene.line(points, Pen::new(colour, 1.25));
        }
    }
    Panel { title: "Handshakes of all sites over time".to_owned(), scene }
}

fn reading(view: &View<'_>, block: &TransportBlock) -> String {
    match series::peak(&series::plain_readings(&block.taken_per_s)) {
        Some((slot, most)) if most > 0.0 => {
            format!("Most handshakes: {} at {}.", number::rate(most), view.slot_moment(slot))
        }
        _ => "There were no handshakes.".to_owned(),
    }
}

fn table(view: &View<'_>, block: &TransportBlock) -> Table {
    let mut table =
        Table::new("Most handshakes per second in each stretch of time", &["from (UTC)", "taken", "failed"]);
    let most = |values: &[f64], (from, until): (usize, usize)| {
        number::rate(values[from..until.min(values.len())].iter().fold(0.0, |a: f64, b| a.max(*b)))
    };
    for stretch in series::table_slots(block.taken_per_s.len(), 24) {
        table.row(vec![
            Cell::text(view.slot_label(stretch.0)),
            Cell::number(most(&block.taken_per_s, stretch)),
            Cell::number(most(&block.failed_per_s, stretch)),
        ]);
    }
    table
}
