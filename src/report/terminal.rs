//! A run in some forty lines for the terminal: the verdict and the promises first. Knows neither the terminal nor
//! whether it shows colour: both are told.

mod first;

use super::chart::{View, without_failure};
use super::number::{self, NOTHING, count};
use super::page::{
    access, caches, controls, depends, emergency, located, margin, metadata, people, quotas, recovery, transport, work,
    worst,
};
use super::series::{self, Reading};
use super::table::status_mark;
use super::text::{plain, shorten};
use crate::results::verdict::value as objective_value;
use crate::results::{ChangeBlock, FaultResult, RunDocument, Status};
use std::fmt::Write;

/// Planned changes that are told.
const MOST_CHANGES: usize = 6;
/// Losses of a survey that are told.
const MOST_LOSSES: usize = 12;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The run as plain text, at most `width` columns wide (but never less than 60), with ANSI colours where `colour` is
/// set. Ends with a line break.
#[must_use]
pub fn summary(run: &RunDocument, width: usize, colour: bool) -> String {
    summary_beside(run, (width, colour), None)
}

/// As [`summary`], with the path of the report, where one was written.
#[must_use]
pub fn summary_beside(run: &RunDocument, (width, colour): (usize, bool), report: Option<&str>) -> String {
    let mut page = Page { out: String::new(), width: width.max(60), colour };
    let view = View::new(run);
    first::screen(&mut page, &view, report);
    objectives(&mut page, run);
    controls(run).iter().for_each(|text| page.wrapped(text, 2));
    requests(&mut page, run);
    latency(&mut page, run);
    over_time(&mut page, &view);
    faults(&mut page, run);
    recovery(run).iter().for_each(|line| page.wrapped(line, 2));
    survey(&mut page, run);
    changes(&mut page, run);
    let access = emergency(run);
    if !access.is_empty() {
        page.heading("Emergency access, per replication");
    }
    access.iter().for_each(|line| page.wrapped(line, 2));
    let work = work(run);
    if !work.is_empty() {
        page.heading("Planned work and pushes");
    }
    work.iter().for_each(|line| page.wrapped(line, 2));
    let people = people(run);
    if !people.is_empty() {
        page.heading("Custodians");
    }
    people.iter().for_each(|line| page.wrapped(line, 2));
    rest(&mut page, run);
    page.out
}

struct Page {
    out: String,
    width: usize,
    colour: bool,
}

/// A column's cells are aligned to the right when they are numbers.
#[derive(Clone, Copy, PartialEq)]
enum Align {
    Left,
    Right,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(&shorten(text.trim_end(), self.width));
        self.out.push('\n');
    }

    /// A line that is not cut, however long it is.
    fn whole(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.out.push('\n');
        let bold = self.paint(text, "1");
        self.out.push_str(&bold);
        self.out.push('\n');
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn status(&self, status: Status) -> String {
        let code = match status {
            Status::None => "1",
            Status::Pass => "32",
            Status::Inconclusive => "33",
            Status::Fail => "1;31",
        };
        self.paint(&format!("{:<16}", status_mark(status)), code)
    }

    /// Wraps words; all lines are indented, later ones by two more where the first one is.
    fn wrapped(&mut self, text: &str, indent: usize) {
        let mut line = " ".repeat(indent);
        for word in plain(text).split_whitespace() {
            if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > self.width {
                self.line(&line);
                line = " ".repeat(indent * 2);
            }
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&line);
    }

    /// Rows in columns as wide as their widest cell; the first column gives way where the line is too narrow.
    fn columns(&mut self, rows: &[Vec<String>], aligns: &[Align]) {
        let mut widths: Vec<usize> =
            (0..aligns.len()).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
        let all: usize = widths.iter().sum::<usize>() + 2 * aligns.len();
        widths[0] = widths[0].saturating_sub(all.saturating_sub(self.width)).max(8);
        for row in rows {
            let mut line = String::new();
            for ((cell, width), align) in row.iter().zip(&widths).zip(aligns) {
                let cell = shorten(&plain(cell), *width);
                let pad = " ".repeat(width - cell.chars().count());
                let _ = match align {
                    Align::Left => write!(line, "  {cell}{pad}"),
                    Align::Right => write!(line, "  {pad}{cell}"),
                };
            }
            self.line(&line);
        }
    }
}

