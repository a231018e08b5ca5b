//! Where the callers are, which regions answer them, and how that changes during faults: two maps side by side.

use super::projection::Window;
use super::{Ring, View};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::geometry::{between, distance};
use crate::report::number;
use crate::report::paint;
use crate::report::scene::{BLUE, Fill, INK, NOTE, Pen, Point, Scene, Type, VERMILLION};
use crate::report::table::{Cell, Table};
use crate::results::{Flow, MapPlace};
use std::collections::BTreeMap;

const TOP: f64 = 24.0;
/// Radius of the busiest region's circle.
const LARGEST: f64 = 11.0;
const REGION: Type = Type { size: 11.0, bold: true, ..NOTE };

type Rate = fn(&Flow) -> f64;

pub(super) fn figure(view: &View<'_>, land: &[Ring]) -> Option<Figure> {
    let (places, flows) = (&view.run.timeline.map, &view.run.timeline.flows);
    if places.is_empty() || flows.is_empty() {
        return None;
    }
    let located: Vec<(f64, f64)> = places.iter().map(|p| (p.lon, p.lat)).collect();
    let window = Window::around(&located, 0.0, TOP, PANEL);
    let normal: Rate = |f| f.normal_per_s;
    let fault: Rate = |f| f.fault_per_s;
    let served = |rate: Rate| served(flows, rate).into_values().fold(0.0, f64::max);
    let most = served(normal).max(served(fault)).max(f64::MIN_POSITIVE);
    let mut figure = view.figure("map", "Who asks where, and who answers");
    let mut add = |heading: &str, rate: Rate| {
        let total: f64 = flows.iter().map(rate).sum();
        let mut scene = panel(TOP + window.height() + 4.0, heading, &format!("{} calls", number::rate(total)));
        for polygon in land.iter().flat_map(|ring| window.land(ring)) {
            scene.area(polygon, Fill::new(INK, 0.13));
        }
        draw(&mut scene, (places, flows), (&window, most), rate);
        figure.panels.push(Panel { title: format!("{heading}: calls from their origins to regions"), scene });
    };
    add("Without fault or recovery", normal);
    let faulty = flows.iter().any(|f| f.fault_per_s > 0.0);
    if faulty {
        add("During faults", fault);
    }
    figure.key = vec![
        "Circles: calls answered by each region, by area. Lines: calls from other places. Small dots: callers."
            .to_owned(),
    ];
    if faulty {
        figure.key.push("Ring: answers less than half of what it answers normally.".to_owned());
    }
    figure.reading = reading(flows, faulty);
    figure.table = table(flows);
    Some(figure)
}

fn served(flows: &[Flow], rate: Rate) -> BTreeMap<&str, f64> {
    let mut sums = BTreeMap::new();
    for flow in flows {
        *sums.entry(flow.to.as_str()).or_insert(0.0) += rate(flow);
    }
    sums
}

fn draw(scene: &mut Scene, (places, flows): (&[MapPlace], &[Flow]), (window, most): (&Window, f64), rate: Rate) {
    let at = |p: &MapPlace| window.place((p.lon, p.lat));
    let regions: BTreeMap<&str, Point> =
        places.iter().filter(|p| p.kind == "region").map(|p| (p.id.as_str(), at(p))).collect();
    // A region's own callers share its id and stand in its circle.
    let callers = |id: &str| places.iter().find(|p| p.id == id && p.kind != "region").map(at);
    for place in places.iter().filter(|p| p.kind != "region") {
        scene.disc(at(place), 1.5, Fill::new(INK, 0.6));
    }
    for flow in flows {
        let from = callers(&flow.from).or_else(|| regions.get(flow.from.as_str()).copied());
        if let (Some(from), Some(&to)) = (from, regions.get(flow.to.as_str()))
            && rate(flow) > 0.0
            && distance(from, to) > 4.0
        {
            let width = (5.0 * (rate(flow) / most).sqrt()).max(0.75);
            scene.line(arc(from, to), Pen::new(VERMILLION, width).faint(0.75));
        }
    }
    let now = served(flows, rate);
    let usual = served(flows, |f| f.normal_per_s);
    let mut taken: Vec<(Point, Point)> =
        regions.values().map(|c| ((c.0 - 4.0, c.1 - 4.0), (c.0 + 4.0, c.1 + 4.0))).collect();
    for (id, &centre) in &regions {
        let load = now.get(id).copied().unwrap_or(0.0);
        let radius = LARGEST * (load / most).sqrt();
        if radius > 0.5 {
            scene.disc(centre, radius.max(1.5), Fill::new(BLUE, 0.85));
        }
        if load < usual.get(id).copied().unwrap_or(0.0) / 2.0 {
            scene.ring(centre, 7.0, Pen::new(VERMILLION, 2.0));
        }
        label(scene, id, (centre, radius.max(5.0)), &mut taken);
    }
}

