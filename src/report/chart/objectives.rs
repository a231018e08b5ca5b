//! How much of each limit is used, with the interval: what fails, and what comes close.

use super::View;
use super::bars::{self, Bar, LEFT, RIGHT};
use crate::report::figure::{Figure, Panel};
use crate::report::number;
use crate::report::scene::{Dash, GREEN, INK, ORANGE, Pen, VERMILLION};
use crate::report::table::{Cell, Table, status_word};
use crate::results::{ObjectiveResult, Status};

/// The bars' full width, in limits.
const WIDTH: f64 = 1.5;
/// From here on per cent no longer read well, and how many limits are used is said instead.
pub(crate) const MANY_LIMITS: f64 = 10.0;

/// How much of an objective's limit is used: 0.4 is well within, more than 1 is beyond, infinite is never answered. Of a
/// promise in per cent at least (`> 99.9 %`) it is the share of the allowed shortfall. `None` if nothing was measured.
pub(crate) fn limit_used(objective: &ObjectiveResult) -> Option<f64> {
    let Some(value) = objective.value else {
        return (objective.status == Status::Fail).then_some(f64::INFINITY);
    };
    let limit = objective.limit;
    if !objective.expect.contains('>') {
        return Some(ratio(value, limit));
    }
    if allows_shortfall(objective) {
        return Some(ratio(100.0 - value, 100.0 - limit));
    }
    Some(ratio(limit, value))
}

/// Whether it promises at least so many per cent.
fn allows_shortfall(objective: &ObjectiveResult) -> bool {
    objective.expect.contains('>') && objective.unit == "%"
}

fn ratio(used: f64, of: f64) -> f64 {
    if of > 0.0 {
        (used / of).max(0.0)
    } else if used > 0.0 {
        f64::INFINITY
    } else {
        0.0
    }
}

/// The half-width of the interval in limits.
fn half_width_used(objective: &ObjectiveResult) -> Option<f64> {
    let whole = if allows_shortfall(objective) { 100.0 - objective.limit } else { objective.limit };
    objective.half_width.filter(|_| whole > 0.0).map(|h| h / whole)
}

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let objectives = &view.run.objectives;
    if objectives.is_empty() {
        return None;
    }
    let mut objectives: Vec<&ObjectiveResult> = objectives.iter().collect();
    objectives.sort_by_key(|o| std::cmp::Reverse(o.status));
    let bars: Vec<Bar> = objectives
        .iter()
        .map(|o| Bar {
            name: format!("{}: {}", o.id, o.expect),
            value: format!("{}, {}", used_text(o), status_word(o.status)),
            share: limit_used(o).map_or(0.0, |used| used / WIDTH),
            colour: match o.status {
                Status::Pass => GREEN,
                Status::None | Status::Inconclusive => ORANGE,
                Status::Fail => VERMILLION,
            },
        })
        .collect();
    let mut scene = bars::draw("Share of each limit used", "line: the limit", &bars);
    let place = |used: f64| LEFT + (used / WIDTH).clamp(0.0, 1.0) * (RIGHT - LEFT);
    for (i, objective) in objectives.iter().enumerate() {
        let (low, high) = bars::track(i);
        scene.line(vec![(place(1.0), low - 2.5), (place(1.0), high + 2.5)], Pen::new(INK, 1.5));
        if let (Some(used), Some(h)) = (limit_used(objective), half_width_used(objective)) {
            let (from, until, middle) = (place(used - h), place(used + h), f64::midpoint(low, high));
            if used - h < WIDTH {
                scene.line(vec![(from, middle), (until, middle)], Pen::new(INK, 1.0));
                for x in [from, until] {
                    scene.line(vec![(x, middle - 2.5), (x, middle + 2.5)], Pen::new(INK, 1.0).dashed(Dash::Solid));
                }
            }
        }
    }
    let mut figure = view.figure("objectives", "How much of each limit is used");
    figure.panels.push(Panel { title: figure.title.clone(), scene });
    figure.reading = reading(&objectives);
    figure.key = vec!["The thin line across a bar's end is the 95 % confidence interval.".to_owned()];
    if objectives.iter().any(|o| allows_shortfall(o)) {
        figure
            .key
            .push("The limit of a promise of at least so many per cent is the shortfall that it allows.".to_owned());
    }
    figure.table = Table::new("Share of each limit used", &["objective", "used", "status"]);
    for o in &objectives {
        figure.table.row(vec![Cell::text(&o.id), Cell::number(used_text(o)), Cell::Status(o.status)]);
    }
    Some(figure)
}

/// How much of an objective's limit is used: `42 %`, `318 %`, `141 times the limit`.
pub(crate) fn used_text(objective: &ObjectiveResult) -> String {
    match limit_used(objective) {
        None => "not measured".to_owned(),
        Some(used) if used.is_infinite() && objective.value.is_some() => "none is allowed".to_owned(),
        Some(used) if used.is_infinite() => number::INFINITE.to_owned(),
        Some(used) if used >= MANY_LIMITS => format!("{} times the limit", number::trimmed(used)),
        Some(used) => format!("{} %", number::trimmed((used * 100.0 * 10.0).round() / 10.0)),
    }
}

/// The same within a sentence.
fn used_phrase(objective: &ObjectiveResult) -> String {
    match limit_used(objective) {
        Some(used) if used.is_infinite() && objective.value.is_some() => "none is allowed".to_owned(),
        Some(used) if used.is_infinite() => "beyond any multiple of its limit".to_owned(),
        Some(used) if used >= MANY_LIMITS => format!("{} times its limit", number::trimmed(used)),
        _ => format!("{} of its limit", used_text(objective)),
    }
}

fn reading(objectives: &[&ObjectiveResult]) -> String {
    let by_use = |wanted: Status| {
        let of_status = objectives.iter().filter(|o| o.status == wanted);
        of_status.filter_map(|o| limit_used(o).map(|used| (used, *o))).fold(
            None,
            |best: Option<(f64, &ObjectiveResult)>, c| if best.is_some_and(|b| b.0 >= c.0) { best } else { Some(c) },
        )
    };
    let failed = by_use(Status::Fail).map(|(_, o)| format!("{} fails worst: {}. ", o.id, used_phrase(o)));
    let tightest = by_use(Status::Pass)
        .map(|(_, o)| format!("Of those that hold, {} is the tightest: {} is used.", o.id, used_phrase(o)));
    let text = failed.unwrap_or_default() + &tightest.unwrap_or_default();
    if text.is_empty() {
        "None is decided: see the reasons in the table of objectives.".to_owned()
    } else {
        text.trim_end().to_owned()
    }
}