fn objectives(page: &mut Page, run: &RunDocument) {
    if run.objectives.is_empty() {
        return;
    }
    page.heading("Objectives");
    let mut order: Vec<_> = run.objectives.iter().collect();
    order.sort_by_key(|o| std::cmp::Reverse(o.status));
    let longest = |f: &dyn Fn(usize) -> usize| (0..order.len()).map(f).max().unwrap_or(0);
    let values: Vec<String> = order.iter().map(|o| shorten(&plain(&objective_value(o)), 26)).collect();
    let value_width = longest(&|i| values[i].chars().count());
    let margins: Vec<String> = order.iter().map(|o| margin(o)).collect();
    let margin_width = longest(&|i| margins[i].chars().count());
    let name_width = page.width.saturating_sub(2 + 16 + 2 + value_width + 2 + margin_width).max(10);
    for ((o, value), margin) in order.iter().zip(&values).zip(&margins) {
        let (whole, expect) = (plain(&format!("{}: {}", o.id, o.expect)), plain(&o.expect));
        let fits = whole.chars().count() <= name_width;
        let name = if fits { whole } else { shorten(&plain(&o.id), name_width) };
        let status = page.status(o.status);
        let _ = writeln!(page.out, "  {status}{name:<name_width$}  {value:>value_width$}  {margin:>margin_width$}");
        if !fits {
            page.line(&format!("                  {expect}"));
        }
        if o.status != Status::Pass && !o.at.is_empty() {
            page.line(&format!("                  {}", plain(&o.at)));
        }
    }
}

fn requests(page: &mut Page, run: &RunDocument) {
    page.heading(&format!("Requests over {}", super::text::plural(u64::from(run.replications), "replication")));
    let r = &run.requests;
    let text = format!(
        "{} offered, {} completed, {} failed, {} undecided; availability {}",
        count(r.offered),
        count(r.completed),
        count(r.failed),
        count(r.in_flight),
        number::share_estimate(r.availability)
    );
    page.wrapped(&text, 2);
    let mut reasons: Vec<_> = r.by_reason.iter().filter(|(_, n)| **n > 0).collect();
    reasons.sort_by(|a, b| b.1.cmp(a.1));
    if !reasons.is_empty() {
        let text: Vec<String> = reasons.iter().map(|(reason, n)| format!("{reason} {}", count(**n))).collect();
        page.wrapped(&format!("failed: {}", text.join(", ")), 2);
    }
    if r.over_bound > 0 {
        let attempts = super::text::plural(r.over_bound, "attempt");
        page.wrapped(&format!("{attempts} went to the least loaded host, for all near ones were above their bound"), 2);
    }
}

fn latency(page: &mut Page, run: &RunDocument) {
    page.heading("Latency by caller region");
    let mut rows = vec![["", "availability", "p50", "p95", "p99", "p99.9"].map(str::to_owned).to_vec()];
    let brief = |e: crate::results::Estimate, counted| {
        number::latency(crate::results::Estimate { half_width: None, ..e }, counted)
    };
    let mut row = |name: &str, r: &crate::results::Requests, q: &crate::results::Quantities| {
        let counted = r.offered > 0;
        let availability = r.availability.value.map_or_else(|| NOTHING.to_owned(), number::share);
        let mut cells = vec![name.to_owned(), availability];
        cells.extend([q.p50, q.p95, q.p99, q.p999].map(|e| brief(e, counted)));
        rows.push(cells);
    };
    for (name, block) in &run.regions {
        row(name, &block.requests, &block.latency_ms);
    }
    row("all", &run.requests, &run.latency_ms);
    use Align::{Left, Right};
    page.columns(&rows, &[Left, Right, Right, Right, Right, Right]);
}

/// Load and p99 of each region as small bars, both from zero to their highest finite value, which stands beside them.
fn over_time(page: &mut Page, view: &View<'_>) {
    let timeline = &view.run.timeline;
    let slots = timeline.regions.values().map(|s| s.offered_per_s.len()).max().unwrap_or(0);
    if slots < 2 {
        return;
    }
    page.heading("Over time: load, p99 (∞ unanswered, – nothing asked)");
    let name_width = timeline.regions.keys().map(|n| n.chars().count()).max().unwrap_or(0).min(16);
    let bars = ((page.width - 2 - name_width - 4) / 2).saturating_sub(13).clamp(8, 48);
    for (name, s) in &timeline.regions {
        let load = series::plain_readings(&s.offered_per_s);
        let p99 = series::latency_readings(&s.p99_ms, &s.offered_per_s);
        let load_peak = number::rate(series::peak(&load).map_or(0.0, |(_, v)| v));
        page.line(&format!(
            "  {:<name_width$}  {} {load_peak:>9}  {} {:>9}",
            shorten(&plain(name), name_width),
            sparkline(&load, bars),
            sparkline(&p99, bars),
            p99_peak(&p99),
        ));
    }
}

