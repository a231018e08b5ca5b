//! Busy share of the HSM engines of each site over time, a panel for each region, all on one scale.

use super::View;
use crate::report::axis::{Frame, Scale};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::geometry::spread;
use crate::report::number;
use crate::report::paint;
use crate::report::scene::{BLUE, Colour, Dash, Fill, GREEN, NOTE, ORANGE, PURPLE, Pen, SKY, VERMILLION};
use crate::report::series;
use crate::report::table::{Cell, Table};
use crate::results::SiteSeries;
use std::collections::BTreeMap;

const HEIGHT: f64 = 164.0;
const BUCKETS: usize = 270;
const LOOKS: [(Colour, Dash); 6] = [
    (BLUE, Dash::Solid),
    (VERMILLION, Dash::Long),
    (GREEN, Dash::LongShort),
    (PURPLE, Dash::Short),
    (ORANGE, Dash::Solid),
    (SKY, Dash::Long),
];

type Sites<'a> = Vec<(&'a str, &'a SiteSeries)>;

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let sites = &view.run.timeline.sites;
    let highest = highest(sites.values());
    if highest <= 0.0 {
        return None;
    }
    let mut regions: BTreeMap<&str, Sites<'_>> = BTreeMap::new();
    for (id, site) in sites {
        regions.entry(&site.region).or_default().push((id, site));
    }
    let scale = Scale::linear(highest);
    let mut figure = view.figure("utilisation", "Utilisation of the HSMs over time by site");
    figure.panels = regions.iter().map(|(region, sites)| draw(view, region, sites, scale)).collect();
    figure.reading = reading(view);
    figure.key = view.key();
    figure.table = table(view);
    Some(figure)
}

fn highest<'a>(sites: impl Iterator<Item = &'a SiteSeries>) -> f64 {
    sites.flat_map(|site| &site.utilisation).flatten().fold(0.0, |a: f64, b| a.max(*b))
}

fn draw(view: &View<'_>, region: &str, sites: &Sites<'_>, scale: Scale) -> Panel {
    let highest = highest(sites.iter().map(|(_, site)| *site));
    let mut scene = panel(HEIGHT, region, &format!("at most {}", number::share(highest)));
    let frame =
        Frame { left: 44.0, top: 36.0, right: PANEL - 68.0, bottom: HEIGHT - 20.0, until_s: view.until_s(), scale };
    frame.draw_bands(&mut scene, &view.bands);
    frame.draw_values(&mut scene, super::percent_label);
    frame.draw_times(&mut scene, view.clock);
    let mut ends = Vec::new();
    for (i, (id, site)) in sites.iter().enumerate() {
        let (colour, dash) = LOOKS[i % LOOKS.len()];
        let samples = series::thin(&series::gapped_readings(&site.utilisation), BUCKETS);
        // A line with gaps has one name, at the end of its last piece.
        let mut end = None;
        for run in series::finite_runs(&samples) {
            let points: Vec<_> = run.iter().map(|(at, v)| (frame.x(view.at_s(*at)), frame.y(*v))).collect();
            end = points.last().map(|(_, y)| (*id, *y, colour));
            scene.line(points, Pen::new(colour, 1.25).dashed(dash));
        }
        ends.extend(end);
    }
    // More labels than fit below each other would overlap: the chart then names the first ones, the table all.
    ends.truncate(11);
    let wanted: Vec<f64> = ends.iter().map(|(_, y, _)| *y).collect();
    for ((id, _, colour), y) in ends.iter().zip(spread(&wanted, 11.0, (frame.top, frame.bottom))) {
        let own = id.strip_prefix(region).map_or(*id, |rest| rest.trim_start_matches(['.', '-', '/']));
        let label = paint::fit(if own.is_empty() { id } else { own }, NOTE.size, 56.0);
        scene.disc((frame.right + 5.0, y), 2.0, Fill::new(*colour, 1.0));
        scene.text((frame.right + 9.0, y), &label, NOTE);
    }
    Panel { title: format!("Utilisation of the sites of {region} over time"), scene }
}

fn reading(view: &View<'_>) -> String {
    let peak = view
        .run
        .timeline
        .sites
        .iter()
        .filter_map(|(id, s)| series::peak(&series::gapped_readings(&s.utilisation)).map(|(slot, v)| (v, id, slot)))
        .fold(
            None,
            |best: Option<(f64, &String, usize)>, c| if best.is_some_and(|b| b.0 >= c.0) { best } else { Some(c) },
        );
    let Some((highest, id, slot)) = peak else { return "No site had work.".to_owned() };
    let mean =
        view.run.utilisation.value.map(|v| format!(" The mean of all is {}.", number::share(v))).unwrap_or_default();
    format!("{id} is the busiest: {} at {}.{mean}", number::share(highest), view.slot_moment(slot))
}

fn table(view: &View<'_>) -> Table {
    let sites = &view.run.timeline.sites;
    let mut table = Table::new("Highest utilisation in each stretch of time, by site", &["from (UTC)"]);
    table.head.extend(sites.keys().cloned());
    let slots = sites.values().map(|s| s.utilisation.len()).max().unwrap_or(0);
    for (from, until) in series::table_slots(slots, 24) {
        let mut row = vec![Cell::text(view.slot_label(from))];
        for site in sites.values() {
            let part = site.utilisation.get(from..until.min(site.utilisation.len())).unwrap_or(&[]);
            let highest = part.iter().flatten().fold(None, |a: Option<f64>, b| Some(a.map_or(*b, |a| a.max(*b))));
            row.push(Cell::number(highest.map_or_else(|| number::NOTHING.to_owned(), number::share)));
        }
        table.row(row);
    }
    table
}