/// Writes a name beside a circle, at the first side where no other name or circle is; nowhere if all are taken.
fn label(scene: &mut Scene, id: &str, (centre, radius): (Point, f64), taken: &mut Vec<(Point, Point)>) {
    let text = paint::fit(id, REGION.size, 90.0);
    // Bold letters are wider than those that are measured.
    let (w, h) = (paint::text_width(&text, REGION.size) * 1.1, 11.0);
    let side = radius + 3.0;
    let corners = [
        (centre.0 + side, centre.1 - h / 2.0),
        (centre.0 - side - w, centre.1 - h / 2.0),
        (centre.0 - w / 2.0, centre.1 - side - h),
        (centre.0 - w / 2.0, centre.1 + side),
    ];
    let free = corners.into_iter().find(|c| {
        let inside = c.0 >= 0.0 && c.0 + w <= scene.width && c.1 >= TOP && c.1 + h <= scene.height;
        inside && taken.iter().all(|(a, b)| c.0 + w < a.0 || b.0 < c.0 || c.1 + h < a.1 || b.1 < c.1)
    });
    if let Some(corner) = free {
        scene.text((corner.0, corner.1 + h / 2.0), &text, Type { opacity: 1.0, ..REGION });
        taken.push((corner, (corner.0 + w, corner.1 + h)));
    }
}

/// A line bent upwards, so that traffic both ways does not lie on itself.
fn arc(from: Point, to: Point) -> Vec<Point> {
    let middle = between(from, to, 0.5);
    let bend = distance(from, to) * 0.18;
    let sign = if from.0 <= to.0 { 1.0 } else { -1.0 };
    let length = distance(from, to).max(1e-9);
    let control =
        (middle.0 + (to.1 - from.1) / length * bend * sign, middle.1 - (to.0 - from.0) / length * bend * sign);
    (0..=20)
        .map(|i| {
            let t = f64::from(i) / 20.0;
            between(between(from, control, t), between(control, to, t), t)
        })
        .collect()
}

fn reading(flows: &[Flow], faulty: bool) -> String {
    let far = |rate: Rate| {
        let all: f64 = flows.iter().map(rate).sum();
        let crossing: f64 = flows.iter().filter(|f| f.from != f.to).map(rate).sum();
        if all > 0.0 { crossing / all } else { 0.0 }
    };
    let normal = format!(
        "Normally (no fault, and none in the ten minutes before) {} of the calls leave the place they are asked from",
        number::share(far(|f| f.normal_per_s))
    );
    if !faulty {
        return format!("{normal}.");
    }
    let far = number::share(far(|f| f.fault_per_s));
    format!("{normal}, during faults {far}. {}", moved(flows))
}

/// Less than this share of the calls is as good as nothing: so much the rates of calls without and with a fault differ anyway,
/// for they are of different times.
const NOISE: f64 = 0.01;

/// Where calls go during faults beyond what their origin sends there without, at the rate that it has then.
fn moved(flows: &[Flow]) -> String {
    let mut rates: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for flow in flows {
        let (normal, fault) = rates.entry(&flow.from).or_default();
        (*normal, *fault) = (*normal + flow.normal_per_s, *fault + flow.fault_per_s);
    }
    let more = |flow: &Flow| {
        let (normal, fault) = rates[flow.from.as_str()];
        if normal > 0.0 { (flow.fault_per_s - fault * flow.normal_per_s / normal).max(0.0) } else { 0.0 }
    };
    let all: f64 = flows.iter().map(|flow| flow.fault_per_s).sum();
    if flows.iter().map(more).sum::<f64>() < NOISE * all {
        return format!("Faults move no traffic: less than {} of the calls.", super::percent_label(NOISE));
    }
    let most = flows.iter().fold(&flows[0], |most, flow| if more(flow) > more(most) { flow } else { most });
    format!(
        "Most of what moves goes from {} to {}: {} instead of {}.",
        most.from,
        most.to,
        number::rate(most.fault_per_s),
        number::rate(most.normal_per_s)
    )
}

fn table(flows: &[Flow]) -> Table {
    let mut table = Table::new(
        "Calls by origin and answering region",
        &["from", "to", "normal", "during faults", "in the 10 min after"],
    );
    let mut largest: Vec<&Flow> = flows.iter().collect();
    largest.sort_by(|a, b| (b.normal_per_s + b.fault_per_s).total_cmp(&(a.normal_per_s + a.fault_per_s)));
    for flow in largest.into_iter().take(60) {
        table.row(vec![
            Cell::text(&flow.from),
            Cell::text(&flow.to),
            Cell::number(number::rate(flow.normal_per_s)),
            Cell::number(number::rate(flow.fault_per_s)),
            Cell::number(number::rate(flow.recovery_per_s)),
        ]);
    }
    table
}