/// The highest p99: `192 ms`, with `∞` after it where it was infinite, too.
fn p99_peak(readings: &[Reading]) -> String {
    let unanswered = readings.contains(&Reading::Unanswered);
    match series::peak(readings) {
        Some((_, v)) if unanswered => format!("{}, {}", number::time_ms(v), number::INFINITE),
        Some((_, v)) => number::time_ms(v),
        None => (if unanswered { number::INFINITE } else { NOTHING }).to_owned(),
    }
}

/// The highest value of each stretch, in eighths of the highest of all; `∞` where something asked was never answered,
/// `–` where nothing was asked.
fn sparkline(readings: &[Reading], bars: usize) -> String {
    let top = series::peak(readings).map_or(0.0, |(_, v)| v);
    let bar = |(from, until): (usize, usize)| {
        let part = &readings[from..until];
        match series::peak(part) {
            _ if part.contains(&Reading::Unanswered) => '∞',
            Some((_, v)) if v > 0.0 => BARS[((v / top * 7.0).round() as usize).min(7)],
            _ => '–',
        }
    };
    series::table_slots(readings.len(), bars).into_iter().map(bar).collect()
}

fn faults(page: &mut Page, run: &RunDocument) {
    let mut counted = false;
    for (heading, faults) in [("Faults", &run.faults), ("Survive cases", &run.survive)] {
        if faults.is_empty() {
            continue;
        }
        page.heading(&format!("{heading}, per replication"));
        let all: Vec<&FaultResult> = faults.iter().collect();
        let failed = |f: &&&FaultResult| f.rto_s != Some(0.0) || f.failed.or_zero() > 0.0;
        let mut worst: Vec<&FaultResult> = all.iter().filter(failed).copied().collect();
        worst.sort_by(|a, b| b.rto_s.unwrap_or(f64::MAX).total_cmp(&a.rto_s.unwrap_or(f64::MAX)));
        let mut rows = vec![["", "found", "routed", "RTO", "RPO", "keys lost", "failed"].map(str::to_owned).to_vec()];
        for f in worst.iter().take(12) {
            rows.push(vec![
                f.what.clone(),
                number::time_s_or(f.detect_s, NOTHING),
                number::time_s_or(f.routed_s, NOTHING),
                number::time_s_or(f.rto_s, number::INFINITE),
                number::time_s_or(f.rpo_s, number::INFINITE),
                number::tally(f.keys_lost),
                number::share(f.failed.or_zero() / f.offered.or_zero().max(1.0)),
            ]);
        }
        use Align::{Left, Right};
        counted |= !worst.is_empty();
        if !worst.is_empty() {
            page.columns(&rows, &[Left, Right, Right, Right, Right, Right, Right]);
        }
        if worst.len() > 12 {
            page.line(&format!("  and {} with a shorter RTO", worst.len() - 12));
        }
        if let Some(text) = without_failure(&all) {
            page.wrapped(&text, 2);
        }
    }
    if counted {
        let cause = "\"failed\" counts everything in the fault's time, whatever its cause: other faults and planned changes, too";
        page.wrapped(cause, 2);
    }
}

/// What became of planned changes: those that were not made first, then those that left shards, then those that took longest.
/// The worst of a survey.
fn survey(page: &mut Page, run: &RunDocument) {
    use Align::{Left, Right};
    let rows = worst(run, MOST_LOSSES);
    if let Some(block) = &run.surveyed {
        page.heading(&format!("Survey of {} losses, each alone, at its own peak", block.components.len()));
        page.columns(&rows, &[Left, Right, Right, Right, Right, Right]);
        page.wrapped("keys unusable without it; last: without a copy elsewhere; exposed: with a copy there", 2);
    }
    depends(run).iter().for_each(|line| page.wrapped(line, 2));
}

