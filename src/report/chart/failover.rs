//! How fast the fleet got over each fault: found, routed around, recovered, one bar for each fault and survive case.

use super::View;
use crate::report::axis::{Scale, seconds_label};
use crate::report::figure::{Figure, PANEL, Panel, panel};
use crate::report::number;
use crate::report::paint;
use crate::report::scene::{Anchor, BLUE, Colour, Dash, Fill, INK, LABEL, NOTE, ORANGE, Pen, SKY, Scene};
use crate::report::table::{Cell, Table};
use crate::results::{Estimate, FaultResult, Rise};

const ROW: f64 = 32.0;
const LEFT: f64 = 4.0;
const RIGHT: f64 = PANEL - 8.0;
/// Bars of one panel; the table holds all.
const MOST: usize = 16;
const STAGES: [(&str, Colour); 3] = [("found", ORANGE), ("routed around", SKY), ("recovered", BLUE)];

pub(super) fn figure(view: &View<'_>) -> Option<Figure> {
    let groups = [("Faults of the run", &view.run.faults), ("Survive cases", &view.run.survive)];
    let all: Vec<&FaultResult> = groups.iter().flat_map(|(_, faults)| faults.iter()).collect();
    if all.is_empty() {
        return None;
    }
    let longest = all.iter().flat_map(|f| [f.detect_s, f.routed_s, f.rto_s]).flatten().fold(0.0, f64::max);
    let scale = Scale::seconds(longest);
    let mut figure = view.figure("failover", "From each fault to recovery");
    for (heading, faults) in groups.into_iter().filter(|(_, faults)| !faults.is_empty()) {
        figure.panels.push(draw(heading, faults, scale));
    }
    figure.reading = reading(&all);
    figure.key = vec!["Time runs from the moment of the fault; the number is the recovery time (RTO).".to_owned()];
    figure.table = table(&all);
    Some(figure)
}

fn draw(heading: &str, faults: &[FaultResult], scale: Scale) -> Panel {
    let mut slowest: Vec<&FaultResult> = faults.iter().collect();
    slowest.sort_by(|a, b| b.rto_s.unwrap_or(f64::MAX).total_cmp(&a.rto_s.unwrap_or(f64::MAX)));
    slowest.truncate(MOST);
    let remark =
        if slowest.len() < faults.len() { format!("the {MOST} slowest of {}", faults.len()) } else { String::new() };
    let height = 62.0 + ROW * slowest.len() as f64;
    let mut scene = panel(height, heading, &remark);
    let mut x = LEFT;
    for (stage, colour) in STAGES {
        scene.rect((x, 27.0), (x + 10.0, 37.0), Fill::new(colour, 1.0));
        scene.text((x + 14.0, 32.0), stage, NOTE);
        x += 28.0 + paint::text_width(stage, NOTE.size);
    }
    let bottom = 44.0 + ROW * slowest.len() as f64;
    let place = |s: f64| LEFT + scale.share(s) * (RIGHT - LEFT);
    for tick in scale.ticks() {
        let x = place(tick);
        scene.line(vec![(x, 44.0), (x, bottom)], Pen::new(INK, 0.5).faint(0.16));
        let anchor = if x > RIGHT - 12.0 {
            Anchor::End
        } else if x < LEFT + 8.0 {
            Anchor::Start
        } else {
            Anchor::Middle
        };
        scene.text((x, bottom + 9.0), &seconds_label(scale, tick), NOTE.at(anchor));
    }
    for (i, fault) in slowest.into_iter().enumerate() {
        bar(&mut scene, fault, 46.0 + ROW * i as f64, place);
    }
    Panel { title: heading.to_owned(), scene }
}

fn bar(scene: &mut Scene, fault: &FaultResult, top: f64, place: impl Fn(f64) -> f64) {
    let outcome = recovery(fault);
    let room = RIGHT - LEFT - paint::text_width(&outcome, LABEL.size) - 10.0;
    scene.text((LEFT, top + 7.0), &paint::fit(&fault.what, LABEL.size, room), LABEL);
    scene.text((RIGHT, top + 7.0), &outcome, LABEL.at(Anchor::End));
    let (low, high) = (top + 15.0, top + 25.0);
    let mut from = 0.0;
    for ((_, colour), until) in STAGES.iter().zip([fault.detect_s, fault.routed_s, fault.rto_s]) {
        let Some(until) = until.filter(|u| *u > from) else { continue };
        scene.rect((place(from), low), (place(until).max(place(from) + 1.5), high), Fill::new(*colour, 1.0));
        from = until;
    }
    if fault.rto_s.is_none() {
        let middle = f64::midpoint(low, high);
        scene.line(vec![(place(from), middle), (RIGHT, middle)], Pen::new(BLUE, 2.0).dashed(Dash::Short));
        scene.area(vec![(RIGHT - 6.0, low), (RIGHT, middle), (RIGHT - 6.0, high)], Fill::new(BLUE, 1.0));
    }
}

