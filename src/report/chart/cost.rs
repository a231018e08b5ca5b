//! What the fleet costs in a year: by kind of cost and by region.

use super::View;
use super::bars::{self, Bar};
use crate::report::figure::{Figure, Panel};
use crate::report::number;
use crate::report::scene::{BLUE, GREEN};
use crate::report::table::{Cell, Table};
use crate::results::Cost;

/// The kinds of cost with their sums.
pub(super) fn parts(cost: &Cost) -> [(&'static str, f64); 4] {
    [
        ("devices", cost.devices_usd_per_year),
        ("keys", cost.keys_usd_per_year),
        ("operations", cost.operations_usd_per_year),
        ("transfer between regions", cost.transfer_usd_per_year),
    ]
}

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let cost = &view.run.cost;
    if cost.total_usd_per_year <= 0.0 {
        return None;
    }
    let mut figure = view.figure("cost", "Cost of the fleet per year");
    let mut by_kind: Vec<(String, f64)> = parts(cost).map(|(name, v)| (name.to_owned(), v)).to_vec();
    let mut by_region: Vec<(String, f64)> = cost.regions.iter().map(|(name, v)| (name.clone(), *v)).collect();
    by_kind.sort_by(|a, b| b.1.total_cmp(&a.1));
    by_region.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut table = Table::new("Cost per year", &["part", "cost", "share"]);
    for (heading, rows, colour) in [("By kind", &by_kind, BLUE), ("By region", &by_region, GREEN)] {
        if rows.is_empty() {
            continue;
        }
        let share = |v: f64| v / cost.total_usd_per_year;
        let largest = rows[0].1.max(f64::MIN_POSITIVE);
        let bars: Vec<Bar> = rows
            .iter()
            .map(|(name, v)| Bar {
                name: name.clone(),
                value: format!("{}, {}", number::usd(*v), number::share(share(*v))),
                share: v / largest,
                colour,
            })
            .collect();
        let scene = bars::draw(heading, &format!("of {}", number::usd(cost.total_usd_per_year)), &bars);
        figure.panels.push(Panel { title: format!("Cost {}", heading.to_lowercase()), scene });
        for (name, v) in rows {
            table.row(vec![Cell::text(name), Cell::number(number::usd(*v)), Cell::number(number::share(share(*v)))]);
        }
    }
    figure.reading = reading(cost, &by_kind, &by_region);
    figure.table = table;
    Some(figure)
}

fn reading(cost: &Cost, by_kind: &[(String, f64)], by_region: &[(String, f64)]) -> String {
    let (kind, most) = &by_kind[0];
    let mut out = format!(
        "The fleet costs {} a year, {} of it for {kind}",
        number::usd(cost.total_usd_per_year),
        number::share(most / cost.total_usd_per_year)
    );
    if let Some((region, most)) = by_region.first() {
        out.push_str(&format!("; {region} costs most ({})", number::usd(*most)));
    }
    if let Some(per_million) = cost.usd_per_million_calls {
        out.push_str(&format!("; a million calls cost {}", number::usd(per_million)));
    }
    out.push('.');
    if !cost.unpriced.is_empty() {
        out.push_str(&format!(" Without a price, so not in it: {}.", cost.unpriced.join(", ")));
    }
    out
}
