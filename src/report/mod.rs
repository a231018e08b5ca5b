//! The report of a run: charts, one HTML page that needs no script and no network, a summary for the terminal. Everything is
//! drawn from the document and returned as bytes or text, and so is an inventory of keys; nothing here writes files or knows how
//! the figures came about.

mod axis;
mod chart;
mod clock;
mod evidence;
mod failures;
mod figure;
mod geometry;
mod inventory;
mod page;
mod paint;
mod remedy;
mod scene;
mod series;
mod table;
mod terminal;
mod text;

pub use chart::{Ring, figures};
pub use evidence::{junit, markdown};
pub use failures::failures;
pub use figure::Figure;
pub use inventory::inventory;
pub use page::page;
pub use terminal::{summary, summary_beside};
pub use text::escape;

use crate::results::{RunDocument, number};

/// The report as files by name: `report.html` and `figures/*.svg` and `*.png`. `land` as for [`figures`].
#[must_use]
pub fn files(run: &RunDocument, land: &[Ring]) -> Vec<(String, Vec<u8>)> {
    let figures = figures(run, land);
    let mut out = vec![("report.html".to_owned(), page(run, &figures).into_bytes())];
    for figure in &figures {
        out.push((format!("figures/{}.svg", figure.id), figure.svg()));
        out.push((format!("figures/{}.png", figure.id), figure.png()));
    }
    out
}