/// The recovery time in words.
fn recovery(fault: &FaultResult) -> String {
    match fault.rto_s {
        None => "not within the run".to_owned(),
        Some(0.0) if fault.failed.or_zero() == 0.0 => "no request failed".to_owned(),
        Some(s) => number::time_s(s),
    }
}

/// `28.0 ms → 36.7 ms (eu)`: the p99 that rose most, before and during the fault.
pub(crate) fn p99_rise(fault: &FaultResult) -> String {
    fault.p99_rise.as_ref().map_or_else(
        || number::NOTHING.to_owned(),
        |rise| format!("{} → {} ({})", number::time_ms(rise.before_ms), during(rise), rise.region),
    )
}

fn during(rise: &Rise) -> String {
    number::latency(Estimate { value: rise.during_ms, half_width: None }, true)
}

/// During over before.
fn times(fault: &FaultResult) -> f64 {
    fault.p99_rise.as_ref().map_or(0.0, |rise| rise.during_ms.map_or(f64::INFINITY, |ms| ms / rise.before_ms))
}

/// In how many of these no request failed, and what the worst of them did to latency: failing is not the only harm.
pub(crate) fn without_failure(all: &[&FaultResult]) -> Option<String> {
    let unfailed: Vec<&FaultResult> =
        all.iter().copied().filter(|f| f.rto_s == Some(0.0) && f.failed.or_zero() == 0.0).collect();
    let worst = unfailed.iter().fold(None, |worst: Option<&FaultResult>, f| match worst {
        Some(known) if times(known) >= times(f) => worst,
        _ => Some(f),
    })?;
    let failed = match (unfailed.len(), all.len()) {
        (1, 1) => "No request failed".to_owned(),
        (n, all) => format!("In {n} of {all} no request failed"),
    };
    Some(match &worst.p99_rise {
        None => format!("{failed}."),
        // Less is within what p99 does by itself from one minute to the next.
        Some(_) if times(worst) < 1.1 => format!("{failed}, and p99 rose by less than a tenth."),
        Some(rise) => {
            let (before, region) = (number::time_ms(rise.before_ms), &rise.region);
            let most = if unfailed.len() > 1 { "most " } else { "" };
            format!("{failed}; p99 rose {most}with {}, from {before} to {} for {region}.", worst.what, during(rise))
        }
    })
}

fn reading(all: &[&FaultResult]) -> String {
    let never = all.iter().filter(|f| f.rto_s.is_none()).count();
    let lost = all.iter().fold(None, |worst: Option<&FaultResult>, f| match worst {
        Some(known) if known.keys_lost.or_zero() >= f.keys_lost.or_zero() => worst,
        _ => Some(f),
    });
    let slowest = all.iter().filter_map(|f| f.rto_s.filter(|s| *s > 0.0).map(|s| (s, *f))).fold(
        None,
        |worst: Option<(f64, &FaultResult)>, c| if worst.is_some_and(|w| w.0 >= c.0) { worst } else { Some(c) },
    );
    let mut out = Vec::new();
    if never > 0 {
        out.push(format!("{never} of {} did not end in recovery within the run.", all.len()));
    }
    if let Some((rto, fault)) = slowest {
        let stage =
            |s: Option<f64>, word: &str| s.map(|s| format!(", {word} after {}", number::time_s(s))).unwrap_or_default();
        out.push(format!(
            "The slowest recovery takes {}: {}{}{}.",
            number::time_s(rto),
            fault.what,
            stage(fault.detect_s, "found"),
            stage(fault.routed_s, "routed around")
        ));
    }
    out.extend(without_failure(all));
    out.push(match lost.filter(|f| f.keys_lost.or_zero() > 0.0) {
        None => "No key was lost.".to_owned(),
        Some(f) => format!("Keys lost with {}: {} per replication.", f.what, number::tally(f.keys_lost)),
    });
    out.join(" ")
}

fn table(all: &[&FaultResult]) -> Table {
    let mut table = Table::new(
        "Time after the fault, and the p99 that rose most: before it, and in its worst five minutes",
        &["fault", "found", "routed around", "recovered (RTO)", "p99 risen most"],
    );
    for fault in all {
        let after = |s: Option<f64>| Cell::number(number::time_s_or(s, number::NOTHING));
        let rto = Cell::number(number::time_s_or(fault.rto_s, number::INFINITE));
        table.row(vec![
            Cell::text(&fault.what),
            after(fault.detect_s),
            after(fault.routed_s),
            rto,
            Cell::number(p99_rise(fault)),
        ]);
    }
    table
}