fn changes(page: &mut Page, run: &RunDocument) {
    let Some(block) = &run.changes else { return };
    page.heading("Planned changes, per replication");
    let took = |change: &ChangeBlock| change.took_s.value.unwrap_or(f64::INFINITY);
    let mut worst: Vec<(&String, &ChangeBlock)> = block.changes.iter().collect();
    worst.sort_by(|(_, a), (_, b)| {
        let made = b.took_s.value.is_none().cmp(&a.took_s.value.is_none());
        made.then(b.refused.or_zero().total_cmp(&a.refused.or_zero())).then(took(b).total_cmp(&took(a)))
    });
    for (id, change) in worst.iter().take(MOST_CHANGES) {
        let made =
            change.took_s.value.map_or("not made by the end".to_owned(), |s| format!("made in {}", number::time_s(s)));
        let left = match change.refused.or_zero() {
            0.0 => String::new(),
            1.0 => "; 1 shard left as it was".to_owned(),
            _ => format!("; {} shards left as they were", number::tally(change.refused)),
        };
        page.wrapped(&format!("{id} ({} {}): {made}{left}", change.kind, change.what), 2);
    }
    if worst.len() > MOST_CHANGES {
        page.line(&format!("  and {} more", worst.len() - MOST_CHANGES));
    }
}

fn rest(page: &mut Page, run: &RunDocument) {
    page.heading("Keys per replication, cost");
    let keys = format!(
        "at the start {} keys, {} key versions, {} copies; lost {}; rotations {} due, {} done, {} overdue",
        count(run.keys.keys),
        count(run.keys.versions),
        count(run.keys.copies),
        number::tally(run.keys.lost),
        number::tally(run.rotation.due),
        number::tally(run.rotation.completed),
        number::tally(run.rotation.overdue)
    );
    page.wrapped(&keys, 2);
    if run.keys.left_in_escrow.or_zero() > 0.0 {
        let left = number::tally(run.keys.left_in_escrow);
        let still = number::tally(run.keys.in_escrow);
        page.wrapped(&format!("{left} keys lost their last host and were left in escrow; {still} are at the end"), 2);
    }
    for (id, ledger) in run.keys.classes.iter().filter(|(_, ledger)| ledger.waited_for_slots.or_zero() > 0.0) {
        let waited = number::tally(ledger.waited_for_slots);
        page.wrapped(&format!("{id}: {waited} rotations had to wait for a free key slot"), 2);
    }
    for (id, ledger) in run.keys.classes.iter().filter(|(_, ledger)| ledger.leaked.or_zero() > 0.0) {
        let after = match ledger.replacement_s.value {
            Some(seconds) => format!("the last after {}", number::time_s(seconds)),
            None => format!(
                "not all by the end; to generate them alone takes {}",
                number::time_s_or(ledger.generation_at_once_s, "for ever")
            ),
        };
        let text = format!(
            "{id}: {} leaks of keys, {} replaced, {after}; {} operations under leaked versions",
            number::tally(ledger.leaked),
            number::tally(ledger.replaced),
            number::tally(ledger.exposed)
        );
        page.wrapped(&text, 2);
    }
    access(run).iter().for_each(|text| page.wrapped(text, 2));
    let told = [metadata(run), transport(run), caches(run), located(run), quotas(run)];
    for text in told.into_iter().flatten() {
        page.wrapped(&text, 2);
    }
    if run.cost.total_usd_per_year > 0.0 {
        let per_million = run.cost.usd_per_million_calls.map(|v| format!(", {} per million calls", number::usd(v)));
        page.line(&format!("  {} a year{}", number::usd(run.cost.total_usd_per_year), per_million.unwrap_or_default()));
    }
    if !run.cost.unpriced.is_empty() {
        page.wrapped(&format!("without a price, so not counted: {}", run.cost.unpriced.join(", ")), 2);
    }
    if let Some(speed) = &run.speed {
        let speed = format!(
            "{} events, {} requests in {} ({} CPU): {} requests simulated in a CPU-second",
            count(speed.events),
            count(speed.requests),
            number::time_s(speed.wall_s),
            number::time_s(speed.cpu_s),
            number::significant(speed.requests as f64 / speed.cpu_s.max(1e-9))
        );
        page.wrapped(&speed, 2);
    }
}
