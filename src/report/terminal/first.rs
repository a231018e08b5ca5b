//! The first screen of a run: the verdict, what the fleet survives, what it does not and by how much, what would mend it, and where the
//! report is.

use super::Page;
use crate::report::chart::View;
use crate::report::number;
use crate::report::page::{interrupted, saturation, unsettled};
use crate::report::remedy;
use crate::report::text::{plain, plural};
use crate::results::verdict::headline;
use crate::results::{Remedy, RunDocument};

/// Lines of a usual terminal: what is told of remedies ends with the first screen.
const LINES: usize = 24;

pub(super) fn screen(page: &mut Page, view: &View<'_>, report: Option<&str>) {
    let run = view.run;
    if let Some(classification) = &run.scenario.classification {
        page.line(&plain(classification).to_uppercase());
    }
    if let Some(text) = interrupted(run) {
        page.wrapped(&text, 0);
    }
    let word = page.status(run.status);
    let report = report.map(|report| format!("  report: {}", plain(report))).unwrap_or_default();
    page.whole(&format!("{}{report}", word.trim_end()));
    page.wrapped(&headline(run), 0);
    remedy::survives(run).iter().for_each(|text| page.wrapped(text, 0));
    remedies(page, run);
    page.out.push('\n');
    page.wrapped(&saturation(view), 0);
    if let Some(unsettled) = unsettled(run) {
        page.wrapped(&unsettled, 0);
    }
    let what = format!(
        "{}: {} from {} UTC, {}, seed {}",
        plain(&run.scenario.name),
        number::time_s(run.simulated_s),
        view.clock.date_time(run.warm_up_s),
        plural(u64::from(run.replications), "replication"),
        run.scenario.seed
    );
    page.wrapped(&what, 0);
}

/// What would mend what does not hold, each with its arguments on lines of their own, which are not wrapped: they are to be copied.
fn remedies(page: &mut Page, run: &RunDocument) {
    let Some(block) = &run.remedies else { return };
    if block.found.is_empty() {
        remedy::rest(block).iter().for_each(|text| page.wrapped(text, 0));
        return;
    }
    page.heading(remedy::heading(block));
    let mut shown = 0;
    for found in &block.found {
        let mut part = Page { out: String::new(), ..*page };
        one(&mut part, found);
        // Room for the line that says how many are left out.
        if shown > 0 && page.out.lines().count() + part.out.lines().count() >= LINES {
            break;
        }
        page.out.push_str(&part.out);
        shown += 1;
    }
    match block.found.len() - shown {
        0 => remedy::rest(block).iter().for_each(|text| page.wrapped(text, 2)),
        left => page.wrapped(&format!("{left} more in the report and in results.json."), 2),
    }
}

fn one(page: &mut Page, found: &Remedy) {
    page.wrapped(&remedy::words(found), 2);
    let arguments: Vec<String> = remedy::arguments(found).iter().map(|text| plain(text)).collect();
    let all = format!("    {}", arguments.join(" "));
    match arguments.len() {
        0 => {}
        _ if all.chars().count() <= page.width => page.whole(&all),
        _ => arguments.iter().for_each(|one| page.whole(&format!("    {one}"))),
    }
}
