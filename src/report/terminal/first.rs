//! The first screen of a run: the verdict, what the fleet survives, what it does not and by how much, what would mend it, and where the
//! report is.

use super::Page;
use crate::report::chart::View;
use crate::report::number;
use crate::report::page::{interrupted, saturation, unsettled};
use crate::report::remedy;
use crate::report::text::{plain, plural};
use crate::results::RunDocument;
use crate::results::verdict::headline;

pub(super) fn screen(page: &mut Page, view: &View<'_>, report: Option<&str>) {
    let run = view.run;
    if let Some(classification) = &run.scenario.classification {
        page.line(&plain(classification).to_uppercase());
    }
    if let Some(text) = interrupted(run) {
        page.wrapped(&text, 0);
    }
    let word = page.status(run.status);
    page.out.push_str(word.trim_end());
    page.out.push('\n');
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
    if let Some(report) = report {
        page.whole(&format!("report: {}", plain(report)));
    }
}

/// What would mend what does not hold, each with its arguments on lines of their own, which are not wrapped: they are to be copied.
fn remedies(page: &mut Page, run: &RunDocument) {
    let Some(block) = &run.remedies else { return };
    if block.found.is_empty() {
        remedy::rest(block).iter().for_each(|text| page.wrapped(text, 0));
        return;
    }
    page.heading(remedy::heading(block));
    for found in &block.found {
        page.wrapped(&remedy::words(found), 2);
        let arguments: Vec<String> = remedy::arguments(found).iter().map(|text| plain(text)).collect();
        let all = format!("    {}", arguments.join(" "));
        match arguments.len() {
            0 => {}
            _ if all.chars().count() <= page.width => page.whole(&all),
            _ => arguments.iter().for_each(|one| page.whole(&format!("    {one}"))),
        }
    }
    remedy::rest(block).iter().for_each(|text| page.wrapped(text, 2));
}
